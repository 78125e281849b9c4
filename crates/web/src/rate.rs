//! How often one may ask: counted in memory, for pages that anybody may open.
//!
//! Each node counts for itself, by the minute. What is counted is kept as a hash and forgotten with its
//! minute, and there is room for so many; when it is full, everything is forgotten, which is kinder
//! than refusing everybody.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use ordermill_base::{Span, Timestamp};

const KEPT_MAX: usize = 200_000;
const WINDOW: Span = Span::minutes(1);

/// Counters of one page.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    hasher: RandomState,
    counted: Mutex<HashMap<u64, (Timestamp, u32)>>,
}

impl Rate {
    /// Counts one more of `what`; `false` if there were `max` within this minute.
    pub(crate) fn allows(&self, what: &(&str, &str), max: u32, now: Timestamp) -> bool {
        let key = self.hasher.hash_one(what);
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= KEPT_MAX {
            counted.clear();
        }
        let (since, count) = counted.entry(key).or_insert((now, 0));
        // A clock that was set back begins a new minute, too.
        if now < *since || now >= *since + WINDOW {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn one_who_asks_too_often_waits_for_the_next_minute_and_nobody_else_does() {
        let rate = Rate::default();
        let asks = |who: &str, at| rate.allows(&(who, "page"), 3, at);
        assert_eq!([asks("a", NOON), asks("a", NOON), asks("a", NOON)], [true; 3]);
        assert!(!asks("a", NOON + Span::seconds(59)));
        assert!(asks("b", NOON + Span::seconds(59)));
        assert!(asks("a", NOON + Span::minutes(1)));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let rate = Rate::default();
        assert!(rate.allows(&("a", ""), 1, NOON));
        assert!(rate.allows(&("a", ""), 1, Timestamp::from_micros(NOON.as_micros() - 1)));
    }
}
