//! The administrative divisions of China: provinces, their cities, and the districts of those.
//!
//! The table is embedded and read once, on first use. It differs from the official list where the
//! official list has levels nobody writes on a parcel: a municipality such as Shanghai is one city
//! (not "市辖区"), and a county-level city directly under its province, such as 济源市, is a city
//! without districts.
//!
//! Start at [`provinces`].

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// A code of GB/T 2260: two digits each for province, city and district.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DivisionCode(u32);

impl DivisionCode {
    /// The number, such as 330106.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// A division as part of an address. Outside mainland China most have a name only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Division {
    /// Its code, if the table has one.
    pub code: Option<DivisionCode>,
    /// Its full name.
    pub name: String,
}

impl std::fmt::Debug for Division {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// A province, autonomous region, municipality or special administrative region.
#[derive(Debug)]
pub struct Province {
    /// Its code.
    pub code: DivisionCode,
    /// Its full name, such as 广西壮族自治区.
    pub name: &'static str,
    /// The part of its ISO 3166-2 code after `CN-`, such as `GX`.
    pub iso: &'static str,
    /// Its names in Latin script.
    pub latin_names: Vec<&'static str>,
    /// Its cities. A municipality has exactly one, of its own name.
    pub cities: Vec<City>,
}

/// A prefecture-level city, prefecture, league or autonomous prefecture, or what stands in its place.
#[derive(Debug)]
pub struct City {
    /// Its code; none in Hong Kong, Macao and Taiwan.
    pub code: Option<DivisionCode>,
    /// Its full name.
    pub name: &'static str,
    /// Its districts, counties and county-level cities; a few cities have none.
    pub districts: Vec<District>,
    /// Districts of old addresses, and where they belong now.
    pub merged: Vec<(&'static str, Vec<&'static str>)>,
}

/// A district, county, banner or county-level city.
#[derive(Debug)]
pub struct District {
    /// Its code; none in Hong Kong, Macao and Taiwan.
    pub code: Option<DivisionCode>,
    /// Its full name.
    pub name: &'static str,
}

impl Province {
    /// Whether it is a municipality: 北京, 天津, 上海, 重庆.
    pub fn is_municipality(&self) -> bool {
        matches!(self.code.0, 110_000 | 120_000 | 310_000 | 500_000)
    }

    /// What people call it: 广西.
    pub fn short_name(&self) -> &'static str {
        stem(self.name)
    }

    /// Whether the text is one of its names: full, short, Latin or ISO 3166-2. The text is folded.
    pub(super) fn is_called(&self, folded: &str) -> bool {
        let latin = |name: &&str| super::text::fold(name) == latin_stem(folded);
        if folded.is_ascii() {
            folded.strip_prefix("CN-").unwrap_or(folded) == self.iso
                || self.latin_names.iter().any(latin)
        } else {
            Match::of(self.name, folded).is_some()
        }
    }

    /// The division for an address.
    pub fn division(&self) -> Division {
        Division { code: Some(self.code), name: self.name.to_owned() }
    }
}

impl City {
    /// The division for an address.
    pub fn division(&self) -> Division {
        Division { code: self.code, name: self.name.to_owned() }
    }
}

impl District {
    /// The division for an address.
    pub fn division(&self) -> Division {
        Division { code: self.code, name: self.name.to_owned() }
    }
}

/// How well a text names a division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// Without its suffix, or with that of another rank: 西湖 or 西湖县 for 西湖区.
    Short,
    /// To the letter.
    Full,
}

impl Match {
    /// Compares a name with a folded text.
    pub(super) fn of(name: &str, folded: &str) -> Option<Self> {
        if name == folded {
            return Some(Self::Full);
        }
        // Both stems begin like their names, so nearly every pair is told apart by its first character.
        if name.chars().next() != folded.chars().next() {
            return None;
        }
        let short = stem(name);
        (short == stem(folded) && name != short).then_some(Self::Short)
    }
}

/// The provinces by code, Taiwan, Hong Kong and Macao last.
pub fn provinces() -> &'static [Province] {
    static TABLE: OnceLock<Vec<Province>> = OnceLock::new();
    TABLE.get_or_init(|| read(include_str!("../../data/divisions-cn.txt")))
}

/// The province that people call this, in full or in short.
pub fn find_province(name: &str) -> Option<&'static Province> {
    let folded = super::text::fold(name);
    provinces().iter().find(|province| !folded.is_empty() && province.is_called(&folded))
}

/// The province of a region such as `CN-31`.
pub fn province_of(region: &str) -> Option<&'static Province> {
    let digits: u32 = region.strip_prefix("CN-")?.parse().ok()?;
    provinces().iter().find(|province| province.code.0 / 10_000 == digits)
}

/// The short form of a division's name: 广西 of 广西壮族自治区, 浦东 of 浦东新区.
///
/// A name that would be left with a single character stays whole.
pub(super) fn stem(name: &str) -> &str {
    const SUFFIXES: [&str; 15] = [
        "特别行政区",
        "自治区",
        "自治州",
        "自治县",
        "自治旗",
        "地区",
        "林区",
        "新区",
        "省",
        "市",
        "区",
        "县",
        "旗",
        "盟",
        "州",
    ];
    const PEOPLES: [&str; 52] = [
        "维吾尔族",
        "维吾尔",
        "柯尔克孜族",
        "柯尔克孜",
        "哈萨克族",
        "哈萨克",
        "蒙古族",
        "蒙古",
        "回族",
        "藏族",
        "苗族",
        "彝族",
        "壮族",
        "布依族",
        "朝鲜族",
        "满族",
        "侗族",
        "瑶族",
        "白族",
        "土家族",
        "哈尼族",
        "傣族",
        "黎族",
        "傈僳族",
        "佤族",
        "畲族",
        "拉祜族",
        "水族",
        "东乡族",
        "纳西族",
        "景颇族",
        "土族",
        "达斡尔族",
        "仫佬族",
        "羌族",
        "布朗族",
        "撒拉族",
        "毛南族",
        "仡佬族",
        "锡伯",
        "普米族",
        "塔吉克",
        "怒族",
        "鄂温克族",
        "保安族",
        "裕固族",
        "独龙族",
        "鄂伦春",
        "各族",
        "门巴族",
        "珞巴族",
        "阿昌族",
    ];
    let cut = |name: &'_ str, suffix: &str| -> Option<usize> {
        let rest = name.strip_suffix(suffix)?;
        (rest.chars().nth(1).is_some()).then_some(rest.len())
    };
    let mut short = name;
    if let Some((suffix, end)) =
        SUFFIXES.iter().find_map(|&suffix| Some((suffix, cut(name, suffix)?)))
    {
        short = name.get(..end).unwrap_or(name);
        if suffix.starts_with("自治") {
            while let Some(end) = PEOPLES.iter().find_map(|people| cut(short, people)) {
                short = short.get(..end).unwrap_or(short);
            }
        }
    }
    short
}

/// `GUANGDONG` of `GUANGDONGPROVINCE`, `GUANGDONGSHENG` and the like.
fn latin_stem(folded: &str) -> &str {
    ["PROVINCE", "SHENG", "AUTONOMOUSREGION", "MUNICIPALITY", "SHI", "CITY", "SAR"]
        .iter()
        .find_map(|suffix| folded.strip_suffix(suffix).filter(|rest| rest.len() > 4))
        .unwrap_or(folded)
}

/// Reads the table. A line that does not parse is left out, which the tests would notice.
fn read(table: &'static str) -> Vec<Province> {
    let mut provinces: Vec<Province> = Vec::with_capacity(34);
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        if let Some(merged) = line.strip_prefix("- ") {
            read_merged(&mut provinces, merged);
        } else if let Some((head, districts)) = line.split_once(':') {
            read_city(&mut provinces, head, districts);
        } else {
            let mut parts = line.splitn(4, ' ');
            let fields = (parts.next(), parts.next(), parts.next(), parts.next());
            if let (Some(code), Some(name), Some(iso), Some(latin)) = fields
                && let Ok(code) = code.parse::<u32>()
            {
                let latin_names = latin.split('|').collect();
                let code = DivisionCode(code * 10_000);
                provinces.push(Province { code, name, iso, latin_names, cities: Vec::new() });
            }
        }
    }
    provinces
}

fn read_city(provinces: &mut [Province], head: &'static str, districts: &'static str) {
    let Some(province) = provinces.last_mut() else { return };
    let Some((prefix, name)) = head.split_once(' ') else { return };
    let Ok(prefix) = prefix.parse::<u32>() else { return };
    let has_codes = province.code.0 < 710_000;
    let code = |last: u32| has_codes.then_some(DivisionCode(prefix * 100 + last));
    let districts = districts.split_whitespace().filter_map(|entry| {
        let (last, name) = entry.split_at_checked(2)?;
        Some(District { code: code(last.parse().ok()?), name })
    });
    if name.ends_with("直辖县级行政区划") {
        let city = |d: District| City {
            code: d.code,
            name: d.name,
            districts: Vec::new(),
            merged: Vec::new(),
        };
        province.cities.extend(districts.map(city));
    } else if province.is_municipality() {
        // Chongqing has two official "cities", its districts and its counties; on a parcel they are one.
        match province.cities.last_mut() {
            Some(city) => city.districts.extend(districts),
            None => province.cities.push(City {
                code: code(0),
                name: province.name,
                districts: districts.collect(),
                merged: Vec::new(),
            }),
        }
    } else {
        let districts = districts.collect();
        province.cities.push(City { code: code(0), name, districts, merged: Vec::new() });
    }
}

fn read_merged(provinces: &mut [Province], line: &'static str) {
    let Some((old, new)) = line.split_once(" = ") else { return };
    let Some((code, old)) = old.split_once(' ') else { return };
    let Ok(code) = code.parse::<u32>() else { return };
    let mut cities = provinces.iter_mut().flat_map(|province| &mut province.cities);
    if let Some(city) = cities.find(|city| city.code == Some(DivisionCode(code * 100))) {
        city.merged.push((old, new.split(' ').collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_all_divisions() {
        let all = provinces();
        let cities = || all.iter().flat_map(|province| &province.cities);
        assert_eq!(all.len(), 34);
        assert!(all.iter().all(|province| !province.cities.is_empty()));
        let merged = cities().map(|city| city.merged.len()).sum::<usize>();
        assert_eq!(merged, 22);
        for (_, new) in cities().flat_map(|city| &city.merged) {
            for name in new {
                assert!(
                    cities().any(|city| city.districts.iter().any(|d| d.name == *name)),
                    "{name}"
                );
            }
        }
        let mainland =
            cities().flat_map(|city| &city.districts).filter(|d| d.code.is_some()).count();
        let without_districts = cities().filter(|city| city.districts.is_empty()).count();
        // Four cities of prefecture rank have no districts; the others stand directly under a province.
        assert_eq!(mainland + without_districts, 2978);
    }

    #[test]
    fn codes_are_unique_and_lie_inside_their_province() {
        let mut codes = std::collections::BTreeSet::new();
        for province in provinces() {
            for city in &province.cities {
                for code in city.districts.iter().filter_map(|district| district.code) {
                    assert_eq!(code.get() / 10_000, province.code.get() / 10_000);
                    assert!(codes.insert(code), "{code}");
                }
            }
        }
    }

    #[test]
    fn short_names_lose_rank_and_people() {
        for (name, short) in [
            ("广西壮族自治区", "广西"),
            ("内蒙古自治区", "内蒙古"),
            ("新疆维吾尔自治区", "新疆"),
            ("香港特别行政区", "香港"),
            ("黔西南布依族苗族自治州", "黔西南"),
            ("克孜勒苏柯尔克孜自治州", "克孜勒苏"),
            ("阿拉善盟", "阿拉善"),
            ("浦东新区", "浦东"),
            ("神农架林区", "神农架"),
            ("东乡族自治县", "东乡族"),
            ("鄂伦春自治旗", "鄂伦春"),
            ("东区", "东区"),
            ("城区", "城区"),
        ] {
            assert_eq!(stem(name), short, "{name}");
        }
    }

    #[test]
    fn provinces_go_by_many_names() {
        let guangxi = provinces().iter().find(|province| province.iso == "GX").unwrap();
        for name in ["广西壮族自治区", "广西", "广西省", "GX", "CN-GX", "GUANGXI"] {
            assert!(guangxi.is_called(name), "{name}");
        }
        assert!(!guangxi.is_called("广东"));
        assert_eq!(provinces().iter().filter(|province| province.is_called("海南")).count(), 1);
    }
}
