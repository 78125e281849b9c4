//! The gateway's books: payments, refunds and the ledger of what really moved.
//!
//! Pure: a function of what was asked and when. A key that was used gives its first answer again,
//! so money moves at most once per key; the ledger is append-only and is never told of faults.

mod dispute;

use std::collections::HashMap;

use ordermill_base::{Money, Random, Timestamp};
use serde::Serialize;

pub use dispute::{Claim, Dispute, Outcome, Reason, Status};

/// All payments of one gateway.
#[derive(Debug)]
pub struct Books {
    payments: HashMap<String, Payment>,
    payment_by_reference: HashMap<String, String>,
    payment_by_key: HashMap<String, String>,
    disputes: Vec<Dispute>,
    /// How often a dispute has changed.
    changes: u64,
    ledger: Vec<Entry>,
    references: Random,
    payments_max: usize,
}

/// What a merchant asks for when it opens a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The merchant's id of the payment.
    pub payment_id: String,
    /// What the buyer reads.
    pub order_number: String,
    /// How much is due.
    pub amount: Money,
    /// One line about what is paid.
    pub description: String,
    /// Where the buyer's browser goes afterwards.
    pub return_url: String,
    /// Where notices go.
    pub notify_url: String,
    /// After this moment it cannot be paid.
    pub expires_at: Timestamp,
    /// Equal for every repeat of one request.
    pub idempotency_key: String,
}

/// A payment as the gateway knows it.
#[derive(Debug, Clone)]
pub struct Payment {
    /// What the merchant asked for.
    pub opening: Opening,
    /// The gateway's id, also the address of the hosted page.
    pub reference: String,
    /// How far it got.
    pub state: State,
    /// Money that went back or could not.
    pub refunds: Vec<Refund>,
}

/// How far a payment got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waiting for the buyer.
    Open,
    /// The buyer's money was taken.
    Captured {
        /// When.
        at: Timestamp,
    },
    /// The buyer was declined.
    Failed {
        /// Why.
        reason: String,
    },
    /// Nobody paid in time.
    Expired,
    /// The merchant closed it.
    Voided,
}

/// What a merchant asks for when it sends money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// The merchant's id of the refund.
    pub refund_id: String,
    /// How much.
    pub amount: Money,
    /// One line for the buyer.
    pub reason: String,
    /// Equal for every repeat of one request.
    pub idempotency_key: String,
}

/// A refund as the gateway knows it.
#[derive(Debug, Clone)]
pub struct Refund {
    /// What the merchant asked for, last time.
    pub order: RefundOrder,
    /// The gateway's id.
    pub reference: String,
    /// When it was decided.
    pub at: Timestamp,
    /// Why it failed; absent if the money was sent.
    pub failure: Option<String>,
}

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Whether money came in or went back.
    pub kind: EntryKind,
    /// The merchant's id of the payment.
    pub payment_id: String,
    /// The merchant's id of the refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    /// The gateway's id of the payment or refund.
    pub reference: String,
    /// The key of the request that caused it.
    pub idempotency_key: String,
    /// How much, positive.
    #[serde(flatten)]
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// From the buyer.
    Charge,
    /// Back to the buyer.
    Refund,
    /// Back to the buyer, as their bank wants it.
    Chargeback,
    /// To the merchant again, as the bank has decided.
    ChargebackReversal,
}

/// Why the books refuse a request. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The key was used for a request with another content.
    #[error("this idempotency key belongs to another request")]
    KeyReused,
    /// The payment or refund exists under another key.
    #[error("{0} exists already")]
    Exists(String),
    /// No such payment or refund.
    #[error("{0} is not known here")]
    NotFound(String),
    /// The payment is in a state where this cannot be done.
    #[error("the payment is {0}")]
    NotPossible(&'static str),
    /// Nothing, or less than nothing.
    #[error("an amount is positive")]
    AmountNotPositive,
    /// More than is left of the payment, or in another currency.
    #[error("the refund exceeds what is left of the payment")]
    RefundTooLarge,
    /// A buyer's bank holds or has that money.
    #[error("the refund exceeds what is left of the payment beside its dispute")]
    Disputed,
    /// The dispute is not to be answered any more.
    #[error("the dispute is {0}")]
    DisputeOver(&'static str),
    /// The memory set aside for payments is used up.
    #[error("the sandbox keeps no more than {0} payments; restart it")]
    Full(usize),
}

impl Books {
    /// Empty books that keep at most `payments_max` payments; `references` makes the gateway's ids.
    pub fn new(references: Random, payments_max: usize) -> Self {
        Self {
            payments: HashMap::new(),
            payment_by_reference: HashMap::new(),
            payment_by_key: HashMap::new(),
            disputes: Vec::new(),
            changes: 0,
            ledger: Vec::new(),
            references,
            payments_max,
        }
    }

    /// Opens a payment, or gives the one that was opened with the same key.
    pub fn open(&mut self, opening: Opening) -> Result<Payment, Refusal> {
        if let Some(payment) = self.payment_by_key.get(&opening.idempotency_key) {
            let payment = &self.payments[payment];
            return if payment.opening == opening {
                Ok(payment.clone())
            } else {
                Err(Refusal::KeyReused)
            };
        }
        if self.payments.contains_key(&opening.payment_id) {
            return Err(Refusal::Exists(opening.payment_id));
        }
        if opening.amount.minor <= 0 {
            return Err(Refusal::AmountNotPositive);
        }
        if self.payments.len() >= self.payments_max {
            return Err(Refusal::Full(self.payments_max));
        }
        let reference = self.reference("sbx");
        let id = opening.payment_id.clone();
        self.payment_by_key.insert(opening.idempotency_key.clone(), id.clone());
        self.payment_by_reference.insert(reference.clone(), id.clone());
        let payment = Payment { opening, reference, state: State::Open, refunds: Vec::new() };
        self.payments.insert(id, payment.clone());
        Ok(payment)
    }

    /// Takes the buyer's money. Gives whether it was taken just now: paying twice charges once.
    pub fn pay(&mut self, payment_id: &str, now: Timestamp) -> Result<bool, Refusal> {
        let payment = self.current(payment_id, now)?;
        match &payment.state {
            State::Captured { .. } => return Ok(false),
            State::Open => {}
            other => return Err(Refusal::NotPossible(other.name())),
        }
        payment.state = State::Captured { at: now };
        let entry = Entry {
            kind: EntryKind::Charge,
            payment_id: payment_id.to_owned(),
            refund_id: None,
            reference: payment.reference.clone(),
            idempotency_key: payment.opening.idempotency_key.clone(),
            amount: payment.opening.amount,
            at: now,
        };
        self.ledger.push(entry);
        Ok(true)
    }

    /// Declines the buyer. Gives whether that changed anything.
    pub fn decline(
        &mut self,
        payment_id: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let payment = self.current(payment_id, now)?;
        match &payment.state {
            State::Failed { .. } => Ok(false),
            State::Open => {
                payment.state = State::Failed { reason: reason.to_owned() };
                Ok(true)
            }
            other => Err(Refusal::NotPossible(other.name())),
        }
    }

    /// Closes a payment that nobody paid; any other is left as it is. Gives the payment afterwards.
    pub fn void(&mut self, payment_id: &str, now: Timestamp) -> Result<Payment, Refusal> {
        let payment = self.current(payment_id, now)?;
        if payment.state == State::Open {
            payment.state = State::Voided;
        }
        Ok(payment.clone())
    }

    /// Sends money back, or fails to with `failure`. Gives the refund and whether it is new.
    ///
    /// A refund that failed may be ordered again under the same id with a new key.
    pub fn refund(
        &mut self,
        payment_id: &str,
        order: RefundOrder,
        failure: Option<String>,
        now: Timestamp,
    ) -> Result<(Refund, bool), Refusal> {
        let reference = self.reference("sbr");
        let taken = self.taken_minor(payment_id);
        let payment = self.current(payment_id, now)?;
        let earlier = payment.refunds.iter().position(|it| it.order.refund_id == order.refund_id);
        if let Some(index) = earlier {
            let earlier = &payment.refunds[index];
            if earlier.order == order {
                return Ok((earlier.clone(), false));
            }
            if earlier.order.idempotency_key == order.idempotency_key {
                return Err(Refusal::KeyReused);
            }
            if earlier.failure.is_none() {
                return Err(Refusal::Exists(order.refund_id));
            }
        }
        if !matches!(payment.state, State::Captured { .. }) {
            return Err(Refusal::NotPossible(payment.state.name()));
        }
        if order.amount.minor <= 0 {
            return Err(Refusal::AmountNotPositive);
        }
        let left = payment.opening.amount.minor - payment.refunded().minor;
        if order.amount.currency != payment.opening.amount.currency || order.amount.minor > left {
            return Err(Refusal::RefundTooLarge);
        }
        if payment.is_under_dispute(order.amount.minor, taken) {
            return Err(Refusal::Disputed);
        }
        let refund = Refund { order, reference, at: now, failure };
        match earlier {
            Some(index) => payment.refunds[index] = refund.clone(),
            None => payment.refunds.push(refund.clone()),
        }
        if refund.failure.is_none() {
            self.ledger.push(Entry {
                kind: EntryKind::Refund,
                payment_id: payment_id.to_owned(),
                refund_id: Some(refund.order.refund_id.clone()),
                reference: refund.reference.clone(),
                idempotency_key: refund.order.idempotency_key.clone(),
                amount: refund.order.amount,
                at: now,
            });
        }
        Ok((refund, true))
    }

    /// A payment by the merchant's id, as it stands now.
    pub fn payment(&mut self, payment_id: &str, now: Timestamp) -> Result<Payment, Refusal> {
        self.current(payment_id, now).map(|payment| payment.clone())
    }

    /// A payment by the gateway's own id, as it stands now.
    pub fn by_reference(&mut self, reference: &str, now: Timestamp) -> Result<Payment, Refusal> {
        let not_found = || Refusal::NotFound(reference.to_owned());
        let id = self.payment_by_reference.get(reference).ok_or_else(not_found)?.clone();
        self.payment(&id, now)
    }

    /// Every movement of money, oldest first.
    pub fn ledger(&self) -> &[Entry] {
        &self.ledger
    }

    fn current(&mut self, payment_id: &str, now: Timestamp) -> Result<&mut Payment, Refusal> {
        let payment = self
            .payments
            .get_mut(payment_id)
            .ok_or_else(|| Refusal::NotFound(payment_id.to_owned()))?;
        if payment.state == State::Open && now > payment.opening.expires_at {
            payment.state = State::Expired;
        }
        Ok(payment)
    }

    fn reference(&mut self, prefix: &str) -> String {
        format!("{prefix}_{:016x}", self.references.next_u64())
    }
}

impl Payment {
    /// How much of it was sent back.
    pub fn refunded(&self) -> Money {
        let sent = self.refunds.iter().filter(|refund| refund.failure.is_none());
        let minor = sent.map(|refund| refund.order.amount.minor).sum();
        Money::new(minor, self.opening.amount.currency)
    }
}

impl State {
    /// The word for it in the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Captured { .. } => "captured",
            Self::Failed { .. } => "failed",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Currency, Span};
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn books() -> Books {
        Books::new(Random::from_seed(1), 3)
    }

    fn opening(id: &str, key: &str) -> Opening {
        Opening {
            payment_id: id.into(),
            order_number: "20261122-0001".into(),
            amount: Money::new(1_000, Currency::Cny),
            description: "Tea".into(),
            return_url: "http://127.0.0.1/back".into(),
            notify_url: "http://127.0.0.1/notify".into(),
            expires_at: NOON + Span::minutes(30),
            idempotency_key: key.into(),
        }
    }

    fn refund(id: &str, key: &str, minor: i64) -> RefundOrder {
        RefundOrder {
            refund_id: id.into(),
            amount: Money::new(minor, Currency::Cny),
            reason: "broken".into(),
            idempotency_key: key.into(),
        }
    }

    #[test]
    fn a_key_belongs_to_one_request() {
        let mut books = books();
        let first = books.open(opening("a", "k")).unwrap();
        assert_eq!(books.open(opening("a", "k")).unwrap().reference, first.reference);
        assert_eq!(books.open(opening("b", "k")).unwrap_err(), Refusal::KeyReused);
        assert_eq!(books.open(opening("a", "l")).unwrap_err(), Refusal::Exists("a".into()));
    }

    #[test]
    fn a_payment_is_charged_once_and_not_after_its_end() {
        let mut books = books();
        books.open(opening("a", "a")).unwrap();
        books.open(opening("b", "b")).unwrap();
        books.open(opening("c", "c")).unwrap();
        assert_eq!(books.open(opening("d", "d")).unwrap_err(), Refusal::Full(3));
        assert_eq!(books.pay("a", NOON), Ok(true));
        assert_eq!(books.pay("a", NOON), Ok(false));
        let late = NOON + Span::minutes(31);
        assert_eq!(books.pay("b", late), Err(Refusal::NotPossible("expired")));
        assert_eq!(books.void("c", NOON).unwrap().state, State::Voided);
        assert_eq!(books.pay("c", NOON), Err(Refusal::NotPossible("voided")));
        assert_eq!(books.void("a", NOON).unwrap().state, State::Captured { at: NOON });
        assert_eq!(books.ledger().len(), 1);
    }

    #[test]
    fn a_failed_refund_is_ordered_again_with_a_new_key_and_a_sent_one_is_not() {
        let mut books = books();
        books.open(opening("a", "a")).unwrap();
        books.pay("a", NOON).unwrap();
        let failed = books.refund("a", refund("r", "1", 400), Some("bank".into()), NOON).unwrap();
        assert_eq!(failed.0.failure.as_deref(), Some("bank"));
        assert!(books.refund("a", refund("r", "2", 400), None, NOON).unwrap().1);
        assert!(!books.refund("a", refund("r", "2", 400), None, NOON).unwrap().1);
        let again = books.refund("a", refund("r", "3", 400), None, NOON);
        assert_eq!(again.unwrap_err(), Refusal::Exists("r".into()));
        let reused = books.refund("a", refund("r", "2", 401), None, NOON);
        assert_eq!(reused.unwrap_err(), Refusal::KeyReused);
        assert_eq!(books.payment("a", NOON).unwrap().refunded().minor, 400);
    }

    proptest! {
        /// Whatever a merchant sends, in any order and however often: no more goes back than came.
        #[test]
        fn refunds_stay_within_the_capture(
            orders in proptest::collection::vec((0_u8..4, 0_u8..3, -50_i64..700, any::<bool>()), 0..40),
        ) {
            let mut books = books();
            books.open(opening("a", "a")).unwrap();
            books.pay("a", NOON).unwrap();
            for (id, key, minor, fails) in orders {
                let order = refund(&format!("r{id}"), &format!("{id}-{key}"), minor);
                let _refused_or_not = books.refund("a", order, fails.then(String::new), NOON);
                let sent: i64 = books.ledger()[1..].iter().map(|entry| entry.amount.minor).sum();
                prop_assert!((0..=1_000).contains(&sent));
                prop_assert_eq!(books.payment("a", NOON).unwrap().refunded().minor, sent);
            }
        }
    }
}
