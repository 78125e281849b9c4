//! The form of a carrier: what was entered, read field by field, and what is wrong at its place.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use jiff::civil::Time;
use ordermill_app::carrier::setup::{KeepCarrierError, NewAccount};
use ordermill_app::sourcing::regions;
use ordermill_base::{Currency, Money};
use ordermill_domain::carrier::{Carrier, Flaw, Service, ServiceKind, Terms, Zone};
use ordermill_domain::ids::CarrierId;
use ordermill_domain::sku::HandlingFlag;
use ordermill_domain::text::Text;
use ordermill_pages::Words;
use ordermill_pages::console::carrier::{CarrierEntered, Wrong, ZoneEntered};
use ordermill_pages::ui::Choice;
use ordermill_storage::carrier::Stored;

use crate::console::pairs::Pairs;

/// Zones of a form at most; more than a carrier has, so that the check says so.
const ZONES_MAX: usize = 801;

pub(super) fn currencies() -> Vec<Choice> {
    Currency::ALL.map(|it| Choice::new(it.code(), it.code())).into()
}

/// What was entered.
pub(super) fn entered(pairs: &Pairs) -> CarrierEntered {
    let zone = |at: usize| {
        ZoneEntered::of(ZoneEntered::NAMES.map(|name| pairs.one(&format!("{name}.{at}"))))
    };
    let zones = (0..ZONES_MAX).take_while(|at| pairs.has(&format!("service.{at}")));
    CarrierEntered {
        code: pairs.one("code"),
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        currency: pairs.one("currency"),
        volumetric_divisor: pairs.one("volumetric_divisor"),
        weight_grams_max: pairs.one("weight_grams_max"),
        side_mm_max: pairs.one("side_mm_max"),
        cut_off: pairs.one("cut_off"),
        insurance_percent: pairs.one("insurance_percent"),
        refuses: pairs.all("refuses", HandlingFlag::ALL.len()),
        zones: zones.map(zone).collect(),
        protocol: pairs.one("protocol"),
        url: pairs.one("url"),
        merchant: pairs.one("merchant"),
        secret: pairs.one("secret"),
    }
}

/// A new carrier with what most have.
pub(super) fn blank(currency: Currency) -> CarrierEntered {
    let zone = ZoneEntered {
        service: ServiceKind::Standard.code().into(),
        regions: "CN".into(),
        first_grams: "1000".into(),
        step_grams: "1000".into(),
        days_min: "1".into(),
        days_max: "3".into(),
        ..ZoneEntered::default()
    };
    CarrierEntered {
        currency: currency.code().into(),
        volumetric_divisor: "6000".into(),
        weight_grams_max: "30000".into(),
        side_mm_max: "1500".into(),
        cut_off: "18:00".into(),
        insurance_percent: "0.5".into(),
        zones: vec![zone],
        ..CarrierEntered::default()
    }
}

/// A carrier as it is edited.
pub(super) fn entered_of(stored: &Stored) -> CarrierEntered {
    let (it, terms) = (&stored.carrier, &stored.carrier.terms);
    let decimal = |minor| Money::new(minor, terms.currency).to_decimal();
    let zone = |kind: ServiceKind, zone: &Zone| ZoneEntered {
        service: kind.code().into(),
        regions: regions::write(std::slice::from_ref(&zone.region)).join(" "),
        cities: zone.cities.iter().map(u16::to_string).collect::<Vec<_>>().join(" "),
        first_grams: zone.first_grams.to_string(),
        first_price: decimal(zone.first_minor),
        step_grams: zone.step_grams.to_string(),
        step_price: decimal(zone.step_minor),
        days_min: zone.days_min.to_string(),
        days_max: zone.days_max.to_string(),
    };
    let zones = terms
        .services
        .iter()
        .flat_map(|service| service.zones.iter().map(move |it| zone(service.kind, it)));
    let points = terms.insurance_basis_points;
    CarrierEntered {
        code: it.code.clone(),
        name_zh: it.name.zh.clone(),
        name_en: it.name.en.clone(),
        currency: terms.currency.code().into(),
        volumetric_divisor: terms.volumetric_divisor.to_string(),
        weight_grams_max: terms.weight_grams_max.to_string(),
        side_mm_max: terms.side_mm_max.to_string(),
        cut_off: terms.cut_off.strftime("%H:%M").to_string(),
        insurance_percent: format!("{}.{:02}", points / 100, points % 100),
        refuses: terms.refuses.iter().map(|flag| flag.code().to_owned()).collect(),
        zones: zones.collect(),
        protocol: stored.account.protocol.clone(),
        url: stored.account.url.clone(),
        merchant: stored.account.merchant.clone(),
        secret: String::new(),
    }
}

/// Collects what is wrong while a form is read.
struct Reading<'a> {
    wrong: Vec<Wrong>,
    t: &'a Words,
}

impl Reading<'_> {
    fn take<T>(&mut self, read: Option<T>, field: impl Into<String>, why: &str) -> Option<T> {
        if read.is_none() {
            self.wrong.push((field.into(), why.to_owned()));
        }
        read
    }

    fn number<T: std::str::FromStr>(&mut self, text: &str, field: impl Into<String>) -> Option<T> {
        let why = self.t.carrier_wrong_number();
        self.take(text.parse().ok(), field, why)
    }

    fn price(&mut self, text: &str, currency: Currency, field: String) -> Option<i64> {
        let why = self.t.carrier_wrong_price();
        let money = Money::parse(text, currency).ok();
        self.take(money.map(|money| money.minor), field, why)
    }

    fn zone(&mut self, zone: &ZoneEntered, at: usize, currency: Currency) -> Option<Zone> {
        let name = |part: &str| format!("{part}.{at}");
        let parts = |text: &str| -> Vec<String> {
            text.split([' ', ',', '、', ';'])
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let texts = parts(&zone.regions);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let why = self.t.carrier_wrong_regions();
        let region = self.take(regions::read_together(&texts), name("regions"), why);
        let cities: Option<BTreeSet<u16>> =
            parts(&zone.cities).iter().map(|city| city.parse().ok()).collect();
        let why = self.t.carrier_wrong_number();
        let cities = self.take(cities, name("cities"), why);
        let first_grams = self.number(&zone.first_grams, name("first_grams"));
        let first_minor = self.price(&zone.first_price, currency, name("first_price"));
        let step_grams: Option<NonZeroU32> = self.number(&zone.step_grams, name("step_grams"));
        let step_minor = self.price(&zone.step_price, currency, name("step_price"));
        let days_min = self.number(&zone.days_min, name("days_min"));
        let days_max = self.number(&zone.days_max, name("days_max"));
        Some(Zone {
            region: region?,
            cities: cities?,
            first_grams: first_grams?,
            first_minor: first_minor?,
            step_grams: step_grams?,
            step_minor: step_minor?,
            days_min: days_min?,
            days_max: days_max?,
        })
    }
}

/// The carrier of a form, or what cannot be read of it.
pub(super) fn read(
    entered: &CarrierEntered,
    id: CarrierId,
    version: i64,
    is_active: bool,
    t: Words,
) -> Result<(Carrier, NewAccount), Vec<Wrong>> {
    let mut reading = Reading { wrong: Vec::new(), t: &t };
    let why = t.carrier_wrong_service();
    let currency: Option<Currency> = entered.currency.parse().ok();
    let currency = reading.take(currency, "currency", why).unwrap_or(Currency::Cny);
    let divisor: Option<NonZeroU32> =
        reading.number(&entered.volumetric_divisor, "volumetric_divisor");
    let weight_grams_max = reading.number(&entered.weight_grams_max, "weight_grams_max");
    let side_mm_max = reading.number(&entered.side_mm_max, "side_mm_max");
    let cut_off: Option<Time> = entered.cut_off.parse().ok();
    let cut_off = reading.take(cut_off, "cut_off", t.carrier_wrong_time());
    // A percent is a hundred basis points, as an amount is a hundred of its smallest.
    let points = Money::parse(&entered.insurance_percent, Currency::Cny).ok();
    let points = points.and_then(|money| u32::try_from(money.minor).ok());
    let points = reading.take(points, "insurance_percent", t.carrier_wrong_price());
    let mut services: Vec<Service> = Vec::new();
    for (at, zone) in entered.zones.iter().enumerate() {
        let kind = ServiceKind::from_code(&zone.service).ok();
        let kind = reading.take(kind, format!("service.{at}"), why);
        let (Some(kind), Some(zone)) = (kind, reading.zone(zone, at, currency)) else { continue };
        match services.iter_mut().find(|service| service.kind == kind) {
            Some(service) => service.zones.push(zone),
            None => services.push(Service { kind, zones: vec![zone] }),
        }
    }
    let flags = entered.refuses.iter().filter_map(|code| HandlingFlag::from_code(code).ok());
    let (refuses, is_right) = (flags.collect(), reading.wrong.is_empty());
    match (divisor, weight_grams_max, side_mm_max, cut_off, points, is_right) {
        (Some(divisor), Some(weight), Some(side), Some(cut_off), Some(points), true) => {
            let terms = Terms {
                services,
                refuses,
                volumetric_divisor: divisor,
                weight_grams_max: weight,
                side_mm_max: side,
                cut_off,
                insurance_basis_points: points,
                currency,
            };
            let name = Text::new(entered.name_zh.clone(), entered.name_en.clone());
            let code = entered.code.clone();
            let account = NewAccount {
                protocol: entered.protocol.clone(),
                url: entered.url.clone(),
                merchant: entered.merchant.clone(),
                secret: Some(entered.secret.clone()).filter(|secret| !secret.is_empty()),
            };
            Ok((Carrier { id, code, name, terms, is_active, version }, account))
        }
        _ => Err(reading.wrong),
    }
}

/// What the use case has found wrong, at the fields of the form; `None` for any other failure.
pub(super) fn wrong_of(
    error: &KeepCarrierError,
    entered: &CarrierEntered,
    t: Words,
) -> Option<Vec<Wrong>> {
    match error {
        KeepCarrierError::CodeTaken(_) => {
            Some(vec![("code".to_owned(), t.carrier_wrong_code().to_owned())])
        }
        KeepCarrierError::Invalid(flaws) => {
            let wrong =
                |flaw: &Flaw| (field_of(&flaw.field, entered), t.carrier_wrong(flaw.expected));
            Some(flaws.iter().map(wrong).collect())
        }
        _ => None,
    }
}

/// Where something stands in the form: `services.1.zones.0.days_min` at the row of that zone.
fn field_of(path: &str, entered: &CarrierEntered) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    match parts[..] {
        ["services"] => "service.0".to_owned(),
        ["services", service, ..] => {
            let zone = if let [_, _, "zones", zone, ..] = parts[..] { zone } else { "0" };
            let part = if parts.len() > 4 {
                parts[4].replace("_minor", "_price")
            } else {
                "service".into()
            };
            format!("{part}.{}", row_of(service, zone, entered))
        }
        ["account", part] => part.to_owned(),
        ["name"] => "name_zh".to_owned(),
        ["insurance_basis_points"] => "insurance_percent".to_owned(),
        _ => path.to_owned(),
    }
}

/// The row of a zone of a service: rows of one service may stand apart.
fn row_of(service: &str, zone: &str, entered: &CarrierEntered) -> usize {
    let (service, zone): (usize, usize) = (service.parse().unwrap_or(0), zone.parse().unwrap_or(0));
    let mut kinds: Vec<&str> = Vec::new();
    for row in &entered.zones {
        if !kinds.contains(&row.service.as_str()) {
            kinds.push(&row.service);
        }
    }
    let kind = kinds.get(service).copied().unwrap_or_default();
    let rows = entered.zones.iter().enumerate().filter(|(_, row)| row.service == kind);
    rows.map(|(at, _)| at).nth(zone).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id as _;
    use ordermill_pages::Language;

    use super::*;

    #[test]
    fn a_zone_that_cannot_be_is_named_at_its_row() {
        let zone =
            |service: &str| ZoneEntered { service: service.into(), ..ZoneEntered::default() };
        let zones = vec![zone("standard"), zone("next_day"), zone("standard")];
        let entered = CarrierEntered { zones, ..CarrierEntered::default() };
        let field = |path| field_of(path, &entered);
        assert_eq!(field("services.0.zones.1.first_minor"), "first_price.2");
        assert_eq!(field("services.1.zones.0.days_min"), "days_min.1");
        assert_eq!(field("services.1.kind"), "service.1");
        assert_eq!(field("account.url"), "url");
    }

    #[test]
    fn what_is_entered_comes_back_as_it_is_stored_and_the_secret_does_not() {
        let t = Words::new(Language::En);
        let mut entered = blank(Currency::Cny);
        (entered.code, entered.name_en) = ("swift".into(), "Swift".into());
        (entered.zones[0].first_price, entered.zones[0].step_price) =
            ("18.00".into(), "3.00".into());
        (entered.zones[0].cities, entered.secret) = ("3301 3302".into(), "key".into());
        let (carrier, account) = read(&entered, CarrierId::from_raw(1), 1, true, t).unwrap();
        assert_eq!(account.secret.as_deref(), Some("key"));
        assert_eq!(carrier.check(), Ok(()));
        let again = entered_of(&Stored { carrier, account: Default::default() });
        entered.secret.clear();
        entered.insurance_percent = "0.50".into();
        assert_eq!(format!("{again:?}"), format!("{entered:?}"));
        entered.zones[0].first_price = "much".into();
        let wrong = read(&entered, CarrierId::from_raw(1), 1, true, t).err().unwrap();
        assert_eq!(wrong[0].0, "first_price.0");
    }
}
