//! What any group of orders would cost, each computed once.

use std::collections::HashMap;

use super::{Capacity, Order};
use crate::route::{self, Layout, Position};

/// Orders that may become a batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// Their numbers, in ascending order.
    pub(super) orders: Vec<usize>,
    pub(super) load: u64,
    /// The length of the tour.
    pub(super) length: u64,
}

/// The walking of all groups.
pub(super) fn total(groups: &[Group]) -> u64 {
    groups.iter().map(|group| group.length).sum()
}

/// The orders and their tours.
pub(super) struct Routes<'a> {
    layout: &'a Layout,
    orders: &'a [Order],
    loads: Vec<u64>,
    limit: u64,
    known: HashMap<Vec<usize>, u64>,
    positions: Vec<Position>,
}

impl<'a> Routes<'a> {
    pub(super) fn new(layout: &'a Layout, orders: &'a [Order], capacity: Capacity) -> Self {
        let loads = orders.iter().map(|order| capacity.load(order)).collect();
        let (limit, known) = (capacity.limit(), HashMap::new());
        Self { layout, orders, loads, limit, known, positions: Vec::new() }
    }

    /// How many orders there are.
    pub(super) fn count(&self) -> usize {
        self.orders.len()
    }

    /// How much of the cart an order takes.
    pub(super) fn load(&self, order: usize) -> u64 {
        self.loads[order]
    }

    /// The group of these orders; `None` if they do not fit on a cart.
    pub(super) fn group(&mut self, mut orders: Vec<usize>) -> Option<Group> {
        let load = orders.iter().map(|order| self.loads[*order]).sum();
        if load > self.limit {
            return None;
        }
        orders.sort_unstable();
        let length = self.length(&orders);
        Some(Group { orders, load, length })
    }

    /// The group with one order more; `None` if it does not fit.
    pub(super) fn with(&mut self, group: &Group, order: usize) -> Option<Group> {
        if group.load + self.loads[order] > self.limit {
            return None;
        }
        self.group(group.orders.iter().copied().chain([order]).collect())
    }

    /// The group without one of its orders.
    pub(super) fn without(&mut self, group: &Group, order: usize) -> Group {
        let rest = group.orders.iter().copied().filter(|other| *other != order).collect();
        self.group(rest).unwrap_or_default()
    }

    /// The group with an order in place of one of its own; `None` if it does not fit.
    pub(super) fn exchanged(&mut self, group: &Group, own: usize, other: usize) -> Option<Group> {
        if group.load - self.loads[own] + self.loads[other] > self.limit {
            return None;
        }
        let rest = group.orders.iter().copied().filter(|order| *order != own);
        self.group(rest.chain([other]).collect())
    }

    /// Both groups as one; `None` if they do not fit on one cart.
    pub(super) fn both(&mut self, a: &Group, b: &Group) -> Option<Group> {
        if a.load + b.load > self.limit {
            return None;
        }
        self.group(a.orders.iter().chain(&b.orders).copied().collect())
    }

    fn length(&mut self, orders: &[usize]) -> u64 {
        if let Some(length) = self.known.get(orders) {
            return *length;
        }
        self.positions.clear();
        for order in orders {
            self.positions.extend_from_slice(&self.orders[*order].picks);
        }
        self.positions.sort_unstable();
        self.positions.dedup();
        // All positions were checked before; the longest length would only keep the group from use.
        let length = route::shortest_length(self.layout, &self.positions).unwrap_or(u64::MAX / 4);
        self.known.insert(orders.to_vec(), length);
        length
    }
}
