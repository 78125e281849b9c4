//! Idempotency keys: what a client's key has already caused.
//!
//! The answer itself is not stored: the first answer to a creating call consists of facts that never
//! change (id, number, amounts, moment), so it is made again from the thing that the key points to.

use ordermill_base::{Id, Timestamp};

use crate::columns::Kind;
use crate::columns::insert;
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Tx, params};

/// Who uses which key, and for what.
#[derive(Debug, Clone, Copy)]
pub struct KeyUse<'a> {
    /// Whose key: an API key's or a customer's id as text; keys of different principals never meet.
    pub principal: &'a str,
    /// The key as the client sent it.
    pub key: &'a str,
    /// A digest of the request, so that the same key with another body is refused.
    pub request_hash: &'a [u8],
}

/// What a key has caused before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Whose key.
    pub principal: String,
    /// The key.
    pub key: String,
    /// The digest of the first request.
    pub request_hash: Vec<u8>,
    /// What the first request made, as a raw id.
    pub subject_id: i64,
}

static INSERT: Insert = insert!("idempotency_keys" {
    principal: Text, key: Text, request_hash: Blob, subject_id: Int, created_at: Int,
});

/// Remembers a key. If another node was faster, the batch fails as a unique violation and runs again.
pub fn remember(
    tx: &mut Tx<'_>,
    key: KeyUse<'_>,
    subject: impl Id,
    now: Timestamp,
) -> Result<(), Error> {
    remember_each(tx, [(key, subject, now)])
}

/// As [`remember`] for many: (key, subject, now).
pub fn remember_each<'k, T: Id>(
    tx: &mut Tx<'_>,
    keys: impl IntoIterator<Item = (KeyUse<'k>, T, Timestamp)>,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT)?;
    keys.into_iter().try_for_each(|(key, subject, now)| {
        rows.push(params![key.principal, key.key, key.request_hash, subject.raw(), now])
    })
}

/// Which of these keys were used before.
pub fn find(tx: &mut Tx<'_>, keys: &[KeyUse<'_>]) -> Result<Vec<Used>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT principal, key, request_hash, subject_id FROM idempotency_keys
            WHERE principal = $1 AND key = $2",
        postgres: "SELECT principal, key, request_hash, subject_id FROM idempotency_keys
            JOIN unnest($1::text[], $2::text[]) AS asked (principal, key) USING (principal, key)",
    };
    let mut columns = Columns::new(&[Kind::Text, Kind::Text]);
    keys.iter().for_each(|key| columns.push(params![key.principal, key.key]));
    tx.query_each(&SQL, &columns, |row| {
        Ok(Used {
            principal: row.text()?,
            key: row.text()?,
            request_hash: row.bytes()?,
            subject_id: row.int()?,
        })
    })
}

/// Forgets keys that were used before a moment, at most `limit`; gives how many.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE (principal, key) IN (
            SELECT principal, key FROM idempotency_keys WHERE created_at < $1
             ORDER BY created_at LIMIT $2)",
        params![before, limit],
    )
}
