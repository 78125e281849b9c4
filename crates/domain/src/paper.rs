//! Papers that go with goods, and how often each was printed: every print after the first is a reprint.

use serde::{Deserialize, Serialize};

use crate::code::coded;

coded! {
    /// A paper that is printed.
    enum Paper {
        /// What lies in one package (装箱单); known by the package.
        PackingSlip = "packing_slip",
        /// What one location ships of an order (发货单); known by the fulfillment.
        ShippingNote = "shipping_note",
        /// The parcels that a carrier takes over (交接单); known by the hand-over list.
        HandOverNote = "hand_over_note",
    }
}

/// What happens to a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// A packing slip was printed.
    #[serde(rename = "packing_slip.printed")]
    SlipPrinted {
        /// The how-manieth time.
        copy: u32,
    },
    /// A shipping note was printed.
    #[serde(rename = "shipping_note.printed")]
    NotePrinted {
        /// The how-manieth time.
        copy: u32,
    },
    /// A hand-over list was printed.
    #[serde(rename = "hand_over_note.printed")]
    HandOverPrinted {
        /// The how-manieth time.
        copy: u32,
    },
}

impl Paper {
    /// What is journaled of its print.
    pub const fn printed(self, copy: u32) -> Event {
        match self {
            Self::PackingSlip => Event::SlipPrinted { copy },
            Self::ShippingNote => Event::NotePrinted { copy },
            Self::HandOverNote => Event::HandOverPrinted { copy },
        }
    }
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SlipPrinted { .. } => "packing_slip.printed",
            Self::NotePrinted { .. } => "shipping_note.printed",
            Self::HandOverPrinted { .. } => "hand_over_note.printed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_is_journaled_under_the_name_of_its_paper() {
        for paper in Paper::ALL {
            assert_eq!(paper.printed(1).kind(), format!("{paper}.printed"));
        }
    }
}
