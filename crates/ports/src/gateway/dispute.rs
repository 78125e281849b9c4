//! Disputes, as gateways tell of them and as we answer.

use ordermill_base::{Money, Timestamp};
use ordermill_domain::dispute::{Evidence, Reason, State};
use ordermill_domain::ids::PaymentId;

/// How a dispute stands at a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeReport {
    /// The gateway's own id of it; unique at the gateway.
    pub gateway_reference: String,
    /// Our payment that it is about.
    pub payment: PaymentId,
    /// The account that it is about.
    pub merchant: String,
    /// Why the bank wants money back.
    pub reason: Reason,
    /// How much.
    pub amount: Money,
    /// What the gateway takes for its trouble, minor units of the same currency; 0 if it says nothing.
    pub fee_minor: i64,
    /// Where it stands.
    pub state: State,
    /// Since when, by the gateway's clock.
    pub opened_at: Timestamp,
    /// The last moment to answer, by the gateway's clock.
    pub respond_by: Timestamp,
}

/// A piece of a gateway's list of disputes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputePage {
    /// What changed, in the order of its last change.
    pub items: Vec<DisputeReport>,
    /// The place behind the last of them, from which the list is read on; `None` if nothing was found and
    /// none was given.
    pub next: Option<String>,
    /// Whether more is there already.
    pub has_more: bool,
}

/// What we say to a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeAnswer {
    /// The gateway's own id of it.
    pub gateway_reference: String,
    /// What we say.
    pub say: Say,
    /// Stays the same however often this answer is sent.
    pub idempotency_key: String,
}

/// What we say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// This speaks for us.
    Evidence(Box<Evidence>),
    /// We do not contest it.
    Accept,
}
