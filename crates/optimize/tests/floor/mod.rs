//! Small floors for properties, measured a second time in the plainest way.

use ordermill_optimize::route::{Crossing, Depot, Door, Layout, Position, Tour, Waypoint};
use proptest::collection::vec;
use proptest::prelude::*;

/// Floors with so many aisles and cross-aisles, and every kind of depot.
pub fn layout(
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
pub fn picks(
    layout: &Layout,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Position>> {
    let (aisles, back) = (layout.aisles().len(), layout.cross_aisles()[layout.blocks()]);
    vec((0..aisles, 0..=back).prop_map(|(aisle, y)| Position { aisle, y }), count)
}

/// The length of the shortest tour: all ways by Floyd & Warshall over every place of the floor, all
/// orders by Held & Karp.
pub fn shortest_of_all_orders(layout: &Layout, picks: &[Position]) -> u64 {
    let between = all_ways(layout, picks);
    let count = picks.len();
    let full = 1usize << count;
    let mut best = vec![vec![u64::MAX; count]; full];
    for last in 0..count {
        best[1 << last][last] = between[0][last + 1];
    }
    for set in 1..full {
        for last in 0..count {
            let so_far = best[set][last];
            if so_far == u64::MAX {
                continue;
            }
            for next in (0..count).filter(|next| set & (1 << next) == 0) {
                let length = so_far + between[last + 1][next + 1];
                let known = &mut best[set | (1 << next)][next];
                *known = length.min(*known);
            }
        }
    }
    let ends = (0..count).map(|last| best[full - 1][last] + between[last + 1][0]);
    ends.min().unwrap_or(0)
}

/// How far it is between the depot (number 0) and the picks.
fn all_ways(layout: &Layout, picks: &[Position]) -> Vec<Vec<u64>> {
    let (xs, ys) = (layout.aisles(), layout.cross_aisles());
    let mut places: Vec<(u32, u32)> = picks.iter().map(|pick| (xs[pick.aisle], pick.y)).collect();
    let (place, doors): ((u32, u32), &[Door]) = match layout.depot() {
        Depot::InAisle(at) => ((xs[at.aisle], at.y), &[]),
        Depot::OnCrossAisle { cross_aisle, x } => ((*x, ys[*cross_aisle]), &[]),
        Depot::Apart(doors) => ((u32::MAX, u32::MAX), doors),
    };
    places.insert(0, place);
    let wanted = places.len();
    places.extend(xs.iter().flat_map(|x| ys.iter().map(move |y| (*x, *y))));
    let far = u64::from(u32::MAX);
    let count = places.len();
    let mut between = vec![vec![far; count]; count];
    for a in 0..count {
        for b in 0..count {
            let ((ax, ay), (bx, by)) = (places[a], places[b]);
            let is_straight = (ax == bx && xs.contains(&ax)) || (ay == by && ys.contains(&ay));
            if (ax, ay) == (bx, by) || is_straight {
                between[a][b] = u64::from(ax.abs_diff(bx)) + u64::from(ay.abs_diff(by));
            }
        }
    }
    for door in doors {
        let crossing = (xs[door.crossing.aisle], ys[door.crossing.cross_aisle]);
        for at in (1..count).filter(|at| places[*at] == crossing) {
            let length = between[0][at].min(door.distance.into());
            (between[0][at], between[at][0]) = (length, length);
        }
    }
    for via in 0..count {
        for a in 0..count {
            for b in 0..count {
                between[a][b] = between[a][b].min(between[a][via] + between[via][b]);
            }
        }
    }
    between.truncate(wanted);
    between
}

/// Fails unless the tour is a walk from the depot past every pick and back, as long as it says.
pub fn assert_is_a_tour(layout: &Layout, picks: &[Position], tour: &Tour) {
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
