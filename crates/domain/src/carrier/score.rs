//! How well a carrier serves: on time, without damage, without exceptions, from its own history.

use serde::{Deserialize, Serialize};

/// What a carrier's shipments of some time have come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// How many were handed over.
    pub handed_over: i64,
    /// How many were delivered.
    pub delivered: i64,
    /// How many of these by the day that was expected.
    pub on_time: i64,
    /// How many came damaged or were lost.
    pub damaged: i64,
    /// How many had any delivery exception.
    pub exceptions: i64,
}

/// A service score, from 0 to 1000.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Score(pub u16);

/// So many parcels of an average carrier are added to each history, so that three parcels make
/// neither a star nor a failure.
const PRIOR: i64 = 20;

impl History {
    /// The score: half for being on time, three tenths for no damage, two tenths for no exceptions.
    /// A carrier without history is taken for an average one: 90 % on time, 1 % damaged, 5 %
    /// exceptions.
    pub fn score(&self) -> Score {
        let share = |good: i64, of: i64, usual_permille: i64| {
            (good * 1_000 + PRIOR * usual_permille) / (of + PRIOR)
        };
        let (of, unharmed) = (self.handed_over, self.handed_over - self.damaged);
        let on_time = share(self.on_time, self.delivered, 900);
        let sound = share(unharmed, of, 990);
        let smooth = share(of - self.exceptions, of, 950);
        let score = (on_time * 5 + sound * 3 + smooth * 2) / 10;
        Score(u16::try_from(score.clamp(0, 1_000)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_carrier_is_an_average_one() {
        assert_eq!(History::default().score(), Score(937));
    }

    #[test]
    fn few_parcels_say_little_and_many_say_it_all() {
        let late = |parcels| History {
            handed_over: parcels,
            delivered: parcels,
            exceptions: parcels,
            ..History::default()
        };
        assert!(late(2).score() > Score(850));
        assert!(late(2_000).score() < Score(350));
    }
}
