//! The reader that collects: marks of every order, and signals of what became of it.
//!
//! It runs a moment behind, so that random keys stay off the road of a new order. An order that is decided
//! before the reader has come to it is decided without marks, and a rule that asks for them does not match.

use std::collections::BTreeMap;
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
        let events = entries.into_iter().map(|entry| {
            let event = Event::from_json(&entry.kind, &entry.body)
                .map_err(|error| ReadError::Entry(error.to_string()))?;
            Ok((entry.aggregate_id, entry.at, event))
        });
        let events: Vec<(i64, Timestamp, Event)> = events.collect::<Result<_, ReadError>>()?;
        let mut found = Found::default();
        take_in_placed(tx, &vault, &events, &mut found)?;
        for (id, at, event) in &events {
            take_in_ended(tx, (*id, *at), event, &mut found)?;
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

/// Marks new orders, and tells what speaks against somebody at once.
fn take_in_placed(
    tx: &mut Tx<'_>,
    vault: &Vault,
    events: &[(i64, Timestamp, Event)],
    found: &mut Found,
) -> Result<(), ReadError> {
    let placed = events.iter().filter_map(|(id, at, event)| match event {
        Event::Order(orders::Event::Placed(placed)) => {
            Some((OrderId::from_raw(*id), (placed.customer, *at)))
        }
        _ => None,
    });
    let placed: BTreeMap<OrderId, (Option<CustomerId>, Timestamp)> = placed.collect();
    let ids: Vec<OrderId> = placed.keys().copied().collect();
    let mut asked = Vec::with_capacity(ids.len());
    for (id, sealed) in order::recipients(tx, &ids)? {
        if let Some(marks) = opened(vault, id, &sealed) {
            found.marks.push((id, marks));
            // Those of this batch are not counted yet: the next order of the same hand tells.
            asked.push((id, marks, risk::ask_accounts_of(tx, &marks, ORDERS_COUNTED)?));
        }
    }
    for (id, marks, accounts) in asked {
        let accounts = accounts.only(tx)?.unwrap_or_default();
        if let Some((customer, at)) = placed.get(&id) {
            placed_signals((id, *at), *customer, &marks, accounts, found);
        }
    }
    Ok(())
}

/// What speaks against somebody when an order or a refund comes to its end.
fn take_in_ended(
    tx: &mut Tx<'_>,
    (raw, at): (i64, Timestamp),
    event: &Event,
    found: &mut Found,
) -> Result<(), ReadError> {
    match event {
        Event::Order(orders::Event::Canceled { reason, .. }) => {
            // Only what they did themselves speaks against somebody.
            let kind = match reason {
                CancelReason::Buyer => SignalKind::Cancel,
                CancelReason::Fraud => SignalKind::Refused,
                CancelReason::Undeliverable => SignalKind::FakeAddress,
                _ => return Ok(()),
            };
            against(tx, OrderId::from_raw(raw), kind, at, found)
        }
        Event::Order(orders::Event::Rejected) => {
            against(tx, OrderId::from_raw(raw), SignalKind::Refused, at, found)
        }
        Event::Dispute(disputes::Event::Opened(opened)) => {
            against(tx, opened.order, SignalKind::Chargeback, at, found)
        }
        Event::Refund(refunds::Event::Succeeded) => {
            let Some(refund) = ordermill_storage::refund::fetch(tx, Id::from_raw(raw))? else {
                return Ok(());
            };
            let facts = *refund.facts();
            if !matches!(facts.key.cause, Cause::ByHand | Cause::AfterSale) {
                return Ok(());
            }
            let orders = payment::orders_of(tx, &[facts.key.payment])?;
            let Some((_, id)) = orders.first().copied() else { return Ok(()) };
            against(tx, id, SignalKind::Refund, at, found)
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
    Ok(found.and_then(|(_, sealed)| opened(vault, id, &sealed)))
}

fn opened(vault: &Vault, id: OrderId, sealed: &[u8]) -> Option<Marks> {
    let contact = vault.open_recipient(id, sealed).ok()?;
    Some(marks::of(&vault.keyring(), &contact))
}

/// What speaks against somebody at once when an order is placed; `accounts` is how many have ordered to its
/// phone and to its address.
fn placed_signals(
    (id, at): (OrderId, Timestamp),
    customer: Option<CustomerId>,
    marks: &Marks,
    (by_phone, by_address): (i64, i64),
    found: &mut Found,
) {
    let mut signal = |subject, kind| {
        found.signals.push(Signal { subject, kind, order: id, seen_at: at });
    };
    let all = subjects(customer, Some(marks));
    if marks.suspicions > 1 {
        all.iter().for_each(|subject| signal(*subject, SignalKind::FakeAddress));
    }
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
