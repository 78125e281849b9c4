//! Batches of orders.

use anyhow::Result;
use ordermill_instances::Read;
use ordermill_instances::orders::{self, BatchingCase};
use ordermill_optimize::batching::{self, Batch, Effort};

use super::gap::{Gaps, Times};
use crate::Figure;

pub(super) fn bahceci_oncan(read: Read<'_>) -> Result<Figure> {
    batches("batches, Bahçeci & Öncan", orders::bahceci_oncan(read)?)
}

pub(super) fn foodmart(read: Read<'_>) -> Result<Figure> {
    batches("batches, Foodmart", orders::foodmart(read)?)
}

fn batches(name: &str, cases: Vec<BatchingCase>) -> Result<Figure> {
    let mut times = Times::default();
    let (mut gaps, mut descended, mut alone) = (Gaps::default(), Gaps::default(), Gaps::default());
    let no_rounds = Effort { rounds: 0, ..Effort::default() };
    for BatchingCase { layout, orders, capacity, known, .. } in cases {
        let batch = |effort| batching::batch(&layout, &orders, capacity, effort);
        gaps.add(walking(&times.take(|| batch(Effort::default()))?), known);
        descended.add(walking(&batch(no_rounds)?), known);
        alone.add(walking(&batching::one_by_one(&layout, &orders, capacity)?), known);
    }
    let figure = times.figure(name, &gaps);
    Ok(figure
        .with("savings_and_descent_gap_percent", descended.mean())
        .with("one_by_one_gap_percent", alone.mean()))
}

fn walking(batches: &[Batch]) -> u64 {
    batches.iter().map(|batch| batch.tour.length).sum()
}
