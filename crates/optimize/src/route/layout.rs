//! The floor as data: aisles, the cross-aisles that join them, and the depot.

use super::Waypoint;
use super::walk::Place;

/// A place in an aisle where an article lies. Both sides of an aisle are the same place: the picker
/// reaches either from the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The aisle, counted from 0 in the order of [`Layout::new`].
    pub aisle: usize,
    /// How far along the aisle, on the axis of the cross-aisles.
    pub y: u32,
}

/// Where an aisle and a cross-aisle meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Crossing {
    /// The aisle, counted from 0.
    pub aisle: usize,
    /// The cross-aisle, counted from 0.
    pub cross_aisle: usize,
}

/// Where every tour starts and ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Depot {
    /// In an aisle or, at the height of a cross-aisle, in front of one.
    InAisle(Position),
    /// On a cross-aisle, at `x` on the axis of the aisles.
    OnCrossAisle {
        /// The cross-aisle, counted from 0.
        cross_aisle: usize,
        /// How far along it, not before the first aisle nor behind the last.
        x: u32,
    },
    /// Beside the floor: a hall from which the picker goes straight to one of the crossings.
    Apart(Vec<Door>),
}

/// The way from a depot that stands apart to one crossing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// Where it leads to.
    pub crossing: Crossing,
    /// How long it is.
    pub distance: u32,
}

/// A rectangular warehouse floor. Parallel aisles are joined by straight cross-aisles, of which the
/// first and the last close it; what lies between two cross-aisles is a block. Walking is along aisles
/// and cross-aisles only, in both directions.
///
/// Lengths are integers of any one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    aisles: Vec<u32>,
    cross_aisles: Vec<u32>,
    depot: Depot,
}

/// Why a floor or a position on it does not make sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// There is nothing to walk on.
    #[error("a floor needs an aisle and two cross-aisles, not {aisles} and {cross_aisles}")]
    TooSmall {
        /// How many aisles were given.
        aisles: usize,
        /// How many cross-aisles were given.
        cross_aisles: usize,
    },
    /// Aisles or cross-aisles must be given from left to right and from front to back.
    #[error("aisles and cross-aisles must be in ascending order, no two at the same place")]
    NotAscending,
    /// The depot is not on the floor, or has no door.
    #[error("the depot is not on the floor")]
    DepotElsewhere,
    /// No such aisle, or the position is before the first or behind the last cross-aisle.
    #[error("there is no position at {y} in aisle {aisle}", y = .0.y, aisle = .0.aisle)]
    PositionElsewhere(Position),
}

impl Layout {
    /// A floor with aisles at these x and cross-aisles at these y.
    ///
    /// # Errors
    /// Without an aisle or without two cross-aisles, if either are not in ascending order, and if the
    /// depot is elsewhere.
    pub fn new(
        aisles: Vec<u32>,
        cross_aisles: Vec<u32>,
        depot: Depot,
    ) -> Result<Self, LayoutError> {
        if aisles.is_empty() || cross_aisles.len() < 2 {
            let (aisles, cross_aisles) = (aisles.len(), cross_aisles.len());
            return Err(LayoutError::TooSmall { aisles, cross_aisles });
        }
        let ascending = |axis: &[u32]| axis.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending(&aisles) || !ascending(&cross_aisles) {
            return Err(LayoutError::NotAscending);
        }
        let mut layout = Self { aisles, cross_aisles, depot };
        if !layout.has_depot() {
            return Err(LayoutError::DepotElsewhere);
        }
        // One word for one place: in front of an aisle is in that aisle.
        if let Depot::OnCrossAisle { cross_aisle, x } = layout.depot
            && let Ok(aisle) = layout.aisles.binary_search(&x)
        {
            let y = layout.cross_aisles[cross_aisle];
            layout.depot = Depot::InAisle(Position { aisle, y });
        }
        Ok(layout)
    }

    /// The x of each aisle.
    pub fn aisles(&self) -> &[u32] {
        &self.aisles
    }

    /// The y of each cross-aisle.
    pub fn cross_aisles(&self) -> &[u32] {
        &self.cross_aisles
    }

    /// Where tours start and end.
    pub const fn depot(&self) -> &Depot {
        &self.depot
    }

    /// How many blocks there are: one less than cross-aisles.
    pub fn blocks(&self) -> usize {
        self.cross_aisles.len() - 1
    }

    /// Looks whether all of the positions are on the floor.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn check(&self, positions: &[Position]) -> Result<(), LayoutError> {
        match positions.iter().find(|position| !self.has(**position)) {
            Some(position) => Err(LayoutError::PositionElsewhere(*position)),
            None => Ok(()),
        }
    }

    /// How long the straight leg between two neighbors on a tour's path is; `None` if they are on no
    /// common aisle or cross-aisle and not the two ends of a door.
    pub fn leg(&self, picks: &[Position], from: Waypoint, to: Waypoint) -> Option<u64> {
        let (from, to) = (self.place(picks, from)?, self.place(picks, to)?);
        match (from, to) {
            (Place::Apart, Place::Apart) => Some(0),
            (Place::Apart, Place::On { x, y }) | (Place::On { x, y }, Place::Apart) => {
                let Depot::Apart(doors) = &self.depot else { return None };
                let at = |door: &&Door| self.crossing(door.crossing) == Place::On { x, y };
                doors.iter().filter(at).map(|door| u64::from(door.distance)).min()
            }
            (Place::On { x: x1, y: y1 }, Place::On { x: x2, y: y2 }) => {
                let in_aisle = x1 == x2 && self.aisles.binary_search(&x1).is_ok();
                let in_cross_aisle = y1 == y2 && self.cross_aisles.binary_search(&y1).is_ok();
                let is_straight = (x1, y1) == (x2, y2) || in_aisle || in_cross_aisle;
                is_straight.then(|| u64::from(x1.abs_diff(x2)) + u64::from(y1.abs_diff(y2)))
            }
        }
    }

    /// Where a waypoint is; `None` if there is none of that number.
    fn place(&self, picks: &[Position], waypoint: Waypoint) -> Option<Place> {
        match waypoint {
            Waypoint::Depot => Some(self.depot_place()),
            Waypoint::Pick(index) => picks.get(index).map(|pick| self.position(*pick)),
            Waypoint::Crossing(Crossing { aisle, cross_aisle }) => Some(Place::On {
                x: *self.aisles.get(aisle)?,
                y: *self.cross_aisles.get(cross_aisle)?,
            }),
        }
    }

    fn has(&self, position: Position) -> bool {
        let (front, back) = (self.cross_aisles[0], self.cross_aisles[self.blocks()]);
        position.aisle < self.aisles.len() && (front..=back).contains(&position.y)
    }

    fn has_depot(&self) -> bool {
        match &self.depot {
            Depot::InAisle(position) => self.has(*position),
            Depot::OnCrossAisle { cross_aisle, x } => {
                let (left, right) = (self.aisles[0], self.aisles[self.aisles.len() - 1]);
                *cross_aisle < self.cross_aisles.len() && (left..=right).contains(x)
            }
            Depot::Apart(doors) => {
                let is_on_floor = |door: &Door| {
                    door.crossing.aisle < self.aisles.len()
                        && door.crossing.cross_aisle < self.cross_aisles.len()
                };
                !doors.is_empty() && doors.iter().all(is_on_floor)
            }
        }
    }
}
