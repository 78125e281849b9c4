//! Free room as maximal empty cuboids.
//!
//! Every empty cuboid that cannot grow in any direction is in the list, so they overlap; a unit that
//! fits anywhere fits in one of them. Placing a unit cuts each cuboid that it touches into at most six,
//! and drops those that lie within another (Lai, Chan 1997).

/// A cuboid from its lower to its upper corner, in mm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cuboid {
    pub low: [u32; 3],
    pub high: [u32; 3],
}

impl Cuboid {
    pub(super) fn new(at: [u32; 3], size: [u32; 3]) -> Self {
        Self { low: at, high: [at[0] + size[0], at[1] + size[1], at[2] + size[2]] }
    }

    /// Its edges.
    pub(super) fn size(&self) -> [u32; 3] {
        [self.high[0] - self.low[0], self.high[1] - self.low[1], self.high[2] - self.low[2]]
    }

    pub(super) fn volume(&self) -> u64 {
        self.size().into_iter().map(u64::from).product()
    }

    /// Whether the two have room in common; touching is not enough.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        (0..3).all(|axis| self.low[axis] < other.high[axis] && other.low[axis] < self.high[axis])
    }

    fn contains(&self, other: &Self) -> bool {
        (0..3).all(|axis| self.low[axis] <= other.low[axis] && other.high[axis] <= self.high[axis])
    }

    /// The horizontal area that two have in common, seen from above, in mm².
    pub(super) fn shared_area(&self, other: &Self) -> u64 {
        let along = |axis: usize| {
            let low = self.low[axis].max(other.low[axis]);
            u64::from(self.high[axis].min(other.high[axis]).saturating_sub(low))
        };
        along(0) * along(1)
    }
}

/// The free room of one carton.
#[derive(Debug, Clone, Default)]
pub(super) struct Room {
    pub cuboids: Vec<Cuboid>,
    fresh: Vec<Cuboid>,
}

impl Room {
    /// An empty carton.
    pub(super) fn reset(&mut self, inner: [u32; 3]) {
        self.cuboids.clear();
        self.cuboids.push(Cuboid::new([0; 3], inner));
    }

    /// Takes away what `body` covers. Cuboids with an edge below `min_edge` are of no use and dropped.
    pub(super) fn carve(&mut self, body: &Cuboid, min_edge: u32) {
        let Self { cuboids, fresh } = self;
        fresh.clear();
        cuboids.retain(|cuboid| {
            if !cuboid.overlaps(body) {
                return true;
            }
            for axis in 0..3 {
                if cuboid.low[axis] + min_edge <= body.low[axis] {
                    let mut part = *cuboid;
                    part.high[axis] = body.low[axis];
                    fresh.push(part);
                }
                if body.high[axis] + min_edge <= cuboid.high[axis] {
                    let mut part = *cuboid;
                    part.low[axis] = body.high[axis];
                    fresh.push(part);
                }
            }
            false
        });
        // What was kept was maximal before and is so still; only new ones can lie within others.
        let kept = cuboids.len();
        for (index, part) in fresh.iter().enumerate() {
            let is_within = cuboids[..kept].iter().any(|other| other.contains(part))
                || fresh.iter().enumerate().any(|(at, other)| {
                    at != index && other.contains(part) && (other != part || at < index)
                });
            if !is_within {
                cuboids.push(*part);
            }
        }
    }
}
