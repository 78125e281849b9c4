//! The journal in tests.

use std::time::{Duration, Instant};

use ordermill_base::Id;
use ordermill_storage::{Connection, journal};

/// Waits until readers may trust everything that is in the journal. On PostgreSQL they stay behind
/// the oldest open transaction of the whole server, and other tests have their own there.
///
/// # Panics
/// If that takes half a minute.
pub fn settle(connection: &mut Connection) {
    let newest = "SELECT position FROM journal ORDER BY xid DESC, position DESC LIMIT 1";
    let newest = connection.read(|tx| tx.query_opt(newest, &[], |row| row.int()));
    let newest = newest.expect("the journal is read").unwrap_or(0);
    let patience = Instant::now() + Duration::from_secs(30);
    while connection.read(journal::end).expect("the journal is read").position.raw() != newest {
        assert!(Instant::now() < patience, "some transaction stays open on the server");
        std::thread::sleep(Duration::from_millis(5));
    }
}
