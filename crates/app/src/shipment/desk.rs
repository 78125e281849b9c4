//! The desk of delivery exceptions: carrier and buyer were contacted, and somebody decides.

use ordermill_domain::actor::Act;
use ordermill_domain::carrier::instruction::Errand;
use ordermill_domain::ids::ShipmentId;
use ordermill_domain::shipment::{Event, NothingToPlan, Plan, State};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Tx, instruction};

use super::instruct::want;
use super::leave::follow;
use super::receipt::arm_for_parcels;
use super::reship::{Replaced, reship};
use super::scan::settle_exceptions;
use super::{ShipmentError, may_ship};
use crate::permission::Principal;
use crate::privacy::Vault;

/// Sets what is done about a parcel in trouble, does what of it is ours, and meets D4. Why stands in the
/// act's reason.
///
/// Sending it again promises its pieces anew and gives the parcel up; bringing it back is told to the
/// carrier. Who forwards it by [`forward`] has the carrier told the new address; planned here, a person
/// tells it.
pub fn plan(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: ShipmentId,
    version: i64,
    plan: Plan,
) -> Result<(), ShipmentError> {
    // Orders are locked before parcels, as everywhere: all that have goods in it.
    let replaced = match plan {
        Plan::Reship => Some(Replaced::load(tx, id)?),
        _ => None,
    };
    let mut stored = load(tx, principal, act, id, version)?;
    let mut events = vec![stored.shipment.plan(plan, act.at)?];
    instruction::supersede(tx, id)?;
    let orders = match replaced {
        Some(replaced) => {
            let orders = replaced.orders();
            events.extend(reship(tx, act, replaced, &mut stored)?);
            orders
        }
        None => Vec::new(),
    };
    let is_with_carrier = stored.shipment.state() == State::HandedOver;
    if plan == Plan::ReturnToSender && is_with_carrier {
        want(tx, id, Errand::Return, None, act.at)?;
    }
    store_all(tx, act, &stored, version, &events)?;
    settle_exceptions(tx, &[id], plan.code(), act.at)?;
    if plan == Plan::Reship {
        follow(tx, act, &orders)?;
        return Ok(());
    }
    // What was decided was all that the order waited for, perhaps.
    arm_for_parcels(tx, &[id], act.at)?;
    Ok(())
}

/// Plans that the carrier takes a parcel to another address, and has it told: one line with everything
/// that a courier needs. It is kept sealed until the carrier knows it.
pub fn forward(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    (id, version): (ShipmentId, i64),
    address: &str,
) -> Result<(), ShipmentError> {
    let mut stored = load(tx, principal, act, id, version)?;
    let state = stored.shipment.state();
    if state != State::HandedOver {
        return Err(NothingToPlan { state }.into());
    }
    let event = stored.shipment.plan(Plan::Forward, act.at)?;
    want(tx, id, Errand::Forward, Some((vault, address)), act.at)?;
    store(tx, act, &stored, version, &event)?;
    settle_exceptions(tx, &[id], Plan::Forward.code(), act.at)?;
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
    instruction::supersede(tx, id)?;
    store(tx, act, &stored, version, &event)?;
    settle_exceptions(tx, &[id], event.kind(), act.at)?;
    arm_for_parcels(tx, &[id], act.at)?;
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

fn store_all(
    tx: &mut Tx<'_>,
    act: &Act,
    stored: &Stored,
    version_before: i64,
    events: &[Event],
) -> Result<(), ShipmentError> {
    let id = stored.shipment.facts().id;
    shipment::update_each(tx, &[(stored, version_before)])?;
    let numbered = events.iter().zip(version_before + 1..);
    shipment::record_each(tx, act, numbered.map(|(event, version)| (id, version, event)))?;
    Ok(())
}

fn store(
    tx: &mut Tx<'_>,
    act: &Act,
    stored: &Stored,
    version_before: i64,
    event: &Event,
) -> Result<(), ShipmentError> {
    store_all(tx, act, stored, version_before, std::slice::from_ref(event))
}
