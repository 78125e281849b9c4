//! Points: earned on goods, spent as a tender.
//!
//! Points are a means of payment here, not a discount: they do not change the tax.

use std::num::NonZeroU32;

use ordermill_base::{Currency, Money};

use super::{BasisPoints, QuoteProblem, fraction_down, minor_of};

/// How points are earned: so many for each full amount of goods after discounts. Freight earns none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarnRule {
    /// This many points …
    pub points: u32,
    /// … for each of this amount, in proportion, rounded down to whole points.
    pub per: Money,
}

/// What points are worth when they are spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendRule {
    /// This many points …
    pub points: NonZeroU32,
    /// … pay this amount.
    pub pay: Money,
    /// The largest share of the order's total that points may pay.
    pub share_max: BasisPoints,
}

/// A buyer's wish to pay with points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsToSpend<'a> {
    /// What they are worth.
    pub rule: &'a SpendRule,
    /// At most this many.
    pub points: u64,
    /// How many the buyer has.
    pub balance: u64,
}

impl EarnRule {
    /// The points earned by goods of `net` minor units.
    pub(super) fn earned(&self, net: i64, currency: Currency) -> Result<i64, QuoteProblem> {
        match minor_of(self.per, currency)? {
            0 => Ok(0),
            per => i64::try_from(fraction_down(net, self.points.into(), per))
                .map_err(|_| QuoteProblem::TooLarge),
        }
    }
}

impl PointsToSpend<'_> {
    /// The points used and the minor units they pay, of an order of `total`. Never more points than
    /// the amount needs: a point that would buy nothing stays with the buyer.
    pub(super) fn spent(&self, total: i64, currency: Currency) -> Result<(i64, i64), QuoteProblem> {
        if self.points > self.balance {
            return Err(QuoteProblem::NotEnoughPoints {
                asked: self.points,
                balance: self.balance,
            });
        }
        let pay = minor_of(self.rule.pay, currency)?;
        if pay == 0 {
            return Ok((0, 0));
        }
        let (pay, points) = (i128::from(pay), i128::from(self.rule.points.get()));
        let amount_max = i128::from(self.rule.share_max.of_down(total));
        // The most points whose worth, rounded down, is still within the share.
        let usable = i128::from(self.points).min(((amount_max + 1) * points - 1) / pay);
        let amount = usable * pay / points;
        let needed = amount * points / pay + i128::from(amount * points % pay > 0);
        let too_large = |_| QuoteProblem::TooLarge;
        Ok((i64::try_from(needed).map_err(too_large)?, i64::try_from(amount).map_err(too_large)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CNY: Currency = Currency::Cny;

    fn rule(points: u32, pay: i64, share_max: u32) -> SpendRule {
        SpendRule {
            points: NonZeroU32::new(points).unwrap(),
            pay: Money::new(pay, CNY),
            share_max: BasisPoints::new(share_max).unwrap(),
        }
    }

    fn spent(rule: &SpendRule, points: u64, total: i64) -> (i64, i64) {
        PointsToSpend { rule, points, balance: u64::MAX }.spent(total, CNY).unwrap()
    }

    #[test]
    fn points_pay_at_most_their_share_of_the_order() {
        let hundred_for_one_yuan = rule(100, 100, 5_000);
        assert_eq!(spent(&hundred_for_one_yuan, 300, 10_000), (300, 300));
        assert_eq!(spent(&hundred_for_one_yuan, 99_999, 10_001), (5_000, 5_000));
    }

    #[test]
    fn points_that_would_buy_nothing_stay_with_the_buyer() {
        assert_eq!(spent(&rule(100, 1, 10_000), 1_099, 10_000), (1_000, 10));
        assert_eq!(spent(&rule(1, 3, 10_000), 1_000, 10), (3, 9));
        assert_eq!(spent(&rule(7, 5, 10_000), 4, 10), (3, 2));
        assert_eq!(spent(&rule(7, 5, 10_000), 99, 9), (13, 9));
        assert_eq!(spent(&rule(1, 0, 10_000), 50, 10), (0, 0));
        assert_eq!(spent(&rule(1, 1, 10_000), u64::MAX, 10), (10, 10));
    }

    #[test]
    fn points_that_the_buyer_does_not_have_are_refused() {
        let wish = PointsToSpend { rule: &rule(1, 1, 10_000), points: 11, balance: 10 };
        assert_eq!(
            wish.spent(100, CNY),
            Err(QuoteProblem::NotEnoughPoints { asked: 11, balance: 10 })
        );
    }

    #[test]
    fn goods_earn_points_rounded_down() {
        let one_per_yuan = EarnRule { points: 1, per: Money::new(100, CNY) };
        assert_eq!(one_per_yuan.earned(1_999, CNY), Ok(19));
        let nothing = EarnRule { points: 5, per: Money::zero(CNY) };
        assert_eq!(nothing.earned(1_999, CNY), Ok(0));
    }
}
