//! Endpoints: adding, reading, editing, switching, another secret, a test.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::once::{Once, once};
use ordermill_app::webhook::WebhookError;
use ordermill_app::webhook::endpoint::{self, NewEndpoint, SecretText};
use ordermill_domain::ids::{EndpointId, EventId};
use ordermill_domain::webhook::{DisableReason, Endpoint, Filter, Step};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::{check_lengths, wrong};
use crate::created::{Created, answer, created_once};
use crate::cursor;
use crate::etag::{IfMatch, etag};
use crate::idempotency::key_of;
use crate::params::{Page, PageQuery, Params, PathId, limit};
use crate::problem::Problem;

/// A receiver of webhooks.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    /// Its key.
    #[schema(example = "whk_01k2ey4xh0000")]
    pub id: String,
    /// Where it listens.
    #[schema(example = "https://erp.example.com/hooks")]
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Which events it wants.
    #[schema(example = json!(["order.*", "payment.captured"]))]
    pub events: Vec<String>,
    /// `active`, `paused` or `disabled`.
    #[schema(example = "active")]
    pub state: String,
    /// Why it was disabled: `gone` or `failing`.
    pub disabled_because: Option<String>,
    /// The first failure since the last success.
    #[schema(format = DateTime)]
    pub failing_since: Option<String>,
    /// The last delivery that it took, a minute coarse.
    #[schema(format = DateTime)]
    pub delivered_at: Option<String>,
    /// Until when the secret before the last rotation signs too.
    #[schema(format = DateTime)]
    pub previous_secret_until: Option<String>,
    /// Deliveries that wait for their first or next try; in lists only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<i64>,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl From<&Endpoint> for EndpointView {
    fn from(it: &Endpoint) -> Self {
        Self {
            id: it.id.to_string(),
            url: it.url.clone(),
            description: it.description.clone(),
            events: it.filter.patterns().to_vec(),
            state: it.state.code().to_owned(),
            disabled_because: it.disabled_because.map(DisableReason::code).map(str::to_owned),
            failing_since: it.failing_since.map(|at| at.to_string()),
            delivered_at: it.delivered_at.map(|at| at.to_string()),
            previous_secret_until: it.previous_until.map(|at| at.to_string()),
            waiting: None,
            version: it.version,
            created_at: it.created_at.to_string(),
        }
    }
}

/// A receiver to be added.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// Where it listens: `https`, on the public internet.
    #[schema(min_length = 10, max_length = 2000, example = "https://erp.example.com/hooks")]
    pub url: String,
    /// What people call it.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub description: String,
    /// Which events it wants: `*`, `order.*`, `order.placed`. What carriers charge is not part of `*`: a key with
    /// `rules:write` names `carrier.*`.
    #[schema(min_items = 1, max_items = 50, example = json!(["order.*", "payment.captured"]))]
    pub events: Vec<String>,
}

/// Fields of a receiver that are to change; others stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointEdit {
    /// Where it listens: `https`, on the public internet.
    #[schema(min_length = 10, max_length = 2000, example = "https://erp.example.com/hooks")]
    pub url: Option<String>,
    /// What people call it.
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Which events it wants: `*`, `order.*`, `order.placed`. What carriers charge is not part of `*`: a key with
    /// `rules:write` names `carrier.*`.
    #[schema(min_items = 1, max_items = 50, example = json!(["order.*"]))]
    pub events: Option<Vec<String>>,
    /// Whether it is told: `false` pauses it, `true` has it told again.
    pub active: Option<bool>,
}

/// A receiver's signing secret. Shown when it is made and when it is rotated, never again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookSecret {
    /// The receiver.
    #[schema(example = "whk_01k2ey4xh0000")]
    pub id: String,
    /// `whsec_` and base64. Null when a creating call is repeated after the secret was rotated.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: Option<String>,
}

fn filter(events: Vec<String>) -> Result<Filter, Problem> {
    Filter::new(events).map_err(|error| wrong("events", error))
}

/// List endpoints.
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<EndpointView>)),
)]
pub async fn list_webhooks(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<EndpointView>>, Problem> {
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<EndpointId>).transpose()?;
    let principal = caller.principal().clone();
    let found = services
        .database()
        .read(move |tx| endpoint::list(tx, &principal, before, limit + 1))
        .await?;
    let cursor = |(last, _): &(Endpoint, i64)| cursor::write(last.id);
    let view = |(it, waiting): (Endpoint, i64)| EndpointView {
        waiting: Some(waiting),
        ..EndpointView::from(&it)
    };
    Ok(Json(Page::of(found, limit, cursor, view)))
}

/// Read an endpoint.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{endpoint_id}", tag = "webhooks", operation_id = "get_webhook",
    params(("endpoint_id" = String, Path, description = "Its id.", example = "whk_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = EndpointView)),
)]
pub async fn get_webhook(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<EndpointId>,
) -> Result<Response, Problem> {
    let principal = caller.principal().clone();
    let found = services.database().read(move |tx| endpoint::get(tx, &principal, id)).await?;
    Ok(shown(&found))
}

fn shown(it: &Endpoint) -> Response {
    ([etag(it.version)], Json(EndpointView::from(it))).into_response()
}

/// Add an endpoint.
///
/// It is told of what happens from now on. The answer has the secret that messages are signed with.
#[utoipa::path(
    post, path = "/api/v1/webhooks", tag = "webhooks", operation_id = "create_webhook",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = NewWebhookEndpoint,
    responses(
        (status = 201, description = "It is there.", body = WebhookSecret),
        (status = 409, description = "There are as many as there may be.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn create_webhook(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<NewWebhookEndpoint>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /webhooks", body.digest)?;
    let NewWebhookEndpoint { url, description, events } = body.value;
    check_lengths(&[("url", &url, 2_000), ("description", &description, 200)])?;
    services.messenger().check(&url).await?;
    let new = NewEndpoint { url, description, filter: filter(events)? };
    let (vault, principal) = (services.vault().clone(), caller.principal().clone());
    let act = caller.act(&services);
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        let made = once(tx, &key, act.at, |tx| {
            let (made, secret) = endpoint::create(tx, &vault, &principal, &act, &new)?;
            Ok::<_, WebhookError>((made.id, secret))
        })?;
        Ok::<_, ordermill_app::once::OnceError<WebhookError>>(match made {
            Once::Made(id, secret) => (id, Some(secret), false),
            // The answer may have been lost: the same one again.
            Once::Before(id) => {
                let found = endpoint::get(tx, &principal, id)
                    .and_then(|found| endpoint::first_secret(tx, &vault, &principal, &found));
                match found {
                    Ok(secret) => (id, secret, true),
                    Err(WebhookError::NotFound(_)) => (id, None, true),
                    Err(error) => return Err(ordermill_app::once::OnceError::Other(error)),
                }
            }
        })
    };
    let (id, secret, is_replay) = services.database().write(make).await?;
    let location = format!("/api/v1/webhooks/{id}");
    let response = (StatusCode::CREATED, [(header::LOCATION, location)], secret_of(id, secret));
    Ok(answer(response, is_replay))
}

fn secret_of(id: EndpointId, secret: Option<SecretText>) -> Json<WebhookSecret> {
    let secret = secret.map(|secret| secret.as_str().to_owned());
    Json(WebhookSecret { id: id.to_string(), secret })
}

/// Edit an endpoint.
///
/// Also how it is paused and resumed. What a paused endpoint has missed is delivered when it goes on;
/// what a disabled one has missed can be replayed.
#[utoipa::path(
    patch, path = "/api/v1/webhooks/{endpoint_id}", tag = "webhooks", operation_id = "edit_webhook",
    params(
        ("endpoint_id" = String, Path, description = "Its id.", example = "whk_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = WebhookEndpointEdit,
    responses((status = 200, description = "As it is now.", body = EndpointView)),
)]
pub async fn edit_webhook(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<EndpointId>,
    IfMatch(version): IfMatch,
    body: JsonBody<WebhookEndpointEdit>,
) -> Result<Response, Problem> {
    let WebhookEndpointEdit { url, description, events, active } = body.value;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    check_lengths(&[("url", &text(&url), 2_000), ("description", &text(&description), 200)])?;
    if let Some(url) = &url {
        services.messenger().check(url).await?;
    }
    let events = events.map(filter).transpose()?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let edited = services
        .database()
        .write(move |tx| {
            let before = endpoint::get(tx, &principal, id)?;
            let new = NewEndpoint {
                url: url.clone().unwrap_or_else(|| before.url.clone()),
                description: description.clone().unwrap_or_else(|| before.description.clone()),
                filter: events.clone().unwrap_or_else(|| before.filter.clone()),
            };
            let edited = endpoint::edit(tx, &principal, &act, (id, Some(version)), &new)?;
            let is_active = edited.state == ordermill_domain::webhook::State::Active;
            match active {
                Some(wanted) if wanted != is_active => {
                    let step = if wanted { Step::Resume } else { Step::Pause };
                    endpoint::switch(tx, &principal, &act, (id, None), step)
                }
                _ => Ok(edited),
            }
        })
        .await?;
    Ok(shown(&edited))
}

/// Take an endpoint away.
///
/// What waits for it is dropped.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{endpoint_id}", tag = "webhooks", operation_id = "delete_webhook",
    params(
        ("endpoint_id" = String, Path, description = "Its id.", example = "whk_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    responses((status = 204, description = "It is gone.")),
)]
pub async fn delete_webhook(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<EndpointId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    services
        .database()
        .write(move |tx| {
            endpoint::switch(tx, &principal, &act, (id, Some(version)), Step::Delete).map(drop)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an endpoint another secret.
///
/// For a day, messages carry a signature of each: the new one and the one before.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{endpoint_id}/rotate-secret", tag = "webhooks", operation_id = "rotate_webhook_secret",
    params(
        ("endpoint_id" = String, Path, description = "Its id.", example = "whk_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    responses((status = 200, description = "The new secret; the new version is in ETag.", body = WebhookSecret)),
)]
pub async fn rotate_webhook_secret(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<EndpointId>,
    IfMatch(version): IfMatch,
) -> Result<Response, Problem> {
    let (vault, principal) = (services.vault().clone(), caller.principal().clone());
    let act = caller.act(&services);
    let (it, secret) = services
        .database()
        .write(move |tx| endpoint::rotate_secret(tx, &vault, &principal, &act, (id, Some(version))))
        .await?;
    Ok(([etag(it.version)], secret_of(id, Some(secret))).into_response())
}

/// Send an endpoint a test.
///
/// An event `webhook.tested` that goes to this endpoint alone, whatever it wants.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{endpoint_id}/test", tag = "webhooks", operation_id = "test_webhook",
    params(
        ("endpoint_id" = String, Path, description = "Its id.", example = "whk_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    responses((status = 201, description = "It is on its way; look for its id among the deliveries.", body = Created)),
)]
pub async fn test_webhook(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<EndpointId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, &format!("POST /webhooks/{id}/test"), [0; 32])?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let send = move |tx: &mut ordermill_storage::Tx<'_>| {
        once(tx, &key, act.at, |tx| {
            let event: EventId = endpoint::test(tx, &principal, &act, id)?;
            Ok::<_, WebhookError>((event, ()))
        })
    };
    let made = services.database().write(send).await?;
    Ok(created_once("/api/v1/journal", &made))
}
