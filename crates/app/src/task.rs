//! Tasks in people's hands: taken, put back, done, dropped.
//!
//! A task belongs to the desk of a role; only those who work there touch it. What one has taken,
//! another does not finish.

pub mod matters;

use ordermill_base::Span;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::TaskId;
use ordermill_domain::task::{Event, InvalidTransition, Step, TaskKind, TaskState};
use ordermill_storage::task as stored;
use ordermill_storage::{Error, Tx};

use crate::permission::Principal;

/// Why a task stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// No such task, or it is of another desk.
    #[error("task {0} not found")]
    NotFound(TaskId),
    /// A colleague has it.
    #[error("someone else has taken it")]
    Taken,
    /// It ends by a decision elsewhere.
    #[error("it ends by itself once what it asks for is done")]
    EndsByItself,
    /// What came of it is not said.
    #[error("an outcome has 1 to {OUTCOME_CHARS_MAX} characters")]
    Outcome,
    /// It has no such step from where it stands.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// How long a task of this kind is whoever took it's without a sign of them; none: until they put it
/// back. An order that waits for its review must not wait for somebody who went home.
pub const fn claim_of(kind: TaskKind) -> Option<Span> {
    match kind {
        TaskKind::Review => Some(Span::minutes(10)),
        _ => None,
    }
}

/// The most characters of an outcome.
pub const OUTCOME_CHARS_MAX: usize = 200;

/// Takes a step with a task; `outcome` says how it ended, where it ends.
pub fn step(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: TaskId,
    step: Step,
    outcome: &str,
) -> Result<(), TaskError> {
    let not_found = || TaskError::NotFound(id);
    let person = principal.staff().ok_or_else(not_found)?;
    let mut task = stored::fetch_for_update(tx, id)?.ok_or_else(not_found)?;
    if !person.roles.contains(&task.role) {
        return Err(not_found());
    }
    if task.is_held(act.at) {
        if task.assignee != Some(person.id) {
            return Err(TaskError::Taken);
        }
    } else if task.state == TaskState::Claimed {
        // Whoever had it has let their time go by: it is as good as put back.
        (task.state, task.assignee) = (TaskState::Open, None);
    }
    task.state = task.state.after(step)?;
    let event = match step {
        Step::Claim => {
            task.assignee = Some(person.id);
            task.claimed_until = claim_of(task.kind).map(|span| act.at + span);
            Event::Claimed { by: person.id }
        }
        Step::Unclaim => {
            (task.assignee, task.claimed_until) = (None, None);
            Event::Unclaimed
        }
        Step::Finish | Step::Drop => {
            task.outcome = Some(checked(&task, outcome)?);
            if step == Step::Finish { Event::Finished } else { Event::Dropped }
        }
    };
    Ok(stored::update(tx, act, &task, &event)?)
}

fn checked(task: &stored::Task, outcome: &str) -> Result<String, TaskError> {
    if task.kind.ends_by_itself() {
        return Err(TaskError::EndsByItself);
    }
    let outcome = outcome.trim();
    let is_right = (1..=OUTCOME_CHARS_MAX).contains(&outcome.chars().count());
    if is_right { Ok(outcome.to_owned()) } else { Err(TaskError::Outcome) }
}
