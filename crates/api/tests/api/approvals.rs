//! What a key asks for above the shop's limits waits for a second person.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use serde_json::json;

use crate::kit::{Shop, in_each_shop};

async fn approve(shop: &Shop, approval: &str) {
    let colleague = shop.key(&[Scope::WriteApprovals], None);
    let approved = shop.post(&colleague, &format!("{approval}/approve"), "", &json!({})).await;
    assert_eq!(approved.body["state"], "approved", "{approved:?}");
}

#[test]
fn a_price_that_leaps_waits_and_the_rest_of_the_edit_does_not() {
    in_each_shop(Quotas::default(), async |shop| {
        let skus = shop.get(&shop.key, "/api/v1/skus").await;
        let path = format!("/api/v1/skus/{}", skus.body["items"][0]["id"].as_str().unwrap());
        let before = shop.get(&shop.key, &path).await;
        let was = before.body["price"]["amount"].clone();
        let edit = json!({ "price": "1.00", "name": { "zh": "汤碗", "en": "Soup bowl" } });
        let asked = shop.patch(&path, before.header("etag"), &edit).await;
        assert_eq!((asked.status.as_u16(), &asked.body["asks"]), (202, &json!("price")));
        let now = shop.get(&shop.key, &path).await;
        assert_eq!(
            (&now.body["price"]["amount"], &now.body["name"]["en"]),
            (&was, &json!("Soup bowl"))
        );
        let another = shop.patch(&path, now.header("etag"), &json!({ "price": "2.00" })).await;
        assert_eq!((another.status.as_u16(), another.code()), (409, "approval_awaited"));
        let here = asked.header("location");
        let own = shop.key(&[Scope::WriteCatalog], None);
        let refused = shop.post(&own, &format!("{here}/approve"), "", &json!({})).await;
        assert_eq!(refused.code(), "scope_missing", "asking is not deciding: {refused:?}");
        approve(shop, here).await;
        assert_eq!(shop.get(&shop.key, &path).await.body["price"]["amount"], "1.00");
    });
}

#[test]
fn a_correction_of_stock_above_the_limit_waits() {
    in_each_shop(Quotas::default(), async |shop| {
        let skus = shop.get(&shop.key, "/api/v1/skus").await;
        let sku = skus.body["items"][0]["id"].clone();
        let stock = format!("/api/v1/skus/{}/stock", sku.as_str().unwrap());
        let level = async || shop.get(&shop.key, &stock).await.body["levels"][0].clone();
        let (before, at) = (level().await["on_hand"].as_i64().unwrap(), level().await);
        let at = at["location_id"].clone();
        let adjust = "/api/v1/stock/adjustments";
        let by = |delta| json!({ "sku_id": sku, "location_id": at, "delta": delta, "reason": "x" });
        assert_eq!(shop.post(&shop.key, adjust, "s1", &by(50)).await.status, 201);
        let asked = shop.post(&shop.key, adjust, "s2", &by(51)).await;
        assert_eq!((asked.status.as_u16(), &asked.body["asks"]), (202, &json!("stock")));
        let again = shop.post(&shop.key, adjust, "s2", &by(51)).await;
        assert_eq!(again.body["id"], asked.body["id"], "the same call asks once");
        let counts = "/api/v1/stock/counts";
        let mut count = json!({ "sku_id": sku, "location_id": at, "counted": before + 500 });
        let silent = shop.post(&shop.key, counts, "c1", &count).await;
        assert_eq!(silent.code(), "movement_refused", "it says why: {silent:?}");
        count["reason"] = json!("found in the cellar");
        let counted = shop.post(&shop.key, counts, "c2", &count).await;
        assert_eq!(counted.status, 202, "{counted:?}");
        assert_eq!(level().await["on_hand"], before + 50);
        approve(shop, asked.header("location")).await;
        approve(shop, counted.header("location")).await;
        assert_eq!(level().await["on_hand"], before + 50 + 51 + 450);
    });
}
