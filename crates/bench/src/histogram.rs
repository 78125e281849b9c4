//! How long answers took, in buckets that grow with the value, so that counting costs nothing worth
//! measuring and any percentile is right to within 3 %.

use std::time::Duration;

/// Buckets of one doubling.
const STEPS: u64 = 32;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Up to 2³⁶ µs, 19 hours.
const BUCKETS: usize = 32 * STEPS as usize;

/// Counts of latencies.
#[derive(Debug, Clone)]
pub struct Histogram {
    buckets: Vec<u32>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0 }
    }
}

impl Histogram {
    /// Counts one answer.
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket_of(micros)] += 1;
        self.count += 1;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
    }

    /// How many answers were counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// So many percent were answered within this many milliseconds; 0 if there were none.
    pub fn percentile_ms(&self, percent: f64) -> f64 {
        let wanted = (self.count as f64 * percent / 100.0).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted && seen > 0 {
                return upper_micros(bucket) as f64 / 1_000.0;
            }
        }
        0.0
    }
}

/// Values below [`STEPS`] have a bucket each; every doubling above is cut in [`STEPS`].
fn bucket_of(micros: u64) -> usize {
    let doublings = micros.max(1).ilog2().saturating_sub(STEP_BITS);
    let bucket = u64::from(doublings) * STEPS + (micros >> doublings);
    usize::try_from(bucket).unwrap_or(usize::MAX).min(BUCKETS - 1)
}

fn upper_micros(bucket: usize) -> u64 {
    let (bucket, doublings) = (bucket as u64, (bucket as u64 / STEPS).saturating_sub(1));
    ((bucket - doublings * STEPS + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket_and_close_below_its_end() {
        for micros in (0..5_000).chain([1 << 20, 123_456_789, 1 << 35]) {
            let upper = upper_micros(bucket_of(micros));
            assert!(upper >= micros && upper as f64 <= micros as f64 * 1.04, "{micros} {upper}");
        }
    }

    #[test]
    fn percentiles_are_those_of_the_recorded_values() {
        let mut first = Histogram::default();
        let mut second = Histogram::default();
        (1..=990).for_each(|_| first.record(Duration::from_micros(1_000)));
        (1..=10).for_each(|_| second.record(Duration::from_micros(8_000)));
        first.merge(&second);
        assert_eq!(first.count(), 1_000);
        assert!((first.percentile_ms(50.0) - 1.0).abs() < 0.04);
        assert!((first.percentile_ms(99.0) - 1.0).abs() < 0.04);
        assert!((first.percentile_ms(99.9) - 8.0).abs() < 0.3);
    }
}
