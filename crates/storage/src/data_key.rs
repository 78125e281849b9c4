//! Data keys, wrapped by the key of the installation.

use ordermill_base::Timestamp;

use crate::{Error, Tx, params};

/// A wrapped key. It tells nothing without the root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its number, written in front of what it sealed.
    pub id: i64,
    /// What it is for.
    pub purpose: String,
    /// The key as ciphertext; empty once destroyed.
    pub wrapped: Vec<u8>,
    /// `active`, `retired` or `destroyed`.
    pub state: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// All keys, oldest first, locked until the transaction ends where writers run side by side.
pub fn all_for_update(tx: &mut Tx<'_>) -> Result<Vec<StoredKey>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    all_with(tx, lock)
}

/// All keys, oldest first.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<StoredKey>, Error> {
    all_with(tx, "")
}

fn all_with(tx: &mut Tx<'_>, lock: &str) -> Result<Vec<StoredKey>, Error> {
    let sql =
        format!("SELECT id, purpose, wrapped, state, created_at FROM data_keys ORDER BY id {lock}");
    tx.query(&sql, &[], |row| {
        Ok(StoredKey {
            id: row.int()?,
            purpose: row.text()?,
            wrapped: row.bytes()?,
            state: row.text()?,
            created_at: row.at()?,
        })
    })
}

/// Stores the first keys. If another node was faster, that is a unique violation.
pub fn insert(tx: &mut Tx<'_>, keys: &[StoredKey]) -> Result<(), Error> {
    keys.iter().try_for_each(|key| {
        tx.execute(
            "INSERT INTO data_keys (id, purpose, wrapped, state, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            params![key.id, &key.purpose, &key.wrapped, &key.state, key.created_at],
        )
        .map(drop)
    })
}

/// Stores all keys as they are now: changed ones over what was, new ones beside.
pub fn save(tx: &mut Tx<'_>, keys: &[StoredKey]) -> Result<(), Error> {
    keys.iter().try_for_each(|key| {
        tx.execute(
            "INSERT INTO data_keys (id, purpose, wrapped, state, created_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET wrapped = excluded.wrapped, state = excluded.state",
            params![key.id, &key.purpose, &key.wrapped, &key.state, key.created_at],
        )
        .map(drop)
    })
}
