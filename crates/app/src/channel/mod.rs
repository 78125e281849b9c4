//! Orders of sales channels: taken in as they come, kept as they came, and brought in line with ours.
//!
//! Start at [`SalesChannels::receive`]: a message is verified by the channel's own secret over the
//! raw bytes, stored sealed and acknowledged. [`inbox`] processes it later, [`take_in`] decides. A
//! message carries the channel's whole order, so only its newest copy counts: repeats and messages
//! that overtake each other change nothing.
//!
//! What is missing (an unknown SKU, half an address) is a task for a person; the copy waits and is
//! tried again by itself and on request.

pub mod inbox;
mod map;
mod money;
pub mod setup;
pub mod take_in;

use std::collections::BTreeMap;
use std::sync::Arc;

use ordermill_base::{Clock, Span, Timestamp};
use ordermill_ports::channel::ChannelKind;
use ordermill_storage::Database;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::catalog::CatalogHolder;
use crate::payment::{PaymentSettings, Payments};
use crate::privacy::Vault;

/// The channels of an installation. Clones are the same ones.
#[derive(Clone)]
pub struct SalesChannels(Arc<Inner>);

struct Inner {
    database: Database,
    vault: Vault,
    shop: Arc<CatalogHolder>,
    payments: Payments,
    kinds: Vec<Arc<dyn ChannelKind>>,
    clock: Arc<dyn Clock>,
    settings: PaymentSettings,
    /// A message came in, or something is to be tried again.
    news: Notify,
}

/// What is set for one channel, without its secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelSettings {
    /// Our account there: `tea.myshopify.com`.
    pub account: String,
    /// Our SKU codes by the channel's, where they differ. `variant:123` and `product:123` stand for
    /// lines without a SKU.
    pub sku_aliases: BTreeMap<String, String>,
    /// Trial orders are taken for real, while the channel is being set up.
    pub takes_tests: bool,
}

impl SalesChannels {
    /// Channels over a database, of the kinds that this program knows.
    pub fn new(
        database: Database,
        vault: Vault,
        shop: Arc<CatalogHolder>,
        payments: Payments,
        kinds: Vec<Arc<dyn ChannelKind>>,
        clock: Arc<dyn Clock>,
        settings: PaymentSettings,
    ) -> Self {
        let news = Notify::new();
        Self(Arc::new(Inner { database, vault, shop, payments, kinds, clock, settings, news }))
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
