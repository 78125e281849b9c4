//! Orders of Shopify: signed, kept as they came, each once, and their money told truthfully.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt as _;
use ordermill_base::{Random, Span};
use ordermill_domain::ids::OrderId;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{ledger, sku as goods, task};
use ordermill_testkit::stock::sku;
use ordermill_testkit::{TestClock, catalog};
use ring::hmac;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::kit::{SHOPIFY_SECRET, Shop, on_each_database};

/// An order of two pieces of tea for 118 dollars with tax and freight, as Shopify sends it.
fn an_order(id: u64, financial_status: &str) -> Value {
    json!({
        "id": id, "name": format!("#{id}"), "test": false,
        "email": "ada@example.com", "phone": null, "customer_locale": "en",
        "created_at": "2026-11-22T15:00:00+08:00", "updated_at": "2026-11-22T15:00:00+08:00",
        "cancelled_at": null, "cancel_reason": null,
        "currency": "USD", "taxes_included": false,
        "total_price": "132.08", "financial_status": financial_status,
        "payment_gateway_names": ["shopify_payments"],
        "shipping_address": {
            "name": "Ada Byron", "address1": "1 Market Street", "address2": "", "city": "San Francisco",
            "province": "California", "province_code": "CA", "zip": "94105", "country": "United States",
            "country_code": "US", "phone": "+1 415 555 2671",
        },
        "line_items": [{
            "id": 11, "sku": "TEA", "variant_id": 1, "product_id": 2, "title": "Green tea", "quantity": 2,
            "price": "60.00", "requires_shipping": true, "gift_card": false, "properties": [],
            "discount_allocations": [{"amount": "2.00", "discount_application_index": 0}],
            "tax_lines": [{"title": "State tax", "rate": 0.06, "price": "7.08"}],
        }],
        "shipping_lines": [{
            "id": 21, "code": "STD", "title": "Standard", "price": "7.00",
            "discount_allocations": [], "tax_lines": [],
        }],
        "a_field_of_tomorrow": {"kept": true},
    })
}

/// The same order as the channel has it some minutes later.
fn later(order: &Value, minutes: u32, changes: Value) -> Value {
    let mut order = order.clone();
    order["updated_at"] = format!("2026-11-22T15:{minutes:02}:00+08:00").into();
    for (name, value) in changes.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

fn canceled(order: &Value, minutes: u32, financial_status: &str) -> Value {
    later(
        order,
        minutes,
        json!({
            "cancelled_at": "2026-11-22T15:05:00+08:00", "cancel_reason": "customer",
            "financial_status": financial_status,
        }),
    )
}

fn sign(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, body))
}

fn message(id: &str, body: &str, secret: &str, domain: &str) -> Request<Body> {
    Request::post("/channels/shopify-eu/shopify")
        .header("x-shopify-hmac-sha256", sign(secret, body.as_bytes()))
        .header("x-shopify-shop-domain", domain)
        .header("x-shopify-topic", "orders/create")
        .header("x-shopify-webhook-id", id)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

async fn send(shop: &Shop, id: &str, order: &Value) {
    let request = message(id, &order.to_string(), SHOPIFY_SECRET, "tea.myshopify.com");
    let reply = shop.send(request).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.body);
}

/// Waits until the copy of a channel's order stands there.
async fn copy(shop: &Shop, id: u64, state: &str) -> Value {
    let (start, id) = (Instant::now(), id.to_string());
    let first = format!("/api/v1/channel-orders?state={state}&limit=200");
    let mut page = first.clone();
    loop {
        let list = shop.get(&page).await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.body);
        let items = list.body["items"].as_array().unwrap();
        if let Some(copy) = items.iter().find(|copy| copy["external_id"] == *id) {
            let is_told = state != "waiting" || copy["missing"] != json!([]);
            if is_told {
                return copy.clone();
            }
        }
        // After the last page it is looked for from the start again.
        if let Some(next) = list.body["next"].as_str() {
            page = format!("{first}&cursor={next}");
            continue;
        }
        page.clone_from(&first);
        assert!(start.elapsed() < Duration::from_secs(30), "order {id} is not {state}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn placed(shop: &Shop, id: u64) -> String {
    copy(shop, id, "placed").await["order_id"].as_str().unwrap().to_owned()
}

async fn open_tasks(shop: &Shop) -> Vec<TaskKind> {
    let list = shop.services.database().read(|tx| task::list_open(tx, None, None, 100));
    list.await.unwrap().into_iter().map(|task| task.kind).collect()
}

async fn balance(shop: &Shop, order: &str, account: &str) -> i64 {
    let id: OrderId = order.parse().unwrap();
    let entries = shop.services.database().read(move |tx| ledger::of(tx, id)).await.unwrap();
    entries.iter().filter(|it| it.account == account).map(|it| it.amount_minor).sum()
}

#[test]
fn a_paid_order_comes_in_paid_once_and_its_copy_is_as_it_was_received() {
    on_each_database(async |shop| {
        let body = an_order(1001, "paid");
        send(shop, "w1", &body).await;
        send(shop, "w1", &body).await;
        send(shop, "w2", &body).await;
        let order = placed(shop, 1001).await;
        let view = shop.until(&order, "status", "confirmed").await;
        assert_eq!(view["channel_order_id"], "1001");
        assert_eq!(view["total"], json!({"amount": "132.08", "currency": "USD"}));
        assert_eq!(view["amounts"]["freight"]["amount"], "7.00");
        assert_eq!(view["lines"][0]["discount"]["amount"], "2.00");
        assert_eq!(view["payments"].as_array().unwrap().len(), 1);
        assert_eq!(view["payments"][0]["gateway"], "channel:shopify-eu");
        assert_eq!(balance(shop, &order, "channel_clearing").await, 13_208);
        assert_eq!(balance(shop, &order, "gateway_clearing").await, 0);

        let id = copy(shop, 1001, "placed").await["id"].as_str().unwrap().to_owned();
        let request = Request::get(format!("/api/v1/channel-orders/{id}/copy"))
            .header(header::AUTHORIZATION, shop.bearer())
            .body(Body::empty());
        let response = shop.router().oneshot(request.unwrap()).await.unwrap();
        let raw = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(raw, body.to_string().as_bytes());
        let orders = shop.get("/api/v1/orders").await.body;
        assert_eq!(orders["items"].as_array().unwrap().len(), 1);
        assert_eq!(shop.sandbox().messages(ordermill_sandbox::messages::Medium::Mail), []);
    });
}

#[test]
fn an_order_of_a_channel_gets_its_gift_and_costs_what_the_channel_has_charged() {
    on_each_database(async |shop| {
        shop.gives_tea_with_tea().await;
        send(shop, "w1", &an_order(1001, "paid")).await;
        let order = placed(shop, 1001).await;
        let view = shop.until(&order, "status", "confirmed").await;
        assert_eq!(view["total"], json!({"amount": "132.08", "currency": "USD"}));
        let lines = view["lines"].as_array().unwrap();
        assert_eq!((lines.len(), &lines[1]["gift_rule"]), (2, &json!(1)), "{view}");
        assert_eq!(
            (&lines[1]["allocated"], &lines[1]["total"]["amount"]),
            (&json!(1), &json!("0.00"))
        );
    });
}

#[test]
fn an_unpaid_order_waits_for_its_money_and_cash_at_the_door_does_not() {
    on_each_database(async |shop| {
        let unpaid = an_order(1, "pending");
        send(shop, "a", &unpaid).await;
        let order = placed(shop, 1).await;
        assert_eq!(shop.order(&order).await["display_status"], "to_pay");
        send(shop, "b", &later(&unpaid, 30, json!({"financial_status": "paid"}))).await;
        shop.until(&order, "status", "confirmed").await;

        let mut cash = an_order(2, "pending");
        cash["payment_gateway_names"] = json!(["Cash on Delivery (COD)"]);
        send(shop, "c", &cash).await;
        let order = placed(shop, 2).await;
        let view = shop.until(&order, "status", "confirmed").await;
        assert_eq!((&view["terms"], &view["payments"]), (&json!("cash_on_delivery"), &json!([])));
    });
}

#[test]
fn a_cancel_with_money_sent_back_there_is_told_as_it_was() {
    on_each_database(async |shop| {
        let body = an_order(1, "paid");
        send(shop, "a", &body).await;
        let order = placed(shop, 1).await;
        shop.until(&order, "status", "confirmed").await;
        send(shop, "b", &canceled(&body, 6, "refunded")).await;
        let view = shop.until(&order, "payment_status", "refunded").await;
        assert_eq!(
            (&view["status"], &view["cancel_reason"]),
            (&json!("canceled"), &json!("channel"))
        );
        assert_eq!(view["refunds"][0]["state"], "succeeded");
        assert_eq!(balance(shop, &order, "channel_clearing").await, 0);
        assert_eq!(balance(shop, &order, "refunds_payable").await, 0);
        copy(shop, 1, "canceled").await;

        // Canceled there, and the money is still with the channel: somebody has to see to it.
        let body = an_order(2, "paid");
        send(shop, "c", &body).await;
        let order = placed(shop, 2).await;
        shop.until(&order, "status", "confirmed").await;
        send(shop, "d", &canceled(&body, 6, "paid")).await;
        shop.until(&order, "status", "canceled").await;
        let start = Instant::now();
        while open_tasks(shop).await != [TaskKind::RefundFailed] {
            assert!(start.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        send(shop, "e", &canceled(&body, 9, "refunded")).await;
        shop.until(&order, "payment_status", "refunded").await;
        assert_eq!(open_tasks(shop).await, []);
    });
}

#[test]
fn a_cancel_that_overtakes_its_order_leaves_nothing_to_fulfill() {
    on_each_database(async |shop| {
        let body = an_order(1, "paid");
        send(shop, "b", &canceled(&body, 6, "refunded")).await;
        copy(shop, 1, "canceled").await;
        send(shop, "a", &body).await;
        // Another order shows that the first two messages were processed.
        send(shop, "c", &an_order(2, "paid")).await;
        placed(shop, 2).await;
        copy(shop, 1, "canceled").await;
        let orders = shop.get("/api/v1/orders").await.body;
        assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn an_unknown_sku_is_a_task_and_the_order_comes_in_when_it_is_there() {
    on_each_database(async |shop| {
        let mut body = an_order(1, "paid");
        body["line_items"][0]["sku"] = json!("CUP");
        send(shop, "a", &body).await;
        let waiting = copy(shop, 1, "waiting").await;
        assert_eq!(waiting["missing"][0]["code"], "unknown_sku", "{waiting}");
        assert_eq!(open_tasks(shop).await, [TaskKind::UnknownSku]);

        let act = ordermill_app::permission::Principal::system("test").act(TestClock::START);
        let holder = shop.services.catalog_holder();
        let add = move |tx: &mut ordermill_storage::Tx<'_>| {
            goods::insert(tx, &act, &catalog::sku(sku(2), "CUP"))?;
            holder.reload(tx)
        };
        shop.services.database().write::<_, ordermill_storage::Error, _>(add).await.unwrap();
        let retry = format!("/api/v1/channel-orders/{}/retry", waiting["id"].as_str().unwrap());
        assert_eq!(shop.post(&retry, json!({})).await.status, StatusCode::ACCEPTED);
        // The SKU is known now and not on the shelf.
        let start = Instant::now();
        while copy(shop, 1, "waiting").await["missing"][0]["code"] != "out_of_stock" {
            assert!(start.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        shop.receive_more(2, 10).await;
        shop.let_pass(Span::minutes(11)).await;
        let order = placed(shop, 1).await;
        shop.until(&order, "status", "confirmed").await;
        assert_eq!(open_tasks(shop).await, []);
        assert_eq!(shop.post(&retry, json!({})).await.body["code"], "not_waiting");
    });
}

#[test]
fn half_an_address_is_a_task_until_the_channel_has_the_rest() {
    on_each_database(async |shop| {
        let whole = an_order(1, "paid");
        let mut half = whole.clone();
        half["shipping_address"]["phone"] = Value::Null;
        send(shop, "a", &half).await;
        let waiting = copy(shop, 1, "waiting").await;
        assert_eq!(waiting["missing"][0]["field"], "recipient.phone", "{waiting}");
        assert_eq!(open_tasks(shop).await, [TaskKind::IncompleteChannelOrder]);
        send(shop, "b", &later(&whole, 20, json!({}))).await;
        let order = placed(shop, 1).await;
        shop.until(&order, "status", "confirmed").await;
        assert_eq!(open_tasks(shop).await, []);
    });
}

#[test]
fn amounts_that_do_not_add_up_are_never_guessed() {
    on_each_database(async |shop| {
        send(shop, "a", &later(&an_order(1, "paid"), 1, json!({"total_price": "132.09"}))).await;
        let waiting = copy(shop, 1, "waiting").await;
        let missing = (&waiting["missing"][0]["field"], &waiting["missing"][0]["code"]);
        assert_eq!(missing, (&json!("total"), &json!("mismatch")));
    });
}

#[test]
fn what_is_not_signed_by_the_channel_of_the_address_is_refused() {
    on_each_database(async |shop| {
        let body = an_order(1, "paid").to_string();
        let status = async |request| shop.send(request).await.status;
        let shop_domain = "tea.myshopify.com";
        let forged = message("a", &body, "guessed", shop_domain);
        assert_eq!(status(forged).await, StatusCode::UNAUTHORIZED);
        let swapped = message("a", &body, SHOPIFY_SECRET, "other.myshopify.com");
        assert_eq!(status(swapped).await, StatusCode::UNAUTHORIZED);
        let mut changed = message("a", &body, SHOPIFY_SECRET, shop_domain);
        *changed.body_mut() = Body::from(body.replace("132.08", "1.00"));
        assert_eq!(status(changed).await, StatusCode::UNAUTHORIZED);
        let mut unsigned = message("a", &body, SHOPIFY_SECRET, shop_domain);
        unsigned.headers_mut().remove("x-shopify-hmac-sha256");
        assert_eq!(status(unsigned).await, StatusCode::BAD_REQUEST);
        for address in
            ["/channels/other/shopify", "/channels/shop/shopify", "/channels/shopify-eu/x"]
        {
            let mut elsewhere = message("a", &body, SHOPIFY_SECRET, shop_domain);
            *elsewhere.uri_mut() = address.parse().unwrap();
            assert_eq!(status(elsewhere).await, StatusCode::NOT_FOUND, "{address}");
        }
        assert_eq!(shop.get("/api/v1/orders").await.body["items"], json!([]));
    });
}

#[test]
fn poison_is_put_aside_and_holds_up_nobody() {
    on_each_database(async |shop| {
        let bad = [
            "{".to_owned(),
            "null".to_owned(),
            json!({"id": null}).to_string(),
            an_order(7, "paid").to_string().replace("\"60.00\"", "99999999999999999999999"),
            an_order(8, "paid").to_string().replace("\"quantity\":2", "\"quantity\":-2"),
        ];
        for (index, body) in bad.iter().enumerate() {
            let id = format!("bad{index}");
            let request = message(&id, body, SHOPIFY_SECRET, "tea.myshopify.com");
            assert_eq!(shop.send(request).await.status, StatusCode::NO_CONTENT, "{body}");
        }
        send(shop, "good", &an_order(1, "paid")).await;
        let order = placed(shop, 1).await;
        shop.until(&order, "status", "confirmed").await;
        // Four of them cannot be read at all; an amount that is no amount of ours waits for a person.
        let start = Instant::now();
        let count = async |kind| open_tasks(shop).await.iter().filter(|it| **it == kind).count();
        while count(TaskKind::WebhookQuarantine).await
            + count(TaskKind::IncompleteChannelOrder).await
            < 5
        {
            assert!(start.elapsed() < Duration::from_secs(30), "{:?}", open_tasks(shop).await);
            shop.let_pass(Span::minutes(11)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(shop.get("/api/v1/orders").await.body["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn repeated_and_shuffled_messages_end_as_those_in_order_do() {
    on_each_database(async |shop| {
        // Each order: placed unpaid, then paid; every third one canceled and refunded at last. Twice
        // 2.3 messages for each.
        let orders = 100 * u64::from(ordermill_testkit::scale());
        let mut messages = Vec::new();
        for id in 1..=orders {
            let unpaid = an_order(id, "pending");
            let paid = later(&unpaid, 10, json!({"financial_status": "paid"}));
            messages.push((format!("{id}-1"), unpaid));
            messages.push((format!("{id}-2"), paid.clone()));
            if id % 3 == 0 {
                messages.push((format!("{id}-3"), canceled(&paid, 20, "refunded")));
            }
        }
        let mut random = Random::from_seed(16);
        messages.extend(messages.clone());
        for last in (1..messages.len()).rev() {
            let other = random.below(last as u64 + 1) as usize;
            messages.swap(last, other);
        }
        for (id, body) in &messages {
            send(shop, id, body).await;
        }
        for id in 1..=orders {
            if id % 3 == 0 {
                copy(shop, id, "canceled").await;
            } else {
                let order = placed(shop, id).await;
                shop.until(&order, "status", "confirmed").await;
            }
        }
        let start = Instant::now();
        loop {
            let waiting = shop
                .services
                .database()
                .read(|tx| ordermill_storage::inbox::count_waiting(tx, 1_000));
            if waiting.await.unwrap() == 0 {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let orders = shop.get("/api/v1/orders?limit=200").await.body;
        for order in orders["items"].as_array().unwrap() {
            let expected = match order["status"].as_str().unwrap() {
                "confirmed" => "paid",
                "canceled" => {
                    let status = order["payment_status"].as_str().unwrap();
                    assert!(["refunded", "unpaid"].contains(&status), "{order}");
                    status
                }
                other => panic!("{other}"),
            };
            assert_eq!(order["payment_status"], expected, "{order}");
        }
    });
}

#[test]
fn the_order_of_the_fixtures_is_kept_and_waits_for_what_it_lacks() {
    let Some(fixture) = ordermill_testkit::fixture::beside("shopify/order.json") else { return };
    on_each_database(async |shop| {
        let mut file: Value = serde_json::from_str(&fixture).unwrap();
        let order = file["order"].take();
        send(shop, "f", &order).await;
        copy(shop, 123_456, "canceled").await;
        let changes = json!({"id": 123_457, "cancelled_at": null, "test": false});
        send(shop, "g", &later(&order, 1, changes)).await;
        let waiting = copy(shop, 123_457, "waiting").await;
        assert!(waiting["missing"].as_array().unwrap().len() > 1, "{waiting}");
        assert_eq!(open_tasks(shop).await.len(), 1);
    });
}
