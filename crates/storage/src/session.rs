//! Who is signed in.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{CustomerId, StaffId};

use crate::{Error, Row, Tx, params};

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A member of staff.
    Staff(StaffId),
    /// A buyer.
    Customer(CustomerId),
}

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token.
    pub digest: [u8; 32],
    /// Whose.
    pub holder: Holder,
    /// The browser, as it calls itself, cut short.
    pub user_agent: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When they were here last, some minutes coarse.
    pub seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// Stores a new session.
pub fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), Error> {
    let (staff, customer) = match session.holder {
        Holder::Staff(id) => (Some(id.raw()), None),
        Holder::Customer(id) => (None, Some(id.raw())),
    };
    tx.execute(
        "INSERT INTO sessions
            (digest, staff_id, customer_id, user_agent, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            session.digest.as_slice(),
            staff,
            customer,
            &session.user_agent,
            session.created_at,
            session.seen_at,
            session.expires_at,
        ],
    )?;
    Ok(())
}

const SELECT: &str = "SELECT digest, staff_id, customer_id, user_agent, created_at, seen_at,
    expires_at FROM sessions";

fn read(row: &mut Row<'_>) -> Result<Session, Error> {
    let digest = row.bytes()?;
    let unreadable = |what| Error::Unreadable { what, text: "bytes".to_owned() };
    let digest = digest.try_into().map_err(|_| unreadable("digest of a session"))?;
    let holder = match (row.opt_id()?, row.opt_id()?) {
        (Some(staff), None) => Holder::Staff(staff),
        (None, Some(customer)) => Holder::Customer(customer),
        _ => return Err(unreadable("holder of a session")),
    };
    Ok(Session {
        digest,
        holder,
        user_agent: row.text()?,
        created_at: row.at()?,
        seen_at: row.at()?,
        expires_at: row.at()?,
    })
}

/// The session of a token's digest, also if it has ended.
pub fn fetch(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Option<Session>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE digest = $1"), params![digest.as_slice()], read)
}

/// The sessions of someone, newest first, at most `limit`.
pub fn of(tx: &mut Tx<'_>, holder: Holder, limit: i64) -> Result<Vec<Session>, Error> {
    let (column, id) = column_of(holder);
    let sql = format!("{SELECT} WHERE {column} = $1 ORDER BY created_at DESC LIMIT $2");
    tx.query(&sql, params![id, limit], read)
}

/// Remembers that someone was here.
pub fn touch(tx: &mut Tx<'_>, digest: &[u8; 32], at: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE sessions SET seen_at = $2 WHERE digest = $1 AND seen_at < $2";
    tx.execute(sql, params![digest.as_slice(), at])?;
    Ok(())
}

/// Ends one session. Gives whether there was one.
pub fn delete(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM sessions WHERE digest = $1", params![digest.as_slice()])? == 1)
}

/// Ends all sessions of someone but the one to `keep`; gives how many.
pub fn delete_of(tx: &mut Tx<'_>, holder: Holder, keep: Option<&[u8; 32]>) -> Result<u64, Error> {
    let (column, id) = column_of(holder);
    let keep = keep.map_or(&[][..], |digest| digest);
    let sql = format!("DELETE FROM sessions WHERE {column} = $1 AND digest <> $2");
    tx.execute(&sql, params![id, keep])
}

/// Forgets sessions that ended before a moment, at most `limit`; gives how many.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM sessions WHERE digest IN (
            SELECT digest FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        params![before, limit],
    )
}

fn column_of(holder: Holder) -> (&'static str, i64) {
    match holder {
        Holder::Staff(id) => ("staff_id", id.raw()),
        Holder::Customer(id) => ("customer_id", id.raw()),
    }
}
