//! Lines of a fulfillment: what is to be shipped of a line of the order, and what lies in totes of it.

use serde::{Deserialize, Serialize};

use super::Event;
use super::event::PlannedLine;
use crate::ids::SkuId;
use crate::order::of_line;

/// What one location ships of a line of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which line of the order.
    pub line_no: u16,
    /// What.
    pub sku: SkuId,
    /// How many pieces are to be shipped; shrinks when pieces cannot be found.
    pub quantity: i64,
    /// How many of them were taken from their bins.
    pub picked: i64,
}

impl Line {
    pub(super) const fn planned(planned: PlannedLine) -> Self {
        let PlannedLine { line_no, sku, quantity } = planned;
        Self { line_no, sku, quantity: quantity.get(), picked: 0 }
    }

    /// How many pieces are still to be picked.
    pub const fn to_pick(&self) -> i64 {
        self.quantity - self.picked
    }

    /// Folds one event of the fulfillment into the line.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::LinesPicked { lines } => {
                self.picked += of_line(lines, self.line_no).min(self.to_pick());
            }
            Event::LinesPutBack { lines } => {
                self.picked -= of_line(lines, self.line_no).min(self.picked);
            }
            Event::Shorted { line_no, missing, .. } if *line_no == self.line_no => {
                self.quantity -= missing.get().min(self.to_pick());
            }
            _ => {}
        }
    }
}
