//! Disputes for the merchant: the list of what changed, one of them, and the answers; and for the tester,
//! who is the buyer's bank.

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State as Axum};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use ordermill_base::{Currency, Money, Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{key, under_faults, unreadable};
use super::{ApiError, authorize};
use crate::Sandbox;
use crate::books::{Claim, Dispute, Outcome, Reason, Status};
use crate::dispute::RESPOND_WITHIN;
use crate::fault::Call;
use crate::notice::WireAmount;

/// Disputes in one answer of the list.
const LISTED_MAX: usize = 50;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/v1/disputes", get(list))
        .route("/v1/disputes/{reference}", get(query))
        .route("/v1/disputes/{reference}/evidence", post(submit))
        .route("/v1/disputes/{reference}/accept", post(accept))
        .route("/control/payments/{payment_id}/dispute", post(open))
        .route("/control/disputes/{reference}/decide", post(decide))
}

/// A dispute as the merchant sees it.
#[derive(Debug, Serialize)]
struct DisputeView {
    reference: String,
    payment_id: String,
    merchant: String,
    status: Status,
    reason: Reason,
    #[serde(flatten)]
    amount: WireAmount,
    fee: String,
    opened_at: Timestamp,
    respond_by: Timestamp,
}

impl DisputeView {
    fn new(sandbox: &Sandbox, dispute: Dispute) -> Self {
        let currency = dispute.amount.currency;
        Self {
            reference: dispute.reference,
            payment_id: dispute.payment_id,
            merchant: sandbox.config().merchant.clone(),
            status: dispute.status,
            reason: dispute.reason,
            amount: dispute.amount.into(),
            fee: Money::new(dispute.fee_minor, currency).to_decimal(),
            opened_at: dispute.opened_at,
            respond_by: dispute.respond_by,
        }
    }
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    after: Option<u64>,
}

async fn list(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Query(ListQuery { after }): Query<ListQuery>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::ListDisputes, "disputes", None, |_| {
        let after = after.unwrap_or(0);
        let changed = sandbox.disputes_after(after, LISTED_MAX);
        let next = changed.last().map_or(after, |last| last.change);
        let has_more = changed.len() == LISTED_MAX;
        let items: Vec<DisputeView> =
            changed.into_iter().map(|it| DisputeView::new(&sandbox, it)).collect();
        let next = next.to_string();
        Ok(Json(json!({ "items": items, "next": next, "has_more": has_more })).into_response())
    })
    .await)
}

async fn query(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    Ok(under_faults(&sandbox, Call::Query, &reference, None, |_| {
        let dispute = sandbox.dispute(&reference)?;
        Ok(Json(DisputeView::new(&sandbox, dispute)).into_response())
    })
    .await)
}

async fn submit(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Path(reference): Path<String>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let key = key(&headers)?;
    let Json(evidence) = body.map_err(unreadable)?;
    if !evidence.get("text").is_some_and(Value::is_string) {
        return Err(ApiError::field("text"));
    }
    let payment_id = sandbox.dispute(&reference)?.payment_id;
    Ok(under_faults(&sandbox, Call::Dispute, &payment_id, None, |declined| {
        if declined {
            return Err(not_taken());
        }
        let dispute = sandbox.submit_evidence(&reference, &key, evidence)?;
        Ok(Json(DisputeView::new(&sandbox, dispute)).into_response())
    })
    .await)
}

async fn accept(
    Axum(sandbox): Axum<Sandbox>,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Result<Response, ApiError> {
    authorize(&sandbox, &headers)?;
    let payment_id = sandbox.dispute(&reference)?.payment_id;
    Ok(under_faults(&sandbox, Call::Dispute, &payment_id, None, |declined| {
        if declined {
            return Err(not_taken());
        }
        let dispute = sandbox.accept_dispute(&reference)?;
        Ok(Json(DisputeView::new(&sandbox, dispute)).into_response())
    })
    .await)
}

fn not_taken() -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "not_taken", "the bank does not take that")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenBody {
    reason: Reason,
    #[serde(default)]
    amount: Option<String>,
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default)]
    fee: Option<String>,
    #[serde(default)]
    respond_within_hours: Option<u16>,
    /// Whether the bank knows of refunds; it does unless this says otherwise.
    #[serde(default)]
    forgets_refunds: bool,
}

async fn open(
    Axum(sandbox): Axum<Sandbox>,
    Path(payment_id): Path<String>,
    body: Result<Json<OpenBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body.map_err(unreadable)?;
    let currency = body.currency.unwrap_or(sandbox.payment(&payment_id)?.opening.amount.currency);
    let read = |text: &str, name| Money::parse(text, currency).map_err(|_| ApiError::field(name));
    let amount = body.amount.as_deref().map(|text| read(text, "amount")).transpose()?;
    let fee = body.fee.as_deref().map(|text| read(text, "fee")).transpose()?;
    let within = body.respond_within_hours.map_or(RESPOND_WITHIN, |it| Span::hours(it.into()));
    let claim = Claim {
        amount,
        fee_minor: fee.map_or(0, |fee| fee.minor),
        reason: body.reason,
        respond_by: sandbox.now() + within,
        knows_refunds: !body.forgets_refunds,
    };
    let dispute = sandbox.open_dispute(&payment_id, claim)?;
    Ok((StatusCode::CREATED, Json(DisputeView::new(&sandbox, dispute))).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecideBody {
    outcome: Outcome,
}

async fn decide(
    Axum(sandbox): Axum<Sandbox>,
    Path(reference): Path<String>,
    body: Result<Json<DecideBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body.map_err(unreadable)?;
    let dispute = sandbox.decide_dispute(&reference, body.outcome)?;
    Ok(Json(DisputeView::new(&sandbox, dispute)).into_response())
}
