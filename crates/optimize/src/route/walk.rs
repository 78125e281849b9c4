//! Shortest ways between two places of a floor.

use super::layout::{Crossing, Depot, Door, Layout, Position};
use super::{Tour, Waypoint};

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At these coordinates, in an aisle or on a cross-aisle.
    On { x: u32, y: u32 },
    /// In the depot, which is beside the floor.
    Apart,
}

impl Layout {
    pub(super) fn position(&self, position: Position) -> Place {
        Place::On { x: self.aisles()[position.aisle], y: position.y }
    }

    pub(super) fn crossing(&self, crossing: Crossing) -> Place {
        Place::On { x: self.aisles()[crossing.aisle], y: self.cross_aisles()[crossing.cross_aisle] }
    }

    pub(super) fn depot_place(&self) -> Place {
        match self.depot() {
            Depot::InAisle(position) => self.position(*position),
            Depot::OnCrossAisle { cross_aisle, x } => {
                Place::On { x: *x, y: self.cross_aisles()[*cross_aisle] }
            }
            Depot::Apart(_) => Place::Apart,
        }
    }

    /// The length of the shortest way.
    pub(super) fn distance(&self, from: Place, to: Place) -> u64 {
        match (from, to) {
            (Place::Apart, Place::Apart) => 0,
            (Place::Apart, place) | (place, Place::Apart) => {
                self.best_door(place).map_or(0, |(length, _)| length)
            }
            (Place::On { x: x1, y: y1 }, Place::On { x: x2, y: y2 }) => {
                if x1 == x2 {
                    return y1.abs_diff(y2).into();
                }
                let turn = self.cross_aisles()[self.turn(y1, y2)];
                [x1.abs_diff(x2), y1.abs_diff(turn), y2.abs_diff(turn)].map(u64::from).iter().sum()
            }
        }
    }

    /// The crossings at which the shortest way turns.
    pub(super) fn corners(&self, from: Place, to: Place) -> Vec<Crossing> {
        match (from, to) {
            (Place::Apart, Place::Apart) => Vec::new(),
            (Place::Apart, place) => {
                let Some((_, door)) = self.best_door(place) else { return Vec::new() };
                let mut corners = vec![door.crossing];
                corners.extend(self.corners(self.crossing(door.crossing), place));
                corners
            }
            (_, Place::Apart) => {
                let mut corners = self.corners(to, from);
                corners.reverse();
                corners
            }
            (Place::On { x: x1, y: y1 }, Place::On { x: x2, y: y2 }) => {
                if x1 == x2 {
                    return Vec::new();
                }
                // A depot between two aisles can only be left along its own cross-aisle.
                let is_aisle = |x: u32| self.aisles().binary_search(&x).is_ok();
                let row = |y: u32| self.cross_aisles().binary_search(&y).ok();
                let cross_aisle = match (is_aisle(x1), is_aisle(x2)) {
                    (false, _) => row(y1),
                    (_, false) => row(y2),
                    (true, true) => None,
                };
                let cross_aisle = cross_aisle.unwrap_or_else(|| self.turn(y1, y2));
                let corner = |x| {
                    let aisle = self.aisles().binary_search(&x).ok()?;
                    Some(Crossing { aisle, cross_aisle })
                };
                [x1, x2].into_iter().filter_map(corner).collect()
            }
        }
    }

    /// The cross-aisle over which the way between two aisles is the shortest.
    fn turn(&self, y1: u32, y2: u32) -> usize {
        let (low, high) = (y1.min(y2), y1.max(y2));
        let rows = self.cross_aisles();
        let above = rows.partition_point(|y| *y < low).min(rows.len() - 1);
        let detour = |row: usize| {
            let y = u64::from(rows[row]);
            y.abs_diff(low.into()) + y.abs_diff(high.into())
        };
        if above > 0 && detour(above - 1) < detour(above) { above - 1 } else { above }
    }

    fn best_door(&self, place: Place) -> Option<(u64, Door)> {
        let Depot::Apart(doors) = self.depot() else { return None };
        let length = |door: &Door| {
            u64::from(door.distance) + self.distance(self.crossing(door.crossing), place)
        };
        doors.iter().map(|door| (length(door), *door)).min_by_key(|(length, _)| *length)
    }

    /// The closed walk from the depot through these stops in this order, each leg by the shortest way.
    pub(super) fn walk(&self, picks: &[Position], stops: &[Waypoint]) -> Tour {
        let depot = self.depot_place();
        let mut tour = Tour { path: vec![Waypoint::Depot], length: 0, is_optimal: false };
        let mut here = depot;
        for stop in stops.iter().chain(&[Waypoint::Depot]) {
            let there = match stop {
                Waypoint::Depot => depot,
                Waypoint::Pick(index) => self.position(picks[*index]),
                Waypoint::Crossing(crossing) => self.crossing(*crossing),
            };
            tour.length += self.distance(here, there);
            for corner in self.corners(here, there) {
                tour.pass(Waypoint::Crossing(corner));
            }
            tour.pass(*stop);
            here = there;
        }
        tour
    }
}
