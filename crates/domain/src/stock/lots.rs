//! Lots: first expired, first out.

use ordermill_base::Timestamp;

/// The pieces of one lot on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// When it may no longer be sold; `None` for what does not expire.
    pub expires_at: Option<Timestamp>,
    /// How many pieces are left of it.
    pub quantity: i64,
}

/// Pieces to take from one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotPick {
    /// Which of the given lots.
    pub lot: usize,
    /// How many pieces.
    pub quantity: i64,
}

/// The lots that are still good have too few pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{available} of {wanted} pieces are in lots that are still good")]
pub struct LotsShort {
    /// How many pieces are wanted.
    pub wanted: i64,
    /// How many good ones there are.
    pub available: i64,
}

/// Takes pieces from the lots that expire first, but after `good_after`: the moment of sale, or
/// later where the buyer is promised a shelf life. What does not expire goes last, equals in the
/// given order.
pub fn fefo(lots: &[Lot], wanted: i64, good_after: Timestamp) -> Result<Vec<LotPick>, LotsShort> {
    let mut good: Vec<usize> = (0..lots.len())
        .filter(|&at| lots[at].quantity > 0)
        .filter(|&at| lots[at].expires_at.is_none_or(|expires_at| expires_at > good_after))
        .collect();
    let available: i64 = good.iter().map(|&at| lots[at].quantity).sum();
    if available < wanted {
        return Err(LotsShort { wanted, available });
    }
    good.sort_by_key(|&at| (lots[at].expires_at.is_none(), lots[at].expires_at));
    let mut left = wanted;
    let mut picks = Vec::new();
    for lot in good {
        let quantity = lots[lot].quantity.min(left);
        if quantity <= 0 {
            break;
        }
        left -= quantity;
        picks.push(LotPick { lot, quantity });
    }
    Ok(picks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lots(lots: &[(i64, i64)]) -> Vec<Lot> {
        lots.iter()
            .map(|&(day, quantity)| Lot {
                expires_at: (day > 0).then(|| Timestamp::from_micros(day)),
                quantity,
            })
            .collect()
    }

    #[test]
    fn what_expires_first_leaves_first_and_what_has_expired_never() {
        let shelf = lots(&[(0, 5), (30, 2), (10, 9), (20, 4)]);
        let picks = fefo(&shelf, 8, Timestamp::from_micros(10)).unwrap();
        let pick = |lot, quantity| LotPick { lot, quantity };
        assert_eq!(picks, [pick(3, 4), pick(1, 2), pick(0, 2)]);
        assert_eq!(
            fefo(&shelf, 12, Timestamp::from_micros(10)),
            Err(LotsShort { wanted: 12, available: 11 })
        );
    }

    proptest! {
        #[test]
        fn picks_add_up_and_no_earlier_good_lot_is_left_over(
            shelf in proptest::collection::vec((0_i64..20, 0_i64..9), 0..8),
            wanted in 0_i64..30,
            now in 0_i64..20,
        ) {
            let shelf = lots(&shelf);
            let Ok(picks) = fefo(&shelf, wanted, Timestamp::from_micros(now)) else { return Ok(()) };
            prop_assert_eq!(picks.iter().map(|pick| pick.quantity).sum::<i64>(), wanted);
            let rank = |lot: &Lot| lot.expires_at.map_or(i64::MAX, Timestamp::as_micros);
            for pick in &picks {
                let picked = &shelf[pick.lot];
                prop_assert!(pick.quantity <= picked.quantity && rank(picked) > now);
                for (at, lot) in shelf.iter().enumerate() {
                    let taken: i64 =
                        picks.iter().filter(|pick| pick.lot == at).map(|pick| pick.quantity).sum();
                    let earlier = rank(lot) > now && rank(lot) < rank(picked);
                    prop_assert!(!earlier || taken == lot.quantity);
                }
            }
        }
    }
}
