//! Disputes at the gateway: buyers' banks take money back, hear the merchant, and decide.
//!
//! Money leaves the merchant when a dispute is opened, and comes back when it is won. A merchant that does
//! not answer in time has lost.

use ordermill_base::{Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Books, Entry, EntryKind, Payment, Refusal, State};

/// A dispute as the gateway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The gateway's id.
    pub reference: String,
    /// The merchant's id of the payment.
    pub payment_id: String,
    /// How much the bank wants back.
    pub amount: Money,
    /// What the gateway takes for its trouble, minor units of the same currency.
    pub fee_minor: i64,
    /// Why.
    pub reason: Reason,
    /// Where it stands.
    pub status: Status,
    /// Since when.
    pub opened_at: Timestamp,
    /// The last moment to answer.
    pub respond_by: Timestamp,
    /// What the merchant has submitted, with the key of that request.
    pub evidence: Option<(String, serde_json::Value)>,
    /// Grows with every change of any dispute: the place in the list.
    pub change: u64,
}

/// Why a bank wants money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are their own description")]
pub enum Reason {
    Fraudulent,
    NotReceived,
    NotAsDescribed,
    Duplicate,
    CreditNotProcessed,
    Other,
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are their own description")]
pub enum Status {
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
    Accepted,
}

impl Status {
    /// Whether the bank has not decided yet.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::NeedsResponse | Self::UnderReview)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::NeedsResponse => "not answered",
            Self::UnderReview => "under review",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Accepted => "accepted",
        }
    }
}

/// What a bank asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// How much; all that is left of the payment if nothing is said.
    pub amount: Option<Money>,
    /// What the gateway takes for its trouble, minor units.
    pub fee_minor: i64,
    /// Why.
    pub reason: Reason,
    /// Until when the merchant may answer.
    pub respond_by: Timestamp,
    /// Whether the bank knows of refunds. One that does not may want what the buyer has got already.
    pub knows_refunds: bool,
}

/// How a bank decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// For the merchant.
    Won,
    /// For the buyer.
    Lost,
}

impl Books {
    /// A buyer's bank takes money back.
    pub fn dispute(
        &mut self,
        payment_id: &str,
        claim: Claim,
        now: Timestamp,
    ) -> Result<Dispute, Refusal> {
        let reference = self.reference("sbd");
        let taken = self.taken_minor(payment_id);
        let payment = self.current(payment_id, now)?;
        if !matches!(payment.state, State::Captured { .. }) {
            return Err(Refusal::NotPossible(payment.state.name()));
        }
        let paid = payment.opening.amount;
        let refunded = if claim.knows_refunds { payment.refunded().minor } else { 0 };
        let left = paid.minor - taken - refunded;
        let amount = claim.amount.unwrap_or(Money::new(left, paid.currency));
        if amount.minor <= 0 {
            return Err(Refusal::AmountNotPositive);
        }
        if amount.currency != paid.currency || amount.minor > left {
            return Err(Refusal::RefundTooLarge);
        }
        let dispute = Dispute {
            reference,
            payment_id: payment_id.to_owned(),
            amount,
            fee_minor: claim.fee_minor,
            reason: claim.reason,
            status: Status::NeedsResponse,
            opened_at: now,
            respond_by: claim.respond_by,
            evidence: None,
            change: self.next_change(),
        };
        self.enter(&dispute, EntryKind::Chargeback, now);
        self.disputes.push(dispute.clone());
        Ok(dispute)
    }

    /// Takes the merchant's evidence; the same key again is the same submission. Gives the dispute and
    /// whether that changed anything.
    pub fn submit_evidence(
        &mut self,
        reference: &str,
        key: &str,
        evidence: serde_json::Value,
    ) -> Result<(Dispute, bool), Refusal> {
        let dispute = self.known(reference)?;
        if let Some((known, before)) = &dispute.evidence
            && known == key
        {
            let is_same = *before == evidence;
            return if is_same { Ok((dispute.clone(), false)) } else { Err(Refusal::KeyReused) };
        }
        if dispute.status != Status::NeedsResponse {
            return Err(Refusal::DisputeOver(dispute.status.name()));
        }
        dispute.evidence = Some((key.to_owned(), evidence));
        Ok((self.move_on(reference, Status::UnderReview)?, true))
    }

    /// The merchant does not contest. Gives the dispute and whether that changed anything.
    pub fn accept_dispute(&mut self, reference: &str) -> Result<(Dispute, bool), Refusal> {
        let dispute = self.known(reference)?;
        match dispute.status {
            Status::Accepted => Ok((dispute.clone(), false)),
            status if status.is_open() => Ok((self.move_on(reference, Status::Accepted)?, true)),
            status => Err(Refusal::DisputeOver(status.name())),
        }
    }

    /// The bank decides. Gives the dispute and whether that changed anything.
    pub fn decide(
        &mut self,
        reference: &str,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(Dispute, bool), Refusal> {
        let status = match outcome {
            Outcome::Won => Status::Won,
            Outcome::Lost => Status::Lost,
        };
        let dispute = self.known(reference)?;
        match dispute.status {
            known if known == status => Ok((dispute.clone(), false)),
            known if known.is_open() => {
                let decided = self.move_on(reference, status)?;
                if outcome == Outcome::Won {
                    self.enter(&decided, EntryKind::ChargebackReversal, now);
                }
                Ok((decided, true))
            }
            known => Err(Refusal::DisputeOver(known.name())),
        }
    }

    /// Merchants that have not answered in time have lost. Gives what changed.
    pub fn lapse(&mut self, now: Timestamp) -> Vec<Dispute> {
        let is_late = |it: &&Dispute| it.status == Status::NeedsResponse && it.respond_by < now;
        let late: Vec<String> =
            self.disputes.iter().filter(is_late).map(|it| it.reference.clone()).collect();
        late.iter().filter_map(|reference| self.move_on(reference, Status::Lost).ok()).collect()
    }

    /// A dispute by the gateway's id.
    pub fn dispute_by_reference(&self, reference: &str) -> Result<&Dispute, Refusal> {
        let found = self.disputes.iter().find(|it| it.reference == reference);
        found.ok_or_else(|| Refusal::NotFound(reference.to_owned()))
    }

    /// Disputes that changed behind a place in the list, in the order of their last change, at most
    /// `limit`.
    pub fn disputes_after(&self, change: u64, limit: usize) -> Vec<Dispute> {
        let mut changed: Vec<Dispute> =
            self.disputes.iter().filter(|it| it.change > change).cloned().collect();
        changed.sort_by_key(|dispute| dispute.change);
        changed.truncate(limit);
        changed
    }

    /// What banks hold or have of a payment, minor units.
    pub(super) fn taken_minor(&self, payment_id: &str) -> i64 {
        let of_it = self.disputes.iter().filter(|it| it.payment_id == payment_id);
        of_it.filter(|it| it.status != Status::Won).map(|it| it.amount.minor).sum()
    }

    fn known(&mut self, reference: &str) -> Result<&mut Dispute, Refusal> {
        let found = self.disputes.iter_mut().find(|it| it.reference == reference);
        found.ok_or_else(|| Refusal::NotFound(reference.to_owned()))
    }

    fn move_on(&mut self, reference: &str, status: Status) -> Result<Dispute, Refusal> {
        let change = self.next_change();
        let dispute = self.known(reference)?;
        (dispute.status, dispute.change) = (status, change);
        Ok(dispute.clone())
    }

    fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    fn enter(&mut self, dispute: &Dispute, kind: EntryKind, at: Timestamp) {
        self.ledger.push(Entry {
            kind,
            payment_id: dispute.payment_id.clone(),
            refund_id: None,
            reference: dispute.reference.clone(),
            idempotency_key: dispute.reference.clone(),
            amount: dispute.amount,
            at,
        });
    }
}

impl Payment {
    /// Whether a refund of so much would send out what a bank holds or has, given in `taken_minor`.
    pub(super) fn is_under_dispute(&self, minor: i64, taken_minor: i64) -> bool {
        taken_minor > 0 && minor > self.opening.amount.minor - self.refunded().minor - taken_minor
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Currency, Random, Span};

    use super::*;
    use crate::books::{Opening, RefundOrder};

    const NOON: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn paid() -> Books {
        let mut books = Books::new(Random::from_seed(1), 3);
        let opening = Opening {
            payment_id: "a".into(),
            order_number: "1".into(),
            amount: Money::new(1_000, Currency::Cny),
            description: "Tea".into(),
            return_url: "http://127.0.0.1/back".into(),
            notify_url: "http://127.0.0.1/notify".into(),
            expires_at: NOON + Span::minutes(30),
            idempotency_key: "a".into(),
        };
        books.open(opening).unwrap();
        books.pay("a", NOON).unwrap();
        books
    }

    fn claim(minor: Option<i64>) -> Claim {
        Claim {
            amount: minor.map(|minor| Money::new(minor, Currency::Cny)),
            fee_minor: 0,
            reason: Reason::NotReceived,
            respond_by: NOON + Span::days(7),
            knows_refunds: true,
        }
    }

    fn refund(id: &str, minor: i64) -> RefundOrder {
        RefundOrder {
            refund_id: id.into(),
            amount: Money::new(minor, Currency::Cny),
            reason: "broken".into(),
            idempotency_key: id.into(),
        }
    }

    #[test]
    fn what_a_bank_holds_is_neither_refunded_nor_disputed_again() {
        let mut books = paid();
        books.refund("a", refund("r1", 300), None, NOON).unwrap();
        let dispute = books.dispute("a", claim(None), NOON).unwrap();
        assert_eq!(dispute.amount.minor, 700);
        let again = books.dispute("a", claim(Some(1)), NOON);
        assert_eq!(again.unwrap_err(), Refusal::RefundTooLarge);
        let refused = books.refund("a", refund("r2", 1), None, NOON);
        assert_eq!(refused.unwrap_err(), Refusal::Disputed);
        books.decide(&dispute.reference, Outcome::Won, NOON).unwrap();
        books.refund("a", refund("r2", 700), None, NOON).unwrap();
    }

    #[test]
    fn evidence_is_taken_once_and_a_silent_merchant_loses() {
        let mut books = paid();
        let first = books.dispute("a", claim(Some(400)), NOON).unwrap().reference;
        let evidence = serde_json::json!({ "text": "it came" });
        assert!(books.submit_evidence(&first, "k", evidence.clone()).unwrap().1);
        assert!(!books.submit_evidence(&first, "k", evidence.clone()).unwrap().1);
        let other = books.submit_evidence(&first, "k", serde_json::json!({}));
        assert_eq!(other.unwrap_err(), Refusal::KeyReused);
        assert!(books.submit_evidence(&first, "l", evidence).is_err());
        let second = books.dispute("a", claim(None), NOON).unwrap().reference;
        let lapsed = books.lapse(NOON + Span::days(8));
        assert_eq!(lapsed.len(), 1, "only the one that nobody has answered");
        assert_eq!(books.dispute_by_reference(&second).unwrap().status, Status::Lost);
        let changed = books.disputes_after(1, 9);
        assert_eq!(changed.len(), 2, "each stands at its last change");
    }
}
