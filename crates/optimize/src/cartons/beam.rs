//! A beam search over sequences of blocks: as much volume as possible in one carton.
//!
//! The free cuboid next to a corner of the carton is filled next, at that corner (Zhu, Lim: A new
//! iterative-doubling greedy-lookahead algorithm for the single container loading problem, European
//! Journal of Operational Research 222, 2012). A block is good if it is large and the room that it
//! leaves beside it can still be filled: edges that no sum of units' edges comes near are lost. From
//! each state the best blocks are tried, each is followed greedily to the end, and as many states as
//! the beam is wide are kept by what they end with (Araya, Riff 2014). The width is doubled while work
//! is left.

use super::blocks::{Block, blocks, unpack};
use super::fill::{Bin, Placed, Work, may_join, may_lie};
use super::reach::Reach;
use super::space::{Cuboid, Room};
use super::task::{Counts, Sum, Task};

/// All these units in one carton, or nothing: one greedy try.
pub(super) fn all(task: &Task<'_>, case: usize, counts: &[u32], work: &mut Work) -> Option<Bin> {
    let blocks = blocks(task, case, counts);
    let search = Search { task, case, blocks: &blocks };
    let end = search.follow(search.start(counts), work);
    let is_all = end.counts.iter().all(|count| *count == 0);
    is_all.then(|| search.bin(&end))
}

/// As much volume of these units in one carton as the work allows to find.
pub(super) fn most(task: &Task<'_>, case: usize, counts: &[u32], work: &mut Work) -> Bin {
    let blocks = blocks(task, case, counts);
    let search = Search { task, case, blocks: &blocks };
    let mut first = Work(u64::MAX);
    let mut best = search.follow(search.start(counts), &mut first);
    let mut width = 1;
    while !work.is_spent() {
        if !search.widen(counts, width, &mut best, work) {
            break;
        }
        width *= 2;
    }
    search.bin(&best)
}

struct Search<'a> {
    task: &'a Task<'a>,
    case: usize,
    blocks: &'a [Block],
}

#[derive(Clone)]
struct State {
    room: Room,
    counts: Counts,
    sum: Sum,
    /// Blocks for which there are units enough.
    useful: Vec<u32>,
    chosen: Vec<(u32, [u32; 3])>,
    /// The units, if rules look at what lies above what.
    units: Vec<Placed>,
}

/// Where the next block goes.
struct Corner {
    cuboid: Cuboid,
    /// Whether the corner is at the cuboid's high end, for each axis.
    is_high: [bool; 3],
}

impl Corner {
    fn at(&self, size: [u32; 3]) -> [u32; 3] {
        let Cuboid { low, high } = self.cuboid;
        [0, 1, 2].map(|axis| if self.is_high[axis] { high[axis] - size[axis] } else { low[axis] })
    }
}

impl Search<'_> {
    fn start(&self, counts: &[u32]) -> State {
        let mut room = Room::default();
        room.reset(self.task.cases[self.case].inner);
        State {
            room,
            counts: counts.to_vec(),
            sum: Sum::default(),
            useful: (0..self.blocks.len()).filter_map(|at| u32::try_from(at).ok()).collect(),
            chosen: Vec::new(),
            units: Vec::new(),
        }
    }

    /// One beam of this width; false if no state is left to go on from.
    fn widen(&self, counts: &[u32], width: usize, best: &mut State, work: &mut Work) -> bool {
        let mut states = vec![self.start(counts)];
        let mut has_choice = false;
        while !states.is_empty() {
            let mut ends: Vec<(u64, State)> = Vec::new();
            for state in &mut states {
                let (corner, ranked) = self.candidates(state, width, work);
                let Some(corner) = corner else { continue };
                has_choice |= ranked.len() == width;
                for (_, block) in ranked {
                    if work.is_spent() {
                        return false;
                    }
                    let mut next = state.clone();
                    self.place(&mut next, block, &corner);
                    let end = self.follow(next.clone(), work);
                    ends.push((end.sum.volume, next));
                    if end.sum.volume > best.sum.volume {
                        *best = end;
                    }
                }
            }
            ends.sort_by_key(|(volume, _)| std::cmp::Reverse(*volume));
            // Equal ends are nearly always the same blocks in another sequence.
            ends.dedup_by_key(|(volume, _)| *volume);
            ends.truncate(width);
            states = ends.into_iter().map(|(_, state)| state).collect();
        }
        has_choice
    }

    /// Takes the best block again and again until none fits.
    fn follow(&self, mut state: State, work: &mut Work) -> State {
        loop {
            let (corner, ranked) = self.candidates(&mut state, 1, work);
            let (Some(corner), Some(&(_, block))) = (corner, ranked.first()) else { return state };
            self.place(&mut state, block, &corner);
        }
    }

    /// The next corner and the best blocks for it. Cuboids that take no block are dropped on the way.
    fn candidates(
        &self,
        state: &mut State,
        number: usize,
        work: &mut Work,
    ) -> (Option<Corner>, Vec<(i128, u32)>) {
        let reach = Reach::new(self.task, self.case, &state.counts);
        while let Some((index, corner)) = self.next_corner(&state.room) {
            work.spend(state.useful.len());
            let ranked = self.ranked(state, &corner, &reach, number);
            if !ranked.is_empty() {
                return (Some(corner), ranked);
            }
            state.room.cuboids.swap_remove(index);
        }
        (None, Vec::new())
    }

    fn next_corner(&self, room: &Room) -> Option<(usize, Corner)> {
        let inner = self.task.cases[self.case].inner;
        let from_the_floor = self.task.min_support_percent > 0 || self.task.has_fragile;
        let nearest = room.cuboids.iter().enumerate().min_by_key(|(_, cuboid)| {
            let mut gaps =
                [0, 1, 2].map(|axis| cuboid.low[axis].min(inner[axis] - cuboid.high[axis]));
            if from_the_floor {
                gaps[2] = cuboid.low[2];
            }
            gaps.sort_unstable();
            (gaps, std::cmp::Reverse(cuboid.volume()))
        });
        nearest.map(|(index, cuboid)| {
            let mut is_high =
                [0, 1, 2].map(|axis| inner[axis] - cuboid.high[axis] < cuboid.low[axis]);
            is_high[2] &= !from_the_floor;
            (index, Corner { cuboid: *cuboid, is_high })
        })
    }

    /// The best blocks for a corner, the best first.
    fn ranked(
        &self,
        state: &State,
        corner: &Corner,
        reach: &Reach,
        number: usize,
    ) -> Vec<(i128, u32)> {
        let free = corner.cuboid.size();
        let mut ranked: Vec<(i128, u32)> = Vec::with_capacity(number + 1);
        for &index in &state.useful {
            let block = &self.blocks[index as usize];
            if !super::task::fits(block.size, free) {
                continue;
            }
            let score = i128::from(block.sum.volume) + i128::from(reach.usable(block.size, free));
            if ranked.len() == number && ranked.last().is_some_and(|(least, _)| *least >= score) {
                continue;
            }
            let sum = state.sum.and(&block.sum);
            if may_join(self.task, self.case, &sum) && self.may_stand(state, index, corner) {
                let position = ranked.partition_point(|(other, _)| *other >= score);
                ranked.insert(position, (score, index));
                ranked.truncate(number);
            }
        }
        ranked
    }

    fn looks_below(&self) -> bool {
        self.task.has_fragile || self.task.min_support_percent > 0
    }

    fn may_stand(&self, state: &State, block: u32, corner: &Corner) -> bool {
        if !self.looks_below() {
            return true;
        }
        let mut units = Vec::new();
        unpack(
            self.blocks,
            block as usize,
            corner.at(self.blocks[block as usize].size),
            &mut units,
        );
        units.sort_by_key(|unit| unit.body.low[2]);
        let mut placed = state.units.clone();
        units.into_iter().all(|unit| {
            let may_lie = may_lie(self.task, &placed, unit.kind, &unit.body);
            placed.push(unit);
            may_lie
        })
    }

    fn place(&self, state: &mut State, index: u32, corner: &Corner) {
        let block = &self.blocks[index as usize];
        let at = corner.at(block.size);
        state.room.carve(&Cuboid::new(at, block.size), self.task.min_edge);
        for &(kind, needed) in &block.needs {
            state.counts[kind] -= needed;
        }
        state.sum = state.sum.and(&block.sum);
        let State { useful, counts, .. } = state;
        useful.retain(|&other| self.blocks[other as usize].is_in(counts));
        state.chosen.push((index, at));
        if self.looks_below() {
            unpack(self.blocks, index as usize, at, &mut state.units);
        }
    }

    fn bin(&self, state: &State) -> Bin {
        let mut placed = Vec::new();
        for &(block, at) in &state.chosen {
            unpack(self.blocks, block as usize, at, &mut placed);
        }
        Bin { case: self.case, placed, volume: state.sum.volume }
    }
}
