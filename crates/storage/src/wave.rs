//! Waves: work that was released to the floor together.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{LocationId, WaveId};
use serde_json::Value as Json;

use crate::{Error, Row, Tx, journal, params};

/// A wave, as stored.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Wave {
    /// Its key.
    pub id: WaveId,
    /// Where.
    pub location: LocationId,
    /// What was asked for.
    pub filter: Json,
    /// How many fulfillments it has.
    pub fulfillments: i64,
    /// How many pieces.
    pub pieces: i64,
    /// On how many pick lists.
    pub lists: i64,
    /// How long their walks are together, in millimeters.
    pub walk_mm: i64,
    /// How long they would be one fulfillment at a time.
    pub walk_alone_mm: i64,
    /// When it was released.
    pub released_at: Timestamp,
    /// By whom, in the journal's form.
    pub released_by: String,
}

/// A wave and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The wave.
    pub wave: Wave,
    /// Lists that are done.
    pub lists_done: i64,
    /// Pieces that are picked.
    pub picked: i64,
    /// Pieces that were not in their bins.
    pub short: i64,
    /// Pieces that are still to be picked.
    pub left: i64,
}

/// Stores a wave and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, wave: &Wave) -> Result<(), Error> {
    let filter = wave.filter.to_string();
    tx.execute(
        "INSERT INTO waves (id, location_id, filter, fulfillments, pieces, lists, walk_mm,
            walk_alone_mm, released_at, released_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            wave.id.raw(),
            wave.location.raw(),
            &filter,
            wave.fulfillments,
            wave.pieces,
            wave.lists,
            wave.walk_mm,
            wave.walk_alone_mm,
            wave.released_at,
            &wave.released_by,
        ],
    )?;
    let body = serde_json::json!({ "kind": "wave.released", "wave": wave }).to_string();
    let entry = journal::NewEntry {
        aggregate: "wave",
        aggregate_id: wave.id.raw(),
        sequence: 1,
        kind: "wave.released",
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

const COLUMNS: &str = "w.id, w.location_id, w.filter, w.fulfillments, w.pieces, w.lists, w.walk_mm,
    w.walk_alone_mm, w.released_at, w.released_by";

fn read(row: &mut Row<'_>) -> Result<Wave, Error> {
    Ok(Wave {
        id: row.id()?,
        location: row.id()?,
        filter: row.json()?,
        fulfillments: row.int()?,
        pieces: row.int()?,
        lists: row.int()?,
        walk_mm: row.int()?,
        walk_alone_mm: row.int()?,
        released_at: row.at()?,
        released_by: row.text()?,
    })
}

/// The wave of this id.
pub fn fetch(tx: &mut Tx<'_>, id: WaveId) -> Result<Option<Wave>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM waves w WHERE w.id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Waves of a location with how far they are, newest first: at most `limit` of those before `before`.
pub fn list(
    tx: &mut Tx<'_>,
    location: LocationId,
    before: Option<WaveId>,
    limit: i64,
) -> Result<Vec<Progress>, Error> {
    let sql = format!(
        "SELECT {COLUMNS},
            (SELECT COUNT(*) FROM pick_lists p WHERE p.wave_id = w.id AND p.state = 'done'),
            {picked}, {short}, {left}
           FROM waves w WHERE w.location_id = $1 AND w.id < $2 ORDER BY w.id DESC LIMIT $3",
        picked = sum("l.picked"),
        short = sum("l.short"),
        left = sum("l.quantity - l.picked - l.short - l.dropped"),
    );
    tx.query(&sql, params![location.raw(), before.map_or(i64::MAX, Id::raw), limit], |row| {
        Ok(Progress {
            wave: read(row)?,
            lists_done: row.int()?,
            picked: row.int()?,
            short: row.int()?,
            left: row.int()?,
        })
    })
}

fn sum(what: &str) -> String {
    format!(
        "(SELECT CAST(COALESCE(SUM({what}), 0) AS BIGINT) FROM pick_lines l
            JOIN pick_lists p ON p.id = l.pick_list_id WHERE p.wave_id = w.id)"
    )
}
