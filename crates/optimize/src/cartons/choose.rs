//! Which cartons: one for all if there is a cheap one, else several.

use std::cmp::Reverse;

use super::bound::{lower_bound, several};
use super::fill::{Bin, By, Demand, STRATEGIES, Score, Work, fill, sequence};
use super::improve::improve;
use super::task::Task;
use super::{Cost, Packing, Parcel, Placement, Size};

/// How good a set of cartons is: what it costs and how much of it is not recycled, how many cartons,
/// how much volume. Less is better.
pub(super) type Value = ((u64, u64), usize, u64);

/// The value of these cartons with their contents.
pub(super) fn value(task: &Task<'_>, bins: &[Bin]) -> Value {
    let cost: Cost = bins.iter().map(|bin| task.cost(bin.case, bin.volume)).sum();
    (cost.rank(), bins.len(), bins.iter().map(|bin| task.cases[bin.case].volume).sum())
}

/// The part of the effort, as a divisor, for one carton that is a little cheaper: it is seldom found.
const SHARE_FOR_ONE: u64 = 10;

/// The cheapest packing found.
pub(super) fn choose(task: &Task<'_>) -> Packing {
    let sum = task.sum(&task.counts);
    let mut work = Work(task.order.effort.places);
    let mut bins: Vec<Bin> = single(task, &mut work).into_iter().collect();
    let bound = lower_bound(task, &task.counts);
    let has_units = task.counts.iter().any(|count| *count > 0);
    if has_units && (bins.is_empty() || value(task, &bins).0.0 > bound) {
        if !bins.is_empty() && value(task, &bins).0.0 <= several(task, &task.counts, &sum) {
            // Only a cheaper carton for all could be better, and the usual strategies do not fill one.
            work = Work(work.0.min(task.order.effort.places / SHARE_FOR_ONE));
        } else {
            bins = greedily(task, bins, &mut work);
        }
        improve(task, &mut bins, bound, &mut work);
    }
    packing(task, &bins, bound)
}

/// All these units in one carton: the cheapest that takes them.
fn single(task: &Task<'_>, work: &mut Work) -> Option<Bin> {
    let counts = &task.counts;
    let sum = task.sum(counts);
    let worth = |case: usize| (task.cost(case, sum.volume).rank(), 1, task.cases[case].volume);
    let mut cases: Vec<usize> =
        (0..task.cases.len()).filter(|&case| task.may_hold(case, counts, &sum)).collect();
    cases.sort_by_key(|&case| worth(case));
    let mut sequences = Sequences::default();
    cases.into_iter().find_map(|case| {
        STRATEGIES.iter().find_map(|&(by, score)| {
            if work.is_spent() {
                return None;
            }
            fill(task, case, sequences.of(task, counts, by), score, Demand::All, work)
        })
    })
}

/// The sequences of the same units, each made when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Sequences(Vec<(By, Vec<usize>)>);

impl Sequences {
    pub(super) fn of(&mut self, task: &Task<'_>, counts: &[u32], by: By) -> &[usize] {
        let known = self.0.iter().position(|(known, _)| *known == by).unwrap_or_else(|| {
            self.0.push((by, sequence(task, counts, by)));
            self.0.len() - 1
        });
        &self.0[known].1
    }
}

/// Which carton is filled next when one does not take all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The one that takes the most volume.
    Largest,
    /// The one that takes the most volume for its price.
    BestPriced,
}

/// The best of `bins` and of several cartons filled one after another.
fn greedily(task: &Task<'_>, bins: Vec<Bin>, work: &mut Work) -> Vec<Bin> {
    let mut best: Option<(Value, Vec<Bin>)> =
        (!bins.is_empty()).then(|| (value(task, &bins), bins));
    for next in [Next::Largest, Next::BestPriced] {
        for &(by, score) in &STRATEGIES[..4] {
            if best.is_some() && work.is_spent() {
                break;
            }
            let units = sequence(task, &task.counts, by);
            let found = one_after_another(task, units, score, next, work);
            let worth = value(task, &found);
            if best.as_ref().is_none_or(|(least, _)| worth < *least) {
                best = Some((worth, found));
            }
        }
    }
    let alone = each_alone(task, work);
    match best {
        Some((least, bins)) if alone.is_empty() || least <= value(task, &alone) => bins,
        _ => alone,
    }
}

/// Each unit in the cheapest carton that takes it: what nobody would pay more than. None if the effort is
/// spent before all have one.
fn each_alone(task: &Task<'_>, work: &mut Work) -> Vec<Bin> {
    let mut bins = Vec::new();
    for (kind, &count) in task.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (_, score) = STRATEGIES[0];
        let alone = (0..task.cases.len())
            .filter_map(|case| fill(task, case, &[kind], score, Demand::All, work))
            .min_by_key(|bin| task.cost(bin.case, bin.volume).rank());
        let Some(bin) = alone else { return Vec::new() };
        bins.extend((0..count).map(|_| bin.clone()));
    }
    bins
}

/// Fills carton after carton until nothing is left. Each unit fits some carton alone, so each round
/// places at least one.
fn one_after_another(
    task: &Task<'_>,
    mut units: Vec<usize>,
    score: Score,
    next: Next,
    work: &mut Work,
) -> Vec<Bin> {
    let mut bins = Vec::new();
    while !units.is_empty() {
        let filled = (0..task.cases.len())
            .filter_map(|case| fill(task, case, &units, score, Demand::Most, work))
            .filter(|bin| !bin.placed.is_empty());
        let Some(bin) = filled.min_by_key(|bin| {
            let cost = task.cost(bin.case, bin.volume).rank();
            let per_volume = u128::from(cost.0) * 1_000_000 / u128::from(bin.volume.max(1));
            let takes_all = bin.placed.len() == units.len();
            match next {
                Next::Largest => (!takes_all, Reverse(bin.volume), 0, cost),
                Next::BestPriced if takes_all => (false, Reverse(0), 0, cost),
                Next::BestPriced => (true, Reverse(0), per_volume, cost),
            }
        }) else {
            debug_assert!(false, "each unit fits some carton");
            return bins;
        };
        let mut packed = bin.counts(task.kinds.len());
        units.retain(|&kind| {
            let is_packed = packed[kind] > 0;
            packed[kind] -= u32::from(is_packed);
            !is_packed
        });
        bins.push(bin);
    }
    bins
}

fn packing(task: &Task<'_>, bins: &[Bin], lower_bound: u64) -> Packing {
    let parcels: Vec<Parcel> = bins.iter().map(|bin| parcel(task, bin)).collect();
    Packing { cost: parcels.iter().map(|parcel| parcel.cost).sum(), parcels, lower_bound }
}

fn parcel(task: &Task<'_>, bin: &Bin) -> Parcel {
    let carton = &task.order.cartons[bin.case];
    let contents: u64 = bin.placed.iter().map(|placed| task.kinds[placed.kind].grams).sum();
    Parcel {
        carton: bin.case,
        filler: task.filler(bin.case, bin.volume),
        placements: placements(bin),
        gross_grams: u64::from(carton.tare_grams)
            + contents
            + task.filling_grams(bin.case, bin.volume),
        cost: task.cost(bin.case, bin.volume),
    }
}

/// The units from the floor up.
pub(super) fn placements(bin: &Bin) -> Vec<Placement> {
    let mut placements: Vec<Placement> = bin
        .placed
        .iter()
        .map(|placed| Placement {
            item: placed.kind,
            at_mm: placed.body.low,
            size: Size::from(placed.body.size()),
        })
        .collect();
    placements.sort_by_key(|placement| placement.at_mm[2]);
    placements
}
