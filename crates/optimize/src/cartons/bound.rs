//! What no packing can cost less than.

use super::task::{Sum, Task};

/// A lower bound of [`super::Cost::total`] over all packings of these units.
///
/// One carton must bear all of them; several cost at least two of the cheapest, one that takes the most
/// demanding unit and another one, and as much as the best price of volume and of weight makes of the
/// whole.
pub(super) fn lower_bound(task: &Task<'_>, counts: &[u32]) -> u64 {
    let sum = task.sum(counts);
    if counts.iter().all(|count| *count == 0) {
        return 0;
    }
    let one = (0..task.cases.len())
        .filter(|&case| task.may_hold(case, counts, &sum))
        .map(|case| task.cost(case, sum.volume).total())
        .min();
    let several = several(task, counts, &sum);
    one.map_or(several, |one| one.min(several))
}

/// The bound for packings of two cartons or more.
pub(super) fn several(task: &Task<'_>, counts: &[u32], sum: &Sum) -> u64 {
    // A carton costs the least when it is full, as nothing is left to be filled.
    let least = |case: usize| task.cost(case, task.cases[case].volume).total();
    let useful = || 0..task.cases.len();
    let cheapest = useful().map(least).min().unwrap_or(0);
    let demanding = (0..counts.len())
        .filter(|&kind| counts[kind] > 0)
        .filter_map(|kind| useful().filter(|&case| task.fits_alone(case, kind)).map(least).min())
        .max()
        .unwrap_or(0);
    let by = |total: u64, capacity: &dyn Fn(usize) -> u64| {
        let ratio = |case: usize| {
            let capacity = capacity(case).max(1);
            (u128::from(total) * u128::from(least(case))).div_ceil(capacity.into())
        };
        let bound = useful().map(ratio).min().unwrap_or(0);
        let number = useful().map(|case| total.div_ceil(capacity(case).max(1))).min().unwrap_or(0);
        u64::try_from(bound).unwrap_or(u64::MAX).max(number.saturating_mul(cheapest))
    };
    let volume = by(sum.volume, &|case| task.cases[case].volume);
    let weight = by(sum.grams, &|case| task.cases[case].grams);
    volume
        .max(weight)
        .max(cheapest.saturating_add(cheapest))
        .max(demanding.saturating_add(cheapest))
}
