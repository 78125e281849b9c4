//! Filling one carton: units of a sequence, each in the best corner of the free room.

use super::space::{Cuboid, Room};
use super::task::{Counts, Kind, Sum, Task, fits};

/// How much may still be tried, counted in places looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work(pub u64);

impl Work {
    pub(super) fn spend(&mut self, places: usize) {
        self.0 = self.0.saturating_sub(places as u64);
    }

    pub(super) const fn is_spent(self) -> bool {
        self.0 == 0
    }
}

/// How many places could be looked at in the time that it takes to begin with a carton.
const FILL_PLACES: usize = 20;

/// What sequence units are placed in. Fragile ones always come last, the heaviest of them first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Volume,
    LongestEdge,
    LargestFace,
    ShortestEdge,
    Girth,
}

/// Which place is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Score {
    /// Nearest to the origin, one axis after the other.
    Deepest([usize; 3]),
    /// The least room left along the tightest edge, then along the next.
    Snuggest([usize; 3]),
    /// The place whose far side is nearest to the origin, one axis after the other.
    LowestTop([usize; 3]),
}

/// The pairs that are tried, the most successful on the public orders first.
pub(super) const STRATEGIES: [(By, Score); 20] = [
    (By::LargestFace, Score::LowestTop([2, 1, 0])),
    (By::Volume, Score::Snuggest([2, 1, 0])),
    (By::LongestEdge, Score::Deepest([0, 1, 2])),
    (By::Volume, Score::LowestTop([0, 1, 2])),
    (By::LargestFace, Score::Snuggest([2, 1, 0])),
    (By::Volume, Score::LowestTop([2, 1, 0])),
    (By::LargestFace, Score::Deepest([2, 1, 0])),
    (By::Girth, Score::LowestTop([1, 0, 2])),
    (By::LargestFace, Score::LowestTop([0, 1, 2])),
    (By::LargestFace, Score::LowestTop([1, 2, 0])),
    (By::Volume, Score::Deepest([1, 2, 0])),
    (By::LongestEdge, Score::LowestTop([2, 1, 0])),
    (By::LongestEdge, Score::Snuggest([0, 1, 2])),
    (By::ShortestEdge, Score::LowestTop([2, 0, 1])),
    (By::ShortestEdge, Score::Snuggest([1, 2, 0])),
    (By::LongestEdge, Score::LowestTop([1, 2, 0])),
    (By::Girth, Score::Snuggest([2, 1, 0])),
    (By::Volume, Score::Deepest([2, 1, 0])),
    (By::Girth, Score::LowestTop([2, 1, 0])),
    (By::LargestFace, Score::Deepest([0, 1, 2])),
];

/// One unit in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub kind: usize,
    pub body: Cuboid,
}

/// A carton with its contents.
#[derive(Debug, Clone)]
pub(super) struct Bin {
    pub case: usize,
    pub placed: Vec<Placed>,
    pub volume: u64,
}

impl Bin {
    /// How many units of each kind lie in it.
    pub(super) fn counts(&self, kinds: usize) -> Counts {
        let mut counts = vec![0; kinds];
        self.placed.iter().for_each(|placed| counts[placed.kind] += 1);
        counts
    }
}

/// These units, each named by its kind, in a sequence.
pub(super) fn sequence(task: &Task<'_>, counts: &[u32], by: By) -> Vec<usize> {
    let mut kinds: Vec<usize> = (0..counts.len()).filter(|&kind| counts[kind] > 0).collect();
    kinds.sort_by_key(|&index| {
        let kind = &task.kinds[index];
        let mut edges = kind.turns.first().copied().unwrap_or_default().map(u64::from);
        edges.sort_unstable();
        let [short, middle, long] = edges;
        let size = match by {
            By::Volume => kind.volume,
            By::LongestEdge => (long << 32) + middle * short,
            By::LargestFace => long * middle,
            By::ShortestEdge => (short << 32) + middle * long,
            By::Girth => short + middle + long,
        };
        let weight = if kind.is_fragile { kind.grams } else { 0 };
        (kind.is_fragile, std::cmp::Reverse((weight, size, kind.volume)), index)
    });
    let units = |kind: usize| std::iter::repeat_n(kind, counts[kind] as usize);
    kinds.into_iter().flat_map(units).collect()
}

/// Whether a carton must take the whole sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// Stop at the first unit without a place.
    All,
    /// Leave out what has no place.
    Most,
}

/// Fills one carton with units of `sequence`; `None` if all were demanded and one has no place.
pub(super) fn fill(
    task: &Task<'_>,
    case: usize,
    sequence: &[usize],
    score: Score,
    demand: Demand,
    work: &mut Work,
) -> Option<Bin> {
    let mut room = Room::default();
    room.reset(task.cases[case].inner);
    let mut bin = Bin { case, placed: Vec::with_capacity(sequence.len()), volume: 0 };
    let mut sum = Sum::default();
    let mut is_hopeless = vec![false; task.kinds.len()];
    work.spend(FILL_PLACES);
    for &kind in sequence {
        if is_hopeless[kind] {
            continue;
        }
        let after = sum.with(&task.kinds[kind]);
        let place = if may_join(task, case, &after) {
            work.spend(room.cuboids.len() * task.kinds[kind].turns.len());
            best_place(task, &room, &bin.placed, kind, score)
        } else {
            None
        };
        match place {
            Some(body) => {
                room.carve(&body, task.min_edge);
                bin.placed.push(Placed { kind, body });
                sum = after;
            }
            None if demand == Demand::All => return None,
            // Room only shrinks, so the next unit of the kind has no place either.
            None => is_hopeless[kind] = true,
        }
    }
    bin.volume = sum.volume;
    Some(bin)
}

/// Whether nothing but geometry keeps the contents from becoming these.
pub(super) fn may_join(task: &Task<'_>, case: usize, after: &Sum) -> bool {
    after.may_mix()
        && after.volume <= task.cases[case].volume
        && task.carries(case, after.grams, after.volume)
}

fn best_place(
    task: &Task<'_>,
    room: &Room,
    placed: &[Placed],
    kind: usize,
    score: Score,
) -> Option<Cuboid> {
    let mut best: Option<(u64, Cuboid)> = None;
    for cuboid in &room.cuboids {
        let free = cuboid.size();
        for &turn in &task.kinds[kind].turns {
            if !fits(turn, free) {
                continue;
            }
            let body = Cuboid::new(cuboid.low, turn);
            let rank = rank(score, &body, free, turn);
            if best.is_none_or(|(least, _)| rank < least) && may_lie(task, placed, kind, &body) {
                best = Some((rank, body));
            }
        }
    }
    best.map(|(_, body)| body)
}

/// The smaller the better. Lengths are below 2¹⁶ mm, so four of them make one key.
fn rank(score: Score, body: &Cuboid, free: [u32; 3], turn: [u32; 3]) -> u64 {
    let mut left = [free[0] - turn[0], free[1] - turn[1], free[2] - turn[2]];
    left.sort_unstable();
    let key = |parts: [u32; 4]| parts.into_iter().fold(0, |key, part| key << 16 | u64::from(part));
    match score {
        Score::Deepest([a, b, c]) => key([body.low[a], body.low[b], body.low[c], left[0]]),
        Score::Snuggest([a, b, _]) => key([left[0], left[1], body.low[a], body.low[b]]),
        Score::LowestTop([a, b, c]) => key([body.high[a], body.high[b], body.high[c], left[0]]),
    }
}

/// Whether a unit may lie there for what is below and above it.
pub(super) fn may_lie(task: &Task<'_>, placed: &[Placed], kind: usize, body: &Cuboid) -> bool {
    let kind = &task.kinds[kind];
    if task.has_fragile
        && placed.iter().any(|other| breaks(&task.kinds[other.kind], &other.body, kind, body))
    {
        return false;
    }
    if task.min_support_percent == 0 || body.low[2] == 0 {
        return true;
    }
    let supported: u64 = placed
        .iter()
        .filter(|other| other.body.high[2] == body.low[2])
        .map(|other| other.body.shared_area(body))
        .sum();
    supported * 100 >= task.min_support_percent * body.shared_area(body)
}

/// Whether one of two units lies above the other one that does not bear it.
fn breaks(other: &Kind, other_body: &Cuboid, kind: &Kind, body: &Cuboid) -> bool {
    let bears = |below: &Kind, above: &Kind| {
        !below.is_fragile || (above.is_fragile && above.grams <= below.grams)
    };
    if body.shared_area(other_body) == 0 {
        return false;
    }
    if body.low[2] >= other_body.high[2] { !bears(other, kind) } else { !bears(kind, other) }
}
