//! Parcels, hand-over lists and carriers, and the desk of delivery exceptions.

mod carrier;
mod manifest;
mod paper;
mod parcel;
mod settings;

use std::collections::HashMap;

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use ordermill_app::carrier::score_of;
use ordermill_app::carrier::setup::may_keep;
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{CarrierId, ShipmentId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::shipment::State;
use ordermill_domain::task::TaskKind;
use ordermill_pages::console::Section;
use ordermill_pages::console::logistics::{
    self as view, CarrierRow, CarriersPage, LogisticsPage, ShipmentRow,
};
use ordermill_pages::states::shipment as words;
use ordermill_pages::ui::{Pager, Remaining, Tone, View, Views};
use ordermill_pages::{Page, Part, Words};
use ordermill_storage::carrier as known_carriers;
use ordermill_storage::shipment::{self, Stored, View as Stand};
use ordermill_storage::{Error, Tx, deadline, task};
use serde::Deserialize;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const HERE: &str = "/console/logistics";
const ROWS: i64 = 50;
/// How far ended parcels are counted.
const COUNTED_MAX: i64 = 999;
/// From when on the time for a plan is short.
const SHORT: Span = Span::hours(4);

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/logistics", Needs::Parcels, list)
        .get("/console/desk/exceptions", Needs::Parcels, exceptions)
        .get("/console/logistics/carriers", Needs::Parcels, carriers)
        .merge(parcel::routes())
        .merge(manifest::routes())
        .merge(carrier::routes())
        .merge(settings::routes())
        .merge(paper::routes())
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    cursor: String,
}

/// Names of carriers in the visitor's language.
type Names = HashMap<CarrierId, String>;

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let t = desk.t();
    let state = State::from_code(&asked.view).unwrap_or(State::HandedOver);
    let is_trouble = asked.view == "trouble";
    let stand = if is_trouble { Stand::InTrouble } else { Stand::In(state) };
    let current = if is_trouble { "trouble" } else { state.code() };
    let before: Option<ShipmentId> = asked.cursor.parse().ok();
    let read = move |tx: &mut Tx<'_>| {
        let found = shipment::list(tx, stand, before, ROWS + 1)?;
        let due = due_of(tx, &found)?;
        Ok::<_, Error>((
            found,
            due,
            shipment::counts(tx, COUNTED_MAX + 1)?,
            known_carriers::names(tx)?,
        ))
    };
    let (mut found, due, counts, known) = desk.site.services().database().snapshot(read).await?;
    let has_more = found.len() as i64 > ROWS;
    found.truncate(ROWS as usize);
    let names = names(&known, t);
    let href = |view: &str, cursor: Option<ShipmentId>| match cursor {
        Some(cursor) => format!("{HERE}?view={view}&cursor={cursor}"),
        None => format!("{HERE}?view={view}"),
    };
    let last = found.last().map(|stored| stored.shipment.facts().id);
    let mut views = vec![View::new("trouble", view::view_name(None, t), href("trouble", None))];
    views.extend(counts.iter().map(|(state, count)| {
        let name = view::view_name(Some(*state), t);
        let shown = count.unsigned_abs().min(COUNTED_MAX.unsigned_abs());
        View::new(state.code(), name, href(state.code(), None))
            .count(shown, Tone::Grey)
            .or_more(*count > COUNTED_MAX)
    }));
    let page = LogisticsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        title: t.logistics_title().to_owned(),
        parts: parts("parcels", t),
        views: Views::of_list(t, "list", current, views),
        rows: found.iter().map(|stored| desk.shipment_row(stored, &names, &due)).collect(),
        empty: view::empty(t),
        pager: Pager {
            t,
            summary: t.logistics_newest_first().to_owned(),
            first: before.map(|_| href(current, None)),
            next: last.filter(|_| has_more).map(|last| href(current, Some(last))),
            region: "list",
        },
    };
    Ok(answer(&desk, page))
}

/// What is in trouble and waits for a plan, the most urgent first: the tasks of that kind.
async fn exceptions(desk: Desk) -> Result<Response, Trouble> {
    let t = desk.t();
    let read = move |tx: &mut Tx<'_>| {
        let subjects: Vec<i64> =
            task::subjects_open(tx, TaskKind::DeliveryException, ROWS)?.collect();
        let mut found = Vec::with_capacity(subjects.len());
        for subject in subjects {
            found.extend(shipment::fetch(tx, ShipmentId::from_raw(subject))?);
        }
        let due = due_of(tx, &found)?;
        Ok::<_, Error>((found, due, known_carriers::names(tx)?))
    };
    let (mut found, due, known) = desk.site.services().database().snapshot(read).await?;
    found.sort_by_key(|stored| due.get(&stored.shipment.facts().id).copied());
    let names = names(&known, t);
    let page = LogisticsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Exceptions),
        title: t.exceptions_title().to_owned(),
        parts: parts("", t),
        views: Views::default(),
        rows: found.iter().map(|stored| desk.shipment_row(stored, &names, &due)).collect(),
        empty: view::empty(t),
        pager: Pager {
            t,
            summary: t.logistics_all_exceptions().to_owned(),
            first: None,
            next: None,
            region: "list",
        },
    };
    Ok(answer(&desk, page))
}

fn answer(desk: &Desk, page: LogisticsPage) -> Response {
    match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_list()).into_response(),
    }
}

/// By when these are to have a plan.
fn due_of(tx: &mut Tx<'_>, found: &[Stored]) -> Result<HashMap<ShipmentId, Timestamp>, Error> {
    let ids: Vec<ShipmentId> = found.iter().map(|stored| stored.shipment.facts().id).collect();
    let nearest = deadline::nearest_of_each(tx, &ids)?;
    let of_plan = |kind: &DeadlineKind| *kind == DeadlineKind::DeliveryException;
    Ok(nearest
        .into_iter()
        .filter(|(_, kind, _)| of_plan(kind))
        .map(|(id, _, due_at)| (id, due_at))
        .collect())
}

fn names(known: &[known_carriers::Named], t: Words) -> Names {
    known.iter().map(|it| (it.id, t.pick(it.name.zh(), it.name.en()).to_owned())).collect()
}

fn parts(current: &str, t: Words) -> Views {
    let part = |key, name, href: &str| View::new(key, name, href);
    let views = vec![
        part("parcels", t.logistics_parcels(), HERE),
        part("manifests", t.logistics_manifests(), "/console/logistics/manifests"),
        part("carriers", t.logistics_carriers(), "/console/logistics/carriers"),
    ];
    Views { label: t.logistics_title().into(), ..Views::of_list(t, "", current, views) }
}

impl Desk {
    fn shipment_row(
        &self,
        stored: &Stored,
        names: &Names,
        due: &HashMap<ShipmentId, Timestamp>,
    ) -> ShipmentRow {
        let (t, now) = (self.t(), self.now());
        let facts = stored.shipment.facts();
        let carrier = names.get(&facts.terms.carrier).cloned().unwrap_or_default();
        ShipmentRow {
            id: facts.id.to_string(),
            waybill: facts.terms.waybill.clone(),
            carrier: format!("{carrier} · {}", words::service(facts.terms.service, t)),
            order: OrderNumber::from(facts.terms.order).to_string(),
            state: words::state(facts.state, t),
            track: words::track(facts.track.status, t),
            expected_by: facts.terms.expected_by,
            is_late: facts.state.is_moving() && facts.terms.expected_by < now,
            remaining: due.get(&facts.id).map(|due_at| Remaining::new(*due_at, now, SHORT, t)),
        }
    }
}

async fn carriers(desk: Desk) -> Result<Response, Trouble> {
    let t = desk.t();
    let histories = desk.site.services().carriers().histories().await?;
    let known = desk.site.services().database().read(known_carriers::list).await?;
    let row = |stored: &known_carriers::Stored| {
        let it = &stored.carrier;
        let services: Vec<&str> =
            it.terms.services.iter().map(|service| words::service(service.kind, t)).collect();
        CarrierRow {
            id: it.id.to_string(),
            code: it.code.clone(),
            name: t.pick(it.name.zh(), it.name.en()).to_owned(),
            services: services.join(" · "),
            is_active: it.is_active,
            history: histories.get(&it.id).copied().unwrap_or_default(),
            score: score_of(&histories, it.id),
        }
    };
    let page = CarriersPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        parts: parts("carriers", t),
        rows: known.iter().map(row).collect(),
        may_keep: may_keep(&desk.member.principal).is_ok(),
    };
    Ok(Page(page).into_response())
}
