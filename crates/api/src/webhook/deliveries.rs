//! Deliveries of an endpoint: what arrived, what did not, and having it made again.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::webhook::delivery;
use ordermill_base::Timestamp;
use ordermill_domain::event::written_id;
use ordermill_domain::ids::{DeliveryId, EndpointId, EventId};
use ordermill_domain::webhook::DeliveryState;
use ordermill_storage::delivery::Delivery;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::{check_lengths, wrong};
use crate::cursor;
use crate::params::{Page, Params, PathId, PathIds, limit};
use crate::problem::{FieldError, Problem};

/// One event on its way to one endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct DeliveryView {
    /// Its key.
    #[schema(example = "dlv_01k2ey4xh0000")]
    pub id: String,
    /// The event; the receiver knows the message by it, as `webhook-id`.
    #[schema(example = "evt_01k2ey4xh0000")]
    pub event_id: String,
    /// The event's kind.
    #[schema(example = "order.placed")]
    pub kind: String,
    /// What the event is about.
    #[schema(example = "ord_01k2ey4xh0000")]
    pub subject: String,
    /// `waiting`, `delivered`, `failed` or `dropped`.
    #[schema(example = "delivered")]
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, while it waits.
    #[schema(format = DateTime)]
    pub next_at: Option<String>,
    /// What the endpoint said last: `200`, `timed out`; empty before the first try.
    pub answer: String,
    /// When the event happened.
    #[schema(format = DateTime)]
    pub happened_at: String,
    /// When it was tried last.
    #[schema(format = DateTime)]
    pub tried_at: Option<String>,
}

impl From<&Delivery> for DeliveryView {
    fn from(it: &Delivery) -> Self {
        let waits = it.state == DeliveryState::Waiting;
        Self {
            id: it.id.to_string(),
            event_id: it.event.to_string(),
            kind: it.kind.clone(),
            subject: written_id(&it.aggregate, it.aggregate_id),
            state: it.state.code().to_owned(),
            attempts: it.attempts,
            next_at: waits.then(|| it.next_at.to_string()),
            answer: it.answer.clone(),
            happened_at: it.happened_at.to_string(),
            tried_at: it.tried_at.map(|at| at.to_string()),
        }
    }
}

/// Which deliveries.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// `waiting`, `delivered`, `failed` or `dropped`.
    #[param(max_length = 20, example = "failed")]
    state: Option<String>,
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    cursor: Option<String>,
    /// Things on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// List deliveries.
///
/// Newest first. Those that are over are kept for 30 days.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{endpoint_id}/deliveries", tag = "webhooks", operation_id = "list_webhook_deliveries",
    params(("endpoint_id" = String, Path, description = "The endpoint's id.", example = "whk_01k2ey4xh0000"), DeliveryQuery),
    responses((status = 200, description = "A page.", body = Page<DeliveryView>)),
)]
pub async fn list_webhook_deliveries(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<EndpointId>,
    Params(query): Params<DeliveryQuery>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<DeliveryId>).transpose()?;
    let state = query.state.as_deref().map(str::parse::<DeliveryState>).transpose();
    let state = state.map_err(|_| {
        let detail = "expected waiting, delivered, failed or dropped";
        Problem::invalid(vec![FieldError::new("state", "invalid", detail)])
    })?;
    let principal = caller.principal().clone();
    let list = move |tx: &mut ordermill_storage::Tx<'_>| {
        delivery::list(tx, &principal, id, state, before, limit + 1)
    };
    let found = services.database().read(list).await?;
    let cursor = |last: &Delivery| cursor::write(last.id);
    Ok(Json(Page::of(found, limit, cursor, |it| DeliveryView::from(&it))))
}

/// Replay a delivery.
///
/// It is made again at once, with the id that it had. One that is over starts its plan anew.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{endpoint_id}/deliveries/{delivery_id}/replay", tag = "webhooks", operation_id = "replay_webhook_delivery",
    params(
        ("endpoint_id" = String, Path, description = "The endpoint's id.", example = "whk_01k2ey4xh0000"),
        ("delivery_id" = String, Path, description = "The delivery's id.", example = "dlv_01k2ey4xh0000"),
    ),
    responses((status = 200, description = "It is due.", body = DeliveryView)),
)]
pub async fn replay_webhook_delivery(
    State(services): State<Services>,
    caller: Caller,
    PathIds(endpoint, id): PathIds<EndpointId, DeliveryId>,
) -> Result<Json<DeliveryView>, Problem> {
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let replay = move |tx: &mut ordermill_storage::Tx<'_>| {
        delivery::replay(tx, &principal, &act, endpoint, id)
    };
    let replayed = services.database().write(replay).await?;
    Ok(Json(DeliveryView::from(&replayed)))
}

/// A range of time.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRange {
    /// What happened at this moment or later, RFC 3339.
    #[schema(format = DateTime, max_length = 40, example = "2026-11-22T08:00:00Z")]
    pub from: String,
    /// What happened before this moment, RFC 3339.
    #[schema(format = DateTime, max_length = 40, example = "2026-11-22T09:00:00Z")]
    pub to: String,
    /// The `next` of the answer before, to go on with a range that has more.
    #[schema(max_length = 40)]
    pub after: Option<String>,
}

/// What a replay has done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Replayed {
    /// Deliveries that are due again.
    pub count: u64,
    /// Send it as `after` to go on, if the range has more events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Replay a range of time.
///
/// Everything that happened then and that the endpoint wants is delivered again, with the ids that
/// it had, also what this endpoint was never told of. A call looks at 1,000 events at most.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{endpoint_id}/replay", tag = "webhooks", operation_id = "replay_webhook",
    params(("endpoint_id" = String, Path, description = "The endpoint's id.", example = "whk_01k2ey4xh0000")),
    request_body = ReplayRange,
    responses((status = 200, description = "They are due.", body = Replayed)),
)]
pub async fn replay_webhook(
    State(services): State<Services>,
    caller: Caller,
    PathId(endpoint): PathId<EndpointId>,
    body: JsonBody<ReplayRange>,
) -> Result<Json<Replayed>, Problem> {
    let ReplayRange { from, to, after } = body.value;
    check_lengths(&[("from", &from, 40), ("to", &to, 40)])?;
    let moment = |field: &str, text: &str| {
        text.parse::<Timestamp>().map_err(|_| wrong(field, "expected a moment of RFC 3339"))
    };
    let range = (moment("from", &from)?, moment("to", &to)?);
    let after = after.as_deref().map(cursor::read::<EventId>).transpose()?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let replay = move |tx: &mut ordermill_storage::Tx<'_>| {
        delivery::replay_range(tx, &principal, &act, endpoint, range, after)
    };
    let done = services.database().write(replay).await?;
    Ok(Json(Replayed { count: done.count, next: done.next.map(cursor::write) }))
}
