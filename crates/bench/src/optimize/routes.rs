//! Pick routes.

use anyhow::Result;
use ordermill_instances::Read;
use ordermill_instances::picking::{self, Blocks, RouteCase, ScatteredCase};
use ordermill_optimize::route;

use super::gap::{Gaps, Times};
use crate::Figure;

/// How often each tour is made, to have a time of what takes microseconds.
const REPEATED: usize = 100;

pub(super) fn one_block(read: Read<'_>) -> Result<Figure> {
    plain("route, 1 block", picking::single_position(read, Blocks::One)?, REPEATED)
}

pub(super) fn two_blocks(read: Read<'_>) -> Result<Figure> {
    plain("route, 2 blocks", picking::single_position(read, Blocks::Two)?, REPEATED)
}

pub(super) fn several_blocks(read: Read<'_>) -> Result<Figure> {
    plain("route, 3 to 10 blocks", picking::several_blocks(read)?, 5)
}

pub(super) fn scattered_one_block(read: Read<'_>) -> Result<Figure> {
    scattered("scattered, 1 block", picking::scattered(read, Blocks::One)?)
}

pub(super) fn scattered_two_blocks(read: Read<'_>) -> Result<Figure> {
    scattered("scattered, 2 blocks", picking::scattered(read, Blocks::Two)?)
}

fn plain(name: &str, cases: Vec<RouteCase>, repeated: usize) -> Result<Figure> {
    let mut times = Times::default();
    let (mut gaps, mut s_shape, mut largest_gap) =
        (Gaps::default(), Gaps::default(), Gaps::default());
    let mut proven = 0u32;
    for RouteCase { layout, picks, known, .. } in cases {
        let mut tour = route::shortest(&layout, &picks)?;
        for _ in 0..repeated {
            tour = times.take(|| route::shortest(&layout, &picks))?;
        }
        gaps.add(tour.length, known);
        proven += u32::from(tour.is_optimal);
        s_shape.add(route::s_shape(&layout, &picks)?.length, known);
        largest_gap.add(route::largest_gap(&layout, &picks)?.length, known);
    }
    let figure = times.figure(name, &gaps).with("proven", proven.into());
    Ok(figure
        .with("s_shape_gap_percent", s_shape.mean())
        .with("largest_gap_gap_percent", largest_gap.mean()))
}

fn scattered(name: &str, cases: Vec<ScatteredCase>) -> Result<Figure> {
    let mut times = Times::default();
    let mut gaps = Gaps::default();
    for ScatteredCase { layout, demands, known, .. } in cases {
        let found = times.take(|| route::shortest_scattered(&layout, &demands))?;
        gaps.add(found.tour.length, known);
    }
    Ok(times.figure(name, &gaps))
}
