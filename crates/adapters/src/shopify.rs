//! Shopify: verifies order webhooks and maps orders into [`ChannelOrder`]s.
//!
//! Start at [`Shop::receive`] for webhooks and [`read_orders`] for the pages that a poller fetches.
//! Both give the same mapping, so a webhook that was lost is made up for by the next poll. What the
//! shop is told of parcels goes the other way, through [`ShopDesk`].
//!
//! Shopify signs the body and nothing else: topic, shop and webhook id in the headers are only as
//! good as the connection. So the shop is the endpoint's own, found by its own secret, and the
//! identity of an order is in its body; a replay under a new webhook id meets the same order with
//! the same `updated_at`.

mod desk;
mod fields;
mod order;

use std::sync::{Arc, Mutex, PoisonError};

use ordermill_base::{Clock, Random, Timestamp};
use ordermill_ports::Headers;
use ordermill_ports::channel::{self, ChannelKind, ChannelOrder, SalesChannel};
use ordermill_ports::channel_desk::{Access, Desk, Unreachable};
use ordermill_vault::signature;

use crate::Guard;

pub use desk::{Config, ShopDesk};
pub use order::{Problem, Unmappable, read_order, read_orders};

/// One shop that sends us its orders.
pub struct Shop {
    domain: String,
    secrets: Vec<String>,
}

/// A verified webhook about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The same for every delivery of one message.
    pub webhook_id: String,
    /// What happened.
    pub topic: Topic,
    /// When Shopify noticed it.
    pub triggered_at: Option<Timestamp>,
    /// The order as it was then; a later state may have arrived before.
    pub order: ChannelOrder,
}

/// What a webhook tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are Shopify's topics")]
pub enum Topic {
    OrdersCreate,
    OrdersUpdated,
    OrdersPaid,
    OrdersCancelled,
}

/// Why a webhook is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A header is absent or came twice.
    #[error("the header {0} is not there exactly once")]
    Header(&'static str),
    /// No secret of this shop makes this signature for these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// Signed by this shop's secret and sent in the name of another: a wrong setting.
    #[error("the webhook names another shop than its endpoint belongs to")]
    WrongShop,
    /// A topic that we did not ask for.
    #[error("the topic {0:?} is not about orders as we know them")]
    Topic(String),
    /// The order lacks something, or is written in another way than we know.
    #[error(transparent)]
    Unmappable(#[from] Unmappable),
}

impl Shop {
    /// A shop by its `….myshopify.com` domain and the secrets of its app: the newest first, and the
    /// one before while it is being changed.
    pub fn new<'a>(domain: impl Into<String>, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets = secrets.into_iter().map(str::to_owned).collect();
        Self { domain: domain.into(), secrets }
    }

    /// Checks the signature over the raw bytes and the account, and gives the webhook's id.
    fn verify<'h>(
        &self,
        headers: &'h Headers,
        body: &[u8],
    ) -> Result<&'h str, channel::ReceiveError> {
        use channel::ReceiveError as E;
        let header = |name| headers.get(name).ok_or(E::Header(name));
        let signature = header("x-shopify-hmac-sha256")?;
        let is_made_with =
            |secret: &String| signature::verify_shopify(secret, signature, body).is_ok();
        if !self.secrets.iter().any(is_made_with) {
            return Err(E::Signature);
        }
        if !header("x-shopify-shop-domain")?.eq_ignore_ascii_case(&self.domain) {
            return Err(E::WrongAccount);
        }
        header("x-shopify-webhook-id")
    }

    /// Reads a webhook: first the signature over the raw bytes, then everything else.
    pub fn receive(&self, headers: &Headers, body: &[u8]) -> Result<Received, ReceiveError> {
        let webhook_id = self.verify(headers, body)?.to_owned();
        let topic =
            headers.get("x-shopify-topic").ok_or(ReceiveError::Header("x-shopify-topic"))?;
        let topic = match topic {
            "orders/create" => Topic::OrdersCreate,
            "orders/updated" => Topic::OrdersUpdated,
            "orders/paid" => Topic::OrdersPaid,
            "orders/cancelled" => Topic::OrdersCancelled,
            other => return Err(ReceiveError::Topic(other.to_owned())),
        };
        Ok(Received {
            webhook_id,
            topic,
            triggered_at: headers.get("x-shopify-triggered-at").and_then(|at| at.parse().ok()),
            order: read_order(body)?,
        })
    }
}

impl From<channel::ReceiveError> for ReceiveError {
    fn from(error: channel::ReceiveError) -> Self {
        match error {
            channel::ReceiveError::Header(name) => Self::Header(name),
            channel::ReceiveError::Signature => Self::Signature,
            channel::ReceiveError::WrongAccount => Self::WrongShop,
        }
    }
}

/// Shopify as a kind of channel.
pub struct Shopify {
    guard: Guard,
    clock: Arc<dyn Clock>,
    jitter: Mutex<Random>,
}

impl Shopify {
    /// With the clock and the dice of this process. Shops are called where the guard lets us.
    pub fn new(guard: Guard, clock: Arc<dyn Clock>, jitter: Random) -> Self {
        Self { guard, clock, jitter: Mutex::new(jitter) }
    }
}

impl ChannelKind for Shopify {
    fn name(&self) -> &'static str {
        "shopify"
    }

    fn connect(&self, account: &str, secrets: &[String]) -> Box<dyn SalesChannel> {
        Box::new(Shop::new(account, secrets.iter().map(String::as_str)))
    }

    fn read(&self, body: &[u8]) -> Result<ChannelOrder, String> {
        read_order(body).map_err(|unmappable| unmappable.to_string())
    }

    fn desk(&self, access: &Access) -> Option<Desk> {
        let jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner).split();
        let desk = ShopDesk::new(Config::of(access), &self.guard, Arc::clone(&self.clock), jitter);
        Some(match desk {
            Ok(desk) => Ok(Arc::new(desk)),
            Err(error) => Err(Unreachable(error.to_string())),
        })
    }
}

impl SalesChannel for Shop {
    fn receive(&self, headers: &Headers, body: &[u8]) -> Result<String, channel::ReceiveError> {
        self.verify(headers, body).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests;
