//! How the parts are put together: the one place that names them all.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use ordermill_app::Services;
use ordermill_app::privacy::{RootKeySource, Vault};
use ordermill_storage::{Database, Options};
use ordermill_vault::OsEntropy;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::SystemClock;
use crate::config::Settings;

/// Everything that a running shop has.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) services: Services,
}

/// Opens the database and makes the services. Blocks: called before the runtime starts.
pub(crate) fn open(settings: &Settings) -> anyhow::Result<Shop> {
    let address = settings.address()?;
    let database = Database::open(&address, Options::default())
        .with_context(|| format!("cannot open the {} database", address.engine()))?;
    let clock = Arc::new(SystemClock);
    let now = ordermill_base::Clock::now(&SystemClock);
    let source = root_key(settings)?;
    let vault = database
        .write_blocking(move |tx| Vault::open(tx, &source, Arc::new(OsEntropy), now))
        .context("cannot open the vault")?;
    let services =
        Services::new(database, clock, vault).context("cannot read the shop's settings")?;
    Ok(Shop { services })
}

/// The installation's root key: from `ORDERMILL_ROOT_KEY`, else a file in the data directory.
fn root_key(settings: &Settings) -> anyhow::Result<RootKeySource> {
    if let Ok(key) = std::env::var("ORDERMILL_ROOT_KEY") {
        return Ok(RootKeySource::Base64(key.into()));
    }
    let data = settings.data_dir();
    std::fs::create_dir_all(&data)
        .with_context(|| format!("cannot make the data directory {}", data.display()))?;
    Ok(RootKeySource::File(data.join("root.key")))
}

impl Shop {
    /// Every address that the server answers.
    pub(crate) fn router(&self) -> Router {
        ordermill_api::router(self.services.clone()).fallback(ordermill_api::not_found)
    }

    /// Starts the work that goes on by itself, until `stop` turns true.
    pub(crate) fn start_background(&self, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
        let services = &self.services;
        let live = services.live().clone();
        let database = services.database().clone();
        vec![
            tokio::spawn(live.run(database.clone(), stop.clone())),
            tokio::spawn(services.catalog_holder().follow(database)),
        ]
    }
}
