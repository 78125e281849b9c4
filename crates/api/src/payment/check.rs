//! Asking a gateway now what became of a payment, instead of waiting for the poller.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::payment::capture::Captured;
use ordermill_app::payment::learn::{CheckPaymentError, Learned};
use ordermill_domain::api_key::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::order::read::load;
use crate::order::view::OrderView;
use crate::params::PathTexts;
use crate::problem::Problem;

/// What the gateway said, and the order as it is now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckedPaymentView {
    /// What was learned.
    pub learned: LearnedView,
    /// The order afterwards.
    pub order: OrderView,
}

/// What was learned from a gateway.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LearnedView {
    /// The money is there and counts, now or since before.
    Captured,
    /// The money is there and goes back: it came too late, or twice.
    GoesBack,
    /// Money is there that is not what was asked; a person looks at it.
    Mismatch,
    /// It ended without money.
    Ended,
    /// The buyer has not paid yet.
    Open,
    /// The gateway did not answer; it is asked again by itself.
    NoAnswer,
}

/// Ask the gateway about a payment.
///
/// Records what it says, exactly as a notice would be. Repeating the call is harmless.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/payments/{payment_id}/check", tag = "payments",
    operation_id = "check_payment",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("payment_id" = String, Path, description = "The payment's id.", example = "pay_01k2ey4xh0000"),
    ),
    responses(
        (status = 200, description = "What was learned.", body = CheckedPaymentView),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope payments:write.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order or payment, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The payment's gateway is no longer set up.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, disk full or database away; nothing was changed.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn check_payment(
    State(services): State<Services>,
    caller: Caller,
    PathTexts(order_id, payment_id): PathTexts,
) -> Result<Json<CheckedPaymentView>, Problem> {
    caller.require(Scope::WritePayments)?;
    let detail = load(&services, &caller, &order_id).await?;
    let mut ids = detail.payments.iter().map(|payment| payment.facts().id);
    let payment = ids.find(|id| id.to_string() == payment_id).ok_or_else(|| {
        let detail = "the order has no such payment";
        Problem::new(StatusCode::NOT_FOUND, "payment_not_found", detail)
    })?;
    let learned = services.payments().check_payment(&caller.act(&services), payment).await?;
    let order = OrderView::from(&load(&services, &caller, &order_id).await?);
    Ok(Json(CheckedPaymentView { learned: learned.into(), order }))
}

impl From<Learned> for LearnedView {
    fn from(learned: Learned) -> Self {
        match learned {
            Learned::Captured(Captured::Paid { .. } | Captured::Known(_)) => Self::Captured,
            Learned::Captured(Captured::GoesBack(_)) => Self::GoesBack,
            Learned::Captured(Captured::Mismatch(..)) => Self::Mismatch,
            Learned::Ended(_) => Self::Ended,
            Learned::Open => Self::Open,
            Learned::NoAnswer => Self::NoAnswer,
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<CheckPaymentError> for Problem {
    fn from(error: CheckPaymentError) -> Self {
        match error {
            CheckPaymentError::NotFound(_) => {
                Self::new(StatusCode::NOT_FOUND, "payment_not_found", &error)
            }
            CheckPaymentError::UnknownGateway(_) => {
                Self::new(StatusCode::CONFLICT, "gateway_unknown", &error)
            }
            CheckPaymentError::Storage(error) => error.into(),
        }
    }
}
