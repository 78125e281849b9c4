//! Shipments: from a packed parcel to its label, the carrier's truck, and the buyer's door.
//!
//! [`label`] asks carriers for labels, intent first, between transactions. [`packed`] wants them for what
//! was packed, [`ask_again`] for what nobody took. [`hand_over`] lists what a carrier takes, [`driver`] calls for it, and [`leave`] books what
//! has left. [`push`] takes in what carriers and trackers push, [`silence`] asks about parcels that nobody
//! reports, and both end in [`scan`], which alone moves a shipment by what a carrier says. [`desk`] is for
//! people: exceptions and plans; what is planned is done by [`reship`] and [`instruct`]. [`receipt`] is for
//! buyers: received, or not.
//! Start at [`label::want_label`].

pub mod ask_again;
mod contents;
pub mod desk;
mod driver;
pub mod hand_over;
pub mod instruct;
pub mod label;
pub mod leave;
pub mod made;
pub mod make;
pub mod packed;
pub mod paper;
pub mod push;
pub mod receipt;
mod reship;
pub mod ruled;
mod run;
pub mod scan;
pub mod silence;
pub mod tracking_page;
pub mod trail;
pub mod vehicle;

use ordermill_domain::ids::{LocationId, ShipmentId};
use ordermill_domain::shipment::{InvalidTransition, NothingToPlan};
use ordermill_storage::Error;

use crate::order::file::FileError;
use crate::permission::{About, Aspect, Forbidden, Principal, authorize};
use ordermill_domain::role::Permission;

/// Why something was not done with a shipment; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ShipmentError {
    /// They may not, or not without a reason.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such shipment.
    #[error("shipment {0} not found")]
    NotFound(ShipmentId),
    /// Its life cycle says no.
    #[error(transparent)]
    Refused(#[from] InvalidTransition),
    /// It is not on its way.
    #[error(transparent)]
    NothingToPlan(#[from] NothingToPlan),
    /// Someone else changed it after they saw it.
    #[error("shipment {0} changed meanwhile")]
    Stale(ShipmentId),
    /// Its order.
    #[error(transparent)]
    Order(#[from] FileError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Whether they may take a step of shipping, at a location if one is meant.
///
/// # Errors
/// [`Forbidden`] if not.
pub fn may_ship(
    principal: &Principal,
    location: Option<LocationId>,
    has_reason: bool,
) -> Result<(), Forbidden> {
    let about = About { location, has_reason, aspect: Aspect::Ship, ..About::default() };
    authorize(principal, Permission::ChangeStatus, &about).map(drop)
}

/// Whether they may look at shipments: who takes steps of shipping, and who reads all orders.
///
/// # Errors
/// [`Forbidden`] if not.
pub fn may_look(principal: &Principal) -> Result<(), Forbidden> {
    may_ship(principal, None, true)
        .or_else(|_| authorize(principal, Permission::ReadOrders, &About::default()).map(drop))
}
