//! How the parts are put together: the one place that names them all.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use ordermill_api::limits::Quotas;
use ordermill_app::bulk::walk::Walker;
use ordermill_app::housekeeping::Housekeeping;
use ordermill_app::node::Node;
use ordermill_app::privacy::{RootKeySource, Vault, follow_keys};
use ordermill_app::reader::{Reader, Reading};
use ordermill_app::webhook::sender::Sender;
use ordermill_app::{Partners, Services, scheduler};
use ordermill_base::{Clock, Random};
use ordermill_storage::{Database, Options};
use ordermill_vault::{OsEntropy, Token};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::SystemClock;
use crate::config::Settings;

/// Everything that a running shop has.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) services: Services,
    /// Held as long as the process runs: no other process writes as this node.
    pub(crate) node: Node,
    /// Names this process to the others.
    holder: String,
    /// What one API key may ask for.
    quotas: Quotas,
}

/// Opens the database and makes the services. Blocks: called before the runtime starts.
pub(crate) fn open(settings: &Settings, partners: Partners) -> anyhow::Result<Shop> {
    open_at(settings, partners, Arc::new(SystemClock))
}

/// As [`open`], with another clock for everything but the hold on the database.
pub(crate) fn open_at(
    settings: &Settings,
    partners: Partners,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Shop> {
    let address = settings.address()?;
    let holder = format!("{}-{}", std::process::id(), Token::generate(&OsEntropy).as_str());
    let node = Node::take(&address, &holder, Arc::new(SystemClock))
        .with_context(|| format!("cannot open the {} database", address.engine()))?;
    let options = Options { node: node.number(), ..Options::default() };
    let database = Database::open(&address, options)
        .with_context(|| format!("cannot open the {} database", address.engine()))?;
    let now = clock.now();
    let source = root_key(settings)?;
    let vault = database
        .write_blocking(move |tx| Vault::open(tx, &source, Arc::new(OsEntropy), now))
        .context("cannot open the vault")?;
    let services = Services::new(database, clock, vault, partners)
        .context("cannot read the shop's settings")?;
    let mut quotas = Quotas::default();
    if let Some(requests) = settings.api_requests_per_minute {
        quotas.requests_per_minute = requests;
    }
    Ok(Shop { services, node, holder, quotas })
}

/// The installation's root key: from `ORDERMILL_ROOT_KEY`, else a file in the data directory.
pub(crate) fn root_key(settings: &Settings) -> anyhow::Result<RootKeySource> {
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
        let public_url = self.services.links().public_url();
        let site = ordermill_web::Site::new(self.services.clone(), public_url);
        ordermill_api::router_with(self.services.clone(), self.quotas)
            .route("/api/{*rest}", axum::routing::any(ordermill_api::not_found))
            .merge(ordermill_web::router(site))
    }

    /// Starts the work that goes on by itself, until `stop` turns true.
    pub(crate) fn start_background(&self, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
        let services = &self.services;
        let (database, clock) = (services.database(), services.clock());
        let live = services.live().clone().run(database.clone(), stop.clone());
        let catalog = {
            let (follow, mut stop) =
                (services.catalog_holder().follow(database.clone()), stop.clone());
            async move {
                tokio::select! {
                    () = follow => {}
                    _ = stop.wait_for(|is_stopping| *is_stopping) => {}
                }
            }
        };
        let jitter = Random::from_seed(u64::from(std::process::id()));
        let deadlines = scheduler::run(database.clone(), clock, jitter.clone(), stop.clone());
        let payments = services.payments().clone().run(stop.clone());
        let webhooks = Sender::new(
            database.clone(),
            services.vault().clone(),
            Arc::clone(services.messenger()),
            services.clock(),
            services.links().public_url().to_owned(),
            jitter.clone().split(),
        );
        let messages = services.messages().clone().run(stop.clone());
        let channels = services.sales_channels().clone().run(stop.clone());
        let carriers = services.carriers().clone().run(stop.clone());
        let housekeeping = Housekeeping::new(database.clone(), self.holder.clone()).run(
            services.clock(),
            jitter.clone(),
            stop.clone(),
        );
        let bulk = Walker::new(database.clone(), self.holder.clone()).run(
            services.clock(),
            jitter.clone(),
            stop.clone(),
        );
        let mut tasks = vec![
            tokio::spawn(live),
            tokio::spawn(catalog),
            tokio::spawn(deadlines),
            tokio::spawn(payments),
            tokio::spawn(webhooks.run(stop.clone())),
            tokio::spawn(messages),
            tokio::spawn(follow_keys(database.clone(), services.vault().clone(), stop.clone())),
            tokio::spawn(channels),
            tokio::spawn(carriers),
            tokio::spawn(housekeeping),
            tokio::spawn(bulk),
        ];
        tasks.extend(self.readers().into_iter().map(|reader| {
            let reading = Reading::new(reader, database.clone(), self.holder.clone());
            tokio::spawn(reading.run(services.clock(), jitter.clone(), stop.clone()))
        }));
        tasks
    }

    /// Everything that reads the journal with a cursor of its own.
    fn readers(&self) -> Vec<Reader> {
        vec![
            Reader::audit_sealer(),
            Reader::contacts(self.services.vault().clone()),
            ordermill_app::risk::reader(self.services.vault().clone()),
            Reader::webhooks(),
            Reader::backorders(),
            ordermill_app::sourcing::reader(self.services.catalog_holder()),
            ordermill_app::sourcing::arrivals::reader(self.services.catalog_holder()),
            ordermill_app::merge::reader(
                self.services.catalog_holder(),
                self.services.vault().clone(),
            ),
            ordermill_app::shipment::packed::reader(self.services.carriers().clone()),
            ordermill_app::shipment::leave::reader(),
            ordermill_app::channel::report::reader(self.services.sales_channels().clone()),
            ordermill_app::pick_list::reader(),
            ordermill_app::message::news::reader(),
            ordermill_app::replenishment::reader(self.services.catalog_holder()),
        ]
    }
}
