//! API keys: what a channel or an integration may do.
//!
//! The key itself is a secret and not part of the facts.

use ordermill_base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::{ApiKeyId, ChannelId};

coded! {
    /// One thing that a key may do.
    enum Scope {
        /// Place orders, change and cancel them.
        WriteOrders = "orders:write",
        /// Read orders, with recipients masked.
        ReadOrders = "orders:read",
        /// See recipients in full, as a warehouse or a carrier must.
        ReadContacts = "contacts:read",
        /// Read the catalog, prices and what is available.
        ReadCatalog = "catalog:read",
        /// Change the catalog and prices.
        WriteCatalog = "catalog:write",
        /// Read stock levels and movements.
        ReadStock = "stock:read",
        /// Move and count stock.
        WriteStock = "stock:write",
        /// Start payments and refunds.
        WritePayments = "payments:write",
        /// Approve or reject what waits for a second person.
        WriteApprovals = "approvals:write",
        /// Decide about orders that the rules hold.
        WriteReviews = "reviews:write",
        /// Do the work of a warehouse, and decide which location does it.
        WriteWork = "work:write",
        /// Say where the vehicles of carriers are.
        WriteTracking = "tracking:write",
        /// Read and change the rules that decide about orders.
        WriteRules = "rules:write",
        /// Manage the endpoints of outgoing webhooks.
        ManageWebhooks = "webhooks:manage",
        /// Read the journal: everything that happened, without personal data.
        ReadJournal = "journal:read",
    }
}

/// What is stored of a key, beside its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its id.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// The first characters of the key, so that people can tell keys apart.
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The only channel that it works for; all if none.
    pub channel: Option<ChannelId>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was used last, some minutes coarse.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is worth nothing.
    pub revoked_at: Option<Timestamp>,
}

/// One change of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It was made.
    #[serde(rename = "api_key.created")]
    Created {
        /// What it may do.
        scopes: Vec<Scope>,
        /// The only channel that it works for.
        channel: Option<ChannelId>,
    },
    /// It is worth nothing from now on.
    #[serde(rename = "api_key.revoked")]
    Revoked,
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "api_key.created",
            Self::Revoked => "api_key.revoked",
        }
    }
}
