//! The floor of a warehouse: what lies in which bin, who fetches what for whom, and how far work is.
//!
//! Who walks which way is not told twice: the model takes from the journal what was done, knows whether it
//! could be, and computes what lies and is claimed where afterwards.

mod foresight;

use std::collections::{BTreeMap, BTreeSet};

use super::stock::Claim;
use super::work::Share;
use super::{Model, Pieces, Place, Wrong};

/// How far work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its location is chosen.
    Planned,
    /// Given to the floor.
    Released,
    /// Somebody is at it.
    Picking,
    /// All of it lies in totes.
    Picked,
    /// Somebody has looked: it is what was ordered.
    Rechecked,
    /// In closed boxes.
    Packed,
    /// The carrier has all boxes.
    HandedOver,
    /// All boxes are at their end.
    Closed,
    /// Given back by its location.
    Rejected,
    /// Ended with its order.
    Canceled,
}

impl Stage {
    /// Whether the location has something to do.
    pub fn is_open(self) -> bool {
        self < Self::HandedOver
    }

    /// Whether it has left the building.
    pub fn has_left(self) -> bool {
        matches!(self, Self::HandedOver | Self::Closed)
    }

    /// Whether pieces are fetched for it.
    pub fn is_on_floor(self) -> bool {
        matches!(self, Self::Released | Self::Picking)
    }

    /// Whether its location may give it back, as long as nothing lies in totes.
    pub fn may_be_given_back(self) -> bool {
        self <= Self::Picking
    }
}

/// Pieces of one SKU and lot in one bin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bin {
    /// How many.
    pub on_hand: i64,
    /// How many of them somebody will fetch.
    pub claimed: i64,
}

/// Where exactly pieces lie: SKU and location, bin, lot.
pub type Spot = (Place, i64, String);

/// What a stop asks for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The label of the bin.
    Bin,
    /// The item.
    Item,
    /// The lot of the item.
    Lot,
}

/// A stop of a walk.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Its number.
    pub no: i64,
    /// For which work.
    pub work: i64,
    /// For which line of the order.
    pub line: i64,
    /// What.
    pub sku: i64,
    /// From which bin.
    pub bin: Option<i64>,
    /// Of which lot; empty without lots.
    pub lot: String,
    /// How many pieces.
    pub count: i64,
    /// How many were fetched.
    pub picked: i64,
    /// How many were not there.
    pub short: i64,
    /// How many nobody wants any more.
    pub dropped: i64,
    /// How many of those that were fetched are back on a shelf.
    pub returned: i64,
    /// What it asks for.
    pub asks: Asks,
    /// Whether the lot was seen.
    pub is_lot_seen: bool,
}

impl Stop {
    /// Pieces that are still to be fetched.
    pub fn left(&self) -> i64 {
        self.count - self.picked - self.short - self.dropped
    }
}

/// A walk through a warehouse.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Where.
    pub location: i64,
    /// Who walks.
    pub picker: Option<i64>,
    /// Its stops.
    pub stops: Vec<Stop>,
}

impl Walk {
    /// The stop at hand.
    pub fn at_hand(&self) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.left() > 0)
    }
}

/// What somebody scans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barcode {
    /// The label of a bin.
    Bin(i64),
    /// A SKU.
    Item(i64),
    /// A lot.
    Lot(String),
    /// Nothing that can be read.
    Nothing,
}

/// What is on the floor of all warehouses.
#[derive(Debug, Clone, Default)]
pub struct Floor {
    /// What lies in bins.
    pub bins: BTreeMap<Spot, Bin>,
    /// Every walk.
    pub walks: BTreeMap<i64, Walk>,
    /// The walks on which pieces of a work are fetched.
    walks_of: BTreeMap<i64, BTreeSet<i64>>,
    /// Bins that are to be counted, because something was not there.
    pub doubted: BTreeSet<i64>,
    /// Where somebody is just putting pieces away.
    pub puts_into: Option<i64>,
    /// Orders that wait for pieces that were not found, and that must have said so: order, line, pieces.
    said_short: Vec<(i64, i64, i64)>,
    /// Work about which something happened since it was looked at.
    touched: BTreeSet<i64>,
}

impl Model {
    /// A walk begins to exist: its pieces are claimed in their bins.
    pub fn walk_released(&mut self, id: i64, walk: Walk) -> Result<(), Wrong> {
        for stop in &walk.stops {
            if stop.bin.is_some_and(|bin| self.floor.doubted.contains(&bin)) {
                return Err(format!("{stop:?} leads to a bin that is to be counted"));
            }
            self.claim_in_bin(walk.location, stop, stop.left())?;
            self.floor.touched.insert(stop.work);
            self.floor.walks_of.entry(stop.work).or_default().insert(id);
        }
        self.floor.walks.insert(id, walk);
        Ok(())
    }

    fn claim_in_bin(&mut self, location: i64, stop: &Stop, pieces: i64) -> Result<(), Wrong> {
        let Some(bin) = stop.bin else { return Ok(()) };
        let spot = ((stop.sku, location), bin, stop.lot.clone());
        let there = self.floor.bins.entry(spot.clone()).or_default();
        there.claimed += pieces;
        if there.claimed < 0 || there.claimed > there.on_hand {
            return Err(format!(
                "{} of {} pieces in {spot:?} are claimed",
                there.claimed, there.on_hand
            ));
        }
        Ok(())
    }

    fn walk(&mut self, id: i64) -> Result<&mut Walk, Wrong> {
        self.floor.walks.get_mut(&id).ok_or_else(|| format!("there is no walk {id}"))
    }

    /// Somebody takes a walk, or hands it back.
    pub fn walk_taken(&mut self, id: i64, by: Option<i64>) -> Result<(), Wrong> {
        let walk = self.walk(id)?;
        if by.is_some() && walk.picker.is_some() {
            return Err(format!("walk {id} is taken by two"));
        }
        walk.picker = by;
        Ok(())
    }

    /// Something happens at a stop: `picked`, `put_back`, `short`, `returned`, or what was scanned.
    pub fn at_stop(&mut self, id: i64, no: i64, what: &str, pieces: i64) -> Result<(), Wrong> {
        let walk = self.walk(id)?;
        let location = walk.location;
        let at_hand = walk.at_hand().map(|stop| stop.no);
        let stop = walk.stops.iter_mut().find(|stop| stop.no == no);
        let stop = stop.ok_or_else(|| format!("walk {id} has no stop {no}"))?;
        let is_next = at_hand == Some(no);
        let (before, asked) = (stop.clone(), stop.asks);
        let has_lot = !stop.lot.is_empty();
        let is_fine = match what {
            "bin_found" => {
                stop.asks = Asks::Item;
                is_next && asked == Asks::Bin
            }
            "item_seen" => {
                stop.asks = Asks::Lot;
                is_next && asked != Asks::Bin && has_lot && !before.is_lot_seen
            }
            "picked" => {
                (stop.picked, stop.asks) = (stop.picked + pieces, Asks::Item);
                stop.is_lot_seen = has_lot;
                is_next && asked != Asks::Bin && pieces >= 1
            }
            "put_back" => {
                (stop.picked, stop.asks) = (stop.picked - pieces, Asks::Item);
                pieces == 1 && stop.picked >= 0
            }
            "short" => {
                stop.short += pieces;
                is_next && pieces >= 1
            }
            "returned" => {
                stop.returned += pieces;
                stop.returned <= stop.picked
            }
            _ => false,
        };
        let stop = stop.clone();
        if !is_fine || stop.left() < 0 {
            return Err(format!("{pieces} pieces are {what} at stop {stop:?} of walk {id}"));
        }
        self.floor.touched.insert(stop.work);
        if what == "short" {
            self.floor.doubted.extend(stop.bin);
        }
        let claims = stop.left() - before.left();
        let Some(bin) = stop.bin.filter(|_| what != "returned") else {
            return self.put_away(location, &stop, what, pieces);
        };
        let spot = ((stop.sku, location), bin, stop.lot.clone());
        let there = self.floor.bins.entry(spot).or_default();
        there.on_hand -= stop.picked - before.picked;
        self.claim_in_bin(location, &stop, claims)
    }

    fn put_away(
        &mut self,
        location: i64,
        stop: &Stop,
        what: &str,
        pieces: i64,
    ) -> Result<(), Wrong> {
        if what != "returned" {
            return Ok(());
        }
        let bin = self.floor.puts_into.ok_or("pieces are put away by nobody")?;
        let spot = ((stop.sku, location), bin, stop.lot.clone());
        self.floor.bins.entry(spot).or_default().on_hand += pieces;
        Ok(())
    }

    /// What was not in its bin is fetched from another.
    pub fn stop_added(&mut self, id: i64, stop: Stop) -> Result<(), Wrong> {
        let walk = self.walk(id)?;
        let location = walk.location;
        let next = walk.stops.iter().position(|it| it.left() > 0).unwrap_or(walk.stops.len());
        walk.stops.insert(next, stop.clone());
        self.floor.touched.insert(stop.work);
        self.claim_in_bin(location, &stop, stop.left())
    }

    /// Nothing more is fetched for a work that is no longer on the floor.
    pub fn stops_dropped(&mut self, id: i64, work: i64) -> Result<(), Wrong> {
        if self.works.get(&work).is_some_and(|it| it.stage.is_on_floor()) {
            return Err(format!("work {work} is on the floor, and nothing is fetched for it"));
        }
        let walk = self.walk(id)?;
        let location = walk.location;
        let mut given_up = Vec::new();
        for stop in walk.stops.iter_mut().filter(|stop| stop.work == work) {
            let left = stop.left();
            stop.dropped += left;
            given_up.push((stop.clone(), left));
        }
        given_up.iter().try_for_each(|(stop, left)| self.claim_in_bin(location, stop, -left))
    }

    /// Work moves from one of these stages to the next.
    pub fn work_moves(&mut self, id: i64, from: &[Stage], to: Stage) -> Result<(), Wrong> {
        let work = self.works.get_mut(&id).ok_or_else(|| format!("there is no work {id}"))?;
        if !from.contains(&work.stage) {
            return Err(format!("work {id} goes from {:?} to {to:?}", work.stage));
        }
        work.stage = to;
        let order = work.order;
        self.touched.insert(order);
        self.floor.touched.insert(id);
        Ok(())
    }

    /// Pieces of a line go into a tote, or out of it if fewer than none.
    pub fn work_picked(&mut self, id: i64, line: i64, pieces: i64) -> Result<(), Wrong> {
        let work = self.open_work(id)?;
        let share = work.lines.iter_mut().find(|share| share.line == line);
        let share = share.ok_or_else(|| format!("work {id} ships nothing of line {line}"))?;
        share.picked += pieces;
        if !(0..=share.count).contains(&share.picked) {
            return Err(format!("work {id} has picked {share:?}"));
        }
        self.floor.touched.insert(id);
        Ok(())
    }

    /// An order says that pieces of a line wait, because nobody has found them.
    pub fn said_short(&mut self, order: i64, line: i64, pieces: i64) {
        self.floor.said_short.push((order, line, pieces));
    }

    /// Pieces of a work's line cannot be found at its location: it ships fewer, and they are promised
    /// from wherever they are, the nearest first. What nobody has waits.
    pub fn work_shorted(
        &mut self,
        id: i64,
        (line, missing): (i64, i64),
        position: i64,
    ) -> Result<(), Wrong> {
        let work = self.open_work(id)?;
        if !work.stage.is_on_floor() {
            return Err(format!("work {id} is {:?} and loses pieces", work.stage));
        }
        let (order, here) = (work.order, work.location);
        let share = work.lines.iter_mut().find(|share| share.line == line);
        let share = share.ok_or_else(|| format!("work {id} ships nothing of line {line}"))?;
        share.count -= missing;
        if share.count < share.picked || missing < 1 {
            return Err(format!("work {id} loses {missing} pieces of {share:?}"));
        }
        let sku = share.sku;
        let mut left = missing;
        let pieces = &mut self.order(order)?.pieces;
        let is_its = |it: &&mut Pieces| {
            it.work == Some(id) && it.line == line && it.claim == Claim::Allocated
        };
        for it in pieces.iter_mut().filter(is_its) {
            let taken = it.count.min(left);
            (it.count, left) = (it.count - taken, left - taken);
        }
        pieces.retain(|it| it.count > 0);
        if left > 0 {
            return Err(format!("{left} pieces that work {id} loses were never claimed for it"));
        }
        self.shelves.entry((sku, here)).or_default().allocated -= missing;
        let elsewhere: Vec<i64> = self.nearest.iter().copied().filter(|it| *it != here).collect();
        let elsewhere = if elsewhere.is_empty() { vec![here] } else { elsewhere };
        let mut left = missing;
        let mut again = Vec::new();
        for &location in &elsewhere {
            let place = (sku, location);
            let found = self.shelves.get(&place).map_or(0, super::Shelf::free).min(left);
            if found > 0 {
                self.shelves.entry(place).or_default().allocated += found;
                let claim = Claim::Allocated;
                again.push(Pieces { line, place, count: found, claim, work: None });
                left -= found;
            }
        }
        if left > 0 {
            let place = (sku, elsewhere[0]);
            again.push(Pieces { line, place, count: left, claim: Claim::Waiting, work: None });
            let is_said = |said: &(i64, i64, i64)| *said == (order, line, left);
            let said = self.floor.said_short.iter().position(is_said);
            let said =
                said.ok_or(format!("{left} pieces of order {order} wait, and it says nothing"))?;
            self.floor.said_short.swap_remove(said);
        }
        self.order(order)?.pieces.extend(again);
        self.to_source.orders.insert(order, position);
        self.floor.touched.insert(id);
        Ok(())
    }

    /// Totes hold what their walks say, and what is still wanted somebody will fetch.
    pub fn floor_is_sound(&mut self) -> Result<(), Wrong> {
        if let Some(said) = self.floor.said_short.pop() {
            return Err(format!("{said:?} wait for what was found"));
        }
        for id in std::mem::take(&mut self.floor.touched) {
            let work = self.works.get(&id).ok_or_else(|| format!("there is no work {id}"))?;
            for share in &work.lines {
                let (picked, left) = self.walked_for(id, share);
                let is_wanted = work.stage.is_on_floor();
                let is_fine = match work.is_open() {
                    true if is_wanted => {
                        (picked, left) == (share.picked, share.count - share.picked)
                    }
                    true => work.stage == Stage::Planned || picked == share.picked,
                    false => true,
                };
                if !is_fine {
                    return Err(format!(
                        "work {id} is {:?} with {share:?}, walks have {picked} and fetch {left}",
                        work.stage
                    ));
                }
            }
        }
        Ok(())
    }

    fn walked_for(&self, work: i64, share: &Share) -> (i64, i64) {
        let walks = self.floor.walks_of.get(&work).into_iter().flatten();
        let stops = walks.filter_map(|id| self.floor.walks.get(id)).flat_map(|walk| &walk.stops);
        let its = stops.filter(|stop| (stop.work, stop.line) == (work, share.line));
        its.fold((0, 0), |(picked, left), stop| (picked + stop.picked, left + stop.left()))
    }
}
