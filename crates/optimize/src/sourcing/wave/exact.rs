//! The last step for few and small orders: all combinations of their plans, with the prices' bound.

use super::Order;
use super::local::SCALE;
use super::prices::{Prices, Relaxed};
use super::state::{Plan, State, cost, unscaled};

/// The most orders.
const ORDERS: usize = 12;
/// The most plans of one order.
const PLANS: usize = 3_000;
/// Combinations looked at before the search gives up.
const STEPS: u32 = 300_000;

/// Searches for the best combination; `true` if `best` is then known to be optimal.
pub(super) fn search(best: &mut State<'_>, relaxed: &Relaxed) -> bool {
    let wave = best.wave;
    if wave.orders.len() > ORDERS {
        return false;
    }
    let Some(plans) = wave.orders.iter().map(plans).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let skus = best.skus;
    let mut search = Search {
        orders: wave.orders,
        plans,
        relaxed,
        skus,
        units: wave.stock.iter().flatten().map(|units| i64::from(*units)).collect(),
        parcels: wave.parcels_left.iter().map(|parcels| i64::from(*parcels)).collect(),
        chosen: Vec::new(),
        best: None,
        limit: best.cost(),
        steps: 0,
    };
    let worth = search.worth_of_all();
    search.choose(0, 0, worth);
    if let Some(chosen) = search.best.take() {
        let plans: Vec<Plan> =
            chosen.iter().zip(&search.plans).map(|(&at, plans)| plans[at].clone()).collect();
        (0..plans.len()).for_each(|order| drop(best.release(order)));
        plans.into_iter().enumerate().for_each(|(order, plan)| best.restore(order, plan));
    }
    search.steps < STEPS
}

struct Search<'a> {
    orders: &'a [Order],
    /// By order, the cheapest first.
    plans: Vec<Vec<Plan>>,
    relaxed: &'a Relaxed,
    skus: usize,
    units: Vec<i64>,
    parcels: Vec<i64>,
    chosen: Vec<usize>,
    best: Option<Vec<usize>>,
    /// What must be undercut.
    limit: u64,
    steps: u32,
}

impl Search<'_> {
    /// Goes on with this order; `worth` is what all that is left is worth.
    fn choose(&mut self, order: usize, cost: i64, worth: i64) {
        if order == self.orders.len() {
            let cost = u64::try_from(cost).unwrap_or(0);
            if cost < self.limit {
                self.limit = cost;
                self.best = Some(self.chosen.clone());
            }
            return;
        }
        let least: i64 = self.relaxed.least[order + 1..].iter().sum();
        for at in 0..self.plans[order].len() {
            self.steps += 1;
            if self.steps >= STEPS {
                return;
            }
            let cost = cost + self.plans[order][at].cost;
            let worth = worth - self.worth(order, at);
            if unscaled((cost * SCALE + least - worth).max(0)) >= self.limit {
                continue;
            }
            if self.take(order, at, -1) {
                self.chosen.push(at);
                self.choose(order + 1, cost, worth);
                self.chosen.pop();
            }
            self.take(order, at, 1);
        }
    }

    fn worth_of_all(&self) -> i64 {
        let worth = |left: &[i64], prices: &[i64]| {
            left.iter().zip(prices).map(|(left, price)| left * price).sum::<i64>()
        };
        let Prices { units, parcels } = &self.relaxed.prices;
        worth(&self.units, units) + worth(&self.parcels, parcels)
    }

    /// What a plan takes is worth.
    fn worth(&self, order: usize, at: usize) -> i64 {
        let (wanted, plan) = (&self.orders[order], &self.plans[order][at]);
        let mut worth = 0;
        for &(route, line, units) in &plan.ships {
            let index = wanted.routes[route].location * self.skus + wanted.lines[line].sku;
            worth += self.relaxed.prices.units[index] * i64::from(units);
        }
        for (route, wanted) in wanted.routes.iter().enumerate() {
            if plan.routes >> route & 1 == 1 {
                worth += self.relaxed.prices.parcels[wanted.location];
            }
        }
        worth
    }

    /// Takes what a plan needs, or gives it back; tells whether there was enough.
    fn take(&mut self, order: usize, at: usize, sign: i64) -> bool {
        let (wanted, plan) = (&self.orders[order], &self.plans[order][at]);
        let mut is_enough = true;
        for &(route, line, units) in &plan.ships {
            let index = wanted.routes[route].location * self.skus + wanted.lines[line].sku;
            self.units[index] += sign * i64::from(units);
            is_enough &= self.units[index] >= 0;
        }
        for (route, wanted) in wanted.routes.iter().enumerate() {
            if plan.routes >> route & 1 == 1 {
                self.parcels[wanted.location] += sign;
                is_enough &= self.parcels[wanted.location] >= 0;
            }
        }
        is_enough
    }
}

/// All plans of an order, the cheapest first; `None` if they are too many.
fn plans(order: &Order) -> Option<Vec<Plan>> {
    let mut plans = vec![Plan::default()];
    for (line, wanted) in order.lines.iter().enumerate() {
        for (route, from) in order.routes.iter().enumerate() {
            if from.unit_costs[line].is_none() {
                continue;
            }
            for at in 0..plans.len() {
                let taken: u32 =
                    plans[at].ships.iter().filter(|ship| ship.1 == line).map(|ship| ship.2).sum();
                for units in 1..=wanted.quantity.saturating_sub(taken) {
                    let mut plan = plans[at].clone();
                    plan.ships.push((route, line, units));
                    plan.routes |= 1 << route;
                    if plan.routes.count_ones() <= order.max_parcels {
                        plans.push(plan);
                    }
                    if plans.len() > PLANS {
                        return None;
                    }
                }
            }
        }
    }
    plans.iter_mut().for_each(|plan| plan.cost = cost(order, plan));
    plans.sort_by_key(|plan| plan.cost);
    Some(plans)
}
