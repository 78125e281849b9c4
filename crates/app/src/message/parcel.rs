//! What buyers are told of a parcel: only what is still true of it, and nothing of yesterday.

use std::collections::{BTreeSet, HashMap};

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::event::Event as AnyEvent;
use ordermill_domain::ids::{OrderId, ShipmentId};
use ordermill_domain::message::Cause;
use ordermill_domain::shipment::{self as rules, Event, State, TrackingStatus};
use ordermill_domain::text::Text;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, carrier, shipment};

use super::text::Facts;
use crate::reader::ReadError;

/// A step that a carrier tells of later than this after its own moment is none that buyers wait for.
const FRESH_STEP: Span = Span::hours(12);

/// A parcel as a buyer is told of it.
pub(super) struct Parcel {
    carrier: Text,
    waybill: String,
}

/// What an entry about a parcel means to buyers, as long as it is news.
pub(super) fn cause_of(entry: &Entry, now: Timestamp) -> Result<Option<Cause>, ReadError> {
    let event = AnyEvent::from_json(&entry.kind, &entry.body);
    let AnyEvent::Shipment(event) = event.map_err(|error| ReadError::Entry(error.to_string()))?
    else {
        return Ok(None);
    };
    let (cause, since) = match event {
        Event::HandedOver { .. } => (Cause::Shipped, entry.at),
        Event::Delivered { scanned_at } => (Cause::Delivered, scanned_at),
        Event::Tracked { status, scanned_at } => match of_status(status) {
            Some(cause) => (cause, scanned_at),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok((since + FRESH_STEP >= now).then_some(cause))
}

/// Parcels of which there may be news, and whose goods are in them.
pub(super) struct Parcels {
    known: HashMap<ShipmentId, rules::Facts>,
    orders: Vec<(ShipmentId, OrderId)>,
}

impl Parcels {
    pub(super) fn load(tx: &mut Tx<'_>, ids: BTreeSet<ShipmentId>) -> Result<Self, Error> {
        let ids: Vec<ShipmentId> = ids.into_iter().collect();
        let known = shipment::fetch_each(tx, &ids)?;
        let known =
            known.into_iter().map(|it| (it.shipment.facts().id, it.shipment.facts().clone()));
        Ok(Self { known: known.collect(), orders: shipment::orders_in(tx, &ids)? })
    }

    /// Whose buyers are told of a parcel: those of all orders that have goods in it, if it is still so.
    pub(super) fn told(&self, id: ShipmentId, cause: Cause) -> Vec<OrderId> {
        match self.known.get(&id) {
            Some(facts) if is_still_so(facts, cause) => {
                let its = self.orders.iter().filter(|(parcel, _)| *parcel == id);
                its.map(|(_, order)| *order).collect()
            }
            _ => Vec::new(),
        }
    }
}

const fn of_status(status: TrackingStatus) -> Option<Cause> {
    match status {
        TrackingStatus::OutForDelivery => Some(Cause::OutForDelivery),
        TrackingStatus::AtPickupPoint => Some(Cause::AtPickupPoint),
        TrackingStatus::Address => Some(Cause::AddressProblem),
        _ => None,
    }
}

/// Whether it is still what a buyer should know of a parcel: one that is with the courier needs no word
/// that it has left.
fn is_still_so(facts: &rules::Facts, cause: Cause) -> bool {
    let is_under_way = facts.state == State::HandedOver;
    match cause {
        Cause::Delivered => facts.state == State::Delivered,
        Cause::Shipped => is_under_way && of_status(facts.track.status).is_none(),
        // A plan means that somebody has spoken with the buyer.
        Cause::AddressProblem => {
            is_under_way && of_status(facts.track.status) == Some(cause) && facts.plan.is_none()
        }
        _ => is_under_way && of_status(facts.track.status) == Some(cause),
    }
}

/// The parcel of a message; `None` if what the message says is not so any more.
pub(super) fn told_of(
    tx: &mut Tx<'_>,
    cause: Cause,
    subject: i64,
) -> Result<Option<Parcel>, Error> {
    let Some(stored) = shipment::fetch(tx, ShipmentId::from_raw(subject))? else {
        return Ok(None);
    };
    let facts = stored.shipment.facts();
    if !is_still_so(facts, cause) {
        return Ok(None);
    }
    let carrier = carrier::fetch(tx, facts.terms.carrier)?;
    let carrier = carrier.map_or_else(Text::default, |stored| stored.carrier.name);
    Ok(Some(Parcel { carrier, waybill: facts.terms.waybill.clone() }))
}

pub(super) fn chinese(facts: &Facts<'_>) -> (&'static str, String) {
    let (carrier, waybill) = of(facts, Text::zh);
    match facts.cause {
        Cause::OutForDelivery => {
            ("正在派送", format!("包裹正在派送({carrier} {waybill}),请保持电话畅通。"))
        }
        Cause::AtPickupPoint => {
            ("包裹待取", format!("包裹已到自提点({carrier} {waybill}),请及时领取。"))
        }
        Cause::Delivered => ("包裹已签收", format!("包裹已签收({carrier} {waybill})。")),
        Cause::AddressProblem => (
            "请确认收货地址",
            format!("承运商找不到收货地址({carrier} {waybill}),请联系我们更正,以免退回。"),
        ),
        _ => ("已发货", format!("包裹已发出({carrier} {waybill})。")),
    }
}

pub(super) fn english(facts: &Facts<'_>) -> (&'static str, String) {
    let (carrier, waybill) = of(facts, Text::en);
    match facts.cause {
        Cause::OutForDelivery => (
            "Out for delivery:",
            format!("a courier of {carrier} brings your parcel {waybill} today."),
        ),
        Cause::AtPickupPoint => (
            "Ready to be collected:",
            format!("your parcel {waybill} waits for you at a pick-up point of {carrier}."),
        ),
        Cause::Delivered => {
            ("Delivered:", format!("{carrier} has delivered your parcel {waybill}."))
        }
        Cause::AddressProblem => (
            "Please check your address:",
            format!(
                "{carrier} does not find the address of your parcel {waybill}. Please tell us the \
                 right one, or it will come back to us."
            ),
        ),
        _ => ("Shipped:", format!("your parcel {waybill} is on its way with {carrier}.")),
    }
}

fn of<'a>(facts: &'a Facts<'_>, name: impl Fn(&'a Text) -> &'a str) -> (&'a str, &'a str) {
    facts.parcel.as_ref().map_or(("", ""), |it| (name(&it.carrier), it.waybill.as_str()))
}
