//! What a version of the rules would have decided: about recent orders, or beside the one in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::LineTerms;
use ordermill_domain::order::review::{HoldReason, Ruling, Step, Verdict};
use ordermill_rules::{Decision, Facts, Name, Table};
use ordermill_storage::{Error, Tx, order, review};
use serde::{Deserialize, Serialize};

use super::{MarksOf, Subject, document, ruled, spoke_up};
use crate::rule_table::InForce;

/// Orders that a dry run looks at, at most.
pub const ORDERS_MAX: i64 = 500;
/// Differences that it shows in full.
pub const EXAMPLES_MAX: usize = 20;

/// What a version would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// How many orders it looked at.
    pub orders: i64,
    /// How many of them it would decide otherwise.
    pub changed: i64,
    /// How many go from one outcome to another: (in force, new) with their number. Those that keep
    /// their outcome and have other reasons are among them.
    pub moves: BTreeMap<(Step, Step), i64>,
    /// The newest orders that it would decide otherwise.
    pub examples: Vec<(OrderId, Difference)>,
}

/// Two decisions that are not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What the version in force decided.
    pub live: Side,
    /// What the other one would have decided.
    pub other: Side,
}

/// One decision, as people compare it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The number of the version.
    pub number: i64,
    /// Where it moves the review.
    pub step: Step,
    /// Why a person must look.
    pub holds: Vec<HoldReason>,
    /// Why it is stopped.
    pub interceptions: Vec<HoldReason>,
    /// The rules that spoke up.
    pub rules: Vec<Name>,
}

impl Difference {
    /// What is different between what is in force and another version; none if nothing is.
    pub(super) fn between(
        live: (&Ruling, &Decision<Verdict>),
        other: (&Ruling, &Decision<Verdict>),
    ) -> Option<Self> {
        let (live, other) = (Side::of(live), Side::of(other));
        let means = |side: &Side| (side.step, side.holds.clone(), side.interceptions.clone());
        (means(&live) != means(&other)).then_some(Self { live, other })
    }
}

impl Side {
    fn of((ruling, decision): (&Ruling, &Decision<Verdict>)) -> Self {
        Self {
            number: ruling.version,
            step: ruling.step(),
            holds: ruling.holds.clone(),
            interceptions: ruling.interceptions.clone(),
            rules: spoke_up(decision).cloned().collect(),
        }
    }
}

/// Lets a version look at the newest `limit` orders that were reviewed, beside the one in force. Both
/// see each order as it is now; nothing is changed. Run it over a snapshot.
pub fn dry_run(
    tx: &mut Tx<'_>,
    live: &InForce<Verdict>,
    other: Arc<Table<Verdict>>,
    limit: i64,
    now: Timestamp,
) -> Result<DryRun, Error> {
    let rules = live.with_trial(Id::from_raw(0), Arc::clone(&other));
    let mut run = DryRun::default();
    for id in review::newest_reviewed(tx, limit.clamp(1, ORDERS_MAX))? {
        let Some(stored) = order::fetch(tx, id)? else { continue };
        let lines = order::lines(tx, id)?;
        let lines: Vec<LineTerms> = lines.iter().map(|line| line.terms).collect();
        let (order, region) = (&stored.order, &*stored.region);
        let subject = Subject { order, lines: &lines, region, marks: MarksOf::Stored, at: now };
        let document = document::of(tx, subject, &rules)?.prepare();
        let (live, then) = (ruled(rules.live(), &document), ruled(&other, &document));
        run.orders += 1;
        let difference = Difference::between((&live.0, &live.1), (&then.0, &then.1));
        let Some(difference) = difference else { continue };
        run.changed += 1;
        *run.moves.entry((difference.live.step, difference.other.step)).or_default() += 1;
        if run.examples.len() < EXAMPLES_MAX {
            run.examples.push((id, difference));
        }
    }
    Ok(run)
}
