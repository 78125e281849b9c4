//! Numbers of payment cards: looked for so that they are refused, never kept.
//!
//! Cards are typed in at the gateway's own page. A number that somebody puts into a text of ours would
//! make the whole installation subject to the rules of the card industry.

/// Digits of a card number.
const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;

/// Whether a text contains what is most likely the number of a card: 13 to 19 digits that pass the
/// Luhn check, also with blanks, dots or dashes between them and in full-width digits.
pub fn is_in(text: &str) -> bool {
    any_run(text, luhn)
}

/// As [`is_in`] for fields that hold numbers by their nature, such as barcodes, phones and ids of
/// other systems: one in ten of those passes the check by chance, so only numbers of the length and
/// the first digits that the large issuers use count.
pub fn is_in_number(text: &str) -> bool {
    any_run(text, |digits| is_issued(digits) && luhn(digits))
}

fn any_run(text: &str, is_card: impl Fn(&[u8]) -> bool) -> bool {
    let mut run: Vec<u8> = Vec::new();
    let ends_run = |run: &mut Vec<u8>| {
        let found = LENGTHS.contains(&run.len()) && is_card(run);
        run.clear();
        found
    };
    let mut gap = 0;
    for letter in text.chars() {
        match digit(letter) {
            Some(digit) => {
                run.push(digit);
                gap = 0;
            }
            // At most two separators between digits.
            None if matches!(letter, ' ' | '-' | '.' | '\u{a0}' | '\u{3000}' | '－') && gap < 2 => {
                gap += 1;
            }
            None => {
                gap = 0;
                if ends_run(&mut run) {
                    return true;
                }
            }
        }
    }
    ends_run(&mut run)
}

/// ASCII and full-width digits.
fn digit(letter: char) -> Option<u8> {
    let value = match letter {
        '0'..='9' => letter as u32 - '0' as u32,
        '０'..='９' => letter as u32 - '０' as u32,
        _ => return None,
    };
    u8::try_from(value).ok()
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &digit)| u32::from(if at % 2 == 1 { doubled(digit) } else { digit }))
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// By the ranges of the large issuers: Visa, Mastercard, American Express, UnionPay, JCB, Discover.
fn is_issued(digits: &[u8]) -> bool {
    let lead = |count: usize| {
        digits.iter().take(count).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit))
    };
    match digits.len() {
        15 => matches!(lead(2), 34 | 37),
        16 => {
            lead(1) == 4
                || matches!(lead(2), 51..=55 | 62 | 65)
                || matches!(lead(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Numbers that issuers publish for tests.
    const CARDS: [&str; 7] = [
        "4111111111111111",
        "5555555555554444",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "6200000000000005",
        "4222222222222",
    ];

    #[test]
    fn cards_are_found_however_they_are_written() {
        for card in CARDS {
            let groups: Vec<String> = card
                .as_bytes()
                .chunks(4)
                .map(|part| String::from_utf8_lossy(part).into_owned())
                .collect();
            let wide: String = card
                .chars()
                .map(|digit| char::from_u32(digit as u32 - '0' as u32 + '０' as u32).unwrap())
                .collect();
            for text in [
                card.to_owned(),
                groups.join(" "),
                groups.join("-"),
                groups.join(" - ").replace(" - ", "- "),
                wide,
                format!("please charge {card}, thanks"),
                format!("卡号：{card}。"),
            ] {
                assert!(is_in(&text), "{text}");
            }
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "",
            "4111111111111112",
            "41111111111",
            "0000000000000000",
            "order 261122-41AX-SC0C-0H9",
            "ring twice, door 3, floor 14, code 2580",
            "41111111111111111111111111",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }

    #[test]
    fn numbers_of_other_kinds_are_told_from_cards() {
        for number in ["4006381333931", "+86 138 0013 8000", "820982911946154508", "450789469"] {
            assert!(!is_in_number(number), "{number}");
        }
        for card in CARDS.iter().filter(|card| card.len() > 13) {
            assert!(is_in_number(card), "{card}");
        }
    }
}
