//! Unpredictable bytes as an argument: the operating system's, or a seed's for tests.
//!
//! This is the only place of the project that asks the operating system for randomness.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use ordermill_base::Random;
use zeroize::{Zeroize, Zeroizing};

/// Where keys, nonces, salts and tokens come from.
pub trait Entropy: Send + Sync {
    /// Fills all of `out` with bytes nobody can predict.
    fn fill(&self, out: &mut [u8]);
}

/// The operating system's generator, fetched 4 KiB at a time by each thread.
///
/// A nonce then costs a copy instead of a system call. Bytes handed out are erased from the buffer
/// at once, so each is used for one thing only. The one way to see bytes twice is to resume a virtual
/// machine more than once from the same snapshot of its memory: start such machines afresh.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

/// A replayable stream for tests, demos and simulations. Never for real data: whoever knows the
/// seed knows every key.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<Random>);

impl Entropy for OsEntropy {
    fn fill(&self, out: &mut [u8]) {
        if out.len() > Reserve::SIZE / 4 {
            return from_system(out);
        }
        RESERVE.with_borrow_mut(|reserve| reserve.take(out));
    }
}

impl SeededEntropy {
    /// The stream of one seed.
    pub const fn from_seed(seed: u64) -> Self {
        Self(Mutex::new(Random::from_seed(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&random.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

thread_local! {
    static RESERVE: RefCell<Reserve> = RefCell::new(Reserve::empty());
}

/// Bytes of the operating system not yet handed out: those from `next` on.
struct Reserve {
    bytes: Box<Zeroizing<[u8; Self::SIZE]>>,
    next: usize,
}

impl Reserve {
    const SIZE: usize = 4096;

    fn empty() -> Self {
        Self { bytes: Box::new(Zeroizing::new([0; Self::SIZE])), next: Self::SIZE }
    }

    fn take(&mut self, out: &mut [u8]) {
        if self.bytes.len() - self.next < out.len() {
            from_system(&mut self.bytes[..]);
            self.next = 0;
        }
        let taken = &mut self.bytes[self.next..self.next + out.len()];
        out.copy_from_slice(taken);
        taken.zeroize();
        self.next += out.len();
    }
}

/// # Panics
/// If the operating system has no randomness to give. Going on would mean guessable keys.
#[expect(clippy::disallowed_methods, reason = "the one source of real randomness")]
fn from_system(out: &mut [u8]) {
    getrandom::fill(out).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_sixteen_bytes_of_the_system_are_given_twice() {
        let draw = || {
            (0..2_000).map(|_| {
                let mut out = [0; 16];
                OsEntropy.fill(&mut out);
                out
            })
        };
        let mut seen: HashSet<[u8; 16]> = draw().collect();
        let other = std::thread::scope(|scope| {
            scope.spawn(|| draw().collect::<Vec<_>>()).join().expect("the other thread draws")
        });
        seen.extend(other);
        assert_eq!(seen.len(), 4_000);
        assert!(!seen.contains(&[0; 16]));
    }

    #[test]
    fn every_length_is_filled_to_the_end() {
        for len in [0, 1, 7, 31, 1_024, 1_025, 4_096, 10_000] {
            // A byte that stays 0 in 8 draws was not filled (a chance of 2⁻⁶⁴ each).
            let mut union = vec![0; len];
            for _ in 0..8 {
                let mut out = vec![0; len];
                OsEntropy.fill(&mut out);
                union.iter_mut().zip(&out).for_each(|(all, byte)| *all |= byte);
            }
            assert!(union.iter().all(|byte| *byte != 0), "{len}");
        }
    }

    #[test]
    fn a_seed_replays() {
        let draw = |seed| {
            let (entropy, mut out) = (SeededEntropy::from_seed(seed), [0; 29]);
            entropy.fill(&mut out);
            out
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
