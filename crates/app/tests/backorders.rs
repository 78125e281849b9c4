//! Pieces that come in go to those who wait for them, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::check::check;
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_base::{Currency, Id, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{Amounts, CancelReason, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{BatchCommand, Connection, reservation, stock};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, TestDatabase, each_database, journal};

const NOW: Timestamp = TestClock::START;

fn buyer() -> Act {
    Act::new(Actor::Buyer(None), NOW)
}

/// So many pieces of the only SKU.
fn order(connection: &mut Connection, number: i64, pieces: i64, terms: PaymentTerms) -> OrderId {
    let total = 1_000 * pieces;
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 1_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: total,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: total,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: total,
    };
    let id = OrderId::from_raw(number);
    let command = PlaceOrder {
        id,
        act: buyer(),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-31".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: true,
        preference: Arc::new([location(1)]),
        marks: None,
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    };
    let placed = connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap();
    placed.into_iter().next().unwrap().unwrap();
    id
}

/// Pieces come in, and the reader reads of it to the end.
fn arrive(database: &TestDatabase, pieces: i64) {
    // A process that starts makes its ids behind all that are there.
    let mut connection = database.connection();
    connection.migrate().unwrap();
    connection
        .transact(|tx| {
            let mut levels = stock::lock(tx, [sku(1)])?;
            let level = levels.at(sku(1), location(1))?;
            let quantity = Quantity::new(pieces).unwrap();
            let event = level.book(ordermill_domain::stock::Movement::Receive(quantity)).unwrap();
            let level = *level;
            stock::record(tx, &buyer(), &level, event, stock::Place::default()).map(drop)
        })
        .unwrap();
    journal::settle(&mut connection);
    let open = database.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut reading = Reading::new(Reader::backorders(), open.clone(), "test");
        while !matches!(reading.step(NOW).await.unwrap(), Step::Idle) {}
    });
    open.close();
}

fn states(connection: &mut Connection, order: OrderId) -> Vec<(&'static str, i64)> {
    let found = connection.read(|tx| reservation::of(tx, order)).unwrap();
    let facts = found.iter().map(|stored| *stored.reservation.facts());
    facts.map(|facts| (facts.state.code(), facts.quantity.get())).collect()
}

/// One piece is there, and more are sold.
fn a_shop(database: &TestDatabase) -> Connection {
    let mut connection = database.connection();
    receive(&mut connection, sku(1), location(1), 1, NOW);
    let empty = StockLevel::new(sku(1), location(1), BackorderPolicy::Allow);
    connection.transact(|tx| stock::set_policy(tx, &empty)).unwrap();
    connection
}

fn all_is_well(connection: &mut Connection) {
    let report = check(connection, NOW, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}

#[test]
fn whoever_has_waited_longest_gets_what_comes_in() {
    for database in each_database() {
        let mut connection = a_shop(&database);
        let cod = PaymentTerms::CashOnDelivery;
        let first = order(&mut connection, 101, 3, cod);
        let second = order(&mut connection, 102, 1, cod);
        assert_eq!(states(&mut connection, first), [("allocated", 1), ("backordered", 2)]);
        arrive(&database, 2);
        assert_eq!(states(&mut connection, first), [("allocated", 1), ("allocated", 2)]);
        assert_eq!(states(&mut connection, second), [("backordered", 1)]);
        arrive(&database, 5);
        assert_eq!(states(&mut connection, second), [("allocated", 1)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_is_too_little_for_one_is_enough_for_the_next_and_goes_to_nobody_who_has_canceled() {
    for database in each_database() {
        let mut connection = a_shop(&database);
        let cod = PaymentTerms::CashOnDelivery;
        let large = order(&mut connection, 101, 5, cod);
        let gone = order(&mut connection, 102, 2, cod);
        let small = order(&mut connection, 103, 2, cod);
        connection.transact(|tx| cancel_order(tx, &buyer(), gone, CancelReason::Buyer)).unwrap();
        arrive(&database, 3);
        assert_eq!(states(&mut connection, large), [("allocated", 1), ("backordered", 4)]);
        assert_eq!(states(&mut connection, gone), [("released", 2)]);
        assert_eq!(states(&mut connection, small), [("allocated", 2)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn pieces_that_come_in_before_the_money_are_held() {
    for database in each_database() {
        let mut connection = a_shop(&database);
        let unpaid = order(&mut connection, 101, 2, PaymentTerms::Prepaid);
        arrive(&database, 1);
        assert_eq!(states(&mut connection, unpaid), [("held", 1), ("held", 1)]);
        all_is_well(&mut connection);
    }
}
