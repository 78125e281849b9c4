//! What carriers say, taken in: many words about many parcels in one transaction.
//!
//! Pushes and answers end here. Every word is kept; what counts of them is decided by the domain, in
//! whatever order they come. What follows from it is of the same transaction: exceptions open a task
//! and start D4 at the carrier's own moment, the last parcel of an order at the door starts D16.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{ShipmentId, TrackingEventId};
use ordermill_domain::shipment::{Event, Scan, State, TrackingStatus};
use ordermill_domain::task::TaskKind;
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::tracking::{self, TrackingEvent};
use ordermill_storage::{Error, Tx, deadline, task};
use ordermill_vault::Place;

use super::made::look_at;
use super::receipt::arm_for_parcels;
use crate::privacy::Vault;

/// What a carrier said of one parcel, with its words sealed.
#[derive(Debug, Clone)]
pub struct Heard {
    /// About which parcel.
    pub shipment: ShipmentId,
    /// What it said: the scan, and how it is stored.
    pub words: Vec<(Scan, TrackingEvent)>,
}

impl Heard {
    /// Seals what a carrier said, to be stored.
    pub fn new(
        vault: &Vault,
        ids: &ordermill_base::IdGenerator,
        shipment: ShipmentId,
        source: &str,
        scans: Vec<Scan>,
        received_at: Timestamp,
    ) -> Self {
        let word = |scan: Scan| {
            let id: TrackingEventId = ids.next(received_at);
            let event = TrackingEvent {
                id,
                shipment,
                at: scan.at,
                status: scan.status,
                outcome: scan.outcome,
                place: without_numbers(&scan.place),
                text: vault.seal(place(id), scan.text.as_bytes()),
                source: source.to_owned(),
                received_at,
            };
            (scan, event)
        };
        Self { shipment, words: scans.into_iter().map(word).collect() }
    }
}

/// Takes in what carriers said. Parcels that do not exist are left out. Gives how many moved.
pub fn take_in(tx: &mut Tx<'_>, act: &Act, heard: &[Heard]) -> Result<usize, Error> {
    let mut by_shipment: BTreeMap<ShipmentId, Vec<&Heard>> = BTreeMap::new();
    for heard in heard {
        by_shipment.entry(heard.shipment).or_default().push(heard);
    }
    let ids: Vec<ShipmentId> = by_shipment.keys().copied().collect();
    let mut stored = shipment::fetch_each_for_update(tx, &ids)?;
    let known: BTreeSet<ShipmentId> = stored.iter().map(|it| it.shipment.facts().id).collect();
    let words = heard.iter().filter(|heard| known.contains(&heard.shipment));
    tracking::insert_each(tx, words.flat_map(|heard| heard.words.iter().map(|word| &word.1)))?;

    let mut changes: Vec<Change> = Vec::new();
    for stored in &mut stored {
        let words = by_shipment.remove(&stored.shipment.facts().id).unwrap_or_default();
        let words = words.iter().flat_map(|heard| heard.words.iter().map(|word| &word.0));
        if let Some(change) = hear(stored, words, act.at) {
            changes.push(change);
        }
    }
    let changed: Vec<(&Stored, i64)> = stored
        .iter()
        .filter_map(|it| {
            let id = it.shipment.facts().id;
            changes.iter().find(|change| change.id == id).map(|change| (it, change.version_before))
        })
        .collect();
    shipment::update_each(tx, &changed)?;
    let events = changes.iter().flat_map(|change| {
        let numbered = change.events.iter().zip(change.version_before + 1..);
        numbered.map(|(event, version)| (change.id, version, event))
    });
    shipment::record_each(tx, act, events)?;
    follow(tx, act, &stored, &changes)?;
    Ok(changes.len())
}

/// What a word has changed of one shipment.
struct Change {
    id: ShipmentId,
    version_before: i64,
    state_before: State,
    events: Vec<Event>,
}

/// Lets a shipment hear the words, in the order of the carrier's clock. `None` if nothing that is
/// stored of it has changed.
fn hear<'s>(
    stored: &mut Stored,
    words: impl Iterator<Item = &'s Scan>,
    now: Timestamp,
) -> Option<Change> {
    let before = stored.clone();
    let mut words: Vec<&Scan> = words.collect();
    words.sort_by_key(|scan| (scan.at, scan.status));
    let mut events = Vec::new();
    for scan in words {
        // A clock that runs ahead must not make a parcel silent for days.
        let heard_at = scan.at.min(now);
        stored.heard_at = stored.heard_at.max(Some(heard_at));
        stored.had_exception |= scan.status.is_exception();
        stored.was_damaged |= scan.status == TrackingStatus::Damaged;
        events.extend(stored.shipment.scanned(scan, now));
    }
    stored.look_at = look_at(&stored.shipment, stored.heard_at, now);
    let facts = before.shipment.facts();
    let change =
        Change { id: facts.id, version_before: facts.version, state_before: facts.state, events };
    (*stored != before).then_some(change)
}

/// Tasks and deadlines that follow from what was heard.
fn follow(tx: &mut Tx<'_>, act: &Act, stored: &[Stored], changes: &[Change]) -> Result<(), Error> {
    let (mut ended, mut calm) = (Vec::new(), Vec::new());
    for change in changes {
        let Some(now_stored) = stored.iter().find(|it| it.shipment.facts().id == change.id) else {
            continue;
        };
        let facts = now_stored.shipment.facts();
        let last = change.events.iter().rev().find_map(|event| match event {
            Event::Tracked { status, scanned_at } => Some((*status, *scanned_at)),
            _ => None,
        });
        match last {
            Some((status, scanned_at)) if status.is_exception() => {
                raise_exception(tx, now_stored, status.code(), scanned_at, act.at)?;
            }
            Some(_) => calm.push(change.id),
            None => {}
        }
        if facts.state.is_over() && !change.state_before.is_over() {
            ended.push(change.id);
        }
    }
    settle_exceptions(tx, &calm, "the carrier goes on", act.at)?;
    for change in changes {
        let now_stored = stored.iter().find(|it| it.shipment.facts().id == change.id);
        let is_lost = |it: &&Stored| it.shipment.state() == State::Lost;
        if let Some(lost) = now_stored.filter(is_lost)
            && change.state_before != State::Lost
        {
            raise_exception(tx, lost, "lost", act.at, act.at)?;
        }
    }
    arm_for_parcels(tx, &ended, act.at)
}

/// Opens the task of a delivery exception and starts D4 at the carrier's moment, once for each
/// exception that nobody has planned for.
pub(super) fn raise_exception(
    tx: &mut Tx<'_>,
    stored: &Stored,
    what: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let facts = stored.shipment.facts();
    if facts.plan.is_some() {
        return Ok(());
    }
    let kind = DeadlineKind::DeliveryException;
    let open = deadline::of(tx, facts.id)?;
    let due_at = match open.iter().find(|(known, ..)| *known == kind) {
        Some((_, due_at, _)) => *due_at,
        None => {
            let rule = kind.rule();
            // A carrier that tells late leaves us less time, but never none.
            let since = since.min(now);
            let due_at = (since + rule.span).max(now);
            let warn_at = rule.warn_after.map(|warn| since + warn).filter(|warn| *warn > now);
            deadline::arm(tx, facts.id, kind, due_at, warn_at)?;
            due_at
        }
    };
    let detail = serde_json::json!({
        "order": facts.terms.order, "waybill": facts.terms.waybill, "what": what, "since": since,
    });
    let detail = detail.to_string();
    match task::find_open(tx, TaskKind::DeliveryException, facts.id.raw())? {
        Some(open) => task::raise(tx, open.id, 0, &detail),
        None => task::open(tx, TaskKind::DeliveryException, facts.id, &detail, Some(due_at), now),
    }
}

/// Ends the task and D4 of a delivery exception of each of these, where there is one.
pub(super) fn settle_exceptions(
    tx: &mut Tx<'_>,
    shipments: &[ShipmentId],
    outcome: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let met: Vec<(ShipmentId, DeadlineKind)> =
        shipments.iter().map(|id| (*id, DeadlineKind::DeliveryException)).collect();
    deadline::meet_each(tx, &met)?;
    task::close_each(tx, TaskKind::DeliveryException, shipments, outcome, now)
}

/// Opens a carrier's words for staff.
pub fn open_text(vault: &Vault, event: &TrackingEvent) -> String {
    let text = vault.open_at(place(event.id), &event.text);
    text.map_or(String::new(), |text| String::from_utf8_lossy(&text).into_owned())
}

fn place(id: TrackingEventId) -> Place {
    Place { table: "tracking_events", column: "text", row: id.raw() }
}

/// A place without long numbers, which would be somebody's phone.
fn without_numbers(place: &str) -> String {
    let mut out = String::with_capacity(place.len());
    let mut digits = String::new();
    for letter in place.chars().chain(std::iter::once('\0')) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if digits.len() < 7 {
            out.push_str(&digits);
        }
        digits.clear();
        if letter != '\0' {
            out.push(letter);
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn a_place_is_no_phone_book() {
        assert_eq!(without_numbers("杭州转运中心 13800138000"), "杭州转运中心");
        assert_eq!(without_numbers("HB 330110"), "HB 330110");
    }
}
