//! The review desk: which order is next, who is at it, and what they decide.
//!
//! A case is the review task of an order. Whoever takes it has it for a while ([`claim_of`]) that starts
//! anew with every look at it; nobody else decides in that time, and nobody waits for one who went home.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, StaffId};
use ordermill_domain::order::Action;
use ordermill_domain::role::Permission;
use ordermill_domain::task::{Event, TaskKind, TaskState};
use ordermill_storage::task::{self, Task};
use ordermill_storage::{Error, Tx};

use crate::order::step::{self, Seen, StepError};
use crate::permission::{About, Forbidden, Principal, authorize};
use crate::task::claim_of;

/// Cases of the queue that are shown at most.
pub const QUEUE_MAX: i64 = 100;

/// The steps that decide a case, in the order of their buttons.
pub const STEPS: [Action; 5] = [
    Action::Approve,
    Action::ReleaseInterception,
    Action::Refuse,
    Action::AskBuyer,
    Action::ResumeReview,
];

/// Why a case was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The order waits for no review.
    #[error("order {0} waits for no review")]
    NoCase(OrderId),
    /// A colleague is at it.
    #[error("someone else is at it until {until:?}")]
    Taken {
        /// Who.
        by: StaffId,
        /// Until when, if they do not go on.
        until: Option<Timestamp>,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// The open case of an order, as it is shown.
pub fn case(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<Task>, Error> {
    let mut tasks = task::of(tx, order)?.into_iter();
    Ok(tasks.find(|task| task.kind == TaskKind::Review && task.state.is_open()))
}

/// Takes the case of an order, or keeps it for longer. Gives it.
///
/// # Errors
/// [`DeskError`]; nothing has changed then.
pub fn claim(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    order: OrderId,
) -> Result<Task, DeskError> {
    let me = worker(principal)?;
    let open = task::find_open(tx, TaskKind::Review, order.raw())?;
    take(tx, act, open.ok_or(DeskError::NoCase(order))?, me)
}

/// Takes the most urgent case that nobody is at, and puts the one back that they had. Gives the order;
/// none if nothing waits but what the buyer is asked about.
///
/// # Errors
/// [`DeskError`]; nothing has changed then.
pub fn next(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    left: Option<OrderId>,
) -> Result<Option<OrderId>, DeskError> {
    let me = worker(principal)?;
    let mine = match left {
        Some(left) => task::find_open(tx, TaskKind::Review, left.raw())?,
        None => None,
    };
    let found = task::next_free(tx, TaskKind::Review, act.at, mine.as_ref().map(|it| it.id))?;
    let Some(found) = found else { return Ok(None) };
    if let Some(mine) = mine {
        put_back(tx, act, mine, me)?;
    }
    let order = OrderId::from_raw(found.subject_id);
    take(tx, act, found, me)?;
    Ok(Some(order))
}

/// Decides a case that they have seen at this version. Gives the order to go on with, which they then
/// have.
///
/// # Errors
/// [`StepError`]; nothing has changed then.
pub fn decide(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    step: Action,
) -> Result<Option<OrderId>, StepError> {
    if !STEPS.contains(&step) {
        return Err(StepError::NotTheirs(step));
    }
    step::take(tx, principal, act, seen, step)?;
    match next(tx, principal, act, Some(seen.id)) {
        Ok(next) => Ok(next),
        Err(DeskError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(DeskError::Storage(error)) => Err(error.into()),
        // Somebody was quicker; the desk shows what is left.
        Err(DeskError::NoCase(_) | DeskError::Taken { .. }) => Ok(None),
    }
}

/// Refuses a decision about a case that somebody else is at. Under the lock of its order.
pub(crate) fn check_free(
    tx: &mut Tx<'_>,
    principal: &Principal,
    order: OrderId,
    now: Timestamp,
) -> Result<(), StepError> {
    let open = task::find_open(tx, TaskKind::Review, order.raw())?;
    match open.and_then(|task| task.holder(now)) {
        Some(holder) if principal.staff().map(|me| me.id) != Some(holder) => {
            Err(StepError::Taken(holder))
        }
        _ => Ok(()),
    }
}

fn worker(principal: &Principal) -> Result<StaffId, DeskError> {
    let about = About { has_reason: true, ..About::default() };
    authorize(principal, Permission::ChangeStatus, &about)?;
    let me = principal.staff().ok_or(Forbidden(Permission::ChangeStatus))?;
    Ok(me.id)
}

fn take(tx: &mut Tx<'_>, act: &Act, mut case: Task, me: StaffId) -> Result<Task, DeskError> {
    let until = act.at + claim_of(TaskKind::Review).unwrap_or(Span::ZERO);
    match case.holder(act.at) {
        Some(by) if by != me => {
            return Err(DeskError::Taken { by, until: case.claimed_until });
        }
        Some(_) => {
            case.claimed_until = Some(until);
            task::prolong(tx, case.id, until)?;
        }
        None => {
            case.state = TaskState::Claimed;
            (case.assignee, case.claimed_until) = (Some(me), Some(until));
            task::update(tx, act, &case, &Event::Claimed { by: me })?;
        }
    }
    Ok(case)
}

fn put_back(tx: &mut Tx<'_>, act: &Act, mut case: Task, me: StaffId) -> Result<(), Error> {
    if case.state != TaskState::Claimed || case.assignee != Some(me) {
        return Ok(());
    }
    case.state = TaskState::Open;
    (case.assignee, case.claimed_until) = (None, None);
    task::update(tx, act, &case, &Event::Unclaimed)
}

/// Puts a case back that they had.
///
/// # Errors
/// [`DeskError`]; nothing has changed then.
pub fn release(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    order: OrderId,
) -> Result<(), DeskError> {
    let me = worker(principal)?;
    let open = task::find_open(tx, TaskKind::Review, order.raw())?;
    let case = open.ok_or(DeskError::NoCase(order))?;
    Ok(put_back(tx, act, case, me)?)
}

/// The queue, the most urgent case first; what waits for a buyer comes last.
pub fn queue(tx: &mut Tx<'_>) -> Result<Vec<Task>, Error> {
    task::queue(tx, TaskKind::Review, QUEUE_MAX)
}

/// The order of a case.
pub fn order_of(case: &Task) -> OrderId {
    OrderId::from_raw(case.subject_id)
}
