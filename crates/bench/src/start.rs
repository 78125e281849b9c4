//! `cold-start`: from the start of the process to the first request that it serves.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::figure::Figure;
use crate::shop::Shop;
use crate::{Bench, Histogram, Options};

/// Starts at least, however short the time is, and at most: each server is also told to stop, and
/// waited for.
const STARTS: std::ops::RangeInclusive<u64> = 5..=25;

pub(crate) fn cold_start(bench: &Bench, options: &Options) -> Result<Vec<Figure>> {
    let shop = Shop::open(options)?;
    let mut latencies = Histogram::default();
    let mut spent = Duration::ZERO;
    while latencies.count() < *STARTS.start()
        || (spent < options.time && latencies.count() < *STARTS.end())
    {
        let began = Instant::now();
        let server = shop.serve(options)?;
        let took = began.elapsed();
        server.stop()?;
        latencies.record(took);
        spent += took;
    }
    let engine = options.target.engine();
    let figure = Figure::new(bench.name, engine, 1, &latencies, spent.as_secs_f64());
    Ok(vec![figure.counted(latencies.count(), 0)])
}
