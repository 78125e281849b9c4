//! Notes that colleagues leave at an order; the text is ciphertext, as people write names into it.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{NoteId, OrderId};
use ordermill_domain::note::Event;

use crate::{Error, Row, Tx, journal, params};

/// One note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// At which order.
    pub order: OrderId,
    /// Who wrote it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// What it says, as ciphertext.
    pub text: Vec<u8>,
}

/// Stores a note and journals that it was written, as an aggregate of its own.
pub fn insert(tx: &mut Tx<'_>, act: &Act, note: &Note) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO order_notes (id, order_id, actor, at, text) VALUES ($1, $2, $3, $4, $5)",
        params![note.id.raw(), note.order.raw(), &note.actor.to_string(), note.at, &note.text],
    )?;
    let event = Event::Written { order: note.order };
    let body = serde_json::to_string(&event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "note",
        aggregate_id: note.id.raw(),
        sequence: 1,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// The notes at an order before `before`, newest first, at most `limit`.
pub fn of(
    tx: &mut Tx<'_>,
    order: OrderId,
    before: Option<NoteId>,
    limit: i64,
) -> Result<Vec<Note>, Error> {
    tx.query(
        "SELECT id, order_id, actor, at, text FROM order_notes
          WHERE order_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        params![order.raw(), before.map_or(i64::MAX, Id::raw), limit],
        read,
    )
}

fn read(row: &mut Row<'_>) -> Result<Note, Error> {
    Ok(Note {
        id: row.id()?,
        order: row.id()?,
        actor: row.parsed()?,
        at: row.at()?,
        text: row.bytes()?,
    })
}
