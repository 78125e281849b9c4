//! Covers changed position by position, each change measured with the exact tour.

use ordermill_base::Random;

use super::cover::Cover;
use super::{Demand, length};
use crate::route::Layout;

/// How often some demands are given up and met anew.
const ROUNDS: usize = 60;

/// How many demands are given up at once, at most.
const MOST_GIVEN_UP: u64 = 4;

/// Leaves out what is not needed, the most expensive first, and gives the length of the tour. `None` if
/// the floor is too large for the sweep.
pub(super) fn thin_out(
    layout: &Layout,
    demands: &[Demand],
    mut cover: Cover,
) -> Option<(Cover, u64)> {
    let mut shortest = length(layout, demands, &cover)?;
    let mut candidates = Vec::new();
    for (demand, stock) in cover.dispensable(demands) {
        let mut trial = cover.clone();
        trial.leave_out(demand, stock);
        candidates.push((length(layout, demands, &trial)?, demand, stock));
    }
    candidates.sort_unstable();
    for (_, demand, stock) in candidates {
        let surplus = cover.surplus(demands, demand);
        if i64::from(demands[demand].stock[stock].quantity) <= surplus {
            cover.leave_out(demand, stock);
        }
    }
    shortest = length(layout, demands, &cover)?.min(shortest);
    Some((cover, shortest))
}

/// Exchanges positions until no exchange gains, then gives up some demands and meets them anew, in so
/// many rounds.
pub(super) fn improve(layout: &Layout, demands: &[Demand], cover: &mut Cover) {
    let Some(mut shortest) = length(layout, demands, cover) else { return };
    descend(layout, demands, cover, &mut shortest);
    let free: Vec<usize> = (0..demands.len())
        .filter(|demand| demands[*demand].quantity > 0 && demands[*demand].stock.len() > 1)
        .collect();
    if free.is_empty() {
        return;
    }
    let mut random = Random::from_seed(0);
    for _ in 0..ROUNDS {
        let mut trial = cover.clone();
        let mut given_up = Vec::new();
        for _ in 0..1 + random.below(MOST_GIVEN_UP) {
            let demand = *random.pick(&free);
            trial.chosen[demand].clear();
            given_up.push(demand);
        }
        let met = given_up.iter().try_for_each(|demand| meet(layout, demands, &mut trial, *demand));
        let Some((thinned, found)) = met.and_then(|()| thin_out(layout, demands, trial)) else {
            return;
        };
        if found < shortest {
            (*cover, shortest) = (thinned, found);
            descend(layout, demands, cover, &mut shortest);
        } else if found == shortest {
            *cover = thinned;
        }
    }
}

/// Exchanges one position of a demand as long as that makes the tour shorter.
fn descend(layout: &Layout, demands: &[Demand], cover: &mut Cover, shortest: &mut u64) {
    let mut has_gained = true;
    while has_gained {
        has_gained = false;
        for demand in 0..demands.len() {
            for stock in cover.chosen[demand].clone() {
                let mut trial = cover.clone();
                trial.leave_out(demand, stock);
                let Some(found) = meet(layout, demands, &mut trial, demand)
                    .and_then(|()| thin_out(layout, demands, trial))
                else {
                    return;
                };
                if found.1 < *shortest {
                    (*cover, *shortest) = found;
                    has_gained = true;
                }
            }
        }
    }
}

/// Adds positions of a demand until it is met, each time the one with the shortest way for a piece.
/// `None` if the floor is too large for the sweep.
fn meet(layout: &Layout, demands: &[Demand], cover: &mut Cover, demand: usize) -> Option<()> {
    let wanted = &demands[demand];
    while cover.surplus(demands, demand) < 0 {
        let before = length(layout, demands, cover)?;
        let missing = cover.surplus(demands, demand).unsigned_abs();
        let mut best: Option<(u64, usize)> = None;
        for (at, stock) in wanted.stock.iter().enumerate() {
            let pieces = u64::from(stock.quantity).min(missing);
            if pieces == 0 || cover.chosen[demand].contains(&at) {
                continue;
            }
            cover.chosen[demand].push(at);
            let added = length(layout, demands, cover)?.saturating_sub(before);
            cover.chosen[demand].pop();
            // Way per piece, compared in millionths so as to stay with integers.
            let rate = added.saturating_mul(1_000_000) / pieces;
            if best.is_none_or(|(least, _)| rate < least) {
                best = Some((rate, at));
            }
        }
        cover.chosen[demand].push(best?.1);
    }
    Some(())
}
