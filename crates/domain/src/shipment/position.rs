//! Places on the globe, and how far they are from each other.

use serde::{Deserialize, Serialize};

/// The mean radius of the globe, in meters.
const EARTH_RADIUS_M: f64 = 6_371_000.0;
/// Millionths of a degree.
const MICRO: f64 = 1_000_000.0;

/// A place on the globe, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Degrees north.
    pub latitude_micro: i64,
    /// Degrees east.
    pub longitude_micro: i64,
}

impl Position {
    /// A place, if it is one.
    pub fn new(latitude_micro: i64, longitude_micro: i64) -> Option<Self> {
        let is_one = (-90_000_000..=90_000_000).contains(&latitude_micro)
            && (-180_000_000..=180_000_000).contains(&longitude_micro);
        is_one.then_some(Self { latitude_micro, longitude_micro })
    }

    /// How far it is, along the globe.
    pub fn meters_to(self, other: Self) -> i64 {
        #[expect(clippy::cast_precision_loss, reason = "at most 180 million")]
        let radians = |micro: i64| (micro as f64 / MICRO).to_radians();
        let (north, other_north) = (radians(self.latitude_micro), radians(other.latitude_micro));
        let (up, along) = (
            (other_north - north) / 2.0,
            radians(other.longitude_micro - self.longitude_micro) / 2.0,
        );
        let half = up.sin().powi(2) + north.cos() * other_north.cos() * along.sin().powi(2);
        #[expect(clippy::cast_possible_truncation, reason = "half around the globe at most")]
        let meters = (2.0 * EARTH_RADIUS_M * half.sqrt().min(1.0).asin()).round() as i64;
        meters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude_micro: i64, longitude_micro: i64) -> Position {
        Position::new(latitude_micro, longitude_micro).unwrap()
    }

    #[test]
    fn hangzhou_is_as_far_from_shanghai_as_maps_say() {
        let (hangzhou, shanghai) = (at(30_270_000, 120_150_000), at(31_230_000, 121_470_000));
        let km = hangzhou.meters_to(shanghai) / 1_000;
        assert!((160..170).contains(&km), "{km} km");
        assert_eq!(hangzhou.meters_to(hangzhou), 0);
        assert_eq!(hangzhou.meters_to(shanghai), shanghai.meters_to(hangzhou));
    }

    #[test]
    fn what_lies_beyond_the_poles_is_no_place() {
        assert!(Position::new(90_000_001, 0).is_none());
        assert!(Position::new(0, -180_000_001).is_none());
    }
}
