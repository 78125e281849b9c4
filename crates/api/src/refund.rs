//! Refunding money of an order through the API.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::payment::refund::GrantRefundError;
use ordermill_app::payment::refund_order::{
    RefundDecision, RefundOrder, RefundOrderError, refund_order as refund,
};
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::PaymentId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::approval::{self, ApprovalView};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::idempotency;
use crate::money::AmountBody;
use crate::order::read::own;
use crate::order::view::RefundView;
use crate::params::PathText;
use crate::problem::{FieldError, Problem};

/// Money that is to go back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundBody {
    /// How much; all that is left of the payment if left out.
    pub amount: Option<AmountBody>,
    /// Out of which payment; needed only if several have money left.
    #[schema(example = "pay_01k2ey4xh0000", max_length = 40)]
    pub payment_id: Option<String>,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Refund money of an order.
///
/// Promises the money back, durably before the answer, and sends it by itself. The same
/// Idempotency-Key with the same body gives the same refund again. Never more than came in. More than
/// the shop's limit waits until somebody else approves it.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/refunds", tag = "payments", operation_id = "refund_order",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day"),
    ),
    request_body = RefundBody,
    responses(
        (status = 201, description = "It is promised.", body = RefundView),
        (status = 202, description = "It is more than one may decide alone and waits for a second one.", body = ApprovalView),
        (status = 400, description = "Not JSON, or no key.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope payments:write.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing is left to be refunded, or not so much, the buyer's bank wants it back, or another refund of the payment waits for approval.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields are missing or wrong, or the key was used for another body.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, disk full or database away; nothing was changed.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn refund_order(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    headers: HeaderMap,
    body: JsonBody<RefundBody>,
) -> Result<Response, Problem> {
    caller.require(Scope::WritePayments)?;
    let key = idempotency::key(&headers, &caller.key_owner(), body.digest)?;
    let RefundBody { amount, payment_id, reason } = body.value;
    let mut errors = Vec::new();
    if reason.trim().is_empty() || reason.chars().count() > 200 {
        errors.push(FieldError::new("/reason", "out_of_range", "1 to 200 characters"));
    }
    let amount =
        amount.and_then(|amount| amount.read("/amount").map_err(|it| errors.push(it)).ok());
    let payment = payment_id.and_then(|id| {
        let unreadable = |_| FieldError::new("/payment_id", "invalid", "expected a payment's id");
        id.parse::<PaymentId>().map_err(unreadable).map_err(|it| errors.push(it)).ok()
    });
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let order = own(&services, &caller, &order_id).await?;
    let act = Act { reason: Some(reason), ..caller.act(&services) };
    let request = RefundOrder { order, payment, amount, key: Some(key) };
    let principal = caller.principal().clone();
    let decide = move |tx: &mut ordermill_storage::Tx<'_>| refund(tx, &principal, &act, &request);
    match services.database().write(decide).await? {
        RefundDecision::Granted(refund) => {
            services.payments().hurry();
            Ok((StatusCode::CREATED, Json(RefundView::from(&refund))).into_response())
        }
        RefundDecision::AwaitsApproval(task) => approval::awaited(&services, task).await,
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<RefundOrderError> for Problem {
    fn from(error: RefundOrderError) -> Self {
        use RefundOrderError as E;
        match error {
            E::OrderNotFound(_) => Self::new(StatusCode::NOT_FOUND, "order_not_found", &error),
            E::PaymentNotFound(_) => {
                Self::invalid(vec![FieldError::new("/payment_id", "unknown", error.to_string())])
            }
            E::WhichPayment => {
                Self::invalid(vec![FieldError::new("/payment_id", "required", error.to_string())])
            }
            E::NothingLeft => Self::new(StatusCode::CONFLICT, "nothing_to_refund", &error),
            E::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", &error)
            }
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::AnotherWaits(_) => Self::new(StatusCode::CONFLICT, "approval_awaited", &error),
            E::Grant(GrantRefundError::Refused(refused)) => refused.into(),
            E::Grant(GrantRefundError::Books(error)) => Self::internal(&error),
            E::Grant(GrantRefundError::Storage(error)) => error.into(),
        }
    }
}

impl From<ordermill_domain::refund::GrantError> for Problem {
    fn from(error: ordermill_domain::refund::GrantError) -> Self {
        use ordermill_domain::refund::GrantError as E;
        match error {
            E::NotPositive => {
                let wrong = FieldError::new("/amount/amount", "out_of_range", error.to_string());
                Self::invalid(vec![wrong])
            }
            E::CurrencyMismatch { .. } => {
                let wrong = FieldError::new("/amount/currency", "mismatch", error.to_string());
                Self::invalid(vec![wrong])
            }
            E::Disputed { .. } => Self::new(StatusCode::CONFLICT, "payment_disputed", error),
            E::ExceedsCaptured { .. } => Self::new(StatusCode::CONFLICT, "refund_too_large", error),
        }
    }
}
