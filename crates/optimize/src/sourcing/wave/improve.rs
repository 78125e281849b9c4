//! Improvement: orders that want the same are released and assigned anew in another sequence.

use ordermill_base::Random;

use super::Effort;
use super::prices::Relaxed;
use super::state::State;

/// The most orders that are released together with the first one.
const COMPANIONS: u64 = 5;

/// Releases groups of orders again and again and keeps what is not worse.
pub(super) fn improve(state: &mut State<'_>, relaxed: &Relaxed, effort: Effort) {
    let mut random = Random::from_seed(effort.seed);
    let wanting = wanting(state);
    let orders = state.wave.orders.len();
    let all: Vec<usize> = (0..orders).collect();
    state.settle(&all);
    for _ in 0..u64::from(effort.releases_per_order) * orders as u64 {
        if state.cost() <= relaxed.bound {
            return;
        }
        let mut group = group(state, &wanting, orders, &mut random);
        if group.len() < 2 {
            continue;
        }
        shuffle(&mut group, &mut random);
        let before = state.cost();
        let plans: Vec<_> = group.iter().map(|&order| state.release(order)).collect();
        // With prices, an order leaves to others what they need more; without, it takes the best.
        let prices = random.percent(50).then_some(&relaxed.prices);
        for (&order, plan) in group.iter().zip(&plans) {
            state.assign(order, prices, plan.routes);
        }
        if prices.is_some() {
            // At true costs nobody has reason to choose again, as others have only taken since.
            state.settle(&group);
        }
        if state.cost() > before {
            group.iter().for_each(|&order| drop(state.release(order)));
            for (&order, plan) in group.iter().zip(plans) {
                state.restore(order, plan);
            }
        }
    }
}

/// By SKU, the orders that want it.
fn wanting(state: &State<'_>) -> Vec<Vec<usize>> {
    let mut wanting = vec![Vec::new(); state.skus];
    for (order, wanted) in state.wave.orders.iter().enumerate() {
        wanted.lines.iter().for_each(|line| wanting[line.sku].push(order));
    }
    wanting
}

/// Some order, and some that want a SKU of it or of each other.
fn group(
    state: &State<'_>,
    wanting: &[Vec<usize>],
    orders: usize,
    random: &mut Random,
) -> Vec<usize> {
    let at = |below: usize, random: &mut Random| {
        usize::try_from(random.below(below as u64)).unwrap_or(0)
    };
    let mut group = vec![at(orders, random)];
    let size = 2 + at(COMPANIONS as usize, random);
    // Some draws find an order again that is in the group.
    for _ in 0..3 * size {
        let lines = &state.wave.orders[group[at(group.len(), random)]].lines;
        if group.len() >= size || lines.is_empty() {
            break;
        }
        let others = &wanting[lines[at(lines.len(), random)].sku];
        let other = others[at(others.len(), random)];
        if !group.contains(&other) {
            group.push(other);
        }
    }
    group
}

fn shuffle(group: &mut [usize], random: &mut Random) {
    for at in (1..group.len()).rev() {
        let other = usize::try_from(random.below(at as u64 + 1)).unwrap_or(0);
        group.swap(at, other);
    }
}
