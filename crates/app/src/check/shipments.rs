//! Shipments against their histories, and against what carriers have said of them.

use ordermill_base::Id as _;
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::shipment::{Event, Shipment, State, Step};
use ordermill_storage::Error;
use ordermill_storage::check::{self, Walk};
use ordermill_storage::journal::Entry;

use super::Examination;
use super::folded::{Folded, examine};

/// I5, I6: folding the events gives what is stored, each was a legal step, and nothing is looked at
/// that is over.
pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("shipments", Walk::Shipments, |examination, range| {
        let stored = check::shipments(examination.tx, range)?;
        for it in &stored {
            let facts = it.shipment.facts();
            if facts.state.is_over() != it.look_at.is_none() {
                examination.found("I7", facts.id, "looked at although it is over, or the reverse");
            }
            if it.heard_at > Some(examination.now) {
                examination.found("I5", facts.id, "heard of in the future");
            }
        }
        let stored = stored.into_iter().map(|it| (it.shipment.facts().id, it.shipment));
        examine(examination, "shipment", range, stored.collect())
    })
}

impl Folded for Shipment {
    type Key = ShipmentId;
    type Event = Event;

    fn event(any: AnyEvent) -> Option<Event> {
        if let AnyEvent::Shipment(event) = any { Some(event) } else { None }
    }

    fn start(id: ShipmentId, event: &Event, entry: &Entry) -> Option<Self> {
        Self::created(id, event, entry.at)
    }

    fn version(&self) -> i64 {
        self.facts().version
    }

    fn is_legal(&self, event: &Event) -> bool {
        let may = |step: Step| self.state().after(step).is_ok();
        match event {
            Event::Created(_) => false,
            Event::HandedOver { .. } => may(Step::HandOver),
            Event::Tracked { status, scanned_at } => {
                self.facts().track.is_moved_by(*status, *scanned_at)
            }
            Event::Reshipped => {
                self.state() != State::Voided && self.facts().reshipped_at.is_none()
            }
            Event::Planned { .. } | Event::ToldAgain => self.state() != State::Voided,
            Event::Delivered { .. } => may(Step::Deliver),
            Event::Voided => may(Step::Void),
            Event::ReturnedToSender => may(Step::Return),
            Event::Lost => may(Step::Lose),
        }
    }

    fn fold(&mut self, event: &Event, entry: &Entry) {
        self.apply(event, entry.at);
    }

    fn standing(&self) -> String {
        let facts = self.facts();
        let track = facts.track.status;
        format!("{} and {track} at version {} of {}", facts.state, facts.version, facts.id.raw())
    }
}
