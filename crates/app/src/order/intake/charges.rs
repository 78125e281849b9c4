//! Orders that their channel has priced: the amounts are taken as they are, and must add up.

use ordermill_base::Quantity;
use ordermill_domain::order::{Amounts, LineTerms};
use ordermill_domain::pricing::{QuoteProblem, TaxMode};

use super::{IntakeError, NewOrder, issue};
use crate::catalog::Sku;

/// Amounts that a channel has charged already; the order takes them as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charges {
    /// For each line: unit price, discount, tax, in minor units.
    pub lines: Vec<ChargedLine>,
    /// Freight, discounts taken off.
    pub freight_minor: i64,
    /// Tax of the freight.
    pub freight_tax_minor: i64,
    /// Whether prices contain the tax.
    pub tax_mode: TaxMode,
}

/// One line's amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargedLine {
    /// For one piece.
    pub unit_price_minor: i64,
    /// Taken off the whole line.
    pub discount_minor: i64,
    /// In or on top of the line, by the tax mode.
    pub tax_minor: i64,
}

/// The amounts of an order that the channel has priced.
pub(super) fn charged(
    new: &NewOrder,
    lines: &[(&Sku, Quantity)],
    charges: &Charges,
) -> Result<(Amounts, Vec<LineTerms>), IntakeError> {
    if charges.lines.len() != lines.len() {
        let detail = "the channel's amounts have another number of lines";
        return Err(IntakeError::Fields(vec![issue("lines", "mismatch", detail)]));
    }
    let too_large = || QuoteProblem::TooLarge;
    let mut amounts = Amounts {
        currency: new.currency,
        tax_mode: charges.tax_mode,
        goods_minor: 0,
        discount_minor: 0,
        freight_minor: charges.freight_minor,
        tax_minor: charges.freight_tax_minor,
        total_minor: 0,
    };
    let mut terms = Vec::with_capacity(lines.len());
    for (((sku, quantity), charge), line_no) in lines.iter().zip(&charges.lines).zip(1..) {
        let goods = charge.unit_price_minor.checked_mul(quantity.get()).ok_or_else(too_large)?;
        let on_top = if charges.tax_mode == TaxMode::Exclusive { charge.tax_minor } else { 0 };
        let total_minor = goods
            .checked_sub(charge.discount_minor)
            .and_then(|net| net.checked_add(on_top))
            .ok_or_else(too_large)?;
        terms.push(LineTerms {
            line_no,
            sku: sku.id,
            quantity: *quantity,
            unit_price_minor: charge.unit_price_minor,
            discount_minor: charge.discount_minor,
            tax_minor: charge.tax_minor,
            total_minor,
            gift: None,
            stands_for: None,
        });
        let add = |sum: &mut i64, part: i64| {
            *sum = sum.checked_add(part).ok_or_else(too_large)?;
            Ok::<(), QuoteProblem>(())
        };
        add(&mut amounts.goods_minor, goods)?;
        add(&mut amounts.discount_minor, charge.discount_minor)?;
        add(&mut amounts.tax_minor, charge.tax_minor)?;
        add(&mut amounts.total_minor, total_minor)?;
    }
    let on_top = if charges.tax_mode == TaxMode::Exclusive { charges.freight_tax_minor } else { 0 };
    amounts.total_minor = amounts
        .total_minor
        .checked_add(charges.freight_minor)
        .and_then(|total| total.checked_add(on_top))
        .ok_or_else(too_large)?;
    amounts.check(&terms).map_err(|error| {
        IntakeError::Fields(vec![issue("lines", "mismatch", error.to_string())])
    })?;
    Ok((amounts, terms))
}
