//! What the formats have in common.

use std::str::FromStr;

/// A number written as digits, or what is wrong.
pub(crate) fn number<T: FromStr>(text: Option<&str>) -> Result<T, String> {
    let text = text.ok_or("a number is missing")?;
    text.trim().parse().map_err(|_| format!("{text:?} is not such a number"))
}

/// A decimal number as an integer of its `10^digits`th parts: 2.4 with one digit is 24.
pub(crate) fn decimal(text: Option<&str>, digits: usize) -> Result<u64, String> {
    let text = text.ok_or("a number is missing")?.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.trim_end_matches('0').len() > digits {
        return Err(format!("{text:?} has more than {digits} decimals"));
    }
    let fraction = fraction.get(..digits.min(fraction.len())).unwrap_or_default();
    number(Some(&format!("{whole}{fraction:0<digits$}")))
}

/// As [`decimal`], for a distance.
pub(crate) fn distance(text: Option<&str>, digits: usize) -> Result<u32, String> {
    u32::try_from(decimal(text, digits)?).map_err(|_| "a distance is too long".to_owned())
}

/// The rows of a table with commas, without its heads.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split(',').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_scaled_without_floats() {
        assert_eq!(decimal(Some("2.4"), 1), Ok(24));
        assert_eq!(decimal(Some("348.5"), 2), Ok(34_850));
        assert_eq!(decimal(Some("3"), 1), Ok(30));
        assert_eq!(decimal(Some("5.0"), 0), Ok(5));
        assert!(decimal(Some("2.45"), 1).is_err());
    }
}
