//! What a statement that cannot work does to its command, to its neighbors and to the connection.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::mpsc;

use ordermill_domain::actor::{Act, Actor};
use ordermill_storage::{Address, Connection, Database, Error, Options, Row, Tx, params, setting};
use ordermill_testkit::{TestClock, each_database};

fn act() -> Act {
    Act::new(Actor::system("test"), TestClock::START)
}

/// A command that works.
async fn set(database: &Database, name: &'static str) -> Result<i64, Error> {
    let value = serde_json::json!(1);
    database.write(move |tx| setting::put(tx, &act(), name, &value, 0)).await
}

async fn is_set(database: &Database, name: &'static str) -> bool {
    let read = move |tx: &mut Tx<'_>| setting::fetch(tx, name);
    database.read(read).await.unwrap().is_some()
}

type Ask = fn(&mut Tx<'_>) -> Result<i64, Error>;

/// Statements that no database accepts, each after something was written.
const UNACCEPTABLE: [Ask; 4] = [
    |tx| tx.query_one("SELECT nothing FROM nowhere", &[], |row| row.int()),
    |tx| tx.query_one("SELECT COUNT(* FROM settings", &[], |row| row.int()),
    |tx| tx.query_one("SELECT name FROM settings WHERE name = $1", &[], |row| row.int()),
    |tx| tx.query_one("SELECT name FROM settings LIMIT 1", &[], |row: &mut Row<'_>| row.int()),
];

#[test]
fn a_statement_that_cannot_work_fails_alone_and_is_told_as_a_defect() {
    for fresh in each_database() {
        let options = Options { writers: 1, ..Options::default() };
        let database = Database::open(fresh.address(), options).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            // Holds the writer until the others wait, so that they share a transaction.
            let (go, wait) = mpsc::channel::<()>();
            let first = database.write(move |_| {
                let _until_the_others_wait = wait.recv();
                Ok::<_, Error>(())
            });
            let defective = |number: usize| {
                database.write(move |tx| {
                    let name = format!("spoiled-{number}");
                    setting::put(tx, &act(), &name, &serde_json::json!(1), 0)?;
                    UNACCEPTABLE[number](tx)
                })
            };
            let (before, after) = (set(&database, "before"), set(&database, "after"));
            let held = async {
                drop(go);
                Ok::<_, Error>(())
            };
            let (_, before, one, two, three, four, after, _) = tokio::join!(
                first,
                before,
                defective(0),
                defective(1),
                defective(2),
                defective(3),
                after,
                held
            );
            for defect in [one, two, three, four] {
                assert!(matches!(defect, Err(Error::Defect(_))), "{fresh:?}: {defect:?}");
            }
            assert_eq!((before.unwrap(), after.unwrap()), (1, 1), "{fresh:?}");
            assert!(is_set(&database, "before").await && is_set(&database, "after").await);
            assert!(!is_set(&database, "spoiled-0").await, "a refused command leaves no trace");
            assert!(!*database.is_lost().borrow(), "the disk has not failed");
        });
        database.close();
    }
}

#[test]
fn a_parameter_of_another_type_is_a_defect_and_no_lost_connection() {
    for fresh in each_database().iter().filter(|it| it.address().is_postgres()) {
        let mut connection = fresh.connection();
        let wrong = connection.read(|tx| {
            let sql = "SELECT version FROM settings WHERE version = $1";
            tx.query_opt(sql, params!["one"], |row| row.int())
        });
        assert!(matches!(wrong, Err(Error::Defect(_))), "{wrong:?}");
        let text = connection.read(|tx| {
            let sql = "SELECT version FROM settings WHERE name = $1";
            tx.query_opt(sql, params!["a text that ends in the middle\0"], |row| row.int())
        });
        assert!(matches!(text, Err(Error::Defect(_))), "{text:?}");
        let right = connection.read(|tx| setting::fetch(tx, "anything"));
        assert!(matches!(right, Ok(None)), "the connection goes on: {right:?}");
    }
}

#[test]
fn a_connection_that_ends_and_a_server_that_is_not_there_are_no_defects() {
    for fresh in each_database().iter().filter(|it| it.address().is_postgres()) {
        let mut connection = fresh.connection();
        let end = "SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS TEXT)";
        let ask = |connection: &mut Connection| {
            connection.read(|tx| tx.query_opt(end, &[], |row| row.text()))
        };
        for _ in 0..2 {
            let ended = ask(&mut connection);
            assert!(matches!(ended, Err(Error::Unavailable(_))), "{ended:?}");
        }
    }
    // Nothing listens on the port of a listener that is gone.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let nowhere: Address = format!("postgres://nobody@127.0.0.1:{port}/none").parse().unwrap();
    let refused =
        Connection::open(&nowhere, std::sync::Arc::new(ordermill_base::IdGenerator::new(1)));
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
}
