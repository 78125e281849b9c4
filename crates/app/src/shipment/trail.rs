//! The trail of an order: each scan on its way through our hands, for its buyer. What carriers say of its parcels
//! stands beside it ([`super::tracking_page`]).
//!
//! It is read from the journal, so nothing is stored for it. It names places, and no people.

use ordermill_base::Timestamp;
use ordermill_domain::event::Event;
use ordermill_domain::fulfillment::Event as Work;
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_storage::{Error, Tx, fulfillment, journal, manifest};

/// Fulfillments of one order that are followed.
const FULFILLMENTS_MAX: usize = 20;
/// Entries of one fulfillment that are looked at.
const ENTRIES_MAX: i64 = 200;

/// A scan on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// When.
    pub at: Timestamp,
    /// At which location.
    pub location: LocationId,
    /// What was done.
    pub node: Node,
}

/// What was done with goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// Given to the floor.
    Released,
    /// So many pieces were taken from a bin.
    Picked(i64),
    /// All of it lies in totes.
    AllPicked,
    /// What was picked is what was ordered.
    Rechecked,
    /// So many packages were closed.
    Packed(usize),
    /// A parcel was scanned out at the dock.
    AtDock,
    /// The carrier has all of it.
    HandedOver,
}

/// The scans of an order, newest first.
pub fn load(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Scan>, Error> {
    let mut scans: Vec<Scan> = manifest::scans_of(tx, order)?
        .into_iter()
        .map(|(location, at)| Scan { at, location, node: Node::AtDock })
        .collect();
    for work in fulfillment::of(tx, order)?.iter().take(FULFILLMENTS_MAX) {
        let location = work.facts().location;
        for entry in journal::of(tx, "fulfillment", work.id(), 1, ENTRIES_MAX)? {
            let Ok(Event::Fulfillment(event)) = Event::from_json(&entry.kind, &entry.body) else {
                continue;
            };
            scans.extend(node(&event).map(|node| Scan { at: entry.at, location, node }));
        }
    }
    // Of one moment the later step comes first: the list is read from its end.
    scans.reverse();
    scans.sort_by_key(|scan| std::cmp::Reverse(scan.at));
    Ok(scans)
}

fn node(event: &Work) -> Option<Node> {
    match event {
        Work::Released { .. } => Some(Node::Released),
        Work::LinesPicked { lines } => {
            Some(Node::Picked(lines.iter().map(|line| line.quantity.get()).sum()))
        }
        Work::Picked => Some(Node::AllPicked),
        Work::Rechecked => Some(Node::Rechecked),
        Work::Packed { packages } => Some(Node::Packed(packages.len())),
        Work::HandedOver => Some(Node::HandedOver),
        Work::Planned(_)
        | Work::Merged { .. }
        | Work::TakenOut
        | Work::Withdrawn
        | Work::LinesPutBack { .. }
        | Work::Shorted { .. }
        | Work::SentBack
        | Work::Unpacked
        | Work::Closed
        | Work::Rejected { .. }
        | Work::Canceled { .. } => None,
    }
}
