//! Prices on what is missing, and the covers that the sweep finds under them.
//!
//! The demand of each article is a constraint that the sweep cannot see: it decides edge by edge. Given
//! a price per piece, it can: a position that is left out costs the price of what it holds. With the
//! right prices the cheapest tour takes about what is wanted. They are found by the subgradient method
//! (Held, Wolfe & Crowder 1974): up where too little is found, down where too much is.

use super::cover::Cover;
use super::{Demand, exchange, length};
use crate::route::{Layout, Position, exact};

/// How often prices are changed.
const ROUNDS: u64 = 80;

/// No piece is worth more than this, so that prices stay below what a stop must cost.
const DEAREST: u64 = 1 << 32;

/// The best cover that was found; any cover if the floor is too large for the sweep.
pub(super) fn cover(layout: &Layout, demands: &[Demand]) -> Cover {
    let mut market = Market::new(layout, demands);
    let fullest = fullest(demands);
    let Some(mut shortest) = length(layout, demands, &fullest) else { return fullest };
    let mut best = fullest;
    // Prices begin where the first cover's walk is shared out evenly.
    let pieces: u64 = demands.iter().map(|demand| u64::from(demand.quantity)).sum();
    let mut prices = vec![shortest / (2 * pieces.max(1)); demands.len()];
    for round in 0..ROUNDS {
        let Some(found) = market.visit(&prices) else { break };
        let candidate = market.complete(found.clone(), &prices);
        if let Some(candidate) = candidate
            && let Some((thinned, length)) = exchange::thin_out(layout, demands, candidate)
            && length < shortest
        {
            (best, shortest) = (thinned, length);
        }
        step(demands, &found, &mut prices, shortest, round);
    }
    best
}

/// From each article's fullest positions.
fn fullest(demands: &[Demand]) -> Cover {
    let mut cover = Cover::empty(demands);
    for (number, demand) in demands.iter().enumerate() {
        let mut order: Vec<usize> = (0..demand.stock.len()).collect();
        order.sort_by_key(|stock| std::cmp::Reverse(demand.stock[*stock].quantity));
        for stock in order {
            if cover.surplus(demands, number) < 0 {
                cover.chosen[number].push(stock);
            }
        }
    }
    cover
}

/// Moves each price against the surplus of its article, by steps that become smaller.
fn step(demands: &[Demand], found: &Cover, prices: &mut [u64], walk: u64, round: u64) {
    let surplus: Vec<i64> =
        (0..demands.len()).map(|demand| capped_surplus(demands, found, demand)).collect();
    let norm: u64 = surplus.iter().map(|surplus| surplus.unsigned_abs().pow(2)).sum();
    if norm == 0 {
        return;
    }
    for (price, surplus) in prices.iter_mut().zip(surplus) {
        let left = ROUNDS - round;
        let share = walk.saturating_mul(surplus.unsigned_abs()).saturating_mul(left);
        let change = share / (4 * norm * ROUNDS);
        *price = if surplus < 0 { (*price + change).min(DEAREST) } else { price.saturating_sub(change) };
    }
}

/// The surplus, with no position counted for more than is wanted.
fn capped_surplus(demands: &[Demand], cover: &Cover, demand: usize) -> i64 {
    let wanted = &demands[demand];
    let held: i64 = cover.chosen[demand]
        .iter()
        .map(|stock| i64::from(wanted.stock[*stock].quantity.min(wanted.quantity)))
        .sum();
    held - i64::from(wanted.quantity)
}

/// All stock as one list of positions.
struct Market<'a> {
    layout: &'a Layout,
    demands: &'a [Demand],
    owners: Vec<(usize, usize)>,
    positions: Vec<Position>,
}

impl<'a> Market<'a> {
    fn new(layout: &'a Layout, demands: &'a [Demand]) -> Self {
        let of = |(number, demand): (usize, &'a Demand)| {
            demand.stock.iter().enumerate().map(move |(at, stock)| ((number, at), stock.position))
        };
        let wanted = demands.iter().enumerate().filter(|(_, demand)| demand.quantity > 0);
        let (owners, positions) = wanted.flat_map(of).unzip();
        Self { layout, demands, owners, positions }
    }

    /// What the cheapest tour under these prices comes by.
    fn visit(&self, prices: &[u64]) -> Option<Cover> {
        let penalty = |at: usize| {
            let (number, stock) = self.owners[at];
            let demand = &self.demands[number];
            let quantity = demand.stock[stock].quantity.min(demand.quantity);
            prices[number].saturating_mul(quantity.into()).min(DEAREST)
        };
        let visited = exact::visited(self.layout, &self.positions, penalty)?;
        let mut cover = Cover::empty(self.demands);
        for at in visited {
            let (demand, stock) = self.owners[at];
            cover.chosen[demand].push(stock);
        }
        Some(cover)
    }

    /// Raises the prices of what is missing until all is there.
    fn complete(&mut self, mut found: Cover, prices: &[u64]) -> Option<Cover> {
        let mut prices = prices.to_vec();
        for _ in 0..16 {
            if found.is_complete(self.demands) {
                return Some(found);
            }
            for (demand, price) in prices.iter_mut().enumerate() {
                if found.surplus(self.demands, demand) < 0 {
                    *price = (*price * 2 + 1).min(DEAREST);
                }
            }
            found = self.visit(&prices)?;
        }
        None
    }
}
