//! Canceling an order through the API.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::order::cancel::{CancelOrderError, cancel_order as cancel};
use ordermill_app::order::file::FileError;
use ordermill_domain::api_key::Scope;
use ordermill_domain::order::CancelReason;
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::{load, own};
use super::view::OrderView;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::params::PathText;
use crate::problem::Problem;

/// Why an order is canceled.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelOrderBody {
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Cancel an order.
///
/// Releases its stock, voids its open payments and promises captured money back. Repeating the call
/// is harmless.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/cancel", tag = "orders", operation_id = "cancel_order",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    request_body = CancelOrderBody,
    responses(
        (status = 200, description = "It is canceled.", body = OrderView),
        (status = 400, description = "Not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:write.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something has left the building, or the order has ended otherwise.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is missing or wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, disk full or database away; nothing was changed.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn cancel_order(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    body: JsonBody<CancelOrderBody>,
) -> Result<Json<OrderView>, Problem> {
    caller.require(Scope::WriteOrders)?;
    let reason = crate::body::reason(body.value.reason)?;
    let id = own(&services, &caller, &order_id).await?;
    let act = ordermill_domain::actor::Act { reason: Some(reason), ..caller.act(&services) };
    let why = if caller.only_channel().is_some() {
        CancelReason::Channel
    } else {
        CancelReason::Operator
    };
    services.database().write(move |tx| cancel(tx, &act, id, why)).await?;
    let detail = load(&services, &caller, &order_id).await?;
    Ok(Json(OrderView::from(&detail)))
}

// No `_` arm: a new kind of failure is given its status here.
impl From<CancelOrderError> for Problem {
    fn from(error: CancelOrderError) -> Self {
        match error {
            CancelOrderError::File(error) => error.into(),
            CancelOrderError::Refund(error) => Self::internal(&error),
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        match error {
            FileError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "order_not_found", &error),
            FileError::Refused(_) => Self::new(StatusCode::CONFLICT, "step_not_allowed", &error),
            FileError::Unbalanced(_) => Self::internal(&error),
            FileError::Storage(error) => error.into(),
        }
    }
}
