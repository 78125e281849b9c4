//! The paper of a hand-over list (交接单) that a driver signs: its parcels with weights. Prints are counted.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::ManifestId;
use ordermill_domain::paper::Paper as Kind;
use ordermill_storage::carrier::Stored as Carrier;
use ordermill_storage::manifest::{self, Manifest};
use ordermill_storage::shipment::{self, Stored, View};
use ordermill_storage::{Error, Tx, carrier, paper};

use super::hand_over::PARCELS_MAX;
use super::may_look;
use crate::permission::{Forbidden, Principal};

/// What stands on the paper of a hand-over list.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The list.
    pub list: Manifest,
    /// Who takes the parcels.
    pub carrier: Option<Carrier>,
    /// The parcels, in the order in which they were scanned out last.
    pub parcels: Vec<Stored>,
    /// How often it was printed; more than 1 is a reprint.
    pub copy: u32,
}

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// No such list.
    #[error("hand-over list {0} not found")]
    NotFound(ManifestId),
    /// They do not ship, and do not see all orders.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Reads the paper of a list.
///
/// # Errors
/// [`PaperError`].
pub fn read(tx: &mut Tx<'_>, principal: &Principal, id: ManifestId) -> Result<Paper, PaperError> {
    may_look(principal)?;
    let list = manifest::fetch(tx, id)?.ok_or(PaperError::NotFound(id))?;
    let parcels = shipment::list(tx, View::Of(id), None, PARCELS_MAX as i64)?;
    let carrier = carrier::fetch(tx, list.carrier)?;
    let copy = paper::printed(tx, Kind::HandOverNote, id)?;
    Ok(Paper { list, carrier, parcels, copy })
}

/// Counts a print, and gives the how-manieth it is.
///
/// # Errors
/// [`PaperError`].
pub fn print(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: ManifestId,
) -> Result<u32, PaperError> {
    may_look(principal)?;
    manifest::fetch(tx, id)?.ok_or(PaperError::NotFound(id))?;
    Ok(paper::count_print(tx, act, Kind::HandOverNote, id)?)
}
