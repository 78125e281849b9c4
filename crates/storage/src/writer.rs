//! Group commit: many commands, one transaction, one flush of the disk.
//!
//! The writer takes what waits (up to a bound; no timer: the commit in flight is the timer), runs
//! each command inside one transaction, commits once, then answers all. Commands decide first and
//! write last, so a refusal has written nothing and costs nothing. Only if a command failed *after*
//! writing, or panicked, is the batch rolled back and run again with a savepoint around each, so
//! that it never fails its neighbors. Acknowledged means durable: no answer leaves before the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::engine::connection::Connection;
use crate::job::{Job, Verdict};
use crate::tx::Failure;
use crate::{Error, Tx};

/// Commands in one transaction at most: bounds the memory of a batch and the wait of its first.
pub(crate) const BATCH_MAX: usize = 512;
const REPEATS_MAX: usize = 5;

/// How a batch ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Every command has its answer.
    Answered,
    /// The disk or the connection failed; all were told so, and the connection is not to be used.
    Lost,
}

/// Runs a batch to its answers.
pub(crate) fn run_batch(connection: &mut Connection, jobs: Vec<Box<dyn Job>>) -> Outcome {
    let mut groups = group_by_kind(jobs);
    for repeat in 0..REPEATS_MAX {
        match try_together(connection, &mut groups, repeat == 0) {
            Ok(()) => {
                groups.into_iter().flatten().for_each(|job| job.answer());
                return Outcome::Answered;
            }
            Err(Trouble::Conflict) => {}
            Err(Trouble::Spoiled) => return run_one_by_one(connection, groups),
            Err(Trouble::Failed(error)) => return fail_all(groups, error),
        }
    }
    fail_all(groups, Error::Conflict)
}

/// Runs a batch and keeps nothing of it, as if the race had been lost that makes it run again.
pub(crate) fn rehearse(connection: &mut Connection, jobs: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut groups = group_by_kind(jobs);
    let mut tx = connection.tx();
    if tx.run("BEGIN").is_ok() {
        for group in &mut groups {
            let _forgotten = run_group(group, &mut tx);
        }
        drop(roll_back(&mut tx));
    }
    groups.into_iter().flatten().collect()
}

/// Why a batch did not commit as a whole.
enum Trouble {
    /// A race with another node: the same again may work.
    Conflict,
    /// One command failed after writing, panicked, or spoiled the transaction.
    Spoiled,
    /// The engine itself.
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        if error.is_worth_repeating() { Self::Conflict } else { Self::Failed(error) }
    }
}

fn group_by_kind(jobs: Vec<Box<dyn Job>>) -> Vec<Vec<Box<dyn Job>>> {
    let mut groups: Vec<Vec<Box<dyn Job>>> = Vec::new();
    for job in jobs {
        let kind = job.kind();
        let same = |group: &&mut Vec<Box<dyn Job>>| kind.is_some() && group[0].kind() == kind;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(job),
            None => groups.push(vec![job]),
        }
    }
    groups
}

fn try_together(
    connection: &mut Connection,
    groups: &mut [Vec<Box<dyn Job>>],
    is_first: bool,
) -> Result<(), Trouble> {
    let mut tx = if is_first { connection.tx().first_try() } else { connection.tx() };
    let may_lose_races = tx.may_lose_races();
    tx.run("BEGIN")?;
    for group in groups {
        let writes_before = tx.writes();
        let verdict = run_group(group, &mut tx);
        let failure = tx.take_failure();
        let is_clean = match verdict {
            Some(Verdict::Keep) => true,
            Some(Verdict::Refuse) => {
                group.len() == 1 && tx.writes() == writes_before && failure.is_none()
            }
            None => false,
        };
        if !is_clean {
            drop(roll_back(&mut tx));
            return Err(trouble(failure, may_lose_races));
        }
    }
    commit(&mut tx, may_lose_races)
}

fn trouble(failure: Option<Failure>, may_lose_races: bool) -> Trouble {
    match failure {
        Some(Failure::Conflict) => Trouble::Conflict,
        // Another writer was faster with the same key; a second look finds what it made.
        Some(Failure::Taken) if may_lose_races => Trouble::Conflict,
        Some(Failure::Full) => Trouble::Failed(Error::StorageFull),
        Some(Failure::Lost) => Trouble::Failed(Error::Unavailable(None)),
        Some(Failure::Statement | Failure::Taken) | None => Trouble::Spoiled,
    }
}

/// Runs a group; `None` if it panicked.
fn run_group(group: &mut [Box<dyn Job>], tx: &mut Tx<'_>) -> Option<Verdict> {
    let (first, peers) = group.split_first_mut()?;
    catch_unwind(AssertUnwindSafe(|| first.run(peers, tx))).ok()
}

/// Commits; the last rows of a batch go with it, so that one of them may be what is refused.
fn commit(tx: &mut Tx<'_>, may_lose_races: bool) -> Result<(), Trouble> {
    tx.run("COMMIT").map_err(|error| {
        let failure = tx.take_failure();
        drop(roll_back(tx));
        let is_of_a_row = matches!(
            error,
            Error::UniqueViolation { .. } | Error::RuleViolation { .. } | Error::Stale(_)
        );
        if is_of_a_row { trouble(failure, may_lose_races) } else { Trouble::from(error) }
    })
}

fn roll_back(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.discard_pending();
    tx.run("ROLLBACK")
}

/// The careful way: still one transaction and one flush, but a savepoint around each command.
fn run_one_by_one(connection: &mut Connection, groups: Vec<Vec<Box<dyn Job>>>) -> Outcome {
    let mut tx = connection.tx();
    let mut done: Vec<Box<dyn Job>> = Vec::new();
    let mut panicked: Vec<Box<dyn Job>> = Vec::new();
    let mut refused: Vec<(Box<dyn Job>, Error)> = Vec::new();
    let mut jobs = groups.into_iter().flatten();
    let result = (|| {
        tx.run("BEGIN")?;
        for mut job in jobs.by_ref() {
            tx.run("SAVEPOINT command")?;
            let verdict = run_group(std::slice::from_mut(&mut job), &mut tx);
            let settled = if verdict == Some(Verdict::Keep) { tx.settle() } else { Ok(()) };
            if verdict != Some(Verdict::Keep) || settled.is_err() {
                tx.discard_pending();
                if tx.take_failure() == Some(Failure::Lost) {
                    done.push(job);
                    return Err(Error::Unavailable(None));
                }
                tx.run("ROLLBACK TO SAVEPOINT command")?;
            }
            tx.run("RELEASE SAVEPOINT command")?;
            match (verdict, settled) {
                (None, _) => panicked.push(job),
                (Some(_), Ok(())) => done.push(job),
                (Some(_), Err(error)) => refused.push((job, error)),
            }
        }
        tx.run("COMMIT")
    })();
    match result {
        Ok(()) => {
            done.into_iter().for_each(|job| job.answer());
            panicked.into_iter().for_each(|job| job.fail(Error::Panicked));
            refused.into_iter().for_each(|(job, error)| job.fail(error));
            Outcome::Answered
        }
        Err(error) => {
            drop(roll_back(&mut tx));
            let refused = refused.into_iter().map(|(job, _)| job).collect();
            fail_all(vec![done, panicked, refused, jobs.collect()], error)
        }
    }
}

fn fail_all(groups: Vec<Vec<Box<dyn Job>>>, error: Error) -> Outcome {
    let is_lost = error.is_fatal_to_connection();
    if is_lost {
        tracing::error!(error = &error as &dyn std::error::Error, "a batch could not be written");
    }
    for job in groups.into_iter().flatten() {
        job.fail(match &error {
            Error::StorageFull => Error::StorageFull,
            Error::Conflict => Error::Conflict,
            _ => Error::Unavailable(None),
        });
    }
    if is_lost { Outcome::Lost } else { Outcome::Answered }
}
