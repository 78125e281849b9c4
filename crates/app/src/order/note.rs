//! Notes that colleagues leave at an order: sealed, as people write names and numbers into them.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{NoteId, OrderId};
use ordermill_domain::note::CHARS_MAX;
use ordermill_storage::note as stored;
use ordermill_storage::{Error, Tx, order};
use ordermill_vault::Place;

use crate::once::{Key, Once, OnceError, once};
use crate::privacy::Vault;

/// A note that can be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// Who wrote it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// What it says; `None` if its key was destroyed.
    pub text: Option<String>,
}

// Personal: prints whose note it is and not what it says.
impl std::fmt::Debug for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Note").field("id", &self.id).field("actor", &self.actor).finish()
    }
}

/// Why a note was not kept.
#[derive(Debug, thiserror::Error)]
pub enum WriteNoteError {
    /// No such order.
    #[error("order {0} not found")]
    NotFound(OrderId),
    /// It says nothing, or more than is kept.
    #[error("a note has 1 to {CHARS_MAX} characters")]
    Length,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Leaves a note at an order, once for each key.
pub fn write_note(
    tx: &mut Tx<'_>,
    vault: &Vault,
    act: &Act,
    order: OrderId,
    text: &str,
    key: Option<&Key>,
) -> Result<Once<NoteId, ()>, OnceError<WriteNoteError>> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > CHARS_MAX {
        return Err(OnceError::Other(WriteNoteError::Length));
    }
    once(tx, key, act.at, |tx| {
        order::fetch(tx, order)?.ok_or(WriteNoteError::NotFound(order))?;
        let id: NoteId = tx.next_id(act.at);
        let sealed = vault.seal(place(id), text.as_bytes());
        let note = stored::Note { id, order, actor: act.actor.clone(), at: act.at, text: sealed };
        stored::insert(tx, act, &note)?;
        Ok((id, ()))
    })
}

/// The notes at an order before `before`, newest first, at most `limit`.
pub fn notes(
    tx: &mut Tx<'_>,
    vault: &Vault,
    order: OrderId,
    before: Option<NoteId>,
    limit: i64,
) -> Result<Vec<Note>, Error> {
    let open = |note: stored::Note| {
        let opened = vault.open_at(place(note.id), &note.text).ok();
        let text = opened.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        Note { id: note.id, actor: note.actor, at: note.at, text }
    };
    Ok(stored::of(tx, order, before, limit)?.into_iter().map(open).collect())
}

fn place(note: NoteId) -> Place {
    Place { table: "order_notes", column: "text", row: note.raw() }
}
