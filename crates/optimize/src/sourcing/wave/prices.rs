//! Prices of scarce units and parcels, and the bound that they prove.
//!
//! If stock may be exceeded at a price, orders do not depend on each other any more, and each is solved
//! alone. The sum of their costs, less what all stock is worth at these prices, is at most the cost of
//! any assignment within the stock. Where more is wanted than there is, the price rises; where something
//! is left, it falls: a subgradient step, whose length is set by the distance between bound and best
//! assignment (Held, Wolfe, Crowder 1974).

use super::local::{SCALE, Solver, Terms};
use super::state::{State, unscaled};
use super::{MAX_ORDER_COST, Wave};

/// How often orders take turns with the prices reached, the last time at the end.
const TURNS: u64 = 4;
/// A step's length is this share of the distance at first.
const FIRST_STEP: i128 = STEP_SCALE * 3 / 2;
const STEP_SCALE: i128 = 1 << 20;
/// Nobody pays a price above the cost of an order.
const HIGHEST: i128 = MAX_ORDER_COST as i128 * SCALE as i128;
/// Over all rounds, steps shrink to about 1/e of their length so often.
const SHRINKS: i128 = 4;

/// What a unit or a parcel costs beside its cost, scaled.
#[derive(Debug, Clone)]
pub(super) struct Prices {
    /// By location and SKU.
    pub units: Vec<i64>,
    /// By location.
    pub parcels: Vec<i64>,
}

/// What relaxing has found.
#[derive(Debug)]
pub(super) struct Relaxed {
    /// The prices of the best bound.
    pub prices: Prices,
    /// By order, its least cost with these prices, scaled.
    pub least: Vec<i64>,
    /// The best bound in minor units.
    pub bound: u64,
}

/// Full stock with prices.
struct Market<'a> {
    wave: &'a Wave<'a>,
    skus: usize,
    prices: &'a Prices,
}

impl Terms for Market<'_> {
    fn units(&self, location: usize, sku: usize) -> u32 {
        self.wave.stock[location][sku]
    }

    fn has_capacity(&self, location: usize) -> bool {
        self.wave.parcels_left[location] > 0
    }

    fn unit_price(&self, location: usize, sku: usize) -> i64 {
        self.prices.units[location * self.skus + sku]
    }

    fn parcel_price(&self, location: usize) -> i64 {
        self.prices.parcels[location]
    }
}

/// Improves prices in so many rounds, and `best` wherever orders that pay them do better together.
pub(super) fn relax(best: &mut State<'_>, rounds: u32) -> Relaxed {
    let wave = best.wave;
    let skus = best.skus;
    let stock: Vec<u32> = wave.stock.concat();
    let mut prices =
        Prices { units: vec![0; stock.len()], parcels: vec![0; wave.parcels_left.len()] };
    let mut hints = vec![0; wave.orders.len()];
    let mut relaxed: Option<(i128, Relaxed)> = None;
    let mut step = FIRST_STEP;
    let mut solver = Solver::default();
    for round in 0..rounds.max(1) {
        let market = Market { wave, skus, prices: &prices };
        let mut demand = Demand::new(&stock, wave.parcels_left);
        let mut least = Vec::with_capacity(wave.orders.len());
        for (order, hint) in wave.orders.iter().zip(&mut hints) {
            let solved = solver.solve(order, &market, *hint);
            *hint = solved.routes;
            least.push(solved.bound);
            let mut routes = 0_u64;
            solver.ships(solved.routes, |route, line, units| {
                let location = order.routes[route].location;
                demand.units[location * skus + order.lines[line].sku] += i64::from(units);
                routes |= 1 << route;
            });
            for (route, wanted) in order.routes.iter().enumerate() {
                demand.parcels[wanted.location] += i64::from(routes >> route & 1 == 1);
            }
        }
        let bound = i128::from(least.iter().sum::<i64>()) - prices.worth(&stock, wave.parcels_left);
        if relaxed.as_ref().is_none_or(|(highest, _)| bound > *highest) {
            let found = Relaxed {
                prices: prices.clone(),
                least,
                bound: unscaled(i64::try_from(bound).unwrap_or(0)),
            };
            relaxed = Some((bound, found));
        }
        let turns_before = |round: u32| u64::from(round) * TURNS / u64::from(rounds.max(1));
        if turns_before(round + 1) > turns_before(round) {
            take_turns(best, &prices, &hints);
        }
        let distance = i128::from(best.cost()) * i128::from(SCALE) - bound;
        if distance <= 0 || !prices.step(&demand, step * distance / STEP_SCALE) {
            break;
        }
        step -= step * SHRINKS / i128::from(rounds.max(1));
    }
    relaxed.map_or_else(|| Relaxed { prices, least: Vec::new(), bound: 0 }, |(_, relaxed)| relaxed)
}

/// Assigns all orders anew, each paying the prices, and keeps that if it is better.
fn take_turns(best: &mut State<'_>, prices: &Prices, hints: &[u64]) {
    let mut state = State::new(best.wave);
    let orders: Vec<usize> = (0..hints.len()).collect();
    for &order in &orders {
        state.assign(order, Some(prices), hints[order]);
    }
    state.settle(&orders);
    if state.cost() < best.cost() {
        *best = state;
    }
}

/// What is wanted beyond what there is.
struct Demand {
    units: Vec<i64>,
    parcels: Vec<i64>,
}

impl Demand {
    fn new(stock: &[u32], parcels_left: &[u32]) -> Self {
        let less = |amounts: &[u32]| amounts.iter().map(|amount| -i64::from(*amount)).collect();
        Self { units: less(stock), parcels: less(parcels_left) }
    }
}

impl Prices {
    /// What all stock and capacity come to.
    fn worth(&self, stock: &[u32], parcels_left: &[u32]) -> i128 {
        let sum = |prices: &[i64], amounts: &[u32]| {
            prices
                .iter()
                .zip(amounts)
                .map(|(price, amount)| i128::from(*price) * i128::from(*amount))
                .sum::<i128>()
        };
        sum(&self.units, stock) + sum(&self.parcels, parcels_left)
    }

    /// One step along what is wanted, so long that it would close `distance` if the bound were a plane.
    /// False if nothing can be wanted more or less.
    fn step(&mut self, demand: &Demand, distance: i128) -> bool {
        // A price of zero does not fall.
        let counts = |(price, excess): (&i64, &i64)| *price > 0 || *excess > 0;
        let square = |(_, excess): (&i64, &i64)| i128::from(*excess) * i128::from(*excess);
        let units = || self.units.iter().zip(&demand.units);
        let parcels = || self.parcels.iter().zip(&demand.parcels);
        let length: i128 = units().chain(parcels()).filter(|pair| counts(*pair)).map(square).sum();
        if length == 0 {
            return false;
        }
        let move_all = |prices: &mut [i64], demand: &[i64]| {
            for (price, excess) in prices.iter_mut().zip(demand) {
                let by = distance * i128::from(*excess) / length;
                let moved = (i128::from(*price) + by).clamp(0, HIGHEST);
                *price = i64::try_from(moved).unwrap_or(0);
            }
        };
        move_all(&mut self.units, &demand.units);
        move_all(&mut self.parcels, &demand.parcels);
        true
    }
}
