//! From which shelves pieces are taken.

use ordermill_base::Timestamp;

use super::LotPick;

/// Pieces of one lot in one bin, as the choice sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelf {
    /// When they may no longer be sold; `None` for what does not expire.
    pub expires_at: Option<Timestamp>,
    /// How many are there that nobody has claimed.
    pub free: i64,
    /// Whether it refills the others and is picked from last.
    pub is_reserve: bool,
    /// Its place on the walk through the location.
    pub position: i64,
}

/// Chooses the shelves for `wanted` pieces, in the order in which they are asked; fewer pieces if there
/// are not as many.
///
/// What expires leaves first expired first, and not at all after `good_after`. Of what does not expire:
///
/// 1. Picking shelves come before reserve.
/// 2. Can one shelf give all that is still wanted, the one with the least in it does, so that shelves get
///    empty and the walk has one stop.
/// 3. Otherwise the fullest gives all it has, so that the walk has few stops.
/// 4. Of equals, the first on the walk.
pub fn claim_shelves(shelves: &[Shelf], wanted: i64, good_after: Timestamp) -> Vec<LotPick> {
    let is_good = |shelf: &Shelf| {
        shelf.free > 0 && shelf.expires_at.is_none_or(|expires_at| expires_at > good_after)
    };
    let mut open: Vec<usize> = (0..shelves.len()).filter(|&at| is_good(&shelves[at])).collect();
    let expires = open.iter().any(|&at| shelves[at].expires_at.is_some());
    let mut left = wanted;
    let mut picks = Vec::new();
    while left > 0 {
        let best = open.iter().copied().min_by_key(|&at| {
            let Shelf { expires_at, free, is_reserve, position } = shelves[at];
            let rest = if free >= left { (0, free) } else { (1, -free) };
            let age = (expires_at.is_none(), expires_at);
            // Within one day of expiry the same rules hold as without one.
            (expires.then_some(age), is_reserve, rest, position, at)
        });
        let Some(lot) = best else { break };
        let quantity = shelves[lot].free.min(left);
        open.retain(|&at| at != lot);
        left -= quantity;
        picks.push(LotPick { lot, quantity });
    }
    picks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shelf(free: i64, position: i64) -> Shelf {
        Shelf { expires_at: None, free, is_reserve: false, position }
    }

    fn lot(day: i64, free: i64) -> Shelf {
        Shelf { expires_at: Some(Timestamp::from_micros(day)), ..shelf(free, day) }
    }

    fn chosen(shelves: &[Shelf], wanted: i64) -> Vec<(usize, i64)> {
        let picks = claim_shelves(shelves, wanted, Timestamp::from_micros(10));
        picks.into_iter().map(|pick| (pick.lot, pick.quantity)).collect()
    }

    #[test]
    fn the_shelf_that_is_emptied_soonest_gives_all_if_it_can() {
        let shelves = [shelf(9, 1), shelf(4, 2), shelf(4, 3), shelf(2, 4)];
        assert_eq!(chosen(&shelves, 3), [(1, 3)]);
        assert_eq!(chosen(&shelves, 2), [(3, 2)]);
    }

    #[test]
    fn few_shelves_give_what_no_single_one_can() {
        let shelves = [shelf(2, 1), shelf(9, 2), shelf(4, 3)];
        assert_eq!(chosen(&shelves, 11), [(1, 9), (0, 2)]);
        assert_eq!(chosen(&shelves, 12), [(1, 9), (2, 3)]);
        assert_eq!(chosen(&shelves, 99), [(1, 9), (2, 4), (0, 2)]);
    }

    #[test]
    fn reserve_is_picked_from_when_the_shelves_are_empty() {
        let reserve = Shelf { is_reserve: true, ..shelf(40, 1) };
        assert_eq!(chosen(&[reserve, shelf(3, 9)], 2), [(1, 2)]);
        assert_eq!(chosen(&[reserve, shelf(3, 9)], 5), [(1, 3), (0, 2)]);
    }

    #[test]
    fn what_expires_first_leaves_first_and_what_has_expired_never() {
        let shelves = [shelf(5, 1), lot(30, 2), lot(10, 9), lot(20, 4)];
        assert_eq!(chosen(&shelves, 8), [(3, 4), (1, 2), (0, 2)]);
    }

    proptest! {
        /// Nothing is taken that is not there, and nothing is left lying that is wanted.
        #[test]
        fn as_much_is_claimed_as_is_there_and_good(
            free in proptest::collection::vec((0_i64..6, proptest::bool::ANY, 0_i64..30), 0..8),
            wanted in 0_i64..30,
        ) {
            let shelves: Vec<Shelf> = free
                .iter()
                .zip(1..)
                .map(|(&(free, is_reserve, day), position)| Shelf {
                    expires_at: (day > 0).then(|| Timestamp::from_micros(day)),
                    free,
                    is_reserve,
                    position,
                })
                .collect();
            let good: i64 = shelves
                .iter()
                .filter(|it| it.expires_at.is_none_or(|at| at > Timestamp::from_micros(10)))
                .map(|it| it.free)
                .sum();
            let picks = chosen(&shelves, wanted);
            prop_assert_eq!(picks.iter().map(|(_, pieces)| pieces).sum::<i64>(), good.min(wanted));
            for (at, pieces) in &picks {
                prop_assert!(*pieces >= 1 && *pieces <= shelves[*at].free);
            }
            let distinct: std::collections::HashSet<_> = picks.iter().map(|(at, _)| at).collect();
            prop_assert_eq!(distinct.len(), picks.len());
        }
    }
}
