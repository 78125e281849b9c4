//! The pack bench: what was picked is compared with the order (复核), put into the cheapest boxes that it
//! fits into, and closed.
//!
//! [`recheck`](recheck::recheck) lets only what is right and intact go on. [`propose`](proposal::propose)
//! finds boxes, and [`close`](close::close) takes what was packed really: either as proposed, or otherwise
//! if it can be shown to fit. What travels with work on other orders ([`crate::merge`]) is rechecked and
//! packed with it, as one ([`together`]).

mod bench;
pub mod close;
pub mod edit;
pub mod label;
mod lots;
pub mod materials;
pub mod paper;
pub mod proposal;
pub mod recheck;
pub mod together;

use ordermill_domain::fulfillment::FulfillmentError;
use ordermill_domain::ids::FulfillmentId;
use ordermill_storage::Tx;

use self::bench::{Bench, Turn};
use crate::fulfillment::WorkError;
use crate::permission::{Forbidden, Principal};

pub use materials::Materials;
pub use together::Together;

/// A fulfillment as someone saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which one.
    pub id: FulfillmentId,
    /// Its version then, of all that is packed together ([`Together::work`]); none: as it is now. A bench
    /// that scans has seen nothing before.
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

impl From<FulfillmentError> for BenchError {
    fn from(error: FulfillmentError) -> Self {
        Self::Work(error.into())
    }
}

/// Loads a fulfillment for a step at the bench of its location, with what is packed with it.
fn load(tx: &mut Tx<'_>, principal: &Principal, seen: Seen) -> Result<Bench, BenchError> {
    match bench::load_each(tx, &[(principal, seen)])?.pop() {
        Some(Turn::Now(bench)) => Ok(*bench),
        Some(Turn::Refused(error)) => Err(error),
        Some(Turn::Later) | None => unreachable!("it is the only one"),
    }
}
