//! Freight: a table of rates by region, first weight and following steps (首重/续重).
//!
//! Rates are tried in the table's order and the first whose region fits decides, so an exception
//! (a far province, an island, a place not served) stands before the country that contains it.

use std::num::NonZeroU32;

use ordermill_base::{Currency, Money};

use super::{Destination, Line, QuoteProblem, RegionPattern, minor_of, within_limit};

/// The rates of one delivery service, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreightTable {
    /// The first whose region fits decides.
    pub rates: Vec<FreightRate>,
}

/// What it costs to send to one region.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreightRate {
    /// The number by which a quote names it.
    pub number: u32,
    /// Where it is for.
    pub region: RegionPattern,
    /// The prices, or that nothing is sent there.
    pub terms: Terms,
}

/// What is offered to a region.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// Nothing is sent there.
    NotServed,
    /// Sent at these prices.
    Served(Tariff),
}

/// The prices of one region.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// The weight that the first price covers.
    pub first_weight_grams: u32,
    /// The price up to the first weight.
    pub first_price: Money,
    /// The size of each further step; a begun step counts in full.
    pub step_weight_grams: NonZeroU32,
    /// The price of each further step.
    pub step_price: Money,
    /// Cubic centimeters that are billed as one kilogram (often 6000); none: only weight counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumetric_divisor: Option<NonZeroU32>,
    /// From which amount of goods the freight is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<FreeFrom>,
    /// A surcharge for each long piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oversized: Option<Oversized>,
    /// Whether hazardous goods are taken.
    pub hazardous: HazardousGoods,
}

/// From which amount of goods the freight is free. Surcharges stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreeFrom {
    /// At least this amount of goods.
    pub amount: Money,
    /// Which amount of goods is compared.
    pub measured: Measured,
}

/// Which amount of goods a threshold is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// As on the price tags.
    BeforeDiscounts,
    /// What is left after coupons.
    AfterDiscounts,
}

/// A surcharge for pieces with a long side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oversized {
    /// A piece with a longer side than this is oversized.
    pub longest_side_mm_max: u32,
    /// For each oversized piece.
    pub surcharge: Money,
}

/// Whether hazardous goods are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardousGoods {
    /// No.
    Refused,
    /// Yes, for this much once per order.
    Surcharge(Money),
}

/// What the freight costs, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FreightCharge {
    /// The rate that decided.
    pub rate_number: u32,
    /// What the goods weigh.
    pub weight_grams: i64,
    /// What they count for by their size; 0 where size does not count.
    pub volumetric_grams: i64,
    /// Steps beyond the first weight.
    pub steps: i64,
    /// First price and steps, also when they are waived.
    pub base: Money,
    /// The threshold that made the base free.
    pub waived: Option<FreeFrom>,
    /// For long pieces.
    pub oversized: Money,
    /// For hazardous goods.
    pub hazardous: Money,
    /// What is charged: the base unless waived, and the surcharges.
    pub amount: Money,
}

impl FreightCharge {
    /// The weight that was billed: the larger of weight and size.
    pub fn billed_grams(&self) -> i64 {
        self.weight_grams.max(self.volumetric_grams)
    }
}

/// The goods' amounts in minor units, which thresholds are compared with.
#[derive(Clone, Copy)]
pub(super) struct Goods {
    pub(super) before_discounts: i64,
    pub(super) after_discounts: i64,
}

impl FreightTable {
    pub(super) fn charge(
        &self,
        destination: Destination<'_>,
        lines: &[Line<'_>],
        goods: Goods,
        currency: Currency,
    ) -> Result<FreightCharge, QuoteProblem> {
        let rate = self.rates.iter().find(|rate| rate.region.matches(destination));
        match rate {
            Some(FreightRate { number, terms: Terms::Served(tariff), .. }) => {
                tariff.charge(*number, lines, goods, currency)
            }
            Some(FreightRate { terms: Terms::NotServed, .. }) | None => {
                Err(QuoteProblem::NotServed { country: destination.country })
            }
        }
    }
}

impl Tariff {
    fn charge(
        &self,
        rate_number: u32,
        lines: &[Line<'_>],
        goods: Goods,
        currency: Currency,
    ) -> Result<FreightCharge, QuoteProblem> {
        let weight = within_limit(sum(lines, |line| Some(line.weight_grams.into()))?)?;
        let volumetric = within_limit(self.volumetric_grams(lines)?)?;
        let beyond_first = weight.max(volumetric) - i64::from(self.first_weight_grams);
        let steps = divided_up(beyond_first.max(0), self.step_weight_grams);
        let base = i128::from(minor_of(self.first_price, currency)?)
            + i128::from(minor_of(self.step_price, currency)?) * i128::from(steps);
        let base = within_limit(base)?;
        let oversized = self.oversized_surcharge(lines, currency)?;
        let hazardous = self.hazardous_surcharge(lines, currency)?;
        let waived = match self.free_from {
            Some(free) if goods.measured(free.measured) >= minor_of(free.amount, currency)? => {
                Some(free)
            }
            _ => None,
        };
        let charged = if waived.is_some() { 0 } else { base };
        let amount = i128::from(charged) + i128::from(oversized) + i128::from(hazardous);
        let money = |minor| Money::new(minor, currency);
        Ok(FreightCharge {
            rate_number,
            weight_grams: weight,
            volumetric_grams: volumetric,
            steps,
            base: money(base),
            waived,
            oversized: money(oversized),
            hazardous: money(hazardous),
            amount: money(within_limit(amount)?),
        })
    }

    /// A cubic centimeter is 1,000 mm³ and a kilogram 1,000 g, so grams are mm³ by the divisor.
    fn volumetric_grams(&self, lines: &[Line<'_>]) -> Result<i128, QuoteProblem> {
        let Some(divisor) = self.volumetric_divisor else { return Ok(0) };
        let cubic_mm = sum(lines, |line| {
            line.dimensions_mm
                .iter()
                .try_fold(1_i128, |volume, &side| volume.checked_mul(side.into()))
        })?;
        let divisor = i128::from(divisor.get());
        Ok(cubic_mm / divisor + i128::from(cubic_mm % divisor > 0))
    }

    fn oversized_surcharge(
        &self,
        lines: &[Line<'_>],
        currency: Currency,
    ) -> Result<i64, QuoteProblem> {
        let Some(oversized) = self.oversized else { return Ok(0) };
        let is_long =
            |line: &Line<'_>| line.dimensions_mm.iter().any(|&s| s > oversized.longest_side_mm_max);
        let pieces = sum(lines, |line| Some(is_long(line).into()))?;
        within_limit(i128::from(minor_of(oversized.surcharge, currency)?) * pieces)
    }

    fn hazardous_surcharge(
        &self,
        lines: &[Line<'_>],
        currency: Currency,
    ) -> Result<i64, QuoteProblem> {
        if !lines.iter().any(|line| line.hazardous) {
            return Ok(0);
        }
        match self.hazardous {
            HazardousGoods::Refused => Err(QuoteProblem::HazardousNotServed),
            HazardousGoods::Surcharge(surcharge) => minor_of(surcharge, currency),
        }
    }
}

impl Goods {
    const fn measured(self, measured: Measured) -> i64 {
        match measured {
            Measured::BeforeDiscounts => self.before_discounts,
            Measured::AfterDiscounts => self.after_discounts,
        }
    }
}

/// The sum over all pieces of all lines.
fn sum(
    lines: &[Line<'_>],
    of_piece: impl Fn(&Line<'_>) -> Option<i128>,
) -> Result<i128, QuoteProblem> {
    lines
        .iter()
        .try_fold(0_i128, |sum, line| {
            sum.checked_add(of_piece(line)?.checked_mul(line.quantity.get().into())?)
        })
        .ok_or(QuoteProblem::TooLarge)
}

const fn divided_up(amount: i64, step: NonZeroU32) -> i64 {
    let step = step.get() as i64;
    amount / step + (amount % step > 0) as i64
}

#[cfg(test)]
mod tests {
    use ordermill_base::Quantity;

    use super::super::tests::plain_line;
    use super::super::{ProvinceCode, Region};
    use super::*;
    use crate::address::Country;

    const CNY: Currency = Currency::Cny;
    const GOODS: Goods = Goods { before_discounts: 10_000, after_discounts: 9_000 };

    fn yuan(yuan: i64) -> Money {
        Money::new(yuan * 100, CNY)
    }

    /// 12 yuan for the first kilogram, 5 for each further one.
    fn tariff() -> Tariff {
        Tariff {
            first_weight_grams: 1_000,
            first_price: yuan(12),
            step_weight_grams: NonZeroU32::new(1_000).unwrap(),
            step_price: yuan(5),
            volumetric_divisor: NonZeroU32::new(6_000),
            free_from: None,
            oversized: Some(Oversized { longest_side_mm_max: 1_200, surcharge: yuan(30) }),
            hazardous: HazardousGoods::Refused,
        }
    }

    fn parcel(weight_grams: u32, dimensions_mm: [u32; 3]) -> Line<'static> {
        Line { weight_grams, dimensions_mm, ..plain_line(Money::zero(CNY)) }
    }

    fn charge(tariff: &Tariff, lines: &[Line<'_>]) -> FreightCharge {
        tariff.charge(1, lines, GOODS, CNY).unwrap()
    }

    #[test]
    fn a_begun_step_counts_in_full() {
        let cost = |grams| charge(&tariff(), &[parcel(grams, [0; 3])]).amount;
        assert_eq!(cost(0), yuan(12));
        assert_eq!(cost(1_000), yuan(12));
        assert_eq!(cost(1_001), yuan(17));
        assert_eq!(cost(3_000), yuan(22));
    }

    #[test]
    fn light_but_large_goods_are_billed_by_size() {
        let mut pillow = parcel(500, [600, 400, 150]);
        pillow.quantity = Quantity::new(2).unwrap();
        let charge = charge(&tariff(), &[pillow]);
        assert_eq!((charge.weight_grams, charge.volumetric_grams), (1_000, 12_000));
        assert_eq!((charge.billed_grams(), charge.steps), (12_000, 11));
        assert_eq!(charge.amount, yuan(12 + 11 * 5));
    }

    #[test]
    fn from_the_threshold_on_only_surcharges_are_left() {
        let mut tariff = tariff();
        let free_from =
            |amount, measured| Some(FreeFrom { amount: Money::new(amount, CNY), measured });
        let long = [parcel(500, [1_201, 10, 10])];
        tariff.free_from = free_from(9_001, Measured::AfterDiscounts);
        assert_eq!(charge(&tariff, &long).amount, yuan(12 + 30));
        for (amount, measured) in
            [(9_000, Measured::AfterDiscounts), (10_000, Measured::BeforeDiscounts)]
        {
            tariff.free_from = free_from(amount, measured);
            let charge = charge(&tariff, &long);
            assert_eq!((charge.base, charge.amount), (yuan(12), yuan(30)));
            assert_eq!(charge.waived, tariff.free_from);
        }
    }

    #[test]
    fn hazardous_goods_are_refused_or_cost_extra_once() {
        let paint = [Line { hazardous: true, ..parcel(100, [0; 3]) }; 2];
        let mut tariff = tariff();
        assert_eq!(tariff.charge(1, &paint, GOODS, CNY), Err(QuoteProblem::HazardousNotServed));
        tariff.hazardous = HazardousGoods::Surcharge(yuan(8));
        assert_eq!(charge(&tariff, &paint).amount, yuan(12 + 8));
    }

    #[test]
    fn the_first_rate_that_fits_decides() {
        let tibet = RegionPattern::provinces([ProvinceCode::of(540_000).unwrap()]);
        let table = FreightTable {
            rates: vec![
                FreightRate { number: 1, region: tibet, terms: Terms::NotServed },
                FreightRate {
                    number: 2,
                    region: RegionPattern::country(Country::CHINA),
                    terms: Terms::Served(tariff()),
                },
            ],
        };
        let lines = [parcel(100, [0; 3])];
        let to = |country, province| {
            let region = Region::Province(ProvinceCode::of(province).unwrap());
            table.charge(Destination { country, region }, &lines, GOODS, CNY)
        };
        assert_eq!(to(Country::CHINA, 440_000).map(|charge| charge.rate_number), Ok(2));
        let china = Country::CHINA;
        assert_eq!(to(china, 540_102), Err(QuoteProblem::NotServed { country: china }));
        let japan: Country = "JP".parse().unwrap();
        assert_eq!(to(japan, 540_102), Err(QuoteProblem::NotServed { country: japan }));
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<FreightTable>(&json).unwrap(), table);
    }

    #[test]
    fn absurd_sizes_are_too_large_instead_of_wrong() {
        let mut line = parcel(u32::MAX, [u32::MAX; 3]);
        line.quantity = Quantity::new(Quantity::MAX.into()).unwrap();
        assert_eq!(tariff().charge(1, &[line; 9], GOODS, CNY), Err(QuoteProblem::TooLarge));
    }
}
