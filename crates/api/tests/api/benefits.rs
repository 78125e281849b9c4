//! Gift cards and points over HTTP, and prices in other currencies.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::CustomerId;
use ordermill_storage::customer::{self, Customer};
use serde_json::json;

use crate::kit::{Shop, in_each_shop};

const CARDS: &str = "/api/v1/gift-cards";

async fn a_customer(shop: &Shop) -> CustomerId {
    let now = shop.services.now();
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        let id: CustomerId = tx.next_id(now);
        let customer = Customer {
            id,
            phone_blind: Some(7),
            email_blind: None,
            profile: b"ciphertext".to_vec(),
            version: 1,
            created_at: now,
        };
        customer::insert(tx, &customer)?;
        Ok::<_, ordermill_storage::Error>(id)
    };
    shop.services.database().write(make).await.unwrap()
}

#[test]
fn a_gift_card_is_issued_once_found_by_its_code_and_set_right() {
    in_each_shop(Quotas::default(), async |shop| {
        let hundred = json!({ "amount": "100.00", "currency": "CNY" });
        let new = json!({ "amount": hundred, "origin": "sold" });
        let issued = shop.post(&shop.key, CARDS, "g1", &new).await;
        assert_eq!(issued.status, 201, "{issued:?}");
        let again = shop.post(&shop.key, CARDS, "g1", &new).await;
        assert_eq!(again.body, issued.body, "the code may have been lost on its way");
        assert_eq!(again.header("idempotency-replayed"), "true");
        let code = issued.body["code"].as_str().unwrap();
        let typed = json!({ "code": code.to_lowercase().replace('-', " ") });
        let found = shop.post(&shop.key, &format!("{CARDS}/find"), "", &typed).await;
        assert_eq!(found.body["id"], issued.body["id"], "{found:?}");
        assert_eq!(found.body["balance"]["amount"], "100.00");
        assert_eq!(found.body["last_four"], code[code.len() - 4..]);

        let card = format!("{CARDS}/{}", issued.body["id"].as_str().unwrap());
        let less = json!({ "amount": "-30.00", "reason": "a complaint" });
        let path = format!("{card}/adjustments");
        for _ in 0..2 {
            let adjusted = shop.post(&shop.key, &path, "a1", &less).await;
            assert_eq!(adjusted.status, 201, "{adjusted:?}");
        }
        assert_eq!(shop.get(&shop.key, &card).await.body["balance"]["amount"], "70.00");
        let much = json!({ "amount": "-70.01", "reason": "x" });
        let refused = shop.post(&shop.key, &path, "a2", &much).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "balance_too_small"));
        let moved = shop.get(&shop.key, &format!("{card}/movements?limit=1")).await;
        assert_eq!(moved.body["items"][0]["kind"], "issued");
        let next = moved.body["next"].as_str().unwrap();
        let moved = shop.get(&shop.key, &format!("{card}/movements?cursor={next}")).await;
        assert_eq!(moved.body["items"][0]["amount"]["amount"], "-30.00");
        assert!(moved.body.get("next").is_none());

        let large =
            json!({ "amount": { "amount": "500.01", "currency": "CNY" }, "origin": "sold" });
        let asked = shop.post(&shop.key, CARDS, "g2", &large).await;
        assert_eq!((asked.status.as_u16(), &asked.body["asks"]), (202, &json!("gift_card")));
        let again = shop.post(&shop.key, CARDS, "g2", &large).await;
        assert_eq!(again.body["id"], asked.body["id"], "the same call asks once");
        let here = asked.header("location").to_owned();
        let colleague = shop.key(&[Scope::WriteApprovals, Scope::WriteCatalog], None);
        let early = shop.post(&shop.key, &format!("{here}/collect"), "", &json!({})).await;
        assert_eq!(early.status, 404, "it is not approved: {early:?}");
        let approved = shop.post(&colleague, &format!("{here}/approve"), "", &json!({})).await;
        assert_eq!(approved.body["state"], "approved", "{approved:?}");
        let theirs = shop.post(&colleague, &format!("{here}/collect"), "", &json!({})).await;
        assert_eq!(theirs.status, 404, "the code is for whoever asked");
        let handed = shop.post(&shop.key, &format!("{here}/collect"), "", &json!({})).await;
        let code = json!({ "code": handed.body["code"] });
        let found = shop.post(&shop.key, &format!("{CARDS}/find"), "", &code).await;
        assert_eq!(found.body["balance"]["amount"], "500.01", "{found:?}");
        let nothing = json!({ "amount": { "amount": "0", "currency": "CNY" }, "origin": "sold" });
        let refused = shop.post(&shop.key, CARDS, "g3", &nothing).await;
        assert_eq!(refused.body["errors"][0]["field"], "/amount/amount");
    });
}

#[test]
fn who_tries_codes_of_gift_cards_has_to_wait() {
    in_each_shop(Quotas::default(), async |shop| {
        let guess = |number: i64| json!({ "code": format!("ACDEFGHJKLMN{number:04}") });
        let find = format!("{CARDS}/find");
        let guesser = shop.key(&[Scope::WriteOrders, Scope::ReadCatalog], None);
        for number in 0..20 {
            let answer = shop.post(&guesser, &find, "", &guess(number)).await;
            assert_eq!(answer.status, 404, "{answer:?}");
        }
        let waits = shop.post(&guesser, &find, "", &guess(20)).await;
        assert_eq!((waits.status.as_u16(), waits.code()), (429, "too_many_tries"));
        assert!(waits.header("retry-after").parse::<u32>().unwrap() >= 1);
        let mut order = shop.an_order();
        order["gift_cards"] = json!(["ACDEFGHJKLMN9999"]);
        let waits = shop.post(&guesser, "/api/v1/orders", "o", &order).await;
        assert_eq!(waits.code(), "too_many_tries", "neither by ordering");
        let quote = json!({
            "lines": order["lines"], "destination": { "country": "CN" },
            "gift_cards": ["ACDEFGHJKLMN9999"],
        });
        let waits = shop.post(&guesser, "/api/v1/quotes", "", &quote).await;
        assert_eq!(waits.code(), "too_many_tries", "nor by a quote");
        let other = shop.post(&shop.key, &find, "", &guess(1)).await;
        assert_eq!(other.status, 404, "others do not wait for it");
    });
}

#[test]
fn points_are_given_once_and_explained() {
    in_each_shop(Quotas::default(), async |shop| {
        let points = format!("/api/v1/customers/{}/points", a_customer(shop).await);
        let given = json!({ "points": 500, "reason": "a welcome" });
        let path = format!("{points}/adjustments");
        for _ in 0..2 {
            let adjusted = shop.post(&shop.key, &path, "p1", &given).await;
            assert_eq!(adjusted.status, 201, "{adjusted:?}");
        }
        let read = shop.get(&shop.key, &points).await;
        assert_eq!(read.body, json!({ "balance": 500, "owed": 0 }));
        let many = json!({ "points": 50_001, "reason": "x" });
        let asked = shop.post(&shop.key, &path, "p0", &many).await;
        assert_eq!((asked.status.as_u16(), &asked.body["asks"]), (202, &json!("points")));
        let too_many = json!({ "points": -501, "reason": "x" });
        let refused = shop.post(&shop.key, &path, "p2", &too_many).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "balance_too_small"));
        let moved = shop.get(&shop.key, &format!("{points}/movements")).await;
        assert_eq!(moved.body["items"].as_array().unwrap().len(), 1, "{moved:?}");
        assert_eq!(moved.body["items"][0]["kind"], "adjusted");
        let nobody = "/api/v1/customers/cus_0000000000009/points";
        assert_eq!(shop.get(&shop.key, nobody).await.status, 404);
        assert_eq!(
            shop.post(&shop.key, &format!("{nobody}/adjustments"), "p3", &given).await.status,
            404
        );
    });
}

#[test]
fn a_sku_has_prices_in_other_currencies_and_each_wrong_one_is_named() {
    in_each_shop(Quotas::default(), async |shop| {
        let path = format!("/api/v1/skus/{}", shop.sku);
        let etag = shop.get(&shop.key, &path).await.header("etag").to_owned();
        let wrong = json!({ "prices": [
            { "amount": "8.99", "currency": "USD" },
            { "amount": "9", "currency": "USD" },
            { "amount": "60", "currency": "CNY" },
            { "amount": "1.5", "currency": "JPY" },
            { "amount": "1", "currency": "XXX" },
        ]});
        let refused = shop.patch(&path, &etag, &wrong).await;
        assert_eq!(refused.status, 422);
        let errors = refused.body["errors"].as_array().unwrap();
        let told: Vec<String> = errors
            .iter()
            .map(|it| format!("{} {}", it["field"].as_str().unwrap(), it["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                "/prices/1/currency twice",
                "/prices/2/currency mismatch",
                "/prices/3/amount invalid",
                "/prices/4/currency unknown",
            ]
        );
        let prices = json!([
            { "amount": "1200", "currency": "JPY" },
            { "amount": "8.99", "currency": "USD" },
        ]);
        let edited = shop.patch(&path, &etag, &json!({ "prices": prices })).await;
        assert_eq!(edited.status, 200, "{edited:?}");
        let shown = edited.body["prices"].as_array().unwrap();
        assert_eq!(shown.len(), 2);
        assert!(prices.as_array().unwrap().iter().all(|price| shown.contains(price)), "{shown:?}");
        let etag = edited.header("etag").to_owned();
        let renamed = shop.patch(&path, &etag, &json!({ "reorder_point": 3 })).await;
        assert_eq!(renamed.body["prices"], edited.body["prices"], "what is not sent stays");
        let etag = renamed.header("etag").to_owned();
        let cleared = shop.patch(&path, &etag, &json!({ "prices": [] })).await;
        assert_eq!(cleared.body["prices"], json!([]));
    });
}

#[test]
fn notes_are_left_once_and_read_with_the_right_to_contacts() {
    in_each_shop(Quotas::default(), async |shop| {
        let placed = shop.post(&shop.key, "/api/v1/orders", "o", &shop.an_order()).await;
        let notes = format!("/api/v1/orders/{}/notes", placed.body["id"].as_str().unwrap());
        let said = json!({ "text": "Call Mrs Li before noon." });
        for _ in 0..2 {
            let left = shop.post(&shop.key, &notes, "n1", &said).await;
            assert_eq!(left.status, 201, "{left:?}");
        }
        let second = json!({ "text": "She called." });
        assert_eq!(shop.post(&shop.key, &notes, "n2", &second).await.status, 201);
        let page = shop.get(&shop.key, &format!("{notes}?limit=1")).await;
        assert_eq!(page.body["items"][0]["text"], "She called.");
        let next = page.body["next"].as_str().unwrap();
        let page = shop.get(&shop.key, &format!("{notes}?limit=1&cursor={next}")).await;
        assert_eq!(page.body["items"][0]["text"], "Call Mrs Li before noon.");
        assert!(page.body.get("next").is_none());
        let empty = shop.post(&shop.key, &notes, "n3", &json!({ "text": " " })).await;
        assert_eq!(empty.body["errors"][0]["field"], "/text");
        let masked = shop.key(&[Scope::ReadOrders], None);
        assert_eq!(shop.get(&masked, &notes).await.code(), "scope_missing");
        let other = shop.key(&Scope::ALL, Some(shop.channel("other")));
        assert_eq!(shop.get(&other, &notes).await.code(), "order_not_found");
        assert_eq!(shop.post(&other, &notes, "n4", &said).await.status, 404);
    });
}
