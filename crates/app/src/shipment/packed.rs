//! Packed work wants labels: a reader of the journal behind the pack bench.
//!
//! Each closed package wants one label. Packages that are opened again, or whose work ends, give theirs
//! up. In a shop that speaks with no carrier labels are made outside.

use std::collections::HashMap;

use ordermill_base::Id;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::event::Event;
use ordermill_domain::fulfillment::{self, Fulfillment};
use ordermill_domain::ids::{FulfillmentId, PackageId};
use ordermill_domain::package::Package;
use ordermill_domain::task::TaskKind;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Tx, carrier, package, task};

use super::ShipmentError;
use super::contents::Contents;
use super::label::{want_labels, withdraw};
use crate::carrier::Carriers;
use crate::carrier::choose::Field;
use crate::reader::{ReadError, Reader};

/// The name of the cursor.
pub const READER: &str = "labels";

/// Wants labels for what was packed.
pub fn reader(carriers: Carriers) -> Reader {
    let reader = Reader::new(READER, move |tx, entries, now| {
        let listed = carrier::list(tx)?;
        if listed.is_empty() {
            return Ok(());
        }
        let known = carriers.known_now();
        let field = Field { carriers: &listed, known: &known };
        let (act, events) = (Act::new(Actor::system(READER), now), read(entries)?);
        if speaks_with_any(&listed) {
            let packed = events.iter().flat_map(|(_, event)| match event {
                fulfillment::Event::Packed { packages } => &packages[..],
                _ => &[],
            });
            // One that was opened again before anybody has looked: the next packing wants its own.
            want(tx, &carriers, field, &act, &packed.copied().collect::<Vec<_>>())?;
        }
        for (work, event) in &events {
            if matches!(event, fulfillment::Event::Unpacked | fulfillment::Event::Canceled { .. }) {
                give_up_opened(tx, &act, *work)?;
            }
        }
        carriers.hurry();
        Ok(())
    });
    Reader { kinds: Some(PACKING), is_command: true, ..reader }
}

/// What closes packages, and what opens them.
const PACKING: &[&str] = &["fulfillment.packed", "fulfillment.unpacked", "fulfillment.canceled"];

/// What has happened to fulfillments, in their order.
fn read(entries: &[Entry]) -> Result<Vec<(FulfillmentId, fulfillment::Event)>, ReadError> {
    let mut events = Vec::with_capacity(entries.len());
    for entry in entries {
        let event = Event::from_json(&entry.kind, &entry.body)
            .map_err(|error| ReadError::Entry(error.to_string()))?;
        if let Event::Fulfillment(event) = event {
            events.push((FulfillmentId::from_raw(entry.aggregate_id), event));
        }
    }
    Ok(events)
}

/// Gives up the labels of boxes that were opened again, or whose work has ended.
fn give_up_opened(tx: &mut Tx<'_>, act: &Act, work: FulfillmentId) -> Result<(), ReadError> {
    let Some(work) = ordermill_storage::fulfillment::fetch(tx, work)? else { return Ok(()) };
    // Also boxes that nobody took: they have no request, but somebody's task.
    for package in package::ever_of(tx, work.id())? {
        if is_opened(&package, &work) {
            give_up(tx, act, package.id)?;
        }
    }
    Ok(())
}

/// Whether any of these carriers is spoken with; otherwise labels are made outside.
pub(super) fn speaks_with_any(carriers: &[carrier::Stored]) -> bool {
    carriers.iter().any(|stored| !stored.account.protocol.is_empty())
}

/// Whether a package of this work was opened again, or its work has ended.
fn is_opened(package: &Package, work: &Fulfillment) -> bool {
    package.opened_at.is_some() || work.state() == fulfillment::State::Canceled
}

/// Wants labels for packages of packed work, as the reader does. What has left meanwhile, was opened again or
/// canceled needs none, and what lies in the box of another travels with its label.
pub fn want(
    tx: &mut Tx<'_>,
    carriers: &Carriers,
    field: Field<'_>,
    act: &Act,
    packages: &[PackageId],
) -> Result<(), ReadError> {
    let mut boxes = package::fetch_each(tx, packages)?;
    boxes.retain(|package| package.opened_at.is_none() && package.inside.is_none());
    if boxes.is_empty() {
        return Ok(());
    }
    let mut works: Vec<FulfillmentId> = boxes.iter().map(|package| package.fulfillment).collect();
    works.sort_unstable();
    works.dedup();
    let works = ordermill_storage::fulfillment::fetch_each(tx, &works)?;
    let packed = works.iter().filter(|work| work.state() == fulfillment::State::Packed);
    let packed: HashMap<FulfillmentId, &Fulfillment> =
        packed.map(|work| (work.id(), work)).collect();
    let contents = Contents::of(tx, &boxes)?;
    let catalog = carriers.shop().current();
    let wanted = boxes.iter().filter_map(|package| {
        let work = packed.get(&package.fulfillment)?;
        contents.wanted(&catalog, work, package)
    });
    match want_labels(tx, act, carriers.vault(), &wanted.collect::<Vec<_>>(), field) {
        Ok(_) => Ok(()),
        Err(ShipmentError::Storage(error)) => Err(error.into()),
        Err(error) => Err(ReadError::Entry(error.to_string())),
    }
}

fn give_up(tx: &mut Tx<'_>, act: &Act, package: PackageId) -> Result<(), ReadError> {
    task::close(tx, TaskKind::LabelFailed, package, "not wanted any more", act.at)?;
    match withdraw(tx, act, package) {
        // What the carrier has already is on its way, and comes back as such.
        Ok(_) | Err(ShipmentError::Refused(_)) => Ok(()),
        Err(ShipmentError::Storage(error)) => Err(error.into()),
        Err(error) => Err(ReadError::Entry(error.to_string())),
    }
}
