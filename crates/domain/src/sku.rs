//! SKUs: the units that are stocked, counted and sold.
//!
//! Start at [`Sku`]. Its fields are plain; [`Sku::check`] says everything that is wrong with them,
//! and nothing is stored that does not pass.

use std::collections::BTreeMap;

use ordermill_base::{Currency, Money, Quantity, Timestamp};
use serde::Serialize;

use crate::code::coded;
use crate::ids::{CategoryId, SkuId};
use crate::pricing::{self, AMOUNT_MAX, TaxClass};
use crate::text::Text;

/// A unit that is stocked, counted and sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sku {
    /// Its key.
    #[serde(skip)]
    pub id: SkuId,
    /// What people and partners call it; unique.
    pub code: String,
    /// The barcode on it, if it has one; unique.
    pub gtin: Option<String>,
    /// Its full name.
    pub name: Text,
    /// A few sentences.
    pub description: Text,
    /// Its group in the shop.
    pub category: CategoryId,
    /// SKUs of one family are variants on one page; empty: it stands alone.
    pub family: String,
    /// What tells it from its siblings.
    pub variant: Text,
    /// The price on the tag of one piece.
    pub price: Money,
    /// The price in other currencies, minor units of each: set by people, never converted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<Currency, i64>,
    /// The price struck through, in minor units of the same currency.
    pub list_price_minor: Option<i64>,
    /// What one piece costs the shop, in minor units of the same currency.
    pub cost_minor: Option<i64>,
    /// Which rate of tax it bears.
    pub tax_class: TaxClass,
    /// Of one piece with its own packing.
    pub weight_grams: u32,
    /// Length, width and height of one piece with its own packing.
    pub dimensions_mm: [u32; 3],
    /// What the warehouse and carriers must mind.
    pub handling: Handling,
    /// Days from packing to expiry; only such goods are kept in lots.
    pub shelf_life_days: Option<i64>,
    /// Whether it is on sale.
    pub is_active: bool,
    /// At or below this many available pieces, order again; 0: never.
    pub reorder_point: i64,
    /// What to offer in its place, best first.
    pub substitutes: Vec<SkuId>,
    /// The name of its picture or drawing.
    pub art: Option<String>,
    /// Grows with every change.
    #[serde(skip)]
    pub version: i64,
    /// When it last changed.
    #[serde(skip)]
    pub updated_at: Timestamp,
}

/// What the warehouse and carriers must mind about a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Handling {
    /// Breaks; needs padding.
    pub is_fragile: bool,
    /// Kept behind a lock and counted at every touch.
    pub is_high_value: bool,
    /// Kept in lots with an expiry date, first expired first out.
    pub is_perishable: bool,
    /// Flammable or with a battery; carriers must be told.
    pub is_hazardous: bool,
    /// Fits no standard carton.
    pub is_oversized: bool,
}

coded! {
    /// One thing that the warehouse and carriers must mind.
    enum HandlingFlag {
        /// Breaks.
        Fragile = "fragile",
        /// Kept behind a lock.
        HighValue = "high_value",
        /// Kept in lots.
        Perishable = "perishable",
        /// Carriers must be told.
        Hazardous = "hazardous",
        /// Fits no standard carton.
        Oversized = "oversized",
    }
}

impl Handling {
    /// What must be minded of either of two things.
    pub const fn or(self, other: Self) -> Self {
        Self {
            is_fragile: self.is_fragile || other.is_fragile,
            is_high_value: self.is_high_value || other.is_high_value,
            is_perishable: self.is_perishable || other.is_perishable,
            is_hazardous: self.is_hazardous || other.is_hazardous,
            is_oversized: self.is_oversized || other.is_oversized,
        }
    }

    /// Whether this must be minded.
    pub const fn has(&self, flag: HandlingFlag) -> bool {
        match flag {
            HandlingFlag::Fragile => self.is_fragile,
            HandlingFlag::HighValue => self.is_high_value,
            HandlingFlag::Perishable => self.is_perishable,
            HandlingFlag::Hazardous => self.is_hazardous,
            HandlingFlag::Oversized => self.is_oversized,
        }
    }
}

/// A field with a value that it cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}")]
pub struct Invalid {
    /// The name of the field, as in files and APIs.
    pub field: &'static str,
    /// What it should be.
    pub expected: &'static str,
}

impl Sku {
    /// The most substitutes that a SKU may name.
    pub const SUBSTITUTES_MAX: usize = 10;

    /// A SKU with nothing but what every SKU has; the rest is plain fields.
    pub fn new(id: SkuId, code: impl Into<String>, name: Text, price: Money) -> Self {
        Self {
            id,
            code: code.into(),
            gtin: None,
            name,
            description: Text::default(),
            category: ordermill_base::Id::from_raw(0),
            family: String::new(),
            variant: Text::default(),
            price,
            prices: BTreeMap::new(),
            list_price_minor: None,
            cost_minor: None,
            tax_class: TaxClass::Standard,
            weight_grams: 0,
            dimensions_mm: [0; 3],
            handling: Handling::default(),
            shelf_life_days: None,
            is_active: true,
            reorder_point: 0,
            substitutes: Vec::new(),
            art: None,
            version: 1,
            updated_at: Timestamp::from_micros(0),
        }
    }

    /// Its name without what tells it from its siblings: "Mug" of "Mug, Mist blue".
    pub fn family_name(&self) -> Text {
        let stem = |name: &str, variant: &str| {
            let stem = name.strip_suffix(variant).unwrap_or(name);
            let stem = stem.trim_end_matches([' ', ',', '，', '·', '-', '/']);
            if stem.is_empty() || variant.is_empty() { name.to_owned() } else { stem.to_owned() }
        };
        let (name, variant) = (&self.name, &self.variant);
        Text { zh: stem(&name.zh, &variant.zh), en: stem(&name.en, &variant.en) }
    }

    /// The price of one piece in a currency, if it is sold in it.
    pub fn price_in(&self, currency: Currency) -> Option<Money> {
        if currency == self.price.currency {
            return Some(self.price);
        }
        self.prices.get(&currency).map(|minor| Money::new(*minor, currency))
    }

    /// A line of so many pieces at this price, as pricing wants it.
    pub fn pricing_line(&self, quantity: Quantity, unit_price: Money) -> pricing::Line<'_> {
        pricing::Line {
            sku: self.id,
            quantity,
            unit_price,
            categories: std::slice::from_ref(&self.category),
            tax_class: self.tax_class,
            weight_grams: self.weight_grams,
            dimensions_mm: self.dimensions_mm,
            hazardous: self.handling.is_hazardous,
        }
    }

    /// Everything that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<Invalid>> {
        let mut wrong = Vec::new();
        check_code(&self.code, &mut wrong);
        check_name(&self.name, &mut wrong);
        let mut must = |holds: bool, field, expected| {
            if !holds {
                wrong.push(Invalid { field, expected });
            }
        };
        let is_amount = |minor: i64| (0..=AMOUNT_MAX).contains(&minor);
        must(
            self.gtin.as_deref().is_none_or(is_gtin),
            "gtin",
            "8, 12, 13 or 14 digits with the right check digit",
        );
        must(is_amount(self.price.minor), "price", "an amount that is not negative");
        must(
            self.prices.values().copied().all(is_amount)
                && !self.prices.contains_key(&self.price.currency),
            "prices",
            "amounts that are not negative, in other currencies than the price",
        );
        must(
            self.list_price_minor.is_none_or(|minor| is_amount(minor) && minor >= self.price.minor),
            "list_price",
            "empty, or an amount not below the price",
        );
        must(self.cost_minor.is_none_or(is_amount), "cost", "empty, or an amount not negative");
        must(self.reorder_point >= 0, "reorder_point", "zero or more pieces");
        must(
            self.shelf_life_days.is_none_or(|days| (1..=36_500).contains(&days)),
            "shelf_life_days",
            "empty, or 1 to 36500 days",
        );
        must(
            self.substitutes.len() <= Self::SUBSTITUTES_MAX
                && !self.substitutes.contains(&self.id)
                && (1..self.substitutes.len())
                    .all(|at| !self.substitutes[..at].contains(&self.substitutes[at])),
            "substitutes",
            "at most 10 other SKUs, each once",
        );
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// A code is what people type and labels carry.
pub(crate) fn check_code(code: &str, wrong: &mut Vec<Invalid>) {
    let is_printable = |letter: char| !letter.is_whitespace() && !letter.is_control();
    if code.is_empty() || code.len() > 64 || !code.chars().all(is_printable) {
        wrong.push(Invalid { field: "code", expected: "1 to 64 bytes without spaces" });
    }
}

pub(crate) fn check_name(name: &Text, wrong: &mut Vec<Invalid>) {
    if name.is_empty() || name.zh.len() > 300 || name.en.len() > 300 {
        wrong.push(Invalid { field: "name", expected: "1 to 300 bytes in Chinese or English" });
    }
}

/// Whether a text is a GTIN of GS1: 8, 12, 13 or 14 digits of which the last checks the others.
pub fn is_gtin(text: &str) -> bool {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|digit| digit.is_ascii_digit())
    {
        return false;
    }
    let digits = text.bytes().rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 =
        digits.zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    #[test]
    fn siblings_share_the_name_of_their_family() {
        let mut mug = bowl();
        mug.name = Text::new("马克杯 雾蓝 350 毫升", "Mug, Mist blue, 350 ml");
        mug.variant = Text::new("雾蓝 350 毫升", "Mist blue, 350 ml");
        assert_eq!(mug.family_name(), Text::new("马克杯", "Mug"));
        mug.variant = Text::new("马克杯 雾蓝 350 毫升", "");
        assert_eq!(mug.family_name(), mug.name, "a name never becomes empty");
    }

    fn bowl() -> Sku {
        let price = Money::new(5_900, Currency::Cny);
        Sku::new(SkuId::from_raw(1), "CER-BOWL", Text::new("碗", "Bowl"), price)
    }

    #[test]
    fn barcodes_carry_their_own_check() {
        for good in ["4006381333931", "036000291452", "73513537", "10614141000415"] {
            assert!(is_gtin(good), "{good}");
        }
        for bad in ["4006381333932", "036000291453", "", "40063813339", "40063813339３1"] {
            assert!(!is_gtin(bad), "{bad}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        assert_eq!(bowl().check(), Ok(()));
        let mut sku = bowl();
        sku.code = "has space".to_owned();
        sku.name = Text::default();
        sku.price.minor = -1;
        sku.gtin = Some("123".to_owned());
        sku.substitutes = vec![sku.id];
        let fields: Vec<_> = sku.check().unwrap_err().iter().map(|wrong| wrong.field).collect();
        assert_eq!(fields, ["code", "name", "gtin", "price", "substitutes"]);
    }

    #[test]
    fn a_price_in_another_currency_is_the_one_that_was_set() {
        let sku = Sku { prices: BTreeMap::from([(Currency::Jpy, 1_280)]), ..bowl() };
        assert_eq!(sku.check(), Ok(()));
        assert_eq!(sku.price_in(Currency::Cny), Some(sku.price));
        assert_eq!(sku.price_in(Currency::Jpy), Some(Money::new(1_280, Currency::Jpy)));
        assert_eq!(sku.price_in(Currency::Usd), None, "nothing is converted");
        let twice = Sku { prices: BTreeMap::from([(Currency::Cny, 1)]), ..bowl() };
        assert_eq!(twice.check().unwrap_err()[0].field, "prices");
    }

    #[test]
    fn a_struck_through_price_is_never_below_the_price() {
        let sku = Sku { list_price_minor: Some(5_800), ..bowl() };
        assert_eq!(sku.check().unwrap_err()[0].field, "list_price");
    }
}
