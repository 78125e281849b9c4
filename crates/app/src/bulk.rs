//! Bulk work: one step taken with every order of a view, in the background.
//!
//! [`start`] keeps what is to be done; [`walk::Walker`] does it, on one node at a time under a lease,
//! newest order first, in pages of [`walk::PAGE`]. What is handled are the orders that were placed
//! before it was started and that match at the moment when the walk comes by; each of them at most
//! once, by the very commands that people use by hand, with the version that the walk has seen, in the
//! name of whoever started it and with their rights at that moment. What an order refuses stays as it
//! is and is told with the reason. A crash loses nothing: handling an order and noting it are one
//! transaction, and the walk goes on behind the last page that was noted.

pub mod walk;

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::bulk::{State, StopCause, Work};
use ordermill_domain::ids::{BulkId, OrderId};
use ordermill_domain::role::Permission;
use ordermill_storage::bulk::{self as stored, Bulk};
use ordermill_storage::order::{self, Filter};
use ordermill_storage::{Error, Tx};

use crate::figures::{COUNTED_MAX, Figure};
use crate::once::{Key, OnceError, once};
use crate::order::sight::Sight;
use crate::order::step;
use crate::permission::{About, Forbidden, Principal, authorize};

/// Bulk work of all people together that is under way at a time, at most.
pub const RUNNING_MAX: usize = 20;

/// Why no bulk work was started; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum StartBulkError {
    /// They may not, or not without a reason.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Too much is under way already.
    #[error("{RUNNING_MAX} pieces of bulk work are under way")]
    TooMany,
    /// The form was used for something else.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why bulk work goes on.
#[derive(Debug, thiserror::Error)]
pub enum StopBulkError {
    /// No such work.
    #[error("bulk work {0} not found")]
    NotFound(BulkId),
    /// They may not change orders.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Starts work on the orders of a filter, as far as its starter sees them; the act says why. The same
/// form sent again is the same work.
///
/// # Errors
/// [`StartBulkError`]; nothing has changed then.
pub fn start(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    key: Option<&Key>,
    work: Work,
    filter: &Filter,
) -> Result<BulkId, StartBulkError> {
    step::check(principal, act)?;
    let staff = principal.staff().ok_or(Forbidden(Permission::ChangeStatus))?.id;
    let filter = Sight::of(principal)?.narrow(filter.clone());
    let begun = once(tx, key, act.at, |tx| {
        let limit = i64::try_from(RUNNING_MAX).unwrap_or(i64::MAX);
        if stored::running(tx, limit)?.len() >= RUNNING_MAX {
            return Err(StartBulkError::TooMany);
        }
        let id: BulkId = tx.next_id(act.at);
        let bulk = Bulk {
            id,
            work,
            reason: act.reason.clone().unwrap_or_default(),
            filter,
            staff,
            state: State::Running,
            stop_cause: None,
            // Ids are in the order of time: whatever is placed from now on is behind this one.
            walked_to: OrderId::from_raw(id.raw()),
            done: 0,
            refused: 0,
            started_at: act.at,
            ended_at: None,
        };
        stored::insert(tx, act, &bulk)?;
        Ok((id, ()))
    });
    match begun {
        Ok(begun) => Ok(begun.id()),
        Err(OnceError::KeyReused) => Err(StartBulkError::KeyReused),
        Err(OnceError::Other(error)) => Err(error),
    }
}

/// Stops work that is under way; what was handled stays so. Gives `false` if it is over already.
///
/// # Errors
/// [`StopBulkError`]; nothing has changed then.
pub fn stop(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: BulkId,
) -> Result<bool, StopBulkError> {
    let about = About { has_reason: true, ..About::default() };
    authorize(principal, Permission::ChangeStatus, &about)?;
    let bulk = stored::fetch_for_update(tx, id)?.ok_or(StopBulkError::NotFound(id))?;
    if bulk.state != State::Running {
        return Ok(false);
    }
    stored::end(tx, act, &bulk, Some(StopCause::Asked))?;
    Ok(true)
}

/// How many orders of the view are still to be looked at; none once it has ended.
pub fn left(tx: &mut Tx<'_>, bulk: &Bulk) -> Result<Figure, Error> {
    let count = match bulk.state {
        State::Running => order::count(tx, &bulk.filter, Some(bulk.walked_to), COUNTED_MAX + 1)?,
        State::Done | State::Stopped => 0,
    };
    Ok(Figure::counted(count))
}
