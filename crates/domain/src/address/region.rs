//! Finding the divisions that three texts name, and saying which text is wrong if they name none.
//!
//! Channels disagree about levels: some send `市辖区` as the city, some leave it out, some send a
//! county-level city such as 昆山市 as the city, some a street office as the district. All of that is
//! accepted where it has one meaning. Start at [`resolve`].

use super::{
    Country, Division, Expected, Field, FieldProblem, ProblemCode,
    division::{City, District, Match, Province, provinces},
    text,
};

/// Where an address in China lies.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) country: Country,
    pub(super) province: &'static Province,
    pub(super) city: Option<&'static City>,
    pub(super) district: Option<Division>,
    /// A town or street office that was sent as the district; it belongs in front of the street.
    pub(super) town: Option<String>,
}

/// City and below, as far as known.
#[derive(Default)]
struct Below {
    city: Option<&'static City>,
    district: Option<Division>,
    town: Option<String>,
}

/// Finds the divisions that province, city and district name.
pub(super) fn resolve(country: Country, given: [&str; 3]) -> Result<Region, FieldProblem> {
    let [mut first, mut city, mut district] = given.map(text::fold);
    let province = match province_of(country) {
        Some(province) => {
            // Taiwan and Hong Kong write their cities and areas where others write the province.
            if !first.is_empty() && !province.is_called(&first) {
                if city.is_empty() || province.is_called(&city) {
                    city = first;
                } else {
                    (city, district, first) = (first, city, district);
                    if !first.is_empty() {
                        return Err(unknown(Field::District, province, &first, &[]));
                    }
                }
            }
            province
        }
        None => find_province(&first, &city, &district)?,
    };
    if !province.cities.iter().any(|c| c.name == city) && province.is_called(&city) {
        // 海南 / 海南 and 台湾 / 台湾: the province again.
        city.clear();
    }
    let below = locate(province, &city, &district)?;
    let country = match province.iso {
        "TW" => Country::TAIWAN,
        "HK" => Country::HONG_KONG,
        "MO" => Country::MACAO,
        _ => Country::CHINA,
    };
    let Below { city, district, town } = below;
    Ok(Region { country, province, city, district, town })
}

/// The province that a territory with its own country code is.
pub(super) fn province_of(country: Country) -> Option<&'static Province> {
    provinces().iter().find(|province| country != Country::CHINA && province.iso == country.code())
}

fn find_province(
    text: &str,
    city: &str,
    district: &str,
) -> Result<&'static Province, FieldProblem> {
    if text.is_empty() {
        return inferred_province(city, district).ok_or_else(|| {
            let expected = Expected::OneOf(provinces().iter().map(|p| p.name.to_owned()).collect());
            FieldProblem::new(Field::Province, ProblemCode::Required, expected)
        });
    }
    let full = || provinces().iter().find(|province| province.name == text);
    let called = || provinces().iter().find(|province| province.is_called(text));
    full().or_else(called).ok_or_else(|| {
        let places = places_called(text, None);
        let names: Vec<String> = if places.is_empty() {
            similar(text, provinces().iter().map(|province| province.name))
        } else {
            places.iter().map(|place| place.province.name.to_owned()).collect()
        };
        FieldProblem::new(Field::Province, ProblemCode::Unknown, one_of(names))
    })
}

/// The only province that has such a city, or such a district in a city of that name.
fn inferred_province(city: &str, district: &str) -> Option<&'static Province> {
    let called = |province: &&Province| {
        !city.is_empty()
            && (province.is_called(city) && province.cities.len() == 1
                || province.cities.iter().any(|c| Match::of(c.name, city).is_some()))
    };
    let holds = |province: &&Province| {
        district.is_empty() || province.cities.iter().any(|c| !named(c, district).is_empty())
    };
    only(provinces().iter().filter(called))
        .or_else(|| only(provinces().iter().filter(called).filter(holds)))
        .or_else(|| {
            let text = if city.is_empty() { district } else { city };
            let full = |c: &City| c.districts.iter().any(|d| d.name == text);
            only(provinces().iter().filter(|province| province.cities.iter().any(full)))
        })
}

fn locate(province: &'static Province, city: &str, district: &str) -> Result<Below, FieldProblem> {
    if let Some(city) = best(&province.cities, |c| c.name, city).map_err(|names| {
        FieldProblem::new(Field::City, ProblemCode::Ambiguous, Expected::OneOf(names))
    })? {
        return below(province, city, district);
    }
    if province.cities.len() == 1
        && (is_placeholder(city) || province.is_called(city))
        && let Some(city) = province.cities.first()
    {
        return below(province, city, district);
    }
    if is_placeholder(city) {
        return without_city(province, district);
    }
    // A county-level city, or a district, where the city belongs.
    let holders: Vec<(&City, &District)> = province
        .cities
        .iter()
        .flat_map(|c| c.districts.iter().map(move |d| (c, d)))
        .filter(|(_, d)| d.name == city)
        .collect();
    if let [(holder, found)] = holders[..] {
        if district.is_empty() || Match::of(found.name, district).is_some() {
            let district = Some(found.division());
            return Ok(Below { city: Some(holder), district, town: None });
        }
        if is_town(district) || province.is_municipality() && named(holder, district).is_empty() {
            let (district, town) = (Some(found.division()), Some(district.to_owned()));
            return Ok(Below { city: Some(holder), district, town });
        }
    }
    let cities: Vec<&str> = province.cities.iter().map(|c| c.name).collect();
    Err(unknown(Field::City, province, city, &cities))
}

/// The city that the district alone tells.
fn without_city(province: &'static Province, district: &str) -> Result<Below, FieldProblem> {
    let required = || {
        let names = province.cities.iter().map(|c| c.name.to_owned()).collect();
        FieldProblem::new(Field::City, ProblemCode::Required, Expected::OneOf(names))
    };
    if is_placeholder(district) {
        return if province.iso == "MO" { Ok(Below::default()) } else { Err(required()) };
    }
    let stands_alone = |c: &&City| c.districts.is_empty() && Match::of(c.name, district).is_some();
    if let Some(city) = only(province.cities.iter().filter(stands_alone)) {
        return Ok(Below { city: Some(city), ..Below::default() });
    }
    let full = |c: &&City| c.districts.iter().any(|d| d.name == district);
    let short = |c: &&City| !named(c, district).is_empty();
    match only(province.cities.iter().filter(full))
        .or_else(|| only(province.cities.iter().filter(short)))
    {
        Some(city) => below(province, city, district),
        None => Err(required()),
    }
}

/// The district inside a known city.
fn below(
    province: &'static Province,
    city: &'static City,
    text: &str,
) -> Result<Below, FieldProblem> {
    let here = |district, town| Ok(Below { city: Some(city), district, town });
    let names = || city.districts.iter().map(|d| d.name).collect::<Vec<_>>();
    if city.districts.is_empty() {
        return if is_placeholder(text) || Match::of(city.name, text).is_some() {
            here(None, None)
        } else if is_town(text) && places_called(text, None).is_empty() {
            here(Some(Division { code: None, name: text.to_owned() }), None)
        } else {
            Err(unknown(Field::District, province, text, &[]))
        };
    }
    if let Some(district) = best(&city.districts, |d| d.name, text).map_err(|names| {
        FieldProblem::new(Field::District, ProblemCode::Ambiguous, Expected::OneOf(names))
    })? {
        return here(Some(district.division()), None);
    }
    if is_placeholder(text) || text == city.name && province.is_municipality() {
        // In Hong Kong the area is enough for a parcel, in Macao nothing is needed.
        return if matches!(province.iso, "HK" | "MO") {
            here(None, None)
        } else {
            let names = names().into_iter().map(str::to_owned).collect();
            let expected = Expected::OneOf(names);
            Err(FieldProblem::new(Field::District, ProblemCode::Required, expected))
        };
    }
    if let Some((_, new)) = city.merged.iter().find(|(old, _)| Match::of(old, text).is_some()) {
        let expected = Expected::OneOf(new.iter().map(|&name| name.to_owned()).collect());
        return Err(FieldProblem::new(Field::District, ProblemCode::Merged, expected));
    }
    Err(unknown(Field::District, province, text, &names()))
}

/// The entries that the text names best: to the letter if any, else by short name.
///
/// Several by short name are an error that lists them.
fn best<T>(
    entries: &'static [T],
    name: impl Fn(&T) -> &'static str,
    text: &str,
) -> Result<Option<&'static T>, Vec<String>> {
    if let Some(full) = entries.iter().find(|entry| name(entry) == text) {
        return Ok(Some(full));
    }
    let short: Vec<&T> =
        entries.iter().filter(|entry| Match::of(name(entry), text).is_some()).collect();
    match short[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(short.iter().map(|entry| name(entry).to_owned()).collect()),
    }
}

fn named<'a>(city: &'a City, text: &str) -> Vec<&'a District> {
    city.districts.iter().filter(|d| Match::of(d.name, text).is_some()).collect()
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Texts that stand for "no such level", from the official list and from forms.
fn is_placeholder(text: &str) -> bool {
    matches!(
        text,
        "" | "市辖区"
            | "县"
            | "市区"
            | "其他"
            | "其它"
            | "其他区"
            | "其它区"
            | "省直辖县级行政区划"
            | "自治区直辖县级行政区划"
            | "省直辖县"
            | "省直辖"
            | "直辖县级"
            | "省直辖行政单位"
            | "-"
            | "无"
    )
}

/// Whether a text looks like a level below districts.
fn is_town(text: &str) -> bool {
    text.chars().count() >= 2
        && ["镇", "乡", "街道", "街道办事处", "区", "园", "园区", "团", "管委会"]
            .iter()
            .any(|suffix| text.ends_with(suffix))
}

/// A place somewhere in China, with the levels above it.
struct Place {
    province: &'static Province,
    path: String,
}

/// Cities and districts of that very name, those of the province first. By short name if none.
fn places_called(text: &str, near: Option<&Province>) -> Vec<Place> {
    let search = |least: Match| {
        let mut places = Vec::new();
        for province in provinces() {
            for city in &province.cities {
                let above = if city.name == province.name {
                    String::new()
                } else {
                    province.name.to_owned()
                };
                let path = format!("{above}{}", city.name);
                for district in &city.districts {
                    if Match::of(district.name, text).is_some_and(|found| found >= least) {
                        places.push(Place { province, path: format!("{path}{}", district.name) });
                    }
                }
                if Match::of(city.name, text).is_some_and(|found| found >= least) {
                    places.push(Place { province, path });
                }
            }
        }
        places
    };
    let mut places = search(Match::Full);
    if places.is_empty() {
        places = search(Match::Short);
    }
    places.sort_by_key(|place| near.is_none_or(|near| near.code != place.province.code));
    places.truncate(SUGGESTIONS_MAX);
    places
}

const SUGGESTIONS_MAX: usize = 5;

/// A text that names nothing at its place: it lies elsewhere, or nowhere.
fn unknown(field: Field, near: &Province, text: &str, names: &[&'static str]) -> FieldProblem {
    let places = places_called(text, Some(near));
    if places.is_empty() {
        let expected = one_of(similar(text, names.iter().copied()));
        return FieldProblem::new(field, ProblemCode::Unknown, expected);
    }
    let paths = places.into_iter().map(|place| place.path).collect();
    FieldProblem::new(field, ProblemCode::Mismatch, Expected::OneOf(paths))
}

/// The names that share most characters with the text; all of them if none shares any.
fn similar(text: &str, names: impl Iterator<Item = &'static str>) -> Vec<String> {
    let all: Vec<&str> = names.collect();
    let shared =
        |name: &str| super::division::stem(name).chars().filter(|&c| text.contains(c)).count();
    let mut alike: Vec<&str> = all.iter().copied().filter(|name| shared(name) > 0).collect();
    alike.sort_by_key(|name| std::cmp::Reverse(shared(name)));
    alike.truncate(SUGGESTIONS_MAX);
    let chosen = if alike.is_empty() { all } else { alike };
    chosen.into_iter().map(str::to_owned).collect()
}

fn one_of(mut names: Vec<String>) -> Expected {
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Expected::OneOf(names)
}
