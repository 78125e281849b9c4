//! Money: whole minor units of a currency. Never a float, never without its currency.

use std::fmt;
use std::str::FromStr;

/// A currency that the shop can sell in, with its minor unit by ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are ISO 4217 codes")]
pub enum Currency {
    Cny,
    Usd,
    Eur,
    Gbp,
    Hkd,
    Sgd,
    Jpy,
    Krw,
    Kwd,
    Bhd,
}

impl Currency {
    /// Every currency, for forms and tests.
    pub const ALL: [Self; 10] = [
        Self::Cny,
        Self::Usd,
        Self::Eur,
        Self::Gbp,
        Self::Hkd,
        Self::Sgd,
        Self::Jpy,
        Self::Krw,
        Self::Kwd,
        Self::Bhd,
    ];

    /// The three letters of ISO 4217.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cny => "CNY",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Hkd => "HKD",
            Self::Sgd => "SGD",
            Self::Jpy => "JPY",
            Self::Krw => "KRW",
            Self::Kwd => "KWD",
            Self::Bhd => "BHD",
        }
    }

    /// Digits after the point: 0, 2 or 3.
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Jpy | Self::Krw => 0,
            Self::Kwd | Self::Bhd => 3,
            Self::Cny | Self::Usd | Self::Eur | Self::Gbp | Self::Hkd | Self::Sgd => 2,
        }
    }

    /// What people write before the number.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Cny | Self::Jpy => "¥",
            Self::Usd => "$",
            Self::Eur => "€",
            Self::Gbp => "£",
            Self::Hkd => "HK$",
            Self::Sgd => "S$",
            Self::Krw => "₩",
            Self::Kwd => "KD ",
            Self::Bhd => "BD ",
        }
    }
}

/// A code that is not in [`Currency::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency; known are CNY, USD, EUR, GBP, HKD, SGD, JPY, KRW, KWD, BHD")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|currency| currency.code() == code).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount: minor units (cents, fen, fils) of one currency. May be negative where a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// Which currency's units they are.
    pub currency: Currency,
}

/// Why an amount could not be computed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies in one sum.
    #[error("amounts in {0} and {1} do not add up")]
    CurrencyMismatch(Currency, Currency),
    /// Beyond 64 bits of minor units.
    #[error("the amount is too large")]
    Overflow,
    /// Not a decimal number, or more digits after the point than the currency has.
    #[error("not an amount in {0}")]
    Unreadable(Currency),
}

impl Money {
    /// An amount of minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Whether it is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Reads a decimal text such as `12.50`, exactly; never through a float.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let unreadable = MoneyError::Unreadable(currency);
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return Err(unreadable);
        }
        let decimals = currency.decimals() as usize;
        let (kept, dropped) = fraction.split_at(fraction.len().min(decimals));
        if dropped.bytes().any(|byte| byte != b'0') {
            return Err(unreadable);
        }
        let text = format!("{whole}{kept:0<decimals$}");
        let minor: i64 = text.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self::new(sign * minor, currency))
    }

    /// The sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The difference of two amounts of one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// A price times a number of pieces.
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(count).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }

    /// The amount as a plain decimal, `1234.50`, for files and partners.
    pub fn to_decimal(self) -> String {
        let decimals = self.currency.decimals() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl fmt::Display for Money {
    /// For people: `¥1,234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = Self::new(self.minor.saturating_abs(), self.currency).to_decimal();
        let (whole, fraction) = decimal.split_once('.').unwrap_or((&decimal, ""));
        f.write_str(if self.minor < 0 { "-" } else { "" })?;
        f.write_str(self.currency.symbol())?;
        for (index, digit) in whole.char_indices() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if fraction.is_empty() { Ok(()) } else { write!(f, ".{fraction}") }
    }
}

/// Splits `total` minor units in proportion to `weights`, to the last unit: the largest-remainder
/// method (Hamilton), ties to the earlier part. Parts with weight 0 get nothing, unless all have.
///
/// # Panics
/// If a weight is negative: a share of a discount is never negative.
pub fn split(total: i64, weights: &[i64]) -> Vec<i64> {
    assert!(weights.iter().all(|&weight| weight >= 0), "weights are not negative");
    let sum: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
    if sum == 0 {
        return split_evenly(total, weights.len());
    }
    let magnitude = i128::from(total).abs();
    let mut parts: Vec<i128> =
        weights.iter().map(|&weight| magnitude * i128::from(weight) / sum).collect();
    let missing = magnitude - parts.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(magnitude * i128::from(weights[i]) % sum), i));
    for &index in order.iter().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
        parts[index] += 1;
    }
    let sign = i128::from(total.signum());
    // Each part is at most the total, which was an i64.
    parts.into_iter().map(|part| i64::try_from(sign * part).unwrap_or(total)).collect()
}

fn split_evenly(total: i64, count: usize) -> Vec<i64> {
    if count == 0 { Vec::new() } else { split(total, &vec![1; count]) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let read = |text| Money::parse(text, Currency::Cny).map(|money| money.minor);
        assert_eq!(read("12.5"), Ok(1250));
        assert_eq!(read("-0.01"), Ok(-1));
        assert_eq!(read("7"), Ok(700));
        assert_eq!(read("1.230"), Ok(123));
        for text in ["", ".", "1.234", "1e3", "１", "+1", "1,000", "--1", "NaN"] {
            assert_eq!(read(text), Err(MoneyError::Unreadable(Currency::Cny)), "{text}");
        }
        assert_eq!(read("99999999999999999999"), Err(MoneyError::Overflow));
        assert_eq!(Money::parse("1.234", Currency::Kwd).map(|m| m.minor), Ok(1234));
        assert_eq!(Money::parse("100", Currency::Jpy).map(|m| m.minor), Ok(100));
    }

    #[test]
    fn amounts_are_written_for_people_and_for_machines() {
        let money = Money::new(-123_456_789, Currency::Cny);
        assert_eq!(money.to_string(), "-¥1,234,567.89");
        assert_eq!(money.to_decimal(), "-1234567.89");
        assert_eq!(Money::new(5, Currency::Kwd).to_decimal(), "0.005");
        assert_eq!(Money::new(5_000, Currency::Jpy).to_string(), "¥5,000");
    }

    #[test]
    fn currencies_do_not_mix() {
        let (yuan, yen) = (Money::new(1, Currency::Cny), Money::new(1, Currency::Jpy));
        assert_eq!(
            yuan.checked_add(yen),
            Err(MoneyError::CurrencyMismatch(Currency::Cny, Currency::Jpy))
        );
    }

    proptest! {
        #[test]
        fn written_amounts_read_back(minor in any::<i64>(), which in 0..Currency::ALL.len()) {
            prop_assume!(minor != i64::MIN);
            let money = Money::new(minor, Currency::ALL[which]);
            prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency), Ok(money));
        }

        /// No part of a discount is lost, and no part is off by a whole unit.
        #[test]
        fn a_split_adds_up_and_is_fair(
            total in -1_000_000_000_i64..1_000_000_000,
            weights in proptest::collection::vec(0_i64..10_000_000, 1..30),
        ) {
            let parts = split(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            let sum: i128 = weights.iter().map(|&w| i128::from(w)).sum();
            if sum > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let exact = i128::from(total) * i128::from(*weight);
                    prop_assert!((i128::from(*part) * sum - exact).abs() < sum);
                    prop_assert!(*weight > 0 || *part == 0);
                }
            }
        }
    }
}
