//! Pick lists: what one person fetches from the shelves on one walk, for several fulfillments.
//!
//! Each line is one stop: pieces of one SKU (and lot) in one bin, for the tote of one fulfillment, in
//! the order of the walk. The pieces are claimed in their bins from the release on, so that two lists
//! never take the same piece; a pick takes piece and claim out of the bin together.
//!
//! A list is worked on by scans. The first line that is not complete is the one at hand, and it asks for
//! the bin, then for the item, for the lot where there is one, and counts up. Start at
//! [`PickList::scan`]; everything that changes a list is an [`Event`], applied by [`PickList::apply`].
//!
//! Invariant: on each line, what was picked, short and dropped is never more than its quantity.

mod event;
mod line;
mod scan;

use ordermill_base::Timestamp;
use serde::{Deserialize, Serialize};

pub use event::Event;
pub use line::{Line, Step};
pub use scan::{Expected, Refusal};

use crate::code::coded;
use crate::fulfillment::ShortReason;
use crate::ids::{FulfillmentId, LocationId, PickListId, StaffId, WaveId};

coded! {
    /// Where a pick list stands.
    enum State {
        /// Nobody has taken it yet.
        Open = "open",
        /// Someone is walking.
        Picking = "picking",
        /// Each line is complete.
        Done = "done",
    }
}

/// A pick list with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickList {
    facts: Facts,
}

/// The plain values of a pick list, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its key.
    pub id: PickListId,
    /// Where.
    pub location: LocationId,
    /// The wave that it was released with.
    pub wave: WaveId,
    /// Where it stands.
    pub state: State,
    /// Who has it.
    pub picker: Option<StaffId>,
    /// How many totes stand on the cart.
    pub totes: i64,
    /// How long the planned walk is, in millimeters.
    pub walk_mm: i64,
    /// Whether it is proven that there is no shorter one.
    pub is_shortest: bool,
    /// When it was released.
    pub released_at: Timestamp,
    /// When its last line was complete.
    pub done_at: Option<Timestamp>,
    /// In the order of the walk.
    pub lines: Vec<Line>,
    /// Grows with every event.
    pub version: i64,
}

/// What a list is released with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Where.
    pub location: LocationId,
    /// The wave.
    pub wave: WaveId,
    /// How many totes stand on the cart.
    pub totes: i64,
    /// How long the planned walk is, in millimeters.
    pub walk_mm: i64,
    /// Whether it is proven that there is no shorter one.
    pub is_shortest: bool,
    /// In the order of the walk.
    pub lines: Vec<Line>,
}

/// Why a list stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A colleague has it.
    #[error("someone else is picking this list")]
    Taken,
    /// Nobody has taken it.
    #[error("nobody has taken this list")]
    NotTaken,
    /// Every line is complete.
    #[error("every line of this list is complete")]
    Done,
    /// Nothing has been picked that could be put back.
    #[error("nothing has been picked that could be put back")]
    NothingToUndo,
    /// The line has fewer pieces left, or in its tote.
    #[error("the line has {has} pieces, not {asked}")]
    TooMany {
        /// How many it has.
        has: i64,
        /// How many were asked.
        asked: i64,
    },
    /// There is no such line.
    #[error("there is no such line")]
    NoLine,
}

/// What people and printed lists call a list: its id in capitals, `P-01K2EY4XH0000`.
pub fn number(id: PickListId) -> String {
    let id = id.to_string();
    format!("P-{}", id.split_once('_').map_or(id.as_str(), |(_, id)| id).to_uppercase())
}

/// The list that a number names, in whatever case it was typed.
pub fn from_number(number: &str) -> Option<PickListId> {
    let number = number.trim().to_lowercase();
    let id = number.strip_prefix("p-").or_else(|| number.strip_prefix("pkl_"))?;
    format!("pkl_{id}").parse().ok()
}

impl PickList {
    /// Wraps what was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// The plain values.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// A new list; its event is the first of its history.
    pub fn release(id: PickListId, release: Release, at: Timestamp) -> (Self, Event) {
        let event = Event::Released(release);
        let list = Self::begin(id, &event, at).expect("a list begins with its release");
        (list, event)
    }

    /// The list after the first event of its history; none if that is not its release.
    pub fn begin(id: PickListId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Released(it) = event.clone() else { return None };
        let facts = Facts {
            id,
            location: it.location,
            wave: it.wave,
            state: State::Open,
            picker: None,
            totes: it.totes,
            walk_mm: it.walk_mm,
            is_shortest: it.is_shortest,
            released_at: at,
            done_at: None,
            lines: it.lines,
            version: 1,
        };
        Some(Self { facts })
    }

    /// The line at hand: the first that is not complete.
    pub fn at_hand(&self) -> Option<&Line> {
        self.facts.lines.iter().find(|line| line.left() > 0)
    }

    /// The line of this number.
    pub fn line(&self, no: i64) -> Option<&Line> {
        self.facts.lines.iter().find(|line| line.no == no)
    }

    /// What people and printed lists call it.
    pub fn number(&self) -> String {
        number(self.facts.id)
    }

    /// The fulfillments that it is for, each once.
    pub fn fulfillments(&self) -> Vec<FulfillmentId> {
        let mut all: Vec<_> = self.facts.lines.iter().map(|line| line.fulfillment).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether each line of a fulfillment on this list is complete.
    pub fn is_complete_for(&self, fulfillment: FulfillmentId) -> bool {
        let mut lines = self.facts.lines.iter().filter(|line| line.fulfillment == fulfillment);
        lines.all(|line| line.left() == 0)
    }

    /// Someone takes it. Taking it twice is taking it once; then there is no event.
    pub fn take(&mut self, by: StaffId, at: Timestamp) -> Result<Option<Event>, ListError> {
        match (self.facts.state, self.facts.picker) {
            (State::Done, _) => Err(ListError::Done),
            (State::Picking, Some(picker)) if picker == by => Ok(None),
            (State::Picking, _) => Err(ListError::Taken),
            (State::Open, _) => Ok(Some(self.happen(Event::Taken { by }, at))),
        }
    }

    /// They hand it back; what was picked stays picked.
    pub fn hand_back(&mut self, by: StaffId, at: Timestamp) -> Result<Event, ListError> {
        self.must_be_of(by)?;
        if self.facts.state == State::Done {
            return Err(ListError::Done);
        }
        Ok(self.happen(Event::HandedBack, at))
    }

    /// Pieces of the line at hand are not in their bin.
    pub fn report_short(
        &mut self,
        by: StaffId,
        pieces: i64,
        reason: ShortReason,
        at: Timestamp,
    ) -> Result<Event, ListError> {
        self.must_be_of(by)?;
        let line = self.at_hand().ok_or(ListError::Done)?;
        let (no, has) = (line.no, line.left());
        if !(1..=has).contains(&pieces) {
            return Err(ListError::TooMany { has, asked: pieces });
        }
        Ok(self.happen(Event::Short { line: no, pieces, reason }, at))
    }

    /// The newest pick is undone: the piece goes back to its bin.
    pub fn undo(&mut self, by: StaffId, at: Timestamp) -> Result<Event, ListError> {
        self.must_be_of(by)?;
        let end = self.at_hand().map_or(self.facts.lines.len(), |line| {
            self.facts.lines.iter().position(|it| it.no == line.no).map_or(0, |at| at + 1)
        });
        let walked = self.facts.lines[..end].iter().rev();
        let line = walked.take_while(|line| line.short == 0).find(|line| line.picked > 0);
        let no = line.ok_or(ListError::NothingToUndo)?.no;
        Ok(self.happen(Event::PutBack { line: no, pieces: 1 }, at))
    }

    /// Pieces that were short in one bin are fetched from another: a stop more, right behind.
    pub fn add_stop(&mut self, line: Line, at: Timestamp) -> Event {
        let no = self.facts.lines.iter().map(|line| line.no).max().unwrap_or(0) + 1;
        self.happen(Event::StopAdded(Line { no, ..line }), at)
    }

    /// A fulfillment is canceled: nothing more is picked for it. None if nothing is left to pick.
    pub fn drop_fulfillment(&mut self, fulfillment: FulfillmentId, at: Timestamp) -> Option<Event> {
        let is_left = self.facts.lines.iter();
        is_left.clone().find(|line| line.fulfillment == fulfillment && line.left() > 0)?;
        Some(self.happen(Event::Dropped { fulfillment }, at))
    }

    /// Pieces that were picked in vain are back on a shelf.
    pub fn put_away(&mut self, no: i64, pieces: i64, at: Timestamp) -> Result<Event, ListError> {
        let line = self.line(no).ok_or(ListError::NoLine)?;
        let has = line.picked - line.returned;
        if !(1..=has).contains(&pieces) {
            return Err(ListError::TooMany { has, asked: pieces });
        }
        Ok(self.happen(Event::Returned { line: no, pieces }, at))
    }

    fn must_be_of(&self, by: StaffId) -> Result<(), ListError> {
        match (self.facts.state, self.facts.picker) {
            (State::Done, Some(picker)) if picker == by => Ok(()),
            (State::Done, _) => Err(ListError::Done),
            (State::Open, _) => Err(ListError::NotTaken),
            (State::Picking, picker) if picker == Some(by) => Ok(()),
            (State::Picking, _) => Err(ListError::Taken),
        }
    }

    fn happen(&mut self, event: Event, at: Timestamp) -> Event {
        self.apply(&event, at);
        event
    }

    /// Applies what happened. Events are made by the methods above; another order of them is no history.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        match event {
            Event::Released(_) => {}
            Event::Taken { by } => {
                (facts.state, facts.picker) = (State::Picking, Some(*by));
            }
            Event::HandedBack => (facts.state, facts.picker) = (State::Open, None),
            Event::StopAdded(line) => {
                let behind = facts.lines.iter().position(|it| it.left() > 0);
                facts.lines.insert(behind.unwrap_or(facts.lines.len()), line.clone());
            }
            Event::Dropped { fulfillment } => {
                let lines = facts.lines.iter_mut();
                for line in lines.filter(|line| line.fulfillment == *fulfillment) {
                    line.dropped += line.left();
                }
            }
            Event::BinFound { line: no }
            | Event::ItemSeen { line: no }
            | Event::Picked { line: no, .. }
            | Event::PutBack { line: no, .. }
            | Event::Short { line: no, .. }
            | Event::Returned { line: no, .. } => {
                if let Some(line) = facts.lines.iter_mut().find(|line| line.no == *no) {
                    line.apply(event);
                }
            }
        }
        facts.version += 1;
        let is_done = facts.lines.iter().all(|line| line.left() == 0);
        match (is_done, facts.state) {
            (true, State::Open | State::Picking) => {
                (facts.state, facts.done_at) = (State::Done, Some(at));
            }
            // What was undone opens the list again for whoever has it.
            (false, State::Done) => {
                facts.state = if facts.picker.is_some() { State::Picking } else { State::Open };
                facts.done_at = None;
            }
            (true, State::Done) | (false, State::Open | State::Picking) => {}
        }
    }
}

#[cfg(test)]
mod tests;
