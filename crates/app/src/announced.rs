//! When pieces come that an order has to wait for: what is announced of them, behind everybody who waits already.
//! A quote asks for it, and whoever places the order.
//!
//! Orders that are decided together do not see each other's rows yet; what each of them waits for is noted here.

use std::collections::BTreeMap;

use jiff::civil::Date;
use ordermill_base::Timestamp;
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_domain::stock::{Incoming as Arrival, Reserved, earliest};
use ordermill_storage::incoming::{self, Incoming};
use ordermill_storage::{Error, Tx, reservation};

use crate::availability::arrival;
use crate::promise::DeliveryDays;

/// What is known of SKUs that orders have to wait for; nothing is read for the others.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    read: BTreeMap<SkuId, Book>,
    /// Pieces that orders of the batch wait for.
    waiting: BTreeMap<SkuId, i64>,
}

#[derive(Debug, Default)]
struct Book {
    /// Pieces that orders before the batch wait for.
    waiting: i64,
    incoming: Vec<Incoming>,
}

impl Announced {
    /// Reads what is not known yet of SKUs.
    pub(crate) fn read(
        &mut self,
        tx: &mut Tx<'_>,
        skus: impl IntoIterator<Item = SkuId>,
    ) -> Result<(), Error> {
        let unknown = skus.into_iter().filter(|sku| !self.read.contains_key(sku));
        let mut books: BTreeMap<SkuId, Book> = unknown.map(|sku| (sku, Book::default())).collect();
        if books.is_empty() {
            return Ok(());
        }
        for (sku, waiting) in reservation::waiting(tx, books.keys().copied())? {
            books.entry(sku).or_default().waiting = waiting;
        }
        for incoming in incoming::open_of(tx, books.keys().copied().collect::<Vec<_>>())? {
            books.entry(incoming.sku).or_default().incoming.push(incoming);
        }
        self.read.append(&mut books);
        Ok(())
    }

    /// The first day on which so many more pieces can be sent, by what comes to these places; `None` if that
    /// does not suffice.
    pub(crate) fn replenished_on(
        &self,
        (days, places): (&DeliveryDays, &[LocationId]),
        (sku, pieces): (SkuId, i64),
        now: Timestamp,
    ) -> Option<Date> {
        let book = self.read.get(&sku)?;
        let here = book.incoming.iter().filter(|it| places.contains(&it.location));
        let arrivals: Vec<(Arrival, Date)> = here.filter_map(|it| arrival(days, it, now)).collect();
        let incoming: Vec<Arrival> = arrivals.iter().map(|(arrival, _)| *arrival).collect();
        let waiting = book.waiting + self.waiting.get(&sku).copied().unwrap_or_default();
        let at = earliest(0, waiting, &incoming, pieces, now)?;
        arrivals.iter().find(|(arrival, _)| arrival.at == at).map(|(_, on)| *on)
    }

    /// An order of the batch waits for these.
    pub(crate) fn note(&mut self, waited_for: BTreeMap<SkuId, i64>) {
        for (sku, pieces) in waited_for {
            *self.waiting.entry(sku).or_default() += pieces;
        }
    }
}

/// How many pieces of each SKU wait for stock.
pub(crate) fn waited_for<'r>(
    reserved: impl IntoIterator<Item = &'r Reserved>,
) -> BTreeMap<SkuId, i64> {
    let mut pieces: BTreeMap<SkuId, i64> = BTreeMap::new();
    for held in reserved.into_iter().filter(|held| held.backordered) {
        *pieces.entry(held.sku).or_default() += held.quantity.get();
    }
    pieces
}
