//! Where vehicles of carriers are, and so how far a parcel on board is from its buyer.
//!
//! Positions come in by the batch. One that is older than what is known of its vehicle, or comes within five
//! seconds of it, changes nothing, so that doubled and reordered reports end at the same place. Where a parcel is
//! handed out is as good as an address: it is sealed, and the tracking page tells nothing but a rounded distance.
//! Vehicles that fall silent are forgotten after a day.

use std::collections::HashMap;

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::ids::{CarrierId, ShipmentId};
use ordermill_domain::shipment::{Position, State};
use ordermill_storage::vehicle::{self as stored, OnBoard};
use ordermill_storage::{Error, Tx, carrier, shipment};
use ordermill_vault::Place;

use crate::privacy::Vault;

/// Vehicles of one batch at most.
pub const VEHICLES_MAX: usize = 200;
/// Parcels of one vehicle at most.
pub const PARCELS_MAX: usize = 300;
/// A position that claims to be from so far in the future has a wrong clock.
const AHEAD_MAX: Span = Span::minutes(1);
/// A position that is older says nothing about now.
const OLD_AFTER: Span = Span::hours(1);
/// A vehicle that was heard of longer ago is not shown.
const LIVE_FOR: Span = Span::minutes(30);
/// How fast a van gets through a city with its stops, in meters an hour: for arrivals that nobody states.
const METERS_AN_HOUR: i64 = 18_000;
/// From further away nobody guesses an arrival.
const GUESSED_UP_TO_METERS: i64 = 60_000;

/// Where a vehicle says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The carrier's code.
    pub carrier: String,
    /// What the carrier calls the vehicle.
    pub vehicle: String,
    /// When it was there.
    pub at: Timestamp,
    /// Where.
    pub position: Position,
    /// Everything on board; none if that is as before.
    pub parcels: Option<Vec<Load>>,
}

/// A parcel on board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The carrier's number of it.
    pub waybill: String,
    /// Where it is handed out.
    pub stop: Position,
    /// When the carrier expects to be there, if it knows.
    pub arrives_at: Option<Timestamp>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is where the vehicle is now.
    Taken {
        /// Parcels of it that are not ours, or not on their way.
        unknown_parcels: usize,
    },
    /// As late a position is known, or one of just before.
    Older,
    /// It is from long ago, or from the future.
    OutOfTime,
    /// There is no such carrier.
    UnknownCarrier,
}

/// Takes in a batch of reports, each on its own; gives what became of each, in their order.
pub fn report(
    tx: &mut Tx<'_>,
    vault: &Vault,
    reports: &[Report],
    now: Timestamp,
) -> Result<Vec<Outcome>, Error> {
    let carriers: HashMap<String, CarrierId> =
        carrier::list(tx)?.into_iter().map(|it| (it.carrier.code, it.carrier.id)).collect();
    reports.iter().map(|report| take_in(tx, vault, &carriers, report, now)).collect()
}

fn take_in(
    tx: &mut Tx<'_>,
    vault: &Vault,
    carriers: &HashMap<String, CarrierId>,
    report: &Report,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let Some(&carrier) = carriers.get(&report.carrier) else {
        return Ok(Outcome::UnknownCarrier);
    };
    if report.at > now + AHEAD_MAX || report.at + OLD_AFTER < now {
        return Ok(Outcome::OutOfTime);
    }
    let (vehicle, at, position) = (report.vehicle.clone(), report.at, report.position);
    if !stored::move_to(tx, &stored::Report { carrier, vehicle, at, position }, now)? {
        return Ok(Outcome::Older);
    }
    let Some(loads) = &report.parcels else { return Ok(Outcome::Taken { unknown_parcels: 0 }) };
    stored::unload(tx, carrier, &report.vehicle)?;
    let known = on_their_way(tx, carrier, loads)?;
    let mut unknown_parcels = 0;
    for load in loads {
        let Some(&id) = known.get(load.waybill.as_str()) else {
            unknown_parcels += 1;
            continue;
        };
        let stop = serde_json::to_vec(&load.stop).map_err(Error::defect)?;
        let sealed = vault.seal(place(id), &stop);
        let on = (carrier, report.vehicle.as_str());
        stored::load(tx, on, id, &sealed, load.arrives_at, now)?;
    }
    Ok(Outcome::Taken { unknown_parcels })
}

/// The parcels of a carrier that it has, by waybill.
fn on_their_way<'l>(
    tx: &mut Tx<'_>,
    carrier: CarrierId,
    loads: &'l [Load],
) -> Result<HashMap<&'l str, ShipmentId>, Error> {
    let waybills: Vec<&str> = loads.iter().map(|load| load.waybill.as_str()).collect();
    let mut known = HashMap::new();
    for (waybill, id) in shipment::find_by_waybills(tx, &waybills)? {
        let found = shipment::fetch(tx, id)?;
        let is_it = found.is_some_and(|it| {
            let facts = it.shipment.facts();
            facts.terms.carrier == carrier && facts.state == State::HandedOver
        });
        if let (true, Some(load)) = (is_it, waybills.iter().find(|it| **it == waybill)) {
            known.insert(*load, id);
        }
    }
    Ok(known)
}

fn place(id: ShipmentId) -> Place {
    Place { table: "vehicle_parcels", column: "stop", row: id.raw() }
}

/// How far a parcel is from where it is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// How far, in meters along the globe.
    pub meters: i64,
    /// When the vehicle was there.
    pub at: Timestamp,
    /// When it should be there: as the carrier says, or guessed by the distance; none from far away.
    pub arrives_at: Option<Timestamp>,
}

/// Where a parcel is now; none unless it is on a vehicle that was heard of lately.
pub fn live(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: ShipmentId,
    now: Timestamp,
) -> Result<Option<Live>, Error> {
    let found = stored::of(tx, id)?.filter(|it| now < it.received_at + LIVE_FOR);
    Ok(found.and_then(|on_board| located(vault, &on_board, now)))
}

/// None if where it is handed out can no longer be read.
fn located(vault: &Vault, on_board: &OnBoard, now: Timestamp) -> Option<Live> {
    let stop = vault.open_at(place(on_board.shipment), &on_board.stop).ok()?;
    let stop: Position = serde_json::from_slice(&stop).ok()?;
    let meters = on_board.position.meters_to(stop);
    let guessed = (meters <= GUESSED_UP_TO_METERS)
        .then(|| on_board.at + Span::seconds(meters * 3_600 / METERS_AN_HOUR));
    // What should have been is no arrival any more.
    let arrives_at = on_board.arrives_at.or(guessed).filter(|at| *at > now);
    Some(Live { meters, at: on_board.at, arrives_at })
}
