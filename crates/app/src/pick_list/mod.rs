//! Pick lists on the floor: taken, picked scan by scan, handed back.
//!
//! Each scan is a command with an id of its own: what is sent again gets the answer that it got. A wrong
//! scan changes nothing and says what was expected. What a pick moves stands in one transaction: the list,
//! the bin, and the fulfillment that the piece is for.
//!
//! Locks on PostgreSQL, in this order: orders, fulfillments, pick lists, stock. Start at [`work`].

mod canceled;
mod run;
mod short;
mod view;
mod work;

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId, PickListId, StaffId};
use ordermill_domain::pick_list::{ListError, PickList};
use ordermill_domain::role::Permission;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, location, pick_list as stored, shelf, stock, task};

use crate::fulfillment::WorkError;
use crate::permission::{About, Aspect, Forbidden, Principal, authorize};

pub(crate) use work::finish;

pub use canceled::{drop_fulfillment, reader};
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

/// Puts pieces that were picked in vain on a shelf. Gives how many of the line are still to be put away.
///
/// # Errors
/// If the line has fewer of them, if nobody is asked to put them back, or if the bin is elsewhere.
pub fn put_away(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (id, no): (PickListId, i64),
    bin: BinId,
    pieces: i64,
) -> Result<i64, PickError> {
    let mut list = stored::fetch_for_update(tx, id)?.ok_or(PickError::NotFound)?;
    let at = list.facts().location;
    may_pick(principal, at)?;
    let line = list.line(no).ok_or(ListError::NoLine)?.clone();
    let is_asked = task::find_open(tx, TaskKind::PutBack, line.fulfillment.raw())?.is_some();
    let is_here = location::fetch_bin(tx, bin)?.is_some_and(|bin| bin.location == at);
    if !is_asked || !is_here {
        return Err(PickError::NotFound);
    }
    let event = list.put_away(no, pieces, act.at)?;
    stock::lock(tx, [line.sku])?;
    shelf::put(tx, (line.sku, at, bin, line.lot.as_str()), line.expires_on, pieces, 0)?;
    stored::update(tx, act, &list, &event)?;
    if stored::to_put_away_of(tx, line.fulfillment)? == 0 {
        task::close(tx, TaskKind::PutBack, line.fulfillment, "put_away", act.at)?;
    }
    Ok(list.line(no).map_or(0, |line| line.picked - line.returned))
}
