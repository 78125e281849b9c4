//! The second person's word.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::TaskId;
use ordermill_domain::task::{Event, Step, TaskKind, TaskState};
use ordermill_storage::task::{self, Task};
use ordermill_storage::{Error, Tx};

use super::{Asked, Wish, read};
use crate::catalog::edit::EditError;
use crate::gift_card::{GiftCardCommandError, GiftCardWish, IssuedCard};
use crate::payment::refund_order::{self, RefundOrderError};
use crate::permission::{Forbidden, Principal};
use crate::points::AdjustPointsError;
use crate::privacy::Vault;
use crate::stock::StockError;
use crate::task::OUTCOME_CHARS_MAX;
use crate::{coupon, gift_card, limits, points, price, rule_table, stock_desk};

/// Why a request stays as it is; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// No such request waits: it is decided, or never was.
    #[error("nothing waits for approval in task {0}")]
    NotAwaited(TaskId),
    /// Nobody approves their own request.
    #[error("whoever asked for it does not approve it")]
    OwnRequest,
    /// No right to decide it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// A rejection says why, in so many characters.
    #[error("a rejection says why, in 1 to {OUTCOME_CHARS_MAX} characters")]
    NeedsReason,
    /// What it is about has changed since it was asked for, so that it can only be rejected.
    #[error("what it is about has changed since")]
    Changed,
    /// The money cannot go back, or not any more.
    #[error(transparent)]
    Refund(RefundOrderError),
    /// The record cannot be so, or not any more.
    #[error(transparent)]
    Edit(EditError),
    /// The stock cannot be booked, or not any more.
    #[error(transparent)]
    Stock(StockError),
    /// The gift card cannot be so, or not any more.
    #[error(transparent)]
    GiftCard(GiftCardCommandError),
    /// The points cannot come or go, or not any more.
    #[error(transparent)]
    Points(AdjustPointsError),
    /// Nothing was made that could be handed to whoever asks for it now.
    #[error("nothing is there to be handed over")]
    NothingToCollect,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<RefundOrderError> for ApprovalError {
    fn from(error: RefundOrderError) -> Self {
        match error {
            RefundOrderError::Forbidden(forbidden) => Self::Forbidden(forbidden),
            other => Self::Refund(other),
        }
    }
}

impl From<EditError> for ApprovalError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Changed { .. } | EditError::Storage(Error::Stale(_)) => Self::Changed,
            EditError::Storage(error) => Self::Storage(error),
            other => Self::Edit(other),
        }
    }
}

impl From<StockError> for ApprovalError {
    fn from(error: StockError) -> Self {
        match error {
            StockError::Storage(error) => Self::Storage(error),
            other => Self::Stock(other),
        }
    }
}

impl From<GiftCardCommandError> for ApprovalError {
    fn from(error: GiftCardCommandError) -> Self {
        match error {
            GiftCardCommandError::Storage(error) => Self::Storage(error),
            other => Self::GiftCard(other),
        }
    }
}

impl From<AdjustPointsError> for ApprovalError {
    fn from(error: AdjustPointsError) -> Self {
        match error {
            AdjustPointsError::Storage(error) => Self::Storage(error),
            other => Self::Points(other),
        }
    }
}

/// Does what somebody else asked for, and closes the request. Gives what it was.
///
/// # Errors
/// [`ApprovalError`]; nothing has changed then.
pub fn approve(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    id: TaskId,
) -> Result<Asked, ApprovalError> {
    // Money moves under the order's lock, which is taken before any other.
    let asked = read_open(tx, id)?.1;
    if let Wish::Refund(wish) = &asked.wish {
        refund_order::lock_for(tx, act, wish)?;
    }
    let (mut task, asked) = lock(tx, id)?;
    check_decider(principal, &asked)?;
    // What is done stands in the journal with the reason for which it was asked.
    let done = Act { reason: asked.reason.clone(), ..act.clone() };
    match &asked.wish {
        Wish::Refund(wish) => drop(refund_order::grant(tx, &done, wish, id)?),
        Wish::Coupon(wish) => drop(coupon::carry_out(tx, &done, wish)?),
        Wish::Price(wish) => drop(price::carry_out(tx, &done, wish)?),
        Wish::Stock(wish) => {
            stock_desk::carry_out(tx, &done, wish)?;
        }
        Wish::GiftCard(wish) => gift_card::carry_out(tx, vault, &done, wish)?,
        Wish::Points(wish) => {
            points::carry_out(tx, &done, wish)?;
        }
        Wish::Limits(wish) => limits::carry_out(tx, &done, wish)?,
        Wish::Rules(wish) => rule_table::force::carry_out(tx, &done, wish)?,
    }
    close(tx, act, &mut task, Step::Finish, "approved".to_owned())?;
    Ok(asked)
}

/// Turns a request down, or takes one's own back. The act says why. Gives what it was.
///
/// # Errors
/// [`ApprovalError`]; nothing has changed then.
pub fn reject(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: TaskId,
) -> Result<Asked, ApprovalError> {
    let why = act.reason.as_deref().unwrap_or_default().trim();
    if !(1..=OUTCOME_CHARS_MAX).contains(&why.chars().count()) {
        return Err(ApprovalError::NeedsReason);
    }
    let (mut task, asked) = lock(tx, id)?;
    if asked.requested_by != act.actor {
        check_decider(principal, &asked)?;
    }
    close(tx, act, &mut task, Step::Drop, why.to_owned())?;
    Ok(asked)
}

/// Hands the code of a gift card that was approved to whoever asked for the card, and to nobody else;
/// each time stands in the journal.
///
/// # Errors
/// [`ApprovalError::NothingToCollect`] for everybody else, and before it is approved.
pub fn collect(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    id: TaskId,
) -> Result<IssuedCard, ApprovalError> {
    let found = task::fetch_for_update(tx, id)?.filter(|task| task.state == TaskState::Done);
    let asked = found.as_ref().and_then(read);
    let asked = asked.filter(|asked| asked.requested_by == principal.actor());
    let Some(Wish::GiftCard(GiftCardWish::Issue { card, .. })) = asked.map(|asked| asked.wish)
    else {
        return Err(ApprovalError::NothingToCollect);
    };
    let issued = gift_card::issued(tx, vault, card)?.ok_or(ApprovalError::NothingToCollect)?;
    task::record(tx, act, id, &Event::Collected)?;
    Ok(issued)
}

fn check_decider(principal: &Principal, asked: &Asked) -> Result<(), ApprovalError> {
    if asked.requested_by == principal.actor() {
        Err(ApprovalError::OwnRequest)
    } else if asked.may_be_decided_by(principal) {
        Ok(())
    } else {
        Err(Forbidden(asked.wish.permission()).into())
    }
}

fn read_open(tx: &mut Tx<'_>, id: TaskId) -> Result<(Task, Asked), ApprovalError> {
    open(task::fetch(tx, id)?, id)
}

/// Of two who decide at once one is too late.
fn lock(tx: &mut Tx<'_>, id: TaskId) -> Result<(Task, Asked), ApprovalError> {
    open(task::fetch_for_update(tx, id)?, id)
}

fn open(found: Option<Task>, id: TaskId) -> Result<(Task, Asked), ApprovalError> {
    let found = found.filter(|task| task.kind == TaskKind::SecondApproval && task.state.is_open());
    let asked = found.and_then(|task| read(&task).map(|asked| (task, asked)));
    asked.ok_or(ApprovalError::NotAwaited(id))
}

fn close(
    tx: &mut Tx<'_>,
    act: &Act,
    task: &mut Task,
    step: Step,
    outcome: String,
) -> Result<(), ApprovalError> {
    let event = if step == Step::Finish { Event::Finished } else { Event::Dropped };
    task.state = task.state.after(step).map_err(|_| ApprovalError::NotAwaited(task.id))?;
    task.outcome = Some(outcome);
    Ok(task::update(tx, act, task, &event)?)
}
