//! Locations: places that hold stock, with their zones and bins.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::address::Country;
use crate::ids::{BinId, LocationId};
use crate::layout::Place;
use crate::sku::{Invalid, check_code, check_name};
use crate::text::Text;

/// A place that holds stock: warehouse, store, 3PL.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Location {
    /// Its key.
    #[serde(skip)]
    pub id: LocationId,
    /// Its short code, in files and APIs.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// The country it is in.
    pub country: Country,
    /// Country and province, `CN-33`.
    pub region: String,
    /// Where carriers collect.
    pub address: String,
    /// Degrees north, in millionths.
    pub latitude_micro: i64,
    /// Degrees east, in millionths.
    pub longitude_micro: i64,
    /// The time zone of its clock.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub time_zone: TimeZone,
    /// Orders from this time of day on are handled as those of the next day.
    pub cut_off: Time,
    /// Orders it can pack on a working day.
    pub daily_capacity: i64,
    /// Whether orders are sourced from it.
    pub is_active: bool,
    /// Among active locations, those of the smallest number are asked first; equals by distance.
    pub priority: i64,
    /// Grows with every change.
    #[serde(skip)]
    pub version: i64,
}

/// An area of a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Which location.
    #[serde(skip)]
    pub location: LocationId,
    /// Its code there, the start of its bins.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// What belongs there: `shelf`, `food`, `cage`, `hazard`, `bulky`, `reserve`, `quarantine`, or
    /// a word of the shop's own.
    pub kind: String,
}

/// A shelf position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bin {
    /// Its key.
    pub id: BinId,
    /// Which location.
    pub location: LocationId,
    /// The code of its zone.
    pub zone: String,
    /// What its label says; unique at the location.
    pub code: String,
    /// Its place on the walk through the location.
    pub position: i64,
    /// Where on the floor it stands; none until a layout says it.
    pub place: Option<Place>,
}

impl Location {
    /// Everything that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<Invalid>> {
        let mut wrong = Vec::new();
        check_code(&self.code, &mut wrong);
        check_name(&self.name, &mut wrong);
        let mut must = |holds: bool, field, expected| {
            if !holds {
                wrong.push(Invalid { field, expected });
            }
        };
        must(
            self.latitude_micro.abs() <= 90_000_000,
            "latitude",
            "a latitude from -90 to 90 degrees",
        );
        must(
            self.longitude_micro.abs() <= 180_000_000,
            "longitude",
            "a longitude from -180 to 180 degrees",
        );
        must(self.daily_capacity >= 0, "daily_capacity", "zero or more orders a day");
        must(self.time_zone.iana_name().is_some(), "time_zone", "an IANA time zone");
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}
