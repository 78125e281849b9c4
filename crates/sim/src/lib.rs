//! Whole days of a shop from a seed: the real use cases over the real storage, beside an independent
//! model of what should be.
//!
//! Start at [`run`]. A seed decides everything: who buys what, which commands are decided together,
//! which answers of the gateway are lost, when clocks jump and when the process dies. So a seed that
//! fails is a test that fails, and [`shrink()`] makes it a short one.

pub mod bug;
mod carriers;
mod compare;
mod fate;
mod gateway;
mod ground;
mod listen;
mod mailbox;
pub mod model;
mod receivers;
pub mod road;
pub mod settings;
mod shop;
pub mod shrink;
mod steps;
mod world;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ordermill_storage::Address;

pub use bug::Bug;
use model::Wrong;
pub use settings::{Settings, Trade};
use shop::Shop;
pub use shrink::{Shrunk, shrink};
pub use steps::{ParseStepsError, Steps};

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Orders that were placed.
    pub orders: u64,
    /// Orders that ended: canceled, or not paid in time.
    pub ended: u64,
    /// Steps: things that people, partners and timers did.
    pub steps: u64,
    /// Transactions of the writer.
    pub batches: u64,
    /// Processes that died.
    pub crashes: u64,
    /// Payments that were captured.
    pub captured: u64,
    /// Refunds that were sent.
    pub refunded: u64,
    /// Payments that banks wanted back, won or lost.
    pub disputed: u64,
    /// Fulfillments that have left their warehouse.
    pub shipped: u64,
    /// Orders that are complete.
    pub completed: u64,
    /// A digest of the journal: the same for the same seed.
    pub digest: u64,
}

impl Report {
    /// Both together; digests of several runs are mixed.
    #[must_use]
    pub const fn and(&self, other: &Self) -> Self {
        Self {
            orders: self.orders + other.orders,
            ended: self.ended + other.ended,
            steps: self.steps + other.steps,
            batches: self.batches + other.batches,
            crashes: self.crashes + other.crashes,
            captured: self.captured + other.captured,
            refunded: self.refunded + other.refunded,
            disputed: self.disputed + other.disputed,
            shipped: self.shipped + other.shipped,
            completed: self.completed + other.completed,
            digest: self.digest.rotate_left(1) ^ other.digest,
        }
    }
}

/// A run that went wrong, and how to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was run.
    pub settings: Settings,
    /// The day, from 1.
    pub day: u32,
    /// The step, counted over all days; none if it showed in the evening.
    pub step: Option<u32>,
    /// What is wrong.
    pub wrong: Wrong,
}

impl Failure {
    /// The command that runs it again.
    pub fn command(&self) -> String {
        format!("cargo run -p ordermill-sim -- --seed {}{}", self.seed, self.settings)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, day, step, wrong, .. } = self;
        match step {
            Some(step) => write!(f, "seed {seed}, day {day}, step {step}: {wrong}")?,
            None => write!(f, "seed {seed}, evening of day {day}: {wrong}")?,
        }
        write!(f, "\nagain: {}", self.command())
    }
}

impl std::error::Error for Failure {}

/// Lives through the days of a seed over an empty database.
///
/// # Errors
/// If something is not as it should be, or panics.
pub fn run(address: &Address, seed: u64, settings: &Settings) -> Result<Report, Failure> {
    let (mut day, mut step) = (1, None);
    let lived =
        catch_unwind(AssertUnwindSafe(|| live(address, seed, settings, &mut day, &mut step)));
    let wrong = match lived {
        Ok(Ok(report)) => return Ok(report),
        Ok(Err(wrong)) => wrong,
        Err(panic) => format!("a panic: {}", words_of(&*panic)),
    };
    Err(Failure { seed, settings: settings.clone(), day, step, wrong })
}

fn live(
    address: &Address,
    seed: u64,
    settings: &Settings,
    day: &mut u32,
    step: &mut Option<u32>,
) -> Result<Report, Wrong> {
    let mut shop = Shop::open(address, seed, settings);
    for today in 1..=settings.days {
        *day = today;
        for act in 1..=settings.acts {
            let number = (today - 1) * settings.acts + act;
            *step = Some(number);
            if settings.only.as_ref().is_none_or(|only| only.has(number)) {
                shop.step(number)?;
            }
        }
        *step = None;
        shop.evening(today)?;
    }
    Ok(shop.report())
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without words".to_owned())
}
