//! The money of an order, in time, late, twice, in part or not its own.

use std::sync::Arc;

use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::file::OrderFile;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::payment::capture::{Captured, CapturedMoney, RecordCapture};
use ordermill_base::{Id as _, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{CancelReason, Status};
use ordermill_domain::payment::LatePolicy;
use ordermill_storage::{BatchCommand as _, Connection, deadline, refund};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{location, receive, sku};

use crate::kit::*;

#[test]
fn a_paid_order_is_confirmed_and_its_stock_allocated_and_paying_again_changes_nothing() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        let paid = capture(&mut connection, &money(payment, 2_000), NOW);
        assert_eq!(paid, Captured::Paid { order, is_confirmed: true }, "{database:?}");
        assert_eq!(capture(&mut connection, &money(payment, 2_000), NOW), Captured::Known(order));
        assert_eq!(status(&mut connection, 1), Status::Confirmed);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 2));
        let waiting = connection.read(|tx| deadline::of(tx, order)).unwrap();
        assert_eq!(waiting, []);
    }
}

#[test]
fn a_wrong_amount_pays_nothing_and_becomes_a_task() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let payment = start_payment(&mut connection, 10, OrderId::from_raw(1), 2_000);
        let reported = capture(&mut connection, &money(payment, 1), NOW);
        assert!(matches!(reported, Captured::Mismatch(..)));
        assert_eq!(status(&mut connection, 1), Status::Placed);
        let tasks = connection.read(|tx| ordermill_storage::task::of(tx, payment)).unwrap();
        assert_eq!(tasks.len(), 1);
    }
}

#[test]
fn a_canceled_order_gives_its_stock_back_and_late_money_goes_back_once() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        let cancel = |connection: &mut Connection| {
            connection
                .transact(|tx| cancel_order(tx, &buyer(NOW), order, CancelReason::Buyer))
                .unwrap()
        };
        assert!(cancel(&mut connection));
        assert!(!cancel(&mut connection));
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 0), "{database:?}");
        let late = capture(&mut connection, &money(payment, 2_000), NOW + Span::hours(1));
        assert_eq!(late, Captured::GoesBack(order));
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.iter().map(|refund| refund.facts().amount.minor).sum::<i64>(), 2_000);
        assert_eq!(status(&mut connection, 1), Status::Canceled);
    }
}

#[test]
fn a_paid_order_that_is_canceled_is_refunded() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        capture(&mut connection, &money(payment, 2_000), NOW);
        connection
            .transact(|tx| cancel_order(tx, &buyer(NOW), order, CancelReason::Buyer))
            .unwrap();
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.len(), 1);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 0));
    }
}

#[test]
fn money_after_the_hold_ran_out_takes_stock_again_or_goes_back() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 2, NOW);
        let mut first = an_order(1, sku(1), 2);
        first.placed.promotion = true;
        place(&mut connection, &[first]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 2_000);
        connection
            .transact(|tx| {
                let mut file = OrderFile::load(tx, order).unwrap();
                assert!(file.expire_holds(&buyer(NOW)).unwrap());
                file.save(tx)
            })
            .unwrap();
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 0));
        place(&mut connection, &[an_order(2, sku(1), 1)]).remove(0).unwrap();
        let late = capture(&mut connection, &money(payment, 2_000), NOW + Span::hours(1));
        assert_eq!(late, Captured::GoesBack(order), "{database:?}");
        assert_eq!(status(&mut connection, 1), Status::Canceled);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 0));
    }
}

/// The simulation's find: enough pieces in all, but not where the holds were, failed every report of
/// the money.
#[test]
fn late_money_whose_pieces_are_elsewhere_by_now_goes_back() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 3, NOW);
        receive(&mut connection, sku(1), location(2), 2, NOW);
        let mut spread = an_order(1, sku(1), 5);
        spread.placed.promotion = true;
        place(&mut connection, &[spread]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let payment = start_payment(&mut connection, 10, order, 5_000);
        connection
            .transact(|tx| {
                let mut file = OrderFile::load(tx, order)?;
                assert!(file.expire_holds(&buyer(NOW)).unwrap());
                Ok::<_, ordermill_app::order::file::FileError>(file.save(tx)?)
            })
            .unwrap();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let mut second = an_order(2, sku(1), 1);
        second.preference = Arc::new([location(2)]);
        place(&mut connection, &[second]).remove(0).unwrap();
        let late = capture(&mut connection, &money(payment, 5_000), NOW + Span::hours(1));
        assert_eq!(late, Captured::GoesBack(order), "{database:?}");
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 0));
    }
}

#[test]
fn payments_that_are_captured_together_confirm_their_orders_and_count_once() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let orders: Vec<PlaceOrder> = (1..=8).map(|number| an_order(number, sku(1), 1)).collect();
        place(&mut connection, &orders);
        let reports: Vec<RecordCapture> = (1..=8)
            .map(|number| {
                let order = OrderId::from_raw(number);
                let payment = start_payment(&mut connection, 10 + number, order, 1_000);
                let minor = if number == 8 { 999 } else { 1_000 };
                let act = Act::new(Actor::adapter("sandbox"), NOW);
                let money = money(payment, minor);
                RecordCapture { act, money, policy: LatePolicy::Refund, rules: Arc::default() }
            })
            .collect();
        let twice: Vec<&RecordCapture> = reports.iter().chain(&reports[..7]).collect();
        let outputs = connection.transact(|tx| RecordCapture::run(&twice, tx)).unwrap();
        let count = |wanted: fn(&Captured) -> bool| {
            outputs.iter().filter(|output| output.as_ref().is_ok_and(wanted)).count()
        };
        assert_eq!(count(|it| matches!(it, Captured::Paid { is_confirmed: true, .. })), 7);
        assert_eq!(count(|it| matches!(it, Captured::Mismatch(..))), 1);
        assert_eq!(count(|it| matches!(it, Captured::Known(_))), 7, "{database:?}");
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 7));
    }
}

#[test]
fn an_order_that_is_paid_twice_keeps_one_payment_and_sends_the_other_back() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let first = start_payment(&mut connection, 10, order, 2_000);
        let second = start_payment(&mut connection, 11, order, 2_000);
        capture(&mut connection, &money(first, 2_000), NOW);
        let again = capture(&mut connection, &money(second, 2_000), NOW);
        assert_eq!(again, Captured::GoesBack(order), "{database:?}");
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.len(), 1);
        assert_eq!(refunds[0].facts().key.payment, second);
        assert_eq!(refunds[0].facts().amount.minor, 2_000);
        assert_eq!(status(&mut connection, 1), Status::Confirmed);
    }
}

#[test]
fn a_part_payment_does_not_stop_the_time_to_pay_and_goes_back_with_its_canceled_order() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let order = OrderId::from_raw(1);
        let part = start_payment(&mut connection, 10, order, 500);
        let paid = capture(&mut connection, &money(part, 500), NOW);
        assert_eq!(paid, Captured::Paid { order, is_confirmed: false });
        assert_eq!(connection.read(|tx| deadline::of(tx, order)).unwrap().len(), 1, "{database:?}");
        connection
            .transact(|tx| cancel_order(tx, &buyer(NOW), order, CancelReason::Unpaid))
            .unwrap();
        let refunds = connection.read(|tx| refund::of(tx, order)).unwrap();
        assert_eq!(refunds.iter().map(|it| it.facts().amount.minor).collect::<Vec<_>>(), [500]);
        assert_eq!(connection.read(|tx| deadline::of(tx, order)).unwrap(), []);
    }
}

#[test]
fn a_gateway_cannot_report_the_payment_of_another() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        place(&mut connection, &[an_order(1, sku(1), 2)]).remove(0).unwrap();
        let payment = start_payment(&mut connection, 10, OrderId::from_raw(1), 2_000);
        let report = RecordCapture {
            act: Act::new(Actor::adapter("other"), NOW),
            money: CapturedMoney { gateway: "other".to_owned(), ..money(payment, 2_000) },
            policy: LatePolicy::Refund,
            rules: Arc::default(),
        };
        let outputs = connection.transact(|tx| RecordCapture::run(&[&report], tx)).unwrap();
        assert!(outputs[0].is_err(), "{database:?}");
        assert_eq!(status(&mut connection, 1), Status::Placed);
    }
}
