//! Backorders: pieces that come in go to those who wait for them, the oldest order first.
//!
//! A reader of the journal does it behind the receipt, so that orders are locked before stock, as
//! everywhere. A backorder is filled whole or not yet; what is too little for one may be enough for
//! the next. Pieces that come in while an order is unpaid are held for it, and allocated when it is
//! confirmed.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::Timestamp;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::event::Event;
use ordermill_domain::ids::{LocationId, OrderId, SkuId};
use ordermill_domain::stock;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, reservation};

use super::file::{FileError, OrderFile};
use crate::reader::{ReadError, Reader};

/// The name of the cursor.
pub const READER: &str = "backorders";
/// Orders that one arrival looks at, at most.
const WAITING_MAX: i64 = 500;

impl Reader {
    /// Fills backorders with what came in.
    pub fn backorders() -> Self {
        let reader = Self::new(READER, |tx, entries, now| {
            let places = arrivals(entries)?;
            Ok(fill(tx, &places, now)?)
        });
        Self { kinds: Some(&["stock.moved"]), is_command: true, ..reader }
    }
}

/// Where pieces came in.
fn arrivals(entries: &[Entry]) -> Result<BTreeSet<(SkuId, LocationId)>, ReadError> {
    let mut places = BTreeSet::new();
    for entry in entries {
        match Event::from_json(&entry.kind, &entry.body) {
            Ok(Event::Stock(stock::Event::Moved { sku, location, delta, .. })) if delta > 0 => {
                places.insert((sku, location));
            }
            Ok(_) => {}
            Err(error) => return Err(ReadError::Entry(error.to_string())),
        }
    }
    Ok(places)
}

fn fill(
    tx: &mut Tx<'_>,
    places: &BTreeSet<(SkuId, LocationId)>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut waiting: BTreeMap<OrderId, Vec<(SkuId, LocationId)>> = BTreeMap::new();
    for &(sku, at) in places {
        for order in reservation::orders_waiting(tx, sku, at, WAITING_MAX)? {
            waiting.entry(order).or_default().push((sku, at));
        }
    }
    if waiting.is_empty() {
        return Ok(());
    }
    let act = Act::new(Actor::system("backorders"), now);
    let mut files = OrderFile::load_each(tx, waiting.keys().copied())?;
    for file in &mut files {
        for &(sku, at) in waiting.get(&file.order().id()).into_iter().flatten() {
            file.fill_backorders(&act, sku, at).map_err(FileError::into_storage)?;
        }
    }
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())
}
