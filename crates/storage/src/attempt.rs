//! How often someone tried to get in, so that guessing becomes slow.

use ordermill_base::Timestamp;

use crate::{Error, Tx, params};

/// What is known of the tries of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// How many without a success between.
    pub count: i64,
    /// The last one.
    pub last_at: Timestamp,
    /// The next one is heard from this moment on.
    pub next_at: Timestamp,
}

/// The tries of a subject (a keyed digest of a login or a network address), locked until the
/// transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, subject: i64) -> Result<Option<Attempts>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT count, last_at, next_at FROM attempts WHERE subject = $1 {lock}");
    tx.query_opt(&sql, params![subject], |row| {
        Ok(Attempts { count: row.int()?, last_at: row.at()?, next_at: row.at()? })
    })
}

/// Stores the tries of a subject.
pub fn save(tx: &mut Tx<'_>, subject: i64, attempts: Attempts) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO attempts (subject, count, last_at, next_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (subject) DO UPDATE
            SET count = excluded.count, last_at = excluded.last_at, next_at = excluded.next_at",
        params![subject, attempts.count, attempts.last_at, attempts.next_at],
    )?;
    Ok(())
}

/// Forgets the tries of a subject, because one succeeded.
pub fn delete(tx: &mut Tx<'_>, subject: i64) -> Result<(), Error> {
    tx.change("DELETE FROM attempts WHERE subject = $1", params![subject])
}

/// Forgets tries before a moment, at most `limit`; gives how many.
///
/// The age is asked for twice: where writers run side by side, the row may have grown young again
/// between being chosen and being locked.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM attempts WHERE subject IN (
            SELECT subject FROM attempts WHERE last_at < $1 ORDER BY last_at LIMIT $2)
            AND last_at < $1",
        params![before, limit],
    )
}
