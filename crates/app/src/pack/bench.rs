//! Fulfillments in the hands of steps at the bench. Steps that wait together are loaded, decided and written
//! together ([`in_turns`]).

use std::collections::{BTreeMap, HashSet};

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Event, Fulfillment, FulfillmentError};
use ordermill_domain::ids::{FulfillmentId, MergeId};
use ordermill_storage::{Error, Tx, fulfillment, order};

use super::{BenchError, Seen, Together, together};
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::permission::Principal;
use crate::pick_list::may_pick;

/// Fulfillments that are packed together, in the hands of a step at the bench.
pub(super) struct Bench {
    /// The one in hand first.
    pub(super) files: Vec<FulfillmentFile>,
    /// As one.
    pub(super) together: Together,
}

impl Bench {
    /// Takes the same step with each of them.
    pub(super) fn step(
        &mut self,
        act: &Act,
        step: impl Fn(&mut Fulfillment) -> Result<Event, FulfillmentError>,
    ) -> Result<(), FulfillmentError> {
        self.files.iter_mut().try_for_each(|file| file.step(act, &step))
    }

    pub(super) fn save(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        save_each(tx, std::slice::from_ref(self))
    }

    /// The one in hand, as it is now.
    pub(super) fn in_hand(&self) -> &Fulfillment {
        &self.files[0].work
    }
}

/// Writes what has changed at benches.
fn save_each(tx: &mut Tx<'_>, benches: &[Bench]) -> Result<(), Error> {
    let files: Vec<_> = benches.iter().flat_map(|bench| &bench.files).collect();
    FulfillmentFile::save_each(tx, &files)
}

/// What becomes of one of the steps that wait together.
pub(super) enum Turn {
    /// It is taken now.
    Now(Box<Bench>),
    /// Another step has the same fulfillment in hand; this one finds what that leaves.
    Later,
    /// It is refused.
    Refused(BenchError),
}

/// Takes steps that wait together. `decide` is given the benches whose turn it is, each with the number of its
/// step, writes what they change and gives each an answer. Steps with the same fulfillment in hand follow on
/// each other.
pub(super) fn in_turns<T, E: From<BenchError>>(
    tx: &mut Tx<'_>,
    steps: &[(&Principal, Seen)],
    mut decide: impl FnMut(&mut Tx<'_>, Vec<(usize, Bench)>) -> Result<Answers<T, E>, Error>,
) -> Result<Vec<Result<T, E>>, Error> {
    let mut answers: BTreeMap<usize, Result<T, E>> = BTreeMap::new();
    let mut waiting: Vec<usize> = (0..steps.len()).collect();
    while !waiting.is_empty() {
        let asked: Vec<_> = waiting.iter().map(|&number| steps[number]).collect();
        let turns = load_each(tx, &asked)?;
        let (mut now, mut later) = (Vec::with_capacity(turns.len()), Vec::new());
        for (number, turn) in waiting.into_iter().zip(turns) {
            match turn {
                Turn::Now(bench) => now.push((number, *bench)),
                Turn::Later => later.push(number),
                Turn::Refused(error) => drop(answers.insert(number, Err(error.into()))),
            }
        }
        answers.extend(decide(tx, now)?);
        waiting = later;
    }
    Ok(answers.into_values().collect())
}

/// Answers to steps, each with the number of its step.
pub(super) type Answers<T, E> = Vec<(usize, Result<T, E>)>;

/// Decides about each bench; what is taken is written together. Gives the benches that took their step, and an
/// answer for each.
pub(super) fn decide_each<T, E>(
    tx: &mut Tx<'_>,
    benches: Vec<(usize, Bench)>,
    mut decide: impl FnMut(&Tx<'_>, usize, &mut Bench) -> Result<T, E>,
) -> Result<(Vec<Bench>, Answers<T, E>), Error> {
    let mut stepped = Vec::with_capacity(benches.len());
    let mut answers = Vec::with_capacity(benches.len());
    for (number, mut bench) in benches {
        let answer = decide(tx, number, &mut bench);
        if answer.is_ok() {
            stepped.push(bench);
        }
        answers.push((number, answer));
    }
    save_each(tx, &stepped)?;
    Ok((stepped, answers))
}

/// Loads what steps have in hand, with what is packed with it, locked in the one global order: orders, then
/// fulfillments.
///
/// # Errors
/// Of the database. What a step is refused for is its [`Turn`].
pub(super) fn load_each(tx: &mut Tx<'_>, steps: &[(&Principal, Seen)]) -> Result<Vec<Turn>, Error> {
    let mut ids: Vec<FulfillmentId> = steps.iter().map(|(_, seen)| seen.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = fulfillment::fetch_each(tx, &ids)?;
    let mut merges: Vec<MergeId> = found.iter().filter_map(|work| work.facts().merge).collect();
    if !merges.is_empty() {
        merges.sort_unstable();
        merges.dedup();
        found.extend(fulfillment::of_merges(tx, &merges)?);
    }
    let mut orders: Vec<_> = found.iter().map(|work| work.facts().order).collect();
    orders.sort_unstable();
    orders.dedup();
    order::lock_each(tx, &orders)?;
    let mut ids: Vec<FulfillmentId> = found.iter().map(Fulfillment::id).collect();
    ids.sort_unstable();
    ids.dedup();
    let files = FulfillmentFile::load_each(tx, &ids)?;
    let mut free: BTreeMap<FulfillmentId, FulfillmentFile> =
        files.into_iter().map(|file| (file.work.id(), file)).collect();
    let mut taken: HashSet<FulfillmentId> = HashSet::new();
    let turns = steps.iter().map(|&(principal, seen)| {
        if taken.contains(&seen.id) {
            return Turn::Later;
        }
        match take(&mut free, principal, seen) {
            Ok(bench) => {
                taken.extend(bench.files.iter().map(|file| file.work.id()));
                Turn::Now(Box::new(bench))
            }
            Err(error) => Turn::Refused(error),
        }
    });
    Ok(turns.collect())
}

/// Takes a fulfillment, and what is packed with it, for a step.
fn take(
    free: &mut BTreeMap<FulfillmentId, FulfillmentFile>,
    principal: &Principal,
    seen: Seen,
) -> Result<Bench, BenchError> {
    let work = free.get(&seen.id).ok_or(WorkError::NotFound(seen.id))?.work.clone();
    may_pick(principal, work.facts().location)?;
    let merge = work.facts().merge;
    let others = free.values().map(|file| &file.work);
    let others = others.filter(|work| merge.is_some() && work.facts().merge == merge).cloned();
    let together = Together::new(together::with(work, others.collect()));
    match seen.version {
        Some(version) if version != together.work.version() => Err(BenchError::Stale(seen.id)),
        _ => {
            let files = together.ids().into_iter().filter_map(|id| free.remove(&id)).collect();
            Ok(Bench { files, together })
        }
    }
}
