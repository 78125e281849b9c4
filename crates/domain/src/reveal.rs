//! Reveals: someone looks at personal data that is masked by default.
//!
//! The journal tells who looked at which fields of which order, when and why, and never what was
//! seen.

use ordermill_base::Span;
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::OrderId;

coded! {
    /// A part of a recipient that is masked by default.
    enum Field {
        /// The name on the label.
        Name = "name",
        /// The telephone number.
        Phone = "phone",
        /// The street lines of the address.
        Address = "address",
        /// The mail address.
        Email = "email",
        /// What the buyer wrote to us.
        Note = "note",
    }
}

/// How many looks a member of staff has in [`LIMIT_WINDOW`].
pub const LIMIT: i64 = 30;

/// The time over which looks are counted.
pub const LIMIT_WINDOW: Span = Span::hours(1);

/// One change of the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// Someone saw fields of an order's recipient.
    #[serde(rename = "reveal.made")]
    Made {
        /// The order.
        order: OrderId,
        /// The fields.
        fields: Vec<Field>,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Made { .. } => "reveal.made",
        }
    }
}
