//! One parcel: its way, why this carrier has it, and what is planned when it is in trouble.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::order::file::FileError;
use ordermill_app::order::sight::Sight;
use ordermill_app::shipment::label::Explained;
use ordermill_app::shipment::scan::open_text;
use ordermill_app::shipment::{ShipmentError, desk, may_ship, tracking_page};
use ordermill_base::Money;
use ordermill_domain::carrier::choice::Verdict;
use ordermill_domain::carrier::instruction::Errand;
use ordermill_domain::channel_report::State as ReportState;
use ordermill_domain::ids::{CarrierId, ShipmentId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::shipment::{Plan, State};
use ordermill_pages::console::Section;
use ordermill_pages::console::logistics::{ChannelNote, PlanForm, ShipmentPage};
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::states::shipment as words;
use ordermill_pages::ui::{Moment, Timeline, Toast, Tone};
use ordermill_pages::{Page, Words};
use ordermill_storage::channel_report::{self, ChannelReport};
use ordermill_storage::instruction::{self, Instruction};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Error, Tx, carrier, label_request, tracking};
use serde::Deserialize;

use super::carrier::rules_of;
use super::{HERE, Names, due_of, names};
use crate::console::desk::Desk;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

const EVENTS_MAX: i64 = 200;
const ADDRESS_CHARS_MAX: usize = 300;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/logistics/shipments/{shipment}", Needs::Parcels, show)
        .post("/console/logistics/shipments/{shipment}/plan", Needs::Shipping, plan)
        .post("/console/logistics/shipments/{shipment}/end", Needs::Shipping, end)
        .post("/console/logistics/shipments/{shipment}/tell", Needs::Shipping, tell_again)
}

async fn show(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id: ShipmentId = id.parse().map_err(|_| Trouble::NotFound)?;
    Ok(Page(page(&desk, id, false).await?).into_response())
}

async fn page(desk: &Desk, id: ShipmentId, lacks_address: bool) -> Result<ShipmentPage, Trouble> {
    let t = desk.t();
    let read = move |tx: &mut Tx<'_>| {
        let Some(stored) = shipment::fetch(tx, id)? else { return Ok(None) };
        let events = tracking::of(tx, id, EVENTS_MAX)?;
        let asked = label_request::fetch(tx, id)?;
        let due = due_of(tx, std::slice::from_ref(&stored))?;
        let report = channel_report::fetch(tx, id)?;
        let errands = instruction::of(tx, id)?;
        Ok::<_, Error>(Some((stored, events, asked, due, report, errands, carrier::names(tx)?)))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let (stored, events, asked, due, report, errands, known) = found.ok_or(Trouble::NotFound)?;
    let names = names(&known, t);
    let shell = desk.shell();
    let facts = stored.shipment.facts();
    let vault = desk.site.services().vault();
    let moments = events.iter().map(|event| {
        let text = open_text(vault, event);
        let when = shell.moment(&event.at);
        let parts = [when.as_str(), &event.place, &text, &event.source];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Moment {
            tone: if event.status.is_exception() { Tone::Red } else { Tone::Blue },
            icon: words::icon(event.status),
            text: words::word(event.status, t).to_owned(),
            note: parts.join(" · "),
            is_public: false,
        }
    });
    let timeline = Timeline { moments: moments.collect() };
    let explained = asked.and_then(|it| serde_json::from_str::<Explained>(&it.choice).ok());
    let rules = explained.as_ref().and_then(|it| it.ruled.as_ref());
    let rules = rules.map(|it| (t.compare_rules().to_owned(), rules_of(it, t)));
    let mut others = explained.map_or_else(Vec::new, |it| verdicts(&it, &names, &stored, t));
    others.extend(rules);
    let may = may_ship(&desk.member.principal, Some(stored.location), true).is_ok();
    let is_planned_for = !matches!(facts.state, State::LabelCreated | State::Voided);
    let number = OrderNumber::from(facts.terms.order).to_string();
    let mut pairs = pairs(&stored, &shell, t);
    pairs.extend(errands.iter().map(|it| errand(it, &shell, t)));
    Ok(ShipmentPage {
        frame: desk.frame(Section::Logistics),
        row: desk.shipment_row(&stored, &names, &due),
        order_href: Sight::of(&desk.member.principal).is_ok().then(|| order_href(&number)),
        tracking_href: format!("/t/{}", tracking_page::token(vault, facts.terms.order)),
        plan: facts.plan.map_or(String::new(), |plan| words::plan(plan, t).to_owned()),
        facts: pairs,
        timeline,
        others,
        form: (may && is_planned_for).then(|| PlanForm::new(facts.version, lacks_address, t)),
        may_end: facts.state == State::HandedOver,
        channel: report.map(|report| channel_note(report, may, &shell, t)),
        shell,
    })
}

fn channel_note(
    report: ChannelReport,
    may: bool,
    shell: &ordermill_pages::Shell,
    t: Words,
) -> ChannelNote {
    let text = match (report.state, report.told_at) {
        (ReportState::Told, Some(told_at)) => t.logistics_told(shell.moment(&told_at)),
        (ReportState::Failed, _) => t.logistics_tell_failed().to_owned(),
        _ => t.logistics_not_told().to_owned(),
    };
    let error = report.last_error.unwrap_or_default();
    ChannelNote { text, can_retry: may && report.state != ReportState::Told, error }
}

async fn tell_again(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id: ShipmentId = id.parse().map_err(|_| Trouble::NotFound)?;
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let told = desk.site.services().sales_channels().tell_again(principal, act, id).await;
    match told.map_err(|error| refused(id, error))? {
        true => Ok(desk.done(&href_of(id), &Toast::new(desk.t().logistics_telling()))),
        false => Err(Trouble::Refused(href_of(id))),
    }
}

fn pairs(stored: &Stored, shell: &ordermill_pages::Shell, t: Words) -> Vec<(String, String)> {
    let facts = stored.shipment.facts();
    let money = |minor| Money::new(minor, facts.terms.currency).to_string();
    let mut pairs = vec![
        (t.logistics_cost(), money(facts.terms.cost_minor)),
        (t.logistics_weight(), format!("{} g", facts.terms.weight_grams)),
        (t.logistics_routing(), stored.routing.clone()),
        (t.logistics_created(), shell.moment(&facts.created_at)),
    ];
    if facts.terms.insured_minor > 0 {
        pairs.push((t.logistics_insured(), money(facts.terms.insured_minor)));
    }
    let moments = [
        (t.logistics_handed_over(), facts.handed_over_at),
        (t.logistics_delivered(), facts.delivered_at),
        (t.logistics_reshipped(), facts.reshipped_at),
    ];
    for (name, at) in moments {
        pairs.extend(at.map(|at| (name, shell.moment(&at))));
    }
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the carrier was told, and what became of it.
fn errand(it: &Instruction, shell: &ordermill_pages::Shell, t: Words) -> (String, String) {
    let name = match it.errand {
        Errand::Return => t.logistics_errand_return(),
        Errand::Forward => t.logistics_errand_forward(),
    };
    let stands = match (it.done_at, &it.failure) {
        (Some(done_at), _) => t.logistics_errand_done(shell.moment(&done_at)),
        (None, Some(failure)) => failure.clone(),
        (None, None) => t.logistics_errand_waiting().to_owned(),
    };
    (format!("{} · {name}", t.logistics_errands()), stands)
}

/// Who was looked at for a parcel, and what became of each.
fn verdicts(
    explained: &Explained,
    names: &Names,
    stored: &Stored,
    t: Words,
) -> Vec<(String, String)> {
    let currency = stored.shipment.facts().terms.currency;
    let title = |carrier: &CarrierId, service| {
        let name = names.get(carrier).cloned().unwrap_or_else(|| carrier.to_string());
        format!("{name} · {}", words::service(service, t))
    };
    let weighed = |minor| t.logistics_weighed(Money::new(minor, currency));
    let chosen = explained.choice.chosen.iter().map(|offer| {
        let why = format!("{} · {}", t.logistics_chosen(), weighed(offer.weighed_minor));
        (title(&offer.carrier, offer.service), why)
    });
    let others = explained.choice.others.iter().map(|verdict| match verdict {
        Verdict::Offered(offer) => {
            (title(&offer.carrier, offer.service), weighed(offer.weighed_minor))
        }
        Verdict::Refused { carrier, service, because } => {
            (title(carrier, *service), words::refusal(*because, t).to_owned())
        }
    });
    chosen.chain(others).collect()
}

#[derive(Debug, Deserialize)]
struct Planned {
    version: i64,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    address: String,
}

fn href_of(id: ShipmentId) -> String {
    format!("{HERE}/shipments/{id}")
}

fn refused(id: ShipmentId, error: ShipmentError) -> Trouble {
    match error {
        ShipmentError::Forbidden(forbidden) => forbidden.into(),
        ShipmentError::NotFound(_) => Trouble::NotFound,
        ShipmentError::Stale(_) => Trouble::Stale(href_of(id)),
        ShipmentError::Refused(_) | ShipmentError::NothingToPlan(_) => {
            Trouble::Refused(href_of(id))
        }
        ShipmentError::Storage(error) => error.into(),
        ShipmentError::Order(FileError::Refused(_)) => Trouble::Refused(href_of(id)),
        ShipmentError::Order(FileError::Storage(error)) => error.into(),
        ShipmentError::Order(error) => Trouble::internal(&error),
    }
}

async fn plan(
    desk: Desk,
    Path(id): Path<String>,
    Form(form): Form<Planned>,
) -> Result<Response, Trouble> {
    let id: ShipmentId = id.parse().map_err(|_| Trouble::NotFound)?;
    let Ok(chosen) = Plan::from_code(&form.plan) else {
        return Err(Trouble::Refused(href_of(id)));
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_for(&form.reason));
    let address: String = form.address.trim().chars().take(ADDRESS_CHARS_MAX).collect();
    if chosen == Plan::Forward && address.is_empty() {
        let page = page(&desk, id, true).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let vault = desk.site.services().vault().clone();
    let version = form.version;
    let write = move |tx: &mut Tx<'_>| match chosen {
        Plan::Forward => desk::forward(tx, &vault, &principal, &act, (id, version), &address),
        chosen => desk::plan(tx, &principal, &act, id, version, chosen),
    };
    let done = desk.site.services().database().write(write).await;
    done.map_err(|error| refused(id, error))?;
    desk.site.services().carriers().hurry();
    Ok(desk.done(&href_of(id), &Toast::new(desk.t().logistics_planned())))
}

#[derive(Debug, Deserialize)]
struct EndForm {
    version: i64,
    ending: String,
}

async fn end(
    desk: Desk,
    Path(id): Path<String>,
    Form(form): Form<EndForm>,
) -> Result<Response, Trouble> {
    let id: ShipmentId = id.parse().map_err(|_| Trouble::NotFound)?;
    let (ending, why) = match form.ending.as_str() {
        "returned" => (desk::Ending::Returned, desk.t().logistics_end_returned()),
        "lost" => (desk::Ending::Lost, desk.t().logistics_end_lost()),
        _ => return Err(Trouble::Refused(href_of(id))),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(why));
    let write = move |tx: &mut Tx<'_>| desk::end(tx, &principal, &act, id, form.version, ending);
    let done = desk.site.services().database().write(write).await;
    done.map_err(|error| refused(id, error))?;
    Ok(desk.done(&href_of(id), &Toast::new(desk.t().logistics_ended())))
}
