//! Bulk work: what is to be done with the orders of a view, how far it is, and what became of each.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::bulk::{Action, Event, Refusal, State, StopCause, Work};
use ordermill_domain::ids::{BulkId, OrderId, StaffId};

use crate::order::Filter;
use crate::record::one_row;
use crate::{Error, Row, Tx, journal, params};

/// Bulk work, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    /// Its key.
    pub id: BulkId,
    /// What is done with each order.
    pub work: Work,
    /// Why, in the words of whoever started it.
    pub reason: String,
    /// Which orders.
    pub filter: Filter,
    /// Who started it, and in whose name it is done.
    pub staff: StaffId,
    /// Where it stands.
    pub state: State,
    /// Why it was stopped, if it was.
    pub stop_cause: Option<StopCause>,
    /// Orders before this one are still to be looked at.
    pub walked_to: OrderId,
    /// Orders that took the step.
    pub done: i64,
    /// Orders that stayed as they were.
    pub refused: i64,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The right of a node to handle orders of bulk work, until another node gets a newer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Of which work.
    pub bulk: BulkId,
    /// The token of its lease.
    pub token: i64,
}

const COLUMNS: &str = "id, action, cancel_reason, reason, filter, staff_id, state, stop_cause,
    walked_to, done, refused, started_at, ended_at";

fn read(row: &mut Row<'_>) -> Result<Bulk, Error> {
    Ok(Bulk {
        id: row.id()?,
        work: match (row.parsed()?, row.opt_parsed()?) {
            (Action::Approve, None) => Work::Approve,
            (Action::Cancel, Some(reason)) => Work::Cancel(reason),
            (action, _) => return Err(unreadable("Work", action.code())),
        },
        reason: row.text()?,
        filter: {
            let json = row.text()?;
            serde_json::from_str(&json).map_err(|_| unreadable("Filter", &json))?
        },
        staff: row.id()?,
        state: row.parsed()?,
        stop_cause: row.opt_parsed()?,
        walked_to: row.id()?,
        done: row.int()?,
        refused: row.int()?,
        started_at: row.at()?,
        ended_at: row.opt_at()?,
    })
}

fn unreadable(what: &'static str, text: &str) -> Error {
    Error::Unreadable { what, text: text.to_owned() }
}

/// Stores work that begins, and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, bulk: &Bulk) -> Result<(), Error> {
    let filter = serde_json::to_string(&bulk.filter).map_err(Error::defect)?;
    tx.execute(
        "INSERT INTO bulks
            (id, action, cancel_reason, reason, filter, staff_id, state, walked_to, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            bulk.id.raw(),
            bulk.work.action().code(),
            bulk.work.cancel_reason().map(|reason| reason.code()),
            &bulk.reason,
            &filter,
            bulk.staff.raw(),
            bulk.state.code(),
            bulk.walked_to.raw(),
            bulk.started_at,
        ],
    )?;
    record(tx, act, bulk.id, &Event::Started { action: bulk.work.action() })
}

/// Ends work that runs, with what it has come to, and journals it.
pub fn end(tx: &mut Tx<'_>, act: &Act, bulk: &Bulk, cause: Option<StopCause>) -> Result<(), Error> {
    let state = if cause.is_some() { State::Stopped } else { State::Done };
    let changed = tx.execute(
        "UPDATE bulks SET state = $2, stop_cause = $3, ended_at = $4
          WHERE id = $1 AND state = 'running'",
        params![bulk.id.raw(), state.code(), cause.map(|cause| cause.code()), act.at],
    )?;
    one_row(changed, "bulk work")?;
    let (done, refused) = (bulk.done, bulk.refused);
    let event = match cause {
        Some(cause) => Event::Stopped { cause, done, refused },
        None => Event::Finished { done, refused },
    };
    record(tx, act, bulk.id, &event)
}

fn record(tx: &mut Tx<'_>, act: &Act, id: BulkId, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let sequence = journal::next_sequence(tx, "bulk", id.raw())?;
    let entry = journal::NewEntry {
        aggregate: "bulk",
        aggregate_id: id.raw(),
        sequence,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// The work of this id.
pub fn fetch(tx: &mut Tx<'_>, id: BulkId) -> Result<Option<Bulk>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM bulks WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// As [`fetch`], locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: BulkId) -> Result<Option<Bulk>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM bulks WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Work before `before` (or at all), the newest first, at most `limit`.
pub fn newest(tx: &mut Tx<'_>, before: Option<BulkId>, limit: i64) -> Result<Vec<Bulk>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM bulks WHERE id < $1 ORDER BY id DESC LIMIT $2");
    tx.query(&sql, params![before.map_or(i64::MAX, Id::raw), limit], read)
}

/// Work that runs, the oldest first, at most `limit`.
pub fn running(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Bulk>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM bulks WHERE state = 'running' ORDER BY id LIMIT $1");
    tx.query(&sql, params![limit], read)
}

/// Gives all work that runs to whoever has this token; nodes with an older one are fenced off.
pub fn take_turns(tx: &mut Tx<'_>, token: i64) -> Result<(), Error> {
    tx.change("UPDATE bulks SET token = $1 WHERE state = 'running' AND token < $1", params![token])
}

/// Whether an order was handled already.
pub fn was_handled(tx: &mut Tx<'_>, id: BulkId, order: OrderId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM bulk_orders WHERE bulk_id = $1 AND order_id = $2";
    Ok(tx.query_opt(sql, params![id.raw(), order.raw()], |row| row.int())?.is_some())
}

/// Notes what became of an order, in the transaction in which it became so. Gives `false`, and has
/// changed nothing, if the work has ended, is another node's turn, or the order was handled before:
/// then whatever was done with the order must not stay.
pub fn note_handled(
    tx: &mut Tx<'_>,
    turn: Turn,
    order: OrderId,
    refusal: Option<Refusal>,
) -> Result<bool, Error> {
    let (id, order, token) = (turn.bulk.raw(), order.raw(), turn.token);
    let inserted = tx.execute(
        "INSERT INTO bulk_orders (bulk_id, order_id, refusal)
         SELECT id, CAST($2 AS BIGINT), CAST($3 AS TEXT) FROM bulks
          WHERE id = $1 AND token = $4 AND state = 'running'
         ON CONFLICT DO NOTHING",
        params![id, order, refusal.map(|refusal| refusal.code()), token],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    let (done, refused) = (i64::from(refusal.is_none()), i64::from(refusal.is_some()));
    let changed = tx.execute(
        "UPDATE bulks SET done = done + $3, refused = refused + $4
          WHERE id = $1 AND token = $2 AND state = 'running'",
        params![id, token, done, refused],
    )?;
    // Stopped in between by a writer beside this one.
    one_row(changed, "bulk work")?;
    Ok(true)
}

/// Moves work on to `to`: every order from there on was looked at. Gives `false` if it has ended or is
/// another node's turn.
pub fn walk(tx: &mut Tx<'_>, turn: Turn, to: OrderId) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE bulks SET walked_to = $3 WHERE id = $1 AND token = $2 AND state = 'running'",
        params![turn.bulk.raw(), turn.token, to.raw()],
    )?;
    Ok(changed == 1)
}

/// Orders that stayed as they were, and why, behind `after`, at most `limit`.
pub fn refusals(
    tx: &mut Tx<'_>,
    id: BulkId,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<(OrderId, Refusal)>, Error> {
    tx.query(
        "SELECT order_id, refusal FROM bulk_orders
          WHERE bulk_id = $1 AND order_id > $2 AND refusal IS NOT NULL
          ORDER BY order_id LIMIT $3",
        params![id.raw(), after.map_or(0, Id::raw), limit],
        |row| Ok((row.id()?, row.parsed()?)),
    )
}
