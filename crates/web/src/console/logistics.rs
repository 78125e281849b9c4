//! Parcels, hand-over lists and carriers, and the desk of delivery exceptions.

use std::collections::HashMap;

use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Response};
use ordermill_app::carrier::score_of;
use ordermill_app::order::sight::Sight;
use ordermill_app::shipment::hand_over::{self, CloseManifestError, ScanOutError};
use ordermill_app::shipment::label::Explained;
use ordermill_app::shipment::scan::open_text;
use ordermill_app::shipment::{ShipmentError, desk, may_ship, tracking_page};
use ordermill_base::{Id, Money, Span, Timestamp};
use ordermill_domain::carrier::choice::Verdict;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{CarrierId, LocationId, ManifestId, ShipmentId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::shipment::{Plan, State};
use ordermill_domain::task::TaskKind;
use ordermill_pages::console::Section;
use ordermill_pages::console::logistics::{
    self as view, CarrierRow, CarriersPage, LogisticsPage, ManifestPage, ManifestRow,
    ManifestsPage, PlanForm, ShipmentPage, ShipmentRow,
};
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::states::shipment as words;
use ordermill_pages::ui::{
    Choice, Field, Moment, Pager, Remaining, Timeline, Toast, Tone, View, Views,
};
use ordermill_pages::{Page, Part, Words};
use ordermill_storage::manifest::{self, Manifest};
use ordermill_storage::shipment::{self, Stored, View as Stand};
use ordermill_storage::{Error, Tx, carrier, deadline, label_request, task, tracking};
use serde::Deserialize;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const HERE: &str = "/console/logistics";
const ROWS: i64 = 50;
/// How far ended parcels are counted.
const COUNTED_MAX: i64 = 999;
const EVENTS_MAX: i64 = 200;
/// From when on the time for a plan is short.
const SHORT: Span = Span::hours(4);

pub(super) fn routes() -> Routes {
    let (parcels, shipping) = (Needs::Parcels, Needs::Shipping);
    Routes::default()
        .get("/console/logistics", parcels, list)
        .get("/console/desk/exceptions", parcels, exceptions)
        .get("/console/logistics/shipments/{shipment}", parcels, show)
        .post("/console/logistics/shipments/{shipment}/plan", shipping, plan)
        .post("/console/logistics/shipments/{shipment}/end", shipping, end)
        .get("/console/logistics/manifests", parcels, manifests)
        .post("/console/logistics/manifests/scan", shipping, scan)
        .get("/console/logistics/manifests/{manifest}", parcels, show_manifest)
        .post("/console/logistics/manifests/{manifest}/close", shipping, close)
        .get("/console/logistics/carriers", parcels, carriers)
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
        Ok::<_, Error>((found, due, shipment::counts(tx, COUNTED_MAX + 1)?, carrier::list(tx)?))
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
        Ok::<_, Error>((found, due, carrier::list(tx)?))
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

fn names(known: &[carrier::Stored], t: Words) -> Names {
    let name = |it: &carrier::Stored| t.pick(it.carrier.name.zh(), it.carrier.name.en()).to_owned();
    known.iter().map(|it| (it.carrier.id, name(it))).collect()
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

    fn place_name(&self, id: LocationId) -> String {
        let catalog = self.site.services().catalog();
        catalog.location(id).map_or_else(|| id.to_string(), |location| location.code.clone())
    }

    fn manifest_row(&self, list: &Manifest, parcels: u64, names: &Names) -> ManifestRow {
        let t = self.t();
        let driver = match (&list.confirmation, &list.failure) {
            (Some(confirmation), _) => confirmation.clone(),
            (None, Some(failure)) => failure.clone(),
            (None, None) if list.closed_at.is_some() => t.manifest_driver_called().to_owned(),
            (None, None) => String::new(),
        };
        ManifestRow {
            id: list.id.to_string(),
            number: hand_over::number(list.id),
            carrier: names.get(&list.carrier).cloned().unwrap_or_default(),
            location: self.place_name(list.location),
            parcels,
            opened_at: list.opened_at,
            closed_at: list.closed_at,
            driver,
        }
    }

    /// Where they scan: their own location, else the first of the shop.
    fn dock(&self, chosen: &str) -> Field {
        let t = self.t();
        let catalog = self.site.services().catalog();
        let own = self.member.staff().location.and_then(|id| catalog.location(id));
        let choices: Vec<Choice> = catalog
            .locations()
            .iter()
            .map(|it| {
                let name = t.pick(it.name.zh(), it.name.en());
                Choice::new(it.code.clone(), format!("{} · {name}", it.code))
            })
            .collect();
        let value = match (chosen.is_empty(), own) {
            (false, _) => chosen.to_owned(),
            (true, Some(own)) => own.code.clone(),
            (true, None) => choices.first().map_or(String::new(), |it| it.value.clone()),
        };
        Field::select("location", t.manifest_location(), choices).value(value)
    }
}

async fn show(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let t = desk.t();
    let id: ShipmentId = id.parse().map_err(|_| Trouble::NotFound)?;
    let read = move |tx: &mut Tx<'_>| {
        let Some(stored) = shipment::fetch(tx, id)? else { return Ok(None) };
        let events = tracking::of(tx, id, EVENTS_MAX)?;
        let asked = label_request::fetch(tx, id)?;
        let due = due_of(tx, std::slice::from_ref(&stored))?;
        Ok::<_, Error>(Some((stored, events, asked, due, carrier::list(tx)?)))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let (stored, events, asked, due, known) = found.ok_or(Trouble::NotFound)?;
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
    let others = explained.map_or_else(Vec::new, |it| verdicts(&it, &names, &stored, t));
    let may = may_ship(&desk.member.principal, Some(stored.location), true).is_ok();
    let is_planned_for = matches!(facts.state, State::HandedOver | State::Delivered);
    let number = OrderNumber::from(facts.terms.order).to_string();
    let page = ShipmentPage {
        frame: desk.frame(Section::Logistics),
        row: desk.shipment_row(&stored, &names, &due),
        order_href: Sight::of(&desk.member.principal).is_ok().then(|| order_href(&number)),
        tracking_href: format!("/t/{}", tracking_page::token(vault, facts.terms.order)),
        plan: facts.plan.map_or(String::new(), |plan| words::plan(plan, t).to_owned()),
        facts: pairs(&stored, &shell, t),
        timeline,
        others,
        form: (may && is_planned_for).then(|| PlanForm::new(facts.version, t)),
        may_end: facts.state == State::HandedOver,
        shell,
    };
    Ok(Page(page).into_response())
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
    ];
    for (name, at) in moments {
        pairs.extend(at.map(|at| (name, shell.moment(&at))));
    }
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
    let write = move |tx: &mut Tx<'_>| desk::plan(tx, &principal, &act, id, form.version, chosen);
    let done = desk.site.services().database().write(write).await;
    done.map_err(|error| refused(id, error))?;
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

async fn manifests(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    manifests_page(&desk, &asked.cursor, "", "").await
}

async fn manifests_page(
    desk: &Desk,
    cursor: &str,
    dock: &str,
    error: &str,
) -> Result<Response, Trouble> {
    let t = desk.t();
    let before: Option<ManifestId> = cursor.parse().ok();
    let read = move |tx: &mut Tx<'_>| {
        Ok::<_, Error>((manifest::list(tx, before, ROWS + 1)?, carrier::list(tx)?))
    };
    let (mut found, known) = desk.site.services().database().read(read).await?;
    let has_more = found.len() as i64 > ROWS;
    found.truncate(ROWS as usize);
    let names = names(&known, t);
    let here = format!("{HERE}/manifests");
    let next =
        found.last().filter(|_| has_more).map(|(last, _)| format!("{here}?cursor={}", last.id));
    let page = ManifestsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        parts: parts("manifests", t),
        error: error.to_owned(),
        location: desk.dock(dock),
        rows: found
            .iter()
            .map(|(list, parcels)| desk.manifest_row(list, parcels.unsigned_abs(), &names))
            .collect(),
        pager: Pager {
            t,
            summary: t.logistics_newest_first().to_owned(),
            first: before.map(|_| here.clone()),
            next,
            region: "",
        },
    };
    Ok(Page(page).into_response())
}

#[derive(Debug, Deserialize)]
struct ScanForm {
    #[serde(default)]
    location: String,
    #[serde(default)]
    waybill: String,
}

/// A wedge scanner ends with Enter and finds the field again: the page comes back ready for the next.
async fn scan(desk: Desk, Form(form): Form<ScanForm>) -> Result<Response, Trouble> {
    let t = desk.t();
    let catalog = desk.site.services().catalog();
    let at = catalog.location_by_code(&form.location).ok_or(Trouble::NotFound)?.id;
    let (principal, act, waybill) =
        (desk.member.principal.clone(), desk.act(), form.waybill.clone());
    let write = move |tx: &mut Tx<'_>| hand_over::scan_out(tx, &principal, &act, at, &waybill);
    match desk.site.services().database().write(write).await {
        Ok(scanned) => {
            let number = hand_over::number(scanned.manifest);
            let told = match scanned.was_on_it {
                true => t.manifest_known().to_owned(),
                false => t.manifest_added(number, scanned.parcels),
            };
            Ok(desk.done(&format!("{HERE}/manifests"), &Toast::new(told)))
        }
        Err(ScanOutError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(ScanOutError::Storage(error)) => Err(error.into()),
        Err(error) => {
            let why = match error {
                ScanOutError::NotWaiting(_) => t.manifest_not_waiting(),
                ScanOutError::Full => t.manifest_full(),
                _ => t.manifest_unknown(),
            };
            let told = format!("{why}: {}", form.waybill);
            manifests_page(&desk, "", &form.location, &told).await
        }
    }
}

async fn show_manifest(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let t = desk.t();
    let id: ManifestId = id.parse().map_err(|_| Trouble::NotFound)?;
    let read = move |tx: &mut Tx<'_>| {
        let Some(list) = manifest::fetch(tx, id)? else { return Ok(None) };
        let parcels = shipment::list(tx, Stand::Of(id), None, hand_over::PARCELS_MAX as i64)?;
        Ok::<_, Error>(Some((list, parcels, carrier::list(tx)?)))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let (list, parcels, known) = found.ok_or(Trouble::NotFound)?;
    let names = names(&known, t);
    let due = HashMap::new();
    let page = ManifestPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Logistics),
        row: desk.manifest_row(&list, parcels.len() as u64, &names),
        parcels: parcels.iter().map(|stored| desk.shipment_row(stored, &names, &due)).collect(),
    };
    Ok(Page(page).into_response())
}

async fn close(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id: ManifestId = id.parse().map_err(|_| Trouble::NotFound)?;
    let href = format!("{HERE}/manifests/{id}");
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let write = move |tx: &mut Tx<'_>| hand_over::close(tx, &principal, &act, id);
    let handed =
        desk.site.services().database().write(write).await.map_err(|error| match error {
            CloseManifestError::Forbidden(forbidden) => forbidden.into(),
            CloseManifestError::NotFound(_) => Trouble::NotFound,
            CloseManifestError::Closed(_) | CloseManifestError::Empty(_) => {
                Trouble::Refused(href.clone())
            }
            CloseManifestError::Storage(error) => error.into(),
        })?;
    Ok(desk.done(&href, &Toast::new(desk.t().manifest_done(handed.len()))))
}

async fn carriers(desk: Desk) -> Result<Response, Trouble> {
    let t = desk.t();
    let histories = desk.site.services().carriers().histories().await?;
    let known = desk.site.services().database().read(carrier::list).await?;
    let row = |stored: &carrier::Stored| {
        let it = &stored.carrier;
        let services: Vec<&str> =
            it.terms.services.iter().map(|service| words::service(service.kind, t)).collect();
        CarrierRow {
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
    };
    Ok(Page(page).into_response())
}
