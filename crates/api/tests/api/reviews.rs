//! Orders that the rules hold, decided through the API.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use serde_json::json;

use crate::kit::{Answer, Shop, in_each_shop, request};

/// An order that the built-in rules hold: more than ¥5,000 at the door. Gives its address.
async fn a_held_order(shop: &Shop) -> String {
    let mut order = shop.an_order();
    order["lines"][0]["quantity"] = json!(100);
    order["terms"] = json!("cash_on_delivery");
    let placed = shop.post(&shop.key, "/api/v1/orders", "held", &order).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    format!("/api/v1/orders/{}", placed.body["id"].as_str().unwrap())
}

async fn decide(shop: &Shop, order: &str, etag: &str, key: &str, step: &str) -> Answer {
    let path = format!("{order}/review");
    let headers = [("if-match", etag), ("idempotency-key", key)];
    let body = json!({ "step": step, "reason": "called them" });
    shop.send(request("POST", &path, &shop.key, &headers, Some(&body))).await
}

#[test]
fn a_held_order_is_in_the_queue_with_its_evidence_until_it_is_decided() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_held_order(shop).await;
        let queue = shop.get(&shop.key, "/api/v1/reviews").await;
        assert_eq!(queue.body["items"][0]["reasons"], json!(["amount"]), "{queue:?}");
        let review = shop.get(&shop.key, &format!("{order}/review")).await;
        assert_eq!(review.body["matched"][0]["name"]["en"], "Large cash on delivery");
        let seen = review.header("etag").to_owned();
        let decided = decide(shop, &order, &seen, "k", "approve").await;
        assert_eq!(
            (decided.status.as_u16(), &decided.body["review"], &decided.body["status"]),
            (200, &json!("approved"), &json!("confirmed")),
            "{decided:?}"
        );
        let again = decide(shop, &order, &seen, "k", "approve").await;
        assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (200, "true"));
        let late = decide(shop, &order, &seen, "l", "refuse").await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        let no_step = decide(shop, &order, decided.header("etag"), "m", "refuse").await;
        assert_eq!((no_step.status.as_u16(), no_step.code()), (409, "step_not_allowed"));
        let queue = shop.get(&shop.key, "/api/v1/reviews").await;
        assert_eq!(queue.body["items"], json!([]));
    });
}

#[test]
fn a_key_that_places_orders_does_not_review_them() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_held_order(shop).await;
        let placing = shop.key(&[Scope::WriteOrders, Scope::ReadOrders], None);
        let refused = shop.get(&placing, &format!("{order}/review")).await;
        assert_eq!(refused.code(), "scope_missing");
    });
}
