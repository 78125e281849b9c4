//! Two simple rules that pickers follow without a plan, to measure plans against.
//!
//! Block by block, the farthest from the depot first. Hall (1993) compares the rules for one block,
//! Roodbergen & de Koster (2001) describe them for several.

use super::layout::{Crossing, Depot, Layout, Position};
use super::{Tour, Waypoint};

/// S-shape: every aisle with picks is walked through, up and down in turn; only the last one of a block
/// may be left at the end by which it was entered.
pub(super) fn s_shape(layout: &Layout, picks: &[Position]) -> Tour {
    let mut stops = Vec::new();
    let mut here = nearest_to_the_depot(layout).aisle;
    for mut block in blocks(layout, picks) {
        block.begin_near(here);
        here = block.aisles.last().map_or(here, |last| last.aisle);
        let count = block.aisles.len();
        for (number, aisle) in block.aisles.iter().enumerate() {
            let enters_in_front = number % 2 == 0;
            let returns = enters_in_front && number + 1 == count;
            stops.push(block.end(aisle, enters_in_front));
            stops.extend(aisle.picks(enters_in_front));
            stops.push(block.end(aisle, returns || !enters_in_front));
        }
    }
    layout.walk(picks, &stops)
}

/// Largest gap: the first and the last aisle of a block are walked through, the others are entered from
/// both ends so that the largest gap between two picks is left out.
pub(super) fn largest_gap(layout: &Layout, picks: &[Position]) -> Tour {
    let mut stops = Vec::new();
    let mut here = nearest_to_the_depot(layout).aisle;
    for mut block in blocks(layout, picks) {
        block.begin_near(here);
        here = block.aisles.first().map_or(here, |first| first.aisle);
        let (first, between, last) = match block.aisles.as_slice() {
            [] => continue,
            [only] => {
                stops.push(block.end(only, true));
                stops.extend(only.picks(true));
                stops.push(block.end(only, true));
                continue;
            }
            [first, between @ .., last] => (first, between, last),
        };
        stops.push(block.end(first, true));
        stops.extend(first.picks(true));
        stops.push(block.end(first, false));
        for aisle in between {
            turn(&block, aisle, false, &mut stops);
        }
        stops.push(block.end(last, false));
        stops.extend(last.picks(false));
        stops.push(block.end(last, true));
        for aisle in between.iter().rev() {
            turn(&block, aisle, true, &mut stops);
        }
    }
    layout.walk(picks, &stops)
}

/// Enters an aisle from one end up to its largest gap.
fn turn(block: &Block, aisle: &Aisle, from_front: bool, stops: &mut Vec<Waypoint>) {
    // The gaps: from the front to the first pick, between two, and from the last pick to the back.
    let depths = aisle.picks.iter().map(|(depth, _)| *depth);
    let marks: Vec<u32> = [0].into_iter().chain(depths).chain([block.depth]).collect();
    let gaps = marks.windows(2).map(|pair| pair[1] - pair[0]);
    let split = gaps.enumerate().max_by_key(|(_, gap)| *gap).map_or(0, |(at, _)| at);
    let mut reached: Vec<Waypoint> = aisle.picks(from_front).collect();
    reached.truncate(if from_front { split } else { aisle.picks.len() - split });
    if !reached.is_empty() {
        stops.push(block.end(aisle, from_front));
        stops.append(&mut reached);
        stops.push(block.end(aisle, from_front));
    }
}

/// A block with the aisles that have picks in it, in the order of the walk: from the left, or from the
/// right if that is nearer.
struct Block {
    /// The cross-aisle toward the depot, and the one away from it.
    front: usize,
    back: usize,
    depth: u32,
    aisles: Vec<Aisle>,
}

struct Aisle {
    aisle: usize,
    /// How far each pick is from the front, in ascending order.
    picks: Vec<(u32, usize)>,
}

impl Block {
    /// Begins at the side that is nearer to this aisle.
    fn begin_near(&mut self, here: usize) {
        let ends = self.aisles.first().zip(self.aisles.last());
        if ends.is_some_and(|(left, right)| right.aisle.abs_diff(here) < left.aisle.abs_diff(here))
        {
            self.aisles.reverse();
        }
    }

    fn end(&self, aisle: &Aisle, is_front: bool) -> Waypoint {
        let cross_aisle = if is_front { self.front } else { self.back };
        Waypoint::Crossing(Crossing { aisle: aisle.aisle, cross_aisle })
    }
}

impl Aisle {
    fn picks(&self, from_front: bool) -> impl Iterator<Item = Waypoint> {
        let count = self.picks.len();
        let order = (0..count).map(move |at| if from_front { at } else { count - 1 - at });
        order.map(|at| Waypoint::Pick(self.picks[at].1))
    }
}

/// The blocks with picks: those behind the depot and then those before it, each side from the far end.
fn blocks(layout: &Layout, picks: &[Position]) -> Vec<Block> {
    let depot_row = nearest_to_the_depot(layout).cross_aisle;
    let behind = (depot_row..layout.blocks()).rev().map(|low| (low, low + 1));
    let before = (0..depot_row).map(|low| (low + 1, low));
    let mut blocks = Vec::new();
    for (front, back) in behind.chain(before) {
        let ys = layout.cross_aisles();
        let mut aisles: Vec<Aisle> = Vec::new();
        let mut inside: Vec<(usize, u32, usize)> = (0..picks.len())
            .filter(|at| block_of(layout, picks[*at]) == front.min(back))
            .map(|at| (picks[at].aisle, picks[at].y.abs_diff(ys[front]), at))
            .collect();
        inside.sort_unstable();
        for (aisle, depth, pick) in inside {
            match aisles.last_mut() {
                Some(last) if last.aisle == aisle => last.picks.push((depth, pick)),
                _ => aisles.push(Aisle { aisle, picks: vec![(depth, pick)] }),
            }
        }
        if aisles.is_empty() {
            continue;
        }
        blocks.push(Block { front, back, depth: ys[front].abs_diff(ys[back]), aisles });
    }
    blocks
}

/// The block of a pick; one on a cross-aisle belongs to the block behind it, if there is one.
fn block_of(layout: &Layout, pick: Position) -> usize {
    let rows = layout.cross_aisles();
    rows.partition_point(|y| *y <= pick.y).saturating_sub(1).min(layout.blocks() - 1)
}

/// The crossing nearest to the depot.
fn nearest_to_the_depot(layout: &Layout) -> Crossing {
    let nearest = |axis: &[u32], at: u32| {
        (0..axis.len()).min_by_key(|mark| axis[*mark].abs_diff(at)).unwrap_or(0)
    };
    match layout.depot() {
        Depot::InAisle(Position { aisle, y }) => {
            Crossing { aisle: *aisle, cross_aisle: nearest(layout.cross_aisles(), *y) }
        }
        Depot::OnCrossAisle { cross_aisle, x } => {
            Crossing { aisle: nearest(layout.aisles(), *x), cross_aisle: *cross_aisle }
        }
        Depot::Apart(doors) => {
            let door = doors.iter().min_by_key(|door| door.distance);
            door.map_or(Crossing { aisle: 0, cross_aisle: 0 }, |door| door.crossing)
        }
    }
}
