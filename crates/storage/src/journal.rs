//! The journal: what happened, appended in the transaction of the change, read by everything that
//! reacts.
//!
//! Readers trust the order (xid, position). On PostgreSQL xid is the number of the transaction that
//! wrote the entry, and a reader never goes past the oldest transaction still open: an entry with a
//! smaller pair can then no longer appear. On SQLite there is one writer, xid is 0, and positions
//! alone grow in the order of the commits.

use ordermill_base::{Id, IdGenerator, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::EventId;

use crate::asked::Asked;
use crate::columns::insert;
use crate::tx::Appender;
use crate::{Error, Insert, Row, Tx, params, value};

/// One entry, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in the order of the readers.
    pub cursor: Cursor,
    /// The kind of thing that changed: `order`, `payment`, …
    pub aggregate: String,
    /// Which one, as a raw id.
    pub aggregate_id: i64,
    /// 1 for the first change of the thing, without gaps.
    pub sequence: i64,
    /// What happened: `order.placed`, …
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// The request that it came with.
    pub request_id: Option<String>,
    /// The event as JSON, without personal data.
    pub body: String,
}

/// How far a reader has come: everything up to and including this entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The writing transaction on PostgreSQL, 0 on SQLite.
    pub xid: i64,
    /// The entry's position: its id.
    pub position: EventId,
}

impl Cursor {
    /// Before the first entry.
    pub fn start() -> Self {
        Self { xid: -1, position: EventId::from_raw(0) }
    }
}

/// As clients keep it and hand it in again, unchanged.
impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.xid, self.position)
    }
}

/// What was read is not the cursor of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the position of an entry of the journal")]
pub struct NoCursor;

impl std::str::FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (xid, position) = text.split_once('.').ok_or(NoCursor)?;
        let position: EventId = position.parse().map_err(|_| NoCursor)?;
        let xid: i64 = xid.parse().map_err(|_| NoCursor)?;
        // An empty journal ends where it starts.
        if xid < Self::start().xid || position.raw() < 0 {
            Err(NoCursor)
        } else {
            Ok(Self { xid, position })
        }
    }
}

/// What is to be appended.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    /// The kind of thing that changes.
    pub aggregate: &'a str,
    /// Which one.
    pub aggregate_id: i64,
    /// Its version after the change.
    pub sequence: i64,
    /// What happened.
    pub kind: &'a str,
    /// The event as JSON, without personal data.
    pub body: &'a str,
}

static INSERT: Insert = insert!("journal" {
    position: Int, aggregate: Text, aggregate_id: Int, sequence: Int, kind: Text, at: Int,
    actor: Text, reason: Text, request_id: Text, body: Text,
});

/// Appends one entry. A sequence that is taken already fails as a unique violation: two changes of
/// one thing ran at once.
pub fn append(tx: &mut Tx<'_>, act: &Act, entry: NewEntry<'_>) -> Result<EventId, Error> {
    appender(tx)?.push(act, entry)
}

/// For many entries.
pub(crate) fn appender<'t>(tx: &'t mut Tx<'_>) -> Result<Entries<'t>, Error> {
    Ok(Entries { ids: tx.ids(), rows: tx.appender(&INSERT)? })
}

/// Appends entries as [`append`] does.
pub(crate) struct Entries<'t> {
    ids: &'t IdGenerator,
    rows: Appender<'t>,
}

impl Entries<'_> {
    pub(crate) fn push(&mut self, act: &Act, entry: NewEntry<'_>) -> Result<EventId, Error> {
        let position: EventId = self.ids.next(act.at);
        self.rows.push(params![
            position.raw(),
            entry.aggregate,
            entry.aggregate_id,
            entry.sequence,
            entry.kind,
            act.at,
            &act.actor.to_string(),
            act.reason.as_deref(),
            act.request_id.as_deref(),
            entry.body,
        ])?;
        Ok(position)
    }
}

pub(crate) const SELECT: &str =
    "SELECT xid, position, aggregate, aggregate_id, sequence, kind, at, actor,
    reason, request_id, body FROM journal";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Entry, Error> {
    Ok(Entry {
        cursor: Cursor { xid: row.int()?, position: row.id()? },
        aggregate: row.text()?,
        aggregate_id: row.int()?,
        sequence: row.int()?,
        kind: row.text()?,
        at: row.at()?,
        actor: row.parsed()?,
        reason: row.opt_text()?,
        request_id: row.opt_text()?,
        body: row.text()?,
    })
}

/// The next entries behind `cursor`, at most `limit`, in the readers' order.
pub fn after(tx: &mut Tx<'_>, cursor: Cursor, limit: i64) -> Result<Vec<Entry>, Error> {
    if tx.is_postgres() {
        let sql = format!(
            "{SELECT} WHERE (xid, position) > ($1, $2)
             AND xid < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)
             ORDER BY xid, position LIMIT $3"
        );
        tx.query(&sql, params![cursor.xid, cursor.position.raw(), limit], read)
    } else {
        let sql = format!("{SELECT} WHERE position > $1 ORDER BY position LIMIT $2");
        tx.query(&sql, params![cursor.position.raw(), limit], read)
    }
}

/// The next entries behind `cursor` about these kinds of things, at most `limit`, in the readers'
/// order; for readers that few entries concern, which move on to [`end`] when none are left.
pub fn after_of(
    tx: &mut Tx<'_>,
    aggregates: &[&str],
    cursor: Cursor,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    after_where(tx, ("aggregate", aggregates), cursor, limit)
}

/// As [`after_of`], for what happened instead of what it happened to: `order.placed`, …
pub fn after_kinds(
    tx: &mut Tx<'_>,
    kinds: &[&str],
    cursor: Cursor,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    after_where(tx, ("kind", kinds), cursor, limit)
}

/// The entries about these kinds of things behind `cursor` and from `since` on that this snapshot sees,
/// at most `limit`: also those that readers must not trust yet, because on PostgreSQL an earlier one may
/// still be missing. For whoever has just written something and wants to see it at once.
pub fn seen_after(
    tx: &mut Tx<'_>,
    aggregates: &[&str],
    cursor: Cursor,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let names = serde_json::to_string(aggregates).map_err(|error| Error::Engine(error.into()))?;
    let among = if tx.is_postgres() {
        "(SELECT jsonb_array_elements_text(CAST(CAST($2 AS TEXT) AS jsonb)))"
    } else {
        "(SELECT value FROM json_each($2))"
    };
    let sql = format!(
        "{SELECT} WHERE position >= $1 AND aggregate IN {among} AND (xid, position) > ($3, $4)
          ORDER BY position LIMIT $5"
    );
    let first = ordermill_base::id::first_at(since);
    tx.query(&sql, params![first, &names, cursor.xid, cursor.position.raw(), limit], read)
}

fn after_where(
    tx: &mut Tx<'_>,
    (column, values): (&'static str, &[&str]),
    cursor: Cursor,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let values = serde_json::to_string(values).map_err(Error::defect)?;
    if tx.is_postgres() {
        let sql = format!(
            "{SELECT} WHERE (xid, position) > ($1, $2)
             AND xid < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)
             AND {column} IN (SELECT jsonb_array_elements_text(CAST(CAST($3 AS TEXT) AS jsonb)))
             ORDER BY xid, position LIMIT $4"
        );
        tx.query(&sql, params![cursor.xid, cursor.position.raw(), &values, limit], read)
    } else {
        let sql = format!(
            "{SELECT} WHERE position > $1 AND {column} IN (SELECT value FROM json_each($2))
             ORDER BY position LIMIT $3"
        );
        tx.query(&sql, params![cursor.position.raw(), &values, limit], read)
    }
}

/// The history of one thing from its `first` sequence on, oldest first, at most `limit`.
pub fn of(
    tx: &mut Tx<'_>,
    aggregate: &str,
    id: impl Id,
    first: i64,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    ask_of(tx, aggregate, id, first, limit)?.answer(tx)
}

/// As [`of`], without waiting for the answer.
pub fn ask_of(
    tx: &mut Tx<'_>,
    aggregate: &str,
    id: impl Id,
    first: i64,
    limit: i64,
) -> Result<Asked<Entry>, Error> {
    let sql = format!(
        "{SELECT} WHERE aggregate_id = $1 AND aggregate = $2 AND sequence >= $3
          ORDER BY sequence LIMIT $4"
    );
    tx.ask(&sql, params![id.raw(), aggregate, first, limit], read)
}

/// The sequence that the next entry of a thing gets, for things that keep no version of their own.
pub fn next_sequence(tx: &mut Tx<'_>, aggregate: &str, aggregate_id: i64) -> Result<i64, Error> {
    tx.query_one(
        "SELECT CAST(COALESCE(MAX(sequence), 0) + 1 AS BIGINT) FROM journal
          WHERE aggregate_id = $1 AND aggregate = $2",
        params![aggregate_id, aggregate],
        |row| row.int(),
    )
}

/// The newest entries before `before` (or at all), newest first, at most `limit`: the audit log.
pub fn newest(tx: &mut Tx<'_>, before: Option<EventId>, limit: i64) -> Result<Vec<Entry>, Error> {
    let sql = format!("{SELECT} WHERE position < $1 ORDER BY position DESC LIMIT $2");
    tx.query(&sql, params![before.map_or(i64::MAX, Id::raw), limit], read)
}

/// One entry.
pub fn fetch(tx: &mut Tx<'_>, id: EventId) -> Result<Option<Entry>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE position = $1"), params![id.raw()], read)
}

/// Entries behind `after` up to and including `upto`, by position, at most `limit`: what happened in
/// a range of time.
pub fn between(
    tx: &mut Tx<'_>,
    after: EventId,
    upto: EventId,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let sql = format!("{SELECT} WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3");
    tx.query(&sql, params![after.raw(), upto.raw(), limit], read)
}

/// What someone looks for in the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Only about this thing, as a raw id.
    pub aggregate_id: Option<i64>,
    /// Only about these kinds of things; all if empty.
    pub aggregates: Vec<&'static str>,
    /// Only what this actor did, as written.
    pub actor: Option<String>,
    /// Only this kind of event, or those whose kind begins so and a dot: `order`.
    pub kind: Option<String>,
    /// At this moment or later.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub before: Option<Timestamp>,
}

/// Entries that one page of a search looks through at most.
const SEARCHED_MAX: i64 = 50_000;

/// Entries that match, newest first, at most `limit` of those before `cursor`, and where the search
/// goes on: it ends a page early rather than look through the whole journal at once.
pub fn search(
    tx: &mut Tx<'_>,
    search: &Search,
    cursor: Option<EventId>,
    limit: i64,
) -> Result<(Vec<Entry>, Option<EventId>), Error> {
    let mut upper = cursor.map_or(i64::MAX, Id::raw);
    if let Some(before) = search.before {
        upper = upper.min(ordermill_base::id::first_at(before));
    }
    let lower = search.from.map_or(i64::MIN, ordermill_base::id::first_at);
    let (kind, kinds) = match &search.kind {
        Some(kind) => (kind.clone(), format!("{kind}.")),
        None => (String::new(), String::new()),
    };
    let actor = search.actor.as_deref().unwrap_or_default();
    let names = serde_json::to_string(&search.aggregates).map_err(Error::defect)?;
    let among = if search.aggregates.is_empty() {
        // The parameter must stand somewhere.
        "$6 = $6"
    } else if tx.is_postgres() {
        "aggregate IN (SELECT jsonb_array_elements_text(CAST(CAST($6 AS TEXT) AS jsonb)))"
    } else {
        "aggregate IN (SELECT value FROM json_each($6))"
    };
    // Of one thing there is an index; of anything else a window of the newest is looked through.
    let source = match search.aggregate_id {
        Some(_) => "journal WHERE aggregate_id = $7 AND position < $1",
        None => {
            "(SELECT * FROM journal WHERE position < $1 ORDER BY position DESC LIMIT $7) AS newest
              WHERE position < $1"
        }
    };
    let sql = format!(
        "SELECT xid, position, aggregate, aggregate_id, sequence, kind, at, actor, reason,
                request_id, body
           FROM {source} AND position >= $2 AND ($3 = '' OR actor = $3)
            AND ($4 = '' OR kind = $4 OR substr(kind, 1, length($5)) = $5) AND {among}
          ORDER BY position DESC LIMIT $8"
    );
    let window = search.aggregate_id.unwrap_or(SEARCHED_MAX);
    let found =
        tx.query(&sql, params![upper, lower, actor, &kind, &kinds, &names, window, limit], read)?;
    if i64::try_from(found.len()).is_ok_and(|count| count == limit) {
        let last = found.last().map(|entry| entry.cursor.position);
        return Ok((found, last));
    }
    if search.aggregate_id.is_some() {
        return Ok((found, None));
    }
    let oldest = tx.query_opt(
        "SELECT position FROM journal WHERE position < $1 ORDER BY position DESC LIMIT 1 OFFSET $2",
        params![upper, SEARCHED_MAX - 1],
        |row| row.id::<EventId>(),
    )?;
    Ok((found, oldest.filter(|oldest| oldest.raw() > lower)))
}

/// The cursor behind the newest entry that readers may trust.
pub fn end(tx: &mut Tx<'_>) -> Result<Cursor, Error> {
    Ok(ask_end(tx)?.only(tx)?.unwrap_or_else(Cursor::start))
}

/// As [`end`], without waiting for the answer; none if the journal is empty.
pub fn ask_end(tx: &mut Tx<'_>) -> Result<Asked<Cursor>, Error> {
    let sql = if tx.is_postgres() {
        "SELECT xid, position FROM journal
          WHERE xid < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)
          ORDER BY xid DESC, position DESC LIMIT 1"
    } else {
        "SELECT xid, position FROM journal ORDER BY position DESC LIMIT 1"
    };
    tx.ask(sql, &[], |row| Ok(Cursor { xid: row.int()?, position: row.id()? }))
}

/// How far the reader of this name has come; the start if it is new.
pub fn cursor(tx: &mut Tx<'_>, reader: &str) -> Result<Cursor, Error> {
    Ok(ask_cursor(tx, reader)?.only(tx)?.unwrap_or_else(Cursor::start))
}

/// As [`cursor`], without waiting for the answer; none if it is new.
pub fn ask_cursor(tx: &mut Tx<'_>, reader: &str) -> Result<Asked<Cursor>, Error> {
    tx.ask("SELECT xid, position FROM cursors WHERE reader = $1", params![reader], |row| {
        Ok(Cursor { xid: row.int()?, position: row.id()? })
    })
}

/// Moves a reader's cursor, in the transaction of what the reader did.
pub fn move_cursor(
    tx: &mut Tx<'_>,
    reader: &str,
    cursor: Cursor,
    now: Timestamp,
) -> Result<(), Error> {
    tx.change(
        "INSERT INTO cursors (reader, xid, position, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (reader) DO UPDATE
            SET xid = excluded.xid, position = excluded.position, updated_at = excluded.updated_at",
        params![reader, cursor.xid, value::id(cursor.position), now],
    )
}
