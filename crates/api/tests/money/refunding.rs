//! Refunds by an integration's decision.

use axum::http::StatusCode;
use serde_json::json;

use crate::kit::on_each_database;

#[test]
fn part_of_the_money_goes_back_once_for_one_key() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid("a").await;
        let path = format!("/api/v1/orders/{order}/refunds");
        let body = json!({
            "amount": {"amount": "20.00", "currency": "CNY"},
            "payment_id": payment, "reason": "a cup was chipped",
        });
        let first = shop.post_with(&path, body.clone(), "k1").await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
        assert_eq!(first.body["cause"], "by_hand");
        let again = shop.post_with(&path, body.clone(), "k1").await;
        assert_eq!(again.body["id"], first.body["id"]);
        shop.until(&order, "refunds.0.state", "succeeded").await;
        assert_eq!(shop.order(&order).await["status"], "confirmed");
        assert_eq!(shop.money_at_gateway(), 9_800);

        let other = json!({"reason": "another"});
        let reused = shop.post_with(&path, other, "k1").await;
        assert_eq!(reused.body["code"], "idempotency_key_reused");
        // A cancel sends back what is left, no more.
        shop.post(&format!("/api/v1/orders/{order}/cancel"), json!({"reason": "x"})).await;
        shop.until(&order, "payment_status", "refunded").await;
        assert_eq!(shop.money_at_gateway(), 0);
        let listed = shop.get(&path).await;
        assert_eq!(listed.body["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn more_than_came_in_nothing_and_another_currency_are_refused() {
    on_each_database(async |shop| {
        let unpaid = shop.place("u").await;
        let nothing =
            shop.post(&format!("/api/v1/orders/{unpaid}/refunds"), json!({"reason": "x"})).await;
        assert_eq!(nothing.body["code"], "nothing_to_refund");

        let (order, _) = shop.paid("a").await;
        let path = format!("/api/v1/orders/{order}/refunds");
        let amount = |amount: &str, currency: &str| json!({"amount": {"amount": amount, "currency": currency}, "reason": "x"});
        let refused = [
            (amount("118.01", "CNY"), "refund_too_large"),
            (amount("0", "CNY"), "invalid_fields"),
            (amount("-1", "CNY"), "invalid_fields"),
            (amount("1", "USD"), "above_refund_limit"),
            (amount("1.001", "CNY"), "invalid_fields"),
            (amount("9999", "CNY"), "above_refund_limit"),
            (json!({"reason": ""}), "invalid_fields"),
            (json!({"reason": "x", "payment_id": "pay_0000000000001"}), "invalid_fields"),
        ];
        for (index, (body, code)) in refused.into_iter().enumerate() {
            let reply = shop.post_with(&path, body.clone(), &format!("n{index}")).await;
            assert_eq!(reply.body["code"], code, "{body}");
        }
        assert_eq!(shop.order(&order).await["refunds"], json!([]));
        assert_eq!(shop.money_at_gateway(), 11_800);
    });
}
