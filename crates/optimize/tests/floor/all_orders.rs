//! The shortest tour in the plainest way.

use ordermill_optimize::route::{Depot, Door, Layout, Position};

/// The length of the shortest tour: all ways by Floyd & Warshall over every place of the floor, all
/// orders by Held & Karp.
pub(crate) fn shortest(layout: &Layout, picks: &[Position]) -> u64 {
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
