//! Drafts and trials: what one person does alone, because nothing is decided by it.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::RuleTableId;
use ordermill_domain::role::Permission;
use ordermill_domain::rule_table::{
    InvalidTransition, NOTE_CHARS_MAX, Purpose, RuleTable, State, Step,
};
use ordermill_storage::{Tx, rule_table};
use serde_json::Value;

use super::RulesError;
use super::compile::check;
use crate::permission::{About, Principal, authorize};

/// A version as its author writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// What is new in it.
    pub note: String,
    /// Its rules.
    pub definition: Value,
}

/// Starts a new version. It is compiled, and kept only if nothing is wrong with it.
///
/// # Errors
/// [`RulesError`]; nothing has changed then.
pub fn draft(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    purpose: Purpose,
    written: Written,
) -> Result<RuleTable, RulesError> {
    let written = checked(principal, purpose, written)?;
    let new = RuleTable {
        id: tx.next_id(act.at),
        purpose,
        number: rule_table::next_number(tx, purpose)?,
        state: State::Draft,
        note: written.note,
        definition: written.definition,
        live_at: None,
        follows: None,
        version: 1,
    };
    rule_table::insert(tx, act, &new)?;
    Ok(new)
}

/// Edits a draft of which the author has seen this version. Gives it as it is now.
///
/// # Errors
/// [`RulesError`]; nothing has changed then.
pub fn edit(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (id, version): (RuleTableId, i64),
    written: Written,
) -> Result<RuleTable, RulesError> {
    let before = seen(tx, id, version)?;
    let written = checked(principal, before.purpose, written)?;
    if !before.is_editable() {
        return Err(RulesError::NotEditable);
    }
    let after = RuleTable { note: written.note, definition: written.definition, ..before.clone() };
    stored(tx, act, &before, after)
}

/// Puts a version on trial, ends its trial, or gives it up. What is in force is not touched.
///
/// # Errors
/// [`RulesError`]; nothing has changed then.
pub fn step(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (id, version): (RuleTableId, i64),
    step: Step,
) -> Result<RuleTable, RulesError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let before = seen(tx, id, version)?;
    let state = before.state.after(step)?;
    if step == Step::GoLive || before.state == State::Live {
        // These take two people.
        return Err(InvalidTransition { from: before.state, step }.into());
    }
    if step == Step::StartShadow {
        let in_use = rule_table::lock_in_use(tx, before.purpose)?;
        if let Some(other) = in_use.iter().find(|it| it.state == State::Shadow) {
            return Err(RulesError::AnotherOnTrial(other.number));
        }
        // It was right when it was written; the program may have changed since.
        check(before.purpose, &before.definition).map_err(RulesError::Flawed)?;
    }
    let after = RuleTable { state, ..before.clone() };
    stored(tx, act, &before, after)
}

/// The version as its author has seen it.
pub(super) fn seen(
    tx: &mut Tx<'_>,
    id: RuleTableId,
    version: i64,
) -> Result<RuleTable, RulesError> {
    let found = rule_table::fetch(tx, id)?.ok_or(RulesError::NotFound)?;
    if found.version == version {
        Ok(found)
    } else {
        Err(RulesError::Changed { id, expected: version, found: found.version })
    }
}

pub(super) fn stored(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &RuleTable,
    mut after: RuleTable,
) -> Result<RuleTable, RulesError> {
    after.version = rule_table::update(tx, act, before, &after)?;
    Ok(after)
}

fn checked(
    principal: &Principal,
    purpose: Purpose,
    written: Written,
) -> Result<Written, RulesError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let note = written.note.trim().to_owned();
    if note.chars().count() > NOTE_CHARS_MAX {
        return Err(RulesError::Note);
    }
    check(purpose, &written.definition).map_err(RulesError::Flawed)?;
    Ok(Written { note, ..written })
}
