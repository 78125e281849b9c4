//! Countries and territories of ISO 3166-1, and what an address there must have.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::problem::Field;

/// A country or territory of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "&'static str")]
pub struct Country(&'static str);

/// A text that is neither a code nor a known name of a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 3166 country code or a known country name")]
pub struct UnknownCountry;

/// One line of the embedded table.
struct Entry {
    alpha2: &'static str,
    alpha3: &'static str,
    required: &'static str,
    postal: &'static str,
    english: &'static str,
    chinese: &'static str,
}

impl Country {
    /// China, mainland.
    pub const CHINA: Self = Self("CN");
    /// Hong Kong.
    pub const HONG_KONG: Self = Self("HK");
    /// Macao.
    pub const MACAO: Self = Self("MO");
    /// Taiwan.
    pub const TAIWAN: Self = Self("TW");

    /// Reads a code of two or three letters or a name in English or Chinese, in any case.
    pub fn parse(text: &str) -> Result<Self, UnknownCountry> {
        // Most channels and everything that is stored send the code of two letters.
        if let Ok(at) = table().binary_search_by(|entry| entry.alpha2.cmp(text)) {
            return Ok(Self(table()[at].alpha2));
        }
        names().get(&super::text::fold(text)).copied().ok_or(UnknownCountry)
    }

    /// All of them, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        table().iter().map(|entry| Self(entry.alpha2))
    }

    /// The code of two letters.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// The code of three letters.
    pub fn alpha3(self) -> &'static str {
        self.entry().alpha3
    }

    /// The English name.
    pub fn english_name(self) -> &'static str {
        self.entry().english
    }

    /// The Chinese name.
    pub fn chinese_name(self) -> &'static str {
        self.entry().chinese
    }

    /// Whether its divisions are in the table of Chinese divisions.
    pub fn has_chinese_divisions(self) -> bool {
        [Self::CHINA, Self::HONG_KONG, Self::MACAO, Self::TAIWAN].contains(&self)
    }

    /// Whether an address there is incomplete without the field.
    pub fn requires(self, field: Field) -> bool {
        let letter = match field {
            Field::Street => 'A',
            Field::City => 'C',
            Field::Province => 'S',
            Field::District => 'D',
            Field::PostalCode => 'Z',
            Field::Name | Field::Phone | Field::Country => return true,
        };
        self.entry().required.contains(letter)
    }

    /// How postal codes look there: `9` a digit, `A` a letter, alternatives between bars.
    ///
    /// Nothing for a place that has none.
    pub fn postal_pattern(self) -> Option<&'static str> {
        Some(self.entry().postal).filter(|&pattern| pattern != "-")
    }

    fn entry(self) -> &'static Entry {
        let table = table();
        let at = table.partition_point(|entry| entry.alpha2 < self.0);
        table.get(at).expect("a country is only made from the table")
    }
}

impl std::str::FromStr for Country {
    type Err = UnknownCountry;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

// Derived, the code would have to be borrowed from the input.
impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(input)?).map_err(serde::de::Error::custom)
    }
}

impl From<Country> for &'static str {
    fn from(country: Country) -> Self {
        country.0
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

fn table() -> &'static [Entry] {
    static TABLE: OnceLock<Vec<Entry>> = OnceLock::new();
    TABLE.get_or_init(|| {
        include_str!("../../data/countries.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut parts = line.split(';');
                Some(Entry {
                    alpha2: parts.next()?,
                    alpha3: parts.next()?,
                    required: parts.next()?,
                    postal: parts.next()?,
                    english: parts.next()?,
                    chinese: parts.next()?,
                })
            })
            .collect()
    })
}

/// What each country is called, folded: its codes, its names, and what else people write.
fn names() -> &'static HashMap<String, Country> {
    const ALSO: [(&str, &[&str]); 11] = [
        ("CN", &["中国大陆", "中华人民共和国", "大陆", "MAINLANDCHINA", "PRC"]),
        ("HK", &["香港", "香港特别行政区", "HONGKONGSAR"]),
        ("MO", &["澳门", "澳门特别行政区", "MACAU"]),
        ("TW", &["台湾", "台湾省", "台湾地区"]),
        ("GB", &["UK", "ENGLAND", "GREATBRITAIN"]),
        ("US", &["UNITEDSTATESOFAMERICA", "U.S.", "U.S.A."]),
        ("KR", &["KOREA", "REPUBLICOFKOREA"]),
        ("RU", &["RUSSIANFEDERATION"]),
        ("CZ", &["CZECHREPUBLIC"]),
        ("TR", &["TURKEY"]),
        ("AE", &["UAE", "阿联酋"]),
    ];
    static NAMES: OnceLock<HashMap<String, Country>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = HashMap::new();
        for (code, also) in ALSO {
            also.iter().for_each(|name| {
                names.insert((*name).to_owned(), Country(code));
            });
        }
        for entry in table() {
            for name in [entry.alpha2, entry.alpha3, entry.chinese, entry.english] {
                names.entry(super::text::fold(name)).or_insert(Country(entry.alpha2));
            }
        }
        names
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_country_once_and_in_order() {
        let codes: Vec<_> = Country::all().map(Country::code).collect();
        assert_eq!(codes.len(), 249);
        assert!(codes.is_sorted_by(|a, b| a < b));
        for country in Country::all() {
            assert!(!country.english_name().is_empty() && !country.chinese_name().is_empty());
            assert!(country.requires(Field::Street), "{country} without a street");
            for name in [country.alpha3(), country.english_name(), country.chinese_name()] {
                assert_eq!(Country::parse(name), Ok(country), "{name}");
            }
        }
    }

    #[test]
    fn a_country_goes_by_its_codes_and_names() {
        for text in ["CN", "cn", "CHN", "China", "中国", "中國", "中国大陆"] {
            assert_eq!(Country::parse(text), Ok(Country::CHINA), "{text}");
        }
        assert_eq!(Country::parse("United States").map(Country::code), Ok("US"));
        assert_eq!(Country::parse("台灣"), Ok(Country::TAIWAN));
        assert_eq!(Country::parse("Atlantis"), Err(UnknownCountry));
        assert_eq!(Country::parse(""), Err(UnknownCountry));
    }
}
