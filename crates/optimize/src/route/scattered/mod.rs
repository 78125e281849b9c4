//! Scattered storage: an article lies in several positions, and the tour chooses which to visit.
//!
//! Large sellers are often put away wherever there is room, so that some of each is near to any tour
//! (Weidinger 2018). Choosing is NP-hard. Here, prices on what is missing drive the exact sweep
//! ([`prices`], a Lagrangian relaxation): a position may be left out for the price of what it holds, and
//! the price of an article that is not found in sufficient quantity goes up. Whatever covers the demand
//! on the way is thinned out and then changed position by position ([`exchange`]), each change measured
//! with the exact tour.
//!
//! Sources: F. Weidinger: Picker routing in rectangular mixed shelves warehouses. Computers & Operations
//! Research 95 (2018). — K. Heßler, S. Irnich: Exact solution of the single-picker routing problem with
//! scattered storage. INFORMS Journal on Computing 36 (2024).

mod cover;
mod exchange;
mod prices;

use super::{Layout, LayoutError, Position, Tour, shortest};
use cover::Cover;
use exchange::Exchange;

/// What is wanted of an article, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// How many pieces.
    pub quantity: u32,
    /// The positions that hold some.
    pub stock: Vec<Stock>,
}

/// Pieces of an article in one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// Where they lie.
    pub position: Position,
    /// How many there are.
    pub quantity: u32,
}

/// How many pieces to take from which position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// The number of the demand.
    pub demand: usize,
    /// Which of its stock.
    pub stock: usize,
    /// How many pieces.
    pub quantity: u32,
}

/// Why pieces could not be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScatteredError {
    /// Something does not lie on the floor.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// All positions together hold too little.
    #[error("there are {available} pieces for demand number {demand}, which wants {wanted}")]
    TooLittle {
        /// The number of the demand.
        demand: usize,
        /// How many pieces there are.
        available: u64,
        /// How many are wanted.
        wanted: u32,
    },
}

/// What is taken where, and the tour past these positions. Its pick numbers are those of the takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScatteredTour {
    /// What to take; every demand is met exactly.
    pub takes: Vec<Take>,
    /// The shortest tour for these takes; that no other takes have a shorter one is not proven.
    pub tour: Tour,
}

/// Chooses the positions for a short tour. On floors that are too large for exact routes (see
/// [`shortest`]) it takes each article's fullest positions and looks for no better ones.
///
/// # Errors
/// If something does not lie on the floor, or there is less than is wanted.
pub fn shortest_scattered(
    layout: &Layout,
    demands: &[Demand],
) -> Result<ScatteredTour, ScatteredError> {
    for (number, demand) in demands.iter().enumerate() {
        let available = demand.stock.iter().map(|stock| u64::from(stock.quantity)).sum();
        if available < u64::from(demand.quantity) {
            let wanted = demand.quantity;
            return Err(ScatteredError::TooLittle { demand: number, available, wanted });
        }
        for stock in &demand.stock {
            layout.check(&[stock.position])?;
        }
    }
    let exchange = Exchange::new(layout, demands);
    let mut cover = Cover::fullest(demands);
    if let Some(length) = exchange.length(&cover) {
        let mut best = (cover, length);
        prices::improve(&exchange, &mut best);
        exchange.improve(&mut best);
        cover = best.0;
    }
    let takes = cover.takes(demands);
    let position = |take: &Take| demands[take.demand].stock[take.stock].position;
    let positions: Vec<Position> = takes.iter().map(position).collect();
    let mut tour = shortest(layout, &positions)?;
    tour.is_optimal &= demands.iter().all(|demand| demand.stock.len() == 1);
    Ok(ScatteredTour { takes, tour })
}
