//! Refunds: what goes back when pieces come back, derived from what was paid and never recomputed
//! from rates.
//!
//! The first `n` of `q` pieces are entitled to `n/q` of each part of what was paid (money, each
//! tender, tax, points earned), rounded down; a refund is the entitlement of the pieces returned so
//! far less what has gone back before. So the roundings of earlier refunds are made up by later
//! ones, and the last piece brings the sum to exactly what was paid.

use ordermill_base::{Currency, Money, MoneyError, Quantity};

use super::Tender;

/// What was paid for one line, or, with a quantity of one, for the freight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid<'a> {
    /// How many pieces it was paid for.
    pub quantity: Quantity,
    /// The line's total with tax, over all tenders.
    pub total: Money,
    /// The tax in it.
    pub tax: Money,
    /// What points and gift cards paid of the total.
    pub tenders: &'a [Tender],
    /// Points that the line earned.
    pub points_earned: i64,
}

/// What goes back for some pieces, or has gone back so far.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refund {
    /// How many pieces.
    pub pieces: i64,
    /// All of it: the money and the tenders.
    pub total: Money,
    /// The tax in it.
    pub tax: Money,
    /// What goes back through the payment.
    pub money: Money,
    /// What goes back to points and gift cards, in the order of the line's tenders.
    pub tenders: Vec<Tender>,
    /// Points earned by these pieces, to be taken back.
    pub points_earned: i64,
}

/// Why no refund can be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundProblem {
    /// More pieces than were bought and not yet refunded.
    #[error("{asked} pieces to refund, but {left} are left")]
    TooManyPieces {
        /// How many were asked for.
        asked: i64,
        /// How many are left.
        left: i64,
    },
    /// The stored amounts contradict each other: tenders above the total, tax above it, a negative
    /// part, more than one currency.
    #[error("what was paid for the line does not add up")]
    Inconsistent,
}

impl From<MoneyError> for RefundProblem {
    fn from(_: MoneyError) -> Self {
        Self::Inconsistent
    }
}

/// What goes back when `returned` pieces of a line come back after `already` has gone back.
///
/// Money that was given back without pieces (a goodwill refund) belongs into `already` too; it is
/// taken off what later pieces are entitled to, so that nobody gets back more than was paid.
pub fn refund_for(
    paid: &Paid<'_>,
    returned: Quantity,
    already: &Refund,
) -> Result<Refund, RefundProblem> {
    let left = paid.quantity.get().saturating_sub(already.pieces);
    if already.pieces < 0 || returned.get() > left {
        return Err(RefundProblem::TooManyPieces { asked: returned.get(), left });
    }
    let entitled = paid.entitlement(already.pieces + returned.get())?;
    let less = |due: Money, before: Money| -> Result<Money, RefundProblem> {
        let rest = due.checked_sub(before)?;
        Ok(Money::new(rest.minor.max(0), rest.currency))
    };
    let mut tenders = Vec::with_capacity(entitled.tenders.len());
    for due in &entitled.tenders {
        let before = already.tenders.iter().find(|before| before.same_source(due));
        tenders.push(match before {
            Some(before) => due.with(
                less(due.amount(), before.amount())?,
                due.points().saturating_sub(before.points()).max(0),
            ),
            None => *due,
        });
    }
    let money = less(entitled.money, already.money)?;
    let total = tenders.iter().try_fold(money, |sum, tender| sum.checked_add(tender.amount()))?;
    Ok(Refund {
        pieces: returned.get(),
        total,
        tax: less(entitled.tax, already.tax)?,
        money,
        tenders,
        points_earned: entitled.points_earned.saturating_sub(already.points_earned).max(0),
    })
}

impl Refund {
    /// Nothing so far.
    pub const fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        let tenders = Vec::new();
        Self { pieces: 0, total: zero, tax: zero, money: zero, tenders, points_earned: 0 }
    }

    /// This and a later refund of the same line together.
    pub fn and(&self, later: &Self) -> Result<Self, RefundProblem> {
        let count = |a: i64, b: i64| a.checked_add(b).ok_or(RefundProblem::Inconsistent);
        let mut tenders = self.tenders.clone();
        for tender in &later.tenders {
            match tenders.iter_mut().find(|known| known.same_source(tender)) {
                Some(known) => {
                    *known = known.with(
                        known.amount().checked_add(tender.amount())?,
                        count(known.points(), tender.points())?,
                    );
                }
                None => tenders.push(*tender),
            }
        }
        Ok(Self {
            pieces: count(self.pieces, later.pieces)?,
            total: self.total.checked_add(later.total)?,
            tax: self.tax.checked_add(later.tax)?,
            money: self.money.checked_add(later.money)?,
            tenders,
            points_earned: count(self.points_earned, later.points_earned)?,
        })
    }
}

impl Paid<'_> {
    /// What the first `pieces` of the line are entitled to. Grows with `pieces`, part by part.
    fn entitlement(&self, pieces: i64) -> Result<Refund, RefundProblem> {
        let zero = Money::zero(self.total.currency);
        let by_tenders = self.tenders.iter().try_fold(zero, |sum, tender| {
            if tender.amount().minor < 0 || tender.points() < 0 {
                return Err(RefundProblem::Inconsistent);
            }
            Ok(sum.checked_add(tender.amount())?)
        })?;
        let by_money = self.total.checked_sub(by_tenders)?;
        let untaxed = self.total.checked_sub(self.tax)?;
        let parts = [by_money.minor, untaxed.minor, self.tax.minor, self.points_earned];
        if parts.iter().any(|&part| part < 0) {
            return Err(RefundProblem::Inconsistent);
        }
        let part = |whole: i64| {
            let share = super::fraction_down(whole, pieces, self.quantity.get());
            // At most the whole: there are no more pieces than the quantity.
            i64::try_from(share).unwrap_or(whole)
        };
        let part_of = |whole: Money| Money::new(part(whole.minor), whole.currency);
        let money = part_of(by_money);
        let tenders: Vec<Tender> = self
            .tenders
            .iter()
            .map(|tender| tender.with(part_of(tender.amount()), part(tender.points())))
            .collect();
        let total =
            tenders.iter().try_fold(money, |sum, tender| sum.checked_add(tender.amount()))?;
        // Each part is rounded down by itself, so very high rates could leave more tax than total.
        let tax = Money::new(part(self.tax.minor).min(total.minor), zero.currency);
        let points_earned = part(self.points_earned);
        Ok(Refund { pieces, total, tax, money, tenders, points_earned })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CNY: Currency = Currency::Cny;

    fn fen(minor: i64) -> Money {
        Money::new(minor, CNY)
    }

    fn three_for_ten_yuan(tenders: &[Tender]) -> Paid<'_> {
        let quantity = Quantity::new(3).unwrap();
        Paid { quantity, total: fen(1_000), tax: fen(115), tenders, points_earned: 10 }
    }

    #[test]
    fn the_last_piece_makes_up_for_the_roundings_of_the_others() {
        let paid = three_for_ten_yuan(&[]);
        let mut so_far = Refund::none(CNY);
        let mut amounts = Vec::new();
        for _ in 0..3 {
            let refund = refund_for(&paid, Quantity::ONE, &so_far).unwrap();
            amounts.push((refund.total.minor, refund.tax.minor, refund.points_earned));
            so_far = so_far.and(&refund).unwrap();
        }
        assert_eq!(amounts, [(333, 38, 3), (333, 38, 3), (334, 39, 4)]);
        assert_eq!(
            refund_for(&paid, Quantity::ONE, &so_far),
            Err(RefundProblem::TooManyPieces { asked: 1, left: 0 })
        );
    }

    #[test]
    fn every_tender_gets_its_own_share_back() {
        let tenders = [Tender::Points { points: 250, amount: fen(250) }];
        let paid = three_for_ten_yuan(&tenders);
        let refund = refund_for(&paid, Quantity::new(2).unwrap(), &Refund::none(CNY)).unwrap();
        assert_eq!(refund.money, fen(500));
        assert_eq!(refund.tenders, [Tender::Points { points: 166, amount: fen(166) }]);
        assert_eq!(refund.total, fen(666));
    }

    #[test]
    fn goodwill_money_is_taken_off_later_refunds() {
        let paid = three_for_ten_yuan(&[]);
        let goodwill = Refund { total: fen(400), money: fen(400), ..Refund::none(CNY) };
        let first = refund_for(&paid, Quantity::ONE, &goodwill).unwrap();
        assert_eq!(first.total, fen(0));
        let so_far = goodwill.and(&first).unwrap();
        let rest = refund_for(&paid, Quantity::new(2).unwrap(), &so_far).unwrap();
        assert_eq!(so_far.and(&rest).unwrap().total, paid.total);
    }

    #[test]
    fn stored_amounts_that_contradict_each_other_are_refused() {
        let refused = |paid: Paid<'_>| {
            let refund = refund_for(&paid, Quantity::ONE, &Refund::none(CNY));
            assert_eq!(refund, Err(RefundProblem::Inconsistent));
        };
        let too_much = [Tender::Points { points: 1, amount: fen(1_001) }];
        let yen = [Tender::Points { points: 1, amount: Money::new(1, Currency::Jpy) }];
        refused(three_for_ten_yuan(&too_much));
        refused(three_for_ten_yuan(&yen));
        refused(Paid { tax: fen(1_001), ..three_for_ten_yuan(&[]) });
        refused(Paid { tax: fen(-1), ..three_for_ten_yuan(&[]) });
        refused(Paid { points_earned: -1, ..three_for_ten_yuan(&[]) });
    }
}
