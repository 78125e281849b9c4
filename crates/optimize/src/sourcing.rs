//! Sourcing: which location ships what.
//!
//! - [`decide`] answers for one order: the chosen plan, each location's cost part by part, why the others
//!   were refused, and what would have been second best.
//! - [`wave`] answers for many open orders that share stock and capacity, so that a unit goes where it
//!   saves the most, and tells how far from the optimum the answer can be at most.
//!
//! # One order
//! If some location can ship everything, the best such location ships everything: an order is split only
//! when it must be, as a second parcel costs more than what is counted here. Else, if the [`Rule`] allows
//! it, `split` searches all ways to share the order out: depth first, line by line, the cheapest location
//! first, cutting off whatever cannot become better than the second best plan known (branch and bound:
//! Land, Doig: An automatic method of solving discrete programming problems, Econometrica 28, 1960). Up
//! to its limit of steps it is exact and says so in [`Decision::is_proven`]; beyond, the best plan found
//! counts. The problem is the uncapacitated facility location problem with stock limits; in e-commerce it
//! is described by Xu, Allgor and Graves (Benefits of reevaluating real-time order fulfillment decisions,
//! Manufacturing & Service Operations Management 11, 2009).

mod cost;
mod decide;
mod split;
pub mod wave;

pub use cost::{CostParts, Freight, Weights};
pub use decide::{
    Decision, Impossible, MAX_LINES, MAX_QUANTITY, NoPlan, Plan, Refusal, Share, Verdict, decide,
};

/// What an order wants of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    /// How many units, from one to [`MAX_QUANTITY`].
    pub quantity: u32,
    /// What one weighs in grams.
    pub unit_grams: u32,
}

/// What a location can do for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Supply {
    /// Units that may be promised: safety stock and what others were promised are already taken off.
    pub available: u32,
    /// Whether the location may ship this category of goods.
    pub is_allowed: bool,
    /// What shipping one unit from here costs beside the parcel, in minor units of money.
    pub unit_cost: u32,
}

/// A location as one order sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// By line of the order.
    pub supplies: Vec<Supply>,
    /// Whether it delivers to where the order goes.
    pub is_in_coverage: bool,
    /// How many hours after the promised moment the parcel would arrive; zero if in time. A missed
    /// cut-off counts here.
    pub lateness_hours: u32,
    /// Distance to where the order goes in km.
    pub distance_km: u32,
    /// How much of its capacity is in use, in thousandths.
    pub load_permille: u32,
    /// How many more parcels it can ship.
    pub parcels_left: u32,
    /// What a parcel from here costs by itself, in minor units.
    pub parcel_cost: u32,
    /// What it costs by weight.
    pub freight: Freight,
}

/// Whether and how an order may be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// One parcel or nothing.
    Never,
    /// Each line from one location.
    Lines,
    /// Units of a line may come from several locations.
    Units,
}

/// What makes one plan better than another; the cost decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aim {
    /// The least cost.
    Cheapest,
    /// The fewest parcels.
    FewestParcels,
    /// The least distance, summed over the parcels: for urgent orders.
    Nearest,
}

/// How an order may be sourced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Whether and how it may be split.
    pub split: Split,
    /// The most parcels of a split order.
    pub max_parcels: u32,
    /// Locations that are later than this are refused.
    pub max_lateness_hours: u32,
    /// What is best.
    pub aim: Aim,
    /// How costs are weighed.
    pub weights: Weights,
}

impl Supply {
    /// Units that the location may ship.
    const fn usable(&self) -> u32 {
        if self.is_allowed { self.available } else { 0 }
    }

    /// Units that it may ship for a line.
    fn for_line(&self, line: &Line) -> u32 {
        self.usable().min(line.quantity)
    }
}
