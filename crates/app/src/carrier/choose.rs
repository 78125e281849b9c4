//! Choosing a carrier for a parcel that is ready.

use std::collections::BTreeSet;

use jiff::civil::Date;
use ordermill_base::{Money, Timestamp};
use ordermill_domain::address::Address;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::carrier::choice::{Choice, Parcel, Policy, choose};
use ordermill_domain::carrier::score::Score;
use ordermill_domain::ids::CarrierId;
use ordermill_domain::location::Location;
use ordermill_domain::pricing::{Destination, ProvinceCode, Region};
use ordermill_domain::sku::Handling;
use ordermill_storage::carrier;
use ordermill_storage::{Error, Tx};

use super::{Histories, score_of};
use crate::catalog::settings;

/// A parcel that is ready for a carrier.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyParcel {
    /// What it weighs with its carton.
    pub weight_grams: u32,
    /// Length, width and height of its carton.
    pub dimensions_mm: [u32; 3],
    /// What must be minded.
    pub handling: Handling,
    /// What its goods are worth.
    pub value: Money,
    /// The day that the buyer was promised.
    pub promised_by_on: Option<Date>,
    /// What the buyer asked for.
    pub wish: Option<ServiceKind>,
}

/// Where a parcel goes, as far as carriers' zones need to know; nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The country.
    country: ordermill_domain::address::Country,
    /// Six digits by GB/T 2260, as fine as they are known.
    pub division: Option<u32>,
    /// The state or prefecture as written, outside China.
    province: Option<String>,
}

impl Place {
    /// Of an address.
    pub fn of(address: &Address) -> Self {
        Self {
            country: address.country(),
            division: address.division_code().map(|code| code.get()),
            province: address.province().map(|province| province.name.clone()),
        }
    }

    /// As the rules of prices and zones want it.
    pub fn destination(&self) -> Destination<'_> {
        let code = self.division.and_then(|code| ProvinceCode::of(code).ok());
        let region = match (code, &self.province) {
            (Some(code), _) => Region::Province(code),
            (None, Some(name)) => Region::Named(name),
            (None, None) => Region::Unknown,
        };
        Destination { country: self.country, region }
    }

    /// The first four digits of its code.
    fn city(&self) -> Option<u16> {
        self.division.and_then(|code| u16::try_from(code / 100).ok())
    }
}

/// Chooses among the carriers of the shop; `without` were asked for this parcel and said no.
pub fn choose_carrier(
    tx: &mut Tx<'_>,
    parcel: &ReadyParcel,
    to: &Place,
    from: &Location,
    histories: &Histories,
    without: &BTreeSet<CarrierId>,
    now: Timestamp,
) -> Result<Choice, Error> {
    let carriers = carrier::list(tx)?;
    let (mut policy, _) = settings::read::<Policy>(tx)?;
    policy.forbidden.extend(without);
    let scored: Vec<(&ordermill_domain::carrier::Carrier, Score)> = carriers
        .iter()
        .map(|stored| (&stored.carrier, score_of(histories, stored.carrier.id)))
        .collect();
    let parcel = Parcel {
        destination: to.destination(),
        city: to.city(),
        weight_grams: parcel.weight_grams,
        dimensions_mm: parcel.dimensions_mm,
        handling: parcel.handling,
        value: parcel.value,
        ready_at: now,
        time_zone: &from.time_zone,
        promised_by_on: parcel.promised_by_on,
        wish: parcel.wish,
    };
    Ok(choose(&parcel, &scored, &policy))
}
