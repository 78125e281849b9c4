//! Scans by the ids that devices gave them, with their answers: what is sent again is not counted again.

use ordermill_base::{Id as _, Timestamp};
use ordermill_domain::ids::PickListId;

use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Tx, params};

/// What a scan with some key has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its key.
    pub key: String,
    /// The answer.
    pub answer: String,
    /// The digest of what was sent; none of scans from before digests were kept.
    pub request_hash: Option<Vec<u8>>,
}

/// The answers that scans with these keys have got, if they were taken.
pub fn answers(tx: &mut Tx<'_>, list: PickListId, keys: &[&str]) -> Result<Vec<Answered>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT scan_key, answer, request_hash FROM pick_scans
            WHERE pick_list_id = $1 AND scan_key = $2",
        postgres: "SELECT s.scan_key, s.answer, s.request_hash
            FROM unnest($1::bigint[], $2::text[]) AS n (list, scan_key)
            JOIN pick_scans s ON s.pick_list_id = n.list AND s.scan_key = n.scan_key",
    };
    let mut rows = Columns::new(&[Kind::Int, Kind::Text]);
    for key in keys {
        rows.push(params![list.raw(), *key]);
    }
    tx.query_each(&SQL, &rows, |row| {
        let (key, answer) = (row.text()?, row.text()?);
        Ok(Answered { key, answer, request_hash: row.opt_bytes()? })
    })
}

static KEEP: Insert = insert!("pick_scans" {
    pick_list_id: Int, scan_key: Text, answer: Text, at: Int, request_hash: Blob,
});

/// Keeps the answers of scans, for when they are sent again.
pub fn keep_answers(
    tx: &mut Tx<'_>,
    list: PickListId,
    answers: &[Answered],
    now: Timestamp,
) -> Result<(), Error> {
    let mut rows = tx.appender(&KEEP)?;
    for Answered { key, answer, request_hash } in answers {
        let hash = request_hash.as_deref();
        rows.push(params![list.raw(), key, answer, now, hash])?;
    }
    Ok(())
}

/// Forgets the answers of scans from before a moment, at most so many; gives how many.
pub fn prune_answers(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM pick_scans WHERE (pick_list_id, scan_key) IN (
            SELECT pick_list_id, scan_key FROM pick_scans WHERE at < $1 ORDER BY at LIMIT $2)",
        params![before, limit],
    )
}
