//! Blocks: units stacked so that they fill a cuboid, or nearly.
//!
//! A grid is equal units turned the same way, so many along each axis. Two blocks joined along an axis
//! make another one if little room is lost (Fanslau, Bortfeldt 2010: "guillotine cutting blocks").

use std::collections::HashSet;

use super::fill::Placed;
use super::space::Cuboid;
use super::task::{Sum, Task, fits};

/// The most blocks that are made for one carton.
const BLOCKS: usize = 4_000;
/// The most pairs of blocks that are looked at to be joined.
const PAIRS: usize = 400_000;
/// A joined block is at least so full, in percent.
const MIN_FULL_PERCENT: u64 = 98;

/// Kinds with the number of units of each, by kind.
type Needs = Vec<(usize, u32)>;

/// Units stacked to a cuboid.
#[derive(Debug)]
pub(super) struct Block {
    pub size: [u32; 3],
    pub sum: Sum,
    pub needs: Needs,
    made: Made,
}

#[derive(Debug)]
enum Made {
    Grid { kind: usize, turn: [u32; 3], along: [u32; 3] },
    Joined { first: usize, second: usize, axis: usize },
}

impl Block {
    /// Whether there are units enough.
    pub(super) fn is_in(&self, counts: &[u32]) -> bool {
        self.needs.iter().all(|&(kind, needed)| needed <= counts[kind])
    }
}

/// All blocks that may be of use in a carton of this kind, within the limits of their number.
pub(super) fn blocks(task: &Task<'_>, case: usize, counts: &[u32]) -> Vec<Block> {
    let inner = task.cases[case].inner;
    let mut blocks = Vec::new();
    for kind in (0..counts.len()).filter(|&kind| counts[kind] > 0) {
        for &turn in &task.kinds[kind].turns {
            grids(task, kind, counts[kind], turn, inner, &mut blocks);
        }
    }
    join(counts, inner, &mut blocks);
    blocks
}

fn grids(
    task: &Task<'_>,
    kind: usize,
    count: u32,
    turn: [u32; 3],
    inner: [u32; 3],
    blocks: &mut Vec<Block>,
) {
    let most = |axis: usize, count: u32| count.min(inner[axis] / turn[axis]);
    let mut sums = vec![Sum::default()];
    for x in 1..=most(0, count) {
        for y in 1..=most(1, count / x) {
            for z in 1..=most(2, count / x / y) {
                let units = x * y * z;
                while sums.len() <= units as usize {
                    sums.push(sums[sums.len() - 1].with(&task.kinds[kind]));
                }
                let sum = sums[units as usize];
                if blocks.len() == BLOCKS || !sum.may_mix() {
                    return;
                }
                blocks.push(Block {
                    size: [x * turn[0], y * turn[1], z * turn[2]],
                    sum,
                    needs: vec![(kind, units)],
                    made: Made::Grid { kind, turn, along: [x, y, z] },
                });
            }
        }
    }
}

/// Adds joined blocks, small ones first, until there are enough.
fn join(counts: &[u32], inner: [u32; 3], blocks: &mut Vec<Block>) {
    let mut known: HashSet<([u32; 3], Needs)> =
        blocks.iter().map(|block| (block.size, block.needs.clone())).collect();
    let mut pairs = 0;
    let mut second = 0;
    while second < blocks.len() {
        for first in 0..=second {
            for axis in 0..3 {
                if blocks.len() >= BLOCKS || pairs >= PAIRS {
                    return;
                }
                pairs += 1;
                if let Some(block) = joined(blocks, first, second, axis, inner, counts)
                    && known.insert((block.size, block.needs.clone()))
                {
                    blocks.push(block);
                }
            }
        }
        second += 1;
    }
}

fn joined(
    blocks: &[Block],
    first: usize,
    second: usize,
    axis: usize,
    inner: [u32; 3],
    counts: &[u32],
) -> Option<Block> {
    let (a, b) = (&blocks[first], &blocks[second]);
    let mut size = [0; 3];
    for (at, edge) in size.iter_mut().enumerate() {
        *edge = if at == axis { a.size[at] + b.size[at] } else { a.size[at].max(b.size[at]) };
    }
    if !fits(size, inner) {
        return None;
    }
    let volume = Cuboid::new([0; 3], size).volume();
    let sum = a.sum.and(&b.sum);
    if sum.volume * 100 < MIN_FULL_PERCENT * volume || !sum.may_mix() {
        return None;
    }
    let mut needs = a.needs.clone();
    for &(kind, count) in &b.needs {
        match needs.binary_search_by_key(&kind, |need| need.0) {
            Ok(at) => needs[at].1 += count,
            Err(at) => needs.insert(at, (kind, count)),
        }
    }
    let block = Block { size, sum, needs, made: Made::Joined { first, second, axis } };
    block.is_in(counts).then_some(block)
}

/// Puts the units of a block at `at`, from the floor up where it matters.
pub(super) fn unpack(blocks: &[Block], block: usize, at: [u32; 3], into: &mut Vec<Placed>) {
    match blocks[block].made {
        Made::Grid { kind, turn, along } => {
            for z in 0..along[2] {
                for y in 0..along[1] {
                    for x in 0..along[0] {
                        let step = [x * turn[0], y * turn[1], z * turn[2]];
                        let at = [at[0] + step[0], at[1] + step[1], at[2] + step[2]];
                        into.push(Placed { kind, body: Cuboid::new(at, turn) });
                    }
                }
            }
        }
        Made::Joined { first, second, axis } => {
            unpack(blocks, first, at, into);
            let mut beyond = at;
            beyond[axis] += blocks[first].size[axis];
            unpack(blocks, second, beyond, into);
        }
    }
}
