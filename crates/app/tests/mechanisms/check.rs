//! The checker finds nothing in a healthy database, and everything that was planted.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ordermill_app::check::{self, CHECKS, LISTED_MAX, Report, UNCHECKED};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::scheduler;
use ordermill_base::{IdGenerator, Span};
use ordermill_domain::order::CancelReason;
use ordermill_storage::check::every_rule;
use ordermill_storage::{Address, Connection, Error, audit, schema};
use ordermill_testkit::journal::settle;
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestDatabase, each_database};

use crate::kit::{NOW, a_promotion_order, an_order, buyer, pay, place, start_payment};

fn check(connection: &mut Connection) -> Report {
    check::check(connection, NOW + Span::days(1), None, &mut |_, _| ()).unwrap()
}

/// A shop with some history: 1 waits, 2 is paid, 3 was paid and canceled, 4 lost its hold and was
/// paid late, 5 was not paid in time, 6 has a voided payment.
fn a_living_shop(connection: &mut Connection) {
    receive(connection, sku(1), location(1), 50, NOW);
    for number in [1, 2, 3] {
        place(connection, an_order(number, number));
    }
    let (two, three) = (order_id(2), order_id(3));
    pay(connection, 12, two, 2_000, NOW);
    pay(connection, 13, three, 3_000, NOW);
    cancel(connection, 3);
    place(connection, a_promotion_order(4, 4));
    let mut short = an_order(5, 5);
    short.pay_within = Span::minutes(10);
    place(connection, short);
    scheduler::run_due_on(connection, NOW + Span::minutes(30)).unwrap();
    pay(connection, 14, order_id(4), 4_000, NOW + Span::hours(1));
    place(connection, an_order(6, 1));
    start_payment(connection, 16, order_id(6), 1_000);
    cancel(connection, 6);
    settle(connection);
    while connection.transact(|tx| audit::seal_next(tx, NOW)).unwrap() > 0 {}
}

fn order_id(number: i64) -> ordermill_domain::ids::OrderId {
    ordermill_base::Id::from_raw(number)
}

fn cancel(connection: &mut Connection, number: i64) {
    let (act, reason) = (buyer(NOW), CancelReason::Buyer);
    connection.transact(|tx| cancel_order(tx, &act, order_id(number), reason)).unwrap();
}

#[test]
fn a_living_shop_is_healthy() {
    for database in each_database() {
        let mut connection = database.connection();
        assert!(check(&mut connection).is_healthy(), "an empty one is, too");
        a_living_shop(&mut connection);
        let report = check(&mut connection);
        assert_eq!(report.violations, [], "{database:?}");
        let counted = |name| report.checked.iter().find(|(it, _)| *it == name).map(|(_, n)| *n);
        assert_eq!(counted("orders"), Some(6));
        assert_eq!(counted("payments"), Some(4));
        assert_eq!(counted("refunds"), Some(1));
        assert_eq!(counted("stock levels"), Some(1));
        assert_eq!(counted("audit chain"), counted("histories"));
    }
}

/// What is done to the database, the invariant that it breaks, and whom it is about.
type Case = (&'static str, &'static str, &'static str);

const PLANTED: &[Case] = &[
    ("UPDATE stock_levels SET on_hand = -1", "I1", "sku_"),
    ("UPDATE stock_levels SET reserved = 60", "I1", "sku_"),
    ("UPDATE stock_levels SET reserved = reserved + 1", "I2", "sku_"),
    ("UPDATE stock_levels SET allocated = allocated + 1", "I2", "sku_"),
    ("UPDATE stock_levels SET on_hand = on_hand + 1", "I2", "sku_"),
    ("UPDATE stock_levels SET version = version + 1", "I5", "sku_"),
    ("DELETE FROM stock_levels", "I2", "SKU 1"),
    ("INSERT INTO stock_bins VALUES (1, 1, 1, '', NULL, 51, 0)", "I2", "sku_"),
    ("INSERT INTO stock_bins VALUES (1, 1, 1, '', NULL, 5, 5)", "I2", "1"),
    (
        "INSERT INTO pick_lines VALUES (9, 1, 1, 77, 1, 1, 4, '', NULL, 1, 2, 0, 0, 0, 0, 'bin', 0)",
        "I2",
        "9",
    ),
    (
        "INSERT INTO pick_lines VALUES (9, 1, 1, 77, 1, 1, 4, '', NULL, 1, 2, 2, 0, 0, 0, 'bin', 0)",
        "I11",
        "9",
    ),
    (
        "INSERT INTO pick_lists VALUES (9, 1, 1, 'done', 7, 1, 0, 1, 0, 0, 1)",
        "I5",
        "pkl_",
    ),
    ("INSERT INTO pick_lists VALUES (9, 1, 1, 'done', 7, 1, 0, 1, 0, 0, 1)", "I5", "9"),
    ("INSERT INTO pick_lists VALUES (9, 1, 1, 'open', NULL, 1, 0, 1, 0, NULL, 1)", "I6", "9"),
    ("INSERT INTO waves VALUES (8, 1, '{}', 1, 1, 1, 0, 0, 0, 'system:x')", "I5", "8"),
    (
        "INSERT INTO bins (id, location_id, zone, code, position, aisle, y_mm, side, level, height_mm)
         VALUES (5, 1, 'A', 'A-1', 1, 1, 0, 'left', 1, 0)",
        "I5",
        "5",
    ),
    ("INSERT INTO layouts VALUES (6, 0, 0, '{}')", "I5", "6"),
    ("UPDATE stock_movements SET quantity = quantity + 1", "I5", "movement"),
    ("DELETE FROM stock_movements", "I5", "movement"),
    ("DELETE FROM journal WHERE aggregate = 'stock'", "I5", "movement"),
    ("UPDATE reservations SET state = 'held' WHERE order_id = 3", "I2", "ord_"),
    ("UPDATE reservations SET state = 'released' WHERE order_id = 2", "I2", "ord_"),
    ("UPDATE reservations SET sku_id = 9 WHERE order_id = 1", "I11", "ord_"),
    ("UPDATE reservations SET order_id = 99 WHERE order_id = 1", "I5", "ord_"),
    ("UPDATE orders SET total_minor = total_minor + 1 WHERE id = 1", "I3", "ord_"),
    ("UPDATE order_lines SET discount_minor = 1 WHERE order_id = 1", "I3", "ord_"),
    ("INSERT INTO order_discounts VALUES (1, 1, 'coupon:X', 5)", "I3", "ord_"),
    ("UPDATE orders SET paid_minor = paid_minor + 1 WHERE id = 2", "I3", "ord_"),
    ("UPDATE orders SET refunded_minor = 1 WHERE id = 2", "I3", "ord_"),
    ("UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE entry_no = 1", "I3", "pst_"),
    ("DELETE FROM ledger_entries WHERE order_id = 2", "I3", "ord_"),
    ("UPDATE ledger_entries SET account = 'pocket' WHERE order_id = 2", "I3", "pst_"),
    ("UPDATE refunds SET amount_minor = amount_minor + 1", "I3", "pay_"),
    ("UPDATE refunds SET payment_id = 99", "I3", "rfd_"),
    ("DELETE FROM payments WHERE id = 12", "I3", "ord_"),
    ("UPDATE orders SET status = 'confirmed' WHERE id = 1", "I5", "ord_"),
    ("UPDATE orders SET status = 'lost' WHERE id = 2", "I5", "orders 2"),
    ("UPDATE orders SET review = 'approved' WHERE id = 1", "I5", "ord_"),
    ("UPDATE orders SET version = version + 1 WHERE id = 2", "I5", "ord_"),
    ("UPDATE orders SET placed_at = placed_at + 1 WHERE id = 2", "I5", "ord_"),
    ("UPDATE orders SET customer_id = 5 WHERE id = 2", "I5", "ord_"),
    ("UPDATE order_lines SET allocated = 0, canceled = 2 WHERE order_id = 2", "I5", "ord_"),
    ("UPDATE order_lines SET shipped = 9 WHERE order_id = 2", "I5", "orders 2"),
    ("DELETE FROM orders WHERE id = 6", "I5", "ord_"),
    ("DELETE FROM journal WHERE aggregate = 'order' AND aggregate_id = 1", "I5", "ord_"),
    ("DELETE FROM journal WHERE kind = 'order.reviewed' AND aggregate_id = 2", "I5", "order 2"),
    ("UPDATE journal SET body = '{' WHERE kind = 'order.canceled'", "I5", "ord_"),
    ("UPDATE payments SET state = 'voided' WHERE id = 12", "I5", "pay_"),
    ("UPDATE payments SET merchant = 'other' WHERE id = 12", "I5", "pay_"),
    ("DELETE FROM journal WHERE aggregate = 'payment' AND aggregate_id = 16", "I5", "pay_"),
    ("UPDATE refunds SET state = 'succeeded'", "I5", "rfd_"),
    ("DELETE FROM refunds", "I5", "rfd_"),
    (
        "INSERT INTO bulks (id, action, reason, filter, staff_id, state, walked_to, done, started_at)
         VALUES (7, 'approve', 'seen', '{}', 1, 'running', 7, 1, 1)",
        "I4",
        "7",
    ),
    ("INSERT INTO bulk_orders VALUES (7, 99, NULL)", "I5", "7"),
    (
        "UPDATE journal SET body = replace(body, '\"placed\"', '\"confirmed\"')
       WHERE kind = 'order.canceled' AND aggregate_id = 5",
        "I6",
        "ord_",
    ),
    (
        "UPDATE journal SET body = replace(body, '\"created\"', '\"authorized\"')
       WHERE kind = 'payment.voided'",
        "I6",
        "pay_",
    ),
    ("DELETE FROM journal WHERE aggregate = 'reservation' AND sequence = 1", "I5", "reservation 4"),
    ("UPDATE journal SET actor = 'buyer' WHERE kind = 'order.paid'", "I9", "evt_"),
    ("DELETE FROM journal_blocks", "I9", ""),
    ("INSERT INTO carts VALUES (1, NULL, '[]', '[]', 77, 1, 0, NULL)", "I4", "1"),
    (
        "INSERT INTO carts VALUES (1, NULL, '[]', '[]', 2, 1, 0, NULL), (2, NULL, '[]', '[]', 2, 1, 0, NULL)",
        "I4",
        "2",
    ),
    (
        "DROP INDEX orders_by_channel_order; UPDATE orders SET channel_order_id = 'x' WHERE id < 3",
        "I4",
        "1",
    ),
    ("INSERT INTO deadlines (subject_id, kind, due_at) VALUES (2, 'review', 1)", "I6", "2"),
    ("UPDATE orders SET review = 'needs_buyer' WHERE id = 1", "I6", "1"),
    ("INSERT INTO order_holds VALUES (2, 3, 0, 'amount', 0, NULL)", "I5", "ord_"),
    ("INSERT INTO review_decisions VALUES (2, 1, 0, '{}', 0)", "I5", "2"),
    ("INSERT INTO order_contacts VALUES (1, 77)", "I5", "77"),
    ("INSERT INTO order_notes VALUES (1, 77, 'buyer', 0, x'00')", "I5", "77"),
    ("INSERT INTO reveals VALUES (1, 77, 1, 'phone', 0)", "I5", "77"),
    ("INSERT INTO sessions VALUES (x'00', 5, NULL, 'browser', 0, 0, 0)", "I5", "5"),
    ("INSERT INTO cursors VALUES ('webhooks', 0, 9223372036854775807, 0)", "I5", "webhooks"),
    ("INSERT INTO leases VALUES ('node:1', 'gone', 1, 9223372036854775807)", "I8", "node:1"),
    ("UPDATE deadlines SET claimed_until = 9223372036854775807", "I8", "1"),
    ("INSERT INTO deadlines (subject_id, kind, due_at) VALUES (3, 'pay', 1)", "I6", "3"),
    (
        "INSERT INTO tasks (id, kind, subject_id, role, state, detail, created_at)
      VALUES (1, 'review', 1, 'operations', 'done', '{}', 0)",
        "I6",
        "1",
    ),
    (
        "INSERT INTO inbox (id, source, external_id, topic, body, state, next_at, received_at)
      VALUES (1, 's', 'e', 't', x'00', 'done', 0, 0)",
        "I6",
        "1",
    ),
];

#[test]
fn every_planted_corruption_is_found() {
    let database = TestDatabase::sqlite();
    let mut healthy = database.connection();
    a_living_shop(&mut healthy);
    let published = healthy.read(audit::head).unwrap();
    let directory = tempfile::tempdir().unwrap();
    for (number, (sql, invariant, subject)) in PLANTED.iter().enumerate() {
        let mut copy = copy_of(&healthy, &directory.path().join(number.to_string()));
        copy.read::<_, Error>(|tx| {
            // An intruder with the file does not heed our rules either.
            tx.query("PRAGMA ignore_check_constraints = ON", &[], |_| Ok(()))?;
            sql.split("; ").try_for_each(|sql| tx.execute(sql, &[]).map(drop))
        })
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let now = NOW + Span::days(1);
        let report = check::check(&mut copy, now, published.as_ref(), &mut |_, _| ()).unwrap();
        let is_found = report
            .violations
            .iter()
            .any(|found| found.invariant == *invariant && found.subject.starts_with(subject));
        assert!(is_found, "{sql}: no {invariant} of {subject}… in {:#?}", report.violations);
    }
}

fn copy_of(healthy: &Connection, path: &Path) -> Connection {
    healthy.backup(path, &mut |_, _| ()).unwrap();
    Connection::open(&Address::sqlite(path), Arc::new(IdGenerator::new(1))).unwrap()
}

#[test]
fn corruption_is_found_on_either_engine() {
    let planted_and_mended = [
        (
            "UPDATE stock_levels SET reserved = reserved + 1",
            "UPDATE stock_levels SET reserved = reserved - 1",
        ),
        (
            "UPDATE orders SET status = 'lost' WHERE id = 2",
            "UPDATE orders SET status = 'confirmed' WHERE id = 2",
        ),
        (
            "UPDATE payments SET merchant = 'x' WHERE id = 12",
            "UPDATE payments SET merchant = 'demo' WHERE id = 12",
        ),
        (
            "UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE order_id = 2",
            "UPDATE ledger_entries SET amount_minor = amount_minor - 1 WHERE order_id = 2",
        ),
        (
            "UPDATE journal SET at = at + 1 WHERE kind = 'order.paid'",
            "UPDATE journal SET at = at - 1 WHERE kind = 'order.paid'",
        ),
        ("INSERT INTO leases VALUES ('a', 'b', 1, 9223372036854775807)", "DELETE FROM leases"),
    ];
    for database in each_database() {
        let mut connection = database.connection();
        a_living_shop(&mut connection);
        for (planted, mended) in planted_and_mended {
            connection.transact(|tx| tx.execute(planted, &[])).unwrap();
            assert!(!check(&mut connection).is_healthy(), "{database:?}: {planted}");
            connection.transact(|tx| tx.execute(mended, &[])).unwrap();
            assert_eq!(check(&mut connection).violations, [], "{database:?}: {mended}");
        }
    }
}

#[test]
fn a_ruin_is_reported_in_bounds() {
    let database = TestDatabase::sqlite();
    let mut connection = database.connection();
    connection
        .transact::<_, Error>(|tx| {
            for id in 1..=LISTED_MAX as i64 + 10 {
                ordermill_storage::order::insert_discount(tx, order_id(id), 1, "points", 5)?;
            }
            Ok(())
        })
        .unwrap();
    let report = check(&mut connection);
    assert_eq!((report.violations.len(), report.unlisted), (LISTED_MAX, 10));
}

#[test]
fn every_table_is_named_by_a_check_or_has_a_reason_not_to_be() {
    let checked = CHECKS
        .iter()
        .flat_map(|check| check.tables)
        .chain(every_rule().flat_map(|rule| rule.tables));
    let mut named: BTreeSet<String> = checked.map(|table| (*table).to_owned()).collect();
    for (table, reason) in UNCHECKED {
        assert!(!reason.is_empty());
        assert!(named.insert((*table).to_owned()), "{table} is checked, and listed as unchecked");
    }
    let database = TestDatabase::sqlite();
    let tables = database.connection().read(schema::tables).unwrap();
    let tables: BTreeSet<String> = tables.into_iter().collect();
    let forgotten: Vec<_> = tables.difference(&named).collect();
    assert!(forgotten.is_empty(), "no check looks at {forgotten:?}: name them in app::check");
    let gone: Vec<_> = named.difference(&tables).collect();
    assert!(gone.is_empty(), "there are no tables {gone:?}");
}
