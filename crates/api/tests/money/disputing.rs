//! Disputes through the API: found, read, answered; and what is refused meanwhile.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use ordermill_sandbox::books::{Claim, Outcome, Reason};
use ordermill_sandbox::fault::{Call, Fault};
use serde_json::{Value, json};

use crate::kit::{Reply, Shop, on_each_database};

impl Shop {
    /// The bank of a payment's buyer wants all of it back, and we know of it.
    async fn disputed(&self, payment: &str) -> Value {
        let claim = Claim {
            amount: None,
            fee_minor: 1_500,
            reason: Reason::NotReceived,
            respond_by: self.services.now() + ordermill_base::Span::days(7),
            knows_refunds: true,
        };
        let reference = self.sandbox().open_dispute(payment, claim).unwrap().reference;
        self.dispute_that(|it| it["gateway_reference"] == reference.as_str()).await
    }

    /// Waits for a dispute of which this is so.
    async fn dispute_that(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        let start = std::time::Instant::now();
        loop {
            let list = self.get("/api/v1/disputes").await.body;
            let found = list["items"].as_array().and_then(|all| all.iter().find(|it| is_it(it)));
            if let Some(found) = found {
                return found.clone();
            }
            assert!(start.elapsed().as_secs() < 20, "waited in vain: {list}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn answer(&self, path: &str, version: &Value, key: &str, body: &Value) -> Reply {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, self.bearer())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, format!("\"{version}\""))
            .header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }
}

#[test]
fn a_dispute_is_found_read_and_answered_once_and_its_end_is_seen_at_the_order() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid("a").await;
        let dispute = shop.disputed(&payment).await;
        assert_eq!(dispute["state"], "needs_response");
        assert_eq!(dispute["amount"], json!({"amount": "118.00", "currency": "CNY"}));
        assert_eq!(dispute["fee"]["amount"], "15.00");
        let view = shop.order(&order).await;
        assert_eq!(view["amounts"]["disputed"]["amount"], "118.00");

        let path = format!("/api/v1/disputes/{}", dispute["id"].as_str().unwrap());
        let detail = shop.get(&path).await.body;
        assert_eq!(detail["evidence"]["total"]["amount"], "118.00");
        assert_eq!(detail["evidence"].get("text"), None, "nothing is written yet");

        let submit = format!("{path}/evidence");
        let body = json!({"text": "handed over in person"});
        shop.break_next(Call::Dispute, Fault::LoseAnswer);
        let version = &dispute["version"];
        let stale = shop.answer(&submit, &json!(99), "k0", &body).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.body);
        let answered = shop.answer(&submit, version, "k1", &body).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        let again = shop.answer(&submit, version, "k1", &body).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.body);
        let other = shop.answer(&submit, version, "k1", &json!({"text": "else"})).await;
        assert_eq!(other.body["code"], "idempotency_key_reused");
        // The answer to the first call was lost: it is asked about by and by.
        shop.clock.advance(ordermill_base::Span::minutes(6));
        let reviewed = shop.dispute_that(|it| it["state"] == "under_review").await;
        let reference = reviewed["gateway_reference"].as_str().unwrap();
        let late = shop.answer(&submit, &reviewed["version"], "k2", &body).await;
        assert_eq!(
            (late.status, &late.body["code"]),
            (StatusCode::CONFLICT, &json!("dispute_answered"))
        );

        shop.sandbox().decide_dispute(reference, Outcome::Lost).unwrap();
        shop.until(&order, "payment_status", "charged_back").await;
        let view = shop.order(&order).await;
        assert_eq!(view["amounts"]["charged_back"]["amount"], "118.00");
        assert_eq!(view["amounts"]["disputed"]["amount"], "0.00");
        let of_order = shop.get(&format!("/api/v1/orders/{order}/disputes")).await.body;
        assert_eq!(of_order["items"][0]["state"], "lost");
    });
}

#[test]
fn a_refund_of_disputed_money_is_a_clear_problem_and_accepting_ends_the_dispute() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid("a").await;
        let dispute = shop.disputed(&payment).await;
        let refunds = format!("/api/v1/orders/{order}/refunds");
        let refused = shop.post(&refunds, json!({"reason": "goodwill"})).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(refused.body["code"], "payment_disputed", "{}", refused.body);

        let path = format!("/api/v1/disputes/{}/accept", dispute["id"].as_str().unwrap());
        let silent = shop.answer(&path, &dispute["version"], "k1", &json!({"reason": " "})).await;
        assert_eq!(silent.body["code"], "invalid_fields");
        let body = json!({"reason": "our courier lost it"});
        let accepted = shop.answer(&path, &dispute["version"], "k2", &body).await;
        assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.body);
        shop.until(&order, "payment_status", "charged_back").await;
        shop.dispute_that(|it| it["state"] == "accepted").await;
        let filtered = shop.get("/api/v1/disputes?state=needs_response").await.body;
        assert_eq!(filtered["items"], json!([]));
        let wrong = shop.get("/api/v1/disputes?state=open").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
        assert_eq!(shop.get("/api/v1/disputes/dsp_0000000000001").await.status, 404);
    });
}
