//! The limit of HTTP and JSON: orders are read as the API reads them and answered as it answers them,
//! and nothing is done in between.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use ordermill_api::body::JsonBody;
use ordermill_api::order::place::PlaceOrderBody;
use ordermill_api::order::view::PlacedOrder;
use ordermill_base::{Currency, Id, Money};
use ordermill_domain::ids::OrderId;

use crate::orders::START;

/// Answers `POST /api/v1/orders` and stores nothing.
pub fn router() -> Router {
    Router::new().route("/api/v1/orders", post(answer))
}

async fn answer(body: JsonBody<PlaceOrderBody>) -> impl IntoResponse {
    let id = OrderId::from_raw(i64::try_from(body.value.lines.len()).unwrap_or(i64::MAX));
    let total = Money::new(32_140, Currency::Cny);
    let token = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG".to_owned();
    let view = PlacedOrder::of(id, total, total, START, token);
    let location = format!("/api/v1/orders/{id}");
    (StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(view))
}
