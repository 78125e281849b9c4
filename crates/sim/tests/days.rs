//! Days of a shop, seed after seed, on both engines.

use std::time::{Duration, Instant};

use ordermill_sim::{Report, Settings, Trade, run};
use ordermill_storage::Address;
use ordermill_testkit::each_database;

/// Seconds for the seeds on SQLite; more of them at night.
const SECONDS: &str = "ORDERMILL_TEST_SIM_SECONDS";
/// The first seed, so that every night may see others.
const SEED: &str = "ORDERMILL_TEST_SIM_SEED";

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn in_memory() -> Address {
    "sqlite::memory:".parse().expect("an address in memory")
}

fn days_of(trade: Trade, seconds: u64) -> Report {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut seed = number(SEED, 1);
    let mut all = Report::default();
    while Instant::now() < until {
        let report = run(&in_memory(), seed, &Settings::of(trade));
        all = all.and(&report.unwrap_or_else(|failure| panic!("{failure}")));
        seed += 1;
    }
    // Days in which nothing is at stake prove nothing.
    assert!(all.captured > 0 && all.refunded > 0 && all.crashes > 0, "{all:?}");
    all
}

#[test]
fn whatever_happens_in_a_day_stock_money_and_orders_are_as_they_should_be() {
    let all = days_of(Trade::Wide, number(SECONDS, 40));
    assert!(all.disputed > 20, "no bank wanted anything back: {all:?}");
}

#[test]
fn whatever_happens_on_the_floor_orders_go_to_the_door_and_stock_leaves_once() {
    let all = days_of(Trade::Floor, number(SECONDS, 40) / 3);
    assert!(all.shipped > 20 && all.completed > 10, "nothing went to the door: {all:?}");
}

#[test]
fn a_rush_leaves_stock_money_and_orders_as_they_should_be() {
    let all = days_of(Trade::Rush, number(SECONDS, 40) / 3);
    assert!(all.orders > 1_000, "that was no rush: {all:?}");
}

#[test]
fn both_engines_live_through_the_same_day() {
    for seed in 101..=102 {
        for (trade, acts) in [(Trade::Wide, 120), (Trade::Floor, 200)] {
            let settings = Settings { days: 1, acts, ..Settings::of(trade) };
            for database in each_database() {
                let report = run(database.address(), seed, &settings);
                report.unwrap_or_else(|failure| panic!("on {}: {failure}", database.engine()));
            }
        }
    }
}

#[test]
fn a_seed_replays_to_the_last_event() {
    let settings = Settings { days: 1, ..Settings::default() };
    let first = run(&in_memory(), 7, &settings).unwrap();
    let again = run(&in_memory(), 7, &settings).unwrap();
    assert_eq!(first, again);
    let other = run(&in_memory(), 8, &settings).unwrap();
    assert_ne!(first.digest, other.digest);
}
