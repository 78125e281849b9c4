//! Outgoing webhooks: everyone who wants to is told of what happens, signed, in order and until they
//! have taken it.
//!
//! Three parts that only meet in the database: people manage [`endpoint`]s and replay [`delivery`]s;
//! [`reader`] makes a delivery of each event for each endpoint that wants it; [`sender`] posts what is
//! due. An endpoint that hangs, fails or lies costs its own queue and nobody else's.

pub mod delivery;
pub mod endpoint;
pub mod message;
pub mod reader;
pub mod sender;

use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{DeliveryId, EndpointId};
use ordermill_domain::outgoing::Refused;
use ordermill_domain::role::Permission;
use ordermill_domain::webhook::{FilterError, InvalidTransition};
use ordermill_storage::Error;

use crate::permission::{About, Forbidden, Principal, authorize};

/// Why endpoints or deliveries could not be shown or changed; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such endpoint.
    #[error("{0} not found")]
    NotFound(EndpointId),
    /// No such delivery of this endpoint.
    #[error("{0} not found")]
    DeliveryNotFound(DeliveryId),
    /// Somebody else has changed it since its author read it.
    #[error("the endpoint is at version {found}, not {expected}")]
    Changed {
        /// The version that the author has seen.
        expected: i64,
        /// Its version now.
        found: i64,
    },
    /// It may not be there.
    #[error(transparent)]
    Address(#[from] Refused),
    /// Its filter names nothing.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The description is too long.
    #[error("a description has at most {} characters", endpoint::DESCRIPTION_CHARS_MAX)]
    Description,
    /// There are as many as there may be.
    #[error("there are at most {} endpoints", endpoint::ENDPOINTS_MAX)]
    TooMany,
    /// It has no such step now.
    #[error(transparent)]
    Step(#[from] InvalidTransition),
    /// A secret cannot be opened: a defect, or a key that is gone.
    #[error("the endpoint's secret cannot be opened")]
    Secret,
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Endpoints hear of everything: staff who manage access may keep them, and keys with the scope that
/// are not of one channel.
fn authorize_managing(principal: &Principal) -> Result<(), Forbidden> {
    match principal {
        Principal::ApiKey(key)
            if key.channel.is_none() && key.scopes.contains(&Scope::ManageWebhooks) =>
        {
            Ok(())
        }
        other => authorize(other, Permission::ManageAccess, &About::default()).map(drop),
    }
}
