//! Postal codes, by pattern of the country.

use super::country::Country;

/// The postal code as the country writes it, or nothing if it cannot be one.
///
/// Case, blanks and dashes may be missing or wrong: `k1a0b1` becomes `K1A 0B1`. A prefix of the
/// country, such as `D-` or `FI-`, is taken off. A country without postal codes gives nothing.
pub fn normalized(country: Country, text: &str) -> Option<String> {
    let given: String = super::text::fold(text).chars().filter(|&c| c != '-').collect();
    let pattern = country.postal_pattern()?;
    let without_prefix = given
        .strip_prefix(country.code())
        .or_else(|| given.strip_prefix('〒'))
        .or_else(|| given.strip_prefix(country.code().get(..1)?));
    pattern
        .split('|')
        .find_map(|pattern| fit(pattern, &given))
        .or_else(|| pattern.split('|').find_map(|pattern| fit(pattern, without_prefix?)))
}

/// The characters poured into the pattern, if they fit exactly.
fn fit(pattern: &str, given: &str) -> Option<String> {
    let mut rest = given.chars();
    let mut code = String::with_capacity(pattern.len());
    for wanted in pattern.chars() {
        code.push(match wanted {
            ' ' | '-' => wanted,
            '9' => rest.next().filter(char::is_ascii_digit)?,
            'A' => rest.next().filter(char::is_ascii_uppercase)?,
            '*' => rest.next().filter(char::is_ascii_alphanumeric)?,
            letter => rest.next().filter(|c| c.eq_ignore_ascii_case(&letter))?,
        });
    }
    rest.next().is_none().then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postal_codes_are_written_as_their_country_does() {
        for (country, text, expected) in [
            ("CN", "３１００００", Some("310000")),
            ("CN", "31000", None),
            ("US", "94103", Some("94103")),
            ("US", "941031234", Some("94103-1234")),
            ("US", "9410A", None),
            ("CA", "k1a0b1", Some("K1A 0B1")),
            ("GB", "sw1a1aa", Some("SW1A 1AA")),
            ("GB", "M1 1AE", Some("M1 1AE")),
            ("GB", "12345", None),
            ("DE", "D-10115", Some("10115")),
            ("JP", "〒1000001", Some("100-0001")),
            ("NL", "1234ab", Some("1234 AB")),
            ("PL", "00950", Some("00-950")),
            ("SE", "SE-11455", Some("114 55")),
            ("LV", "1010", None),
            ("LV", "LV1010", Some("LV-1010")),
            ("IE", "d02x285", Some("D02 X285")),
            ("HK", "999077", None),
        ] {
            let country = Country::parse(country).unwrap();
            assert_eq!(normalized(country, text).as_deref(), expected, "{country} {text}");
        }
    }
}
