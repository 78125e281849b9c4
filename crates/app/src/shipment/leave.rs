//! Parcels that have left, and what that means for their fulfillments, their orders and the stock.
//!
//! A fulfillment is with the carrier when the last of its packages is: then its claims on stock are
//! consumed, its pieces are booked out, and the order is told, for hundreds of them in one command. It is
//! closed when all its packages are at their end. Closing a hand-over list does this itself; what a
//! carrier's own scan has handed over, or delivered, is followed by a reader of the journal. Repeating it
//! is harmless.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ordermill_base::Id;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::State as Work;
use ordermill_domain::ids::{FulfillmentId, OrderId, PackageId, ShipmentId};
use ordermill_domain::package::Package;
use ordermill_domain::shipment::State;
use ordermill_storage::{Error, Tx, fulfillment, package, shipment, stock};

use crate::fulfillment::progress::roll_up;
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::order::file::{FileError, OrderFile};
use crate::reader::Reader;

/// The name of the cursor.
pub const READER: &str = "parcels";

/// Follows what carriers' own scans hand over, deliver, bring back or lose.
pub fn reader() -> Reader {
    let reader = Reader::new(READER, |tx, entries, now| {
        let act = Act::new(Actor::system(READER), now);
        let ids = entries.iter().map(|entry| ShipmentId::from_raw(entry.aggregate_id));
        let ids: Vec<ShipmentId> = ids.collect::<BTreeSet<_>>().into_iter().collect();
        let orders: BTreeSet<_> = shipment::orders_of_each(tx, &ids)?.into_iter().collect();
        Ok(follow(tx, &act, &orders.into_iter().collect::<Vec<_>>())?)
    });
    Reader { kinds: Some(MOVING), is_command: true, ..reader }
}

/// What moves a fulfillment on.
const MOVING: &[&str] = &[
    "shipment.created",
    "shipment.handed_over",
    "shipment.delivered",
    "shipment.returned_to_sender",
    "shipment.lost",
    "shipment.voided",
];

/// Brings fulfillments, stock and orders in line with where the parcels of these orders are.
pub fn follow(tx: &mut Tx<'_>, act: &Act, orders: &[OrderId]) -> Result<(), Error> {
    if orders.is_empty() {
        return Ok(());
    }
    // A parcel has one label, and may hold goods of several orders.
    let orders = &fulfillment::with_merged(tx, orders)?;
    let mut works = FulfillmentFile::of_orders(tx, orders)?;
    if works.is_empty() {
        return Ok(());
    }
    let parcels = Parcels::load(tx, orders, &works)?;
    let mut leaving: BTreeMap<OrderId, Vec<FulfillmentId>> = BTreeMap::new();
    for file in &mut works {
        let (id, order) = (file.work.id(), file.work.facts().order);
        if file.work.state() == Work::Packed && parcels.all(id, State::has_left) {
            step(file.step(act, |work| work.hand_over(act.at)))?;
            leaving.entry(order).or_default().push(id);
        }
        if file.work.state() == Work::HandedOver && parcels.all(id, |state| state.is_over()) {
            step(file.step(act, |work| work.close(act.at)))?;
        }
    }
    ship(tx, act, &leaving)?;
    FulfillmentFile::save_each(tx, &works.iter().collect::<Vec<_>>())?;
    let labeled: HashSet<FulfillmentId> = works
        .iter()
        .map(|file| file.work.id())
        .filter(|id| parcels.all(*id, |state| state != State::Voided))
        .collect();
    roll_up(tx, orders, &labeled)
}

/// Books what leaves out of the stock, and tells the orders.
fn ship(
    tx: &mut Tx<'_>,
    act: &Act,
    leaving: &BTreeMap<OrderId, Vec<FulfillmentId>>,
) -> Result<(), Error> {
    if leaving.is_empty() {
        return Ok(());
    }
    let mut files = OrderFile::load_each(tx, leaving.keys().copied())?;
    let mut booked = Vec::new();
    for file in &mut files {
        for id in leaving.get(&file.order().id()).into_iter().flatten() {
            let left = file.ship(act, &[*id]).map_err(FileError::into_storage)?;
            booked.extend(left.into_iter().map(|event| (event, id.raw())));
        }
    }
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    stock::record_shipped(tx, act, &booked)
}

/// A step that was asked for by the state: a refusal is a defect.
fn step<E: Into<WorkError>>(taken: Result<(), E>) -> Result<(), Error> {
    taken.map_err(|error| error.into().into_storage())
}

/// The closed packages of fulfillments, and where the parcel of each is.
struct Parcels {
    /// The boxes in which the goods of each lie.
    packages: HashMap<FulfillmentId, Vec<PackageId>>,
    states: HashMap<PackageId, State>,
}

impl Parcels {
    fn load(tx: &mut Tx<'_>, orders: &[OrderId], works: &[FulfillmentFile]) -> Result<Self, Error> {
        let ids: Vec<FulfillmentId> = works.iter().map(|file| file.work.id()).collect();
        let mut packages: HashMap<FulfillmentId, Vec<PackageId>> = HashMap::new();
        for Package { id, fulfillment, inside, .. } in package::of_each(tx, &ids)? {
            packages.entry(fulfillment).or_default().push(inside.unwrap_or(id));
        }
        // Of a package that was labeled again only the label in use counts.
        let states = shipment::of_packages(tx, orders)?;
        let in_use = states.into_iter().filter(|(_, state)| *state != State::Voided);
        Ok(Self { packages, states: in_use.collect() })
    }

    /// Whether there are packages, and the parcel of each is so.
    fn all(&self, id: FulfillmentId, is: impl Fn(State) -> bool) -> bool {
        let packages = self.packages.get(&id).map_or(&[][..], Vec::as_slice);
        let is_so = |package| self.states.get(package).is_some_and(|state| is(*state));
        !packages.is_empty() && packages.iter().all(is_so)
    }
}
