//! Quotes: what is told before is what is charged after.

use ordermill_app::benefit::CouponRefusal;
use ordermill_app::order::PlacingError;
use ordermill_app::order::intake::{Agreed, ChargedLine, Charges, IntakeError, NewLine, NewOrder};
use ordermill_base::{Money, Span};
use ordermill_domain::order::terms_of;
use ordermill_domain::pricing::coupon::{Benefit, Stacking};
use ordermill_domain::pricing::{BasisPoints, NotApplicable, TaxMode};
use ordermill_storage::order;

use crate::kit::{CNY, PRICE, Shop, on_each_database, ten_off};

#[test]
fn an_order_costs_what_its_quote_said() {
    on_each_database(async |shop: &Shop| {
        let mut percent = ten_off("TENTH");
        percent.rule.benefit =
            Benefit::PercentOff { share: BasisPoints::new(1_000).unwrap(), cap: None };
        percent.rule.stacking = Stacking::Group(1);
        shop.coupon(percent).await;
        let mut amount = ten_off("TEN");
        amount.rule.stacking = Stacking::Group(1);
        shop.coupon(amount).await;
        shop.gift_card("GC-AAAA-JJJJ", 1_234).await;
        let mut new = shop.a_bowl(1);
        new.lines.push(NewLine { sku: "PLATE".to_owned(), quantity: 3 });
        new.customer = Some(shop.customer(777).await);
        new.coupons = vec!["TENTH".to_owned(), "TEN".to_owned()];
        new.points = 777;
        new.gift_cards = vec!["GC-AAAA-JJJJ".to_owned()];

        let quoted = shop.quote(&new).await;
        assert_eq!(quoted.coupons.iter().filter(|it| it.outcome.is_ok()).count(), 2);
        assert_eq!((quoted.points.spent, quoted.points.balance), (777, 777));
        assert_eq!(quoted.points.earned, 202, "of 202.40 yuan of goods");
        assert_eq!(quoted.gift_cards[0].pays, Money::new(1_234, CNY));
        let (total_minor, to_pay_minor) = (quoted.prices.total.minor, quoted.to_pay().minor);
        assert_eq!(total_minor, 4 * PRICE - 2_360 - 1_000);
        assert_eq!(to_pay_minor, total_minor - 777 - 1_234);

        new.agreed = Agreed {
            total_minor: Some(total_minor),
            to_pay_minor: Some(to_pay_minor),
            ..Agreed::default()
        };
        let placed = shop.place(new).await.unwrap();
        assert_eq!((placed.total, placed.to_pay), (quoted.prices.total, quoted.to_pay()));
        let id = placed.id;
        let lines = shop.services.database().read(move |tx| order::lines(tx, id)).await.unwrap();
        let (amounts, terms) = terms_of(&quoted.prices);
        assert_eq!(lines.iter().map(|line| line.terms).collect::<Vec<_>>(), terms);
        assert_eq!(shop.order(id).await.facts().amounts, amounts);
    });
}

#[test]
fn a_price_that_changed_since_the_quote_is_told_and_not_charged() {
    on_each_database(async |shop: &Shop| {
        let mut coupon = ten_off("GONE");
        coupon.rule.uses_max = Some(1);
        shop.coupon(coupon).await;
        let mut new = shop.a_bowl(1);
        new.coupons = vec!["GONE".to_owned()];
        let told = shop.quote(&new).await.prices.total;
        let mut faster = shop.a_bowl(2);
        faster.coupons = vec!["gone".to_owned()];
        shop.place(faster).await.unwrap();
        new.agreed.total_minor = Some(told.minor);
        let refused = shop.place(new.clone()).await.unwrap_err();
        let PlacingError::Intake(IntakeError::PriceChanged { total, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(total.minor, told.minor + 1_000);
        new.agreed.total_minor = Some(total.minor);
        assert_eq!(shop.place(new).await.unwrap().total, total, "the buyer agreed to it");
    });
}

#[test]
fn every_coupon_that_is_not_used_has_its_reason() {
    on_each_database(async |shop: &Shop| {
        let mut dear = ten_off("DEAR");
        dear.rule.min_spend = Some(Money::new(PRICE + 1, CNY));
        shop.coupon(dear).await;
        let mut over = ten_off("OVER");
        over.rule.valid_until = Some(shop.act().at);
        shop.coupon(over).await;
        shop.coupon(ten_off("BEST")).await;
        let mut less = ten_off("LESS");
        less.rule.benefit = Benefit::AmountOff(Money::new(1, CNY));
        shop.coupon(less).await;
        let mut new = shop.a_bowl(1);
        new.coupons = ["DEAR", "OVER", "BEST", "LESS", "NONE"].map(str::to_owned).to_vec();
        let quoted = shop.quote(&new).await;
        let codes: Vec<&str> = quoted
            .coupons
            .iter()
            .map(|it| it.outcome.as_ref().map_or_else(CouponRefusal::code, |_| "used"))
            .collect();
        assert_eq!(codes, ["below_min_spend", "expired", "used", "saves_less", "unknown"]);
        let missing = Money::new(1, CNY);
        let below = CouponRefusal::NotApplicable(NotApplicable::BelowMinSpend { missing });
        assert_eq!(quoted.coupons[0].outcome, Err(below));

        new.coupons = ["BEST", "LESS"].map(str::to_owned).to_vec();
        shop.place(new.clone()).await.unwrap();
        new.coupons = ["BEST", "DEAR"].map(str::to_owned).to_vec();
        let refused = shop.place(new).await.unwrap_err();
        let PlacingError::Intake(IntakeError::Fields(issues)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((issues[0].field.as_str(), issues[0].code), ("coupons.1", "below_min_spend"));
    });
}

#[test]
fn the_days_of_sending_and_arrival_follow_the_clock_of_the_warehouse() {
    on_each_database(async |shop: &Shop| {
        // Sunday, 16:00 in Hangzhou; the cut-off is at 17:00, and parcels take two to four days.
        let promise = shop.quote(&shop.a_bowl(1)).await.promise.unwrap();
        assert_eq!(promise.ship_on.to_string(), "2026-11-22");
        assert_eq!(promise.deliver_from_on.to_string(), "2026-11-24");
        assert_eq!(promise.deliver_by_on.to_string(), "2026-11-26");
        shop.clock.advance(Span::hours(2));
        let quoted = shop.quote(&shop.a_bowl(1)).await;
        assert_eq!(quoted.promise.unwrap().ship_on.to_string(), "2026-11-23");
        assert_eq!(quoted.lines[0].promise, quoted.promise);
    });
}

#[test]
fn what_is_short_is_named_and_nothing_is_promised() {
    on_each_database(async |shop: &Shop| {
        let mut new = shop.a_bowl(1);
        new.lines.push(NewLine { sku: "PLATE".to_owned(), quantity: 1_001 });
        let quoted = shop.quote(&new).await;
        let seen: Vec<(i64, bool)> =
            quoted.lines.iter().map(|line| (line.available, line.is_enough)).collect();
        assert_eq!(seen, [(1_000, true), (1_000, false)]);
        assert!(quoted.promise.is_err() && quoted.lines[0].promise.is_ok());
        assert_eq!((quoted.shortages.len(), quoted.is_enough()), (1, false));
        assert!(quoted.prices.total.minor > 0, "it has a price all the same");
    });
}

#[test]
fn an_order_that_its_channel_has_priced_takes_no_coupons() {
    on_each_database(async |shop: &Shop| {
        shop.coupon(ten_off("TEN")).await;
        let line = ChargedLine { unit_price_minor: PRICE, discount_minor: 0, tax_minor: 0 };
        let charges = Charges {
            lines: vec![line],
            freight_minor: 0,
            freight_tax_minor: 0,
            tax_mode: TaxMode::Inclusive,
        };
        let mut new = NewOrder { charges: Some(charges), ..shop.a_bowl(1) };
        new.coupons = vec!["TEN".to_owned()];
        let PlacingError::Intake(IntakeError::Fields(issues)) =
            shop.place(new.clone()).await.unwrap_err()
        else {
            panic!("it was not refused")
        };
        assert_eq!((issues[0].field.as_str(), issues[0].code), ("charges", "mismatch"));
        new.coupons.clear();
        assert_eq!(shop.place(new).await.unwrap().total.minor, PRICE);
    });
}

#[test]
fn what_cannot_be_used_at_all_refuses_the_order_field_by_field() {
    on_each_database(async |shop: &Shop| {
        let new = NewOrder {
            points: 5,
            coupons: vec!["NONE".to_owned()],
            gift_cards: vec!["GC-NONE-NONE".to_owned()],
            ..shop.a_bowl(1)
        };
        let PlacingError::Intake(IntakeError::Fields(issues)) = shop.place(new).await.unwrap_err()
        else {
            panic!("it was not refused")
        };
        let named: Vec<_> = issues.iter().map(|it| (it.field.as_str(), it.code)).collect();
        let expected =
            [("coupons.0", "unknown"), ("points", "no_customer"), ("gift_cards.0", "unknown")];
        assert_eq!(named, expected);
    });
}
