//! Coupons as the shop keeps them: a code that buyers type, a name that they read, and the rule that
//! prices are made by.
//!
//! The rule itself is [`pricing::Coupon`]. How often a coupon was used is counted beside it and is no
//! part of what people edit; a use that was given back, because its order ended, does not count.

use serde::Serialize;

use crate::ids::CouponId;
use crate::pricing::coupon::Benefit;
use crate::pricing::{self, AMOUNT_MAX};
use crate::sku::{Invalid, check_name};
use crate::text::Text;

/// A coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coupon {
    /// What the buyer types, as [`normalized`]; unique.
    pub code: String,
    /// What the buyer reads.
    pub name: Text,
    /// What it gives, on what, when and how often.
    #[serde(flatten)]
    pub rule: pricing::Coupon,
    /// Whether it can be used.
    pub is_active: bool,
    /// Grows with every edit.
    #[serde(skip)]
    pub version: i64,
}

/// The most letters of a code.
pub const CODE_MAX: usize = 40;

/// A code as it is stored: without blanks around it, in capital letters. `None` if it cannot be one.
pub fn normalized(code: &str) -> Option<String> {
    let code = code.trim().to_uppercase();
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let length = code.chars().count();
    ((1..=CODE_MAX).contains(&length) && code.chars().all(is_letter)).then_some(code)
}

impl Coupon {
    /// Its key.
    pub const fn id(&self) -> CouponId {
        self.rule.id
    }

    /// Everything that is wrong with it.
    pub fn check(&self) -> Result<(), Vec<Invalid>> {
        let mut wrong = Vec::new();
        let rule = &self.rule;
        check_name(&self.name, &mut wrong);
        let mut must = |holds: bool, field, expected| {
            if !holds {
                wrong.push(Invalid { field, expected });
            }
        };
        let is_code = normalized(&self.code).is_some_and(|code| code == self.code);
        must(is_code, "code", "1 to 40 capital letters, digits, -, _ or .");
        let mut amounts = Vec::new();
        match rule.benefit {
            Benefit::PercentOff { share, cap } => {
                must(share.get() > 0, "value", "more than 0 % and at most 100 %");
                amounts.extend(cap);
            }
            Benefit::AmountOff(amount) => {
                must(amount.minor > 0, "value", "an amount above zero");
                amounts.push(amount);
            }
            Benefit::FreeFreight { cap } => amounts.extend(cap),
        }
        amounts.extend(rule.min_spend);
        must(
            amounts.iter().all(|amount| (0..=AMOUNT_MAX).contains(&amount.minor)),
            "amounts",
            "not negative",
        );
        must(
            amounts.windows(2).all(|two| two[0].currency == two[1].currency),
            "amounts",
            "of one currency",
        );
        must(rule.scope.is_named(), "scope_codes", "at least one category or SKU, or everything");
        let is_ordered = rule.valid_from.zip(rule.valid_until).is_none_or(|(from, to)| from < to);
        must(is_ordered, "valid_until", "empty, or after its beginning");
        let is_count = |max: Option<u64>| max.is_none_or(|max| (1..=1_000_000_000).contains(&max));
        must(is_count(rule.uses_max), "uses_max", "empty, or 1 to 1000000000");
        must(
            is_count(rule.uses_per_customer_max),
            "uses_per_customer_max",
            "empty, or 1 to 1000000000",
        );
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use crate::pricing::coupon::Scope;
    use ordermill_base::{Currency, Id, Money, Timestamp};

    use super::*;
    use crate::pricing::coupon::Stacking;

    fn ten_off() -> Coupon {
        let rule = pricing::Coupon {
            id: CouponId::from_raw(1),
            benefit: Benefit::AmountOff(Money::new(1_000, Currency::Cny)),
            scope: Scope::All,
            min_spend: Some(Money::new(9_900, Currency::Cny)),
            valid_from: None,
            valid_until: None,
            uses_max: Some(500),
            uses_per_customer_max: Some(1),
            first_order_only: false,
            stacking: Stacking::Exclusive,
        };
        let name = Text::new("立减十元", "¥10 off");
        Coupon { code: "TEN-OFF".to_owned(), name, rule, is_active: true, version: 1 }
    }

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        assert_eq!(normalized(" save30\n").as_deref(), Some("SAVE30"));
        assert_eq!(normalized("双十一").as_deref(), Some("双十一"));
        for bad in ["", "   ", "a b", "<script>", &"x".repeat(41)] {
            assert_eq!(normalized(bad), None, "{bad}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        assert_eq!(ten_off().check(), Ok(()));
        let mut coupon = ten_off();
        coupon.code = "ten off".to_owned();
        coupon.name = Text::default();
        coupon.rule.benefit = Benefit::AmountOff(Money::new(0, Currency::Usd));
        coupon.rule.scope = Scope::Skus([].into());
        coupon.rule.valid_from = Some(Timestamp::from_micros(5));
        coupon.rule.valid_until = Some(Timestamp::from_micros(5));
        coupon.rule.uses_max = Some(0);
        let fields: Vec<_> = coupon.check().unwrap_err().iter().map(|wrong| wrong.field).collect();
        assert_eq!(
            fields,
            ["name", "code", "value", "amounts", "scope_codes", "valid_until", "uses_max"]
        );
    }
}
