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
    /// Where the carrier takes it instead, in one line with everything that a courier needs; with `forward` only.
    /// The carrier is told, and it is kept sealed until then. Without it, a person tells the carrier.
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "浙江省杭州市西湖区文三路 90 号 1 幢 201 室 林小满 13817260921"
    )]
    pub address: Option<String>,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Letters of an address in one line.
const ADDRESS_CHARS_MAX: usize = 300;

impl PlanBody {
    /// The plan, and the address that it leads to.
    fn read(&self) -> Result<(Plan, Option<String>), Problem> {
        let wrong = |field: &str, code: &str, expected: String| {
            Problem::invalid(vec![FieldError::new(field, code, expected)])
        };
        let plan = Plan::from_code(&self.plan).map_err(|_| {
            let codes = Plan::ALL.map(Plan::code).join(", ");
            wrong("/plan", "unknown", format!("expected one of {codes}"))
        })?;
        let Some(address) = &self.address else { return Ok((plan, None)) };
        if plan != Plan::Forward {
            let expected = "only a parcel that is forwarded goes elsewhere".to_owned();
            return Err(wrong("/address", "not_expected", expected));
        }
        let address = address.trim();
        if address.is_empty() || address.chars().count() > ADDRESS_CHARS_MAX {
            let expected = format!("1 to {ADDRESS_CHARS_MAX} characters");
            return Err(wrong("/address", "out_of_range", expected));
        }
        Ok((plan, Some(address.to_owned())))
    }
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
/// Meets the deadline of its delivery exception. The carrier is told what is its part: to bring the parcel back, or
/// to another address.
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
    let (plan, address) = body.value.read()?;
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let (principal, vault) = (caller.principal().clone(), services.vault().clone());
    let decide = move |tx: &mut Tx<'_>| match &address {
        Some(address) => desk::forward(tx, &vault, &principal, &act, (id, version), address),
        None => desk::plan(tx, &principal, &act, id, version, plan),
    };
    services.database().write(decide).await?;
    services.carriers().hurry();
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
