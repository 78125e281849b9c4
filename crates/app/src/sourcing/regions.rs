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

/// Reads several regions of one country as one pattern; none if one of them is none, if they are of
/// several countries, or if there are none.
pub fn read_together(texts: &[&str]) -> Option<RegionPattern> {
    let mut together: Option<RegionPattern> = None;
    for text in texts {
        let one = read(text)?;
        let Some(all) = &mut together else {
            together = Some(one);
            continue;
        };
        if all.country != one.country {
            return None;
        }
        match (&mut all.only, one.only) {
            (Some(RegionSet::Provinces(all)), Some(RegionSet::Provinces(more))) => {
                all.extend(more);
            }
            (Some(RegionSet::Names(all)), Some(RegionSet::Names(more))) => all.extend(more),
            // The whole country has all of its parts.
            (only, _) => *only = None,
        }
    }
    together
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
    fn regions_of_one_country_are_read_as_one_pattern() {
        let together = |texts: &[&str]| read_together(texts).map(|region| write(&[region]));
        let both = vec!["CN-31".to_owned(), "CN-33".to_owned()];
        assert_eq!(together(&["CN-33", "CN-31"]), Some(both));
        assert_eq!(together(&["CN-33", "CN"]), Some(vec!["CN".to_owned()]));
        assert_eq!(together(&["CN-33", "FR"]), None);
        assert_eq!(together(&[]), None);
    }

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
