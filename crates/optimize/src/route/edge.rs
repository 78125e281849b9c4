//! One edge of the grid: the stops on it, and what each way to use it costs.
//!
//! An edge that is not walked through can be entered from one end, from the other, or from both; what
//! matters is how far. If every stop has to be visited, that is up to the last one, or up to the largest
//! gap between two. If stops may be left out for a penalty, it is wherever walk and penalties together
//! are the least.

use super::Waypoint;
use super::class::Use;

/// A stop, and how far it is from the low end of its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stop {
    pub(super) offset: u32,
    pub(super) waypoint: Waypoint,
    /// What it costs to leave it out; [`MUST`] if that may not be.
    pub(super) penalty: u64,
}

/// The penalty of what may not be left out: more than any tour is long.
pub(super) const MUST: u64 = 1 << 48;

/// One of the two ends of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Low,
    High,
}

/// How far to go into an edge that is not walked through.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// The walk, and the penalties of the stops that it leaves out.
    cost: u64,
    /// How many stops are reached from the low end.
    from_low: usize,
    /// The first stop that is reached from the high end.
    from_high: usize,
}

/// What each use of an edge costs, in the order of [`Use::ALL`]; `None` if it may not be.
pub(super) fn costs(length: u32, stops: &[Stop]) -> [Option<u64>; 6] {
    let through = u64::from(length);
    if stops.is_empty() {
        return [Some(0), Some(through), Some(2 * through), None, None, None];
    }
    let skipped = Some(penalty(stops)).filter(|penalty| *penalty < MUST);
    let [low, high, both] = [Use::FromLow, Use::FromHigh, Use::BothEnds]
        .map(|how| best_turn(length, stops, how).map(|turn| turn.cost));
    [skipped, Some(through), Some(2 * through), low, high, both]
}

/// The stops that a turn from one of the ends reaches, in the order of the walk.
pub(super) fn turn(length: u32, stops: &[Stop], how: Use, end: End) -> Vec<Waypoint> {
    let Some(turn) = best_turn(length, stops, how) else { return Vec::new() };
    let reached = match end {
        End::Low => &stops[..turn.from_low],
        End::High => &stops[turn.from_high..],
    };
    in_order(reached, end)
}

/// Stops as they are met by who comes from an end.
pub(super) fn in_order(stops: &[Stop], from: End) -> Vec<Waypoint> {
    let mut waypoints: Vec<Waypoint> = stops.iter().map(|stop| stop.waypoint).collect();
    if from == End::High {
        waypoints.reverse();
    }
    waypoints
}

/// What it costs to leave out all of these.
pub(super) fn penalty(stops: &[Stop]) -> u64 {
    stops.iter().map(|stop| stop.penalty).fold(0, u64::saturating_add)
}

/// The cheapest turn of its kind.
fn best_turn(length: u32, stops: &[Stop], how: Use) -> Option<Turn> {
    let count = stops.len();
    let in_low = |reached: usize| match reached.checked_sub(1) {
        Some(last) => 2 * u64::from(stops[last].offset),
        None => 0,
    };
    let in_high = |reached: usize| match stops.get(reached) {
        Some(first) => 2 * u64::from(length - first.offset),
        None => 0,
    };
    let turn = |from_low: usize, from_high: usize| {
        let left_out = penalty(&stops[from_low..from_high]);
        let cost = in_low(from_low) + in_high(from_high) + left_out;
        (left_out < MUST).then_some(Turn { cost, from_low, from_high })
    };
    let cheapest = |turns: &mut dyn Iterator<Item = Turn>| turns.min_by_key(|turn| turn.cost);
    // The more is left out, the later: behind the first turn that may not be there is none that may.
    match how {
        Use::Skip | Use::Once | Use::Twice => None,
        Use::FromLow => cheapest(&mut (1..=count).rev().map_while(|low| turn(low, count))),
        Use::FromHigh => cheapest(&mut (0..count).map_while(|high| turn(0, high))),
        Use::BothEnds => cheapest(
            &mut (1..count).flat_map(|low| (low..count).map_while(move |high| turn(low, high))),
        ),
    }
}
