//! Sourcing by hand: another location, work that is urgent or given back, a location that is out of work.
//!
//! Each of these gives the planned work back first and plans it anew in the same transaction, so that
//! nobody sees an order without its work in between.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Fulfillment, RejectReason, State};
use ordermill_domain::ids::{FulfillmentId, LocationId, OrderId};
use ordermill_domain::role::Permission;
use ordermill_storage::fulfillment::{self as stored, Filter};
use ordermill_storage::{Error, Tx};

use super::split::PartError;
use super::{Wish, source_each};
use crate::catalog::Catalog;
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::order::file::{FileError, OrderFile};
use crate::permission::{About, Aspect, Forbidden, Principal, authorize};

/// Work of a location that one command plans anew, at most: others may write in between.
pub const POOLED_MAX: i64 = 500;

/// Why nothing was planned anew; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ByHandError {
    /// They may not, or not without a reason.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Someone else changed the fulfillment after they saw it.
    #[error("fulfillment {0} changed meanwhile")]
    Stale(FulfillmentId),
    /// No such location, or it is not active.
    #[error("there is no such active location")]
    NoLocation,
    /// The location does not have what the order wants.
    #[error("the location does not have what the order wants")]
    NotThere,
    /// The order has nothing that is planned and not on the floor yet, and nobody can ship what is left.
    #[error("order {0} has no planned work")]
    NothingPlanned(OrderId),
    /// A review holds the order: that is decided first.
    #[error("order {0} is held by its review")]
    Held(OrderId),
    /// Such a part cannot be split off.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The fulfillment or its order refuses.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<Error> for ByHandError {
    fn from(error: Error) -> Self {
        Self::Work(error.into())
    }
}

impl From<FileError> for ByHandError {
    fn from(error: FileError) -> Self {
        Self::Work(error.into())
    }
}

/// A fulfillment as someone saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which one.
    pub id: FulfillmentId,
    /// Its version then.
    pub version: i64,
}

/// Sends work to another location, whatever the rules say.
///
/// # Errors
/// If the location cannot ship it; the work then stays where it was.
pub fn send_to(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    to: LocationId,
) -> Result<(), ByHandError> {
    check(principal, act, None)?;
    if !catalog.location(to).is_some_and(|location| location.is_active) {
        return Err(ByHandError::NoLocation);
    }
    let order = give_up(tx, act, seen, RejectReason::ByHand)?;
    let wish = Wish { only: Some(to), ..Wish::default() };
    source_each(tx, catalog, act, &BTreeSet::from([order]), &wish)?;
    let is_planned = has_planned(tx, order, to)?;
    if is_planned { Ok(()) } else { Err(ByHandError::NotThere) }
}

/// Gives work back that its location cannot do; the rules find another one.
pub fn give_back(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    reason: RejectReason,
) -> Result<(), ByHandError> {
    let location = stored::fetch(tx, seen.id)?.map(|work| work.facts().location);
    check(principal, act, location)?;
    let order = give_up(tx, act, seen, reason)?;
    Ok(source_each(tx, catalog, act, &BTreeSet::from([order]), &Wish::default())?)
}

/// Makes the work on an order urgent: the nearest location that has everything ships it, before others.
/// What is on the floor already stays there, and what is urgent already stays as it is. What nobody could
/// ship is tried again.
pub fn hurry(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    order: OrderId,
) -> Result<(), ByHandError> {
    check(principal, act, None)?;
    let mut planned = stored::of(tx, order)?;
    planned.retain(|work| work.state() == State::Planned);
    let wish = Wish { is_urgent: true, ..Wish::default() };
    if planned.is_empty() {
        // What nobody could ship is tried again.
        source_each(tx, catalog, act, &BTreeSet::from([order]), &wish)?;
        let is_planned = stored::of(tx, order)?.iter().any(|it| it.state() == State::Planned);
        return if is_planned { Ok(()) } else { Err(ByHandError::NothingPlanned(order)) };
    }
    planned.retain(|work| !work.facts().is_urgent);
    if planned.is_empty() {
        return Ok(());
    }
    let planned: Vec<FulfillmentId> = planned.iter().map(Fulfillment::id).collect();
    give_up_each(tx, act, &BTreeSet::from([order]), &planned, RejectReason::ByHand)?;
    Ok(source_each(tx, catalog, act, &BTreeSet::from([order]), &wish)?)
}

/// Plans work of a location anew that is not on its floor yet: no power, flood, closed. Gives how many
/// fulfillments that were, [`POOLED_MAX`] at most: repeat it until [`planned_at`] says that none is left.
/// Take the location out of service before, or new orders go on coming.
///
/// # Errors
/// If they may not, or give no reason.
pub fn pool(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    location: LocationId,
) -> Result<usize, ByHandError> {
    check(principal, act, None)?;
    let planned =
        Filter { location: Some(location), states: vec![State::Planned], ..Filter::default() };
    let planned = stored::list(tx, &planned, None, POOLED_MAX)?;
    let orders: BTreeSet<OrderId> = planned.iter().map(|work| work.facts().order).collect();
    let ids: Vec<FulfillmentId> = planned.iter().map(|work| work.id()).collect();
    give_up_each(tx, act, &orders, &ids, RejectReason::LocationDown)?;
    source_each(tx, catalog, act, &orders, &Wish::default())?;
    Ok(ids.len())
}

/// How many fulfillments are planned at a location and not on its floor yet: what [`pool`] plans anew.
pub fn planned_at(tx: &mut Tx<'_>, location: LocationId, now: Timestamp) -> Result<i64, Error> {
    let work = stored::open_work(tx, now)?;
    let planned = work.iter().filter(|it| it.location == location && it.state == State::Planned);
    Ok(planned.map(|it| it.count).sum())
}

fn give_up(
    tx: &mut Tx<'_>,
    act: &Act,
    seen: Seen,
    reason: RejectReason,
) -> Result<OrderId, ByHandError> {
    let work = stored::fetch(tx, seen.id)?.ok_or(WorkError::NotFound(seen.id))?;
    if work.version() != seen.version {
        return Err(ByHandError::Stale(seen.id));
    }
    let order = work.facts().order;
    give_up_each(tx, act, &BTreeSet::from([order]), &[seen.id], reason)?;
    Ok(order)
}

/// Rejects fulfillments of these orders, whose pieces stay claimed where they are.
pub(crate) fn give_up_each(
    tx: &mut Tx<'_>,
    act: &Act,
    orders: &BTreeSet<OrderId>,
    fulfillments: &[FulfillmentId],
    reason: RejectReason,
) -> Result<(), ByHandError> {
    let fulfillments: HashSet<FulfillmentId> = fulfillments.iter().copied().collect();
    let mut work = FulfillmentFile::of_orders(tx, &orders.iter().copied().collect::<Vec<_>>())?;
    work.retain(|file| fulfillments.contains(&file.work.id()));
    let mut files = OrderFile::load_each(tx, orders.iter().copied())?;
    let mut of_order: BTreeMap<OrderId, &mut OrderFile> =
        files.iter_mut().map(|file| (file.order().id(), file)).collect();
    for file in &mut work {
        file.reject(act, reason).map_err(WorkError::from)?;
        if let Some(of_it) = of_order.get_mut(&file.work.facts().order) {
            of_it.unassign(file.work.id());
        }
    }
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    FulfillmentFile::save_each(tx, &work.iter().collect::<Vec<_>>())?;
    Ok(())
}

fn has_planned(tx: &mut Tx<'_>, order: OrderId, at: LocationId) -> Result<bool, Error> {
    let work = stored::of(tx, order)?;
    Ok(work.iter().any(|it| it.state() == State::Planned && it.facts().location == at))
}

/// Whether they may decide where work is done: operations with a reason, and a location about its own.
pub(crate) fn check(
    principal: &Principal,
    act: &Act,
    location: Option<LocationId>,
) -> Result<(), Forbidden> {
    let has_reason = act.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    let about = About { has_reason, location, aspect: Aspect::PickAndPack, ..About::default() };
    authorize(principal, Permission::ChangeStatus, &about).map(drop)
}
