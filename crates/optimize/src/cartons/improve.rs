//! Improvement: a few cartons are opened and their contents packed anew, in cheaper ones if possible.
//!
//! Opening one carton finds a cheaper one or a cheap pair, opening two merges them or moves units
//! between them, opening three dissolves one. For the contents in hand, the sets of cartons that are
//! better than what they lie in and large enough are gone through from the best one on, each with the
//! usual strategies and with shuffled sequences. This is the ruin-and-recreate principle (Schrimpf and
//! others, Record breaking optimization results, Journal of Computational Physics 159, 2000).

use ordermill_base::Random;

use super::beam;
use super::choose::{Sequences, Value, value};
use super::fill::{Bin, Demand, STRATEGIES, Score, Work, fill};
use super::task::{Counts, Task};

/// The most cartons that are opened together.
const OPENED: usize = 3;
/// The most sets of cartons that are tried for the contents in hand.
const SETS: usize = 40;
/// How many places could be looked at in the time that it takes to open cartons.
const OPEN_PLACES: usize = 100;
/// How many places could be looked at in the time that it takes to look at a set.
const SET_PLACES: usize = 5;

/// Makes `bins` better until the bound is reached or the work is spent.
pub(super) fn improve(task: &Task<'_>, bins: &mut Vec<Bin>, bound: u64, work: &mut Work) {
    let mut random = Random::from_seed(task.order.effort.seed);
    let mut round = 0;
    let mut known = Known::default();
    while !work.is_spent() && value(task, bins).0.0 > bound {
        let before = value(task, bins);
        let mut has_choice = bins.len() > OPENED;
        for chosen in selections(bins.len(), round, &mut random) {
            has_choice |= open(task, bins, &chosen, round, &mut known, &mut random, work);
            if work.is_spent() {
                return;
            }
        }
        let is_better = value(task, bins) < before;
        if !has_choice {
            return;
        }
        // With the same cartons, other sequences are tried from here on.
        round = if is_better { 0 } else { round + 1 };
    }
}

/// Which cartons to open in this round, as sorted indexes: each alone, all pairs, then some triples.
fn selections(bins: usize, round: usize, random: &mut Random) -> Vec<Vec<usize>> {
    if bins <= OPENED {
        return vec![(0..bins).collect()];
    }
    let mut selections: Vec<Vec<usize>> = Vec::new();
    if round == 0 {
        selections.extend((0..bins).map(|one| vec![one]));
        selections.extend((0..bins).flat_map(|a| (a + 1..bins).map(move |b| vec![a, b])));
    }
    for _ in 0..bins {
        let mut triple: Vec<usize> = (0..bins).collect();
        while triple.len() > OPENED {
            let out = usize::try_from(random.below(triple.len() as u64)).unwrap_or(0);
            triple.swap_remove(out);
        }
        triple.sort_unstable();
        selections.push(triple);
    }
    selections
}

/// Packs the contents of the chosen cartons anew and keeps the result if it is better. Tells whether there
/// was any set of cartons to try.
fn open(
    task: &Task<'_>,
    bins: &mut Vec<Bin>,
    chosen: &[usize],
    round: usize,
    known: &mut Known,
    random: &mut Random,
    work: &mut Work,
) -> bool {
    // A carton may be gone since the selection was made.
    let Some(opened) = chosen.iter().map(|&at| bins.get(at).cloned()).collect::<Option<Vec<Bin>>>()
    else {
        return true;
    };
    let mut counts: Counts = vec![0; task.kinds.len()];
    for placed in opened.iter().flat_map(|bin| &bin.placed) {
        counts[placed.kind] += 1;
    }
    let below = value(task, &opened);
    if known.sets(task, &counts, below, work).is_empty() {
        return false;
    }
    let Some(better) = anew(task, &counts, below, round, known, random, work) else { return true };
    for &at in chosen.iter().rev() {
        bins.swap_remove(at);
    }
    bins.extend(better);
    true
}

/// These units in the best set of cartons below a value.
fn anew(
    task: &Task<'_>,
    counts: &[u32],
    below: Value,
    round: usize,
    known: &mut Known,
    random: &mut Random,
    work: &mut Work,
) -> Option<Vec<Bin>> {
    let mut sequences = Sequences::default();
    for set in known.sets(task, counts, below, work) {
        if round == 0 {
            for &(by, score) in &STRATEGIES {
                let units = sequences.of(task, counts, by);
                let found = into_set(task, set, units, score, work);
                if found.as_ref().is_some_and(|found| value(task, found) < below) {
                    return found;
                }
            }
            if let [case] = set[..]
                && let Some(bin) = beam::all(task, case, counts, work)
            {
                return Some(vec![bin]);
            }
        } else {
            let (by, score) = *random.pick(&STRATEGIES);
            let mut units = sequences.of(task, counts, by).to_vec();
            shuffle(&mut units, random);
            let found = into_set(task, set, &units, score, work);
            if found.as_ref().is_some_and(|found| value(task, found) < below) {
                return found;
            }
        }
        if work.is_spent() {
            break;
        }
    }
    None
}

/// Fills the cartons of the set one after another; the last one must take the rest.
fn into_set(
    task: &Task<'_>,
    set: &[usize],
    units: &[usize],
    score: Score,
    work: &mut Work,
) -> Option<Vec<Bin>> {
    let mut rest = units.to_vec();
    let mut bins = Vec::with_capacity(set.len());
    for (at, &case) in set.iter().enumerate() {
        let demand = if at + 1 == set.len() { Demand::All } else { Demand::Most };
        let bin = fill(task, case, &rest, score, demand, work)?;
        let mut packed = bin.counts(task.kinds.len());
        rest.retain(|&kind| {
            let is_packed = packed[kind] > 0;
            packed[kind] -= u32::from(is_packed);
            !is_packed
        });
        if !bin.placed.is_empty() {
            bins.push(bin);
        }
        if rest.is_empty() {
            return Some(bins);
        }
    }
    None
}

/// The sets for the contents that were opened last, as they are often opened again.
#[derive(Default)]
struct Known(Option<(Counts, Value, Vec<Vec<usize>>)>);

impl Known {
    fn sets(
        &mut self,
        task: &Task<'_>,
        counts: &[u32],
        below: Value,
        work: &mut Work,
    ) -> &[Vec<usize>] {
        // Finding out that there is nothing to try is work as well.
        work.spend(OPEN_PLACES);
        if self.0.as_ref().is_none_or(|(of, than, _)| of != counts || *than != below) {
            let most = OPENED.min(below.1 + 1);
            let sets = sets(task, counts, below, most, work);
            self.0 = Some((counts.to_vec(), below, sets));
        }
        self.0.as_ref().map_or(&[], |(.., sets)| sets)
    }
}

/// The sets of up to `most` cartons that are better than `below` and not too small, the best first.
fn sets(
    task: &Task<'_>,
    counts: &[u32],
    below: Value,
    most: usize,
    work: &mut Work,
) -> Vec<Vec<usize>> {
    let sum = task.sum(counts);
    let mut found: Vec<(Value, Vec<usize>)> = Vec::new();
    let mut open: Vec<Vec<usize>> = (0..task.cases.len()).map(|case| vec![case]).collect();
    while let Some(set) = open.pop() {
        work.spend(SET_PLACES);
        if work.is_spent() {
            break;
        }
        let volume: u64 = set.iter().map(|&case| task.cases[case].volume).sum();
        let grams: u64 = set.iter().map(|&case| task.cases[case].grams).sum();
        let worth = set_value(task, &set, sum.volume, volume);
        if worth >= below {
            continue;
        }
        let may_hold = match *set {
            [case] => task.may_hold(case, counts, &sum),
            _ => volume >= sum.volume && grams >= sum.grams,
        };
        if set.len() < most {
            let last = set.last().copied().unwrap_or(0);
            open.extend((last..task.cases.len()).map(|case| [&set[..], &[case]].concat()));
        }
        if may_hold {
            found.push((worth, set));
        }
    }
    found.sort_unstable();
    found.truncate(SETS);
    // Every sequence of the cartons of a set would be another try; the largest first is the best one.
    let largest_first = |(_, mut set): (Value, Vec<usize>)| {
        set.sort_by_key(|&case| std::cmp::Reverse(task.cases[case].volume));
        set
    };
    found.into_iter().map(largest_first).collect()
}

/// The least that the set costs with contents of this volume: each carton as full as can be.
fn set_value(task: &Task<'_>, set: &[usize], contents: u64, volume: u64) -> Value {
    let costs: super::Cost =
        set.iter().map(|&case| task.cost(case, contents.min(task.cases[case].volume))).sum();
    (costs.rank(), set.len(), volume)
}

/// Moves some units to other positions in the sequence.
fn shuffle(units: &mut [usize], random: &mut Random) {
    let len = units.len() as u64;
    if len < 2 {
        return;
    }
    for _ in 0..1 + len / 4 {
        let position = |random: &mut Random| usize::try_from(random.below(len)).unwrap_or(0);
        let (a, b) = (position(random), position(random));
        units.swap(a, b);
    }
}
