//! Notices: what the gateway tells a merchant. The post office signs them.

use ordermill_base::{Money, Timestamp};
use serde::Serialize;

use crate::books::{Dispute, Reason, Status};

/// The body of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The merchant's id of the payment.
    pub payment_id: String,
    /// The merchant's id of the refund, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    /// The merchant's account.
    pub merchant: String,
    /// The gateway's id of the payment or refund.
    pub reference: String,
    /// How much, as a decimal text with its currency.
    #[serde(flatten)]
    pub amount: WireAmount,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How the dispute stands, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute: Option<NoticedDispute>,
    /// When it happened.
    pub at: Timestamp,
}

/// What a notice says of a dispute beside its amount and reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticedDispute {
    /// Where it stands.
    pub status: Status,
    /// Why the bank wants money back.
    pub reason: Reason,
    /// What the gateway takes for its trouble, as a decimal text.
    pub fee: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// The last moment to answer.
    pub respond_by: Timestamp,
}

impl From<&Dispute> for NoticedDispute {
    fn from(dispute: &Dispute) -> Self {
        let fee = Money::new(dispute.fee_minor, dispute.amount.currency).to_decimal();
        let Dispute { status, reason, opened_at, respond_by, .. } = *dispute;
        Self { status, reason, fee, opened_at, respond_by }
    }
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants are their own description")]
pub enum Kind {
    #[serde(rename = "payment.captured")]
    PaymentCaptured,
    #[serde(rename = "payment.failed")]
    PaymentFailed,
    #[serde(rename = "refund.succeeded")]
    RefundSucceeded,
    #[serde(rename = "refund.failed")]
    RefundFailed,
    #[serde(rename = "dispute.created")]
    DisputeCreated,
    #[serde(rename = "dispute.updated")]
    DisputeUpdated,
    #[serde(rename = "dispute.closed")]
    DisputeClosed,
}

impl Kind {
    /// The written form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaymentCaptured => "payment.captured",
            Self::PaymentFailed => "payment.failed",
            Self::RefundSucceeded => "refund.succeeded",
            Self::RefundFailed => "refund.failed",
            Self::DisputeCreated => "dispute.created",
            Self::DisputeUpdated => "dispute.updated",
            Self::DisputeClosed => "dispute.closed",
        }
    }
}

/// An amount as it travels: `{"amount": "12.50", "currency": "CNY"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WireAmount {
    /// Decimal text.
    pub amount: String,
    /// Three letters of ISO 4217.
    pub currency: &'static str,
}

impl From<Money> for WireAmount {
    fn from(money: Money) -> Self {
        Self { amount: money.to_decimal(), currency: money.currency.code() }
    }
}
