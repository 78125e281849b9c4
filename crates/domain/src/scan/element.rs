//! Element strings of GS1: application identifiers, each with its data.

use jiff::civil::Date;

use super::{Goods, Gtin};
use crate::sku::is_gtin;

/// Ends a field of variable length.
const SEPARATOR: char = '\u{1d}';
/// How FNC1 at the start is written where the control character cannot be.
pub(super) const FNC1: [char; 2] = ['^', SEPARATOR];

/// Why a text is no element string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ElementError {
    /// There is no text, or far too much.
    #[error("nothing was scanned")]
    Nothing,
    /// A field has an identifier that GS1 has not given out.
    #[error("the barcode has an unknown identifier")]
    Unknown,
    /// A field is cut off, too long, or has other signs than it may.
    #[error("a field of the barcode is not as it should be")]
    Field,
    /// The last digit does not fit the others.
    #[error("the check digit is wrong")]
    CheckDigit,
    /// No such day.
    #[error("the date in the barcode does not exist")]
    Date,
    /// It does not say which goods it is on.
    #[error("the barcode names no goods")]
    NoGoods,
}

/// Reads an element string with or without FNC1 at its start; `^` stands for FNC1 as well.
pub(super) fn read(text: &str) -> Result<Goods, ElementError> {
    let mut rest = text.strip_prefix(FNC1).unwrap_or(text);
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let identifier = identifier(rest).ok_or(ElementError::Unknown)?;
        let (identifier, data) = rest.split_at(identifier);
        let (data, behind) = match fixed_length(identifier) {
            Some(length) => data.split_at_checked(length).ok_or(ElementError::Field)?,
            None => data.split_once(FNC1).unwrap_or((data, "")),
        };
        fields.push((identifier, data));
        rest = behind.strip_prefix(FNC1).unwrap_or(behind);
    }
    goods(&fields)
}

/// Reads `(01)12345678901231(10)ABC`, as it is printed below a symbol.
pub(super) fn read_bracketed(text: &str) -> Result<Goods, ElementError> {
    let mut fields = Vec::new();
    for field in text.split('(').skip(1) {
        let (name, data) = field.split_once(')').ok_or(ElementError::Field)?;
        if identifier(name) != Some(name.len()) {
            return Err(ElementError::Unknown);
        }
        if fixed_length(name).is_some_and(|length| length != data.len()) {
            return Err(ElementError::Field);
        }
        fields.push((name, data));
    }
    goods(&fields)
}

/// Reads `https://…/01/12345678901231/10/ABC?17=271231`; none if the text is no such address.
pub(super) fn digital_link(text: &str) -> Option<Result<Goods, ElementError>> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (_, rest) = rest.split_once('/')?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts: Vec<&str> = path.split('/').collect();
    let start = parts.iter().position(|part| *part == "01")?;
    let in_path = parts[start..].chunks_exact(2).map(|pair| (pair[0], pair[1]));
    let is_field = |(name, _): &(&str, &str)| identifier(name) == Some(name.len());
    let in_query = query.split('&').filter_map(|pair| pair.split_once('=')).filter(is_field);
    Some(goods(&in_path.chain(in_query).collect::<Vec<_>>()))
}

fn goods(fields: &[(&str, &str)]) -> Result<Goods, ElementError> {
    let mut found = Goods::default();
    let mut is_named = false;
    for (identifier, data) in fields {
        check(identifier, data)?;
        match *identifier {
            "01" => {
                found.gtin = Gtin::read(data).ok_or(ElementError::CheckDigit)?;
                is_named = true;
            }
            "10" => found.lot = Some((*data).to_owned()),
            "17" => found.expires_on = Some(date(data)?),
            // Where both are printed, the day of expiry is the one that counts.
            "15" if found.expires_on.is_none() => found.expires_on = Some(date(data)?),
            "21" => found.serial = Some((*data).to_owned()),
            _ => {}
        }
    }
    if is_named { Ok(found) } else { Err(ElementError::NoGoods) }
}

/// Length and signs of the data of a field.
fn check(identifier: &str, data: &str) -> Result<(), ElementError> {
    let is_number = !data.is_empty() && data.bytes().all(|byte| byte.is_ascii_digit());
    let is_right = match identifier {
        "00" | "01" | "02" | "11" | "12" | "13" | "15" | "16" | "17" | "20" => is_number,
        "10" | "21" | "22" => (1..=20).contains(&data.len()),
        _ => (1..=90).contains(&data.len()),
    };
    if !is_right || !data.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
        return Err(ElementError::Field);
    }
    if matches!(identifier, "01" | "02") && !is_gtin(data) {
        return Err(ElementError::CheckDigit);
    }
    Ok(())
}

/// `YYMMDD`. The day `00` is the last of the month (section 3.4.7). Years are those from 49 years
/// before to 50 years after 2025: a warehouse meets no other goods.
fn date(data: &str) -> Result<Date, ElementError> {
    let number = |from: usize| data.get(from..from + 2).and_then(|it| it.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0), number(2), number(4)) else {
        return Err(ElementError::Field);
    };
    let year = if year >= 76 { 1900 + year } else { 2000 + year };
    let (month, day) = (
        i8::try_from(month).map_err(|_| ElementError::Date)?,
        i8::try_from(day).map_err(|_| ElementError::Date)?,
    );
    let of = |day| Date::new(year, month, day).map_err(|_| ElementError::Date);
    if day == 0 {
        let first = of(1)?;
        return Ok(first.last_of_month());
    }
    of(day)
}

/// How many digits the identifier at the start has (section 3.2); none if GS1 has given out no
/// identifiers that begin like this.
fn identifier(text: &str) -> Option<usize> {
    let start: u32 =
        text.get(..2).filter(|it| it.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let length = match start {
        0..=3 | 10..=13 | 15..=17 | 20..=22 | 30 | 37 | 90..=99 => 2,
        23..=25 | 40..=42 | 71 => 3,
        31..=36 | 39 | 43 | 70 | 72 | 80..=82 => 4,
        _ => return None,
    };
    text.get(..length).filter(|it| it.bytes().all(|b| b.is_ascii_digit())).map(str::len)
}

/// The length of data that ends by itself (section 7.8.5.2); none if a separator ends it.
fn fixed_length(identifier: &str) -> Option<usize> {
    match identifier.get(..2)? {
        "00" => Some(18),
        "01" | "02" | "03" => Some(14),
        "11" | "12" | "13" | "15" | "16" | "17" => Some(6),
        "20" => Some(2),
        "31" | "32" | "33" | "34" | "35" | "36" => Some(6),
        "41" => Some(13),
        _ => None,
    }
}
