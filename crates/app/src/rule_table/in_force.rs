//! The rules that orders are decided by, compiled and in memory, so that no order asks the database
//! which they are.
//!
//! They are a part of the catalog, which every node renews when the journal tells of an edit. For that
//! moment two nodes may decide by two versions; each decision names its own.

use std::sync::Arc;

use ordermill_domain::ids::RuleTableId;
use ordermill_domain::rule_table::{RuleTable, State};
use ordermill_rules::Table;

use super::compile::{Decides, compile};

/// The rules in force for one purpose, and those that decide beside them.
#[derive(Debug, Clone)]
pub struct InForce<A: Decides> {
    live: Arc<Table<A>>,
    on_trial: Option<OnTrial<A>>,
}

/// A version that decides beside the one in force.
#[derive(Debug, Clone)]
pub struct OnTrial<A: Decides> {
    /// Which one.
    pub id: RuleTableId,
    /// What it says.
    pub table: Arc<Table<A>>,
}

impl<A: Decides> Default for InForce<A> {
    /// What is built in.
    fn default() -> Self {
        Self { live: A::built_in(), on_trial: None }
    }
}

impl<A: Decides> InForce<A> {
    /// Those among the versions in use; what was compiled before is not compiled again.
    pub(crate) fn of(in_use: &[RuleTable], before: &Self) -> Self {
        let of_state =
            |state: State| in_use.iter().find(|it| it.purpose == A::PURPOSE && it.state == state);
        let trial_before = before.on_trial.as_ref().map(|trial| &trial.table);
        let compiled = |stored: &RuleTable| {
            let known = [Some(&before.live), trial_before].into_iter().flatten();
            let known = known.into_iter().find(|table| table.version() == stored.number);
            known.cloned().or_else(|| compiled::<A>(stored))
        };
        let live = of_state(State::Live).and_then(compiled).unwrap_or_else(A::built_in);
        let on_trial = of_state(State::Shadow)
            .and_then(|stored| Some(OnTrial { id: stored.id, table: compiled(stored)? }));
        Self { live, on_trial }
    }

    /// One table and none beside it, for tests and dry runs.
    pub fn only(live: Arc<Table<A>>) -> Self {
        Self { live, on_trial: None }
    }

    /// As it is, with another version on trial.
    pub fn with_trial(&self, id: RuleTableId, table: Arc<Table<A>>) -> Self {
        Self { live: Arc::clone(&self.live), on_trial: Some(OnTrial { id, table }) }
    }

    /// What decides.
    pub fn live(&self) -> &Table<A> {
        &self.live
    }

    /// What decides beside it.
    pub const fn on_trial(&self) -> Option<&OnTrial<A>> {
        self.on_trial.as_ref()
    }

    /// Whether any rule of either reads this field, so that what nobody asks for need not be
    /// collected.
    pub fn reads(&self, path: &str) -> bool {
        self.live.reads(path) || self.on_trial.as_ref().is_some_and(|it| it.table.reads(path))
    }
}

/// A version that was right when it was saved and no longer is, because the program has changed since,
/// decides nothing: what is built in does, and the log tells every time that the rules are loaded.
fn compiled<A: Decides>(stored: &RuleTable) -> Option<Arc<Table<A>>> {
    match compile::<A>(&stored.definition, stored.number) {
        Ok(table) => Some(Arc::new(table)),
        Err(flaws) => {
            let flaw = flaws.first().map(|flaw| flaw.message.as_str()).unwrap_or_default();
            let (purpose, number) = (stored.purpose.code(), stored.number);
            tracing::error!(purpose, number, flaw, "a version of the rules does not compile");
            None
        }
    }
}
