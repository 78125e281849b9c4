//! A quote over HTTP, and an order for the price that it told.

use axum::http::StatusCode;
use ordermill_app::coupon::create_coupon;
use ordermill_app::gift_card::issue_gift_card;
use ordermill_base::{Currency, Money};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::coupon::Coupon;
use ordermill_domain::gift_card::Origin;
use ordermill_domain::ids::CouponId;
use ordermill_domain::pricing;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::text::Text;
use serde_json::{Value, json};

use crate::kit::{Shop, on_each_database};

const CARD: &str = "ACDE-FGHJ-KLMN-PQRT";

/// A coupon of ten yuan for the first one who comes, and a gift card of twenty.
async fn promote(shop: &Shop) {
    let act = Act::new(Actor::system("test"), shop.services.now());
    let vault = shop.services.vault().clone();
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        let rule = pricing::Coupon {
            id: tx.next_id::<CouponId>(act.at),
            benefit: Benefit::AmountOff(Money::new(1_000, Currency::Cny)),
            scope: Scope::All,
            min_spend: None,
            valid_from: None,
            valid_until: None,
            uses_max: Some(1),
            uses_per_customer_max: None,
            first_order_only: false,
            stacking: Stacking::Exclusive,
        };
        let name = Text::new("立减十元", "¥10 off");
        let coupon = Coupon { code: "TEN".to_owned(), name, rule, is_active: true, version: 1 };
        create_coupon(tx, &act, coupon).unwrap();
        let amount = Money::new(2_000, Currency::Cny);
        issue_gift_card(tx, &vault, &act, CARD, amount, Origin::Sold).unwrap();
        Ok::<_, ordermill_storage::Error>(())
    };
    shop.services.database().write(make).await.unwrap();
}

fn order(phone: &str, extra: Value) -> Value {
    let mut body = json!({
        "lines": [{"sku": "TEA", "quantity": 1}],
        "coupons": ["ten"],
        "recipient": {
            "name": "林晚", "phone": phone, "country": "CN",
            "province": "浙江省", "city": "杭州市", "district": "西湖区",
            "street": ["文三路 90 号 1 幢 201 室"],
        },
    });
    let fields = body.as_object_mut().unwrap();
    fields.extend(extra.as_object().unwrap().clone());
    body
}

#[test]
fn an_order_is_placed_for_the_price_that_was_told_or_not_at_all() {
    on_each_database(async |shop| {
        promote(shop).await;
        let body = json!({
            "lines": [{"sku": "TEA", "quantity": 1}],
            "destination": {"country": "CN", "province": "浙江"},
            "coupons": ["ten", "none"],
            "gift_cards": [CARD],
        });
        let quoted = shop.post("/api/v1/quotes", body).await;
        assert_eq!(quoted.status, StatusCode::OK, "{}", quoted.body);
        let quote = quoted.body;
        assert_eq!(quote["total"]["amount"], "59.00");
        assert_eq!(quote["to_pay"]["amount"], "39.00");
        assert_eq!(quote["coupons"][0]["takes_off"]["amount"], "10.00");
        assert_eq!(quote["coupons"][1]["reason"], "unknown");
        assert_eq!(quote["gift_cards"][0]["last_four"], "PQRT");
        assert_eq!(quote["lines"][0]["available"], 1_000);
        assert_eq!(quote["promise"]["ship_on"], "2026-11-22");

        let told = json!({
            "gift_cards": [CARD], "expected_total": "59.00", "expected_to_pay": "39.00",
        });
        let placed =
            shop.post_with("/api/v1/orders", order("13800138001", told.clone()), "a").await;
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
        assert_eq!(placed.body["to_pay"]["amount"], "39.00");
        let again = shop.post_with("/api/v1/orders", order("13800138001", told), "a").await;
        assert_eq!(again.body, placed.body, "the same request has the same answer");

        let late = order("13800138002", json!({"expected_total": "59.00"}));
        let refused = shop.post_with("/api/v1/orders", late, "b").await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
        assert_eq!(refused.body["code"], "price_changed");
        assert_eq!(refused.body["errors"][0]["field"], "/expected_total");
        assert_eq!(refused.body["errors"][0]["detail"], "69.00 CNY");
        let refused = shop.post_with("/api/v1/orders", order("13800138002", json!({})), "c").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["code"], "used_up");
        let points = order("13800138002", json!({"coupons": [], "points": 5}));
        let refused = shop.post_with("/api/v1/orders", points, "d").await;
        assert_eq!(refused.body["errors"][0]["field"], "/points");
    });
}
