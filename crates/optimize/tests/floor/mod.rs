//! Small floors for properties, measured a second time in the plainest way.

use ordermill_optimize::route::{Crossing, Depot, Door, Layout, Position, Tour, Waypoint};
use proptest::collection::vec;
use proptest::prelude::*;

/// Floors with so many aisles and cross-aisles, and every kind of depot.
pub(crate) fn layout(
    aisles: std::ops::Range<usize>,
    cross_aisles: std::ops::Range<usize>,
) -> impl Strategy<Value = Layout> {
    (
        vec(1u32..9, aisles),
        vec(1u32..9, cross_aisles),
        0u32..3,
        any::<[u16; 4]>(),
        vec(0u32..20, 25),
    )
        .prop_map(|(xs, ys, kind, random, distances)| {
            let axis = |gaps: Vec<u32>| -> Vec<u32> {
                gaps.iter().scan(0, |at, gap| Some(std::mem::replace(at, *at + gap))).collect()
            };
            let (xs, ys) = (axis(xs), axis(ys));
            let any = |at: usize, below: usize| usize::from(random[at]) % below;
            let depot = match kind {
                0 => Depot::InAisle(Position {
                    aisle: any(0, xs.len()),
                    y: u32::from(random[1]) % (ys[ys.len() - 1] + 1),
                }),
                1 => Depot::OnCrossAisle {
                    cross_aisle: any(0, ys.len()),
                    x: u32::from(random[1]) % (xs[xs.len() - 1] + 1),
                },
                _ => Depot::Apart(
                    distances[..1 + any(0, 5)]
                        .iter()
                        .enumerate()
                        .map(|(at, distance)| Door {
                            crossing: Crossing {
                                aisle: (any(1, xs.len()) + 7 * at) % xs.len(),
                                cross_aisle: any(2 + at % 2, ys.len()),
                            },
                            distance: *distance,
                        })
                        .collect(),
                ),
            };
            Layout::new(xs, ys, depot).expect("a floor")
        })
}

/// Positions on a floor, some of them the same.
pub(crate) fn picks(
    layout: &Layout,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Position>> + use<> {
    let (aisles, back) = (layout.aisles().len(), layout.cross_aisles()[layout.blocks()]);
    vec((0..aisles, 0..=back).prop_map(|(aisle, y)| Position { aisle, y }), count)
}

/// Fails unless the tour is a walk from the depot past every pick and back, as long as it says.
pub(crate) fn assert_is_a_tour(layout: &Layout, picks: &[Position], tour: &Tour) {
    assert_eq!(tour.path.first(), Some(&Waypoint::Depot), "{tour:?}");
    assert_eq!(tour.path.last(), Some(&Waypoint::Depot), "{tour:?}");
    let leg = |pair: &[Waypoint]| layout.leg(picks, pair[0], pair[1]);
    let legs: Option<Vec<u64>> = tour.path.windows(2).map(leg).collect();
    let legs = legs.unwrap_or_else(|| panic!("not all legs are straight: {tour:?}"));
    assert_eq!(legs.iter().sum::<u64>(), tour.length, "{tour:?}");
    let mut visited: Vec<usize> = tour.picks().collect();
    visited.sort_unstable();
    assert_eq!(visited, (0..picks.len()).collect::<Vec<_>>(), "{tour:?}");
}
