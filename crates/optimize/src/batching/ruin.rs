//! Taking batches partly apart and putting them together again.

use ordermill_base::Random;

use super::routes::{Group, Routes, total};
use super::{Effort, descent};

/// How many orders are taken out at most.
const MOST_TAKEN: usize = 8;

/// How much longer than the best the walking may become on the way, in thousandths, at the beginning;
/// it shrinks to nothing toward the end (record-to-record travel, Dueck 1993).
const SLACK_PER_MILLE: u64 = 30;

/// Improves the batches in so many rounds.
pub(super) fn search(routes: &mut Routes<'_>, groups: &mut Vec<Group>, effort: Effort) {
    if groups.len() < 2 {
        return;
    }
    let mut random = Random::from_seed(effort.seed);
    let mut best = total(groups);
    let mut current = groups.clone();
    for round in 0..effort.rounds {
        let mut trial = current.clone();
        let taken = take(routes, &mut trial, &mut random);
        put_back(routes, &mut trial, taken, &mut random);
        let left = u64::from(effort.rounds - round);
        let slack = best * SLACK_PER_MILLE * left / (1_000 * u64::from(effort.rounds));
        let found = total(&trial);
        if found < best {
            descent::descend(routes, &mut trial, effort.exchanges);
            best = total(&trial);
            groups.clone_from(&trial);
            current = trial;
        } else if found <= best + slack {
            current = trial;
        }
    }
}

/// Takes some orders out of a few batches, in an order left to chance.
fn take(routes: &mut Routes<'_>, groups: &mut Vec<Group>, random: &mut Random) -> Vec<usize> {
    let batches = 2 + random.below(2) as usize;
    let mut taken = Vec::new();
    let mut from: Vec<usize> = (0..groups.len()).collect();
    for at in 0..batches.min(from.len()) {
        let other = at + random.below((from.len() - at) as u64) as usize;
        from.swap(at, other);
    }
    from.truncate(batches);
    let mut orders: Vec<usize> = from.iter().flat_map(|at| groups[*at].orders.clone()).collect();
    let most = MOST_TAKEN.min(orders.len());
    let count = 1 + random.below(most as u64) as usize;
    // As they come, or the largest first while there is room for them.
    let largest_first = random.percent(50);
    for at in 0..count {
        let other = at + random.below((orders.len() - at) as u64) as usize;
        orders.swap(at, other);
        taken.push(orders[at]);
    }
    if largest_first {
        taken.sort_by_key(|order| std::cmp::Reverse(routes.load(*order)));
    }
    for at in from {
        let rest: Vec<usize> =
            groups[at].orders.iter().copied().filter(|order| !taken.contains(order)).collect();
        groups[at] = routes.group(rest).unwrap_or_default();
    }
    groups.retain(|group| !group.orders.is_empty());
    taken
}

/// Puts each order where it adds least; now and then a place is overlooked (Christiaens & Vanden
/// Berghe 2020), so that not every round ends the same.
fn put_back(
    routes: &mut Routes<'_>,
    groups: &mut Vec<Group>,
    taken: Vec<usize>,
    random: &mut Random,
) {
    for order in taken {
        let Some(alone) = routes.group(vec![order]) else { continue };
        let mut best = (alone.length, groups.len(), alone);
        for (at, group) in groups.iter().enumerate() {
            if random.percent(5) {
                continue;
            }
            let Some(more) = routes.with(group, order) else { continue };
            let added = more.length.saturating_sub(group.length);
            if added < best.0 {
                best = (added, at, more);
            }
        }
        let (_, at, group) = best;
        if at < groups.len() { groups[at] = group } else { groups.push(group) }
    }
}
