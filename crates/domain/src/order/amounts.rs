//! What an order costs, to the minor unit.

use ordermill_base::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::LineTerms;
use crate::pricing::TaxMode;

/// The sums of an order, minor units of one currency: total = goods − discount + freight, and the
/// tax if it is added on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// The currency of every amount of the order.
    pub currency: Currency,
    /// Whether the tax is part of the other sums.
    pub tax_mode: TaxMode,
    /// Prices times quantities.
    pub goods_minor: i64,
    /// All discounts on the lines, not negative.
    pub discount_minor: i64,
    /// What the buyer pays for transport, its own discounts taken off.
    pub freight_minor: i64,
    /// All tax, that of freight too.
    pub tax_minor: i64,
    /// What the buyer owes.
    pub total_minor: i64,
}

/// Why sums do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountsError {
    /// An order without lines.
    #[error("an order has at least one line")]
    NoLines,
    /// Lines are numbered from 1 upwards.
    #[error("line numbers do not grow from 1")]
    LineNumbers,
    /// A line's total is not what its price, quantity, discount and tax give, or a gift costs something.
    #[error("line {line_no} does not add up")]
    Line {
        /// Which line.
        line_no: u16,
    },
    /// A line stands in for what it cannot: a line that is not there, or fewer or cheaper pieces.
    #[error("line {line_no} is not what lines stand in for, or stands in for none")]
    Substitute {
        /// Which line.
        line_no: u16,
    },
    /// The order's sums are not those of its lines, or the total is not that of the sums.
    #[error("the lines do not add up to the order's sums")]
    Sums,
}

impl Amounts {
    /// What the buyer owes.
    pub const fn total(&self) -> Money {
        Money::new(self.total_minor, self.currency)
    }

    /// Checks that the lines that were placed and the sums add up to the minor unit, that gifts cost
    /// nothing, and that nothing is negative or beyond 64 bits.
    pub fn check(&self, lines: &[LineTerms]) -> Result<(), AmountsError> {
        if lines.is_empty() {
            return Err(AmountsError::NoLines);
        }
        if lines.iter().zip(1..).any(|(line, line_no)| line.line_no != line_no) {
            return Err(AmountsError::LineNumbers);
        }
        let (mut goods, mut discount, mut tax) = (0_i64, 0_i64, 0_i64);
        for line in lines {
            if line.stands_for.is_some() {
                return Err(AmountsError::Substitute { line_no: line.line_no });
            }
            let line_goods = self.check_line(line)?;
            goods = goods.checked_add(line_goods).ok_or(AmountsError::Sums)?;
            discount = discount.checked_add(line.discount_minor).ok_or(AmountsError::Sums)?;
            tax = tax.checked_add(line.tax_minor).ok_or(AmountsError::Sums)?;
        }
        let adds_up = goods == self.goods_minor
            && discount == self.discount_minor
            // What is more than the lines' tax is that of freight.
            && tax <= self.tax_minor
            && (tax == self.tax_minor || self.freight_minor > 0)
            && self.freight_minor >= 0
            && self.total_of(goods, discount, self.freight_minor, self.tax_minor)
                == Some(self.total_minor);
        if adds_up { Ok(()) } else { Err(AmountsError::Sums) }
    }

    /// Checks that a line adds up in itself; gives its price times its quantity.
    pub(super) fn check_line(&self, line: &LineTerms) -> Result<i64, AmountsError> {
        let wrong = AmountsError::Line { line_no: line.line_no };
        let goods = line.goods_minor().ok_or(wrong)?;
        let sums = [line.unit_price_minor, line.discount_minor, line.tax_minor];
        let costs_something = line.unit_price_minor > 0 || line.total_minor > 0;
        let total = self.total_of(goods, line.discount_minor, 0, line.tax_minor);
        if sums.into_iter().any(i64::is_negative)
            || (line.is_gift() && costs_something)
            || total != Some(line.total_minor)
        {
            return Err(wrong);
        }
        Ok(goods)
    }

    /// `None` if it is negative or beyond 64 bits.
    fn total_of(&self, goods: i64, discount: i64, freight: i64, tax: i64) -> Option<i64> {
        let on_top = match self.tax_mode {
            TaxMode::Inclusive => 0,
            TaxMode::Exclusive => tax,
        };
        let net = goods.checked_sub(discount).filter(|net| *net >= 0)?;
        net.checked_add(freight)?.checked_add(on_top)
    }
}
