//! The carriers' API, and the tester's hand on the road.

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Axum};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use ordermill_base::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{under_faults, unreadable};
use super::{ApiError, authorize};
use crate::Sandbox;
use crate::carriers::{Errand, Event, Order, Parcel, Quote, Refusal, Service, Word};
use crate::fault::Call;
use crate::notice::WireAmount;

/// How many parcels one driver is called for.
const WAYBILLS_MAX: usize = 2_000;
const TEXT_MAX: usize = 200;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/carriers/{carrier}/v1/rates", post(rates))
        .route("/carriers/{carrier}/v1/labels", post(label))
        .route("/carriers/{carrier}/v1/labels/{reference}", get(find))
        .route("/carriers/{carrier}/v1/labels/{reference}/void", post(void))
        .route("/carriers/{carrier}/v1/pickups", post(pickup))
        .route("/carriers/{carrier}/v1/parcels/{waybill}", get(track))
        .route("/carriers/{carrier}/v1/parcels/{waybill}/instructions", post(instruct))
        .route("/control/parcels", get(parcels))
        .route("/control/parcels/{waybill}/events", post(report))
}

#[derive(Debug, Deserialize)]
struct LabelBody {
    #[serde(flatten)]
    order: Order,
    sender: Party,
    receiver: Party,
}

/// Checked and forgotten: the sandbox keeps no personal data.
#[derive(Debug, Deserialize)]
struct Party {
    name: String,
    phone: String,
    address: String,
}

#[derive(Debug, Deserialize)]
struct PickupBody {
    reference: String,
    waybills: Vec<String>,
    ready_at: Timestamp,
    address: String,
}

#[derive(Debug, Serialize)]
struct RateView {
    service: Service,
    #[serde(flatten)]
    price: WireAmount,
    billed_grams: u32,
    expected_by: Timestamp,
}

#[derive(Debug, Serialize)]
struct LabelView {
    reference: String,
    waybill: String,
    routing: String,
    #[serde(flatten)]
    price: WireAmount,
    expected_by: Timestamp,
    status: &'static str,
}

/// What a parcel's history looks like, asked for or pushed.
#[derive(Debug, Serialize)]
pub(crate) struct TrackView<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    carrier: &'a str,
    waybill: &'a str,
    reference: &'a str,
    events: &'a [Event],
}

impl<'a> TrackView<'a> {
    pub(crate) fn new(parcel: &'a Parcel, events: &'a [Event]) -> Self {
        Self {
            kind: "parcel.tracked",
            carrier: parcel.carrier,
            waybill: &parcel.waybill,
            reference: &parcel.order.reference,
            events,
        }
    }
}

fn price(quote: &Quote) -> WireAmount {
    Money::new(quote.price_minor, ordermill_base::Currency::Cny).into()
}

impl From<Parcel> for LabelView {
    fn from(parcel: Parcel) -> Self {
        let status = match (parcel.is_void, parcel.is_collected()) {
            (true, _) => "void",
            (false, true) => "collected",
            (false, false) => "labeled",
        };
        Self {
            price: price(&parcel.quote),
            expected_by: parcel.quote.expected_by,
            reference: parcel.order.reference,
            waybill: parcel.waybill,
            routing: parcel.routing,
            status,
        }
    }
}

async fn rates(
    Axum(sandbox): Axum<Sandbox>,
    Path(carrier): Path<String>,
    headers: HeaderMap,
    body: Result<Json<Order>, JsonRejection>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let Json(order) = body.map_err(unreadable)?;
    check(&order)?;
    let reference = order.reference.clone();
    Ok(under_faults(&sandbox, Call::Rate, &reference, None, |_| {
        let now = sandbox.now();
        let rates = sandbox.shelf().carriers.rates(&carrier, &order, now)?;
        let view = |(service, quote): (Service, Quote)| RateView {
            service,
            price: price(&quote),
            billed_grams: quote.billed_grams,
            expected_by: quote.expected_by,
        };
        let rates: Vec<RateView> = rates.into_iter().map(view).collect();
        Ok(Json(json!({"rates": rates})).into_response())
    })
    .await)
}

async fn label(
    Axum(sandbox): Axum<Sandbox>,
    Path(carrier): Path<String>,
    headers: HeaderMap,
    body: Result<Json<LabelBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let Json(LabelBody { order, sender, receiver }) = body.map_err(unreadable)?;
    check(&order)?;
    for (name, party) in [("sender", &sender), ("receiver", &receiver)] {
        let texts = [&party.name, &party.phone, &party.address];
        if texts.iter().any(|text| text.trim().is_empty() || text.len() > 1_000) {
            return Err(ApiError::field(name));
        }
    }
    if let Some(url) = &order.notify_url
        && sandbox.notify_url(url).is_none()
    {
        return Err(ApiError::field("notify_url"));
    }
    let reference = order.reference.clone();
    Ok(under_faults(&sandbox, Call::Label, &reference, None, |declined| {
        if declined {
            return Err(Refusal::Declined.into());
        }
        let now = sandbox.now();
        let parcel = sandbox.shelf().carriers.label(&carrier, order, now)?;
        Ok((StatusCode::CREATED, Json(LabelView::from(parcel))).into_response())
    })
    .await)
}

async fn find(
    Axum(sandbox): Axum<Sandbox>,
    Path((carrier, reference)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::FindLabel, &reference, None, |_| {
        let parcel = sandbox.shelf().carriers.find(&carrier, &reference)?;
        Ok(Json(LabelView::from(parcel)).into_response())
    })
    .await)
}

async fn void(
    Axum(sandbox): Axum<Sandbox>,
    Path((carrier, reference)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::VoidLabel, &reference, None, |declined| {
        if declined {
            return Err(Refusal::Declined.into());
        }
        let parcel = sandbox.shelf().carriers.void(&carrier, &reference)?;
        Ok(Json(LabelView::from(parcel)).into_response())
    })
    .await)
}

async fn pickup(
    Axum(sandbox): Axum<Sandbox>,
    Path(carrier): Path<String>,
    headers: HeaderMap,
    body: Result<Json<PickupBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let Json(body) = body.map_err(unreadable)?;
    let is_reference = (1..=TEXT_MAX).contains(&body.reference.len());
    if !is_reference || body.address.trim().is_empty() {
        return Err(ApiError::field("reference or address"));
    }
    if body.waybills.is_empty() || body.waybills.len() > WAYBILLS_MAX {
        return Err(ApiError::field("waybills"));
    }
    let reference = body.reference.clone();
    Ok(under_faults(&sandbox, Call::Pickup, &reference, None, |declined| {
        if declined {
            return Err(Refusal::Declined.into());
        }
        let pickup =
            sandbox.call_driver(&carrier, &body.reference, &body.waybills, body.ready_at)?;
        Ok((StatusCode::CREATED, Json(pickup)).into_response())
    })
    .await)
}

async fn track(
    Axum(sandbox): Axum<Sandbox>,
    Path((carrier, waybill)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::Track, &waybill, None, |_| {
        let now = sandbox.now();
        let (parcel, events) = sandbox.shelf().carriers.track(&carrier, &waybill, now)?;
        Ok(Json(TrackView::new(&parcel, &events)).into_response())
    })
    .await)
}

/// The new address is checked and forgotten: the sandbox keeps no personal data.
#[derive(Debug, Deserialize)]
struct InstructionBody {
    reference: String,
    kind: Errand,
    #[serde(default)]
    address: String,
}

async fn instruct(
    Axum(sandbox): Axum<Sandbox>,
    Path((carrier, waybill)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Json<InstructionBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let Json(InstructionBody { reference, kind, address }) = body.map_err(unreadable)?;
    if !(1..=TEXT_MAX).contains(&reference.len()) {
        return Err(ApiError::field("reference"));
    }
    if kind == Errand::Forward && address.trim().is_empty() {
        return Err(ApiError::field("address"));
    }
    Ok(under_faults(&sandbox, Call::Instruct, &waybill, None, |declined| {
        if declined {
            return Err(Refusal::Declined.into());
        }
        let now = sandbox.now();
        let mut shelf = sandbox.shelf();
        let parcel = shelf.carriers.instruct(&carrier, &waybill, &reference, kind, now)?;
        Ok(Json(TrackView::new(&parcel, &parcel.known_by(now))).into_response())
    })
    .await)
}

/// What is true of every parcel: what it really went through, known or not.
async fn parcels(Axum(sandbox): Axum<Sandbox>) -> Json<Value> {
    let now = sandbox.now();
    let shelf = sandbox.shelf();
    let view = |parcel: &Parcel| {
        let known = parcel.known_by(now);
        json!({"parcel": parcel, "events": known, "still_to_come": parcel.journey.len() - known.len()})
    };
    // The newest are the last of each carrier; a page of them is enough to look at.
    let all: Vec<Value> = shelf.carriers.parcels().take(1_000).map(view).collect();
    Json(json!(all))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    status: Word,
    #[serde(default)]
    place: String,
}

async fn report(
    Axum(sandbox): Axum<Sandbox>,
    Path(waybill): Path<String>,
    body: Result<Json<ReportBody>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let Json(body) = body.map_err(unreadable)?;
    let parcel = sandbox.report(&waybill, body.status, &body.place)?;
    Ok(Json(json!({"waybill": parcel.waybill, "events": parcel.known_by(sandbox.now())})))
}

fn check(order: &Order) -> Result<(), ApiError> {
    let is_division = |code: u32| (100_000..1_000_000).contains(&code);
    let wrong = match order {
        it if !(1..=TEXT_MAX).contains(&it.reference.len()) => "reference",
        it if !is_division(it.from_division) => "from_division",
        it if !is_division(it.to_division) => "to_division",
        it if it.weight_grams == 0 => "weight_grams",
        it if it.dimensions_mm.contains(&0) => "dimensions_mm",
        it if it.insured_minor < 0 => "insured_minor",
        _ => return Ok(()),
    };
    Err(ApiError::field(wrong))
}
