//! Points of a customer: what they have, why, and setting it right.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::approval::{Decision, decide_once};
use ordermill_app::points::{
    AdjustPointsError, ProposePointsError, points_statement, propose_points,
};
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::CustomerId;
use ordermill_storage::points::Line;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::approval::{self, ApprovalView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, answer};
use crate::gate::Needs;
use crate::gift_card::MovementsQuery;
use crate::idempotency::key_of;
use crate::params::{Page, Params, PathId, limit, not_found};
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of points.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, write) = (Needs::Key(Scope::WriteOrders), Needs::WholeKey(Scope::WriteCatalog));
    routes
        .get("/api/v1/customers/{customer_id}/points", read, get_points)
        .get("/api/v1/customers/{customer_id}/points/movements", read, list_points_movements)
        .post("/api/v1/customers/{customer_id}/points/adjustments", write, adjust_customer_points)
}

/// A customer's points.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Points)]
pub struct PointsView {
    /// Points that can be spent.
    pub balance: i64,
    /// Points that were taken back after they had been spent; the next ones pay them off.
    pub owed: i64,
}

/// Why a customer's points are what they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PointsMovement)]
pub struct PointsMovementView {
    /// Its number, from 1.
    pub sequence: i64,
    /// `earned`, `spent`, `given_back`, `taken_back` or `adjusted`.
    pub kind: String,
    /// Points that came, or went with a minus.
    pub points: i64,
    /// Points that became owed, or were paid off with a minus.
    pub owed: i64,
    /// For which order.
    pub order_id: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Points to be given or taken away.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsAdjustment {
    /// How many come; with a minus, how many go.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub points: i64,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Read a customer's points.
#[utoipa::path(
    get, path = "/api/v1/customers/{customer_id}/points", tag = "points", operation_id = "get_points",
    params(("customer_id" = String, Path, description = "The customer's id.", example = "cus_01k2ey4xh0000")),
    responses((status = 200, description = "As they are now.", body = PointsView)),
)]
pub async fn get_points(
    State(services): State<Services>,
    PathId(id): PathId<CustomerId>,
) -> Result<Json<PointsView>, Problem> {
    if !services.is_customer(id).await? {
        return Err(not_found("customer"));
    }
    let read = move |tx: &mut ordermill_storage::Tx<'_>| points_statement(tx, id, None, 0);
    let (account, _) = services.database().read(read).await?;
    Ok(Json(PointsView { balance: account.balance(), owed: account.facts().owed }))
}

/// List the movements of a customer's points.
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/customers/{customer_id}/points/movements", tag = "points", operation_id = "list_points_movements",
    params(
        ("customer_id" = String, Path, description = "The customer's id.", example = "cus_01k2ey4xh0000"),
        MovementsQuery,
    ),
    responses((status = 200, description = "A page.", body = Page<PointsMovementView>)),
)]
pub async fn list_points_movements(
    State(services): State<Services>,
    PathId(id): PathId<CustomerId>,
    Params(query): Params<MovementsQuery>,
) -> Result<Json<Page<PointsMovementView>>, Problem> {
    let (limit, before) = (limit(query.limit)?, query.number()?);
    if !services.is_customer(id).await? {
        return Err(not_found("customer"));
    }
    let read =
        move |tx: &mut ordermill_storage::Tx<'_>| points_statement(tx, id, before, limit + 1);
    let (_, lines) = services.database().read(read).await?;
    let view = |line: Line| PointsMovementView {
        sequence: line.sequence,
        kind: line.movement.code().to_owned(),
        points: line.points,
        owed: line.owed,
        order_id: line.order.map(|order| order.to_string()),
        at: line.at.to_string(),
    };
    Ok(Json(Page::of(lines, limit, |last| last.sequence.to_string(), view)))
}

/// Give a customer points, or take some away.
///
/// More than the shop's limit wait until somebody else approves them.
#[utoipa::path(
    post, path = "/api/v1/customers/{customer_id}/points/adjustments", tag = "points", operation_id = "adjust_points",
    params(
        ("customer_id" = String, Path, description = "The customer's id.", example = "cus_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    request_body = PointsAdjustment,
    responses(
        (status = 201, description = "It is booked; Location is the points.", body = Created),
        (status = 202, description = "It is more than one may decide alone and waits for a second one.", body = ApprovalView),
        (status = 409, description = "There are fewer than are to go.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn adjust_customer_points(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CustomerId>,
    headers: HeaderMap,
    body: JsonBody<PointsAdjustment>,
) -> Result<Response, Problem> {
    let place = format!("POST /customers/{id}/points/adjustments");
    let key = key_of(&headers, &caller, &place, body.digest)?;
    let PointsAdjustment { points, reason } = body.value;
    let reason = crate::body::reason(reason)?;
    let principal = caller.principal().clone();
    let act = Act { reason: Some(reason), ..caller.act(&services) };
    let work = move |tx: &mut ordermill_storage::Tx<'_>| {
        decide_once(tx, &key, act.at, |tx| propose_points(tx, &principal, &act, id, points))
    };
    let made = services.database().write(work).await?;
    if let Decision::AwaitsApproval(task) = made.decision {
        return Ok(answer(approval::awaited(&services, task).await?, made.is_replay));
    }
    let location = format!("/api/v1/customers/{id}/points");
    let view = Json(Created { id: id.to_string() });
    Ok(answer((StatusCode::CREATED, [(header::LOCATION, location)], view), made.is_replay))
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ProposePointsError> for Problem {
    fn from(error: ProposePointsError) -> Self {
        use ProposePointsError as E;
        match error {
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::OutOfRange => {
                let wrong = FieldError::new("/points", "out_of_range", error.to_string());
                Self::invalid(vec![wrong])
            }
            E::AnotherWaits(_) => Self::new(StatusCode::CONFLICT, "approval_awaited", &error),
            E::Adjust(error) => error.into(),
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<AdjustPointsError> for Problem {
    fn from(error: AdjustPointsError) -> Self {
        use ordermill_domain::points::PointsError;
        match error {
            AdjustPointsError::NotFound(_) => not_found("customer"),
            AdjustPointsError::Refused(refused @ PointsError::NotEnough { .. }) => {
                Self::new(StatusCode::CONFLICT, "balance_too_small", refused)
            }
            AdjustPointsError::Refused(refused @ PointsError::Amount(_)) => {
                let detail = refused.to_string();
                Self::invalid(vec![FieldError::new("/points", "out_of_range", detail)])
            }
            AdjustPointsError::Storage(error) => error.into(),
        }
    }
}
