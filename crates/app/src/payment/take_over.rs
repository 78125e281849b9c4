//! Money that moved before we were there: taken over from the books of another system.
//!
//! The facts are recorded by the same commands as those that a gateway reports today, so that ledger,
//! order and history say the same. No gateway is asked about them any more.

use std::sync::Arc;

use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::payment::{InvalidTransition, LatePolicy, NewPayment, Payment};
use ordermill_domain::refund::State;
use ordermill_storage::{BatchCommand as _, Error, Tx, payment, refund};

use super::PaymentSettings;
use super::capture::{Captured, CapturedMoney, PaymentNotFound, RecordCapture};
use super::refund_news::{RefundNews, RefundReport, Source};

/// A payment as the other books have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidBefore {
    /// What was paid.
    pub order: OrderId,
    /// Through which gateway.
    pub gateway: String,
    /// On which account.
    pub merchant: String,
    /// The gateway's transaction.
    pub gateway_ref: String,
    /// How much.
    pub amount: Money,
}

/// Why a payment was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// A defect: a fresh payment can always be submitted.
    #[error(transparent)]
    Step(#[from] InvalidTransition),
    /// A defect: it was stored just before.
    #[error(transparent)]
    NotFound(#[from] PaymentNotFound),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Takes over a payment that was captured at the moment of `act`.
pub fn take_over_payment(
    tx: &mut Tx<'_>,
    act: &Act,
    paid: &PaidBefore,
) -> Result<Captured, TakeOverError> {
    let PaidBefore { order, gateway, merchant, gateway_ref, amount } = paid.clone();
    let (gateway_again, merchant_again) = (gateway.clone(), merchant.clone());
    let id: PaymentId = tx.next_id(act.at);
    let new = NewPayment { order, gateway, merchant, amount };
    let (mut started, event) = Payment::create(id, new, act.at);
    payment::insert(tx, &started, None, None)?;
    payment::record(tx, act, &started, &event)?;
    let version_before = started.facts().version;
    let event = started.submit(Some(gateway_ref.clone()), act.at)?;
    payment::update(tx, &started, version_before)?;
    payment::record(tx, act, &started, &event)?;
    let money = CapturedMoney {
        payment: id,
        gateway: gateway_again,
        gateway_ref,
        merchant: merchant_again,
        amount,
    };
    let (policy, rules) = (LatePolicy::Refund, Arc::default());
    let capture = RecordCapture { act: act.clone(), money, policy, rules };
    let captured = RecordCapture::run(&[&capture], tx)?.pop();
    Ok(captured.ok_or(Error::Stale("a payment"))??)
}

/// Takes over that all money that was promised back on an order has arrived. Gives how many refunds
/// that were.
pub fn take_over_refunds(tx: &mut Tx<'_>, act: &Act, order: OrderId) -> Result<usize, Error> {
    let mut count = 0;
    for mut promised in refund::of(tx, order)? {
        let before = *promised.facts();
        if promised.state() != State::Granted {
            continue;
        }
        let event = promised.request(act.at).map_err(Error::defect)?;
        refund::update(tx, &promised, before.version, None)?;
        refund::record(tx, act, &promised, &event)?;
        let report = RefundReport {
            refund: before.id,
            payment: before.key.payment,
            news: RefundNews::Sent(before.amount),
            source: Source::Answer,
        };
        report.record(tx, act, &PaymentSettings::default())?;
        count += 1;
    }
    Ok(count)
}
