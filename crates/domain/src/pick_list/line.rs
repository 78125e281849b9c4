//! Lines: the stops of a walk.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::code::coded;
use crate::ids::{BinId, FulfillmentId, SkuId};

/// One stop: pieces of one SKU (and lot) in one bin, for one tote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Counted from 1; never changes.
    pub no: i64,
    /// For which fulfillment.
    pub fulfillment: FulfillmentId,
    /// For which line of the order.
    pub line_no: u16,
    /// What.
    pub sku: SkuId,
    /// From which bin; none: it lies somewhere without a label.
    pub bin: Option<BinId>,
    /// Of which lot; empty for goods without lots.
    pub lot: String,
    /// The last day on which the lot may be sold.
    pub expires_on: Option<Date>,
    /// Into which tote of the cart, counted from 1.
    pub tote: i64,
    /// How many pieces.
    pub quantity: i64,
    /// How many are in the tote.
    pub picked: i64,
    /// How many were not in the bin.
    pub short: i64,
    /// How many are no longer wanted.
    pub dropped: i64,
    /// How many of those picked went back to a shelf, because they are no longer wanted.
    pub returned: i64,
    /// What it asks for next.
    pub step: Step,
    /// Whether the lot was scanned.
    pub is_lot_seen: bool,
}

coded! {
    /// What a line asks for next.
    enum Step {
        /// The label of the bin.
        Bin = "bin",
        /// The barcode of the item.
        Item = "item",
        /// The lot of the item that was scanned last.
        Lot = "lot",
    }
}

impl Line {
    /// How many pieces are still to be picked.
    pub const fn left(&self) -> i64 {
        self.quantity - self.picked - self.short - self.dropped
    }

    /// What it asks for first.
    pub const fn first_step(bin: Option<BinId>) -> Step {
        if bin.is_some() { Step::Bin } else { Step::Item }
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::BinFound { .. } => self.step = Step::Item,
            Event::ItemSeen { .. } => self.step = Step::Lot,
            Event::Picked { pieces, .. } => {
                self.picked += pieces;
                self.step = Step::Item;
                self.is_lot_seen = !self.lot.is_empty();
            }
            Event::PutBack { pieces, .. } => {
                self.picked -= pieces;
                self.step = Step::Item;
            }
            Event::Short { pieces, .. } => self.short += pieces,
            Event::Returned { pieces, .. } => self.returned += pieces,
            Event::Released(_)
            | Event::Taken { .. }
            | Event::HandedBack
            | Event::StopAdded(_)
            | Event::Dropped { .. } => {}
        }
    }
}
