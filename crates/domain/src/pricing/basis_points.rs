//! Basis points: hundredths of a percent, from nothing to the whole.

/// A share of 0 to 10,000 basis points (0 % to 100 %).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct BasisPoints(u16);

/// More than the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a share is 0 to 10000 basis points")]
pub struct InvalidBasisPoints;

impl BasisPoints {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const WHOLE: Self = Self(10_000);

    /// Checks the range.
    pub fn new(points: u32) -> Result<Self, InvalidBasisPoints> {
        let points = u16::try_from(points).map_err(|_| InvalidBasisPoints)?;
        if points <= Self::WHOLE.0 { Ok(Self(points)) } else { Err(InvalidBasisPoints) }
    }

    /// Hundredths of a percent.
    pub const fn get(self) -> u32 {
        self.0 as u32
    }

    /// This share of an amount that is not negative, half a unit rounded up.
    pub(super) fn of_half_up(self, amount: i64) -> i64 {
        half_up(amount, self.get().into(), 10_000)
    }

    /// This share of an amount that is not negative, rounded down.
    pub(super) fn of_down(self, amount: i64) -> i64 {
        // At most the amount, which was an i64.
        i64::try_from(super::fraction_down(amount, self.get().into(), 10_000)).unwrap_or(amount)
    }

    /// The part of a gross amount that this rate has added to a net one, half a unit rounded up.
    pub(super) fn within_half_up(self, gross: i64) -> i64 {
        let rate = i64::from(self.get());
        half_up(gross, rate, 10_000 + rate)
    }
}

/// `amount * numerator / denominator` with `numerator <= denominator`, half a unit rounded up.
fn half_up(amount: i64, numerator: i64, denominator: i64) -> i64 {
    let doubled = 2 * i128::from(amount) * i128::from(numerator) + i128::from(denominator);
    // At most the amount, which was an i64.
    i64::try_from(doubled / (2 * i128::from(denominator))).unwrap_or(amount)
}

impl TryFrom<u32> for BasisPoints {
    type Error = InvalidBasisPoints;
    fn try_from(points: u32) -> Result<Self, Self::Error> {
        Self::new(points)
    }
}

impl From<BasisPoints> for u32 {
    fn from(points: BasisPoints) -> Self {
        points.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_unit_is_rounded_up() {
        let rate = BasisPoints::new(1_300).unwrap();
        assert_eq!(rate.of_half_up(50), 7, "6.5");
        assert_eq!(rate.of_half_up(49), 6, "6.37");
        assert_eq!(rate.of_down(50), 6);
        assert_eq!(rate.within_half_up(113), 13);
        assert_eq!(BasisPoints::WHOLE.of_half_up(i64::MAX), i64::MAX);
        assert_eq!(BasisPoints::new(10_001), Err(InvalidBasisPoints));
    }
}
