//! What waits for a second person: reading it, approving it, rejecting it.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::approval::{self, ApprovalError, Asked, Wish, approve, reject};
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::TaskId;
use ordermill_domain::task::TaskState;
use ordermill_storage::Tx;
use ordermill_storage::task::{self, Task};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::cursor;
use crate::gate::Needs;
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of approvals.
pub(crate) fn routes(routes: Routes) -> Routes {
    // Decisions concern everything that the shop does: no key of one channel has a say in them.
    let needs = Needs::WholeKey(Scope::WriteApprovals);
    routes
        .get("/api/v1/approvals", needs, list_approvals)
        .get("/api/v1/approvals/{approval_id}", needs, get_approval)
        .post("/api/v1/approvals/{approval_id}/approve", needs, approve_request)
        .post("/api/v1/approvals/{approval_id}/reject", needs, reject_request)
}

/// Something that one asks for and another approves.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Approval)]
pub struct ApprovalView {
    /// Its key.
    #[schema(example = "tsk_01k2ey4xh0000")]
    pub id: String,
    /// What is asked for.
    pub asks: AsksView,
    /// Where it stands.
    pub state: ApprovalState,
    /// What would be done, as it was asked for; its fields depend on `asks`.
    #[schema(value_type = Object)]
    pub request: Value,
    /// Who asked, such as `staff:stf_…` or `key:key_…`.
    pub requested_by: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub requested_at: String,
    /// Why it was rejected.
    pub rejected_because: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ApprovalAsks)]
pub enum AsksView {
    /// Money of an order is to go back.
    Refund,
    /// A coupon is to be made or changed.
    Coupon,
    /// Prices of a SKU are to change.
    Price,
    /// Stock is to be booked.
    Stock,
    /// A gift card is to be issued, or its balance to be set right.
    GiftCard,
    /// A customer is to get points, or lose some.
    Points,
    /// The limits of what one person decides alone are to change.
    Limits,
    /// A version of rules is to be put in force.
    Rules,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// For a decision.
    Waiting,
    /// It is approved and done.
    Approved,
    /// It was rejected, or withdrawn.
    Rejected,
}

/// Why a request is turned down.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectBody {
    /// In words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

impl ApprovalView {
    fn of((task, asked): &(Task, Asked)) -> Self {
        let (asks, request) = match &asked.wish {
            Wish::Refund(wish) => (AsksView::Refund, serde_json::to_value(wish)),
            Wish::Coupon(wish) => (AsksView::Coupon, serde_json::to_value(wish)),
            Wish::Price(wish) => (AsksView::Price, serde_json::to_value(wish)),
            Wish::Stock(wish) => (AsksView::Stock, serde_json::to_value(wish)),
            Wish::GiftCard(wish) => (AsksView::GiftCard, serde_json::to_value(wish)),
            Wish::Points(wish) => (AsksView::Points, serde_json::to_value(wish)),
            Wish::Limits(wish) => (AsksView::Limits, serde_json::to_value(wish)),
            Wish::Rules(wish) => (AsksView::Rules, serde_json::to_value(wish)),
        };
        let state = match task.state {
            TaskState::Open | TaskState::Claimed => ApprovalState::Waiting,
            TaskState::Done => ApprovalState::Approved,
            TaskState::Dropped => ApprovalState::Rejected,
        };
        let rejected_because = task.outcome.clone().filter(|_| state == ApprovalState::Rejected);
        Self {
            id: task.id.to_string(),
            asks,
            state,
            request: request.unwrap_or_default(),
            requested_by: asked.requested_by.to_string(),
            reason: asked.reason.clone(),
            requested_at: task.created_at.to_string(),
            rejected_because,
        }
    }
}

/// 202 with the request that a second person is to decide, also when it is decided.
pub(crate) async fn awaited(services: &Services, task: TaskId) -> Result<Response, Problem> {
    let view = load(services, task).await?;
    let location = [(header::LOCATION, format!("/api/v1/approvals/{task}"))];
    Ok((StatusCode::ACCEPTED, location, Json(view)).into_response())
}

/// The request of a task, also when it is decided.
async fn load(services: &Services, id: TaskId) -> Result<ApprovalView, Problem> {
    let read = move |tx: &mut Tx<'_>| task::fetch(tx, id);
    let found = services.database().read(read).await?;
    let found = found.and_then(|task| approval::read(&task).map(|asked| (task, asked)));
    found.as_ref().map(ApprovalView::of).ok_or_else(|| not_found("approval"))
}

/// List what waits for a second person.
///
/// Oldest first; what is decided is not in it.
#[utoipa::path(
    get, path = "/api/v1/approvals", tag = "approvals", operation_id = "list_approvals",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<ApprovalView>)),
)]
pub async fn list_approvals(
    State(services): State<Services>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<ApprovalView>>, Problem> {
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::read::<TaskId>).transpose()?;
    let list = move |tx: &mut Tx<'_>| approval::list(tx, after, limit + 1);
    let found = services.database().read(list).await?;
    let cursor = |(task, _): &(Task, Asked)| cursor::write(task.id);
    Ok(Json(Page::of(found, limit, cursor, |it| ApprovalView::of(&it))))
}

/// Read a request for approval.
#[utoipa::path(
    get, path = "/api/v1/approvals/{approval_id}", tag = "approvals", operation_id = "get_approval",
    params(("approval_id" = String, Path, description = "Its id.", example = "tsk_01k2ey4xh0000")),
    responses((status = 200, description = "It, also when it is decided.", body = ApprovalView)),
)]
pub async fn get_approval(
    State(services): State<Services>,
    PathId(id): PathId<TaskId>,
) -> Result<Json<ApprovalView>, Problem> {
    Ok(Json(load(&services, id).await?))
}

/// Approve what somebody else asked for.
///
/// It is done at once, and once: whoever comes second is told that it is decided. Nobody approves
/// their own request.
#[utoipa::path(
    post, path = "/api/v1/approvals/{approval_id}/approve", tag = "approvals", operation_id = "approve",
    params(("approval_id" = String, Path, description = "Its id.", example = "tsk_01k2ey4xh0000")),
    responses(
        (status = 200, description = "It is done.", body = ApprovalView),
        (status = 403, description = "The key lacks the scope approvals:write, is of one channel, or asked for it itself.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is decided already, or cannot be done any more.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn approve_request(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<TaskId>,
) -> Result<Json<ApprovalView>, Problem> {
    load(&services, id).await?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let vault = services.vault().clone();
    let work = move |tx: &mut Tx<'_>| approve(tx, &vault, &principal, &act, id).map(drop);
    services.database().write(work).await?;
    services.payments().hurry();
    services.catalog_changed().await;
    Ok(Json(load(&services, id).await?))
}

/// Reject what somebody asked for.
///
/// Nothing is done. Whoever asked takes it back this way.
#[utoipa::path(
    post, path = "/api/v1/approvals/{approval_id}/reject", tag = "approvals", operation_id = "reject",
    params(("approval_id" = String, Path, description = "Its id.", example = "tsk_01k2ey4xh0000")),
    request_body = RejectBody,
    responses(
        (status = 200, description = "It is closed.", body = ApprovalView),
        (status = 409, description = "It is decided already.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn reject_request(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<TaskId>,
    body: JsonBody<RejectBody>,
) -> Result<Json<ApprovalView>, Problem> {
    load(&services, id).await?;
    let act = Act { reason: Some(body.value.reason), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let work = move |tx: &mut Tx<'_>| reject(tx, &principal, &act, id).map(drop);
    services.database().write(work).await?;
    Ok(Json(load(&services, id).await?))
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ApprovalError> for Problem {
    fn from(error: ApprovalError) -> Self {
        use ApprovalError as E;
        match error {
            E::NotAwaited(_) => Self::new(StatusCode::CONFLICT, "approval_decided", &error),
            E::OwnRequest => Self::new(StatusCode::FORBIDDEN, "own_request", &error),
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::NeedsReason => {
                let reason = FieldError::new("/reason", "out_of_range", error.to_string());
                Self::invalid(vec![reason])
            }
            E::Changed
            | E::Refund(_)
            | E::Edit(_)
            | E::Stock(_)
            | E::GiftCard(_)
            | E::Points(_) => Self::new(StatusCode::CONFLICT, "approval_impossible", &error),
            E::NothingToCollect => not_found("gift card"),
            E::Storage(error) => Self::from(error),
        }
    }
}
