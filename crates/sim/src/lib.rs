//! Whole days of a shop from a seed: the real use cases over the real storage, beside an independent
//! model of what should be.
//!
//! Start at [`run`]. A seed decides everything: who buys what, which commands are decided together,
//! which answers of the gateway are lost, when clocks jump and when the process dies. So a seed that
//! fails is a test that fails.

pub mod bug;
mod compare;
mod gateway;
mod ground;
mod listen;
pub mod model;
mod shop;
mod world;

use std::fmt;

use ordermill_storage::Address;

pub use bug::Bug;
use model::Wrong;
use shop::Shop;

/// How long and how busy.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Days of one run; after each, everything is compared.
    pub days: u32,
    /// Things that happen in a day.
    pub acts: u32,
    /// Orders that are placed at once, at most.
    pub batch_max: u64,
    /// A bug to be found.
    pub bug: Option<Bug>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { days: 3, acts: 150, batch_max: 12, bug: None }
    }
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Orders that were placed.
    pub orders: u64,
    /// Things that people, partners and timers did.
    pub acts: u64,
    /// Transactions of the writer.
    pub batches: u64,
    /// Processes that died.
    pub crashes: u64,
    /// Payments that were captured.
    pub captured: u64,
    /// Refunds that were sent.
    pub refunded: u64,
    /// A digest of the journal: the same for the same seed.
    pub digest: u64,
}

impl Report {
    /// Both together; digests of several runs are mixed.
    #[must_use]
    pub const fn and(&self, other: &Self) -> Self {
        Self {
            orders: self.orders + other.orders,
            acts: self.acts + other.acts,
            batches: self.batches + other.batches,
            crashes: self.crashes + other.crashes,
            captured: self.captured + other.captured,
            refunded: self.refunded + other.refunded,
            digest: self.digest.rotate_left(1) ^ other.digest,
        }
    }
}

/// A run that went wrong, and how to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The day, from 1.
    pub day: u32,
    /// The act of that day; none if it showed in the evening.
    pub act: Option<u32>,
    /// What is wrong.
    pub wrong: Wrong,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, day, act, wrong } = self;
        match act {
            Some(act) => write!(f, "seed {seed}, day {day}, act {act}: {wrong}")?,
            None => write!(f, "seed {seed}, evening of day {day}: {wrong}")?,
        }
        write!(f, "\nagain: cargo run -p ordermill-sim -- --seed {seed}")
    }
}

impl std::error::Error for Failure {}

/// Lives through the days of a seed over an empty database that is migrated.
pub fn run(address: &Address, seed: u64, settings: &Settings) -> Result<Report, Failure> {
    let mut shop = Shop::open(address, seed, settings);
    for day in 1..=settings.days {
        let failed = |act, wrong| Failure { seed, day, act, wrong };
        for act in 1..=settings.acts {
            shop.act().map_err(|wrong| failed(Some(act), wrong))?;
        }
        shop.compare().map_err(|wrong| failed(None, wrong))?;
        shop.quiet_down().map_err(|wrong| failed(None, wrong))?;
        shop.compare().map_err(|wrong| failed(None, wrong))?;
    }
    Ok(shop.report())
}
