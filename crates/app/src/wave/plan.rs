//! Plans: which pieces from which bins, which fulfillments on one walk, in which order.
//!
//! Nothing here is stored: a plan is made from what was read, beside the writer, and the release then
//! claims exactly what it says or is planned anew.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use jiff::civil::Date;
use ordermill_base::Timestamp;
use ordermill_domain::ids::{BinId, FulfillmentId, SkuId};
use ordermill_domain::pick_list::Line;
use ordermill_domain::stock::{self as rules, claim_shelves};
use ordermill_optimize::batching::{self, Batch, Capacity, Effort};
use ordermill_optimize::route::{self, Position};
use ordermill_storage::shelf::Shelf;

use crate::layout::Walk;

/// How much is thought about a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Some milliseconds for each fulfillment: the walks come out within a percent of the shortest ones known.
    Thorough,
    /// A tenth of that, where so much waits that people would stand still for plans: some percent more walking.
    Quick,
}

impl Care {
    /// Parcels that are batched together at most; a larger wave is cut along the walk, so that the
    /// time of a plan grows with its size and not with its square.
    const fn batched_max(self) -> usize {
        match self {
            Self::Thorough => 100,
            Self::Quick => 40,
        }
    }

    /// How hard batches are tried to be made better.
    const fn effort(self) -> Effort {
        let (rounds, exchanges) = match self {
            Self::Thorough => (200, true),
            Self::Quick => (0, false),
        };
        Effort { rounds, exchanges, seed: 1 }
    }
}

/// Bins of these kinds of zones are picked from last, and never.
const RESERVE: &str = "reserve";
pub(super) const QUARANTINE: &str = "quarantine";

/// What is picked into the same totes: one fulfillment, or all that travel in one parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The lines of all of them.
    pub lines: Vec<Wanted>,
}

/// What is to be picked for a line of a fulfillment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Which fulfillment.
    pub fulfillment: FulfillmentId,
    /// The number of its line.
    pub line_no: u16,
    /// What.
    pub sku: SkuId,
    /// How many pieces.
    pub pieces: i64,
}

impl Work {
    fn pieces(&self) -> i64 {
        self.lines.iter().map(|line| line.pieces).sum()
    }
}

/// What fits on a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cart {
    /// How many totes stand on it; one tote holds goods that travel together.
    pub totes: u32,
    /// How many pieces go into a tote.
    pub pieces_per_tote: NonZeroU32,
}

/// A planned pick list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedList {
    /// Its stops in the order of the walk, numbered from 1.
    pub lines: Vec<Line>,
    /// How many totes it takes.
    pub totes: i64,
    /// How long the walk is.
    pub walk_mm: i64,
    /// Whether it is proven that there is no shorter one.
    pub is_shortest: bool,
}

/// The lists of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// In the order in which they were planned.
    pub lists: Vec<PlannedList>,
    /// How long the walks would be one parcel at a time.
    pub walk_alone_mm: i64,
}

/// Pieces for one line of a fulfillment, in one bin or without one, with the work that it is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Take {
    work: usize,
    fulfillment: FulfillmentId,
    line_no: u16,
    sku: SkuId,
    bin: Option<(BinId, String, Option<Date>)>,
    position: i64,
    stand: Option<Position>,
    pieces: i64,
}

/// Chooses bins for all work in its order, claims what is free in `shelves`, and plans the lists.
/// Pieces that lie in no bin become stops without one, at the end of the walk.
pub fn plan(
    walk: Option<&Walk>,
    work: &[Work],
    shelves: &[Shelf],
    (cart, care): (Cart, Care),
    end_of: impl Fn(Date) -> Timestamp,
    now: Timestamp,
) -> Plan {
    let takes = choose(walk, work, shelves, end_of, now);
    let Some(walk) = walk else { return without_floor(work, &takes, cart) };
    let mut on_floor: Vec<(usize, Vec<&Take>)> = (0..work.len())
        .map(|at| (at, takes.iter().filter(|take| take.work == at).collect()))
        .collect();
    // Neighbors on the walk are batched together.
    let first = |takes: &[&Take]| takes.iter().map(|take| take.position).min().unwrap_or(0);
    if on_floor.len() > care.batched_max() {
        on_floor.sort_by_key(|(at, takes)| (first(takes), *at));
    }
    let mut plan = Plan::default();
    for chunk in on_floor.chunks(care.batched_max()) {
        plan_chunk(walk, work, chunk, (cart, care.effort()), &mut plan);
    }
    plan
}

/// The zones of the bins that this work would take from: for choosing work of one zone.
pub fn zones_of(
    work: &[Work],
    shelves: &[Shelf],
    end_of: impl Fn(Date) -> Timestamp,
    now: Timestamp,
) -> Vec<Vec<String>> {
    let zone: HashMap<BinId, &str> =
        shelves.iter().map(|shelf| (shelf.bin, shelf.zone.as_str())).collect();
    let mut zones = vec![Vec::new(); work.len()];
    for take in choose(None, work, shelves, end_of, now) {
        let of = take.bin.as_ref().and_then(|(bin, ..)| zone.get(bin).copied()).unwrap_or("");
        if !zones[take.work].iter().any(|known| known == of) {
            zones[take.work].push(of.to_owned());
        }
    }
    zones
}

fn choose(
    walk: Option<&Walk>,
    work: &[Work],
    shelves: &[Shelf],
    end_of: impl Fn(Date) -> Timestamp,
    now: Timestamp,
) -> Vec<Take> {
    let mut by_sku: BTreeMap<SkuId, Vec<(rules::Shelf, &Shelf)>> = BTreeMap::new();
    for shelf in shelves.iter().filter(|shelf| shelf.kind != QUARANTINE) {
        let seen = rules::Shelf {
            expires_at: shelf.expires_on.map(&end_of),
            free: shelf.on_hand - shelf.claimed,
            is_reserve: shelf.kind == RESERVE,
            position: shelf.position,
        };
        by_sku.entry(shelf.sku).or_default().push((seen, shelf));
    }
    let mut takes = Vec::new();
    for (at, it) in work.iter().enumerate() {
        for &Wanted { fulfillment, line_no, sku, pieces } in
            it.lines.iter().filter(|it| it.pieces > 0)
        {
            let known = by_sku.entry(sku).or_default();
            let seen: Vec<rules::Shelf> = known.iter().map(|(seen, _)| *seen).collect();
            let mut left = pieces;
            for pick in claim_shelves(&seen, pieces, now) {
                let (seen, shelf) = &mut known[pick.lot];
                seen.free -= pick.quantity;
                left -= pick.quantity;
                takes.push(Take {
                    work: at,
                    fulfillment,
                    line_no,
                    sku,
                    bin: Some((shelf.bin, shelf.lot.clone(), shelf.expires_on)),
                    position: shelf.position,
                    stand: walk.zip(shelf.place).and_then(|(walk, place)| walk.position(&place)),
                    pieces: pick.quantity,
                });
            }
            if left > 0 {
                let (bin, position, stand) = (None, i64::MAX, None);
                takes.push(Take {
                    work: at,
                    fulfillment,
                    line_no,
                    sku,
                    bin,
                    position,
                    stand,
                    pieces: left,
                });
            }
        }
    }
    takes
}

fn plan_chunk(
    walk: &Walk,
    work: &[Work],
    chunk: &[(usize, Vec<&Take>)],
    (cart, effort): (Cart, Effort),
    plan: &mut Plan,
) {
    let capacity = Capacity::Boxes { boxes: cart.totes, units_per_box: cart.pieces_per_tote };
    let order = |(at, takes): &(usize, Vec<&Take>)| batching::Order {
        picks: takes.iter().filter_map(|take| take.stand).collect(),
        units: u32::try_from(work[*at].pieces()).unwrap_or(u32::MAX),
    };
    let orders: Vec<batching::Order> = chunk.iter().map(order).collect();
    // What is larger than a cart has one for itself, which comes back as often as it must.
    let (small, large): (Vec<usize>, Vec<usize>) =
        (0..orders.len()).partition(|&at| capacity.load(&orders[at]) <= capacity.limit());
    let batched: Vec<batching::Order> = small.iter().map(|&at| orders[at].clone()).collect();
    // The places come from the layout itself, and the loads were looked at above.
    let batches = batching::batch(walk.floor(), &batched, capacity, effort);
    let batches: Vec<Batch> = batches.unwrap_or_default();
    let groups = batches.iter().map(|batch| batch.orders.iter().map(|&at| small[at]).collect());
    let alone = large.iter().map(|&at| vec![at]);
    for group in groups.chain(alone) {
        let group: Vec<usize> = group;
        let takes: Vec<&(usize, Vec<&Take>)> = group.iter().map(|&at| &chunk[at]).collect();
        plan.lists.push(list(Some(walk), work, &takes, cart));
    }
    let length = |order: &batching::Order| {
        route::shortest_length(walk.floor(), &order.picks).map_or(0, millimeters)
    };
    plan.walk_alone_mm += orders.iter().map(length).sum::<i64>();
}

/// One list for these fulfillments, in the order of the shortest walk; what stands nowhere comes last.
fn list(
    walk: Option<&Walk>,
    work: &[Work],
    group: &[&(usize, Vec<&Take>)],
    cart: Cart,
) -> PlannedList {
    let mut totes = 0;
    let mut stops: Vec<(&Take, i64)> = Vec::new();
    for (at, takes) in group.iter().map(|it| (it.0, &it.1)) {
        let first_tote = totes + 1;
        totes += tote_count(work[at].pieces(), cart);
        stops.extend(takes.iter().map(|take| (*take, first_tote)));
    }
    let mut tour = None;
    let mut order: Vec<usize> = Vec::new();
    if let Some(walk) = walk {
        let standing: Vec<usize> =
            (0..stops.len()).filter(|&at| stops[at].0.stand.is_some()).collect();
        let places: Vec<Position> = standing.iter().filter_map(|&at| stops[at].0.stand).collect();
        if let Ok(found) = route::shortest(walk.floor(), &places) {
            order.extend(walk.picks(&found, &places).into_iter().map(|pick| standing[pick]));
            tour = Some(found);
        }
    }
    let mut rest: Vec<usize> = (0..stops.len()).filter(|at| !order.contains(at)).collect();
    rest.sort_by_key(|&at| (stops[at].0.position, at));
    // At one bin, tote after tote.
    order.extend(rest);
    let line = |(at, no): (&usize, i64)| {
        let (take, tote) = stops[*at];
        let (bin, lot, expires_on) = match &take.bin {
            Some((bin, lot, expires_on)) => (Some(*bin), lot.clone(), *expires_on),
            None => (None, String::new(), None),
        };
        Line {
            no,
            fulfillment: take.fulfillment,
            line_no: take.line_no,
            sku: take.sku,
            bin,
            lot,
            expires_on,
            tote,
            quantity: take.pieces,
            picked: 0,
            short: 0,
            dropped: 0,
            returned: 0,
            step: Line::first_step(bin),
            is_lot_seen: false,
        }
    };
    PlannedList {
        lines: order.iter().zip(1..).map(line).collect(),
        totes: totes.max(1),
        walk_mm: tour.as_ref().map_or(0, |tour| millimeters(tour.length)),
        is_shortest: tour.is_some_and(|tour| tour.is_optimal),
    }
}

/// Without a floor, carts are filled in the order of the work and walked by the positions of bins.
fn without_floor(work: &[Work], takes: &[Take], cart: Cart) -> Plan {
    let mut plan = Plan::default();
    let mut group: Vec<(usize, Vec<&Take>)> = Vec::new();
    let mut totes = 0;
    let mut flush = |group: &mut Vec<(usize, Vec<&Take>)>| {
        if !group.is_empty() {
            plan.lists.push(list(None, work, &group.iter().collect::<Vec<_>>(), cart));
            group.clear();
        }
    };
    for (at, it) in work.iter().enumerate() {
        let own = tote_count(it.pieces(), cart);
        if totes + own > i64::from(cart.totes) {
            flush(&mut group);
            totes = 0;
        }
        totes += own;
        group.push((at, takes.iter().filter(|take| take.work == at).collect()));
    }
    flush(&mut group);
    plan
}

fn tote_count(pieces: i64, cart: Cart) -> i64 {
    let per_tote = i64::from(cart.pieces_per_tote.get());
    (pieces + per_tote - 1) / per_tote
}

fn millimeters(length: u64) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
