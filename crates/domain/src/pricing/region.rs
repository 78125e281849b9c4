//! Where an order goes, as far as prices and promises depend on it.

use std::collections::BTreeSet;

use crate::address::Country;

/// A province of China by GB/T 2260: the first two digits of every administrative code in it.
/// Written as the province's own six digits, `440000`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct ProvinceCode(u8);

/// A number that is not an administrative code of six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an administrative code has six digits by GB/T 2260")]
pub struct InvalidProvince;

impl ProvinceCode {
    /// The province of any administrative code: of a province, a city or a district.
    pub fn of(code: u32) -> Result<Self, InvalidProvince> {
        match u8::try_from(code / 10_000) {
            Ok(province @ 11..=99) => Ok(Self(province)),
            _ => Err(InvalidProvince),
        }
    }

    /// The province's own six digits.
    pub const fn code(self) -> u32 {
        self.0 as u32 * 10_000
    }
}

impl TryFrom<u32> for ProvinceCode {
    type Error = InvalidProvince;
    fn try_from(code: u32) -> Result<Self, Self::Error> {
        Self::of(code)
    }
}

impl From<ProvinceCode> for u32 {
    fn from(province: ProvinceCode) -> Self {
        province.code()
    }
}

/// Where an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination<'a> {
    /// The country.
    pub country: Country,
    /// What is known below the country.
    pub region: Region<'a>,
}

/// A part of a country, as well as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region<'a> {
    /// A province with a code.
    Province(ProvinceCode),
    /// State, county or prefecture as the buyer wrote it.
    Named(&'a str),
    /// Not known, or the country has none.
    Unknown,
}

/// Which destinations a rate or a transit time is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionPattern {
    /// The country; none: anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The parts of it; none: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<RegionSet>,
}

/// Parts of a country.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionSet {
    /// Provinces by code.
    Provinces(BTreeSet<ProvinceCode>),
    /// Regions by name; letter case does not matter.
    Names(BTreeSet<String>),
}

impl RegionPattern {
    /// All of one country.
    pub const fn country(country: Country) -> Self {
        Self { country: Some(country), only: None }
    }

    /// Some provinces of China.
    pub fn provinces(provinces: impl IntoIterator<Item = ProvinceCode>) -> Self {
        let only = Some(RegionSet::Provinces(provinces.into_iter().collect()));
        Self { country: Some(Country::CHINA), only }
    }

    /// Whether a destination belongs to it. A region that is not known belongs to no part.
    pub fn matches(&self, destination: Destination<'_>) -> bool {
        if self.country.is_some_and(|country| country != destination.country) {
            return false;
        }
        match (&self.only, destination.region) {
            (None, _) => true,
            (Some(RegionSet::Provinces(set)), Region::Province(province)) => {
                set.contains(&province)
            }
            (Some(RegionSet::Names(names)), Region::Named(region)) => {
                names.iter().any(|name| same_name(name, region))
            }
            (Some(_), _) => false,
        }
    }
}

fn same_name(a: &str, b: &str) -> bool {
    let letters = |text| str::chars(text).flat_map(char::to_lowercase);
    letters(a.trim()).eq(letters(b.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_belongs_to_the_pattern_of_its_province() {
        let guangdong = RegionPattern::provinces([ProvinceCode::of(440_000).unwrap()]);
        let to = |region| Destination { country: Country::CHINA, region };
        assert!(guangdong.matches(to(Region::Province(ProvinceCode::of(441_302).unwrap()))));
        assert!(!guangdong.matches(to(Region::Province(ProvinceCode::of(540_102).unwrap()))));
        assert!(!guangdong.matches(to(Region::Unknown)));
        assert!(RegionPattern::country(Country::CHINA).matches(to(Region::Unknown)));
        assert_eq!(ProvinceCode::of(44), Err(InvalidProvince));
    }

    #[test]
    fn names_of_regions_match_in_any_letter_case() {
        let names = BTreeSet::from(["Île-de-France".to_owned()]);
        let pattern =
            RegionPattern { country: "FR".parse().ok(), only: Some(RegionSet::Names(names)) };
        let to = |country: &str, name| Destination {
            country: country.parse().unwrap(),
            region: Region::Named(name),
        };
        assert!(pattern.matches(to("FR", " ÎLE-DE-FRANCE")));
        assert!(!pattern.matches(to("FR", "Bretagne")));
        assert!(!pattern.matches(to("BE", "Île-de-France")));
        assert!(RegionPattern::default().matches(to("BE", "Namur")), "anywhere");
    }

    #[test]
    fn patterns_are_stored_as_readable_json() {
        let pattern = RegionPattern::provinces([ProvinceCode::of(440_000).unwrap()]);
        let json = serde_json::to_string(&pattern).unwrap();
        assert_eq!(json, r#"{"country":"CN","only":{"provinces":[440000]}}"#);
        assert_eq!(serde_json::from_str::<RegionPattern>(&json).unwrap(), pattern);
        assert!(serde_json::from_str::<RegionPattern>(r#"{"country":"XX"}"#).is_err());
    }
}
