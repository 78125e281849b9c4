//! What happens to disputes, as the journal keeps it.

use ordermill_base::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Answer, Reason, State, Terms};
use crate::ids::{OrderId, PaymentId};

/// One change of a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// A buyer's bank wants money back.
    #[serde(rename = "dispute.opened")]
    Opened(Box<Opened>),
    /// Finance has decided what we say; the gateway is told next.
    #[serde(rename = "dispute.answered")]
    Answered {
        /// What we say.
        answer: Answer,
    },
    /// The gateway did not take what we said.
    #[serde(rename = "dispute.answer_refused")]
    AnswerRefused {
        /// What we said.
        answer: Answer,
    },
    /// Our evidence is with the bank.
    #[serde(rename = "dispute.evidence_submitted")]
    EvidenceSubmitted,
    /// It is not contested: the money is gone.
    #[serde(rename = "dispute.accepted")]
    Accepted {
        /// Where it stood.
        from: State,
    },
    /// The money is ours again.
    #[serde(rename = "dispute.won")]
    Won {
        /// Where it stood.
        from: State,
    },
    /// The money is gone.
    #[serde(rename = "dispute.lost")]
    Lost {
        /// Where it stood.
        from: State,
    },
}

/// What the journal keeps of the beginning of a dispute: the fields of [`Terms`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The order whose money it is.
    pub order: OrderId,
    /// The payment that is taken back.
    pub payment: PaymentId,
    /// The gateway's adapter.
    pub gateway: String,
    /// The gateway's own id of the dispute.
    pub gateway_ref: String,
    /// Why, as the bank says.
    pub reason: Reason,
    /// How much is taken back, minor units.
    pub amount_minor: i64,
    /// The currency of amount and fee.
    pub currency: Currency,
    /// What the gateway takes for its trouble, minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee_minor: i64,
    /// When it was opened, by the gateway's clock.
    pub opened_at: Timestamp,
    /// The last moment to answer.
    pub respond_by: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_zero(minor: &i64) -> bool {
    *minor == 0
}

impl From<Terms> for Opened {
    fn from(terms: Terms) -> Self {
        Self {
            order: terms.order,
            payment: terms.payment,
            gateway: terms.gateway,
            gateway_ref: terms.gateway_ref,
            reason: terms.reason,
            amount_minor: terms.amount.minor,
            currency: terms.amount.currency,
            fee_minor: terms.fee_minor,
            opened_at: terms.opened_at,
            respond_by: terms.respond_by,
        }
    }
}

impl From<Opened> for Terms {
    fn from(opened: Opened) -> Self {
        Self {
            order: opened.order,
            payment: opened.payment,
            gateway: opened.gateway,
            gateway_ref: opened.gateway_ref,
            reason: opened.reason,
            amount: Money::new(opened.amount_minor, opened.currency),
            fee_minor: opened.fee_minor,
            opened_at: opened.opened_at,
            respond_by: opened.respond_by,
        }
    }
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "dispute.opened",
            Self::Answered { .. } => "dispute.answered",
            Self::AnswerRefused { .. } => "dispute.answer_refused",
            Self::EvidenceSubmitted => "dispute.evidence_submitted",
            Self::Accepted { .. } => "dispute.accepted",
            Self::Won { .. } => "dispute.won",
            Self::Lost { .. } => "dispute.lost",
        }
    }
}
