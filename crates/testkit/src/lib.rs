//! What tests share: databases of both engines, a clock, and builders.

pub mod catalog;
pub mod clock;
pub mod database;
pub mod fixture;
pub mod journal;
pub mod stock;

pub use clock::TestClock;
pub use database::{TestDatabase, each_database};

/// By how much tests that have a size are larger than in every run: `ORDERMILL_TEST_SCALE`, at least 1.
/// docs/testing.md says what each of them reaches.
pub fn scale() -> u32 {
    let scale = std::env::var("ORDERMILL_TEST_SCALE").ok();
    scale.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}
