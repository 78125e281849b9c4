//! Orders that the rules hold: the queue, the evidence, and deciding.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::once::{Once, once};
use ordermill_app::order::step::{Seen, StepError, take};
use ordermill_app::review::{self, Explanation, desk};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::Action;
use ordermill_storage::Tx;
use ordermill_storage::task::Task;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{load, own};
use super::view::OrderView;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::answer;
use crate::etag::{self, IfMatch, etag};
use crate::idempotency::key_of;
use crate::params::{Page, PathText};
use crate::problem::Problem;
use crate::rule_table::view::RuleNameBody;

/// An order that waits for a person's decision.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReviewCase)]
pub struct CaseView {
    /// The order.
    #[schema(example = "ord_01k2ey4xh0000")]
    pub order_id: String,
    /// Why it is held.
    pub reasons: Vec<String>,
    /// By when it is to be decided (D3); null while the buyer is asked.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// Since when it waits.
    #[schema(format = DateTime)]
    pub since: String,
    /// Who is at it; nobody else decides it then.
    pub claimed_by: Option<String>,
    /// Until when, if they do not go on.
    #[schema(format = DateTime)]
    pub claimed_until: Option<String>,
}

/// How the rules came to hold an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReviewEvidence)]
pub struct EvidenceView {
    /// How far the review is.
    pub review: String,
    /// The version of the rules that decided; 0 for what is built in. Null if no rule spoke up.
    pub rules: Option<i64>,
    /// The rules that matched.
    pub matched: Vec<MatchedView>,
}

/// A rule that matched.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReviewMatch)]
pub struct MatchedView {
    /// What it is called.
    pub name: RuleNameBody,
    /// Its condition.
    pub when: String,
    /// What the order said at the fields that it reads.
    pub values: Vec<FieldView>,
}

/// A field of the order with what it said.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReviewField)]
pub struct FieldView {
    /// Its path, such as `order.total_minor`.
    pub field: String,
    /// What it said.
    pub value: String,
}

/// A decision about a held order.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReviewDecision)]
pub struct DecisionBody {
    /// What is decided.
    pub step: DecisionStep,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// What is decided.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReviewDecisionStep)]
pub enum DecisionStep {
    /// It passes.
    Approve,
    /// It is refused; money and stock go back.
    Refuse,
    /// The buyer is asked; the clock stands still.
    AskBuyer,
    /// The buyer has answered; the clock goes on.
    Resume,
    /// The interception is lifted, and it passes.
    Release,
}

impl DecisionStep {
    const fn action(self) -> Action {
        match self {
            Self::Approve => Action::Approve,
            Self::Refuse => Action::Refuse,
            Self::AskBuyer => Action::AskBuyer,
            Self::Resume => Action::ResumeReview,
            Self::Release => Action::ReleaseInterception,
        }
    }
}

/// List orders that wait for a decision.
///
/// The most urgent first, at most 100; those about which the buyer is asked come last.
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "reviews", operation_id = "list_reviews",
    responses((status = 200, description = "All of them on one page.", body = Page<CaseView>)),
)]
pub async fn list_reviews(
    State(services): State<Services>,
) -> Result<Json<Page<CaseView>>, Problem> {
    let now = services.now();
    let found = services.database().read(desk::queue).await?;
    let view = |task: &Task| {
        let holder = task.holder(now);
        CaseView {
            order_id: desk::order_of(task).to_string(),
            reasons: review::reasons(task).iter().map(|it| it.code().to_owned()).collect(),
            due_at: task.due_at.map(|at| at.to_string()),
            since: task.created_at.to_string(),
            claimed_by: holder.map(|staff| format!("staff:{staff}")),
            claimed_until: task.claimed_until.filter(|_| holder.is_some()).map(|at| at.to_string()),
        }
    };
    Ok(Json(Page { items: found.iter().map(view).collect(), next: None }))
}

/// Read why the rules hold an order.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/review", tag = "reviews", operation_id = "get_review",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses((status = 200, description = "What the rules said last; the order's version is in ETag.", body = EvidenceView)),
)]
pub async fn get_review(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Response, Problem> {
    let order = load(&services, &caller, &order_id).await?.stored.order;
    let id = order.id();
    let found = services.database().read(move |tx| review::explanation(tx, id)).await?;
    let matched = found.iter().flat_map(|it: &Explanation| &it.evidence).map(|it| MatchedView {
        name: RuleNameBody { zh: it.name.zh.to_string(), en: it.name.en.to_string() },
        when: it.when.clone(),
        values: it
            .values
            .iter()
            .map(|(field, value)| FieldView { field: field.clone(), value: value.clone() })
            .collect(),
    });
    let view = EvidenceView {
        review: order.facts().review.code().to_owned(),
        rules: found.as_ref().map(|it| it.version),
        matched: matched.collect(),
    };
    Ok(([etag(order.version())], Json(view)).into_response())
}

/// Decide about an order that the rules hold.
///
/// The order's version that was read goes into If-Match: what changed meanwhile is looked at again.
/// While a member of staff is at it, nobody else decides.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/review", tag = "reviews", operation_id = "decide_review",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"2\""),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "The order as it is now.", body = OrderView),
        (status = 409, description = "Its review has no such step now, or a member of staff is at it.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn decide_review(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    IfMatch(version): IfMatch,
    headers: HeaderMap,
    body: JsonBody<DecisionBody>,
) -> Result<Response, Problem> {
    let id = own(&services, &caller, &order_id).await?;
    let key = key_of(&headers, &caller, &format!("POST /orders/{id}/review"), body.digest)?;
    let step = body.value.step.action();
    let act =
        Act { reason: Some(crate::body::reason(body.value.reason)?), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let decide = move |tx: &mut Tx<'_>| {
        once::<OrderId, (), StepError>(tx, &key, act.at, |tx| {
            take(tx, &principal, &act, Seen { id, version }, step).map(|()| (id, ()))
        })
    };
    let made = services.database().write(decide).await?;
    services.payments().hurry();
    let detail = load(&services, &caller, &order_id).await?;
    let view = Json(OrderView::from(&detail));
    let tag = [etag(detail.stored.order.version())];
    Ok(answer((tag, view), matches!(made, Once::Before(_))))
}

// No `_` arm: a new kind of failure is given its status here.
impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            StepError::Stale(_) => etag::changed(&error),
            StepError::Taken(_) => Self::new(StatusCode::CONFLICT, "review_taken", &error),
            StepError::NotTheirs(_) => Self::new(StatusCode::CONFLICT, "step_not_allowed", &error),
            StepError::File(error) => error.into(),
            StepError::Refund(_) => Self::internal(&error),
        }
    }
}
