//! Order lines: one SKU, a quantity, a price and its share of every discount.

use ordermill_base::Quantity;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::ids::SkuId;

/// What was agreed on one line; never changes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTerms {
    /// Its place in the order, from 1.
    pub line_no: u16,
    /// What is sold.
    pub sku: SkuId,
    /// How many pieces were ordered.
    pub quantity: Quantity,
    /// Price of one piece, minor units of the order's currency.
    pub unit_price_minor: i64,
    /// The line's share of every discount, minor units, not negative.
    pub discount_minor: i64,
    /// The line's tax, minor units, not negative.
    pub tax_minor: i64,
    /// What the buyer pays for the line: goods − discount, and the tax if it is added on top.
    pub total_minor: i64,
    /// The number of the rule that added it as a gift, at no price; none: it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift: Option<u32>,
    /// The line whose missing pieces it is sent in place of; none: it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<u16>,
}

impl LineTerms {
    /// Price times quantity, before discount; `None` beyond 64 bits.
    pub fn goods_minor(&self) -> Option<i64> {
        self.unit_price_minor.checked_mul(self.quantity.get())
    }

    /// Whether it came along as a gift.
    pub const fn is_gift(&self) -> bool {
        self.gift.is_some()
    }
}

/// A number of pieces of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuantity {
    /// Which line of the order.
    pub line_no: u16,
    /// How many pieces of it.
    pub quantity: Quantity,
}

/// An order line with what became of its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderLine {
    /// What was agreed.
    pub terms: LineTerms,
    pieces: Pieces,
}

/// What became of the ordered pieces of a line. What is in none of these is open: ordered, and
/// neither firmly promised nor given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pieces {
    /// Given up.
    pub canceled: i64,
    /// Firmly promised from stock.
    pub allocated: i64,
    /// Promised from stock that is still to come.
    pub backordered: i64,
    /// Left the building.
    pub shipped: i64,
    /// Left the building, did not arrive, and were sent again: each is counted once more where it stands
    /// now.
    pub resent: i64,
}

/// Counts that cannot belong to their line: negative, or more than were ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the counts of line {line_no} do not add up to its quantity")]
pub struct InvalidPieces {
    /// Which line.
    pub line_no: u16,
}

impl OrderLine {
    /// A line of a fresh order: all pieces open.
    pub fn new(terms: LineTerms) -> Self {
        Self { terms, pieces: Pieces::default() }
    }

    /// A line of which every piece is firmly promised.
    pub(super) fn in_stock(terms: LineTerms) -> Self {
        let allocated = terms.quantity.get();
        Self { terms, pieces: Pieces { allocated, ..Pieces::default() } }
    }

    /// A line as it was stored; fails if ordered ≠ canceled + allocated + backordered + shipped +
    /// open.
    pub fn from_stored(terms: LineTerms, pieces: Pieces) -> Result<Self, InvalidPieces> {
        let line = Self { terms, pieces };
        let Pieces { canceled, allocated, backordered, shipped, resent } = pieces;
        if [canceled, allocated, backordered, shipped, resent, line.open()]
            .into_iter()
            .any(i64::is_negative)
        {
            return Err(InvalidPieces { line_no: terms.line_no });
        }
        Ok(line)
    }

    /// What became of the pieces so far.
    pub const fn pieces(&self) -> Pieces {
        self.pieces
    }

    /// Ordered, and neither canceled, allocated, backordered nor shipped.
    pub const fn open(&self) -> i64 {
        let Pieces { canceled, allocated, backordered, shipped, resent: _ } = self.pieces;
        self.terms.quantity.get() - canceled - allocated - backordered - shipped
    }

    /// What the buyer pays for so many further pieces that are canceled, minor units. Rounding never adds
    /// up: however the pieces are canceled, all of them together are the line's total.
    pub fn share_of_next_canceled(&self, pieces: i64) -> i64 {
        self.share_of_first(self.pieces.canceled + pieces) - self.share_of_canceled()
    }

    /// What the buyer pays for all pieces that were canceled so far, minor units.
    pub fn share_of_canceled(&self) -> i64 {
        self.share_of_first(self.pieces.canceled)
    }

    fn share_of_first(&self, pieces: i64) -> i64 {
        let ordered = i128::from(self.terms.quantity.get());
        let share = i128::from(self.terms.total_minor) * i128::from(pieces).clamp(0, ordered);
        i64::try_from(share / ordered).unwrap_or_default()
    }

    /// Folds one event of the order into the line.
    pub fn apply(&mut self, event: &Event) {
        let line_no = self.terms.line_no;
        match event {
            Event::Confirmed { backordered } => {
                self.pieces.backordered = self.open().min(of_line(backordered, line_no));
                self.pieces.allocated += self.open();
            }
            Event::BackorderFilled { lines, .. } => {
                let filled = self.pieces.backordered.min(of_line(lines, line_no));
                self.pieces.backordered -= filled;
                self.pieces.allocated += filled;
            }
            Event::Shorted { lines } => {
                let missing = self.pieces.allocated.min(of_line(lines, line_no));
                self.pieces.allocated -= missing;
                self.pieces.backordered += missing;
            }
            Event::GivenUp { lines, .. } => {
                let given_up = self.pieces.backordered.min(of_line(lines, line_no));
                self.pieces.backordered -= given_up;
                self.pieces.canceled += given_up;
            }
            Event::Substituted { line_no: of, line, .. } if *of == line_no => {
                let replaced = self.pieces.backordered.min(line.quantity.get());
                self.pieces.backordered -= replaced;
                self.pieces.canceled += replaced;
            }
            Event::Shipped { lines } => {
                let shipped = self.pieces.allocated.min(of_line(lines, line_no));
                self.pieces.allocated -= shipped;
                self.pieces.shipped += shipped;
            }
            Event::Resent { lines } => {
                let again = self.pieces.shipped.min(of_line(lines, line_no));
                self.pieces.shipped -= again;
                self.pieces.allocated += again;
                self.pieces.resent += again;
            }
            Event::Canceled { .. } | Event::Rejected => {
                let ordered = self.terms.quantity.get();
                self.pieces = Pieces { canceled: ordered, ..Pieces::default() };
            }
            Event::Placed(_)
            | Event::Substituted { .. }
            | Event::Reviewed { .. }
            | Event::PartlyPaid { .. }
            | Event::Paid { .. }
            | Event::Refunded { .. }
            | Event::ChargedBack { .. }
            | Event::Completed
            | Event::Archived => {}
        }
    }
}

/// The pieces of one line in a list that may name it several times.
pub(crate) fn of_line(lines: &[LineQuantity], line_no: u16) -> i64 {
    lines.iter().filter(|line| line.line_no == line_no).map(|line| line.quantity.get()).sum()
}
