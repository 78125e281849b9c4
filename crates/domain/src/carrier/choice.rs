//! Which carrier a parcel gets: a pure function of the parcel, the carriers and how they have served.
//!
//! Each service of each carrier is either refused for a reason or costs something: its price, the
//! insurance, and what being late or badly served is worth to us. The cheapest is taken, and every
//! other one keeps its reason, so that people can ask why. Rules may force a carrier or forbid some.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use ordermill_base::{Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::ruling::Ruling;
use super::score::Score;
use super::{Carrier, Service, ServiceKind, Zone};
use crate::code::coded;
use crate::ids::CarrierId;
use crate::pricing::Destination;
use crate::sku::{Handling, HandlingFlag};

/// A parcel that waits for a carrier.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// Where it goes.
    pub destination: Destination<'a>,
    /// The first four digits of the destination's code by GB/T 2260, if it is known.
    pub city: Option<u16>,
    /// Nobody has looked at the city yet: a service to some cities of the province may serve it.
    pub is_city_open: bool,
    /// What it weighs with its carton.
    pub weight_grams: u32,
    /// Length, width and height of its carton.
    pub dimensions_mm: [u32; 3],
    /// What must be minded.
    pub handling: Handling,
    /// What its goods are worth.
    pub value: Money,
    /// When it is ready.
    pub ready_at: Timestamp,
    /// The clock of the location where it waits.
    pub time_zone: &'a TimeZone,
    /// The day that the buyer was promised.
    pub promised_by_on: Option<Date>,
    /// What the buyer asked for; any service if nothing.
    pub wish: Option<ServiceKind>,
}

/// What the shop thinks of prices and risks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// What a day after the promised one is worth, minor units.
    pub late_day_minor: i64,
    /// What a thousandth of the service score is worth, minor units.
    pub score_point_minor: i64,
    /// Parcels worth at least this much are insured, minor units.
    pub insured_from_minor: i64,
    /// What rules say.
    #[serde(skip)]
    pub ruling: Ruling,
    /// Carriers at which we have no account to ask them with.
    #[serde(skip)]
    pub unreached: BTreeSet<CarrierId>,
}

/// A carrier, or one service of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pick {
    /// Who.
    pub carrier: CarrierId,
    /// How; all of its services if nothing.
    pub service: Option<ServiceKind>,
}

impl Pick {
    /// Whether it is about this service of this carrier.
    pub fn is_of(&self, carrier: CarrierId, service: ServiceKind) -> bool {
        self.carrier == carrier && self.service.is_none_or(|only| only == service)
    }
}

impl Default for Policy {
    /// A day late is worth ¥8, a hundred points of the score ¥2, insured is from ¥1,000 on.
    fn default() -> Self {
        Self {
            late_day_minor: 800,
            score_point_minor: 2,
            insured_from_minor: 100_000,
            ruling: Ruling::default(),
            unreached: BTreeSet::new(),
        }
    }
}

/// What a service would do for the parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who.
    pub carrier: CarrierId,
    /// How.
    pub service: ServiceKind,
    /// The price of carriage, minor units.
    pub price_minor: i64,
    /// The price of insurance, minor units; 0 without.
    pub insurance_minor: i64,
    /// For how much it is insured, minor units; 0 if it is not.
    pub insured_minor: i64,
    /// The weight that is billed.
    pub billed_grams: u32,
    /// When it should be delivered.
    pub expected_by: Timestamp,
    /// Days of the calendar after the promised one.
    pub late_days: u16,
    /// How the carrier has served.
    pub score: Score,
    /// Price, insurance, and what lateness and service are worth: the smallest is taken.
    pub weighed_minor: i64,
}

coded! {
    /// Why a service is not offered a parcel.
    enum Refusal {
        /// The carrier gets no parcels at present.
        Inactive = "inactive",
        /// Nobody can ask it for a label: there is no account at it, or no secret.
        NoAccount = "no_account",
        /// A rule forbids it here.
        Forbidden = "forbidden",
        /// A rule wants another carrier here.
        NotForced = "not_forced",
        /// The buyer asked for another service.
        NotWished = "not_wished",
        /// The place is out of its zones.
        OutOfZone = "out_of_zone",
        /// It does not carry such goods.
        Handling = "handling",
        /// Too heavy.
        TooHeavy = "too_heavy",
        /// Too long.
        TooLong = "too_long",
        /// Its prices are in another currency.
        Currency = "currency",
    }
}

/// One service that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It could carry the parcel.
    Offered(Offer),
    /// It could not.
    Refused {
        /// Who.
        carrier: CarrierId,
        /// How.
        service: ServiceKind,
        /// Why not.
        because: Refusal,
    },
}

/// What was decided, and what was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The one to take; `None` if nobody can.
    pub chosen: Option<Offer>,
    /// The others, the next best first and those that could not at the end.
    pub others: Vec<Verdict>,
}

/// Chooses for a parcel among carriers with their scores.
///
/// Equal weights go to the earlier arrival and then to the smaller id, so that the same parcel always
/// gets the same carrier.
pub fn choose(parcel: &Parcel<'_>, carriers: &[(&Carrier, Score)], policy: &Policy) -> Choice {
    let mut offers = Vec::new();
    let mut refused = Vec::new();
    for (carrier, score) in carriers {
        for service in &carrier.terms.services {
            match offer(parcel, carrier, service, *score, policy) {
                Ok(offer) => offers.push(offer),
                Err(because) => {
                    let (carrier, service) = (carrier.id, service.kind);
                    refused.push(Verdict::Refused { carrier, service, because });
                }
            }
        }
    }
    offers.sort_by_key(|it| (it.weighed_minor, it.expected_by, it.carrier, it.service));
    let mut offers = offers.into_iter();
    let chosen = offers.next();
    Choice { chosen, others: offers.map(Verdict::Offered).chain(refused).collect() }
}

/// What one service would do for the parcel, or why it cannot.
pub fn offer(
    parcel: &Parcel<'_>,
    carrier: &Carrier,
    service: &Service,
    score: Score,
    policy: &Policy,
) -> Result<Offer, Refusal> {
    let terms = &carrier.terms;
    let refuse = |holds: bool, because: Refusal| if holds { Err(because) } else { Ok(()) };
    refuse(!carrier.is_active, Refusal::Inactive)?;
    refuse(policy.unreached.contains(&carrier.id), Refusal::NoAccount)?;
    let Ruling { forced, forbidden, forces_nobody } = &policy.ruling;
    let is_meant = |pick: &Pick| pick.is_of(carrier.id, service.kind);
    refuse(forbidden.iter().any(is_meant), Refusal::Forbidden)?;
    refuse(*forces_nobody || !forced.as_ref().is_none_or(is_meant), Refusal::NotForced)?;
    // A buyer who asked for nothing gets it to the door, however cheap the pick-up point is.
    let is_wished = match parcel.wish {
        Some(wish) => wish == service.kind,
        None => matches!(service.kind, ServiceKind::Standard | ServiceKind::NextDay),
    };
    refuse(!is_wished, Refusal::NotWished)?;
    refuse(terms.currency != parcel.value.currency, Refusal::Currency)?;
    let minded = |flag: &HandlingFlag| parcel.handling.has(*flag);
    refuse(terms.refuses.iter().any(minded), Refusal::Handling)?;
    refuse(parcel.weight_grams > terms.weight_grams_max, Refusal::TooHeavy)?;
    refuse(parcel.dimensions_mm.iter().any(|side| *side > terms.side_mm_max), Refusal::TooLong)?;
    let serves = |zone: &&Zone| {
        let is_perhaps_there = parcel.is_city_open && zone.region.matches(parcel.destination);
        is_perhaps_there || zone.serves(parcel.destination, parcel.city)
    };
    let zone = service.zones.iter().find(serves);
    let zone = zone.ok_or(Refusal::OutOfZone)?;

    let billed_grams = terms.billed_grams(parcel.weight_grams, parcel.dimensions_mm);
    let price_minor = zone.price_minor(billed_grams);
    let is_insured =
        parcel.handling.is_high_value || parcel.value.minor >= policy.insured_from_minor;
    let insured_minor = if is_insured { parcel.value.minor.max(0) } else { 0 };
    let rate = i64::from(terms.insurance_basis_points);
    let insurance_minor = insured_minor.saturating_mul(rate).saturating_add(9_999) / 10_000;
    let expected_on = arrives_on(parcel, terms.cut_off, zone.days_max);
    let late_days = parcel.promised_by_on.map_or(0, |promised| days_after(promised, expected_on));
    let missing = 1_000 - i64::from(score.0.min(1_000));
    let weighed_minor = price_minor
        .saturating_add(insurance_minor)
        .saturating_add(policy.late_day_minor.saturating_mul(i64::from(late_days)))
        .saturating_add(policy.score_point_minor.saturating_mul(missing));
    Ok(Offer {
        carrier: carrier.id,
        service: service.kind,
        price_minor,
        insurance_minor,
        insured_minor,
        billed_grams,
        expected_by: end_of(expected_on, parcel),
        late_days,
        score,
        weighed_minor,
    })
}

/// The last day of arrival: the carrier's days after the day on which it leaves.
fn arrives_on(parcel: &Parcel<'_>, cut_off: Time, days: u8) -> Date {
    let local = parcel.time_zone.to_datetime(parcel.ready_at.to_jiff());
    let waits = i32::from(local.time() >= cut_off);
    local.date().saturating_add((waits + i32::from(days)).days())
}

fn days_after(promised: Date, expected: Date) -> u16 {
    let days = promised.until(expected).map_or(0, |span| span.get_days());
    u16::try_from(days).unwrap_or(0)
}

/// Nine in the evening of a day by the clock of the location; couriers bring nothing later.
fn end_of(day: Date, parcel: &Parcel<'_>) -> Timestamp {
    let evening = day.to_datetime(Time::constant(21, 0, 0, 0));
    let local = parcel.time_zone.to_ambiguous_zoned(evening).compatible();
    local.map_or(parcel.ready_at, |zoned| zoned.timestamp().into())
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Currency, Id};
    use proptest::prelude::*;

    use super::super::tests::carrier;
    use super::*;
    use crate::address::Country;
    use crate::pricing::{ProvinceCode, Region, RegionPattern};

    fn parcel(zone: &TimeZone) -> Parcel<'_> {
        let zhejiang = ProvinceCode::of(330_000).unwrap();
        Parcel {
            destination: Destination {
                country: Country::CHINA,
                region: Region::Province(zhejiang),
            },
            city: Some(3_301),
            is_city_open: false,
            weight_grams: 900,
            dimensions_mm: [200, 150, 100],
            handling: Handling::default(),
            value: Money::new(20_000, Currency::Cny),
            // 2026-11-22T08:00:00Z, four in the afternoon in Shanghai.
            ready_at: Timestamp::from_millis(1_795_334_400_000),
            time_zone: zone,
            promised_by_on: None,
            wish: None,
        }
    }

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    fn chosen(parcel: &Parcel<'_>, carriers: &[Carrier], policy: &Policy) -> Option<i64> {
        let all: Vec<_> = carriers.iter().map(|carrier| (carrier, Score(937))).collect();
        choose(parcel, &all, policy).chosen.map(|offer| offer.carrier.raw())
    }

    fn because(parcel: &Parcel<'_>, carrier: &Carrier, policy: &Policy) -> Option<Refusal> {
        offer(parcel, carrier, &carrier.terms.services[0], Score(900), policy).err()
    }

    #[test]
    fn a_service_to_some_cities_may_serve_a_city_that_nobody_has_looked_at() {
        let zone = TimeZone::UTC;
        let mut one = carrier(1, 800, 3);
        one.terms.services[0].zones[0].cities = BTreeSet::from([3_301]);
        let chosen = |city, is_city_open| {
            let parcel = Parcel { city, is_city_open, ..parcel(&zone) };
            because(&parcel, &one, &Policy::default()) != Some(Refusal::OutOfZone)
        };
        assert!(chosen(Some(3_301), false) && !chosen(Some(3_302), false));
        assert!(!chosen(None, false) && chosen(None, true));
    }

    #[test]
    fn the_cheaper_one_is_taken_unless_it_comes_too_late() {
        let zone = shanghai();
        let (cheap, quick) = (carrier(1, 800, 4), carrier(2, 1_500, 1));
        let both = [cheap, quick];
        let policy = Policy::default();
        assert_eq!(chosen(&parcel(&zone), &both, &policy), Some(1));
        let promised =
            Parcel { promised_by_on: Some(Date::constant(2026, 11, 24)), ..parcel(&zone) };
        assert_eq!(chosen(&promised, &both, &policy), Some(2));
    }

    #[test]
    fn after_the_carriers_cut_off_it_leaves_a_day_later() {
        let zone = shanghai();
        let carrier = carrier(1, 800, 1);
        let service = &carrier.terms.services[0];
        let expected = |parcel: &Parcel<'_>| {
            let offer = offer(parcel, &carrier, service, Score(900), &Policy::default()).unwrap();
            zone.to_datetime(offer.expected_by.to_jiff()).to_string()
        };
        let parcel = parcel(&zone);
        assert_eq!(expected(&parcel), "2026-11-23T21:00:00");
        let late = Parcel { ready_at: parcel.ready_at + ordermill_base::Span::hours(2), ..parcel };
        assert_eq!(expected(&late), "2026-11-24T21:00:00");
    }

    #[test]
    fn bad_service_outweighs_a_small_difference_of_prices() {
        let zone = shanghai();
        let (bad, good) = (carrier(1, 800, 3), carrier(2, 900, 3));
        let all = [(&bad, Score(700)), (&good, Score(980))];
        let choice = choose(&parcel(&zone), &all, &Policy::default());
        assert_eq!(choice.chosen.unwrap().carrier, good.id);
    }

    #[test]
    fn high_value_is_insured_without_being_asked() {
        let zone = shanghai();
        let carrier = carrier(1, 800, 3);
        let insured = |value_minor, is_high_value| {
            let handling = Handling { is_high_value, ..Handling::default() };
            let value = Money::new(value_minor, Currency::Cny);
            let parcel = Parcel { value, handling, ..parcel(&zone) };
            let service = &carrier.terms.services[0];
            let offer = offer(&parcel, &carrier, service, Score(900), &Policy::default()).unwrap();
            (offer.insured_minor, offer.insurance_minor)
        };
        assert_eq!(insured(99_999, false), (0, 0));
        assert_eq!(insured(100_000, false), (100_000, 500));
        assert_eq!(insured(10_000, true), (10_000, 50));
    }

    #[test]
    fn each_service_that_cannot_carry_it_says_why() {
        let zone = shanghai();
        let parcel = parcel(&zone);
        let mut one = carrier(1, 800, 3);
        let policy = Policy::default();
        assert_eq!(because(&parcel, &one, &policy), None);
        let heavy = Parcel { weight_grams: 30_001, ..parcel };
        assert_eq!(because(&heavy, &one, &policy), Some(Refusal::TooHeavy));
        let long = Parcel { dimensions_mm: [1_501, 1, 1], ..parcel };
        assert_eq!(because(&long, &one, &policy), Some(Refusal::TooLong));
        let timed = Parcel { wish: Some(ServiceKind::Timed), ..parcel };
        assert_eq!(because(&timed, &one, &policy), Some(Refusal::NotWished));
        let ruled = |ruling| because(&parcel, &one, &Policy { ruling, ..Policy::default() });
        let pick = |number, service| Pick { carrier: CarrierId::from_raw(number), service };
        let forced = |pick| Ruling { forced: Some(pick), ..Ruling::default() };
        assert_eq!(ruled(forced(pick(2, None))), Some(Refusal::NotForced));
        let timed = Some(ServiceKind::Timed);
        assert_eq!(ruled(forced(pick(1, timed))), Some(Refusal::NotForced));
        assert_eq!(ruled(forced(pick(1, Some(ServiceKind::Standard)))), None);
        let nobody = Ruling { forces_nobody: true, ..Ruling::default() };
        assert_eq!(ruled(nobody), Some(Refusal::NotForced));
        let forbidden = |pick| Ruling { forbidden: [pick].into(), ..Ruling::default() };
        assert_eq!(ruled(forbidden(pick(1, None))), Some(Refusal::Forbidden));
        assert_eq!(ruled(forbidden(pick(1, timed))), None);
        one.terms.services[0].zones[0].cities = [3_302].into();
        assert_eq!(because(&parcel, &one, &policy), Some(Refusal::OutOfZone));
        let tibet = [ProvinceCode::of(540_000).unwrap()];
        one.terms.services[0].zones[0].region = RegionPattern::provinces(tibet);
        assert_eq!(because(&parcel, &one, &policy), Some(Refusal::OutOfZone));
        one.terms.refuses.insert(HandlingFlag::Hazardous);
        let handling = Handling { is_hazardous: true, ..Handling::default() };
        let hazard = Parcel { handling, ..parcel };
        assert_eq!(because(&hazard, &one, &policy), Some(Refusal::Handling));
        let unreached = Policy { unreached: [one.id].into(), ..Policy::default() };
        assert_eq!(because(&hazard, &one, &unreached), Some(Refusal::NoAccount));
        one.is_active = false;
        assert_eq!(because(&parcel, &one, &policy), Some(Refusal::Inactive));
    }

    proptest! {
        /// Whoever is chosen, no other offer weighs less, and everybody is accounted for.
        #[test]
        fn nobody_who_was_passed_over_weighs_less(
            prices in proptest::collection::vec((0_i64..5_000, 0_u8..9, 0_u16..=1_000), 1..9),
            weight_grams in 1_u32..40_000,
        ) {
            let zone = shanghai();
            let parcel = Parcel { weight_grams, ..parcel(&zone) };
            let carriers: Vec<_> = (0..)
                .zip(&prices)
                .map(|(number, (price, days, score))| {
                    (carrier(number, *price, (*days).max(1)), Score(*score))
                })
                .collect();
            let all: Vec<_> = carriers.iter().map(|(carrier, score)| (carrier, *score)).collect();
            let choice = choose(&parcel, &all, &Policy::default());
            prop_assert_eq!(choice.others.len() + usize::from(choice.chosen.is_some()), all.len());
            prop_assert_eq!(choice.chosen.is_some(), weight_grams <= 30_000);
            for other in &choice.others {
                if let (Verdict::Offered(other), Some(chosen)) = (other, &choice.chosen) {
                    prop_assert!(chosen.weighed_minor <= other.weighed_minor);
                }
            }
        }
    }
}
