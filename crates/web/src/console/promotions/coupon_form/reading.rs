//! A coupon as its form shows it, and the form as a coupon.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use ordermill_base::{Currency, Money, Timestamp};
use ordermill_domain::coupon::Coupon;
use ordermill_domain::pricing;
use ordermill_domain::pricing::BasisPoints;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::text::Text;
use ordermill_pages::Words;
use ordermill_pages::console::coupons::CouponEntered;

use super::super::coupons::percent;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;

const REASON_CHARS_MAX: usize = 200;

/// Names of fields and what is wrong with them.
pub(in crate::console::promotions) type Wrong = Vec<(&'static str, String)>;

/// What was entered.
pub(super) fn entered(pairs: &Pairs) -> CouponEntered {
    CouponEntered {
        code: pairs.one("code"),
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        benefit: pairs.one("benefit"),
        value: pairs.one("value"),
        currency: pairs.one("currency"),
        cap: pairs.one("cap"),
        min_spend: pairs.one("min_spend"),
        scope: pairs.one("scope"),
        scope_codes: pairs.one("scope_codes"),
        valid_from: pairs.one("valid_from"),
        valid_until: pairs.one("valid_until"),
        uses_max: pairs.one("uses_max"),
        uses_per_customer_max: pairs.one("uses_per_customer_max"),
        first_order_only: pairs.one("first_order_only"),
        stacking_group: pairs.one("stacking_group"),
        reason: pairs.one("reason"),
    }
}

impl Desk {
    /// A coupon as its form shows it.
    pub(super) fn shown_coupon(&self, coupon: &Coupon) -> CouponEntered {
        let catalog = self.site.services().catalog();
        let rule = &coupon.rule;
        let amount = |amount: Option<Money>| amount.map(Money::to_decimal).unwrap_or_default();
        let count = |count: Option<u64>| count.map(|it| it.to_string()).unwrap_or_default();
        let (kind, value, cap) = match rule.benefit {
            Benefit::PercentOff { share, cap } => ("percent_off", percent(share), cap),
            Benefit::AmountOff(off) => ("amount_off", off.to_decimal(), None),
            Benefit::FreeFreight { cap } => ("free_freight", String::new(), cap),
        };
        let off = match rule.benefit {
            Benefit::AmountOff(off) => Some(off),
            Benefit::PercentOff { .. } | Benefit::FreeFreight { .. } => None,
        };
        let currency = off.or(cap).or(rule.min_spend).map(|amount| amount.currency);
        let (scope, scope_codes) = self.shown_scope(&rule.scope);
        CouponEntered {
            code: coupon.code.clone(),
            name_zh: coupon.name.zh.clone(),
            name_en: coupon.name.en.clone(),
            benefit: kind.to_owned(),
            value,
            currency: currency.unwrap_or(catalog.shop.currency).code().to_owned(),
            cap: amount(cap),
            min_spend: amount(rule.min_spend),
            scope,
            scope_codes,
            valid_from: self.local(rule.valid_from),
            valid_until: self.local(rule.valid_until),
            uses_max: count(rule.uses_max),
            uses_per_customer_max: count(rule.uses_per_customer_max),
            first_order_only: if rule.first_order_only { "1".to_owned() } else { String::new() },
            stacking_group: match rule.stacking {
                Stacking::Exclusive => String::new(),
                Stacking::Group(group) => group.to_string(),
            },
            reason: String::new(),
        }
    }

    /// A scope as a form has it: which kind, and the codes.
    pub(in crate::console::promotions) fn shown_scope(&self, scope: &Scope) -> (String, String) {
        let catalog = self.site.services().catalog();
        let (scope, codes): (&str, Vec<String>) = match scope {
            Scope::All => ("all", Vec::new()),
            Scope::Categories(ids) => {
                let code = |id| catalog.category(id).map(|it| it.code.clone());
                ("categories", ids.iter().filter_map(|id| code(*id)).collect())
            }
            Scope::Skus(ids) => {
                let code = |id| catalog.sku(id).map(|it| it.code.clone());
                ("skus", ids.iter().filter_map(|id| code(*id)).collect())
            }
        };
        (scope.to_owned(), codes.join(" "))
    }

    /// A moment in the time of the shop, as a field of a form has it.
    pub(in crate::console::promotions) fn local(&self, at: Option<Timestamp>) -> String {
        let zone = self.shell().site.zone.clone();
        at.map(|at| at.to_jiff().to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string())
            .unwrap_or_default()
    }

    /// A moment in the time of the shop.
    fn moment_of(&self, text: &str) -> Option<Timestamp> {
        let local: DateTime = text.parse().ok()?;
        let at = local.to_zoned(self.shell().site.zone.clone()).ok()?;
        Some(Timestamp::from_micros(at.timestamp().as_microsecond()))
    }
}

/// Reads numbers, amounts, codes and moments, and names everything that is wrong at once.
pub(in crate::console::promotions) struct Reader<'a> {
    pub(in crate::console::promotions) desk: &'a Desk,
    pub(in crate::console::promotions) t: Words,
    pub(in crate::console::promotions) currency: Currency,
    pub(in crate::console::promotions) wrong: Wrong,
}

impl Reader<'_> {
    fn amount(&mut self, name: &'static str, text: &str) -> Option<Money> {
        if text.is_empty() {
            return None;
        }
        let amount = Money::parse(text, self.currency).ok().filter(|amount| amount.minor >= 0);
        if amount.is_none() {
            self.wrong.push((name, self.t.coupon_amount_wrong().to_owned()));
        }
        amount
    }

    fn benefit(&mut self, entered: &CouponEntered) -> Option<Benefit> {
        let cap = self.amount("cap", &entered.cap);
        match entered.benefit.as_str() {
            "percent_off" => {
                let share = basis_points(&entered.value);
                if share.is_none() {
                    self.wrong.push(("value", self.t.coupon_percent_wrong().to_owned()));
                }
                share.map(|share| Benefit::PercentOff { share, cap })
            }
            "amount_off" => {
                let amount = Money::parse(&entered.value, self.currency).ok();
                let amount = amount.filter(|amount| amount.minor > 0);
                if amount.is_none() {
                    self.wrong.push(("value", self.t.coupon_value_wrong().to_owned()));
                }
                amount.map(Benefit::AmountOff)
            }
            "free_freight" => Some(Benefit::FreeFreight { cap }),
            _ => {
                self.wrong.push(("benefit", self.t.settings_choose().to_owned()));
                None
            }
        }
    }

    pub(in crate::console::promotions) fn scope(
        &mut self,
        scope: &str,
        scope_codes: &str,
    ) -> Option<Scope> {
        let catalog = self.desk.site.services().catalog();
        let is_between =
            |letter: char| letter.is_whitespace() || matches!(letter, ',' | '，' | '、');
        let codes: Vec<&str> =
            scope_codes.split(is_between).filter(|code| !code.is_empty()).collect();
        let mut unknown = |code: &str| {
            self.wrong.push(("scope_codes", self.t.coupon_code_unknown(code)));
        };
        match scope {
            "all" => Some(Scope::All),
            "categories" => {
                let mut found = BTreeSet::new();
                for code in codes {
                    match catalog.category_by_code(code) {
                        Some(category) => drop(found.insert(category.id)),
                        None => unknown(code),
                    }
                }
                Some(Scope::Categories(found))
            }
            "skus" => {
                let mut found = BTreeSet::new();
                for code in codes {
                    match catalog.by_code(code) {
                        Some(sku) => drop(found.insert(sku.id)),
                        None => unknown(code),
                    }
                }
                Some(Scope::Skus(found))
            }
            _ => {
                self.wrong.push(("scope", self.t.settings_choose().to_owned()));
                None
            }
        }
    }

    pub(in crate::console::promotions) fn moment(
        &mut self,
        name: &'static str,
        text: &str,
    ) -> Option<Timestamp> {
        if text.is_empty() {
            return None;
        }
        let at = self.desk.moment_of(text);
        if at.is_none() {
            self.wrong.push((name, self.t.coupon_moment_wrong().to_owned()));
        }
        at
    }

    pub(in crate::console::promotions) fn count<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        text: &str,
        wrong: &str,
    ) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        let count = text.parse().ok();
        if count.is_none() {
            self.wrong.push((name, wrong.to_owned()));
        }
        count
    }
}

/// Percent with at most two decimals; more than nothing.
fn basis_points(text: &str) -> Option<BasisPoints> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 2 {
        return None;
    }
    let hundredths: u32 = format!("{part:0<2}").parse().ok()?;
    let points = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
    BasisPoints::new(points).ok().filter(|share| share.get() > 0)
}

/// What was entered, as a coupon without an id.
pub(super) fn read(desk: &Desk, entered: &CouponEntered) -> Result<Coupon, Wrong> {
    let t = desk.t();
    let currency = entered.currency.parse::<Currency>();
    let mut wrong = Vec::new();
    if currency.is_err() {
        wrong.push(("currency", t.settings_choose().to_owned()));
    }
    if entered.reason.chars().count() > REASON_CHARS_MAX {
        wrong.push(("reason", t.order_remark_missing().to_owned()));
    }
    let currency = currency.unwrap_or(Currency::Cny);
    let mut reader = Reader { desk, t, currency, wrong };
    let benefit = reader.benefit(entered);
    let min_spend = reader.amount("min_spend", &entered.min_spend);
    let scope = reader.scope(&entered.scope, &entered.scope_codes);
    let valid_from = reader.moment("valid_from", &entered.valid_from);
    let valid_until = reader.moment("valid_until", &entered.valid_until);
    let uses_max = reader.count("uses_max", &entered.uses_max, t.coupon_count_wrong());
    let per_customer = &entered.uses_per_customer_max;
    let uses_per_customer_max =
        reader.count("uses_per_customer_max", per_customer, t.coupon_count_wrong());
    let group: Option<u32> =
        reader.count("stacking_group", &entered.stacking_group, t.coupon_group_wrong());
    match (benefit, scope) {
        (Some(benefit), Some(scope)) if reader.wrong.is_empty() => Ok(Coupon {
            code: entered.code.clone(),
            name: Text::new(entered.name_zh.as_str(), entered.name_en.as_str()),
            rule: pricing::Coupon {
                id: ordermill_base::Id::from_raw(0),
                benefit,
                scope,
                min_spend,
                valid_from,
                valid_until,
                uses_max,
                uses_per_customer_max,
                first_order_only: entered.first_order_only == "1",
                stacking: group.map_or(Stacking::Exclusive, Stacking::Group),
            },
            is_active: true,
            version: 1,
        }),
        _ => Err(reader.wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_have_at_most_two_decimals() {
        let read = |text| basis_points(text).map(BasisPoints::get);
        assert_eq!(
            ["12.5", "100", "0.01", "5"].map(read),
            [Some(1_250), Some(10_000), Some(1), Some(500)]
        );
        for wrong in ["", "0", "0.00", "100.01", "12.345", "-1", "1e2", ".5", "5.", "abc"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
