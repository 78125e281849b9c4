//! What staff do with one order: decide its review, confirm, complete, archive, cancel.
//!
//! Every step asks for the right to change a status by hand, with a reason where the role needs one,
//! and for the version that the person has seen: what changed meanwhile is looked at again.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, StaffId};
use ordermill_domain::order::{self, Action, CancelReason, OrderError, Status, review};
use ordermill_domain::refund::Cause;
use ordermill_domain::reservation::ReleaseReason;
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx};

use super::cancel::{CancelOrderError, cancel_order, has_left, settle_payments};
use super::file::{FileError, OrderFile};
use crate::benefit::give_back::release;
use crate::fulfillment::{WorkError, cancel as work};
use crate::payment::refund::GrantRefundError;
use crate::permission::{About, Forbidden, Principal, authorize};
use crate::review::desk;

/// Why a step was not taken; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// They may not, or not without a reason.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Someone else changed the order after they saw it.
    #[error("order {0} changed meanwhile")]
    Stale(OrderId),
    /// A colleague is at its review.
    #[error("someone else is at the review")]
    Taken(StaffId),
    /// This step is the buyer's.
    #[error("{0} is not done by staff")]
    NotTheirs(Action),
    /// The order or its life cycle says no.
    #[error(transparent)]
    File(#[from] FileError),
    /// The money could not be promised back: a defect, as refunds stay within captures.
    #[error(transparent)]
    Refund(#[from] GrantRefundError),
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::File(error.into())
    }
}

impl From<CancelOrderError> for StepError {
    fn from(error: CancelOrderError) -> Self {
        match error {
            CancelOrderError::File(error) => Self::File(error),
            CancelOrderError::Refund(error) => Self::Refund(error),
        }
    }
}

/// An order as someone saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which one.
    pub id: OrderId,
    /// Its version then.
    pub version: i64,
}

/// Takes a step that the order allows. Canceling has [`cancel`], as it needs a kind of reason.
pub fn take(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    step: Action,
) -> Result<(), StepError> {
    check(principal, act)?;
    // An order that was confirmed before it was changed, and is refused now, has work.
    let of_it = match step {
        Action::Refuse => work::load(tx, seen.id)?,
        _ => Vec::new(),
    };
    let mut file = load(tx, seen)?;
    if desk::STEPS.contains(&step) {
        desk::check_free(tx, principal, seen.id, act.at)?;
    }
    match step {
        Action::Approve => file.review(act, review::Step::Approve)?,
        Action::ReleaseInterception => file.review(act, review::Step::Release)?,
        Action::AskBuyer => file.review(act, review::Step::AskBuyer)?,
        Action::ResumeReview => file.review(act, review::Step::Resume)?,
        Action::Refuse => {
            if has_left(tx, seen.id, &of_it)? {
                return Err(FileError::from(OrderError::AlreadyShipped).into());
            }
            file.review(act, review::Step::Reject)?;
            file.reject(act)?;
        }
        Action::Confirm => file.confirm(act)?,
        Action::Complete => file.complete(act)?,
        Action::Archive => file.archive(act)?,
        Action::Pay | Action::Cancel => return Err(StepError::NotTheirs(step)),
    }
    let is_decided = matches!(step, Action::Approve | Action::ReleaseInterception);
    let is_placed = file.order().status() == Status::Placed;
    if is_decided && is_placed && file.order().ready_to_confirm().is_ok() {
        file.confirm(act)?;
    }
    file.save(tx)?;
    if file.order().status() == Status::Rejected {
        // Of an order that is refused nothing has left: its work can be ended.
        work::cancel_each(tx, act, seen.id, of_it).map_err(WorkError::into_storage)?;
        file.meet_payment_deadlines(tx)?;
        release(tx, act, file.order().facts())?;
        settle_payments(tx, act, seen.id, Cause::OrderRejected)?;
    }
    Ok(())
}

/// Cancels an order that has not changed since they saw it. One that they saw canceled is refused.
pub fn cancel(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    reason: CancelReason,
) -> Result<(), StepError> {
    check(principal, act)?;
    let status = load(tx, seen)?.order().status();
    status.after(order::Step::Cancel).map_err(|error| FileError::Refused(error.into()))?;
    cancel_order(tx, act, seen.id, reason)?;
    Ok(())
}

/// Whether they may change a status by hand, for the reason that they state.
///
/// # Errors
/// [`Forbidden`] if not.
pub fn check(principal: &Principal, act: &Act) -> Result<(), Forbidden> {
    let has_reason = act.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    authorize(principal, Permission::ChangeStatus, &About { has_reason, ..About::default() })
        .map(drop)
}

fn load(tx: &mut Tx<'_>, seen: Seen) -> Result<OrderFile, StepError> {
    let file = OrderFile::load(tx, seen.id)?;
    if file.order().version() == seen.version { Ok(file) } else { Err(StepError::Stale(seen.id)) }
}

impl OrderFile {
    /// Ends an order whose review refused it, and gives its stock back.
    pub fn reject(&mut self, act: &Act) -> Result<(), FileError> {
        let event = self.stored.order.reject(&mut self.lines, act.at)?;
        self.happened(act, event);
        self.release(ReleaseReason::OrderRejected)
    }

    /// The buyer has all of it.
    pub fn complete(&mut self, act: &Act) -> Result<(), FileError> {
        let event = self.stored.order.complete(act.at)?;
        self.happened(act, event);
        Ok(())
    }

    fn archive(&mut self, act: &Act) -> Result<(), FileError> {
        let event = self.stored.order.archive(act.at)?;
        self.happened(act, event);
        Ok(())
    }
}
