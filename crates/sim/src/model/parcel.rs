//! Parcels: from a closed box to the buyer's door, and what that means for work, stock and orders.
//!
//! What carriers say is taken from them; which of their words counts, and what follows from it, is decided
//! here.

use std::collections::{BTreeMap, BTreeSet};

use super::stock::Claim;
use super::{Model, Stage, Status, Wrong};

/// How long after the last parcel has come an order is taken to be received (D16).
const RECEIVED_AFTER: i64 = 10 * 24 * 3_600 * 1_000_000;

/// Where a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Labeled, and with us.
    Here,
    /// With the carrier.
    Carried,
    /// With the buyer.
    Arrived,
    /// Its label was given back.
    Void,
    /// It came back.
    Back,
    /// The carrier does not find it.
    Lost,
}

impl Where {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Here => "label_created",
            Self::Carried => "handed_over",
            Self::Arrived => "delivered",
            Self::Void => "voided",
            Self::Back => "returned_to_sender",
            Self::Lost => "lost",
        }
    }

    /// Whether it has left us.
    pub const fn has_left(self) -> bool {
        !matches!(self, Self::Here | Self::Void)
    }

    const fn is_under_way(self) -> bool {
        matches!(self, Self::Here | Self::Carried)
    }
}

/// A word of a carrier: when, by its own clock, and what.
pub type Word = (i64, &'static str);

/// The words of carriers, each of which wins over those before it that were said at the same moment.
const WORDS: [&str; 12] = [
    "unknown",
    "pre_transit",
    "in_transit",
    "out_for_delivery",
    "at_pickup_point",
    "stalled",
    "address",
    "out_of_zone",
    "damaged",
    "refused",
    "delivered",
    "sign_off_disputed",
];

/// The word of this name.
pub fn word(name: &str) -> Option<&'static str> {
    WORDS.into_iter().find(|word| *word == name)
}

fn weight((at, word): Word) -> (bool, i64, usize) {
    let rank = WORDS.iter().position(|it| *it == word).unwrap_or(0);
    (matches!(word, "delivered" | "sign_off_disputed"), at, rank)
}

/// A parcel as it should be.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Whose.
    pub order: i64,
    /// Which box.
    pub package: i64,
    /// What it is of.
    pub work: i64,
    /// From where it leaves.
    pub location: i64,
    /// Who carries it.
    pub carrier: i64,
    /// The carrier's number.
    pub waybill: String,
    /// Where it is.
    pub at: Where,
    /// The carrier's last word that counts.
    pub last: Option<Word>,
}

/// All parcels, and what is still to follow from where they are.
#[derive(Debug, Clone, Default)]
pub struct Parcels {
    /// By shipment.
    pub all: BTreeMap<i64, Parcel>,
    /// The work of each box that was ever closed.
    pub work_of: BTreeMap<i64, i64>,
    /// Shipments that moved, with the position in the journal after which it is to be followed.
    moved: BTreeMap<i64, i64>,
    /// Orders of which a parcel has just arrived.
    arrived: BTreeMap<i64, i64>,
    /// Pieces that have just left, which their order must say: order, line, pieces.
    left: BTreeMap<(i64, i64), i64>,
}

impl Model {
    /// Boxes are closed.
    pub fn work_packed(&mut self, id: i64, packages: Vec<i64>) -> Result<(), Wrong> {
        self.work_moves(id, &[Stage::Rechecked], Stage::Packed)?;
        for package in &packages {
            if self.parcels.work_of.insert(*package, id).is_some() {
                return Err(format!("box {package} is closed twice"));
            }
        }
        let work = self.open_work(id)?;
        if packages.is_empty() || !work.packages.is_empty() {
            return Err(format!("work {id} is packed into {packages:?}, and {:?}", work.packages));
        }
        work.packages = packages;
        Ok(())
    }

    /// Boxes are opened again.
    pub fn work_unpacked(&mut self, id: i64) -> Result<(), Wrong> {
        self.work_moves(id, &[Stage::Packed], Stage::Rechecked)?;
        if self.parcels_of_work(id).iter().any(|parcel| parcel.at.has_left()) {
            return Err(format!("a box of work {id} is opened that the carrier has"));
        }
        self.open_work(id)?.packages.clear();
        Ok(())
    }

    /// The parcels in use of a work's closed boxes.
    pub fn parcels_of_work(&self, id: i64) -> Vec<&Parcel> {
        let packages = self.works.get(&id).map_or(&[][..], |work| &work.packages);
        let is_its = |it: &&Parcel| it.at != Where::Void && packages.contains(&it.package);
        self.parcels_of_order_of(id).into_iter().filter(is_its).collect()
    }

    fn parcels_of_order_of(&self, work: i64) -> Vec<&Parcel> {
        let order = self.works.get(&work).map_or(0, |work| work.order);
        self.parcels_of(order)
    }

    /// The parcels of an order, also those whose label was given back.
    pub fn parcels_of(&self, order: i64) -> Vec<&Parcel> {
        let ids = self.orders.get(&order).map_or(&[][..], |order| &order.parcels);
        ids.iter().filter_map(|id| self.parcels.all.get(id)).collect()
    }

    /// A carrier has made a label.
    pub fn labeled(&mut self, id: i64, parcel: Parcel, position: i64) -> Result<(), Wrong> {
        let package = parcel.package;
        let is_twice = self
            .parcels_of(parcel.order)
            .iter()
            .any(|it| it.package == package && it.at != Where::Void);
        if is_twice {
            return Err(format!("box {package} has two labels"));
        }
        let order = parcel.order;
        self.order(order)?.parcels.push(id);
        self.parcels.all.insert(id, parcel);
        self.parcels.moved.insert(id, position);
        Ok(())
    }

    fn parcel(&mut self, id: i64) -> Result<&mut Parcel, Wrong> {
        self.parcels.all.get_mut(&id).ok_or_else(|| format!("there is no parcel {id}"))
    }

    /// A parcel moves on.
    pub fn parcel_moves(
        &mut self,
        id: i64,
        to: Where,
        (position, now): (i64, i64),
    ) -> Result<(), Wrong> {
        let parcel = self.parcel(id)?;
        let from = match to {
            Where::Here => return Err(format!("parcel {id} is labeled twice")),
            Where::Carried | Where::Void => Where::Here,
            Where::Arrived | Where::Back | Where::Lost => Where::Carried,
        };
        if parcel.at != from {
            return Err(format!("parcel {id} goes from {:?} to {to:?}", parcel.at));
        }
        parcel.at = to;
        let (order, package) = (parcel.order, parcel.package);
        let work = parcel.work;
        self.touched.insert(order);
        self.parcels.moved.insert(id, position);
        if to == Where::Arrived {
            self.parcels.arrived.insert(order, now);
        }
        let work = self.works.get(&work).ok_or_else(|| format!("parcel {id} is of no work"))?;
        let is_closed = work.packages.contains(&package) && work.stage == Stage::Packed;
        if to == Where::Void && is_closed {
            return Err(format!(
                "the label of box {package} is given back, and the box waits for it"
            ));
        }
        Ok(())
    }

    /// What a carrier says counts from now on.
    pub fn parcel_tracked(&mut self, id: i64, word: Word) -> Result<(), Wrong> {
        let parcel = self.parcel(id)?;
        if parcel.last.is_some_and(|last| weight(last) >= weight(word)) {
            return Err(format!("{word:?} of parcel {id} counts more than {:?}", parcel.last));
        }
        parcel.last = Some(word);
        Ok(())
    }

    /// Which of a carrier's words counts.
    pub fn last_word(words: impl IntoIterator<Item = Word>) -> Option<Word> {
        words.into_iter().filter(|word| word.1 != "unknown").max_by_key(|word| weight(*word))
    }

    /// The carrier has all boxes of a work: its pieces have left, once, from where they were claimed.
    pub fn work_leaves(&mut self, id: i64) -> Result<(), Wrong> {
        let parcels = self.parcels_of_work(id);
        let boxes = self.works.get(&id).map_or(0, |work| work.packages.len());
        if boxes == 0 || parcels.len() != boxes || !parcels.iter().all(|it| it.at.has_left()) {
            return Err(format!("work {id} with {boxes} boxes has left, carried are {parcels:?}"));
        }
        self.work_moves(id, &[Stage::Packed], Stage::HandedOver)?;
        let order = self.works[&id].order;
        let mut gone = Vec::new();
        let pieces = &mut self.order(order)?.pieces;
        let is_its = |it: &&mut super::Pieces| it.work == Some(id) && it.claim == Claim::Allocated;
        for it in pieces.iter_mut().filter(is_its) {
            it.claim = Claim::Consumed;
            gone.push((it.place, it.line, it.count));
        }
        for (place, line, count) in gone {
            let shelf = self.shelves.entry(place).or_default();
            shelf.allocated -= count;
            shelf.on_hand -= count;
            *self.parcels.left.entry((order, line)).or_default() += count;
        }
        Ok(())
    }

    /// An order says that pieces of a line have left.
    pub fn said_shipped(&mut self, order: i64, line: i64, pieces: i64) {
        *self.parcels.left.entry((order, line)).or_default() -= pieces;
    }

    /// All boxes of a work are at their end.
    pub fn work_closes(&mut self, id: i64) -> Result<(), Wrong> {
        if self.parcels_of_work(id).iter().any(|parcel| parcel.at.is_under_way()) {
            return Err(format!("work {id} is closed and has parcels under way"));
        }
        self.work_moves(id, &[Stage::HandedOver], Stage::Closed)
    }

    /// The journal was read up to here by whoever follows parcels: work is as far as its parcels are.
    pub fn parcels_are_followed(&mut self, upto: i64) -> Result<(), Wrong> {
        let unread: BTreeMap<i64, i64> =
            self.parcels.moved.iter().filter(|it| *it.1 > upto).map(|it| (*it.0, *it.1)).collect();
        let read = std::mem::replace(&mut self.parcels.moved, unread);
        let work_of = |id: &i64| self.parcels.all[id].work;
        // Of some works another parcel has moved since.
        let unread: BTreeSet<i64> = self.parcels.moved.keys().map(work_of).collect();
        let works: BTreeSet<i64> = read.keys().map(work_of).collect();
        works.difference(&unread).try_for_each(|id| self.has_followed(*id))
    }

    /// Work whose parcels are all with the carrier has left, and is over when they are.
    pub fn has_followed(&self, id: i64) -> Result<(), Wrong> {
        let Some(work) = self.works.get(&id) else { return Ok(()) };
        let parcels = self.parcels_of_work(id);
        let is_all = |is: fn(Where) -> bool| {
            !work.packages.is_empty()
                && parcels.len() == work.packages.len()
                && parcels.iter().all(|it| is(it.at))
        };
        if work.stage == Stage::Packed && is_all(Where::has_left) {
            return Err(format!("the carrier has all of work {id}, and it is still packed"));
        }
        if work.stage == Stage::HandedOver && is_all(|at| !at.is_under_way()) {
            return Err(format!("all parcels of work {id} are at their end, and it goes on"));
        }
        Ok(())
    }

    /// What has left is what orders say, and orders that have everything wait for their buyers' word.
    pub fn parcels_are_sound(&mut self) -> Result<(), Wrong> {
        let left = std::mem::take(&mut self.parcels.left);
        if let Some(((order, line), pieces)) = left.iter().find(|(_, pieces)| **pieces != 0) {
            return Err(format!("line {line} of order {order} says {pieces} fewer than have left"));
        }
        for (id, now) in std::mem::take(&mut self.parcels.arrived) {
            // Somebody decides first about those that will never come.
            let is_to_come =
                |it: &&Parcel| it.at.is_under_way() || matches!(it.at, Where::Back | Where::Lost);
            let waits = self.parcels_of(id).iter().any(is_to_come);
            let order = self.order(id)?;
            if !waits && order.received_by.is_none() && order.disputed_at.is_none() {
                order.received_by = Some(now + RECEIVED_AFTER);
            }
        }
        Ok(())
    }

    /// Whether an order has a parcel that will never come: who completes it is decided by people.
    pub fn has_lost_parcels(&self, order: i64) -> bool {
        self.parcels_of(order).iter().any(|it| matches!(it.at, Where::Back | Where::Lost))
    }

    /// Whether everything has left and nothing is on its way.
    pub fn is_all_there(&self, id: i64) -> bool {
        let Some(order) = self.orders.get(&id) else { return false };
        let is_under_way = self.parcels_of(id).iter().any(|it| it.at.is_under_way());
        // What was replaced by something else does not come.
        let mut wanted = order.pieces.iter().filter(|it| it.claim != Claim::Released).peekable();
        let is_any = wanted.peek().is_some();
        let has_left = wanted.all(|it| it.claim == Claim::Consumed);
        order.status == Status::Confirmed && has_left && !is_under_way && is_any
    }

    /// An order is complete, by its buyer's word or by time.
    pub fn completed(&mut self, id: i64, by_time: bool, now: i64) -> Result<(), Wrong> {
        if !self.is_all_there(id) {
            return Err(format!("order {id} is completed, and not all of it is there"));
        }
        let is_uncertain = self.has_lost_parcels(id);
        let order = self.order(id)?;
        if by_time && !is_uncertain && order.received_by.is_none_or(|due| now < due) {
            return Err(format!("order {id} is completed too early: {:?}", order.received_by));
        }
        order.status = Status::Completed;
        (order.received_by, order.disputed_at) = (None, None);
        Ok(())
    }

    /// A buyer says that what was signed for has not come. Gives whether that is news.
    pub fn disputed(&mut self, id: i64, now: i64) -> Option<bool> {
        let has_come = self.parcels_of(id).iter().any(|it| it.at == Where::Arrived);
        let order = self.orders.get_mut(&id).filter(|_| has_come)?;
        self.touched.insert(id);
        order.received_by = None;
        let is_news = order.disputed_at.is_none();
        order.disputed_at.get_or_insert(now);
        Some(is_news)
    }

    /// How far the work on an order is, by its name in the database; that labels are made means the same
    /// as packed here.
    pub fn progress(&self, id: i64) -> &'static str {
        let Some(order) = self.orders.get(&id) else { return "" };
        let works = order.works.iter().filter_map(|work| self.works.get(work));
        let works = works.map(|work| work.stage);
        let counted: Vec<Stage> =
            works.filter(|it| !matches!(it, Stage::Rejected | Stage::Canceled)).collect();
        let is_open = |work: &i64| self.works.get(work).is_some_and(super::Work::is_open);
        let is_nobodys = |it: &super::Pieces| match it.claim {
            Claim::Consumed | Claim::Released => false,
            Claim::Allocated => !it.work.as_ref().is_some_and(is_open),
            Claim::Held | Claim::Expired | Claim::Waiting => true,
        };
        let is_whole = !order.pieces.iter().any(is_nobodys);
        match &counted[..] {
            [] => "not_packed",
            all if is_whole && all.iter().all(|it| *it == Stage::Closed) => "delivered",
            all if is_whole && all.iter().all(|it| it.has_left()) => "shipped",
            all if all.iter().any(|it| it.has_left()) => "partly_shipped",
            all if is_whole && all.iter().all(|it| *it == Stage::Packed) => "packed",
            _ => "not_packed",
        }
    }
}
