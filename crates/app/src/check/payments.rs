//! Payments, refunds and disputes against their histories.

use ordermill_domain::dispute::{self, Dispute};
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::payment::{self, Payment};
use ordermill_domain::refund::{self, Refund};
use ordermill_storage::Error;
use ordermill_storage::check::{self, Walk};
use ordermill_storage::journal::Entry;

use super::Examination;
use super::folded::{Folded, examine};

pub(super) fn run_payments(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("payments", Walk::Payments, |examination, range| {
        let stored = check::payments(examination.tx, range)?;
        let stored = stored.into_iter().map(|payment| (payment.facts().id, payment));
        examine(examination, "payment", range, stored.collect())
    })
}

pub(super) fn run_refunds(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("refunds", Walk::Refunds, |examination, range| {
        let stored = check::refunds(examination.tx, range)?;
        let stored = stored.into_iter().map(|refund| (refund.facts().id, refund));
        examine(examination, "refund", range, stored.collect())
    })
}

pub(super) fn run_disputes(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("disputes", Walk::Disputes, |examination, range| {
        let stored = check::disputes(examination.tx, range)?;
        let stored = stored.into_iter().map(|dispute| (dispute.facts().id, dispute));
        examine(examination, "dispute", range, stored.collect())
    })
}

impl Folded for Payment {
    type Key = ordermill_domain::ids::PaymentId;
    type Event = payment::Event;

    fn event(any: AnyEvent) -> Option<payment::Event> {
        if let AnyEvent::Payment(event) = any { Some(event) } else { None }
    }

    fn start(id: Self::Key, event: &payment::Event, entry: &Entry) -> Option<Self> {
        Self::created(id, event, entry.at)
    }

    fn version(&self) -> i64 {
        self.facts().version
    }

    fn is_legal(&self, event: &payment::Event) -> bool {
        use payment::{Event, Step};
        let is = |from: &payment::State, step| self.state() == *from && from.after(step).is_ok();
        match event {
            Event::Created { .. } => false,
            Event::Submitted { .. } => self.state().after(Step::Submit).is_ok(),
            Event::Authorized => self.state().after(Step::Authorize).is_ok(),
            Event::Captured { from, amount_minor, .. } => {
                is(from, Step::Capture) && *amount_minor == self.facts().amount.minor
            }
            Event::Failed { from } => is(from, Step::Fail),
            Event::Expired { from } => is(from, Step::Expire),
            Event::Voided { from } => is(from, Step::Void),
        }
    }

    fn fold(&mut self, event: &payment::Event, entry: &Entry) {
        self.apply(event, entry.at);
    }

    fn standing(&self) -> String {
        let facts = self.facts();
        format!("{} of {} at version {}", facts.state, facts.amount.minor, facts.version)
    }
}

impl Folded for Refund {
    type Key = ordermill_domain::ids::RefundId;
    type Event = refund::Event;

    fn event(any: AnyEvent) -> Option<refund::Event> {
        if let AnyEvent::Refund(event) = any { Some(event) } else { None }
    }

    fn start(id: Self::Key, event: &refund::Event, entry: &Entry) -> Option<Self> {
        Self::granted(id, event, entry.at)
    }

    fn version(&self) -> i64 {
        self.facts().version
    }

    fn is_legal(&self, event: &refund::Event) -> bool {
        use refund::{Event, Step};
        match event {
            Event::Granted { .. } => false,
            Event::Requested { from } => self.state() == *from && from.after(Step::Request).is_ok(),
            Event::Succeeded => self.state().after(Step::Succeed).is_ok(),
            Event::Failed => self.state().after(Step::Fail).is_ok(),
            Event::Withdrawn { from } => {
                self.state() == *from && from.after(Step::Withdraw).is_ok()
            }
        }
    }

    fn fold(&mut self, event: &refund::Event, entry: &Entry) {
        self.apply(event, entry.at);
    }

    fn standing(&self) -> String {
        let facts = self.facts();
        format!("{} of {} at version {}", facts.state, facts.amount.minor, facts.version)
    }
}

impl Folded for Dispute {
    type Key = ordermill_domain::ids::DisputeId;
    type Event = dispute::Event;

    fn event(any: AnyEvent) -> Option<dispute::Event> {
        if let AnyEvent::Dispute(event) = any { Some(event) } else { None }
    }

    fn start(id: Self::Key, event: &dispute::Event, _entry: &Entry) -> Option<Self> {
        Self::opened(id, event)
    }

    fn version(&self) -> i64 {
        self.facts().version
    }

    fn is_legal(&self, event: &dispute::Event) -> bool {
        use dispute::{Event, State, Step};
        let is = |from: &State, step| self.state() == *from && from.after(step).is_ok();
        let answer = self.facts().answer;
        match event {
            Event::Opened(_) => false,
            Event::Answered { .. } => self.state() == State::NeedsResponse && answer.is_none(),
            Event::AnswerRefused { answer: refused } => answer == Some(*refused),
            Event::EvidenceSubmitted => self.state().after(Step::Submit).is_ok(),
            Event::Accepted { from } => is(from, Step::Accept),
            Event::Won { from } => is(from, Step::Win),
            Event::Lost { from } => is(from, Step::Lose),
        }
    }

    fn fold(&mut self, event: &dispute::Event, entry: &Entry) {
        self.apply(event, entry.at);
    }

    fn standing(&self) -> String {
        let facts = self.facts();
        format!("{} of {} at version {}", facts.state, facts.terms.amount.minor, facts.version)
    }
}
