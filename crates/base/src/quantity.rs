//! Quantities of a SKU: whole, positive pieces.

use std::num::NonZeroU32;

/// How many pieces of one SKU: 1 to 1,000,000, the limit that keeps every sum far from overflow.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(NonZeroU32);

/// A number of pieces that is zero, negative or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is a whole number from 1 to {}", Quantity::MAX)]
pub struct InvalidQuantity;

impl Quantity {
    /// The largest quantity of one line.
    pub const MAX: u32 = 1_000_000;
    /// One piece.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// Checks the range.
    pub fn new(pieces: i64) -> Result<Self, InvalidQuantity> {
        u32::try_from(pieces)
            .ok()
            .filter(|&pieces| pieces <= Self::MAX)
            .and_then(NonZeroU32::new)
            .map(Self)
            .ok_or(InvalidQuantity)
    }

    /// The number of pieces, for arithmetic and storage.
    pub const fn get(self) -> i64 {
        self.0.get() as i64
    }

    /// Both together, if they still fit.
    pub fn checked_add(self, other: Self) -> Result<Self, InvalidQuantity> {
        Self::new(self.get() + other.get())
    }
}

impl TryFrom<u32> for Quantity {
    type Error = InvalidQuantity;
    fn try_from(pieces: u32) -> Result<Self, Self::Error> {
        Self::new(pieces.into())
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0.get()
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_too_much_are_not_quantities() {
        assert_eq!(Quantity::new(0), Err(InvalidQuantity));
        assert_eq!(Quantity::new(-1), Err(InvalidQuantity));
        assert_eq!(Quantity::new(i64::from(Quantity::MAX) + 1), Err(InvalidQuantity));
        assert_eq!(Quantity::new(7).map(Quantity::get), Ok(7));
    }
}
