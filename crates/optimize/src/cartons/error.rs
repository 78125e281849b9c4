//! What cannot be packed, and why.

use super::{MixClass, Violation};

/// The longest edge of an item or carton in mm: 60 m, so that three edges fit in one comparison key.
pub const MAX_EDGE_MM: u32 = 60_000;
/// The most units of one order or container.
pub const MAX_UNITS: u64 = 10_000;
/// The most classes that are kept apart from one another.
pub(super) const MAX_CLASSES: usize = 64;

/// Why an order could not be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No carton is large or strong enough for one unit, turned in any way that is allowed.
    #[error("item {item} fits no carton")]
    FitsNoCarton {
        /// Index of the item.
        item: usize,
    },
    /// An edge of the item is zero or longer than [`MAX_EDGE_MM`], or no edge may stand upright.
    #[error("item {item} has no usable size")]
    ItemSize {
        /// Index of the item.
        item: usize,
    },
    /// An edge of the carton is zero or longer than [`MAX_EDGE_MM`].
    #[error("carton {carton} has no usable size")]
    CartonSize {
        /// Index of the carton.
        carton: usize,
    },
    /// More units than [`MAX_UNITS`].
    #[error("{units} units are more than {MAX_UNITS}")]
    TooManyUnits {
        /// How many.
        units: u64,
    },
    /// More than 64 different classes are kept apart.
    #[error("class {} is one too many to be kept apart", class.0)]
    TooManyClasses {
        /// The first that is too many.
        class: MixClass,
    },
    /// A share of more than 100 percent.
    #[error("{0} percent of a base cannot be supported")]
    SupportShare(u8),
    /// The packing found breaks a rule: a mistake in the packer, caught before anybody acts on it.
    #[error("the packing found breaks a rule")]
    Refuted(#[source] Violation),
}
