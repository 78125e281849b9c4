//! One command for captured money, whoever reports it: webhook, return page, poller or operator.
//!
//! Paying and canceling the same order are one serial decision, made under the order's lock: never
//! paid *and* canceled. Money that comes late takes stock again if there is some, else the order
//! waits if the buyer agreed to, else the money goes back.

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::ledger::{NotPostable, Posting};
use ordermill_domain::order::{CancelReason, Review, Status, review};
use ordermill_domain::payment::{
    CaptureError, CaptureReport, LateFacts, LateMoney, LatePolicy, Payment, late_money,
};
use ordermill_domain::refund::Cause;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, ledger, payment, task};

use super::refund::{GrantRefundError, grant_refund};
use crate::order::file::{FileError, OrderFile};
use crate::order::place::passed_by_default;

/// Captured money, as a gateway reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedMoney {
    /// Our payment.
    pub payment: PaymentId,
    /// The gateway's transaction.
    pub gateway_ref: String,
    /// Whose money the gateway says it is.
    pub merchant: String,
    /// How much.
    pub amount: Money,
}

/// What a report of captured money led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// The order is paid; whether it could be confirmed at once.
    Paid {
        /// Which order.
        order: OrderId,
        /// Review passed and stock allocated.
        is_confirmed: bool,
    },
    /// The order had ended, or its stock is gone: the money goes back.
    GoesBack(OrderId),
    /// This was known already; nothing has changed.
    Known(OrderId),
    /// Amount, currency or merchant are not what was asked: a person looks at it, the order is not
    /// paid.
    Mismatch(OrderId, CaptureError),
}

/// Why a report could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum RecordCaptureError {
    /// No such payment.
    #[error("payment {0} not found")]
    NotFound(PaymentId),
    /// The order.
    #[error(transparent)]
    File(#[from] FileError),
    /// The refund of late money.
    #[error(transparent)]
    Refund(#[from] GrantRefundError),
    /// The books cannot take the amount.
    #[error(transparent)]
    Books(#[from] NotPostable),
}

impl From<Error> for RecordCaptureError {
    fn from(error: Error) -> Self {
        Self::File(error.into())
    }
}

/// Records captured money, exactly once.
pub fn record_capture(
    tx: &mut Tx<'_>,
    act: &Act,
    money: &CapturedMoney,
    policy: LatePolicy,
) -> Result<Captured, RecordCaptureError> {
    let unknown = RecordCaptureError::NotFound(money.payment);
    let Some(payment) = payment::fetch(tx, money.payment)? else { return Err(unknown) };
    let mut file = OrderFile::load(tx, payment.facts().order)?;
    // Read again under the order's lock, in which all payments of the order are decided.
    let Some(mut payment) = payment::fetch_for_update(tx, money.payment)? else {
        return Err(unknown);
    };
    let order = file.order().id();
    let version_before = payment.facts().version;
    let CapturedMoney { gateway_ref, merchant, amount, .. } = money;
    let report = CaptureReport { gateway_ref, merchant, amount: *amount };
    let event = match payment.capture(report, act.at) {
        Ok(Some(event)) => event,
        Ok(None) => return Ok(Captured::Known(order)),
        Err(mismatch) => {
            let detail = serde_json::json!({ "order": order, "error": mismatch.to_string() });
            let (kind, at) = (TaskKind::PaymentMismatch, act.at);
            task::open(tx, kind, money.payment, &detail.to_string(), None, at)?;
            return Ok(Captured::Mismatch(order, mismatch));
        }
    };
    payment::update(tx, &payment, version_before)?;
    payment::record(tx, act, &payment, &event)?;
    ledger::post(tx, order, &Posting::captured(*amount)?, act.at)?;
    file.record_paid(act, amount.minor)?;
    let kept = keep_or_send_back(act, &mut file, policy)?;
    file.save(tx)?;
    file.meet_payment_deadlines(tx)?;
    match kept {
        Kept::GoesBack => {
            send_back(tx, act, &payment, order)?;
            Ok(Captured::GoesBack(order))
        }
        Kept::Confirmed => Ok(Captured::Paid { order, is_confirmed: true }),
        Kept::Waits => Ok(Captured::Paid { order, is_confirmed: false }),
    }
}

enum Kept {
    Confirmed,
    Waits,
    GoesBack,
}

fn keep_or_send_back(
    act: &Act,
    file: &mut OrderFile,
    policy: LatePolicy,
) -> Result<Kept, RecordCaptureError> {
    let status = file.order().status();
    if status == Status::Placed && file.has_expired_holds() {
        let facts = LateFacts {
            order_open: true,
            stock_ok: file.can_rehold().is_ok(),
            consent: file.stored.accepts_backorder,
        };
        match late_money(policy, facts) {
            LateMoney::Reserve => file.rehold()?,
            LateMoney::BackorderWithConsent => file.rehold_or_wait()?,
            LateMoney::RefundAll => {
                file.cancel(act, CancelReason::OutOfStock)?;
                return Ok(Kept::GoesBack);
            }
        }
    }
    match status {
        Status::Placed if file.order().facts().milestones.paid_at.is_some() => {
            let by_default = passed_by_default(act);
            if file.order().facts().review == Review::Pending {
                file.review(&by_default, review::Step::AutoPass)?;
            }
            if file.order().ready_to_confirm().is_ok() {
                file.confirm(&by_default)?;
                return Ok(Kept::Confirmed);
            }
            Ok(Kept::Waits)
        }
        Status::Canceled | Status::Rejected => Ok(Kept::GoesBack),
        _ => Ok(Kept::Waits),
    }
}

fn send_back(
    tx: &mut Tx<'_>,
    act: &Act,
    payment: &Payment,
    order: OrderId,
) -> Result<(), GrantRefundError> {
    let amount = payment.facts().amount;
    grant_refund(tx, act, payment, Cause::LateCapture, order.raw(), amount).map(drop)
}
