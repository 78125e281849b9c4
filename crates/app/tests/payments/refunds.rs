//! Money on its way back.

use ordermill_base::Span;
use ordermill_domain::ledger::Account;
use ordermill_domain::order::Status;
use ordermill_domain::refund::State;
use ordermill_domain::task::TaskKind;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::ledger;

use crate::kit::{PRICE, Shop, on_each_database};

/// What the books say that gateways hold for an order, and what is still owed back.
async fn books(shop: &Shop, order: ordermill_domain::ids::OrderId) -> (i64, i64) {
    let entries = shop.database.read(move |tx| ledger::of(tx, order)).await.unwrap();
    let sum = |account: Account| {
        let of_it = entries.iter().filter(|entry| entry.account == account.code());
        of_it.map(|entry| entry.amount_minor).sum()
    };
    (sum(Account::GatewayClearing), sum(Account::RefundsPayable))
}

#[test]
fn the_money_of_a_canceled_order_goes_back() {
    on_each_database(async |shop| {
        let (order, payment) = shop.paid_order(1).await;
        assert_eq!(books(shop, order).await, (PRICE, 0));
        shop.cancel(order).await.unwrap();
        assert_eq!(books(shop, order).await, (PRICE, -PRICE));
        assert_eq!(shop.payments.send_refunds().await.unwrap(), 1);
        assert_eq!(shop.payments.send_refunds().await.unwrap(), 0);
        let refunds = shop.refunds(order).await;
        assert_eq!(refunds[0].state(), State::Succeeded);
        let history = shop.history("refund", refunds[0].facts().id).await;
        assert_eq!(history, ["refund.granted", "refund.requested", "refund.succeeded"]);
        assert_eq!(shop.order(order).await.facts().money.refunded_minor, PRICE);
        assert_eq!(books(shop, order).await, (0, 0));
        assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), 0);
    });
}

#[test]
fn a_refund_whose_answer_is_lost_is_sent_once() {
    let faults = [
        Fault::LoseAnswer,
        Fault::FailAfterSuccess,
        Fault::HangAfterSuccess,
        Fault::TimeOut,
        Fault::Unavailable,
    ];
    for fault in faults {
        on_each_database(async |shop| {
            let (order, _) = shop.paid_order(1).await;
            shop.cancel(order).await.unwrap();
            shop.break_next(Call::Notice, Fault::LoseNotice, 1);
            shop.break_next(Call::Refund, fault.clone(), 2);
            shop.payments.send_refunds().await.unwrap();
            assert_eq!(shop.refunds(order).await[0].state(), State::Requested, "{fault:?}");
            shop.let_pass(5, Span::minutes(1)).await;
            assert_eq!(shop.refunds(order).await[0].state(), State::Succeeded, "{fault:?}");
            assert_eq!(shop.refunds_at_gateway(), 1, "{fault:?}");
            assert_eq!(shop.order(order).await.facts().money.refunded_minor, PRICE);
        });
    }
}

#[test]
fn a_failing_refund_is_tried_again_and_a_person_is_asked_until_it_succeeds() {
    on_each_database(async |shop| {
        let (order, _) = shop.paid_order(1).await;
        shop.cancel(order).await.unwrap();
        shop.break_next(Call::Refund, Fault::Decline, 4);
        shop.let_pass(1, Span::ZERO).await;
        assert_eq!(shop.refunds(order).await[0].state(), State::Failed);
        assert!(shop.open_tasks().await.is_empty());
        shop.let_pass(5, Span::minutes(20)).await;
        assert_eq!(shop.open_tasks().await, [TaskKind::RefundFailed]);
        assert_eq!(shop.refunds_at_gateway(), 0);
        shop.let_pass(7, Span::hours(1)).await;
        assert_eq!(shop.refunds(order).await[0].state(), State::Succeeded);
        assert_eq!(shop.refunds_at_gateway(), 1);
        assert!(shop.open_tasks().await.is_empty(), "the task goes when its cause is gone");
        assert_eq!(books(shop, order).await, (0, 0));
    });
}

#[test]
fn money_that_comes_after_the_cancel_goes_back() {
    on_each_database(async |shop| {
        let (order, payment) = shop.open_payment(1).await;
        shop.sandbox().pay(&payment.to_string()).unwrap();
        shop.cancel(order).await.unwrap();
        shop.let_pass(3, Span::minutes(1)).await;
        assert_eq!(shop.status(order).await, Status::Canceled);
        assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), 0);
        let money = shop.order(order).await.facts().money;
        assert_eq!((money.paid_minor, money.refunded_minor), (PRICE, PRICE));
    });
}

#[test]
fn an_old_notice_of_a_failure_does_not_alarm_anyone_after_the_refund_was_sent() {
    on_each_database(async |shop| {
        let (order, _) = shop.paid_order(1).await;
        shop.notices(1).await;
        shop.cancel(order).await.unwrap();
        shop.break_next(Call::Refund, Fault::Decline, 1);
        shop.payments.send_refunds().await.unwrap();
        shop.notices(2).await;
        // The notice of the failure waits in the inbox while the second attempt succeeds.
        shop.clock.advance(Span::minutes(1));
        shop.payments.send_refunds().await.unwrap();
        assert_eq!(shop.refunds(order).await[0].state(), State::Succeeded);
        shop.notices(3).await;
        shop.let_pass(3, Span::minutes(1)).await;
        assert!(shop.open_tasks().await.is_empty());
        shop.clock.advance(Span::hours(1));
        assert_eq!(shop.payments.send_refunds().await.unwrap(), 0);
        assert_eq!(shop.refunds_at_gateway(), 1);
    });
}
