//! Imports: files being taken in, how far they are, and what could not be taken in.

use std::collections::BTreeMap;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, ImportId};

use crate::columns::insert;
use crate::record::one_row;
use crate::{Error, Insert, Row, Tx, params};

/// A run of an import, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its key.
    pub id: ImportId,
    /// What the file holds: `catalog`, `stock`, `orders`.
    pub kind: String,
    /// Whose orders they are.
    pub channel: Option<ChannelId>,
    /// What the file is called.
    pub file_name: String,
    /// All of it has been taken in.
    pub is_done: bool,
    /// How many steps are durable; an interrupted run goes on behind them.
    pub steps_done: i64,
    /// What became of the lines so far.
    pub counts: Counts,
    /// Who started it.
    pub actor: Actor,
    /// When.
    pub started_at: Timestamp,
    /// When it last went on.
    pub updated_at: Timestamp,
}

/// What became of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Something new came of them.
    pub created: i64,
    /// They changed something.
    pub changed: i64,
    /// They say what is known already.
    pub unchanged: i64,
    /// They could not be taken in.
    pub refused: i64,
}

/// Why a line could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, from 1.
    pub line_no: i64,
    /// What the line is about: a SKU's code, a channel's order id.
    pub code: String,
    /// The column.
    pub field: String,
    /// What is wrong with it, in English.
    pub reason: String,
    /// The same as a stable code; empty for what was written before there were any.
    pub reason_code: String,
    /// What the code is about.
    pub params: BTreeMap<String, String>,
}

const COLUMNS: &str =
    "id, kind, channel_id, file_name, state, lines_done, created, changed, unchanged, refused,
    actor, started_at, updated_at";

fn read(row: &mut Row<'_>) -> Result<Import, Error> {
    Ok(Import {
        id: row.id()?,
        kind: row.text()?,
        channel: Some(row.id()?).filter(|id: &ChannelId| id.raw() != 0),
        file_name: row.text()?,
        is_done: row.text()? == "done",
        steps_done: row.int()?,
        counts: Counts {
            created: row.int()?,
            changed: row.int()?,
            unchanged: row.int()?,
            refused: row.int()?,
        },
        actor: row.parsed()?,
        started_at: row.at()?,
        updated_at: row.at()?,
    })
}

/// A file to be taken in.
#[derive(Debug, Clone, Copy)]
pub struct NewImport<'f> {
    /// What it holds.
    pub kind: &'f str,
    /// Whose orders they are.
    pub channel: Option<ChannelId>,
    /// SHA-256 of its bytes.
    pub digest: &'f [u8; 32],
    /// What it is called.
    pub file_name: &'f str,
}

/// Goes on with the interrupted run of a file with this content, or begins a new one.
pub fn begin(tx: &mut Tx<'_>, act: &Act, file: NewImport<'_>) -> Result<Import, Error> {
    let NewImport { kind, channel, digest, file_name } = file;
    let (digest, channel_id) = (digest.as_slice(), channel.map_or(0, Id::raw));
    let sql = format!(
        "SELECT {COLUMNS} FROM imports
          WHERE digest = $1 AND kind = $2 AND channel_id = $3 AND state = 'running'"
    );
    if let Some(running) = tx.query_opt(&sql, params![digest, kind, channel_id], read)? {
        return Ok(running);
    }
    let new = Import {
        id: tx.next_id(act.at),
        kind: kind.to_owned(),
        channel,
        file_name: file_name.to_owned(),
        is_done: false,
        steps_done: 0,
        counts: Counts::default(),
        actor: act.actor.clone(),
        started_at: act.at,
        updated_at: act.at,
    };
    let actor = act.actor.to_string();
    tx.execute(
        "INSERT INTO imports
            (id, kind, channel_id, digest, file_name, state, actor, started_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $7)",
        params![new.id.raw(), kind, channel_id, digest, file_name, &actor, act.at],
    )?;
    Ok(new)
}

/// Moves a run on in the transaction of the lines themselves. Fails as stale if another process has
/// moved it meanwhile.
pub fn advance(
    tx: &mut Tx<'_>,
    id: ImportId,
    (from, to): (i64, i64),
    counts: Counts,
    now: Timestamp,
) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE imports SET lines_done = $3, created = created + $4, changed = changed + $5,
            unchanged = unchanged + $6, refused = refused + $7, updated_at = $8
          WHERE id = $1 AND lines_done = $2 AND state = 'running'",
        params![
            id.raw(),
            from,
            to,
            counts.created,
            counts.changed,
            counts.unchanged,
            counts.refused,
            now,
        ],
    )?;
    one_row(changed, "an import")
}

/// Ends a run: all of the file has been taken in.
pub fn finish(tx: &mut Tx<'_>, id: ImportId, now: Timestamp) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE imports SET state = 'done', updated_at = $2 WHERE id = $1 AND state = 'running'",
        params![id.raw(), now],
    )?;
    one_row(changed, "an import")
}

static INSERT_PROBLEM: Insert = insert!("import_problems" {
    import_id: Int, line_no: Int, field: Text, code: Text, reason: Text, reason_code: Text, params: Text,
} "ON CONFLICT DO NOTHING");

/// Keeps why a line could not be taken in.
pub fn insert_problem(tx: &mut Tx<'_>, id: ImportId, problem: &Problem) -> Result<(), Error> {
    let Problem { line_no, code, field, reason, reason_code, params } = problem;
    let params = serde_json::to_string(params).map_err(Error::defect)?;
    let row = params![id.raw(), *line_no, field, code, reason, reason_code, &params];
    tx.append(&INSERT_PROBLEM, row)
}

/// What could not be taken in, behind the place `after` (line and column), at most `limit`.
pub fn problems(
    tx: &mut Tx<'_>,
    id: ImportId,
    after: (i64, &str),
    limit: i64,
) -> Result<Vec<Problem>, Error> {
    tx.query(
        "SELECT line_no, code, field, reason, reason_code, params FROM import_problems
          WHERE import_id = $1 AND (line_no, field) > ($2, $3) ORDER BY line_no, field LIMIT $4",
        params![id.raw(), after.0, after.1, limit],
        |row| {
            Ok(Problem {
                line_no: row.int()?,
                code: row.text()?,
                field: row.text()?,
                reason: row.text()?,
                reason_code: row.text()?,
                params: {
                    let text = row.text()?;
                    let unreadable =
                        |_| Error::Unreadable { what: "parameters", text: text.clone() };
                    serde_json::from_str(&text).map_err(unreadable)?
                },
            })
        },
    )
}

/// The run of this id.
pub fn fetch(tx: &mut Tx<'_>, id: ImportId) -> Result<Option<Import>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Runs before `before` (or at all) of one channel (or of all), the newest first, at most `limit`.
pub fn newest(
    tx: &mut Tx<'_>,
    channel: Option<ChannelId>,
    before: Option<ImportId>,
    limit: i64,
) -> Result<Vec<Import>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM imports
          WHERE id < $1 AND (CAST($2 AS BIGINT) = 0 OR channel_id = $2) ORDER BY id DESC LIMIT $3"
    );
    let (before, channel) = (before.map_or(i64::MAX, Id::raw), channel.map_or(0, Id::raw));
    tx.query(&sql, params![before, channel, limit], read)
}
