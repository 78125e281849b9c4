//! Tables of rules as the shop keeps them: numbered versions for a purpose, at most one of them in force.
//!
//! What a table says is a matter of the crate that compiles it; here is what becomes of it: it is
//! drafted, tried beside the one in force, put in force by two people, and replaced. A version that
//! others have decided by is never edited: the next one is a new draft.

use ordermill_base::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::code::coded;
use crate::ids::RuleTableId;

coded! {
    /// What tables of rules decide about.
    enum Purpose {
        /// 审核: which orders a person looks at.
        Review = "review",
        /// 选承运商: who may carry a parcel.
        Carrier = "carrier",
        /// 寻源: which location ships an order.
        Sourcing = "sourcing",
    }
}

coded! {
    /// Where a version stands.
    enum State {
        /// 草稿: it is being written and decides nothing.
        Draft = "draft",
        /// 试运行: it decides beside the one in force; what it would have done is recorded.
        Shadow = "shadow",
        /// 生效: it decides.
        Live = "live",
        /// 停用: it decided once, or was given up.
        Retired = "retired",
    }
}

coded! {
    /// What moves a version on.
    enum Step {
        /// It begins to decide beside the one in force.
        StartShadow = "start_shadow",
        /// It ends to do so, and may be edited again.
        StopShadow = "stop_shadow",
        /// It is put in force.
        GoLive = "go_live",
        /// Another one is in force, or it is given up.
        Retire = "retire",
    }
}

/// A step that a version does not have from where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a table of rules that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

/// One version of the rules for a purpose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleTable {
    /// Its key.
    #[serde(skip)]
    pub id: RuleTableId,
    /// What it decides about.
    pub purpose: Purpose,
    /// Its number among those of the purpose, from 1: what decisions name. 0 is what is built in.
    pub number: i64,
    /// Where it stands.
    pub state: State,
    /// What is new in it, in the words of its author.
    pub note: String,
    /// Its rules, as they were written.
    pub definition: Value,
    /// When it was put in force last.
    pub live_at: Option<Timestamp>,
    /// The number of what it took the place of then, 0 for what is built in: the way back.
    pub follows: Option<i64>,
    /// Grows with every change of this row.
    #[serde(skip)]
    pub version: i64,
}

/// Characters of a note.
pub const NOTE_CHARS_MAX: usize = 200;

impl RuleTable {
    /// Whether its rules may be edited: as long as nothing was decided by them.
    pub const fn is_editable(&self) -> bool {
        matches!(self.state, State::Draft)
    }
}

impl State {
    /// The whole life cycle. What was in force once may be so again: that is the way back.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Draft, Step::StartShadow) => Ok(Self::Shadow),
            (Self::Shadow, Step::StopShadow) => Ok(Self::Draft),
            (Self::Draft | Self::Shadow | Self::Retired, Step::GoLive) => Ok(Self::Live),
            (Self::Draft | Self::Shadow | Self::Live, Step::Retire) => Ok(Self::Retired),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::life_cycle;

    #[test]
    fn the_life_cycle() {
        insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
        Draft --StartShadow--> Shadow
        Draft --GoLive--> Live
        Draft --Retire--> Retired
        Shadow --StopShadow--> Draft
        Shadow --GoLive--> Live
        Shadow --Retire--> Retired
        Live --Retire--> Retired
        Retired --GoLive--> Live
        ");
    }
}
