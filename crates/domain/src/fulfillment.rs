//! Fulfillments: one location's share of an order, from planning until a carrier has it.
//!
//! An order may be split over several fulfillments. Whether the *order* is partly or fully shipped is
//! derived from its lines and never stored beside them.
//!
//! Start at [`Fulfillment`]; the life cycle is the one `match` in [`State::after`].
//!
//! Invariants: its location never changes, moving the work is a rejection and a new fulfillment; of each
//! line no more is picked than is to be shipped; what is to be shipped only shrinks.

mod event;
mod line;
mod state;

use ordermill_base::{Quantity, Timestamp};

pub use event::{Event, Planned, PlannedLine};
pub use line::Line;
pub use state::{InvalidTransition, RejectReason, ShortReason, State, Step};

use crate::ids::{FulfillmentId, LocationId, MergeId, OrderId, PackageId, WaveId};
use crate::order::{LineQuantity, of_line};

/// One location's share of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfillment {
    // Private: only events change it, so that folding the journal gives what is stored.
    facts: Facts,
}

/// What is stored of a fulfillment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its key.
    pub id: FulfillmentId,
    /// The order whose share it is.
    pub order: OrderId,
    /// Where the pieces are.
    pub location: LocationId,
    /// Where it stands.
    pub state: State,
    /// The sequence of its last event; 1 when just planned.
    pub version: i64,
    /// Goes before the others of its location.
    pub is_urgent: bool,
    /// When it should leave the building to arrive as promised.
    pub ship_by: Option<Timestamp>,
    /// It is not given to the floor before this moment.
    pub not_before: Option<Timestamp>,
    /// With which others it travels in one parcel.
    pub merge: Option<MergeId>,
    /// The wave with which it was released, while it is.
    pub wave: Option<WaveId>,
    /// Why the location gave it back.
    pub reject_reason: Option<RejectReason>,
    /// What is to be shipped, by line of the order.
    pub lines: Vec<Line>,
    /// When it reached its states.
    pub milestones: Milestones,
}

/// When a fulfillment reached its states; of a state that it reached twice, the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestones {
    /// Planned for its location.
    pub planned_at: Timestamp,
    /// Given to the floor.
    pub released_at: Option<Timestamp>,
    /// All of it in totes.
    pub picked_at: Option<Timestamp>,
    /// Compared with the order.
    pub rechecked_at: Option<Timestamp>,
    /// In closed packages.
    pub packed_at: Option<Timestamp>,
    /// With the carrier.
    pub handed_over_at: Option<Timestamp>,
    /// Closed, rejected or canceled.
    pub ended_at: Option<Timestamp>,
}

/// Why a fulfillment was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FulfillmentError {
    /// The life cycle says no.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// It has no such line, or not so many pieces of it to pick, put back or give up.
    #[error("line {line_no} has {available} pieces for that, not {asked}")]
    Pieces {
        /// Which line of the order.
        line_no: u16,
        /// How many there are.
        available: i64,
        /// How many were asked for.
        asked: i64,
    },
    /// Something is still to be picked.
    #[error("{missing} pieces of line {line_no} are still to be picked")]
    NotPicked {
        /// Which line of the order.
        line_no: u16,
        /// How many pieces.
        missing: i64,
    },
    /// Nothing is to be shipped any more: it is rejected instead.
    #[error("nothing of it is left to be shipped")]
    Empty,
}

impl Fulfillment {
    /// Plans a location's share of an order.
    ///
    /// # Errors
    /// [`FulfillmentError::Empty`] if it has no line.
    pub fn plan(
        id: FulfillmentId,
        planned: Planned,
        at: Timestamp,
    ) -> Result<(Self, Event), FulfillmentError> {
        if planned.lines.is_empty() {
            return Err(FulfillmentError::Empty);
        }
        let fulfillment = Self::planned(id, &planned, at);
        Ok((fulfillment, Event::Planned(planned)))
    }

    /// The fulfillment right after it was planned: where a fold of its journal starts.
    pub fn planned(id: FulfillmentId, planned: &Planned, at: Timestamp) -> Self {
        Self {
            facts: Facts {
                id,
                order: planned.order,
                location: planned.location,
                state: State::Planned,
                version: 1,
                is_urgent: planned.is_urgent,
                ship_by: planned.ship_by,
                not_before: planned.not_before,
                merge: None,
                wave: None,
                reject_reason: None,
                lines: planned.lines.iter().copied().map(Line::planned).collect(),
                milestones: Milestones {
                    planned_at: at,
                    released_at: None,
                    picked_at: None,
                    rechecked_at: None,
                    packed_at: None,
                    handed_over_at: None,
                    ended_at: None,
                },
            },
        }
    }

    /// A fulfillment as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Its key.
    pub const fn id(&self) -> FulfillmentId {
        self.facts.id
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// The sequence of its last event.
    pub const fn version(&self) -> i64 {
        self.facts.version
    }

    /// What is to be shipped of a line.
    pub fn line(&self, line_no: u16) -> Option<&Line> {
        self.facts.lines.iter().find(|line| line.line_no == line_no)
    }

    /// Lets it travel with others that are of this merge, in one parcel.
    pub fn merge(&mut self, merge: MergeId, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Merge)?;
        Ok(self.happened(Event::Merged { merge }, at))
    }

    /// Lets it travel by itself again.
    pub fn take_out(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::TakeOut)?;
        Ok(self.happened(Event::TakenOut, at))
    }

    /// Gives it to the floor with a wave.
    pub fn release(&mut self, wave: WaveId, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Release)?;
        Ok(self.happened(Event::Released { wave }, at))
    }

    /// Takes it back from the floor before anything was picked.
    pub fn withdraw(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Withdraw)?;
        Ok(self.happened(Event::Withdrawn, at))
    }

    /// Notes pieces that were taken from their bins.
    pub fn pick(
        &mut self,
        picked: Vec<LineQuantity>,
        at: Timestamp,
    ) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Pick)?;
        self.enough(&picked, Line::to_pick)?;
        Ok(self.happened(Event::LinesPicked { lines: picked }, at))
    }

    /// Notes pieces that were put back where they were taken from.
    pub fn put_back(
        &mut self,
        back: Vec<LineQuantity>,
        at: Timestamp,
    ) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::PutBack)?;
        self.enough(&back, |line| line.picked)?;
        Ok(self.happened(Event::LinesPutBack { lines: back }, at))
    }

    /// Gives up pieces of a line that could not be found: they are shipped by other means or not at all.
    pub fn record_short(
        &mut self,
        line_no: u16,
        missing: Quantity,
        reason: ShortReason,
        at: Timestamp,
    ) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Short)?;
        self.enough(&[LineQuantity { line_no, quantity: missing }], Line::to_pick)?;
        Ok(self.happened(Event::Shorted { line_no, missing, reason }, at))
    }

    /// Notes that all that is to be shipped lies in totes.
    pub fn finish_picking(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::FinishPicking)?;
        if let Some(line) = self.facts.lines.iter().find(|line| line.to_pick() > 0) {
            let (line_no, missing) = (line.line_no, line.to_pick());
            return Err(FulfillmentError::NotPicked { line_no, missing });
        }
        if self.is_empty() {
            return Err(FulfillmentError::Empty);
        }
        Ok(self.happened(Event::Picked, at))
    }

    /// Notes that what was picked is what was ordered.
    pub fn recheck(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Recheck)?;
        Ok(self.happened(Event::Rechecked, at))
    }

    /// Sends it back to the pickers: what was picked is not what was ordered.
    pub fn send_back(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::SendBack)?;
        Ok(self.happened(Event::SentBack, at))
    }

    /// Notes the closed packages that it lies in.
    pub fn pack(
        &mut self,
        packages: Vec<PackageId>,
        at: Timestamp,
    ) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Pack)?;
        if packages.is_empty() {
            return Err(FulfillmentError::Empty);
        }
        Ok(self.happened(Event::Packed { packages }, at))
    }

    /// Opens its packages again.
    pub fn unpack(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Unpack)?;
        Ok(self.happened(Event::Unpacked, at))
    }

    /// Notes that the carrier has all its packages.
    pub fn hand_over(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::HandOver)?;
        Ok(self.happened(Event::HandedOver, at))
    }

    /// Notes that all its packages have arrived, or were dealt with otherwise.
    pub fn close(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        self.facts.state.after(Step::Close)?;
        Ok(self.happened(Event::Closed, at))
    }

    /// Gives the work back: another location ships it, or nobody.
    pub fn reject(
        &mut self,
        reason: RejectReason,
        at: Timestamp,
    ) -> Result<Event, FulfillmentError> {
        let from = self.facts.state;
        from.after(Step::Reject)?;
        if self.has_picked() {
            let line = self.facts.lines.iter().find(|line| line.picked > 0);
            let (line_no, asked) = line.map_or((0, 0), |line| (line.line_no, line.picked));
            return Err(FulfillmentError::Pieces { line_no, available: 0, asked });
        }
        Ok(self.happened(Event::Rejected { from, reason }, at))
    }

    /// Ends it with its order. What was picked is put back by a task.
    pub fn cancel(&mut self, at: Timestamp) -> Result<Event, FulfillmentError> {
        let from = self.facts.state;
        from.after(Step::Cancel)?;
        Ok(self.happened(Event::Canceled { from }, at))
    }

    /// Whether anything lies in totes.
    pub fn has_picked(&self) -> bool {
        self.facts.lines.iter().any(|line| line.picked > 0)
    }

    /// Whether nothing is to be shipped any more.
    pub fn is_empty(&self) -> bool {
        self.facts.lines.iter().all(|line| line.quantity == 0)
    }

    /// Folds one event that was recorded at `at`. Says nothing about legality: what is in the
    /// journal has happened.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        facts.version += 1;
        facts.lines.iter_mut().for_each(|line| line.apply(event));
        let times = &mut facts.milestones;
        match *event {
            Event::Planned(ref planned) => *self = Self::planned(facts.id, planned, at),
            Event::Merged { merge } => facts.merge = Some(merge),
            Event::TakenOut => facts.merge = None,
            Event::Released { wave } => {
                facts.state = State::Released;
                facts.wave = Some(wave);
                times.released_at = Some(at);
            }
            Event::Withdrawn => {
                facts.state = State::Planned;
                facts.wave = None;
                times.released_at = None;
            }
            Event::LinesPicked { .. } | Event::LinesPutBack { .. } | Event::SentBack => {
                facts.state = State::Picking;
                times.picked_at = None;
            }
            Event::Shorted { .. } => {}
            Event::Picked => {
                facts.state = State::Picked;
                times.picked_at = Some(at);
            }
            Event::Rechecked => {
                facts.state = State::Rechecked;
                times.rechecked_at = Some(at);
            }
            Event::Packed { .. } => {
                facts.state = State::Packed;
                times.packed_at = Some(at);
            }
            Event::Unpacked => {
                facts.state = State::Rechecked;
                times.packed_at = None;
            }
            Event::HandedOver => {
                facts.state = State::HandedOver;
                times.handed_over_at = Some(at);
            }
            Event::Closed => {
                facts.state = State::Closed;
                times.ended_at = Some(at);
            }
            Event::Rejected { reason, .. } => {
                facts.state = State::Rejected;
                facts.reject_reason = Some(reason);
                times.ended_at = Some(at);
            }
            Event::Canceled { .. } => {
                facts.state = State::Canceled;
                times.ended_at = Some(at);
            }
        }
    }

    fn happened(&mut self, event: Event, at: Timestamp) -> Event {
        self.apply(&event, at);
        event
    }

    /// Checks that the lines have the named pieces, equal lines taken together.
    fn enough(
        &self,
        named: &[LineQuantity],
        has: impl Fn(&Line) -> i64,
    ) -> Result<(), FulfillmentError> {
        for &LineQuantity { line_no, .. } in named {
            let asked = of_line(named, line_no);
            let available = self.line(line_no).map_or(0, &has);
            if asked > available {
                return Err(FulfillmentError::Pieces { line_no, available, asked });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
