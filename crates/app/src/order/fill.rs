//! Backorders: pieces that come in, or that another order gives up, go to those who wait for them, the
//! oldest order first.
//!
//! A reader of the journal does it behind the receipt, the find, the canceled or rejected order, the hold
//! that ran out, so that orders are locked before stock, as everywhere. Until it has read so far, a
//! moment, the pieces are on sale to everybody.
//!
//! A backorder is filled whole or not yet: what one line waits for at a location leaves in one piece, and
//! nobody's parcel is split over a part that has come. What is too little for one may be enough for the next,
//! so a large one may wait longer than younger small ones. Pieces that come in while an order is unpaid are
//! held for it, and allocated when it is confirmed.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::event::Event;
use ordermill_domain::ids::{LocationId, OrderId, SkuId};
use ordermill_domain::{reservation as hold, stock};
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, reservation};

use super::file::{FileError, OrderFile};
use crate::choice;
use crate::reader::{ReadError, Reader};

/// The name of the cursor.
pub const READER: &str = "backorders";
/// Orders that one arrival looks at, at most.
const WAITING_MAX: i64 = 500;

impl Reader {
    /// Fills backorders with what came in.
    pub fn backorders() -> Self {
        let reader = Self::new(READER, |tx, entries, now| {
            let places = freed(tx, entries)?;
            Ok(fill(tx, &places, now)?)
        });
        Self { kinds: Some(FREEING), is_command: true, ..reader }
    }
}

/// What may leave pieces for those who wait.
const FREEING: &[&str] = &[
    "stock.moved",
    "order.canceled",
    "order.rejected",
    // A gift that is left out frees its piece.
    "order.given_up",
    "reservation.expired",
];

/// Where pieces came in or were given up.
fn freed(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<BTreeSet<(SkuId, LocationId)>, ReadError> {
    let (mut places, mut ended) = (BTreeSet::new(), Vec::new());
    for entry in entries {
        match Event::from_json(&entry.kind, &entry.body) {
            Ok(Event::Stock(stock::Event::Moved { sku, location, delta, .. })) if delta > 0 => {
                places.insert((sku, location));
            }
            Ok(Event::Reservation(hold::Event::Expired { of })) => {
                places.insert((of.sku, of.location));
            }
            Ok(Event::Order(_)) => ended.push(OrderId::from_raw(entry.aggregate_id)),
            Ok(_) => {}
            Err(error) => return Err(ReadError::Entry(error.to_string())),
        }
    }
    let given_up = reservation::of_each(tx, &ended)?;
    places.extend(given_up.iter().map(|stored| {
        let facts = stored.reservation.facts();
        (facts.sku, facts.location)
    }));
    Ok(places)
}

fn fill(
    tx: &mut Tx<'_>,
    places: &BTreeSet<(SkuId, LocationId)>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut waiting: BTreeMap<OrderId, Vec<(SkuId, LocationId)>> = BTreeMap::new();
    let mut asked = Vec::with_capacity(places.len());
    for &(sku, at) in places {
        asked.push(((sku, at), reservation::ask_orders_waiting(tx, sku, at, WAITING_MAX)?));
    }
    for (place, orders) in asked {
        for order in orders.answer(tx)? {
            waiting.entry(order).or_default().push(place);
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
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    let filled: Vec<&OrderFile> = files.iter().filter(|file| file.has_happened()).collect();
    choice::pieces_came_in(tx, &act, &filled)
}
