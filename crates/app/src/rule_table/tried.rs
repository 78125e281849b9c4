//! What another version of the rules about where goods go would have decided: about recent orders, or on
//! trial beside the one in force. For locations and for carriers alike; reviews have outcomes of their own.

use std::collections::BTreeMap;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::carrier::choice::Refusal;
use ordermill_domain::ids::{OrderId, RuleTableId};
use ordermill_storage::rule_table::{Trial, insert_trial};
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};

use super::{Name, Ruled};

/// Orders or parcels that a dry run looks at, at most.
pub const LOOKED_AT_MAX: i64 = 500;
/// Differences that it shows in full.
pub const EXAMPLES_MAX: usize = 20;

/// One decision, as people compare it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The number of the version.
    pub number: i64,
    /// Codes of the locations that ship, in their order, or of the carrier and its service; empty: nobody
    /// can.
    pub goes: Vec<String>,
    /// The rules that matched.
    pub rules: Vec<Name>,
    /// Where no carrier can: what was looked at, and why it cannot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

/// A carrier's service that cannot take a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The carrier's code.
    pub carrier: String,
    /// How it would go.
    pub service: ServiceKind,
    /// Why it does not.
    pub because: Refusal,
}

impl Side {
    /// What was decided by the version of this number, with the rules that had a say.
    pub(crate) fn of(number: i64, goes: Vec<String>, ruled: Option<&Ruled>) -> Self {
        let rules = ruled.map(|it| it.matched.clone()).unwrap_or_default();
        Self { number, goes, rules, refused: Vec::new() }
    }
}

/// Two decisions that are not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What the version in force decided.
    pub live: Side,
    /// What the other one would have decided.
    pub other: Side,
}

impl Difference {
    /// What is different; none if the goods go the same way.
    pub(crate) fn between(live: Side, other: Side) -> Option<Self> {
        (live.goes != other.goes).then_some(Self { live, other })
    }
}

/// What a version would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// How many orders or parcels it looked at.
    pub looked_at: i64,
    /// How many of them it would decide otherwise.
    pub changed: i64,
    /// How many go from one way to another: (in force, new) with their number.
    pub moves: BTreeMap<(Vec<String>, Vec<String>), i64>,
    /// The first that it would decide otherwise, by their orders.
    pub examples: Vec<(OrderId, Difference)>,
    /// How many of them nobody could take under it.
    pub nobody: i64,
    /// The first of these, by their orders, whether or not somebody takes them now.
    pub left: Vec<(OrderId, Side)>,
}

impl DryRun {
    pub(crate) fn note(&mut self, order: OrderId, live: Side, other: Side) {
        self.looked_at += 1;
        if other.goes.is_empty() {
            self.nobody += 1;
            if self.left.len() < EXAMPLES_MAX {
                self.left.push((order, other.clone()));
            }
        }
        let Some(difference) = Difference::between(live, other) else { return };
        self.changed += 1;
        let (from, to) = (difference.live.goes.clone(), difference.other.goes.clone());
        *self.moves.entry((from, to)).or_default() += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push((order, difference));
        }
    }
}

/// Records what a version on trial would have decided, beside the decision of this raw id.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    table: RuleTableId,
    (order, decision): (OrderId, i64),
    (live, other): (Side, Side),
    at: Timestamp,
) -> Result<(), Error> {
    let outcome = other.goes.join(" ");
    let difference = Difference::between(live, other);
    let difference = difference.map(|it| serde_json::to_string(&it)).transpose();
    let trial = Trial {
        table,
        subject_id: order.raw(),
        sequence: decision,
        outcome,
        difference: difference.map_err(Error::defect)?,
        decided_at: at,
    };
    insert_trial(tx, &trial)
}
