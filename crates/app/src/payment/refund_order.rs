//! Refunds that a person or an integration decides on: of money that an order has, in part or whole.
//!
//! Above the shop's limit a second person decides: the wish becomes a task, and only whoever did not
//! make it may approve it.

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId, RefundId, TaskId};
use ordermill_domain::payment::{Payment, State};
use ordermill_domain::refund::{Cause, GrantError, Refund, Refundable};
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx, idempotency, order, payment, refund, task};
use serde::{Deserialize, Serialize};

use super::refund::{GrantRefundError, grant_refund_as};
use crate::approval::{self, AskError};
use crate::catalog::{ShopSettings, settings};
use crate::dispute::money::refundable;
use crate::order::place::Key;
use crate::permission::{self, About, Access, Forbidden, Principal};

/// Somebody wants money of an order to go back. The act carries the reason.
#[derive(Debug, Clone)]
pub struct RefundOrder {
    /// Whose money.
    pub order: OrderId,
    /// Out of which payment; the one that has something left, if there is only one.
    pub payment: Option<PaymentId>,
    /// How much; all that is left if nothing is said.
    pub amount: Option<Money>,
    /// The client's key: the same again is the same refund.
    pub key: Option<Key>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundDecision {
    /// The money is promised, and sent by itself.
    Granted(Refund),
    /// A second person has to approve it, in this task; nothing has moved yet.
    AwaitsApproval(TaskId),
}

/// Why no money goes back; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RefundOrderError {
    /// No such order.
    #[error("order {0} not found")]
    OrderNotFound(OrderId),
    /// No such payment of that order.
    #[error("the order has no payment {0} with money")]
    PaymentNotFound(PaymentId),
    /// Nothing came in, or all of it went back.
    #[error("nothing is left to be refunded")]
    NothingLeft,
    /// Several payments have money left.
    #[error("say which payment is to be refunded: several have money left")]
    WhichPayment,
    /// Another refund of the payment waits for approval.
    #[error("another refund of the payment waits for approval in task {0}")]
    AnotherWaits(TaskId),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// No right to it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Too much, nothing, another currency, or the database.
    #[error(transparent)]
    Grant(#[from] GrantRefundError),
}

impl From<Error> for RefundOrderError {
    fn from(error: Error) -> Self {
        Self::Grant(error.into())
    }
}

/// Money that waits for a second person to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundWish {
    /// Whose money.
    pub order: OrderId,
    /// Out of which payment.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
}

/// Promises money back, or asks a second person if it is more than one may decide alone.
///
/// # Errors
/// [`RefundOrderError`]; nothing has changed then.
pub fn refund_order(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    request: &RefundOrder,
) -> Result<RefundDecision, RefundOrderError> {
    let about = lock(tx, act, request.order)?;
    if let Some(known) = known(tx, request)? {
        return Ok(known);
    }
    let (payment, left) = payment_of(tx, request)?;
    let amount = match request.amount {
        Some(amount) => amount,
        None => all_of(&left)?,
    };
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    let is_large = amount.currency != shop.currency || amount.minor > shop.refund_limit_minor;
    let permission = match is_large {
        true => Permission::ApproveLargeRefund,
        false => Permission::ApproveRefund,
    };
    if permission::authorize(principal, permission, &about)? == Access::Full {
        let id: RefundId = tx.next_id(act.at);
        let refund = grant_refund_as(tx, act, &payment, Cause::ByHand, id.raw(), amount, id)?;
        if let Some(key) = &request.key {
            idempotency::remember(tx, key.as_use(), refund.facts().id, act.at)?;
        }
        return Ok(RefundDecision::Granted(refund));
    }
    check_left(&payment, amount, left)?;
    let wish = RefundWish { order: request.order, payment: payment.facts().id, amount };
    match approval::ask(tx, act, approval::Wish::Refund(wish)) {
        Ok(task) => {
            if let Some(key) = &request.key {
                idempotency::remember(tx, key.as_use(), task, act.at)?;
            }
            Ok(RefundDecision::AwaitsApproval(task))
        }
        Err(AskError::AnotherWaits(task)) => Err(RefundOrderError::AnotherWaits(task)),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Takes the lock under which an approved refund is granted.
pub(crate) fn lock_for(
    tx: &mut Tx<'_>,
    act: &Act,
    wish: &RefundWish,
) -> Result<(), RefundOrderError> {
    lock(tx, act, wish.order).map(drop)
}

/// Grants a refund that was approved in this task, under the order's lock.
pub(crate) fn grant(
    tx: &mut Tx<'_>,
    act: &Act,
    wish: &RefundWish,
    task: TaskId,
) -> Result<Refund, RefundOrderError> {
    let payment =
        payment::fetch(tx, wish.payment)?.ok_or(RefundOrderError::PaymentNotFound(wish.payment))?;
    let id: RefundId = tx.next_id(act.at);
    let (cause, subject) = (Cause::ByHand, task.raw());
    Ok(grant_refund_as(tx, act, &payment, cause, subject, wish.amount, id)?)
}

/// Money of an order moves under the order's lock.
fn lock(tx: &mut Tx<'_>, act: &Act, id: OrderId) -> Result<About, RefundOrderError> {
    let stored = order::fetch_for_update(tx, id)?.ok_or(RefundOrderError::OrderNotFound(id))?;
    let facts = stored.order.facts();
    Ok(About {
        order: Some(id),
        customer: facts.customer,
        channel: Some(facts.channel),
        has_reason: act.reason.is_some(),
        ..About::default()
    })
}

/// What the client's key has caused before.
fn known(
    tx: &mut Tx<'_>,
    request: &RefundOrder,
) -> Result<Option<RefundDecision>, RefundOrderError> {
    let Some(key) = &request.key else { return Ok(None) };
    let Some(used) = idempotency::find(tx, &[key.as_use()])?.pop() else { return Ok(None) };
    if used.request_hash != key.request_hash {
        return Err(RefundOrderError::KeyReused);
    }
    let refund = refund::fetch(tx, RefundId::from_raw(used.subject_id))?;
    if let Some(refund) = refund.filter(|it| it.facts().order == request.order) {
        return Ok(Some(RefundDecision::Granted(refund)));
    }
    // It was a request for approval, which waits or is decided.
    let asked = task::fetch(tx, TaskId::from_raw(used.subject_id))?;
    let is_of_order = |task: &task::Task| match approval::read(task).map(|asked| asked.wish) {
        Some(approval::Wish::Refund(wish)) => wish.order == request.order,
        _ => false,
    };
    let asked = asked.filter(is_of_order).ok_or(RefundOrderError::KeyReused)?;
    Ok(Some(RefundDecision::AwaitsApproval(asked.id)))
}

/// The payment that is meant, and what is left of it.
fn payment_of(
    tx: &mut Tx<'_>,
    request: &RefundOrder,
) -> Result<(Payment, Refundable), RefundOrderError> {
    let mut with_money = Vec::new();
    for payment in payment::of(tx, request.order)? {
        let facts = payment.facts();
        if facts.state == State::Captured {
            let left = refundable(tx, &payment, false)?;
            with_money.push((payment, left));
        }
    }
    if let Some(id) = request.payment {
        with_money.retain(|(payment, _)| payment.facts().id == id);
        return with_money.pop().ok_or(RefundOrderError::PaymentNotFound(id));
    }
    let disputed = with_money.iter().find(|(_, left)| left.disputed_minor > 0).cloned();
    with_money.retain(|(_, left)| left.left_minor() > 0);
    match with_money.len() {
        // Whoever asks for more than nothing learns why there is none.
        0 => disputed.ok_or(RefundOrderError::NothingLeft),
        1 => with_money.pop().ok_or(RefundOrderError::NothingLeft),
        _ => Err(RefundOrderError::WhichPayment),
    }
}

/// All that is left of a payment; if that is nothing because of a dispute, the refusal says so.
fn all_of(left: &Refundable) -> Result<Money, RefundOrderError> {
    let (left_minor, disputed_minor) = (left.left_minor(), left.disputed_minor);
    if left_minor <= 0 && disputed_minor > 0 {
        let asked_minor = left_minor + disputed_minor;
        let disputed = GrantError::Disputed { asked_minor, left_minor, disputed_minor };
        return Err(GrantRefundError::from(disputed).into());
    }
    Ok(Money::new(left_minor, left.captured.currency))
}

/// A wish that could never be granted bothers nobody.
fn check_left(payment: &Payment, amount: Money, of: Refundable) -> Result<(), RefundOrderError> {
    use ordermill_domain::refund::Key;
    let facts = payment.facts();
    let key = Key { payment: facts.id, cause: Cause::ByHand, subject: 0 };
    let id = RefundId::from_raw(1);
    let tried = Refund::grant(id, facts.order, key, amount, of, facts.created_at);
    tried.map(drop).map_err(|error| GrantRefundError::from(error).into())
}
