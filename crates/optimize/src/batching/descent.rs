//! Small changes as long as they gain: an order moves, two change places, two batches become one.

use super::routes::{Group, Routes, total};

/// Changes the batches until no such step makes the walking shorter; with `exchanges`, orders also change places.
pub(super) fn descend(routes: &mut Routes<'_>, groups: &mut Vec<Group>, exchanges: bool) {
    while step(routes, groups, exchanges) {}
}

/// Tries every pair of batches, and takes what gains.
fn step(routes: &mut Routes<'_>, groups: &mut Vec<Group>, exchanges: bool) -> bool {
    let before = total(groups);
    for a in 0..groups.len() {
        for b in 0..groups.len() {
            if a != b {
                improve(routes, groups, (a, b), exchanges);
            }
        }
    }
    groups.retain(|group| !group.orders.is_empty());
    total(groups) < before
}

/// Merges two batches, moves orders from the first to the second, or exchanges two.
fn improve(routes: &mut Routes<'_>, groups: &mut [Group], (a, b): (usize, usize), exchanges: bool) {
    if let Some(both) = routes.both(&groups[a], &groups[b]) {
        let pair = [Group::default(), both];
        if gains(groups, a, b, &pair) {
            return put(groups, a, b, pair);
        }
    }
    for order in groups[a].orders.clone() {
        if let Some(more) = routes.with(&groups[b], order) {
            let pair = [routes.without(&groups[a], order), more];
            if gains(groups, a, b, &pair) {
                return put(groups, a, b, pair);
            }
        }
        let others = if exchanges { groups[b].orders.clone() } else { Vec::new() };
        for other in others {
            let Some(second) = routes.exchanged(&groups[b], other, order) else { continue };
            let Some(first) = routes.exchanged(&groups[a], order, other) else { continue };
            let pair = [first, second];
            if gains(groups, a, b, &pair) {
                return put(groups, a, b, pair);
            }
        }
    }
}

fn gains(groups: &[Group], a: usize, b: usize, pair: &[Group; 2]) -> bool {
    total(pair) < groups[a].length + groups[b].length
}

fn put(groups: &mut [Group], a: usize, b: usize, pair: [Group; 2]) {
    let [first, second] = pair;
    groups[a] = first;
    groups[b] = second;
}
