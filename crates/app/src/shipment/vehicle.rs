//! Where vehicles of carriers are, and so how far a parcel on board is from its buyer.
//!
//! Positions come in by the batch. One that is older than what is known of its vehicle, or comes within five
//! seconds of it, changes nothing, so that doubled and reordered reports end at the same place. Where a parcel is
//! handed out is as good as an address: it is sealed, and the tracking page tells nothing but a rounded distance.
//! Vehicles that fall silent are forgotten after a day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::ids::{CarrierId, ShipmentId};
use ordermill_domain::shipment::Position;
use ordermill_storage::vehicle::{self as stored, OnBoard};
use ordermill_storage::{Database, Error, Tx, carrier, shipment};
use ordermill_vault::Place;

use crate::privacy::Vault;

/// Vehicles of one batch at most.
pub const VEHICLES_MAX: usize = 200;
/// Parcels of one batch at most, on one vehicle or on many.
pub const PARCELS_MAX: usize = 2_000;
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

/// Takes in a batch of reports, each on its own; gives what became of each, in their order. Parcels are looked
/// up and their stops sealed before anything is written.
pub async fn report(
    database: &Database,
    vault: &Vault,
    reports: Vec<Report>,
    now: Timestamp,
) -> Result<Vec<Outcome>, Error> {
    let vault = vault.clone();
    let look_up = move |tx: &mut Tx<'_>| prepare(tx, &vault, &reports, now);
    let prepared = database.read(look_up).await?;
    database.write(move |tx: &mut Tx<'_>| keep(tx, &prepared, now)).await
}

/// A report that is ready to be kept, or why it never is.
type Prepared = Result<Sighting, Outcome>;

/// Where a vehicle was, with what is ours on board.
struct Sighting {
    moved: stored::Report,
    /// Everything of ours on board; none if that is as before.
    loads: Option<Vec<stored::Load>>,
    unknown_parcels: usize,
}

fn prepare(
    tx: &mut Tx<'_>,
    vault: &Vault,
    reports: &[Report],
    now: Timestamp,
) -> Result<Vec<Prepared>, Error> {
    let carriers: HashMap<String, CarrierId> =
        carrier::names(tx)?.into_iter().map(|it| (it.code, it.id)).collect();
    let carrier_of = |report: &Report| match carriers.get(&report.carrier) {
        None => Err(Outcome::UnknownCarrier),
        Some(_) if report.at > now + AHEAD_MAX || report.at + OLD_AFTER < now => {
            Err(Outcome::OutOfTime)
        }
        Some(&carrier) => Ok(carrier),
    };
    let mut waybills: Vec<(CarrierId, &str)> = Vec::new();
    for report in reports {
        if let Ok(carrier) = carrier_of(report) {
            let loads = report.parcels.iter().flatten();
            waybills.extend(loads.map(|load| (carrier, load.waybill.as_str())));
        }
    }
    waybills.sort_unstable();
    waybills.dedup();
    let found = shipment::find_on_their_way(tx, &waybills)?.into_iter();
    let known: HashMap<(CarrierId, String), ShipmentId> =
        found.map(|(carrier, waybill, id)| ((carrier, waybill), id)).collect();
    let mut prepared = Vec::with_capacity(reports.len());
    for report in reports {
        prepared.push(match carrier_of(report) {
            Ok(carrier) => Ok(sighting(vault, &known, carrier, report)?),
            Err(outcome) => Err(outcome),
        });
    }
    Ok(prepared)
}

fn sighting(
    vault: &Vault,
    known: &HashMap<(CarrierId, String), ShipmentId>,
    carrier: CarrierId,
    report: &Report,
) -> Result<Sighting, Error> {
    let (vehicle, at, position) = (report.vehicle.clone(), report.at, report.position);
    let moved = stored::Report { carrier, vehicle, at, position };
    let Some(on_board) = &report.parcels else {
        return Ok(Sighting { moved, loads: None, unknown_parcels: 0 });
    };
    let mut loads = Vec::with_capacity(on_board.len());
    let mut unknown_parcels = 0;
    for load in on_board {
        let Some(&shipment) = known.get(&(carrier, load.waybill.clone())) else {
            unknown_parcels += 1;
            continue;
        };
        let stop = serde_json::to_vec(&load.stop).map_err(Error::defect)?;
        let stop = vault.seal(place(shipment), &stop);
        let (vehicle, arrives_at) = (report.vehicle.clone(), load.arrives_at);
        loads.push(stored::Load { shipment, carrier, vehicle, stop, arrives_at });
    }
    Ok(Sighting { moved, loads: Some(loads), unknown_parcels })
}

/// Keeps what is news. Vehicles are locked in the order of their names, several reports of one in their own
/// order, and then the parcels on board.
fn keep(tx: &mut Tx<'_>, prepared: &[Prepared], now: Timestamp) -> Result<Vec<Outcome>, Error> {
    let sightings = prepared.iter().enumerate();
    let sightings = sightings.filter_map(|(at, it)| Some((at, it.as_ref().ok()?)));
    let mut by_vehicle: Vec<(usize, &Sighting)> = sightings.collect();
    by_vehicle.sort_by_key(|(_, it)| (it.moved.carrier, it.moved.vehicle.as_str()));
    let mut is_news = vec![false; prepared.len()];
    for (at, it) in by_vehicle {
        is_news[at] = stored::move_to(tx, &it.moved, now)?;
    }
    let mut outcomes = Vec::with_capacity(prepared.len());
    // The last word on each counts: what is on board of a vehicle, and on which one a parcel is.
    let mut loaded: BTreeSet<(CarrierId, &str)> = BTreeSet::new();
    let mut on_board: BTreeMap<ShipmentId, &stored::Load> = BTreeMap::new();
    for (it, is_news) in prepared.iter().zip(is_news) {
        outcomes.push(match it {
            Err(outcome) => *outcome,
            Ok(_) if !is_news => Outcome::Older,
            Ok(Sighting { moved, loads, unknown_parcels }) => {
                if let Some(loads) = loads {
                    let vehicle = (moved.carrier, moved.vehicle.as_str());
                    on_board.retain(|_, it| (it.carrier, it.vehicle.as_str()) != vehicle);
                    on_board.extend(loads.iter().map(|load| (load.shipment, load)));
                    loaded.insert(vehicle);
                }
                Outcome::Taken { unknown_parcels: *unknown_parcels }
            }
        });
    }
    if !loaded.is_empty() {
        let vehicles: Vec<(CarrierId, &str)> = loaded.into_iter().collect();
        let loads: Vec<stored::Load> = on_board.into_values().cloned().collect();
        stored::load_anew(tx, &vehicles, &loads, now)?;
    }
    Ok(outcomes)
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
pub(super) fn live(vault: &Vault, on_board: &OnBoard, now: Timestamp) -> Option<Live> {
    if now >= on_board.received_at + LIVE_FOR {
        return None;
    }
    // What is erased can no longer be read.
    let stop = vault.open_at(place(on_board.shipment), &on_board.stop).ok()?;
    let stop: Position = serde_json::from_slice(&stop).ok()?;
    let meters = on_board.position.meters_to(stop);
    let guessed = (meters <= GUESSED_UP_TO_METERS)
        .then(|| on_board.at + Span::seconds(meters * 3_600 / METERS_AN_HOUR));
    // What should have been is no arrival any more.
    let arrives_at = on_board.arrives_at.or(guessed).filter(|at| *at > now);
    Some(Live { meters, at: on_board.at, arrives_at })
}
