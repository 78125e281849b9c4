//! Coupons, points, gift cards, quotes, promises and wishes for a delivery, on both databases. Every test ends with
//! the checker.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod coupons;
mod currencies;
mod gifts;
mod kit;
mod promises;
mod quotes;
mod tampering;
mod tenders;
mod wishes;
