//! Orders of sales channels: taken in as they come, kept as they came, and brought in line with ours.
//!
//! Start at [`SalesChannels::receive`]: a message is verified by the channel's own secret over the
//! raw bytes, stored sealed and acknowledged. [`inbox`] processes it later, [`take_in`] decides. A
//! message carries the channel's whole order, so only its newest copy counts: repeats and messages
//! that overtake each other change nothing.
//!
//! What leaves goes the other way: [`report`] tells channels of parcels.
//!
//! What is missing (an unknown SKU, half an address) is a task for a person; the copy waits and is
//! tried again by itself and on request.

pub mod inbox;
mod lag;
mod map;
mod money;
mod replaced;
pub mod report;
pub mod setup;
pub mod take_in;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use ordermill_base::{Clock, Span, Timestamp};
use ordermill_ports::channel::ChannelKind;
use ordermill_ports::channel_desk::{Access, ChannelDesk};
use ordermill_storage::Database;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::catalog::CatalogHolder;
use crate::links::Links;
use crate::payment::{PaymentSettings, Payments};
use crate::privacy::Vault;

pub use lag::{BOUNDS as LAG_BOUNDS, LagFigures};

/// The channels of an installation. Clones are the same ones.
#[derive(Clone)]
pub struct SalesChannels(Arc<Inner>);

struct Inner {
    database: Database,
    vault: Vault,
    shop: Arc<CatalogHolder>,
    payments: Payments,
    links: Links,
    kinds: Vec<Arc<dyn ChannelKind>>,
    clock: Arc<dyn Clock>,
    settings: PaymentSettings,
    /// A message came in, or something is to be tried again.
    news: Notify,
    /// A parcel left, or its channel is to be told again.
    left: Notify,
    /// Channels that were told something before, by what they are reached with.
    desks: Mutex<HashMap<Access, Arc<dyn ChannelDesk>>>,
    lags: lag::Lags,
}

/// What is set for one channel, without its secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelSettings {
    /// Our account there: `tea.myshopify.com`.
    pub account: String,
    /// Where its API is, if not where the account says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// Our SKU codes by the channel's, where they differ. `variant:123` and `product:123` stand for
    /// lines without a SKU.
    pub sku_aliases: BTreeMap<String, String>,
    /// Trial orders are taken for real, while the channel is being set up.
    pub takes_tests: bool,
}

impl SalesChannels {
    /// Channels over a database, of the kinds that this program knows.
    #[expect(clippy::too_many_arguments, reason = "called once, where everything is put together")]
    pub fn new(
        database: Database,
        vault: Vault,
        shop: Arc<CatalogHolder>,
        payments: Payments,
        links: Links,
        kinds: Vec<Arc<dyn ChannelKind>>,
        clock: Arc<dyn Clock>,
        settings: PaymentSettings,
    ) -> Self {
        Self(Arc::new(Inner {
            database,
            vault,
            shop,
            payments,
            links,
            kinds,
            clock,
            settings,
            news: Notify::new(),
            left: Notify::new(),
            desks: Mutex::default(),
            lags: lag::Lags::default(),
        }))
    }

    fn kind(&self, name: &str) -> Option<&dyn ChannelKind> {
        self.0.kinds.iter().find(|kind| kind.name() == name).map(|kind| &**kind)
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn look_every(&self) -> Span {
        self.0.settings.look_every
    }
}

impl std::fmt::Debug for SalesChannels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.kinds.iter().map(|kind| kind.name())).finish()
    }
}
