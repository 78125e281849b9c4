//! Which location ships an order: why, another one, work that is given back, a location that fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_base::{Currency, Id, Quantity, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::{Fulfillment, State};
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{Amounts, LineTerms, OrderNumber, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_storage::{Tx, fulfillment};
use ordermill_testkit::stock;

use crate::kit::{Shop, on_each_database};

/// A confirmed order for bowls, planned by the rules. Gives its address.
pub(crate) async fn a_planned_order(shop: &Shop, number: i64, pieces: i64) -> String {
    shop.services.catalog_changed().await;
    let line = LineTerms {
        line_no: 1,
        sku: stock::sku(1),
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 1_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: 1_000 * pieces,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: 1_000 * pieces,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: 1_000 * pieces,
    };
    let id = OrderId::from_raw(number);
    let order = PlaceOrder {
        id,
        act: Act::new(Actor::Buyer(None), shop.services.now()),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::CashOnDelivery,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-33".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: Arc::new([stock::location(1), stock::location(2)]),
        rules: Arc::default(),
        marks: None,
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    };
    shop.services.database().submit(order).await.unwrap().unwrap();
    let (catalog, now) = (shop.services.catalog(), shop.services.now());
    let source = move |tx: &mut Tx<'_>| {
        source_each(tx, &catalog, &by_rules(now), &BTreeSet::from([id]), &Wish::default())
    };
    shop.services.database().write(source).await.unwrap();
    format!("/console/orders/{}", OrderNumber::from(id))
}

pub(crate) async fn work_of(shop: &Shop, number: i64) -> Vec<Fulfillment> {
    let id = OrderId::from_raw(number);
    shop.services.database().snapshot(move |tx| fulfillment::of(tx, id)).await.unwrap()
}

pub(crate) fn open(work: &[Fulfillment]) -> &Fulfillment {
    work.iter().find(|work| work.state() == State::Planned).unwrap()
}

#[test]
fn an_order_says_who_ships_it_and_why_and_its_work_is_sent_elsewhere_with_a_reason() {
    on_each_database(async |shop: &Shop| {
        let order = a_planned_order(shop, 77, 1).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let page = shop.get(&kim, &order).await;
        for text in ["Planned", "BOWL × 1", "ships it at a cost of", "Second best is"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        let work = work_of(shop, 77).await;
        let work = open(&work);
        let to = if work.facts().location == stock::location(1) { "SH" } else { "HZ" };
        let form = format!("/console/fulfillments/{}/send-to", work.id());
        let silent = shop.fill_in(&kim, &form, &[("location", to), ("remark", " ")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(silent.body.contains("e-remark"), "{}", silent.body);
        let asked = [("location", to), ("remark", "they fetch it there")];
        let sent = shop.fill_in(&kim, &form, &asked).await;
        assert_eq!(sent.location, order, "{}", sent.body);
        let page = shop.get(&kim, &order).await;
        for text in ["Given back", "Sent elsewhere", "Planned"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        let hurry = format!("{order}/hurry");
        let hurried = shop.fill_in(&kim, &hurry, &[("remark", "a birthday")]).await;
        assert_eq!(hurried.location, order, "{}", hurried.body);
        assert!(open(&work_of(shop, 77).await).facts().is_urgent);
    });
}

#[test]
fn work_is_split_on_a_page_of_its_own_and_put_together_again() {
    on_each_database(async |shop: &Shop| {
        let order = a_planned_order(shop, 77, 3).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let work = work_of(shop, 77).await;
        let form = format!("/console/fulfillments/{}/split", open(&work).id());
        assert!(shop.get(&kim, &order).await.body.contains(&form));
        let all = shop.fill_in(&kim, &form, &[("pieces", "3"), ("remark", "later")]).await;
        assert_eq!(all.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(all.body.contains("not all of them"), "{}", all.body);
        let later = [("pieces", "1"), ("not_before", "2099-01-01T08:00"), ("remark", "later")];
        let split = shop.fill_in(&kim, &form, &later).await;
        assert_eq!(split.location, order, "{}", split.body);
        let page = shop.get(&kim, &order).await;
        for text in ["BOWL × 2", "BOWL × 1 · not before", "Split or put together"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        let together = format!("{order}/put-together");
        assert!(page.body.contains(&together), "{}", page.body);
        let whole = shop.fill_in(&kim, &together, &[("remark", "they are back")]).await;
        assert_eq!(whole.location, order, "{}", whole.body);
        let planned = work_of(shop, 77).await.into_iter().filter(|it| it.state() == State::Planned);
        assert_eq!(planned.count(), 1);
        let again = shop.fill_in(&kim, &together, &[("remark", "once more")]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn all_planned_work_of_a_location_that_fails_is_sourced_again_once_that_is_confirmed() {
    on_each_database(async |shop: &Shop| {
        a_planned_order(shop, 77, 1).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let work = work_of(shop, 77).await;
        let is_first = open(&work).facts().location == stock::location(1);
        let place = if is_first { "HZ" } else { "SH" };
        let list = format!("/console/work?place={place}&state=planned");
        let number = OrderNumber::from(OrderId::from_raw(77)).to_string();
        assert!(shop.get(&kim, &list).await.body.contains(&number));
        let pool = format!("/console/catalog/locations/of/{place}/pool");
        let asks = shop.get(&kim, &pool).await;
        assert!(asks.body.contains("1 planned fulfillment is given back"), "{}", asks.body);
        let done = shop.fill_in(&kim, &pool, &[("remark", "no power")]).await;
        assert_eq!(done.location, "/console/work", "{}", done.body);
        assert!(!shop.get(&kim, &list).await.body.contains(&number));
        assert_ne!(open(&work_of(shop, 77).await).facts().location, open(&work).facts().location);
    });
}

#[test]
fn sourcing_is_set_with_errors_at_the_fields() {
    on_each_database(async |shop: &Shop| {
        shop.services.catalog_changed().await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let page = "/console/admin/sourcing";
        let wrong = [("parcels_max", "99"), ("late_day", "-1")];
        let refused = shop.fill_in(&kim, page, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("e-late_day"), "{}", refused.body);
        let refused = shop.fill_in(&kim, page, &[("parcels_max", "99")]).await;
        assert!(refused.body.contains("e-parcels_max"), "{}", refused.body);
        let refused = shop.fill_in(&kim, page, &[("apart", "hazardous")]).await;
        assert!(refused.body.contains("e-apart"), "{}", refused.body);
        let right =
            [("split", "never"), ("late_day", "8.00"), ("apart", "oversized *\nfragile hazardous")];
        let saved = shop.fill_in(&kim, page, &right).await;
        assert_eq!(saved.location, page, "{}", saved.body);
        let rule = "/console/catalog/locations/of/HZ/sourcing";
        let wrong = [("regions", "CN-33 Mars"), ("excluded_categories", "hats")];
        let refused = shop.fill_in(&kim, rule, &wrong).await;
        for field in ["e-regions", "e-excluded_categories"] {
            assert!(refused.body.contains(field), "{field}: {}", refused.body);
        }
        let right = [("regions", "CN-33, CN-31"), ("excluded_categories", "tableware")];
        let saved = shop.fill_in(&kim, rule, &right).await;
        assert_eq!(saved.location, rule, "{}", saved.body);
        let settings = shop.services.catalog().sourcing.clone();
        assert_eq!(settings.apart.len(), 2);
        assert_eq!((settings.late_day_minor, settings.locations["HZ"].regions.len()), (800, 2));
    });
}
