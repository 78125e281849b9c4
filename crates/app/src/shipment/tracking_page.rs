//! What the public tracking page knows: where the parcels of an order are, and nothing about people.
//!
//! The address of the page is made from the order's id and a signature ([`token`]): nobody can guess
//! it, nothing is stored for it, and it is the same in every message and on every label.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::ids::{OrderId, SkuId};
use ordermill_domain::order::{OrderLine, OrderNumber, Status, replaced};
use ordermill_domain::shipment::{State, TrackingStatus};
use ordermill_domain::task::TaskKind;
use ordermill_domain::text::Text;
use ordermill_storage::asked::Asked;
use ordermill_storage::tracking::TrackingEvent;
use ordermill_storage::vehicle::{self as stored_vehicle, OnBoard};
use ordermill_storage::{Error, Tx, carrier, order, shipment, task, tracking};
use ordermill_vault::Claim;

use super::trail::{self, Scan};
use super::vehicle::{self, Live};
use crate::privacy::Vault;

/// Words of a carrier that the page shows of each parcel.
const EVENTS_MAX: i64 = 30;
/// How long a page can be looked at after its order was placed: a year, as carriers keep their own.
const SHOWN_FOR: Span = Span::days(365);

/// The token in an order's tracking address.
pub fn token(vault: &Vault, order: OrderId) -> String {
    let id = order.to_string();
    let id = id.strip_prefix("ord_").unwrap_or(&id);
    format!("{id}.{}", vault.keyring().sign_token(claim(order), None))
}

/// The order that a token opens; `None` for anything that we have not made.
pub fn order_of(vault: &Vault, token: &str, now: Timestamp) -> Option<OrderId> {
    let (id, proof) = token.split_once('.')?;
    let order: OrderId = format!("ord_{id}").parse().ok()?;
    vault.keyring().verify_token(claim(order), proof, now).ok().map(|()| order)
}

fn claim(order: OrderId) -> Claim {
    Claim { audience: "tracking", id: order.raw() }
}

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// What people read out on the phone.
    pub number: OrderNumber,
    /// The order itself, for what the buyer does with it.
    pub order: OrderId,
    /// Where the order stands.
    pub status: Status,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Whether it is paid, or paid at the door.
    pub is_confirmed: bool,
    /// How far everything is.
    pub step: Step,
    /// When the last parcel should be there; `None` before there is one, and after all are.
    pub arrives_by: Option<Timestamp>,
    /// Whether that day has passed, or something stands in the way.
    pub is_delayed: bool,
    /// When the last parcel was delivered.
    pub delivered_at: Option<Timestamp>,
    /// The parcels with a label, oldest first.
    pub parcels: Vec<TrackedParcel>,
    /// What was ordered, with what is sent in place of it.
    pub goods: Vec<Goods>,
    /// Whether the buyer has said that something has not come.
    pub is_disputed: bool,
    /// Every scan on the way through our hands, newest first.
    pub trail: Vec<Scan>,
}

/// The four steps of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// It is being prepared.
    Preparing,
    /// A carrier has all of it.
    OnTheWay,
    /// A courier brings it, or it waits to be collected.
    OutForDelivery,
    /// It is there.
    Delivered,
}

/// One parcel on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedParcel {
    /// What the carrier is called.
    pub carrier: Text,
    /// The carrier's number.
    pub waybill: String,
    /// Where it stands.
    pub state: State,
    /// What the carrier last said.
    pub status: TrackingStatus,
    /// When it should be there.
    pub expected_by: Timestamp,
    /// Where it is just now, if it is on a vehicle that says so.
    pub live: Option<Live>,
    /// What the carrier said, newest first: when, what, where.
    pub events: Vec<(Timestamp, TrackingStatus, String)>,
}

/// Goods of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goods {
    /// What.
    pub sku: SkuId,
    /// How many pieces.
    pub pieces: i64,
    /// What they are sent in place of, if they are.
    pub in_place_of: Option<SkuId>,
}

/// What was ordered and is not replaced, and what is sent in place.
fn goods_of(lines: &[OrderLine]) -> Vec<Goods> {
    let find = |number: u16| lines.iter().find(|line| line.terms.line_no == number);
    let goods = lines.iter().map(|line| Goods {
        sku: line.terms.sku,
        pieces: line.terms.quantity.get() - replaced(lines, line.terms.line_no),
        in_place_of: line.terms.stands_for.and_then(find).map(|line| line.terms.sku),
    });
    goods.filter(|goods| goods.pieces > 0).collect()
}

/// Reads what the page shows; `None` if there is no such order, or its year is over.
pub fn load(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: OrderId,
    now: Timestamp,
) -> Result<Option<Tracked>, Error> {
    // Asked together, first what the order leads to, then what that leads to.
    let stored = order::ask(tx, id)?;
    let lines = order::ask_lines(tx, id)?;
    let shipments = shipment::ask_of(tx, id)?;
    let trail = trail::ask(tx, id)?;
    // Of this order: that of another whose goods travelled along is its own.
    let is_disputed = task::ask_is_open(tx, TaskKind::NotReceived, id.raw())?;
    let Some(stored) = stored.only(tx)? else { return Ok(None) };
    let facts = stored.order.facts();
    let placed_at = facts.milestones.placed_at;
    if now > placed_at + SHOWN_FOR {
        return Ok(None);
    }
    let lines = lines.answer(tx)?;
    let trail = trail.ask_entries(tx)?;
    let carriers = carrier::ask_names(tx)?;
    let on_the_way = ask_parcels(tx, shipments)?;
    let carriers = carriers.answer(tx)?;
    let mut parcels = Vec::new();
    let (mut arrives_by, mut delivered_at, mut is_delayed) = (None, None, false);
    for OnTheWay { stored, events, on_board } in on_the_way {
        let facts = stored.shipment.facts();
        let carrier = carriers.iter().find(|known| known.id == facts.terms.carrier);
        let events = events.answer(tx)?;
        let events = events.into_iter().filter(|event| event.status != TrackingStatus::Unknown);
        if matches!(facts.state, State::LabelCreated | State::HandedOver) {
            arrives_by = arrives_by.max(Some(facts.terms.expected_by));
            is_delayed |= facts.terms.expected_by < now || facts.track.status.is_exception();
        }
        is_delayed |= matches!(facts.state, State::Lost | State::ReturnedToSender);
        delivered_at = delivered_at.max(facts.delivered_at);
        let on_board = on_board.map_or(Ok(None), |asked| asked.only(tx))?;
        let live = on_board.and_then(|on_board| vehicle::live(vault, &on_board, now));
        parcels.push(TrackedParcel {
            carrier: carrier.map_or_else(Text::default, |known| known.name.clone()),
            waybill: facts.terms.waybill.clone(),
            state: facts.state,
            status: facts.track.status,
            expected_by: facts.terms.expected_by,
            live,
            events: events.map(|event| (event.at, event.status, event.place)).collect(),
        });
    }
    let is_all_packed = lines.iter().all(|line| {
        let pieces = line.pieces();
        pieces.shipped + pieces.canceled >= line.terms.quantity.get()
    });
    let step = step_of(&parcels, facts.status, is_all_packed);
    let is_there = step == Step::Delivered;
    Ok(Some(Tracked {
        number: OrderNumber::from(id),
        order: id,
        status: facts.status,
        placed_at,
        is_confirmed: facts.milestones.confirmed_at.is_some(),
        step,
        arrives_by: if is_there { None } else { arrives_by },
        is_delayed: is_delayed && !is_there,
        delivered_at: if is_there { delivered_at } else { None },
        parcels,
        goods: goods_of(&lines),
        is_disputed: is_disputed.only(tx)?.is_some(),
        trail: trail.answer(tx)?,
    }))
}

/// A parcel, and what was asked about it.
struct OnTheWay {
    stored: shipment::Stored,
    events: Asked<TrackingEvent>,
    on_board: Option<Asked<OnBoard>>,
}

/// Asks about every parcel that goes somewhere.
fn ask_parcels(
    tx: &mut Tx<'_>,
    shipments: Asked<shipment::Stored>,
) -> Result<Vec<OnTheWay>, Error> {
    let mut asked = Vec::new();
    for stored in shipments.answer(tx)? {
        let (id, state) = (stored.shipment.facts().id, stored.shipment.facts().state);
        if state != State::Voided {
            let events = tracking::ask_of(tx, id, EVENTS_MAX)?;
            let is_moving = state == State::HandedOver;
            let on_board = is_moving.then(|| stored_vehicle::ask_of(tx, id)).transpose()?;
            asked.push(OnTheWay { stored, events, on_board });
        }
    }
    Ok(asked)
}

/// The step of the parcel that is furthest behind: what is not packed yet holds all of it back.
fn step_of(parcels: &[TrackedParcel], status: Status, is_all_packed: bool) -> Step {
    if matches!(status, Status::Completed | Status::Archived) {
        return Step::Delivered;
    }
    let of = |parcel: &TrackedParcel| match (parcel.state, parcel.status) {
        (State::Delivered, _) => Step::Delivered,
        (State::LabelCreated | State::Voided, _) => Step::Preparing,
        (_, TrackingStatus::OutForDelivery | TrackingStatus::AtPickupPoint) => Step::OutForDelivery,
        _ => Step::OnTheWay,
    };
    let slowest = parcels.iter().map(of).min().unwrap_or(Step::Preparing);
    if slowest == Step::Delivered && !is_all_packed { Step::OnTheWay } else { slowest }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ordermill_vault::SeededEntropy;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn a_token_opens_its_order_and_no_other() {
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(1)), NOW);
        let (order, other) = (OrderId::from_raw(7), OrderId::from_raw(8));
        let token = token(&vault, order);
        assert_eq!(order_of(&vault, &token, NOW), Some(order));
        let proof = token.split_once('.').unwrap().1;
        let forged = format!("{}.{proof}", other.to_string().trim_start_matches("ord_"));
        assert_eq!(order_of(&vault, &forged, NOW), None);
        for nonsense in ["", ".", "0000000000007", "x.y", &token[1..]] {
            assert_eq!(order_of(&vault, nonsense, NOW), None, "{nonsense}");
        }
    }

    #[test]
    fn the_slowest_parcel_says_how_far_it_is() {
        let parcel = |state, status| TrackedParcel {
            carrier: Text::default(),
            waybill: String::new(),
            state,
            status,
            expected_by: NOW,
            live: None,
            events: Vec::new(),
        };
        let there = || parcel(State::Delivered, TrackingStatus::Delivered);
        let near = || parcel(State::HandedOver, TrackingStatus::OutForDelivery);
        let step = |parcels: &[TrackedParcel], packed| step_of(parcels, Status::Confirmed, packed);
        assert_eq!(step(&[], false), Step::Preparing);
        assert_eq!(step(&[there(), near()], true), Step::OutForDelivery);
        assert_eq!(step(&[there(), there()], true), Step::Delivered);
        assert_eq!(step(&[there()], false), Step::OnTheWay, "more is being packed");
    }
}
