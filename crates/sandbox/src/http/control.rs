//! The tester's controls: the ledger, faults, notices, and a buyer without a browser.
//!
//! Changes are JSON requests, which a page of another origin cannot send without asking first.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Axum};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post};
use ordermill_base::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ApiError;
use super::api::PaymentView;
use crate::Sandbox;
use crate::books::{Entry, EntryKind};
use crate::fault::{Profile, Rule};
use crate::post_office::Delivery;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/control/ledger", get(ledger))
        .route("/control/notices", get(notices))
        .route("/control/faults", post(add_faults).delete(clear_faults))
        .route("/control/payments/{payment_id}/buyer", post(act_as_buyer))
}

/// What the books say, with the sums per currency.
#[derive(Debug, Serialize)]
struct LedgerView {
    entries: Vec<Entry>,
    /// Currency to decimal text.
    charged: BTreeMap<&'static str, String>,
    refunded: BTreeMap<&'static str, String>,
    /// What buyers' banks took, and what they gave back of that.
    charged_back: BTreeMap<&'static str, String>,
    reversed: BTreeMap<&'static str, String>,
}

async fn ledger(Axum(sandbox): Axum<Sandbox>) -> Result<Json<LedgerView>, ApiError> {
    let entries = sandbox.ledger();
    let (charged, refunded) =
        (sums(&entries, EntryKind::Charge)?, sums(&entries, EntryKind::Refund)?);
    let charged_back = sums(&entries, EntryKind::Chargeback)?;
    let reversed = sums(&entries, EntryKind::ChargebackReversal)?;
    Ok(Json(LedgerView { entries, charged, refunded, charged_back, reversed }))
}

fn sums(entries: &[Entry], kind: EntryKind) -> Result<BTreeMap<&'static str, String>, ApiError> {
    let mut sums: BTreeMap<&'static str, Money> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == kind) {
        let currency = entry.amount.currency;
        let sum = sums.entry(currency.code()).or_insert(Money::zero(currency));
        *sum = sum.checked_add(entry.amount).map_err(|error| {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "overflow", error.to_string())
        })?;
    }
    Ok(sums.into_iter().map(|(code, sum)| (code, sum.to_decimal())).collect())
}

async fn notices(Axum(sandbox): Axum<Sandbox>) -> Json<Vec<Delivery>> {
    Json(sandbox.deliveries())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultsBody {
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    profile: Option<Profile>,
}

async fn add_faults(
    Axum(sandbox): Axum<Sandbox>,
    body: Result<Json<FaultsBody>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let Json(body) = body.map_err(unreadable)?;
    for rule in body.rules {
        sandbox.inject(rule).map_err(|error| {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_rules", error.to_string())
        })?;
    }
    if let Some(profile) = body.profile {
        sandbox.set_profile(profile);
    }
    Ok(Json(json!({"accepted": true})))
}

async fn clear_faults(Axum(sandbox): Axum<Sandbox>) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
enum BuyerBody {
    Pay,
    Decline,
}

async fn act_as_buyer(
    Axum(sandbox): Axum<Sandbox>,
    Path(payment_id): Path<String>,
    body: Result<Json<BuyerBody>, JsonRejection>,
) -> Result<Json<PaymentView>, ApiError> {
    let Json(body) = body.map_err(unreadable)?;
    let payment = match body {
        BuyerBody::Pay => sandbox.pay(&payment_id)?,
        BuyerBody::Decline => sandbox.decline(&payment_id, "declined by the tester")?,
    };
    Ok(Json(PaymentView::new(&sandbox, &payment)))
}

fn unreadable(rejection: JsonRejection) -> ApiError {
    ApiError::new(rejection.status(), "invalid_request", rejection.body_text())
}
