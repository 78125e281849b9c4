//! Readers of the journal: once each, in order, on one node at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ordermill_app::reader::{LEASE_HELD, ReadError, Reader, Reading, Step, TRIES};
use ordermill_base::{Id, Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::OrderId;
use ordermill_domain::task::TaskKind;
use ordermill_storage::journal::{self, NewEntry};
use ordermill_storage::{Connection, Database, Error, audit, task};
use ordermill_testkit::journal::settle;
use ordermill_testkit::{TestClock, each_database};
use tokio::sync::watch;

use crate::kit::{NOW, runtime};

/// Adds entries about the orders `first` to `last`.
fn append(connection: &mut Connection, first: i64, last: i64) {
    append_kind(connection, "order.paid", first, last);
}

fn append_kind(connection: &mut Connection, kind: &str, first: i64, last: i64) {
    let act = Act::new(Actor::system("test"), NOW);
    connection
        .transact::<_, Error>(|tx| {
            for aggregate_id in first..=last {
                let (aggregate, body) = ("order", "{}");
                let entry = NewEntry { aggregate, aggregate_id, sequence: 1, kind, body };
                journal::append(tx, &act, entry)?;
            }
            Ok(())
        })
        .unwrap();
    settle(connection);
}

/// Writes down which orders it read about, as contacts, in an order that shows itself.
fn noting(poison: Option<i64>) -> Reader {
    let reader = Reader::new("noting", move |tx, entries, _now| {
        for entry in entries {
            if Some(entry.aggregate_id) == poison {
                return Err(ReadError::Entry("no such thing".to_owned()));
            }
            // A plain insert: a second reading of the same entry would fail.
            tx.execute(
                "INSERT INTO order_contacts (blind, order_id) VALUES (7, $1)",
                ordermill_storage::params![entry.aggregate_id],
            )?;
        }
        Ok(())
    });
    Reader { batch: 4, ..reader }
}

fn noted(connection: &mut Connection) -> Vec<i64> {
    let sql = "SELECT order_id FROM order_contacts WHERE blind = 7 ORDER BY order_id";
    connection.read(|tx| tx.query(sql, &[], |row| row.int())).unwrap()
}

fn steps(reading: &mut Reading, at: Timestamp, count: usize) -> Vec<Step> {
    let runtime = runtime();
    (0..count).map(|_| runtime.block_on(reading.step(at)).unwrap()).collect()
}

fn with_database(database: &ordermill_testkit::TestDatabase, work: impl FnOnce(Database)) {
    let open = database.open();
    work(open.clone());
    open.close();
}

#[test]
fn a_reader_takes_each_entry_once_and_goes_on_where_it_stopped() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 1, 10);
        with_database(&database, |open| {
            let mut reading = Reading::new(noting(None), open.clone(), "a");
            let seen = steps(&mut reading, NOW, 2);
            assert_eq!(seen, [Step::Read(4), Step::Read(4)], "{database:?}");
            let mut restarted = Reading::new(noting(None), open, "a");
            let seen = steps(&mut restarted, NOW, 2);
            assert_eq!(seen, [Step::Read(2), Step::Idle]);
        });
        assert_eq!(noted(&mut connection), (1..=10).collect::<Vec<_>>());
    }
}

#[test]
fn entries_that_concern_nobody_are_passed_and_the_cursor_follows_them_within_a_second() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 1, 10);
        let stored = |connection: &mut Connection| {
            connection.read(|tx| journal::cursor(tx, "noting")).unwrap()
        };
        with_database(&database, |open| {
            let reader = Reader { kinds: Some(&["order.shipped"]), ..noting(None) };
            let mut reading = Reading::new(reader, open, "a");
            assert_eq!(steps(&mut reading, NOW, 1), [Step::Idle], "{database:?}");
            let end = connection.read(journal::end).unwrap();
            assert_eq!(stored(&mut connection), end);
            append(&mut connection, 11, 12);
            assert_eq!(steps(&mut reading, NOW + Span::millis(500), 1), [Step::Idle]);
            assert_eq!(stored(&mut connection), end, "a look alone writes nothing");
            assert_eq!(steps(&mut reading, NOW + Span::seconds(1), 1), [Step::Idle]);
            assert_eq!(stored(&mut connection), connection.read(journal::end).unwrap());
        });
        assert_eq!(noted(&mut connection), [0_i64; 0]);
    }
}

#[test]
fn a_reader_of_some_kinds_takes_each_of_them_once_among_the_others() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 1, 3);
        append_kind(&mut connection, "order.shipped", 4, 9);
        append(&mut connection, 10, 12);
        append_kind(&mut connection, "order.shipped", 13, 13);
        with_database(&database, |open| {
            let reader = Reader { kinds: Some(&["order.shipped"]), ..noting(None) };
            let mut reading = Reading::new(reader.clone(), open.clone(), "a");
            let seen = steps(&mut reading, NOW, 1);
            assert_eq!(seen, [Step::Read(4)], "{database:?}");
            let mut restarted = Reading::new(reader, open, "a");
            let seen = steps(&mut restarted, NOW, 2);
            assert_eq!(seen, [Step::Read(3), Step::Idle]);
        });
        assert_eq!(noted(&mut connection), [4, 5, 6, 7, 8, 9, 13]);
    }
}

#[test]
fn only_one_node_reads_until_it_falls_silent() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 1, 10);
        with_database(&database, |open| {
            let mut one = Reading::new(noting(None), open.clone(), "one");
            let mut two = Reading::new(noting(None), open, "two");
            assert_eq!(steps(&mut one, NOW, 1), [Step::Read(4)]);
            assert_eq!(steps(&mut two, NOW + Span::seconds(29), 1), [Step::Elsewhere]);
            let later = NOW + LEASE_HELD;
            assert_eq!(steps(&mut two, later, 1), [Step::Read(4)], "{database:?}");
            assert_eq!(steps(&mut one, later, 1), [Step::Elsewhere]);
        });
        assert_eq!(noted(&mut connection), (1..=8).collect::<Vec<_>>());
    }
}

#[test]
fn an_entry_that_keeps_failing_is_skipped_with_a_task_and_its_neighbors_are_read() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 1, 6);
        with_database(&database, |open| {
            let mut reading = Reading::new(noting(Some(3)), open, "a");
            // The batch fails and is taken apart; 1 and 2 go through alone.
            let seen = steps(&mut reading, NOW, 2);
            assert_eq!(seen, [Step::PutOff(NOW), Step::Read(1)], "{database:?}");
            let mut at = NOW;
            let mut skipped = 0;
            for _ in 0..60 {
                match steps(&mut reading, at, 1)[0] {
                    Step::PutOff(again_at) => at = again_at,
                    Step::Skipped(_) => skipped += 1,
                    Step::Idle => break,
                    Step::Read(_) | Step::Elsewhere => {}
                }
            }
            assert_eq!(skipped, 1);
            let spent = at.since(NOW).as_seconds();
            assert_eq!(spent, (1 << (TRIES - 1)) - 1, "1 + 2 + 4 + 8 seconds");
        });
        assert_eq!(noted(&mut connection), [1, 2, 4, 5, 6]);
        let tasks = connection.read(|tx| task::list_open(tx, None, None, 9)).unwrap();
        assert_eq!(tasks.len(), 1);
        assert_eq!(tasks[0].kind, TaskKind::SkippedEntry);
        assert!(tasks[0].detail.contains("no such thing"), "{}", tasks[0].detail);
    }
}

#[test]
fn the_audit_chain_waits_for_a_gap_to_be_mended_and_follows_the_journal() {
    for database in each_database() {
        let mut connection = database.connection();
        append(&mut connection, 1, 1_500);
        with_database(&database, |open| {
            let mut sealer = Reading::new(Reader::audit_sealer(), open, "a");
            let seen = steps(&mut sealer, NOW, 3);
            assert_eq!(seen, [Step::Read(1_024), Step::Read(476), Step::Idle]);
        });
        let verified = connection.read(|tx| audit::verify(tx, None, &mut |_| ())).unwrap();
        assert_eq!((verified.entries, verified.blocks), (1_500, 2), "{database:?}");
    }
}

#[test]
fn a_reader_at_work_wakes_with_a_commit_and_stops_when_told() {
    let database = &each_database()[0];
    let open = database.open();
    let seen = Arc::new(AtomicBool::new(false));
    let reader = {
        let seen = Arc::clone(&seen);
        Reader::new("waking", move |_, entries, _| {
            let is_ours = |id| OrderId::from_raw(id) == OrderId::from_raw(5);
            if entries.iter().any(|entry| is_ours(entry.aggregate_id)) {
                seen.store(true, Ordering::SeqCst);
            }
            Ok(())
        })
    };
    runtime().block_on(async {
        let (stop, stopped) = watch::channel(false);
        let reading = Reading::new(reader, open.clone(), "a");
        let clock = Arc::new(TestClock::default());
        let running = tokio::spawn(reading.run(clock, Random::from_seed(1), stopped));
        let act = Act::new(Actor::system("test"), NOW);
        let appended = open.write(move |tx| {
            let (aggregate, kind, body) = ("order", "order.paid", "{}");
            let entry = NewEntry { aggregate, aggregate_id: 5, sequence: 1, kind, body };
            journal::append(tx, &act, entry)
        });
        let appended: Result<_, Error> = appended.await;
        assert!(appended.is_ok());
        while !seen.load(Ordering::SeqCst) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stop.send(true).unwrap();
        running.await.unwrap();
    });
    let lease = "SELECT expires_at FROM leases WHERE name = 'reader:waking'";
    let expires_at = database.connection().read(|tx| tx.query_one(lease, &[], |row| row.int()));
    assert_eq!(expires_at.unwrap(), 0, "the lease was given back");
    open.close();
}
