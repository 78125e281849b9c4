//! Risk: marks of orders, signals, and the watchlist.

use std::collections::HashMap;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, WatchId};
use ordermill_domain::record::{Event, Kind};
use ordermill_domain::risk::{Marks, SignalKind, Subject, WatchEntry};

use crate::asked::Asked;
use crate::columns::insert;
use crate::record::{note, one_row};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

static INSERT_MARKS: Insert = insert!("order_marks" {
    order_id: Int, phone: Int, address: Int, suspicions: Int,
} "ON CONFLICT DO NOTHING");

/// Stores what an order's others of the same hand are known by; once.
pub fn insert_marks(tx: &mut Tx<'_>, order: OrderId, marks: &Marks) -> Result<(), Error> {
    tx.append(&INSERT_MARKS, params![order.raw(), marks.phone, marks.address, marks.suspicions])
}

/// The marks of an order; none before the reader has come to it.
pub fn marks_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<Marks>, Error> {
    tx.query_opt(
        "SELECT phone, address, suspicions FROM order_marks WHERE order_id = $1",
        params![order.raw()],
        |row| Ok(Marks { phone: row.opt_int()?, address: row.opt_int()?, suspicions: row.int()? }),
    )
}

/// Asks how many accounts have ordered to a phone and to an address, each over its newest `limit` orders.
pub fn ask_accounts_of(
    tx: &mut Tx<'_>,
    marks: &Marks,
    limit: i64,
) -> Result<Asked<(i64, i64)>, Error> {
    let of = |column: &str, place: &str| {
        format!(
            "(SELECT COUNT(DISTINCT o.customer_id) FROM (SELECT order_id FROM order_marks
                WHERE {column} = {place} ORDER BY order_id DESC LIMIT $3) AS m
               JOIN orders o ON o.id = m.order_id)"
        )
    };
    let sql = format!("SELECT {}, {}", of("phone", "$1"), of("address", "$2"));
    // No blind index is 0 but by a chance of one in 2^64.
    let key = |mark: Option<i64>| mark.unwrap_or(0);
    tx.ask(&sql, params![key(marks.phone), key(marks.address), limit], |row| {
        Ok((row.int()?, row.int()?))
    })
}

/// Orders to an address, as their marks know it, from `since` on: the newest first, at most `limit`.
pub fn orders_to(
    tx: &mut Tx<'_>,
    address: i64,
    since: OrderId,
    limit: i64,
) -> Result<Vec<OrderId>, Error> {
    tx.query(
        "SELECT order_id FROM order_marks WHERE address = $1 AND order_id >= $2
          ORDER BY order_id DESC LIMIT $3",
        params![address, since.raw(), limit],
        |row| row.id(),
    )
}

/// The marks of many orders; of some there may be none yet.
pub fn marks_of_each(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, Marks>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT order_id, phone, address, suspicions FROM order_marks WHERE order_id = $1",
        postgres: "SELECT order_id, phone, address, suspicions FROM order_marks
            WHERE order_id = ANY($1)",
    };
    let read = |row: &mut Row<'_>| {
        let order = row.id()?;
        let (phone, address) = (row.opt_int()?, row.opt_int()?);
        Ok((order, Marks { phone, address, suspicions: row.int()? }))
    };
    Ok(tx.query_each(&SQL, &Columns::of_ids(orders), read)?.into_iter().collect())
}

/// Something that speaks against somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// Against whom.
    pub subject: Subject,
    /// What.
    pub kind: SignalKind,
    /// In which order it was seen.
    pub order: OrderId,
    /// When.
    pub seen_at: Timestamp,
}

static INSERT_SIGNAL: Insert = insert!("risk_signals" {
    subject_kind: Text, subject: Int, kind: Text, order_id: Int, weight: Int, seen_at: Int,
    expires_at: Int,
} "ON CONFLICT DO NOTHING");

/// Stores a signal; what was seen in an order is seen once.
pub fn insert_signal(tx: &mut Tx<'_>, signal: &Signal) -> Result<(), Error> {
    tx.append(
        &INSERT_SIGNAL,
        params![
            signal.subject.kind.code(),
            signal.subject.key,
            signal.kind.code(),
            signal.order.raw(),
            signal.kind.weight(),
            signal.seen_at,
            signal.seen_at + signal.kind.lasts(),
        ],
    )
}

/// What is known of the buyer, the phone and the address of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What speaks against them, each kind and order once: (kind, weight).
    pub signals: Vec<(SignalKind, i64)>,
    /// Whether one of them is watched.
    pub is_watched: bool,
}

/// What is known of these subjects, in other orders than this one, as of `now`.
pub fn known_of(
    tx: &mut Tx<'_>,
    subjects: &[Subject],
    order: OrderId,
    now: Timestamp,
) -> Result<Known, Error> {
    let mut known = Known::default();
    if subjects.is_empty() {
        return Ok(known);
    }
    let mut values = vec![order.raw().into(), now.into()];
    let mut places = Vec::with_capacity(subjects.len());
    for subject in subjects {
        values.push(subject.kind.code().into());
        values.push(subject.key.into());
        places.push(format!(
            "(subject_kind = ${} AND subject = ${})",
            values.len() - 1,
            values.len()
        ));
    }
    let any = places.join(" OR ");
    let sql = format!(
        "SELECT kind, MAX(weight), CAST(0 AS BIGINT) FROM risk_signals
          WHERE ({any}) AND order_id <> $1 AND expires_at > $2 GROUP BY kind, order_id
         UNION ALL
         SELECT state, CAST(0 AS BIGINT), CAST(1 AS BIGINT) FROM watch_entries
          WHERE ({any}) AND state IN ('watched', 'appealed') AND expires_at > $2"
    );
    for (kind, weight, is_watched) in
        tx.query(&sql, &values, |row| Ok((row.text()?, row.int()?, row.flag()?)))?
    {
        if is_watched {
            known.is_watched = true;
        } else if let Ok(kind) = kind.parse() {
            known.signals.push((kind, weight));
        }
    }
    known.signals.sort_unstable();
    Ok(known)
}

/// Forgets signals whose time was over before a moment, at most `limit`; gives how many.
pub fn prune_signals(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM risk_signals WHERE (subject_kind, subject, kind, order_id) IN (
            SELECT subject_kind, subject, kind, order_id FROM risk_signals
             WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        params![before, limit],
    )
}

/// An entry of the watchlist with the order from which it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// It.
    pub entry: WatchEntry,
    /// From which order somebody was put there.
    pub order: OrderId,
}

const COLUMNS: &str =
    "id, subject_kind, subject, order_id, reason, state, expires_at, appeal, version";

fn read(row: &mut Row<'_>) -> Result<Stored, Error> {
    let (id, kind, key) = (row.id()?, row.parsed()?, row.int()?);
    let order = row.id()?;
    let entry = WatchEntry {
        id,
        subject: Subject { kind, key },
        kind,
        reason: row.text()?,
        state: row.parsed()?,
        expires_at: row.at()?,
        appeal: row.text()?,
        version: row.int()?,
    };
    Ok(Stored { entry, order })
}

static INSERT_WATCH: Insert = insert!("watch_entries" {
    id: Int, subject_kind: Text, subject: Int, order_id: Int, reason: Text, state: Text,
    expires_at: Int, appeal: Text, version: Int, updated_at: Int,
});

/// Stores a new entry and journals it, without its digest.
pub fn insert_watch(tx: &mut Tx<'_>, act: &Act, new: &Stored) -> Result<(), Error> {
    let entry = &new.entry;
    tx.append(
        &INSERT_WATCH,
        params![
            entry.id.raw(),
            entry.kind.code(),
            entry.subject.key,
            new.order.raw(),
            &entry.reason,
            entry.state.code(),
            entry.expires_at,
            &entry.appeal,
            1,
            act.at,
        ],
    )?;
    note(tx, act, entry.id, 1, &Event::created(Kind::WatchCreated, entry))
}

/// Stores what is different from `before`, whose version must still stand, and journals it.
pub fn update_watch(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &WatchEntry,
    after: &WatchEntry,
) -> Result<i64, Error> {
    let Some(event) = Event::edited(Kind::WatchEdited, before, after) else {
        return Ok(before.version);
    };
    let version = before.version + 1;
    let changed = tx.execute(
        "UPDATE watch_entries SET state = $2, expires_at = $3, appeal = $4, version = $5,
                updated_at = $6
          WHERE id = $1 AND version = $5 - 1",
        params![
            before.id.raw(),
            after.state.code(),
            after.expires_at,
            &after.appeal,
            version,
            act.at,
        ],
    )?;
    one_row(changed, "an entry of the watchlist")?;
    note(tx, act, before.id, version, &event)?;
    Ok(version)
}

/// One entry.
pub fn fetch_watch(tx: &mut Tx<'_>, id: WatchId) -> Result<Option<Stored>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM watch_entries WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The entry by which somebody is watched, if there is one whose time is not over.
pub fn find_watch(
    tx: &mut Tx<'_>,
    subject: Subject,
    now: Timestamp,
) -> Result<Option<Stored>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM watch_entries
          WHERE subject = $1 AND subject_kind = $2 AND state IN ('watched', 'appealed')
            AND expires_at > $3 ORDER BY id DESC LIMIT 1"
    );
    tx.query_opt(&sql, params![subject.key, subject.kind.code(), now], read)
}

/// Entries before `before`, the newest first, at most `limit`.
pub fn list_watch(
    tx: &mut Tx<'_>,
    before: Option<WatchId>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM watch_entries WHERE id < $1 ORDER BY id DESC LIMIT $2");
    tx.query(&sql, params![before.map_or(i64::MAX, Id::raw), limit], read)
}
