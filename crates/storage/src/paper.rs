//! How often papers were printed.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::paper::Paper;

use crate::{Error, Tx, journal, params};

/// Notes that a paper was printed once more, and journals it. Gives how often that is.
pub fn count_print(
    tx: &mut Tx<'_>,
    act: &Act,
    paper: Paper,
    subject: impl Id,
) -> Result<u32, Error> {
    let counted = tx.query_write(
        "INSERT INTO papers (paper, subject_id, printed) VALUES ($1, $2, 1)
         ON CONFLICT (paper, subject_id) DO UPDATE SET printed = papers.printed + 1
         RETURNING printed",
        params![paper.code(), subject.raw()],
        |row| row.int(),
    )?;
    let sequence = counted.first().copied().unwrap_or(1);
    let copy = u32::try_from(sequence).map_err(Error::defect)?;
    let event = paper.printed(copy);
    let body = serde_json::to_string(&event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: paper.code(),
        aggregate_id: subject.raw(),
        sequence,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry)?;
    Ok(copy)
}

/// How often a paper was printed; 0 if never.
pub fn printed(tx: &mut Tx<'_>, paper: Paper, subject: impl Id) -> Result<u32, Error> {
    let sql = "SELECT printed FROM papers WHERE paper = $1 AND subject_id = $2";
    let found = tx.query_opt(sql, params![paper.code(), subject.raw()], |row| row.int())?;
    u32::try_from(found.unwrap_or_default()).map_err(Error::defect)
}
