//! What tests share: databases of both engines, a clock, and builders.

pub mod catalog;
pub mod clock;
pub mod database;
pub mod journal;
pub mod stock;

pub use clock::TestClock;
pub use database::{TestDatabase, each_database};
