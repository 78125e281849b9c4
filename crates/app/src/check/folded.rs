//! Things whose stored state is compared with the fold of their own history.

use std::collections::BTreeMap;

use ordermill_base::Id;
use ordermill_domain::event::Event as AnyEvent;
use ordermill_storage::Error;
use ordermill_storage::check::{self, Range};
use ordermill_storage::journal::Entry;

use super::Examination;

/// What is folded from a history of its own.
pub(super) trait Folded: PartialEq + Sized {
    type Key: Id;
    type Event;
    fn event(any: AnyEvent) -> Option<Self::Event>;
    fn start(id: Self::Key, event: &Self::Event, entry: &Entry) -> Option<Self>;
    fn version(&self) -> i64;
    fn is_legal(&self, event: &Self::Event) -> bool;
    fn fold(&mut self, event: &Self::Event, entry: &Entry);
    /// Where it stands, for people.
    fn standing(&self) -> String;
}

/// I5, I6: folding the events gives what is stored, and each was a legal step.
pub(super) fn examine<T: Folded>(
    examination: &mut Examination<'_, '_>,
    aggregate: &str,
    range: Range,
    mut stored: BTreeMap<T::Key, T>,
) -> Result<(), Error> {
    let mut histories: BTreeMap<T::Key, Vec<Entry>> = BTreeMap::new();
    for entry in check::histories(examination.tx, aggregate, range)? {
        histories.entry(T::Key::from_raw(entry.aggregate_id)).or_default().push(entry);
    }
    for (id, history) in histories {
        match (stored.remove(&id), fold::<T>(examination, id, &history)) {
            (None, _) => examination.found("I5", id, format!("a history without a {aggregate}")),
            (Some(stored), Some(folded)) if stored != folded => {
                let (is, happened) = (stored.standing(), folded.standing());
                let what = format!("stored is not what happened: {is}, its events say {happened}");
                examination.found("I5", id, what);
            }
            (Some(_), _) => {}
        }
    }
    for id in stored.keys() {
        examination.found("I5", id, format!("a {aggregate} without a history"));
    }
    Ok(())
}

fn fold<T: Folded>(
    examination: &mut Examination<'_, '_>,
    id: T::Key,
    history: &[Entry],
) -> Option<T> {
    let mut folded: Option<T> = None;
    for entry in history {
        let event = AnyEvent::from_json(&entry.kind, &entry.body).ok();
        let event = event.filter(|event| event.kind() == entry.kind).and_then(T::event);
        let Some(event) = event else {
            examination.found("I5", id, format!("event {} cannot be read", entry.sequence));
            return None;
        };
        let before = folded.as_ref().map_or(0, T::version);
        if entry.sequence != before + 1 {
            examination.found("I5", id, format!("event {} follows event {before}", entry.sequence));
            return None;
        }
        match &mut folded {
            None => {
                folded = T::start(id, &event, entry);
                if folded.is_none() {
                    examination.found("I6", id, "its history does not begin with its beginning");
                    return None;
                }
            }
            Some(known) => {
                if !known.is_legal(&event) {
                    let what = format!("{} while it was {}", entry.kind, known.standing());
                    examination.found("I6", id, what);
                }
                known.fold(&event, entry);
            }
        }
    }
    folded
}
