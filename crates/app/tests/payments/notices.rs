//! Notices that are doubled, late, false or nobody's.

use ordermill_app::payment::start::StartedPayment;
use ordermill_base::{Currency, Id, Money, Span};
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::Status;
use ordermill_domain::payment::{NewPayment, Payment};
use ordermill_domain::task::TaskKind;
use ordermill_ports::gateway::PaymentRequest;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::{Error, inbox, payment};

use crate::kit::{PRICE, Shop, on_each_database};

async fn waiting(shop: &Shop) -> i64 {
    shop.database.read(|tx| inbox::count_waiting(tx, 100)).await.unwrap()
}

#[test]
fn a_doubled_notice_is_stored_once_and_pays_once() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        shop.break_next(Call::Notice, Fault::RepeatNotice { count: 4 }, 1);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.notices(5).await;
        assert_eq!(waiting(shop).await, 1);
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.order(order).await.facts().money.paid_minor, PRICE);
        let history = shop.history("payment", payment).await;
        assert_eq!(history, ["payment.created", "payment.submitted", "payment.captured"]);
    });
}

#[test]
fn a_notice_with_a_foreign_signature_is_refused_and_not_stored() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        shop.break_next(Call::Notice, Fault::BadSignature, 1);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.notices(2).await;
        assert_eq!(waiting(shop).await, 0);
        assert_eq!(shop.status(order).await, Status::Placed);
    });
}

#[test]
fn a_changed_notice_is_refused() {
    on_each_database(async |shop| {
        let (_, payment) = shop.open_payment(1).await;
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.notices(1).await;
        let (headers, body) = shop.received.lock().unwrap()[0].clone();
        let changed = String::from_utf8(body.clone()).unwrap().replace("10.00", "99.00");
        let refused = shop.payments.receive_notice("sandbox", &headers, changed.as_bytes()).await;
        assert!(refused.is_err());
        shop.clock.advance(Span::hours(1));
        let replayed = shop.payments.receive_notice("sandbox", &headers, &body).await;
        assert!(replayed.is_err(), "an old notice is not news");
        assert!(shop.payments.receive_notice("other", &headers, &body).await.is_err());
    });
}

#[test]
fn a_false_notice_pays_nothing_and_ends_in_quarantine_while_the_truth_is_asked_for() {
    for fault in [Fault::WrongAmount, Fault::WrongMerchant] {
        on_each_database(async |shop| {
            let (order, payment) = shop.open_payment(1).await;
            shop.break_next(Call::Notice, fault.clone(), 1);
            shop.sandbox().pay(&payment.to_string()).unwrap();
            shop.notices(1).await;
            shop.payments.process_notices().await.unwrap();
            assert_eq!(shop.status(order).await, Status::Placed, "{fault:?}");
            shop.payments.poll().await.unwrap();
            assert_eq!(shop.order(order).await.facts().money.paid_minor, PRICE, "{fault:?}");
            shop.let_pass(5, Span::minutes(10)).await;
            assert_eq!(waiting(shop).await, 0);
            let mut tasks = shop.open_tasks().await;
            tasks.sort_by_key(|kind| kind.code());
            assert_eq!(tasks, [TaskKind::PaymentMismatch, TaskKind::WebhookQuarantine]);
            assert_eq!(shop.order(order).await.facts().money.paid_minor, PRICE);
        });
    }
}

#[test]
fn a_notice_about_an_unknown_payment_waits_in_quarantine_until_it_is_replayed() {
    on_each_database(async |shop| {
        let order = shop.place(1).await;
        let lost = PaymentId::from_raw(77);
        let request = PaymentRequest {
            payment: lost,
            order_number: "1".into(),
            amount: Money::new(PRICE, Currency::Cny),
            description: "Tea".into(),
            buyer_return_url: "http://127.0.0.1/".into(),
            notify_url: shop.wish_to_pay(order).notify_url,
            expires_at: ordermill_testkit::TestClock::START + Span::hours(1),
            idempotency_key: "k".into(),
        };
        shop.gateway.start(&request).await.unwrap();
        shop.sandbox().pay(&lost.to_string()).unwrap();
        shop.notices(1).await;
        shop.let_pass(6, Span::minutes(10)).await;
        assert_eq!(shop.open_tasks().await, [TaskKind::WebhookQuarantine]);
        let list = shop.database.read(|tx| inbox::quarantined(tx, None, 9)).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].attempts, 5);

        restore(shop, order, lost).await;
        assert!(shop.payments.replay_notice(list[0].id).await.unwrap());
        assert!(!shop.payments.replay_notice(list[0].id).await.unwrap());
        shop.payments.process_notices().await.unwrap();
        assert_eq!(shop.status(order).await, Status::Confirmed);
        assert!(shop.open_tasks().await.is_empty());
    });
}

/// As from a backup.
async fn restore(shop: &Shop, order: OrderId, id: PaymentId) {
    let new = NewPayment {
        order,
        gateway: "sandbox".into(),
        merchant: shop.gateway.merchant().into(),
        amount: Money::new(PRICE, Currency::Cny),
    };
    let act = shop.buyer();
    let (payment, event) = Payment::create(id, new, act.at);
    let insert = move |tx: &mut ordermill_storage::Tx<'_>| {
        payment::insert(tx, &payment, None, None)?;
        payment::record(tx, &act, &payment, &event)
    };
    shop.database.write::<_, Error, _>(insert).await.unwrap();
}

#[test]
fn notices_in_the_wrong_order_end_the_same() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        shop.break_next(Call::Notice, Fault::ReorderNotice, 1);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.payments.check_payment(&shop.buyer(), payment).await.unwrap();
        shop.cancel(order).await.unwrap();
        shop.payments.send_refunds().await.unwrap();
        shop.notices(2).await;
        shop.let_pass(3, Span::minutes(1)).await;
        let facts = *shop.refunds(order).await[0].facts();
        assert_eq!(shop.history("refund", facts.id).await.last().unwrap(), "refund.succeeded");
        assert_eq!(shop.order(order).await.facts().money.refunded_minor, PRICE);
        assert_eq!(shop.refunds_at_gateway(), 1);
        assert_eq!(waiting(shop).await, 0);
        assert!(shop.open_tasks().await.is_empty());
    });
}

#[test]
fn background_work_takes_a_payment_from_its_notice_to_its_refund_and_stops() {
    on_each_database(async |shop| {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let running = tokio::spawn(shop.payments.clone().run(stopped));
        let order = shop.place(1).await;
        let StartedPayment::Redirect { payment, .. } = shop.start(order).await.unwrap() else {
            panic!("the gateway did not answer")
        };
        shop.sandbox().pay(&payment.to_string()).unwrap();
        until(async || shop.status(order).await == Status::Confirmed).await;
        shop.cancel(order).await.unwrap();
        until(async || shop.order(order).await.facts().money.refunded_minor == PRICE).await;
        stop.send(true).unwrap();
        running.await.unwrap();
    });
}

async fn until(is_true: impl AsyncFn() -> bool) {
    let start = std::time::Instant::now();
    while !is_true().await {
        assert!(start.elapsed().as_secs() < 20, "waited in vain");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
