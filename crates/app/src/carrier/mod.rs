//! Carriers: who takes parcels, how each is reached, and which one a parcel gets.
//!
//! Carriers are data: [`setup`] keeps them, with the account at each and its secret sealed. Start at
//! [`Carriers`]; [`choose`] decides for a parcel, from terms, prices and how each has served.

pub mod choose;
pub mod compare;
pub mod offered;
pub mod rules;
pub mod settings;
pub mod setup;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ordermill_base::{Clock, Random, Span, Timestamp};
use ordermill_domain::carrier::score::{History, Score};
use ordermill_domain::ids::CarrierId;
use ordermill_domain::text::Text;
use ordermill_ports::carrier::{Account, Carrier, CarrierKind};
use ordermill_ports::tracking::TrackingKind;
use ordermill_storage::carrier::{self, Stored};
use ordermill_storage::{Database, Error};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use self::choose::Known;
use crate::catalog::CatalogHolder;
use crate::catalog::settings::Kept;
use crate::links::Links;
use crate::payment::PaymentSettings;
use crate::privacy::Vault;

/// The carriers of an installation. Clones are the same ones.
#[derive(Clone)]
pub struct Carriers(Arc<Inner>);

struct Inner {
    database: Database,
    vault: Vault,
    shop: Arc<CatalogHolder>,
    links: Links,
    kinds: Vec<Arc<dyn CarrierKind>>,
    trackers: Vec<Arc<dyn TrackingKind>>,
    clock: Arc<dyn Clock>,
    patience: PaymentSettings,
    jitter: Mutex<Random>,
    /// Carriers that were reached before, by the protocol and the account that they were reached with.
    connected: Mutex<HashMap<(String, Account), Arc<dyn Carrier>>>,
    scores: Mutex<Option<(Timestamp, Arc<Histories>)>>,
    /// A label is wanted, or a driver.
    work: Notify,
    /// A carrier is to be told what to do with a parcel.
    errands: Notify,
    /// A push came in.
    pushes: Notify,
}

/// How each carrier has served.
pub type Histories = HashMap<CarrierId, History>;

/// Who sends, as carriers print it. Where the parcels are collected is told by each location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The name on labels; the shop's own where it is empty.
    #[serde(default)]
    pub name: Text,
    /// The number that couriers call. Without one no label is made.
    #[serde(default)]
    pub phone: String,
    /// The number that buyers call, as it stands on tracking pages; none if it is empty.
    #[serde(default)]
    pub service_phone: String,
}

impl Kept for Sender {
    const NAME: &'static str = "shipping.sender";

    fn standard() -> Self {
        Self::default()
    }
}

impl Kept for ordermill_domain::carrier::choice::Policy {
    const NAME: &'static str = "shipping.policy";

    fn standard() -> Self {
        Self::default()
    }
}

/// What history a score is made of.
const SCORED_FOR: Span = Span::days(90);
/// How long a score stands before it is computed again.
const SCORED_EVERY: Span = Span::minutes(10);

impl Carriers {
    /// Carriers over a database, with the protocols and trackers that this program knows.
    #[expect(clippy::too_many_arguments, reason = "called once, where everything is put together")]
    pub fn new(
        database: Database,
        vault: Vault,
        shop: Arc<CatalogHolder>,
        links: Links,
        kinds: Vec<Arc<dyn CarrierKind>>,
        trackers: Vec<Arc<dyn TrackingKind>>,
        clock: Arc<dyn Clock>,
        patience: PaymentSettings,
        jitter: Random,
    ) -> Self {
        Self(Arc::new(Inner {
            database,
            vault,
            shop,
            links,
            kinds,
            trackers,
            clock,
            patience,
            jitter: Mutex::new(jitter),
            connected: Mutex::default(),
            scores: Mutex::default(),
            work: Notify::new(),
            errands: Notify::new(),
            pushes: Notify::new(),
        }))
    }

    /// How well each carrier has served in the last ninety days; at most ten minutes old.
    pub async fn histories(&self) -> Result<Arc<Histories>, Error> {
        let now = self.now();
        let known = self.0.scores.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, histories)) = known
            && at <= now
            && now < at + SCORED_EVERY
        {
            return Ok(histories);
        }
        let since = Timestamp::from_micros(now.as_micros() - SCORED_FOR.as_micros());
        let histories = self.0.database.read(move |tx| carrier::histories(tx, since)).await?;
        let histories = Arc::new(histories);
        *self.0.scores.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((now, Arc::clone(&histories)));
        Ok(histories)
    }

    /// What a choice is made by.
    pub async fn known(&self) -> Result<Known, Error> {
        let histories = self.histories().await?;
        Ok(Known { histories, rules: Arc::clone(&self.0.shop.current().carrier_rules) })
    }

    /// As [`Carriers::known`], as far as this node has computed it; no histories right after a start.
    pub fn known_now(&self) -> Known {
        let known = self.0.scores.lock().unwrap_or_else(PoisonError::into_inner);
        let histories =
            known.as_ref().map_or_else(Arc::default, |(_, histories)| Arc::clone(histories));
        Known { histories, rules: Arc::clone(&self.0.shop.current().carrier_rules) }
    }

    /// Wakes whoever asks carriers for labels and drivers, and tells them what to do.
    pub fn hurry(&self) {
        self.0.work.notify_one();
        self.0.errands.notify_one();
    }

    /// What is reached behind a carrier's account; `None`, logged, if nothing can be.
    pub(crate) fn connect(&self, stored: &Stored) -> Option<Arc<dyn Carrier>> {
        let account = setup::open_account(&self.0.vault, stored)?;
        let key = (stored.account.protocol.clone(), account);
        let mut connected = self.0.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(carrier) = connected.get(&key) {
            return Some(Arc::clone(carrier));
        }
        let kind = self.0.kinds.iter().find(|kind| kind.name() == stored.account.protocol)?;
        match kind.connect(&key.1) {
            Ok(carrier) => {
                connected.insert(key, Arc::clone(&carrier));
                Some(carrier)
            }
            Err(error) => {
                tracing::error!(carrier.id = %stored.carrier.id, %error, "a carrier is unreachable");
                None
            }
        }
    }

    pub(crate) fn tracker_kind(&self, partner: &str) -> Option<&dyn TrackingKind> {
        self.0.trackers.iter().find(|kind| kind.name() == partner).map(|kind| &**kind)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn shop(&self) -> &CatalogHolder {
        &self.0.shop
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn patience(&self) -> &PaymentSettings {
        &self.0.patience
    }

    pub(crate) fn work(&self) -> &Notify {
        &self.0.work
    }

    pub(crate) fn errands(&self) -> &Notify {
        &self.0.errands
    }

    pub(crate) fn pushes(&self) -> &Notify {
        &self.0.pushes
    }

    /// About as long, so that nodes do not ask in step.
    pub(crate) fn about(&self, span: Span) -> Span {
        let mut jitter = self.0.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        Span::micros(jitter.between(span.as_micros() / 2, span.as_micros().max(1)))
    }
}

/// The score of each carrier; one without history is taken for an average one.
pub fn score_of(histories: &Histories, carrier: CarrierId) -> Score {
    histories.get(&carrier).copied().unwrap_or_default().score()
}

impl std::fmt::Debug for Carriers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.kinds.iter().map(|kind| kind.name())).finish()
    }
}
