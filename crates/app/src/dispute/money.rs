//! The money of disputes: where it stands in the books, and what becomes of refunds that want the same money.
//!
//! What a bank holds must not leave a second time. A refund that was granted and does not fit beside what is
//! under dispute waits. When the bank has taken the money, a refund that no longer fits is withdrawn: its
//! buyer has it. When we have won, what waited is sent. Of an order that has ended meanwhile, all that is left
//! then goes back.
//!
//! A refund that was with the gateway when the dispute came in may have left all the same. That is a fact and
//! recorded as one; the excess becomes a task of finance, and `ordermill check` names it.

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::dispute::Dispute;
use ordermill_domain::ids::{OrderId, RefundId};
use ordermill_domain::ledger::{NotPostable, Posting};
use ordermill_domain::order::Status;
use ordermill_domain::payment::Payment;
use ordermill_domain::refund::{Cause, Refund, Refundable};
use ordermill_storage::{Error, Tx, dispute, ledger, order, payment, refund};

use super::news::ask_a_person;
use crate::payment::refund::grant_refund;

/// What of a payment may be promised back: for a reason that can wait, beside what banks took for good; for
/// one that cannot, also beside what they hold.
pub(crate) fn refundable(
    tx: &mut Tx<'_>,
    payment: &Payment,
    waits: bool,
) -> Result<Refundable, Error> {
    let facts = payment.facts();
    let granted_minor = refund::granted_minor(tx, facts.id)?;
    let sums = dispute::sums_of(tx, facts.id)?;
    Ok(Refundable {
        captured: facts.amount,
        granted_minor,
        charged_back_minor: sums.charged_back_minor,
        disputed_minor: if waits { 0 } else { sums.disputed_minor },
    })
}

/// Whether a refund may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Its money is there.
    Enough,
    /// A bank holds it: it is seen when that is decided.
    AtDispute,
    /// A bank has it for good.
    Gone,
}

/// Whether there is money for a refund beside what is under way, held or gone of its payment.
pub(crate) fn room_for(tx: &mut Tx<'_>, payment: &Payment, wanted: &Refund) -> Result<Room, Error> {
    let facts = payment.facts();
    let sums = dispute::sums_of(tx, facts.id)?;
    if sums == dispute::Sums::default() {
        return Ok(Room::Enough);
    }
    let under_way = refund::under_way_minor(tx, facts.id, wanted.facts().id)?;
    let left = facts.amount.minor - under_way - sums.charged_back_minor;
    let wanted = wanted.facts().amount.minor;
    Ok(match () {
        () if wanted <= left - sums.disputed_minor => Room::Enough,
        () if wanted <= left => Room::AtDispute,
        () => Room::Gone,
    })
}

/// A dispute was opened: the gateway keeps its money, and perhaps a fee.
pub(super) fn withheld(tx: &mut Tx<'_>, act: &Act, dispute: &Dispute) -> Result<(), Error> {
    let terms = &dispute.facts().terms;
    book(tx, act, terms.order, Posting::dispute_opened(terms.amount))?;
    if terms.fee_minor > 0 {
        let fee = Money::new(terms.fee_minor, terms.amount.currency);
        book(tx, act, terms.order, Posting::dispute_fee(fee))?;
    }
    Ok(())
}

/// The money is ours again: what waited for it goes on.
pub(super) fn won(
    tx: &mut Tx<'_>,
    act: &Act,
    dispute: &Dispute,
    payment: &Payment,
) -> Result<(), Error> {
    let terms = &dispute.facts().terms;
    book(tx, act, terms.order, Posting::dispute_won(terms.amount))?;
    go_on(tx, act, dispute, payment)
}

/// The money is gone.
pub(super) fn lost(
    tx: &mut Tx<'_>,
    act: &Act,
    dispute: &Dispute,
    payment: &Payment,
) -> Result<(), Error> {
    let terms = &dispute.facts().terms;
    book(tx, act, terms.order, Posting::dispute_lost(terms.amount))?;
    let stored = order::fetch_for_update(tx, terms.order)?.ok_or(Error::Stale("an order"))?;
    let mut order = stored.order;
    let before = order.version();
    let event = order.record_charged_back(terms.amount.minor, act.at).map_err(Error::defect)?;
    order::update(tx, &order, before)?;
    order::record(tx, act, terms.order, order.version(), &event)?;
    look_for_excess(tx, act, payment)?;
    go_on(tx, act, dispute, payment)
}

/// Refunds that waited are sent, or withdrawn if their money is gone; of an order that has ended, the rest
/// goes back.
fn go_on(tx: &mut Tx<'_>, act: &Act, dispute: &Dispute, payment: &Payment) -> Result<(), Error> {
    for waiting in refund::open_of_for_update(tx, payment.facts().id)? {
        let may_have_left = waiting.state().may_have_left();
        if !may_have_left && room_for(tx, payment, &waiting)? == Room::Gone {
            withdraw(tx, act, waiting)?;
        } else {
            refund::set_ask_at(tx, waiting.facts().id, Some(act.at))?;
        }
    }
    give_rest(tx, act, payment, dispute.facts().id.raw())
}

/// Of an order that has ended, all that is left of a payment goes back.
fn give_rest(tx: &mut Tx<'_>, act: &Act, payment: &Payment, subject: i64) -> Result<(), Error> {
    let facts = payment.facts();
    let stored = order::fetch(tx, facts.order)?.ok_or(Error::Stale("an order"))?;
    if !matches!(stored.order.status(), Status::Canceled | Status::Rejected) {
        return Ok(());
    }
    let left = Money::new(refundable(tx, payment, true)?.left_minor(), facts.amount.currency);
    if left.minor > 0 {
        let granted = grant_refund(tx, act, payment, Cause::DisputeClosed, subject, left);
        granted.map_err(Error::defect)?;
    }
    Ok(())
}

/// A refund whose money is gone is owed no more: one that was with the gateway when its dispute ended, and
/// did not leave. Under the order's lock, as all that moves its money.
pub(crate) fn withdraw_if_gone(tx: &mut Tx<'_>, act: &Act, id: RefundId) -> Result<(), Error> {
    let Some(unlocked) = refund::fetch(tx, id)? else { return Ok(()) };
    order::fetch_for_update(tx, unlocked.facts().order)?;
    let owed = refund::fetch_for_update(tx, id)?.ok_or(Error::Stale("a refund"))?;
    let payment = payment::fetch(tx, owed.facts().key.payment)?;
    let payment = payment.ok_or(Error::Stale("a payment"))?;
    let may_have_left = owed.state().may_have_left() || owed.state().is_over();
    if may_have_left || room_for(tx, &payment, &owed)? != Room::Gone {
        return Ok(());
    }
    withdraw(tx, act, owed)?;
    give_rest(tx, act, &payment, id.raw())
}

/// A refund is owed no more: the buyer's bank took its money.
fn withdraw(tx: &mut Tx<'_>, act: &Act, mut owed: Refund) -> Result<(), Error> {
    let before = *owed.facts();
    let event = owed.withdraw(act.at).map_err(Error::defect)?;
    refund::update(tx, &owed, before.version, None)?;
    refund::record(tx, act, &owed, &event)?;
    book(tx, act, before.order, Posting::refund_withdrawn(before.amount))?;
    close_task(tx, act, before.id)
}

fn close_task(tx: &mut Tx<'_>, act: &Act, id: RefundId) -> Result<(), Error> {
    let kind = ordermill_domain::task::TaskKind::RefundFailed;
    ordermill_storage::task::close(tx, kind, id, "withdrawn", act.at)
}

/// More may have left than came in: a refund that was under way, and the bank. A person asks for it back.
pub(crate) fn look_for_excess(tx: &mut Tx<'_>, act: &Act, payment: &Payment) -> Result<(), Error> {
    let facts = payment.facts();
    let sums = dispute::sums_of(tx, facts.id)?;
    let taken = sums.disputed_minor + sums.charged_back_minor;
    let sent = refund::sent_minor(tx, facts.id)?;
    if taken == 0 || sent + taken <= facts.amount.minor {
        return Ok(());
    }
    let why = format!(
        "{sent} were refunded and {taken} are disputed or taken back, of {} that came in",
        facts.amount.minor
    );
    ask_a_person(tx, act, payment, &why)
}

fn book(
    tx: &mut Tx<'_>,
    act: &Act,
    order: OrderId,
    posting: Result<Posting, NotPostable>,
) -> Result<(), Error> {
    ledger::post(tx, order, &posting.map_err(Error::defect)?, act.at).map(drop)
}
