//! The planners on public instances with known best answers. `ORDERMILL_TEST_SCALE` takes more of those
//! that take long; `ordermill bench optimize` measures all of them.

use std::path::PathBuf;

use ordermill_instances::orders::{self, BatchingCase};
use ordermill_instances::picking::{self, Blocks};
use ordermill_optimize::batching::{self, Effort};
use ordermill_optimize::route;

/// How much longer than known, in millionths.
fn gap(length: u64, known: u64) -> u64 {
    assert!(length >= known, "{length} is shorter than what is known to be the shortest: {known}");
    (length - known) * 1_000_000 / known
}

fn mean(gaps: &[u64]) -> u64 {
    gaps.iter().sum::<u64>() / u64::try_from(gaps.len()).expect("a count").max(1)
}

fn read(folder: PathBuf) -> impl Fn(&str) -> std::io::Result<String> {
    move |path| std::fs::read_to_string(folder.join(path))
}

/// Every so many-th case, so that a test in every run stays short.
fn some<T>(cases: Vec<T>, every: usize) -> impl Iterator<Item = T> {
    let scale = usize::try_from(ordermill_testkit::scale()).unwrap_or(1);
    cases.into_iter().step_by((every / scale).max(1))
}

#[test]
fn tours_on_one_and_two_blocks_are_the_shortest() {
    let Some(folder) = ordermill_testkit::fixture::data() else { return };
    for blocks in [Blocks::One, Blocks::Two] {
        let cases = picking::single_position(&read(folder.clone()), blocks).expect("instances");
        assert_eq!(cases.len(), 96);
        for case in cases {
            let tour = route::shortest(&case.layout, &case.picks).expect("a tour");
            assert!(tour.is_optimal, "{}", case.name);
            assert_eq!(tour.length, case.known, "{} {blocks:?}", case.name);
        }
    }
}

#[test]
fn tours_on_more_blocks_are_within_one_percent_of_the_best_known() {
    let Some(folder) = ordermill_testkit::fixture::data() else { return };
    let cases = picking::several_blocks(&read(folder)).expect("instances");
    let tour = |case: &picking::RouteCase| route::shortest(&case.layout, &case.picks);
    let gaps: Vec<u64> =
        some(cases, 2).map(|case| gap(tour(&case).expect("a tour").length, case.known)).collect();
    assert!(gaps.iter().all(|gap| *gap <= 10_000), "{gaps:?}");
}

#[test]
fn tours_past_scattered_articles_are_within_one_percent_of_the_shortest() {
    let Some(folder) = ordermill_testkit::fixture::data() else { return };
    let cases = picking::scattered(&read(folder), Blocks::One).expect("instances");
    let tour = |case: &picking::ScatteredCase| {
        route::shortest_scattered(&case.layout, &case.demands).expect("a tour").tour
    };
    let gaps: Vec<u64> = some(cases, 72).map(|case| gap(tour(&case).length, case.known)).collect();
    assert!(mean(&gaps) <= 10_000, "{gaps:?}");
}

#[test]
fn batches_by_units_need_no_more_than_three_percent_over_the_least_walking() {
    let Some(folder) = ordermill_testkit::fixture::data() else { return };
    let cases = orders::bahceci_oncan(&read(folder)).expect("instances");
    assert_eq!(cases.len(), 90);
    let gaps: Vec<u64> = some(cases, 6).map(|case| batching_gap(&case)).collect();
    assert!(mean(&gaps) <= 30_000, "{gaps:?}");
}

#[test]
fn batches_by_boxes_need_no_more_than_three_percent_over_the_least_walking() {
    let Some(folder) = ordermill_testkit::fixture::data() else { return };
    let cases = orders::foodmart(&read(folder)).expect("instances");
    assert_eq!(cases.len(), 21);
    let gaps: Vec<u64> = some(cases, 4).map(|case| batching_gap(&case)).collect();
    assert!(mean(&gaps) <= 30_000, "{gaps:?}");
}

fn batching_gap(case: &BatchingCase) -> u64 {
    // Fewer rounds than usual: tests run without optimization.
    let effort = Effort { rounds: 300, ..Effort::default() };
    let batches = batching::batch(&case.layout, &case.orders, case.capacity, effort);
    let length = batches.expect("batches").iter().map(|batch| batch.tour.length).sum();
    gap(length, case.known)
}
