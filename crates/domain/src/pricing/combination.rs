//! Which coupons are used together, and what each takes off.
//!
//! The candidates are: no coupon, each exclusive coupon alone, and each group as a whole. The one
//! that leaves the least to pay for goods and freight (before tax) is taken; of equals, the one
//! that uses up fewer coupons, then the one with the lower ids.
//!
//! Within a group percentages come first, so that "10 % off" means ten percent of the price on the
//! tag; then fixed amounts, then the freight. Coupons of one kind follow in the order of their ids,
//! each taking from what its predecessors left. Nothing depends on the order in which they were
//! handed in.

use std::collections::BTreeMap;

use ordermill_base::money::split;

use super::coupon::{Benefit, Coupon, Stacking};
use super::freight::{FreightCharge, Goods};
use super::quote::NotApplied;
use super::{NotApplicable, QuoteProblem, Request, minor_of};
use crate::ids::CouponId;

/// What one coupon takes off, in minor units.
pub(super) struct Applied {
    pub(super) coupon: CouponId,
    /// From each line; empty if nothing.
    pub(super) lines: Vec<i64>,
    /// From the freight.
    pub(super) freight: i64,
}

/// The combination that the buyer gets.
pub(super) struct Outcome {
    pub(super) applied: Vec<Applied>,
    pub(super) charge: Option<FreightCharge>,
    /// In the order of their ids.
    pub(super) not_applied: Vec<NotApplied>,
}

struct Candidate<'a> {
    members: Vec<&'a Coupon>,
    /// Those of the members that take something off.
    applied: Vec<Applied>,
    charge: Option<FreightCharge>,
    /// Goods and freight after discounts.
    cost: i64,
}

/// The best legal combination of the coupons handed in. `gross` is each line's amount.
pub(super) fn best(request: &Request<'_>, gross: &[i64]) -> Result<Outcome, QuoteProblem> {
    let mut uses: Vec<_> = request.coupons.iter().collect();
    uses.sort_by_key(|handed_in| handed_in.coupon.id);
    // A coupon named twice is one coupon.
    uses.dedup_by_key(|handed_in| handed_in.coupon.id);

    let mut not_applied = Vec::new();
    let mut alone: Vec<Vec<&Coupon>> = vec![Vec::new()];
    let mut groups: BTreeMap<u32, Vec<&Coupon>> = BTreeMap::new();
    for handed_in in uses {
        let coupon = handed_in.coupon;
        match handed_in.judge(request.currency, request.at, request.lines, gross)? {
            Err(reason) => not_applied.push(NotApplied { coupon: coupon.id, reason }),
            Ok(()) => match coupon.stacking {
                Stacking::Exclusive => alone.push(vec![coupon]),
                Stacking::Group(group) => groups.entry(group).or_default().push(coupon),
            },
        }
    }

    let candidates: Vec<Candidate<'_>> = alone
        .into_iter()
        .chain(groups.into_values())
        .map(|members| Candidate::evaluate(request, gross, members))
        .collect::<Result<_, _>>()?;
    let rank = |candidate: &Candidate<'_>| {
        let ids: Vec<CouponId> = candidate.applied.iter().map(|applied| applied.coupon).collect();
        (candidate.cost, ids.len(), ids)
    };
    let mut candidates = candidates.into_iter();
    let Some(mut winner) = candidates.next() else {
        unreachable!("no coupon at all is always a candidate")
    };
    let mut losers = Vec::new();
    for candidate in candidates {
        let wins = rank(&candidate) < rank(&winner);
        losers.push(if wins { std::mem::replace(&mut winner, candidate) } else { candidate });
    }

    not_applied.extend(
        winner
            .without_effect()
            .map(|coupon| NotApplied { coupon, reason: NotApplicable::NoEffect }),
    );
    let first_applied = winner.applied.iter().map(|applied| applied.coupon).min();
    for loser in &losers {
        not_applied.extend(loser.members.iter().map(|member| {
            let has_effect = loser.applied.iter().any(|applied| applied.coupon == member.id);
            let reason = match first_applied {
                Some(with) => NotApplicable::SavesLess { with },
                None if has_effect => NotApplicable::SavesNothing,
                None => NotApplicable::NoEffect,
            };
            NotApplied { coupon: member.id, reason }
        }));
    }
    not_applied.sort_by_key(|entry| entry.coupon);
    Ok(Outcome { applied: winner.applied, charge: winner.charge, not_applied })
}

impl<'a> Candidate<'a> {
    fn evaluate(
        request: &Request<'_>,
        gross: &[i64],
        mut members: Vec<&'a Coupon>,
    ) -> Result<Self, QuoteProblem> {
        members.sort_by_key(|coupon| (rank_of_kind(coupon.benefit), coupon.id));
        let mut applied = Vec::new();
        let mut left = gross.to_vec();
        for coupon in &members {
            let lines = take_from_lines(coupon, request, &mut left)?;
            if lines.iter().any(|&share| share > 0) {
                applied.push(Applied { coupon: coupon.id, lines, freight: 0 });
            }
        }
        let goods =
            Goods { before_discounts: gross.iter().sum(), after_discounts: left.iter().sum() };
        let charge = request.freight_charge(goods)?;
        let mut freight = charge.map_or(0, |charge| charge.amount.minor);
        for coupon in &members {
            let Benefit::FreeFreight { cap } = coupon.benefit else { continue };
            let cap = cap.map_or(Ok(freight), |cap| minor_of(cap, request.currency))?;
            let share = freight.min(cap);
            if share > 0 {
                freight -= share;
                applied.push(Applied { coupon: coupon.id, lines: Vec::new(), freight: share });
            }
        }
        Ok(Self { members, applied, charge, cost: goods.after_discounts + freight })
    }

    fn without_effect(&self) -> impl Iterator<Item = CouponId> {
        let has_effect = |id| self.applied.iter().any(|applied| applied.coupon == id);
        self.members.iter().map(|coupon| coupon.id).filter(move |&id| !has_effect(id))
    }
}

const fn rank_of_kind(benefit: Benefit) -> u8 {
    match benefit {
        Benefit::PercentOff { .. } => 0,
        Benefit::AmountOff(_) => 1,
        Benefit::FreeFreight { .. } => 2,
    }
}

/// Takes a coupon's discount from what is left of the lines; gives each line's share.
fn take_from_lines(
    coupon: &Coupon,
    request: &Request<'_>,
    left: &mut [i64],
) -> Result<Vec<i64>, QuoteProblem> {
    let weights: Vec<i64> = request
        .lines
        .iter()
        .zip(left.iter())
        .map(|(line, &left)| if coupon.covers(line) { left } else { 0 })
        .collect();
    let eligible: i64 = weights.iter().sum();
    let discount = match coupon.benefit {
        Benefit::PercentOff { share, cap } => {
            let cap = cap.map_or(Ok(eligible), |cap| minor_of(cap, request.currency))?;
            share.of_half_up(eligible).min(cap)
        }
        Benefit::AmountOff(amount) => minor_of(amount, request.currency)?.min(eligible),
        Benefit::FreeFreight { .. } => 0,
    };
    if discount == 0 {
        return Ok(Vec::new());
    }
    // The discount is at most the sum of the weights, so no share is above its weight.
    let shares = split(discount, &weights);
    for (left, share) in left.iter_mut().zip(&shares) {
        *left -= share;
    }
    Ok(shares)
}
