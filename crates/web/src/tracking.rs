//! The public tracking page, `/t/{token}`: for whoever has the link or the code, without a login.

mod trail;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use ordermill_app::carrier::Sender;
use ordermill_app::catalog::settings;
use ordermill_app::permission::{Buyer, Principal};
use ordermill_app::shipment::receipt::{self, ConfirmReceipt, Confirmed, Reported};
use ordermill_app::shipment::tracking_page::{self, Step as Way, Tracked};
use ordermill_app::shipment::vehicle::Live;
use ordermill_base::Timestamp;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::Status;
use ordermill_domain::shipment::{State as ShipmentState, TrackingStatus};
use ordermill_domain::text::Text;
use ordermill_pages::states::shipment as words;
use ordermill_pages::tracking::{
    LiveCard, ParcelCard, TrackedGoods, TrackingMissingPage, TrackingPage,
};
use ordermill_pages::ui::{Moment, Progress, Qr, Step, Steps, Timeline, Tone};
use ordermill_pages::{Icon, Page, Shell, Words};
use ordermill_storage::{Error, Tx};
use serde::Deserialize;

use crate::{Site, Visit};

/// How often one address may open one page within a minute.
const LOOKS_MAX: u32 = 120;
/// How many links that open nothing one address may try within a minute.
const MISSES_MAX: u32 = 60;
/// How long a code may be kept: it never changes.
const CODE_KEPT: &str = "private, max-age=86400";

/// The addresses of the page.
pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/t/{token}", get(show))
        .route("/t/{token}/qr.svg", get(code))
        .route("/t/{token}/received", post(received))
        .route("/t/{token}/missing", post(missing))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// What was just done, to be told once.
    said: String,
}

async fn show(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let order = match find(&site, &visit, &token) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let now = site.services().now();
    let vault = site.services().vault().clone();
    let read = move |tx: &mut Tx<'_>| {
        let (sender, _) = settings::read::<Sender>(tx)?;
        Ok::<_, Error>((tracking_page::load(tx, &vault, order, now)?, sender))
    };
    match site.services().database().read(read).await {
        Ok((Some(tracked), sender)) => {
            let shell = site.shell(&visit);
            let page = page(&site, shell, token, &tracked, sender, &asked.said, now);
            (no_store(), Page(page)).into_response()
        }
        Ok((None, _)) => nothing(&site, &visit),
        Err(error) => failed(&error),
    }
}

/// The order of a token, or the answer for whoever asks too often or has no token of ours.
#[expect(clippy::result_large_err, reason = "the error is the answer itself")]
fn find(site: &Site, visit: &Visit, token: &str) -> Result<OrderId, Response> {
    let now = site.services().now();
    let address = visit.visitor.address.as_str();
    let order = tracking_page::order_of(site.services().vault(), token, now);
    let (what, max) = if order.is_some() { (token, LOOKS_MAX) } else { ("", MISSES_MAX) };
    if !site.tracking_rate().allows(&(address, what), max, now) {
        let page = TrackingMissingPage { shell: site.shell(visit), is_too_much: true };
        let wait = [(header::RETRY_AFTER, "60")];
        return Err((StatusCode::TOO_MANY_REQUESTS, wait, no_store(), Page(page)).into_response());
    }
    order.ok_or_else(|| nothing(site, visit))
}

fn nothing(site: &Site, visit: &Visit) -> Response {
    let page = TrackingMissingPage { shell: site.shell(visit), is_too_much: false };
    (StatusCode::NOT_FOUND, no_store(), Page(page)).into_response()
}

pub(crate) fn failed(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "a tracking page cannot be shown");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
}

/// Nobody on the way keeps the page, and nobody who is linked to learns its address.
pub(crate) fn no_store() -> [(header::HeaderName, &'static str); 2] {
    [(header::REFERRER_POLICY, "no-referrer"), (header::X_FRAME_OPTIONS, "DENY")]
}

/// The page's address as a code to scan.
async fn code(State(site): State<Site>, visit: Visit, Path(token): Path<String>) -> Response {
    if let Err(answer) = find(&site, &visit, &token) {
        return answer;
    }
    let href = site.services().links().tracking(&token);
    let Some(qr) = Qr::new(&href, "") else { return nothing(&site, &visit) };
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, CODE_KEPT)];
    (headers, qr.to_document()).into_response()
}

async fn received(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
    _headers: HeaderMap,
) -> Response {
    let order = match find(&site, &visit, &token) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let act = visit.name(Principal::Buyer(Buyer::Guest(order)).act(site.services().now()));
    let confirmed = site.services().database().submit(ConfirmReceipt { act, order }).await;
    let said = match confirmed {
        Ok(Some(Confirmed::Completed)) => "received",
        Ok(Some(Confirmed::Nothing) | None) => "nothing",
        Err(error) => return failed(&error),
    };
    back(&token, said)
}

async fn missing(State(site): State<Site>, visit: Visit, Path(token): Path<String>) -> Response {
    let order = match find(&site, &visit, &token) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let act = visit.name(Principal::Buyer(Buyer::Guest(order)).act(site.services().now()));
    let write = move |tx: &mut Tx<'_>| receipt::report_not_received(tx, &act, order);
    let said = match site.services().database().write(write).await {
        Ok(Reported::Opened | Reported::Known) => "missing",
        Ok(Reported::NothingDelivered) => "nothing",
        Err(error) => return failed(&error),
    };
    back(&token, said)
}

fn back(token: &str, said: &str) -> Response {
    Redirect::to(&format!("/t/{token}?said={said}")).into_response()
}

fn page(
    site: &Site,
    shell: Shell,
    token: String,
    tracked: &Tracked,
    sender: Sender,
    said: &str,
    now: Timestamp,
) -> TrackingPage {
    let t = shell.t;
    let catalog = site.services().catalog();
    let pick = |text: &Text| t.pick(text.zh(), text.en()).to_owned();
    let is_over = matches!(tracked.status, Status::Canceled | Status::Rejected);
    let any_there = tracked.parcels.iter().any(|it| it.state == ShipmentState::Delivered);
    let (headline, note) = headline(&shell, tracked);
    let name = |sku| catalog.sku(sku).map_or_else(String::new, |sku| pick(&sku.name));
    let goods = tracked.goods.iter().map(|item| TrackedGoods {
        name: name(item.sku),
        pieces: item.pieces.unsigned_abs(),
        in_place_of: item.in_place_of.map_or_else(String::new, name),
    });
    TrackingPage {
        number: tracked.number.to_string(),
        headline,
        note,
        delay: if is_over { String::new() } else { delay(tracked, now, t).to_owned() },
        steps: steps(&shell, tracked),
        parcels: tracked.parcels.iter().map(|parcel| card(&shell, parcel, &pick)).collect(),
        trail: trail::timeline(site, &shell, tracked),
        goods: goods.collect(),
        service_phone: sender.service_phone,
        may_confirm: tracked.step == Way::Delivered && tracked.status == Status::Confirmed,
        may_report: any_there && !tracked.is_disputed && tracked.status == Status::Confirmed,
        said: match said {
            "received" => Some(t.tracking_said_received()),
            "missing" => Some(t.tracking_said_missing()),
            "nothing" => Some(t.tracking_said_nothing()),
            _ => None,
        },
        at: now,
        token,
        shell,
    }
}

/// What matters now, and a sentence about it.
fn headline(shell: &Shell, tracked: &Tracked) -> (String, String) {
    let t = shell.t;
    let count = tracked.parcels.len() as u64;
    let parcels = if count == 0 { String::new() } else { t.tracking_parcels(count) };
    let is_at = |status| tracked.parcels.iter().any(|parcel| parcel.status == status);
    match tracked.status {
        Status::Canceled | Status::Rejected => {
            return (t.tracking_canceled().to_owned(), String::new());
        }
        Status::Completed | Status::Archived => {
            return (t.tracking_completed().to_owned(), parcels);
        }
        Status::Placed | Status::Confirmed => {}
    }
    // What is on a vehicle arrives when that does: the last of them, if all are.
    let moving = tracked.parcels.iter().filter(|parcel| parcel.state.is_moving());
    let live: Option<Vec<Timestamp>> =
        moving.map(|parcel| parcel.live.and_then(|live| live.arrives_at)).collect();
    if let Some(at) = live.and_then(|all| all.into_iter().max()) {
        return (t.tracking_arrives_about(shell.time_of_day(&at)), parcels);
    }
    let by = tracked.arrives_by.map(|at| t.tracking_arrives(shell.day(&at)));
    match tracked.step {
        Way::Delivered => {
            let day = tracked.delivered_at.map_or(String::new(), |at| shell.day(&at));
            (t.tracking_delivered(day), parcels)
        }
        Way::OutForDelivery if is_at(TrackingStatus::AtPickupPoint) => {
            (t.tracking_pickup().to_owned(), parcels)
        }
        Way::OutForDelivery => (t.tracking_out().to_owned(), parcels),
        Way::OnTheWay if tracked.is_delayed => (t.tracking_delayed().to_owned(), parcels),
        Way::OnTheWay => (by.unwrap_or_else(|| t.tracking_preparing().to_owned()), parcels),
        Way::Preparing => match by {
            Some(by) => (by, parcels),
            None => (t.tracking_preparing().to_owned(), t.tracking_preparing_note().to_owned()),
        },
    }
}

/// What may delay it: the gravest thing that any parcel has.
fn delay(tracked: &Tracked, now: Timestamp, t: Words) -> &'static str {
    use TrackingStatus as S;
    let any = |is: &dyn Fn(&tracking_page::TrackedParcel) -> bool| tracked.parcels.iter().any(is);
    let says = |status| any(&|parcel| parcel.status == status && parcel.state.is_moving());
    if any(&|parcel| parcel.state == ShipmentState::Lost) {
        t.tracking_delay_lost()
    } else if any(&|parcel| parcel.status == S::SignOffDisputed) {
        t.tracking_delay_disputed()
    } else if any(&|parcel| parcel.state == ShipmentState::ReturnedToSender) || says(S::Refused) {
        t.tracking_delay_back()
    } else if says(S::Damaged) {
        t.tracking_delay_damaged()
    } else if says(S::Address) {
        t.tracking_delay_address()
    } else if says(S::OutOfZone) {
        t.tracking_delay_out_of_zone()
    } else if says(S::Stalled) {
        t.tracking_delay_stalled()
    } else if any(&|parcel| parcel.state.is_moving() && parcel.expected_by < now) {
        t.tracking_delay_late()
    } else {
        ""
    }
}

fn steps(shell: &Shell, tracked: &Tracked) -> Steps {
    let t = shell.t;
    let at = |step: Way, icon, label: &str| {
        let progress = match step.cmp(&tracked.step) {
            std::cmp::Ordering::Less => Progress::Done,
            std::cmp::Ordering::Equal if tracked.step == Way::Delivered => Progress::Done,
            std::cmp::Ordering::Equal if tracked.is_delayed => Progress::Warned,
            std::cmp::Ordering::Equal => Progress::Now,
            std::cmp::Ordering::Greater => Progress::Ahead,
        };
        let note = match (step, tracked.delivered_at) {
            (Way::Delivered, Some(at)) => shell.day(&at),
            _ => String::new(),
        };
        Step { progress, icon, label: label.to_owned(), note }
    };
    Steps {
        t,
        steps: vec![
            at(Way::Preparing, Icon::Package, t.track_step_prepared()),
            at(Way::OnTheWay, Icon::Truck, t.track_step_shipped()),
            at(Way::OutForDelivery, Icon::User, t.track_step_courier()),
            at(Way::Delivered, Icon::Home, t.track_step_delivered()),
        ],
    }
}

/// How far a parcel is, rounded: a page that anybody with the link sees draws no circle around a home.
fn live_card(shell: &Shell, live: Live) -> LiveCard {
    let t = shell.t;
    let km = (live.meters + 500) / 1_000;
    let distance =
        if live.meters < 1_000 { t.tracking_near().to_owned() } else { t.tracking_km(km) };
    let arrival = live.arrives_at.map(|at| t.tracking_arrives_about(shell.time_of_day(&at)));
    LiveCard {
        distance,
        arrival: arrival.unwrap_or_default(),
        as_of: t.tracking_seen_at(shell.time_of_day(&live.at)),
        // The road shows the last twenty kilometers.
        percent: u8::try_from(100 - (km.clamp(0, 20) * 5)).unwrap_or(0),
    }
}

fn card(
    shell: &Shell,
    parcel: &tracking_page::TrackedParcel,
    pick: &dyn Fn(&Text) -> String,
) -> ParcelCard {
    let t = shell.t;
    let moment = |(at, status, place): &(Timestamp, TrackingStatus, String)| {
        let when = shell.moment(at);
        Moment {
            tone: if status.is_exception() { Tone::Red } else { Tone::Blue },
            icon: words::icon(*status),
            text: words::word(*status, t).to_owned(),
            note: if place.is_empty() { when } else { format!("{when} · {place}") },
            is_public: false,
        }
    };
    ParcelCard {
        carrier: pick(&parcel.carrier),
        waybill: parcel.waybill.clone(),
        badge: match parcel.state {
            ShipmentState::LabelCreated | ShipmentState::HandedOver | ShipmentState::Delivered
                if parcel.status != TrackingStatus::Unknown =>
            {
                words::track(parcel.status, t)
            }
            state => words::state(state, t),
        },
        live: parcel.live.map(|live| live_card(shell, live)),
        timeline: Timeline { moments: parcel.events.iter().map(moment).collect() },
    }
}
