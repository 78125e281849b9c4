//! The desk of delivery exceptions: carrier and buyer were contacted, and somebody decides.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::shipment::Plan;
use ordermill_storage::Tx;
use ordermill_storage::shipment::{self, Stored};

use super::scan::settle_exception;
use super::{ShipmentError, may_ship};
use crate::permission::Principal;

/// Sets what is done about a parcel in trouble, and meets D4. Why stands in the act's reason.
pub fn plan(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: ShipmentId,
    version: i64,
    plan: Plan,
) -> Result<(), ShipmentError> {
    let mut stored = load(tx, principal, act, id, version)?;
    let event = stored.shipment.plan(plan, act.at)?;
    store(tx, act, &stored, version, &event)?;
    settle_exception(tx, id, plan.code(), act.at)?;
    Ok(())
}

/// Notes what nobody's push will tell: that a parcel is back, or gone for good.
pub fn end(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: ShipmentId,
    version: i64,
    ending: Ending,
) -> Result<(), ShipmentError> {
    let mut stored = load(tx, principal, act, id, version)?;
    let event = match ending {
        Ending::Returned => stored.shipment.return_to_sender(act.at)?,
        Ending::Lost => stored.shipment.lose(act.at)?,
    };
    stored.look_at = None;
    store(tx, act, &stored, version, &event)?;
    settle_exception(tx, id, event.kind(), act.at)?;
    Ok(())
}

/// How a person ends a parcel's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is back with us.
    Returned,
    /// The carrier has given it up.
    Lost,
}

fn load(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: ShipmentId,
    version: i64,
) -> Result<Stored, ShipmentError> {
    let has_reason = act.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    let found = shipment::fetch_each_for_update(tx, &[id])?.pop();
    let location = found.as_ref().map(|stored| stored.location);
    may_ship(principal, location, has_reason)?;
    let stored = found.ok_or(ShipmentError::NotFound(id))?;
    if stored.shipment.facts().version != version {
        return Err(ShipmentError::Stale(id));
    }
    Ok(stored)
}

fn store(
    tx: &mut Tx<'_>,
    act: &Act,
    stored: &Stored,
    version_before: i64,
    event: &ordermill_domain::shipment::Event,
) -> Result<(), ShipmentError> {
    let facts = stored.shipment.facts();
    shipment::update_each(tx, &[(stored, version_before)])?;
    shipment::record_each(tx, act, [(facts.id, facts.version, event)])?;
    Ok(())
}
