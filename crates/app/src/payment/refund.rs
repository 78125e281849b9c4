//! Promising money back. Sending it is the work of the refund poller, between transactions.
//!
//! Money that a buyer's bank holds is not promised by a person's decision; what follows from something else
//! is promised and waits ([`crate::dispute::money`]).

use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::RefundId;
use ordermill_domain::ledger::{Posting, RefundOf};
use ordermill_domain::payment::Payment;
use ordermill_domain::refund::{Cause, GrantError, Key, Refund};
use ordermill_storage::{Error, Tx, ledger, refund};

use crate::benefit::give_back::send_home;
use crate::dispute::money::refundable;

/// Why a refund was not granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantRefundError {
    /// More than was captured, nothing, or another currency.
    #[error(transparent)]
    Refused(#[from] GrantError),
    /// The books cannot take the amount.
    #[error(transparent)]
    Books(#[from] ordermill_domain::ledger::NotPostable),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Grants a refund for a reason, once: the same (payment, cause, subject) again gives the refund
/// that is there. The refund is due to be sent at once; to points and gift cards it goes back here.
pub fn grant_refund(
    tx: &mut Tx<'_>,
    act: &Act,
    payment: &Payment,
    cause: Cause,
    subject: i64,
    amount: Money,
) -> Result<Refund, GrantRefundError> {
    let id: RefundId = tx.next_id(act.at);
    grant_refund_as(tx, act, payment, cause, subject, amount, id)
}

/// As [`grant_refund`], with an id that the caller has made.
pub(super) fn grant_refund_as(
    tx: &mut Tx<'_>,
    act: &Act,
    payment: &Payment,
    cause: Cause,
    subject: i64,
    amount: Money,
    id: RefundId,
) -> Result<Refund, GrantRefundError> {
    let facts = payment.facts();
    let key = Key { payment: facts.id, cause, subject };
    if let Some(existing) = refund::find(tx, key)? {
        return Ok(existing);
    }
    let of = refundable(tx, payment, !cause.is_decided_by_person())?;
    let granted_minor = of.granted_minor;
    let (granted, event) = Refund::grant(id, facts.order, key, amount, of, act.at)?;
    refund::insert(tx, &granted, act.at)?;
    refund::record(tx, act, &granted, &event)?;
    let posting = Posting::refund_granted(RefundOf::Deposit, amount)?;
    ledger::post(tx, facts.order, &posting, act.at)?;
    match payment.tender() {
        Some(tender) => Ok(send_home(tx, act, payment, tender, granted, granted_minor)?),
        None => Ok(granted),
    }
}
