//! Sending the pieces of a parcel again, in the place of one that does not arrive.
//!
//! The pieces are promised anew from stock, and from there everything goes its usual way: a location is
//! chosen, they are picked, packed and labeled. They count as shipped when the replacement leaves, so no
//! piece counts twice. The buyer pays nothing for it.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::Quantity;
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{LocationId, OrderId, ShipmentId, SkuId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::package::Package;
use ordermill_domain::shipment::{Event, NothingToPlan, State};
use ordermill_domain::task::TaskKind;
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, deadline, location, package, shipment, task};

use super::ShipmentError;
use crate::order::file::OrderFile;

/// Locations that are looked at for the pieces, at most.
const LOCATIONS_MAX: i64 = 1_000;

/// What lies in a parcel that is replaced, with its orders, locked.
pub(super) struct Replaced {
    files: Vec<OrderFile>,
    shares: Vec<Package>,
}

impl Replaced {
    /// The shares of the orders that have goods in a parcel; nothing of one that does not exist.
    pub(super) fn load(tx: &mut Tx<'_>, id: ShipmentId) -> Result<Self, Error> {
        let found = shipment::fetch(tx, id)?.map(|stored| stored.shipment.facts().terms.package);
        let package = found.map(|id| package::fetch(tx, id)).transpose()?.flatten();
        let Some(package) = package else {
            return Ok(Self { files: Vec::new(), shares: Vec::new() });
        };
        let inside = package::inside_of(tx, package.id)?;
        let shares: Vec<Package> = std::iter::once(package).chain(inside).collect();
        let orders: BTreeSet<OrderId> = shares.iter().map(|share| share.order).collect();
        Ok(Self { files: OrderFile::load_each(tx, orders)?, shares })
    }

    /// Whose goods lie in it.
    pub(super) fn orders(&self) -> Vec<OrderId> {
        self.files.iter().map(|file| file.order().id()).collect()
    }

    /// What of an order lies in it: line, SKU and pieces.
    fn lines(&self, order: OrderId) -> Vec<(SkuId, LineQuantity)> {
        let mut lines: BTreeMap<u16, (SkuId, i64)> = BTreeMap::new();
        let shares = self.shares.iter().filter(|share| share.order == order);
        for content in shares.flat_map(|share| &share.contents) {
            lines.entry(content.line_no).or_insert((content.sku, 0)).1 += content.quantity.get();
        }
        let wanted = lines.into_iter().filter_map(|(line_no, (sku, pieces))| {
            Some((sku, LineQuantity { line_no, quantity: Quantity::new(pieces).ok()? }))
        });
        wanted.collect()
    }
}

/// Promises the pieces of a parcel anew, for each order that has some in it, and notes on the parcel that it
/// is replaced: one that is still with the carrier is given up. Its orders were locked before the parcel.
/// Gives the parcel's events.
pub(super) fn reship(
    tx: &mut Tx<'_>,
    act: &Act,
    mut replaced: Replaced,
    stored: &mut Stored,
) -> Result<Vec<Event>, ShipmentError> {
    let facts = stored.shipment.facts();
    let state = facts.state;
    if facts.reshipped_at.is_some() || replaced.files.is_empty() {
        return Err(NothingToPlan { state }.into());
    }
    let preference = preference(tx, stored.location)?;
    let mut files = std::mem::take(&mut replaced.files);
    for file in &mut files {
        let lines = replaced.lines(file.order().id());
        file.send_again(act, &lines, &preference)?;
    }
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    let mut events = Vec::new();
    if state == State::HandedOver {
        events.push(stored.shipment.lose(act.at)?);
        stored.look_at = None;
    }
    events.push(stored.shipment.replace(act.at));
    for file in &files {
        decided(tx, act, file.order().id())?;
    }
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
