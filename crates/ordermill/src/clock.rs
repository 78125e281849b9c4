//! The real clock: the one place that reads the system's time.

use ordermill_base::{Clock, Timestamp};

/// The system's time, UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the edge where time comes in")]
    fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }
}
