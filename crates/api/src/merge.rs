//! Merging: work on several orders of one buyer to one address that leaves in one parcel.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::merge::by_hand::{self, MergeError};
use ordermill_app::merge::candidates;
use ordermill_app::sourcing::by_hand::Seen;
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::fulfillment::State as WorkState;
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::merge::{MEMBERS_MAX, Obstacle};
use ordermill_storage::{Error, Tx, fulfillment as stored};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::{JsonBody, reason};
use crate::etag::{self, IfMatch};
use crate::fulfillment::view::FulfillmentView;
use crate::gate::Needs;
use crate::order::read::own;
use crate::params::{Page, PathId, PathText};
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;
use crate::sourcing::by_hand::{ReasonBody, beside};

/// The addresses of merging.
pub(crate) fn routes(routes: Routes) -> Routes {
    let work = Needs::WholeKey(Scope::WriteWork);
    routes
        .get(
            "/api/v1/orders/{order_id}/merge-candidates",
            Needs::WholeKey(Scope::ReadOrders),
            list_merge_candidates,
        )
        .post("/api/v1/fulfillments/{fulfillment_id}/merge", work, merge_fulfillment)
        .post("/api/v1/fulfillments/{fulfillment_id}/take-out", work, take_fulfillment_out)
}

/// Planned work of another order that may travel with work of this one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MergeCandidate)]
pub struct CandidateView {
    /// The work of this order that it may travel with.
    #[schema(example = "ful_01k2ey4xh0000")]
    pub fulfillment_id: String,
    /// The other work, with its version.
    pub candidate: FulfillmentView,
    /// Why the rules do not merge them by themselves: `other_location`, `too_far_apart`, `too_heavy`; none if
    /// nothing speaks against it.
    pub because: Vec<String>,
}

/// What work is to travel with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MergeWork)]
pub struct MergeBody {
    /// The other work, each as it was read.
    #[schema(min_items = 1, max_items = 9)]
    pub with: Vec<MergeWithBody>,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Work that another is to travel with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MergeWith)]
pub struct MergeWithBody {
    /// Its id.
    #[schema(max_length = 40, example = "ful_01k2ey4xh0001")]
    pub fulfillment_id: String,
    /// The version that was read.
    #[schema(minimum = 1)]
    pub version: i64,
}

impl MergeBody {
    fn read(&self, first: Seen) -> Result<Vec<Seen>, Problem> {
        let (mut seen, mut errors) = (vec![first], Vec::new());
        if self.with.is_empty() || self.with.len() >= MEMBERS_MAX {
            let expected = format!("expected 1 to {}", MEMBERS_MAX - 1);
            errors.push(FieldError::new("/with", "out_of_range", expected));
        }
        for (number, body) in self.with.iter().take(MEMBERS_MAX).enumerate() {
            match body.fulfillment_id.parse() {
                Ok(id) => seen.push(Seen { id, version: body.version }),
                Err(_) => {
                    let field = format!("/with/{number}/fulfillment_id");
                    errors.push(FieldError::new(field, "invalid", "expected a fulfillment's id"));
                }
            }
        }
        if errors.is_empty() { Ok(seen) } else { Err(Problem::invalid(errors)) }
    }
}

/// List what may travel with the work on an order.
///
/// Planned work of other orders of the same buyer to the same address, from the same shop. Buyers and addresses
/// are compared by keyed digests.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/merge-candidates", tag = "fulfillments", operation_id = "list_merge_candidates",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses((status = 200, description = "All of them on one page.", body = Page<CandidateView>)),
)]
pub async fn list_merge_candidates(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<Page<CandidateView>>, Problem> {
    let id = own(&services, &caller, &order_id).await?;
    let (catalog, vault) = (services.catalog(), services.vault().clone());
    let read = move |tx: &mut Tx<'_>| {
        let mut items = Vec::new();
        for work in stored::of(tx, id)? {
            if work.state() != WorkState::Planned {
                continue;
            }
            items.extend(candidates(tx, &catalog, &vault, &work)?.into_iter().map(|found| {
                CandidateView {
                    fulfillment_id: work.id().to_string(),
                    candidate: FulfillmentView::from(&found.work),
                    because: found.obstacles.iter().map(|it| it.code().to_owned()).collect(),
                }
            }));
        }
        Ok::<_, Error>(items)
    };
    let items = services.database().snapshot(read).await?;
    Ok(Json(Page { items, next: None }))
}

/// Let work on several orders travel together.
///
/// They are picked, packed and sent as one parcel from the location of this one; what lies elsewhere is brought
/// there if it has the pieces. The orders keep their numbers, their money and their lives, and are reviewed again
/// by the rules. A repeat is answered 412 and changes nothing.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/merge", tag = "fulfillments", operation_id = "merge_fulfillment",
    params(
        ("fulfillment_id" = String, Path, description = "Its id.", example = "ful_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = MergeBody,
    responses(
        (status = 200, description = "What travels together now.", body = Page<FulfillmentView>),
        (status = 409, description = "They do not travel together: another buyer, address, shop or terms of payment, goods that are kept apart, a review that holds one of the orders, or work that is on a floor.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn merge_fulfillment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    IfMatch(version): IfMatch,
    body: JsonBody<MergeBody>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let seen = body.value.read(Seen { id, version })?;
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let vault = services.vault().clone();
    let merge = move |tx: &mut Tx<'_>| {
        let merge = by_hand::merge(tx, &catalog, &vault, &principal, &act, &seen)?;
        let works = stored::of_merges(tx, &[merge])?;
        Ok::<_, MergeError>(works.iter().map(FulfillmentView::from).collect())
    };
    let items = services.database().write(merge).await?;
    Ok(Json(Page { items, next: None }))
}

/// Let work travel by itself again.
///
/// What it leaves alone travels by itself, too. The orders are reviewed again by the rules. A repeat is
/// answered 412 and changes nothing.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/take-out", tag = "fulfillments", operation_id = "take_fulfillment_out",
    params(
        ("fulfillment_id" = String, Path, description = "Its id.", example = "ful_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"2\""),
    ),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The fulfillments of its order as they are now, the oldest first.", body = Page<FulfillmentView>),
        (status = 409, description = "It travels by itself, or is on a floor already.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn take_fulfillment_out(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    IfMatch(version): IfMatch,
    body: JsonBody<ReasonBody>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let seen = Seen { id, version };
    let take = move |tx: &mut Tx<'_>| by_hand::take_out(tx, &catalog, &principal, &act, seen);
    services.database().write(take).await?;
    beside(&services, &caller, id).await
}

// No `_` arm: a new kind of failure is given its status here.
impl From<MergeError> for Problem {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            MergeError::Stale(_) => etag::changed(&error),
            MergeError::Count { .. } => {
                Self::invalid(vec![FieldError::new("/with", "out_of_range", error.to_string())])
            }
            MergeError::Alone(_) => Self::new(StatusCode::CONFLICT, "not_merged", &error),
            MergeError::Obstacles { ref because, .. } if because.contains(&Obstacle::Held) => {
                Self::new(StatusCode::CONFLICT, "held_by_review", &error)
            }
            MergeError::Obstacles { .. } => {
                Self::new(StatusCode::CONFLICT, "not_mergeable", &error)
            }
            MergeError::NotThere(_) => {
                Self::new(StatusCode::CONFLICT, "location_cannot_ship", &error)
            }
            MergeError::Work(error) => error.into(),
        }
    }
}
