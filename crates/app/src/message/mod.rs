//! Messages to buyers about their orders: what happened becomes a row, a row becomes a text, and
//! whoever carries messages gets it once.
//!
//! [`news`] reads the journal, so no command waits for a message and none is forgotten; a row is
//! known by (order, cause, subject), so that reading twice tells once. [`Messages`] sends what is
//! due. Neither text nor address is stored: both are made from the order when the message goes out.

pub mod news;
mod parcel;
mod send;
mod text;
mod wanted;

use std::sync::Arc;

use ordermill_base::{Clock, Span, Timestamp};
use ordermill_ports::notifier::Notifier;
use ordermill_storage::Database;

use crate::catalog::CatalogHolder;
use crate::links::Links;
use crate::privacy::Vault;

pub use wanted::BuyerMessages;

/// How often a message is tried before a person is told.
pub const TRIES: i64 = 6;

/// Sends messages to buyers. Clones are the same one.
#[derive(Clone)]
pub struct Messages(Arc<Inner>);

struct Inner {
    database: Database,
    vault: Vault,
    notifier: Arc<dyn Notifier>,
    links: Links,
    shop: Arc<CatalogHolder>,
    clock: Arc<dyn Clock>,
    look_every: Span,
}

impl Messages {
    /// Messages about the orders of a database. Looks for something to send every `look_every`.
    pub fn new(
        database: Database,
        vault: Vault,
        notifier: Arc<dyn Notifier>,
        links: Links,
        shop: Arc<CatalogHolder>,
        clock: Arc<dyn Clock>,
        look_every: Span,
    ) -> Self {
        Self(Arc::new(Inner { database, vault, notifier, links, shop, clock, look_every }))
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Messages")
    }
}
