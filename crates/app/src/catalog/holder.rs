//! Keeps the newest catalog, and renews it when the journal tells of an edit.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::event::Aggregate;
use ordermill_domain::ids::SkuId;
use ordermill_storage::journal::{self, Cursor, Entry};
use ordermill_storage::{Database, Error, Tx};

use super::Catalog;

/// The newest catalog. Reading it costs the copy of a pointer.
#[derive(Debug)]
pub struct CatalogHolder {
    state: RwLock<State>,
    /// Held from before a snapshot is taken until what it saw is kept: an older one never comes last.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    catalog: Arc<Catalog>,
    /// Every edit up to here is in the catalog.
    cursor: Cursor,
}

const WATCHED: [&str; 6] = [
    Aggregate::Category.code(),
    Aggregate::Sku.code(),
    Aggregate::Location.code(),
    Aggregate::Setting.code(),
    Aggregate::RuleTable.code(),
    Aggregate::Carrier.code(),
];

/// Entries read at once; with more than that, all of it is read again.
const ENTRIES_MAX: i64 = 1_000;
/// Edits of other nodes are seen after this long at the latest.
const POLL: Duration = Duration::from_secs(1);
/// While much is written, the journal is asked this often and not for every commit.
const BREATH: Duration = Duration::from_millis(100);
/// An edit whose author waits to see it was made no longer ago than this, however slow its commit.
const FRESH: Span = Span::seconds(10);

impl CatalogHolder {
    /// Reads the catalog, in a snapshot or a transaction so that its parts agree.
    pub fn load(tx: &mut Tx<'_>) -> Result<Self, Error> {
        // The cursor first: what is written in between is then read twice and not missed.
        let cursor = journal::end(tx)?;
        let catalog = Arc::new(Catalog::load(tx)?);
        Ok(Self::with(catalog, cursor))
    }

    /// A catalog that was made elsewhere, for tests and tools.
    pub fn of(catalog: Catalog) -> Self {
        Self::with(Arc::new(catalog), Cursor::start())
    }

    fn with(catalog: Arc<Catalog>, cursor: Cursor) -> Self {
        Self { state: RwLock::new(State { catalog, cursor }), turn: tokio::sync::Mutex::default() }
    }

    /// The newest catalog. Whoever keeps it longer goes on with one that was true.
    pub fn current(&self) -> Arc<Catalog> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).catalog)
    }

    /// Reads all of it again. Uncommitted edits of `tx` become visible: call it outside of them.
    pub fn reload(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let cursor = journal::end(tx)?;
        let catalog = Arc::new(Catalog::load(tx)?);
        self.put(catalog, cursor);
        Ok(())
    }

    /// Reads again what the journal says has changed. Gives whether anything has.
    pub fn catch_up(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        let (cursor, renewed) = self.renewed(tx)?;
        match renewed {
            Some(catalog) => self.put(Arc::new(catalog), cursor),
            None => {
                let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
                state.cursor = state.cursor.max(cursor);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes in at once what has just been edited on this node. Readers of the journal may have to wait
    /// for it: on PostgreSQL until every transaction that is older has ended.
    pub async fn catch_up_now(
        self: Arc<Self>,
        database: &Database,
        now: Timestamp,
    ) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let holder = Arc::clone(&self);
        let seen = move |tx: &mut Tx<'_>| {
            holder.catch_up(tx)?;
            let (before, cursor) = holder.kept();
            let entries = journal::seen_after(tx, &WATCHED, cursor, now - FRESH, ENTRIES_MAX)?;
            // The cursor stays: the same entries are read again by `catch_up`, in their order.
            if let Some(catalog) = before_and(&before, &entries, tx)? {
                holder.put(Arc::new(catalog), cursor);
            }
            Ok::<_, Error>(())
        };
        database.snapshot(seen).await
    }

    /// The catalog with every edit that this transaction sees in the journal, kept by nobody else: the
    /// transaction may come to nothing.
    pub fn seen_by(&self, tx: &mut Tx<'_>) -> Result<Arc<Catalog>, Error> {
        let (_, renewed) = self.renewed(tx)?;
        Ok(renewed.map_or_else(|| self.current(), Arc::new))
    }

    /// How far the journal is, and the catalog as of there if it is another one.
    fn renewed(&self, tx: &mut Tx<'_>) -> Result<(Cursor, Option<Catalog>), Error> {
        let (before, cursor) = self.kept();
        let end = journal::end(tx)?;
        if end <= cursor {
            return Ok((cursor, None));
        }
        let entries = journal::after_of(tx, &WATCHED, cursor, ENTRIES_MAX)?;
        Ok((end, before_and(&before, &entries, tx)?))
    }

    fn kept(&self) -> (Arc<Catalog>, Cursor) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&state.catalog), state.cursor)
    }

    fn put(&self, catalog: Arc<Catalog>, cursor: Cursor) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        // Of two that read at once, the one that has seen more stays.
        if cursor >= state.cursor {
            *state = State { catalog, cursor };
        }
    }

    /// Keeps the catalog new for as long as it is polled: never ends by itself. While the database
    /// is away, the last catalog stays.
    pub async fn follow(self: Arc<Self>, database: Database) {
        let mut committed = database.committed();
        loop {
            let woken = tokio::time::timeout(POLL, committed.changed()).await;
            if matches!(woken, Ok(Err(_))) {
                return;
            }
            let result = {
                let _turn = self.turn.lock().await;
                let holder = Arc::clone(&self);
                database.snapshot(move |tx| holder.catch_up(tx)).await
            };
            if let Err(error) = result {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the catalog could not be renewed");
            }
            tokio::time::sleep(BREATH).await;
        }
    }
}

/// The catalog `before` with what these entries are about read again; none if they are none.
fn before_and(
    before: &Catalog,
    entries: &[Entry],
    tx: &mut Tx<'_>,
) -> Result<Option<Catalog>, Error> {
    if entries.is_empty() {
        return Ok(None);
    }
    if entries.len() as i64 == ENTRIES_MAX {
        return Catalog::load(tx).map(Some);
    }
    let of_skus = entries.iter().filter(|it| it.aggregate == Aggregate::Sku.code());
    let skus: BTreeSet<SkuId> = of_skus.map(|entry| SkuId::from_raw(entry.aggregate_id)).collect();
    before.renewed(tx, skus).map(Some)
}
