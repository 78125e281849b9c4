//! API keys, by digest.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::{Event, Facts};
use ordermill_domain::ids::ApiKeyId;

use crate::{Error, Row, Tx, journal, params};

/// Stores a new key under the SHA-256 of its text.
pub fn insert(tx: &mut Tx<'_>, key: &Facts, digest: &[u8; 32]) -> Result<(), Error> {
    let scopes = serde_json::to_string(&key.scopes).map_err(Error::defect)?;
    tx.execute(
        "INSERT INTO api_keys (id, digest, name, hint, scopes, channel_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            key.id.raw(),
            digest.as_slice(),
            &key.name,
            &key.hint,
            &scopes,
            key.channel.map(Id::raw),
            key.created_at,
        ],
    )?;
    Ok(())
}

/// Appends an event to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, key: ApiKeyId, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "api_key",
        aggregate_id: key.raw(),
        sequence: journal::next_sequence(tx, "api_key", key.raw())?,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

const SELECT: &str = "SELECT id, name, hint, scopes, channel_id, created_at, last_used_at,
    revoked_at FROM api_keys";

fn read(row: &mut Row<'_>) -> Result<Facts, Error> {
    Ok(Facts {
        id: row.id()?,
        name: row.text()?,
        hint: row.text()?,
        scopes: row.json()?,
        channel: row.opt_id()?,
        created_at: row.at()?,
        last_used_at: row.opt_at()?,
        revoked_at: row.opt_at()?,
    })
}

/// One key.
pub fn fetch(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<Facts>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE id = $1"), params![id.raw()], read)
}

/// The key of this digest, also if it is revoked.
pub fn find(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Option<Facts>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE digest = $1"), params![digest.as_slice()], read)
}

/// All keys, newest first: at most `limit` of those before `before`.
pub fn list(tx: &mut Tx<'_>, before: Option<ApiKeyId>, limit: i64) -> Result<Vec<Facts>, Error> {
    let sql = format!("{SELECT} WHERE id < $1 ORDER BY id DESC LIMIT $2");
    tx.query(&sql, params![before.map_or(i64::MAX, Id::raw), limit], read)
}

/// Makes a key worthless. Gives whether it was worth something.
pub fn revoke(tx: &mut Tx<'_>, id: ApiKeyId, at: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.execute(sql, params![id.raw(), at])? == 1)
}

/// Remembers that a key was used.
pub fn touch(tx: &mut Tx<'_>, id: ApiKeyId, at: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE api_keys SET last_used_at = $2
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    tx.execute(sql, params![id.raw(), at])?;
    Ok(())
}
