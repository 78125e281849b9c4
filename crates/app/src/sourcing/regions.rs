//! Where a location ships to, as people and programs write it: `CN`, `CN-31`, `FR-Bretagne`.
//!
//! The writing is that of an order's region. Provinces of China are written by the first two digits of
//! their code by GB/T 2260, regions of other countries by name.

use std::collections::BTreeSet;

use ordermill_domain::address::Country;
use ordermill_domain::pricing::{ProvinceCode, RegionPattern, RegionSet};

/// Letters of the name of a region, at most.
const NAME_CHARS_MAX: usize = 60;

/// Reads a region; none if it is none.
pub fn read(text: &str) -> Option<RegionPattern> {
    let (country, part) = match text.split_once('-') {
        Some((country, part)) => (country, Some(part.trim())),
        None => (text, None),
    };
    let country = country.parse::<Country>().ok().filter(|it| it.code() == country)?;
    let Some(part) = part else { return Some(RegionPattern::country(country)) };
    if country == Country::CHINA {
        let is_province = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let digits: u32 = part.parse().ok().filter(|_| is_province)?;
        return Some(RegionPattern::provinces([ProvinceCode::of(digits * 10_000).ok()?]));
    }
    let is_name = !part.is_empty()
        && part.chars().count() <= NAME_CHARS_MAX
        && !part.chars().any(char::is_control);
    let only = RegionSet::Names(BTreeSet::from([part.to_owned()]));
    is_name.then_some(RegionPattern { country: Some(country), only: Some(only) })
}

/// Writes regions as [`read`] reads them, one for each part; a pattern for anywhere has no writing and
/// is left out.
pub fn write(regions: &[RegionPattern]) -> Vec<String> {
    let mut written = Vec::new();
    for pattern in regions {
        let Some(country) = pattern.country else { continue };
        match &pattern.only {
            None => written.push(country.to_string()),
            Some(RegionSet::Provinces(provinces)) => {
                let digits = |province: &ProvinceCode| province.code() / 10_000;
                written.extend(provinces.iter().map(|it| format!("{country}-{}", digits(it))));
            }
            Some(RegionSet::Names(names)) => {
                written.extend(names.iter().map(|name| format!("{country}-{name}")));
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read_as_they_are_written() {
        for text in ["CN", "CN-31", "FR", "FR-Île-de-France"] {
            let read = read(text).map(|region| write(&[region]));
            assert_eq!(read, Some(vec![text.to_owned()]));
        }
        for wrong in ["", "cn", "XX", "CN-", "CN-3", "CN-上海", "CN-310000", "FR-", "31", "CN-+1"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
