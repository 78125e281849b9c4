//! The review of orders: rules look at an order as soon as its money has come, or is to come at the
//! door, and what they hold is decided by a person in time (D3).
//!
//! Start at [`rule`]. The rules are those in force ([`InForce`]), at first the [`built_in`] ones; what
//! they can ask about is [`OrderDocument`](ordermill_rules::order::OrderDocument). What follows from a review that moved,
//! whoever moved it, is [`follow`]. An order that is changed afterwards is reviewed [`again`].

mod again;
mod built_in;
pub mod desk;
mod document;
pub mod dry_run;
mod follow;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::because::Because;
use ordermill_domain::ids::{OrderId, RuleTableId};
use ordermill_domain::order::review::{Ruling, Step, Verdict};
use ordermill_domain::order::{LineTerms, Order};
use ordermill_domain::risk::Marks;
use ordermill_rules::{Considered, Decision, Evidence, Facts, Name, Outcome, Prepared, Table};
use ordermill_storage::review::{StoredDecision, decisions_of, insert_decision};
use ordermill_storage::rule_table::{Trial, insert_trial};
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};

use crate::rule_table::InForce;

pub(crate) use again::again;
pub use built_in::definition as built_in;
pub use dry_run::{Difference, DryRun, Side, dry_run};
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
    /// What others of the same hand are known by.
    pub(crate) marks: MarksOf,
    /// When it is looked at.
    pub(crate) at: Timestamp,
}

/// Where the marks of an order are.
#[derive(Clone, Copy)]
pub(crate) enum MarksOf {
    /// At hand, because the order is just being placed; none if nobody made them.
    Known(Option<Marks>),
    /// In the database, once the reader of the journal has come to the order.
    Stored,
}

/// What the rules said, and how they came to it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// What they said.
    pub(crate) ruling: Ruling,
    decision: Decision<Verdict>,
    evidence: Vec<Evidence>,
    trial: Option<Tried>,
}

/// What a version on trial said.
#[derive(Debug, Clone)]
struct Tried {
    table: RuleTableId,
    ruling: Ruling,
    decision: Decision<Verdict>,
}

/// Lets the rules look at an order. What they do not ask about is not looked up.
pub(crate) fn rule(
    tx: &mut Tx<'_>,
    subject: Subject<'_>,
    rules: &InForce<Verdict>,
) -> Result<Found, Error> {
    let facts = document::of(tx, subject, rules)?;
    let document = facts.prepare();
    let (ruling, decision) = ruled(rules.live(), &document);
    let evidence = rules.live().evidence(&facts, &decision);
    let trial = rules.on_trial().map(|trial| {
        let (ruling, decision) = ruled(&trial.table, &document);
        Tried { table: trial.id, ruling, decision }
    });
    Ok(Found { ruling, decision, evidence, trial })
}

/// What a table says of an order.
fn ruled(table: &Table<Verdict>, document: &Prepared) -> (Ruling, Decision<Verdict>) {
    let decision = table.decide(document);
    let has_failed =
        decision.considered.iter().any(|rule| matches!(rule.outcome, Outcome::Failed(_)));
    (Ruling::of(decision.version, &decision.actions, has_failed), decision)
}

/// The rules that spoke up.
fn spoke_up(decision: &Decision<Verdict>) -> impl Iterator<Item = &Name> {
    let spoke_up = |outcome: &Outcome| matches!(outcome, Outcome::Matched | Outcome::Failed(_));
    let rules = decision.considered.iter().filter(move |rule| spoke_up(&rule.outcome));
    rules.map(|rule| &rule.name)
}

/// A decision as it is stored.
#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    decision: &'a Decision<Verdict>,
    #[serde(skip_serializing_if = "<[Evidence]>::is_empty")]
    evidence: &'a [Evidence],
}

/// How the rules came to what they said, for people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Explanation {
    /// The version of the rules; 0 for what is built in.
    pub version: i64,
    /// What became of every rule, in their order.
    pub considered: Vec<Considered>,
    /// Why those that matched did so.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

/// How the rules came to what they said last of an order; none if none of them spoke up.
pub fn explanation(tx: &mut Tx<'_>, order: OrderId) -> Result<Option<Explanation>, Error> {
    let stored = decisions_of(tx, order)?.pop();
    let read = |stored: StoredDecision| {
        serde_json::from_str(&stored.decision).map_err(|_| Error::Unreadable {
            what: "explanation of a review",
            text: stored.decision.clone(),
        })
    };
    stored.map(read).transpose()
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
        if let Some(tried) = &self.trial {
            tried.store(tx, self, order, sequence, at)?;
        }
        if spoke_up(&self.decision).next().is_none() {
            return Ok(());
        }
        let explained = Explained { decision: &self.decision, evidence: &self.evidence };
        let decision = serde_json::to_string(&explained).map_err(Error::defect)?;
        let version = self.decision.version;
        insert_decision(tx, order, &StoredDecision { sequence, version, decision, decided_at: at })
    }
}

impl Tried {
    fn store(
        &self,
        tx: &mut Tx<'_>,
        found: &Found,
        order: OrderId,
        sequence: i64,
        at: Timestamp,
    ) -> Result<(), Error> {
        let difference =
            Difference::between((&found.ruling, &found.decision), (&self.ruling, &self.decision));
        let difference = difference.map(|it| serde_json::to_string(&it)).transpose();
        let trial = Trial {
            table: self.table,
            subject_id: order.raw(),
            sequence,
            outcome: self.ruling.step().code().to_owned(),
            difference: difference.map_err(Error::defect)?,
            decided_at: at,
        };
        insert_trial(tx, &trial)
    }
}

/// The act of the rules, on the occasion of another one.
pub(crate) fn by_rules(occasion: &Act, ruling: &Ruling) -> Act {
    let version = Some(ruling.version).filter(|version| *version != 0);
    let because = Because::Ruled { version, has_found: ruling.step() != Step::AutoPass };
    Act { actor: Actor::REVIEW, reason: Some(because.to_string()), ..occasion.clone() }
}
