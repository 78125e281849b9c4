//! Refunds: money on its way back, one record per reason.
//!
//! Start at [`Refund`]. A refund is known by its [`Key`], so that a repeated cancel, webhook or job
//! finds the one that is there instead of paying twice; the key is also what the gateway gets.
//!
//! Invariant: the refunds of a payment, and what the buyer's bank took back of it, never exceed what it
//! captured.

use std::fmt;

use ordermill_base::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::{OrderId, PaymentId, RefundId};

/// Money of one payment on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    facts: Facts,
}

/// What is stored of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its key in the database.
    pub id: RefundId,
    /// The order whose money it is.
    pub order: OrderId,
    /// What makes it the only one of its kind.
    pub key: Key,
    /// The sequence of its last event; 1 when just granted.
    pub version: i64,
    /// Where it stands.
    pub state: State,
    /// What goes back.
    pub amount: Money,
    /// When it was granted: D6 counts from what caused it.
    pub granted_at: Timestamp,
    /// When the money arrived.
    pub succeeded_at: Option<Timestamp>,
}

/// The identity of a refund: there is at most one of each. Written, it is the idempotency key for
/// the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Whose money goes back.
    pub payment: PaymentId,
    /// Why.
    pub cause: Cause,
    /// Which one of its causes: 0 where there is only one, else the raw id of the case, or the
    /// line number.
    pub subject: i64,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.payment, self.cause, self.subject)
    }
}

coded! {
    /// Why money goes back.
    enum Cause {
        /// Its order was canceled.
        OrderCanceled = "order_canceled",
        /// The review refused its order.
        OrderRejected = "order_rejected",
        /// It was captured after its order had ended.
        LateCapture = "late_capture",
        /// The buyer paid more than the total.
        Overpaid = "overpaid",
        /// Pieces could not be supplied; the subject is the sequence of the order's event that says which.
        OutOfStock = "out_of_stock",
        /// What is sent in place of missing pieces costs less; the subject is its line of the order.
        Substituted = "substituted",
        /// An after-sale case was granted; the subject is the case.
        AfterSale = "after_sale",
        /// A dispute about a payment of an ended order was decided and left money; the subject is the
        /// dispute, or the refund that was withdrawn because of it.
        DisputeClosed = "dispute_closed",
        /// The channel that holds the money has sent it back.
        Channel = "channel",
        /// Somebody with the right to has decided it; the subject is the refund itself, or the task
        /// in which it was approved.
        ByHand = "by_hand",
    }
}

impl Cause {
    /// Whether somebody decides on it and may decide otherwise; the others follow from what has happened.
    pub const fn is_decided_by_person(self) -> bool {
        matches!(self, Self::ByHand | Self::AfterSale)
    }
}

coded! {
    /// Where a refund stands.
    enum State {
        /// Owed to the buyer.
        Granted = "granted",
        /// With the gateway.
        Requested = "requested",
        /// The buyer has it.
        Succeeded = "succeeded",
        /// The gateway could not send it; it is requested again.
        Failed = "failed",
        /// The buyer's bank took the money back before it was sent: it is owed no more.
        Withdrawn = "withdrawn",
    }
}

coded! {
    /// What moves a refund on.
    enum Step {
        /// We ask the gateway.
        Request = "request",
        /// The gateway has sent it.
        Succeed = "succeed",
        /// The gateway could not.
        Fail = "fail",
        /// The buyer's bank was quicker.
        Withdraw = "withdraw",
    }
}

/// A step that a refund does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a refund that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the refund stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

impl State {
    /// The whole life cycle. What is owed stays owed, unless the buyer's bank has taken it: a failure is
    /// never the end. What is with the gateway may have left and is not withdrawn.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Granted | Self::Failed, Step::Request) => Ok(Self::Requested),
            (Self::Requested, Step::Succeed) => Ok(Self::Succeeded),
            (Self::Requested, Step::Fail) => Ok(Self::Failed),
            (Self::Granted | Self::Failed, Step::Withdraw) => Ok(Self::Withdrawn),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Withdrawn)
    }

    /// Whether its money may have left: it is with the gateway or the buyer.
    pub const fn may_have_left(self) -> bool {
        matches!(self, Self::Requested | Self::Succeeded)
    }
}

/// One change of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It is owed.
    #[serde(rename = "refund.granted")]
    Granted {
        /// The order whose money it is.
        order: OrderId,
        /// What makes it the only one of its kind.
        key: Key,
        /// How much, minor units.
        amount_minor: i64,
        /// The currency of the amount.
        currency: Currency,
    },
    /// The gateway was asked, for the first time or again.
    #[serde(rename = "refund.requested")]
    Requested {
        /// Where it stood.
        from: State,
    },
    /// The buyer has it.
    #[serde(rename = "refund.succeeded")]
    Succeeded,
    /// The gateway could not send it.
    #[serde(rename = "refund.failed")]
    Failed,
    /// The buyer's bank took the money back: it is owed no more.
    #[serde(rename = "refund.withdrawn")]
    Withdrawn {
        /// Where it stood.
        from: State,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "refund.granted",
            Self::Requested { .. } => "refund.requested",
            Self::Succeeded => "refund.succeeded",
            Self::Failed => "refund.failed",
            Self::Withdrawn { .. } => "refund.withdrawn",
        }
    }
}

/// Why a refund is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Nothing, or less.
    #[error("a refund is more than nothing")]
    NotPositive,
    /// Another currency than the payment's.
    #[error("a payment in {expected} is not refunded in {got}")]
    CurrencyMismatch {
        /// The payment's currency.
        expected: Currency,
        /// The asked one.
        got: Currency,
    },
    /// More than is left of the payment.
    #[error("{asked_minor} of {left_minor} minor units cannot be refunded")]
    ExceedsCaptured {
        /// What was asked.
        asked_minor: i64,
        /// What is left.
        left_minor: i64,
    },
    /// A buyer's bank wants money of the payment back: sent now, it would leave twice.
    #[error("{disputed_minor} minor units of the payment are under dispute, {left_minor} are left")]
    Disputed {
        /// What was asked.
        asked_minor: i64,
        /// What is left beside the dispute.
        left_minor: i64,
        /// What is under dispute.
        disputed_minor: i64,
    },
}

/// A payment's money and how much of it is already on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refundable {
    /// What the payment captured.
    pub captured: Money,
    /// The sum of all its refunds that were not withdrawn, minor units: a failed one is still owed.
    pub granted_minor: i64,
    /// What the buyer's bank has taken back for good, minor units.
    pub charged_back_minor: i64,
    /// What open disputes are about and this refund must not touch, minor units. A refund that can wait for
    /// their end is granted with 0.
    pub disputed_minor: i64,
}

impl Refundable {
    /// A payment without disputes.
    pub const fn undisputed(captured: Money, granted_minor: i64) -> Self {
        Self { captured, granted_minor, charged_back_minor: 0, disputed_minor: 0 }
    }

    /// What can be promised back, minor units.
    pub const fn left_minor(&self) -> i64 {
        self.captured.minor - self.granted_minor - self.charged_back_minor - self.disputed_minor
    }
}

impl Refund {
    /// Grants a refund within what is left of its payment.
    pub fn grant(
        id: RefundId,
        order: OrderId,
        key: Key,
        amount: Money,
        of: Refundable,
        at: Timestamp,
    ) -> Result<(Self, Event), GrantError> {
        if amount.minor <= 0 {
            return Err(GrantError::NotPositive);
        }
        if amount.currency != of.captured.currency {
            let (expected, got) = (of.captured.currency, amount.currency);
            return Err(GrantError::CurrencyMismatch { expected, got });
        }
        let (asked_minor, left_minor) = (amount.minor, of.left_minor());
        if asked_minor > left_minor {
            let disputed_minor = of.disputed_minor;
            return Err(match disputed_minor > 0 && asked_minor <= left_minor + disputed_minor {
                true => GrantError::Disputed { asked_minor, left_minor, disputed_minor },
                false => GrantError::ExceedsCaptured { asked_minor, left_minor },
            });
        }
        let facts = Facts {
            id,
            order,
            key,
            version: 1,
            state: State::Granted,
            amount,
            granted_at: at,
            succeeded_at: None,
        };
        let (amount_minor, currency) = (amount.minor, amount.currency);
        Ok((Self { facts }, Event::Granted { order, key, amount_minor, currency }))
    }

    /// The refund right after it was granted, where a fold of its journal starts; `None` for any
    /// other event.
    pub const fn granted(id: RefundId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Granted { order, key, amount_minor, currency } = *event else { return None };
        let facts = Facts {
            id,
            order,
            key,
            version: 1,
            state: State::Granted,
            amount: Money::new(amount_minor, currency),
            granted_at: at,
            succeeded_at: None,
        };
        Some(Self { facts })
    }

    /// A refund as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// Notes that the gateway is asked.
    pub fn request(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Request)?;
        Ok(self.happened(Event::Requested { from }, at))
    }

    /// Notes that the money was sent; the same word again gives `None` and changes nothing.
    pub fn succeed(&mut self, at: Timestamp) -> Result<Option<Event>, InvalidTransition> {
        if self.facts.state == State::Succeeded {
            return Ok(None);
        }
        self.facts.state.after(Step::Succeed)?;
        Ok(Some(self.happened(Event::Succeeded, at)))
    }

    /// Notes that the gateway could not send it.
    pub fn fail(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Fail)?;
        Ok(self.happened(Event::Failed, at))
    }

    /// Notes that the buyer's bank took the money back before it was sent.
    pub fn withdraw(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Withdraw)?;
        Ok(self.happened(Event::Withdrawn { from }, at))
    }

    /// Folds one event that was recorded at `at`.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        facts.version += 1;
        match event {
            Event::Granted { .. } => facts.version = 1,
            Event::Requested { .. } => facts.state = State::Requested,
            Event::Succeeded => {
                facts.state = State::Succeeded;
                facts.succeeded_at = Some(at);
            }
            Event::Failed => facts.state = State::Failed,
            Event::Withdrawn { .. } => facts.state = State::Withdrawn,
        }
    }

    fn happened(&mut self, event: Event, at: Timestamp) -> Event {
        self.apply(&event, at);
        event
    }
}

#[cfg(test)]
mod tests;
