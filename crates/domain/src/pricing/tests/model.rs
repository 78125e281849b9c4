//! An independent model of a quote: slow and plain, sharing no arithmetic with the real one.
//!
//! Discounts are handed out unit by unit, every subset of the coupons is tried, points are tried one
//! by one, and freight steps are counted.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::coupon::{Benefit, Scope, Stacking};
use super::super::freight::{HazardousGoods, Measured, Terms};
use super::super::points::PointsToSpend;
use super::super::{Coupon, CouponUse, Line, Request, TaxClass, TaxMode};
use crate::ids::CouponId;

/// The numbers of a quote that the model derives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) applied: Vec<CouponId>,
    pub(super) line_nets: Vec<i128>,
    pub(super) line_taxes: Vec<i128>,
    pub(super) freight_net: i128,
    pub(super) freight_tax: i128,
    pub(super) total: i128,
    pub(super) points: i128,
    pub(super) to_pay: i128,
}

struct Basket {
    nets: Vec<i128>,
    freight: i128,
    applied: Vec<CouponId>,
}

pub(super) fn numbers(request: &Request<'_>) -> Numbers {
    let admissible: BTreeMap<CouponId, &Coupon> = request
        .coupons
        .iter()
        .filter(|handed_in| is_admissible(handed_in, request))
        .map(|handed_in| (handed_in.coupon.id, handed_in.coupon))
        .collect();
    let coupons: Vec<&Coupon> = admissible.into_values().collect();
    let basket = (0..1_u32 << coupons.len())
        .map(|subset| {
            let is_in = |index: usize| subset >> index & 1 == 1;
            coupons.iter().enumerate().partition::<Vec<_>, _>(|&(index, _)| is_in(index))
        })
        .filter(|(used, unused)| is_legal(used, unused))
        .map(|(used, _)| basket(request, used.into_iter().map(|(_, coupon)| *coupon).collect()))
        .min_by_key(|basket| {
            let cost = basket.nets.iter().sum::<i128>() + basket.freight;
            (cost, basket.applied.len(), basket.applied.clone())
        })
        .unwrap();

    let tax = &request.taxes.countries[&request.destination.country];
    let tax_of = |net: i128, class: TaxClass| {
        let rate = tax.rates.get(&class).map_or(0, |rate| i128::from(rate.get()));
        let divisor = if tax.mode == TaxMode::Inclusive { 10_000 + rate } else { 10_000 };
        let (down, rest) = (net * rate / divisor, net * rate % divisor);
        if rest + rest >= divisor { down + 1 } else { down }
    };
    let line_taxes: Vec<i128> = request
        .lines
        .iter()
        .zip(&basket.nets)
        .map(|(line, &net)| tax_of(net, line.tax_class))
        .collect();
    let freight_tax = tax_of(basket.freight, tax.freight);
    let mut total = basket.nets.iter().sum::<i128>() + basket.freight;
    if tax.mode == TaxMode::Exclusive {
        total += line_taxes.iter().sum::<i128>() + freight_tax;
    }
    let (points, by_points) = request.points.as_ref().map_or((0, 0), |wish| spend(wish, total));
    let mut to_pay = total - by_points;
    for card in request.gift_cards {
        to_pay -= to_pay.min(card.balance.minor.into());
    }
    let Basket { nets: line_nets, freight: freight_net, applied } = basket;
    Numbers { applied, line_nets, line_taxes, freight_net, freight_tax, total, points, to_pay }
}

fn gross(line: &Line<'_>) -> i128 {
    i128::from(line.unit_price.minor) * i128::from(line.quantity.get())
}

fn is_in_scope(coupon: &Coupon, line: &Line<'_>) -> bool {
    match &coupon.scope {
        Scope::All => true,
        Scope::Categories(wanted) => wanted.iter().any(|id| line.categories.contains(id)),
        Scope::Skus(wanted) => wanted.iter().any(|id| *id == line.sku),
    }
}

fn is_admissible(handed_in: &CouponUse<'_>, request: &Request<'_>) -> bool {
    let coupon = handed_in.coupon;
    let in_scope: Vec<_> = request.lines.iter().filter(|line| is_in_scope(coupon, line)).collect();
    let spent: i128 = in_scope.iter().map(|line| gross(line)).sum();
    !in_scope.is_empty()
        && coupon.min_spend.is_none_or(|least| spent >= i128::from(least.minor))
        && coupon.valid_from.is_none_or(|from| request.at >= from)
        && coupon.valid_until.is_none_or(|until| request.at < until)
        && coupon.uses_max.is_none_or(|max| handed_in.uses < max)
        && coupon.uses_per_customer_max.is_none_or(|max| handed_in.uses_by_customer < max)
}

/// Nothing, one exclusive coupon, or all of one group.
fn is_legal(used: &[(usize, &&Coupon)], unused: &[(usize, &&Coupon)]) -> bool {
    match used {
        [] => true,
        [(_, only)] if only.stacking == Stacking::Exclusive => true,
        [(_, first), ..] => {
            first.stacking != Stacking::Exclusive
                && used.iter().all(|(_, coupon)| coupon.stacking == first.stacking)
                && unused.iter().all(|(_, coupon)| coupon.stacking != first.stacking)
        }
    }
}

fn basket(request: &Request<'_>, mut coupons: Vec<&Coupon>) -> Basket {
    coupons.sort_by_key(|coupon| match coupon.benefit {
        Benefit::PercentOff { .. } => (1, coupon.id),
        Benefit::AmountOff(_) => (2, coupon.id),
        Benefit::FreeFreight { .. } => (3, coupon.id),
    });
    let mut nets: Vec<i128> = request.lines.iter().map(gross).collect();
    let before: i128 = nets.iter().sum();
    let mut applied = Vec::new();
    for coupon in &coupons {
        let open: Vec<i128> = request
            .lines
            .iter()
            .zip(&nets)
            .map(|(line, &net)| if is_in_scope(coupon, line) { net } else { 0 })
            .collect();
        let sum: i128 = open.iter().sum();
        let off = match coupon.benefit {
            Benefit::AmountOff(amount) => amount.minor.into(),
            Benefit::PercentOff { share, cap } => {
                let twice = sum * i128::from(share.get()) * 2 / 10_000;
                let off = twice / 2 + twice % 2;
                cap.map_or(off, |cap| off.min(cap.minor.into()))
            }
            Benefit::FreeFreight { .. } => 0,
        };
        let off = off.min(sum);
        if off > 0 {
            applied.push(coupon.id);
            for (net, share) in nets.iter_mut().zip(largest_remainder(off, &open)) {
                *net -= share;
            }
        }
    }
    let mut freight = freight(request, before, nets.iter().sum());
    for coupon in &coupons {
        if let Benefit::FreeFreight { cap } = coupon.benefit {
            let off = cap.map_or(freight, |cap| freight.min(cap.minor.into()));
            if off > 0 {
                applied.push(coupon.id);
                freight -= off;
            }
        }
    }
    Basket { nets, freight, applied }
}

fn largest_remainder(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    let mut parts: Vec<i128> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut unserved: Vec<usize> = (0..weights.len()).collect();
    while parts.iter().sum::<i128>() < total {
        let best = *unserved
            .iter()
            .max_by_key(|&&line| (total * weights[line] % sum, Reverse(line)))
            .unwrap();
        unserved.retain(|&line| line != best);
        parts[best] += 1;
    }
    parts
}

fn freight(request: &Request<'_>, before: i128, after: i128) -> i128 {
    let Some(table) = request.freight else { return 0 };
    let Terms::Served(tariff) = &table.rates[0].terms else { panic!("the model's table serves") };
    let (mut weight, mut cubic_mm, mut surcharges, mut hazardous) = (0, 0_i128, 0, false);
    for line in request.lines {
        hazardous |= line.hazardous;
        for _ in 0..line.quantity.get() {
            weight += i128::from(line.weight_grams);
            cubic_mm += line.dimensions_mm.iter().map(|&side| i128::from(side)).product::<i128>();
            if let Some(oversized) = tariff.oversized
                && line.dimensions_mm.iter().max() > Some(&oversized.longest_side_mm_max)
            {
                surcharges += i128::from(oversized.surcharge.minor);
            }
        }
    }
    if let (true, HazardousGoods::Surcharge(surcharge)) = (hazardous, tariff.hazardous) {
        surcharges += i128::from(surcharge.minor);
    }
    if let Some(free) = tariff.free_from {
        let goods = if free.measured == Measured::BeforeDiscounts { before } else { after };
        if goods >= i128::from(free.amount.minor) {
            return surcharges;
        }
    }
    let by_size = |grams: i128| {
        tariff
            .volumetric_divisor
            .is_none_or(|divisor| grams * i128::from(divisor.get()) >= cubic_mm)
    };
    let (mut covered, mut price) =
        (i128::from(tariff.first_weight_grams), i128::from(tariff.first_price.minor));
    while covered < weight || !by_size(covered) {
        covered += i128::from(tariff.step_weight_grams.get());
        price += i128::from(tariff.step_price.minor);
    }
    price + surcharges
}

/// The fewest points among those that pay the most without going over the limit.
fn spend(wish: &PointsToSpend<'_>, total: i128) -> (i128, i128) {
    let limit = total * i128::from(wish.rule.share_max.get()) / 10_000;
    let (points, pay) = (i128::from(wish.rule.points.get()), i128::from(wish.rule.pay.minor));
    (0..=i128::from(wish.points))
        .map(|used| (used, used * pay / points))
        .filter(|&(_, worth)| worth <= limit)
        .max_by_key(|&(used, worth)| (worth, Reverse(used)))
        .unwrap()
}
