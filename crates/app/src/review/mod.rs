//! The review of orders: rules look at an order as soon as its money has come, or is to come at the
//! door, and what they hold is decided by a person in time (D3).
//!
//! Start at [`rule`]. The table of rules is [`built_in`]; what it can ask about is
//! [`OrderDocument`](ordermill_rules::order::OrderDocument). What follows from a review that moved,
//! whoever moved it, is [`follow`].

mod built_in;
mod document;
mod follow;

use ordermill_base::Timestamp;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::review::{Ruling, Step, Verdict};
use ordermill_domain::order::{LineTerms, Order};
use ordermill_rules::{Decision, Facts, Outcome};
use ordermill_storage::review::{StoredDecision, insert_decision};
use ordermill_storage::{Error, Tx};

pub use built_in::built_in;
pub(crate) use follow::follow;
pub use follow::reasons;

/// An order that the rules look at.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// Its head.
    pub(crate) order: &'a Order,
    /// What was ordered.
    pub(crate) lines: &'a [LineTerms],
    /// Country and province.
    pub(crate) region: &'a str,
}

/// What the rules said, and how they came to it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// What they said.
    pub(crate) ruling: Ruling,
    decision: Decision<Verdict>,
}

/// Lets the rules look at an order. What they do not ask about is not looked up.
pub(crate) fn rule(tx: &mut Tx<'_>, subject: Subject<'_>) -> Result<Found, Error> {
    let table = built_in();
    let document = document::of(tx, subject, table)?;
    let decision = table.decide(&document.prepare());
    let has_failed =
        decision.considered.iter().any(|rule| matches!(rule.outcome, Outcome::Failed(_)));
    let ruling = Ruling::of(decision.version, &decision.actions, has_failed);
    Ok(Found { ruling, decision })
}

impl Found {
    /// Stores how the rules came to it, beside the event that it led to. Where no rule spoke up, the
    /// version of the table in that event says it all.
    pub(crate) fn store(
        &self,
        tx: &mut Tx<'_>,
        order: OrderId,
        sequence: i64,
        at: Timestamp,
    ) -> Result<(), Error> {
        let spoke_up = |outcome: &Outcome| matches!(outcome, Outcome::Matched | Outcome::Failed(_));
        if !self.decision.considered.iter().any(|rule| spoke_up(&rule.outcome)) {
            return Ok(());
        }
        let decision =
            serde_json::to_string(&self.decision).map_err(|error| Error::Defect(error.into()))?;
        let version = self.decision.version;
        insert_decision(tx, order, &StoredDecision { sequence, version, decision, decided_at: at })
    }
}

/// The act of the rules, on the occasion of another one.
pub(crate) fn by_rules(occasion: &Act, ruling: &Ruling) -> Act {
    let by = match ruling.version {
        0 => "the built-in rules".to_owned(),
        version => format!("version {version} of the rules"),
    };
    let reason = match ruling.step() {
        Step::AutoPass => format!("{by} found nothing"),
        _ => format!("{by} found a reason to look"),
    };
    Act { actor: Actor::REVIEW, reason: Some(reason), ..occasion.clone() }
}
