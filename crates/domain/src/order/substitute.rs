//! Pieces that nobody has, replaced by others that are there.
//!
//! The order's sums stay as they were placed, as they do when pieces are given up. The pieces that are
//! replaced count as canceled on their line; what is sent for them is a new line, which is paid out of what
//! they cost and never costs more. So the lines that were placed add up to the total, and each line that
//! stands in for another is covered by that one's canceled pieces ([`check_substitutes`]).

use ordermill_base::{Quantity, Timestamp};

use super::{
    Amounts, AmountsError, Event, InvalidTransition, LineQuantity, LineTerms, Order, OrderError,
    OrderLine, Status, Step, enough,
};
use crate::ids::SkuId;
use crate::pricing::TaxMode;

/// What pieces that wait for stock are to be replaced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replacement {
    /// Which line lacks pieces.
    pub line_no: u16,
    /// How many of them are replaced.
    pub pieces: Quantity,
    /// What is sent for them.
    pub sku: SkuId,
    /// The price on the tag of one piece of that, minor units of the order's currency.
    pub unit_price_minor: i64,
    /// What is owed is collected at the door and cannot be less: the new line costs what the missing
    /// pieces cost.
    pub is_fixed: bool,
}

/// A line that would stand in for another, and what it costs less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InPlace {
    /// The new line.
    pub line: LineTerms,
    /// What the missing pieces cost more than it, minor units.
    pub less_minor: i64,
}

impl Order {
    /// The line that a replacement leads to.
    ///
    /// # Errors
    /// If the order is not confirmed, so many pieces of the line do not wait, or the sums go beyond 64 bits.
    pub fn in_place_of(
        &self,
        lines: &[OrderLine],
        wanted: Replacement,
    ) -> Result<InPlace, OrderError> {
        let Replacement { line_no, pieces, .. } = wanted;
        let line = self.waiting_line(lines, LineQuantity { line_no, quantity: pieces })?;
        let wrong = OrderError::Amounts(AmountsError::Line { line_no });
        let number = lines.len().checked_add(1).and_then(|count| u16::try_from(count).ok());
        let cost_minor = line.share_of_next_canceled(pieces.get());
        let value = Value::of(line.terms, self.facts().amounts.tax_mode, cost_minor, wanted);
        let Value { total_minor, tax_minor, net_minor } = value.ok_or(wrong)?;
        // At the door it may cost more than its tag says: then the price of the missing pieces is its own.
        let per_piece = net_minor / pieces.get() + i64::from(net_minor % pieces.get() > 0);
        let unit_price_minor = wanted.unit_price_minor.max(per_piece);
        let goods_minor = unit_price_minor.checked_mul(pieces.get()).ok_or(wrong)?;
        let line = LineTerms {
            line_no: number.ok_or(AmountsError::LineNumbers)?,
            sku: wanted.sku,
            quantity: pieces,
            unit_price_minor,
            discount_minor: goods_minor - net_minor,
            tax_minor,
            total_minor,
            gift: None,
            stands_for: Some(line_no),
        };
        Ok(InPlace { line, less_minor: cost_minor - total_minor })
    }

    /// Replaces pieces that wait for stock by those of a new line, which are allocated. `refund_minor` is
    /// what goes back for it.
    ///
    /// # Errors
    /// If the order is not confirmed, so many pieces do not wait, or the line costs more than they do.
    pub fn substitute(
        &mut self,
        lines: &mut Vec<OrderLine>,
        line: LineTerms,
        refund_minor: i64,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        let line_no = line.stands_for.unwrap_or_default();
        let replaced = LineQuantity { line_no, quantity: line.quantity };
        let cost_minor =
            self.waiting_line(lines, replaced)?.share_of_next_canceled(line.quantity.get());
        if usize::from(line.line_no) != lines.len() + 1 {
            return Err(AmountsError::LineNumbers.into());
        }
        self.facts().amounts.check_line(&line)?;
        if !(0..=cost_minor - line.total_minor).contains(&refund_minor) {
            return Err(AmountsError::Line { line_no: line.line_no }.into());
        }
        let waiting: i64 = lines.iter().map(|line| line.pieces().backordered).sum();
        let still_waiting = line.quantity.get() < waiting;
        let event = Event::Substituted { line_no, line, refund_minor, still_waiting };
        fold_lines(lines, &event);
        Ok(self.happened(event, at))
    }

    /// The line of which pieces wait for stock, if that many do. Gifts wait for nothing.
    fn waiting_line<'l>(
        &self,
        lines: &'l [OrderLine],
        pieces: LineQuantity,
    ) -> Result<&'l OrderLine, OrderError> {
        if self.status() != Status::Confirmed {
            return Err(InvalidTransition { from: self.status(), step: Step::Cancel }.into());
        }
        let waiting =
            |line: &OrderLine| if line.terms.is_gift() { 0 } else { line.pieces().backordered };
        enough(lines, &[pieces], waiting)?;
        let LineQuantity { line_no, quantity } = pieces;
        let none = OrderError::Pieces { line_no, available: 0, asked: quantity.get() };
        lines.iter().find(|line| line.terms.line_no == line_no).ok_or(none)
    }
}

/// What a new line is worth, minor units.
struct Value {
    total_minor: i64,
    tax_minor: i64,
    net_minor: i64,
}

impl Value {
    /// The lesser of what the missing pieces cost and what the tag says. Its part of tax is that of the line
    /// that it stands in for: that is the tax which was charged. `None` beyond 64 bits.
    fn of(terms: LineTerms, mode: TaxMode, cost_minor: i64, wanted: Replacement) -> Option<Self> {
        let (all, all_tax) = (i128::from(terms.total_minor), i128::from(terms.tax_minor));
        let goods = i128::from(wanted.unit_price_minor.checked_mul(wanted.pieces.get())?);
        let tag = match mode {
            TaxMode::Exclusive if all > all_tax => goods * all / (all - all_tax),
            _ => goods,
        };
        let cost = i128::from(cost_minor);
        let total = if wanted.is_fixed { cost } else { cost.min(tag) };
        let tax = if all > 0 { total * all_tax / all } else { 0 };
        let net = match mode {
            TaxMode::Inclusive => total,
            TaxMode::Exclusive => total - tax,
        };
        let minor = |amount: i128| i64::try_from(amount).ok();
        Some(Self { total_minor: minor(total)?, tax_minor: minor(tax)?, net_minor: minor(net)? })
    }
}

/// Folds one event of an order into its lines; one that stands in for another comes behind them.
pub fn fold_lines(lines: &mut Vec<OrderLine>, event: &Event) {
    lines.iter_mut().for_each(|line| line.apply(event));
    if let Event::Substituted { line, .. } = event {
        lines.push(OrderLine::in_stock(*line));
    }
}

/// How many pieces of a line others stand in for.
pub fn replaced(lines: &[OrderLine], line_no: u16) -> i64 {
    let stand_in = lines.iter().filter(|line| line.terms.stands_for == Some(line_no));
    stand_in.map(|line| line.terms.quantity.get()).sum()
}

/// The line that was placed, for one that stands in for it or for another one that does.
pub fn line_placed(lines: &[OrderLine], line_no: u16) -> u16 {
    let find = |number: u16| lines.iter().find(|line| line.terms.line_no == number);
    let mut number = line_no;
    // Each stands in for one before it.
    while let Some(before) = find(number).and_then(|line| line.terms.stands_for) {
        if before >= number {
            break;
        }
        number = before;
    }
    number
}

/// Checks that lines which stand in for others come behind them, add up, and are covered in pieces and in
/// money by what was canceled of those.
pub fn check_substitutes(amounts: &Amounts, lines: &[OrderLine]) -> Result<(), AmountsError> {
    if lines.iter().zip(1..).any(|(line, line_no)| line.terms.line_no != line_no) {
        return Err(AmountsError::LineNumbers);
    }
    for (index, line) in lines.iter().enumerate() {
        let line_no = line.terms.line_no;
        if let Some(stands_for) = line.terms.stands_for {
            amounts.check_line(&line.terms)?;
            if !lines[..index].iter().any(|before| before.terms.line_no == stands_for) {
                return Err(AmountsError::Substitute { line_no });
            }
        }
        let stand_in = lines.iter().filter(|it| it.terms.stands_for == Some(line_no));
        let total_minor: i64 = stand_in.map(|it| it.terms.total_minor).sum();
        if replaced(lines, line_no) > line.pieces().canceled
            || total_minor > line.share_of_canceled()
        {
            return Err(AmountsError::Substitute { line_no });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
