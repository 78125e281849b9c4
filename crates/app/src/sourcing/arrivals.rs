//! Orders that nobody could ship, tried again when pieces come in that they want.
//!
//! A reader of its own and not one more kind of entry for [sourcing](super::reader): stock moves with each
//! parcel that leaves, and while no order waits for a location, none of that is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ordermill_base::{Id as _, Span, Timestamp};
use ordermill_domain::event::Event;
use ordermill_domain::ids::{OrderId, SkuId};
use ordermill_domain::stock;
use ordermill_domain::task::TaskKind;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, reservation, task};

use super::{TRIED_AGAIN_MAX, Wish, by_rules, source_each};
use crate::catalog::CatalogHolder;
use crate::order::claims::is_unsourced;
use crate::reader::{ReadError, Reader};

/// The name of the cursor.
pub const READER: &str = "sourcing.arrivals";
/// A receipt has its moment before it waits for the writer: one that is so little older than the task may have
/// been written after it.
const WRITTEN_WITHIN: Span = Span::minutes(1);

/// Sources orders that wait for a location when pieces have come in, wherever that is.
pub fn reader(catalog: Arc<CatalogHolder>) -> Reader {
    let reader = Reader::new(READER, move |tx, entries, now| {
        let orders = wanting(tx, &arrived(entries)?)?;
        Ok(source_each(tx, &catalog.current(), &by_rules(now), &orders, &Wish::default())?)
    });
    Reader {
        kinds: Some(&["stock.moved"]),
        is_command: true,
        is_needed: Some(Arc::new(somebody_waits)),
        ..reader
    }
}

fn somebody_waits(tx: &mut Tx<'_>) -> Result<bool, Error> {
    Ok(task::subjects_open(tx, TaskKind::Sourcing, 1)?.next().is_some())
}

/// Of what more pieces lie somewhere, and since when.
fn arrived(entries: &[Entry]) -> Result<BTreeMap<SkuId, Timestamp>, ReadError> {
    let mut arrivals = BTreeMap::new();
    for entry in entries {
        let event = Event::from_json(&entry.kind, &entry.body);
        match event.map_err(|error| ReadError::Entry(error.to_string()))? {
            Event::Stock(stock::Event::Moved { sku, delta, .. }) if delta > 0 => {
                let last = arrivals.entry(sku).or_insert(entry.at);
                *last = entry.at.max(*last);
            }
            _ => {}
        }
    }
    Ok(arrivals)
}

/// The orders that wait for a location with pieces of these SKUs, and have waited when these came in.
fn wanting(
    tx: &mut Tx<'_>,
    arrivals: &BTreeMap<SkuId, Timestamp>,
) -> Result<BTreeSet<OrderId>, Error> {
    if arrivals.is_empty() {
        return Ok(BTreeSet::new());
    }
    let waiting = task::open_since(tx, TaskKind::Sourcing, TRIED_AGAIN_MAX)?;
    let waiting: BTreeMap<OrderId, Timestamp> =
        waiting.into_iter().map(|(order, since)| (OrderId::from_raw(order), since)).collect();
    let orders: Vec<OrderId> = waiting.keys().copied().collect();
    let parts = reservation::of_each(tx, &orders)?;
    let wanted =
        parts.iter().filter(|part| is_unsourced(part)).map(|part| part.reservation.facts());
    let is_news = |order: &OrderId, sku: &SkuId| match (waiting.get(order), arrivals.get(sku)) {
        (Some(since), Some(at)) => *at + WRITTEN_WITHIN > *since,
        _ => false,
    };
    let news = wanted.filter(|facts| is_news(&facts.order, &facts.sku));
    Ok(news.map(|facts| facts.order).collect())
}
