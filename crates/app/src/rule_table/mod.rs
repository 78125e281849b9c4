//! Tables of rules as people keep them: drafted, tried, put in force by two, and taken back.
//!
//! The same for every purpose: what a table decides is a type that is [`Decides`], and only its
//! module knows what an action means. Start at [`keep`] for drafts and trials and at [`force`] for what
//! takes two people; [`InForce`] is what orders are decided by, compiled and in memory.

pub mod compile;
pub mod force;
mod in_force;
pub mod keep;
pub mod tried;

use ordermill_domain::ids::{RuleTableId, TaskId};
use ordermill_domain::rule_table::{InvalidTransition, NOTE_CHARS_MAX};
use ordermill_rules::{Decision, Outcome};
use ordermill_storage::Error;
use serde::{Deserialize, Serialize};

use crate::permission::Forbidden;

pub use compile::{Decides, Flaw, Place};
pub use force::{RulesWish, put_in_force, roll_back, way_back};
pub use in_force::{InForce, OnTrial};
pub use ordermill_rules::{Name, Reason, Table};

pub use keep::{Written, draft, edit, step};

/// The rules that had a say in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// The version that decided.
    pub version: i64,
    /// The rules that matched, in their order.
    pub matched: Vec<Name>,
}

impl Ruled {
    /// Of a decision; none if no rule matched.
    pub(crate) fn of<A>(decision: &Decision<A>) -> Option<Self> {
        let matched = decision.considered.iter().filter(|it| it.outcome == Outcome::Matched);
        let matched: Vec<Name> = matched.map(|it| it.name.clone()).collect();
        (!matched.is_empty()).then_some(Self { version: decision.version, matched })
    }
}

/// Why the rules stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such version.
    #[error("there is no such version of the rules")]
    NotFound,
    /// Somebody else has changed it since its author read it.
    #[error("version {id} of the rules is at {found}, not {expected}")]
    Changed {
        /// Which one.
        id: RuleTableId,
        /// What its author has seen.
        expected: i64,
        /// What it is now.
        found: i64,
    },
    /// The rules cannot be so; everything that is wrong is named.
    #[error("{} things are wrong with the rules", .0.len())]
    Flawed(Vec<Flaw>),
    /// The note is too long.
    #[error("a note has at most {NOTE_CHARS_MAX} characters")]
    Note,
    /// Something was or is decided by them: the next version is a new draft.
    #[error("only a draft is edited")]
    NotEditable,
    /// It has no such step from where it stands.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// Another version is on trial.
    #[error("version {0} is on trial")]
    AnotherOnTrial(i64),
    /// Something else about these rules waits for a second person.
    #[error("another request about these rules waits for approval in task {0}")]
    AnotherWaits(TaskId),
    /// The version that was in force before is not there, or takes two people.
    #[error("there is no version to go back to")]
    NoWayBack,
    /// Going back says why.
    #[error("going back to the version before says why")]
    NeedsReason,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}
