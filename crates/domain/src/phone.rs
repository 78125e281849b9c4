//! Telephone numbers of recipients: read as people type them, kept as E.164.
//!
//! Chinese numbers are checked by their kind (mobile, landline with area code, 400), those of Hong
//! Kong, Macao and Taiwan by first digit and length, all others by calling code and length alone.
//! A number that passes can exist; whether it rings is another matter.
//!
//! Start at [`Phone::parse`].

use std::{fmt, str::FromStr, sync::OnceLock};

use serde::{Deserialize, Serialize};

use crate::address::{country::Country, mask, text};

/// A telephone number in international form, with an extension where one was given.
///
/// As text and in JSON it is written like `+8613800138000` or `+861012345678;ext=802` (RFC 3966).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Phone {
    calling_code: &'static str,
    national: String,
    extension: Option<String>,
}

/// What a number is used for, as far as its digits tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A mobile phone, which can receive text messages.
    Mobile,
    /// A landline.
    Landline,
    /// A service number of a business, such as 400.
    Service,
    /// The numbering plan is not known here.
    Other,
}

/// Why a text cannot be a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhone {
    /// No digits at all.
    #[error("a telephone number is required")]
    Empty,
    /// Something that is neither a digit nor a separator.
    #[error("a telephone number has digits and separators only")]
    Character,
    /// No country uses this calling code.
    #[error("the calling code is unknown")]
    CallingCode,
    /// A local number without its area code.
    #[error("the area code is missing")]
    AreaCode,
    /// Too many or too few digits for the country, or the numbering plan has no such number.
    #[error("no such telephone number can exist there")]
    Number,
}

impl Phone {
    /// Reads a number as typed in the country, or an international one behind `+` or `00`.
    ///
    /// Full-width digits, blanks, dashes, dots and parentheses are accepted, and an extension after
    /// `转`, `ext`, `x`, `#` or a last dash, as marketplaces append to protected numbers.
    pub fn parse(text: &str, country: Country) -> Result<Self, InvalidPhone> {
        let typed: String = text.chars().filter_map(significant).collect();
        let typed = typed.trim_matches([' ', '-']);
        if !typed.contains(|c: char| c.is_ascii_digit()) {
            return Err(if typed.is_empty() {
                InvalidPhone::Empty
            } else {
                InvalidPhone::Character
            });
        }
        if let Some((number, extension)) = split_extension(typed) {
            return Self::parse_number(number, country)?.with_extension(extension);
        }
        Self::parse_number(typed, country).or_else(|reason| {
            let (number, extension) = typed.rsplit_once('-').ok_or(reason)?;
            let phone = Self::parse_number(number, country).map_err(|_| reason)?;
            phone.with_extension(extension).map_err(|_| reason)
        })
    }

    fn parse_number(typed: &str, country: Country) -> Result<Self, InvalidPhone> {
        let is_separator = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/');
        let typed: String = typed.chars().filter(|&c| !is_separator(c)).collect();
        let (is_international, digits) = match typed.strip_prefix('+') {
            Some(digits) => (true, digits),
            None => match typed.strip_prefix("00") {
                Some(digits) => (true, digits),
                None => (false, typed.as_str()),
            },
        };
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidPhone::Character);
        }
        if is_international {
            let plan = plans()
                .iter()
                .filter(|plan| digits.starts_with(plan.calling_code))
                .max_by_key(|plan| plan.calling_code.len())
                .ok_or(InvalidPhone::CallingCode)?;
            let national = digits.strip_prefix(plan.calling_code).unwrap_or_default();
            return plan.accept(plan.without_trunk(national));
        }
        let plan = plans()
            .iter()
            .find(|plan| plan.regions.contains(&country.code()))
            .ok_or(InvalidPhone::CallingCode)?;
        let has_area = plan.calling_code != "86" || digits.starts_with('0');
        let is_local = (7..=8).contains(&digits.len()) && !digits.starts_with('1');
        if !has_area && is_local {
            return Err(InvalidPhone::AreaCode);
        }
        let national = plan.without_trunk(digits);
        let accepted = plan.accept(national);
        // A landline typed without the leading zero is more likely a mistyped mobile number.
        let accepted = accepted.and_then(|phone| match phone.kind() {
            Kind::Landline if !has_area => Err(InvalidPhone::Number),
            _ => Ok(phone),
        });
        accepted.or_else(|reason| {
            let national = digits.strip_prefix(plan.calling_code).ok_or(reason)?;
            plan.accept(plan.without_trunk(national)).map_err(|_| reason)
        })
    }

    fn with_extension(mut self, extension: &str) -> Result<Self, InvalidPhone> {
        let extension = extension.trim_matches([' ', '-', ':', '.']);
        if !(1..=6).contains(&extension.len()) || !extension.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidPhone::Number);
        }
        self.extension = Some(extension.to_owned());
        Ok(self)
    }

    /// The number without its extension, such as `+8613800138000`: the key to look people up by.
    pub fn e164(&self) -> String {
        format!("+{}{}", self.calling_code, self.national)
    }

    /// The country calling code, without the plus.
    pub const fn calling_code(&self) -> &'static str {
        self.calling_code
    }

    /// What to dial after answering, if anything.
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    /// The number as dialed in its own country: `13800138000`, `01012345678`, `4001234567`.
    pub fn national(&self) -> String {
        match (self.calling_code, self.kind()) {
            ("86" | "886", Kind::Landline) | ("886", Kind::Mobile) => format!("0{}", self.national),
            _ => self.national.clone(),
        }
    }

    /// The last four digits, which couriers and customers quote.
    pub fn last_four(&self) -> &str {
        self.national.get(self.national.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// Whether it is a mobile, a landline or a service number.
    pub fn kind(&self) -> Kind {
        let mut digits = self.national.bytes();
        let (first, second) = (digits.next(), digits.next());
        match (self.calling_code, first, second) {
            ("86", Some(b'1'), Some(b'3'..=b'9')) if self.national.len() == 11 => Kind::Mobile,
            ("86", Some(b'4' | b'8'), _) if is_service(&self.national) => Kind::Service,
            ("86", ..) => Kind::Landline,
            ("852", Some(b'2' | b'3'), _) => Kind::Landline,
            ("852", ..) => Kind::Mobile,
            ("853", Some(b'6'), _) => Kind::Mobile,
            ("853", ..) => Kind::Landline,
            ("886", Some(b'9'), _) => Kind::Mobile,
            ("886", ..) => Kind::Landline,
            _ => Kind::Other,
        }
    }

    /// What may be shown to anyone: at least six digits are hidden (GB/T 41833), as is the extension.
    ///
    /// A Chinese number is shown as dialed, `138******21`; others follow their calling code.
    pub fn masked(&self) -> String {
        let masked = mask::mask_digits(&self.national());
        if self.calling_code == "86" { masked } else { format!("+{} {masked}", self.calling_code) }
    }
}

/// Masked, so that no log ever holds a number.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

/// The whole number, for storage and partners.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}{}", self.calling_code, self.national)?;
        self.extension.as_ref().map_or(Ok(()), |extension| write!(f, ";ext={extension}"))
    }
}

impl FromStr for Phone {
    type Err = InvalidPhone;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, extension) = text.split_once(";ext=").unzip();
        let number = number.unwrap_or(text);
        if !number.starts_with('+') {
            return Err(InvalidPhone::CallingCode);
        }
        let phone = Self::parse_number(number, Country::CHINA)?;
        extension.map_or(Ok(phone.clone()), |extension| phone.with_extension(extension))
    }
}

// Derived, the calling code would have to be borrowed from the input.
impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.to_string()
    }
}

/// How the countries that share a calling code number their telephones.
struct Plan {
    calling_code: &'static str,
    digits_min: usize,
    digits_max: usize,
    /// What callers inside the country dial first; it is not part of the number.
    trunk: Option<&'static str>,
    regions: Vec<&'static str>,
}

impl Plan {
    fn without_trunk<'a>(&self, digits: &'a str) -> &'a str {
        let Some(rest) = self.trunk.and_then(|trunk| digits.strip_prefix(trunk)) else {
            return digits;
        };
        // No number begins with a zero where zero is the trunk; an 8 or 1 may be part of it.
        let is_trunk = self.trunk == Some("0") || digits.len() > self.digits_max;
        if is_trunk { rest } else { digits }
    }

    fn accept(&self, national: &str) -> Result<Phone, InvalidPhone> {
        let has_length = (self.digits_min..=self.digits_max).contains(&national.len());
        let exists = has_length
            && match self.calling_code {
                "1" => {
                    let area_and_exchange =
                        [national.as_bytes().first(), national.as_bytes().get(3)];
                    area_and_exchange.iter().all(|digit| digit.is_some_and(|&d| d >= b'2'))
                }
                "86" => is_mainland(national),
                "852" => national.starts_with(['2', '3', '4', '5', '6', '7', '8', '9']),
                "853" => national.starts_with(['2', '6', '8']),
                "886" => match national.as_bytes().first() {
                    Some(b'9') => national.len() == 9,
                    Some(b'2'..=b'8') => true,
                    _ => false,
                },
                _ => true,
            };
        if !exists {
            return Err(InvalidPhone::Number);
        }
        let calling_code = self.calling_code;
        Ok(Phone { calling_code, national: national.to_owned(), extension: None })
    }
}

/// Mobile, service or landline number of the mainland, without the trunk zero.
fn is_mainland(national: &str) -> bool {
    let begins_locally = |local: &str| local.starts_with(['2', '3', '4', '5', '6', '7', '8', '9']);
    let (first, second) =
        (national.get(..1).unwrap_or_default(), national.get(1..2).unwrap_or_default());
    match (first, second, national.len()) {
        ("1", "3" | "4" | "5" | "6" | "7" | "8" | "9", 11) => true,
        _ if is_service(national) => true,
        // Area codes of two digits have eight local ones.
        ("1", "0", 10) | ("2", _, 10) => national.get(2..).is_some_and(begins_locally),
        ("3" | "4" | "5" | "6" | "7" | "8" | "9", _, 10 | 11) => {
            national.get(3..).is_some_and(begins_locally)
        }
        _ => false,
    }
}

fn is_service(national: &str) -> bool {
    national.len() == 10 && (national.starts_with("400") || national.starts_with("800"))
}

/// The character as far as it matters in a number: narrow, one kind of dash, no invisible marks.
fn significant(c: char) -> Option<char> {
    match text::narrow(c) {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '－' | 'ー' => Some('-'),
        '\u{00A0}' | '\u{2009}' | '\u{202F}' | '\t' => Some(' '),
        // Copied from contact lists, numbers come wrapped in direction marks.
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}' => None,
        '（' => Some('('),
        '）' => Some(')'),
        c => Some(c.to_ascii_lowercase()),
    }
}

fn split_extension(typed: &str) -> Option<(&str, &str)> {
    ["转", "轉", "分机", "ext", "x", "#", ","].iter().find_map(|mark| typed.split_once(mark))
}

fn plans() -> &'static [Plan] {
    static PLANS: OnceLock<Vec<Plan>> = OnceLock::new();
    PLANS.get_or_init(|| {
        include_str!("../data/calling-codes.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut parts = line.split(' ');
                Some(Plan {
                    calling_code: parts.next()?,
                    digits_min: parts.next()?.parse().ok()?,
                    digits_max: parts.next()?.parse().ok()?,
                    trunk: parts.next().filter(|&trunk| trunk != "-"),
                    regions: parts.collect(),
                })
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(country: &str, text: &str) -> Result<String, InvalidPhone> {
        Phone::parse(text, Country::parse(country).unwrap()).map(|phone| phone.to_string())
    }

    #[test]
    fn chinese_numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("13800138021", "+8613800138021"),
            ("138 0013 8021", "+8613800138021"),
            ("１３８－００１３－８０２１", "+8613800138021"),
            ("+86 138-0013-8021", "+8613800138021"),
            ("0086 13800138021", "+8613800138021"),
            ("8613800138021", "+8613800138021"),
            ("(+86)13800138021", "+8613800138021"),
            ("013800138021", "+8613800138021"),
            ("\u{202A}13800138021\u{202C}", "+8613800138021"),
            ("13800138021-4321", "+8613800138021;ext=4321"),
            ("13800138021转4321", "+8613800138021;ext=4321"),
            ("13800138021,4321", "+8613800138021;ext=4321"),
            ("010-62345678", "+861062345678"),
            ("（0571）87654321", "+8657187654321"),
            ("+86 0571 8765 4321", "+8657187654321"),
            ("0571-87654321-802", "+8657187654321;ext=802"),
            ("0310-6543210", "+863106543210"),
            ("400-800-1234", "+864008001234"),
            ("4008001234转5", "+864008001234;ext=5"),
        ] {
            assert_eq!(parsed("CN", text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn numbers_that_cannot_exist_are_refused_with_the_reason() {
        for (country, text, reason) in [
            ("CN", "", InvalidPhone::Empty),
            ("CN", " - ", InvalidPhone::Empty),
            ("CN", "电话", InvalidPhone::Character),
            ("CN", "1380013802a", InvalidPhone::Character),
            ("CN", "87654321", InvalidPhone::AreaCode),
            ("CN", "1380013802", InvalidPhone::Number),
            ("CN", "138001380211", InvalidPhone::Number),
            ("CN", "12800138021", InvalidPhone::Number),
            ("CN", "10086", InvalidPhone::Number),
            ("CN", "010-12345678", InvalidPhone::Number),
            ("CN", "57187654321", InvalidPhone::Number),
            ("CN", "13800138021转", InvalidPhone::Number),
            ("CN", "+999 123456", InvalidPhone::CallingCode),
            ("HK", "12345678", InvalidPhone::Number),
            ("US", "123-456-7890", InvalidPhone::Number),
            ("CN", "+1 415 055 0123", InvalidPhone::Number),
        ] {
            assert_eq!(parsed(country, text), Err(reason), "{country} {text}");
        }
    }

    #[test]
    fn numbers_of_other_places_follow_their_calling_code() {
        for (country, text, expected) in [
            ("HK", "9123 4567", "+85291234567"),
            ("CN", "+852 9123 4567", "+85291234567"),
            ("CN", "00852-23456789", "+85223456789"),
            ("MO", "66123456", "+85366123456"),
            ("TW", "0912-345-678", "+886912345678"),
            ("TW", "(02) 2345-6789", "+886223456789"),
            ("US", "(415) 555-0123", "+14155550123"),
            ("US", "1-415-555-0123 x12", "+14155550123;ext=12"),
            ("GB", "020 7946 0018", "+442079460018"),
            ("CN", "+44 (0)20 7946 0018", "+442079460018"),
            ("DE", "030 123456", "+4930123456"),
            ("RU", "8 912 345-67-89", "+79123456789"),
            ("IT", "06 1234 5678", "+390612345678"),
            ("JP", "090-1234-5678", "+819012345678"),
            ("FR", "06 12 34 56 78", "+33612345678"),
        ] {
            assert_eq!(parsed(country, text).as_deref(), Ok(expected), "{country} {text}");
        }
    }

    #[test]
    fn the_kind_tells_whether_a_text_message_can_arrive() {
        for (text, kind) in [
            ("+8613800138021", Kind::Mobile),
            ("+8657187654321", Kind::Landline),
            ("+864008001234", Kind::Service),
            ("+85291234567", Kind::Mobile),
            ("+85223456789", Kind::Landline),
            ("+85366123456", Kind::Mobile),
            ("+886912345678", Kind::Mobile),
            ("+14155550123", Kind::Other),
        ] {
            assert_eq!(text.parse::<Phone>().unwrap().kind(), kind, "{text}");
        }
    }

    #[test]
    fn masks_hide_at_least_six_digits() {
        for (text, masked) in [
            ("+8613800138021", "138******21"),
            ("+861062345678", "010******78"),
            ("+8657187654321", "0571******21"),
            ("+863106543210", "031******10"),
            ("+864008001234", "40******34"),
            ("+85291234567", "+852 ******67"),
            ("+14155550123", "+1 41******23"),
            ("+8613800138021;ext=4321", "138******21"),
        ] {
            let phone: Phone = text.parse().unwrap();
            assert_eq!(phone.masked(), masked);
            assert_eq!(format!("{phone:?}"), format!("Phone({masked})"));
        }
    }

    proptest! {
        /// What was stored is read back unchanged, and no text makes the parser panic.
        #[test]
        fn a_number_survives_storage(text in "[+0-9 ()转x#-]{0,24}|\\PC{0,24}", hk in any::<bool>()) {
            let country = if hk { Country::HONG_KONG } else { Country::CHINA };
            if let Ok(phone) = Phone::parse(&text, country) {
                prop_assert_eq!(phone.to_string().parse::<Phone>(), Ok(phone.clone()));
                prop_assert!(phone.e164().len() <= 16);
                let shown = phone.masked().replace(&format!("+{} ", phone.calling_code()), "");
                prop_assert!(shown.chars().filter(|&c| c == '*').count() >= 6.min(shown.len()));
            }
        }
    }
}
