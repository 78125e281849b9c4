//! What fulfillments do with the stock that an order was promised: take it over, give it back, lose some
//! of it, and carry it out of the building.
//!
//! The promise is kept in parts (`ordermill_storage::reservation::Stored::part`). A part belongs to one
//! fulfillment at most, and never moves: pieces that another location ships leave their part and become
//! a new one there.

use std::cell::Ref;

use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::PlannedLine;
use ordermill_domain::ids::{FulfillmentId, LocationId, SkuId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::reservation::{self as hold, Claim, ReleaseReason, Reservation, State};
use ordermill_domain::stock::{self, Movement};
use ordermill_storage::reservation::Stored;
use ordermill_storage::stock::Levels;

use super::file::{FileError, OrderFile, Unbalanced};

/// Pieces that are promised from a location and that nobody ships yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsourced {
    /// Which line of the order.
    pub line_no: u16,
    /// What.
    pub sku: SkuId,
    /// Where they are claimed.
    pub location: LocationId,
    /// How many.
    pub quantity: Quantity,
}

/// A location's share of an order, to be given to a fulfillment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Which fulfillment.
    pub fulfillment: FulfillmentId,
    /// Where it is shipped from.
    pub location: LocationId,
    /// What, each line once.
    pub lines: Vec<PlannedLine>,
}

/// Pieces whose claim was loosened where they were, to be claimed where they are shipped from.
#[derive(Debug)]
#[must_use]
pub struct Moves(Vec<Stored>);

impl OrderFile {
    /// The allocated pieces that no fulfillment ships yet.
    pub fn unsourced(&self) -> Vec<Unsourced> {
        let parts = self.reservations.iter().filter(|part| is_unsourced(part));
        parts
            .map(|part| {
                let facts = part.reservation.facts();
                let (sku, location) = (facts.sku, facts.location);
                Unsourced { line_no: facts.line_no, sku, location, quantity: facts.quantity }
            })
            .collect()
    }

    /// How many more pieces of a SKU a location could ship: what may be sold there.
    pub fn available_at(&self, sku: SkuId, location: LocationId) -> i64 {
        self.levels.borrow_mut().at(sku, location).map_or(0, |level| level.available())
    }

    /// The stock behind the order and the others that were loaded with it.
    pub(crate) fn levels(&self) -> Ref<'_, Levels> {
        self.levels.borrow()
    }

    /// Gives unsourced pieces to fulfillments: first those that are claimed where they are shipped from,
    /// then others, whose claim is loosened there. Gives the pieces that are to be claimed anew by
    /// [`OrderFile::settle`], once all orders of a batch have loosened theirs: two may change places.
    ///
    /// # Errors
    /// If the order does not have so many unsourced pieces; the file is then of no use any more.
    pub fn loosen(&mut self, assignments: &[Assignment]) -> Result<Moves, FileError> {
        let mut moves = Vec::new();
        for is_there in [true, false] {
            for to in assignments {
                for line in &to.lines {
                    self.give(to, line, is_there, &mut moves)?;
                }
            }
        }
        let wanted = assignments.iter().flat_map(|to| &to.lines).map(|line| line.quantity.get());
        let given: i64 = self
            .reservations
            .iter()
            .filter(|part| assignments.iter().any(|to| part.fulfillment == Some(to.fulfillment)))
            .map(|part| part.reservation.facts().quantity.get())
            .chain(moves.iter().map(|piece: &Stored| piece.reservation.facts().quantity.get()))
            .sum();
        match wanted.sum::<i64>() - given {
            0 => Ok(Moves(moves)),
            missing => Err(Unbalanced::NotPromised { missing }.into()),
        }
    }

    /// Gives pieces of a line to an assignment, from parts that are there or from others.
    fn give(
        &mut self,
        to: &Assignment,
        line: &PlannedLine,
        is_there: bool,
        moves: &mut Vec<Stored>,
    ) -> Result<(), FileError> {
        let has = |part: &Stored| {
            let facts = part.reservation.facts();
            let is_its = part.fulfillment == Some(to.fulfillment) && facts.line_no == line.line_no;
            if is_its { facts.quantity.get() } else { 0 }
        };
        let given: i64 = self.reservations.iter().chain(&*moves).map(has).sum();
        let mut wanted = line.quantity.get() - given;
        for index in 0..self.reservations.len() {
            let part = self.reservations[index];
            let facts = *part.reservation.facts();
            let is_its = is_unsourced(&part)
                && facts.line_no == line.line_no
                && (facts.location == to.location) == is_there;
            let (true, Ok(taken)) = (is_its, Quantity::new(facts.quantity.get().min(wanted)))
            else {
                continue;
            };
            wanted -= taken.get();
            if is_there && facts.quantity == taken {
                self.reservations[index].fulfillment = Some(to.fulfillment);
                continue;
            }
            self.shrink(index, taken, ReleaseReason::Resourced);
            let there = hold::Facts { location: to.location, quantity: taken, ..facts };
            let reservation = Reservation::from_facts(there);
            if is_there {
                self.split_off(reservation, Some(to.fulfillment));
            } else {
                let mut levels = self.levels.borrow_mut();
                let level = levels.at(facts.sku, facts.location)?;
                level.change_claim(Some(Claim::Allocated), None, taken)?;
                moves.push(Stored { reservation, part: 0, fulfillment: Some(to.fulfillment) });
            }
        }
        Ok(())
    }

    /// Claims loosened pieces where they are shipped from.
    ///
    /// # Errors
    /// If a location does not have them; the file is then of no use any more.
    pub fn settle(&mut self, moves: Moves) -> Result<(), FileError> {
        for piece in moves.0 {
            let facts = *piece.reservation.facts();
            let mut levels = self.levels.borrow_mut();
            let level = levels.at(facts.sku, facts.location)?;
            level.change_claim(None, Some(Claim::Allocated), facts.quantity)?;
            drop(levels);
            self.split_off(piece.reservation, piece.fulfillment);
        }
        Ok(())
    }

    /// Takes pieces out of a part; one that loses all of them keeps its number of pieces, and ends.
    pub(super) fn shrink(&mut self, index: usize, taken: Quantity, reason: ReleaseReason) {
        let part = &mut self.reservations[index];
        let mut facts = *part.reservation.facts();
        match Quantity::new(facts.quantity.get() - taken.get()) {
            Ok(left) => {
                facts.quantity = left;
                part.reservation = Reservation::from_facts(facts);
            }
            Err(_) => {
                let ended = part.reservation.release(reason);
                debug_assert!(ended.is_ok(), "what is allocated can be given up");
            }
        }
    }

    /// Begins a new part.
    pub(super) fn split_off(
        &mut self,
        reservation: Reservation,
        fulfillment: Option<FulfillmentId>,
    ) {
        let line_no = reservation.facts().line_no;
        let of_line =
            self.reservations.iter().filter(|it| it.reservation.facts().line_no == line_no);
        let last = of_line.map(|part| part.part).max().unwrap_or_default();
        let part = last.max(1) + 1;
        self.reservations.push(Stored { reservation, part, fulfillment });
    }

    /// Takes the pieces of a fulfillment back: they stay claimed where they are, and nobody ships them.
    pub fn unassign(&mut self, fulfillment: FulfillmentId) {
        for part in &mut self.reservations {
            let is_its = part.fulfillment == Some(fulfillment);
            if is_its && part.reservation.state() == State::Allocated {
                part.fulfillment = None;
            }
        }
    }

    /// Gives up pieces of a fulfillment's line that cannot be found where they are claimed. The claim on
    /// them ends; what is on hand is corrected by a count.
    ///
    /// # Errors
    /// If the fulfillment does not have so many.
    pub fn lose(
        &mut self,
        fulfillment: FulfillmentId,
        line: LineQuantity,
    ) -> Result<(), FileError> {
        let mut missing = line.quantity.get();
        for index in 0..self.reservations.len() {
            let part = self.reservations[index];
            let facts = *part.reservation.facts();
            let is_its = part.fulfillment == Some(fulfillment)
                && facts.line_no == line.line_no
                && facts.state == State::Allocated;
            let lost = facts.quantity.get().min(missing);
            if let (true, Ok(lost)) = (is_its, Quantity::new(lost)) {
                let claim = Some(Claim::Allocated);
                let mut levels = self.levels.borrow_mut();
                levels.at(facts.sku, facts.location)?.change_claim(claim, None, lost)?;
                drop(levels);
                self.shrink(index, lost, ReleaseReason::ShortPick);
                missing -= lost.get();
            }
        }
        match missing {
            0 => Ok(()),
            missing => Err(Unbalanced::NotPromised { missing }.into()),
        }
    }

    /// Promises lost pieces anew from whatever location has them, the nearest first; what nobody has
    /// waits for stock at the first of them. Gives what waits.
    pub fn promise_again(
        &mut self,
        act: &Act,
        line: LineQuantity,
        sku: SkuId,
        preference: &[LocationId],
    ) -> Result<Option<LineQuantity>, FileError> {
        let LineQuantity { line_no, quantity } = line;
        let mut missing = quantity.get();
        for &location in preference {
            let found = self.available_at(sku, location).min(missing);
            if let Ok(found) = Quantity::new(found) {
                let mut levels = self.levels.borrow_mut();
                levels.at(sku, location)?.change_claim(None, Some(Claim::Allocated), found)?;
                drop(levels);
                self.split_off(self.part_of(line_no, sku, location, found, State::Allocated), None);
                missing -= found.get();
            }
        }
        let (Ok(missing), Some(&first)) = (Quantity::new(missing), preference.first()) else {
            return Ok(None);
        };
        self.split_off(self.part_of(line_no, sku, first, missing, State::Backordered), None);
        let waiting = LineQuantity { line_no, quantity: missing };
        let event = self.stored.order.record_short(&mut self.lines, vec![waiting], act.at)?;
        self.happened(act, event);
        Ok(Some(waiting))
    }

    /// Promises pieces that had left anew, each from whatever location has them, the preferred ones
    /// first; what nobody has waits for stock, or is given up if it is a gift.
    pub fn send_again(
        &mut self,
        act: &Act,
        wanted: &[(SkuId, LineQuantity)],
        preference: &[LocationId],
    ) -> Result<(), FileError> {
        let lines = wanted.iter().map(|(_, line)| *line).collect();
        let event = self.stored.order.record_resent(&mut self.lines, lines, act.at)?;
        self.happened(act, event);
        for (sku, line) in wanted {
            let waits = self.promise_again(act, *line, *sku, preference)?;
            if let Some(waits) = waits.filter(|_| self.is_gift(line.line_no)) {
                self.give_up(act, waits)?;
            }
        }
        Ok(())
    }

    pub(super) fn part_of(
        &self,
        line_no: u16,
        sku: SkuId,
        location: LocationId,
        quantity: Quantity,
        state: State,
    ) -> Reservation {
        let order = self.order().id();
        let facts =
            hold::Facts { order, line_no, sku, location, quantity, state, expires_at: None };
        Reservation::from_facts(facts)
    }

    /// Carries everything that fulfillments of the order were given out of the building, and tells the
    /// order. Gives what was booked at the locations, claim and pieces together ([`Movement::Ship`]); the
    /// caller records it in this transaction.
    pub fn ship(
        &mut self,
        act: &Act,
        fulfillments: &[FulfillmentId],
    ) -> Result<Vec<stock::Event>, FileError> {
        let (mut left, mut lines) = (Vec::new(), Vec::new());
        for part in &mut self.reservations {
            let is_its = part.fulfillment.is_some_and(|of_it| fulfillments.contains(&of_it));
            if !is_its || part.reservation.consume().is_err() {
                continue;
            }
            let facts = part.reservation.facts();
            let mut levels = self.levels.borrow_mut();
            let level = levels.at(facts.sku, facts.location)?;
            left.push(level.book(Movement::Ship(facts.quantity))?);
            lines.push(LineQuantity { line_no: facts.line_no, quantity: facts.quantity });
        }
        if !lines.is_empty() {
            let event = self.stored.order.record_shipped(&mut self.lines, lines, act.at)?;
            self.happened(act, event);
        }
        Ok(left)
    }

    /// When the order could first be worked on.
    pub fn ready_at(&self) -> Option<Timestamp> {
        self.order().facts().milestones.confirmed_at
    }
}

/// Whether a part of a line is allocated and no fulfillment ships it yet.
pub(crate) fn is_unsourced(part: &Stored) -> bool {
    part.fulfillment.is_none() && part.reservation.state() == State::Allocated
}
