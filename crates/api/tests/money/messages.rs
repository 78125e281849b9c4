//! What buyers are told, each thing once.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ordermill_base::Span;
use ordermill_domain::ids::OrderId;
use ordermill_domain::message::{Cause, State};
use ordermill_domain::task::TaskKind;
use ordermill_sandbox::messages::Medium;
use ordermill_storage::{message, task};
use serde_json::json;

use crate::kit::{Shop, on_each_database};

async fn messages_of(shop: &Shop, order: &str) -> Vec<message::Message> {
    let id: OrderId = order.parse().unwrap();
    let read = move |tx: &mut ordermill_storage::Tx<'_>| message::of(tx, id);
    shop.services.database().read::<_, ordermill_storage::Error, _>(read).await.unwrap()
}

/// Waits until there are messages for these causes, all in this state.
async fn until(shop: &Shop, order: &str, causes: &[Cause], state: State) {
    let start = Instant::now();
    loop {
        let messages = messages_of(shop, order).await;
        let mut told: Vec<Cause> = messages.iter().map(|message| message.cause).collect();
        told.sort_unstable();
        if told == causes && messages.iter().all(|message| message.state == state) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{messages:#?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn a_declined_buyer_is_offered_to_pay_again_and_told_when_it_worked() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        let (payment, _) = shop.start(&order).await;
        shop.sandbox().decline(&payment, "insufficient funds").unwrap();
        until(shop, &order, &[Cause::PaymentFailed], State::Sent).await;
        let mails = shop.sandbox().messages(Medium::Mail);
        assert_eq!(mails[0].to, "lin.wan@example.com");
        let number = shop.order(&order).await["number"].as_str().unwrap().to_owned();
        assert!(mails[0].text.contains("重新付款"), "{}", mails[0].text);
        assert!(mails[0].text.contains(&format!("/orders/{number}?token=")), "{}", mails[0].text);

        let (payment, _) = shop.start(&order).await;
        shop.sandbox().pay(&payment).unwrap();
        until(shop, &order, &[Cause::PaymentFailed, Cause::Paid], State::Sent).await;
        let mails = shop.sandbox().messages(Medium::Mail);
        assert!(mails[0].text.contains("CNY 118.00"), "{}", mails[0].text);
        assert_eq!(mails.len(), 2);
    });
}

#[test]
fn a_canceled_buyer_is_told_of_the_cancel_and_of_the_money() {
    on_each_database(async |shop| {
        let (order, _) = shop.paid("a").await;
        shop.post(&format!("/api/v1/orders/{order}/cancel"), json!({"reason": "x"})).await;
        let causes = [Cause::Paid, Cause::Canceled, Cause::Refunded];
        until(shop, &order, &causes, State::Sent).await;
        let texts: Vec<String> =
            shop.sandbox().messages(Medium::Mail).into_iter().map(|mail| mail.text).collect();
        assert!(texts.iter().any(|text| text.contains("订单已取消")), "{texts:#?}");
        assert!(texts.iter().any(|text| text.contains("CNY 118.00 已原路退回")), "{texts:#?}");
    });
}

#[test]
fn a_buyer_is_reminded_before_an_unpaid_order_ends_and_not_after_paying() {
    on_each_database(async |shop| {
        let order = shop.place("a").await;
        shop.let_pass(Span::hours(23)).await;
        until(shop, &order, &[Cause::PaymentDue], State::Sent).await;
        let mail = shop.sandbox().messages(Medium::Mail).remove(0);
        assert!(mail.text.contains("请在 2026-11-23 16:00 (UTC+08:00) 前付款"), "{}", mail.text);

        // The reminder waits for its carrier while the buyer pays.
        let other = shop.place("b").await;
        shop.carrier.store(1, Ordering::SeqCst);
        shop.let_pass(Span::hours(23)).await;
        until(shop, &other, &[Cause::PaymentDue], State::Waiting).await;
        let (payment, _) = shop.start(&other).await;
        shop.sandbox().pay(&payment).unwrap();
        shop.until(&other, "status", "confirmed").await;
        shop.carrier.store(0, Ordering::SeqCst);
        shop.let_pass(Span::minutes(20)).await;
        let start = Instant::now();
        while messages_of(shop, &other).await[0].state != State::Moot {
            assert!(start.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn a_message_that_is_refused_is_a_task_and_goes_out_when_it_is_replayed() {
    on_each_database(async |shop| {
        shop.carrier.store(2, Ordering::SeqCst);
        let (order, _) = shop.paid("a").await;
        until(shop, &order, &[Cause::Paid], State::Dead).await;
        let dead = messages_of(shop, &order).await.remove(0);
        let tasks = async || {
            let list = shop.services.database().read(|tx| task::list_open(tx, None, None, 100));
            list.await.unwrap().into_iter().map(|task| task.kind).collect::<Vec<_>>()
        };
        assert_eq!(tasks().await, [TaskKind::DeliveryDeadLetter]);
        shop.carrier.store(0, Ordering::SeqCst);
        assert!(shop.services.messages().replay(dead.id).await.unwrap());
        until(shop, &order, &[Cause::Paid], State::Sent).await;
        assert_eq!(tasks().await, []);
    });
}

#[test]
fn a_message_that_finds_no_line_is_tried_again_until_it_is_a_task() {
    on_each_database(async |shop| {
        shop.carrier.store(1, Ordering::SeqCst);
        let (order, _) = shop.paid("a").await;
        // Its buyer is to be told before days pass: of yesterday nobody is told.
        until(shop, &order, &[Cause::Paid], State::Waiting).await;
        let start = Instant::now();
        loop {
            let message = messages_of(shop, &order).await.into_iter().next();
            if message.as_ref().is_some_and(|message| message.state == State::Dead) {
                assert_eq!(message.unwrap().attempts, ordermill_app::message::TRIES);
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{message:#?}");
            shop.let_pass(Span::hours(1)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}
