//! Putting rules in force, and taking them back.
//!
//! What is put in force takes two people. The way back to what was in force directly before takes one,
//! with a reason: two have approved it once, and whoever sees orders go wrong must not wait.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{RuleTableId, SettingId, TaskId};
use ordermill_domain::role::Permission;
use ordermill_domain::rule_table::{Purpose, RuleTable, State, Step};
use ordermill_storage::{Error, Tx, rule_table, setting};
use serde::{Deserialize, Serialize};

use super::RulesError;
use super::compile::check;
use super::keep::{seen, stored};
use crate::approval::{self, AskError, Decision, Wish};
use crate::catalog::edit::EditError;
use crate::permission::{About, Access, Principal, authorize};

/// A version that waits for a second person to be put in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesWish {
    /// What it decides about.
    pub purpose: Purpose,
    /// Which version.
    pub table: RuleTableId,
    /// Its number.
    pub number: i64,
    /// Its row as it was asked for; if it has changed since, nothing is approved.
    pub version: i64,
    /// The number of what was in force then, 0 for what is built in; as above.
    pub replaces: i64,
}

impl RulesWish {
    /// What the request is about: of one purpose, one waits at a time.
    pub(crate) fn subject(&self) -> SettingId {
        setting::id(&format!("rules:{}", self.purpose))
    }
}

/// Puts a version in force, or asks a second person.
///
/// # Errors
/// [`RulesError`]; nothing has changed then.
pub fn put_in_force(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (id, version): (RuleTableId, i64),
) -> Result<Decision<RuleTable>, RulesError> {
    let access = authorize(principal, Permission::ChangeRulesOverLimit, &About::default())?;
    let wanted = seen(tx, id, version)?;
    wanted.state.after(Step::GoLive)?;
    check(wanted.purpose, &wanted.definition).map_err(RulesError::Flawed)?;
    if access == Access::Full {
        return replace(tx, act, wanted).map(Decision::Done);
    }
    let (purpose, number) = (wanted.purpose, wanted.number);
    let replaces = number_in_force(&rule_table::lock_in_use(tx, purpose)?);
    let wish = RulesWish { purpose, table: id, number, version, replaces };
    match approval::ask(tx, act, Wish::Rules(wish)) {
        Ok(task) => Ok(Decision::AwaitsApproval(task)),
        Err(AskError::AnotherWaits(task)) => Err(RulesError::AnotherWaits(task)),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Puts a version in force that was approved.
pub(crate) fn carry_out(tx: &mut Tx<'_>, act: &Act, wish: &RulesWish) -> Result<(), EditError> {
    let what = "table of rules";
    let changed = |expected, found| EditError::Changed { what, expected, found };
    let in_force = number_in_force(&rule_table::lock_in_use(tx, wish.purpose)?);
    if in_force != wish.replaces {
        return Err(changed(wish.replaces, in_force));
    }
    let wanted = rule_table::fetch(tx, wish.table)?.ok_or(EditError::NotFound(what))?;
    if wanted.version != wish.version {
        return Err(changed(wish.version, wanted.version));
    }
    let version = wanted.version;
    // What compiled when it was asked for compiles still, unless the program has changed since.
    check(wanted.purpose, &wanted.definition).map_err(|_| changed(version, version))?;
    match replace(tx, act, wanted) {
        Ok(_) => Ok(()),
        Err(RulesError::Storage(error)) => Err(error.into()),
        Err(_) => Err(changed(version, version)),
    }
}

/// What is in force, and what was before it.
#[derive(Debug, Clone, PartialEq)]
pub struct WayBack {
    /// What is in force.
    pub from: RuleTable,
    /// What was before; none: what is built in.
    pub to: Option<RuleTable>,
}

/// The way back from what is in force; none if that is what is built in.
pub fn way_back(tx: &mut Tx<'_>, purpose: Purpose) -> Result<Option<WayBack>, Error> {
    let in_use = rule_table::in_use(tx)?.into_iter();
    let mut live = in_use.filter(|it| it.purpose == purpose && it.state == State::Live);
    let Some(from) = live.next() else { return Ok(None) };
    let to = match from.follows {
        Some(number) if number > 0 => rule_table::find(tx, purpose, number)?,
        _ => None,
    };
    Ok(Some(WayBack { from, to }))
}

/// Goes back from the version with this number to what was in force before it: at once, by one person.
/// Gives what is in force now, none for what is built in.
///
/// # Errors
/// [`RulesError`]; nothing has changed then.
pub fn roll_back(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    purpose: Purpose,
    from_number: i64,
) -> Result<Option<RuleTable>, RulesError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    if act.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(RulesError::NeedsReason);
    }
    rule_table::lock_in_use(tx, purpose)?;
    let way = way_back(tx, purpose)?.filter(|way| way.from.number == from_number);
    let WayBack { from, to } = way.ok_or(RulesError::NoWayBack)?;
    if let Some(to) = &to {
        check(purpose, &to.definition).map_err(RulesError::Flawed)?;
    }
    retire(tx, act, from)?;
    let Some(to) = to else { return Ok(None) };
    // It keeps what it followed itself: the way back goes on from there.
    let after = RuleTable { state: to.state.after(Step::GoLive)?, ..to.clone() };
    stored(tx, act, &to, after).map(Some)
}

/// Puts a version in force and retires the one that was.
fn replace(tx: &mut Tx<'_>, act: &Act, wanted: RuleTable) -> Result<RuleTable, RulesError> {
    let in_use = rule_table::lock_in_use(tx, wanted.purpose)?;
    let follows = Some(number_in_force(&in_use));
    if let Some(live) = in_use.into_iter().find(|it| it.state == State::Live) {
        retire(tx, act, live)?;
    }
    let state = wanted.state.after(Step::GoLive)?;
    let after = RuleTable { state, live_at: Some(act.at), follows, ..wanted.clone() };
    stored(tx, act, &wanted, after)
}

fn retire(tx: &mut Tx<'_>, act: &Act, live: RuleTable) -> Result<(), RulesError> {
    let after = RuleTable { state: live.state.after(Step::Retire)?, ..live.clone() };
    stored(tx, act, &live, after).map(drop)
}

fn number_in_force(in_use: &[RuleTable]) -> i64 {
    in_use.iter().find(|it| it.state == State::Live).map_or(0, |live| live.number)
}

/// What waits for a second person about the rules of a purpose.
pub fn waiting(tx: &mut Tx<'_>, purpose: Purpose) -> Result<Option<(TaskId, RulesWish)>, Error> {
    let subject = setting::id(&format!("rules:{purpose}"));
    let waiting = approval::waiting_for(tx, subject)?;
    Ok(waiting.and_then(|(task, asked)| match asked.wish {
        Wish::Rules(wish) => Some((task, wish)),
        _ => None,
    }))
}
