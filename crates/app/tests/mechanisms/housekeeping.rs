//! What nobody needs any more goes; everything else stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ordermill_app::housekeeping::{BATCH, Housekeeping, LEASE_HELD, RULES, Step, Swept, sweep};
use ordermill_app::order::place::PlaceOrder;
use ordermill_base::id::first_at;
use ordermill_base::{Id, Random, Span, Timestamp};
use ordermill_domain::ids::CartId;
use ordermill_storage::{Connection, Error, Value, params};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestClock, each_database};
use tokio::sync::watch;

use crate::kit::{NOW, an_order, pay, place, runtime};

/// One row of each kind whose time was over at this moment; `number` tells them apart.
fn leave_behind(connection: &mut Connection, number: i64, at: Timestamp) {
    let (at_id, at) = (first_at(at) + number, at.as_micros());
    let (digest, text) = (number.to_be_bytes(), number.to_string());
    let digest = digest.as_slice();
    let rows: [(&str, &[Value<'_>]); 14] = [
        ("INSERT INTO idempotency_keys VALUES ('p', $1, $2, 1, $3)", params![&text, digest, at]),
        (
            "INSERT INTO carts (id, lines, coupons, version, updated_at)
             VALUES ($1, '[]', '[]', 1, $2)",
            params![number, at],
        ),
        ("INSERT INTO sessions VALUES ($1, NULL, 7, 'browser', 0, 0, $2)", params![digest, at]),
        ("INSERT INTO login_codes VALUES ($1, 5, $2, 0, $3, $3)", params![at_id, digest, at]),
        ("INSERT INTO attempts VALUES ($1, 3, $2, 0)", params![number, at]),
        (
            "INSERT INTO inbox (id, source, external_id, topic, body, state, next_at, received_at,
                closed_at) VALUES ($1, 'pay', $2, 't', $3, 'done', $4, $4, $4)",
            params![number, &text, digest, at],
        ),
        ("INSERT INTO pick_scans VALUES (1, $1, '{}', $2, NULL)", params![&text, at]),
        ("INSERT INTO hand_scans VALUES (1, $1, '{}', $2, NULL)", params![&text, at]),
        ("INSERT INTO vehicles VALUES (1, $1, 0, 0, 0, $2)", params![&text, at]),
        (
            "INSERT INTO vehicle_parcels VALUES ($1, 1, 'v', $2, NULL, $3)",
            params![number, digest, at],
        ),
        (
            "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, kind, aggregate,
                aggregate_id, lane, state, next_at, happened_at, closed_at)
             VALUES ($1, 1, $1, 'order.paid', 'order', 1, 1, 'delivered', $2, $2, $2)",
            params![number, at],
        ),
        (
            "INSERT INTO risk_signals VALUES ('phone', $1, 'cancel', 1, 5, 0, $2)",
            params![number, at],
        ),
        ("INSERT INTO rule_trials VALUES (1, $1, 1, 'auto_pass', NULL, $2)", params![number, at]),
        (
            "INSERT INTO webhook_endpoints (id, url, description, events, secret, previous_secret,
                previous_until, state, version, created_at)
             VALUES ($1, 'https://x.example', '', '[]', $2, $2, $3, 'active', 1, 0)",
            params![number, digest, at],
        ),
    ];
    connection
        .transact::<_, Error>(|tx| {
            for (sql, values) in rows {
                tx.execute(sql, values)?;
            }
            Ok(())
        })
        .unwrap();
}

/// How many rows of each kind are there, in the order of the rules.
fn left(connection: &mut Connection) -> Vec<i64> {
    let tables = [
        "idempotency_keys",
        "carts",
        "sessions",
        "login_codes",
        "attempts",
        "inbox",
        "pick_scans",
        "hand_scans",
        "vehicles",
        "vehicle_parcels",
        "webhook_deliveries",
        "risk_signals",
        "rule_trials",
        "webhook_endpoints WHERE previous_secret IS NOT NULL",
    ];
    let count = |table: &&str| {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        connection.read(|tx| tx.query_one(&sql, &[], |row| row.int())).unwrap()
    };
    tables.iter().map(count).collect()
}

fn of_a_cart(order: PlaceOrder) -> PlaceOrder {
    PlaceOrder { cart: Some(CartId::from_raw(1)), ..order }
}

#[test]
fn each_kind_goes_when_its_time_is_over_and_not_a_moment_earlier() {
    for database in each_database() {
        let mut connection = database.connection();
        (1..=3).for_each(|number| leave_behind(&mut connection, number, NOW));
        let mut ages: Vec<Span> = RULES.iter().map(|rule| rule.kept).collect();
        ages.sort_unstable();
        ages.dedup();
        for age in ages {
            let mut after = |at| {
                connection.transact(|tx| sweep(tx, at)).unwrap();
                left(&mut connection)
            };
            let expected = |is_kept: &dyn Fn(Span) -> bool| -> Vec<i64> {
                RULES.iter().map(|rule| if is_kept(rule.kept) { 3 } else { 0 }).collect()
            };
            let engine = database.engine();
            assert_eq!(after(NOW + age), expected(&|kept| kept >= age), "{age:?} on {engine}");
            // Login codes are known by their ids, which are a millisecond coarse.
            let over = NOW + age + Span::millis(1);
            assert_eq!(after(over), expected(&|kept| kept > age), "{age:?} on {engine}");
        }
    }
}

#[test]
fn history_and_what_still_waits_stays_for_years() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 5, NOW);
        let order = place(&mut connection, of_a_cart(an_order(1, 2)));
        pay(&mut connection, 1, order, 2_000, NOW);
        let waiting = [
            "INSERT INTO inbox (id, source, external_id, topic, body, state, next_at, received_at)
             VALUES (1, 's', '1', 't', '', 'waiting', 0, 0)",
            "INSERT INTO inbox (id, source, external_id, topic, body, state, next_at, received_at,
                closed_at) VALUES (2, 's', '2', 't', '', 'quarantined', 0, 0, 0)",
            "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, kind, aggregate,
                aggregate_id, lane, state, next_at, happened_at)
             VALUES (1, 1, 1, 'order.paid', 'order', 1, 1, 'waiting', 0, 0)",
        ];
        let waiting = waiting.map(|sql| match database.engine() {
            "sqlite" => sql.replace("''", "x''"),
            _ => sql.to_owned(),
        });
        connection
            .transact::<_, Error>(|tx| {
                waiting.iter().try_for_each(|sql| tx.execute(sql, &[]).map(drop))
            })
            .unwrap();
        let tables = ["journal", "orders", "payments", "carts", "inbox", "webhook_deliveries"];
        let count = |connection: &mut Connection| {
            tables.map(|table| {
                let sql = format!("SELECT COUNT(*) FROM {table}");
                connection.read(|tx| tx.query_one(&sql, &[], |row| row.int())).unwrap()
            })
        };
        let before = count(&mut connection);
        assert!(before.iter().all(|count| *count > 0), "{before:?}");
        let swept = connection.transact(|tx| sweep(tx, NOW + Span::days(3_650))).unwrap();
        assert_eq!(swept.rows(), 0, "{swept:?} on {}", database.engine());
        assert_eq!(count(&mut connection), before);
    }
}

#[test]
fn a_backlog_goes_in_small_batches_and_ends_by_itself() {
    for database in each_database() {
        let mut connection = database.connection();
        let many = 2 * BATCH as i64 + 7;
        connection
            .transact::<_, Error>(|tx| {
                let sql = "INSERT INTO attempts VALUES ($1, 1, $1, 0)";
                (1..=many).try_for_each(|number| tx.execute(sql, params![number]).map(drop))
            })
            .unwrap();
        let rows = (0..4).map(|_| connection.transact(|tx| sweep(tx, NOW)).unwrap());
        let rows: Vec<(u64, bool)> = rows.map(|swept| (swept.rows(), swept.is_full())).collect();
        let engine = database.engine();
        assert_eq!(rows, [(BATCH, true), (BATCH, true), (7, false), (0, false)], "{engine}");
    }
}

#[test]
fn one_node_at_a_time_keeps_house_until_it_falls_silent() {
    for database in each_database() {
        let open = database.open();
        let (one, two) =
            (Housekeeping::new(open.clone(), "one"), Housekeeping::new(open.clone(), "two"));
        let runtime = runtime();
        let step = |house: &Housekeeping, at| runtime.block_on(house.step(at)).unwrap();
        let nothing = Step::Swept(Swept(vec![0; RULES.len()]));
        assert_eq!(step(&one, NOW), nothing);
        assert_eq!(step(&two, NOW + Span::seconds(60)), Step::Elsewhere);
        assert_eq!(step(&two, NOW + LEASE_HELD), nothing, "{}", database.engine());
        assert_eq!(step(&one, NOW + LEASE_HELD), Step::Elsewhere);
        open.close();
    }
}

#[test]
fn a_node_at_work_clears_a_backlog_at_once_and_gives_its_lease_back() {
    for database in each_database() {
        let mut connection = database.connection();
        (1..=BATCH as i64 + 1).for_each(|number| leave_behind(&mut connection, number, NOW));
        let open = database.open();
        let clock = Arc::new(TestClock::default());
        clock.advance(Span::days(91));
        runtime().block_on(async {
            let (stop, stopping) = watch::channel(false);
            let house = Housekeeping::new(open.clone(), "one");
            let running = tokio::spawn(house.run(clock, Random::from_seed(1), stopping));
            let patience = Instant::now() + Duration::from_secs(30);
            while tokio::task::block_in_place(|| left(&mut connection)) != vec![0; RULES.len()] {
                assert!(Instant::now() < patience, "the backlog stays");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            stop.send(true).unwrap();
            running.await.unwrap();
        });
        let lease = "SELECT expires_at FROM leases WHERE name = 'housekeeping'";
        let expires_at = connection.read(|tx| tx.query_one(lease, &[], |row| row.int()));
        assert_eq!(expires_at.unwrap(), 0, "the lease was given back on {}", database.engine());
        open.close();
    }
}
