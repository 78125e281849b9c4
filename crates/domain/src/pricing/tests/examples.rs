//! Quotes to read: a few orders with the numbers a person would compute.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use ordermill_base::{Currency, Id, Money, Quantity};

use super::super::coupon::{Benefit, Scope, Stacking};
use super::super::points::{EarnRule, PointsToSpend, SpendRule};
use super::super::tax::CountryTax;
use super::super::{
    BasisPoints, Coupon, CouponUse, Destination, FreightTable, GiftCard, Line, NotApplicable,
    Quote, QuoteProblem, Region, Request, TaxClass, TaxMode, TaxTable, price,
};
use super::plain_line;
use super::random_order::NOON;
use crate::address::Country;
use crate::ids::{CouponId, GiftCardId, SkuId};

const CNY: Currency = Currency::Cny;

fn fen(minor: i64) -> Money {
    Money::new(minor, CNY)
}

fn rate(points: u32) -> BasisPoints {
    BasisPoints::new(points).unwrap()
}

fn taxes(mode: TaxMode) -> TaxTable {
    let rates = BTreeMap::from([(TaxClass::Standard, rate(1_300))]);
    let china = CountryTax { mode, rates, freight: TaxClass::Standard };
    TaxTable { countries: [(Country::CHINA, china)].into(), elsewhere: None }
}

/// Twelve yuan up to three kilograms, five more for each further kilogram, free from 200 yuan.
fn freight() -> FreightTable {
    serde_json::from_str(
        r#"{"rates":[{"number":1,"region":{"country":"CN"},"terms":{"served":{
            "first_weight_grams":3000,"first_price":{"minor":1200,"currency":"CNY"},
            "step_weight_grams":1000,"step_price":{"minor":500,"currency":"CNY"},
            "free_from":{"amount":{"minor":20000,"currency":"CNY"},"measured":"before_discounts"},
            "hazardous":"refused"}}}]}"#,
    )
    .unwrap()
}

fn coupon(raw: i64, benefit: Benefit) -> Coupon {
    Coupon {
        id: CouponId::from_raw(raw),
        benefit,
        scope: Scope::All,
        min_spend: None,
        valid_from: None,
        valid_until: None,
        uses_max: None,
        uses_per_customer_max: None,
        first_order_only: false,
        stacking: Stacking::Group(1),
    }
}

fn percent_off(raw: i64, points: u32) -> Coupon {
    coupon(raw, Benefit::PercentOff { share: rate(points), cap: None })
}

fn amount_off(raw: i64, minor: i64) -> Coupon {
    coupon(raw, Benefit::AmountOff(fen(minor)))
}

/// Three lines: 3 × 33.33, 1 × 50.00 and 2 × 0.01 yuan.
fn three_lines() -> [Line<'static>; 3] {
    let line = |raw, pieces, minor| Line {
        sku: SkuId::from_raw(raw),
        quantity: Quantity::new(pieces).unwrap(),
        weight_grams: 500,
        ..plain_line(fen(minor))
    };
    [line(1, 3, 3_333), line(2, 1, 5_000), line(3, 2, 1)]
}

fn request<'a>(lines: &'a [Line<'a>], taxes: &'a TaxTable) -> Request<'a> {
    Request {
        currency: CNY,
        at: NOON,
        destination: Destination { country: Country::CHINA, region: Region::Unknown },
        lines,
        coupons: &[],
        points: None,
        gift_cards: &[],
        freight: None,
        taxes,
        earning: None,
    }
}

fn with_coupons(coupons: &[&Coupon]) -> Quote {
    let uses: Vec<CouponUse<'_>> = coupons
        .iter()
        .map(|coupon| CouponUse { coupon, uses: 3, uses_by_customer: 1, has_ordered: true })
        .collect();
    let (lines, taxes, freight) = (three_lines(), taxes(TaxMode::Inclusive), freight());
    let plain = request(&lines, &taxes);
    price(&Request { coupons: &uses, freight: Some(&freight), ..plain }).unwrap()
}

fn minors<T>(items: &[T], amount: impl Fn(&T) -> Money) -> Vec<i64> {
    items.iter().map(|item| amount(item).minor).collect()
}

#[test]
fn a_discount_is_prorated_to_lines_by_largest_remainder() {
    let quote = with_coupons(&[&amount_off(1, 1_000)]);
    assert_eq!(quote.goods, fen(15_001));
    assert_eq!(minors(&quote.lines, |line| line.net), [9_332, 4_667, 2]);
    assert_eq!(minors(&quote.lines, |line| line.tax), [1_074, 537, 0]);
    assert_eq!((quote.freight.total, quote.freight.tax), (fen(1_200), fen(138)));
    assert_eq!(quote.total, fen(15_001 - 1_000 + 1_200));
}

#[test]
fn tax_on_top_is_added_after_discounts() {
    let (lines, taxes) = (three_lines(), taxes(TaxMode::Exclusive));
    let quote = price(&request(&lines, &taxes)).unwrap();
    assert_eq!(minors(&quote.lines, |line| line.tax), [1_300, 650, 0]);
    assert_eq!(quote.total, fen(15_001 + 1_950));
    assert_eq!(quote.freight.charge, None, "the buyer collects");
}

#[test]
fn percentages_come_before_amounts_whatever_the_ids() {
    let quote = with_coupons(&[&amount_off(1, 5_000), &percent_off(2, 1_000)]);
    let applied: Vec<i64> = quote.discounts.iter().map(|it| it.coupon.raw()).collect();
    assert_eq!(applied, [2, 1]);
    assert_eq!(minors(&quote.discounts, |it| it.goods), [1_500, 5_000]);
}

#[test]
fn discounts_never_exceed_the_goods() {
    let quote = with_coupons(&[&amount_off(1, 99_999), &amount_off(2, 1)]);
    assert_eq!(minors(&quote.lines, |line| line.total), [0, 0, 0]);
    assert_eq!(quote.total, quote.freight.total);
    assert_eq!(quote.not_applied[0].reason, NotApplicable::NoEffect);
}

#[test]
fn a_free_freight_coupon_takes_the_freight_off() {
    let quote = with_coupons(&[&coupon(1, Benefit::FreeFreight { cap: Some(fen(1_000)) })]);
    assert_eq!((quote.freight.gross, quote.freight.net), (fen(1_200), fen(200)));
    assert_eq!(quote.total, fen(15_201));
}

#[test]
fn of_coupons_that_exclude_each_other_the_buyer_gets_the_best() {
    let exclusive = Coupon { stacking: Stacking::Exclusive, ..percent_off(1, 2_000) };
    let (five, eight) = (amount_off(2, 500), amount_off(3, 800));
    let quote = with_coupons(&[&exclusive, &five, &eight]);
    assert_eq!(quote.discount, fen(3_000));
    let reason = NotApplicable::SavesLess { with: exclusive.id };
    let refused: Vec<_> = quote.not_applied.iter().map(|it| (it.coupon, it.reason)).collect();
    assert_eq!(refused, [(five.id, reason), (eight.id, reason)]);
}

#[test]
fn each_refused_coupon_has_its_one_reason() {
    let fine = amount_off(1, 10);
    let day = ordermill_base::Span::days(1);
    let yen = Money::new(1, Currency::Jpy);
    let other_sku = Scope::Skus([SkuId::from_raw(9)].into());
    let second_line = Scope::Skus([SkuId::from_raw(2)].into());
    for (refused, reason) in [
        (coupon(2, Benefit::AmountOff(yen)), NotApplicable::OtherCurrency(Currency::Jpy)),
        (
            Coupon { valid_from: Some(NOON + day), ..fine.clone() },
            NotApplicable::NotYetValid(NOON + day),
        ),
        (Coupon { valid_until: Some(NOON), ..fine.clone() }, NotApplicable::Expired(NOON)),
        (Coupon { uses_max: Some(3), ..fine.clone() }, NotApplicable::UsedUp),
        (
            Coupon { uses_per_customer_max: Some(1), ..fine.clone() },
            NotApplicable::UsedUpByCustomer,
        ),
        (Coupon { first_order_only: true, ..fine.clone() }, NotApplicable::NotFirstOrder),
        (Coupon { scope: other_sku, ..fine.clone() }, NotApplicable::NothingInScope),
        (
            Coupon { scope: second_line, min_spend: Some(fen(5_001)), ..fine.clone() },
            NotApplicable::BelowMinSpend { missing: fen(1) },
        ),
        (percent_off(2, 0), NotApplicable::NoEffect),
    ] {
        let quote = with_coupons(&[&refused]);
        assert!(quote.discounts.is_empty(), "{reason}");
        assert_eq!(quote.not_applied[0].reason, reason);
    }
    let last_use = Coupon { uses_max: Some(4), uses_per_customer_max: Some(2), ..fine };
    assert_eq!(with_coupons(&[&last_use]).discount, fen(10));
}

#[test]
fn a_coupon_that_would_cost_the_free_freight_is_left_out() {
    let mut table = serde_json::to_value(freight()).unwrap();
    let free_from = &mut table["rates"][0]["terms"]["served"]["free_from"];
    free_from["measured"] = "after_discounts".into();
    free_from["amount"]["minor"] = 15_001.into();
    let table: FreightTable = serde_json::from_value(table).unwrap();
    let (lines, taxes, small) = (three_lines(), taxes(TaxMode::Inclusive), amount_off(1, 100));
    let uses = [CouponUse { coupon: &small, uses: 0, uses_by_customer: 0, has_ordered: false }];
    let plain = request(&lines, &taxes);
    let quote = price(&Request { coupons: &uses, freight: Some(&table), ..plain }).unwrap();
    assert_eq!(quote.total, fen(15_001));
    assert_eq!(quote.not_applied[0].reason, NotApplicable::SavesNothing);
}

#[test]
fn points_pay_first_and_gift_cards_the_rest() {
    let rule =
        SpendRule { points: NonZeroU32::new(100).unwrap(), pay: fen(100), share_max: rate(2_000) };
    let card = GiftCard { id: GiftCardId::from_raw(1), balance: fen(10_000) };
    let earning = EarnRule { points: 1, per: fen(100) };
    let (lines, taxes) = (three_lines(), taxes(TaxMode::Inclusive));
    let quote = price(&Request {
        points: Some(PointsToSpend { rule: &rule, points: 9_000, balance: 9_000 }),
        gift_cards: &[card],
        earning: Some(&earning),
        ..request(&lines, &taxes)
    })
    .unwrap();
    assert_eq!(minors(&quote.tenders, |tender| tender.amount()), [3_000, 10_000]);
    assert_eq!(quote.to_pay, fen(2_001));
    assert_eq!(quote.points_earned, 150);
    assert_eq!(quote.tax, fen(1_150 + 575), "a tender does not change the tax");
}

#[test]
fn requests_without_an_honest_price_are_refused() {
    let (lines, taxes) = (three_lines(), taxes(TaxMode::Inclusive));
    let refused = |request: Request<'_>| price(&request).unwrap_err();
    assert_eq!(refused(request(&[], &taxes)), QuoteProblem::Empty);
    let yen = [plain_line(Money::new(1, Currency::Jpy))];
    let mismatch = QuoteProblem::CurrencyMismatch { expected: CNY, found: Currency::Jpy };
    assert_eq!(refused(request(&yen, &taxes)), mismatch);
    let food = [Line { tax_class: TaxClass::Low, ..lines[0] }];
    let class = Some(TaxClass::Low);
    assert_eq!(
        refused(request(&food, &taxes)),
        QuoteProblem::NoTaxRate { country: Country::CHINA, class }
    );
    let nowhere = FreightTable::default();
    assert_eq!(
        refused(Request { freight: Some(&nowhere), ..request(&lines, &taxes) }),
        QuoteProblem::NotServed { country: Country::CHINA }
    );
}

#[test]
fn coupons_and_quotes_are_stored_as_readable_json() {
    let json = r#"{"id":"cpn_0000000000001","benefit":{"percent_off":{"share":1000}},"scope":{"skus":["sku_0000000000002"]},"min_spend":{"minor":100,"currency":"CNY"},"valid_until":"2026-11-18T11:06:40Z","stacking":{"group":1}}"#;
    let mut stored = percent_off(1, 1_000);
    stored.scope = Scope::Skus([SkuId::from_raw(2)].into());
    stored.min_spend = Some(fen(100));
    stored.valid_until = Some(NOON);
    assert_eq!(serde_json::to_string(&stored).unwrap(), json);
    assert_eq!(serde_json::from_str::<Coupon>(json).unwrap(), stored);
    let quote = with_coupons(&[&percent_off(1, 1_000), &stored]);
    let json = serde_json::to_string(&quote).unwrap();
    assert_eq!(serde_json::from_str::<Quote>(&json).unwrap(), quote);
}
