//! Orders of every kind from a seed: all currencies, discounts, tenders, freight and tax modes.

use std::num::NonZeroU32;

use ordermill_base::{Currency, Id, Money, Quantity, Random, Timestamp};

use super::super::coupon::{Benefit, Scope, Stacking};
use super::super::freight::{
    FreeFrom, FreightRate, HazardousGoods, Measured, Oversized, Tariff, Terms,
};
use super::super::points::{EarnRule, PointsToSpend, SpendRule};
use super::super::tax::CountryTax;
use super::super::{
    BasisPoints, Coupon, CouponUse, Destination, FreightTable, GiftCard, Line, Region,
    RegionPattern, Request, TaxClass, TaxMode, TaxTable,
};
use super::plain_line;
use crate::address::Country;
use crate::ids::{CategoryId, CouponId, GiftCardId, SkuId};

pub(super) const NOON: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// Amounts that no shop means, up to the edge of 64 bits.
pub(super) const ABSURD: [i64; 6] =
    [i64::MIN, -1, 0, 1_000_000_000_000_000, i64::MAX - 1, i64::MAX];

/// Everything that a request borrows.
pub(super) struct RandomOrder {
    pub(super) currency: Currency,
    lines: Vec<(Line<'static>, Vec<CategoryId>)>,
    coupons: Vec<(Coupon, u64, u64)>,
    spending: Option<(SpendRule, u64)>,
    gift_cards: Vec<GiftCard>,
    freight: Option<FreightTable>,
    taxes: TaxTable,
    earning: Option<EarnRule>,
}

impl RandomOrder {
    pub(super) fn new(seed: u64) -> Self {
        let random = &mut Random::from_seed(seed);
        let currency = *random.pick(&Currency::ALL);
        let scale = *random.pick(&[3, 100, 30_000, 1_000_000_000]);
        let lines = (0..random.between(1, 6)).map(|_| line(random, currency, scale)).collect();
        let mut order = Self {
            currency,
            lines,
            coupons: Vec::new(),
            spending: None,
            gift_cards: Vec::new(),
            freight: None,
            taxes: taxes(random),
            earning: None,
        };
        for number in 0..random.between(0, 5) {
            let mut coupon = coupon(random, currency, scale);
            // In random order, but never two coupons under one id.
            coupon.id = CouponId::from_raw(random.between(1, 1_000) * 10 + number);
            order.coupons.push((coupon, random.below(3), random.below(3)));
        }
        if random.percent(50) {
            let rule = SpendRule {
                points: NonZeroU32::new(random.between(1, 100) as u32).unwrap(),
                pay: amount(random, currency, 50),
                share_max: share(random, 10_000),
            };
            order.spending = Some((rule, random.below(3_000)));
        }
        order.gift_cards = (0..random.between(0, 2))
            .map(|raw| GiftCard {
                id: GiftCardId::from_raw(raw),
                balance: amount(random, currency, 2 * scale),
            })
            .collect();
        if random.percent(80) {
            order.freight = Some(freight(random, currency, scale));
        }
        if random.percent(50) {
            let (points, per) = (random.between(0, 9) as u32, amount(random, currency, 100));
            order.earning = Some(EarnRule { points, per });
        }
        order
    }

    /// Makes some amounts and numbers of the rules absurd.
    pub(super) fn make_rules_absurd(&mut self, random: &mut Random) {
        let mut amounts: Vec<&mut Money> = Vec::new();
        for (coupon, ..) in &mut self.coupons {
            amounts.extend(&mut coupon.min_spend);
            match &mut coupon.benefit {
                Benefit::AmountOff(amount) => amounts.push(amount),
                Benefit::PercentOff { cap, .. } | Benefit::FreeFreight { cap } => {
                    amounts.extend(cap);
                }
            }
        }
        if let Some((rule, points)) = &mut self.spending {
            amounts.push(&mut rule.pay);
            (rule.points, *points) = (NonZeroU32::MAX, u64::MAX);
        }
        if let Some(rule) = &mut self.earning {
            amounts.push(&mut rule.per);
            rule.points = u32::MAX;
        }
        for rate in self.freight.iter_mut().flat_map(|table| &mut table.rates) {
            let Terms::Served(tariff) = &mut rate.terms else { continue };
            tariff.step_weight_grams = NonZeroU32::MIN;
            amounts.extend([&mut tariff.first_price, &mut tariff.step_price]);
            amounts.extend(tariff.free_from.as_mut().map(|free| &mut free.amount));
            amounts.extend(tariff.oversized.as_mut().map(|oversized| &mut oversized.surcharge));
        }
        amounts.extend(self.gift_cards.iter_mut().map(|card| &mut card.balance));
        for amount in amounts {
            if random.percent(20) {
                amount.minor = *random.pick(&ABSURD);
            }
        }
    }

    /// Hands out the request, which borrows from the order.
    pub(super) fn with_request<R>(&self, use_it: impl FnOnce(&Request<'_>) -> R) -> R {
        let lines: Vec<Line<'_>> =
            self.lines.iter().map(|(line, categories)| Line { categories, ..*line }).collect();
        let coupons: Vec<CouponUse<'_>> = self
            .coupons
            .iter()
            .map(|(coupon, uses, by)| CouponUse {
                coupon,
                uses: *uses,
                uses_by_customer: *by,
                has_ordered: false,
            })
            .collect();
        use_it(&Request {
            currency: self.currency,
            at: NOON,
            destination: Destination { country: Country::CHINA, region: Region::Unknown },
            lines: &lines,
            coupons: &coupons,
            points: self.spending.as_ref().map(|(rule, points)| PointsToSpend {
                rule,
                points: *points,
                balance: u64::MAX,
            }),
            gift_cards: &self.gift_cards,
            freight: self.freight.as_ref(),
            taxes: &self.taxes,
            earning: self.earning.as_ref(),
        })
    }
}

fn amount(random: &mut Random, currency: Currency, max: i64) -> Money {
    Money::new(random.between(0, max), currency)
}

fn share(random: &mut Random, max: i64) -> BasisPoints {
    BasisPoints::new(random.between(0, max) as u32).unwrap()
}

fn sometimes<T>(random: &mut Random, make: impl FnOnce(&mut Random) -> T) -> Option<T> {
    random.percent(40).then(|| make(random))
}

fn line(random: &mut Random, currency: Currency, scale: i64) -> (Line<'static>, Vec<CategoryId>) {
    let pieces = *random.pick(&[1, 1, 2, 3, 7, 100]);
    let line = Line {
        sku: SkuId::from_raw(random.between(1, 4)),
        quantity: Quantity::new(random.between(1, pieces)).unwrap(),
        tax_class: *random.pick(&[TaxClass::Standard, TaxClass::Reduced, TaxClass::Exempt]),
        weight_grams: random.between(0, 3_000) as u32,
        dimensions_mm: [0; 3].map(|_: u32| random.between(0, 600) as u32),
        hazardous: random.percent(10),
        ..plain_line(amount(random, currency, scale))
    };
    let categories = (1..=3).filter(|_| random.percent(40)).map(CategoryId::from_raw).collect();
    (line, categories)
}

fn coupon(random: &mut Random, currency: Currency, scale: i64) -> Coupon {
    let day = ordermill_base::Span::days(1);
    let benefit = match random.below(5) {
        0 | 1 => Benefit::PercentOff {
            share: share(random, 10_000),
            cap: sometimes(random, |random| amount(random, currency, scale)),
        },
        2 | 3 => Benefit::AmountOff(amount(random, currency, scale)),
        _ => Benefit::FreeFreight {
            cap: sometimes(random, |random| amount(random, currency, scale)),
        },
    };
    Coupon {
        id: CouponId::from_raw(0),
        benefit,
        scope: match random.below(4) {
            0 => Scope::Categories([CategoryId::from_raw(random.between(1, 4))].into()),
            1 => Scope::Skus([SkuId::from_raw(random.between(1, 5))].into()),
            _ => Scope::All,
        },
        min_spend: sometimes(random, |random| amount(random, currency, 2 * scale)),
        valid_from: random.percent(10).then_some(NOON + day),
        valid_until: random.percent(10).then_some(NOON),
        uses_max: random.percent(20).then_some(2),
        uses_per_customer_max: random.percent(20).then_some(2),
        first_order_only: random.percent(20),
        stacking: match random.below(4) {
            0 => Stacking::Exclusive,
            1 => Stacking::Group(2),
            _ => Stacking::Group(1),
        },
    }
}

fn freight(random: &mut Random, currency: Currency, scale: i64) -> FreightTable {
    let tariff = Tariff {
        first_weight_grams: random.between(0, 2_000) as u32,
        first_price: amount(random, currency, scale),
        step_weight_grams: NonZeroU32::new(random.between(200, 1_000) as u32).unwrap(),
        step_price: amount(random, currency, 500),
        volumetric_divisor: sometimes(random, |_| NonZeroU32::new(6_000).unwrap()),
        free_from: sometimes(random, |random| FreeFrom {
            amount: amount(random, currency, 3 * scale),
            measured: *random.pick(&[Measured::BeforeDiscounts, Measured::AfterDiscounts]),
        }),
        oversized: sometimes(random, |random| Oversized {
            longest_side_mm_max: 550,
            surcharge: amount(random, currency, 3_000),
        }),
        hazardous: HazardousGoods::Surcharge(amount(random, currency, 800)),
    };
    let region = RegionPattern::country(Country::CHINA);
    FreightTable { rates: vec![FreightRate { number: 7, region, terms: Terms::Served(tariff) }] }
}

fn taxes(random: &mut Random) -> TaxTable {
    let rates =
        [(TaxClass::Standard, share(random, 3_000)), (TaxClass::Reduced, share(random, 900))];
    let country = CountryTax {
        mode: *random.pick(&[TaxMode::Inclusive, TaxMode::Exclusive]),
        rates: rates.into(),
        freight: *random.pick(&[TaxClass::Standard, TaxClass::Exempt]),
    };
    TaxTable { countries: [(Country::CHINA, country)].into(), elsewhere: None }
}
