//! The history of records that people keep, in the journal.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::record::Event;

use crate::{Error, Tx, journal};

/// Journals a change of a record; its version after the change is the entry's sequence.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    act: &Act,
    id: impl Id,
    version: i64,
    event: &Event,
) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: event.kind.aggregate().code(),
        aggregate_id: id.raw(),
        sequence: version,
        kind: event.kind.code(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// The one row that an update by version changes.
pub(crate) fn one_row(changed: u64, what: &'static str) -> Result<(), Error> {
    if changed == 1 { Ok(()) } else { Err(Error::Stale(what)) }
}
