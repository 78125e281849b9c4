//! Codes sent to buyers who sign in.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::LoginCodeId;

use crate::{Error, Tx, params};

/// A code as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginCode {
    /// Its id.
    pub id: LoginCodeId,
    /// The keyed digest of the code.
    pub code: Vec<u8>,
    /// How often someone tried.
    pub attempts: i64,
    /// When it was sent.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Stores a code that goes to the phone or address of this blind index.
pub fn insert(tx: &mut Tx<'_>, blind: i64, code: &LoginCode) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO login_codes (id, blind, code, attempts, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![code.id.raw(), blind, &code.code, code.attempts, code.created_at, code.expires_at,],
    )?;
    Ok(())
}

/// The codes sent there, newest first, at most `limit`; also those that are used up.
pub fn of(tx: &mut Tx<'_>, blind: i64, limit: i64) -> Result<Vec<LoginCode>, Error> {
    tx.query(
        "SELECT id, code, attempts, created_at, expires_at FROM login_codes
          WHERE blind = $1 ORDER BY id DESC LIMIT $2",
        params![blind, limit],
        |row| {
            Ok(LoginCode {
                id: row.id()?,
                code: row.bytes()?,
                attempts: row.int()?,
                created_at: row.at()?,
                expires_at: row.at()?,
            })
        },
    )
}

/// Counts a try before it is looked at. Gives whether there was one left and the time was not over.
pub fn count_attempt(
    tx: &mut Tx<'_>,
    id: LoginCodeId,
    attempts_max: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE login_codes SET attempts = attempts + 1
        WHERE id = $1 AND attempts < $2 AND expires_at > $3";
    Ok(tx.execute(sql, params![id.raw(), attempts_max, now])? == 1)
}

/// Ends a code at this moment: it was used, or another was sent.
pub fn end(tx: &mut Tx<'_>, id: LoginCodeId, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE login_codes SET expires_at = $2 WHERE id = $1 AND expires_at > $2";
    tx.execute(sql, params![id.raw(), now])?;
    Ok(())
}

/// Forgets codes sent before a moment, at most `limit`; gives how many.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM login_codes WHERE id IN (
            SELECT id FROM login_codes WHERE id < $1 ORDER BY id LIMIT $2)",
        params![ordermill_base::id::first_at(before), limit],
    )
}
