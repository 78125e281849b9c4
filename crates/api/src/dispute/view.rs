//! A dispute as the API shows it.

use ordermill_domain::dispute::{Dispute, Evidence, Parcel};
use ordermill_domain::order::OrderNumber;
use serde::Serialize;
use utoipa::ToSchema;

use crate::money::MoneyView;

/// Captured money that a buyer's bank wants back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeView {
    /// Its key.
    #[schema(example = "dsp_01k2ey4xh0000")]
    pub id: String,
    /// The order whose money it is.
    pub order_id: String,
    /// What people read out on the phone.
    pub order_number: String,
    /// The payment that is taken back.
    pub payment_id: String,
    /// Through whom it was paid.
    pub gateway: String,
    /// The gateway's own id of the dispute.
    pub gateway_reference: String,
    /// `needs_response`, `under_review`, `won`, `lost` or `accepted`.
    #[schema(example = "needs_response")]
    pub state: String,
    /// `fraudulent`, `not_received`, `not_as_described`, `duplicate`, `credit_not_processed` or `other`.
    #[schema(example = "not_received")]
    pub reason: String,
    /// How much is taken back.
    pub amount: MoneyView,
    /// What the gateway takes for its trouble.
    pub fee: MoneyView,
    /// When it was opened, by the gateway's clock.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// The last moment to answer, by the gateway's clock.
    #[schema(format = DateTime)]
    pub respond_by: String,
    /// What was decided and is on its way to the gateway: `evidence` or `accept`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub closed_at: Option<String>,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
}

/// A dispute with what was or would be submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DisputeDetail)]
pub struct DisputeDetailView {
    /// What lists show too.
    #[serde(flatten)]
    pub dispute: DisputeView,
    /// What was submitted or is on its way; before that, what the order would add to the words of finance.
    pub evidence: EvidenceView,
    /// Why the gateway did not take the last answer, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What speaks for us. It names no buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DisputeEvidence)]
pub struct EvidenceView {
    /// The words of finance; absent before they are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When the order was placed.
    #[schema(format = DateTime)]
    pub placed_at: String,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub paid_at: Option<String>,
    /// When its first goods left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub shipped_at: Option<String>,
    /// When the buyer said that everything has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub confirmed_by_buyer_at: Option<String>,
    /// What it costs in all.
    pub total: MoneyView,
    /// What went back to the buyer already.
    pub refunded: MoneyView,
    /// Its parcels, the first to leave first.
    pub parcels: Vec<EvidenceParcelView>,
}

/// A parcel that a carrier took over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DisputeParcel)]
pub struct EvidenceParcelView {
    /// Who carried it.
    pub carrier: String,
    /// The carrier's number of it.
    pub waybill: String,
    /// When the carrier took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub handed_over_at: Option<String>,
    /// When the carrier delivered it, by its own scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub delivered_at: Option<String>,
}

impl From<&Dispute> for DisputeView {
    fn from(dispute: &Dispute) -> Self {
        let facts = dispute.facts();
        let terms = &facts.terms;
        Self {
            id: facts.id.to_string(),
            order_id: terms.order.to_string(),
            order_number: OrderNumber::from(terms.order).to_string(),
            payment_id: terms.payment.to_string(),
            gateway: terms.gateway.clone(),
            gateway_reference: terms.gateway_ref.clone(),
            state: facts.state.code().to_owned(),
            reason: terms.reason.code().to_owned(),
            amount: terms.amount.into(),
            fee: MoneyView::of(terms.fee_minor, terms.amount.currency),
            opened_at: terms.opened_at.to_string(),
            respond_by: terms.respond_by.to_string(),
            answer: facts.answer.map(|answer| answer.code().to_owned()),
            closed_at: facts.closed_at.map(|at| at.to_string()),
            version: facts.version,
        }
    }
}

impl From<Evidence> for EvidenceView {
    fn from(evidence: Evidence) -> Self {
        Self {
            text: Some(evidence.text).filter(|text| !text.is_empty()),
            placed_at: evidence.placed_at.to_string(),
            paid_at: evidence.paid_at.map(|at| at.to_string()),
            shipped_at: evidence.shipped_at.map(|at| at.to_string()),
            confirmed_by_buyer_at: evidence.confirmed_by_buyer_at.map(|at| at.to_string()),
            total: evidence.total.into(),
            refunded: MoneyView::of(evidence.refunded_minor, evidence.total.currency),
            parcels: evidence.parcels.into_iter().map(EvidenceParcelView::from).collect(),
        }
    }
}

impl From<Parcel> for EvidenceParcelView {
    fn from(parcel: Parcel) -> Self {
        Self {
            carrier: parcel.carrier,
            waybill: parcel.waybill,
            handed_over_at: parcel.handed_over_at.map(|at| at.to_string()),
            delivered_at: parcel.delivered_at.map(|at| at.to_string()),
        }
    }
}
