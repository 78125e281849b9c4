//! What happens to pick lists.

use serde::{Deserialize, Serialize};

use super::{Line, Release};
use crate::fulfillment::ShortReason;
use crate::ids::{FulfillmentId, StaffId};

/// One change of a pick list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It was released to the floor.
    #[serde(rename = "pick_list.released")]
    Released(Release),
    /// Someone took it.
    #[serde(rename = "pick_list.taken")]
    Taken {
        /// Who.
        by: StaffId,
    },
    /// They handed it back.
    #[serde(rename = "pick_list.handed_back")]
    HandedBack,
    /// The bin of a line was scanned.
    #[serde(rename = "pick_list.bin_found")]
    BinFound {
        /// Which line.
        line: i64,
    },
    /// The item of a line was scanned, and its lot is asked for.
    #[serde(rename = "pick_list.item_seen")]
    ItemSeen {
        /// Which line.
        line: i64,
    },
    /// Pieces went from the bin to the tote.
    #[serde(rename = "pick_list.picked")]
    Picked {
        /// Which line.
        line: i64,
        /// How many.
        pieces: i64,
    },
    /// Pieces went from the tote back to their bin.
    #[serde(rename = "pick_list.put_back")]
    PutBack {
        /// Which line.
        line: i64,
        /// How many.
        pieces: i64,
    },
    /// Pieces are not in their bin.
    #[serde(rename = "pick_list.short")]
    Short {
        /// Which line.
        line: i64,
        /// How many.
        pieces: i64,
        /// Why.
        reason: ShortReason,
    },
    /// What was short is fetched from another bin.
    #[serde(rename = "pick_list.stop_added")]
    StopAdded(Line),
    /// Nothing more is picked for a fulfillment.
    #[serde(rename = "pick_list.dropped")]
    Dropped {
        /// Which one.
        fulfillment: FulfillmentId,
    },
    /// Pieces that are no longer wanted are back on a shelf.
    #[serde(rename = "pick_list.returned")]
    Returned {
        /// Which line.
        line: i64,
        /// How many.
        pieces: i64,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Released(_) => "pick_list.released",
            Self::Taken { .. } => "pick_list.taken",
            Self::HandedBack => "pick_list.handed_back",
            Self::BinFound { .. } => "pick_list.bin_found",
            Self::ItemSeen { .. } => "pick_list.item_seen",
            Self::Picked { .. } => "pick_list.picked",
            Self::PutBack { .. } => "pick_list.put_back",
            Self::Short { .. } => "pick_list.short",
            Self::StopAdded(_) => "pick_list.stop_added",
            Self::Dropped { .. } => "pick_list.dropped",
            Self::Returned { .. } => "pick_list.returned",
        }
    }
}
