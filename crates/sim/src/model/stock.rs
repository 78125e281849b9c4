//! Shelves: what lies there, what of it is promised, and where an order's pieces come from.

use std::collections::BTreeMap;

use super::{Model, Place, Status, Wrong};

/// One SKU at one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shelf {
    /// Pieces that lie there.
    pub on_hand: i64,
    /// Held for orders that are not paid.
    pub reserved: i64,
    /// Promised to orders that are.
    pub allocated: i64,
    /// Never sold.
    pub safety: i64,
    /// Whether it is sold while there is none.
    pub may_wait: bool,
}

impl Shelf {
    /// What can be sold.
    pub fn free(&self) -> i64 {
        (self.on_hand - self.reserved - self.allocated - self.safety).max(0)
    }
}

/// Where pieces of an order stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Held until paid.
    Held,
    /// Promised.
    Allocated,
    /// The time to hold them was over.
    Expired,
    /// Given back.
    Released,
    /// Waits for stock.
    Waiting,
    /// Has left the building.
    Consumed,
}

/// Pieces of one line at one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pieces {
    /// The line.
    pub line: i64,
    /// Of what, where.
    pub place: Place,
    /// How many.
    pub count: i64,
    /// Where they stand.
    pub claim: Claim,
    /// The work that ships them.
    pub work: Option<i64>,
}

impl Pieces {
    pub(super) fn is_held(&self) -> bool {
        self.claim == Claim::Held
    }

    /// The state's name in the database.
    pub fn state(&self) -> &'static str {
        match self.claim {
            Claim::Held => "held",
            Claim::Allocated => "allocated",
            Claim::Expired => "expired",
            Claim::Released => "released",
            Claim::Waiting => "backordered",
            Claim::Consumed => "consumed",
        }
    }
}

/// A SKU of which there is too little: SKU, wanted, there.
pub type Short = (i64, i64, i64);

impl Model {
    /// From where the lines come. One location for all of it if there is one; else each SKU from one
    /// location that has all of it; else from several, the best first. What is missing waits at the
    /// best location that sells without stock.
    pub(super) fn choose(
        &self,
        lines: &[(i64, i64)],
        preference: &[i64],
    ) -> Result<Vec<Pieces>, Vec<Short>> {
        let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
        for (sku, pieces) in lines {
            *wanted.entry(*sku).or_default() += pieces;
        }
        let free = |sku, location| self.shelves.get(&(sku, location)).map_or(0, Shelf::free);
        let has_all = |location: &&i64| {
            wanted.iter().all(|(sku, pieces)| {
                self.shelves.contains_key(&(*sku, **location)) && free(*sku, **location) >= *pieces
            })
        };
        let mut sources: BTreeMap<i64, Vec<(i64, i64, Claim)>> = BTreeMap::new();
        let mut short = Vec::new();
        let one = preference.iter().find(has_all);
        for (&sku, &all) in &wanted {
            let alone = preference.iter().find(|location| free(sku, **location) >= all);
            let from = match one.or(alone) {
                Some(location) => vec![(*location, all, Claim::Held)],
                None => {
                    let mut left = all;
                    let mut from = Vec::new();
                    for &location in preference {
                        let here = free(sku, location).min(left);
                        if here > 0 {
                            from.push((location, here, Claim::Held));
                            left -= here;
                        }
                    }
                    let waits = preference.iter().find(|location| {
                        self.shelves.get(&(sku, **location)).is_some_and(|shelf| shelf.may_wait)
                    });
                    match waits {
                        _ if left == 0 => {}
                        Some(location) => from.push((*location, left, Claim::Waiting)),
                        None => short.push((sku, all, all - left)),
                    }
                    from
                }
            };
            sources.insert(sku, from);
        }
        if !short.is_empty() {
            return Err(short);
        }
        let mut pieces = Vec::new();
        for (line, (sku, wanted)) in (1..).zip(lines) {
            let mut left = *wanted;
            for (location, there, claim) in sources.get_mut(sku).into_iter().flatten() {
                let count = left.min(*there);
                if count > 0 {
                    let place = (*sku, *location);
                    pieces.push(Pieces { line, place, count, claim: *claim, work: None });
                    left -= count;
                    *there -= count;
                }
            }
        }
        Ok(pieces)
    }

    fn shelf(&mut self, place: Place) -> &mut Shelf {
        self.shelves.entry(place).or_default()
    }

    pub(super) fn hold(&mut self, pieces: &[Pieces]) {
        for it in pieces.iter().filter(|it| it.is_held()) {
            self.shelf(it.place).reserved += it.count;
        }
    }

    pub(super) fn allocate(&mut self, pieces: &mut [Pieces]) {
        for it in pieces.iter_mut().filter(|it| it.is_held()) {
            it.claim = Claim::Allocated;
            let shelf = self.shelf(it.place);
            shelf.reserved -= it.count;
            shelf.allocated += it.count;
        }
    }

    pub(super) fn release(&mut self, pieces: &mut [Pieces]) {
        for it in pieces {
            match it.claim {
                Claim::Held => self.shelf(it.place).reserved -= it.count,
                Claim::Allocated => self.shelf(it.place).allocated -= it.count,
                Claim::Waiting => {}
                Claim::Expired | Claim::Released | Claim::Consumed => continue,
            }
            it.claim = Claim::Released;
        }
    }

    pub(super) fn expire(&mut self, pieces: &mut [Pieces], line: i64, place: Place) -> bool {
        let is_it = |it: &&mut Pieces| it.line == line && it.place == place && it.is_held();
        let Some(it) = pieces.iter_mut().find(is_it) else { return false };
        it.claim = Claim::Expired;
        let count = it.count;
        self.shelf(place).reserved -= count;
        true
    }

    /// Whether all that ran out is still where it was.
    pub(super) fn can_hold_again(&self, pieces: &[Pieces]) -> bool {
        let mut wanted: BTreeMap<Place, i64> = BTreeMap::new();
        for it in pieces.iter().filter(|it| it.claim == Claim::Expired) {
            *wanted.entry(it.place).or_default() += it.count;
        }
        wanted.iter().all(|(place, count)| {
            self.shelves.get(place).is_some_and(|shelf| shelf.free() >= *count)
        })
    }

    /// Holds again what is still there; the rest waits, as the buyer agreed to.
    pub(super) fn hold_again(&mut self, pieces: &mut [Pieces]) {
        for it in pieces.iter_mut().filter(|it| it.claim == Claim::Expired) {
            let shelf = self.shelf(it.place);
            if shelf.free() >= it.count {
                shelf.reserved += it.count;
                it.claim = Claim::Held;
            } else {
                it.claim = Claim::Waiting;
            }
        }
    }

    /// Pieces that came in are claimed for one who waits: whoever waits longer and would be content
    /// with what is there comes first.
    pub fn arrived(&mut self, id: i64, line: i64, place: Place) -> Result<(), Wrong> {
        let free = self.shelf(place).free();
        if let Some(older) = self.waits(place, free).filter(|older| *older < id) {
            return Err(format!("order {id} gets pieces at {place:?} before order {older}"));
        }
        let order = self.order(id)?;
        let is_confirmed = order.status == Status::Confirmed;
        // A line may wait twice at one place, after a short pick: what is there is for the first that fits.
        let is_it = |it: &&mut Pieces| {
            (it.line, it.place, it.claim) == (line, place, Claim::Waiting) && it.count <= free
        };
        let Some(it) = order.pieces.iter_mut().find(is_it) else {
            return Err(format!("order {id} gets more than {free} pieces at {place:?}"));
        };
        let count = it.count;
        it.claim = if is_confirmed { Claim::Allocated } else { Claim::Held };
        let shelf = self.shelf(place);
        *(if is_confirmed { &mut shelf.allocated } else { &mut shelf.reserved }) += count;
        Ok(())
    }

    /// The oldest order that waits at a place and would be content with so many pieces.
    fn waits(&self, place: Place, free: i64) -> Option<i64> {
        let is_it =
            |it: &Pieces| it.place == place && it.claim == Claim::Waiting && it.count <= free;
        let waits = self.orders.iter().find(|(_, order)| order.pieces.iter().any(is_it));
        waits.map(|(id, _)| *id)
    }

    /// Pieces came in at a place, or were given up there.
    pub fn freed(&mut self, position: i64, place: Place) {
        self.arrivals.entry(position).or_default().push(place);
    }

    /// The journal was read up to here by whoever fills backorders: nobody waits any more for what
    /// came in or was given up, and is there.
    pub fn arrivals_are_read(&mut self, upto: i64) -> Result<(), Wrong> {
        let unread = self.arrivals.split_off(&(upto + 1));
        let read = std::mem::replace(&mut self.arrivals, unread);
        for place in read.into_values().flatten() {
            let free = self.shelves.get(&place).map_or(0, Shelf::free);
            if let Some(id) = self.waits(place, free) {
                return Err(format!("order {id} waits at {place:?}, where {free} pieces are"));
            }
        }
        Ok(())
    }

    /// The shelves after goods came or went, if what is claimed there can stay.
    pub fn shelves_after(&self, changes: &[(Place, i64)]) -> Result<BTreeMap<Place, Shelf>, Wrong> {
        let mut shelves = self.shelves.clone();
        for (place, delta) in changes {
            let shelf = shelves.entry(*place).or_default();
            let left = shelf.on_hand + delta;
            if left < 0 || (*delta < 0 && left < shelf.reserved + shelf.allocated) {
                return Err(format!("{delta} pieces at {place:?} break what is claimed there"));
            }
            shelf.on_hand = left;
        }
        Ok(shelves)
    }
}
