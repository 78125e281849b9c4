//! What must happen by when: one row for each open deadline, met by deleting it.
//!
//! One scheduler runs them all, on any node. It claims what is due for a short while under a token
//! that grows with every claim; whoever finishes must still hold the token, so that a node that was
//! paused while another took over changes nothing.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::deadline::DeadlineKind;

use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

/// A deadline that is due, claimed by this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose deadline, as a raw id.
    pub subject_id: i64,
    /// Which one.
    pub kind: DeadlineKind,
    /// When it was due.
    pub due_at: Timestamp,
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
    tx.append(&INSERT, params![subject.raw(), kind.code(), due_at, warn_at])
}

/// Ends a deadline because it is met. Gives whether it was still open.
pub fn meet(tx: &mut Tx<'_>, subject: impl Id, kind: DeadlineKind) -> Result<bool, Error> {
    let met = tx.execute(
        "DELETE FROM deadlines WHERE subject_id = $1 AND kind = $2",
        params![subject.raw(), kind.code()],
    )?;
    Ok(met > 0)
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
    tx.execute_each(&SQL, &rows).map(drop)
}

/// All open deadlines of a subject: (kind, due, warning).
pub fn of(
    tx: &mut Tx<'_>,
    subject: impl Id,
) -> Result<Vec<(DeadlineKind, Timestamp, Option<Timestamp>)>, Error> {
    tx.query(
        "SELECT kind, due_at, warn_at FROM deadlines WHERE subject_id = $1 ORDER BY due_at",
        params![subject.raw()],
        |row| Ok((row.parsed()?, row.at()?, row.opt_at()?)),
    )
}

/// Claims what is due, oldest first, at most `limit`, for `hold`. A claim that has run out can be
/// taken by any node.
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
                 WHERE due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
                 ORDER BY due_at LIMIT $3 {skip_locked})
      RETURNING subject_id, kind, due_at, attempts, claim_token"
    );
    let read = |row: &mut Row<'_>| {
        Ok(Due {
            subject_id: row.int()?,
            kind: row.parsed()?,
            due_at: row.at()?,
            attempts: row.int()?,
            token: row.int()?,
        })
    };
    let mut due = tx.query_write(&sql, params![now, now + hold, limit], read)?;
    due.sort_by_key(|due| (due.due_at, due.subject_id));
    Ok(due)
}

/// Ends a claimed deadline in the transaction of what it caused. `false` means that the claim was
/// lost to another node: the caller then changes nothing.
pub fn finish(tx: &mut Tx<'_>, due: &Due) -> Result<bool, Error> {
    let finished = tx.execute(
        "DELETE FROM deadlines WHERE subject_id = $1 AND kind = $2 AND claim_token = $3",
        params![due.subject_id, due.kind.code(), due.token],
    )?;
    Ok(finished > 0)
}

/// Puts a claimed deadline back because its command failed; it is tried again at `again_at`.
pub fn postpone(tx: &mut Tx<'_>, due: &Due, again_at: Timestamp, error: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE deadlines SET attempts = attempts + 1, claimed_until = $4, last_error = $5
          WHERE subject_id = $1 AND kind = $2 AND claim_token = $3",
        params![due.subject_id, due.kind.code(), due.token, again_at, error],
    )?;
    Ok(())
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
          WHERE due_at <= $2 AND kind = $1 LIMIT $3) AS some",
        params![kind.code(), until, limit],
        |row| row.int(),
    )
}
