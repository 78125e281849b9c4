//! Payments and refunds: starting, learning what became of them, and sending money back.
//!
//! Start at [`Payments`]. A gateway is called between transactions, never inside one: first our
//! intent is stored, then the call is made with an identity that the gateway honors, then its
//! answer is stored. Whatever happens in between, the next look at the gateway finds it out.
//!
//! All ways to learn of money (a notice, the buyer's return, the poller, an operator) end in one
//! command, [`capture::RecordCapture`], which counts it once.

pub mod capture;
mod end;
pub mod gateways;
pub mod learn;
pub mod notice;
pub mod poll;
pub mod refund;
pub(crate) mod refund_news;
pub mod refund_order;
pub mod refund_sender;
pub mod run;
pub mod settings;
pub mod start;
mod store;
mod submit;
pub mod take_over;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ordermill_base::{Clock, Random, Span, Timestamp};
use ordermill_domain::order::review::Verdict;
use ordermill_domain::payment::LatePolicy;
use ordermill_storage::Database;
use tokio::sync::Notify;

use crate::catalog::CatalogHolder;
use crate::rule_table::InForce;

pub use gateways::Gateways;
pub use notice::Sealer;
pub use settings::PaymentSettings;

/// The use cases that talk to gateways, with all that they need. Clones are the same one.
#[derive(Clone)]
pub struct Payments(Arc<Inner>);

struct Inner {
    database: Database,
    gateways: Gateways,
    sealer: Arc<dyn Sealer>,
    clock: Arc<dyn Clock>,
    settings: PaymentSettings,
    jitter: Mutex<Random>,
    /// A notice came in.
    notices: Notify,
    /// There may be something to ask a gateway, or money to send back.
    hurry: Notify,
    /// Where the shop's own policy about late money stands; the settings' where there is no shop.
    shop: OnceLock<Arc<CatalogHolder>>,
}

impl Payments {
    /// Payments over a database and its gateways. `jitter` spreads the background work of nodes
    /// that started together.
    pub fn new(
        database: Database,
        gateways: Gateways,
        sealer: Arc<dyn Sealer>,
        clock: Arc<dyn Clock>,
        settings: PaymentSettings,
        jitter: Random,
    ) -> Self {
        let (jitter, notices, hurry) = (Mutex::new(jitter), Notify::new(), Notify::new());
        let shop = OnceLock::new();
        Self(Arc::new(Inner {
            database,
            gateways,
            sealer,
            clock,
            settings,
            jitter,
            notices,
            hurry,
            shop,
        }))
    }

    /// Follows the shop's policy about late money from now on.
    pub(crate) fn follow(&self, shop: Arc<CatalogHolder>) {
        let _ = self.0.shop.set(shop);
    }

    /// Does at once what is due at gateways instead of at the next look: a refund was granted.
    pub fn hurry(&self) {
        self.0.hurry.notify_waiters();
    }

    /// What becomes of money that comes late.
    pub fn late_policy(&self) -> LatePolicy {
        let shop = self.0.shop.get().map(|shop| shop.current().shop.late_policy);
        shop.unwrap_or(self.settings().late_policy)
    }

    /// The rules by which orders are reviewed.
    pub(crate) fn review_rules(&self) -> Arc<InForce<Verdict>> {
        let shop = self.0.shop.get();
        shop.map(|shop| Arc::clone(&shop.current().review_rules)).unwrap_or_default()
    }

    /// The gateways that buyers can choose from.
    pub fn gateways(&self) -> &Gateways {
        &self.0.gateways
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn settings(&self) -> &PaymentSettings {
        &self.0.settings
    }

    /// What seals what is kept as received or written.
    pub(crate) fn sealer(&self) -> &dyn Sealer {
        &*self.0.sealer
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A wait of about this long: four to six fifths of it.
    fn about(&self, span: Span) -> Span {
        let fifth = span.as_micros() / 5;
        let mut jitter = self.0.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        Span::micros(jitter.between(4 * fifth, 6 * fifth))
    }
}

impl std::fmt::Debug for Payments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payments").field("gateways", &self.0.gateways).finish_non_exhaustive()
    }
}
