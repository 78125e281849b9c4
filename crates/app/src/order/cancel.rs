//! Canceling before anything leaves the building: by the buyer, an operator, a channel, or D1.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{CancelReason, Status};
use ordermill_domain::refund::Cause;
use ordermill_storage::{Error, Tx, payment};

use super::file::{FileError, OrderFile};
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

/// Cancels an order: releases its stock, voids its open payments, promises captured money back.
///
/// Canceling what is canceled already is harmless and gives `false`.
pub fn cancel_order(
    tx: &mut Tx<'_>,
    act: &Act,
    id: OrderId,
    reason: CancelReason,
) -> Result<bool, CancelOrderError> {
    let mut file = OrderFile::load(tx, id)?;
    if file.order().status() == Status::Canceled {
        return Ok(false);
    }
    file.cancel(act, reason)?;
    file.save(tx)?;
    file.meet_payment_deadlines(tx)?;
    for payment in payment::of(tx, id)? {
        settle(tx, act, payment, Cause::OrderCanceled)?;
    }
    Ok(true)
}

/// Voids a payment that is open; promises a captured one back.
fn settle(
    tx: &mut Tx<'_>,
    act: &Act,
    mut payment: ordermill_domain::payment::Payment,
    cause: Cause,
) -> Result<(), CancelOrderError> {
    use ordermill_domain::payment::State;
    let facts = payment.facts().clone();
    if facts.state == State::Captured {
        grant_refund(tx, act, &payment, cause, facts.order.raw(), facts.amount)?;
    } else if facts.state.is_open() {
        // The gateway may still capture it: that money then finds a canceled order and goes back.
        if let Ok(event) = payment.void(act.at) {
            payment::update(tx, &payment, facts.version)?;
            payment::record(tx, act, &payment, &event)?;
            ask_once_more(tx, &payment, act.at)?;
        }
    }
    Ok(())
}

/// Lets the poller look once more at a voided payment, so that money that came at the last moment
/// is found even if its notice was lost.
fn ask_once_more(
    tx: &mut Tx<'_>,
    payment: &ordermill_domain::payment::Payment,
    now: Timestamp,
) -> Result<(), Error> {
    payment::set_ask_at(tx, payment.facts().id, Some(now))
}
