//! Messages to buyers, on their way: one row for each (order, cause, subject).

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{MessageId, OrderId};
use ordermill_domain::message::{Cause, State};

use crate::columns::insert;
use crate::{Error, Insert, Row, Tx, params};

/// A message, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its key, also the identity by which a carrier recognizes a repeat.
    pub id: MessageId,
    /// Whose buyer is told.
    pub order: OrderId,
    /// What.
    pub cause: Cause,
    /// Which one of its causes, as a raw id; 0 where there is only one.
    pub subject: i64,
    /// Where it stands.
    pub state: State,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// When it is tried next, if it is not over.
    pub next_at: Option<Timestamp>,
    /// Why it was not sent last time. Never personal data.
    pub last_error: Option<String>,
    /// When its cause was read in the journal.
    pub created_at: Timestamp,
    /// When it was over.
    pub closed_at: Option<Timestamp>,
}

static INSERT: Insert = insert!("messages" {
    id: Int, order_id: Int, cause: Text, subject: Int, state: Text, next_at: Int, created_at: Int,
} "ON CONFLICT (order_id, cause, subject) DO NOTHING");

/// Stores a message that is to be sent now, unless its buyer is told of this already.
pub fn insert_once(
    tx: &mut Tx<'_>,
    order: OrderId,
    cause: Cause,
    subject: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let id: MessageId = tx.next_id(now);
    let state = State::Waiting.code();
    tx.append(&INSERT, params![id.raw(), order.raw(), cause.code(), subject, state, now, now])
}

pub(crate) const COLUMNS: &str =
    "id, order_id, cause, subject, state, attempts, next_at, last_error, created_at, closed_at";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Message, Error> {
    Ok(Message {
        id: row.id()?,
        order: row.id()?,
        cause: row.parsed()?,
        subject: row.int()?,
        state: row.parsed()?,
        attempts: row.int()?,
        next_at: row.opt_at()?,
        last_error: row.opt_text()?,
        created_at: row.at()?,
        closed_at: row.opt_at()?,
    })
}

/// Claims messages that are due, oldest first, at most `limit`; each is due again at `again_at`, in
/// case the node that has claimed it does not come back.
pub fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE messages SET next_at = $2, attempts = attempts + 1 WHERE id IN (
            SELECT id FROM messages WHERE next_at <= $1 ORDER BY next_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Ends a message that was waiting.
pub fn close(
    tx: &mut Tx<'_>,
    id: MessageId,
    state: State,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.change(
        "UPDATE messages SET state = $2, last_error = $3, closed_at = $4, next_at = NULL
          WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), state.code(), error, now],
    )
}

/// Puts a message off that could not be sent this time.
pub fn put_off(
    tx: &mut Tx<'_>,
    id: MessageId,
    next_at: Timestamp,
    error: &str,
) -> Result<(), Error> {
    tx.change(
        "UPDATE messages SET next_at = $2, last_error = $3 WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), next_at, error],
    )
}

/// Lets a message that could not be sent be tried again from the start. Gives whether there was one.
pub fn replay(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<bool, Error> {
    let replayed = tx.execute(
        "UPDATE messages SET state = 'waiting', attempts = 0, next_at = $2, closed_at = NULL
          WHERE id = $1 AND state = 'dead'",
        params![id.raw(), now],
    )?;
    Ok(replayed > 0)
}

/// All messages about an order, oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Message>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE order_id = $1 ORDER BY id LIMIT 200");
    tx.query(&sql, params![order.raw()], read)
}
