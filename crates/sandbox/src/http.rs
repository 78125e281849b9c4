//! The sandbox's HTTP: the merchant's API, the buyer's page, the tester's controls, the messages.

mod api;
mod carriers;
mod control;
mod dispute;
mod page;
mod reading;
mod shopify;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use ordermill_vault::signature::constant_time_eq;
use serde_json::json;

use crate::Sandbox;
use crate::books::Refusal;
use crate::carriers as carriers_books;
use crate::server::CloseConnection;

pub(crate) use carriers::TrackView;

const BODY_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .merge(api::routes())
        .merge(carriers::routes())
        .merge(page::routes())
        .merge(control::routes())
        .merge(dispute::routes())
        .merge(reading::routes())
        .merge(shopify::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(sandbox)
}

/// An error as the API tells it: a status, a stable code, words for people.
#[derive(Debug)]
struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn field(name: &str) -> Self {
        let message = format!("{name} is missing or unreadable");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"code": self.code, "message": self.message});
        (self.status, Json(body)).into_response()
    }
}

impl From<carriers_books::Refusal> for ApiError {
    fn from(refusal: carriers_books::Refusal) -> Self {
        use carriers_books::Refusal as R;
        let (status, code) = match &refusal {
            R::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            R::ReferenceReused => (StatusCode::CONFLICT, "reference_reused"),
            R::NotServed => (StatusCode::UNPROCESSABLE_ENTITY, "not_served"),
            R::TooHeavy => (StatusCode::UNPROCESSABLE_ENTITY, "too_heavy"),
            R::Collected => (StatusCode::CONFLICT, "collected"),
            R::NotCollected => (StatusCode::CONFLICT, "not_collected"),
            R::Ended => (StatusCode::CONFLICT, "ended"),
            R::Declined => (StatusCode::UNPROCESSABLE_ENTITY, "declined"),
            R::Full => (StatusCode::TOO_MANY_REQUESTS, "full"),
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match &refusal {
            Refusal::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
            Refusal::Exists(_) => (StatusCode::CONFLICT, "exists"),
            Refusal::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Refusal::NotPossible(_) => (StatusCode::CONFLICT, "not_possible"),
            Refusal::AmountNotPositive => (StatusCode::UNPROCESSABLE_ENTITY, "amount_not_positive"),
            Refusal::RefundTooLarge => (StatusCode::UNPROCESSABLE_ENTITY, "refund_too_large"),
            Refusal::Disputed => (StatusCode::CONFLICT, "disputed"),
            Refusal::DisputeOver(_) => (StatusCode::CONFLICT, "dispute_over"),
            // Not a promise about this request: a restart makes room.
            Refusal::Full(_) => (StatusCode::TOO_MANY_REQUESTS, "full"),
        };
        Self::new(status, code, refusal.to_string())
    }
}

/// The answer that is none: the connection closes.
fn closed() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(CloseConnection);
    response
}

/// Whether the call is the merchant's: the right key and the right account.
fn authorize(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = text(header::AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    if !constant_time_eq(key.as_bytes(), sandbox.config().api_key.as_bytes()) {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "unknown API key"));
    }
    let merchant = text(header::HeaderName::from_static("x-merchant"));
    if merchant != sandbox.config().merchant {
        let message = "this API key has no such merchant account";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_merchant", message));
    }
    Ok(())
}
