//! Deciding by hand which location ships: another one, work that is given back, urgent work, a location
//! that is out of work. Each asks for the reason first, on a page of its own.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::fulfillment::WorkError;
use ordermill_app::order::file::FileError;
use ordermill_app::sourcing::by_hand::{self, ByHandError, Seen};
use ordermill_domain::fulfillment::{Fulfillment, RejectReason};
use ordermill_domain::ids::{FulfillmentId, LocationId, OrderId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Permission;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::form::{FormGroup, FormPage};
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::sourcing as view;
use ordermill_pages::ui::{Choice, FormErrors, Toast};
use ordermill_storage::{Tx, fulfillment};

use super::catalog::{location_href, pool_href};
use super::desk::Desk;
use super::order::{Shown, order_of, show_page};
use super::pairs::Pairs;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

pub(super) fn routes() -> Routes {
    // A location gives back its own work, which the use case checks.
    let change = Needs::AnyOf(&[Permission::ChangeStatus, Permission::AdjustStock]);
    let decide = Needs::Right(Permission::ChangeStatus);
    Routes::default()
        .get("/console/fulfillments/{id}/send-to", decide, ask_where)
        .post("/console/fulfillments/{id}/send-to", decide, send_to)
        .get("/console/fulfillments/{id}/give-back", change, ask_why)
        .post("/console/fulfillments/{id}/give-back", change, give_back)
        .get("/console/orders/{number}/hurry", decide, ask_hurry)
        .post("/console/orders/{number}/hurry", decide, hurry)
        .get("/console/catalog/locations/of/{location}/pool", decide, ask_pool)
        .post("/console/catalog/locations/of/{location}/pool", decide, pool)
}

pub(super) type Wrong = Vec<(&'static str, String)>;

/// Where work is sent elsewhere, or given back.
pub(super) fn href_of(id: FulfillmentId, step: &str) -> String {
    format!("/console/fulfillments/{id}/{step}")
}

/// A form as it is shown: what is special to it.
pub(super) struct Asks {
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) back: (String, String),
    pub(super) action: String,
    pub(super) version: i64,
    pub(super) groups: Vec<FormGroup>,
    pub(super) button: String,
}

pub(super) fn form(desk: &Desk, section: Section, asks: Asks) -> FormPage {
    FormPage {
        shell: desk.shell(),
        frame: desk.frame(section),
        title: asks.title,
        lead: asks.lead,
        back: asks.back,
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: asks.action,
        values: vec![("version", asks.version.to_string())],
        groups: asks.groups,
        button: asks.button,
    }
}

pub(super) fn answer(page: FormPage, wrong: &Wrong) -> Response {
    if wrong.is_empty() {
        return Page(page).into_response();
    }
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page.refused(wrong))).into_response()
}

pub(super) fn number_of(order: OrderId) -> String {
    OrderNumber::from(order).to_string()
}

/// A fulfillment whose order this person sees.
pub(super) async fn work(desk: &Desk, id: FulfillmentId) -> Result<Fulfillment, Trouble> {
    let found = desk.site.services().database().snapshot(move |tx| fulfillment::fetch(tx, id));
    let work = found.await?.ok_or(Trouble::NotFound)?;
    show_page(desk, work.facts().order, Shown::default()).await?;
    Ok(work)
}

pub(super) fn remark(desk: &Desk, text: &str) -> Option<(&'static str, String)> {
    let is_right = (1..=200).contains(&text.trim().chars().count());
    (!is_right).then(|| ("remark", desk.t().order_remark_missing().to_owned()))
}

/// What a refusal leads to; the words for those that stand at a field.
pub(super) fn trouble_of(error: ByHandError, href: &str) -> Trouble {
    match error {
        ByHandError::Forbidden(forbidden) => forbidden.into(),
        ByHandError::Stale(_) => Trouble::Stale(href.to_owned()),
        ByHandError::NoLocation
        | ByHandError::NotThere
        | ByHandError::NothingPlanned(_)
        | ByHandError::Held(_)
        | ByHandError::Part(_)
        | ByHandError::Work(WorkError::Refused(_) | WorkError::Order(FileError::Refused(_))) => {
            Trouble::Refused(href.to_owned())
        }
        ByHandError::Work(WorkError::NotFound(_) | WorkError::Order(FileError::NotFound(_))) => {
            Trouble::NotFound
        }
        ByHandError::Work(WorkError::Storage(error))
        | ByHandError::Work(WorkError::Order(FileError::Storage(error))) => error.into(),
        error @ ByHandError::Work(WorkError::Order(FileError::Unbalanced(_))) => {
            Trouble::internal(&error)
        }
    }
}

fn where_page(desk: &Desk, work: &Fulfillment, version: i64, entered: &Pairs) -> FormPage {
    let (t, facts) = (desk.t(), work.facts());
    let (number, place) = (number_of(facts.order), desk.place_code(facts.location));
    let catalog = desk.site.services().catalog();
    let others = catalog.locations().iter().filter(|it| it.is_active && it.id != facts.location);
    let name = |it: &&std::sync::Arc<ordermill_app::catalog::Location>| {
        format!("{} · {}", it.code, t.pick(it.name.zh(), it.name.en()))
    };
    let choices = others.map(|it| Choice::new(it.code.clone(), name(&it))).collect();
    let asks = Asks {
        title: t.sourcing_send_to_title(&place, &number),
        lead: t.sourcing_send_to_lead().to_owned(),
        back: (order_href(&number), number),
        action: href_of(facts.id, "send-to"),
        version,
        groups: view::send_to(choices, &entered.one("location"), &entered.one("remark"), t),
        button: t.sourcing_send_to().to_owned(),
    };
    form(desk, Section::Orders, asks)
}

async fn ask_where(desk: Desk, Path(id): Path<FulfillmentId>) -> Result<Response, Trouble> {
    let work = work(&desk, id).await?;
    let page = where_page(&desk, &work, work.version(), &Pairs::default());
    Ok(answer(page, &Vec::new()))
}

async fn send_to(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(entered): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, work) = (desk.t(), work(&desk, id).await?);
    let version: i64 = entered.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let (catalog, code) = (desk.site.services().catalog(), entered.one("location"));
    let to = catalog.locations().iter().find(|it| it.code == code).map(|it| it.id);
    let mut wrong = Wrong::new();
    if to.is_none() {
        wrong.push(("location", t.settings_choose().to_owned()));
    }
    wrong.extend(remark(&desk, &entered.one("remark")));
    let Some(to) = to.filter(|_| wrong.is_empty()) else {
        return Ok(answer(where_page(&desk, &work, version, &entered), &wrong));
    };
    let principal = desk.member.principal.clone();
    let act = desk.act_because(entered.one("remark").trim());
    let send = move |tx: &mut Tx<'_>| {
        by_hand::send_to(tx, &catalog, &principal, &act, Seen { id, version }, to)
    };
    let href = order_href(&number_of(work.facts().order));
    match desk.site.services().database().write(send).await {
        Ok(()) => Ok(desk.done(&href, &Toast::new(t.sourcing_sent_toast(&code)))),
        Err(ByHandError::NotThere | ByHandError::NoLocation) => {
            let wrong = vec![("location", t.sourcing_not_there().to_owned())];
            Ok(answer(where_page(&desk, &work, version, &entered), &wrong))
        }
        Err(error) => Err(trouble_of(error, &href)),
    }
}

fn why_page(desk: &Desk, work: &Fulfillment, version: i64, entered: &Pairs) -> FormPage {
    let (t, facts) = (desk.t(), work.facts());
    let (number, place) = (number_of(facts.order), desk.place_code(facts.location));
    let asks = Asks {
        title: t.sourcing_give_back_title(&place, &number),
        lead: t.sourcing_give_back_lead().to_owned(),
        back: (order_href(&number), number),
        action: href_of(facts.id, "give-back"),
        version,
        groups: view::give_back(&entered.one("cause"), &entered.one("remark"), t),
        button: t.sourcing_give_back().to_owned(),
    };
    form(desk, Section::Orders, asks)
}

async fn ask_why(desk: Desk, Path(id): Path<FulfillmentId>) -> Result<Response, Trouble> {
    let work = work(&desk, id).await?;
    let page = why_page(&desk, &work, work.version(), &Pairs::default());
    Ok(answer(page, &Vec::new()))
}

async fn give_back(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(entered): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, work) = (desk.t(), work(&desk, id).await?);
    let version: i64 = entered.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let cause: Option<RejectReason> = entered.one("cause").parse().ok();
    let mut wrong = Wrong::new();
    if cause.is_none() {
        wrong.push(("cause", t.order_reason_missing().to_owned()));
    }
    wrong.extend(remark(&desk, &entered.one("remark")));
    let Some(cause) = cause.filter(|_| wrong.is_empty()) else {
        return Ok(answer(why_page(&desk, &work, version, &entered), &wrong));
    };
    let (principal, catalog) = (desk.member.principal.clone(), desk.site.services().catalog());
    let act = desk.act_because(entered.one("remark").trim());
    let give = move |tx: &mut Tx<'_>| {
        by_hand::give_back(tx, &catalog, &principal, &act, Seen { id, version }, cause)
    };
    let href = order_href(&number_of(work.facts().order));
    let done = desk.site.services().database().write(give).await;
    done.map_err(|error| trouble_of(error, &href))?;
    Ok(desk.done(&href, &Toast::new(t.sourcing_given_back_toast())))
}

fn hurry_page(desk: &Desk, number: &str, why: &str) -> FormPage {
    let t = desk.t();
    let asks = Asks {
        title: t.sourcing_hurry_title(number),
        lead: t.sourcing_hurry_lead().to_owned(),
        back: (order_href(number), number.to_owned()),
        action: format!("{}/hurry", order_href(number)),
        version: 0,
        groups: view::only_reason(t.sourcing_hurry(), why, t),
        button: t.sourcing_hurry().to_owned(),
    };
    form(desk, Section::Orders, asks)
}

async fn ask_hurry(desk: Desk, Path(number): Path<String>) -> Result<Response, Trouble> {
    let id = order_of(&number)?;
    show_page(&desk, id, Shown::default()).await?;
    Ok(answer(hurry_page(&desk, &number_of(id), ""), &Vec::new()))
}

async fn hurry(
    desk: Desk,
    Path(number): Path<String>,
    Form(entered): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, id, why) = (desk.t(), order_of(&number)?, entered.one("remark"));
    show_page(&desk, id, Shown::default()).await?;
    let number = number_of(id);
    if let Some(wrong) = remark(&desk, &why) {
        return Ok(answer(hurry_page(&desk, &number, &why), &vec![wrong]));
    }
    let (principal, catalog) = (desk.member.principal.clone(), desk.site.services().catalog());
    let act = desk.act_because(why.trim());
    let work = move |tx: &mut Tx<'_>| by_hand::hurry(tx, &catalog, &principal, &act, id);
    match desk.site.services().database().write(work).await {
        Ok(()) => Ok(desk.done(&order_href(&number), &Toast::new(t.sourcing_hurried_toast()))),
        Err(ByHandError::NothingPlanned(_)) => {
            let wrong = vec![("", t.sourcing_nothing_planned().to_owned())];
            Ok(answer(hurry_page(&desk, &number, &why), &wrong))
        }
        Err(error) => Err(trouble_of(error, &order_href(&number))),
    }
}

/// The confirmation: how many fulfillments are given back.
async fn pool_page(
    desk: &Desk,
    code: &str,
    why: &str,
) -> Result<(FormPage, LocationId, u64), Trouble> {
    let (t, catalog, now) = (desk.t(), desk.site.services().catalog(), desk.now());
    let place = catalog.locations().iter().find(|it| it.code == code).ok_or(Trouble::NotFound)?;
    let id = place.id;
    let count = move |tx: &mut Tx<'_>| by_hand::planned_at(tx, id, now);
    let count = desk.site.services().database().read(count).await?.unsigned_abs();
    let mut lead = t.sourcing_pool_lead(count);
    if place.is_active {
        lead.push(' ');
        lead.push_str(t.sourcing_pool_active());
    }
    let asks = Asks {
        title: t.sourcing_pool_title(code),
        lead,
        back: (location_href(code), code.to_owned()),
        action: pool_href(code),
        version: 0,
        groups: view::only_reason(t.sourcing_pool(), why, t),
        button: t.sourcing_pool_button(count),
    };
    Ok((form(desk, Section::Catalog, asks), id, count))
}

async fn ask_pool(desk: Desk, Path(code): Path<String>) -> Result<Response, Trouble> {
    let (page, _, _) = pool_page(&desk, &code, "").await?;
    Ok(answer(page, &Vec::new()))
}

async fn pool(
    desk: Desk,
    Path(code): Path<String>,
    Form(entered): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, why) = (desk.t(), entered.one("remark"));
    let (page, id, planned) = pool_page(&desk, &code, &why).await?;
    if let Some(wrong) = remark(&desk, &why) {
        return Ok(answer(page, &vec![wrong]));
    }
    let act = desk.act_because(why.trim());
    // What was planned when they asked, and no more: an active location goes on getting new work.
    let mut pooled = 0;
    while pooled < planned {
        let (principal, catalog) = (desk.member.principal.clone(), desk.site.services().catalog());
        let act = act.clone();
        let work = move |tx: &mut Tx<'_>| by_hand::pool(tx, &catalog, &principal, &act, id);
        let moved = desk.site.services().database().write(work).await;
        match moved.map_err(|error| trouble_of(error, &location_href(&code)))? {
            0 => break,
            moved => pooled += moved as u64,
        }
    }
    Ok(desk.done("/console/work", &Toast::new(t.sourcing_pooled_toast(pooled))))
}
