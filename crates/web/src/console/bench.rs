//! The pack bench: what waits there, and one fulfillment that is rechecked.

mod boxes;
mod label;

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::catalog::Catalog;
use ordermill_app::pack::recheck::{
    Difference, Findings, Recheck, RecheckError, send_back, weight_of,
};
use ordermill_app::pack::{BenchError, Seen, Together, together};
use ordermill_app::pick_list::may_pick;
use ordermill_app::shipment::ask_again::lacking;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::fulfillment::{Fulfillment, State};
use ordermill_domain::ids::{FulfillmentId, LocationId};
use ordermill_domain::order::OrderNumber;
use ordermill_domain::package::Package;
use ordermill_domain::pick_list;
use ordermill_pages::console::Section;
use ordermill_pages::console::bench::{
    BenchLine, BenchPage, BenchRow, BenchStep, BenchWorkPage, RecheckForm,
};
use ordermill_pages::console::form::summary;
use ordermill_pages::console::order::href as order_href;
use ordermill_pages::console::warehouse::stage;
use ordermill_pages::states::shipment::service;
use ordermill_pages::ui::{Badge, Toast, Tone};
use ordermill_pages::{Icon, Page, Words};
use ordermill_storage::fulfillment::{self, Filter};
use ordermill_storage::{Error, Tx, order, package, pick_list as lists};

use super::desk::Desk;
use super::pairs::Pairs;
use super::paper::note_href;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const HERE: &str = "/console/wh/bench";
/// Fulfillments that are listed.
const ROWS: i64 = 100;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/wh/bench", Needs::Floor, show)
        .post("/console/wh/bench", Needs::Floor, look_up)
        .get("/console/wh/bench/{work}", Needs::Floor, show_work)
        .post("/console/wh/bench/{work}/recheck", Needs::Floor, take_recheck)
        .post("/console/wh/bench/{work}/send-back", Needs::Floor, take_back)
        .merge(boxes::routes())
        .merge(label::routes())
}

/// What was refused: names of fields and what is wrong with them.
type Wrong = Vec<(&'static str, String)>;

fn href_of(id: FulfillmentId) -> String {
    format!("{HERE}/{id}")
}

fn may_work_at(desk: &Desk, location: LocationId) -> bool {
    may_pick(&desk.member.principal, location).is_ok()
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    Ok(Page(list_page(&desk, String::new()).await?).into_response())
}

async fn list_page(desk: &Desk, unknown: String) -> Result<BenchPage, Trouble> {
    let states = vec![State::Picked, State::Rechecked];
    let location = desk.member.staff().location;
    let waiting = Filter { location, states, ..Filter::default() };
    let read = move |tx: &mut Tx<'_>| fulfillment::list(tx, &waiting, None, ROWS);
    let mut work = desk.site.services().database().read(read).await?;
    work.retain(|work| may_work_at(desk, work.facts().location));
    // What travels together is one row.
    let mut known = HashSet::new();
    work.retain(|work| work.facts().merge.is_none_or(|merge| known.insert(merge)));
    work.sort_by_key(|work| {
        let facts = work.facts();
        (!facts.is_urgent, facts.ship_by.is_none(), facts.ship_by, facts.id)
    });
    let (t, now, catalog) = (desk.t(), desk.now(), desk.site.services().catalog());
    let row = |work: &Fulfillment| {
        let facts = work.facts();
        BenchRow {
            href: href_of(facts.id),
            order: OrderNumber::from(facts.order).to_string(),
            place: code_of(&catalog, facts.location),
            state: badge(facts.state, t),
            pieces: facts.lines.iter().map(|line| line.quantity).sum(),
            ship_by: facts.ship_by,
            is_late: facts.ship_by.is_some_and(|by| by < now),
            is_urgent: facts.is_urgent,
        }
    };
    let rows = work.iter().map(row).collect();
    Ok(BenchPage { shell: desk.shell(), frame: desk.frame(Section::Warehouse), unknown, rows })
}

/// Finds what was scanned: a fulfillment, an order, or a pick list.
async fn look_up(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let code = pairs.one("code");
    let typed = code.clone();
    let find = move |tx: &mut Tx<'_>| {
        if let Ok(id) = typed.parse::<FulfillmentId>() {
            return Ok(fulfillment::fetch(tx, id)?.into_iter().collect());
        }
        if let Ok(number) = typed.parse::<OrderNumber>() {
            return fulfillment::of(tx, number.order_id());
        }
        let Some(list) = pick_list::from_number(&typed) else { return Ok(Vec::new()) };
        let Some(list) = lists::fetch(tx, list)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for id in list.fulfillments() {
            found.extend(fulfillment::fetch(tx, id)?);
        }
        Ok::<_, Error>(found)
    };
    let mut found: Vec<Fulfillment> = desk.site.services().database().read(find).await?;
    found.retain(|work| may_work_at(&desk, work.facts().location));
    // What is to be done at the bench comes before what is not.
    found.sort_by_key(|work| match work.state() {
        State::Picked => 0,
        State::Rechecked => 1,
        State::Packed => 2,
        _ => 3,
    });
    match found.first() {
        Some(work) => Ok(Redirect::to(&href_of(work.id())).into_response()),
        None => {
            let page = list_page(&desk, code).await?;
            Ok((StatusCode::NOT_FOUND, Page(page)).into_response())
        }
    }
}

async fn show_work(desk: Desk, Path(id): Path<FulfillmentId>) -> Result<Response, Trouble> {
    Ok(Page(work_page(&desk, id, &Pairs::default(), Vec::new()).await?).into_response())
}

/// A fulfillment with what is packed with it.
struct Loaded {
    together: Together,
    /// Their boxes, with all that lies in them.
    boxes: Vec<Package>,
    /// How the buyer wants it brought.
    service_wish: Option<ServiceKind>,
}

async fn load(desk: &Desk, id: FulfillmentId) -> Result<Loaded, Trouble> {
    let read = move |tx: &mut Tx<'_>| {
        let Some(together) = together::read(tx, id)? else { return Ok(None) };
        let packages = package::of_each(tx, &together.ids())?;
        let (mut boxes, inside): (Vec<_>, Vec<_>) =
            packages.into_iter().partition(|package| package.inside.is_none());
        for share in inside {
            let its = boxes.iter_mut().find(|package| Some(package.id) == share.inside);
            its.into_iter().for_each(|its| its.contents.extend(share.contents.clone()));
        }
        boxes.sort_by_key(|package| package.number);
        // What travels together was asked for alike.
        let bound = order::bound(tx, &[together.work.facts().order])?;
        let service_wish = bound.first().and_then(|bound| bound.service_wish);
        Ok::<_, Error>(Some(Loaded { together, boxes, service_wish }))
    };
    let found = desk.site.services().database().snapshot(read).await?;
    let found = found.ok_or(Trouble::NotFound)?;
    if !may_work_at(desk, found.together.work.facts().location) {
        return Err(Trouble::NotFound);
    }
    Ok(found)
}

/// The page with what was entered before.
async fn work_page(
    desk: &Desk,
    id: FulfillmentId,
    entered: &Pairs,
    wrong: Wrong,
) -> Result<BenchWorkPage, Trouble> {
    let Loaded { together, boxes: packages, service_wish } = load(desk, id).await?;
    let work = &together.work;
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let step = match work.state() {
        State::Picked => BenchStep::Recheck(recheck_form(&catalog, work, entered)),
        State::Rechecked => {
            BenchStep::Pack(boxes::pack_form(&catalog, work, entered, !wrong.is_empty(), t))
        }
        State::Packed => {
            let (boxes, now) = (packages.clone(), desk.site.services().now());
            let read = move |tx: &mut Tx<'_>| lacking(tx, &boxes, now);
            let lacking = desk.site.services().database().read(read).await?;
            let row = |package: &Package| {
                boxes::package_row(&catalog, package, lacking.contains(&package.id), t)
            };
            BenchStep::Packed(packages.iter().map(row).collect(), note_href(id))
        }
        _ => BenchStep::Nothing(t.bench_elsewhere().to_owned()),
    };
    let number = OrderNumber::from(work.facts().order);
    Ok(BenchWorkPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Warehouse),
        order: (together.order_numbers(), order_href(&number.to_string())),
        href: href_of(id),
        version: work.version(),
        state: badge(work.state(), t),
        service: service_wish.map_or("", |wish| service(wish, t)).to_owned(),
        errors: summary(&wrong, t),
        lines: work
            .facts()
            .lines
            .iter()
            .filter(|line| line.quantity > 0)
            .map(|line| {
                let sku = catalog.sku(line.sku);
                let handling = sku.map(|sku| sku.handling).unwrap_or_default();
                BenchLine {
                    line_no: line.line_no,
                    sku: sku.map(|sku| sku.code.clone()).unwrap_or_default(),
                    name: sku
                        .map(|sku| t.pick(&sku.name.zh, &sku.name.en).clone())
                        .unwrap_or_default(),
                    gtin: sku.and_then(|sku| sku.gtin.clone()).unwrap_or_default(),
                    pieces: line.quantity,
                    counted: entered.one(&format!("pieces-{}", line.line_no)),
                    is_fragile: handling.is_fragile,
                    is_high_value: handling.is_high_value,
                }
            })
            .collect(),
        step,
    })
}

fn recheck_form(catalog: &Catalog, work: &Fulfillment, entered: &Pairs) -> RecheckForm {
    let has_fragile = work
        .facts()
        .lines
        .iter()
        .any(|line| catalog.sku(line.sku).is_some_and(|sku| sku.handling.is_fragile));
    RecheckForm {
        weight_grams: entered.one("weight"),
        is_intact: entered.has("intact"),
        is_reinforced: entered.has("reinforced"),
        has_fragile,
        computed_grams: weight_of(catalog, work),
    }
}

fn badge(state: State, t: Words) -> Badge {
    let (tone, icon) = match state {
        State::Planned | State::Released | State::Picking => (Tone::Amber, Icon::Hourglass),
        State::Picked | State::Rechecked => (Tone::Blue, Icon::Clipboard),
        State::Packed | State::HandedOver | State::Closed => (Tone::Green, Icon::Package),
        State::Rejected | State::Canceled => (Tone::Grey, Icon::Ban),
    };
    Badge::new(tone, icon, stage(state, t))
}

fn code_of(catalog: &Catalog, id: LocationId) -> String {
    catalog.location(id).map(|location| location.code.clone()).unwrap_or_default()
}

fn name_of(catalog: &Catalog, sku: ordermill_domain::ids::SkuId) -> String {
    catalog.sku(sku).map(|sku| sku.code.clone()).unwrap_or_default()
}

async fn refused(
    desk: &Desk,
    id: FulfillmentId,
    pairs: &Pairs,
    wrong: Wrong,
) -> Result<Response, Trouble> {
    let page = work_page(desk, id, pairs, wrong).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

fn seen(id: FulfillmentId, pairs: &Pairs) -> Seen {
    Seen { id, version: Some(pairs.one("version").parse().unwrap_or_default()) }
}

/// A whole number up to `max`; none for an empty field.
fn whole(typed: &str, max: u32, t: Words) -> Result<Option<u32>, String> {
    match typed {
        "" => Ok(None),
        typed => match typed.parse::<u32>() {
            Ok(number) if number <= max => Ok(Some(number)),
            _ => Err(t.bench_number(max)),
        },
    }
}

const GRAMS_MAX: u32 = 10_000_000;
const PIECES_MAX: u32 = 100_000;

async fn take_recheck(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, catalog) = (desk.t(), desk.site.services().catalog());
    let together = load(&desk, id).await?.together;
    let mut wrong = Wrong::new();
    let mut scanned = Vec::new();
    for line in &together.work.facts().lines {
        let typed = pairs.one(&format!("pieces-{}", line.line_no));
        match whole(&typed, PIECES_MAX, t) {
            Ok(count) => {
                scanned.push((name_of(&catalog, line.sku), i64::from(count.unwrap_or_default())));
            }
            Err(error) => wrong.push(("", format!("{}: {error}", name_of(&catalog, line.sku)))),
        }
    }
    let weight_grams = whole(&pairs.one("weight"), GRAMS_MAX, t);
    let weight_grams = weight_grams.unwrap_or_else(|error| {
        wrong.push(("weight", error));
        None
    });
    if !wrong.is_empty() {
        return refused(&desk, id, &pairs, wrong).await;
    }
    let findings = Findings {
        scanned,
        weight_grams,
        is_intact: pairs.has("intact"),
        is_reinforced: pairs.has("reinforced"),
    };
    let recheck = Recheck {
        catalog: Arc::clone(&catalog),
        principal: desk.member.principal.clone(),
        act: desk.act(),
        seen: seen(id, &pairs),
        findings,
    };
    match desk.site.services().database().submit(recheck).await? {
        Ok(_) => Ok(desk.done(&href_of(id), &Toast::new(t.bench_rechecked()))),
        Err(RecheckError::Bench(error)) => Err(trouble_of(error, id)),
        Err(RecheckError::Wrong(differences)) => {
            let wrong = differences.iter().map(|it| in_words(&catalog, it, t)).collect();
            refused(&desk, id, &pairs, wrong).await
        }
    }
}

fn in_words(catalog: &Catalog, difference: &Difference, t: Words) -> (&'static str, String) {
    match difference {
        Difference::UnknownCode { code } => ("", t.bench_wrong_code(code)),
        Difference::Pieces { sku, scanned, ordered } => {
            ("", t.bench_wrong_pieces(name_of(catalog, *sku), scanned, ordered))
        }
        Difference::Weight { measured_grams, computed_grams } => {
            ("weight", t.bench_wrong_weight(measured_grams, computed_grams))
        }
        Difference::NotIntact => ("", t.bench_not_intact().to_owned()),
        Difference::NotReinforced { .. } => ("", t.bench_not_reinforced().to_owned()),
    }
}

fn trouble_of(error: BenchError, id: FulfillmentId) -> Trouble {
    use ordermill_app::fulfillment::WorkError;
    match error {
        BenchError::Forbidden(forbidden) => forbidden.into(),
        BenchError::Stale(_) => Trouble::Stale(href_of(id)),
        BenchError::Work(WorkError::NotFound(_)) => Trouble::NotFound,
        BenchError::Left(_) | BenchError::Work(WorkError::Refused(_)) => {
            Trouble::Refused(href_of(id))
        }
        BenchError::Work(error) => error.into_storage().into(),
    }
}

async fn take_back(
    desk: Desk,
    Path(id): Path<FulfillmentId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (principal, act) = (desk.member.principal.clone(), desk.act_for(&pairs.one("reason")));
    let seen = seen(id, &pairs);
    let work = move |tx: &mut Tx<'_>| send_back(tx, &principal, &act, seen);
    match desk.site.services().database().write(work).await {
        Ok(()) => Ok(desk.done(HERE, &Toast::new(desk.t().bench_sent_back()))),
        Err(error) => Err(trouble_of(error, id)),
    }
}
