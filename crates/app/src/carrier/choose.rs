//! Choosing a carrier for a parcel that is ready.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use ordermill_base::{Money, Timestamp};
use ordermill_domain::address::{Address, Country};
use ordermill_domain::carrier::choice::{Choice, Parcel, Pick, Policy, choose};
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::carrier::score::Score;
use ordermill_domain::carrier::{Carrier, ServiceKind};
use ordermill_domain::ids::CarrierId;
use ordermill_domain::location::Location;
use ordermill_domain::pricing::{Destination, ProvinceCode, Region};
use ordermill_domain::sku::Handling;
use ordermill_rules::Table;
use ordermill_storage::carrier::Stored;
use ordermill_storage::{Error, Tx};

use super::rules::{self, OrderOfParcel};
use super::{Histories, score_of};
use crate::catalog::settings;
use crate::rule_table::{InForce, Ruled};

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
    country: Country,
    /// Six digits by GB/T 2260, as fine as they are known.
    pub division: Option<u32>,
    /// The state or prefecture as written, outside China.
    province: Option<String>,
}

impl Place {
    /// A place in China by its code, of which nothing else is known.
    pub const fn in_china(division: u32) -> Self {
        Self { country: Country::CHINA, division: Some(division), province: None }
    }

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

    pub(super) const fn country(&self) -> Country {
        self.country
    }

    /// Country and province, `CN-31`; the country alone where no province is known.
    pub(super) fn region(&self) -> String {
        match self.division {
            Some(code) => format!("{}-{:02}", self.country.code(), code / 10_000),
            None => self.country.code().to_owned(),
        }
    }

    /// The first four digits of its code.
    pub(super) fn city(&self) -> Option<u16> {
        self.division.and_then(|code| u16::try_from(code / 100).ok())
    }
}

/// What a choice is made by, beside the parcel itself.
#[derive(Debug, Clone)]
pub struct Known {
    /// How each carrier has served.
    pub histories: Arc<Histories>,
    /// The rules in force.
    pub rules: Arc<InForce<CarrierRule>>,
}

/// Who is chosen from, and what the choice is made by. Who chooses for many parcels lists carriers once.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The carriers of the shop.
    pub carriers: &'a [Stored],
    /// What is known of them.
    pub known: &'a Known,
}

/// A choice, and the rules that had a say in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// What was decided, and what was looked at.
    pub choice: Choice,
    /// The rules that matched, if any did.
    pub ruled: Option<Ruled>,
}

/// Those of these carriers whose account nobody can use.
pub(crate) fn unreached(carriers: &[Stored]) -> BTreeSet<CarrierId> {
    let unreached = carriers
        .iter()
        .filter(|stored| stored.account.protocol.is_empty() || stored.account.secret.is_none());
    unreached.map(|stored| stored.carrier.id).collect()
}

/// Who is to carry what.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What.
    pub parcel: &'a ReadyParcel,
    /// Of which order.
    pub order: &'a OrderOfParcel,
    /// Where it goes.
    pub to: &'a Place,
    /// Where it waits.
    pub from: &'a Location,
    /// They were asked for it and said no.
    pub without: &'a BTreeSet<CarrierId>,
}

/// Chooses among the carriers of a shop, by the rules in force.
pub fn choose_carrier(
    tx: &mut Tx<'_>,
    question: Question<'_>,
    field: Field<'_>,
    now: Timestamp,
) -> Result<Chosen, Error> {
    choose_by(tx, field.known.rules.live(), question, field, now)
}

/// As [`choose_carrier`], by these rules.
pub(crate) fn choose_by(
    tx: &mut Tx<'_>,
    table: &Table<CarrierRule>,
    Question { parcel, order, to, from, without }: Question<'_>,
    field: Field<'_>,
    now: Timestamp,
) -> Result<Chosen, Error> {
    let known = field.known;
    let carriers: Vec<&Carrier> = field.carriers.iter().map(|stored| &stored.carrier).collect();
    let (mut policy, _) = settings::read::<Policy>(tx)?;
    policy.unreached = unreached(field.carriers);
    let (ruling, ruled) = rules::ask(table, parcel, order, (to, from), &carriers);
    policy.ruling = ruling;
    let refused = without.iter().map(|carrier| Pick { carrier: *carrier, service: None });
    policy.ruling.forbidden.extend(refused);
    let scored: Vec<(&Carrier, Score)> =
        carriers.iter().map(|carrier| (*carrier, score_of(&known.histories, carrier.id))).collect();
    let parcel = Parcel {
        destination: to.destination(),
        city: to.city(),
        is_city_open: false,
        weight_grams: parcel.weight_grams,
        dimensions_mm: parcel.dimensions_mm,
        handling: parcel.handling,
        value: parcel.value,
        ready_at: now,
        time_zone: &from.time_zone,
        promised_by_on: parcel.promised_by_on,
        wish: parcel.wish,
    };
    Ok(Chosen { choice: choose(&parcel, &scored, &policy), ruled })
}
