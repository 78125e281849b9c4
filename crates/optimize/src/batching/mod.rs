//! Order batching: which orders are picked on one tour.
//!
//! A picker's cart holds the goods of several orders. Putting orders together whose articles lie close
//! to each other saves walking, but every batch must fit on the cart. Finding the best batches is
//! NP-hard (Gademann & van de Velde 2005), so the answer is a good one without a proof; what a batch
//! costs is never estimated, though: it is the length of the [shortest tour](crate::route::shortest).
//!
//! Batches are first made by savings (`savings.rs`), then changed one or two orders at a time until that
//! gains nothing (`descent.rs`), then partly taken apart and put together again (`ruin.rs`). How long that
//! goes on is a count of rounds and not a time: the same orders always give the same batches.
//!
//! Sources: G. Clarke, J. W. Wright: Scheduling of vehicles from a central depot to a number of delivery
//! points. Operations Research 12 (1964). — R. de Koster, E. van der Poort, M. Wolters: Efficient order
//! batching methods in warehouses. International Journal of Production Research 37 (1999). —
//! G. Schrimpf et al.: Record breaking optimization results using the ruin and recreate principle.
//! Journal of Computational Physics 159 (2000).

mod descent;
mod routes;
mod ruin;
mod savings;

use std::num::NonZeroU32;

use crate::route::{self, Layout, LayoutError, Position, Tour};
use routes::{Group, Routes};

/// What has to be picked for one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Where its articles lie.
    pub picks: Vec<Position>,
    /// How many units it is in all.
    pub units: u32,
}

/// What fits on a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// So many units, of whichever order.
    Units(u32),
    /// So many boxes. A box is for one order only; an order takes as many as its units need.
    Boxes {
        /// How many boxes stand on the cart.
        boxes: u32,
        /// How many units go into one.
        units_per_box: NonZeroU32,
    },
}

impl Capacity {
    /// How much of the cart an order takes, in units or in boxes.
    pub const fn load(self, order: &Order) -> u64 {
        match self {
            Self::Units(_) => order.units as u64,
            Self::Boxes { units_per_box, .. } => order.units.div_ceil(units_per_box.get()) as u64,
        }
    }

    /// How much a cart holds, in the same measure.
    pub const fn limit(self) -> u64 {
        match self {
            Self::Units(units) => units as u64,
            Self::Boxes { boxes, .. } => boxes as u64,
        }
    }
}

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// How often batches are taken apart and put together again.
    pub rounds: u32,
    /// Whether orders of two batches also change places: most of the time goes there, for some percent less
    /// walking.
    pub exchanges: bool,
    /// Which ones is left to chance; the same seed gives the same batches.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { rounds: 3000, exchanges: true, seed: 0 }
    }
}

/// Orders that are picked on one tour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The numbers of its orders, in ascending order.
    pub orders: Vec<usize>,
    /// How much of the cart they take, in the measure of [`Capacity::load`].
    pub load: u64,
    /// What is picked: the picks of its orders, one order after another.
    pub picks: Vec<Pick>,
    /// The shortest tour past all of them; its numbers are those of `picks`.
    pub tour: Tour,
}

/// One pick of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// The number of the order.
    pub order: usize,
    /// Which of its picks.
    pub pick: usize,
}

/// Why orders could not be batched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchingError {
    /// An article does not lie on the floor.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// An order does not fit on an empty cart; it has to be split first.
    #[error("order number {order} takes {load} of a cart that holds {limit}")]
    OrderTooLarge {
        /// The number of the order.
        order: usize,
        /// How much of a cart it takes.
        load: u64,
        /// How much a cart holds.
        limit: u64,
    },
}

/// Groups orders into batches with little walking in all. Every order is in exactly one batch, every
/// batch fits on the cart, and the walking is never more than that of the orders one by one.
///
/// # Errors
/// If an article does not lie on the floor, or an order does not fit on an empty cart.
pub fn batch(
    layout: &Layout,
    orders: &[Order],
    capacity: Capacity,
    effort: Effort,
) -> Result<Vec<Batch>, BatchingError> {
    let limit = capacity.limit();
    for (number, order) in orders.iter().enumerate() {
        layout.check(&order.picks)?;
        let load = capacity.load(order);
        if load > limit {
            return Err(BatchingError::OrderTooLarge { order: number, load, limit });
        }
    }
    let mut routes = Routes::new(layout, orders, capacity);
    let mut groups = savings::merge(&mut routes);
    descent::descend(&mut routes, &mut groups, effort.exchanges);
    ruin::search(&mut routes, &mut groups, effort);
    groups.sort_unstable_by(|a, b| a.orders.cmp(&b.orders));
    groups.into_iter().map(|group| tell(layout, orders, group)).collect()
}

/// The orders one by one, a batch for each, to measure batches against.
///
/// # Errors
/// If an article does not lie on the floor.
pub fn one_by_one(
    layout: &Layout,
    orders: &[Order],
    capacity: Capacity,
) -> Result<Vec<Batch>, BatchingError> {
    let alone = |(number, order): (usize, &Order)| {
        let load = capacity.load(order);
        tell(layout, orders, Group { orders: vec![number], load, length: 0 })
    };
    orders.iter().enumerate().map(alone).collect()
}

/// All that is to be known about a batch.
fn tell(layout: &Layout, orders: &[Order], group: Group) -> Result<Batch, BatchingError> {
    let picks_of =
        |order: usize| (0..orders[order].picks.len()).map(move |pick| Pick { order, pick });
    let picks: Vec<Pick> = group.orders.iter().copied().flat_map(picks_of).collect();
    let positions: Vec<Position> =
        picks.iter().map(|pick| orders[pick.order].picks[pick.pick]).collect();
    let tour = route::shortest(layout, &positions)?;
    Ok(Batch { orders: group.orders, load: group.load, picks, tour })
}
