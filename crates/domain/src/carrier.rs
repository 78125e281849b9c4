//! Carriers: who takes parcels, where to, how fast and at what price.
//!
//! A carrier is a record that people keep. Which one a parcel gets is decided by [`choice`], from its
//! terms here and from how well it has served so far ([`score`]).

mod check;
pub mod choice;
pub mod instruction;
pub mod ruling;
pub mod score;

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use jiff::civil::Time;
use ordermill_base::Currency;
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::CarrierId;
use crate::pricing::{Destination, RegionPattern};
use crate::sku::HandlingFlag;
use crate::text::Text;
pub use check::Flaw;

/// Somebody who carries parcels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Carrier {
    /// Its key.
    #[serde(skip)]
    pub id: CarrierId,
    /// Its short code, in files and APIs: `swift`.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// What it offers and demands.
    #[serde(flatten)]
    pub terms: Terms,
    /// Whether parcels are given to it.
    pub is_active: bool,
    /// Grows with every change.
    #[serde(skip)]
    pub version: i64,
}

/// What a carrier offers and demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The services that were agreed with it.
    pub services: Vec<Service>,
    /// What it does not carry.
    #[serde(default)]
    pub refuses: BTreeSet<HandlingFlag>,
    /// Cubic centimeters that are billed as one kilogram, often 6000 or 5000.
    pub volumetric_divisor: NonZeroU32,
    /// The heaviest parcel that it takes.
    pub weight_grams_max: u32,
    /// The longest side that it takes.
    pub side_mm_max: u32,
    /// Parcels made ready from this time of day on leave on its next day.
    pub cut_off: Time,
    /// What insurance costs, in hundredths of a percent of the value.
    pub insurance_basis_points: u32,
    /// The currency of its prices.
    pub currency: Currency,
}

/// One service of a carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Which.
    pub kind: ServiceKind,
    /// Where to, and at what price; the first whose place fits decides.
    pub zones: Vec<Zone>,
}

coded! {
    /// How a parcel is carried and handed out.
    enum ServiceKind {
        /// To the door, when it comes.
        Standard = "standard",
        /// To the door on the day after.
        NextDay = "next_day",
        /// To the door within hours that the buyer chose.
        Timed = "timed",
        /// To a point where the buyer collects it.
        PickupPoint = "pickup_point",
    }
}

/// Where a service goes to, and at what price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The places.
    pub region: RegionPattern,
    /// Only these cities, by the first four digits of GB/T 2260; all of the region if empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub cities: BTreeSet<u16>,
    /// The weight that the first price covers.
    pub first_grams: u32,
    /// The price up to the first weight, minor units.
    pub first_minor: i64,
    /// The size of each further step; a begun step counts in full.
    pub step_grams: NonZeroU32,
    /// The price of each further step, minor units.
    pub step_minor: i64,
    /// At least this many days.
    pub days_min: u8,
    /// At most this many days.
    pub days_max: u8,
}

impl Zone {
    /// Whether it serves a destination; `city` are the first four digits of its code, if known.
    pub fn serves(&self, destination: Destination<'_>, city: Option<u16>) -> bool {
        self.region.matches(destination)
            && (self.cities.is_empty() || city.is_some_and(|city| self.cities.contains(&city)))
    }

    /// The price of a parcel of this billed weight, minor units.
    pub fn price_minor(&self, billed_grams: u32) -> i64 {
        let steps = billed_grams.saturating_sub(self.first_grams).div_ceil(self.step_grams.get());
        self.first_minor.saturating_add(self.step_minor.saturating_mul(i64::from(steps)))
    }
}

impl Terms {
    /// What is billed: the weight, or the volume as weight if that is more.
    pub fn billed_grams(&self, weight_grams: u32, dimensions_mm: [u32; 3]) -> u32 {
        let cubic_mm: u64 = dimensions_mm.iter().map(|side| u64::from(*side)).product();
        // One kilogram for each `divisor` cubic centimeters: mm³ / divisor is grams already.
        let volumetric = cubic_mm.div_ceil(u64::from(self.volumetric_divisor.get()));
        weight_grams.max(u32::try_from(volumetric).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use ordermill_base::Id;

    use super::*;
    use crate::address::Country;

    pub(crate) fn carrier(number: i64, first_minor: i64, days: u8) -> Carrier {
        let zone = Zone {
            region: RegionPattern::country(Country::CHINA),
            cities: BTreeSet::new(),
            first_grams: 1_000,
            first_minor,
            step_grams: NonZeroU32::new(500).unwrap(),
            step_minor: 100,
            days_min: 1,
            days_max: days,
        };
        Carrier {
            id: CarrierId::from_raw(number),
            code: format!("carrier-{number}"),
            name: Text::new("快递", "Express"),
            terms: Terms {
                services: vec![Service { kind: ServiceKind::Standard, zones: vec![zone] }],
                refuses: BTreeSet::new(),
                volumetric_divisor: NonZeroU32::new(6_000).unwrap(),
                weight_grams_max: 30_000,
                side_mm_max: 1_500,
                cut_off: Time::constant(18, 0, 0, 0),
                insurance_basis_points: 50,
                currency: Currency::Cny,
            },
            is_active: true,
            version: 1,
        }
    }

    #[test]
    fn a_big_light_parcel_is_billed_by_its_volume() {
        let terms = carrier(1, 800, 3).terms;
        assert_eq!(terms.billed_grams(900, [300, 200, 100]), 1_000);
        assert_eq!(terms.billed_grams(1_200, [300, 200, 100]), 1_200);
    }

    #[test]
    fn a_begun_step_counts_in_full() {
        let terms = carrier(1, 800, 3).terms;
        let zone = &terms.services[0].zones[0];
        let prices = [1, 1_000, 1_001, 1_500, 1_501].map(|grams| zone.price_minor(grams));
        assert_eq!(prices, [800, 800, 900, 900, 1_000]);
    }
}
