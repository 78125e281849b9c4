//! What the sandbox does about disputes, and whom it tells.

use ordermill_base::{Span, Timestamp};

use crate::Sandbox;
use crate::books::{Claim, Dispute, Outcome, Reason, Refusal, Status};
use crate::notice::{Kind, NoticedDispute};
use crate::sandbox::{About, Shelf};

/// How long a merchant may take to answer if the tester says nothing.
pub(crate) const RESPOND_WITHIN: Span = Span::days(7);

impl Sandbox {
    /// A buyer's bank takes money of a payment back.
    pub fn open_dispute(&self, payment_id: &str, claim: Claim) -> Result<Dispute, Refusal> {
        let now = self.now();
        let mut shelf = self.shelf();
        let dispute = shelf.books.dispute(payment_id, claim, now)?;
        self.tell_dispute(&mut shelf, &dispute, now);
        Ok(dispute)
    }

    /// A buyer's bank takes all of a payment back, if it was paid; on request by an amount or a rule.
    pub(crate) fn dispute_all_of(&self, payment_id: &str) {
        let respond_by = self.now() + RESPOND_WITHIN;
        let reason = Reason::NotReceived;
        let claim = Claim { amount: None, fee_minor: 0, reason, respond_by, knows_refunds: true };
        // What was declined or never paid cannot be disputed.
        let _refused = self.open_dispute(payment_id, claim);
    }

    /// The bank decides.
    pub fn decide_dispute(&self, reference: &str, outcome: Outcome) -> Result<Dispute, Refusal> {
        let now = self.now();
        let mut shelf = self.shelf();
        self.lapse(&mut shelf, now);
        let decided = shelf.books.decide(reference, outcome, now)?;
        Ok(self.told(&mut shelf, decided, now))
    }

    /// A dispute as it stands now.
    pub fn dispute(&self, reference: &str) -> Result<Dispute, Refusal> {
        let mut shelf = self.shelf();
        self.lapse(&mut shelf, self.now());
        shelf.books.dispute_by_reference(reference).cloned()
    }

    pub(crate) fn disputes_after(&self, change: u64, limit: usize) -> Vec<Dispute> {
        let mut shelf = self.shelf();
        self.lapse(&mut shelf, self.now());
        shelf.books.disputes_after(change, limit)
    }

    pub(crate) fn submit_evidence(
        &self,
        reference: &str,
        key: &str,
        evidence: serde_json::Value,
    ) -> Result<Dispute, Refusal> {
        let mut shelf = self.shelf();
        let submitted = shelf.books.submit_evidence(reference, key, evidence)?;
        Ok(self.told(&mut shelf, submitted, self.now()))
    }

    pub(crate) fn accept_dispute(&self, reference: &str) -> Result<Dispute, Refusal> {
        let mut shelf = self.shelf();
        let accepted = shelf.books.accept_dispute(reference)?;
        Ok(self.told(&mut shelf, accepted, self.now()))
    }

    fn told(
        &self,
        shelf: &mut Shelf,
        (dispute, is_changed): (Dispute, bool),
        at: Timestamp,
    ) -> Dispute {
        if is_changed {
            self.tell_dispute(shelf, &dispute, at);
        }
        dispute
    }

    fn lapse(&self, shelf: &mut Shelf, now: Timestamp) {
        for dispute in shelf.books.lapse(now) {
            self.tell_dispute(shelf, &dispute, now);
        }
    }

    fn tell_dispute(&self, shelf: &mut Shelf, dispute: &Dispute, at: Timestamp) {
        let Ok(payment) = shelf.books.payment(&dispute.payment_id, at) else { return };
        let kind = match dispute.status {
            Status::NeedsResponse => Kind::DisputeCreated,
            Status::UnderReview => Kind::DisputeUpdated,
            Status::Won | Status::Lost | Status::Accepted => Kind::DisputeClosed,
        };
        let about = About {
            kind,
            refund_id: None,
            reference: &dispute.reference,
            reason: None,
            dispute: Some(NoticedDispute::from(dispute)),
            at,
        };
        self.post(shelf, &payment, dispute.amount, about);
    }
}
