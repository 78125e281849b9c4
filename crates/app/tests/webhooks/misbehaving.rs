//! R15: receivers that hang, fail, drip, flood and redirect cost nobody but themselves.

use std::time::{Duration, Instant};

use ordermill_testkit::{each_database, scale};
use tokio::sync::watch;

use crate::delivering::on_each;
use crate::kit::{order, runtime};

const GOOD: usize = 45;
const BAD: [(&str, usize); 5] =
    [("hang", 30), ("fail", 10), ("drip", 5), ("redirect", 5), ("flood", 5)];

/// So many events, more by `ORDERMILL_TEST_SCALE`.
fn events() -> i64 {
    4 * i64::from(scale())
}

#[test]
fn slow_and_hostile_receivers_keep_nobody_waiting() {
    on_each!(world, {
        for (behavior, count) in BAD {
            for number in 0..count {
                world.endpoint(&format!("{behavior}/{number}"), "order.*").await;
            }
        }
        for number in 0..GOOD {
            world.endpoint(&format!("ok/{number}"), "order.*").await;
        }
        for number in 0..events() {
            world.happens("order", order(number), "order.placed").await;
        }
        world.read_on().await;
        let (stop, stopping) = watch::channel(false);
        let start = Instant::now();
        let sending = tokio::spawn(world.sender.clone().run(stopping));
        let good = |path: usize| world.receivers.arrived(&format!("ok/{path}")).len();
        while (0..GOOD).any(|path| good(path) < usize::try_from(events()).unwrap()) {
            assert!(
                start.elapsed() < Duration::from_secs(20) * scale(),
                "good receivers wait for bad ones"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // One hanging try takes three seconds; the good ones are through before the first of them. More
        // events take their time by themselves.
        let before_they_end = Duration::from_millis(2_900) * scale();
        assert!(start.elapsed() < before_they_end, "{:?}", start.elapsed());
        assert!(world.receivers.arrived("redirected").is_empty(), "a redirect was followed");
        stop.send_replace(true);
        sending.await.unwrap();
    });
}
