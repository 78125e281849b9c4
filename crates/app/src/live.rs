//! News for live pages and streams: one reader of the journal per node, many listeners.
//!
//! Listeners hear what happened to what, never more: a page that cares asks again, so permissions,
//! masks and language are applied where they always are. A listener that is too slow is told so and
//! catches up from the journal by its last position.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ordermill_storage::journal::{self, Cursor, Entry};
use ordermill_storage::{Database, Error};
use tokio::sync::{broadcast, watch};

/// Entries that a listener may lag behind before it must catch up by itself.
const BACKLOG: usize = 4_096;
const READ_AT_ONCE: i64 = 512;
/// While nobody listens, the journal's end is looked at no more often.
const BREATH: Duration = Duration::from_millis(100);
/// How long news of other nodes may take.
const POLL: Duration = Duration::from_secs(1);

/// The source of news; clones share it.
#[derive(Debug, Clone)]
pub struct Live {
    news: broadcast::Sender<Arc<Entry>>,
    told_up_to: Arc<Mutex<Option<Cursor>>>,
}

/// What a listener hears.
#[derive(Debug, Clone)]
pub enum News {
    /// Something happened.
    Entry(Arc<Entry>),
    /// The listener was too slow; it asks the journal for what it missed.
    Missed,
}

/// One listener.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Arc<Entry>>);

impl Default for Live {
    fn default() -> Self {
        Self { news: broadcast::Sender::new(BACKLOG), told_up_to: Arc::default() }
    }
}

impl Live {
    /// Starts listening; hears what happens from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.news.subscribe())
    }

    /// Up to where news were told; what is read from now on knows at least this much. A page that was made then
    /// and listens later asks the journal for what lies between. None before the first look at the journal.
    pub fn told_up_to(&self) -> Option<Cursor> {
        *self.told_up_to.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the journal's end for ever and tells the listeners, until `stop` turns true.
    pub async fn run(self, database: Database, mut stop: watch::Receiver<bool>) {
        let mut committed = database.committed();
        let mut cursor = None;
        loop {
            match self.tell(&database, &mut cursor).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "no news for live pages"
                    );
                }
            }
            *self.told_up_to.lock().unwrap_or_else(PoisonError::into_inner) = cursor;
            let breath = if self.news.receiver_count() == 0 { BREATH } else { Duration::ZERO };
            let woken = async {
                tokio::time::sleep(breath).await;
                drop(tokio::time::timeout(POLL, committed.changed()).await);
            };
            tokio::select! {
                _ = stop.wait_for(|is_stopping| *is_stopping) => return,
                () = woken => {}
            }
        }
    }

    /// Tells what is new; gives whether there may be more.
    async fn tell(&self, database: &Database, cursor: &mut Option<Cursor>) -> Result<bool, Error> {
        let Some(last) = *cursor else {
            *cursor = Some(database.read(journal::end).await?);
            return Ok(false);
        };
        if self.news.receiver_count() == 0 {
            // Nobody listens: go to the end without reading what lies between.
            let end = database.read(journal::end).await?;
            // Who has begun to listen meanwhile may know less than this end.
            if self.news.receiver_count() == 0 {
                *cursor = Some(end);
                return Ok(false);
            }
        }
        let entries = database.read(move |tx| journal::after(tx, last, READ_AT_ONCE)).await?;
        let has_more = entries.len() as i64 == READ_AT_ONCE;
        for entry in entries {
            *cursor = Some(entry.cursor);
            // No listener is no trouble.
            let _ = self.news.send(Arc::new(entry));
        }
        Ok(has_more)
    }
}

impl Listener {
    /// The next news; `None` when the source has ended.
    pub async fn next(&mut self) -> Option<News> {
        match self.0.recv().await {
            Ok(entry) => Some(News::Entry(entry)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(News::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
