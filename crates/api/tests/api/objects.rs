//! Things of others: a key of one channel knows nothing of another's. And edits, versions, cursors.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use serde_json::json;

use crate::kit::in_each_shop;

#[test]
fn a_key_of_one_channel_sees_and_changes_nothing_of_another() {
    in_each_shop(Quotas::default(), async |shop| {
        let channels = [shop.channel("one"), shop.channel("two")];
        let keys = channels.map(|channel| shop.key(&Scope::ALL, Some(channel)));
        let mut orders = Vec::new();
        for key in &keys {
            let placed = shop.post(key, "/api/v1/orders", "k1", &shop.an_order()).await;
            assert_eq!(placed.status, 201, "{placed:?}");
            orders.push(placed.body["id"].as_str().unwrap().to_owned());
        }
        assert_ne!(orders[0], orders[1], "the same key of two principals is two keys");
        for (own, key) in keys.iter().enumerate() {
            for (of, order) in orders.iter().enumerate() {
                let path = format!("/api/v1/orders/{order}");
                let read = shop.get(key, &path).await;
                let body = json!({ "reason": "test" });
                if own == of {
                    assert_eq!(read.status, 200);
                    assert!(!read.header("etag").is_empty());
                } else {
                    assert_eq!((read.status.as_u16(), read.code()), (404, "order_not_found"));
                    let canceled = shop.post(key, &format!("{path}/cancel"), "", &body).await;
                    assert_eq!(canceled.status, 404);
                }
            }
            let list = shop.get(key, "/api/v1/orders").await;
            let ids: Vec<&str> = list.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["id"].as_str().unwrap())
                .collect();
            assert_eq!(ids, [&orders[own]]);
        }
    });
}

#[test]
fn an_edit_needs_the_version_that_was_read() {
    in_each_shop(Quotas::default(), async |shop| {
        let path = format!("/api/v1/skus/{}", shop.sku);
        let read = shop.get(&shop.key, &path).await;
        let etag = read.header("etag").to_owned();
        let cheaper = json!({ "price": "49.00" });
        let without = shop.patch(&path, "", &cheaper).await;
        assert_eq!((without.status.as_u16(), without.code()), (428, "if_match_required"));
        let malformed = shop.patch(&path, "one", &cheaper).await;
        assert_eq!((malformed.status.as_u16(), malformed.code()), (400, "if_match_malformed"));
        let edited = shop.patch(&path, &etag, &cheaper).await;
        assert_eq!(
            (edited.status.as_u16(), &edited.body["price"]["amount"]),
            (200, &json!("49.00"))
        );
        let late = shop.patch(&path, &etag, &json!({ "price": "39.00" })).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        let read = shop.get(&shop.key, &path).await;
        assert_eq!(read.body["price"]["amount"], "49.00");
        assert_eq!(read.header("etag"), edited.header("etag"));
    });
}

#[test]
fn of_many_edits_at_once_none_is_lost() {
    in_each_shop(Quotas::default(), async |shop| {
        let path = format!("/api/v1/skus/{}", shop.sku);
        let mut running = tokio::task::JoinSet::new();
        for number in 0..50 {
            let request = crate::kit::request(
                "PATCH",
                &path,
                &shop.key,
                &[("if-match", "\"1\"")],
                Some(&json!({ "reorder_point": number + 1 })),
            );
            let router = shop.router.clone();
            running.spawn(async move {
                use tower::ServiceExt as _;
                router.oneshot(request).await.unwrap().status().as_u16()
            });
        }
        let mut statuses = running.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        assert!(statuses[1..].iter().all(|status| *status == 412), "{statuses:?}");
    });
}

#[test]
fn goods_are_received_counted_and_moved() {
    in_each_shop(Quotas::default(), async |shop| {
        let (sku, from, to) =
            (shop.sku.to_string(), shop.location.to_string(), shop.other_location.to_string());
        for (path, body) in [
            ("receipts", json!({ "sku_id": sku, "location_id": from, "quantity": 20 })),
            ("counts", json!({ "sku_id": sku, "location_id": from, "counted": 100_010 })),
            (
                "adjustments",
                json!({ "sku_id": sku, "location_id": from, "delta": -10, "reason": "broken" }),
            ),
            (
                "transfers",
                json!({
                    "sku_id": sku, "from_location_id": from, "to_location_id": to, "quantity": 7,
                }),
            ),
        ] {
            let booked = shop.post(&shop.key, &format!("/api/v1/stock/{path}"), path, &body).await;
            assert_eq!(booked.status, 201, "{path}: {booked:?}");
        }
        let stock = shop.get(&shop.key, &format!("/api/v1/skus/{sku}/stock")).await;
        let on_hand = |location: &str| {
            let levels = stock.body["levels"].as_array().unwrap();
            let level = levels.iter().find(|it| it["location_id"] == location).unwrap();
            level["on_hand"].as_i64().unwrap()
        };
        assert_eq!([on_hand(&from), on_hand(&to)], [99_993, 7]);
        let short = json!({ "sku_id": sku, "location_id": to, "delta": -8, "reason": "broken" });
        let refused = shop.post(&shop.key, "/api/v1/stock/adjustments", "a", &short).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "movement_refused"));
        let moved = shop.get(&shop.key, &format!("/api/v1/skus/{sku}/movements")).await;
        assert_eq!(moved.body["items"].as_array().unwrap().len(), 6);
        let available = shop.get(&shop.key, &format!("/api/v1/skus/{sku}/availability")).await;
        assert_eq!(available.body["available"], 100_000);
    });
}

#[test]
fn a_walk_through_pages_meets_everything_once() {
    in_each_shop(Quotas::default(), async |shop| {
        for number in 0..7 {
            let body = json!({ "code": format!("C{number}"), "name": { "en": "More" } });
            let key = format!("c{number}");
            let made = shop.post(&shop.key, "/api/v1/categories", &key, &body).await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        let (mut codes, mut path) = (Vec::new(), "/api/v1/categories?limit=3".to_owned());
        loop {
            let page = shop.get(&shop.key, &path).await;
            let items = page.body["items"].as_array().unwrap();
            codes.extend(items.iter().map(|it| it["code"].as_str().unwrap().to_owned()));
            match page.body["next"].as_str() {
                Some(next) => path = format!("/api/v1/categories?limit=3&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(codes, ["bowls", "C0", "C1", "C2", "C3", "C4", "C5", "C6"]);
        for (query, status, code) in [
            ("cursor=x", 400, "cursor_malformed"),
            ("limit=0", 422, "invalid_fields"),
            ("limit=201", 422, "invalid_fields"),
            ("limit=x", 400, "parameters_unreadable"),
            ("page=2", 400, "parameters_unreadable"),
        ] {
            let answer = shop.get(&shop.key, &format!("/api/v1/categories?{query}")).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{query}");
        }
    });
}

/// The number of a card is refused in every text of every body, and not repeated anywhere.
#[test]
fn no_text_takes_the_number_of_a_card() {
    let card = "4111 1111 1111 1111";
    in_each_shop(Quotas::default(), async |shop| {
        let mut order = shop.an_order();
        let texts = [
            "/recipient/name",
            "/recipient/city",
            "/recipient/province",
            "/recipient/district",
            "/recipient/street/0",
            "/note",
            "/email",
            "/channel_order_id",
            "/recipient/phone",
        ];
        order["note"] = json!("ring");
        order["email"] = json!("li@example.com");
        order["channel_order_id"] = json!("1");
        for (at, pointer) in texts.iter().enumerate() {
            for written in [card.to_owned(), card.replace(' ', "-"), card.replace(' ', "")] {
                let mut order = order.clone();
                *order.pointer_mut(pointer).unwrap() = json!(written);
                let key = format!("pan-{at}");
                let answer = shop.post(&shop.key, "/api/v1/orders", &key, &order).await;
                assert_eq!(answer.status, 422, "{pointer}");
                assert!(!answer.body.to_string().contains("1111"), "{answer:?}");
                let fields = answer.body["errors"].as_array().unwrap();
                assert!(fields.iter().any(|it| it["field"] == *pointer), "{pointer}: {fields:?}");
            }
        }
    });
}
