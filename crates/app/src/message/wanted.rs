//! Which messages a shop sends to its buyers.

use ordermill_domain::message::Cause;
use serde::{Deserialize, Serialize};

use crate::catalog::settings::Kept;

/// The messages about parcels and the end of an order, each wanted or not. Those about money are always
/// sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BuyerMessages {
    /// A parcel has left.
    pub shipped: bool,
    /// A courier brings it, or it waits to be collected.
    pub arriving: bool,
    /// It was delivered.
    pub delivered: bool,
    /// Its address is not found.
    pub address_problem: bool,
    /// The order is complete.
    pub completed: bool,
}

impl BuyerMessages {
    /// Whether a buyer is told of this.
    pub const fn wants(&self, cause: Cause) -> bool {
        match cause {
            Cause::Shipped => self.shipped,
            Cause::OutForDelivery | Cause::AtPickupPoint => self.arriving,
            Cause::Delivered => self.delivered,
            Cause::AddressProblem => self.address_problem,
            Cause::Completed => self.completed,
            Cause::PaymentFailed
            | Cause::Paid
            | Cause::Canceled
            | Cause::Refunded
            | Cause::PaymentDue
            | Cause::MissingPieces
            | Cause::Substituted => true,
        }
    }
}

impl Default for BuyerMessages {
    /// Everything about parcels; that nothing more happens is not worth a message.
    fn default() -> Self {
        Self {
            shipped: true,
            arriving: true,
            delivered: true,
            address_problem: true,
            completed: false,
        }
    }
}

impl Kept for BuyerMessages {
    const NAME: &'static str = "messages.buyers";

    fn standard() -> Self {
        Self::default()
    }
}
