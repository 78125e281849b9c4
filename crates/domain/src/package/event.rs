//! What happens to a package, as the journal keeps it. That it was closed, and opened again, its fulfillment
//! says.

use serde::{Deserialize, Serialize};

/// One change of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// Its label was printed.
    #[serde(rename = "package.label_printed")]
    LabelPrinted {
        /// The how-manieth time: more than 1 is a reprint.
        copy: u32,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::LabelPrinted { .. } => "package.label_printed",
        }
    }
}
