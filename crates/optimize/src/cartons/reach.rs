//! Which lengths units can add up to: what remains of an edge beyond them is lost.

use super::task::Task;

/// For each axis and length the longest sum of units' edges that is not longer.
pub(super) struct Reach([Vec<u32>; 3]);

impl Reach {
    pub(super) fn new(task: &Task<'_>, case: usize, counts: &[u32]) -> Self {
        Self([0, 1, 2].map(|axis| {
            let length = task.cases[case].inner[axis] as usize;
            let mut is_sum = vec![false; length + 1];
            is_sum[0] = true;
            for (kind, &count) in task.kinds.iter().zip(counts).filter(|(_, count)| **count > 0) {
                let mut edges: Vec<usize> =
                    kind.turns.iter().map(|turn| turn[axis] as usize).collect();
                edges.sort_unstable();
                edges.dedup();
                for edge in edges {
                    add_multiples(&mut is_sum, edge, count as usize);
                }
            }
            let mut longest = 0;
            let fill = |(at, is_sum): (usize, &bool)| {
                if *is_sum {
                    longest = u32::try_from(at).unwrap_or(u32::MAX);
                }
                longest
            };
            is_sum.iter().enumerate().map(fill).collect()
        }))
    }

    /// How much of a cuboid can be in use at best once a block stands in its corner.
    pub(super) fn usable(&self, block: [u32; 3], free: [u32; 3]) -> u64 {
        (0..3)
            .map(|axis| {
                let rest = (free[axis] - block[axis]) as usize;
                u64::from(block[axis] + self.0[axis].get(rest).copied().unwrap_or(0))
            })
            .product()
    }
}

/// Adds up to `count` edges to every sum.
fn add_multiples(is_sum: &mut [bool], edge: usize, count: usize) {
    // How many of this edge the shortest way to a sum takes; a sum without any takes none.
    let mut used = vec![usize::MAX; is_sum.len()];
    for at in 0..is_sum.len() {
        if is_sum[at] {
            used[at] = 0;
        } else if at >= edge && used[at - edge] < count {
            used[at] = used[at - edge] + 1;
            is_sum[at] = true;
        }
    }
}
