//! How long parcels have been gone when their channel knows it, counted by this node since its start.

use std::sync::{Mutex, PoisonError};

use ordermill_base::Span;

/// Upper bounds of the buckets; D10 is the one of fifteen minutes.
pub const BOUNDS: [Span; 10] = [
    Span::millis(500),
    Span::seconds(1),
    Span::seconds(2),
    Span::seconds(5),
    Span::seconds(15),
    Span::minutes(1),
    Span::minutes(5),
    Span::minutes(15),
    Span::hours(1),
    Span::hours(6),
];

/// The histogram; shared by all who note and read.
#[derive(Debug, Default)]
pub(super) struct Lags(Mutex<LagFigures>);

/// What it says at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LagFigures {
    /// Parcels in each bucket of [`BOUNDS`], those of smaller buckets not counted again.
    pub buckets: [u64; BOUNDS.len()],
    /// All parcels, also those beyond the last bound.
    pub count: u64,
    /// All their times together.
    pub sum_micros: u64,
}

impl Lags {
    pub(super) fn note(&self, lag: Span) {
        let mut figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let micros = lag.as_micros().max(0).unsigned_abs();
        figures.count += 1;
        figures.sum_micros = figures.sum_micros.saturating_add(micros);
        if let Some(bucket) = BOUNDS.iter().position(|bound| lag <= *bound) {
            figures.buckets[bucket] += 1;
        }
    }

    pub(super) fn figures(&self) -> LagFigures {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
