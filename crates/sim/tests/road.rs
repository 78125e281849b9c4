//! R12: the process dies at every moment of an order's road, and the order reaches its end all the same,
//! with each thing that was asked of a partner done once.

use std::sync::atomic::{AtomicU64, Ordering};

use ordermill_sim::road::{Traveled, Way, travel};
use ordermill_storage::Address;
use ordermill_testkit::scale;

/// Roads, each with chances of its own.
const SEEDS: u64 = 10;
/// Moments of each at which the process dies, at least; at night, all of them.
const MOMENTS: u64 = 60;

fn go(seed: u64, way: Way, dies_at: Option<u64>) -> Traveled {
    let address: Address = "sqlite::memory:".parse().expect("an address in memory");
    let traveled = travel(&address, seed, way, dies_at);
    traveled.unwrap_or_else(|wrong| panic!("seed {seed}, {way:?}, dies at {dies_at:?}: {wrong}"))
}

#[test]
fn wherever_the_process_dies_an_order_reaches_its_end_and_nothing_is_asked_twice() {
    let is_night = scale() > 1;
    let seeds = SEEDS * u64::from(scale());
    let next = AtomicU64::new(1);
    let deaths = AtomicU64::new(0);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > seeds {
                return;
            }
            let ways = Way::ALL.iter().enumerate();
            for (nth, way) in ways.filter(|(nth, _)| is_night || seed % 4 == *nth as u64) {
                let alive = go(seed, *way, None);
                assert!(!alive.has_died && alive.moments >= MOMENTS, "{nth}: {alive:?}");
                let step = if is_night { 1 } else { alive.moments / MOMENTS };
                for moment in (1 + seed % step..=alive.moments).step_by(step as usize) {
                    let died = go(seed, *way, Some(moment));
                    assert!(died.has_died, "nobody died at {moment} of {alive:?}");
                    // Whoever was not answered may have found the missing piece when asked again.
                    let is_same = died.is_completed == alive.is_completed || *way == Way::Short;
                    assert!(is_same, "at {moment} of {way:?}: {died:?}");
                    deaths.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let deaths = deaths.into_inner();
    println!("{deaths} deaths");
    assert!(deaths >= SEEDS * MOMENTS, "only {deaths} deaths");
}
