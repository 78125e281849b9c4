//! From an order to its money.

use axum::http::StatusCode;
use ordermill_base::Span;
use ordermill_sandbox::fault::{Call, Fault};
use serde_json::json;

use crate::kit::on_each_database;

#[test]
fn an_order_is_placed_paid_at_the_gateway_and_confirmed_by_its_notice() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (payment, page) = shop.start(&order).await;
        assert!(page.starts_with("http://127.0.0.1:"), "{page}");
        assert_eq!(shop.order(&order).await["payment_status"], "unpaid");
        shop.sandbox().pay(&payment).unwrap();
        let view = shop.until(&order, "status", "confirmed").await;
        assert_eq!(view["payment_status"], "paid");
        assert_eq!(view["payments"][0]["state"], "captured");
        assert_eq!(view["amounts"]["paid"], view["total"]);
        assert_eq!(view["deadlines"], json!([]));
        let payments = shop.get(&format!("/api/v1/orders/{order}/payments")).await;
        assert_eq!(payments.body["items"][0]["id"], payment);
        let again = shop.post(&format!("/api/v1/orders/{order}/payments"), json!({})).await;
        assert_eq!(
            (again.status, &again.body["code"]),
            (StatusCode::CONFLICT, &json!("not_payable"))
        );
    });
}

#[test]
fn a_payment_that_is_open_is_given_again() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let first = shop.start(&order).await;
        assert_eq!(shop.start(&order).await, first);
    });
}

#[test]
fn a_declined_buyer_pays_again_with_another_payment() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (first, _) = shop.start(&order).await;
        shop.sandbox().decline(&first, "insufficient funds").unwrap();
        shop.until(&order, "payments.0.state", "failed").await;
        assert_eq!(shop.order(&order).await["status"], "placed");
        let (second, _) = shop.start(&order).await;
        assert_ne!(first, second);
        shop.sandbox().pay(&second).unwrap();
        shop.until(&order, "status", "confirmed").await;
        assert_eq!(shop.money_at_gateway(), 11_800);
    });
}

#[test]
fn a_lost_notice_is_made_up_for_by_asking_now_or_by_the_poller() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (payment, _) = shop.start(&order).await;
        let check = format!("/api/v1/orders/{order}/payments/{payment}/check");
        assert_eq!(shop.post(&check, json!({})).await.body["learned"], "open");
        shop.break_next(Call::Notice, Fault::LoseNotice);
        shop.sandbox().pay(&payment).unwrap();
        let asked = shop.post(&check, json!({})).await;
        assert_eq!(asked.body["learned"], "captured");
        assert_eq!(asked.body["order"]["status"], "confirmed");

        let other = shop.place("b").await;
        let (payment, _) = shop.start(&other).await;
        shop.break_next(Call::Notice, Fault::LoseNotice);
        shop.sandbox().pay(&payment).unwrap();
        shop.let_pass(Span::minutes(2)).await;
        shop.until(&other, "status", "confirmed").await;
    });
}

#[test]
fn a_start_whose_answer_is_lost_is_found_out_and_charged_once() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        shop.break_next(Call::Start, Fault::LoseAnswer);
        let (payment, page) = shop.start(&order).await;
        assert_eq!(page, "", "nobody knows yet where to pay");
        let (again, page) = shop.start(&order).await;
        assert_eq!(again, payment);
        assert!(page.contains("/pay/"), "{page}");
        shop.sandbox().pay(&payment).unwrap();
        shop.until(&order, "status", "confirmed").await;
        assert_eq!(shop.sandbox().ledger().len(), 1);
    });
}

#[test]
fn an_unknown_gateway_an_odd_address_and_a_strange_order_are_refused() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let path = format!("/api/v1/orders/{order}/payments");
        for body in [json!({"gateway": "x"}), json!({"return_url": "javascript:alert(1)"})] {
            let reply = shop.post(&path, body).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
        }
        let reply = shop.post("/api/v1/orders/ord_0000000000001/payments", json!({})).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    });
}
