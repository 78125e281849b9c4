//! Bulk work: one step taken with every order of a view, in the background, order by order.
//!
//! Each order is handled at most once and either takes the step or refuses it, with the reason. What
//! the work has come to is counted, and its end is one of [`State`]'s two.

use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::order::CancelReason;

coded! {
    /// What is done with each order.
    enum Action {
        /// Lets its review pass.
        Approve = "approve",
        /// Cancels it.
        Cancel = "cancel",
    }
}

coded! {
    /// Where bulk work stands.
    enum State {
        /// Orders are being handled, or wait for it.
        Running = "running",
        /// Every order of the view was looked at.
        Done = "done",
        /// It ended before that; what was handled stays so.
        Stopped = "stopped",
    }
}

coded! {
    /// Why it ended before all orders were looked at.
    enum StopCause {
        /// Somebody stopped it.
        Asked = "asked",
        /// Whoever started it may not do this any more.
        RightLost = "right_lost",
    }
}

coded! {
    /// Why an order stays as it is.
    enum Refusal {
        /// It changed after it was looked at.
        Stale = "stale",
        /// Its state has no such step.
        State = "state",
        /// It is not there.
        Missing = "missing",
        /// Handling it failed: a defect, which the logs tell about.
        Failed = "failed",
    }
}

/// The work itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Lets reviews pass.
    Approve,
    /// Cancels for this reason.
    Cancel(CancelReason),
}

/// What happened to bulk work as a whole; what happened to each order stands in the order's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// Somebody started it: the actor of the entry.
    #[serde(rename = "bulk.started")]
    Started {
        /// What is to be done with each order.
        action: Action,
    },
    /// It ended before all orders were looked at.
    #[serde(rename = "bulk.stopped")]
    Stopped {
        /// Why.
        cause: StopCause,
        /// Orders that took the step.
        done: i64,
        /// Orders that stayed as they were.
        refused: i64,
    },
    /// All orders were looked at.
    #[serde(rename = "bulk.finished")]
    Finished {
        /// Orders that took the step.
        done: i64,
        /// Orders that stayed as they were.
        refused: i64,
    },
}

impl Work {
    /// What is done with each order.
    pub const fn action(self) -> Action {
        match self {
            Self::Approve => Action::Approve,
            Self::Cancel(_) => Action::Cancel,
        }
    }

    /// The reason for which orders are canceled.
    pub const fn cancel_reason(self) -> Option<CancelReason> {
        match self {
            Self::Approve => None,
            Self::Cancel(reason) => Some(reason),
        }
    }
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "bulk.started",
            Self::Stopped { .. } => "bulk.stopped",
            Self::Finished { .. } => "bulk.finished",
        }
    }
}
