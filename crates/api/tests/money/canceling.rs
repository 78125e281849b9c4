//! Canceling, and money that comes too late.

use ordermill_base::Span;
use ordermill_sandbox::books::State;
use serde_json::{Value, json};

use crate::kit::{Shop, on_each_database};

async fn cancel(shop: &Shop, order: &str) -> Value {
    let path = format!("/api/v1/orders/{order}/cancel");
    shop.post(&path, json!({"reason": "the buyer changed their mind"})).await.body
}

#[test]
fn canceling_a_paid_order_sends_its_money_back_by_itself() {
    on_each_database(async |shop| {
        let (order, _) = shop.paid("a").await;
        assert_eq!(cancel(shop, &order).await["status"], "canceled");
        let view = shop.until(&order, "refunds.0.state", "succeeded").await;
        assert_eq!(view["payment_status"], "refunded");
        assert_eq!(view["refunds"][0]["cause"], "order_canceled");
        assert_eq!(view["amounts"]["refunded"], view["total"]);
        assert_eq!(shop.money_at_gateway(), 0);
        cancel(shop, &order).await;
        assert_eq!(shop.order(&order).await["refunds"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn canceling_an_unpaid_order_closes_its_payment_at_the_gateway() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (payment, _) = shop.start(&order).await;
        let view = cancel(shop, &order).await;
        assert_eq!(view["payments"][0]["state"], "voided");
        let start = std::time::Instant::now();
        while shop.sandbox().payment(&payment).unwrap().state != State::Voided {
            assert!(start.elapsed().as_secs() < 20, "the gateway was not told");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert!(shop.sandbox().pay(&payment).is_err());
    });
}

#[test]
fn an_order_that_nobody_pays_ends_and_money_that_comes_after_all_goes_back() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (payment, _) = shop.start(&order).await;
        // The buyer pays at the last moment, and the notice comes after the order has ended.
        shop.break_next(
            ordermill_sandbox::fault::Call::Notice,
            ordermill_sandbox::fault::Fault::LoseNotice,
        );
        shop.sandbox().pay(&payment).unwrap();
        shop.let_pass(Span::hours(24)).await;
        let view = shop.order(&order).await;
        if view["status"] == "canceled" {
            let view = shop.until(&order, "refunds.0.state", "succeeded").await;
            assert_eq!(view["cancel_reason"], "unpaid");
            assert_eq!(view["refunds"][0]["cause"], "late_capture");
            assert_eq!(shop.money_at_gateway(), 0);
        } else {
            // The poller was faster than the deadline.
            assert_eq!(shop.money_at_gateway(), 11_800);
            shop.until(&order, "status", "confirmed").await;
        }
    });
}
