//! Covers changed position by position, each change measured with the exact tour.

use std::cell::RefCell;
use std::collections::HashMap;

use ordermill_base::Random;

use super::Demand;
use super::cover::Cover;
use crate::route::{Layout, Position, exact};

/// How often a part of a cover is given up and met anew.
const ROUNDS: usize = 300;

/// How many demands are given up at once, at most, if they are drawn one by one.
const MOST_GIVEN_UP: u64 = 4;

/// What is wanted, and the floor on which a cover's walk is measured.
pub(super) struct Exchange<'a> {
    pub(super) layout: &'a Layout,
    pub(super) demands: &'a [Demand],
    /// Lengths by positions.
    known: RefCell<HashMap<Vec<Position>, u64>>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(layout: &'a Layout, demands: &'a [Demand]) -> Self {
        Self { layout, demands, known: RefCell::default() }
    }

    /// The shortest tour past a cover; `None` if the floor is too large for the sweep.
    pub(super) fn length(&self, cover: &Cover) -> Option<u64> {
        let positions = cover.positions(self.demands);
        let mut known = self.known.borrow_mut();
        if let Some(length) = known.get(&positions) {
            return Some(*length);
        }
        let length = exact::length(self.layout, &positions)?;
        known.insert(positions, length);
        Some(length)
    }

    /// Adds what a cover lacks and leaves out what it does not need. The result takes the place of the
    /// best one if it is shorter.
    pub(super) fn complete(&self, mut cover: Cover, best: &mut (Cover, u64)) {
        self.thin_out(&mut cover);
        let all = 0..self.demands.len();
        if let Some(length) = self.meet(&mut cover, all, None, best.1)
            && length < best.1
        {
            *best = (cover, length);
        }
    }

    /// Gives up some demands and meets them anew, in so many rounds.
    pub(super) fn improve(&self, best: &mut (Cover, u64)) {
        self.descend(best);
        let free: Vec<usize> = (0..self.demands.len())
            .filter(|demand| self.demands[*demand].quantity > 0)
            .filter(|demand| self.demands[*demand].stock.len() > 1)
            .collect();
        if free.is_empty() {
            return;
        }
        let mut random = Random::from_seed(0);
        for _ in 0..ROUNDS {
            let mut trial = best.0.clone();
            let (given_up, avoided) = match random.below(3) {
                0 => self.give_up_aisle(&mut trial, &mut random),
                1 => {
                    let count = 1 + random.below(MOST_GIVEN_UP);
                    let given_up: Vec<usize> = (0..count).map(|_| *random.pick(&free)).collect();
                    given_up.iter().for_each(|demand| trial.chosen[*demand].clear());
                    (given_up, None)
                }
                _ => (self.begin_elsewhere(&mut trial, &free, &mut random), None),
            };
            let Some(length) = self.meet(&mut trial, given_up, avoided, best.1) else { continue };
            let is_shorter = length < best.1;
            *best = (trial, length);
            if is_shorter {
                self.descend(best);
            }
        }
    }

    /// Gives up all stock of an aisle; which aisle is left to chance, and whether it is avoided next.
    fn give_up_aisle(&self, cover: &mut Cover, random: &mut Random) -> (Vec<usize>, Option<usize>) {
        let positions = cover.positions(self.demands);
        if positions.is_empty() {
            return (Vec::new(), None);
        }
        let aisle = random.pick(&positions).aisle;
        let mut given_up = Vec::new();
        for (number, demand) in self.demands.iter().enumerate() {
            let before = cover.chosen[number].len();
            cover.chosen[number].retain(|stock| demand.stock[*stock].position.aisle != aisle);
            if cover.chosen[number].len() < before {
                let at = random.below(given_up.len() as u64 + 1) as usize;
                given_up.insert(at, number);
            }
        }
        (given_up, random.percent(80).then_some(aisle))
    }

    /// Gives up most demands, and chooses any position for one of them.
    fn begin_elsewhere(
        &self,
        cover: &mut Cover,
        free: &[usize],
        random: &mut Random,
    ) -> Vec<usize> {
        let mut given_up = free.to_vec();
        for at in 1..given_up.len() {
            given_up.swap(at, random.below(at as u64 + 1) as usize);
        }
        given_up.truncate(free.len() - random.below(free.len() as u64 / 2 + 1) as usize);
        given_up.iter().for_each(|demand| cover.chosen[*demand].clear());
        if let Some(first) = given_up.first() {
            let stock = &self.demands[*first].stock;
            let at = random.below(stock.len() as u64) as usize;
            if stock[at].quantity > 0 {
                cover.chosen[*first].push(at);
            }
        }
        given_up
    }

    /// Exchanges one position as long as that makes the tour shorter.
    fn descend(&self, best: &mut (Cover, u64)) {
        let mut has_gained = true;
        while has_gained {
            has_gained = false;
            for demand in 0..self.demands.len() {
                for stock in best.0.chosen[demand].clone() {
                    let mut trial = best.0.clone();
                    trial.leave_out(demand, stock);
                    if let Some(length) = self.meet(&mut trial, [demand], None, best.1)
                        && length < best.1
                    {
                        *best = (trial, length);
                        has_gained = true;
                    }
                }
            }
        }
    }

    /// Leaves out what is not needed, that first without which the tour is the shortest.
    fn thin_out(&self, cover: &mut Cover) {
        let mut candidates = Vec::new();
        for (demand, stock) in cover.dispensable(self.demands) {
            let mut trial = cover.clone();
            trial.leave_out(demand, stock);
            candidates.push((self.length(&trial), demand, stock));
        }
        candidates.sort_unstable();
        for (_, demand, stock) in candidates {
            let surplus = cover.surplus(self.demands, demand);
            if i64::from(self.demands[demand].stock[stock].quantity) <= surplus {
                cover.leave_out(demand, stock);
            }
        }
    }

    /// Adds positions of these demands until they are met, each time the one with the shortest way for
    /// a piece. `None` if the tour becomes longer than `limit`, or nothing outside of the avoided aisle
    /// is left.
    fn meet(
        &self,
        cover: &mut Cover,
        demands: impl IntoIterator<Item = usize>,
        avoided: Option<usize>,
        limit: u64,
    ) -> Option<u64> {
        let mut length = self.length(cover)?;
        for demand in demands {
            let stock = &self.demands[demand].stock;
            while cover.surplus(self.demands, demand) < 0 {
                if length > limit {
                    return None;
                }
                let missing = cover.surplus(self.demands, demand).unsigned_abs();
                let mut nearest: Option<(u64, usize, u64)> = None;
                for (at, stock) in stock.iter().enumerate() {
                    let pieces = u64::from(stock.quantity).min(missing);
                    let is_avoided = avoided == Some(stock.position.aisle);
                    if pieces == 0 || is_avoided || cover.chosen[demand].contains(&at) {
                        continue;
                    }
                    cover.chosen[demand].push(at);
                    let found = self.length(cover)?;
                    cover.chosen[demand].pop();
                    // Way per piece, compared in thousandths so as to stay with integers.
                    let rate = found.saturating_sub(length).saturating_mul(1_000) / pieces;
                    if nearest.is_none_or(|(least, ..)| rate < least) {
                        nearest = Some((rate, at, found));
                    }
                    if found == length && pieces == missing {
                        break; // Nothing is nearer than on the way.
                    }
                }
                let (_, at, found) = nearest?;
                cover.chosen[demand].push(at);
                length = found;
            }
        }
        self.thin_out(cover);
        Some(self.length(cover)?).filter(|length| *length <= limit)
    }
}
