//! The payments and refunds of an order.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_domain::api_key::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::order::read::load;
use crate::order::view::{PaymentView, RefundView};
use crate::params::PathText;
use crate::problem::Problem;

/// All payments of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentList {
    /// Oldest first.
    pub items: Vec<PaymentView>,
}

/// All refunds of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundList {
    /// Oldest first.
    pub items: Vec<RefundView>,
}

/// List the payments of an order.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/payments", tag = "payments", operation_id = "list_payments",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses(
        (status = 200, description = "Its payments.", body = PaymentList),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn list_payments(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<PaymentList>, Problem> {
    caller.require(Scope::ReadOrders)?;
    let detail = load(&services, &caller, &order_id).await?;
    Ok(Json(PaymentList { items: detail.payments.iter().map(PaymentView::from).collect() }))
}

/// List the refunds of an order.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/refunds", tag = "payments", operation_id = "list_refunds",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses(
        (status = 200, description = "Its refunds.", body = RefundList),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn list_refunds(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<RefundList>, Problem> {
    caller.require(Scope::ReadOrders)?;
    let detail = load(&services, &caller, &order_id).await?;
    Ok(Json(RefundList { items: detail.refunds.iter().map(RefundView::from).collect() }))
}
