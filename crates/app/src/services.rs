//! What every front of the program works with: the database, the clock, the catalog in memory, the
//! vault, and the news.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ordermill_base::{Clock, Timestamp};
use ordermill_domain::ids::ChannelId;
use ordermill_storage::{Database, Error, channel};

use crate::access::Access;
use crate::catalog::{Catalog, CatalogHolder};
use crate::live::Live;
use crate::privacy::Vault;

/// A handle; clones share everything.
#[derive(Debug, Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Arc<dyn Clock>,
    access: Access,
    catalog: Arc<CatalogHolder>,
    live: Live,
    channels: Channels,
    is_stopping: AtomicBool,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("database", &self.database).finish_non_exhaustive()
    }
}

/// The channels that every shop has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channels {
    /// The own shop.
    pub shop: ChannelId,
    /// Integrations whose key names no channel.
    pub api: ChannelId,
}

impl Services {
    /// Takes the parts, and makes the channels that every shop has. Blocks, so it is called before
    /// the runtime starts.
    pub fn new(database: Database, clock: Arc<dyn Clock>, vault: Vault) -> Result<Self, Error> {
        let now = clock.now();
        let (channels, catalog) = database.write_blocking(move |tx| {
            let shop = channel::ensure(tx, "shop", "shop", "Shop", now)?;
            let api = channel::ensure(tx, "api", "api", "API", now)?;
            Ok::<_, Error>((Channels { shop, api }, CatalogHolder::load(tx)?))
        })?;
        Ok(Self(Arc::new(Inner {
            access: Access::new(database.clone(), vault),
            database,
            clock,
            catalog: Arc::new(catalog),
            live: Live::default(),
            channels,
            is_stopping: AtomicBool::new(false),
        })))
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// The moment now.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The clock itself, for parts that keep it.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// What is sold, as of now.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.0.catalog.current()
    }

    /// Keeps the catalog in memory up to date.
    pub fn catalog_holder(&self) -> Arc<CatalogHolder> {
        Arc::clone(&self.0.catalog)
    }

    /// Seals and opens personal data.
    pub fn vault(&self) -> &Vault {
        self.0.access.vault()
    }

    /// Who is who: sessions and API keys.
    pub fn access(&self) -> &Access {
        &self.0.access
    }

    /// News for live pages and streams.
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// The channels that every shop has.
    pub fn channels(&self) -> Channels {
        self.0.channels
    }

    /// Whether the process is on its way out: readiness says no, streams end.
    pub fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::Acquire)
    }

    /// Notes that the process is on its way out.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::Release);
    }
}
