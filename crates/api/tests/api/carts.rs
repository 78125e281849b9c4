//! Carts over HTTP: filled, changed by version, quoted, and ordered once.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::SkuId;
use ordermill_storage::task;
use serde_json::{Value, json};

use crate::kit::{Answer, Shop, in_each_shop, request};

async fn make(shop: &Shop, key: &str, body: &Value) -> String {
    let made = shop.post(&shop.key, "/api/v1/carts", key, body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/api/v1/carts/{id}"));
    id
}

async fn put(shop: &Shop, path: &str, etag: &str, body: &Value) -> Answer {
    let headers: &[(&str, &str)] = if etag.is_empty() { &[] } else { &[("if-match", etag)] };
    shop.send(request("PUT", path, &shop.key, headers, Some(body))).await
}

fn lines(cart: &Value) -> Vec<(String, i64)> {
    let line = |line: &Value| {
        (line["sku"].as_str().unwrap().to_owned(), line["quantity"].as_i64().unwrap())
    };
    cart["lines"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_cart_is_filled_changed_and_emptied_by_the_version_that_was_read() {
    in_each_shop(Quotas::default(), async |shop| {
        let id = make(shop, "c1", &json!({})).await;
        assert_eq!(make(shop, "c1", &json!({})).await, id, "a repeat makes no second cart");
        let cart = format!("/api/v1/carts/{id}");
        let more = json!({ "sku": "BOWL", "quantity": 2 });
        let added = shop.post(&shop.key, &format!("{cart}/lines"), "l1", &more).await;
        assert_eq!(added.status, 200, "{added:?}");
        assert_eq!(lines(&added.body), [("BOWL".to_owned(), 2)]);
        let again = shop.post(&shop.key, &format!("{cart}/lines"), "l1", &more).await;
        assert_eq!(lines(&again.body), [("BOWL".to_owned(), 2)], "a repeat puts nothing in");
        assert_eq!(again.header("idempotency-replayed"), "true");
        let other = json!({ "sku": "BOWL", "quantity": 3 });
        let reused = shop.post(&shop.key, &format!("{cart}/lines"), "l1", &other).await;
        assert_eq!((reused.status.as_u16(), reused.code()), (422, "idempotency_key_reused"));

        let line = format!("{cart}/lines/BOWL");
        let etag = added.header("etag").to_owned();
        let without = put(shop, &line, "", &json!({ "quantity": 5 })).await;
        assert_eq!(without.code(), "if_match_required");
        let changed = put(shop, &line, &etag, &json!({ "quantity": 5 })).await;
        assert_eq!(lines(&changed.body), [("BOWL".to_owned(), 5)], "{changed:?}");
        assert_eq!(changed.body["goods"]["amount"], "295.00");
        let late = put(shop, &line, &etag, &json!({ "quantity": 9 })).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        let read = shop.get(&shop.key, &cart).await;
        assert_eq!(read.header("etag"), changed.header("etag"));

        let etag = read.header("etag").to_owned();
        let coupons = format!("{cart}/coupons");
        let named = put(shop, &coupons, &etag, &json!({ "coupons": ["TEN"] })).await;
        assert_eq!(named.body["coupons"], json!(["TEN"]), "{named:?}");
        let etag = named.header("etag").to_owned();
        let headers = [("if-match", etag.as_str())];
        let emptied = shop.send(request("DELETE", &line, &shop.key, &headers, None)).await;
        assert_eq!(emptied.status, 200, "{emptied:?}");
        assert_eq!(emptied.body["lines"], json!([]));
        assert_eq!(emptied.body["can_check_out"], false);
    });
}

#[test]
fn what_is_wrong_with_a_cart_is_named_where_it_stands() {
    in_each_shop(Quotas::default(), async |shop| {
        let wrong = json!({
            "lines": [{ "sku": "BOWL", "quantity": 0 }, { "sku": "NONE", "quantity": 1 }],
            "coupons": [""],
        });
        let refused = shop.post(&shop.key, "/api/v1/carts", "c", &wrong).await;
        let fields: Vec<&str> = refused.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, ["/lines/0/quantity", "/lines/1/sku", "/coupons/0"]);

        let id = make(shop, "empty", &json!({})).await;
        let cart = format!("/api/v1/carts/{id}");
        let none = json!({ "sku": "NONE", "quantity": 1 });
        let refused = shop.post(&shop.key, &format!("{cart}/lines"), "l", &none).await;
        assert_eq!(refused.body["errors"][0]["field"], "/sku", "{refused:?}");
        let one = json!({ "quantity": 1 });
        let gone = put(shop, &format!("{cart}/lines/NONE"), "\"1\"", &one).await;
        assert_eq!(gone.status, 404);

        let mut body = shop.an_order();
        body.as_object_mut().unwrap().remove("lines");
        let refused = shop.post(&shop.key, &format!("{cart}/checkout"), "o", &body).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "cart_not_ready"));
        assert_eq!(refused.body["errors"][0]["field"], "/lines");
        body["recipient"]["province"] = json!("Atlantis");
        let refused = shop.post(&shop.key, &format!("{cart}/checkout"), "o", &body).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_fields"));
        let fields = refused.body["errors"].as_array().unwrap();
        assert!(
            !fields.is_empty()
                && fields.iter().all(|it| {
                    let field = it["field"].as_str().unwrap();
                    body.pointer(field).is_some()
                }),
            "{fields:?} in {body}"
        );
    });
}

#[test]
fn a_cart_becomes_one_order_whatever_keys_its_checkouts_have() {
    in_each_shop(Quotas::default(), async |shop| {
        let what = json!({ "lines": [{ "sku": "BOWL", "quantity": 3 }] });
        let id = make(shop, "c", &what).await;
        let cart = format!("/api/v1/carts/{id}");
        let to = json!({ "destination": { "country": "CN", "province": "浙江" } });
        let quoted = shop.post(&shop.key, &format!("{cart}/quote"), "", &to).await;
        assert_eq!(quoted.status, 200, "{quoted:?}");
        let mut body = shop.an_order();
        body.as_object_mut().unwrap().remove("lines");
        body["expected_total"] = quoted.body["total"]["amount"].clone();
        let path = format!("{cart}/checkout");
        let mut running = tokio::task::JoinSet::new();
        for number in 0..20 {
            let headers = [("idempotency-key", format!("o{}", number % 4))];
            let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
            let call = request("POST", &path, &shop.key, &headers, Some(&body));
            let router = shop.router.clone();
            running.spawn(tower::ServiceExt::oneshot(router, call));
        }
        let mut statuses = Vec::new();
        while let Some(answer) = running.join_next().await {
            statuses.push(answer.unwrap().unwrap().status().as_u16());
        }
        assert_eq!(statuses, [201; 20]);
        let orders = shop.get(&shop.key, "/api/v1/orders").await;
        assert_eq!(orders.body["items"].as_array().unwrap().len(), 1);
        let order = &orders.body["items"][0];
        assert_eq!(order["total"]["amount"], quoted.body["total"]["amount"]);
        let read = shop.get(&shop.key, &cart).await;
        assert_eq!(read.body["order_id"], order["id"]);
        let more = json!({ "sku": "BOWL", "quantity": 1 });
        let late = shop.post(&shop.key, &format!("{cart}/lines"), "l", &more).await;
        assert_eq!((late.status.as_u16(), late.code()), (409, "cart_ordered"));
    });
}

#[test]
fn a_key_of_one_channel_knows_no_cart_of_another_and_none_of_the_shop() {
    in_each_shop(Quotas::default(), async |shop| {
        let own = shop.key(&Scope::ALL, Some(shop.channel("one")));
        let other = shop.key(&Scope::ALL, Some(shop.channel("two")));
        let made = shop.post(&own, "/api/v1/carts", "c", &json!({})).await;
        let cart = format!("/api/v1/carts/{}", made.body["id"].as_str().unwrap());
        assert_eq!(shop.get(&own, &cart).await.status, 200);
        assert_eq!(shop.get(&shop.key, &cart).await.status, 200, "a key of all channels");
        let foreign = shop.get(&other, &cart).await;
        assert_eq!((foreign.status.as_u16(), foreign.code()), (404, "cart_not_found"));
        let more = json!({ "sku": "BOWL", "quantity": 1 });
        let foreign = shop.post(&other, &format!("{cart}/lines"), "l", &more).await;
        assert_eq!(foreign.status, 404);
        let (catalog, now) = (shop.services.catalog(), shop.services.now());
        let fill = move |tx: &mut ordermill_storage::Tx<'_>| {
            use ordermill_app::cart::{Change, Holder, change_line};
            change_line(tx, &catalog, Holder::default(), "BOWL", Change::Add(1), now)
        };
        let of_shop = shop.services.database().write(fill).await.unwrap().id;
        assert_eq!(shop.get(&own, &format!("/api/v1/carts/{of_shop}")).await.status, 404);
    });
}

#[test]
fn an_order_that_is_refused_for_want_of_stock_names_the_line_and_has_more_ordered() {
    in_each_shop(Quotas::default(), async |shop| {
        let mut body = shop.an_order();
        body["lines"] = json!([{ "sku": "BOWL", "quantity": 100_001 }]);
        let refused = shop.post(&shop.key, "/api/v1/orders", "o", &body).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "out_of_stock"));
        assert_eq!(refused.body["errors"][0]["field"], "/lines/0/quantity");
        let sku: SkuId = shop.sku;
        let tasks = shop.services.database().read(move |tx| task::of(tx, sku)).await.unwrap();
        assert_eq!(tasks.len(), 1);
        let detail: Value = serde_json::from_str(&tasks[0].detail).unwrap();
        assert_eq!((&detail["wanted"], &detail["available"]), (&json!(100_001), &json!(100_000)));
        let again = shop.post(&shop.key, "/api/v1/orders", "o2", &body).await;
        assert_eq!(again.status, 409);
        let tasks = shop.services.database().read(move |tx| task::of(tx, sku)).await.unwrap();
        assert_eq!(tasks.len(), 1, "one task for all who want it");
    });
}
