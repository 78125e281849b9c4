//! Commands that may take two people, once for each key.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::TaskId;
use ordermill_storage::{Error, Tx, task};

use super::{Decision, read};
use crate::once::{Key, Once, OnceError, once};

/// What a command that may take two people has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<I> {
    /// What was made, or the task in which it was asked for, which may be decided meanwhile.
    pub decision: Decision<I>,
    /// Whether the same request was here before, and nothing has changed now.
    pub is_replay: bool,
}

/// As [`once`], for a command that may take two people: a repeat is told what the first has made, or
/// where it was asked for.
///
/// # Errors
/// As [`once`].
pub fn decide_once<'k, I: Id, E: From<Error>>(
    tx: &mut Tx<'_>,
    key: impl Into<Option<&'k Key>>,
    now: Timestamp,
    make: impl FnOnce(&mut Tx<'_>) -> Result<Decision<I>, E>,
) -> Result<Decided<I>, OnceError<E>> {
    let made = once(tx, key, now, |tx| {
        let decision = make(tx)?;
        let raw = match &decision {
            Decision::Done(id) => id.raw(),
            Decision::AwaitsApproval(task) => task.raw(),
        };
        Ok((I::from_raw(raw), decision))
    })?;
    let id = match made {
        Once::Made(_, decision) => return Ok(Decided { decision, is_replay: false }),
        Once::Before(id) => id,
    };
    // No two things of any kind have one id.
    let task = task::fetch(tx, TaskId::from_raw(id.raw()))?.filter(|task| read(task).is_some());
    let decision = task.map_or(Decision::Done(id), |task| Decision::AwaitsApproval(task.id));
    Ok(Decided { decision, is_replay: true })
}
