//! What a picker is told: where to go, in which order.

use super::layout::Crossing;

/// A place on the way where the picker stops or may turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waypoint {
    /// The start and the end.
    Depot,
    /// An aisle meets a cross-aisle.
    Crossing(Crossing),
    /// Here lies the pick of this number.
    Pick(usize),
}

/// A closed walk from the depot to every pick and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tour {
    /// The whole way, from depot to depot. From each to the next it is straight, see
    /// [`Layout::leg`](super::Layout::leg); each pick is in it once.
    pub path: Vec<Waypoint>,
    /// How long the way is, in the unit of the layout.
    pub length: u64,
    /// Whether it is proven that there is none shorter.
    pub is_optimal: bool,
}

impl Tour {
    /// The numbers of the picks, in the order in which they are visited.
    pub fn picks(&self) -> impl Iterator<Item = usize> {
        self.path.iter().filter_map(|waypoint| match waypoint {
            Waypoint::Pick(index) => Some(*index),
            Waypoint::Depot | Waypoint::Crossing(_) => None,
        })
    }

    /// Adds a waypoint, unless the walk is there already.
    pub(super) fn pass(&mut self, waypoint: Waypoint) {
        if self.path.last() != Some(&waypoint) {
            self.path.push(waypoint);
        }
    }
}
