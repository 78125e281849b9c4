//! The first batches: Clarke & Wright's savings, with the tours of merged batches computed anew.

use super::routes::{Group, Routes};

/// Begins with every order alone and merges the two batches that save most, as long as any do.
pub(super) fn merge(routes: &mut Routes<'_>) -> Vec<Group> {
    let mut groups: Vec<Option<Group>> =
        (0..routes.count()).map(|order| routes.group(vec![order])).collect();
    let mut savings = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        add(routes, &groups[..at], at, group.as_ref(), &mut savings);
    }
    while let Some(best) = savings.iter().max_by_key(|saving| (saving.length, saving.pair)) {
        let [a, b] = best.pair;
        let merged = best.merged.clone();
        groups[a] = None;
        groups[b] = None;
        savings.retain(|saving| saving.pair.iter().all(|at| *at != a && *at != b));
        add(routes, &groups, groups.len(), Some(&merged), &mut savings);
        groups.push(Some(merged));
    }
    groups.into_iter().flatten().collect()
}

struct Saving {
    pair: [usize; 2],
    length: u64,
    merged: Group,
}

/// Adds what a group saves with each of the others.
fn add(
    routes: &mut Routes<'_>,
    others: &[Option<Group>],
    at: usize,
    group: Option<&Group>,
    savings: &mut Vec<Saving>,
) {
    let Some(group) = group else { return };
    for (other_at, other) in others.iter().enumerate() {
        let Some(other) = other else { continue };
        let Some(merged) = routes.both(group, other) else { continue };
        let apart = group.length + other.length;
        if let Some(length) = apart.checked_sub(merged.length).filter(|length| *length > 0) {
            savings.push(Saving { pair: [other_at, at], length, merged });
        }
    }
}
