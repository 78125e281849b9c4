//! Looking at deliveries and having them made again.

use ordermill_base::{Id, Timestamp, id};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{DeliveryId, EndpointId, EventId};
use ordermill_domain::webhook::{DeliveryState, Event};
use ordermill_storage::delivery::{self, Delivery};
use ordermill_storage::{Tx, journal};

use super::reader::{Lanes, new_delivery};
use super::{WebhookError, authorize_managing, endpoint};
use crate::permission::Principal;

/// Events that one replay looks at, at most; more are replayed by going on behind them.
pub const REPLAYED_MAX: i64 = 1_000;

/// What a replay has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Deliveries that are due again.
    pub count: u64,
    /// Where to go on if the range has more events.
    pub next: Option<EventId>,
}

/// The deliveries to an endpoint, newest first: at most `limit` of those before `before`.
pub fn list(
    tx: &mut Tx<'_>,
    principal: &Principal,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>, WebhookError> {
    endpoint::get(tx, principal, endpoint)?;
    Ok(delivery::list(tx, endpoint, state, before, limit)?)
}

/// Has one delivery made again, now: from the start of its plan if it was over, else as its next try.
pub fn replay(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<Delivery, WebhookError> {
    authorize_managing(principal)?;
    let not_found = WebhookError::DeliveryNotFound(id);
    let found = delivery::fetch(tx, id)?.filter(|found| found.endpoint == endpoint);
    let Some(found) = found.filter(|found| found.state != DeliveryState::Dropped) else {
        return Err(not_found);
    };
    if !delivery::again(tx, endpoint, found.event, act.at)? {
        delivery::hasten(tx, id, act.at)?;
    }
    delivery::fetch(tx, id)?.ok_or(not_found)
}

/// Has everything that happened from `from` to `to` delivered again, also what this endpoint was
/// never told of, as far as its filter wants it. `behind` goes on with a range that had more.
pub fn replay_range(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    endpoint: EndpointId,
    (from, to): (Timestamp, Timestamp),
    behind: Option<EventId>,
) -> Result<Replayed, WebhookError> {
    let found = endpoint::get(tx, principal, endpoint)?;
    let first = EventId::from_raw(id::first_at(from).saturating_sub(1));
    let last = EventId::from_raw(id::first_at(to).saturating_sub(1));
    let first = behind.map_or(first, |behind| behind.max(first));
    let entries = journal::between(tx, first, last, REPLAYED_MAX)?;
    let has_more = entries.len() as i64 == REPLAYED_MAX;
    let mut lanes = Lanes::default();
    let mut count = 0;
    for entry in &entries {
        if entry.kind == Event::TESTED || !found.filter.wants(&entry.kind) {
            continue;
        }
        if !delivery::again(tx, endpoint, entry.cursor.position, act.at)? {
            let lane = lanes.of(tx, entry)?;
            delivery::insert(tx, new_delivery(endpoint, entry, lane), act.at)?;
        }
        count += 1;
    }
    let next = entries.last().filter(|_| has_more).map(|entry| entry.cursor.position);
    Ok(Replayed { count, next })
}
