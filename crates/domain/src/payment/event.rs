//! What happens to a payment.

use ordermill_base::Currency;
use serde::{Deserialize, Serialize};

use super::State;
use crate::ids::OrderId;

/// One change of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It was made for an order.
    #[serde(rename = "payment.created")]
    Created {
        /// The order that it pays.
        order: OrderId,
        /// The gateway's adapter.
        gateway: String,
        /// Our account at the gateway.
        merchant: String,
        /// What is asked, minor units.
        amount_minor: i64,
        /// The currency of the amount.
        currency: Currency,
    },
    /// The gateway has it.
    #[serde(rename = "payment.submitted")]
    Submitted {
        /// The gateway's id of the transaction, if it told one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway_ref: Option<String>,
    },
    /// The gateway promises the money.
    #[serde(rename = "payment.authorized")]
    Authorized,
    /// The gateway has the money.
    #[serde(rename = "payment.captured")]
    Captured {
        /// Where it stood; a failed, expired or voided one was captured late.
        from: State,
        /// What was captured, minor units of the payment's currency.
        amount_minor: i64,
        /// The gateway's id of the transaction.
        gateway_ref: String,
    },
    /// The gateway or the bank refused.
    #[serde(rename = "payment.failed")]
    Failed {
        /// Where it stood.
        from: State,
    },
    /// The time was over.
    #[serde(rename = "payment.expired")]
    Expired {
        /// Where it stood.
        from: State,
    },
    /// We gave it up.
    #[serde(rename = "payment.voided")]
    Voided {
        /// Where it stood.
        from: State,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "payment.created",
            Self::Submitted { .. } => "payment.submitted",
            Self::Authorized => "payment.authorized",
            Self::Captured { .. } => "payment.captured",
            Self::Failed { .. } => "payment.failed",
            Self::Expired { .. } => "payment.expired",
            Self::Voided { .. } => "payment.voided",
        }
    }
}
