//! How far answers are from the best that is known.

use std::time::{Duration, Instant};

use crate::{Figure, Histogram};

/// The gaps of one planner or rule over a collection.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    count: u32,
    sum_percent: f64,
    worst_percent: f64,
    /// Answers that are as good as the best known.
    pub(super) reached: u32,
}

impl Gaps {
    /// Takes an answer into account.
    pub(super) fn add(&mut self, length: u64, known: u64) {
        let percent = (length as f64 / known as f64 - 1.0) * 100.0;
        self.count += 1;
        self.sum_percent += percent;
        self.worst_percent = self.worst_percent.max(percent);
        self.reached += u32::from(length <= known);
    }

    /// The mean in percent.
    pub(super) fn mean(&self) -> f64 {
        self.sum_percent / f64::from(self.count.max(1))
    }
}

/// The times of the answers of a collection.
#[derive(Debug, Default)]
pub(super) struct Times {
    latencies: Histogram,
    total: Duration,
}

impl Times {
    /// Gives the answer, and notes how long it took.
    pub(super) fn take<T>(&mut self, answer: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let answer = std::hint::black_box(answer());
        let time = start.elapsed();
        self.latencies.record(time);
        self.total += time;
        answer
    }

    /// The figure of a collection.
    pub(super) fn figure(&self, name: &str, gaps: &Gaps) -> Figure {
        let seconds = self.total.as_secs_f64();
        let mean_us = seconds * 1e6 / self.latencies.count() as f64;
        Figure::new(name, "–", 1, &self.latencies, seconds)
            .with("instances", gaps.count.into())
            .with("best_known_reached", gaps.reached.into())
            .with("gap_percent", gaps.mean())
            .with("worst_gap_percent", gaps.worst_percent)
            .with("mean_us", mean_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_gap_is_over_instances_and_not_over_lengths() {
        let mut gaps = Gaps::default();
        gaps.add(110, 100);
        gaps.add(1_000_000, 1_000_000);
        let figure = Times::default().figure("routes", &gaps);
        assert_eq!(figure.more["gap_percent"].to_string(), "5");
        assert_eq!(figure.more["worst_gap_percent"].to_string(), "10");
        assert_eq!(gaps.reached, 1);
    }
}
