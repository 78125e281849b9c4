//! Questions that are sent before the answers of others are there.
//!
//! What a page or a command wants to know of one thing stands in several tables, all found by keys that are
//! known from the start. Asked together they cost PostgreSQL one turn instead of one each; on SQLite, where a
//! question has no way to go, each is answered at once.

use std::sync::PoisonError;

use crate::engine::postgres::Slot;
use crate::{Error, Row, Tx};

/// How a row becomes what was asked for.
pub(crate) type Read<T> = fn(&mut Row<'_>) -> Result<T, Error>;

/// Something that was asked of the database.
#[must_use = "an answer that nobody waits for was asked in vain"]
pub struct Asked<T>(Rows<T>);

enum Rows<T> {
    Here(Vec<T>),
    OnTheirWay(Slot, Read<T>),
}

impl<T> std::fmt::Debug for Asked<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a question to the database")
    }
}

impl<T> Asked<T> {
    pub(crate) fn here(rows: Vec<T>) -> Self {
        Self(Rows::Here(rows))
    }

    pub(crate) fn on_their_way(slot: Slot, read: Read<T>) -> Self {
        Self(Rows::OnTheirWay(slot, read))
    }

    /// The answer, and with it those of everything that was asked before.
    ///
    /// # Errors
    /// Of the database, also about something asked before.
    pub fn answer(self, tx: &mut Tx<'_>) -> Result<Vec<T>, Error> {
        let (slot, read) = match self.0 {
            Rows::Here(rows) => return Ok(rows),
            Rows::OnTheirWay(slot, read) => (slot, read),
        };
        let taken = || slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let rows = match taken() {
            Some(rows) => Some(rows),
            None => {
                tx.settle()?;
                taken()
            }
        };
        let rows = rows.unwrap_or_default();
        rows.iter().map(|row| read(&mut Row::postgres(row))).collect()
    }

    /// As [`Self::answer`], of a question that has at most one.
    ///
    /// # Errors
    /// As there.
    pub fn only(self, tx: &mut Tx<'_>) -> Result<Option<T>, Error> {
        Ok(self.answer(tx)?.into_iter().next())
    }
}
