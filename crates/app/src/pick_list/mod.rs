//! Pick lists on the floor: taken, picked scan by scan, handed back.
//!
//! Each scan is a command with an id of its own: what is sent again gets the answer that it got, and
//! something else with the same id is refused. A wrong scan changes nothing and says what was expected. What
//! a pick moves stands in one transaction: the list, the bin, and the fulfillment that the piece is for.
//!
//! Locks on PostgreSQL, in this order: orders, fulfillments, pick lists, stock. Start at [`work`].

mod canceled;
mod put_away;
mod run;
mod short;
mod view;
mod work;

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{LocationId, PickListId, StaffId};
use ordermill_domain::pick_list::{ListError, PickList};
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx, pick_list as stored};

use crate::fulfillment::WorkError;
use crate::permission::{About, Aspect, Forbidden, Principal, authorize};

pub(crate) use work::finish;

pub use canceled::{drop_fulfillment, reader};
pub(crate) use put_away::put_away_each;
pub use put_away::{InVain, put_away};
pub use view::{Stop, stops};
pub use work::{Answer, Asked, Outcome, Sent, work, work_each};

/// Why nothing was done with a list.
#[derive(Debug, thiserror::Error)]
pub enum PickError {
    /// There is no such list, or no such bin.
    #[error("there is no such pick list")]
    NotFound,
    /// They may not pick there.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The id of a scan was given to another one.
    #[error("the id of a scan was given to another one")]
    KeyReused,
    /// The list says no.
    #[error(transparent)]
    List(#[from] ListError),
    /// The fulfillment or the order behind a piece.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Checks that someone may pick and pack at a location.
///
/// # Errors
/// [`Forbidden`] if they work elsewhere, or at something else.
pub fn may_pick(principal: &Principal, at: LocationId) -> Result<(), Forbidden> {
    let about = About {
        location: Some(at),
        has_reason: true,
        aspect: Aspect::PickAndPack,
        ..About::default()
    };
    authorize(principal, Permission::ChangeStatus, &about).map(drop)
}

/// Takes a list. Taking it twice is taking it once.
///
/// # Errors
/// If a colleague has it, if it is complete, or if they may not pick there.
pub fn take(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: PickListId,
    by: StaffId,
) -> Result<PickList, PickError> {
    let mut list = stored::fetch_for_update(tx, id)?.ok_or(PickError::NotFound)?;
    may_pick(principal, list.facts().location)?;
    if let Some(event) = list.take(by, act.at)? {
        stored::update(tx, act, &list, &event)?;
    }
    Ok(list)
}

/// Takes the list that has waited longest at a location; none if none waits.
///
/// # Errors
/// If they may not pick there.
pub fn take_next(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    at: LocationId,
    by: StaffId,
) -> Result<Option<PickList>, PickError> {
    may_pick(principal, at)?;
    let Some(id) = stored::claim_next(tx, at)? else { return Ok(None) };
    take(tx, principal, act, id, by).map(Some)
}

/// Hands a list back; what was picked stays in its totes.
///
/// # Errors
/// If they do not have it.
pub fn hand_back(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: PickListId,
    by: StaffId,
) -> Result<(), PickError> {
    let mut list = stored::fetch_for_update(tx, id)?.ok_or(PickError::NotFound)?;
    may_pick(principal, list.facts().location)?;
    let event = list.hand_back(by, act.at)?;
    Ok(stored::update(tx, act, &list, &event)?)
}
