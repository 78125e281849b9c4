//! Hand-over: parcels are scanned onto a carrier's list, and the list is closed when the truck is there.
//!
//! A list holds the parcels of one carrier at one location. Closing it hands all of them over in one
//! command: each is with the carrier then. The carrier's [driver](super::driver) is called afterwards.

use std::collections::{BTreeSet, HashMap, HashSet};

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Fulfillment, State as Work};
use ordermill_domain::ids::{
    CarrierId, FulfillmentId, LocationId, ManifestId, OrderId, PackageId, ShipmentId,
};
use ordermill_domain::shipment::{Event, Facts, State};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Error, Tx, carrier, fulfillment, manifest, order, package};

use super::leave::follow;
use super::made::look_at;
use super::may_ship;
use crate::dispute::hold::stopped_among;
use crate::permission::{Forbidden, Principal};

/// Parcels that one list takes at most.
pub const PARCELS_MAX: usize = 2_000;

/// Why nothing was scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScanOutError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why a parcel was not put on a list; the scanner says so aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No parcel at this location has this waybill.
    #[error("no parcel here has this waybill")]
    Unknown,
    /// It is with the carrier, void, or at its end.
    #[error("the parcel is {0}")]
    NotWaiting(State),
    /// Its order has ended, or its box was opened again: it stays here.
    #[error("the parcel is no longer to leave")]
    NotWanted,
    /// Its buyer's bank wants the money back: it stays here until somebody decides.
    #[error("the money of the order is under dispute")]
    Disputed,
    /// The list is as long as it may get: close it and go on with the next.
    #[error("the list has {PARCELS_MAX} parcels")]
    Full,
}

impl Refused {
    /// The stable name of the reason.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotWaiting(_) => "not_waiting",
            Self::NotWanted => "not_wanted",
            Self::Disputed => "disputed",
            Self::Full => "full",
        }
    }
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

/// Puts parcels on the open lists of their carriers, which are opened for the first ones. Gives an answer
/// for each waybill, in their order: one that is refused does not hold up the others. Scanning a parcel
/// twice is harmless.
pub fn scan_out(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    at: LocationId,
    waybills: &[&str],
) -> Result<Vec<Result<ScannedOut, Refused>>, ScanOutError> {
    may_ship(principal, Some(at), true)?;
    let waybills: Vec<&str> = waybills.iter().map(|waybill| waybill.trim()).collect();
    let ids: Vec<ShipmentId> =
        shipment::find_by_waybills(tx, &waybills)?.into_iter().map(|(_, id)| id).collect();
    let open = open_lists(tx, at, &ids, act.at)?;
    let found = shipment::fetch_each_for_update(tx, &ids)?;
    let here: HashMap<&str, &Facts> = found
        .iter()
        .filter(|stored| stored.location == at)
        .map(|stored| stored.shipment.facts())
        .map(|facts| (facts.terms.waybill.as_str(), facts))
        .collect();
    let listed = manifest::of_each(tx, &ids)?.into_iter().collect();
    let staying = staying(tx, &waiting(&found, at))?;
    let mut dock = Dock { now: act.at, listed, open, lengths: HashMap::new() };
    let mut answers = Vec::with_capacity(waybills.len());
    for waybill in waybills {
        answers.push(match here.get(waybill) {
            None => Err(Refused::Unknown),
            Some(facts) => match staying.get(&facts.id) {
                Some(why) => Err(*why),
                None => dock.put(tx, facts)?,
            },
        });
    }
    Ok(answers)
}

/// The open lists for those of these parcels that are to leave, locked. Lists are locked before parcels, as
/// by [`close`], and by carrier: what is scanned while a list is closed waits for it, and nobody for ever.
fn open_lists(
    tx: &mut Tx<'_>,
    at: LocationId,
    ids: &[ShipmentId],
    now: Timestamp,
) -> Result<HashMap<CarrierId, ManifestId>, Error> {
    let found = shipment::fetch_each(tx, ids)?;
    let waiting = waiting(&found, at);
    let staying = staying(tx, &waiting)?;
    let listed: HashSet<ShipmentId> =
        manifest::of_each(tx, ids)?.into_iter().map(|(parcel, _)| parcel).collect();
    let leaving = waiting.into_iter().map(|stored| stored.shipment.facts());
    let carriers: BTreeSet<CarrierId> = leaving
        .filter(|facts| !staying.contains_key(&facts.id) && !listed.contains(&facts.id))
        .map(|facts| facts.terms.carrier)
        .collect();
    let open = |carrier| Ok((carrier, manifest::ensure_open(tx, carrier, at, now)?));
    carriers.into_iter().map(open).collect()
}

/// Those of these parcels that wait at a location for a truck.
fn waiting(found: &[Stored], at: LocationId) -> Vec<&Stored> {
    let waits = |it: &&Stored| it.location == at && it.shipment.state() == State::LabelCreated;
    found.iter().filter(waits).collect()
}

/// The lists of a location while parcels are scanned.
struct Dock {
    now: Timestamp,
    listed: HashMap<ShipmentId, ManifestId>,
    open: HashMap<CarrierId, ManifestId>,
    lengths: HashMap<ManifestId, usize>,
}

impl Dock {
    /// Puts one parcel on its list, unless it is on one or does not wait.
    fn put(
        &mut self,
        tx: &mut Tx<'_>,
        facts: &Facts,
    ) -> Result<Result<ScannedOut, Refused>, Error> {
        if let Some(manifest) = self.listed.get(&facts.id).copied() {
            let parcels = self.length(tx, manifest)?;
            return Ok(Ok(ScannedOut { manifest, shipment: facts.id, was_on_it: true, parcels }));
        }
        if facts.state != State::LabelCreated {
            return Ok(Err(Refused::NotWaiting(facts.state)));
        }
        // It was not to leave a moment ago, or stood on a list; the next scan finds it as it is.
        let Some(manifest) = self.open.get(&facts.terms.carrier).copied() else {
            return Ok(Err(Refused::NotWanted));
        };
        let parcels = self.length(tx, manifest)? + 1;
        if parcels > PARCELS_MAX {
            return Ok(Err(Refused::Full));
        }
        manifest::add(tx, manifest, facts.id, self.now)?;
        self.lengths.insert(manifest, parcels);
        self.listed.insert(facts.id, manifest);
        Ok(Ok(ScannedOut { manifest, shipment: facts.id, was_on_it: false, parcels }))
    }

    fn length(&mut self, tx: &mut Tx<'_>, manifest: ManifestId) -> Result<usize, Error> {
        if let Some(known) = self.lengths.get(&manifest) {
            return Ok(*known);
        }
        let length = manifest::length(tx, manifest)?;
        self.lengths.insert(manifest, length);
        Ok(length)
    }
}

/// Those of these parcels that are not to leave, and why: their order has ended, their box was opened again
/// and their label is about to be given back, or a dispute keeps them.
fn staying(tx: &mut Tx<'_>, parcels: &[&Stored]) -> Result<HashMap<ShipmentId, Refused>, Error> {
    let orders: Vec<OrderId> =
        parcels.iter().map(|stored| stored.shipment.facts().terms.order).collect();
    let works = fulfillment::of_each(tx, &orders)?;
    let packed = works.iter().filter(|work| work.state() == Work::Packed);
    let packed: Vec<FulfillmentId> = packed.map(Fulfillment::id).collect();
    let closed: HashSet<PackageId> =
        package::of_each(tx, &packed)?.into_iter().map(|package| package.id).collect();
    let mut staying = HashMap::new();
    for stored in parcels {
        let facts = stored.shipment.facts();
        let id = facts.terms.package;
        // What was packed elsewhere is not ours to keep.
        if !closed.contains(&id) && package::fetch(tx, id)?.is_some() {
            staying.insert(facts.id, Refused::NotWanted);
        }
    }
    let ids: Vec<ShipmentId> = parcels.iter().map(|stored| stored.shipment.facts().id).collect();
    // Also what lies in another order's parcel.
    let inside = shipment::orders_in(tx, &ids)?;
    let orders: Vec<OrderId> = inside.iter().map(|(_, order)| *order).collect();
    let stopped = stopped_among(tx, &orders)?;
    for (parcel, _) in inside.iter().filter(|(_, order)| stopped.contains(order)) {
        staying.entry(*parcel).or_insert(Refused::Disputed);
    }
    Ok(staying)
}

/// Why a parcel was not taken off a list.
#[derive(Debug, thiserror::Error)]
pub enum TakeOffError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such list.
    #[error("manifest {0} not found")]
    NotFound(ManifestId),
    /// The carrier has its parcels.
    #[error("manifest {0} is closed")]
    Closed(ManifestId),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Takes a parcel off an open list: it waits again. One that is not on it is left where it is.
pub fn take_off(
    tx: &mut Tx<'_>,
    principal: &Principal,
    list: ManifestId,
    id: ShipmentId,
) -> Result<(), TakeOffError> {
    let manifest = manifest::fetch_for_update(tx, list)?;
    may_ship(principal, manifest.as_ref().map(|it| it.location), true)?;
    let manifest = manifest.ok_or(TakeOffError::NotFound(list))?;
    if manifest.closed_at.is_some() {
        return Err(TakeOffError::Closed(list));
    }
    manifest::remove_from(tx, list, id).map_err(Into::into)
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
/// carrier's own scan has handed over before, or that were voided meanwhile, are left out. Those that are no
/// longer to leave are taken off the list.
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
    if manifest.closed_at.is_some() {
        return Err(CloseManifestError::Closed(id));
    }
    // Orders are locked first, as everywhere; also those whose goods travel in another's parcel.
    let orders = shipment::orders_of_each(tx, &ids)?;
    let orders = fulfillment::with_merged(tx, &orders)?;
    order::lock_each(tx, &orders)?;
    let mut stored = shipment::fetch_each_for_update(tx, &ids)?;
    let staying = staying(tx, &waiting(&stored, manifest.location))?;
    for parcel in staying.keys() {
        manifest::remove(tx, *parcel)?;
    }
    stored.retain(|it| !staying.contains_key(&it.shipment.facts().id));
    if stored.is_empty() {
        return Err(CloseManifestError::Empty(id));
    }
    let speaks = carrier::fetch(tx, manifest.carrier)?
        .is_some_and(|stored| !stored.account.protocol.is_empty());
    if !manifest::close(tx, id, act.at, speaks.then_some(act.at))? {
        return Err(CloseManifestError::Closed(id));
    }
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

/// The raw id of a list as people read it out.
pub fn number(id: ManifestId) -> String {
    format!("M{:08}", id.raw() % 100_000_000)
}
