//! What is done about parcels in trouble, and how their way ends.

use axum::extract::State;
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::shipment::desk;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::shipment::Plan;
use ordermill_storage::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::seen;
use super::view::TrackedView;
use crate::auth::Caller;
use crate::body::{JsonBody, reason};
use crate::etag::IfMatch;
use crate::params::PathId;
use crate::problem::{FieldError, Problem};

/// What is done about a delivery exception.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShipmentPlan)]
pub struct PlanBody {
    /// `wait`, `forward`, `pick_up`, `reship`, `return_to_sender` or `claim`.
    #[schema(max_length = 20, example = "wait")]
    pub plan: String,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// How the way of a parcel ended that no scan will tell of.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShipmentEnd)]
pub struct EndBody {
    /// How.
    pub ending: Ending,
    /// How that is known, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// An end without a scan.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ShipmentEnding)]
pub enum Ending {
    /// It is back.
    Returned,
    /// The carrier has given it up.
    Lost,
}

/// Decide about a parcel in trouble.
///
/// Meets the deadline of its delivery exception.
#[utoipa::path(
    post, path = "/api/v1/shipments/{shipment_id}/plan", tag = "shipping", operation_id = "plan_shipment",
    params(
        ("shipment_id" = String, Path, description = "Its id.", example = "shp_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = PlanBody,
    responses(
        (status = 200, description = "It is decided.", body = TrackedView),
        (status = 409, description = "It is not on its way.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn plan_shipment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<ShipmentId>,
    IfMatch(version): IfMatch,
    body: JsonBody<PlanBody>,
) -> Result<Response, Problem> {
    let plan = Plan::from_code(&body.value.plan).map_err(|_| {
        let expected = format!("expected one of {}", Plan::ALL.map(Plan::code).join(", "));
        Problem::invalid(vec![FieldError::new("/plan", "unknown", expected)])
    })?;
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let decide = move |tx: &mut Tx<'_>| desk::plan(tx, &principal, &act, id, version, plan);
    services.database().write(decide).await?;
    seen(&services, id).await
}

/// Say how a parcel ended.
///
/// For what no scan of a carrier will tell: that it is back, or lost for good.
#[utoipa::path(
    post, path = "/api/v1/shipments/{shipment_id}/end", tag = "shipping", operation_id = "end_shipment",
    params(
        ("shipment_id" = String, Path, description = "Its id.", example = "shp_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = EndBody,
    responses(
        (status = 200, description = "Its way is over.", body = TrackedView),
        (status = 409, description = "It is not on its way.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn end_shipment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<ShipmentId>,
    IfMatch(version): IfMatch,
    body: JsonBody<EndBody>,
) -> Result<Response, Problem> {
    let ending = match body.value.ending {
        Ending::Returned => desk::Ending::Returned,
        Ending::Lost => desk::Ending::Lost,
    };
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let end = move |tx: &mut Tx<'_>| desk::end(tx, &principal, &act, id, version, ending);
    services.database().write(end).await?;
    seen(&services, id).await
}
