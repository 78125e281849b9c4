//! Leases: what only one node does at a time, and how a node that slept through its time is told.

use ordermill_base::{Span, Timestamp};

use crate::asked::Asked;
use crate::{Error, Tx, params};

/// A lease that runs out so much later than a fresh one would was taken before the clock was set
/// back. Nobody waits for it.
const CLOCK_DIFFERENCE: Span = Span::minutes(10);

/// Takes or renews the lease `name`. Gives the fencing token while `holder` has it, `None` while
/// another holds it. The token grows when the lease changes hands.
pub fn acquire(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: Timestamp,
    hold: Span,
) -> Result<Option<i64>, Error> {
    ask(tx, name, holder, now, hold)?.only(tx)
}

/// As [`acquire`], without waiting for the answer. What is asked behind it is read with the lease, if it is held.
pub fn ask(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: Timestamp,
    hold: Span,
) -> Result<Asked<i64>, Error> {
    let sql = "INSERT INTO leases (name, holder, token, expires_at) VALUES ($1, $2, 1, $4)
        ON CONFLICT (name) DO UPDATE
           SET token = CASE WHEN leases.holder = excluded.holder THEN leases.token
                            ELSE leases.token + 1 END,
               holder = excluded.holder, expires_at = excluded.expires_at
         WHERE leases.holder = excluded.holder OR leases.expires_at <= $3 OR leases.expires_at > $5
     RETURNING token";
    let (until, too_late) = (now + hold, now + hold + CLOCK_DIFFERENCE);
    tx.ask_write(sql, params![name, holder, now, until, too_late], |row| row.int())
}

/// Gives a lease back early, so that another node need not wait for it to run out.
pub fn release(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), Error> {
    tx.change(
        "UPDATE leases SET expires_at = 0 WHERE name = $1 AND holder = $2",
        params![name, holder],
    )
}
