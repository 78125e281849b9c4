//! Where an order goes, as far as prices and lists need to know: not personal, so it stands in plain
//! text.

use ordermill_domain::address::{Address, Country, Division, division};
use ordermill_domain::pricing::{self, Destination, Region};

use super::{FieldIssue, issue};

/// Country and province: `CN-31` by GB/T 2260 where there are Chinese divisions, else the country
/// with the province as written, `US-California`. Not personal, so it stands in plain text.
pub(super) fn region_of(address: &Address) -> String {
    let country = address.country().code();
    match address.province() {
        Some(Division { code: Some(code), .. }) => format!("{country}-{}", code.get() / 10_000),
        Some(province) => format!("{country}-{}", province.name),
        None => country.to_owned(),
    }
}

/// As [`region_of`], for a quote before the address is known: a country and, if there is one, a
/// province as people write it.
pub fn region_near(country: &str, province: &str) -> Result<String, FieldIssue> {
    let unknown = |field, detail| issue(field, "unknown", detail);
    let country = Country::parse(country)
        .map_err(|_| unknown("destination.country", "a country's code or name"))?;
    let code = country.code();
    let province = province.trim();
    if province.is_empty() {
        return Ok(code.to_owned());
    }
    if country == Country::CHINA {
        let found = division::find_province(province);
        let found = found.and_then(|it| it.division().code);
        let found = found.ok_or_else(|| unknown("destination.province", "a province of China"))?;
        return Ok(format!("{code}-{}", found.get() / 10_000));
    }
    Ok(format!("{code}-{province}"))
}

/// `CN-31` as the pricing rules want it.
pub fn destination(region: &str) -> Destination<'_> {
    let (country, rest) = region.split_once('-').unwrap_or((region, ""));
    let country = country.parse().unwrap_or(Country::CHINA);
    let region = match rest.parse::<u32>() {
        Ok(code) => {
            pricing::ProvinceCode::of(code * 10_000).map_or(Region::Unknown, Region::Province)
        }
        Err(_) if rest.is_empty() => Region::Unknown,
        Err(_) => Region::Named(rest),
    };
    Destination { country, region }
}

#[cfg(test)]
mod tests {
    use ordermill_domain::address::RawAddress;

    use super::*;

    fn region(country: &str, province: &str, city: &str, district: &str) -> String {
        let address = RawAddress {
            country: country.to_owned(),
            province: province.to_owned(),
            city: city.to_owned(),
            district: district.to_owned(),
            street: vec!["1 Main St".to_owned()],
            postal_code: if country == "US" { "94105".to_owned() } else { String::new() },
        };
        region_of(&address.validate().expect("an address"))
    }

    #[test]
    fn a_region_names_country_and_province_and_nothing_personal() {
        assert_eq!(region("CN", "上海市", "上海市", "浦东新区"), "CN-31");
        assert_eq!(region("CN", "广东", "深圳", "南山区"), "CN-44");
        assert_eq!(region("US", "California", "San Francisco", ""), "US-California");
    }

    #[test]
    fn a_stored_region_is_the_destination_that_freight_is_priced_for() {
        assert!(matches!(destination("CN-31").region, Region::Province(_)));
        assert!(matches!(destination("US-California").region, Region::Named("California")));
        assert!(matches!(destination("SG").region, Region::Unknown));
    }
}
