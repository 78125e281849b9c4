//! Notes: what colleagues tell each other about an order.
//!
//! The journal tells who wrote one, when and at which order, and never what it says: people write
//! names and numbers into notes.

use serde::{Deserialize, Serialize};

use crate::ids::OrderId;

/// The most characters of a note.
pub const CHARS_MAX: usize = 500;

/// What happens to a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It was written.
    #[serde(rename = "note.written")]
    Written {
        /// At which order.
        order: OrderId,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Written { .. } => "note.written",
        }
    }
}
