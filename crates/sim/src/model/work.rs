//! What locations ship of orders: who was given what, and who gave it back.
//!
//! Which location is best is not told twice here: the model takes from the journal which one was chosen,
//! and knows what may be chosen and what must follow.

use std::collections::{BTreeMap, BTreeSet};

use super::stock::Claim;
use super::{Model, Place, Stage, Status, Wrong};

/// What a location ships of an order.
#[derive(Debug, Clone)]
pub struct Work {
    /// The order.
    pub order: i64,
    /// Where.
    pub location: i64,
    /// How far it is.
    pub stage: Stage,
    /// Goes before others.
    pub is_urgent: bool,
    /// What it ships, by line of the order.
    pub lines: Vec<Share>,
    /// Its closed packages.
    pub packages: Vec<i64>,
}

/// What a location ships of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The line.
    pub line: i64,
    /// Of what.
    pub sku: i64,
    /// How many pieces; fewer when some cannot be found.
    pub count: i64,
    /// How many of them lie in totes.
    pub picked: i64,
}

impl Work {
    /// Whether it is still to be done.
    pub fn is_open(&self) -> bool {
        self.stage.is_open()
    }

    /// Whether something of it lies in totes.
    pub fn has_picked(&self) -> bool {
        self.lines.iter().any(|it| it.picked > 0)
    }
}

/// Pieces that nobody ships yet, and who must see to it.
#[derive(Debug, Clone, Default)]
pub struct ToSource {
    /// Orders, with the last position in the journal after which they are to be looked at.
    pub orders: BTreeMap<i64, i64>,
    /// Places where claims were moved to since the shelves were compared.
    pub moved_to: BTreeSet<Place>,
    /// Who gave which order back for reasons of its own: order, location; and when, for want of pieces.
    pub given_back: BTreeMap<(i64, i64), Option<i64>>,
    /// When pieces came in at a location last, by the clock of that moment.
    pub restocked: BTreeMap<i64, i64>,
}

impl ToSource {
    /// Whether a location is not asked again for an order. One that lacked pieces is, once some came in.
    fn is_given_back(&self, order: i64, location: i64) -> bool {
        self.given_back.get(&(order, location)).is_some_and(|lacked_at| {
            let restocked_at = self.restocked.get(&location);
            lacked_at.is_none_or(|lacked_at| restocked_at.is_none_or(|at| *at <= lacked_at))
        })
    }

    /// Pieces came in at a location.
    pub fn came_in(&mut self, location: i64, now: i64) {
        let last = self.restocked.entry(location).or_insert(now);
        *last = now.max(*last);
    }
}

impl Model {
    /// A location is given pieces of lines of an order. `by_rules` says that no person has chosen it.
    pub fn work_planned(&mut self, id: i64, work: Work, by_rules: bool) -> Result<(), Wrong> {
        let (order, location) = (work.order, work.location);
        if by_rules && self.to_source.is_given_back(order, location) {
            return Err(format!("location {location} is asked again for order {order}"));
        }
        let known = self.orders.get(&order).filter(|it| it.status == Status::Confirmed);
        let Some(known) = known else {
            return Err(format!("order {order} is not confirmed and has work"));
        };
        if by_rules && self.prepaid_only == Some(location) && !known.is_prepaid {
            return Err(format!("the rules let location {location} not ship order {order}"));
        }
        for Share { line, sku, count, .. } in work.lines.clone() {
            let mut left = count;
            // First what is claimed there, then what is claimed elsewhere.
            for is_there in [true, false] {
                left -= self.give(order, (line, sku, left), (id, location), is_there)?;
            }
            if left > 0 || count < 1 {
                return Err(format!(
                    "{left} of {count} pieces of line {line} are nobody's to give"
                ));
            }
        }
        self.order(order)?.works.push(id);
        self.works.insert(id, work);
        Ok(())
    }

    /// Gives pieces of a line that nobody ships; says how many.
    fn give(
        &mut self,
        order: i64,
        (line, sku, wanted): (i64, i64, i64),
        (work, location): (i64, i64),
        is_there: bool,
    ) -> Result<i64, Wrong> {
        let there = (sku, location);
        let mut moved = Vec::new();
        let mut given = 0;
        let pieces = &mut self.order(order)?.pieces;
        let mut split = Vec::new();
        for it in pieces.iter_mut() {
            let is_free = it.claim == Claim::Allocated && it.work.is_none();
            let is_its = is_free && it.line == line && (it.place == there) == is_there;
            let taken = if is_its && it.place.0 == sku { it.count.min(wanted - given) } else { 0 };
            if taken == 0 {
                continue;
            }
            given += taken;
            moved.push((it.place, taken));
            it.count -= taken;
            split.push(super::Pieces { place: there, count: taken, work: Some(work), ..*it });
        }
        pieces.retain(|it| it.count > 0);
        pieces.extend(split);
        for (from, count) in moved.into_iter().filter(|(from, _)| *from != there) {
            self.shelves.entry(from).or_default().allocated -= count;
            self.shelves.entry(there).or_default().allocated += count;
            self.to_source.moved_to.insert(there);
        }
        Ok(given)
    }

    /// A location gives its work back: the pieces stay claimed there, and nobody ships them.
    pub fn work_rejected(
        &mut self,
        id: i64,
        reason: &str,
        (position, now): (i64, i64),
    ) -> Result<(), Wrong> {
        let work = self.open_work(id)?;
        if !work.stage.may_be_given_back() || work.has_picked() {
            return Err(format!("work {id} is {:?}, and given back", work.stage));
        }
        work.stage = Stage::Rejected;
        let (order, location) = (work.order, work.location);
        if reason != "by_hand" {
            let lacked_at = (reason == "no_stock").then_some(now);
            self.to_source.given_back.insert((order, location), lacked_at);
        }
        let pieces = &mut self.order(order)?.pieces;
        pieces.iter_mut().filter(|it| it.work == Some(id)).for_each(|it| it.work = None);
        self.to_source.orders.insert(order, position);
        Ok(())
    }

    /// Work ends with its order.
    pub fn work_canceled(&mut self, id: i64) -> Result<(), Wrong> {
        let work = self.open_work(id)?;
        work.stage = Stage::Canceled;
        let order = work.order;
        self.touched.insert(order);
        Ok(())
    }

    pub(super) fn open_work(&mut self, id: i64) -> Result<&mut Work, Wrong> {
        let work = self.works.get_mut(&id).filter(|work| work.is_open());
        work.ok_or_else(|| format!("work {id} is not to be done"))
    }

    /// Work of orders that have ended ends with them, and nothing is claimed that is not there.
    pub fn work_is_sound(&mut self) -> Result<(), Wrong> {
        let ended = |order: &i64| {
            self.orders.get(order).is_none_or(|order| order.status != Status::Confirmed)
        };
        let left = self.works.iter().find(|(_, work)| work.is_open() && ended(&work.order));
        if let Some((id, work)) = left {
            return Err(format!("order {} has ended and work {id} goes on", work.order));
        }
        for place in std::mem::take(&mut self.to_source.moved_to) {
            let shelf = self.shelves.get(&place).copied().unwrap_or_default();
            if shelf.reserved + shelf.allocated > shelf.on_hand {
                return Err(format!("more is claimed at {place:?} than lies there: {shelf:?}"));
            }
        }
        Ok(())
    }

    /// The journal was read up to here by whoever chooses locations. Gives the orders of which nobody
    /// ships some pieces all the same: a person must have been asked.
    pub fn nobody_ships(&mut self, upto: i64) -> Vec<i64> {
        let read: Vec<i64> = self
            .to_source
            .orders
            .iter()
            .filter(|(_, position)| **position <= upto)
            .map(|(order, _)| *order)
            .collect();
        let is_left = |order: &i64| {
            let order = self.orders.get(order).filter(|it| it.status == Status::Confirmed);
            let is_free = |it: &super::Pieces| it.claim == Claim::Allocated && it.work.is_none();
            order.is_some_and(|order| order.pieces.iter().any(is_free))
        };
        let left: Vec<i64> = read.iter().copied().filter(is_left).collect();
        for order in read.iter().filter(|order| !left.contains(order)) {
            self.to_source.orders.remove(order);
        }
        left
    }
}
