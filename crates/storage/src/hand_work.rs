//! What people with a scanner are gathering, and the answers that their scans got.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::hand_work::{HandWork, Kind};
use ordermill_domain::ids::StaffId;

use crate::{Error, Tx, params};

/// What a person is gathering, locked until the transaction ends where writers run side by side; nothing
/// scanned if there is no such work.
pub fn fetch_for_update(tx: &mut Tx<'_>, by: StaffId, kind: Kind) -> Result<HandWork, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT state FROM hand_work WHERE staff_id = $1 AND kind = $2 {lock}");
    let found = tx.query_opt(&sql, params![by.raw(), kind.code()], |row| row.json())?;
    Ok(found.unwrap_or_else(|| HandWork::new(kind)))
}

/// What a person is gathering.
pub fn fetch(tx: &mut Tx<'_>, by: StaffId, kind: Kind) -> Result<HandWork, Error> {
    let sql = "SELECT state FROM hand_work WHERE staff_id = $1 AND kind = $2";
    let found = tx.query_opt(sql, params![by.raw(), kind.code()], |row| row.json())?;
    Ok(found.unwrap_or_else(|| HandWork::new(kind)))
}

/// Keeps what a person is gathering.
pub fn put(tx: &mut Tx<'_>, by: StaffId, work: &HandWork, now: Timestamp) -> Result<(), Error> {
    let state = serde_json::to_string(work).map_err(Error::defect)?;
    tx.execute(
        "INSERT INTO hand_work (staff_id, kind, state, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (staff_id, kind) DO UPDATE
            SET state = excluded.state, updated_at = excluded.updated_at",
        params![by.raw(), work.kind.code(), &state, now],
    )?;
    Ok(())
}

/// What a scan with some key has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: String,
    /// The digest of what was sent; none of scans from before digests were kept.
    pub request_hash: Option<Vec<u8>>,
}

/// The answer that a scan with this key has got, if it was taken.
pub fn answer(tx: &mut Tx<'_>, by: StaffId, key: &str) -> Result<Option<Answered>, Error> {
    tx.query_opt(
        "SELECT answer, request_hash FROM hand_scans WHERE staff_id = $1 AND scan_key = $2",
        params![by.raw(), key],
        |row| Ok(Answered { answer: row.text()?, request_hash: row.opt_bytes()? }),
    )
}

/// Keeps the answer of a scan, for when it is sent again: the key with the digest of what was sent.
pub fn keep_answer(
    tx: &mut Tx<'_>,
    by: StaffId,
    (key, request_hash): (&str, &[u8]),
    answer: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hand_scans (staff_id, scan_key, answer, at, request_hash)
         VALUES ($1, $2, $3, $4, $5)",
        params![by.raw(), key, answer, now, request_hash],
    )?;
    Ok(())
}

/// Forgets the answers of scans from before a moment, at most so many; gives how many.
pub fn prune_answers(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM hand_scans WHERE (staff_id, scan_key) IN (
            SELECT staff_id, scan_key FROM hand_scans WHERE at < $1 ORDER BY at LIMIT $2)",
        params![before, limit],
    )
}
