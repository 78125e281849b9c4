//! The merchant's API: open, query, void and refund payments.

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Axum};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use ordermill_base::{Currency, Money, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ApiError, authorize, closed};
use crate::Sandbox;
use crate::books::{Opening, Payment, Refund, RefundOrder, State};
use crate::fault::{Call, Fault};
use crate::notice::WireAmount;

const TEXT_MAX: usize = 2_000;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/v1/payments", post(open))
        .route("/v1/payments/{payment_id}", get(query))
        .route("/v1/payments/{payment_id}/void", post(void))
        .route("/v1/payments/{payment_id}/refunds", post(refund))
        .route("/v1/payments/{payment_id}/refunds/{refund_id}", get(query_refund))
}

#[derive(Debug, Deserialize)]
struct OpenBody {
    payment_id: String,
    order_number: String,
    amount: String,
    currency: Currency,
    description: String,
    return_url: String,
    notify_url: String,
    expires_at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct RefundBody {
    refund_id: String,
    amount: String,
    currency: Currency,
    reason: String,
}

#[derive(Debug, Serialize)]
pub(super) struct PaymentView {
    payment_id: String,
    reference: String,
    merchant: String,
    status: &'static str,
    #[serde(flatten)]
    amount: WireAmount,
    refunded: String,
    redirect_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct RefundView {
    refund_id: String,
    reference: String,
    status: &'static str,
    #[serde(flatten)]
    amount: WireAmount,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl PaymentView {
    pub(super) fn new(sandbox: &Sandbox, payment: &Payment) -> Self {
        let (captured_at, reason) = match &payment.state {
            State::Captured { at } => (Some(*at), None),
            State::Failed { reason } => (None, Some(reason.clone())),
            State::Open | State::Expired | State::Voided => (None, None),
        };
        Self {
            payment_id: payment.opening.payment_id.clone(),
            reference: payment.reference.clone(),
            merchant: sandbox.config().merchant.clone(),
            status: payment.state.name(),
            amount: payment.opening.amount.into(),
            refunded: payment.refunded().to_decimal(),
            redirect_url: sandbox.page_url(payment),
            captured_at,
            reason,
        }
    }
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        Self {
            refund_id: refund.order.refund_id,
            reference: refund.reference,
            status: if refund.failure.is_none() { "succeeded" } else { "failed" },
            amount: refund.order.amount.into(),
            at: refund.at,
            reason: refund.failure,
        }
    }
}

async fn open(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    body: Result<Json<OpenBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let idempotency_key = key(&headers)?;
    let Json(body) = body.map_err(unreadable)?;
    let texts = [
        ("payment_id", &body.payment_id),
        ("order_number", &body.order_number),
        ("description", &body.description),
        ("return_url", &body.return_url),
        ("notify_url", &body.notify_url),
    ];
    for (name, text) in texts {
        if text.is_empty() || text.len() > TEXT_MAX {
            return Err(ApiError::field(name));
        }
    }
    let amount =
        Money::parse(&body.amount, body.currency).map_err(|_| ApiError::field("amount"))?;
    let return_url = web_url(&body.return_url).ok_or_else(|| ApiError::field("return_url"))?;
    if sandbox.notify_url(&body.notify_url).is_none() {
        let message = "notices go to loopback addresses and configured hosts only";
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "notify_url", message));
    }
    let opening = Opening {
        payment_id: body.payment_id,
        order_number: body.order_number,
        amount,
        description: body.description,
        return_url,
        notify_url: body.notify_url,
        expires_at: body.expires_at,
        idempotency_key,
    };
    let id = opening.payment_id.clone();
    Ok(under_faults(&sandbox, Call::Start, &id, Some(amount.minor), |declined| {
        if declined {
            return Err(declined_error());
        }
        let payment = sandbox.open(opening)?;
        Ok((StatusCode::CREATED, Json(PaymentView::new(&sandbox, &payment))).into_response())
    })
    .await)
}

async fn query(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::Query, &id, None, |_| {
        let payment = sandbox.payment(&id)?;
        Ok(Json(PaymentView::new(&sandbox, &payment)).into_response())
    })
    .await)
}

async fn void(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::Void, &id, None, |declined| {
        if declined {
            return Err(declined_error());
        }
        let payment = sandbox.void(&id)?;
        Ok(Json(PaymentView::new(&sandbox, &payment)).into_response())
    })
    .await)
}

async fn refund(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Result<Json<RefundBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let idempotency_key = key(&headers)?;
    let Json(body) = body.map_err(unreadable)?;
    for (name, text) in [("refund_id", &body.refund_id), ("reason", &body.reason)] {
        if text.is_empty() || text.len() > TEXT_MAX {
            return Err(ApiError::field(name));
        }
    }
    let amount =
        Money::parse(&body.amount, body.currency).map_err(|_| ApiError::field("amount"))?;
    let order =
        RefundOrder { refund_id: body.refund_id, amount, reason: body.reason, idempotency_key };
    Ok(under_faults(&sandbox, Call::Refund, &id, None, |declined| {
        let failure = declined.then(|| "the buyer's bank sent the money back".to_owned());
        let refund = sandbox.refund(&id, order, failure)?;
        Ok((StatusCode::CREATED, Json(RefundView::from(refund))).into_response())
    })
    .await)
}

async fn query_refund(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Path((id, refund_id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::Query, &id, None, |_| {
        let payment = sandbox.payment(&id)?;
        let refund = payment.refunds.into_iter().find(|it| it.order.refund_id == refund_id);
        let refund = refund.ok_or_else(|| {
            ApiError::new(StatusCode::NOT_FOUND, "not_found", "no such refund of this payment")
        })?;
        Ok(Json(RefundView::from(refund)).into_response())
    })
    .await)
}

/// Runs `act` with whatever is to go wrong around it. `act` is told whether it is to be declined.
pub(super) async fn under_faults(
    sandbox: &Sandbox,
    call: Call,
    payment_id: &str,
    amount_minor: Option<i64>,
    act: impl FnOnce(bool) -> Result<Response, ApiError>,
) -> Response {
    let faults = sandbox.take_faults(call, payment_id, amount_minor);
    let hang = sandbox.config().hang.to_std();
    for fault in &faults {
        if let Fault::Delay { ms } = fault {
            let wait = Span::millis(i64::from((*ms).min(600_000)));
            tokio::time::sleep(wait.to_std()).await;
        }
    }
    if faults.contains(&Fault::TimeOut) {
        tokio::time::sleep(hang).await;
        return closed();
    }
    for fault in &faults {
        if let Fault::Throttle { seconds } = fault {
            let message = "too many calls";
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "throttled", message);
            let retry_after = [(header::RETRY_AFTER, seconds.to_string())];
            return (retry_after, error).into_response();
        }
    }
    if faults.contains(&Fault::Unavailable) {
        let message = "the gateway is overloaded";
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
            .into_response();
    }
    let response = match act(faults.contains(&Fault::Decline)) {
        Ok(response) => response,
        Err(error) => return error.into_response(),
    };
    if faults.contains(&Fault::Dispute) {
        sandbox.dispute_all_of(payment_id);
    }
    if faults.contains(&Fault::HangAfterSuccess) {
        tokio::time::sleep(hang).await;
        return closed();
    }
    if faults.contains(&Fault::LoseAnswer) {
        return closed();
    }
    if faults.contains(&Fault::FailAfterSuccess) {
        let message = "something went wrong on our side";
        return ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
            .into_response();
    }
    response
}

pub(super) fn key(headers: &HeaderMap) -> Result<String, ApiError> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let key = key.filter(|key| (1..=255).contains(&key.len()));
    key.map(str::to_owned).ok_or_else(|| ApiError::field("the header Idempotency-Key"))
}

pub(super) fn unreadable(rejection: JsonRejection) -> ApiError {
    ApiError::new(rejection.status(), "invalid_request", rejection.body_text())
}

fn declined_error() -> ApiError {
    ApiError::new(StatusCode::PAYMENT_REQUIRED, "declined", "declined on request")
}

/// A page that a browser can be sent to, as the browser will see it.
fn web_url(text: &str) -> Option<String> {
    let url: reqwest::Url = text.parse().ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}
