//! Coupons: what one gives, on which goods, when, how often, and together with what.
//!
//! A coupon is first judged alone ([`NotApplicable`] names the first thing that stands against it),
//! then together with the others: an exclusive coupon is used alone, and coupons of one group are
//! used together. Of these combinations the buyer gets the one that costs least; see
//! `combination.rs` for how.

use std::collections::BTreeSet;

use ordermill_base::{Currency, Money, Timestamp};

use super::{BasisPoints, Line, QuoteProblem, minor_of};
use crate::ids::{CategoryId, CouponId, SkuId};

/// A coupon as the shop has set it up.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    /// Which coupon.
    pub id: CouponId,
    /// What it gives.
    pub benefit: Benefit,
    /// On which goods.
    pub scope: Scope,
    /// The least amount of goods in its scope, before any discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_spend: Option<Money>,
    /// From this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until just before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// How often all customers together may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u64>,
    /// How often one customer may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_per_customer_max: Option<u64>,
    /// Only for a customer's first order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first_order_only: bool,
    /// Which coupons it is used together with.
    pub stacking: Stacking,
}

/// What a coupon gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Benefit {
    /// A part of the price.
    PercentOff {
        /// How large a part, rounded half up to the minor unit over all goods in scope.
        share: BasisPoints,
        /// At most this much.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Money>,
    },
    /// A fixed amount, but never more than the goods in scope cost.
    AmountOff(Money),
    /// The freight, at most this much of it; without a limit, all of it.
    FreeFreight {
        /// At most this much.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Money>,
    },
}

/// Which goods a coupon is for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All.
    All,
    /// Those in at least one of these categories.
    Categories(BTreeSet<CategoryId>),
    /// These.
    Skus(BTreeSet<SkuId>),
}

impl Scope {
    /// Whether goods of a SKU in these categories are in it.
    pub fn covers(&self, sku: SkuId, categories: &[CategoryId]) -> bool {
        match self {
            Self::All => true,
            Self::Categories(set) => categories.iter().any(|id| set.contains(id)),
            Self::Skus(set) => set.contains(&sku),
        }
    }

    /// Whether it names something.
    pub fn is_named(&self) -> bool {
        match self {
            Self::All => true,
            Self::Categories(categories) => !categories.is_empty(),
            Self::Skus(skus) => !skus.is_empty(),
        }
    }
}

/// Which coupons a coupon is used together with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    /// With none.
    Exclusive,
    /// With all others of the same group, and with none of another.
    Group(u32),
}

/// A coupon that the buyer hands in, and how often it has been used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CouponUse<'a> {
    /// The coupon.
    pub coupon: &'a Coupon,
    /// By all customers.
    pub uses: u64,
    /// By this customer.
    pub uses_by_customer: u64,
    /// Whether this customer has an order already.
    pub has_ordered: bool,
}

/// The one reason why a coupon was not applied.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum NotApplicable {
    /// It is for orders in another currency.
    #[error("the coupon is for orders in {0}")]
    OtherCurrency(Currency),
    /// Its time has not come.
    #[error("the coupon is valid from {0}")]
    NotYetValid(Timestamp),
    /// Its time is over.
    #[error("the coupon was valid until {0}")]
    Expired(Timestamp),
    /// All customers together have used it up.
    #[error("the coupon is used up")]
    UsedUp,
    /// This customer has used it up.
    #[error("the customer has used the coupon as often as allowed")]
    UsedUpByCustomer,
    /// It is for a first order, and the customer has one already.
    #[error("the coupon is for a first order")]
    NotFirstOrder,
    /// Nothing in the order is in its scope.
    #[error("the coupon is for other goods")]
    NothingInScope,
    /// The goods in its scope cost too little.
    #[error("goods for {missing} are missing for the coupon")]
    BelowMinSpend {
        /// How much more is needed.
        missing: Money,
    },
    /// Another coupon that it cannot be combined with leaves less to pay.
    #[error("the coupon cannot be combined with {with}, which saves more")]
    SavesLess {
        /// The one with the lowest id of those that were applied.
        with: CouponId,
    },
    /// It would take nothing off, so it is not used up.
    #[error("the coupon would take nothing off")]
    NoEffect,
    /// It would take the goods below the threshold of free freight, and no less would be to pay.
    #[error("the order would not cost less with the coupon")]
    SavesNothing,
}

impl NotApplicable {
    /// The stable name of the reason, for APIs and pages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherCurrency(_) => "other_currency",
            Self::NotYetValid(_) => "not_yet_valid",
            Self::Expired(_) => "expired",
            Self::UsedUp => "used_up",
            Self::UsedUpByCustomer => "used_up_by_customer",
            Self::NotFirstOrder => "not_first_order",
            Self::NothingInScope => "nothing_in_scope",
            Self::BelowMinSpend { .. } => "below_min_spend",
            Self::SavesLess { .. } => "saves_less",
            Self::NoEffect => "no_effect",
            Self::SavesNothing => "saves_nothing",
        }
    }

    /// Whether the coupon would do by itself, and only the others or the amounts leave it out: the
    /// buyer loses nothing by that.
    pub const fn is_harmless(&self) -> bool {
        matches!(self, Self::SavesLess { .. } | Self::NoEffect | Self::SavesNothing)
    }
}

impl Coupon {
    /// Whether a line is in its scope.
    pub fn covers(&self, line: &Line<'_>) -> bool {
        self.scope.covers(line.sku, line.categories)
    }

    /// The currency of its amounts; a percentage without amounts fits any.
    fn currencies(&self) -> impl Iterator<Item = Currency> {
        let amount = match self.benefit {
            Benefit::AmountOff(amount) => Some(amount),
            Benefit::PercentOff { cap, .. } | Benefit::FreeFreight { cap } => cap,
        };
        amount.into_iter().chain(self.min_spend).map(|amount| amount.currency)
    }
}

impl CouponUse<'_> {
    /// Judges the coupon alone. `gross` is each line's amount before discounts.
    pub(super) fn judge(
        &self,
        currency: Currency,
        at: Timestamp,
        lines: &[Line<'_>],
        gross: &[i64],
    ) -> Result<Result<(), NotApplicable>, QuoteProblem> {
        let coupon = self.coupon;
        let refuse = |reason| Ok(Err(reason));
        if let Some(other) = coupon.currencies().find(|&other| other != currency) {
            return refuse(NotApplicable::OtherCurrency(other));
        }
        if let Some(from) = coupon.valid_from.filter(|&from| at < from) {
            return refuse(NotApplicable::NotYetValid(from));
        }
        if let Some(until) = coupon.valid_until.filter(|&until| at >= until) {
            return refuse(NotApplicable::Expired(until));
        }
        if coupon.uses_max.is_some_and(|max| self.uses >= max) {
            return refuse(NotApplicable::UsedUp);
        }
        if coupon.uses_per_customer_max.is_some_and(|max| self.uses_by_customer >= max) {
            return refuse(NotApplicable::UsedUpByCustomer);
        }
        if coupon.first_order_only && self.has_ordered {
            return refuse(NotApplicable::NotFirstOrder);
        }
        let mut covered =
            lines.iter().zip(gross).filter(|(line, _)| coupon.covers(line)).peekable();
        if covered.peek().is_none() {
            return refuse(NotApplicable::NothingInScope);
        }
        if let Some(min_spend) = coupon.min_spend {
            let missing =
                minor_of(min_spend, currency)? - covered.map(|(_, gross)| gross).sum::<i64>();
            if missing > 0 {
                let missing = Money::new(missing, currency);
                return refuse(NotApplicable::BelowMinSpend { missing });
            }
        }
        Ok(Ok(()))
    }
}
