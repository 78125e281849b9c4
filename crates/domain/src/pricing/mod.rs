//! Prices: what an order costs, why, and what goes back when a part of it comes back.
//!
//! Start at [`price`], which turns a [`Request`] into a [`Quote`] that explains every number. The
//! steps, always in this order:
//!
//! 1. Goods: unit price times quantity, per line.
//! 2. Discounts: the best legal combination of coupons ([`coupon`]), each prorated to lines.
//! 3. Freight: the first rate whose region fits ([`freight`]).
//! 4. Tax: per line and for the freight, after discounts, rounded half up ([`tax`]).
//! 5. Tenders: points ([`points`]), then gift cards ([`gift_card`]), prorated to lines and freight.
//! 6. What is left is to be paid.
//!
//! Beside the price stand the gifts that come along for nothing ([`gift`]).
//!
//! Invariants, exact to the minor unit: lines + freight = total; goods − discounts = net goods;
//! tenders + amount to pay = total; no line is negative; the order in which coupons are handed in
//! does not matter; and refunds of all pieces, in whatever portions, are what was paid
//! ([`refund_for`]). There are no floats and no clock.

use ordermill_base::{Currency, Money};

mod basis_points;
mod combination;
pub mod coupon;
pub mod freight;
pub mod gift;
pub mod gift_card;
pub mod points;
mod price;
pub mod promise;
mod quote;
mod refund;
mod region;
pub mod tax;
#[cfg(test)]
mod tests;

pub use basis_points::{BasisPoints, InvalidBasisPoints};
pub use coupon::{Coupon, CouponUse, NotApplicable};
pub use freight::{FreightCharge, FreightTable};
pub use gift_card::GiftCard;
pub use price::{Line, QuoteProblem, Request, price};
pub use quote::{Discount, DiscountShare, Freight, NotApplied, Quote, QuotedLine, Tender};
pub use refund::{Paid, Refund, RefundProblem, refund_for};
pub use region::{Destination, InvalidProvince, ProvinceCode, Region, RegionPattern, RegionSet};
pub use tax::{TaxClass, TaxMode, TaxTable};

/// The largest amount that is priced, in minor units: far beyond any order, and so far below 64 bits
/// that no sum of a quote can overflow.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// The minor units of an amount that comes from outside: of this currency, not negative, not absurd.
fn minor_of(amount: Money, currency: Currency) -> Result<i64, QuoteProblem> {
    if amount.currency != currency {
        return Err(QuoteProblem::CurrencyMismatch { expected: currency, found: amount.currency });
    }
    if amount.minor < 0 {
        return Err(QuoteProblem::NegativeAmount);
    }
    within_limit(amount.minor.into())
}

/// A computed amount, unless it is beyond [`AMOUNT_MAX`].
fn within_limit(minor: i128) -> Result<i64, QuoteProblem> {
    i64::try_from(minor).ok().filter(|&minor| minor <= AMOUNT_MAX).ok_or(QuoteProblem::TooLarge)
}

/// `amount * numerator / denominator`, rounded down. The result never exceeds `amount` where the
/// fraction is at most one; where it may be more, the caller bounds it.
fn fraction_down(amount: i64, numerator: i64, denominator: i64) -> i128 {
    i128::from(amount) * i128::from(numerator) / i128::from(denominator)
}
