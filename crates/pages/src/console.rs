//! The console at `/console`: what staff see, from the dashboard to the audit log.
//!
//! Lists are keyset-paged and keep their filters in the address; details say on top what to do
//! next; forms post and redirect, or come back with what was refused. A form that creates has a
//! hidden `key`, so that sending it twice is harmless; one that changes has the `version` it saw.

pub mod account;
pub mod admin;
pub mod api_keys;
pub mod approval;
pub mod audit;
pub mod bench;
pub mod bulk;
pub mod carrier;
pub mod catalog;
pub mod coupons;
pub mod dashboard;
pub mod disputes;
pub mod form;
pub mod gift_cards;
pub mod gift_rules;
pub mod label;
pub mod logistics;
pub mod merge;
pub mod order;
pub mod orders;
pub mod packing;
pub mod paper;
pub mod points;
pub mod promotions;
pub mod review;
pub mod rules;
#[cfg(any(test, feature = "samples"))]
pub(crate) mod samples;
pub mod settings;
pub mod sign_in;
pub mod sourcing;
pub mod staff;
pub mod stock;
pub mod tasks;
pub mod trouble;
pub mod warehouse;
pub mod watchlist;
pub mod webhooks;
pub mod work;

pub use crate::shell::console::{Frame, Section};
