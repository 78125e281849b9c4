//! What every front of the program works with: the database, the clock, the catalog in memory, the
//! vault, and the news.

use std::sync::Arc;

use ordermill_base::{Clock, Random, Timestamp};
use ordermill_domain::ids::ChannelId;
use ordermill_ports::carrier::CarrierKind;
use ordermill_ports::channel::ChannelKind;
use ordermill_ports::notifier::{Notifier, Outbox};
use ordermill_ports::tracking::TrackingKind;
use ordermill_ports::webhook::{Messenger, Nobody};
use ordermill_storage::{Database, Error, Tx, channel};
use tokio::sync::watch;

use crate::access::Access;
use crate::carrier::Carriers;
use crate::catalog::{Catalog, CatalogHolder};
use crate::channel::SalesChannels;
use crate::figures::Figures;
use crate::links::Links;
use crate::live::Live;
use crate::message::Messages;
use crate::overview::Overviews;
use crate::payment::{Gateways, PaymentSettings, Payments};
use crate::privacy::Vault;
use crate::replenishment::Refused;

/// A handle; clones share everything.
#[derive(Debug, Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    database: Database,
    clock: Arc<dyn Clock>,
    access: Access,
    catalog: Arc<CatalogHolder>,
    live: Live,
    links: Links,
    figures: Figures,
    overviews: Overviews,
    payments: Payments,
    messages: Messages,
    sales_channels: SalesChannels,
    carriers: Carriers,
    notifier: Arc<dyn Notifier>,
    messenger: Arc<dyn Messenger>,
    channels: Channels,
    refused: Refused,
    stopping: watch::Sender<bool>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("database", &self.database).finish_non_exhaustive()
    }
}

/// The partners of an installation, how they find us, and how patient we are with them.
#[derive(Clone)]
pub struct Partners {
    /// The addresses that buyers and partners are given.
    pub links: Links,
    /// Where buyers pay.
    pub gateways: Gateways,
    /// The kinds of sales channels that this program speaks with.
    pub channel_kinds: Vec<Arc<dyn ChannelKind>>,
    /// The protocols of carriers that this program speaks.
    pub carrier_kinds: Vec<Arc<dyn CarrierKind>>,
    /// Who may push tracking to us.
    pub tracking_kinds: Vec<Arc<dyn TrackingKind>>,
    /// Who carries messages to people.
    pub notifier: Arc<dyn Notifier>,
    /// Who carries webhooks to endpoints.
    pub messenger: Arc<dyn Messenger>,
    /// How patient we are with gateways, and what becomes of late money.
    pub payment_settings: PaymentSettings,
    /// Spreads the background work of nodes that started together.
    pub jitter: Random,
}

/// How many messages are kept while there is nobody to carry them.
const KEPT_MESSAGES: usize = 1_000;

impl Default for Partners {
    /// No partner at all: nothing can be paid online, and messages are kept for people to read.
    fn default() -> Self {
        Self {
            links: Links::new("http://127.0.0.1:8080"),
            gateways: Gateways::default(),
            channel_kinds: Vec::new(),
            carrier_kinds: Vec::new(),
            tracking_kinds: Vec::new(),
            notifier: Arc::new(Outbox::new(KEPT_MESSAGES)),
            messenger: Arc::new(Nobody),
            payment_settings: PaymentSettings::default(),
            jitter: Random::from_seed(0),
        }
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

/// What services stand on in the database: the channels that every shop has, and the catalog.
#[derive(Debug)]
pub struct Ground {
    channels: Channels,
    catalog: CatalogHolder,
}

impl Ground {
    /// Makes the channels if they are not there, and reads the catalog.
    pub fn lay(tx: &mut Tx<'_>, now: Timestamp) -> Result<Self, Error> {
        let shop = channel::ensure(tx, "shop", "shop", "Shop", now)?;
        let api = channel::ensure(tx, "api", "api", "API", now)?;
        Ok(Self { channels: Channels { shop, api }, catalog: CatalogHolder::load(tx)? })
    }
}

impl Services {
    /// Takes the parts, and makes the channels that every shop has. Blocks, so it is called before
    /// the runtime starts.
    pub fn new(
        database: Database,
        clock: Arc<dyn Clock>,
        vault: Vault,
        partners: Partners,
    ) -> Result<Self, Error> {
        let now = clock.now();
        let ground = database.write_blocking(move |tx| Ground::lay(tx, now))?;
        Ok(Self::on(ground, database, clock, vault, partners))
    }

    /// As [`Services::new`], on a ground that was laid in a transaction of the caller's.
    pub fn on(
        Ground { channels, catalog }: Ground,
        database: Database,
        clock: Arc<dyn Clock>,
        vault: Vault,
        partners: Partners,
    ) -> Self {
        let catalog = Arc::new(catalog);
        let settings = partners.payment_settings.clone();
        let mut jitter = partners.jitter.clone();
        let carriers = Carriers::new(
            database.clone(),
            vault.clone(),
            Arc::clone(&catalog),
            partners.links.clone(),
            partners.carrier_kinds,
            partners.tracking_kinds,
            Arc::clone(&clock),
            settings.clone(),
            jitter.split(),
        );
        let payments = Payments::new(
            database.clone(),
            partners.gateways,
            Arc::new(vault.clone()),
            Arc::clone(&clock),
            partners.payment_settings,
            partners.jitter,
        );
        let messages = Messages::new(
            database.clone(),
            vault.clone(),
            Arc::clone(&partners.notifier),
            partners.links.clone(),
            Arc::clone(&catalog),
            Arc::clone(&clock),
            settings.look_every,
        );
        let sales_channels = SalesChannels::new(
            database.clone(),
            vault.clone(),
            Arc::clone(&catalog),
            payments.clone(),
            partners.links.clone(),
            partners.channel_kinds,
            Arc::clone(&clock),
            settings,
        );
        payments.follow(Arc::clone(&catalog));
        Self(Arc::new(Inner {
            access: Access::new(database.clone(), vault),
            database,
            clock,
            payments,
            messages,
            sales_channels,
            carriers,
            links: partners.links,
            notifier: partners.notifier,
            messenger: partners.messenger,
            catalog,
            live: Live::default(),
            figures: Figures::default(),
            overviews: Overviews::default(),
            channels,
            refused: Refused::default(),
            stopping: watch::Sender::new(false),
        }))
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

    /// Has this node's catalog follow an edit at once, for whoever made it and goes on with it. If
    /// that fails, it follows by itself a moment later.
    pub async fn catalog_changed(&self) {
        drop(self.catalog_holder().catch_up_now(self.database(), self.now()).await);
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

    /// The addresses that buyers and partners are given.
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// Figures that pages show beside their lists.
    pub fn figures(&self) -> &Figures {
        &self.0.figures
    }

    /// How the day goes.
    pub fn overviews(&self) -> &Overviews {
        &self.0.overviews
    }

    /// Payments and refunds.
    pub fn payments(&self) -> &Payments {
        &self.0.payments
    }

    /// What buyers are told about their orders.
    pub fn messages(&self) -> &Messages {
        &self.0.messages
    }

    /// Orders that sales channels send.
    pub fn sales_channels(&self) -> &SalesChannels {
        &self.0.sales_channels
    }

    /// Carriers, and the parcels that they have.
    pub fn carriers(&self) -> &Carriers {
        &self.0.carriers
    }

    /// Who carries messages to people.
    pub fn notifier(&self) -> &Arc<dyn Notifier> {
        &self.0.notifier
    }

    /// Who carries webhooks to endpoints.
    pub fn messenger(&self) -> &Arc<dyn Messenger> {
        &self.0.messenger
    }

    /// The channels that every shop has.
    pub fn channels(&self) -> Channels {
        self.0.channels
    }

    /// Orders that were refused for want of stock.
    pub(crate) fn refused(&self) -> &Refused {
        &self.0.refused
    }

    /// Whether the process is on its way out: readiness says no, streams end.
    pub fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }

    /// Until the process is on its way out: streams wait for this beside their news, so that none of
    /// them holds up the end.
    pub async fn stopped(&self) {
        let mut stopping = self.0.stopping.subscribe();
        // An error means that everything is gone.
        drop(stopping.wait_for(|is_stopping| *is_stopping).await);
    }

    /// Notes that the process is on its way out.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }
}
