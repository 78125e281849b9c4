//! Deciding by hand who ships: another location, work that is given back, urgent work, a location that
//! is out of work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::fulfillment::WorkError;
use ordermill_app::sourcing::by_hand::{self, ByHandError, Seen};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::RejectReason;
use ordermill_domain::ids::{FulfillmentId, LocationId};
use ordermill_storage::Tx;
use ordermill_storage::fulfillment as stored;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::{JsonBody, reason};
use crate::etag::{self, IfMatch};
use crate::fulfillment::read::of_order;
use crate::fulfillment::view::FulfillmentView;
use crate::order::read::own;
use crate::params::{Page, PathId, PathText, not_found};
use crate::problem::{FieldError, Problem};

/// Which location is to ship, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendTo)]
pub struct SendToBody {
    /// The location that is to ship.
    #[schema(max_length = 40, example = "loc_01k2ey4xh0000")]
    pub location_id: String,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Why a location gives work back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GiveBack)]
pub struct GiveBackBody {
    /// The kind of reason.
    pub reason_code: GiveBackReason,
    /// The reason in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Why a location cannot do it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GiveBackReason)]
pub enum GiveBackReason {
    /// The pieces are not there.
    NoStock,
    /// They are there and cannot be sold.
    Damaged,
    /// It has more work than hands.
    NoCapacity,
    /// It is out of work: no power, flood, closed.
    LocationDown,
}

/// Why something is decided by hand.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ByHand)]
pub struct ReasonBody {
    /// In words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// What became of the work of a location.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Pooled)]
pub struct PooledView {
    /// How many fulfillments it gave back; other locations ship them, or a person is asked.
    pub given_back: usize,
    /// How many are still planned there, above what one call moves: call again.
    pub left: i64,
}

impl GiveBackReason {
    const fn reason(self) -> RejectReason {
        match self {
            Self::NoStock => RejectReason::NoStock,
            Self::Damaged => RejectReason::Damaged,
            Self::NoCapacity => RejectReason::NoCapacity,
            Self::LocationDown => RejectReason::LocationDown,
        }
    }
}

/// Send work to another location.
///
/// Whatever the rules say, as long as the location has what is wanted. The fulfillment is given back and
/// another one planned there; a repeat is answered 412 and changes nothing.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/send-to", tag = "fulfillments", operation_id = "send_fulfillment_to",
    params(
        ("fulfillment_id" = String, Path, description = "Its id.", example = "ful_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = SendToBody,
    responses(
        (status = 200, description = "The fulfillments of its order as they are now, the oldest first.", body = Page<FulfillmentView>),
        (status = 409, description = "It is too far to be moved, or the location does not have what is wanted.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn send_to(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    IfMatch(version): IfMatch,
    body: JsonBody<SendToBody>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let to: LocationId = body.value.location_id.parse().map_err(|_| unknown_location())?;
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let seen = Seen { id, version };
    let send = move |tx: &mut Tx<'_>| by_hand::send_to(tx, &catalog, &principal, &act, seen, to);
    services.database().write(send).await?;
    beside(&services, &caller, id).await
}

/// Give work back that its location cannot do.
///
/// The rules find another location, or a person is asked. A repeat is answered 412 and changes nothing.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/give-back", tag = "fulfillments", operation_id = "give_back_fulfillment",
    params(
        ("fulfillment_id" = String, Path, description = "Its id.", example = "ful_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = GiveBackBody,
    responses(
        (status = 200, description = "The fulfillments of its order as they are now, the oldest first.", body = Page<FulfillmentView>),
        (status = 409, description = "It is too far to be given back, or pieces of it lie in totes.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn give_back(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    IfMatch(version): IfMatch,
    body: JsonBody<GiveBackBody>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let why = body.value.reason_code.reason();
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let seen = Seen { id, version };
    let give = move |tx: &mut Tx<'_>| by_hand::give_back(tx, &catalog, &principal, &act, seen, why);
    services.database().write(give).await?;
    beside(&services, &caller, id).await
}

/// The fulfillments of the same order.
pub(crate) async fn beside(
    services: &Services,
    caller: &Caller,
    id: FulfillmentId,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let work = services.database().snapshot(move |tx| stored::fetch(tx, id)).await?;
    let order = work.ok_or_else(|| not_found("fulfillment"))?.facts().order;
    of_order(services, caller, &order.to_string()).await
}

/// Make the work on an order urgent.
///
/// The nearest location that has everything ships it, before others. What is on a floor already stays
/// there. Repeating the call is harmless: what is urgent stays as it is.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/hurry", tag = "fulfillments", operation_id = "hurry_order",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "Its fulfillments as they are now, the oldest first.", body = Page<FulfillmentView>),
        (status = 409, description = "Nothing of it is planned and not on a floor yet.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn hurry_order(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    body: JsonBody<ReasonBody>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let id = own(&services, &caller, &order_id).await?;
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let hurry = move |tx: &mut Tx<'_>| by_hand::hurry(tx, &catalog, &principal, &act, id);
    services.database().write(hurry).await?;
    of_order(&services, &caller, &order_id).await
}

/// Source all planned work of a location again.
///
/// For a location that is out of work: no power, flood, closed. Take it out of service before, or new
/// orders go on coming. What is on its floor stays. Repeating the call is harmless: what was moved is
/// elsewhere.
#[utoipa::path(
    post, path = "/api/v1/locations/{location_id}/pool", tag = "fulfillments", operation_id = "pool_location",
    params(("location_id" = String, Path, description = "Its id.", example = "loc_01k2ey4xh0000")),
    request_body = ReasonBody,
    responses((status = 200, description = "How many fulfillments it gave back.", body = PooledView)),
)]
pub async fn pool_location(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<LocationId>,
    body: JsonBody<ReasonBody>,
) -> Result<Json<PooledView>, Problem> {
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    if catalog.location(id).is_none() {
        return Err(not_found("location"));
    }
    let pool = move |tx: &mut Tx<'_>| {
        let given_back = by_hand::pool(tx, &catalog, &principal, &act, id)?;
        let left = by_hand::planned_at(tx, id, act.at)?;
        Ok::<_, ByHandError>(PooledView { given_back, left })
    };
    Ok(Json(services.database().write(pool).await?))
}

pub(super) fn unknown_location() -> Problem {
    let detail = "expected the id of a location that is in service";
    Problem::invalid(vec![FieldError::new("/location_id", "unknown", detail)])
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ByHandError> for Problem {
    fn from(error: ByHandError) -> Self {
        match error {
            ByHandError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            ByHandError::Stale(_) => etag::changed(&error),
            ByHandError::NoLocation => unknown_location(),
            ByHandError::NotThere => {
                Self::new(StatusCode::CONFLICT, "location_cannot_ship", &error)
            }
            ByHandError::NothingPlanned(_) => {
                Self::new(StatusCode::CONFLICT, "nothing_planned", &error)
            }
            ByHandError::Held(_) => Self::new(StatusCode::CONFLICT, "held_by_review", &error),
            ByHandError::Part(error) => error.into(),
            ByHandError::Work(error) => error.into(),
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<WorkError> for Problem {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::NotFound(_) => not_found("fulfillment"),
            WorkError::Refused(_) => Self::new(StatusCode::CONFLICT, "step_not_allowed", &error),
            WorkError::Order(error) => error.into(),
            WorkError::Storage(error) => error.into(),
        }
    }
}
