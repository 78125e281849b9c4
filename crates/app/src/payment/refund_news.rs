//! What a gateway says became of a refund, by its answer, a notice, or when asked.

use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{PaymentId, RefundId};
use ordermill_domain::ledger::Posting;
use ordermill_domain::refund::{Refund, State};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, ledger, payment, refund, task};

use super::settings::{PaymentSettings, wait_after};
use crate::dispute::money::{Room, look_for_excess, room_for};
use crate::order::file::{FileError, OrderFile};

/// News about one refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefundReport {
    pub(crate) refund: RefundId,
    /// The payment that the gateway says it comes out of.
    pub(crate) payment: PaymentId,
    pub(crate) news: RefundNews,
    pub(crate) source: Source,
}

/// How the news came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The gateway was asked: this is how it is.
    Answer,
    /// The gateway told it by itself, perhaps long ago: this is how it was.
    Notice,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefundNews {
    /// The buyer gets this much.
    Sent(Money),
    /// Nothing left, for this reason in the gateway's words.
    Failed(String),
}

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefundRecorded {
    /// It is as told, or will be asked about.
    Noted,
    /// No such refund of that payment.
    NotFound,
    /// It is not what we asked for; a person looks at it.
    Mismatch(String),
}

impl RefundReport {
    /// Records the news, each once. Under the lock of the order, as all that moves its money.
    pub(crate) fn record(
        &self,
        tx: &mut Tx<'_>,
        act: &Act,
        settings: &PaymentSettings,
    ) -> Result<RefundRecorded, Error> {
        let unlocked = refund::fetch(tx, self.refund)?;
        let Some(unlocked) = unlocked.filter(|it| it.facts().key.payment == self.payment) else {
            return Ok(RefundRecorded::NotFound);
        };
        let file = OrderFile::load(tx, unlocked.facts().order).map_err(FileError::into_storage)?;
        let refund = refund::fetch_for_update(tx, self.refund)?.ok_or(Error::Stale("a refund"))?;
        match &self.news {
            RefundNews::Sent(amount) => record_sent(tx, act, file, refund, *amount),
            RefundNews::Failed(_) if refund.state() == State::Withdrawn => {
                refund::set_ask_at(tx, self.refund, None)?;
                Ok(RefundRecorded::Noted)
            }
            RefundNews::Failed(_) if refund.state() == State::Succeeded => {
                doubt_success(tx, act, &refund, self.source)
            }
            RefundNews::Failed(reason) => record_failed(tx, act, refund, reason, settings),
        }
    }
}

fn record_sent(
    tx: &mut Tx<'_>,
    act: &Act,
    mut file: OrderFile,
    mut refund: Refund,
    amount: Money,
) -> Result<RefundRecorded, Error> {
    let before = *refund.facts();
    if amount != before.amount {
        let why = format!("sent back {} instead of {}", amount.minor, before.amount.minor);
        ask_a_person(tx, act, &refund, &why)?;
        return Ok(RefundRecorded::Mismatch(why));
    }
    match refund.succeed(act.at) {
        Ok(Some(event)) => {
            refund::update(tx, &refund, before.version, None)?;
            refund::record(tx, act, &refund, &event)?;
            let payment = payment::fetch(tx, before.key.payment)?;
            let posting = match payment.as_ref().is_some_and(|it| it.facts().is_held_by_channel()) {
                true => Posting::refunded_by_channel(amount),
                false => Posting::refund_succeeded(amount),
            };
            let posting = posting.map_err(Error::defect)?;
            ledger::post(tx, before.order, &posting, act.at)?;
            file.record_refunded(act, amount.minor).map_err(FileError::into_storage)?;
            file.save(tx)?;
            task::close(tx, TaskKind::RefundFailed, before.id, "sent", act.at)?;
            if let Some(payment) = payment {
                look_for_excess(tx, act, &payment)?;
            }
        }
        Ok(None) => refund::set_ask_at(tx, before.id, None)?,
        Err(_) if before.state == State::Withdrawn => {
            refund::set_ask_at(tx, before.id, None)?;
            ask_a_person(tx, act, &refund, "it was sent although the bank had taken its money")?;
        }
        // We believe that it was never sent or has failed: the gateway is asked at once.
        Err(_) => ask_at_once(tx, act, refund)?,
    }
    Ok(RefundRecorded::Noted)
}

/// Has the gateway asked about a refund that it may have sent. One whose money a bank wants would wait for
/// that dispute unasked, so that it is noted as requested first: then it is asked about and not sent.
fn ask_at_once(tx: &mut Tx<'_>, act: &Act, mut refund: Refund) -> Result<(), Error> {
    let before = *refund.facts();
    let payment = payment::fetch(tx, before.key.payment)?.ok_or(Error::Stale("a payment"))?;
    if room_for(tx, &payment, &refund)? == Room::Enough {
        return refund::set_ask_at(tx, before.id, Some(act.at));
    }
    let event = refund.request(act.at).map_err(Error::defect)?;
    refund::update(tx, &refund, before.version, Some(act.at))?;
    refund::record(tx, act, &refund, &event)
}

fn record_failed(
    tx: &mut Tx<'_>,
    act: &Act,
    mut refund: Refund,
    reason: &str,
    settings: &PaymentSettings,
) -> Result<RefundRecorded, Error> {
    let before = *refund.facts();
    let Ok(event) = refund.fail(act.at) else { return Ok(RefundRecorded::Noted) };
    let tries = attempt(&refund);
    let again_at = act.at + wait_after(&settings.refund_after, tries);
    refund::update(tx, &refund, before.version, Some(again_at))?;
    refund::record(tx, act, &refund, &event)?;
    refund::set_failure(tx, before.id, reason)?;
    if tries >= settings.refund_tries {
        ask_a_person(tx, act, &refund, reason)?;
    }
    Ok(RefundRecorded::Noted)
}

/// A refund that succeeded is said to have failed. A notice may be about an attempt before it, so
/// the gateway is asked; if it stays with that, it is a matter for a person.
fn doubt_success(
    tx: &mut Tx<'_>,
    act: &Act,
    refund: &Refund,
    source: Source,
) -> Result<RefundRecorded, Error> {
    let id = refund.facts().id;
    match source {
        Source::Notice => refund::set_ask_at(tx, id, Some(act.at))?,
        Source::Answer => {
            refund::set_ask_at(tx, id, None)?;
            ask_a_person(tx, act, refund, "the gateway takes back that it was sent")?;
        }
    }
    Ok(RefundRecorded::Noted)
}

/// Opens the task of a refund that does not get on.
pub(super) fn ask_a_person(
    tx: &mut Tx<'_>,
    act: &Act,
    refund: &Refund,
    why: &str,
) -> Result<(), Error> {
    let facts = refund.facts();
    let detail = serde_json::json!({ "order": facts.order, "error": why }).to_string();
    task::open(tx, TaskKind::RefundFailed, facts.id, &detail, None, act.at)
}

/// Which attempt to send it this is or was, from 1: granted, requested, failed, requested, …
pub(super) fn attempt(refund: &Refund) -> i64 {
    refund.facts().version / 2
}
