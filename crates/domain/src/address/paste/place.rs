//! Finding where in a text a region stands, and which.
//!
//! At every position the longest chain of province, city and district is tried; levels may be short,
//! missing or repeated. The most telling chain of the text wins, the first one among equals.

use std::{collections::HashMap, sync::OnceLock};

use crate::address::{
    Division,
    division::{City, District, Province, provinces, stem},
};

/// A region found in a text, by character positions.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether each level was given in full or the chain began with its province.
    pub(super) is_written_out: bool,
    score: usize,
    province: &'static Province,
    city: Option<&'static City>,
    district: Option<&'static District>,
}

impl Place {
    pub(super) fn divisions(&self) -> (Option<Division>, Option<Division>, Option<Division>) {
        let city = self.city.map(City::division);
        (Some(self.province.division()), city, self.district.map(District::division))
    }

    /// Whether the finest level that exists there is known.
    pub(super) fn has_district(&self) -> bool {
        self.district.is_some() || self.city.is_some_and(|city| city.districts.is_empty())
    }
}

/// The most telling region of a folded text.
pub(super) fn find(folded: &[char]) -> Option<Place> {
    let mut best: Option<Place> = None;
    for start in 0..folded.len() {
        let found = at(folded, start);
        if let Some(found) = found
            && best.is_none_or(|best| found.score > best.score)
        {
            best = Some(found);
        }
    }
    best
}

/// The region that begins at a position.
pub(super) fn at(folded: &[char], start: usize) -> Option<Place> {
    let here = folded.get(start..)?;
    let mut best: Option<Place> = None;
    let mut propose = |place: Place| {
        let key = |place: &Place| (place.score, place.end);
        if best.is_none_or(|best| key(&place) > key(&best)) {
            best = Some(place);
        }
    };
    for entry in beginning_with(*here.first()?) {
        match *entry {
            Entry::Province(province) => {
                let named = length(province.name, here);
                if named == 0 {
                    continue;
                }
                let end = start + named;
                below_province(folded, start, skip(folded, end), province, &mut propose);
                // A short province alone is as likely a name or a shop.
                if named == province.name.chars().count() {
                    let (city, district) = (None, None);
                    let (is_written_out, score) = (true, 20);
                    propose(Place { start, end, is_written_out, score, province, city, district });
                }
            }
            Entry::City(province, city) => {
                let named = length(city.name, here);
                if named == 0 {
                    continue;
                }
                let end = start + named;
                let is_full = named == city.name.chars().count();
                let base = if is_full { 30 } else { 10 };
                let levels = (province, city);
                below_city(folded, start, skip(folded, end), levels, base, is_full, &mut propose);
                if is_full {
                    let (city, district) = (Some(city), None);
                    let (is_written_out, score) = (false, 25);
                    propose(Place { start, end, is_written_out, score, province, city, district });
                }
            }
            Entry::UniqueDistrict(province, city, district) => {
                // Alone, a district must be written out.
                let named = length(district.name, here);
                if named == district.name.chars().count() {
                    let (end, score, is_written_out) = (start + named, 28, false);
                    let (city, district) = (Some(city), Some(district));
                    propose(Place { start, end, is_written_out, score, province, city, district });
                }
            }
        }
    }
    best
}

fn below_province(
    folded: &[char],
    start: usize,
    at: usize,
    province: &'static Province,
    propose: &mut impl FnMut(Place),
) {
    let at = skip_levels(folded, at);
    let Some(here) = folded.get(at..) else { return };
    for city in &province.cities {
        let named = length(city.name, here);
        if named > 0 {
            let end = at + named;
            let is_full = named == city.name.chars().count();
            let score = if is_full { 45 } else { 40 };
            propose(Place {
                start,
                end,
                is_written_out: true,
                score,
                province,
                city: Some(city),
                district: None,
            });
            let after = skip_levels(folded, skip(folded, end));
            below_city(folded, start, after, (province, city), score, true, propose);
        }
        let skipped_city = province.cities.len() == 1;
        for district in &city.districts {
            let named = length(district.name, here);
            let is_full = named == district.name.chars().count();
            if named > 0 && (is_full || skipped_city) {
                let (end, city, district) = (at + named, Some(city), Some(district));
                let score = if skipped_city { 60 } else { 50 };
                propose(Place {
                    start,
                    end,
                    is_written_out: is_full,
                    score,
                    province,
                    city,
                    district,
                });
            }
        }
    }
}

fn below_city(
    folded: &[char],
    start: usize,
    at: usize,
    (province, city): (&'static Province, &'static City),
    base: usize,
    is_written_out: bool,
    propose: &mut impl FnMut(Place),
) {
    let Some(here) = folded.get(at..) else { return };
    if city.districts.is_empty() {
        // 济源市 and 东莞市 are written twice where a form asks for a district.
        let end = match length(city.name, here) {
            full if full == city.name.chars().count() => at + full,
            _ => return,
        };
        propose(Place {
            start,
            end,
            is_written_out,
            score: base + 20,
            province,
            city: Some(city),
            district: None,
        });
        return;
    }
    // 北京市北京市朝阳区: the city again.
    let again = length(city.name, here);
    let repeated = if again == city.name.chars().count() { again } else { 0 };
    for at in [at, skip_levels(folded, skip(folded, at + repeated))] {
        let Some(here) = folded.get(at..) else { continue };
        for district in &city.districts {
            let named = length(district.name, here);
            if named > 0 {
                let is_full = named == district.name.chars().count();
                let score = base + if is_full { 30 } else { 22 };
                let end = at + named;
                let (city, district) = (Some(city), Some(district));
                let is_written_out = is_written_out && is_full;
                propose(Place { start, end, is_written_out, score, province, city, district });
            }
        }
    }
}

/// How many characters at the front name the division: in full, or short with any rank behind.
fn length(name: &'static str, here: &[char]) -> usize {
    let starts = |text: &str| {
        let count = text.chars().count();
        (here.len() >= count && text.chars().zip(here).all(|(a, &b)| a == b)).then_some(count)
    };
    if name.chars().next() != here.first().copied() {
        return 0;
    }
    if let Some(full) = starts(name) {
        return full;
    }
    let Some(short) = starts(stem(name)) else { return 0 };
    match here.get(short) {
        // 北京路, 北京东路 and 朝阳大街 are roads, not the places they are named after.
        Some('路' | '街' | '道' | '巷' | '村' | '镇' | '乡' | '桥' | '站') => 0,
        Some('大' | '东' | '西' | '南' | '北' | '中') if is_road_soon(here, short + 1) => 0,
        Some('省' | '市' | '区' | '县' | '旗' | '盟' | '州') => short + 1,
        _ => short,
    }
}

/// Whether a direction or 大 behind a short name belongs to a road.
fn is_road_soon(here: &[char], at: usize) -> bool {
    here.iter().skip(at).take(2).any(|c| matches!(c, '路' | '街' | '道' | '巷'))
}

/// A division by itself, with what is above it.
#[derive(Clone, Copy)]
enum Entry {
    Province(&'static Province),
    City(&'static Province, &'static City),
    /// A district whose full name no other has.
    UniqueDistrict(&'static Province, &'static City, &'static District),
}

/// The divisions whose names begin with a character.
fn beginning_with(first: char) -> &'static [Entry] {
    static INDEX: OnceLock<HashMap<char, Vec<Entry>>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let all = || provinces().iter().flat_map(|p| p.cities.iter().map(move |c| (p, c)));
        let mut bearers: HashMap<&str, usize> = HashMap::new();
        for district in all().flat_map(|(_, city)| &city.districts) {
            *bearers.entry(district.name).or_default() += 1;
        }
        let mut index: HashMap<char, Vec<Entry>> = HashMap::new();
        let mut add = |name: &str, entry: Entry| {
            if let Some(first) = name.chars().next() {
                index.entry(first).or_default().push(entry);
            }
        };
        for province in provinces() {
            add(province.name, Entry::Province(province));
        }
        for (province, city) in all() {
            add(city.name, Entry::City(province, city));
            for district in &city.districts {
                if district.name.chars().count() >= 3 && bearers.get(district.name) == Some(&1) {
                    add(district.name, Entry::UniqueDistrict(province, city, district));
                }
            }
        }
        index
    });
    index.get(&first).map_or(&[], Vec::as_slice)
}

/// Past blanks and separators.
fn skip(folded: &[char], at: usize) -> usize {
    let rest = folded.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&c| super::is_separator(c) || c == '-').count()
}

/// Past the names of levels that exist in forms only.
fn skip_levels(folded: &[char], at: usize) -> usize {
    for level in ["市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖县"]
    {
        let rest = folded.get(at..).unwrap_or_default();
        let count = level.chars().count();
        if rest.len() >= count && level.chars().zip(rest).all(|(a, &b)| a == b) {
            return skip(folded, at + count);
        }
    }
    at
}
