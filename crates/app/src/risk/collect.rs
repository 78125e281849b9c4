//! The reader that collects: marks of every order, and signals of what became of it.
//!
//! It runs a moment behind, so that random keys stay off the road of a new order. An order that is decided
//! before the reader has come to it is decided without marks, and a rule that asks for them does not match.

use std::sync::Arc;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::dispute as disputes;
use ordermill_domain::event::Event;
use ordermill_domain::ids::{CustomerId, OrderId};
use ordermill_domain::order::{self as orders, CancelReason};
use ordermill_domain::refund::{self as refunds, Cause};
use ordermill_domain::risk::{ACCOUNTS_USUAL, Marks, SignalKind, SubjectKind};
use ordermill_storage::journal::Entry;
use ordermill_storage::risk::{self, Signal};
use ordermill_storage::{Error, Tx, order, payment};

use super::{marks, subjects};
use crate::privacy::Vault;
use crate::reader::{ReadError, Reader, Write};

/// The name of the journal's reader.
pub const READER: &str = "risk";

/// Orders of a phone or an address over which accounts are counted.
const ORDERS_COUNTED: i64 = 200;

/// What it reads.
const KINDS: &[&str] =
    &["order.placed", "order.canceled", "order.rejected", "refund.succeeded", "dispute.opened"];

/// What a batch leads to.
#[derive(Default)]
struct Found {
    marks: Vec<(OrderId, Marks)>,
    signals: Vec<Signal>,
}

/// Collects marks and signals.
pub fn reader(vault: Vault) -> Reader {
    let vault = Arc::new(vault);
    let prepare = move |tx: &mut Tx<'_>, entries: Vec<Entry>, _now: Timestamp| {
        let mut found = Found::default();
        for entry in &entries {
            take_in(tx, &vault, entry, &mut found)?;
        }
        let write: Write = Box::new(move |tx| {
            for (order, marks) in &found.marks {
                risk::insert_marks(tx, *order, marks)?;
            }
            for signal in &found.signals {
                risk::insert_signal(tx, signal)?;
            }
            Ok(())
        });
        Ok(write)
    };
    Reader { kinds: Some(KINDS), ..Reader::prepared(READER, prepare) }
}

fn take_in(
    tx: &mut Tx<'_>,
    vault: &Vault,
    entry: &Entry,
    found: &mut Found,
) -> Result<(), ReadError> {
    let event = Event::from_json(&entry.kind, &entry.body)
        .map_err(|error| ReadError::Entry(error.to_string()))?;
    match event {
        Event::Order(orders::Event::Placed(placed)) => {
            let id = OrderId::from_raw(entry.aggregate_id);
            let Some(marks) = marks_of(tx, vault, id)? else { return Ok(()) };
            found.marks.push((id, marks));
            placed_signals(tx, id, placed.customer, &marks, entry.at, found)
        }
        Event::Order(orders::Event::Canceled { reason, .. }) => {
            // Only what they did themselves speaks against somebody.
            let kind = match reason {
                CancelReason::Buyer => SignalKind::Cancel,
                CancelReason::Fraud => SignalKind::Refused,
                CancelReason::Undeliverable => SignalKind::FakeAddress,
                _ => return Ok(()),
            };
            against(tx, OrderId::from_raw(entry.aggregate_id), kind, entry.at, found)
        }
        Event::Order(orders::Event::Rejected) => {
            let id = OrderId::from_raw(entry.aggregate_id);
            against(tx, id, SignalKind::Refused, entry.at, found)
        }
        Event::Dispute(disputes::Event::Opened(opened)) => {
            against(tx, opened.order, SignalKind::Chargeback, entry.at, found)
        }
        Event::Refund(refunds::Event::Succeeded) => {
            let id = Id::from_raw(entry.aggregate_id);
            let Some(refund) = ordermill_storage::refund::fetch(tx, id)? else { return Ok(()) };
            let facts = *refund.facts();
            if !matches!(facts.key.cause, Cause::ByHand | Cause::AfterSale) {
                return Ok(());
            }
            let orders = payment::orders_of(tx, &[facts.key.payment])?;
            let Some((_, id)) = orders.first().copied() else { return Ok(()) };
            against(tx, id, SignalKind::Refund, entry.at, found)
        }
        _ => Ok(()),
    }
}

/// The marks of an order; none if its recipient does not open, which is logged where contacts are indexed.
pub(super) fn marks_of(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: OrderId,
) -> Result<Option<Marks>, Error> {
    let found = order::recipients(tx, &[id])?.pop();
    let opened = found.and_then(|(_, sealed)| vault.open_recipient(id, &sealed).ok());
    Ok(opened.map(|contact| marks::of(&vault.keyring(), &contact)))
}

/// What speaks against somebody at once when an order is placed.
fn placed_signals(
    tx: &mut Tx<'_>,
    id: OrderId,
    customer: Option<CustomerId>,
    marks: &Marks,
    at: Timestamp,
    found: &mut Found,
) -> Result<(), ReadError> {
    let mut signal = |subject, kind| {
        found.signals.push(Signal { subject, kind, order: id, seen_at: at });
    };
    let all = subjects(customer, Some(marks));
    if marks.suspicions > 1 {
        all.iter().for_each(|subject| signal(*subject, SignalKind::FakeAddress));
    }
    // Those of this batch are not counted yet: the next order of the same hand tells.
    let (by_phone, by_address) = risk::accounts_of(tx, marks, ORDERS_COUNTED)?;
    for subject in all {
        let accounts = match subject.kind {
            SubjectKind::Phone => by_phone,
            SubjectKind::Address => by_address,
            SubjectKind::Buyer => 0,
        };
        if accounts > ACCOUNTS_USUAL {
            signal(subject, SignalKind::ManyAccounts);
        }
    }
    Ok(())
}

/// Something speaks against the buyer, the phone and the address of an order.
fn against(
    tx: &mut Tx<'_>,
    id: OrderId,
    kind: SignalKind,
    at: Timestamp,
    found: &mut Found,
) -> Result<(), ReadError> {
    let Some(stored) = order::fetch(tx, id)? else { return Ok(()) };
    // Its marks may be of this very batch.
    let known = found.marks.iter().find(|(order, _)| *order == id).map(|(_, marks)| *marks);
    let marks = match known {
        Some(marks) => Some(marks),
        None => risk::marks_of(tx, id)?,
    };
    let all = subjects(stored.order.facts().customer, marks.as_ref()).into_iter();
    found.signals.extend(all.map(|subject| Signal { subject, kind, order: id, seen_at: at }));
    Ok(())
}
