//! Prices on what is missing, and the covers that the sweep finds under them.
//!
//! The demand of each article is a constraint that the sweep cannot see: it decides edge by edge. Given
//! a price per piece, it can: a position that is left out costs the price of what it holds. With the
//! right prices the cheapest tour takes about what is wanted, and what it costs less the price of what
//! is not wanted is a lower bound for every tour. Prices are found by the subgradient method (Held,
//! Wolfe & Crowder 1974): up where too little is found, down where too much is.

use super::Demand;
use super::cover::Cover;
use super::exchange::Exchange;
use crate::route::{Layout, Position, exact};

/// How often prices are changed.
const ROUNDS: usize = 120;

/// After so many rounds without a better bound, steps become half as long.
const PATIENCE: usize = 6;

/// No piece is worth more than this, so that prices stay below what a stop must cost.
const DEAREST: i64 = 1 << 32;

/// Improves a cover, given with its length, by what the sweep finds under many prices.
pub(super) fn improve(exchange: &Exchange<'_>, best: &mut (Cover, u64)) {
    let demands = exchange.demands;
    let market = Market::new(exchange.layout, demands);
    // Prices begin where half of the first cover's walk is shared out evenly.
    let pieces: u64 = demands.iter().map(|demand| u64::from(demand.quantity)).sum();
    let mut prices = vec![price(best.1 / (2 * pieces.max(1))); demands.len()];
    let (mut highest, mut waited, mut halvings) = (i64::MIN, 0, 0);
    for _ in 0..ROUNDS {
        let Some((bound, found)) = market.visit(&prices) else { return };
        if bound > highest {
            (highest, waited) = (bound, 0);
        } else {
            waited += 1;
        }
        if waited == PATIENCE {
            (halvings, waited) = (halvings + 1, 0);
        }
        exchange.complete(found.clone(), best);
        if let Some(candidate) = market.complete(found.clone(), &prices) {
            exchange.complete(candidate, best);
        }
        let surplus: Vec<i64> = (0..demands.len()).map(|at| market.surplus(&found, at)).collect();
        let norm: i64 = surplus.iter().map(|surplus| surplus * surplus).sum();
        let missing = price(best.1).saturating_sub(bound);
        if norm == 0 || missing <= 0 {
            return;
        }
        for (price, surplus) in prices.iter_mut().zip(surplus) {
            let change = missing.saturating_mul(surplus) / (norm << halvings);
            *price = (*price - change).clamp(0, DEAREST);
        }
    }
}

fn price(length: u64) -> i64 {
    i64::try_from(length).unwrap_or(DEAREST).min(DEAREST)
}

/// All stock as one list of positions.
struct Market<'a> {
    layout: &'a Layout,
    demands: &'a [Demand],
    /// The demand and the number of the stock at each of the positions.
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

    /// How much of a position counts: no more than is wanted.
    fn counted(&self, demand: usize, stock: usize) -> i64 {
        let demand = &self.demands[demand];
        demand.stock[stock].quantity.min(demand.quantity).into()
    }

    /// How much more of a demand a cover counts than is wanted.
    fn surplus(&self, cover: &Cover, demand: usize) -> i64 {
        let held: i64 = cover.chosen[demand].iter().map(|stock| self.counted(demand, *stock)).sum();
        held - i64::from(self.demands[demand].quantity)
    }

    /// What the cheapest tour under these prices comes by, and the bound that it proves.
    fn visit(&self, prices: &[i64]) -> Option<(i64, Cover)> {
        let penalty = |at: usize| {
            let (demand, stock) = self.owners[at];
            let worth = prices[demand].saturating_mul(self.counted(demand, stock));
            worth.min(DEAREST).unsigned_abs()
        };
        let (cost, visited) = exact::cheapest(self.layout, &self.positions, penalty)?;
        let mut cover = Cover::empty(self.demands);
        for at in visited {
            let (demand, stock) = self.owners[at];
            cover.chosen[demand].push(stock);
        }
        let unwanted: i64 = (0..self.demands.len())
            .filter(|demand| self.demands[*demand].quantity > 0)
            .map(|demand| {
                let stock = 0..self.demands[demand].stock.len();
                let all: i64 = stock.map(|stock| self.counted(demand, stock)).sum();
                prices[demand].saturating_mul(all - i64::from(self.demands[demand].quantity))
            })
            .fold(0, i64::saturating_add);
        Some((price(cost).saturating_sub(unwanted), cover))
    }

    /// Raises the prices of what is missing until all is there.
    fn complete(&self, mut found: Cover, prices: &[i64]) -> Option<Cover> {
        let mut prices = prices.to_vec();
        for _ in 0..8 {
            if found.is_complete(self.demands) {
                return Some(found);
            }
            for (demand, price) in prices.iter_mut().enumerate() {
                if found.surplus(self.demands, demand) < 0 {
                    *price = (*price + *price / 2 + 1).min(DEAREST);
                }
            }
            found = self.visit(&prices)?.1;
        }
        None
    }
}
