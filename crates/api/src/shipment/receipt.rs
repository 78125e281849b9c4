//! What buyers say through their channel when it should be there: received, or not.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::shipment::receipt::{self, ConfirmReceipt, Confirmed, Reported};
use ordermill_domain::api_key::Scope;
use ordermill_domain::order::Status;
use ordermill_storage::Tx;

use crate::auth::Caller;
use crate::order::read::{load, own};
use crate::order::view::OrderView;
use crate::params::PathText;
use crate::problem::Problem;

/// Confirm that an order was received.
///
/// The buyer has everything: the order is complete. Repeating the call is harmless.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/receipt", tag = "orders", operation_id = "confirm_receipt",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses(
        (status = 200, description = "It is complete.", body = OrderView),
        (status = 409, description = "Something is still to come, or the order has ended otherwise.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn confirm_receipt(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<OrderView>, Problem> {
    caller.require(Scope::WriteOrders)?;
    let id = own(&services, &caller, &order_id).await?;
    let confirm = ConfirmReceipt { act: caller.act(&services), order: id };
    let confirmed = services.database().submit(confirm).await?;
    let detail = load(&services, &caller, &order_id).await?;
    if confirmed != Some(Confirmed::Completed) && detail.stored.order.status() != Status::Completed
    {
        let detail = "something is still to come, or the order has ended otherwise";
        return Err(Problem::new(StatusCode::CONFLICT, "not_all_received", detail));
    }
    Ok(Json(OrderView::from(&detail)))
}

/// Report that an order has not come.
///
/// Though its carrier says so. The order is not completed by time, and service has a case with a deadline, for
/// which the carrier is asked to prove the delivery. Repeating the call is harmless.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/not-received", tag = "orders", operation_id = "report_not_received",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses(
        (status = 204, description = "There is a case."),
        (status = 409, description = "Nothing was delivered yet.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn report_not_received(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<StatusCode, Problem> {
    caller.require(Scope::WriteOrders)?;
    let id = own(&services, &caller, &order_id).await?;
    let act = caller.act(&services);
    let report = move |tx: &mut Tx<'_>| receipt::report_not_received(tx, &act, id);
    match services.database().write(report).await? {
        Reported::Opened | Reported::Known => Ok(StatusCode::NO_CONTENT),
        Reported::NothingDelivered => {
            let detail = "no parcel of it was delivered";
            Err(Problem::new(StatusCode::CONFLICT, "nothing_delivered", detail))
        }
    }
}
