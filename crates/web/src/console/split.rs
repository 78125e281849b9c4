//! Splitting planned work by hand, and putting the work on an order together again; each asks for the
//! reason first, on a page of its own.

use axum::extract::{Form, Path};
use axum::response::Response;
use jiff::civil::DateTime;
use ordermill_app::sourcing::by_hand::{ByHandError, Seen};
use ordermill_app::sourcing::split::{self, Part, PartError};
use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::order::LineQuantity;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::form::FormPage;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::sourcing::{self as view, SplitEntered};
use ordermill_pages::ui::{Choice, Toast};
use ordermill_storage::Tx;

use super::desk::Desk;
use super::order::{Shown, order_of, show_page};
use super::pairs::Pairs;
use super::route::{Needs, Routes};
use super::sourcing::{Asks, Wrong, answer, form, href_of, number_of, remark, trouble_of, work};
use super::trouble::Trouble;

/// Lines of a fulfillment that are asked about, at most.
const ROWS_MAX: usize = 1_000;

pub(super) fn routes() -> Routes {
    let decide = Needs::Right(Permission::ChangeStatus);
    Routes::default()
        .get("/console/fulfillments/{id}/split", decide, ask_split)
        .post("/console/fulfillments/{id}/split", decide, split)
        .get("/console/orders/{number}/put-together", decide, ask_together)
        .post("/console/orders/{number}/put-together", decide, put_together)
}

fn split_page(desk: &Desk, work: &Fulfillment, version: i64, entered: &SplitEntered) -> FormPage {
    let (t, facts) = (desk.t(), work.facts());
    let (number, place) = (number_of(facts.order), desk.place_code(facts.location));
    let catalog = desk.site.services().catalog();
    let rows = facts.lines.iter().map(|line| {
        let sku = catalog.sku(line.sku).map_or_else(String::new, |sku| sku.code.clone());
        t.sourcing_split_row(line.line_no, sku, line.quantity)
    });
    let others = catalog.locations().iter().filter(|it| it.is_active && it.id != facts.location);
    let choices = others.map(|it| {
        let name = format!("{} · {}", it.code, t.pick(it.name.zh(), it.name.en()));
        Choice::new(it.code.clone(), name)
    });
    let asks = Asks {
        title: t.sourcing_split_page_title(&place, &number),
        lead: t.sourcing_split_lead().to_owned(),
        back: (order_href(&number), number),
        action: href_of(facts.id, "split"),
        version,
        groups: view::split(&rows.collect::<Vec<_>>(), choices.collect(), entered, t),
        button: t.sourcing_do_cut().to_owned(),
    };
    form(desk, Section::Orders, asks)
}

async fn ask_split(desk: Desk, Path(id): Path<FulfillmentId>) -> Result<Response, Trouble> {
    let work = work(&desk, id).await?;
    let page = split_page(&desk, &work, work.version(), &SplitEntered::default());
    Ok(answer(page, &Wrong::new()))
}

async fn split(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, work) = (desk.t(), work(&desk, id).await?);
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let entered = SplitEntered {
        pieces: pairs.column("pieces", ROWS_MAX),
        location: pairs.one("location"),
        not_before: pairs.one("not_before"),
        remark: pairs.one("remark"),
    };
    let refused = |wrong: &Wrong| Ok(answer(split_page(&desk, &work, version, &entered), wrong));
    let part = match read(&desk, &work, &entered) {
        Ok(part) => part,
        Err(wrong) => return refused(&wrong),
    };
    let (principal, catalog) = (desk.member.principal.clone(), desk.site.services().catalog());
    let act = desk.act_because(entered.remark.trim());
    let cut = move |tx: &mut Tx<'_>| {
        split::split(tx, &catalog, &principal, &act, Seen { id, version }, &part)
    };
    let href = order_href(&number_of(work.facts().order));
    let at = |field, words: &str| vec![(field, words.to_owned())];
    match desk.site.services().database().write(cut).await {
        Ok(()) => Ok(desk.done(&href, &Toast::new(t.sourcing_split_toast()))),
        Err(ByHandError::NotThere | ByHandError::NoLocation) => {
            refused(&at("location", t.sourcing_not_there()))
        }
        Err(ByHandError::Part(PartError::Past)) => refused(&at("not_before", t.sourcing_past())),
        Err(ByHandError::Part(_)) => refused(&at("", t.sourcing_split_wrong())),
        Err(ByHandError::Held(_)) => refused(&at("", t.sourcing_held())),
        Err(error) => Err(trouble_of(error, &href)),
    }
}

/// What was entered, or what is wrong with it.
fn read(desk: &Desk, work: &Fulfillment, entered: &SplitEntered) -> Result<Part, Wrong> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let mut wrong = Wrong::new();
    let mut pieces = Vec::new();
    for (line, text) in work.facts().lines.iter().zip(&entered.pieces) {
        match text.as_str() {
            "" | "0" => {}
            text => match text.parse().ok().and_then(|pieces| Quantity::new(pieces).ok()) {
                Some(quantity) => pieces.push(LineQuantity { line_no: line.line_no, quantity }),
                None => wrong.push(("", t.sourcing_split_wrong().to_owned())),
            },
        }
    }
    let to = catalog.locations().iter().find(|it| it.code == entered.location).map(|it| it.id);
    if to.is_none() && !entered.location.is_empty() {
        wrong.push(("location", t.settings_choose().to_owned()));
    }
    let mut not_before = None;
    if !entered.not_before.is_empty() {
        // By the clock of the location that works on it.
        let place = catalog.location(to.unwrap_or(work.facts().location));
        let local: Option<DateTime> = entered.not_before.parse().ok();
        let zoned = place
            .zip(local)
            .and_then(|(place, local)| local.to_zoned(place.time_zone.clone()).ok());
        not_before = zoned.map(|zoned| Timestamp::from(zoned.timestamp()));
        if not_before.is_none() {
            wrong.push(("not_before", t.wave_time_wrong().to_owned()));
        }
    }
    wrong.extend(remark(desk, &entered.remark));
    if wrong.is_empty() { Ok(Part { pieces, to, not_before }) } else { Err(wrong) }
}

fn together_page(desk: &Desk, number: &str, why: &str) -> FormPage {
    let t = desk.t();
    let asks = Asks {
        title: t.sourcing_together_title(number),
        lead: t.sourcing_together_lead().to_owned(),
        back: (order_href(number), number.to_owned()),
        action: format!("{}/put-together", order_href(number)),
        version: 0,
        groups: view::only_reason(t.sourcing_together(), why, t),
        button: t.sourcing_together().to_owned(),
    };
    form(desk, Section::Orders, asks)
}

async fn ask_together(desk: Desk, Path(number): Path<String>) -> Result<Response, Trouble> {
    let id = order_of(&number)?;
    show_page(&desk, id, Shown::default()).await?;
    Ok(answer(together_page(&desk, &number_of(id), ""), &Wrong::new()))
}

async fn put_together(
    desk: Desk,
    Path(number): Path<String>,
    Form(entered): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, id, why) = (desk.t(), order_of(&number)?, entered.one("remark"));
    show_page(&desk, id, Shown::default()).await?;
    let number = number_of(id);
    let refused = |wrong| Ok(answer(together_page(&desk, &number, &why), &vec![wrong]));
    if let Some(wrong) = remark(&desk, &why) {
        return refused(wrong);
    }
    let (principal, catalog) = (desk.member.principal.clone(), desk.site.services().catalog());
    let act = desk.act_because(why.trim());
    let work = move |tx: &mut Tx<'_>| split::put_together(tx, &catalog, &principal, &act, id);
    match desk.site.services().database().write(work).await {
        Ok(()) => Ok(desk.done(&order_href(&number), &Toast::new(t.sourcing_together_toast()))),
        Err(ByHandError::NothingPlanned(_)) => {
            refused(("", t.sourcing_nothing_together().to_owned()))
        }
        Err(ByHandError::Held(_)) => refused(("", t.sourcing_held().to_owned())),
        Err(error) => Err(trouble_of(error, &order_href(&number))),
    }
}
