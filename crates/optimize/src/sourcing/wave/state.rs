//! An assignment in the making: what each order has, and what is left.

use super::local::{SCALE, Solved, Solver, Terms};
use super::prices::Prices;
use super::{Order, Share, Wave};

/// What one order has.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// Its routes, as bits.
    pub routes: u64,
    /// Route, line, units.
    pub ships: Vec<(usize, usize, u32)>,
    /// What it costs, without prices.
    pub cost: i64,
}

/// Who ships what so far, and what is left of stock and capacity.
#[derive(Debug, Clone)]
pub(super) struct State<'a> {
    pub wave: &'a Wave<'a>,
    pub plans: Vec<Plan>,
    pub skus: usize,
    /// Units left, by location and SKU.
    units: Vec<u32>,
    /// Parcels left, by location.
    parcels: Vec<u32>,
    /// Sum of the plans' costs.
    cost: i64,
    solver: Solver,
}

/// What is left at the true cost, or with prices on top.
struct Left<'a> {
    units: &'a [u32],
    parcels: &'a [u32],
    skus: usize,
    prices: Option<&'a Prices>,
}

impl Terms for Left<'_> {
    fn units(&self, location: usize, sku: usize) -> u32 {
        self.units[location * self.skus + sku]
    }

    fn has_capacity(&self, location: usize) -> bool {
        self.parcels[location] > 0
    }

    fn unit_price(&self, location: usize, sku: usize) -> i64 {
        self.prices.map_or(0, |prices| prices.units[location * self.skus + sku])
    }

    fn parcel_price(&self, location: usize) -> i64 {
        self.prices.map_or(0, |prices| prices.parcels[location])
    }
}

impl<'a> State<'a> {
    /// Nothing is assigned.
    pub(super) fn new(wave: &'a Wave<'a>) -> Self {
        let plans: Vec<Plan> = wave
            .orders
            .iter()
            .map(|order| Plan { cost: unfilled(order), ..Plan::default() })
            .collect();
        Self {
            wave,
            skus: wave.stock.first().map_or(0, Vec::len),
            units: wave.stock.concat(),
            parcels: wave.parcels_left.to_vec(),
            cost: plans.iter().map(|plan| plan.cost).sum(),
            plans,
            solver: Solver::default(),
        }
    }

    /// What the assignment costs, in minor units.
    pub(super) fn cost(&self) -> u64 {
        u64::try_from(self.cost).unwrap_or(0)
    }

    /// Takes everything from an order.
    pub(super) fn release(&mut self, order: usize) -> Plan {
        let wanted = &self.wave.orders[order];
        let nothing = Plan { cost: unfilled(wanted), ..Plan::default() };
        let plan = std::mem::replace(&mut self.plans[order], nothing);
        self.cost += self.plans[order].cost - plan.cost;
        for &(route, line, units) in &plan.ships {
            let at = wanted.routes[route].location * self.skus + wanted.lines[line].sku;
            self.units[at] += units;
        }
        for (route, wanted) in wanted.routes.iter().enumerate() {
            self.parcels[wanted.location] += u32::from(plan.routes >> route & 1 == 1);
        }
        plan
    }

    /// Gives an order that has nothing what it once had; all of it must be left.
    pub(super) fn restore(&mut self, order: usize, plan: Plan) {
        let wanted = &self.wave.orders[order];
        for &(route, line, units) in &plan.ships {
            let at = wanted.routes[route].location * self.skus + wanted.lines[line].sku;
            self.units[at] -= units;
        }
        for (route, wanted) in wanted.routes.iter().enumerate() {
            self.parcels[wanted.location] -= u32::from(plan.routes >> route & 1 == 1);
        }
        self.cost += plan.cost - self.plans[order].cost;
        self.plans[order] = plan;
    }

    /// Gives an order that has nothing the best of what is left, at its cost and with these prices on top.
    pub(super) fn assign(&mut self, order: usize, prices: Option<&Prices>, hint: u64) {
        let wanted = &self.wave.orders[order];
        let left = Left { units: &self.units, parcels: &self.parcels, skus: self.skus, prices };
        let solver = &mut self.solver;
        let Solved { routes, .. } = solver.solve(wanted, &left, hint);
        let mut plan = Plan::default();
        solver.ships(routes, |route, line, units| plan.ships.push((route, line, units)));
        plan.routes = plan.ships.iter().fold(0, |routes, (route, ..)| routes | 1 << route);
        plan.cost = cost(wanted, &plan);
        self.restore(order, plan);
    }

    /// Lets each order choose once more, at its true cost.
    pub(super) fn settle(&mut self, orders: &[usize]) {
        for &order in orders {
            let plan = self.release(order);
            self.assign(order, None, plan.routes);
            if self.plans[order].cost > plan.cost {
                // Only a search that was cut short ends worse than it began.
                self.release(order);
                self.restore(order, plan);
            }
        }
    }

    /// The shares by order.
    pub(super) fn shares(&self) -> Vec<Vec<Share>> {
        let shares = |(order, plan): (&Order, &Plan)| {
            let of_route = |(at, route): (usize, &super::Route)| {
                let mut quantities = vec![0; order.lines.len()];
                for &(from, line, units) in &plan.ships {
                    if from == at {
                        quantities[line] += units;
                    }
                }
                let has_any = quantities.iter().any(|units| *units > 0);
                has_any.then_some(Share { location: route.location, quantities })
            };
            order.routes.iter().enumerate().filter_map(of_route).collect()
        };
        self.wave.orders.iter().zip(&self.plans).map(shares).collect()
    }
}

/// What an order costs that gets nothing.
fn unfilled(order: &Order) -> i64 {
    order.lines.iter().map(|line| i64::from(line.quantity) * i64::from(line.unfilled_cost)).sum()
}

/// What an order's plan costs.
pub(super) fn cost(order: &Order, plan: &Plan) -> i64 {
    let mut cost = unfilled(order);
    for &(route, line, units) in &plan.ships {
        let unit = order.routes[route].unit_costs[line].map_or(0, i64::from);
        cost += i64::from(units) * (unit - i64::from(order.lines[line].unfilled_cost));
    }
    let parcels = order.routes.iter().enumerate().filter(|(at, _)| plan.routes >> at & 1 == 1);
    let parcels: Vec<i64> = parcels.map(|(_, route)| i64::from(route.parcel_cost)).collect();
    let further = i64::try_from(parcels.len().saturating_sub(1)).unwrap_or(0);
    cost + parcels.iter().sum::<i64>() + further * i64::from(order.split_cost)
}

/// A scaled cost in minor units, rounded up: true costs are whole, so a bound may be.
pub(super) fn unscaled(cost: i64) -> u64 {
    u64::try_from(cost).unwrap_or(0).div_ceil(SCALE.unsigned_abs())
}
