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
            (amount("1", "USD"), "invalid_fields"),
            (amount("1.001", "CNY"), "invalid_fields"),
            (amount("9999", "CNY"), "refund_too_large"),
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

#[test]
fn a_refund_above_the_limit_is_approved_by_somebody_else_and_once() {
    on_each_database(async |shop| {
        shop.limit_refunds(2_000).await;
        let (order, _) = shop.paid("a").await;
        let path = format!("/api/v1/orders/{order}/refunds");
        let amount = json!({"amount": "20.01", "currency": "CNY"});
        let body = json!({"amount": amount, "reason": "arrived in shards"});
        let asked = shop.post_with(&path, body.clone(), "k1").await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
        let expected = json!({"minor": 2_001, "currency": "CNY"});
        assert_eq!(asked.body["request"]["amount"], expected, "{}", asked.body);
        let own = ["asks", "state", "reason"].map(|field| asked.body[field].clone());
        assert_eq!(own, ["refund", "waiting", "arrived in shards"]);
        let again = shop.post_with(&path, body.clone(), "k1").await;
        assert_eq!(again.body["id"], asked.body["id"], "the same call asks once");
        let other = json!({"amount": {"amount": "30", "currency": "CNY"}, "reason": "x"});
        let other = shop.post_with(&path, other, "k2").await;
        assert_eq!(other.body["code"], "approval_awaited");
        assert_eq!(shop.money_at_gateway(), 11_800, "nothing has moved");

        let here = format!("/api/v1/approvals/{}", asked.body["id"].as_str().unwrap());
        let listed = shop.get("/api/v1/approvals").await;
        assert_eq!(listed.body["items"], json!([asked.body]));
        let own = shop.post(&format!("{here}/approve"), json!({})).await;
        assert_eq!((own.status, &own.body["code"]), (StatusCode::FORBIDDEN, &json!("own_request")));

        let approved = shop.post_as_colleague(&format!("{here}/approve"), json!({})).await;
        assert_eq!(approved.body["state"], "approved", "{}", approved.body);
        shop.until(&order, "refunds.0.state", "succeeded").await;
        assert_eq!(shop.money_at_gateway(), 9_799);
        let twice = shop.post_as_colleague(&format!("{here}/approve"), json!({})).await;
        assert_eq!(
            (twice.status, &twice.body["code"]),
            (StatusCode::CONFLICT, &json!("approval_decided"))
        );
        let late = shop.post_with(&path, body, "k1").await;
        assert_eq!(late.body["state"], "approved", "the same call asks once, also afterwards");
        assert_eq!(shop.get("/api/v1/approvals").await.body["items"], json!([]));
        assert_eq!(shop.get(&here).await.body["state"], "approved");
    });
}

#[test]
fn a_rejected_refund_moves_no_money_and_may_be_asked_for_anew() {
    on_each_database(async |shop| {
        shop.limit_refunds(2_000).await;
        let (order, _) = shop.paid("a").await;
        let path = format!("/api/v1/orders/{order}/refunds");
        let asked = shop.post_with(&path, json!({"reason": "all of it"}), "k1").await;
        let here = format!("/api/v1/approvals/{}", asked.body["id"].as_str().unwrap());
        let silent =
            shop.post_as_colleague(&format!("{here}/reject"), json!({"reason": " "})).await;
        assert_eq!(silent.body["code"], "invalid_fields");
        let reason = json!({"reason": "the cup was never sent"});
        let rejected = shop.post_as_colleague(&format!("{here}/reject"), reason).await;
        assert_eq!(rejected.body["state"], "rejected", "{}", rejected.body);
        assert_eq!(rejected.body["rejected_because"], "the cup was never sent");
        let late = shop.post_as_colleague(&format!("{here}/approve"), json!({})).await;
        assert_eq!(late.body["code"], "approval_decided");
        assert_eq!(shop.order(&order).await["refunds"], json!([]));
        assert_eq!(shop.money_at_gateway(), 11_800);
        let anew = shop.post_with(&path, json!({"reason": "once more"}), "k2").await;
        assert_eq!(anew.status, StatusCode::ACCEPTED, "{}", anew.body);
        // Whoever asked takes it back.
        let here = format!("/api/v1/approvals/{}", anew.body["id"].as_str().unwrap());
        let back = shop.post(&format!("{here}/reject"), json!({"reason": "never mind"})).await;
        assert_eq!(back.body["state"], "rejected", "{}", back.body);
        let unknown = shop.get("/api/v1/approvals/tsk_0000000000001").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    });
}
