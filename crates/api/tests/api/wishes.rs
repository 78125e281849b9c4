//! How an order is to be brought, over HTTP: wished with a quote and an order, and read again.

use ordermill_api::limits::Quotas;
use serde_json::{Value, json};

use crate::carriers::a_carrier;
use crate::kit::{Shop, in_each_shop};

/// A carrier that brings to the door and to pick-up points in Shanghai and Zhejiang.
async fn a_shop_with_points(shop: &Shop) {
    let mut carrier = a_carrier();
    let mut points = carrier["services"][0].clone();
    points["kind"] = "pickup_point".into();
    carrier["services"].as_array_mut().unwrap().push(points);
    let made = shop.post(&shop.key, "/api/v1/carriers", "carrier", &carrier).await;
    assert_eq!(made.status, 201, "{made:?}");
}

fn an_order(wish: impl Into<Value>) -> Value {
    json!({
        "lines": [{ "sku": "BOWL", "quantity": 1 }],
        "recipient": {
            "name": "林晚", "phone": "13817260921", "country": "CN", "province": "浙江省",
            "city": "杭州市", "district": "西湖区", "street": ["文三路 90 号 1 幢 201 室"],
        },
        "delivery_service": wish.into(),
    })
}

#[test]
fn a_wished_service_is_kept_and_shown_with_the_day_that_is_promised() {
    in_each_shop(Quotas::default(), async |shop| {
        a_shop_with_points(shop).await;
        let quote = json!({
            "lines": [{ "sku": "BOWL", "quantity": 1 }],
            "destination": { "country": "CN", "province": "浙江" },
            "delivery_service": "pickup_point",
        });
        let quoted = shop.post(&shop.key, "/api/v1/quotes", "", &quote).await;
        assert_eq!(quoted.body["delivery_services"], json!(["standard", "pickup_point"]));
        let placed = shop.post(&shop.key, "/api/v1/orders", "a", &an_order("pickup_point")).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let order = shop.get(&shop.key, placed.header("location")).await;
        assert_eq!(order.body["delivery_service"], "pickup_point");
        assert_eq!(order.body["promised_by_on"], quoted.body["promise"]["deliver_by_on"]);
        let plain = shop.post(&shop.key, "/api/v1/orders", "b", &an_order(Value::Null)).await;
        let order = shop.get(&shop.key, plain.header("location")).await;
        assert_eq!(order.body["delivery_service"], Value::Null);
    });
}

#[test]
fn a_cart_is_quoted_and_ordered_with_a_wish() {
    in_each_shop(Quotas::default(), async |shop| {
        a_shop_with_points(shop).await;
        let cart = shop.post(&shop.key, "/api/v1/carts", "cart", &json!({})).await;
        let cart = format!("/api/v1/carts/{}", cart.body["id"].as_str().unwrap());
        let line = json!({ "sku": "BOWL", "quantity": 1 });
        shop.post(&shop.key, &format!("{cart}/lines"), "line", &line).await;
        let quote = json!({
            "destination": { "country": "CN", "province": "浙江" }, "delivery_service": "timed",
        });
        let refused = shop.post(&shop.key, &format!("{cart}/quote"), "", &quote).await;
        assert_eq!(refused.status, 422, "the cart is all right: {refused:?}");
        assert_eq!(refused.body["errors"][0]["field"], "/delivery_service", "{refused:?}");
        let mut order = an_order("pickup_point");
        order.as_object_mut().unwrap().remove("lines");
        let placed = shop.post(&shop.key, &format!("{cart}/checkout"), "a", &order).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let order = shop.get(&shop.key, placed.header("location")).await;
        assert_eq!(order.body["delivery_service"], "pickup_point");
    });
}

#[test]
fn a_service_that_is_unknown_or_not_offered_there_is_refused_at_its_field() {
    in_each_shop(Quotas::default(), async |shop| {
        a_shop_with_points(shop).await;
        let refused = async |key: &str, wish: &str| {
            let answer = shop.post(&shop.key, "/api/v1/orders", key, &an_order(wish)).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid_fields"));
            assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1, "{answer:?}");
            assert_eq!(answer.body["errors"][0]["field"], "/delivery_service", "{answer:?}");
            answer.body["errors"][0].clone()
        };
        let unknown = refused("a", "by drone").await;
        assert_eq!(unknown["code"], "invalid");
        assert!(unknown["detail"].as_str().unwrap().contains("`pickup_point`"), "{unknown}");
        let elsewhere = refused("b", "timed").await;
        assert_eq!(elsewhere["code"], "not_offered");
        let detail = elsewhere["detail"].as_str().unwrap();
        assert!(detail.ends_with("offered: standard, pickup_point"), "{detail}");
        let quote = json!({
            "lines": [{ "sku": "BOWL", "quantity": 1 }],
            "destination": { "country": "CN", "province": "广东" },
            "delivery_service": "standard",
        });
        let answer = shop.post(&shop.key, "/api/v1/quotes", "", &quote).await;
        assert_eq!(answer.status, 422, "nobody goes there: {answer:?}");
        assert_eq!(answer.body["errors"][0]["field"], "/delivery_service", "{answer:?}");
    });
}
