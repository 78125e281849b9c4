//! Many payments at once, in bad weather: one capture each, and the money is what is owed (R8 to R10).

use std::collections::BTreeSet;
use std::sync::Arc;

use ordermill_app::payment::capture::{Captured, CapturedMoney, RecordCapture};
use ordermill_app::payment::start::{StartPaymentError, StartedPayment};
use ordermill_app::scheduler::run_due;
use ordermill_base::{Random, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::Status;
use ordermill_domain::payment::LatePolicy;
use ordermill_sandbox::fault::{Call, Chance, Fault, Profile};
use ordermill_storage::stock;
use ordermill_testkit::scale;
use ordermill_testkit::stock::sku;
use tokio::task::JoinSet;

use crate::kit::{PRICE, Shop, on_each_database};

/// So many orders, more by `ORDERMILL_TEST_SCALE`.
fn orders() -> i64 {
    500 * i64::from(scale())
}

/// Buyers who pay at the very same moment; more would need more connections than a process has.
const AT_ONCE: usize = 250;

async fn place_all(shop: &Shop) -> Vec<OrderId> {
    let mut placed = Vec::new();
    for number in 1..=orders() {
        placed.push(shop.place(number).await);
    }
    placed
}

/// Many buyers pay at the same moment.
async fn start_all(shop: &Shop, orders: &[OrderId]) {
    for some in orders.chunks(AT_ONCE) {
        let mut starting = JoinSet::new();
        for &order in some {
            let (payments, wish) = (shop.payments.clone(), shop.wish_to_pay(order));
            starting.spawn(async move {
                match payments.start(wish).await {
                    Ok(_) | Err(StartPaymentError::NotPayable(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            });
        }
        starting.join_all().await;
    }
}

fn auto_pay(chances: &[(u8, Call, Fault)]) -> Profile {
    let chances = chances.iter().map(|(percent, call, fault)| Chance {
        percent: *percent,
        call: Some(*call),
        fault: fault.clone(),
    });
    Profile { seed: 11, auto_pay: true, chances: chances.collect() }
}

#[test]
fn a_buyer_who_presses_many_times_at_one_moment_has_one_payment() {
    on_each_database(async |shop| {
        let order = shop.place(1).await;
        let mut pressing = JoinSet::new();
        for _ in 0..20 {
            let (payments, wish) = (shop.payments.clone(), shop.wish_to_pay(order));
            pressing.spawn(async move { payments.start(wish).await.unwrap() });
        }
        let started = pressing.join_all().await.into_iter().map(|started| match started {
            StartedPayment::Redirect { payment, .. } | StartedPayment::Pending { payment } => {
                payment
            }
        });
        assert_eq!(started.collect::<BTreeSet<PaymentId>>().len(), 1);
    });
}

#[test]
fn notice_return_poller_and_operator_at_one_instant_make_one_capture_of_each_payment() {
    on_each_database(async |shop| {
        let mut payments: Vec<(OrderId, PaymentId)> = Vec::new();
        for number in 1..=orders() {
            let (order, payment) = shop.open_payment(number).await;
            payments.push((order, payment));
        }
        for (_, payment) in &payments {
            shop.sandbox().pay(&payment.to_string()).unwrap();
        }
        shop.notices(payments.len()).await;
        shop.clock.advance(Span::seconds(2));
        let start = Arc::new(tokio::sync::Barrier::new(4));
        let mut reporting = JoinSet::new();
        for reporter in 0..4 {
            let (service, start, payments) =
                (shop.payments.clone(), start.clone(), payments.clone());
            let act = shop.buyer();
            reporting.spawn(async move {
                start.wait().await;
                match reporter {
                    0 => while service.process_notices().await.unwrap() > 0 {},
                    1 => while service.poll().await.unwrap() > 0 {},
                    _ => {
                        for (_, payment) in &payments {
                            service.check_payment(&act, *payment).await.unwrap();
                        }
                    }
                }
            });
        }
        reporting.join_all().await;
        for (order, payment) in payments {
            let captured = ["payment.created", "payment.submitted", "payment.captured"];
            assert_eq!(shop.history("payment", payment).await, captured);
            let history = shop.history("order", order).await;
            let paid = history.iter().filter(|kind| *kind == "order.paid").count();
            assert_eq!((paid, shop.status(order).await), (1, Status::Confirmed), "{history:?}");
            assert_eq!(shop.order(order).await.facts().money.paid_minor, PRICE);
        }
    });
}

#[test]
fn in_bad_weather_every_doubt_is_resolved_and_what_was_charged_is_what_was_owed() {
    on_each_database(async |shop| {
        shop.sandbox().set_profile(auto_pay(&[
            (8, Call::Start, Fault::LoseAnswer),
            (8, Call::Start, Fault::FailAfterSuccess),
            (4, Call::Start, Fault::HangAfterSuccess),
            (4, Call::Start, Fault::TimeOut),
            (6, Call::Start, Fault::Unavailable),
            (25, Call::Notice, Fault::LoseNotice),
            (10, Call::Notice, Fault::RepeatNotice { count: 1 }),
            (10, Call::Notice, Fault::ReorderNotice),
            (5, Call::Query, Fault::TimeOut),
            (5, Call::Query, Fault::Unavailable),
            (8, Call::Refund, Fault::LoseAnswer),
            (8, Call::Refund, Fault::FailAfterSuccess),
            (6, Call::Refund, Fault::Unavailable),
            (8, Call::Refund, Fault::Decline),
        ]));
        let orders = place_all(shop).await;
        start_all(shop, &orders).await;
        let in_doubt = async || {
            let mut count = 0;
            for &order in &orders {
                count += usize::from(shop.status(order).await == Status::Placed);
            }
            count
        };
        assert!(in_doubt().await > 0, "the weather was fine");
        shop.let_pass(60, Span::seconds(5)).await;
        assert_eq!(in_doubt().await, 0, "every doubt is resolved within five minutes");

        let (canceled, kept) = orders.split_at(orders.len() / 3);
        for &order in canceled {
            shop.cancel(order).await.unwrap();
        }
        shop.let_pass(40, Span::minutes(15)).await;
        for &order in canceled {
            assert_eq!(shop.money_at_gateway(&shop.payments_of(order).await), 0);
            let money = shop.order(order).await.facts().money;
            assert_eq!((money.paid_minor, money.refunded_minor), (PRICE, PRICE));
        }
        for &order in kept {
            assert_eq!(shop.money_at_gateway(&shop.payments_of(order).await), PRICE);
            assert_eq!(shop.order(order).await.facts().money.paid_minor, PRICE);
        }
        let charges = shop.sandbox().ledger().len() - shop.refunds_at_gateway();
        assert_eq!((charges, shop.refunds_at_gateway()), (orders.len(), canceled.len()));
        assert_eq!(shop.open_tasks().await, []);
    });
}

/// How far the news of payments and the ends of the time to pay lie apart, in milliseconds.
const AROUND_MS: u64 = 100;
const DAY_MS: i64 = 24 * 3_600_000;

/// Every buyer pays in time, but the shop hears of it by notice, poller or return page within 50 ms
/// before or after the order's last moment, while the scheduler runs again and again.
#[test]
fn an_order_whose_time_to_pay_ends_as_the_money_comes_is_paid_or_canceled_never_both() {
    on_each_database(async |shop| {
        let mut dice = Random::from_seed(8);
        let some_ms = |dice: &mut Random| dice.below(AROUND_MS);
        let mut open = Vec::new();
        for number in 1..=2 * orders() {
            let ends_after = Span::millis(DAY_MS + some_ms(&mut dice).cast_signed());
            let (order, payment) = shop.open_payment_until(number, ends_after).await;
            open.push((order, payment, some_ms(&mut dice)));
        }
        for (_, payment, _) in &open {
            shop.sandbox().pay(&payment.to_string()).unwrap();
        }
        shop.notices(open.len()).await;
        shop.clock.advance(Span::hours(24));
        for ms in 0..AROUND_MS {
            let (act, now) = (shop.buyer(), shop.buyer().at);
            let mut reporting = JoinSet::new();
            for (_, payment, _) in open.iter().filter(|(.., told_at)| *told_at == ms) {
                let (payments, payment, act) = (shop.payments.clone(), *payment, act.clone());
                reporting.spawn(async move {
                    payments.check_payment(&act, payment).await.unwrap();
                });
            }
            if ms == AROUND_MS / 2 {
                let payments = shop.payments.clone();
                reporting.spawn(async move {
                    payments.process_notices().await.unwrap();
                    payments.poll().await.unwrap();
                });
            }
            run_due(&shop.database, now).await.unwrap();
            reporting.join_all().await;
            shop.clock.advance(Span::millis(1));
        }
        run_due(&shop.database, shop.buyer().at).await.unwrap();
        shop.let_pass(10, Span::minutes(1)).await;
        let (mut paid, mut canceled) = (0, 0);
        for (order, payment, _) in open {
            let at_gateway = shop.money_at_gateway(&[shop.payment(payment).await]);
            let money = shop.order(order).await.facts().money;
            assert_eq!(money.paid_minor, PRICE);
            match shop.status(order).await {
                Status::Confirmed => {
                    paid += 1;
                    assert_eq!((at_gateway, money.refunded_minor), (PRICE, 0), "{order}");
                }
                Status::Canceled => {
                    canceled += 1;
                    assert_eq!((at_gateway, money.refunded_minor), (0, PRICE), "{order}");
                }
                other => panic!("{order} is {other}"),
            }
        }
        assert!(paid > 0 && canceled > 0, "{paid} paid, {canceled} canceled: no race at all");
        let levels = shop.database.read(|tx| stock::levels(tx, [sku(1)])).await.unwrap();
        let held: i64 = levels.iter().map(|level| level.reserved + level.allocated).sum();
        assert_eq!(held, paid, "what was canceled is on sale again");
        println!("{paid} paid, {canceled} canceled");
    });
}

/// Captures that wait together share their reads and writes.
#[test]
fn many_captures_at_once_are_decided_in_few_transactions() {
    use std::sync::atomic::Ordering;
    on_each_database(async |shop| {
        let mut reports = Vec::new();
        for number in 1..=orders() {
            let (_, payment) = shop.open_payment(number).await;
            let act = Act::new(Actor::adapter("sandbox"), shop.buyer().at);
            let facts = shop.payment(payment).await.facts().clone();
            let money = CapturedMoney {
                payment,
                gateway: facts.gateway,
                gateway_ref: facts.gateway_ref.unwrap(),
                merchant: facts.merchant,
                amount: facts.amount,
            };
            reports.push(RecordCapture {
                act,
                money,
                policy: LatePolicy::Refund,
                rules: Arc::default(),
            });
        }
        let batches = |shop: &Shop| shop.database.stats().batches.load(Ordering::Relaxed);
        let before = batches(shop);
        let mut capturing = JoinSet::new();
        for report in reports {
            let database = shop.database.clone();
            capturing.spawn(async move { database.submit(report).await.unwrap().unwrap() });
        }
        let outputs = capturing.join_all().await;
        assert!(outputs.iter().all(|it| matches!(it, Captured::Paid { is_confirmed: true, .. })));
        let used = batches(shop) - before;
        assert!(used < outputs.len() as u64 / 2, "{used} transactions");
    });
}
