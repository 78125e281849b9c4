//! Pick lists against their histories.

use std::collections::BTreeMap;

use ordermill_base::Id;
use ordermill_domain::ids::PickListId;
use ordermill_domain::pick_list::{Event, PickList};
use ordermill_storage::Error;
use ordermill_storage::check::{self, Range, Walk};
use ordermill_storage::journal::Entry;

use super::Examination;

pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("pick lists", Walk::PickLists, examine)
}

/// I5: folding the events gives what is stored, stop by stop.
fn examine(examination: &mut Examination<'_, '_>, range: Range) -> Result<(), Error> {
    let lists = check::pick_lists(examination.tx, range)?;
    let mut stored: BTreeMap<PickListId, PickList> =
        lists.into_iter().map(|list| (list.facts().id, list)).collect();
    let mut histories: BTreeMap<PickListId, Vec<Entry>> = BTreeMap::new();
    for entry in check::histories(examination.tx, "pick_list", range)? {
        histories.entry(PickListId::from_raw(entry.aggregate_id)).or_default().push(entry);
    }
    for (id, history) in histories {
        match (stored.remove(&id), fold(id, &history)) {
            (None, _) => examination.found("I5", id, "a history without a pick list"),
            (Some(_), None) => examination.found("I5", id, "its history cannot be read"),
            (Some(stored), Some(folded)) if stored != folded => {
                examination.found("I5", id, "stored is not what happened");
            }
            (Some(_), Some(_)) => {}
        }
    }
    for id in stored.keys() {
        examination.found("I5", id, "a pick list without a history");
    }
    Ok(())
}

/// The list that its events tell of; none if one of them is missing or cannot be read.
fn fold(id: PickListId, history: &[Entry]) -> Option<PickList> {
    let mut folded: Option<PickList> = None;
    for entry in history {
        let event: Event = serde_json::from_str(&entry.body).ok()?;
        match &mut folded {
            None => folded = PickList::begin(id, &event, entry.at),
            Some(list) => list.apply(&event, entry.at),
        }
        if folded.as_ref()?.facts().version != entry.sequence || event.kind() != entry.kind {
            return None;
        }
    }
    folded
}
