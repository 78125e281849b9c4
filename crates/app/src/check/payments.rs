//! Payments and refunds against their histories.

use std::collections::BTreeMap;

use ordermill_base::Id;
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::payment::{self, Payment};
use ordermill_domain::refund::{self, Refund};
use ordermill_storage::Error;
use ordermill_storage::check::{self, Range, Walk};
use ordermill_storage::journal::Entry;

use super::Examination;

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

/// What is folded from a history of its own.
trait Folded: PartialEq + Sized {
    type Key: Id;
    type Event;
    fn event(any: AnyEvent) -> Option<Self::Event>;
    fn start(id: Self::Key, event: &Self::Event, entry: &Entry) -> Option<Self>;
    fn version(&self) -> i64;
    fn is_legal(&self, event: &Self::Event) -> bool;
    fn fold(&mut self, event: &Self::Event, entry: &Entry);
    /// Where it stands, for people.
    fn standing(&self) -> String;
}

/// I5, I6: folding the events gives what is stored, and each was a legal step.
fn examine<T: Folded>(
    examination: &mut Examination<'_, '_>,
    aggregate: &str,
    range: Range,
    mut stored: BTreeMap<T::Key, T>,
) -> Result<(), Error> {
    let mut histories: BTreeMap<T::Key, Vec<Entry>> = BTreeMap::new();
    for entry in check::histories(examination.tx, aggregate, range)? {
        histories.entry(T::Key::from_raw(entry.aggregate_id)).or_default().push(entry);
    }
    for (id, history) in histories {
        match (stored.remove(&id), fold::<T>(examination, id, &history)) {
            (None, _) => examination.found("I5", id, format!("a history without a {aggregate}")),
            (Some(stored), Some(folded)) if stored != folded => {
                let (is, happened) = (stored.standing(), folded.standing());
                let what = format!("stored is not what happened: {is}, its events say {happened}");
                examination.found("I5", id, what);
            }
            (Some(_), _) => {}
        }
    }
    for id in stored.keys() {
        examination.found("I5", id, format!("a {aggregate} without a history"));
    }
    Ok(())
}

fn fold<T: Folded>(
    examination: &mut Examination<'_, '_>,
    id: T::Key,
    history: &[Entry],
) -> Option<T> {
    let mut folded: Option<T> = None;
    for entry in history {
        let event = AnyEvent::from_json(&entry.kind, &entry.body).ok();
        let event = event.filter(|event| event.kind() == entry.kind).and_then(T::event);
        let Some(event) = event else {
            examination.found("I5", id, format!("event {} cannot be read", entry.sequence));
            return None;
        };
        let before = folded.as_ref().map_or(0, T::version);
        if entry.sequence != before + 1 {
            examination.found("I5", id, format!("event {} follows event {before}", entry.sequence));
            return None;
        }
        match &mut folded {
            None => {
                folded = T::start(id, &event, entry);
                if folded.is_none() {
                    examination.found("I6", id, "its history does not begin with its beginning");
                    return None;
                }
            }
            Some(known) => {
                if !known.is_legal(&event) {
                    let what = format!("{} while it was {}", entry.kind, known.standing());
                    examination.found("I6", id, what);
                }
                known.fold(&event, entry);
            }
        }
    }
    folded
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
