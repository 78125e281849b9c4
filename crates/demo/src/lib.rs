//! A believable merchant, made from a seed: what it sells, where it stocks it, who buys, and when.
//!
//! Nothing here touches a database or the network. The structs are plain data in the words of the
//! business; turning them into commands is the work of whoever runs the demo.
//!
//! Start at [`Merchant`]. The [`catalog`] is a fixed text, so its SKUs are the same in every demo;
//! people, stock, [`traffic`] and [`history`] follow from the seed.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod art;
mod basket;
pub mod catalog;
pub mod coupons;
mod curve;
pub mod freight;
pub mod gifts;
mod gtin;
pub mod history;
pub mod locations;
pub mod people;
mod sheet;
pub mod traffic;
pub mod wishes;

use jiff::civil::Date;

use catalog::Catalog;
use coupons::{Coupon, GiftCard};
use freight::Rate;
use gifts::Gift;
use locations::{Location, Stock};
use people::People;

/// The seed of the merchant that every `ordermill demo` shows.
pub const SEED: u64 = 20_261_122;

/// How many buyers a merchant knows.
const CUSTOMERS: usize = 1_200;

/// A text that people read, in both languages of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The pair of both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// Everything about the shop that does not depend on the day.
#[derive(Debug, Clone)]
pub struct Merchant {
    /// What the shop is called.
    pub name: Text,
    /// What it sells.
    pub catalog: Catalog,
    /// Where it keeps it.
    pub locations: Vec<Location>,
    /// What lowers its prices.
    pub coupons: Vec<Coupon>,
    /// What it gives away with an order.
    pub gifts: Vec<Gift>,
    /// Gift cards it has sold.
    pub gift_cards: Vec<GiftCard>,
    /// What delivery costs.
    pub freight: Vec<Rate>,
    /// Who buys and who works there.
    pub people: People,
    seed: u64,
}

impl Merchant {
    /// The merchant of that seed.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            name: Text::new("檐下集", "Eaves & Co."),
            catalog: Catalog::standard(),
            locations: locations::locations(),
            coupons: coupons::coupons(),
            gifts: gifts::gifts(),
            gift_cards: coupons::gift_cards(seed),
            freight: freight::rates(),
            people: People::from_seed(seed, CUSTOMERS),
            seed,
        }
    }

    /// What lies in its warehouses on that day, and what is on its way.
    pub fn stock(&self, today: Date) -> Stock {
        Stock::from_seed(self.seed, &self.catalog, &self.locations, today)
    }
}
