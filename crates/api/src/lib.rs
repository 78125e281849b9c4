//! The JSON API: REST under `/api/v1`, RFC 9457 problems, idempotency, cursors, limits, OpenAPI.
//!
//! Start at [`router`]. A resource is a folder, an operation a file: its body, its view, its answers.

pub mod auth;
pub mod body;
pub mod cursor;
pub mod events;
pub mod gateway;
pub mod health;
pub mod idempotency;
pub mod import;
pub mod metrics;
pub mod money;
pub mod openapi;
pub mod order;
pub mod payment;
pub mod problem;
pub mod quote;
pub mod refund;
mod request_id;

use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use ordermill_app::Services;
use utoipa::OpenApi as _;

use crate::problem::Problem;

pub use request_id::{RequestId, name as name_request};

/// All routes of the API, the health checks and the figures.
pub fn router(services: Services) -> Router {
    let requests = metrics::Requests::default();
    let figures = Router::new()
        .route("/metrics", get(metrics::render))
        .with_state((services.clone(), requests.clone()));
    let imports = import::routes(services.clone());
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/api/v1/orders", post(order::place::place_order).get(order::read::list_orders))
        .route("/api/v1/orders/{order_id}", get(order::read::get_order))
        .route("/api/v1/orders/{order_id}/cancel", post(order::cancel::cancel_order))
        .route(
            "/api/v1/orders/{order_id}/payments",
            post(payment::start::start_payment).get(payment::read::list_payments),
        )
        .route(
            "/api/v1/orders/{order_id}/payments/{payment_id}/check",
            post(payment::check::check_payment),
        )
        .route(
            "/api/v1/orders/{order_id}/refunds",
            post(refund::refund_order).get(payment::read::list_refunds),
        )
        .route("/api/v1/quotes", post(quote::create::quote))
        .route("/api/v1/events", get(events::stream_events))
        .route("/api/v1/openapi.json", get(document))
        .route("/gateways/{gateway}/notices", gateway::notices())
        .with_state(services)
        .merge(imports)
        .merge(figures)
        .layer(DefaultBodyLimit::max(body::BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(requests, metrics::count))
        .layer(middleware::from_fn(request_id::name))
        .method_not_allowed_fallback(method_not_allowed)
}

async fn document() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(openapi::Document::openapi()))
}

async fn method_not_allowed() -> Problem {
    let detail = "this address exists and does not have that method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// What an address under `/api` that does not exist is answered.
pub async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "no such address; see /api/v1/openapi.json")
}
