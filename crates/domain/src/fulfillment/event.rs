//! What happens to a fulfillment, as the journal keeps it.

use ordermill_base::{Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use super::{RejectReason, ShortReason, State};
use crate::ids::{LocationId, MergeId, OrderId, PackageId, SkuId, WaveId};
use crate::order::LineQuantity;

/// What a location is to ship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The order whose share it is.
    pub order: OrderId,
    /// Where the pieces are.
    pub location: LocationId,
    /// Goes before the others of its location.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_urgent: bool,
    /// When it should leave the building to arrive as promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_by: Option<Timestamp>,
    /// It is not given to the floor before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// What is to be shipped, each line of the order once.
    pub lines: Vec<PlannedLine>,
}

/// What is to be shipped of a line of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedLine {
    /// Which line of the order.
    pub line_no: u16,
    /// What.
    pub sku: SkuId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// One change of a fulfillment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// Its location was chosen.
    #[serde(rename = "fulfillment.planned")]
    Planned(Planned),
    /// Travels with others in one parcel.
    #[serde(rename = "fulfillment.merged")]
    Merged {
        /// With those of this merge.
        merge: MergeId,
    },
    /// Travels by itself again.
    #[serde(rename = "fulfillment.taken_out")]
    TakenOut,
    /// Given to the floor.
    #[serde(rename = "fulfillment.released")]
    Released {
        /// With which wave.
        wave: WaveId,
    },
    /// Taken back from the floor.
    #[serde(rename = "fulfillment.withdrawn")]
    Withdrawn,
    /// Pieces were taken from their bins.
    #[serde(rename = "fulfillment.lines_picked")]
    LinesPicked {
        /// Which.
        lines: Vec<LineQuantity>,
    },
    /// Pieces were put back into their bins.
    #[serde(rename = "fulfillment.lines_put_back")]
    LinesPutBack {
        /// Which.
        lines: Vec<LineQuantity>,
    },
    /// Pieces could not be found and are not shipped from here.
    #[serde(rename = "fulfillment.shorted")]
    Shorted {
        /// Which line of the order.
        line_no: u16,
        /// How many pieces.
        missing: Quantity,
        /// Why.
        reason: ShortReason,
    },
    /// All of it lies in totes.
    #[serde(rename = "fulfillment.picked")]
    Picked,
    /// What was picked is what was ordered.
    #[serde(rename = "fulfillment.rechecked")]
    Rechecked,
    /// What was picked is not what was ordered.
    #[serde(rename = "fulfillment.sent_back")]
    SentBack,
    /// In closed packages.
    #[serde(rename = "fulfillment.packed")]
    Packed {
        /// Which.
        packages: Vec<PackageId>,
    },
    /// Its packages were opened again.
    #[serde(rename = "fulfillment.unpacked")]
    Unpacked,
    /// The carrier has it.
    #[serde(rename = "fulfillment.handed_over")]
    HandedOver,
    /// Arrived, or dealt with otherwise.
    #[serde(rename = "fulfillment.closed")]
    Closed,
    /// Given back by its location.
    #[serde(rename = "fulfillment.rejected")]
    Rejected {
        /// Where it stood.
        from: State,
        /// Why.
        reason: RejectReason,
    },
    /// Ended with its order.
    #[serde(rename = "fulfillment.canceled")]
    Canceled {
        /// Where it stood.
        from: State,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Planned(_) => "fulfillment.planned",
            Self::Merged { .. } => "fulfillment.merged",
            Self::TakenOut => "fulfillment.taken_out",
            Self::Released { .. } => "fulfillment.released",
            Self::Withdrawn => "fulfillment.withdrawn",
            Self::LinesPicked { .. } => "fulfillment.lines_picked",
            Self::LinesPutBack { .. } => "fulfillment.lines_put_back",
            Self::Shorted { .. } => "fulfillment.shorted",
            Self::Picked => "fulfillment.picked",
            Self::Rechecked => "fulfillment.rechecked",
            Self::SentBack => "fulfillment.sent_back",
            Self::Packed { .. } => "fulfillment.packed",
            Self::Unpacked => "fulfillment.unpacked",
            Self::HandedOver => "fulfillment.handed_over",
            Self::Closed => "fulfillment.closed",
            Self::Rejected { .. } => "fulfillment.rejected",
            Self::Canceled { .. } => "fulfillment.canceled",
        }
    }
}
