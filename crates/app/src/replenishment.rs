//! Replenishment: a task for whoever orders goods, opened when a SKU runs low or an order was
//! refused for want of it, and closed when enough is there or on its way.
//!
//! Orders do not wait for this: [`catch_up`] reads the journal behind them.

use std::collections::BTreeSet;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::event::{Aggregate, Event};
use ordermill_domain::ids::{IncomingId, SkuId};
use ordermill_domain::stock::Shortage;
use ordermill_domain::task::TaskKind;
use ordermill_domain::{order, stock};
use ordermill_storage::journal::{self, Entry};
use ordermill_storage::{Error, Tx, incoming, task};

use crate::availability::Books;
use crate::catalog::Catalog;

/// The name of the journal's reader.
pub const READER: &str = "replenishment";

/// Opens a task for each of these SKUs of which no more is there and on its way than its reorder
/// point says, and closes those of SKUs that have enough. Doing it again changes nothing.
pub fn note(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    skus: impl IntoIterator<Item = SkuId>,
    now: Timestamp,
) -> Result<(), Error> {
    let skus: BTreeSet<SkuId> = skus.into_iter().collect();
    let skus: Vec<SkuId> = skus.into_iter().collect();
    let books = Books::read(tx, catalog, &skus)?;
    for sku in skus {
        note_one(tx, catalog, &books, sku, 0, now)?;
    }
    Ok(())
}

/// As [`note`], for SKUs of which an order wanted more than there is: what was missing counts as
/// sold, and a SKU without a reorder point is noted too.
pub fn note_shortages(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    shortages: &[Shortage],
    now: Timestamp,
) -> Result<(), Error> {
    let skus: Vec<SkuId> = shortages.iter().map(|short| short.sku).collect();
    let books = Books::read(tx, catalog, &skus)?;
    for short in shortages {
        note_one(tx, catalog, &books, short.sku, short.wanted - short.available, now)?;
    }
    Ok(())
}

/// Reads the next entries of the journal and notes the SKUs that they concern. Gives how many
/// entries were read; 0 when there are no more.
pub fn catch_up(tx: &mut Tx<'_>, catalog: &Catalog, now: Timestamp) -> Result<usize, Error> {
    const LIMIT: i64 = 500;
    let aggregates =
        [Aggregate::Order, Aggregate::Stock, Aggregate::Incoming, Aggregate::StockPolicy];
    let cursor = journal::cursor(tx, READER)?;
    let entries = journal::after_of(tx, &aggregates.map(Aggregate::code), cursor, LIMIT)?;
    let Some(last) = entries.last() else { return Ok(0) };
    note_after(tx, catalog, &entries, now)?;
    journal::move_cursor(tx, READER, last.cursor, now)?;
    Ok(entries.len())
}

/// Notes the SKUs that these entries of the journal concern.
pub fn note_after(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Error> {
    let mut skus = BTreeSet::new();
    for entry in entries {
        match Event::from_json(&entry.kind, &entry.body) {
            Ok(Event::Order(order::Event::Placed(placed))) => {
                skus.extend(placed.lines.iter().map(|line| line.sku));
            }
            Ok(Event::Stock(stock::Event::Moved { sku, .. })) => drop(skus.insert(sku)),
            Ok(Event::Record(event)) => match event.kind.aggregate() {
                Aggregate::StockPolicy => drop(skus.insert(SkuId::from_raw(entry.aggregate_id))),
                Aggregate::Incoming => {
                    let id = IncomingId::from_raw(entry.aggregate_id);
                    skus.extend(incoming::fetch(tx, id)?.map(|incoming| incoming.sku));
                }
                _ => {}
            },
            Ok(_) | Err(_) => {}
        }
    }
    note(tx, catalog, skus, now)
}

fn note_one(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    books: &Books,
    sku: SkuId,
    missing: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(known) = catalog.sku(sku).filter(|known| known.is_active) else { return Ok(()) };
    let (available, on_the_way) = (books.available(sku), books.on_the_way(sku));
    let position = available + on_the_way - missing;
    let is_kept = known.reorder_point > 0;
    if (is_kept && position <= known.reorder_point) || (missing > 0 && position < 0) {
        let detail = serde_json::json!({
            "sku": known.code,
            "available": available,
            "on_the_way": on_the_way,
            "missing": missing,
            "reorder_point": known.reorder_point,
            // Up to twice the reorder point, so that the next order is not needed at once.
            "suggested_quantity": (2 * known.reorder_point - position).max(1),
        });
        task::open(tx, TaskKind::Replenishment, sku, &detail.to_string(), None, now)
    } else {
        task::close(tx, TaskKind::Replenishment, sku, "replenished", now).map(drop)
    }
}
