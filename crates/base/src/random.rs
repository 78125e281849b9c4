//! Randomness as an argument: a small seeded generator (SplitMix64) behind one type.
//!
//! Simulations and demo data replay from their seed. Secrets (tokens, keys, nonces) never come from
//! here: they are made from the operating system's source in the vault.

/// A deterministic stream of numbers. Steele, Lea, Flood: Fast Splittable Pseudorandom Number
/// Generators, 2014.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of one seed.
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, all equally likely to within 2⁻⁶⁴ of the bound's size.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing is below zero");
        ((self.next_u64() as u128 * bound as u128) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub const fn between(&mut self, low: i64, high: i64) -> i64 {
        assert!(low <= high, "an empty range");
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }

    /// True in `percent` of 100 cases.
    pub const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[usize::try_from(self.below(items.len() as u64)).unwrap_or(0)]
    }

    /// A new, independent stream, so that one part's use of numbers does not shift another's.
    pub const fn split(&mut self) -> Self {
        Self(self.next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays() {
        let (mut a, mut b) = (Random::from_seed(7), Random::from_seed(7));
        assert!((0..100).all(|_| a.next_u64() == b.next_u64()));
    }

    #[test]
    fn bounds_hold_at_both_ends() {
        let mut random = Random::from_seed(1);
        let seen: Vec<i64> = (0..1_000).map(|_| random.between(-2, 2)).collect();
        assert!((-2..=2).all(|value| seen.contains(&value)));
        assert!(seen.iter().all(|value| (-2..=2).contains(value)));
    }
}
