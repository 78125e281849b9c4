//! The part of a floor that a tour needs, as a grid of crossings that can be swept line by line.
//!
//! Walking outside of the rectangle around the depot and the picks never pays: moved to its border, the
//! same walk is no longer. Inside, the sweep goes from aisle to aisle if there are fewer cross-aisles
//! than aisles, otherwise from cross-aisle to cross-aisle, so that a line is as short as can be.

use std::ops::Range;

use super::Waypoint;
use super::class::Use;
use super::edge::{self, End, MUST, Stop};
use super::layout::{Crossing, Depot, Door, Layout, Position};

/// A crossing or an edge: something with stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The crossing itself.
    Vertex { line: usize, slot: usize },
    /// From this crossing to the next one on its line.
    Across { line: usize, slot: usize },
    /// From this crossing to the one of the next line.
    Along { line: usize, slot: usize },
}

/// A rectangle of crossings with the stops on and between them.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    layout: &'a Layout,
    aisles: Range<usize>,
    rows: Range<usize>,
    is_transposed: bool,
    pub(super) lines: usize,
    /// Crossings of a line.
    pub(super) width: usize,
    /// The stops in the order of their parts and offsets, and where those of each part begin.
    stops: Vec<Stop>,
    starts: Vec<u32>,
    /// The way from a depot that stands apart to each crossing, line by line; empty if it does not.
    doors: Vec<Option<Door>>,
}

/// Where stops are: on an axis, at or between two marks.
struct Between {
    low: usize,
    high: usize,
}

impl Between {
    fn find(axis: &[u32], at: u32) -> Self {
        let high = axis.partition_point(|mark| *mark < at).min(axis.len() - 1);
        let low = if axis[high] == at { high } else { high.saturating_sub(1) };
        Self { low, high }
    }

    /// From the lowest mark to the highest.
    fn cover<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Range<usize> {
        let low = all.clone().map(|between| between.low).min();
        let end = all.map(|between| between.high + 1).max();
        low.unwrap_or(0)..end.unwrap_or(0)
    }
}

impl<'a> Grid<'a> {
    /// The grid for these picks, of which there is at least one. What it costs to leave one out is asked
    /// of `penalty`.
    pub(super) fn new(
        layout: &'a Layout,
        picks: &[Position],
        penalty: impl Fn(usize) -> u64,
    ) -> Self {
        let (xs, ys) = (layout.aisles(), layout.cross_aisles());
        let in_aisle = |at: &Position, waypoint| {
            let aisle = Between { low: at.aisle, high: at.aisle };
            (aisle, Between::find(ys, at.y), at.y, waypoint)
        };
        let mut found = Vec::with_capacity(picks.len() + 1);
        found.extend(picks.iter().enumerate().map(|(at, pick)| in_aisle(pick, Waypoint::Pick(at))));
        match layout.depot() {
            Depot::InAisle(position) => found.push(in_aisle(position, Waypoint::Depot)),
            Depot::OnCrossAisle { cross_aisle, x } => {
                let row = Between { low: *cross_aisle, high: *cross_aisle };
                found.push((Between::find(xs, *x), row, *x, Waypoint::Depot));
            }
            Depot::Apart(_) => {}
        }
        let aisles = Between::cover(found.iter().map(|(aisle, ..)| aisle));
        let rows = Between::cover(found.iter().map(|(_, row, ..)| row));
        let is_transposed = aisles.len() < rows.len();
        let (lines, width) =
            if is_transposed { (rows.len(), aisles.len()) } else { (aisles.len(), rows.len()) };
        let mut grid = Self {
            layout,
            aisles,
            rows,
            is_transposed,
            lines,
            width,
            stops: Vec::with_capacity(found.len()),
            starts: vec![0; lines * width * 3 + 1],
            doors: Vec::new(),
        };
        let mut placed: Vec<(usize, Stop)> = found
            .into_iter()
            .map(|(aisle, row, at, waypoint)| {
                let low = Crossing { aisle: aisle.low, cross_aisle: row.low };
                let is_in_aisle = row.low < row.high;
                let part = match (is_in_aisle, aisle.low < aisle.high) {
                    (false, false) => 0,
                    (true, _) => 1 + usize::from(grid.is_transposed),
                    (false, true) => 2 - usize::from(grid.is_transposed),
                };
                let from = if is_in_aisle { ys[row.low] } else { xs[aisle.low] };
                let offset = if part == 0 { 0 } else { at - from };
                let penalty = match waypoint {
                    Waypoint::Pick(pick) => penalty(pick),
                    Waypoint::Depot | Waypoint::Crossing(_) => MUST,
                };
                (grid.vertex(low) * 3 + part, Stop { offset, waypoint, penalty })
            })
            .collect();
        placed.sort_unstable();
        placed.iter().for_each(|(part, _)| grid.starts[part + 1] += 1);
        for at in 1..grid.starts.len() {
            grid.starts[at] += grid.starts[at - 1];
        }
        grid.stops.extend(placed.into_iter().map(|(_, stop)| stop));
        if let Depot::Apart(doors) = layout.depot() {
            grid.open(doors);
        }
        grid
    }

    /// Moves every door to the rectangle's border, and keeps the best one of each crossing.
    fn open(&mut self, doors: &[Door]) {
        self.doors = vec![None; self.lines * self.width];
        for door in doors {
            let inside = Crossing {
                aisle: door.crossing.aisle.clamp(self.aisles.start, self.aisles.end - 1),
                cross_aisle: door.crossing.cross_aisle.clamp(self.rows.start, self.rows.end - 1),
            };
            let vertex = self.vertex(inside);
            let length = self.door_length(vertex, door);
            let best = self.doors[vertex].map(|best| self.door_length(vertex, &best));
            if best.is_none_or(|best| length < best) {
                self.doors[vertex] = Some(*door);
            }
        }
    }

    /// How long it is through a door to a crossing on or inside of the border.
    fn door_length(&self, vertex: usize, door: &Door) -> u64 {
        let (xs, ys) = (self.layout.aisles(), self.layout.cross_aisles());
        let (from, to) = (door.crossing, self.crossing(vertex));
        u64::from(door.distance)
            + u64::from(xs[from.aisle].abs_diff(xs[to.aisle]))
            + u64::from(ys[from.cross_aisle].abs_diff(ys[to.cross_aisle]))
    }

    /// The door for a crossing, and how long it is from the depot.
    pub(super) fn door(&self, vertex: usize) -> Option<(u64, Door)> {
        let door = (*self.doors.get(vertex)?)?;
        Some((self.door_length(vertex, &door), door))
    }

    /// Whether the depot stands apart, so that it takes a slot of its own.
    pub(super) fn has_doors(&self) -> bool {
        !self.doors.is_empty()
    }

    /// The number of a crossing, line by line.
    fn vertex(&self, crossing: Crossing) -> usize {
        let aisle = crossing.aisle - self.aisles.start;
        let row = crossing.cross_aisle - self.rows.start;
        if self.is_transposed { row * self.width + aisle } else { aisle * self.width + row }
    }

    /// The crossing of this number.
    pub(super) fn crossing(&self, vertex: usize) -> Crossing {
        let (line, slot) = (vertex / self.width, vertex % self.width);
        let (aisle, row) = if self.is_transposed { (slot, line) } else { (line, slot) };
        Crossing { aisle: self.aisles.start + aisle, cross_aisle: self.rows.start + row }
    }

    /// How many parts there are.
    pub(super) fn parts(&self) -> usize {
        self.lines * self.width * 3
    }

    /// The number of a part, line by line.
    pub(super) fn number(&self, part: Part) -> usize {
        match part {
            Part::Vertex { line, slot } => (line * self.width + slot) * 3,
            Part::Across { line, slot } => (line * self.width + slot) * 3 + 1,
            Part::Along { line, slot } => (line * self.width + slot) * 3 + 2,
        }
    }

    /// The stops of a part, from its low end.
    pub(super) fn stops(&self, part: Part) -> &[Stop] {
        let number = self.number(part);
        &self.stops[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// How long an edge is.
    pub(super) fn length(&self, edge: Part) -> u32 {
        let (Part::Vertex { line, slot }
        | Part::Across { line, slot }
        | Part::Along { line, slot }) = edge;
        let is_along_aisle = match edge {
            Part::Vertex { .. } => return 0,
            Part::Across { .. } => !self.is_transposed,
            Part::Along { .. } => self.is_transposed,
        };
        let low = self.crossing(line * self.width + slot);
        if is_along_aisle {
            let ys = self.layout.cross_aisles();
            ys[low.cross_aisle + 1] - ys[low.cross_aisle]
        } else {
            let xs = self.layout.aisles();
            xs[low.aisle + 1] - xs[low.aisle]
        }
    }

    /// What each use of an edge costs; see [`edge::costs`].
    pub(super) fn costs(&self, part: Part) -> [Option<u64>; 6] {
        edge::costs(self.length(part), self.stops(part))
    }

    /// If all stops, the depot among them, are inside of one edge: that edge's stops.
    pub(super) fn only_edge(&self) -> Option<&[Stop]> {
        if self.has_doors() {
            return None;
        }
        let number = self.starts.iter().rposition(|start| *start == 0)?;
        let is_all = self.starts[number + 1] as usize == self.stops.len();
        (is_all && number % 3 != 0).then_some(&self.stops)
    }

    /// All edges that end at a crossing, with the end that is there.
    pub(super) fn edges_at(&self, vertex: usize) -> impl Iterator<Item = (Part, End)> {
        let (line, slot) = (vertex / self.width, vertex % self.width);
        let high_across = slot.checked_sub(1).map(|slot| (Part::Across { line, slot }, End::High));
        let high_along = line.checked_sub(1).map(|line| (Part::Along { line, slot }, End::High));
        let low_across = (slot + 1 < self.width).then_some((Part::Across { line, slot }, End::Low));
        let low_along = (line + 1 < self.lines).then_some((Part::Along { line, slot }, End::Low));
        [high_across, high_along, low_across, low_along].into_iter().flatten()
    }

    /// The stops of an edge that a turn from one of its ends reaches, in the order of the walk.
    pub(super) fn turn(&self, part: Part, how: Use, end: End) -> Vec<Waypoint> {
        edge::turn(self.length(part), self.stops(part), how, end)
    }
}
