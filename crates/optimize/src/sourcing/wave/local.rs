//! One order against given stock and prices, solved exactly by branch and bound.
//!
//! For a set of locations it is clear who ships what: the units go to the cheapest of them, as far as
//! their stock goes, and the rest stays unfilled. So only the set is branched on. A location's gain is
//! what its units save less what its parcel costs. The savings are a weighted rank function, hence
//! submodular: a location's gain in a larger set is never higher, which bounds what a set can still gain.
//! The second bound is that of `dual`, which also tells which locations need not be looked at.

use super::dual::{Dual, Offer, Wanted};
use super::{MAX_ROUTES, Order};

/// Costs and prices in the search are in 64ths of a minor unit, so that prices can be fine.
pub(super) const SCALE: i64 = 64;
/// Sets looked at before a search is cut short. Its bound holds all the same.
const SETS: u32 = 1_000;

/// The outcome for one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Solved {
    /// The routes that take part, as bits.
    pub routes: u64,
    /// The cost with prices.
    pub cost: i64,
    /// No set costs less.
    pub bound: i64,
}

/// What the solver asks about stock and prices.
pub(super) trait Terms {
    /// Units of a SKU that a location can still ship.
    fn units(&self, location: usize, sku: usize) -> u32;
    /// Whether the location can ship one more parcel.
    fn has_capacity(&self, location: usize) -> bool;
    /// The price of a unit beside its cost, scaled.
    fn unit_price(&self, location: usize, sku: usize) -> i64;
    /// The price of a parcel beside its cost, scaled.
    fn parcel_price(&self, location: usize) -> i64;
}

/// A solver that keeps its memory from order to order.
#[derive(Debug, Clone, Default)]
pub(super) struct Solver {
    offers: Vec<Offer>,
    lines: Vec<Wanted>,
    /// By line, the routes that offer anything for it.
    serves: Vec<u64>,
    /// By route, with the split cost.
    opening: Vec<i64>,
    split: i64,
    max_parcels: u32,
    best: (i64, u64),
    dual: Dual,
    /// The least bound of what was cut short.
    open_bound: i64,
    sets: u32,
}

impl Solver {
    /// The best set of routes for an order. `hint` is a set that may be good, such as the last one.
    pub(super) fn solve(&mut self, order: &Order, terms: &impl Terms, hint: u64) -> Solved {
        let usable = self.prepare(order, terms);
        let nothing = self.assigned(0);
        self.best = (nothing, 0);
        self.open_bound = i64::MAX;
        self.sets = 0;
        if self.max_parcels > 0 {
            let hint = hint & usable;
            if hint != 0 && hint.count_ones() <= self.max_parcels {
                self.offer(self.opened(hint) + self.assigned(hint), hint);
            }
            // One parcel has no split cost, so each alone is looked at before gains are trusted.
            let mut left = usable;
            while left != 0 {
                let one = left & left.wrapping_neg();
                self.offer(self.opened(one) + self.assigned(one), one);
                left ^= one;
            }
            self.branch(0, -self.split, nothing, usable);
        }
        let (cost, routes) = self.best;
        Solved { routes, cost, bound: cost.min(self.open_bound) }
    }

    /// Calls `take(route, line, units)` for what a set ships in the solution of the last order.
    pub(super) fn ships(&self, routes: u64, mut take: impl FnMut(usize, usize, u32)) {
        let mut start = 0;
        for (line, &Wanted { end, quantity, .. }) in self.lines.iter().enumerate() {
            let mut rest = u32::try_from(quantity).unwrap_or(u32::MAX);
            for offer in &self.offers[start..end] {
                if routes & offer.bit != 0 && rest > 0 {
                    let units = offer.units.min(rest);
                    take(offer.route as usize, line, units);
                    rest -= units;
                }
            }
            start = end;
        }
    }

    /// Reads the order; gives the routes that can ship anything.
    fn prepare(&mut self, order: &Order, terms: &impl Terms) -> u64 {
        self.offers.clear();
        self.lines.clear();
        self.opening.clear();
        self.serves.clear();
        self.split = i64::from(order.split_cost) * SCALE;
        self.max_parcels = order.max_parcels;
        let mut can_ship = 0_u64;
        for (at, route) in order.routes.iter().take(MAX_ROUTES).enumerate() {
            let cost = i64::from(route.parcel_cost) * SCALE + terms.parcel_price(route.location);
            self.opening.push(cost + self.split);
            can_ship |= u64::from(terms.has_capacity(route.location)) << at;
        }
        let mut usable = 0;
        for (at, line) in order.lines.iter().enumerate() {
            let start = self.offers.len();
            let unfilled = i64::from(line.unfilled_cost) * SCALE;
            for (index, route) in order.routes.iter().take(MAX_ROUTES).enumerate() {
                let Some(Some(cost)) = route.unit_costs.get(at) else { continue };
                let price = i64::from(*cost) * SCALE + terms.unit_price(route.location, line.sku);
                let units = terms.units(route.location, line.sku).min(line.quantity);
                if can_ship >> index & 1 == 1 && units > 0 && price < unfilled {
                    usable |= 1 << index;
                    let route = u32::try_from(index).unwrap_or(u32::MAX);
                    self.offers.push(Offer { price, route, units, bit: 1 << index });
                }
            }
            self.offers[start..].sort_unstable_by_key(|offer| (offer.price, offer.route));
            self.serves.push(self.offers[start..].iter().map(|offer| offer.bit).sum());
            let end = self.offers.len();
            self.lines.push(Wanted { end, quantity: line.quantity.into(), unfilled });
        }
        usable
    }

    /// What the parcels of a set cost.
    fn opened(&self, routes: u64) -> i64 {
        let mut left = routes;
        let mut cost = if routes == 0 { 0 } else { -self.split };
        while left != 0 {
            cost += self.opening[left.trailing_zeros() as usize];
            left &= left - 1;
        }
        cost
    }

    /// What the units cost if a set ships them.
    fn assigned(&self, routes: u64) -> i64 {
        (0..self.lines.len()).map(|line| self.line_cost(line, routes)).sum()
    }

    /// The same once one more route takes part, given the cost without it.
    fn assigned_with(&self, routes: u64, assigned: i64, route: u32) -> i64 {
        let with = routes | 1 << route;
        let lines = (0..self.lines.len()).filter(|line| self.serves[*line] & 1 << route != 0);
        let saved = |line: usize| self.line_cost(line, routes) - self.line_cost(line, with);
        assigned - lines.map(saved).sum::<i64>()
    }

    fn line_cost(&self, line: usize, routes: u64) -> i64 {
        let start = if line == 0 { 0 } else { self.lines[line - 1].end };
        let Wanted { end, quantity, unfilled } = self.lines[line];
        let (mut cost, mut rest) = (0, quantity);
        for offer in &self.offers[start..end] {
            if routes & offer.bit != 0 {
                let units = rest.min(offer.units.into());
                cost += units * offer.price;
                rest -= units;
                if rest == 0 {
                    return cost;
                }
            }
        }
        cost + rest * unfilled
    }

    fn offer(&mut self, cost: i64, routes: u64) {
        if cost < self.best.0 {
            self.best = (cost, routes);
        }
    }

    /// Looks at all sets that add some of `candidates` to `routes`.
    fn branch(&mut self, routes: u64, opened: i64, assigned: i64, candidates: u64) {
        let slots = self.max_parcels.saturating_sub(routes.count_ones()) as usize;
        if slots == 0 {
            return;
        }
        let Self { dual, offers, lines, opening, .. } = self;
        let by_dual = opened + dual.ascend(offers, lines, opening, routes, routes | candidates);
        if by_dual >= self.best.0 {
            return;
        }
        let mut gains = [(0_i64, 0_u32, 0_i64); MAX_ROUTES];
        let mut count = 0;
        let mut left = candidates;
        while left != 0 {
            let route = left.trailing_zeros();
            left &= left - 1;
            if by_dual + self.dual.slack[route as usize] >= self.best.0 {
                continue;
            }
            let with = self.assigned_with(routes, assigned, route);
            let gain = assigned - with - self.opening[route as usize];
            if gain > 0 {
                gains[count] = (gain, route, with);
                count += 1;
            }
        }
        let gains = &mut gains[..count];
        gains.sort_unstable_by_key(|&(gain, route, _)| (std::cmp::Reverse(gain), route));
        let mut rest: u64 = gains.iter().map(|(_, route, _)| 1_u64 << route).sum();
        for at in 0..count {
            let (_, route, with) = gains[at];
            let hoped: i64 = gains[at..].iter().take(slots).map(|(gain, ..)| gain).sum();
            let bound = by_dual.max(opened + assigned - hoped);
            if bound >= self.best.0 {
                return;
            }
            self.sets += 1;
            if self.sets > SETS {
                self.open_bound = self.open_bound.min(bound);
                return;
            }
            rest &= !(1 << route);
            let opened = opened + self.opening[route as usize];
            self.offer(opened + with, routes | 1 << route);
            self.branch(routes | 1 << route, opened, with, rest);
        }
    }
}
