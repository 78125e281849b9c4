//! Gift rules over HTTP, and the gifts that they give.

use ordermill_api::limits::Quotas;
use serde_json::{Value, json};

use crate::kit::{Answer, in_each_shop};

const PATH: &str = "/api/v1/gift-rules";

/// A bowl more with every order of three.
fn rule() -> Value {
    json!({
        "number": 1,
        "name": { "zh": "买三赠一", "en": "Buy three, get one" },
        "gift": "BOWL",
        "pieces": 1,
        "categories": [],
        "skus": ["BOWL"],
        "min_spend": null,
        "min_pieces": 3,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": null,
        "channels": [],
        "is_active": true,
    })
}

fn quote_of(pieces: i64) -> Value {
    json!({
        "lines": [{ "sku": "BOWL", "quantity": pieces }],
        "destination": { "country": "CN", "province": "浙江" },
    })
}

fn fields(answer: &Answer) -> Vec<&str> {
    let errors = answer.body["errors"].as_array().unwrap();
    errors.iter().map(|it| it["field"].as_str().unwrap()).collect()
}

#[test]
fn a_rule_is_kept_counts_at_once_and_its_gift_stands_in_the_quote_and_in_the_order() {
    in_each_shop(Quotas::default(), async |shop| {
        let before = shop.get(&shop.key, PATH).await;
        assert_eq!((before.header("etag"), &before.body["rules"]), ("\"0\"", &json!([])));
        let wanted = json!({ "rules": [rule()] });
        let kept = shop.put_if(PATH, "\"0\"", &wanted).await;
        assert_eq!((kept.status.as_u16(), kept.header("etag")), (200, "\"1\""), "{kept:?}");
        assert_eq!(kept.body["rules"], wanted["rules"]);
        let late = shop.put_if(PATH, "\"0\"", &wanted).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));

        let quoted = shop.post(&shop.key, "/api/v1/quotes", "", &quote_of(3)).await;
        let gift = json!({ "sku": "BOWL", "quantity": 1, "gift_rule": 1 });
        assert_eq!(quoted.body["gifts"], json!([gift]), "{quoted:?}");
        let quoted = shop.post(&shop.key, "/api/v1/quotes", "", &quote_of(2)).await;
        assert_eq!(quoted.body["gifts"], json!([]));

        let mut order = shop.an_order();
        order["lines"][0]["quantity"] = json!(3);
        let placed = shop.post(&shop.key, "/api/v1/orders", "a", &order).await;
        let id = placed.body["id"].as_str().unwrap();
        let order = shop.get(&shop.key, &format!("/api/v1/orders/{id}")).await;
        let lines = order.body["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 2, "{order:?}");
        assert_eq!((&lines[0]["gift_rule"], &lines[1]["gift_rule"]), (&json!(null), &json!(1)));
        assert_eq!(lines[1]["total"]["amount"], "0.00");
    });
}

#[test]
fn each_wrong_field_of_a_rule_is_named() {
    in_each_shop(Quotas::default(), async |shop| {
        let mut wrong = rule();
        wrong["gift"] = json!("NOTHING");
        wrong["pieces"] = json!(0);
        wrong["categories"] = json!(["bowls", "hats"]);
        wrong["channels"] = json!(["moon"]);
        wrong["valid_from"] = json!("tomorrow");
        let refused = shop.put_if(PATH, "\"0\"", &json!({ "rules": [wrong] })).await;
        assert_eq!(refused.status, 422);
        let expected = ["categories/1", "skus", "gift", "pieces", "channels/0", "valid_from"];
        assert_eq!(fields(&refused), expected.map(|field| format!("/rules/0/{field}")));
        let mut dear = rule();
        dear["number"] = json!(2);
        dear["pieces"] = json!(100);
        let refused = shop.put_if(PATH, "\"0\"", &json!({ "rules": [rule(), dear] })).await;
        assert_eq!((fields(&refused), refused.status.as_u16()), (vec!["/rules/1/gift"], 422));
        assert_eq!(refused.body["errors"][0]["code"], "above_limit");
    });
}
