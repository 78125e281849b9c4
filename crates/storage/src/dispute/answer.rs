//! Answers to disputes on their way to the gateway.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::dispute::Dispute;
use ordermill_domain::ids::DisputeId;

use super::{COLUMNS, read};
use crate::{Error, Tx, params};

/// Keeps what is to be submitted, as ciphertext (none: nothing is), and has the gateway told at `ask_at`.
pub fn keep_evidence(
    tx: &mut Tx<'_>,
    id: DisputeId,
    sealed: Option<&[u8]>,
    ask_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE disputes SET evidence = $2, ask_at = $3, asked = 0, failure = NULL WHERE id = $1",
        params![id.raw(), sealed, ask_at],
    )?;
    Ok(())
}

/// What was or is to be submitted, as ciphertext.
pub fn evidence(tx: &mut Tx<'_>, id: DisputeId) -> Result<Option<Vec<u8>>, Error> {
    let sql = "SELECT evidence FROM disputes WHERE id = $1";
    Ok(tx.query_opt(sql, params![id.raw()], |row| row.opt_bytes())?.flatten())
}

/// Keeps why the gateway did not take an answer, in its words, for staff.
pub fn set_failure(tx: &mut Tx<'_>, id: DisputeId, failure: &str) -> Result<(), Error> {
    tx.execute("UPDATE disputes SET failure = $2 WHERE id = $1", params![id.raw(), failure])?;
    Ok(())
}

/// Why the gateway did not take the last answer, in its words, for staff.
pub fn failure(tx: &mut Tx<'_>, id: DisputeId) -> Result<Option<String>, Error> {
    let sql = "SELECT failure FROM disputes WHERE id = $1";
    Ok(tx.query_opt(sql, params![id.raw()], |row| row.opt_text())?.flatten())
}

/// A dispute whose answer is to be told or asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToAsk {
    /// The dispute.
    pub dispute: Dispute,
    /// How often it was claimed, this time included.
    pub asked: i64,
}

/// Disputes whose answer is to be told or asked about now, oldest first, at most `limit`; each is put off
/// to `again_at`, so that no two nodes work on the same one at once.
pub fn claim_to_ask(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<ToAsk>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE disputes SET ask_at = $2, asked = asked + 1 WHERE id IN (
            SELECT id FROM disputes WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}, asked"
    );
    tx.query_write(&sql, params![now, again_at, limit], |row| {
        Ok(ToAsk { dispute: read(row)?, asked: row.int()? })
    })
}

/// Sets when an answer that is still on its way is told or asked about next. Gives whether it is.
pub fn put_off(tx: &mut Tx<'_>, id: DisputeId, ask_at: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE disputes SET ask_at = $2 WHERE id = $1 AND ask_at IS NOT NULL",
        params![id.raw(), ask_at],
    )?;
    Ok(changed > 0)
}
