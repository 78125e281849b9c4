//! The pack bench: what was picked is compared with the order (复核), put into the cheapest boxes that it
//! fits into, and closed.
//!
//! [`recheck`](recheck::recheck) lets only what is right and intact go on. [`propose`](proposal::propose)
//! finds boxes, and [`close`](close::close) takes what was packed really: either as proposed, or otherwise
//! if it can be shown to fit. What travels with work on other orders ([`crate::merge`]) is rechecked and
//! packed with it, as one ([`together`]).

pub mod close;
pub mod edit;
pub mod label;
mod lots;
pub mod materials;
pub mod paper;
pub mod proposal;
pub mod recheck;
pub mod together;

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Event, Fulfillment, FulfillmentError};
use ordermill_domain::ids::FulfillmentId;
use ordermill_storage::{Tx, fulfillment};

use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::permission::{Forbidden, Principal};
use crate::pick_list::may_pick;

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

/// Fulfillments that are packed together, in the hands of a step at the bench.
struct Bench {
    /// The one in hand first.
    files: Vec<FulfillmentFile>,
    /// As one.
    together: Together,
}

impl Bench {
    /// Takes the same step with each of them.
    fn step(
        &mut self,
        act: &Act,
        step: impl Fn(&mut Fulfillment) -> Result<Event, FulfillmentError>,
    ) -> Result<(), FulfillmentError> {
        self.files.iter_mut().try_for_each(|file| file.step(act, &step))
    }

    fn save(&self, tx: &mut Tx<'_>) -> Result<(), ordermill_storage::Error> {
        FulfillmentFile::save_each(tx, &self.files.iter().collect::<Vec<_>>())
    }
}

/// Loads a fulfillment for a step at the bench of its location, with what is packed with it.
fn load(tx: &mut Tx<'_>, principal: &Principal, seen: Seen) -> Result<Bench, BenchError> {
    let found = fulfillment::fetch(tx, seen.id)?.ok_or(WorkError::NotFound(seen.id))?;
    let mut ids = vec![seen.id];
    if let Some(merge) = found.facts().merge {
        ids.extend(fulfillment::of_merges(tx, &[merge])?.iter().map(Fulfillment::id));
    }
    let mut files = FulfillmentFile::load_each(tx, &ids)?;
    files.sort_by_key(|file| (file.work.id() != seen.id, file.work.id()));
    let work = files.first().ok_or(WorkError::NotFound(seen.id))?.work.clone();
    may_pick(principal, work.facts().location)?;
    let others = files.iter().map(|file| file.work.clone()).collect();
    let together = Together::new(together::with(work, others));
    let members = together.ids();
    files.retain(|file| members.contains(&file.work.id()));
    match seen.version {
        Some(version) if version != together.work.version() => Err(BenchError::Stale(seen.id)),
        _ => Ok(Bench { files, together }),
    }
}
