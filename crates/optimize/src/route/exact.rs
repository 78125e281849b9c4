//! The shortest tour, proven.

use super::edge::{MUST, Stop};
use super::grid::Grid;
use super::layout::{Layout, Position};
use super::{Tour, Waypoint, circuit, sweep};

/// The shortest tour through these positions of the floor; `None` if there are more slots than can be
/// swept.
pub(super) fn tour(layout: &Layout, picks: &[Position]) -> Option<Tour> {
    if picks.is_empty() {
        return Some(Tour { path: vec![Waypoint::Depot], length: 0, is_optimal: true });
    }
    let grid = Grid::new(layout, picks, |_| MUST);
    if let Some(stops) = grid.only_edge() {
        return Some(there_and_back(stops));
    }
    Some(circuit::tour(&grid, &sweep::plan(&grid)?))
}

/// Its length alone, which is quicker.
pub(super) fn length(layout: &Layout, picks: &[Position]) -> Option<u64> {
    if picks.is_empty() {
        return Some(0);
    }
    let grid = Grid::new(layout, picks, |_| MUST);
    match grid.only_edge() {
        Some(stops) => Some(2 * span(stops)),
        None => sweep::length(&grid),
    }
}

/// The tour that is cheapest if each pick may be left out for a penalty: what it costs, penalties
/// included, and the picks that it comes by. `None` as in [`tour`], and if all picks and the depot are
/// inside of one edge.
pub(super) fn cheapest(
    layout: &Layout,
    picks: &[Position],
    penalty: impl Fn(usize) -> u64,
) -> Option<(u64, Vec<usize>)> {
    if picks.is_empty() {
        return None;
    }
    let grid = Grid::new(layout, picks, penalty);
    if grid.only_edge().is_some() {
        return None;
    }
    let plan = sweep::plan(&grid)?;
    Some((plan.length, circuit::tour(&grid, &plan).picks().collect()))
}

/// The tour if nothing has to be left between two crossings.
fn there_and_back(stops: &[Stop]) -> Tour {
    let depot = stops.iter().position(|stop| stop.waypoint == Waypoint::Depot);
    let (before, behind) = stops.split_at(depot.unwrap_or(0));
    let order = behind.iter().chain(before.iter().rev());
    let mut path: Vec<Waypoint> = order.map(|stop| stop.waypoint).collect();
    path.push(Waypoint::Depot);
    Tour { path, length: 2 * span(stops), is_optimal: true }
}

fn span(stops: &[Stop]) -> u64 {
    match stops {
        [first, .., last] => u64::from(last.offset - first.offset),
        [] | [_] => 0,
    }
}
