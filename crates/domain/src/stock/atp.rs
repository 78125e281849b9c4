//! Available to promise: what may be sold, by when.

use ordermill_base::Timestamp;

/// Pieces that are announced: a purchase order, a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming {
    /// When they can be shipped from here.
    pub at: Timestamp,
    /// How many pieces.
    pub quantity: i64,
}

/// How many pieces can be promised for `by`: what is available now and arrives until then, without
/// what backorders wait for; never negative. Backorders are served first, so they also eat into
/// what arrives later.
pub fn atp(available: i64, backordered: i64, incoming: &[Incoming], by: Timestamp) -> i64 {
    let arriving: i64 =
        incoming.iter().filter(|arrival| arrival.at <= by).map(|arrival| arrival.quantity).sum();
    (available + arriving - backordered).max(0)
}

/// The first moment from `now` on for which `wanted` pieces can be promised; `None` if what is
/// announced does not suffice.
pub fn earliest(
    available: i64,
    backordered: i64,
    incoming: &[Incoming],
    wanted: i64,
    now: Timestamp,
) -> Option<Timestamp> {
    let later = incoming.iter().map(|arrival| arrival.at).filter(|at| *at > now);
    std::iter::once(now)
        .chain(later)
        .filter(|&by| atp(available, backordered, incoming, by) >= wanted)
        .min()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn day(number: i64) -> Timestamp {
        Timestamp::from_millis(number * 86_400_000)
    }

    #[test]
    fn arrivals_serve_backorders_before_new_buyers() {
        let incoming =
            [Incoming { at: day(5), quantity: 10 }, Incoming { at: day(9), quantity: 10 }];
        assert_eq!(atp(2, 6, &incoming, day(4)), 0);
        assert_eq!(atp(2, 6, &incoming, day(5)), 6);
        assert_eq!(earliest(2, 6, &incoming, 6, day(1)), Some(day(5)));
        assert_eq!(earliest(2, 6, &incoming, 7, day(1)), Some(day(9)));
        assert_eq!(earliest(2, 6, &incoming, 17, day(1)), None);
        assert_eq!(earliest(2, 0, &incoming, 2, day(1)), Some(day(1)));
    }

    proptest! {
        #[test]
        fn waiting_longer_never_promises_less(
            available in 0_i64..20,
            backordered in 0_i64..20,
            incoming in proptest::collection::vec((0_i64..30, 1_i64..20), 0..8),
            soon in 0_i64..30,
            wait in 0_i64..30,
        ) {
            let incoming: Vec<Incoming> = incoming
                .into_iter()
                .map(|(at, quantity)| Incoming { at: day(at), quantity })
                .collect();
            let promise = |by| atp(available, backordered, &incoming, day(by));
            prop_assert!(promise(soon) <= promise(soon + wait));
        }
    }
}
