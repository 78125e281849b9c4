//! Sending the pieces of a parcel again, in the place of one that does not arrive.
//!
//! The pieces are promised anew from stock, and from there everything goes its usual way: a location is
//! chosen, they are picked, packed and labeled. They count as shipped when the replacement leaves, so no
//! piece counts twice. The buyer pays nothing for it.

use std::collections::BTreeMap;

use ordermill_base::Quantity;
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{LocationId, OrderId, SkuId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::shipment::{Event, NothingToPlan, State};
use ordermill_domain::task::TaskKind;
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, deadline, location, package, task};

use super::ShipmentError;
use crate::order::file::OrderFile;

/// Locations that are looked at for the pieces, at most.
const LOCATIONS_MAX: i64 = 1_000;

/// Promises the pieces of a parcel anew, and notes on the parcel that it is replaced: one that is still
/// with the carrier is given up. `file` is its order, which was locked before the parcel. Gives the
/// parcel's events.
pub(super) fn reship(
    tx: &mut Tx<'_>,
    act: &Act,
    mut file: OrderFile,
    stored: &mut Stored,
) -> Result<Vec<Event>, ShipmentError> {
    let facts = stored.shipment.facts();
    let (order, state) = (facts.terms.order, facts.state);
    if facts.reshipped_at.is_some() {
        return Err(NothingToPlan { state }.into());
    }
    let package = package::fetch(tx, facts.terms.package)?;
    let package = package.ok_or(NothingToPlan { state })?;
    let mut lines: BTreeMap<u16, (SkuId, i64)> = BTreeMap::new();
    for content in &package.contents {
        lines.entry(content.line_no).or_insert((content.sku, 0)).1 += content.quantity.get();
    }
    let preference = preference(tx, stored.location)?;
    let wanted = lines.iter().filter_map(|(line_no, (sku, pieces))| {
        let quantity = Quantity::new(*pieces).ok()?;
        Some((*sku, LineQuantity { line_no: *line_no, quantity }))
    });
    file.send_again(act, &wanted.collect::<Vec<_>>(), &preference)?;
    file.save(tx)?;
    let mut events = Vec::new();
    if state == State::HandedOver {
        events.push(stored.shipment.lose(act.at)?);
        stored.look_at = None;
    }
    events.push(stored.shipment.replace(act.at));
    decided(tx, act, order)?;
    Ok(events)
}

/// Where the parcel came from, then all others that ship, in their order.
fn preference(tx: &mut Tx<'_>, first: LocationId) -> Result<Vec<LocationId>, Error> {
    let mut all = location::list(tx, None, LOCATIONS_MAX)?;
    all.retain(|it| it.is_active && it.id != first);
    all.sort_by_key(|it| (it.priority, it.id));
    Ok(std::iter::once(first).chain(all.into_iter().map(|it| it.id)).collect())
}

/// What the buyer said of the parcel has its answer, and the order is not over.
fn decided(tx: &mut Tx<'_>, act: &Act, order: OrderId) -> Result<(), Error> {
    for kind in [DeadlineKind::SignOffDispute, DeadlineKind::ConfirmReceipt] {
        deadline::meet(tx, order, kind)?;
        crate::deadline::settle(tx, order, kind, "sent again", act.at)?;
    }
    task::close(tx, TaskKind::NotReceived, order, "sent again", act.at)?;
    Ok(())
}
