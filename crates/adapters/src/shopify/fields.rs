//! Takes known fields out of a JSON object and keeps the rest as it was written.
//!
//! Values stay raw text until somebody asks for them as something, so a number keeps its digits
//! (`13.50` does not become 13.5, nor pass through a float) and what nobody asks for is not lost.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ordermill_base::Timestamp;
use ordermill_ports::channel::{Amount, Attribute, Unmapped};
use serde_json::value::RawValue;

/// One thing that an object lacks or writes in a way we cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, `line_items[2].price`.
    pub path: String,
    /// What was expected there.
    pub expected: &'static str,
    /// Whether nothing was there at all.
    pub is_missing: bool,
}

/// Collects what is wrong with one document, so that it is told all at once.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    fn add(&self, path: String, expected: &'static str, is_missing: bool) {
        self.0.borrow_mut().push(Problem { path, expected, is_missing });
    }

    pub(super) fn into_list(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

type RawFields = BTreeMap<String, Box<RawValue>>;

/// The fields of one object that were not taken yet.
pub(super) struct Fields<'p> {
    path: String,
    left: RawFields,
    problems: &'p Problems,
}

impl<'p> Fields<'p> {
    /// Reads an object; anything else is a problem and has no fields.
    pub(super) fn read(json: &str, path: String, problems: &'p Problems) -> Self {
        let left = serde_json::from_str(json).unwrap_or_else(|_| {
            problems.add(path.clone(), "an object", false);
            RawFields::new()
        });
        Self { path, left, problems }
    }

    /// Everything that was not taken, without nulls.
    pub(super) fn rest(self) -> Unmapped {
        let present = self.left.into_iter().filter(|(_, raw)| raw.get() != "null");
        present.map(|(name, raw)| (name, raw.get().to_owned())).collect()
    }

    /// A text, or the digits of a number. Empty and null are the same as absent.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let raw = self.take(name)?;
        match text_of(&raw) {
            Some(text) => Some(text).filter(|text| !text.is_empty()),
            None => self.unreadable(name, "a text"),
        }
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.missing(name, "a text");
            String::new()
        })
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let raw = self.take(name)?;
        match raw.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => self.unreadable(name, "true or false"),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn count<N: std::str::FromStr>(&mut self, name: &str) -> Option<N> {
        let raw = self.take(name)?;
        match text_of(&raw).and_then(|text| text.parse().ok()) {
            Some(count) => Some(count),
            None => self.unreadable(name, "a whole number"),
        }
    }

    /// A moment with its offset from UTC.
    pub(super) fn moment(&mut self, name: &str) -> Option<Timestamp> {
        let raw = self.take(name)?;
        match text_of(&raw).and_then(|text| text.parse().ok()) {
            Some(moment) => Some(moment),
            None => self.unreadable(name, "a moment by RFC 3339"),
        }
    }

    /// An amount in the shop's currency, with what the buyer saw from the field's `…_set`.
    pub(super) fn amount(&mut self, name: &str, currency: &str) -> Option<Amount> {
        let raw = self.take(name)?;
        let Some(decimal) = text_of(&raw).filter(|text| is_decimal(text)) else {
            return self.unreadable(name, "a decimal amount");
        };
        let plain = Amount { decimal, currency: currency.to_owned(), presentment: None };
        let set_name = format!("{name}_set");
        match self.left.get(&set_name).and_then(|raw| amount_of_set(raw)) {
            // A set that tells the same is used up; one that differs stays among the unmapped.
            Some(set) if set.decimal == plain.decimal && set.currency == plain.currency => {
                self.left.remove(&set_name);
                Some(set)
            }
            Some(set) => Some(Amount { presentment: set.presentment, ..plain }),
            None => Some(plain),
        }
    }

    /// An amount that is given as a set of currencies only.
    pub(super) fn amount_set(&mut self, name: &str) -> Option<Amount> {
        let raw = self.take(name)?;
        match amount_of_set(&raw) {
            Some(amount) => Some(amount),
            None => self.unreadable(name, "an amount in the shop's and the buyer's currency"),
        }
    }

    /// Says that an amount must be there, and stands in for it.
    pub(super) fn required(&self, name: &str, amount: Option<Amount>) -> Amount {
        amount.unwrap_or_else(|| {
            self.missing(name, "a decimal amount");
            Amount { decimal: String::new(), currency: String::new(), presentment: None }
        })
    }

    /// The elements of a list, each an object. Absent and null are an empty list.
    pub(super) fn objects(&mut self, name: &str) -> Vec<Self> {
        let Some(raw) = self.take(name) else { return Vec::new() };
        let Ok(elements) = serde_json::from_str::<Vec<Box<RawValue>>>(raw.get()) else {
            self.problems.add(self.at(name), "a list", false);
            return Vec::new();
        };
        let numbered = elements.iter().enumerate();
        numbered
            .map(|(index, raw)| {
                Self::read(raw.get(), format!("{}[{index}]", self.at(name)), self.problems)
            })
            .collect()
    }

    /// An object inside this one.
    pub(super) fn object(&mut self, name: &str) -> Option<Self> {
        let raw = self.take(name)?;
        Some(Self::read(raw.get(), self.at(name), self.problems))
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(raw) = self.take(name) else { return Vec::new() };
        serde_json::from_str(raw.get()).unwrap_or_else(|_| {
            self.problems.add(self.at(name), "a list of texts", false);
            Vec::new()
        })
    }

    /// A list of `{name, value}`; a value that is no text is kept as JSON.
    pub(super) fn attributes(&mut self, name: &str) -> Vec<Attribute> {
        let pairs = self.objects(name).into_iter();
        pairs
            .map(|mut pair| {
                let name = pair.required_text("name");
                let raw = pair.take("value");
                let value = raw.map(|raw| text_of(&raw).unwrap_or_else(|| raw.get().to_owned()));
                Attribute { name, value: value.unwrap_or_default() }
            })
            .collect()
    }

    /// Puts back what is left of an object that was taken from here.
    pub(super) fn give_back(&mut self, name: &str, object: Self) {
        let rest: RawFields =
            object.left.into_iter().filter(|(_, raw)| raw.get() != "null").collect();
        if !rest.is_empty()
            && let Ok(raw) = serde_json::value::to_raw_value(&rest)
        {
            self.left.insert(name.to_owned(), raw);
        }
    }

    /// A field as it was written, which stays where it is.
    pub(super) fn peek(&self, name: &str) -> Option<&RawValue> {
        self.left.get(name).map(AsRef::as_ref)
    }

    /// Says that something must be there, unless it was there and could not be read.
    pub(super) fn missing(&self, name: &str, expected: &'static str) {
        let path = self.at(name);
        if !self.problems.0.borrow().iter().any(|problem| problem.path == path) {
            self.problems.add(path, expected, true);
        }
    }

    fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        self.left.remove(name).filter(|raw| raw.get() != "null")
    }

    fn unreadable<T>(&self, name: &str, expected: &'static str) -> Option<T> {
        self.problems.add(self.at(name), expected, false);
        None
    }

    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// A JSON text unescaped, or a JSON number exactly as written.
fn text_of(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'-' | b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

/// Digits with at most one point inside and perhaps a minus before; no exponent.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    is_number(whole) && is_number(fraction)
}

fn amount_of_set(raw: &RawValue) -> Option<Amount> {
    #[derive(serde::Deserialize)]
    struct Set {
        shop_money: Side,
        presentment_money: Option<Side>,
    }
    #[derive(serde::Deserialize)]
    struct Side {
        amount: Box<RawValue>,
        currency_code: String,
    }
    let amount = |side: Side| {
        let decimal = text_of(&side.amount).filter(|text| is_decimal(text))?;
        Some(Amount { decimal, currency: side.currency_code, presentment: None })
    };
    let set: Set = serde_json::from_str(raw.get()).ok()?;
    let shop = amount(set.shop_money)?;
    let presentment = match set.presentment_money {
        Some(side) => Some(amount(side)?).filter(|it| it.currency != shop.currency),
        None => None,
    };
    Some(Amount { presentment: presentment.map(Box::new), ..shop })
}
