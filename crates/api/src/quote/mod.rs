//! Quotes: the full calculation before buying.

pub mod create;
pub mod view;
