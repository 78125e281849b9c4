//! Quotes: what an order costs, line by line, with the reason of every number.

use ordermill_base::{Money, Quantity};

use super::coupon::NotApplicable;
use super::freight::FreightCharge;
use super::tax::TaxMode;
use super::{BasisPoints, Paid};
use crate::ids::{CouponId, GiftCardId, SkuId};

/// What an order costs, and why. See the module for what always adds up.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quote {
    /// In the order of the request.
    pub lines: Vec<QuotedLine>,
    /// All lines before discounts.
    pub goods: Money,
    /// What each applied coupon takes off, in the order of application.
    pub discounts: Vec<Discount>,
    /// All discounts on goods and freight.
    pub discount: Money,
    /// What sending costs.
    pub freight: Freight,
    /// Whether the tax is inside the prices.
    pub tax_mode: TaxMode,
    /// The tax of all lines and the freight.
    pub tax: Money,
    /// What the order costs with everything: goods and freight, less discounts, with tax.
    pub total: Money,
    /// What points and gift cards pay of it, in the order of use.
    pub tenders: Vec<Tender>,
    /// What is left to pay.
    pub to_pay: Money,
    /// Points that the goods earn.
    pub points_earned: i64,
    /// Coupons that were handed in but not used, in the order of their ids.
    pub not_applied: Vec<NotApplied>,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QuotedLine {
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: Quantity,
    /// The price of one piece.
    pub unit_price: Money,
    /// Unit price times quantity.
    pub gross: Money,
    /// Its share of each coupon's discount.
    pub discounts: Vec<DiscountShare>,
    /// Gross less discounts.
    pub net: Money,
    /// The tax rate.
    pub tax_rate: BasisPoints,
    /// The tax in `net` or on it, by the quote's tax mode.
    pub tax: Money,
    /// What the line costs, with tax.
    pub total: Money,
    /// Its share of each tender.
    pub tenders: Vec<Tender>,
    /// Points that it earns.
    pub points_earned: i64,
}

/// The freight of a quote.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Freight {
    /// How it comes about; none: the buyer collects.
    pub charge: Option<FreightCharge>,
    /// The charge before discounts.
    pub gross: Money,
    /// What coupons take off it.
    pub discounts: Vec<DiscountShare>,
    /// Gross less discounts.
    pub net: Money,
    /// The tax rate.
    pub tax_rate: BasisPoints,
    /// The tax in `net` or on it.
    pub tax: Money,
    /// What sending costs, with tax.
    pub total: Money,
    /// Its share of each tender.
    pub tenders: Vec<Tender>,
}

/// A part of a coupon's discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DiscountShare {
    /// Where it comes from.
    pub coupon: CouponId,
    /// What is taken off, not negative.
    pub amount: Money,
}

/// What one coupon takes off the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Discount {
    /// The coupon.
    pub coupon: CouponId,
    /// From the goods, prorated to lines.
    pub goods: Money,
    /// From the freight.
    pub freight: Money,
}

/// A coupon that was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NotApplied {
    /// The coupon.
    pub coupon: CouponId,
    /// Why not.
    pub reason: NotApplicable,
}

/// A payment by other means than money, or a line's share of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tender {
    /// By points.
    Points {
        /// How many.
        points: i64,
        /// What they pay.
        amount: Money,
    },
    /// By a gift card.
    GiftCard {
        /// Which.
        id: GiftCardId,
        /// What it pays.
        amount: Money,
    },
}

impl QuotedLine {
    /// What refunds of the line are derived from.
    pub fn paid(&self) -> Paid<'_> {
        Paid {
            quantity: self.quantity,
            total: self.total,
            tax: self.tax,
            tenders: &self.tenders,
            points_earned: self.points_earned,
        }
    }
}

impl Freight {
    /// What a refund of the freight is derived from: one piece that comes back or not.
    pub fn paid(&self) -> Paid<'_> {
        Paid {
            quantity: Quantity::ONE,
            total: self.total,
            tax: self.tax,
            tenders: &self.tenders,
            points_earned: 0,
        }
    }
}

impl Tender {
    /// What it pays.
    pub const fn amount(&self) -> Money {
        match self {
            Self::Points { amount, .. } | Self::GiftCard { amount, .. } => *amount,
        }
    }

    /// How many points it takes; 0 for a gift card.
    pub const fn points(&self) -> i64 {
        match self {
            Self::Points { points, .. } => *points,
            Self::GiftCard { .. } => 0,
        }
    }

    /// Whether both come from the points, or from the same gift card.
    pub(super) fn same_source(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Points { .. }, Self::Points { .. }) => true,
            (Self::GiftCard { id, .. }, Self::GiftCard { id: other, .. }) => id == other,
            (Self::Points { .. }, Self::GiftCard { .. })
            | (Self::GiftCard { .. }, Self::Points { .. }) => false,
        }
    }

    /// The same source with another amount, and other points if it has any.
    pub(super) const fn with(self, amount: Money, points: i64) -> Self {
        match self {
            Self::Points { .. } => Self::Points { points, amount },
            Self::GiftCard { id, .. } => Self::GiftCard { id, amount },
        }
    }
}
