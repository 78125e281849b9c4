//! What a carrier may be like, each thing that is wrong told at its place.

use std::collections::BTreeSet;

use super::{Carrier, Service, Zone};
use crate::sku::{Invalid, check_code, check_name};

const ZONES_MAX: usize = 200;
const CITIES_MAX: usize = 1_000;
const PRICE_MINOR_MAX: i64 = 100_000_000;
const GRAMS_MAX: u32 = 10_000_000;
const SIDE_MM_MAX: u32 = 100_000;
const DIVISOR_MAX: u32 = 1_000_000;
const DAYS_MAX: u8 = 90;

/// Something about a carrier that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where: `code`, `services.0.zones.2.days_max`.
    pub field: String,
    /// What it should be.
    pub expected: &'static str,
}

impl From<Invalid> for Flaw {
    fn from(invalid: Invalid) -> Self {
        Self { field: invalid.field.to_owned(), expected: invalid.expected }
    }
}

impl Carrier {
    /// Everything that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut wrong = Vec::new();
        check_code(&self.code, &mut wrong);
        check_name(&self.name, &mut wrong);
        let mut flaws: Vec<Flaw> = wrong.into_iter().map(Flaw::from).collect();
        let mut must = |holds: bool, field: &str, expected| {
            if !holds {
                flaws.push(Flaw { field: field.to_owned(), expected });
            }
        };
        let terms = &self.terms;
        must(!terms.services.is_empty(), "services", "at least one service");
        let divisor = terms.volumetric_divisor.get();
        must(divisor <= DIVISOR_MAX, "volumetric_divisor", "1 to 1,000,000");
        let weight = terms.weight_grams_max;
        must((1..=GRAMS_MAX).contains(&weight), "weight_grams_max", "1 to 10,000,000");
        must((1..=SIDE_MM_MAX).contains(&terms.side_mm_max), "side_mm_max", "1 to 100,000");
        must(terms.insurance_basis_points <= 10_000, "insurance_basis_points", "at most 100 %");
        let mut known = BTreeSet::new();
        for (index, service) in terms.services.iter().enumerate() {
            let field = format!("services.{index}");
            must(known.insert(service.kind), &format!("{field}.kind"), "each service once");
            check_service(service, &field, &mut must);
        }
        if flaws.is_empty() { Ok(()) } else { Err(flaws) }
    }
}

fn check_service(service: &Service, field: &str, must: &mut impl FnMut(bool, &str, &'static str)) {
    let is_served = (1..=ZONES_MAX).contains(&service.zones.len());
    must(is_served, &format!("{field}.zones"), "1 to 200 zones");
    for (index, zone) in service.zones.iter().enumerate() {
        check_zone(zone, &format!("{field}.zones.{index}"), must);
    }
}

fn check_zone(zone: &Zone, field: &str, must: &mut impl FnMut(bool, &str, &'static str)) {
    let Zone { first_grams, first_minor, step_grams, step_minor, days_min, days_max, .. } = zone;
    let is_price = |minor: i64| (0..=PRICE_MINOR_MAX).contains(&minor);
    let mut at = |holds, part: &str, expected| must(holds, &format!("{field}.{part}"), expected);
    let are_cities = zone.cities.iter().all(|city| (1_000..=9_999).contains(city));
    let is_list = zone.cities.len() <= CITIES_MAX;
    at(are_cities && is_list, "cities", "up to 1,000 codes of four digits");
    at(*first_grams <= GRAMS_MAX, "first_grams", "0 to 10,000,000");
    at(is_price(*first_minor), "first_minor", "a price of zero or more");
    at(step_grams.get() <= GRAMS_MAX, "step_grams", "1 to 10,000,000");
    at(is_price(*step_minor), "step_minor", "a price of zero or more");
    at(*days_max <= DAYS_MAX, "days_max", "at most 90 days");
    at(days_min <= days_max, "days_min", "not more than the most");
}

#[cfg(test)]
mod tests {
    use super::super::tests::carrier;
    use super::*;

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let mut carrier = carrier(1, 800, 3);
        assert_eq!(carrier.check(), Ok(()));
        let zone = &mut carrier.terms.services[0].zones[0];
        (zone.days_min, zone.first_minor) = (4, -1);
        zone.cities.insert(12);
        carrier.terms.weight_grams_max = 0;
        let twice = Service { zones: Vec::new(), ..carrier.terms.services[0].clone() };
        carrier.terms.services.push(twice);
        let fields: Vec<String> =
            carrier.check().unwrap_err().into_iter().map(|flaw| flaw.field).collect();
        assert_eq!(
            fields,
            [
                "weight_grams_max",
                "services.0.zones.0.cities",
                "services.0.zones.0.first_minor",
                "services.0.zones.0.days_min",
                "services.1.kind",
                "services.1.zones",
            ]
        );
    }
}
