//! Stock that comes in finds the orders that nobody could ship.

use std::sync::Arc;

use ordermill_app::catalog::CatalogHolder;
use ordermill_app::reader::{Reading, Step};
use ordermill_app::sourcing::by_hand::{self, Seen};
use ordermill_app::sourcing::explain::{Explanation, decisions};
use ordermill_app::sourcing::{arrivals, by_rules};
use ordermill_base::{Id as _, Span, Timestamp};
use ordermill_domain::fulfillment::RejectReason;
use ordermill_domain::ids::OrderId;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Connection, journal, task};
use ordermill_testkit::journal::settle;
use ordermill_testkit::stock::{receive, sku};
use ordermill_testkit::{TestDatabase, each_database};

use crate::kit::{
    BEIJING, HANGZHOU, NOW, a_shop, all_is_well, an_order, somebody, source, work_on, written,
};

const LATER: Timestamp = Timestamp::from_millis(NOW.as_millis() + 60_000);

/// The location that ships an order gives it back for this reason, and nobody else has the pieces.
fn an_order_that_is_given_back(
    database: &TestDatabase,
    reason: RejectReason,
) -> (Connection, OrderId) {
    let (mut connection, catalog) = a_shop(database, &[(1, *HANGZHOU, 2)]);
    let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
    source(&mut connection, &catalog, &[order]);
    let work = work_on(&mut connection, order).remove(0);
    let seen = Seen { id: work.id(), version: work.version() };
    let (who, act) = somebody();
    connection.transact(|tx| by_hand::give_back(tx, &catalog, &who, &act, seen, reason)).unwrap();
    assert_eq!(written(&mut connection, order), "HZ rejected 1x2");
    assert!(is_asked(&mut connection, order), "somebody is asked to find a location");
    (connection, order)
}

fn is_asked(connection: &mut Connection, order: OrderId) -> bool {
    connection.read(|tx| task::find_open(tx, TaskKind::Sourcing, order.raw())).unwrap().is_some()
}

/// What came in is read by whoever looks for orders that want it.
fn arrivals_are_read(database: &TestDatabase, connection: &mut Connection) {
    settle(connection);
    let holder = connection.read(CatalogHolder::load).unwrap();
    let open = database.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let reader = arrivals::reader(Arc::new(holder));
        let mut reading = Reading::new(reader, open.clone(), "test");
        while !matches!(reading.step(LATER + Span::seconds(1)).await.unwrap(), Step::Idle) {}
    });
    open.close();
}

fn explained(connection: &mut Connection, order: OrderId) -> Vec<Explanation> {
    let found = connection.read(|tx| decisions(tx, order)).unwrap();
    found.into_iter().map(|(_, why)| why).collect()
}

#[test]
fn a_location_without_the_pieces_ships_the_order_once_they_have_come_in() {
    for database in each_database() {
        let (mut connection, order) = an_order_that_is_given_back(&database, RejectReason::NoStock);
        arrivals_are_read(&database, &mut connection);
        assert_eq!(written(&mut connection, order), "HZ rejected 1x2", "nothing came in since");

        receive(&mut connection, sku(1), *HANGZHOU, 2, LATER);
        arrivals_are_read(&database, &mut connection);
        assert_eq!(written(&mut connection, order), "HZ rejected 1x2, HZ planned 1x2");
        assert!(!is_asked(&mut connection, order), "nobody needs to look any more");
        let why = explained(&mut connection, order).remove(0);
        assert_eq!((why.asked_again, why.sent_to), (vec![*HANGZHOU], vec![*HANGZHOU]));
        let planned = work_on(&mut connection, order).pop().unwrap();
        let journal =
            connection.read(|tx| journal::of(tx, "fulfillment", planned.id(), 1, 1)).unwrap();
        assert_eq!(journal[0].actor, by_rules(NOW).actor, "the history says who planned it");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_location_that_gave_an_order_back_for_another_reason_is_not_asked_again() {
    for database in each_database() {
        let (mut connection, order) = an_order_that_is_given_back(&database, RejectReason::Damaged);
        receive(&mut connection, sku(1), *HANGZHOU, 2, LATER);
        arrivals_are_read(&database, &mut connection);
        assert_eq!(written(&mut connection, order), "HZ rejected 1x2");
        assert!(is_asked(&mut connection, order));
        all_is_well(&mut connection);
    }
}

#[test]
fn what_came_in_elsewhere_ships_the_order_and_other_goods_do_not_disturb_it() {
    for database in each_database() {
        let (mut connection, order) = an_order_that_is_given_back(&database, RejectReason::Damaged);
        arrivals_are_read(&database, &mut connection);
        let tried = explained(&mut connection, order).len();
        receive(&mut connection, sku(2), *BEIJING, 2, LATER);
        arrivals_are_read(&database, &mut connection);
        assert_eq!(explained(&mut connection, order).len(), tried, "nothing that it wants");

        receive(&mut connection, sku(1), *BEIJING, 2, LATER);
        arrivals_are_read(&database, &mut connection);
        assert_eq!(written(&mut connection, order), "HZ rejected 1x2, BJ planned 1x2");
        let why = explained(&mut connection, order).remove(0);
        assert_eq!(why.asked_again, [], "Beijing had never said no");
        all_is_well(&mut connection);
    }
}
