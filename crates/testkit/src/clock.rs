//! A clock that stands still until it is told to move.

use std::sync::atomic::{AtomicI64, Ordering};

use ordermill_base::{Clock, Span, Timestamp};

/// Shows the moment that the test has set.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// 2026-11-22T08:00:00Z, the moment at which tests begin.
    pub const START: Timestamp = Timestamp::from_millis(1_795_334_400_000);

    /// Lets time pass.
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_micros(), Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(Self::START.as_micros()))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
