//! What must happen by when: one row for each open deadline, met by deleting it.
//!
//! One scheduler runs them all, on any node. It claims what is due for a short while under a token
//! that grows with every claim; whoever finishes must still hold the token, so that a node that was
//! paused while another took over changes nothing.
//!
//! A deadline comes up twice: at its warning, if it has one, and at its breach. A warning that was
//! slept through is not given late; the breach says more.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::{DeadlineKind, Event};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

/// Why a deadline comes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is near, and not met.
    Warning,
    /// Its time is over.
    Breach,
}

/// A deadline that has come up, claimed by this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose deadline, as a raw id.
    pub subject_id: i64,
    /// Which one.
    pub kind: DeadlineKind,
    /// When it is breached.
    pub due_at: Timestamp,
    /// Warning or breach.
    pub stage: Stage,
    /// How often it was tried and failed.
    pub attempts: i64,
    /// The fencing token of this claim.
    pub token: i64,
}

static INSERT: Insert =
    insert!("deadlines" { subject_id: Int, kind: Text, due_at: Int, warn_at: Int });

/// Arms a deadline that the subject does not have yet.
pub fn arm(
    tx: &mut Tx<'_>,
    subject: impl Id,
    kind: DeadlineKind,
    due_at: Timestamp,
    warn_at: Option<Timestamp>,
) -> Result<(), Error> {
    arm_each(tx, [(subject, kind, due_at, warn_at)])
}

/// As [`arm`] for many: (subject, kind, due, warning).
pub fn arm_each<T: Id>(
    tx: &mut Tx<'_>,
    deadlines: impl IntoIterator<Item = (T, DeadlineKind, Timestamp, Option<Timestamp>)>,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT)?;
    deadlines.into_iter().try_for_each(|(subject, kind, due_at, warn_at)| {
        rows.push(params![subject.raw(), kind.code(), due_at, warn_at])
    })
}

/// Ends a deadline because it is met, if it is open.
pub fn meet(tx: &mut Tx<'_>, subject: impl Id, kind: DeadlineKind) -> Result<(), Error> {
    tx.change(
        "DELETE FROM deadlines WHERE subject_id = $1 AND kind = $2",
        params![subject.raw(), kind.code()],
    )
}

/// Ends the deadlines of many subjects because they are met; those that are not open are left out.
pub fn meet_each<T: Id>(tx: &mut Tx<'_>, met: &[(T, DeadlineKind)]) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "DELETE FROM deadlines WHERE subject_id = $1 AND kind = $2",
        postgres: "DELETE FROM deadlines d USING unnest($1::bigint[], $2::text[])
              AS met (subject_id, kind)
            WHERE d.subject_id = met.subject_id AND d.kind = met.kind",
    };
    let mut rows = Columns::new(&[Kind::Int, Kind::Text]);
    met.iter().for_each(|(subject, kind)| rows.push(params![subject.raw(), kind.code()]));
    tx.change_each(&SQL, rows)
}

/// All open deadlines of a subject: (kind, due, warning).
pub fn of(tx: &mut Tx<'_>, subject: impl Id) -> Result<Vec<Open>, Error> {
    ask_of(tx, subject)?.answer(tx)
}

/// An open deadline: (kind, due, warning).
pub type Open = (DeadlineKind, Timestamp, Option<Timestamp>);

/// As [`of`], without waiting for the answer.
pub fn ask_of(tx: &mut Tx<'_>, subject: impl Id) -> Result<Asked<Open>, Error> {
    tx.ask(
        "SELECT kind, due_at, warn_at FROM deadlines WHERE subject_id = $1 ORDER BY due_at",
        params![subject.raw()],
        |row| Ok((row.parsed()?, row.at()?, row.opt_at()?)),
    )
}

/// When the open deadline of this kind is due of each of these subjects that has one, without waiting for the
/// answer.
pub fn ask_of_each<T: Id>(
    tx: &mut Tx<'_>,
    subjects: &[T],
    kind: DeadlineKind,
) -> Result<Asked<(T, Timestamp)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT subject_id, due_at FROM deadlines WHERE subject_id = $1 AND kind = $2",
        postgres: "SELECT d.subject_id, d.due_at
             FROM unnest($1::bigint[], $2::text[]) AS n (subject_id, kind)
             JOIN deadlines d ON d.subject_id = n.subject_id AND d.kind = n.kind",
    };
    let mut keys = Columns::new(&[Kind::Int, Kind::Text]);
    for subject in subjects {
        keys.push(params![subject.raw(), kind.code()]);
    }
    tx.ask_each(&SQL, keys, |row| Ok((row.id()?, row.at()?)))
}

/// No claim and no put-off lasts longer: one that does was made before the clock was set back, and
/// nobody waits for it.
const CLAIM_MAX: Span = Span::hours(2);
/// The nearest open deadline of each of these subjects: (subject, kind, due).
pub fn nearest_of_each<T: Id>(
    tx: &mut Tx<'_>,
    subjects: &[T],
) -> Result<Vec<(T, DeadlineKind, Timestamp)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT subject_id, kind, due_at FROM deadlines WHERE subject_id = $1
            ORDER BY due_at LIMIT 1",
        postgres: "SELECT DISTINCT ON (subject_id) subject_id, kind, due_at
            FROM deadlines WHERE subject_id = ANY($1) ORDER BY subject_id, due_at",
    };
    tx.query_each(&SQL, &Columns::of_ids(subjects), |row| Ok((row.id()?, row.parsed()?, row.at()?)))
}

/// Claims what has come up, oldest first, at most `limit`, for `hold`. A claim that has run out can
/// be taken by any node.
pub fn claim_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    hold: Span,
    limit: i64,
) -> Result<Vec<Due>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE deadlines SET claimed_until = $2, claim_token = claim_token + 1
          WHERE (subject_id, kind) IN (
                SELECT subject_id, kind FROM deadlines
                 WHERE COALESCE(warn_at, due_at) <= $1
                   AND (claimed_until IS NULL OR claimed_until <= $1 OR claimed_until > $4)
                 ORDER BY COALESCE(warn_at, due_at) LIMIT $3 {skip_locked})
      RETURNING subject_id, kind, due_at, attempts, claim_token"
    );
    let read = |row: &mut Row<'_>| {
        let (subject_id, kind, due_at) = (row.int()?, row.parsed()?, row.at()?);
        let stage = if due_at <= now { Stage::Breach } else { Stage::Warning };
        Ok(Due { subject_id, kind, due_at, stage, attempts: row.int()?, token: row.int()? })
    };
    let mut due = tx.query_write(&sql, params![now, now + hold, limit, now + CLAIM_MAX], read)?;
    due.sort_by_key(|due| (due.due_at, due.subject_id, due.kind));
    Ok(due)
}

/// Ends what was claimed, in the transaction of what it caused: a breached deadline goes, a warned
/// one waits for its breach. `false` means that it was met meanwhile, or that the claim was lost to
/// another node: the caller then changes nothing.
pub fn finish(tx: &mut Tx<'_>, due: &Due) -> Result<bool, Error> {
    let sql = match due.stage {
        Stage::Breach => {
            "DELETE FROM deadlines WHERE subject_id = $1 AND kind = $2 AND claim_token = $3"
        }
        Stage::Warning => {
            "UPDATE deadlines SET warn_at = NULL, claimed_until = NULL, attempts = 0
              WHERE subject_id = $1 AND kind = $2 AND claim_token = $3"
        }
    };
    let finished = tx.execute(sql, params![due.subject_id, due.kind.code(), due.token])?;
    Ok(finished > 0)
}

/// Puts a claimed deadline back because its command failed; it is tried again at `again_at`.
pub fn postpone(tx: &mut Tx<'_>, due: &Due, again_at: Timestamp, error: &str) -> Result<(), Error> {
    tx.change(
        "UPDATE deadlines SET attempts = attempts + 1, claimed_until = $4, last_error = $5
          WHERE subject_id = $1 AND kind = $2 AND claim_token = $3",
        params![due.subject_id, due.kind.code(), due.token, again_at, error],
    )
}

/// Appends an event about a deadline of a subject to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, subject_id: i64, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let sequence = journal::next_sequence(tx, "deadline", subject_id)?;
    let kind = event.kind();
    let entry = journal::NewEntry {
        aggregate: "deadline",
        aggregate_id: subject_id,
        sequence,
        kind,
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// How many deadlines of a kind fall due before `until`: a figure of the dashboard, counted up to
/// `limit`.
pub fn count_due(
    tx: &mut Tx<'_>,
    kind: DeadlineKind,
    until: Timestamp,
    limit: i64,
) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM deadlines
          WHERE COALESCE(warn_at, due_at) <= $2 AND due_at <= $2 AND kind = $1 LIMIT $3) AS counted",
        params![kind.code(), until, limit],
        |row| row.int(),
    )
}
