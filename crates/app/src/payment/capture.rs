//! One command for captured money, whoever reports it: notice, return page, poller or operator.
//!
//! Paying and canceling the same order are one serial decision, made under the order's lock: never
//! paid *and* canceled. Money that comes late takes stock again if there is some, else the order
//! waits if the buyer agreed to, else the money goes back. Money that nobody owes goes back, too.
//!
//! Reports that wait together are decided together, one after another, and written at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ordermill_base::{Id, Money};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::ledger::Posting;
use ordermill_domain::order::review::Verdict;
use ordermill_domain::order::{CancelReason, Review, Status};
use ordermill_domain::payment::{
    CaptureError, CaptureReport, Event, LateFacts, LateMoney, LatePolicy, Payment, late_money,
};
use ordermill_domain::refund::Cause;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{BatchCommand, Error, Tx, ledger, payment, task};

use super::refund::grant_refund;
use crate::benefit::give_back::{earn, release};
use crate::order::cancel::settle_payments;
use crate::order::file::{FileError, OrderFile};
use crate::rule_table::InForce;

/// Records captured money, exactly once.
#[derive(Debug, Clone)]
pub struct RecordCapture {
    /// Who reports it, and when.
    pub act: Act,
    /// What is reported.
    pub money: CapturedMoney,
    /// What becomes of money that comes late.
    pub policy: LatePolicy,
    /// The rules that review the order once its money is there.
    pub rules: Arc<InForce<Verdict>>,
}

/// Captured money, as a gateway reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedMoney {
    /// Our payment.
    pub payment: PaymentId,
    /// The gateway that says so. Another one's payments are not known to it.
    pub gateway: String,
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
    /// The money counts for the order.
    Paid {
        /// Which order.
        order: OrderId,
        /// Review passed and stock allocated.
        is_confirmed: bool,
    },
    /// The order had ended, its stock is gone, or it was paid before: the money goes back.
    GoesBack(OrderId),
    /// This was known already; nothing has changed.
    Known(OrderId),
    /// Amount, currency or merchant are not what was asked: a person looks at it, the order is not
    /// paid.
    Mismatch(OrderId, CaptureError),
}

/// No such payment at the gateway that reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("payment {0} not found")]
pub struct PaymentNotFound(pub PaymentId);

impl BatchCommand for RecordCapture {
    type Output = Result<Captured, PaymentNotFound>;

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Self::Output>, Error> {
        let mut desk = Desk::load(batch, tx)?;
        let outputs: Result<Vec<_>, FileError> =
            batch.iter().map(|command| desk.decide(command, tx)).collect();
        let outputs = outputs.map_err(FileError::into_storage)?;
        desk.write(tx)?;
        Ok(outputs)
    }
}

/// The payments and orders that a batch is about, and what is decided about them.
struct Desk<'b> {
    payments: BTreeMap<PaymentId, Payment>,
    files: BTreeMap<OrderId, OrderFile>,
    counted: Vec<Counted<'b>>,
    mismatches: Vec<(&'b RecordCapture, OrderId, CaptureError)>,
}

/// Money that was not known before.
struct Counted<'b> {
    command: &'b RecordCapture,
    payment: Payment,
    event: Event,
    version_before: i64,
    kept: Kept,
    /// What of it nobody owes, minor units.
    excess_minor: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Confirmed,
    Waits,
    /// The order had ended.
    TooLate,
    /// The order ends now, as its stock is gone.
    EndsOrder,
}

impl<'b> Desk<'b> {
    /// Payments are decided under the lock of their order, which is taken first.
    fn load(batch: &[&RecordCapture], tx: &mut Tx<'_>) -> Result<Self, Error> {
        let mut ids: Vec<PaymentId> = batch.iter().map(|command| command.money.payment).collect();
        ids.sort_unstable();
        ids.dedup();
        let orders = payment::orders_of(tx, &ids)?;
        let files = OrderFile::load_each(tx, orders.into_iter().map(|(_, order)| order))?;
        let payments = payment::fetch_each_for_update(tx, &ids)?;
        Ok(Self {
            payments: payments.into_iter().map(|it| (it.facts().id, it)).collect(),
            files: files.into_iter().map(|it| (it.order().id(), it)).collect(),
            counted: Vec::new(),
            mismatches: Vec::new(),
        })
    }

    fn decide(
        &mut self,
        command: &'b RecordCapture,
        tx: &mut Tx<'_>,
    ) -> Result<Result<Captured, PaymentNotFound>, FileError> {
        let RecordCapture { act, money, policy, rules } = command;
        let known = self.payments.get_mut(&money.payment);
        let Some(payment) = known.filter(|it| it.facts().gateway == money.gateway) else {
            return Ok(Err(PaymentNotFound(money.payment)));
        };
        let order = payment.facts().order;
        let file = self.files.get_mut(&order).ok_or(FileError::NotFound(order))?;
        let version_before = payment.facts().version;
        let CapturedMoney { gateway_ref, merchant, amount, .. } = money;
        let event = match payment
            .capture(CaptureReport { gateway_ref, merchant, amount: *amount }, act.at)
        {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(Ok(Captured::Known(order))),
            Err(mismatch) => {
                self.mismatches.push((command, order, mismatch.clone()));
                return Ok(Ok(Captured::Mismatch(order, mismatch)));
            }
        };
        file.record_paid(act, amount.minor)?;
        let kept = keep_or_send_back(tx, act, file, *policy, rules)?;
        let excess_minor = match kept {
            Kept::Confirmed | Kept::Waits => file.overpaid_minor().min(amount.minor),
            Kept::TooLate | Kept::EndsOrder => amount.minor,
        };
        let payment = payment.clone();
        self.counted.push(Counted { command, payment, event, version_before, kept, excess_minor });
        Ok(Ok(if excess_minor == amount.minor {
            Captured::GoesBack(order)
        } else {
            Captured::Paid { order, is_confirmed: kept == Kept::Confirmed }
        }))
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let changed: Vec<_> =
            self.counted.iter().map(|it| (&it.payment, it.version_before)).collect();
        payment::update_each(tx, &changed)?;
        let paid: BTreeSet<OrderId> =
            self.counted.iter().map(|it| it.payment.facts().order).collect();
        let files: Vec<&OrderFile> = paid.iter().filter_map(|id| self.files.get(id)).collect();
        OrderFile::save_each(tx, &files)?;
        let settled: Vec<&OrderFile> =
            files.into_iter().filter(|file| file.is_paid_or_over()).collect();
        OrderFile::meet_payment_deadlines_of_each(tx, &settled)?;
        for Counted { command, payment, event, .. } in &self.counted {
            let RecordCapture { act, money, .. } = command;
            payment::record(tx, act, payment, event)?;
            let posting = match payment.facts().is_held_by_channel() {
                true => Posting::collected_by_channel(money.amount),
                false => Posting::captured(money.amount),
            };
            let posting = posting.map_err(Error::defect)?;
            ledger::post(tx, payment.facts().order, &posting, act.at)?;
        }
        for (command, order, mismatch) in &self.mismatches {
            let detail = serde_json::json!({ "order": order, "error": mismatch.to_string() });
            let (kind, at) = (TaskKind::PaymentMismatch, command.act.at);
            task::open(tx, kind, command.money.payment, &detail.to_string(), None, at)?;
        }
        self.send_back(tx)?;
        let earning = self.counted.iter().filter_map(|it| {
            let file = self.files.get(&it.payment.facts().order)?;
            file.became_paid().then_some((&it.command.act, file.order().facts()))
        });
        earn(tx, &earning.collect::<Vec<_>>())
    }

    fn send_back(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for counted in self.counted.iter().filter(|it| it.excess_minor > 0) {
            let Counted { command: RecordCapture { act, money, .. }, payment, .. } = counted;
            let (cause, subject) = match counted.kept {
                Kept::Confirmed | Kept::Waits => (Cause::Overpaid, 0),
                Kept::TooLate | Kept::EndsOrder => {
                    (Cause::LateCapture, payment.facts().order.raw())
                }
            };
            let amount = Money::new(counted.excess_minor, money.amount.currency);
            grant_refund(tx, act, payment, cause, subject, amount).map_err(Error::defect)?;
        }
        for Counted { command, payment, .. } in
            self.counted.iter().filter(|it| it.kept == Kept::EndsOrder)
        {
            let order = payment.facts().order;
            if let Some(file) = self.files.get(&order) {
                release(tx, &command.act, file.order().facts())?;
            }
            settle_payments(tx, &command.act, order, Cause::OrderCanceled)
                .map_err(Error::defect)?;
        }
        Ok(())
    }
}

fn keep_or_send_back(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &mut OrderFile,
    policy: LatePolicy,
    rules: &InForce<Verdict>,
) -> Result<Kept, FileError> {
    let status = file.order().status();
    if status == Status::Placed && file.has_expired_holds() {
        let facts = LateFacts {
            order_open: true,
            stock_ok: file.can_rehold(),
            consent: file.stored.accepts_backorder,
        };
        match late_money(policy, facts) {
            LateMoney::Reserve | LateMoney::BackorderWithConsent => file.rehold_or_wait(act)?,
            LateMoney::RefundAll => {
                file.cancel(act, CancelReason::OutOfStock)?;
                return Ok(Kept::EndsOrder);
            }
        }
    }
    match status {
        Status::Placed if file.order().facts().milestones.paid_at.is_some() => {
            if file.order().facts().review == Review::Pending {
                file.let_rules_decide(tx, act, rules)?;
            }
            if file.order().ready_to_confirm().is_ok() {
                file.confirm(&Act { actor: Actor::REVIEW, ..act.clone() })?;
                return Ok(Kept::Confirmed);
            }
            Ok(Kept::Waits)
        }
        Status::Canceled | Status::Rejected => Ok(Kept::TooLate),
        _ => Ok(Kept::Waits),
    }
}
