//! The trail of an order: each scan on its way through our hands, for its buyer. What carriers say of its parcels
//! stands beside it ([`super::tracking_page`]).
//!
//! It is read from the journal, so nothing is stored for it. It names places, and no people.

use ordermill_base::Timestamp;
use ordermill_domain::event::Event;
use ordermill_domain::fulfillment::Event as Work;
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_storage::asked::Asked;
use ordermill_storage::fulfillment::AskedWork;
use ordermill_storage::journal::Entry;
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

/// The trail of an order, asked for together with what else a page shows.
pub(super) struct AskedTrail {
    at_docks: Asked<(LocationId, Timestamp)>,
    work: AskedWork,
}

/// What happened to the work on an order, as the journal tells.
pub(super) struct AskedEntries {
    scans: Vec<Scan>,
    entries: Vec<(LocationId, Asked<Entry>)>,
}

pub(super) fn ask(tx: &mut Tx<'_>, order: OrderId) -> Result<AskedTrail, Error> {
    let at_docks = manifest::ask_scans_of(tx, order)?;
    Ok(AskedTrail { at_docks, work: fulfillment::ask_of_each(tx, &[order])? })
}

impl AskedTrail {
    /// Asks the journal about each piece of work.
    pub(super) fn ask_entries(self, tx: &mut Tx<'_>) -> Result<AskedEntries, Error> {
        let at_docks = self.at_docks.answer(tx)?.into_iter();
        let scans = at_docks.map(|(location, at)| Scan { at, location, node: Node::AtDock });
        let mut entries = Vec::new();
        for work in self.work.answer(tx)?.iter().take(FULFILLMENTS_MAX) {
            let asked = journal::ask_of(tx, "fulfillment", work.id(), 1, ENTRIES_MAX)?;
            entries.push((work.facts().location, asked));
        }
        Ok(AskedEntries { scans: scans.collect(), entries })
    }
}

impl AskedEntries {
    /// The scans of the order, newest first.
    pub(super) fn answer(self, tx: &mut Tx<'_>) -> Result<Vec<Scan>, Error> {
        let mut scans = self.scans;
        for (location, entries) in self.entries {
            for entry in entries.answer(tx)? {
                let Ok(Event::Fulfillment(event)) = Event::from_json(&entry.kind, &entry.body)
                else {
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
