//! Tables of rules: versions for a purpose, and what those on trial would have decided.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::RuleTableId;
use ordermill_domain::record::{Event, Kind};
use ordermill_domain::rule_table::{Purpose, RuleTable};

use crate::columns::insert;
use crate::record::{note, one_row};
use crate::{Error, Insert, Row, Tx, params};

static INSERT: Insert = insert!("rule_tables" {
    id: Int, purpose: Text, number: Int, state: Text, note: Text, definition: Text, live_at: Int,
    follows: Int, version: Int, updated_at: Int,
});

const COLUMNS: &str = "id, purpose, number, state, note, definition, live_at, follows, version";

fn read(row: &mut Row<'_>) -> Result<RuleTable, Error> {
    Ok(RuleTable {
        id: row.id()?,
        purpose: row.parsed()?,
        number: row.int()?,
        state: row.parsed()?,
        note: row.text()?,
        definition: row.json()?,
        live_at: row.opt_at()?,
        follows: row.opt_int()?,
        version: row.int()?,
    })
}

/// Stores a new version and journals it. Two of one number fail as a unique violation.
pub fn insert(tx: &mut Tx<'_>, act: &Act, new: &RuleTable) -> Result<(), Error> {
    let definition = new.definition.to_string();
    tx.append(
        &INSERT,
        params![
            new.id.raw(),
            new.purpose.code(),
            new.number,
            new.state.code(),
            &new.note,
            &definition,
            new.live_at,
            new.follows,
            1,
            act.at,
        ],
    )?;
    note(tx, act, new.id, 1, &Event::created(Kind::RuleTableCreated, new))
}

/// Stores what is different from `before`, whose version must still stand, and journals it. Gives
/// the new version, or the old one if nothing is different.
pub fn update(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &RuleTable,
    after: &RuleTable,
) -> Result<i64, Error> {
    let Some(event) = Event::edited(Kind::RuleTableEdited, before, after) else {
        return Ok(before.version);
    };
    let (version, definition) = (before.version + 1, after.definition.to_string());
    let changed = tx.execute(
        "UPDATE rule_tables SET state = $2, note = $3, definition = $4, live_at = $5, follows = $6,
                version = $7, updated_at = $8
          WHERE id = $1 AND version = $7 - 1",
        params![
            before.id.raw(),
            after.state.code(),
            &after.note,
            &definition,
            after.live_at,
            after.follows,
            version,
            act.at,
        ],
    )?;
    one_row(changed, "a table of rules")?;
    note(tx, act, before.id, version, &event)?;
    Ok(version)
}

/// One version.
pub fn fetch(tx: &mut Tx<'_>, id: RuleTableId) -> Result<Option<RuleTable>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM rule_tables WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The versions of a purpose, locked until the transaction ends where writers run side by side, so
/// that two people put one after another in force.
pub fn lock_in_use(tx: &mut Tx<'_>, purpose: Purpose) -> Result<Vec<RuleTable>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM rule_tables
          WHERE purpose = $1 AND state IN ('live', 'shadow') ORDER BY id {lock}"
    );
    tx.query(&sql, params![purpose.code()], read)
}

/// The versions that decide, or decide beside them, of every purpose.
pub fn in_use(tx: &mut Tx<'_>) -> Result<Vec<RuleTable>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM rule_tables WHERE state IN ('live', 'shadow') ORDER BY id");
    tx.query(&sql, &[], read)
}

/// The versions of a purpose before the number `before`, the newest first, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    purpose: Purpose,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RuleTable>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM rule_tables WHERE purpose = $1 AND number < $2
          ORDER BY number DESC LIMIT $3"
    );
    tx.query(&sql, params![purpose.code(), before.unwrap_or(i64::MAX), limit], read)
}

/// The number of the next version of a purpose. Where writers run side by side, two who draft at once do so
/// one after the other.
pub fn next_number(tx: &mut Tx<'_>, purpose: Purpose) -> Result<i64, Error> {
    if tx.is_postgres() {
        // The key is any number that nothing else of ours locks.
        tx.run("SELECT pg_advisory_xact_lock(7240120)")?;
    }
    tx.query_one(
        "SELECT CAST(COALESCE(MAX(number), 0) + 1 AS BIGINT) FROM rule_tables WHERE purpose = $1",
        params![purpose.code()],
        |row| row.int(),
    )
}

/// The version of a purpose with this number.
pub fn find(tx: &mut Tx<'_>, purpose: Purpose, number: i64) -> Result<Option<RuleTable>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM rule_tables WHERE purpose = $1 AND number = $2");
    tx.query_opt(&sql, params![purpose.code(), number], read)
}

/// What a version on trial would have decided about a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The version on trial.
    pub table: RuleTableId,
    /// The thing, as a raw id.
    pub subject_id: i64,
    /// The sequence of the event that the decision in force led to.
    pub sequence: i64,
    /// What it would have done, a short text.
    pub outcome: String,
    /// JSON for people, where the version in force decided otherwise.
    pub difference: Option<String>,
    /// When.
    pub decided_at: Timestamp,
}

static INSERT_TRIAL: Insert = insert!("rule_trials" {
    table_id: Int, subject_id: Int, sequence: Int, outcome: Text, difference: Text, decided_at: Int,
});

/// Records what a version on trial would have decided.
pub fn insert_trial(tx: &mut Tx<'_>, trial: &Trial) -> Result<(), Error> {
    tx.append(
        &INSERT_TRIAL,
        params![
            trial.table.raw(),
            trial.subject_id,
            trial.sequence,
            &trial.outcome,
            trial.difference.as_deref(),
            trial.decided_at,
        ],
    )
}

/// How many things a version on trial has looked at, and about how many it would have decided
/// otherwise; each counted up to `limit`.
pub fn count_trials(tx: &mut Tx<'_>, table: RuleTableId, limit: i64) -> Result<(i64, i64), Error> {
    tx.query_one(
        "SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM rule_trials
                  WHERE table_id = $1 LIMIT $2) AS looked_at),
                (SELECT COUNT(*) FROM (SELECT 1 AS one FROM rule_trials
                  WHERE table_id = $1 AND difference IS NOT NULL LIMIT $2) AS different)",
        params![table.raw(), limit],
        |row| Ok((row.int()?, row.int()?)),
    )
}

/// The decisions in which a version on trial differs, those about the newest things first; only those before
/// this thing and sequence.
pub fn trials_that_differ(
    tx: &mut Tx<'_>,
    table: RuleTableId,
    before: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Trial>, Error> {
    let (subject, sequence) = before.unwrap_or((i64::MAX, i64::MAX));
    tx.query(
        "SELECT table_id, subject_id, sequence, outcome, difference, decided_at FROM rule_trials
          WHERE table_id = $1 AND difference IS NOT NULL AND (subject_id, sequence) < ($2, $3)
          ORDER BY subject_id DESC, sequence DESC LIMIT $4",
        params![table.raw(), subject, sequence, limit],
        |row| {
            Ok(Trial {
                table: row.id()?,
                subject_id: row.int()?,
                sequence: row.int()?,
                outcome: row.text()?,
                difference: row.opt_text()?,
                decided_at: row.at()?,
            })
        },
    )
}

/// Forgets trials before a moment, at most `limit`; gives how many.
pub fn prune_trials(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM rule_trials WHERE (table_id, subject_id, sequence) IN (
            SELECT table_id, subject_id, sequence FROM rule_trials
             WHERE decided_at < $1 ORDER BY decided_at LIMIT $2)",
        params![before, limit],
    )
}
