//! Canceling before anything leaves the building: by the buyer, an operator, a channel, or D1.

use std::collections::HashSet;

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PackageId, ShipmentId, SkuId};
use ordermill_domain::order::{CancelReason, OrderError, Progress, Status};
use ordermill_domain::payment::State;
use ordermill_domain::refund::Cause;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, package, payment, shipment, task};

use super::file::{FileError, OrderFile};
use crate::benefit::give_back::release;
use crate::dispute::money::refundable;
use crate::fulfillment::progress::roll_up;
use crate::fulfillment::{FulfillmentFile, WorkError, cancel};
use crate::payment::refund::{GrantRefundError, grant_refund};

/// Why an order could not be canceled.
#[derive(Debug, thiserror::Error)]
pub enum CancelOrderError {
    /// The order or its life cycle says no.
    #[error(transparent)]
    File(#[from] FileError),
    /// The money could not be promised back: a defect, as refunds stay within captures.
    #[error(transparent)]
    Refund(#[from] GrantRefundError),
}

impl From<Error> for CancelOrderError {
    fn from(error: Error) -> Self {
        Self::File(error.into())
    }
}

/// Cancels an order: releases its stock and coupons, takes back points that it earned, voids its open
/// payments, gives points and gift cards back, and promises captured money back.
///
/// Canceling what is canceled already is harmless and gives `false`.
pub fn cancel_order(
    tx: &mut Tx<'_>,
    act: &Act,
    id: OrderId,
    reason: CancelReason,
) -> Result<bool, CancelOrderError> {
    let order = Loaded::load(tx, id)?;
    if order.file.order().status() == Status::Canceled {
        return Ok(false);
    }
    cancel_loaded(tx, act, order, reason)?;
    Ok(true)
}

/// An order that may end, with its work and all that travels with it.
pub(crate) struct Loaded {
    /// The order.
    pub file: OrderFile,
    work: Vec<FulfillmentFile>,
}

impl Loaded {
    /// Loads it, locked in the one global order: orders, their work, then the stock.
    pub(crate) fn load(tx: &mut Tx<'_>, id: OrderId) -> Result<Self, FileError> {
        Self::load_with(tx, id, &[])
    }

    /// As [`Loaded::load`], with the stock of SKUs that are to come to it.
    pub(crate) fn load_with(
        tx: &mut Tx<'_>,
        id: OrderId,
        also: &[SkuId],
    ) -> Result<Self, FileError> {
        let work = cancel::load(tx, id)?;
        Ok(Self { file: OrderFile::load_with(tx, id, also)?, work })
    }
}

/// As [`cancel_order`], for one that is not canceled yet.
pub(crate) fn cancel_loaded(
    tx: &mut Tx<'_>,
    act: &Act,
    order: Loaded,
    reason: CancelReason,
) -> Result<(), CancelOrderError> {
    let Loaded { mut file, work } = order;
    let id = file.order().id();
    if has_left(tx, id, &work)? {
        return Err(FileError::from(OrderError::AlreadyShipped).into());
    }
    let was_waiting = file.order().facts().backordered;
    file.cancel(act, reason)?;
    file.save(tx)?;
    if was_waiting {
        task::close(tx, TaskKind::ShortPick, id, "order_canceled", act.at)?;
    }
    // An order of which anything has left is refused above: its work can be ended.
    cancel::cancel_each(tx, act, id, work).map_err(WorkError::into_storage)?;
    if file.stored.progress != Progress::NotPacked {
        roll_up(tx, &[id], &HashSet::new())?;
    }
    file.meet_payment_deadlines(tx)?;
    release(tx, act, file.order().facts())?;
    Ok(settle_payments(tx, act, id, Cause::OrderCanceled)?)
}

/// Whether a carrier has a parcel of the order, or a box that ending its work would open for other orders that
/// travel with it. The pieces of a fulfillment leave the books when all of its parcels have gone; what its
/// first parcel carries is gone before.
pub(crate) fn has_left(
    tx: &mut Tx<'_>,
    id: OrderId,
    work: &[FulfillmentFile],
) -> Result<bool, Error> {
    let opened = cancel::opened_with(id, work);
    let boxes: HashSet<PackageId> = package::of_each(tx, &opened)?
        .into_iter()
        .map(|package| package.inside.unwrap_or(package.id))
        .collect();
    let mut orders: Vec<OrderId> = work.iter().map(|file| file.work.facts().order).collect();
    orders.push(id);
    orders.sort_unstable();
    orders.dedup();
    let mut ids: Vec<ShipmentId> = Vec::new();
    for order in orders {
        let its = shipment::of(tx, order)?;
        let facts = its.iter().map(|stored| stored.shipment.facts());
        let concerned = facts.filter(|it| order == id || boxes.contains(&it.terms.package));
        ids.extend(concerned.map(|facts| facts.id));
    }
    // Locked, so that a scan that comes in just now is before or behind.
    let parcels = shipment::fetch_each_for_update(tx, &ids)?;
    Ok(parcels.iter().any(|stored| stored.shipment.state().has_left()))
}

/// Voids the payments of an order that are open, and promises back what is left of captured ones; what a
/// buyer's bank holds of them waits. Nothing of the order leaves any more, so nothing has to be kept back.
pub(crate) fn settle_payments(
    tx: &mut Tx<'_>,
    act: &Act,
    order: OrderId,
    cause: Cause,
) -> Result<(), GrantRefundError> {
    task::close(tx, TaskKind::DisputedOrder, order, "order_ended", act.at)?;
    for mut payment in payment::of(tx, order)? {
        let before = payment.facts().clone();
        if before.state == State::Captured {
            let left = refundable(tx, &payment, true)?.left_minor();
            if left > 0 {
                let left = Money::new(left, before.amount.currency);
                grant_refund(tx, act, &payment, cause, order.raw(), left)?;
            }
        } else if let Ok(event) = payment.void(act.at) {
            payment::update(tx, &payment, before.version)?;
            payment::record(tx, act, &payment, &event)?;
            // The gateway may still capture it: the poller closes it there, and money that came at
            // the last moment is found even if its notice was lost.
            payment::set_ask_at(tx, before.id, Some(act.at))?;
        }
    }
    Ok(())
}
