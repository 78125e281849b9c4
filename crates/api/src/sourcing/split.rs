//! Splitting planned work by hand, and putting the work on an order together again.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::sourcing::by_hand::Seen;
use ordermill_app::sourcing::split::{self, Part, PartError};
use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{FulfillmentId, LocationId};
use ordermill_domain::order::LineQuantity;
use ordermill_storage::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::by_hand::{ReasonBody, beside, unknown_location};
use crate::auth::Caller;
use crate::body::{JsonBody, reason};
use crate::etag::IfMatch;
use crate::fulfillment::read::of_order;
use crate::fulfillment::view::FulfillmentView;
use crate::order::read::own;
use crate::params::{Page, PathId, PathText};
use crate::problem::{FieldError, Problem};

/// Pieces of work that become work of their own.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SplitWork)]
pub struct SplitBody {
    /// Which pieces: some of them, and not all.
    #[schema(min_items = 1, max_items = 1_000)]
    pub lines: Vec<SplitLineBody>,
    /// The location that is to ship them; the same if it is not given.
    #[schema(max_length = 40, example = "loc_01k2ey4xh0000")]
    pub location_id: Option<String>,
    /// They are not given to the floor before, RFC 3339; with the next wave if it is not given.
    #[schema(max_length = 40, example = "2026-12-01T08:00:00Z")]
    pub not_before: Option<String>,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Pieces of one line.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SplitLine)]
pub struct SplitLineBody {
    /// Which line of the order.
    #[schema(minimum = 1, maximum = 10_000)]
    pub line_no: u16,
    /// How many pieces of it.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
}

impl SplitBody {
    fn read(&self) -> Result<Part, Problem> {
        let mut errors = Vec::new();
        if self.lines.len() > 1_000 {
            errors.push(FieldError::new("/lines", "out_of_range", "at most 1000"));
        }
        let mut pieces = Vec::with_capacity(self.lines.len());
        for (number, line) in self.lines.iter().enumerate() {
            match Quantity::new(line.quantity) {
                Ok(quantity) => pieces.push(LineQuantity { line_no: line.line_no, quantity }),
                Err(_) => {
                    let field = format!("/lines/{number}/quantity");
                    errors.push(FieldError::new(field, "out_of_range", "expected at least 1"));
                }
            }
        }
        let not_before = self.not_before.as_deref().and_then(|text| {
            let moment = text.parse::<Timestamp>().ok();
            if moment.is_none() {
                let detail = "expected a moment of RFC 3339";
                errors.push(FieldError::new("/not_before", "invalid", detail));
            }
            moment
        });
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let to = self.location_id.as_deref().map(str::parse::<LocationId>);
        let to = to.transpose().map_err(|_| unknown_location())?;
        Ok(Part { pieces, to, not_before })
    }
}

/// Split planned work.
///
/// The named pieces become a fulfillment of their own, at the same location or at another one that has them,
/// now or later; the rest stays as it is. The order was changed, so its review is done again by the rules. A
/// repeat is answered 412 and changes nothing.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/split", tag = "fulfillments", operation_id = "split_fulfillment",
    params(
        ("fulfillment_id" = String, Path, description = "Its id.", example = "ful_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = SplitBody,
    responses(
        (status = 200, description = "The fulfillments of its order as they are now, the oldest first.", body = Page<FulfillmentView>),
        (status = 409, description = "It is on a floor already, a review holds its order, or the location does not have the pieces.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn split_fulfillment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    IfMatch(version): IfMatch,
    body: JsonBody<SplitBody>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let part = body.value.read()?;
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let seen = Seen { id, version };
    let cut = move |tx: &mut Tx<'_>| split::split(tx, &catalog, &principal, &act, seen, &part);
    services.database().write(cut).await?;
    beside(&services, &caller, id).await
}

/// Put the planned work on an order together again.
///
/// What is not on a floor yet is given back and planned anew by the rules, as one fulfillment where they can.
/// The order was changed, so its review is done again by the rules.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/put-together", tag = "fulfillments", operation_id = "put_order_together",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "Its fulfillments as they are now, the oldest first.", body = Page<FulfillmentView>),
        (status = 409, description = "There are not two that are planned and on no floor yet, or a review holds it.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn put_order_together(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    body: JsonBody<ReasonBody>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let id = own(&services, &caller, &order_id).await?;
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let work = move |tx: &mut Tx<'_>| split::put_together(tx, &catalog, &principal, &act, id);
    services.database().write(work).await?;
    of_order(&services, &caller, &order_id).await
}

// No `_` arm: a new kind of failure is given its place here.
impl From<PartError> for Problem {
    fn from(error: PartError) -> Self {
        let (field, code) = match error {
            PartError::NoPart | PartError::Pieces { .. } => ("/lines", "out_of_range"),
            PartError::Past => ("/not_before", "out_of_range"),
        };
        Self::invalid(vec![FieldError::new(field, code, error.to_string())])
    }
}
