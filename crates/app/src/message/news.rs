//! Which entries of the journal a buyer is told of.

use std::collections::BTreeSet;

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::deadline::{self, DeadlineKind};
use ordermill_domain::event::Event;
use ordermill_domain::ids::{ChoiceId, OrderId, PaymentId, RefundId, ShipmentId};
use ordermill_domain::message::Cause;
use ordermill_domain::order::Event as OrderEvent;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, message, order, payment, refund};

use super::BuyerMessages;
use super::parcel::{self, Parcels};
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
    "order.substituted",
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
        let fresh: Vec<&Entry> = entries.iter().filter(|it| it.at + FRESH > now).collect();
        take_in(tx, &fresh, &wanted, now)
    });
    Reader { kinds: Some(KINDS), ..reader }
}

fn take_in(
    tx: &mut Tx<'_>,
    entries: &[&Entry],
    wanted: &BuyerMessages,
    now: Timestamp,
) -> Result<(), ReadError> {
    let mut all = of_parcels(tx, entries, now)?;
    for entry in entries {
        all.extend(news(tx, entry)?);
    }
    all.retain(|news| wanted.wants(news.cause));
    let orders: BTreeSet<OrderId> = all.iter().map(|news| news.order).collect();
    let ours = ours_to_tell(tx, orders)?;
    for News { order, cause, subject } in all {
        if ours.contains(&order) {
            message::insert_once(tx, order, cause, subject, now)?;
        }
    }
    Ok(())
}

/// What the buyer of an order is told, and about what.
struct News {
    order: OrderId,
    cause: Cause,
    subject: i64,
}

impl News {
    fn of(order: OrderId, cause: Cause, subject: i64) -> Self {
        Self { order, cause, subject }
    }
}

/// What entries about parcels mean to the buyers of whatever is in them.
fn of_parcels(tx: &mut Tx<'_>, entries: &[&Entry], now: Timestamp) -> Result<Vec<News>, ReadError> {
    let mut causes = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind.starts_with("shipment.")) {
        let id = ShipmentId::from_raw(entry.aggregate_id);
        causes.extend(parcel::cause_of(entry, now)?.map(|cause| (id, cause)));
    }
    if causes.is_empty() {
        return Ok(Vec::new());
    }
    let parcels = Parcels::load(tx, causes.iter().map(|(id, _)| *id).collect())?;
    let news = |(id, cause): (ShipmentId, Cause)| {
        let orders = parcels.told(id, cause).into_iter();
        orders.map(move |order| News::of(order, cause, id.raw()))
    };
    Ok(causes.into_iter().flat_map(news).collect())
}

/// What any other entry means to a buyer.
fn news(tx: &mut Tx<'_>, entry: &Entry) -> Result<Option<News>, ReadError> {
    let id = entry.aggregate_id;
    Ok(match entry.kind.as_str() {
        "order.paid" => Some(News::of(OrderId::from_raw(id), Cause::Paid, 0)),
        "order.canceled" => Some(News::of(OrderId::from_raw(id), Cause::Canceled, 0)),
        "order.completed" => Some(News::of(OrderId::from_raw(id), Cause::Completed, 0)),
        "order.substituted" => match event_of(entry)? {
            Event::Order(OrderEvent::Substituted { line, .. }) => {
                let line_no = line.line_no.into();
                Some(News::of(OrderId::from_raw(id), Cause::Substituted, line_no))
            }
            _ => None,
        },
        "payment.failed" => payment::fetch(tx, PaymentId::from_raw(id))?
            .map(|payment| News::of(payment.facts().order, Cause::PaymentFailed, id)),
        "refund.succeeded" => refund::fetch(tx, RefundId::from_raw(id))?
            .map(|refund| News::of(refund.facts().order, Cause::Refunded, id)),
        choice::ASKED => choice::order_of(tx, ChoiceId::from_raw(id))?
            .map(|order| News::of(order, Cause::MissingPieces, id)),
        "deadline.warned" => {
            let is_due = matches!(
                event_of(entry)?,
                Event::Deadline(deadline::Event::Warned { deadline: DeadlineKind::Pay, .. })
            );
            is_due.then(|| News::of(OrderId::from_raw(id), Cause::PaymentDue, 0))
        }
        _ => None,
    })
}

fn event_of(entry: &Entry) -> Result<Event, ReadError> {
    let event = Event::from_json(&entry.kind, &entry.body);
    event.map_err(|error| ReadError::Entry(error.to_string()))
}

/// Those of these orders whose buyers hear from us: of the own shop and of direct integrations. A
/// marketplace talks to its buyers itself.
pub(crate) fn ours_to_tell(
    tx: &mut Tx<'_>,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<BTreeSet<OrderId>, Error> {
    let orders: Vec<OrderId> = orders.into_iter().collect();
    let kinds = order::channel_kinds(tx, &orders)?.into_iter();
    // A channel that is not on record is none that talks to anybody.
    let is_ours = |kind: Option<String>| kind.is_none_or(|kind| kind == "shop" || kind == "api");
    Ok(kinds.filter_map(|(order, kind)| is_ours(kind).then_some(order)).collect())
}
