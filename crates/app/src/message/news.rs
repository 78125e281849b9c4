//! Which entries of the journal a buyer is told of.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::deadline::{self, DeadlineKind};
use ordermill_domain::event::Event;
use ordermill_domain::ids::{ChoiceId, OrderId, PaymentId, RefundId};
use ordermill_domain::message::Cause;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, channel, message, order, payment, refund};

use super::{BuyerMessages, parcel};
use crate::catalog::settings;
use crate::choice;
use crate::reader::{ReadError, Reader};

/// What is older than this when it is read is no news: the history that came with an import, or
/// everything that happened while nobody could read.
pub const FRESH: Span = Span::days(1);

/// Kinds of which [`news`] makes something.
const KINDS: &[&str] = &[
    "order.paid",
    "order.canceled",
    "order.completed",
    "payment.failed",
    "refund.succeeded",
    "deadline.warned",
    "shipment.handed_over",
    "shipment.tracked",
    "shipment.delivered",
    choice::ASKED,
];

/// The reader that turns what happened into messages.
pub fn reader() -> Reader {
    let reader = Reader::new("messages", |tx, entries, now| {
        let (wanted, _) = settings::read::<BuyerMessages>(tx)?;
        for entry in entries.iter().filter(|entry| entry.at + FRESH > now) {
            take_in(tx, entry, &wanted, now)?;
        }
        Ok(())
    });
    Reader { kinds: Some(KINDS), ..reader }
}

fn take_in(
    tx: &mut Tx<'_>,
    entry: &Entry,
    wanted: &BuyerMessages,
    now: Timestamp,
) -> Result<(), ReadError> {
    let Some(News { orders, cause, subject }) = news(tx, entry, now)? else { return Ok(()) };
    for order in orders {
        if wanted.wants(cause) && is_ours_to_tell(tx, order)? {
            message::insert_once(tx, order, cause, subject, now)?;
        }
    }
    Ok(())
}

/// What the buyers of orders are told, and about what.
struct News {
    orders: Vec<OrderId>,
    cause: Cause,
    subject: i64,
}

impl News {
    fn of(order: OrderId, cause: Cause, subject: i64) -> Self {
        Self { orders: vec![order], cause, subject }
    }
}

/// What an entry means to buyers.
fn news(tx: &mut Tx<'_>, entry: &Entry, now: Timestamp) -> Result<Option<News>, ReadError> {
    let id = entry.aggregate_id;
    if entry.kind.starts_with("shipment.") {
        let found = parcel::news(tx, entry, now)?;
        return Ok(found.map(|(orders, cause)| News { orders, cause, subject: id }));
    }
    Ok(match entry.kind.as_str() {
        "order.paid" => Some(News::of(OrderId::from_raw(id), Cause::Paid, 0)),
        "order.canceled" => Some(News::of(OrderId::from_raw(id), Cause::Canceled, 0)),
        "order.completed" => Some(News::of(OrderId::from_raw(id), Cause::Completed, 0)),
        "payment.failed" => payment::fetch(tx, PaymentId::from_raw(id))?
            .map(|payment| News::of(payment.facts().order, Cause::PaymentFailed, id)),
        "refund.succeeded" => refund::fetch(tx, RefundId::from_raw(id))?
            .map(|refund| News::of(refund.facts().order, Cause::Refunded, id)),
        choice::ASKED => choice::order_of(tx, ChoiceId::from_raw(id))?
            .map(|order| News::of(order, Cause::MissingPieces, id)),
        "deadline.warned" => {
            let event = Event::from_json(&entry.kind, &entry.body);
            let event = event.map_err(|error| ReadError::Entry(error.to_string()))?;
            let is_due = matches!(
                event,
                Event::Deadline(deadline::Event::Warned { deadline: DeadlineKind::Pay, .. })
            );
            is_due.then(|| News::of(OrderId::from_raw(id), Cause::PaymentDue, 0))
        }
        _ => None,
    })
}

/// A marketplace talks to its buyers itself; those of the own shop and of direct integrations hear
/// from us.
pub(crate) fn is_ours_to_tell(tx: &mut Tx<'_>, order: OrderId) -> Result<bool, Error> {
    let Some(stored) = order::fetch(tx, order)? else { return Ok(false) };
    let channel = channel::fetch(tx, stored.order.facts().channel)?;
    // A channel that is not on record is none that talks to anybody.
    Ok(channel.is_none_or(|channel| matches!(channel.kind.as_str(), "shop" | "api")))
}
