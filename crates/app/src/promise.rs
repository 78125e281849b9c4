//! When what is bought arrives: stock, the calendars of the places it lies at, and the carrier.
//!
//! A promise is made for a destination; before an address is known, for the country as a whole. It is
//! made of facts of this moment. An order keeps the last day that its buyer was promised,
//! and its pages say that day.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use ordermill_base::Timestamp;
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_domain::pricing::promise::{
    self, LocationCalendar, NoPromise, Promise, Supply, TransitTable,
};
use ordermill_domain::stock::Reserved;
use ordermill_storage::{Error, Tx};

use crate::announced::{Announced, waited_for};
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

/// What days of delivery depend on beside stock.
#[derive(Debug, Clone, Default)]
pub struct DeliveryDays {
    /// When each location handles orders.
    pub calendars: HashMap<LocationId, LocationCalendar>,
    /// How long carriers are on the way.
    pub transit: TransitTable,
    /// Days until a supplier brings what is ordered; none: nobody knows.
    pub backorder_lead_time_days: Option<u16>,
}

impl DeliveryDays {
    /// When an order arrives for which this stock is held or waited for, in a region whose orders take stock
    /// from `places`.
    ///
    /// # Errors
    /// If nothing can be said about some of it.
    pub(crate) fn of_reserved<'r>(
        &self,
        reserved: impl IntoIterator<Item = &'r Reserved>,
        announced: &Announced,
        (region, places): (&str, &[LocationId]),
        at: Timestamp,
    ) -> Result<Promise, NoPromise> {
        let reserved: Vec<&Reserved> = reserved.into_iter().collect();
        let waited_for = waited_for(reserved.iter().copied());
        let mut supplies: Vec<(LocationId, Supply)> = Vec::new();
        for held in reserved {
            let supply = match waited_for.get(&held.sku).filter(|_| held.backordered) {
                None => Supply::OnHand,
                Some(pieces) => {
                    let wanted = (held.sku, *pieces);
                    self.awaited(announced.replenished_on((self, places), wanted, at))
                }
            };
            if !supplies.contains(&(held.location, supply)) {
                supplies.push((held.location, supply));
            }
        }
        let mut together: Option<Promise> = None;
        for (place, supply) in supplies {
            let next = self.from(place, supply, region, at)?;
            together = Some(together.map_or(next, |promise| promise.together(next)));
        }
        together.ok_or(NoPromise::SupplyUnknown)
    }

    /// Goods that are not there, of which so many are announced for this day.
    fn awaited(&self, replenished_on: Option<Date>) -> Supply {
        replenished_on.map_or_else(|| self.backordered(), |on| Supply::Incoming { on })
    }

    /// What is sent from one place.
    fn from(
        &self,
        place: LocationId,
        supply: Supply,
        region: &str,
        at: Timestamp,
    ) -> Result<Promise, NoPromise> {
        let calendar = self.calendars.get(&place).ok_or(NoPromise::SupplyUnknown)?;
        let to = destination(region);
        match supply {
            // On the day that is known for announced goods they can be sold: they have been taken in.
            Supply::Incoming { .. } => {
                let calendar = LocationCalendar { receiving_days: 0, ..calendar.clone() };
                promise::promise(at, supply, &calendar, &self.transit, to)
            }
            _ => promise::promise(at, supply, calendar, &self.transit, to),
        }
    }

    fn backordered(&self) -> Supply {
        let days = self.backorder_lead_time_days;
        days.map_or(Supply::Unknown, |lead_time_days| Supply::Backorder { lead_time_days })
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
                promises.push(catalog.days.from(*place, Supply::OnHand, region, now).ok());
                missing -= taken;
            }
        }
        if missing > 0 {
            let place = places.first().filter(|_| self.can_backorder(sku))?;
            let coming = self.replenished_on(catalog, sku, pieces, now);
            let supply = catalog.days.awaited(coming);
            promises.push(catalog.days.from(*place, supply, region, now).ok());
        }
        together(promises)
    }
}
