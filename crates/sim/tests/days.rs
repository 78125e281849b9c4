//! Days of a shop, seed after seed, on both engines.

use std::time::{Duration, Instant};

use ordermill_sim::{Report, Settings, run};
use ordermill_storage::Address;
use ordermill_testkit::each_database;

/// Seconds for the seeds on SQLite; more of them at night.
const SECONDS: &str = "ORDERMILL_TEST_SIM_SECONDS";
/// The first seed, so that every night may see others.
const SEED: &str = "ORDERMILL_TEST_SIM_SEED";

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn in_memory(name: &str) -> Address {
    format!("sqlite::memory:{name}").parse().expect("an address in memory")
}

#[test]
fn whatever_happens_in_a_day_stock_money_and_orders_are_as_they_should_be() {
    let until = Instant::now() + Duration::from_secs(number(SECONDS, 45));
    let mut seed = number(SEED, 1);
    let mut all = Report::default();
    while Instant::now() < until {
        let report = run(&in_memory(&format!("day{seed}")), seed, &Settings::default());
        all = all.and(&report.unwrap_or_else(|failure| panic!("{failure}")));
        seed += 1;
    }
    println!("{all:?}");
    // Days in which nothing is at stake prove nothing.
    assert!(all.captured > 0 && all.refunded > 0 && all.crashes > 0, "{all:?}");
}

#[test]
fn both_engines_live_through_the_same_day() {
    for seed in 101..=102 {
        for database in each_database() {
            let settings = Settings { days: 1, acts: 120, ..Settings::default() };
            let report = run(database.address(), seed, &settings);
            report.unwrap_or_else(|failure| panic!("on {}: {failure}", database.engine()));
        }
    }
}

#[test]
fn a_seed_replays_to_the_last_event() {
    let settings = Settings { days: 1, ..Settings::default() };
    let first = run(&in_memory("first"), 7, &settings).unwrap();
    let again = run(&in_memory("again"), 7, &settings).unwrap();
    assert_eq!(first, again);
    let other = run(&in_memory("other"), 8, &settings).unwrap();
    assert_ne!(first.digest, other.digest);
}
