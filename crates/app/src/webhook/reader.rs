//! From the journal to deliveries: one row for each event and each endpoint that wants it.

use std::collections::HashMap;
use std::sync::Arc;

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::ids::{DisputeId, EndpointId, PaymentId, RefundId};
use ordermill_domain::webhook::{Endpoint, Event, State};
use ordermill_storage::delivery::{self, NewDelivery};
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, dispute, payment, refund, webhook};

use super::endpoint::ENDPOINTS_MAX;
use crate::reader::{ReadError, Reader};

/// The name of the cursor.
pub const READER: &str = "webhooks";

impl Reader {
    /// Makes deliveries for the endpoints. While there are none, entries pass unread.
    pub fn webhooks() -> Self {
        let make = |tx: &mut Tx<'_>, entries: &[Entry], now| {
            make_deliveries(tx, entries, now).map_err(ReadError::from)
        };
        Self {
            batch: 512,
            rest: Span::millis(20),
            is_needed: Some(Arc::new(webhook::is_anyone_listening)),
            ..Self::new(READER, make)
        }
    }
}

fn make_deliveries(tx: &mut Tx<'_>, entries: &[Entry], now: Timestamp) -> Result<(), Error> {
    let endpoints: Vec<Endpoint> = webhook::list(tx, None, ENDPOINTS_MAX)?
        .into_iter()
        .filter(|endpoint| matches!(endpoint.state, State::Active | State::Paused))
        .collect();
    let mut lanes = Lanes::default();
    for entry in entries.iter().filter(|entry| entry.kind != Event::TESTED) {
        let mut lane = None;
        // What happened before an endpoint was added is none of its business.
        let wants = |endpoint: &&Endpoint| {
            entry.at >= endpoint.created_at && endpoint.filter.wants(&entry.kind)
        };
        for endpoint in endpoints.iter().filter(wants) {
            let lane = match lane {
                Some(lane) => lane,
                None => *lane.insert(lanes.of(tx, entry)?),
            };
            delivery::insert(tx, new_delivery(endpoint.id, entry, lane), now)?;
        }
    }
    Ok(())
}

pub(super) fn new_delivery(endpoint: EndpointId, entry: &Entry, lane: i64) -> NewDelivery<'_> {
    NewDelivery {
        endpoint,
        event: entry.cursor.position,
        kind: &entry.kind,
        aggregate: &entry.aggregate,
        aggregate_id: entry.aggregate_id,
        lane,
        happened_at: entry.at,
    }
}

/// Which deliveries must arrive one after the other: those about one thing, where an order's payments,
/// refunds, disputes, reservations and deadlines are part of it.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    known: HashMap<i64, i64>,
}

impl Lanes {
    pub(super) fn of(&mut self, tx: &mut Tx<'_>, entry: &Entry) -> Result<i64, Error> {
        let raw = entry.aggregate_id;
        if !matches!(entry.aggregate.as_str(), "payment" | "refund" | "dispute") {
            return Ok(raw);
        }
        if let Some(&lane) = self.known.get(&raw) {
            return Ok(lane);
        }
        let order = match entry.aggregate.as_str() {
            "payment" => payment::fetch(tx, PaymentId::from_raw(raw))?.map(|it| it.facts().order),
            "dispute" => {
                let dispute = dispute::fetch(tx, DisputeId::from_raw(raw))?;
                dispute.map(|it| it.facts().terms.order)
            }
            _ => refund::fetch(tx, RefundId::from_raw(raw))?.map(|it| it.facts().order),
        };
        let lane = order.map_or(raw, Id::raw);
        self.known.insert(raw, lane);
        Ok(lane)
    }
}
