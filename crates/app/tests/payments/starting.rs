//! A buyer wants to pay, and the gateway answers, or not.

use ordermill_app::payment::learn::Learned;
use ordermill_app::payment::start::{StartPaymentError, StartedPayment};
use ordermill_base::Span;
use ordermill_domain::order::Status;
use ordermill_domain::payment::State;
use ordermill_ports::gateway::GatewayState;
use ordermill_sandbox::books;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::payment;

use crate::kit::{PRICE, on_each_database};

#[test]
fn a_buyer_pays_and_the_notice_confirms_the_order() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        assert_eq!(shop.payment(payment).await.state(), State::Pending);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.notices(1).await;
        assert_eq!(shop.payments.process_notices().await.unwrap(), 1);
        assert_eq!(shop.status(order).await, Status::Confirmed);
        assert_eq!(shop.order(order).await.facts().money.paid_minor, PRICE);
        assert_eq!(shop.payments.process_notices().await.unwrap(), 0);
    });
}

#[test]
fn a_buyer_who_starts_again_goes_on_with_the_open_payment() {
    on_each_database(async |shop| {
        let order = shop.place(1).await;
        let first = shop.start(order).await.unwrap();
        let again = shop.start(order).await.unwrap();
        assert_eq!(again, first);
        assert_eq!(shop.payments_of(order).await.len(), 1);
    });
}

#[test]
fn what_is_paid_or_canceled_or_paid_at_the_door_is_not_paid_online() {
    on_each_database(async |shop| {
        let (paid, _) = shop.paid_order(1).await;
        let canceled = shop.place(2).await;
        shop.cancel(canceled).await.unwrap();
        let at_the_door = shop.place_cash_on_delivery(3).await;
        let overdue = shop.place(4).await;
        shop.clock.advance(Span::hours(24));
        for order in [paid, canceled, at_the_door, overdue] {
            let refused = shop.start(order).await;
            assert!(matches!(refused, Err(StartPaymentError::NotPayable(_))), "{refused:?}");
        }
        assert_eq!(shop.sandbox().ledger().len(), 1);
    });
}

#[test]
fn a_declined_buyer_may_pay_again_with_a_new_payment() {
    on_each_database(async |shop| {
        let (order, declined) = shop.open_payment(1).await;
        shop.sandbox().decline(&declined.to_string(), "no cover").unwrap();
        shop.notices(1).await;
        shop.payments.process_notices().await.unwrap();
        assert_eq!(shop.payment(declined).await.state(), State::Failed);
        assert_eq!(shop.history("payment", declined).await.last().unwrap(), "payment.failed");
        let words = shop.database.read(move |tx| payment::failure(tx, declined)).await.unwrap();
        assert_eq!(words.as_deref(), Some("no cover"));

        let StartedPayment::Redirect { payment, .. } = shop.start(order).await.unwrap() else {
            panic!("the gateway did not answer")
        };
        assert_ne!(payment, declined);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.payments.check_payment(&shop.buyer(), payment).await.unwrap();
        assert_eq!(shop.status(order).await, Status::Confirmed);
    });
}

#[test]
fn a_refused_start_fails_the_payment_and_is_told() {
    on_each_database(async |shop| {
        let order = shop.place(1).await;
        let mut wish = shop.wish_to_pay(order);
        wish.notify_url = "ftp://127.0.0.1/".into();
        let refused = shop.payments.start(wish).await;
        let Err(StartPaymentError::Refused { payment, message }) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.starts_with("notify_url"), "{message}");
        assert_eq!(shop.payment(payment).await.state(), State::Failed);
        assert!(matches!(shop.start(order).await, Ok(StartedPayment::Redirect { .. })));
    });
}

#[test]
fn a_start_without_an_answer_is_found_out_by_the_poller() {
    let faults = [
        Fault::LoseAnswer,
        Fault::FailAfterSuccess,
        Fault::HangAfterSuccess,
        Fault::TimeOut,
        Fault::Unavailable,
    ];
    for fault in faults {
        on_each_database(async |shop| {
            let order = shop.place(1).await;
            shop.break_next(Call::Start, fault.clone(), 1);
            let started = shop.start(order).await.unwrap();
            let StartedPayment::Pending { payment } = started else { panic!("{started:?}") };
            shop.let_pass(1, Span::minutes(1)).await;
            let state = shop.payment(payment).await.state();
            assert_eq!(state, State::Pending, "{fault:?}");
            let started = shop.start(order).await.unwrap();
            assert!(matches!(&started, StartedPayment::Redirect { .. }), "{started:?}");
            assert_eq!(shop.payments_of(order).await.len(), 1);
        });
    }
}

#[test]
fn the_returning_buyer_is_told_at_once_though_the_notice_is_lost() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        let early = shop.payments.check_payment(&shop.buyer(), payment).await.unwrap();
        assert_eq!(early, Learned::Open);
        shop.break_next(Call::Notice, Fault::LoseNotice, 1);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        let learned = shop.payments.check_payment(&shop.buyer(), payment).await.unwrap();
        assert!(matches!(learned, Learned::Captured(_)), "{learned:?}");
        assert_eq!(shop.status(order).await, Status::Confirmed);
    });
}

#[test]
fn a_lost_notice_is_made_up_for_by_the_poller() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        shop.break_next(Call::Notice, Fault::LoseNotice, 1);
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.let_pass(1, Span::seconds(2)).await;
        assert_eq!(shop.status(order).await, Status::Confirmed);
        assert_eq!(shop.payments.poll().await.unwrap(), 0, "and then nobody asks any more");
    });
}

#[test]
fn the_payment_of_a_canceled_order_is_closed_at_the_gateway() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        shop.cancel(order).await.unwrap();
        shop.let_pass(1, Span::ZERO).await;
        let theirs = shop.sandbox().payment(&payment.to_string()).unwrap();
        assert_eq!(theirs.state, books::State::Voided);
        assert!(shop.sandbox().pay(&payment.to_string()).is_err());
        assert_eq!(shop.payment(payment).await.state(), State::Voided);
        shop.clock.advance(Span::days(1));
        assert_eq!(shop.payments.poll().await.unwrap(), 0);
    });
}

#[test]
fn an_unpaid_payment_expires_with_the_time_to_pay() {
    on_each_database(async |shop| {
        let (_, payment) = shop.open_payment(1).await;
        shop.let_pass(9, Span::hours(3)).await;
        assert_eq!(shop.payment(payment).await.state(), State::Expired);
        let theirs = shop.gateway.query(payment).await.unwrap();
        assert_eq!(theirs, GatewayState::Expired);
        assert!(shop.open_tasks().await.is_empty());
    });
}
