//! What holds for every order. `ORDERMILL_CASES=1000000` runs a million of them.

use std::cell::Cell;

use ordermill_base::{Money, Quantity, Random};

use super::super::{
    DiscountShare, Line, Paid, Quote, QuoteProblem, QuotedLine, Refund, TaxMode, Tender, price,
    refund_for,
};
use super::model;
use super::random_order::{ABSURD, RandomOrder};

/// Runs a check on many orders; the seed is in the output of a failure.
fn for_many_orders(check: impl Fn(u64, &RandomOrder)) {
    let cases = std::env::var("ORDERMILL_CASES").ok().and_then(|cases| cases.parse().ok());
    for seed in 0..cases.unwrap_or(5_000) {
        check(seed, &RandomOrder::new(seed));
    }
}

fn quote(order: &RandomOrder) -> Quote {
    order.with_request(|request| price(request).unwrap())
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> i64 {
    amounts.into_iter().map(|amount| amount.minor).sum()
}

fn shares(tenders: &[Tender]) -> i64 {
    sum(tenders.iter().map(Tender::amount))
}

#[test]
fn every_number_of_a_quote_adds_up_to_the_minor_unit() {
    for_many_orders(|seed, order| {
        let quote = quote(order);
        for line in &quote.lines {
            let off = sum(line.discounts.iter().map(|share| share.amount));
            assert_eq!(line.gross.minor, line.unit_price.minor * line.quantity.get());
            assert_eq!(line.net.minor, line.gross.minor - off, "seed {seed}");
            assert!(line.discounts.iter().all(|share| share.amount.minor > 0), "seed {seed}");
            assert!(line.net.minor >= 0 && line.tax.minor >= 0, "seed {seed}");
            assert!(shares(&line.tenders) <= line.total.minor, "seed {seed}");
        }
        let freight = &quote.freight;
        let freight_off = sum(freight.discounts.iter().map(|share| share.amount));
        assert_eq!(freight.net.minor, freight.gross.minor - freight_off, "seed {seed}");
        assert!(freight.net.minor >= 0, "seed {seed}");

        assert_eq!(quote.goods.minor, sum(quote.lines.iter().map(|line| line.gross)));
        for discount in &quote.discounts {
            let of = |line: &QuotedLine| {
                let of_it = |share: &&DiscountShare| share.coupon == discount.coupon;
                sum(line.discounts.iter().filter(of_it).map(|share| share.amount))
            };
            assert_eq!(discount.goods.minor, quote.lines.iter().map(of).sum::<i64>());
        }
        let off = sum(quote.discounts.iter().flat_map(|d| [d.goods, d.freight]));
        assert_eq!(quote.discount.minor, off, "seed {seed}");
        let tax = sum(quote.lines.iter().map(|line| line.tax)) + freight.tax.minor;
        assert_eq!(quote.tax.minor, tax, "seed {seed}");
        let total = sum(quote.lines.iter().map(|line| line.total)) + freight.total.minor;
        assert_eq!(quote.total.minor, total, "seed {seed}");
        let on_top = if quote.tax_mode == TaxMode::Exclusive { tax } else { 0 };
        assert_eq!(total, quote.goods.minor + freight.gross.minor - off + on_top, "seed {seed}");

        assert_eq!(quote.to_pay.minor, total - shares(&quote.tenders), "seed {seed}");
        assert!(quote.to_pay.minor >= 0, "seed {seed}");
        let lines_and_freight = quote.lines.iter().map(|line| &line.tenders);
        let prorated: Vec<&Tender> =
            lines_and_freight.chain([&freight.tenders]).flatten().collect();
        for tender in &quote.tenders {
            let of_it = prorated.iter().filter(|share| share.same_source(tender));
            let (amount, points) = of_it.fold((0, 0), |(amount, points), share| {
                (amount + share.amount().minor, points + share.points())
            });
            assert_eq!((amount, points), (tender.amount().minor, tender.points()), "seed {seed}");
        }
        let earned: i64 = quote.lines.iter().map(|line| line.points_earned).sum();
        assert_eq!(quote.points_earned, earned, "seed {seed}");
    });
}

#[test]
fn a_plain_model_arrives_at_the_same_numbers() {
    for_many_orders(|seed, order| {
        let quote = quote(order);
        let mut applied: Vec<_> = quote.discounts.iter().map(|discount| discount.coupon).collect();
        let mut expected = order.with_request(model::numbers);
        applied.sort();
        expected.applied.sort();
        let of_lines = |amount: fn(&QuotedLine) -> Money| -> Vec<i128> {
            quote.lines.iter().map(|line| amount(line).minor.into()).collect()
        };
        let actual = model::Numbers {
            applied,
            line_nets: of_lines(|line| line.net),
            line_taxes: of_lines(|line| line.tax),
            freight_net: quote.freight.net.minor.into(),
            freight_tax: quote.freight.tax.minor.into(),
            total: quote.total.minor.into(),
            points: quote.tenders.iter().map(|tender| i128::from(tender.points())).sum(),
            to_pay: quote.to_pay.minor.into(),
        };
        assert_eq!(actual, expected, "seed {seed}");
    });
}

#[test]
fn the_order_of_the_coupons_does_not_matter() {
    for_many_orders(|seed, order| {
        order.with_request(|request| {
            let quote = price(request).unwrap();
            let mut coupons = request.coupons.to_vec();
            // One of them twice, as a form sent twice would.
            coupons.extend(request.coupons.first());
            let mut random = Random::from_seed(seed);
            for _ in 0..3 {
                for last in (1..coupons.len()).rev() {
                    coupons.swap(last, random.between(0, last as i64) as usize);
                }
                let mut shuffled = *request;
                shuffled.coupons = &coupons;
                assert_eq!(price(&shuffled).unwrap(), quote, "seed {seed}");
            }
            let mut handed_in: Vec<_> = coupons.iter().map(|it| it.coupon.id).collect();
            let mut answered: Vec<_> = quote.discounts.iter().map(|it| it.coupon).collect();
            answered.extend(quote.not_applied.iter().map(|it| it.coupon));
            handed_in.sort();
            handed_in.dedup();
            answered.sort();
            assert_eq!(answered, handed_in, "each coupon is applied or refused once, seed {seed}");
        });
    });
}

#[test]
fn coupons_never_make_an_order_dearer() {
    for_many_orders(|seed, order| {
        order.with_request(|request| {
            let mut without = *request;
            without.coupons = &[];
            let cost = |quote: &Quote| {
                sum(quote.lines.iter().map(|line| line.net)) + quote.freight.net.minor
            };
            let (with, without) = (price(request).unwrap(), price(&without).unwrap());
            assert!(cost(&with) <= cost(&without), "seed {seed}");
            assert!(with.discounts.is_empty() || cost(&with) < cost(&without), "seed {seed}");
        });
    });
}

/// Refunds all pieces in random portions and gives the sum.
fn refund_all(paid: &Paid<'_>, random: &mut Random) -> Refund {
    let mut so_far = Refund::none(paid.total.currency);
    while so_far.pieces < paid.quantity.get() {
        let left = paid.quantity.get() - so_far.pieces;
        let portion = if random.percent(70) { left.min(3) } else { left };
        let pieces = Quantity::new(random.between(1, portion)).unwrap();
        let refund = refund_for(paid, pieces, &so_far).unwrap();
        assert!(refund.money.minor >= 0 && refund.tax.minor >= 0 && refund.points_earned >= 0);
        assert!(refund.tenders.iter().all(|it| it.amount().minor >= 0 && it.points() >= 0));
        assert_eq!(refund.total.minor, refund.money.minor + shares(&refund.tenders));
        so_far = so_far.and(&refund).unwrap();
        assert!(so_far.tax.minor <= so_far.total.minor);
    }
    so_far
}

#[test]
fn partial_refunds_down_to_the_last_piece_are_what_was_paid() {
    for_many_orders(|seed, order| {
        let quote = quote(order);
        let random = &mut Random::from_seed(seed);
        let (mut total, mut money) = (0, 0);
        let parts = quote.lines.iter().map(|line| line.paid()).chain([quote.freight.paid()]);
        for paid in parts {
            let back = refund_all(&paid, random);
            assert_eq!(back.total, paid.total, "seed {seed}");
            assert_eq!(back.tax, paid.tax, "seed {seed}");
            assert_eq!(back.tenders, paid.tenders, "seed {seed}");
            assert_eq!(back.points_earned, paid.points_earned, "seed {seed}");
            total += back.total.minor;
            money += back.money.minor;
        }
        assert_eq!((total, money), (quote.total.minor, quote.to_pay.minor), "seed {seed}");
    });
}

#[test]
fn absurd_amounts_are_a_problem_and_never_a_wrong_number() {
    let (priced, refused) = (Cell::new(0), Cell::new(0));
    for_many_orders(|seed, _| {
        let random = &mut Random::from_seed(seed);
        let mut order = RandomOrder::new(seed);
        order.make_rules_absurd(random);
        order.with_request(|request| {
            let mut lines = request.lines.to_vec();
            for line in &mut lines {
                if random.percent(15) {
                    line.unit_price.minor = *random.pick(&ABSURD);
                }
                if random.percent(15) {
                    line.quantity = Quantity::new(Quantity::MAX.into()).unwrap();
                    line.weight_grams = u32::MAX;
                    line.dimensions_mm = [u32::MAX; 3];
                }
            }
            let mut absurd = *request;
            absurd.lines = &lines;
            match price(&absurd) {
                Ok(quote) => {
                    let gross = |line: &Line<'_>| {
                        i128::from(line.unit_price.minor) * i128::from(line.quantity.get())
                    };
                    let paid = i128::from(quote.to_pay.minor) + i128::from(shares(&quote.tenders));
                    let goods: i128 = lines.iter().map(gross).sum();
                    assert_eq!(i128::from(quote.goods.minor), goods, "seed {seed}");
                    assert_eq!(i128::from(quote.total.minor), paid, "seed {seed}");
                    assert!(quote.to_pay.minor >= 0, "seed {seed}");
                    priced.set(priced.get() + 1);
                }
                Err(QuoteProblem::TooLarge | QuoteProblem::NegativeAmount) => {
                    refused.set(refused.get() + 1);
                }
                Err(other) => panic!("seed {seed}: {other}"),
            }
        });
    });
    assert!(priced.get() > 100 && refused.get() > 100, "both happen: {priced:?}, {refused:?}");
}
