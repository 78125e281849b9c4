//! Layouts: the floor of a location as data.
//!
//! Parallel aisles run from the front to the back and are joined by straight cross-aisles, of which
//! the first is the front and the last the back; what lies between two cross-aisles is a block. Bins
//! stand at both sides of an aisle above each other. Walks start and end on the front cross-aisle.
//!
//! Start at [`Layout`]; what people say of a floor is a [`Plan`], from which [`Plan::draw`] makes the
//! layout with the label and the place of every bin. All lengths are millimeters, from the left and
//! from the front.

mod plan;

use serde::{Deserialize, Serialize};

pub use plan::{Drawing, Plan, ZonePlan};

use crate::code::coded;
use crate::ids::LocationId;
use crate::location::Bin;

/// The floor of a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Which location.
    pub location: LocationId,
    /// From left to right.
    pub aisles: Vec<Aisle>,
    /// How far from the front each cross-aisle is, the front itself first.
    pub cross_aisles_mm: Vec<i64>,
    /// Where on the front cross-aisle a walk starts.
    pub start_x_mm: i64,
    /// Where on the front cross-aisle a walk ends: the bench where full totes are set down.
    pub end_x_mm: i64,
    /// What it was drawn from.
    pub plan: Plan,
}

/// An aisle, walked in its middle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aisle {
    /// Counted from 1 over the whole location, from left to right.
    pub number: i64,
    /// The code of the zone that it belongs to.
    pub zone: String,
    /// How far from the left its middle is.
    pub x_mm: i64,
}

/// Where on the floor a bin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The number of its aisle.
    pub aisle: i64,
    /// How far from the front the middle of its bay is.
    pub y_mm: i64,
    /// At which side of the aisle, seen from the front.
    pub side: Side,
    /// Counted from 1, from the ground.
    pub level: i64,
    /// How high above the ground its floor is.
    pub height_mm: i64,
}

coded! {
    /// A side of an aisle, seen from the front.
    enum Side {
        /// The left one.
        Left = "left",
        /// The right one.
        Right = "right",
    }
}

coded! {
    /// How bays are numbered along an aisle.
    enum Numbering {
        /// As houses along a street: odd numbers at the left, even ones at the right.
        Street = "street",
        /// Each side on its own, with its letter before the number.
        Sides = "sides",
    }
}

impl Layout {
    /// The aisle of this number.
    pub fn aisle(&self, number: i64) -> Option<&Aisle> {
        self.aisles.iter().find(|aisle| aisle.number == number)
    }

    /// Whether a place is in one of its aisles, between the front and the back.
    pub fn has(&self, place: &Place) -> bool {
        let back = self.cross_aisles_mm.last().copied().unwrap_or(0);
        self.aisle(place.aisle).is_some() && (0..=back).contains(&place.y_mm)
    }

    /// How wide and how deep the floor is, from the middles of the outermost aisles and cross-aisles.
    pub fn size_mm(&self) -> (i64, i64) {
        let right = self.aisles.last().map_or(0, |aisle| aisle.x_mm);
        (right, self.cross_aisles_mm.last().copied().unwrap_or(0))
    }

    /// The bins that stand on it, and those that stand nowhere.
    pub fn placed<'b>(&self, bins: &'b [Bin]) -> (Vec<&'b Bin>, Vec<&'b Bin>) {
        bins.iter().partition(|bin| bin.place.is_some_and(|place| self.has(&place)))
    }
}
