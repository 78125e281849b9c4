//! Equivalence classes of unfinished tours, and what an edge makes of them.
//!
//! While the floor is swept, only the newest crossing of each row can still be joined to something new:
//! these are the *slots*. Two unfinished tours that look alike from there can be completed by the same
//! rest, so that the shorter one is enough. To look alike is, for each slot,
//!
//! * whether it is on the tour, and whether an odd or an even number of its edges are (the finished
//!   tour is a closed walk, so every crossing must end up even), and
//! * with which other slots it is connected already (the finished tour is in one piece).
//!
//! Ratliff & Rosenthal (1983) found 7 such classes for two cross-aisles, Roodbergen & de Koster (2001)
//! 25 for three. Rather than writing those tables down, this module derives them for any number of
//! slots: it starts with the empty tour and tries every move until nothing new comes up. The walks do
//! not cross on a plane floor, so the classes grow like the Schröder numbers: 7, 25, 113, 569, 3033, 16769.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The most slots that are swept exactly; beyond, tables and times grow more than they are worth.
pub(super) const MOST_SLOTS: usize = 7;

/// In a table: this move is not possible in this class.
pub(super) const IMPOSSIBLE: u16 = u16::MAX;

/// How a tour uses one edge. No shortest tour needs another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Not at all.
    Skip,
    /// From end to end, once.
    Once,
    /// There and back.
    Twice,
    /// From the low end to its farthest stop and back.
    FromLow,
    /// From the high end to its farthest stop and back.
    FromHigh,
    /// From both ends, with the largest gap between two stops left out.
    BothEnds,
}

impl Use {
    pub(super) const ALL: [Self; 6] =
        [Self::Skip, Self::Once, Self::Twice, Self::FromLow, Self::FromHigh, Self::BothEnds];
}

/// What the last slot stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastSlot {
    /// A crossing like all others.
    Crossing,
    /// The depot, which stands apart and can be joined to any slot.
    Depot,
}

/// For each class, the class that a move leads to.
pub(super) type Table = Vec<u16>;

/// All classes of a number of slots, numbered; 0 is the empty tour.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// How many there are.
    pub(super) count: usize,
    /// The class of a finished tour.
    pub(super) finished: u16,
    /// By slot: the tour does not come by here (as far as is known yet), or it does.
    pub(super) visit: Vec<[Table; 2]>,
    /// By slot and use: the edge from this slot to the next one on the same line.
    pub(super) across: Vec<[Table; 6]>,
    /// By slot and use: the edge to the next line. Its far end takes over the slot.
    pub(super) along: Vec<[Table; 6]>,
    /// By slot and use: the way to a depot that stands apart, which then has the last slot.
    pub(super) door: Vec<[Table; 6]>,
}

impl Classes {
    /// The classes of so many slots, if the last of them is the depot or not; they are made once in the
    /// life of the program. `None` with more than [`MOST_SLOTS`].
    pub(super) fn of(slots: usize, depot: LastSlot) -> Option<&'static Self> {
        static PLAIN: [OnceLock<Classes>; MOST_SLOTS + 1] =
            [const { OnceLock::new() }; MOST_SLOTS + 1];
        static APART: [OnceLock<Classes>; MOST_SLOTS + 1] =
            [const { OnceLock::new() }; MOST_SLOTS + 1];
        let made = match depot {
            LastSlot::Crossing => &PLAIN,
            LastSlot::Depot => &APART,
        };
        Some(made.get(slots)?.get_or_init(|| Self::derive(slots, depot)))
    }

    fn derive(slots: usize, last: LastSlot) -> Self {
        let mut known = Known::default();
        let mut classes = Self::default();
        classes.visit.resize_with(slots, Default::default);
        classes.across.resize_with(slots.saturating_sub(1), Default::default);
        classes.along.resize_with(slots, Default::default);
        if last == LastSlot::Depot {
            classes.door.resize_with(slots.saturating_sub(1), Default::default);
        }
        known.number(Some(Class::default()));
        while let Some(class) = known.classes.get(classes.count).copied() {
            classes.count += 1;
            for slot in 0..slots {
                classes.visit[slot][0].push(known.number(Some(class)));
                classes.visit[slot][1].push(known.number(class.visit(slot)));
            }
            for how in Use::ALL {
                let at = how as usize;
                for slot in 0..slots {
                    classes.along[slot][at].push(known.number(class.along(slot, how)));
                }
                for (slot, across) in classes.across.iter_mut().enumerate() {
                    across[at].push(known.number(class.between(slot, slot + 1, how)));
                }
                for (slot, door) in classes.door.iter_mut().enumerate() {
                    door[at].push(known.number(class.between(slot, slots - 1, how)));
                }
            }
        }
        classes.finished = known.number(Some(Class { is_finished: true, ..Class::default() }));
        classes
    }
}

/// The classes found so far.
#[derive(Default)]
struct Known {
    numbers: HashMap<Class, u16>,
    classes: Vec<Class>,
}

impl Known {
    fn number(&mut self, class: Option<Class>) -> u16 {
        let Some(class) = class else { return IMPOSSIBLE };
        *self.numbers.entry(class).or_insert_with(|| {
            self.classes.push(class);
            u16::try_from(self.classes.len() - 1).unwrap_or(IMPOSSIBLE)
        })
    }
}

/// What an unfinished tour looks like from its slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Class {
    /// By slot: 0 if it is not on the tour, or the number of its piece. Pieces are numbered in the order
    /// of their first slots, so that what is equal looks equal.
    piece: [u8; MOST_SLOTS],
    /// By slot: whether it has an odd number of edges.
    is_odd: [bool; MOST_SLOTS],
    /// The tour is in one piece that nothing can be joined to any more.
    is_finished: bool,
}

impl Class {
    /// The slot is on the tour, if only as a piece of its own.
    fn visit(mut self, slot: usize) -> Option<Self> {
        if self.is_finished {
            return None;
        }
        if self.piece[slot] == 0 {
            self.piece[slot] = u8::MAX;
        }
        Some(self.renumbered())
    }

    /// The slots have one edge more between them.
    fn join(self, a: usize, b: usize) -> Option<Self> {
        let mut joined = self.visit(a)?.visit(b)?;
        let (from, to) = (joined.piece[b], joined.piece[a]);
        joined.piece.iter_mut().filter(|piece| **piece == from).for_each(|piece| *piece = to);
        joined.is_odd[a] ^= true;
        joined.is_odd[b] ^= true;
        Some(joined.renumbered())
    }

    /// The slot's crossing can be joined to nothing more; a new one that is not on the tour follows.
    fn leave(mut self, slot: usize) -> Option<Self> {
        let piece = std::mem::take(&mut self.piece[slot]);
        if self.is_odd[slot] {
            return None;
        }
        if piece != 0 && !self.piece.contains(&piece) {
            // Its piece is out of reach now, so it has to be the whole tour.
            self.is_finished = self.piece.iter().all(|piece| *piece == 0);
            return self.is_finished.then_some(self);
        }
        Some(self.renumbered())
    }

    /// After this use of the edge between two slots.
    fn between(self, low: usize, high: usize, how: Use) -> Option<Self> {
        match how {
            Use::Skip => Some(self),
            Use::Once => self.join(low, high),
            Use::Twice => self.join(low, high)?.join(low, high),
            Use::FromLow => self.visit(low),
            Use::FromHigh => self.visit(high),
            Use::BothEnds => self.visit(low)?.visit(high),
        }
    }

    /// After this use of the edge from the slot's crossing to the one that follows it.
    fn along(self, slot: usize, how: Use) -> Option<Self> {
        // Used from end to end, the edge hands the piece on to its far end: one edge makes an odd
        // crossing even and its follower odd, two make no difference. A crossing that would come to
        // the tour by this alone is not worth the way.
        let hands_on = |is_odd| self.piece[slot] != 0 && self.is_odd[slot] == is_odd;
        match how {
            Use::Skip => self.leave(slot),
            Use::Once => hands_on(true).then_some(self),
            Use::Twice => hands_on(false).then_some(self),
            Use::FromLow => self.visit(slot)?.leave(slot),
            Use::FromHigh => self.leave(slot)?.visit(slot),
            Use::BothEnds => self.visit(slot)?.leave(slot)?.visit(slot),
        }
    }

    fn renumbered(mut self) -> Self {
        let mut names = [0; MOST_SLOTS];
        let mut count = 0;
        for piece in self.piece.iter_mut().filter(|piece| **piece != 0) {
            let known = names[..count].iter().position(|name| name == piece);
            let at = known.unwrap_or_else(|| {
                names[count] = *piece;
                count += 1;
                count - 1
            });
            *piece = at as u8 + 1;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first two are the tables of Ratliff & Rosenthal and of Roodbergen & de Koster.
    #[test]
    fn there_are_as_many_classes_as_in_the_literature() {
        let count = |slots| Classes::of(slots, LastSlot::Crossing).map(|classes| classes.count);
        let counts: Vec<usize> = (1..=6).filter_map(count).collect();
        assert_eq!(counts, [3, 7, 25, 113, 569, 3033]);
    }

    #[test]
    fn two_pieces_are_not_finished() {
        let two = Class::default().visit(0).and_then(|class| class.visit(1));
        assert_eq!(two.and_then(|class| class.leave(0)), None);
    }
}
