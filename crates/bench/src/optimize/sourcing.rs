//! Sourcing: single decisions, and waves beside the best costs and bounds that are known. One core.

use std::time::Instant;

use anyhow::{Context, Result};
use ordermill_instances::Read;
use ordermill_instances::sourcing::{WEIGHTS, WaveCase, waves};
use ordermill_optimize::sourcing::wave::{Effort, Wave, source};
use ordermill_optimize::sourcing::{Aim, Impossible, Rule, Split, Weights, decide};

use crate::Figure;

/// A split is worth avoiding, but allowed.
const RULE: Rule = Rule {
    split: Split::Units,
    max_parcels: 3,
    max_lateness_hours: 24,
    aim: Aim::Cheapest,
    weights: Weights { split: 300, ..WEIGHTS },
};

/// Single decisions where stock is ample.
pub(super) fn orders_ample(read: Read<'_>) -> Result<Figure> {
    Ok(single("sourcing, ample", largest(&of_kind(read, "ample")?)?))
}

/// Single decisions where stock is tight, so that most orders must be split.
pub(super) fn orders_tight(read: Read<'_>) -> Result<Figure> {
    Ok(single("sourcing, tight", largest(&of_kind(read, "tight")?)?))
}

/// Waves with ample stock.
pub(super) fn waves_ample(read: Read<'_>) -> Result<Figure> {
    all("waves, ample", &of_kind(read, "ample")?)
}

/// Waves with tight stock.
pub(super) fn waves_tight(read: Read<'_>) -> Result<Figure> {
    all("waves, tight", &of_kind(read, "tight")?)
}

/// The largest wave with ample stock, doubled.
pub(super) fn large_wave_ample(read: Read<'_>) -> Result<Figure> {
    twice("wave of 2,000, ample", largest(&of_kind(read, "ample")?)?)
}

/// The largest wave with tight stock, doubled.
pub(super) fn large_wave_tight(read: Read<'_>) -> Result<Figure> {
    twice("wave of 2,000, tight", largest(&of_kind(read, "tight")?)?)
}

fn of_kind(read: Read<'_>, kind: &str) -> Result<Vec<WaveCase>> {
    let mut cases = waves(read)?;
    cases.retain(|case| case.name.contains(kind));
    Ok(cases)
}

fn largest(cases: &[WaveCase]) -> Result<&WaveCase> {
    cases.iter().max_by_key(|case| case.orders.len()).context("there is no wave")
}

/// Each order of a wave alone, with its first three lines, over all locations.
fn single(name: &str, case: &WaveCase) -> Figure {
    let inputs: Vec<_> = (0..case.orders.len()).map(|order| case.single(order, 3)).collect();
    let (mut splits, mut none, mut unproven) = (0_u32, 0_u32, 0_u32);
    let start = Instant::now();
    for (lines, locations) in &inputs {
        match decide(lines, locations, &RULE) {
            Ok(decision) => {
                splits += u32::from(decision.chosen.shares.len() > 1);
                unproven += u32::from(!decision.is_proven);
            }
            Err(no_plan) => {
                none += 1;
                unproven += u32::from(no_plan.reason == Impossible::NotFound);
            }
        }
    }
    Figure::once(name, "–", inputs.len() as u64, start.elapsed().as_secs_f64())
        .with("locations", case.stock.len() as f64)
        .with("splits", splits.into())
        .with("without_plan", none.into())
        .with("unproven", unproven.into())
}

/// Each wave of a kind. Shares are means over the waves, in percent: of the cost above the wave's own
/// bound, above the best cost that is known, and above what is proven, where anything is.
fn all(name: &str, cases: &[WaveCase]) -> Result<Figure> {
    let (mut orders, mut seconds) = (0, 0.0);
    let (mut above_bound, mut above_known, mut above_proven) = (0.0, 0.0, Vec::new());
    let mut below_greedy = 0.0;
    for case in cases {
        let start = Instant::now();
        let found = source(&case.wave(Effort::default()))?;
        seconds += start.elapsed().as_secs_f64();
        orders += case.orders.len();
        let above = |other: u64| 100.0 * (found.cost as f64 / other as f64 - 1.0);
        above_bound += above(found.lower_bound);
        above_known += above(case.known);
        below_greedy -= above(found.greedy_cost);
        above_proven.extend(case.proven.map(above));
    }
    let mean = |sum: f64, count: usize| sum / count.max(1) as f64;
    let proven = above_proven.iter().sum::<f64>();
    Ok(Figure::once(name, "–", orders as u64, seconds)
        .with("above_bound_percent", mean(above_bound, cases.len()))
        .with("above_best_known_percent", mean(above_known, cases.len()))
        .with("above_proven_percent", mean(proven, above_proven.len()))
        .with("below_greedy_percent", mean(below_greedy, cases.len())))
}

/// A wave with each order twice and twice the stock.
fn twice(name: &str, case: &WaveCase) -> Result<Figure> {
    let orders = [&case.orders[..], &case.orders].concat();
    let stock: Vec<Vec<u32>> =
        case.stock.iter().map(|units| units.iter().map(|units| units * 2).collect()).collect();
    let wave = Wave {
        orders: &orders,
        stock: &stock,
        parcels_left: &case.parcels_left,
        effort: Effort::default(),
    };
    let start = Instant::now();
    let found = source(&wave)?;
    let seconds = start.elapsed().as_secs_f64();
    let above = |other: u64| 100.0 * (found.cost as f64 / other as f64 - 1.0);
    Ok(Figure::once(name, "–", orders.len() as u64, seconds)
        .with("above_bound_percent", above(found.lower_bound))
        .with("below_greedy_percent", -above(found.greedy_cost)))
}
