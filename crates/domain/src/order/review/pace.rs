//! How much time a desk of people has for a review: more while the queue is longer than they can
//! decide in the usual time, and never without a bound.

use ordermill_base::Span;
use serde::{Deserialize, Serialize};

/// What a desk can decide, and how far its time may be stretched at a peak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// Reviews that the whole desk decides in an hour, from 1.
    pub per_hour: i64,
    /// The longest time, as percent of the usual one, from 100.
    pub stretch_max_percent: i64,
}

impl Default for Pace {
    /// One a minute, and four times the usual time at most.
    fn default() -> Self {
        Self { per_hour: 60, stretch_max_percent: 400 }
    }
}

impl Pace {
    /// The time for a review that comes behind `open` others, where `usual` is what it is otherwise.
    ///
    /// A queue that the desk decides within the usual time stretches nothing. A longer one stretches the
    /// time to what the whole queue takes, up to the bound: 60 an hour and 2 hours usually give 3 hours
    /// behind 180 others, and never more than 8 at a bound of 400 %.
    pub fn span(self, usual: Span, open: i64) -> Span {
        let (usual, per_hour) = (i128::from(usual.as_seconds()), i128::from(self.per_hour.max(1)));
        let takes = i128::from(open.max(0)) * 3_600 / per_hour;
        let most = usual * i128::from(self.stretch_max_percent.max(100)) / 100;
        let span = takes.clamp(usual, most.max(usual));
        Span::seconds(i64::try_from(span).unwrap_or(i64::MAX / 1_000_000))
    }

    /// When a span that was stretched is warned of: at the same part of it as usual.
    pub fn warn_after(span: Span, usual: Span, usual_warn: Span) -> Span {
        let seconds = i128::from(span.as_seconds()) * i128::from(usual_warn.as_seconds())
            / i128::from(usual.as_seconds().max(1));
        Span::seconds(i64::try_from(seconds).unwrap_or(0))
    }

    /// How many reviews the queue must have for the bound to be reached; more need not be counted.
    pub fn count_max(self, usual: Span) -> i64 {
        let most = i128::from(usual.as_seconds()) * i128::from(self.stretch_max_percent.max(100));
        let count = most * i128::from(self.per_hour.max(1)) / 360_000 + 1;
        i64::try_from(count.clamp(1, 100_000)).unwrap_or(100_000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USUAL: Span = Span::hours(2);

    #[test]
    fn a_queue_that_is_decided_in_time_stretches_nothing() {
        for open in [0, 1, 60, 120] {
            assert_eq!(Pace::default().span(USUAL, open), USUAL, "{open}");
        }
    }

    #[test]
    fn a_longer_queue_stretches_the_time_to_what_it_takes_up_to_the_bound() {
        let pace = Pace::default();
        assert_eq!(pace.span(USUAL, 180), Span::hours(3));
        assert_eq!(pace.span(USUAL, 480), Span::hours(8));
        assert_eq!(pace.span(USUAL, 100_000), Span::hours(8));
        assert_eq!(Pace { stretch_max_percent: 100, ..pace }.span(USUAL, 1_000), USUAL);
        assert_eq!(pace.count_max(USUAL), 481);
    }

    #[test]
    fn the_warning_keeps_its_place() {
        assert_eq!(Pace::warn_after(Span::hours(3), USUAL, Span::hours(1)), Span::minutes(90));
        assert_eq!(Pace::warn_after(USUAL, USUAL, Span::hours(1)), Span::hours(1));
    }

    proptest! {
        /// Whatever is set and however long the queue: never less than usual, never beyond the bound, and a
        /// longer queue never has less time.
        #[test]
        fn the_time_is_bounded_and_grows_with_the_queue(
            per_hour in -5..100_000_i64,
            stretch_max_percent in -5..10_000_i64,
            open in -5..i64::MAX / 2,
            more in 0..1_000_000_i64,
        ) {
            let pace = Pace { per_hour, stretch_max_percent };
            let (short, long) = (pace.span(USUAL, open), pace.span(USUAL, open + more));
            let most = USUAL.as_seconds() * stretch_max_percent.max(100) / 100;
            prop_assert!(short >= USUAL && short.as_seconds() <= most);
            prop_assert!(long >= short);
        }
    }
}
