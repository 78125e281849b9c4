//! Figures that pages show beside their lists: counted at most every few seconds, up to a limit, and
//! shared by everybody who looks. A page never counts a whole table.

use std::collections::HashMap;

use ordermill_base::{Span, Timestamp};
use ordermill_storage::audit::{self, Bad, Verified, VerifyError};
use ordermill_storage::order::{self, Filter};
use ordermill_storage::{Database, Error};
use tokio::sync::Mutex;

/// Up to here orders are counted.
pub const COUNTED_MAX: i64 = 10_000;
/// How old a figure may be.
const FRESH_FOR: Span = Span::seconds(5);
/// How many questions are remembered.
const KNOWN_MAX: usize = 256;

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// At least this many.
    pub count: u64,
    /// Whether there are more than that.
    pub is_more: bool,
}

impl Figure {
    /// What was counted up to one more than [`COUNTED_MAX`].
    pub(crate) fn counted(count: i64) -> Self {
        Self { count: count.min(COUNTED_MAX).unsigned_abs(), is_more: count > COUNTED_MAX }
    }
}

/// What was counted and verified lately.
#[derive(Debug, Default)]
pub struct Figures {
    counted: Mutex<HashMap<Filter, (Timestamp, Figure)>>,
    audit: Mutex<Option<(Timestamp, Result<Verified, Bad>)>>,
}

impl Figures {
    /// How many orders match, as of a few seconds ago.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn orders(
        &self,
        database: &Database,
        filter: &Filter,
        now: Timestamp,
    ) -> Result<Figure, Error> {
        // One at a time: whoever waits finds the answer of whoever was first.
        let mut known = self.counted.lock().await;
        if let Some((_, figure)) =
            known.get(filter).filter(|(at, _)| now.since(*at).as_micros() < FRESH_FOR.as_micros())
        {
            return Ok(*figure);
        }
        let asked = filter.clone();
        let count =
            database.read(move |tx| order::count(tx, &asked, None, COUNTED_MAX + 1)).await?;
        let figure = Figure::counted(count);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(filter.clone(), (now, figure));
        Ok(figure)
    }

    /// When the audit chain was last verified from here, and with which result.
    pub async fn audit(&self) -> Option<(Timestamp, Result<Verified, Bad>)> {
        *self.audit.lock().await
    }

    /// Verifies the audit chain from its first entry to its last; one at a time.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn verify_audit(&self, database: &Database, now: Timestamp) -> Result<(), Error> {
        let mut last = self.audit.lock().await;
        let verify = |tx: &mut ordermill_storage::Tx<'_>| match audit::verify(tx, None, &mut |_| {})
        {
            Ok(verified) => Ok(Ok(verified)),
            Err(VerifyError::Bad(bad)) => Ok(Err(bad)),
            Err(VerifyError::Storage(error)) => Err(error),
        };
        *last = Some((now, database.snapshot(verify).await?));
        Ok(())
    }
}
