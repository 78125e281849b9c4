//! Order numbers: what people read out on the phone, `261122-0K3M-Z0Q4-7XC`.
//!
//! A number is its [`OrderId`] written another way, so it needs no counter and no column: the UTC
//! day, then the milliseconds of that day, the node and the sequence in Crockford's base 32, then
//! one check character. Numbers sort like ids. Reading forgives case, missing dashes, spaces, and
//! O for 0, I or L for 1; the check character catches every wrong character and every exchange of
//! two.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::Offset;
use ordermill_base::{Id, Timestamp, id};

use crate::ids::OrderId;

/// The readable form of an order's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNumber(OrderId);

impl OrderNumber {
    /// The order that it names.
    pub const fn order_id(self) -> OrderId {
        self.0
    }

    /// Reads what a person typed.
    pub fn parse(text: &str) -> Result<Self, ParseOrderNumberError> {
        text.parse()
    }
}

impl From<OrderId> for OrderNumber {
    fn from(id: OrderId) -> Self {
        Self(id)
    }
}

/// Why a text is not an order number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseOrderNumberError {
    /// Too short, too long, or letters that no number has.
    #[error("an order number has 17 letters and digits, such as 261122-0K3M-Z0Q4-7XC")]
    Shape,
    /// At least one character is wrong or two are exchanged.
    #[error("the order number has a typing mistake")]
    Check,
    /// Well-formed, but no order can have it: the day does not exist or lies before 2024.
    #[error("no order can have this number")]
    Impossible,
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Six of the date, ten of the rest; the check character follows.
const BODY: usize = 16;
/// Node and sequence at the end of an id.
const TAIL_BITS: u32 = 22;
const MS_PER_DAY: i64 = 86_400_000;

/// A weighted sum over GF(32): the weights are powers of a generator, all different for 31 places,
/// so that no wrong digit and no exchange of two, the check character's included, goes unnoticed.
fn check_digit(body: &[u8]) -> u8 {
    body.iter().fold(0, |sum, &digit| {
        let shifted = (sum ^ digit) << 1;
        // x⁵ + x² + 1 is primitive.
        if shifted & 32 == 0 { shifted } else { shifted ^ 0b10_0101 }
    })
}

fn digit_of(letter: u8) -> Option<u8> {
    let letter = match letter.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.iter().position(|&known| known == letter).and_then(|at| u8::try_from(at).ok())
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made_at = id::made_at(self.0);
        let date = Offset::UTC.to_datetime(made_at.to_jiff()).date();
        let tail = self.0.raw() & ((1 << TAIL_BITS) - 1);
        let mut rest = (made_at.as_millis().rem_euclid(MS_PER_DAY) << TAIL_BITS) | tail;

        let mut digits = [0_u8; BODY];
        let parts = [date.year() % 100, date.month().into(), date.day().into()];
        for (pair, part) in digits.chunks_exact_mut(2).zip(parts) {
            pair[0] = part.unsigned_abs() as u8 / 10;
            pair[1] = part.unsigned_abs() as u8 % 10;
        }
        for digit in digits[6..].iter_mut().rev() {
            *digit = (rest & 31) as u8;
            rest >>= 5;
        }
        let check = check_digit(&digits);
        for (place, &digit) in digits.iter().chain([&check]).enumerate() {
            if matches!(place, 6 | 10 | 14) {
                f.write_char('-')?;
            }
            f.write_char(ALPHABET[usize::from(digit)].into())?;
        }
        Ok(())
    }
}

impl FromStr for OrderNumber {
    type Err = ParseOrderNumberError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digits = [0_u8; BODY + 1];
        let mut count = 0;
        for letter in text.bytes().filter(|letter| !matches!(letter, b'-' | b' ')) {
            let digit = digit_of(letter).ok_or(ParseOrderNumberError::Shape)?;
            *digits.get_mut(count).ok_or(ParseOrderNumberError::Shape)? = digit;
            count += 1;
        }
        if count != digits.len() {
            return Err(ParseOrderNumberError::Shape);
        }
        let (body, check) = (&digits[..BODY], digits[BODY]);
        if check_digit(body) != check {
            return Err(ParseOrderNumberError::Check);
        }
        id_of(body).map(Self).ok_or(ParseOrderNumberError::Impossible)
    }
}

fn id_of(body: &[u8]) -> Option<OrderId> {
    if body[..6].iter().any(|&digit| digit > 9) {
        return None;
    }
    let two = |at: usize| i16::from(body[at]) * 10 + i16::from(body[at + 1]);
    let (year, month, day) =
        (2000 + two(0), i8::try_from(two(2)).ok()?, i8::try_from(two(4)).ok()?);
    let midnight = Date::new(year, month, day).ok()?.at(0, 0, 0, 0);
    let midnight = Timestamp::from(Offset::UTC.to_timestamp(midnight).ok()?);
    let rest = body[6..].iter().fold(0_i64, |sum, &digit| (sum << 5) | i64::from(digit));
    let (ms, tail) = (rest >> TAIL_BITS, rest & ((1 << TAIL_BITS) - 1));
    if ms >= MS_PER_DAY {
        return None;
    }
    let made_at = Timestamp::from_millis(midnight.as_millis() + ms);
    let id = OrderId::from_raw(id::first_at(made_at) | tail);
    // Days outside the range of ids are clamped, and so do not come back.
    (id::made_at(id) == made_at).then_some(id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(raw: i64) -> OrderNumber {
        OrderId::from_raw(raw).into()
    }

    #[test]
    fn a_number_starts_with_its_day_and_sorts_like_its_id() {
        let at = Timestamp::from_millis(1_795_339_506_123);
        let raw = id::first_at(at) | (3 << 12) | 17;
        assert_eq!(number(raw).to_string(), "261122-41AX-SC0C-0H9");
        assert!(number(raw).to_string() < number(raw + 1).to_string());
    }

    #[test]
    fn what_no_order_can_have_is_refused() {
        assert_eq!(OrderNumber::parse("261122-1SBV"), Err(ParseOrderNumberError::Shape));
        assert_eq!(OrderNumber::parse("261122-41AX-SC0C-0HFF"), Err(ParseOrderNumberError::Shape));
        assert_eq!(OrderNumber::parse("261122-41AX-SC0C-0U5"), Err(ParseOrderNumberError::Shape));
        for body in ["2613010000000000", "2302010000000000", "A602010000000000", "260201ZZZZZZZZZZ"]
        {
            let digits: Vec<u8> = body.bytes().filter_map(digit_of).collect();
            let check = char::from(ALPHABET[usize::from(check_digit(&digits))]);
            let result = OrderNumber::parse(&format!("{body}{check}"));
            assert_eq!(result, Err(ParseOrderNumberError::Impossible), "{body}");
        }
    }

    proptest! {
        #[test]
        fn every_id_has_a_number_that_reads_back(raw in 0..=i64::MAX) {
            prop_assert_eq!(OrderNumber::parse(&number(raw).to_string()), Ok(number(raw)));
        }

        #[test]
        fn a_number_is_read_however_it_was_written_down(raw in 0..=i64::MAX) {
            let written = number(raw).to_string();
            let sloppy = written.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(OrderNumber::parse(&sloppy), Ok(number(raw)));
            prop_assert_eq!(OrderNumber::parse(&written.replace('-', "")), Ok(number(raw)));
        }

        #[test]
        fn one_wrong_character_is_noticed(raw in 0..=i64::MAX, at in 0..=BODY, other in 0_usize..32) {
            let mut letters = number(raw).to_string().replace('-', "").into_bytes();
            prop_assume!(letters[at] != ALPHABET[other]);
            letters[at] = ALPHABET[other];
            let text = String::from_utf8(letters).unwrap();
            prop_assert_eq!(OrderNumber::parse(&text), Err(ParseOrderNumberError::Check));
        }

        #[test]
        fn two_exchanged_characters_are_noticed(raw in 0..=i64::MAX, a in 0..=BODY, b in 0..=BODY) {
            let mut letters = number(raw).to_string().replace('-', "").into_bytes();
            prop_assume!(letters[a] != letters[b]);
            letters.swap(a, b);
            let text = String::from_utf8(letters).unwrap();
            prop_assert_eq!(OrderNumber::parse(&text), Err(ParseOrderNumberError::Check));
        }
    }
}
