//! Pieces that somebody gives up go to whoever has waited longest, and late money may wait twice.

use ordermill_app::check;
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::scheduler;
use ordermill_base::{Span, Timestamp};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{CancelReason, PaymentTerms, Review};
use ordermill_domain::payment::LatePolicy;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{Connection, reservation, stock};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestDatabase, each_database, journal};

use crate::kit::{NOW, a_promotion_order, an_order, buyer, pay_under, place, runtime};

/// So many pieces are there, and more are sold.
fn a_shop(database: &TestDatabase, pieces: i64) -> Connection {
    let mut connection = database.connection();
    connection.migrate().unwrap();
    receive(&mut connection, sku(1), location(1), pieces, NOW);
    let level = StockLevel::new(sku(1), location(1), BackorderPolicy::Allow);
    connection.transact(|tx| stock::set_policy(tx, &level)).unwrap();
    connection
}

fn waiting(order: PlaceOrder) -> PlaceOrder {
    PlaceOrder { accepts_backorder: true, ..order }
}

/// Paid at the door and looked at: what it waits for is allocated when it comes.
fn a_sure_order(number: i64, pieces: i64) -> PlaceOrder {
    let mut order = waiting(an_order(number, pieces));
    order.placed.terms = PaymentTerms::CashOnDelivery;
    order.placed.review = Review::Pending;
    order
}

/// The reader of the journal reads to the end.
fn fill(database: &TestDatabase, connection: &mut Connection, at: Timestamp) {
    journal::settle(connection);
    let open = database.open();
    runtime().block_on(async {
        let mut reading = Reading::new(Reader::backorders(), open.clone(), "test");
        while !matches!(reading.step(at).await.unwrap(), Step::Idle) {}
    });
    open.close();
}

fn states(connection: &mut Connection, order: OrderId) -> Vec<(&'static str, i64)> {
    let found = connection.read(|tx| reservation::of(tx, order)).unwrap();
    let facts = found.iter().map(|stored| *stored.reservation.facts());
    facts.map(|facts| (facts.state.code(), facts.quantity.get())).collect()
}

fn is_healthy(connection: &mut Connection) {
    let report = check::check(connection, NOW + Span::days(2), None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}

#[test]
fn pieces_of_a_canceled_order_go_to_whoever_has_waited_longest() {
    for database in each_database() {
        let mut connection = a_shop(&database, 3);
        let rich = place(&mut connection, an_order(1, 3));
        let large = place(&mut connection, a_sure_order(2, 4));
        let first = place(&mut connection, a_sure_order(3, 2));
        let second = place(&mut connection, a_sure_order(4, 1));
        let third = place(&mut connection, a_sure_order(5, 1));
        connection.transact(|tx| cancel_order(tx, &buyer(NOW), rich, CancelReason::Buyer)).unwrap();
        fill(&database, &mut connection, NOW);
        // Whole or not yet: three pieces are too few for the oldest and enough for the next two.
        assert_eq!(states(&mut connection, large), [("backordered", 4)]);
        assert_eq!(states(&mut connection, first), [("allocated", 2)]);
        assert_eq!(states(&mut connection, second), [("allocated", 1)]);
        assert_eq!(states(&mut connection, third), [("backordered", 1)]);
        is_healthy(&mut connection);
    }
}

#[test]
fn pieces_of_a_hold_that_ran_out_and_of_an_order_that_was_not_paid_go_to_those_who_wait() {
    for database in each_database() {
        let mut connection = a_shop(&database, 2);
        place(&mut connection, a_promotion_order(1, 1));
        let mut short = an_order(2, 1);
        short.pay_within = Span::minutes(10);
        place(&mut connection, short);
        let first = place(&mut connection, a_sure_order(3, 1));
        let second = place(&mut connection, a_sure_order(4, 1));
        for (minutes, waits) in [(11, "backordered"), (31, "allocated")] {
            let at = NOW + Span::minutes(minutes);
            scheduler::run_due_on(&mut connection, at).unwrap();
            fill(&database, &mut connection, at);
            assert_eq!(states(&mut connection, first), [("allocated", 1)]);
            assert_eq!(states(&mut connection, second), [(waits, 1)]);
        }
        is_healthy(&mut connection);
    }
}

#[test]
fn an_order_that_waits_for_some_and_lost_its_hold_of_others_waits_for_both() {
    for database in each_database() {
        let mut connection = a_shop(&database, 1);
        let order = place(&mut connection, waiting(a_promotion_order(1, 3)));
        assert_eq!(states(&mut connection, order), [("held", 1), ("backordered", 2)]);
        scheduler::run_due_on(&mut connection, NOW + Span::minutes(31)).unwrap();
        place(&mut connection, an_order(2, 1));
        let late = NOW + Span::minutes(40);
        pay_under(&mut connection, LatePolicy::OfferBackorder, (10, order, 3_000), late);
        assert_eq!(states(&mut connection, order), [("backordered", 1), ("backordered", 2)]);
        receive(&mut connection, sku(1), location(1), 3, late);
        fill(&database, &mut connection, late);
        assert_eq!(states(&mut connection, order), [("allocated", 1), ("allocated", 2)]);
        is_healthy(&mut connection);
    }
}

#[test]
fn pieces_that_came_for_an_unpaid_order_and_ran_out_again_wait_again() {
    for database in each_database() {
        let mut connection = a_shop(&database, 1);
        let order = place(&mut connection, waiting(a_promotion_order(1, 3)));
        receive(&mut connection, sku(1), location(1), 2, NOW);
        fill(&database, &mut connection, NOW);
        assert_eq!(states(&mut connection, order), [("held", 1), ("held", 2)]);
        scheduler::run_due_on(&mut connection, NOW + Span::minutes(31)).unwrap();
        assert_eq!(states(&mut connection, order), [("expired", 1), ("expired", 2)]);
        place(&mut connection, an_order(2, 3));
        let late = NOW + Span::minutes(40);
        pay_under(&mut connection, LatePolicy::OfferBackorder, (10, order, 3_000), late);
        assert_eq!(states(&mut connection, order), [("backordered", 1), ("backordered", 2)]);
        is_healthy(&mut connection);
    }
}
