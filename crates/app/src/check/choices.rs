//! Questions to buyers against their histories, and against the deadlines that end them.

use std::collections::BTreeMap;

use ordermill_base::Id;
use ordermill_domain::choice::{Choice, Event, State};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::ChoiceId;
use ordermill_storage::check::{self, Range, Walk};
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, deadline};

use super::Examination;

pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("choices of buyers", Walk::Choices, examine)
}

/// I5: folding the events gives what is stored. I7: silence ends every question that is open.
fn examine(examination: &mut Examination<'_, '_>, range: Range) -> Result<(), Error> {
    let choices = check::choices(examination.tx, range)?;
    let mut stored: BTreeMap<ChoiceId, Choice> =
        choices.into_iter().map(|choice| (choice.facts().id, choice)).collect();
    for (id, choice) in &stored {
        let mut open = deadline::of(examination.tx, *id)?.into_iter();
        let is_timed = open.any(|(kind, ..)| kind == DeadlineKind::BuyerChoice);
        if is_timed != (choice.facts().state == State::Asked) {
            let what = format!("it is {} and its deadline says otherwise", choice.facts().state);
            examination.found("I7", *id, what);
        }
    }
    let mut histories: BTreeMap<ChoiceId, Vec<Entry>> = BTreeMap::new();
    for entry in check::histories(examination.tx, "choice", range)? {
        histories.entry(ChoiceId::from_raw(entry.aggregate_id)).or_default().push(entry);
    }
    for (id, history) in histories {
        match (stored.remove(&id), fold(id, &history)) {
            (None, _) => examination.found("I5", id, "a history without a choice"),
            (Some(_), None) => examination.found("I5", id, "its history cannot be read"),
            (Some(stored), Some(folded)) if stored != folded => {
                examination.found("I5", id, "stored is not what happened");
            }
            (Some(_), Some(_)) => {}
        }
    }
    for id in stored.keys() {
        examination.found("I5", *id, "a choice without a history");
    }
    Ok(())
}

/// The choice that its events tell of; none if one of them is missing or cannot be read.
fn fold(id: ChoiceId, history: &[Entry]) -> Option<Choice> {
    let mut folded: Option<Choice> = None;
    for entry in history {
        let event: Event = serde_json::from_str(&entry.body).ok()?;
        match &mut folded {
            None => folded = Choice::begin(id, &event, entry.at),
            Some(choice) => choice.apply(&event, entry.at),
        }
        if folded.as_ref()?.facts().version != entry.sequence || event.kind() != entry.kind {
            return None;
        }
    }
    folded
}
