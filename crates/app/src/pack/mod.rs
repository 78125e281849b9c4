//! The pack bench: what was picked is compared with the order (复核), put into the cheapest boxes that it
//! fits into, and closed.
//!
//! [`recheck`](recheck::recheck) lets only what is right and intact go on. [`propose`](proposal::propose)
//! finds boxes, and [`close`](close::close) takes what was packed really: either as proposed, or otherwise
//! if it can be shown to fit.

pub mod close;
pub mod label;
mod lots;
pub mod materials;
pub mod proposal;
pub mod recheck;

use ordermill_domain::ids::FulfillmentId;
use ordermill_storage::Tx;

use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::permission::{Forbidden, Principal};
use crate::pick_list::may_pick;

pub use materials::Materials;

/// A fulfillment as someone saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which one.
    pub id: FulfillmentId,
    /// Its version then; none: as it is now. A bench that scans has seen nothing before.
    pub version: Option<i64>,
}

/// Why a step at the bench was not taken; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// They may not, or not at this location.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Someone else changed the fulfillment after they saw it.
    #[error("fulfillment {0} changed meanwhile")]
    Stale(FulfillmentId),
    /// A carrier has a parcel of it already.
    #[error("a parcel of fulfillment {0} is with the carrier")]
    Left(FulfillmentId),
    /// The fulfillment refuses.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<ordermill_storage::Error> for BenchError {
    fn from(error: ordermill_storage::Error) -> Self {
        Self::Work(error.into())
    }
}

impl From<ordermill_domain::fulfillment::FulfillmentError> for BenchError {
    fn from(error: ordermill_domain::fulfillment::FulfillmentError) -> Self {
        Self::Work(error.into())
    }
}

/// Loads a fulfillment for a step at the bench of its location.
fn load(tx: &mut Tx<'_>, principal: &Principal, seen: Seen) -> Result<FulfillmentFile, BenchError> {
    let file = FulfillmentFile::load(tx, seen.id)?;
    may_pick(principal, file.work.facts().location)?;
    match seen.version {
        Some(version) if version != file.work.version() => Err(BenchError::Stale(seen.id)),
        _ => Ok(file),
    }
}
