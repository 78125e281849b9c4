//! When what is bought arrives: stock, the calendars of the places it lies at, and the carrier.
//!
//! A promise is made for a destination; before an address is known, for the country as a whole. It is
//! made of facts of this moment and kept nowhere: an order's own promise is computed from its
//! reservations.

use std::collections::BTreeMap;

use ordermill_base::Timestamp;
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_domain::pricing::promise::{self, Promise, Supply};
use ordermill_domain::reservation::State;
use ordermill_storage::{Error, Tx, reservation};

use crate::availability::{Availability, Books};
use crate::catalog::Catalog;
use crate::order::intake::destination;

/// What we can say about some pieces of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promised {
    /// What there is.
    pub availability: Availability,
    /// When so many pieces arrive, if they can be ordered now.
    pub promise: Option<Promise>,
}

impl Promised {
    /// Whether so many pieces can be ordered now.
    pub const fn can_order(&self, pieces: i64) -> bool {
        self.availability.available >= pieces || self.availability.can_backorder
    }
}

/// When so many pieces of each SKU arrive in a region such as `CN-31`, ordered now.
pub fn of(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    wanted: &[(SkuId, i64)],
    region: &str,
    now: Timestamp,
) -> Result<BTreeMap<SkuId, Promised>, Error> {
    let skus: Vec<SkuId> = wanted.iter().map(|(sku, _)| *sku).collect();
    let books = Books::read(tx, catalog, &skus)?;
    let promised = |&(sku, pieces): &(SkuId, i64)| {
        let availability = books.availability(catalog, sku, now);
        let promise = books.promise(catalog, sku, pieces, region, now);
        (sku, Promised { availability, promise })
    };
    Ok(wanted.iter().map(promised).collect())
}

/// All of them in one parcel; `None` if nothing can be said about one.
pub fn together(promises: impl IntoIterator<Item = Option<Promise>>) -> Option<Promise> {
    let all: Option<Vec<Promise>> = promises.into_iter().collect();
    all?.into_iter().reduce(Promise::together)
}

/// When an order arrives that could be handled from `since` on: by where its stock is held.
pub fn of_order(
    catalog: &Catalog,
    reservations: &[reservation::Stored],
    region: &str,
    since: Timestamp,
) -> Option<Promise> {
    let held = reservations
        .iter()
        .map(|stored| stored.reservation.facts())
        .filter(|facts| !matches!(facts.state, State::Released));
    together(held.map(|facts| {
        let supply = match facts.state {
            State::Backordered => backordered(catalog),
            _ => Supply::OnHand,
        };
        from(catalog, facts.location, supply, region, since)
    }))
}

impl Books {
    /// When so many pieces arrive: each place gives what it has, in the order in which orders take
    /// it; what is missing is sold without stock, or there is no promise.
    fn promise(
        &self,
        catalog: &Catalog,
        sku: SkuId,
        pieces: i64,
        region: &str,
        now: Timestamp,
    ) -> Option<Promise> {
        let places = catalog.preference(region);
        let mut missing = pieces.max(1);
        let mut promises = Vec::new();
        // A place that has all of it goes before several that have a part each.
        let whole = places.iter().find(|place| self.available_at(sku, **place) >= missing);
        for place in whole.into_iter().chain(places.iter()) {
            let taken = self.available_at(sku, *place).clamp(0, missing);
            if taken > 0 {
                promises.push(from(catalog, *place, Supply::OnHand, region, now));
                missing -= taken;
            }
        }
        if missing > 0 {
            let place = places.first().filter(|_| self.can_backorder(sku))?;
            let coming = self.replenished_on(catalog, sku, pieces, now);
            let supply = coming.map_or_else(|| backordered(catalog), |on| Supply::Incoming { on });
            promises.push(from(catalog, *place, supply, region, now));
        }
        together(promises)
    }
}

fn from(
    catalog: &Catalog,
    place: LocationId,
    supply: Supply,
    region: &str,
    at: Timestamp,
) -> Option<Promise> {
    let calendar = catalog.calendar(place)?;
    promise::promise(at, supply, calendar, &catalog.transit, destination(region)).ok()
}

fn backordered(catalog: &Catalog) -> Supply {
    let days = catalog.backorder_lead_time_days;
    days.map_or(Supply::Unknown, |lead_time_days| Supply::Backorder { lead_time_days })
}
