//! A choice of positions that holds enough of everything.

use super::{Demand, Take};
use crate::route::Position;

/// By demand: the numbers of the stock that is visited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover {
    pub(super) chosen: Vec<Vec<usize>>,
}

impl Cover {
    /// Nothing is chosen yet.
    pub(super) fn empty(demands: &[Demand]) -> Self {
        Self { chosen: vec![Vec::new(); demands.len()] }
    }

    /// From each article's fullest positions.
    pub(super) fn fullest(demands: &[Demand]) -> Self {
        let mut cover = Self::empty(demands);
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

    /// Where the picker has to go.
    pub(super) fn positions(&self, demands: &[Demand]) -> Vec<Position> {
        let of = |(chosen, demand): (&Vec<usize>, &Demand)| {
            chosen.iter().map(|stock| demand.stock[*stock].position).collect::<Vec<_>>()
        };
        let mut positions: Vec<Position> = self.chosen.iter().zip(demands).flat_map(of).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// How much more is chosen of a demand than is wanted; negative if it is less.
    pub(super) fn surplus(&self, demands: &[Demand], demand: usize) -> i64 {
        let wanted = &demands[demand];
        let held: i64 =
            self.chosen[demand].iter().map(|stock| i64::from(wanted.stock[*stock].quantity)).sum();
        held - i64::from(wanted.quantity)
    }

    /// Whether there is enough of everything.
    pub(super) fn is_complete(&self, demands: &[Demand]) -> bool {
        (0..demands.len()).all(|demand| self.surplus(demands, demand) >= 0)
    }

    /// Stock that may be left out, with its demand.
    pub(super) fn dispensable(&self, demands: &[Demand]) -> Vec<(usize, usize)> {
        let of = |demand: usize| {
            let surplus = self.surplus(demands, demand);
            let may_go =
                move |stock: &usize| i64::from(demands[demand].stock[*stock].quantity) <= surplus;
            self.chosen[demand].iter().copied().filter(may_go).map(move |stock| (demand, stock))
        };
        (0..demands.len()).flat_map(of).collect()
    }

    /// Leaves stock out.
    pub(super) fn leave_out(&mut self, demand: usize, stock: usize) {
        self.chosen[demand].retain(|other| *other != stock);
    }

    /// What is taken: the quantity wanted, from the fullest of the chosen positions first.
    pub(super) fn takes(&self, demands: &[Demand]) -> Vec<Take> {
        let mut takes = Vec::new();
        for (number, (chosen, demand)) in self.chosen.iter().zip(demands).enumerate() {
            let mut wanted = demand.quantity;
            let mut order = chosen.clone();
            order.sort_by_key(|stock| (std::cmp::Reverse(demand.stock[*stock].quantity), *stock));
            for stock in order {
                let quantity = wanted.min(demand.stock[stock].quantity);
                if quantity > 0 {
                    takes.push(Take { demand: number, stock, quantity });
                }
                wanted -= quantity;
            }
        }
        takes
    }
}
