//! The JSON API: REST under `/api/v1`, RFC 9457 problems, idempotency, cursors, limits, OpenAPI.
//!
//! Start at [`router`]. A resource is a folder, an operation a file: its body, its view, its answers.
//! [`routes`](self) lists every operation with the scope that it needs; the gate, the document and
//! the tests all go by that list.

pub mod approval;
pub mod auth;
pub mod body;
pub mod carrier;
pub mod cart;
pub mod catalog;
pub mod channel;
pub mod created;
pub mod cursor;
pub mod dispute;
pub mod etag;
pub mod events;
pub mod fulfillment;
pub mod gate;
pub mod gateway;
pub mod gift_card;
pub mod gift_rule;
pub mod health;
pub mod idempotency;
pub mod import;
pub mod journal;
pub mod limits;
pub mod merge;
pub mod metrics;
pub mod money;
pub mod openapi;
pub mod order;
pub mod pack;
pub mod params;
pub mod payment;
pub mod pick_list;
pub mod points;
pub mod problem;
mod problems;
pub mod quote;
mod reference;
pub mod refund;
mod request_id;
pub mod routes;
pub mod rule_table;
pub mod shipment;
pub mod sourcing;
pub mod stock;
pub mod tracking;
pub mod vehicle;
pub mod wave;
pub mod webhook;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use ordermill_app::Services;
use ordermill_domain::api_key::Scope;
use serde_json::Value;

use crate::gate::Needs;
use crate::limits::{Limits, Quotas};
use crate::problem::Problem;
use crate::routes::{Operation, Routes};

pub use request_id::{RequestId, name as name_request};

/// All routes of the API, the health checks and the figures, with the usual quotas.
pub fn router(services: Services) -> Router {
    router_with(services, Quotas::default())
}

/// As [`router`], with other quotas.
pub fn router_with(services: Services, quotas: Quotas) -> Router {
    let requests = metrics::Requests::default();
    let figures = Router::new()
        .route("/metrics", get(metrics::render))
        .with_state((services.clone(), requests.clone()));
    let (api, operations) = all(services.clone(), quotas).into_parts();
    let document = openapi::document(&operations);
    api.with_state(services)
        .merge(described(&document))
        .merge(figures)
        .layer(DefaultBodyLimit::max(body::BODY_BYTES_MAX))
        .layer(middleware::from_fn(gate::headers))
        .layer(middleware::from_fn_with_state(requests, metrics::count))
        .layer(middleware::from_fn(request_id::name))
        .method_not_allowed_fallback(method_not_allowed)
}

/// Every operation: its address, what it needs, who answers it.
fn all(services: Services, quotas: Quotas) -> Routes {
    use Needs::{Key, Nothing, WholeKey};
    let routes = Routes::new(services, Arc::new(Limits::new(quotas)))
        .get("/health/live", Nothing, health::live)
        .get("/health/ready", Nothing, health::ready)
        .post("/api/v1/orders", Key(Scope::WriteOrders), order::place::place_order)
        .get("/api/v1/orders", Key(Scope::ReadOrders), order::read::list_orders)
        .get("/api/v1/orders/{order_id}", Key(Scope::ReadOrders), order::read::get_order)
        .post(
            "/api/v1/orders/{order_id}/cancel",
            Key(Scope::WriteOrders),
            order::cancel::cancel_order,
        )
        .get(
            "/api/v1/orders/{order_id}/notes",
            Key(Scope::ReadOrders),
            order::notes::list_order_notes,
        )
        .post(
            "/api/v1/orders/{order_id}/notes",
            Key(Scope::WriteOrders),
            order::notes::write_order_note,
        )
        .get(
            "/api/v1/orders/{order_id}/choices",
            Key(Scope::ReadOrders),
            order::missing::list_choices,
        )
        .post(
            "/api/v1/orders/{order_id}/lines/{line_no}/ask-buyer",
            Key(Scope::WritePayments),
            order::missing::ask_buyer,
        )
        .post(
            "/api/v1/orders/{order_id}/lines/{line_no}/give-up",
            Key(Scope::WritePayments),
            order::missing::give_up_pieces,
        )
        .get(
            "/api/v1/orders/{order_id}/lines/{line_no}/substitutes",
            Key(Scope::ReadOrders),
            order::substitute::list_substitutes,
        )
        .post(
            "/api/v1/orders/{order_id}/lines/{line_no}/substitute",
            Key(Scope::WritePayments),
            order::substitute::substitute_pieces,
        )
        .get("/api/v1/reviews", WholeKey(Scope::WriteReviews), order::review::list_reviews)
        .get(
            "/api/v1/orders/{order_id}/review",
            WholeKey(Scope::WriteReviews),
            order::review::get_review,
        )
        .post(
            "/api/v1/orders/{order_id}/review",
            WholeKey(Scope::WriteReviews),
            order::review::decide_review,
        )
        .post(
            "/api/v1/orders/{order_id}/payments",
            Key(Scope::WritePayments),
            payment::start::start_payment,
        )
        .get(
            "/api/v1/orders/{order_id}/payments",
            Key(Scope::ReadOrders),
            payment::read::list_payments,
        )
        .post(
            "/api/v1/orders/{order_id}/payments/{payment_id}/check",
            Key(Scope::WritePayments),
            payment::check::check_payment,
        )
        .post("/api/v1/orders/{order_id}/refunds", Key(Scope::WritePayments), refund::refund_order)
        .get(
            "/api/v1/orders/{order_id}/refunds",
            Key(Scope::ReadOrders),
            payment::read::list_refunds,
        )
        .post("/api/v1/quotes", Key(Scope::ReadCatalog), quote::create::quote)
        .get("/api/v1/events", WholeKey(Scope::ReadOrders), events::stream_events)
        .get("/api/v1/journal", WholeKey(Scope::ReadJournal), journal::list_journal)
        .get("/api/v1/journal/{event_id}", WholeKey(Scope::ReadJournal), journal::get_journal_entry)
        .add("post", "/gateways/{gateway}/notices", Nothing, gateway::notices())
        .add("post", "/hooks/tracking/{partner}/{tracker_id}", Nothing, tracking::pushes());
    let routes = approval::routes(routes);
    let routes = dispute::routes(routes);
    let routes = import::routes(routes);
    let routes = cart::routes(routes);
    let routes = catalog::routes(routes);
    let routes = fulfillment::routes(routes);
    let routes = sourcing::routes(routes);
    let routes = merge::routes(routes);
    let routes = pack::routes(routes);
    let routes = channel::routes(routes);
    let routes = stock::routes(routes);
    let routes = vehicle::routes(routes);
    let routes = wave::routes(routes);
    let routes = pick_list::routes(routes);
    let routes = shipment::routes(routes);
    let routes = gift_card::routes(routes);
    let routes = gift_rule::routes(routes);
    let routes = points::routes(routes);
    let routes = rule_table::routes(routes);
    let routes = carrier::routes(routes);
    webhook::routes(routes)
}

/// Every operation that the API answers, for tests and tools.
pub fn operations(services: Services) -> Vec<Operation> {
    all(services, Quotas::default()).into_parts().1
}

/// The document and what people read of it. All of it is made once.
fn described(document: &Value) -> Router {
    let json: Arc<str> = document.to_string().into();
    let operations: Arc<str> = reference::operations(document).into();
    let problems: Arc<str> = reference::problems().into();
    let as_json = move || {
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ];
        std::future::ready((headers, json.to_string()))
    };
    let page = |html: Arc<str>| move || std::future::ready(reference::page(html.to_string()));
    Router::new()
        .route("/api/v1/openapi.json", get(as_json))
        .route("/api", get(page(operations)))
        .route("/api/problems", get(page(problems)))
        .route("/api/reference.css", get(reference::style))
}

async fn method_not_allowed() -> Problem {
    let detail = "this address exists and does not have that method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// What an address under `/api` that does not exist is answered.
pub async fn not_found() -> impl IntoResponse {
    let problem = Problem::new(StatusCode::NOT_FOUND, "not_found", "no such address; see /api");
    gate::closed(problem.into_response())
}
