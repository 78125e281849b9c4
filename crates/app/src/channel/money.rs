//! Money that a channel holds for us: it collected it from the buyer, and sends it back itself.

use std::sync::Arc;

use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::PaymentTerms;
use ordermill_domain::order::review::Verdict;
use ordermill_domain::payment::{self as rules, LatePolicy, NewPayment, Payment, State};
use ordermill_domain::refund::Cause;
use ordermill_storage::{BatchCommand as _, Error, Tx, order, payment, refund};

use crate::dispute::money::refundable;
use crate::payment::PaymentSettings;
use crate::payment::capture::{CapturedMoney, RecordCapture};
use crate::payment::refund::grant_refund;
use crate::payment::refund_news::{RefundNews, RefundReport, Source};
use crate::rule_table::InForce;

/// Records that the channel has collected an order's money, once. Under the order's lock.
pub(super) fn collected(
    tx: &mut Tx<'_>,
    act: &Act,
    id: OrderId,
    code: &str,
    account: &str,
    reference: &str,
    (policy, rules): (LatePolicy, &Arc<InForce<Verdict>>),
) -> Result<(), Error> {
    let stored = order::fetch_for_update(tx, id)?.ok_or(Error::Stale("an order"))?;
    let facts = stored.order.facts();
    let amount = facts.amounts.total();
    let is_cash = facts.terms == PaymentTerms::CashOnDelivery;
    if amount.minor <= 0 || is_cash || of_channel(tx, id, code)?.is_some() {
        return Ok(());
    }
    let gateway = rules::channel_gateway(code);
    let new = NewPayment { order: id, gateway, merchant: account.to_owned(), amount };
    let payment_id: PaymentId = tx.next_id(act.at);
    let (payment, event) = Payment::create(payment_id, new, act.at);
    payment::insert(tx, &payment, None, None)?;
    payment::record(tx, act, &payment, &event)?;
    let money = CapturedMoney {
        payment: payment_id,
        gateway: rules::channel_gateway(code),
        gateway_ref: reference.to_owned(),
        merchant: account.to_owned(),
        amount,
    };
    let command = RecordCapture { act: act.clone(), money, policy, rules: Arc::clone(rules) };
    for captured in RecordCapture::run(&[&command], tx)? {
        captured.map_err(Error::defect)?;
    }
    Ok(())
}

/// Records that the channel has sent all of an order's money back.
pub(super) fn sent_back(
    tx: &mut Tx<'_>,
    act: &Act,
    id: OrderId,
    code: &str,
    settings: &PaymentSettings,
) -> Result<(), Error> {
    let Some(payment) = of_channel(tx, id, code)? else { return Ok(()) };
    let facts = payment.facts().clone();
    let left_minor = refundable(tx, &payment, true)?.left_minor();
    if left_minor > 0 {
        let left = Money::new(left_minor, facts.amount.currency);
        grant_refund(tx, act, &payment, Cause::Channel, 0, left).map_err(Error::defect)?;
    }
    for mut refund in refund::of(tx, id)? {
        let before = *refund.facts();
        if before.key.payment != facts.id || before.state.is_over() {
            continue;
        }
        if let Ok(event) = refund.request(act.at) {
            refund::update(tx, &refund, before.version, None)?;
            refund::record(tx, act, &refund, &event)?;
        }
        let report = RefundReport {
            refund: before.id,
            payment: facts.id,
            news: RefundNews::Sent(before.amount),
            source: Source::Answer,
        };
        report.record(tx, act, settings)?;
    }
    Ok(())
}

/// The money that this channel holds of the order.
fn of_channel(tx: &mut Tx<'_>, order: OrderId, code: &str) -> Result<Option<Payment>, Error> {
    let gateway = rules::channel_gateway(code);
    let mut payments = payment::of(tx, order)?.into_iter();
    Ok(payments.find(|it| it.facts().gateway == gateway && it.state() == State::Captured))
}
