//! Hand-over: parcels are scanned onto a carrier's list, and the list is closed when the truck is there.
//!
//! A list holds the parcels of one carrier at one location. Closing it hands all of them over in one
//! command: each is with the carrier then. The carrier's driver is called afterwards, between
//! transactions, under the list's own id.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{LocationId, ManifestId, ShipmentId};
use ordermill_domain::shipment::{Event, State};
use ordermill_ports::carrier::{CarrierError, PickupRequest};
use ordermill_storage::manifest::{self, Manifest};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Error, Tx, carrier, location, order};

use super::label::look_at;
use super::leave::follow;
use super::{ShipmentError, may_ship};
use crate::carrier::Carriers;
use crate::payment::settings::{is_used_up, wait_after};
use crate::permission::{Forbidden, Principal};

/// Parcels that one list takes at most.
pub const PARCELS_MAX: usize = 2_000;
const CLAIMED_MAX: i64 = 16;

/// Why a parcel was not put on a list; the scanner says so aloud.
#[derive(Debug, thiserror::Error)]
pub enum ScanOutError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No parcel at this location has this waybill.
    #[error("no parcel here has the waybill {0}")]
    Unknown(String),
    /// It is with the carrier, void, or at its end.
    #[error("the parcel is {0}")]
    NotWaiting(State),
    /// The list is as long as it may get: close it and go on with the next.
    #[error("the list has {PARCELS_MAX} parcels")]
    Full,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// A parcel that was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedOut {
    /// Which list it is on.
    pub manifest: ManifestId,
    /// Which parcel.
    pub shipment: ShipmentId,
    /// Whether it was on the list before.
    pub was_on_it: bool,
    /// How many parcels are on the list now.
    pub parcels: usize,
}

/// Puts the parcel of a waybill on the open list of its carrier, which is opened for the first one.
/// Scanning it twice is harmless.
pub fn scan_out(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    at: LocationId,
    waybill: &str,
) -> Result<ScannedOut, ScanOutError> {
    may_ship(principal, Some(at), true)?;
    let waybill = waybill.trim();
    let unknown = || ScanOutError::Unknown(waybill.to_owned());
    let ids: Vec<ShipmentId> =
        shipment::find_by_waybills(tx, &[waybill])?.into_iter().map(|(_, id)| id).collect();
    let found = shipment::fetch_each_for_update(tx, &ids)?;
    let mut here = found.into_iter().filter(|stored| stored.location == at);
    let stored = here.next().ok_or_else(unknown)?;
    let facts = stored.shipment.facts();
    if let Some(manifest) = manifest::of(tx, facts.id)? {
        let parcels = manifest::parcels(tx, manifest)?.len();
        return Ok(ScannedOut { manifest, shipment: facts.id, was_on_it: true, parcels });
    }
    if facts.state != State::LabelCreated {
        return Err(ScanOutError::NotWaiting(facts.state));
    }
    let manifest = manifest::ensure_open(tx, facts.terms.carrier, at, act.at)?;
    let parcels = manifest::parcels(tx, manifest)?.len();
    if parcels >= PARCELS_MAX {
        return Err(ScanOutError::Full);
    }
    manifest::add(tx, manifest, facts.id, act.at)?;
    Ok(ScannedOut { manifest, shipment: facts.id, was_on_it: false, parcels: parcels + 1 })
}

/// Takes a parcel off its open list. Gives whether it was on one.
pub fn take_off(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: ShipmentId,
) -> Result<bool, ShipmentError> {
    let stored = shipment::fetch(tx, id)?;
    may_ship(principal, stored.as_ref().map(|stored| stored.location), true)?;
    stored.ok_or(ShipmentError::NotFound(id))?;
    Ok(manifest::remove(tx, id)?)
}

/// Why a list was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseManifestError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such list.
    #[error("manifest {0} not found")]
    NotFound(ManifestId),
    /// It was closed before.
    #[error("manifest {0} is closed")]
    Closed(ManifestId),
    /// Nothing stands on it.
    #[error("manifest {0} has no parcels")]
    Empty(ManifestId),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Closes a list: the carrier has its parcels. What fulfillments have left with it is booked out of the
/// stock, and their orders are shipped as far as that goes. Gives those that were handed over; parcels that the
/// carrier's own scan has handed over before, or that were voided meanwhile, are left out.
pub fn close(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: ManifestId,
) -> Result<Vec<Stored>, CloseManifestError> {
    let manifest = manifest::fetch_for_update(tx, id)?;
    may_ship(principal, manifest.as_ref().map(|it| it.location), true)?;
    let manifest = manifest.ok_or(CloseManifestError::NotFound(id))?;
    let ids = manifest::parcels(tx, id)?;
    if ids.is_empty() {
        return Err(CloseManifestError::Empty(id));
    }
    let speaks = carrier::fetch(tx, manifest.carrier)?
        .is_some_and(|stored| !stored.account.protocol.is_empty());
    if !manifest::close(tx, id, act.at, speaks.then_some(act.at))? {
        return Err(CloseManifestError::Closed(id));
    }
    // Orders are locked first, as everywhere.
    let mut orders = shipment::orders_of_each(tx, &ids)?;
    orders.sort_unstable();
    orders.dedup();
    order::lock_each(tx, &orders)?;
    let mut stored = shipment::fetch_each_for_update(tx, &ids)?;
    let mut events: Vec<(ShipmentId, i64, Event)> = Vec::new();
    for stored in &mut stored {
        let Ok(Some(event)) = stored.shipment.hand_over(Some(id), act.at) else { continue };
        stored.look_at = look_at(&stored.shipment, stored.heard_at, act.at);
        let facts = stored.shipment.facts();
        events.push((facts.id, facts.version, event));
    }
    let handed: Vec<Stored> = stored
        .into_iter()
        .filter(|stored| events.iter().any(|(id, ..)| *id == stored.shipment.facts().id))
        .collect();
    let changed: Vec<(&Stored, i64)> =
        handed.iter().map(|stored| (stored, stored.shipment.facts().version - 1)).collect();
    shipment::update_each(tx, &changed)?;
    shipment::record_each(tx, act, events.iter().map(|(id, version, it)| (*id, *version, it)))?;
    follow(tx, act, &orders)?;
    Ok(handed)
}

impl Carriers {
    /// Calls the drivers of closed lists that are due, once each. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn call_drivers(&self) -> Result<usize, Error> {
        let now = self.now();
        let again_at = now + self.patience().call_within;
        let claim = move |tx: &mut Tx<'_>| manifest::claim(tx, now, again_at, CLAIMED_MAX);
        let claimed: Vec<Manifest> = self.database().write(claim).await?;
        let count = claimed.len();
        for manifest in claimed {
            self.call_driver(manifest).await?;
        }
        Ok(count)
    }

    async fn call_driver(&self, list: Manifest) -> Result<(), Error> {
        let (id, carrier_id, site) = (list.id, list.carrier, list.location);
        let read = move |tx: &mut Tx<'_>| {
            let parcels = manifest::parcels(tx, id)?;
            let mut waybills = Vec::with_capacity(parcels.len());
            for parcel in parcels {
                let stored = shipment::fetch(tx, parcel)?;
                waybills.extend(stored.map(|it| it.shipment.facts().terms.waybill.clone()));
            }
            Ok::<_, Error>((carrier::fetch(tx, carrier_id)?, location::fetch(tx, site)?, waybills))
        };
        let (carrier, site, waybills) = self.database().read(read).await?;
        let port = carrier.as_ref().and_then(|carrier| self.connect(carrier));
        let request = PickupRequest {
            reference: id.to_string(),
            address: site.map_or(String::new(), |site| site.address),
            ready_at: list.closed_at.unwrap_or_else(|| self.now()),
            waybills,
        };
        let answer = match port {
            Some(port) => port.pickup(&request).await,
            None => Err(CarrierError::NotSent { reason: "no account that can be used".into() }),
        };
        let wait = wait_after(&self.patience().refund_after, list.asked);
        let again_at = self.now() + wait;
        let is_stuck = is_used_up(&self.patience().refund_after, list.asked);
        let note = move |tx: &mut Tx<'_>| match &answer {
            Ok(pickup) => {
                manifest::set_pickup(tx, id, &pickup.confirmation, pickup.from, pickup.until)
            }
            Err(CarrierError::Refused { code, message }) => {
                manifest::set_failure(tx, id, &format!("{code}: {message}"), None)
            }
            Err(error) => {
                // The same reference calls one driver, so asking again is the way to know.
                let again = (!is_stuck || list.asked < 50).then_some(again_at);
                manifest::set_failure(tx, id, &error.to_string(), again)
            }
        };
        self.database().write(note).await
    }
}

/// The raw id of a list as people read it out.
pub fn number(id: ManifestId) -> String {
    format!("M{:08}", id.raw() % 100_000_000)
}
