//! Gifts (赠品): goods that come along with an order for nothing, by rules of the shop.
//!
//! Start at [`gifts_for`]. A gift is a line of its own at price 0, added before anybody reviews the
//! order. It changes no amount: neither freight nor tax nor points, and what an order is worth to a rule
//! is what its goods cost behind all discounts. Whether there is stock for it is not asked here.

use std::collections::BTreeSet;

use ordermill_base::{Currency, Money, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use super::AMOUNT_MAX;
use super::coupon::Scope;
use crate::ids::{CategoryId, ChannelId, SkuId};
use crate::sku::{Invalid, check_name};
use crate::text::Text;

/// Rules of a shop at most, those out of use included.
pub const RULES_MAX: usize = 50;
/// The highest number of a rule.
const NUMBER_MAX: u32 = 1_000_000;
/// Pieces that one rule gives to one order at most.
pub const PIECES_MAX: i64 = 100;

/// Every rule of a shop. Each gives its gift at most once to an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GiftRules(pub Vec<GiftRule>);

/// Who gets which gift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiftRule {
    /// What lines of orders name it by, from 1; it stays with the rule.
    pub number: u32,
    /// What the buyer reads.
    pub name: Text,
    /// What is given.
    pub gift: SkuId,
    /// How many pieces of it.
    pub pieces: Quantity,
    /// The goods that count.
    pub scope: Scope,
    /// The least amount of goods that count, after all discounts. Orders in another currency do not
    /// get the gift, as nothing is converted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_spend: Option<Money>,
    /// The least number of pieces that count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_pieces: Option<Quantity>,
    /// From this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until just before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// The channels whose orders get it; of none: all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<ChannelId>,
    /// Whether it is in use.
    pub is_active: bool,
}

/// What a rule asks of an order.
#[derive(Debug, Clone, Copy)]
pub struct Basket<'a> {
    /// When it comes in.
    pub at: Timestamp,
    /// Where from.
    pub channel: ChannelId,
    /// Its currency.
    pub currency: Currency,
    /// What is bought.
    pub lines: &'a [Bought<'a>],
}

/// Pieces of one SKU that are bought.
#[derive(Debug, Clone, Copy)]
pub struct Bought<'a> {
    /// What.
    pub sku: SkuId,
    /// The categories that it is in.
    pub categories: &'a [CategoryId],
    /// How many.
    pub quantity: Quantity,
    /// What they cost after all discounts, minor units.
    pub net_minor: i64,
}

/// What comes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gift {
    /// The number of the rule that gives it.
    pub rule: u32,
    /// What.
    pub sku: SkuId,
    /// How many.
    pub quantity: Quantity,
}

/// The gifts that come along with an order, in the order of the rules.
pub fn gifts_for(rules: &GiftRules, order: &Basket<'_>) -> Vec<Gift> {
    let given = rules.0.iter().filter(|rule| rule.is_for(order));
    given.map(|rule| Gift { rule: rule.number, sku: rule.gift, quantity: rule.pieces }).collect()
}

impl GiftRule {
    /// Whether its time is now, and it is in use.
    pub fn is_on(&self, at: Timestamp) -> bool {
        self.is_active
            && self.valid_from.is_none_or(|from| at >= from)
            && self.valid_until.is_none_or(|until| at < until)
    }

    fn is_for(&self, order: &Basket<'_>) -> bool {
        let is_its_channel = self.channels.is_empty() || self.channels.contains(&order.channel);
        if !self.is_on(order.at) || !is_its_channel {
            return false;
        }
        let mut counted = order.lines.iter().filter(|line| self.covers(line)).peekable();
        if counted.peek().is_none() {
            return false;
        }
        let (pieces, net_minor) = counted.fold((0_i64, 0_i64), |(pieces, net), line| {
            (pieces.saturating_add(line.quantity.get()), net.saturating_add(line.net_minor))
        });
        self.min_pieces.is_none_or(|least| pieces >= least.get())
            && self
                .min_spend
                .is_none_or(|least| least.currency == order.currency && net_minor >= least.minor)
    }

    fn covers(&self, line: &Bought<'_>) -> bool {
        self.scope.covers(line.sku, line.categories)
    }

    /// Everything that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let mut wrong = Vec::new();
        check_name(&self.name, &mut wrong);
        let mut must = |holds: bool, field, expected| {
            if !holds {
                wrong.push(Invalid { field, expected });
            }
        };
        must((1..=NUMBER_MAX).contains(&self.number), "number", "1 to 1000000");
        must(self.pieces.get() <= PIECES_MAX, "pieces", "1 to 100");
        must(self.scope.is_named(), "scope_codes", "at least one category or SKU, or everything");
        let is_amount = |it: Money| (1..=AMOUNT_MAX).contains(&it.minor);
        must(self.min_spend.is_none_or(is_amount), "min_spend", "empty, or an amount above zero");
        let is_ordered = self.valid_from.zip(self.valid_until).is_none_or(|(from, to)| from < to);
        must(is_ordered, "valid_until", "empty, or after its beginning");
        wrong
    }
}

impl GiftRules {
    /// The rule of a number.
    pub fn get(&self, number: u32) -> Option<&GiftRule> {
        self.0.iter().find(|rule| rule.number == number)
    }

    /// A number that no rule has yet: above all that are there.
    pub fn next_number(&self) -> u32 {
        self.0.iter().map(|rule| rule.number).max().unwrap_or(0).saturating_add(1)
    }

    /// Everything that is wrong, with the place of the rule in the list; none: with the list.
    pub fn check(&self) -> Vec<(Option<usize>, Invalid)> {
        let mut wrong = Vec::new();
        if self.0.len() > RULES_MAX {
            wrong.push((None, Invalid { field: "rules", expected: "at most 50 rules" }));
        }
        for (at, rule) in self.0.iter().enumerate() {
            wrong.extend(rule.check().into_iter().map(|it| (Some(at), it)));
            if self.0[..at].iter().any(|earlier| earlier.number == rule.number) {
                let expected = "a number that no other rule has";
                wrong.push((Some(at), Invalid { field: "number", expected }));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use ordermill_base::Id;

    use super::*;

    static TOTE: LazyLock<SkuId> = LazyLock::new(|| SkuId::from_raw(90));
    static TEA: LazyLock<[CategoryId; 1]> = LazyLock::new(|| [CategoryId::from_raw(3)]);
    static SHOP: LazyLock<ChannelId> = LazyLock::new(|| ChannelId::from_raw(1));
    const NOON: Timestamp = Timestamp::from_micros(1_000_000);

    fn quantity(pieces: i64) -> Quantity {
        Quantity::new(pieces).unwrap()
    }

    /// A tote bag with every order of goods for 199 yuan.
    fn tote() -> GiftRule {
        GiftRule {
            number: 4,
            name: Text::new("满199赠帆布袋", "A tote bag from ¥199"),
            gift: *TOTE,
            pieces: quantity(1),
            scope: Scope::All,
            min_spend: Some(Money::new(19_900, Currency::Cny)),
            min_pieces: None,
            valid_from: None,
            valid_until: None,
            channels: BTreeSet::new(),
            is_active: true,
        }
    }

    fn tea(pieces: i64, net_minor: i64) -> Bought<'static> {
        let (sku, categories) = (SkuId::from_raw(7), &TEA[..]);
        Bought { sku, categories, quantity: quantity(pieces), net_minor }
    }

    fn cup(pieces: i64, net_minor: i64) -> Bought<'static> {
        let sku = SkuId::from_raw(8);
        Bought { sku, categories: &[], quantity: quantity(pieces), net_minor }
    }

    fn is_given(rule: GiftRule, lines: &[Bought<'_>]) -> bool {
        is_given_to(rule, Basket { at: NOON, channel: *SHOP, currency: Currency::Cny, lines })
    }

    fn is_given_to(rule: GiftRule, basket: Basket<'_>) -> bool {
        !gifts_for(&GiftRules(vec![rule]), &basket).is_empty()
    }

    #[test]
    fn a_gift_comes_along_from_the_amount_on_however_many_lines_make_it() {
        assert!(is_given(tote(), &[tea(1, 10_000), cup(1, 9_900)]));
        assert!(!is_given(tote(), &[tea(1, 10_000), cup(1, 9_899)]));
        let lines = [tea(1, 99_000)];
        let basket = Basket { at: NOON, channel: *SHOP, currency: Currency::Cny, lines: &lines };
        let expected = Gift { rule: 4, sku: *TOTE, quantity: quantity(1) };
        assert_eq!(gifts_for(&GiftRules(vec![tote()]), &basket), [expected], "once, however much");
    }

    #[test]
    fn an_amount_is_never_compared_with_another_currency() {
        let dollars = |rule| {
            let lines = [tea(1, 99_900)];
            let basket =
                Basket { at: NOON, channel: *SHOP, currency: Currency::Usd, lines: &lines };
            is_given_to(rule, basket)
        };
        assert!(!dollars(tote()));
        assert!(dollars(GiftRule { min_spend: None, ..tote() }), "without an amount, any will do");
    }

    #[test]
    fn only_goods_that_count_do() {
        let for_tea = || GiftRule { scope: Scope::Categories(BTreeSet::from(*TEA)), ..tote() };
        assert!(is_given(for_tea(), &[tea(1, 19_900), cup(1, 1)]));
        assert!(!is_given(for_tea(), &[tea(1, 10_000), cup(1, 50_000)]));
        let with_any_cup = GiftRule {
            scope: Scope::Skus(BTreeSet::from([SkuId::from_raw(8)])),
            min_spend: None,
            ..tote()
        };
        assert!(is_given(with_any_cup.clone(), &[tea(1, 5), cup(1, 0)]));
        assert!(!is_given(with_any_cup, &[tea(9, 99_000)]));
    }

    #[test]
    fn pieces_are_counted_over_all_lines_that_count() {
        let from_three = GiftRule { min_pieces: Some(quantity(3)), min_spend: None, ..tote() };
        assert!(is_given(from_three.clone(), &[tea(2, 10), cup(1, 10)]));
        assert!(!is_given(from_three, &[tea(2, 10)]));
    }

    #[test]
    fn a_rule_holds_from_its_beginning_until_just_before_its_end() {
        let at = |micros| Timestamp::from_micros(micros);
        let rule = GiftRule { valid_from: Some(at(10)), valid_until: Some(at(20)), ..tote() };
        let lines = [tea(1, 19_900)];
        let given = |micros| {
            let currency = Currency::Cny;
            let basket = Basket { at: at(micros), channel: *SHOP, currency, lines: &lines };
            is_given_to(rule.clone(), basket)
        };
        assert_eq!([9, 10, 19, 20].map(given), [false, true, true, false]);
        assert!(!is_given(GiftRule { is_active: false, ..tote() }, &lines));
    }

    #[test]
    fn a_rule_for_channels_is_for_no_order_of_another_one() {
        let of_shop = || GiftRule { channels: BTreeSet::from([*SHOP]), ..tote() };
        let lines = [tea(1, 19_900)];
        let from = |channel| {
            let currency = Currency::Cny;
            is_given_to(of_shop(), Basket { at: NOON, channel, currency, lines: &lines })
        };
        assert!(from(*SHOP));
        assert!(!from(ChannelId::from_raw(2)));
    }

    #[test]
    fn everything_that_is_wrong_is_named_with_its_rule() {
        assert_eq!(GiftRules(vec![tote()]).check(), []);
        let bad = GiftRule {
            name: Text::default(),
            pieces: quantity(101),
            scope: Scope::Skus(BTreeSet::new()),
            min_spend: Some(Money::new(0, Currency::Cny)),
            valid_from: Some(NOON),
            valid_until: Some(NOON),
            ..tote()
        };
        let found = GiftRules(vec![tote(), bad]).check();
        let fields: Vec<_> = found.iter().map(|(at, it)| (at.unwrap(), it.field)).collect();
        let second = ["name", "pieces", "scope_codes", "min_spend", "valid_until", "number"];
        assert_eq!(fields, second.map(|field| (1, field)));
    }

    #[test]
    fn a_new_rule_gets_a_number_that_no_other_has() {
        assert_eq!(GiftRules::default().next_number(), 1);
        assert_eq!(GiftRules(vec![tote(), GiftRule { number: 2, ..tote() }]).next_number(), 5);
    }
}
