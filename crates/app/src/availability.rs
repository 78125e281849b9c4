//! What can be sold by when, and what to offer instead: answers for the shop's pages and for orders
//! that were refused.
//!
//! Only active locations count. Goods announced for a day that has passed promise nothing: nobody
//! knows when they come.

use std::collections::BTreeMap;

use jiff::civil::Date;
use ordermill_base::Timestamp;
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_domain::stock::{BackorderPolicy, Incoming as Arrival, Shortage, earliest};
use ordermill_storage::incoming::{self, Incoming};
use ordermill_storage::{Error, Tx, reservation, stock};

use crate::catalog::Catalog;
use crate::promise::DeliveryDays;

/// What can be sold of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// Pieces that can be sold now.
    pub available: i64,
    /// The first day on which a piece that is on its way can be sold, when there is none now.
    pub replenished_on: Option<Date>,
    /// Buyers may order it while there is none, and wait.
    pub can_backorder: bool,
}

/// One word for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// It can be sold now.
    InStock,
    /// There is none; more comes on this day.
    ExpectedOn(Date),
    /// There is none; buyers may order and wait.
    Backorder,
    /// There is none.
    SoldOut,
}

impl Availability {
    /// In one word. Waiting for a day that is known goes before waiting for one that is not.
    pub const fn supply(&self) -> Supply {
        match self {
            Self { available: 1.., .. } => Supply::InStock,
            Self { replenished_on: Some(on), .. } => Supply::ExpectedOn(*on),
            Self { can_backorder: true, .. } => Supply::Backorder,
            _ => Supply::SoldOut,
        }
    }
}

/// What is short in an order, and what its buyer can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortageAnswer {
    /// What is short.
    pub sku: SkuId,
    /// How many pieces are wanted.
    pub wanted: i64,
    /// How many there are.
    pub available: i64,
    /// The day on which all that is wanted can be sold, as far as goods are announced.
    pub replenished_on: Option<Date>,
    /// Buyers may order it while there is none, and wait.
    pub can_backorder: bool,
    /// What can be sold now in its place, best first.
    pub substitutes: Vec<Substitute>,
}

/// Something to offer in place of what is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Substitute {
    /// What.
    pub sku: SkuId,
    /// How many pieces can be sold now.
    pub available: i64,
}

/// What can be sold of these SKUs; each that is asked for is in the answer.
pub fn of(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    skus: &[SkuId],
    now: Timestamp,
) -> Result<BTreeMap<SkuId, Availability>, Error> {
    let books = Books::read(tx, catalog, skus)?;
    Ok(skus.iter().map(|&sku| (sku, books.availability(catalog, sku, now))).collect())
}

/// Answers an order that was refused for want of stock.
pub fn of_shortages(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    shortages: &[Shortage],
    now: Timestamp,
) -> Result<Vec<ShortageAnswer>, Error> {
    let substitutes = |short: &Shortage| {
        let known = catalog.sku(short.sku).map_or(&[][..], |sku| &sku.substitutes);
        known.iter().copied().filter(|&id| catalog.sku(id).is_some_and(|sku| sku.is_active))
    };
    let mut skus: Vec<SkuId> = shortages.iter().map(|short| short.sku).collect();
    skus.extend(shortages.iter().flat_map(substitutes));
    let books = Books::read(tx, catalog, &skus)?;
    let answer = |short: &Shortage| {
        let alike = substitutes(short)
            .map(|sku| Substitute { sku, available: books.available(sku) })
            .filter(|substitute| substitute.available > 0);
        ShortageAnswer {
            sku: short.sku,
            wanted: short.wanted,
            available: short.available,
            replenished_on: books.replenished_on(catalog, short.sku, short.wanted, now),
            can_backorder: books.can_backorder(short.sku),
            substitutes: alike.collect(),
        }
    };
    Ok(shortages.iter().map(answer).collect())
}

/// What the books say about some SKUs, over all active locations.
#[derive(Debug)]
pub(crate) struct Books {
    of: BTreeMap<SkuId, Book>,
}

#[derive(Debug, Default)]
struct Book {
    available: i64,
    waiting: i64,
    /// By place.
    at: BTreeMap<LocationId, i64>,
    can_backorder: bool,
    incoming: Vec<Incoming>,
}

impl Books {
    pub(crate) fn read(tx: &mut Tx<'_>, catalog: &Catalog, skus: &[SkuId]) -> Result<Self, Error> {
        let is_active = |id| catalog.location(id).is_some_and(|location| location.is_active);
        let mut of: BTreeMap<SkuId, Book> =
            skus.iter().map(|&sku| (sku, Book::default())).collect();
        let wanted: Vec<SkuId> = of.keys().copied().collect();
        for level in stock::levels(tx, wanted.iter().copied())? {
            if is_active(level.location) {
                let book = of.entry(level.sku).or_default();
                book.available += level.available();
                book.at.insert(level.location, level.available());
                book.can_backorder |= level.backorder == BackorderPolicy::Allow;
            }
        }
        for (sku, waiting) in reservation::waiting(tx, wanted.iter().copied())? {
            of.entry(sku).or_default().waiting = waiting;
        }
        for incoming in incoming::open_of(tx, wanted)? {
            if is_active(incoming.location) {
                of.entry(incoming.sku).or_default().incoming.push(incoming);
            }
        }
        Ok(Self { of })
    }

    /// Pieces that can be sold now.
    pub(crate) fn available(&self, sku: SkuId) -> i64 {
        self.of.get(&sku).map_or(0, |book| book.available)
    }

    /// Pieces that can be sold now from one place.
    pub(crate) fn available_at(&self, sku: SkuId, place: LocationId) -> i64 {
        self.of.get(&sku).and_then(|book| book.at.get(&place)).copied().unwrap_or(0)
    }

    /// Pieces on their way, without those that buyers wait for; negative if more wait than come.
    pub(crate) fn on_the_way(&self, sku: SkuId) -> i64 {
        let sum =
            |book: &Book| book.incoming.iter().map(Incoming::open).sum::<i64>() - book.waiting;
        self.of.get(&sku).map_or(0, sum)
    }

    pub(crate) fn can_backorder(&self, sku: SkuId) -> bool {
        self.of.get(&sku).is_some_and(|book| book.can_backorder)
    }

    pub(crate) fn availability(
        &self,
        catalog: &Catalog,
        sku: SkuId,
        now: Timestamp,
    ) -> Availability {
        let available = self.available(sku);
        let replenished_on =
            if available > 0 { None } else { self.replenished_on(catalog, sku, 1, now) };
        Availability { available, replenished_on, can_backorder: self.can_backorder(sku) }
    }

    /// The first day, by the calendar of the location that it comes to, on which so many pieces can
    /// be sold.
    pub(crate) fn replenished_on(
        &self,
        catalog: &Catalog,
        sku: SkuId,
        wanted: i64,
        now: Timestamp,
    ) -> Option<Date> {
        let book = self.of.get(&sku)?;
        let arrivals: Vec<(Arrival, Date)> =
            book.incoming.iter().filter_map(|it| arrival(&catalog.days, it, now)).collect();
        let incoming: Vec<Arrival> = arrivals.iter().map(|(arrival, _)| *arrival).collect();
        let at = earliest(book.available, book.waiting, &incoming, wanted, now)?;
        arrivals.iter().find(|(arrival, _)| arrival.at == at).map(|(_, on)| *on)
    }
}

/// When announced goods can be sold: after the days that the location needs to take them in.
pub(crate) fn arrival(
    days: &DeliveryDays,
    incoming: &Incoming,
    now: Timestamp,
) -> Option<(Arrival, Date)> {
    let calendar = days.calendars.get(&incoming.location)?;
    let today = calendar.time_zone.to_datetime(now.to_jiff()).date();
    if incoming.expected_on < today {
        return None;
    }
    let mut on = incoming.expected_on;
    let mut left = calendar.receiving_days;
    // A location that never works takes nothing in.
    for _ in 0..ordermill_domain::pricing::promise::SEARCH_DAYS_MAX {
        if calendar.days.contains(on) {
            if left == 0 {
                let at = calendar.cut_off_at(on).ok()?.max(now + ordermill_base::Span::micros(1));
                return Some((Arrival { at, quantity: incoming.open() }, on));
            }
            left -= 1;
        }
        on = on.tomorrow().ok()?;
    }
    None
}
