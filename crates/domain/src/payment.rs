//! Payments: money asked of a buyer through a gateway, and what became of it.
//!
//! Start at [`Payment`]; the life cycle is the one `match` in [`State::after`]. Webhook, return
//! page and reconciliation report a capture by the same command, and only the first counts.
//!
//! Invariant: a payment is captured at most once, for exactly its amount, currency and merchant.

mod event;
mod late;
mod state;
mod status;

use ordermill_base::{Currency, Money, Timestamp};

pub use event::Event;
pub use late::{LateFacts, LateMoney, LatePolicy, late_money};
pub use state::{InvalidTransition, State, Step};
pub use status::{PaymentStatus, PaymentSums};

use crate::ids::{OrderId, PaymentId};
use crate::ledger::Tender;
use crate::{gift_card, points};

/// One attempt to get an order's money through a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    facts: Facts,
}

/// What is stored of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its key.
    pub id: PaymentId,
    /// The order that it pays.
    pub order: OrderId,
    /// The sequence of its last event; 1 when just created.
    pub version: i64,
    /// Where it stands.
    pub state: State,
    /// The gateway's adapter.
    pub gateway: String,
    /// Our account at the gateway.
    pub merchant: String,
    /// What is asked of the buyer.
    pub amount: Money,
    /// The gateway's id of the transaction, once it has one.
    pub gateway_ref: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the money was captured.
    pub captured_at: Option<Timestamp>,
}

/// What stands where a payment names its gateway if a sales channel collected the money.
pub fn channel_gateway(code: &str) -> String {
    format!("channel:{code}")
}

impl Facts {
    /// Whether a sales channel collected the money, so that it also sends it back.
    pub fn is_held_by_channel(&self) -> bool {
        self.gateway.starts_with("channel:")
    }
}

/// What a payment starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// The order that it pays.
    pub order: OrderId,
    /// The gateway's adapter.
    pub gateway: String,
    /// Our account at the gateway.
    pub merchant: String,
    /// What is asked of the buyer; more than nothing.
    pub amount: Money,
}

/// A gateway's word that it has money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureReport<'a> {
    /// The gateway's id of the transaction.
    pub gateway_ref: &'a str,
    /// The account that got the money.
    pub merchant: &'a str,
    /// How much it was.
    pub amount: Money,
}

/// Why a reported capture is not counted; a person must look at each of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// The money went to another account.
    #[error("captured for merchant {got} instead of {expected}")]
    MerchantMismatch {
        /// Our account.
        expected: String,
        /// The reported one.
        got: String,
    },
    /// The buyer paid in another currency.
    #[error("captured in {got} instead of {expected}")]
    CurrencyMismatch {
        /// What was asked.
        expected: Currency,
        /// What was reported.
        got: Currency,
    },
    /// The buyer paid more or less than asked.
    #[error("captured {got} instead of {expected} minor units")]
    AmountMismatch {
        /// What was asked, minor units.
        expected: i64,
        /// What was reported, minor units.
        got: i64,
    },
    /// Another transaction has captured this payment before: the buyer paid twice.
    #[error("already captured by transaction {captured_by}")]
    CapturedTwice {
        /// The transaction that counts.
        captured_by: String,
    },
}

impl Payment {
    /// Asks for an order's money.
    ///
    /// # Panics
    /// If the amount is not positive: what costs nothing needs no payment.
    pub fn create(id: PaymentId, new: NewPayment, at: Timestamp) -> (Self, Event) {
        assert!(new.amount.minor > 0, "a payment asks for more than nothing");
        let NewPayment { order, gateway, merchant, amount } = new;
        let event = Event::Created {
            order,
            gateway,
            merchant,
            amount_minor: amount.minor,
            currency: amount.currency,
        };
        (Self::created(id, &event, at).unwrap_or_else(|| unreachable!("it is that event")), event)
    }

    /// The payment right after its creation, where a fold of its journal starts; `None` for any
    /// other event.
    pub fn created(id: PaymentId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Created { order, gateway, merchant, amount_minor, currency } = event else {
            return None;
        };
        let facts = Facts {
            id,
            order: *order,
            version: 1,
            state: State::Created,
            gateway: gateway.clone(),
            merchant: merchant.clone(),
            amount: Money::new(*amount_minor, *currency),
            gateway_ref: None,
            created_at: at,
            captured_at: None,
        };
        Some(Self { facts })
    }

    /// A payment as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The shop's own means that it was made with, if it is one; then no gateway is asked about it.
    pub fn tender(&self) -> Option<Tender> {
        match self.facts.gateway.as_str() {
            gift_card::GATEWAY => Some(Tender::GiftCard),
            points::GATEWAY => Some(Tender::Points),
            _ => None,
        }
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// Notes that the gateway has taken it on.
    pub fn submit(
        &mut self,
        gateway_ref: Option<String>,
        at: Timestamp,
    ) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Submit)?;
        Ok(self.happened(Event::Submitted { gateway_ref }, at))
    }

    /// Notes that the gateway promises the money.
    pub fn authorize(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Authorize)?;
        Ok(self.happened(Event::Authorized, at))
    }

    /// Counts a reported capture, once: the same report again gives `None` and changes nothing.
    pub fn capture(
        &mut self,
        report: CaptureReport<'_>,
        at: Timestamp,
    ) -> Result<Option<Event>, CaptureError> {
        let Facts { merchant, amount, state: from, .. } = &self.facts;
        if report.merchant != merchant {
            return Err(CaptureError::MerchantMismatch {
                expected: merchant.clone(),
                got: report.merchant.to_owned(),
            });
        }
        if report.amount.currency != amount.currency {
            let (expected, got) = (amount.currency, report.amount.currency);
            return Err(CaptureError::CurrencyMismatch { expected, got });
        }
        if report.amount.minor != amount.minor {
            let (expected, got) = (amount.minor, report.amount.minor);
            return Err(CaptureError::AmountMismatch { expected, got });
        }
        let from = *from;
        if from.after(Step::Capture).is_err() {
            return match self.facts.gateway_ref.as_deref() {
                Some(known) if known != report.gateway_ref => {
                    Err(CaptureError::CapturedTwice { captured_by: known.to_owned() })
                }
                Some(_) | None => Ok(None),
            };
        }
        let gateway_ref = report.gateway_ref.to_owned();
        let event = Event::Captured { from, amount_minor: report.amount.minor, gateway_ref };
        Ok(Some(self.happened(event, at)))
    }

    /// Notes that the gateway or the bank refused.
    pub fn fail(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Fail)?;
        Ok(self.happened(Event::Failed { from }, at))
    }

    /// Notes that the time to pay with it is over.
    pub fn expire(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Expire)?;
        Ok(self.happened(Event::Expired { from }, at))
    }

    /// Gives it up, as when its order is canceled.
    pub fn void(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Void)?;
        Ok(self.happened(Event::Voided { from }, at))
    }

    /// Folds one event that was recorded at `at`.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        facts.version += 1;
        match event {
            Event::Created { .. } => facts.version = 1,
            Event::Submitted { gateway_ref } => {
                facts.state = State::Pending;
                facts.gateway_ref.clone_from(gateway_ref);
            }
            Event::Authorized => facts.state = State::Authorized,
            Event::Captured { gateway_ref, .. } => {
                facts.state = State::Captured;
                facts.gateway_ref = Some(gateway_ref.clone());
                facts.captured_at = Some(at);
            }
            Event::Failed { .. } => facts.state = State::Failed,
            Event::Expired { .. } => facts.state = State::Expired,
            Event::Voided { .. } => facts.state = State::Voided,
        }
    }

    fn happened(&mut self, event: Event, at: Timestamp) -> Event {
        self.apply(&event, at);
        event
    }
}

#[cfg(test)]
mod tests;
