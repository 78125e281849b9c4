//! Recipients as a channel sends them, and the check that turns them into typed ones.

use serde::{Deserialize, Serialize};

use super::{
    Address, Country, Division, Expected, Field, FieldProblem, ProblemCode, Recipient,
    RecipientName, name::InvalidName, postal, region, text,
};
use crate::phone::{InvalidPhone, Phone};

/// A recipient in texts, as a channel, a file or a form gives it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawRecipient {
    /// The name on the label.
    pub name: String,
    /// The telephone number, as typed in the country of the address.
    pub phone: String,
    /// Where the parcel goes.
    pub address: RawAddress,
}

/// An address in texts. Empty means not given.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawAddress {
    /// A name or an ISO 3166 code. A channel that serves one country fills it in.
    pub country: String,
    /// The province, state or prefecture.
    pub province: String,
    /// The city.
    pub city: String,
    /// The district or county.
    pub district: String,
    /// Street lines; line ends inside one begin another.
    pub street: Vec<String>,
    /// The postal code.
    pub postal_code: String,
}

impl RawRecipient {
    /// Checks every field, so that one answer names all that is wrong.
    pub fn validate(&self) -> Result<Recipient, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let name = RecipientName::parse(&self.name)
            .map_err(|reason| problems.push(name_problem(reason)))
            .ok();
        let country = Country::parse(&self.address.country).unwrap_or(Country::CHINA);
        let phone = Phone::parse(&self.phone, country)
            .map_err(|reason| problems.push(phone_problem(reason)))
            .ok();
        let address = self.address.validate().map_err(|found| problems.extend(found)).ok();
        match (name, phone, address) {
            (Some(name), Some(phone), Some(address)) => Ok(Recipient { name, phone, address }),
            _ => Err(problems),
        }
    }
}

impl RawAddress {
    /// Checks every field against the rules of its country.
    ///
    /// In China divisions may be given by short names, and levels that follow from others may be
    /// missing. A region that the street repeats in front is taken off.
    pub fn validate(&self) -> Result<Address, Vec<FieldProblem>> {
        let country = Country::parse(&self.country).map_err(|_| {
            let is_missing = text::clean(&self.country).is_empty();
            let code = if is_missing { ProblemCode::Required } else { ProblemCode::Unknown };
            vec![FieldProblem::new(Field::Country, code, Expected::Country)]
        })?;
        let mut problems = Vec::new();
        let is_chinese = country.has_chinese_divisions()
            && (country == Country::CHINA
                || [&self.province, &self.city, &self.district].iter().any(|t| text::has_han(t)));
        let levels = if is_chinese {
            region::resolve(country, [&self.province, &self.city, &self.district])
                .map(|region| Levels {
                    country: region.country,
                    province: Some(region.province.division()),
                    city: region.city.map(|city| city.division()),
                    district: region.district,
                    town: region.town,
                })
                .map_err(|problem| problems.push(problem))
                .ok()
        } else {
            self.free_levels(country, &mut problems)
        };
        let mut street = self.street_lines(&mut problems);
        let country = levels.as_ref().map_or(country, |levels| levels.country);
        let postal_code = self.checked_postal_code(country, &mut problems);
        let Some(levels) = levels.filter(|_| problems.is_empty()) else { return Err(problems) };
        if let (Some(first), true) = (street.first_mut(), is_chinese) {
            let names = [&levels.province, &levels.city, &levels.district];
            *first = without_region(first, names.into_iter().flatten()).to_owned();
            if let Some(town) = levels.town.filter(|town| !first.starts_with(town)) {
                first.insert_str(0, &town);
            }
        }
        let Levels { country, province, city, district, .. } = levels;
        Ok(Address { country, province, city, district, street, postal_code })
    }

    /// Outside China, and for Latin text from Hong Kong, Macao or Taiwan: required and printable.
    fn free_levels(&self, country: Country, problems: &mut Vec<FieldProblem>) -> Option<Levels> {
        let before = problems.len();
        let mut level = |field: Field, given: &str| {
            let name = text::clean(given);
            let chars_max = Address::LINE_CHARS_MAX;
            if name.is_empty() {
                // The table knows the province of a territory; nobody there writes it.
                let is_required = country.requires(field) && !country.has_chinese_divisions();
                if is_required {
                    problems.push(required(field));
                }
                return None;
            }
            problems.extend(printable(field, given, &name, chars_max));
            Some(Division { code: None, name })
        };
        let mut province = level(Field::Province, &self.province);
        let mut city = level(Field::City, &self.city);
        let district = level(Field::District, &self.district);
        if let Some(known) = region::province_of(country) {
            // "Kowloon" is sent as the province of Hong Kong, "Taipei City" as that of Taiwan.
            let given = province.filter(|given| !known.is_called(&text::fold(&given.name)));
            city = match (given, city) {
                (Some(area), Some(city)) => {
                    Some(Division { code: None, name: format!("{}, {}", city.name, area.name) })
                }
                (area, city) => city.or(area),
            };
            province = Some(known.division());
            if city.is_none() && country != Country::MACAO {
                problems.push(required(Field::City));
            }
        }
        (problems.len() == before).then_some(Levels {
            country,
            province,
            city,
            district,
            town: None,
        })
    }

    fn street_lines(&self, problems: &mut Vec<FieldProblem>) -> Vec<String> {
        let given = || self.street.iter().flat_map(|line| line.lines());
        let lines: Vec<String> = given().map(text::clean).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            problems.push(required(Field::Street));
        } else if lines.len() > Address::STREET_LINES_MAX {
            problems.push(too_long(Field::Street, Address::LINE_CHARS_MAX));
        } else {
            let all = given().collect::<String>();
            let longest = lines.iter().max_by_key(|line| line.chars().count());
            let longest = longest.map_or("", String::as_str);
            problems.extend(printable(Field::Street, &all, longest, Address::LINE_CHARS_MAX));
        }
        lines
    }

    fn checked_postal_code(
        &self,
        country: Country,
        problems: &mut Vec<FieldProblem>,
    ) -> Option<String> {
        let given = text::fold(&self.postal_code);
        // Marketplaces fill the field with zeros. Hong Kong and Macao have no postal codes, though
        // forms of the mainland send 999077 and 999078.
        let is_placeholder = given.chars().all(|c| c == '0' || c == '-');
        let pattern = country.postal_pattern();
        let Some(pattern) = pattern.filter(|_| !is_placeholder) else {
            if country.requires(Field::PostalCode) {
                problems.push(required_postal(pattern));
            }
            return None;
        };
        let code = postal::normalized(country, &given);
        if code.is_none() {
            let expected = Expected::Pattern(pattern.to_uppercase());
            problems.push(FieldProblem::new(Field::PostalCode, ProblemCode::Format, expected));
        }
        code
    }
}

/// The levels of an address, once they are known.
struct Levels {
    country: Country,
    province: Option<Division>,
    city: Option<Division>,
    district: Option<Division>,
    /// A town or street office that came in place of a district.
    town: Option<String>,
}

/// The line without the names of its region in front, unless nothing would be left.
fn without_region<'a>(line: &'a str, names: impl Iterator<Item = &'a Division>) -> &'a str {
    let mut rest = line;
    for division in names {
        let after = rest.strip_prefix(division.name.as_str()).map(str::trim_start);
        rest = after.filter(|after| !after.is_empty()).unwrap_or(rest);
    }
    rest
}

fn required(field: Field) -> FieldProblem {
    let expected = Expected::Text { chars_max: Address::LINE_CHARS_MAX };
    FieldProblem::new(field, ProblemCode::Required, expected)
}

fn required_postal(pattern: Option<&str>) -> FieldProblem {
    let expected = Expected::Pattern(pattern.unwrap_or_default().to_uppercase());
    FieldProblem::new(Field::PostalCode, ProblemCode::Required, expected)
}

fn too_long(field: Field, chars_max: usize) -> FieldProblem {
    FieldProblem::new(field, ProblemCode::TooLong, Expected::Text { chars_max })
}

fn printable(field: Field, given: &str, cleaned: &str, chars_max: usize) -> Option<FieldProblem> {
    if text::has_control(given) {
        let expected = Expected::Text { chars_max };
        Some(FieldProblem::new(field, ProblemCode::ControlCharacter, expected))
    } else {
        (cleaned.chars().count() > chars_max).then(|| too_long(field, chars_max))
    }
}

fn name_problem(reason: InvalidName) -> FieldProblem {
    let code = match reason {
        InvalidName::Empty => ProblemCode::Required,
        InvalidName::TooLong => ProblemCode::TooLong,
        InvalidName::ControlCharacter => ProblemCode::ControlCharacter,
        InvalidName::NoLetter => ProblemCode::Format,
    };
    FieldProblem::new(Field::Name, code, Expected::Text { chars_max: RecipientName::CHARS_MAX })
}

fn phone_problem(reason: InvalidPhone) -> FieldProblem {
    let code = match reason {
        InvalidPhone::Empty => ProblemCode::Required,
        InvalidPhone::CallingCode => ProblemCode::Unknown,
        InvalidPhone::Character | InvalidPhone::AreaCode | InvalidPhone::Number => {
            ProblemCode::Format
        }
    };
    FieldProblem::new(Field::Phone, code, Expected::Phone)
}

/// Masked, so that no log ever holds a recipient.
impl std::fmt::Debug for RawRecipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawRecipient").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The country alone, so that no log ever holds an address.
impl std::fmt::Debug for RawAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawAddress").field("country", &self.country).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
