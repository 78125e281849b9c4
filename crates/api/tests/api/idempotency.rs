//! Creating calls happen once, however often they are sent.

use std::collections::BTreeMap;

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::kit::{Shop, in_each_shop, request};

/// A good body for each creating call, and another one.
fn bodies(shop: &Shop) -> BTreeMap<&'static str, (Value, Value)> {
    let (sku, location) = (shop.sku.to_string(), shop.location.to_string());
    let order = shop.an_order();
    let mut other_order = order.clone();
    other_order["lines"][0]["quantity"] = json!(2);
    let category = "cat_0000000000001";
    let new_sku = |code: &str| json!({ "code": code, "category_id": category, "price": "9.00", "name": { "en": "Cup" } });
    let new_location = |code: &str| {
        json!({
            "code": code, "name": { "en": "Store" }, "country": "CN", "region": "CN-31",
            "time_zone": "Asia/Shanghai",
        })
    };
    let booked = |field: &str, pieces: i64| {
        let mut body = json!({ "sku_id": sku, "location_id": location });
        body[field] = json!(pieces);
        if field == "delta" {
            body["reason"] = json!("found");
        }
        body
    };
    let moved = |pieces: i64| {
        json!({
            "sku_id": sku, "from_location_id": location, "quantity": pieces,
            "to_location_id": shop.other_location.to_string(),
        })
    };
    let webhook = |path: &str| json!({ "url": format!("https://erp.example.com/{path}"), "events": ["order.*"] });
    let card = |amount: &str| json!({ "amount": { "amount": amount, "currency": "CNY" }, "origin": "sold" });
    BTreeMap::from([
        ("/api/v1/orders", (order, other_order)),
        ("/api/v1/skus", (new_sku("CUP"), new_sku("CUP2"))),
        (
            "/api/v1/categories",
            (
                json!({ "code": "cups", "name": { "en": "Cups" } }),
                json!({ "code": "cups2", "name": { "en": "Cups" } }),
            ),
        ),
        ("/api/v1/locations", (new_location("SHA"), new_location("PEK"))),
        ("/api/v1/stock/receipts", (booked("quantity", 3), booked("quantity", 4))),
        ("/api/v1/stock/adjustments", (booked("delta", 3), booked("delta", 4))),
        ("/api/v1/stock/counts", (booked("counted", 100_020), booked("counted", 100_021))),
        ("/api/v1/stock/transfers", (moved(1), moved(2))),
        ("/api/v1/carts", (json!({}), json!({ "lines": [{ "sku": "BOWL", "quantity": 1 }] }))),
        ("/api/v1/gift-cards", (card("10.00"), card("20.00"))),
        (
            "/api/v1/orders/{order_id}/notes",
            (json!({ "text": "She called." }), json!({ "text": "She wrote." })),
        ),
        ("/api/v1/rule-tables", (rules("one"), rules("two"))),
        ("/api/v1/webhooks", (webhook("a"), webhook("b"))),
        // A test has no body: its key alone tells one from another.
        ("/api/v1/webhooks/{endpoint_id}/test", (Value::Null, Value::Null)),
    ])
}

fn rules(note: &str) -> Value {
    let definition = json!({ "hit": "all", "rules": [], "otherwise": { "do": "pass" } });
    json!({ "purpose": "review", "note": note, "definition": definition })
}

/// Those that change a thing which is the same for everybody: refunds need an order that is paid, see
/// the tests of money; the others are tested with their waves, carriers, carts, gift cards, points,
/// reviews and disputes.
const ELSEWHERE: [&str; 10] = [
    "/api/v1/carriers",
    "/api/v1/locations/{location_id}/waves",
    "/api/v1/orders/{order_id}/review",
    "/api/v1/orders/{order_id}/refunds",
    "/api/v1/carts/{cart_id}/lines",
    "/api/v1/carts/{cart_id}/checkout",
    "/api/v1/gift-cards/{gift_card_id}/adjustments",
    "/api/v1/customers/{customer_id}/points/adjustments",
    "/api/v1/disputes/{dispute_id}/evidence",
    "/api/v1/disputes/{dispute_id}/accept",
];

async fn address(shop: &Shop, path: &str) -> String {
    if path.contains("{order_id}") {
        let made = shop.post(&shop.key, "/api/v1/orders", "for-a-note", &shop.an_order()).await;
        return path.replace("{order_id}", made.body["id"].as_str().unwrap());
    }
    if !path.contains("{endpoint_id}") {
        return path.to_owned();
    }
    let body = json!({ "url": "https://erp.example.com/t", "events": ["*"] });
    let made = shop.post(&shop.key, "/api/v1/webhooks", "for-a-test", &body).await;
    path.replace("{endpoint_id}", made.body["id"].as_str().unwrap())
}

fn first(path: &str, answer: &crate::kit::Answer) -> (u16, Value) {
    assert_eq!(answer.status, 201, "{path}: {answer:?}");
    (answer.status.as_u16(), answer.body.clone())
}

#[test]
fn every_creating_call_is_made_once_for_a_key() {
    in_each_shop(Quotas::default(), async |shop| {
        let bodies = bodies(shop);
        let document = shop.get("", "/api/v1/openapi.json").await.body;
        let mut creating: Vec<&str> = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let parameters = item["post"]["parameters"].as_array();
            if parameters.is_some_and(|all| all.iter().any(|it| it["name"] == "Idempotency-Key")) {
                creating.push(path);
            }
        }
        creating.retain(|path| !ELSEWHERE.contains(path));
        assert_eq!(
            creating,
            bodies.keys().copied().collect::<Vec<_>>(),
            "say here how it is called"
        );
        let stranger = shop.key(&Scope::ALL, None);
        for (number, (path, (body, other))) in bodies.iter().enumerate() {
            let address = address(shop, path).await;
            // One key is for one operation.
            let one = format!("one-{number}");
            let send = async |key: &str, idempotency_key: &str, body: &Value| {
                shop.post(key, &address, idempotency_key, body).await
            };
            let made = send(&shop.key, &one, body).await;
            assert!(made.header("idempotency-replayed").is_empty());
            let made = first(path, &made);
            let repeated = send(&shop.key, &one, body).await;
            assert_eq!(first(path, &repeated), made, "{path}");
            assert_eq!(repeated.header("idempotency-replayed"), "true", "{path}");
            let quoted = send(&shop.key, &format!("\"{one}\""), body).await;
            assert_eq!(first(path, &quoted), made, "a quoted key is the same key");
            if !body.is_null() {
                let reused = send(&shop.key, &one, other).await;
                assert_eq!(
                    (reused.status.as_u16(), reused.code()),
                    (422, "idempotency_key_reused"),
                    "{path}"
                );
            }
            let without = send(&shop.key, "", body).await;
            let code = (without.status.as_u16(), without.code().to_owned());
            assert_eq!(code, (400, "idempotency_key_required".to_owned()), "{path}");
            let long = send(&shop.key, &"k".repeat(129), body).await;
            assert_eq!(long.code(), "idempotency_key_malformed", "{path}");
            let strange = send(&stranger, &one, other).await;
            assert_eq!(strange.status, 201, "{path}: the key of another principal is another key");
            assert_ne!(strange.body, made.1, "{path}");
        }
    });
}

#[test]
fn a_hundred_at_once_with_one_key_make_one() {
    in_each_shop(Quotas::default(), async |shop| {
        for (number, (path, (body, _))) in bodies(shop).into_iter().enumerate() {
            let address = address(shop, path).await;
            let hundred = format!("hundred-{number}");
            let mut running = tokio::task::JoinSet::new();
            for _ in 0..100 {
                let headers = [("idempotency-key", hundred.as_str())];
                let request = request("POST", &address, &shop.key, &headers, Some(&body));
                let router = shop.router.clone();
                running.spawn(async move {
                    let response = router.oneshot(request).await.unwrap();
                    let status = response.status().as_u16();
                    let replayed = response.headers().contains_key("idempotency-replayed");
                    let body = http_body_util::BodyExt::collect(response.into_body()).await;
                    let body: Value = serde_json::from_slice(&body.unwrap().to_bytes()).unwrap();
                    (status, replayed, body["id"].to_string())
                });
            }
            let answers = running.join_all().await;
            let made: Vec<_> = answers.iter().filter(|it| it.0 == 201).collect();
            assert_eq!(made.len(), 100, "{path}: {:?}", answers.iter().find(|it| it.0 != 201));
            assert!(made.iter().all(|it| it.2 == made[0].2), "{path}: more than one was made");
            let new = made.iter().filter(|it| !it.1).count();
            assert_eq!(new, 1, "{path}: one is new, the others are repeats");
        }
    });
}

#[test]
fn a_refused_call_leaves_its_key_free() {
    in_each_shop(Quotas::default(), async |shop| {
        let taken = json!({ "code": "bowls", "name": { "en": "Bowls" } });
        let refused = shop.post(&shop.key, "/api/v1/categories", "k", &taken).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "taken"));
        let free = json!({ "code": "plates", "name": { "en": "Plates" } });
        let made = shop.post(&shop.key, "/api/v1/categories", "k", &free).await;
        assert_eq!(made.status, 201, "{made:?}");
    });
}
