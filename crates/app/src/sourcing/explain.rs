//! Why the locations of an order were chosen, as it is kept with the order.

use ordermill_base::Timestamp;
use ordermill_domain::apart::Pair;
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_optimize::sourcing::{CostParts, Impossible, Plan, Refusal};
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};

pub use super::plan::Wave;
use super::plan::{Chosen, Reason};
use crate::rule_table::Ruled;

/// Why the locations of an order were chosen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Explanation {
    /// Who ships what: the best plan for the order alone, which its wave may have changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<Parcel>,
    /// What would have been second best for the order alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second: Vec<Parcel>,
    /// What a split adds to the chosen plan, minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub split_minor: u64,
    /// What a split would add to the second best.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub second_split_minor: u64,
    /// Every location that was looked at.
    pub candidates: Vec<Candidate>,
    /// Where the order was sent in the end.
    pub sent_to: Vec<LocationId>,
    /// Whether no plan for the order alone is better.
    pub is_proven: bool,
    /// No location had room for it on its days; one takes it all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over_capacity: bool,
    /// Kinds of goods that are in it and may not travel together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_apart: Vec<Pair>,
    /// The wave that it was planned in, when orders were in each other's way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<Wave>,
    /// Locations that had given it back for want of pieces and have got some since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked_again: Vec<LocationId>,
    /// The rules that had a say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruled: Option<Ruled>,
    /// Why nobody ships it: `by_rules`, `too_few`, `split_not_allowed`, `not_found`, `too_large`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impossible: Option<String>,
}

/// A location's share of a plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parcel {
    /// Which location.
    pub location: LocationId,
    /// How many pieces.
    pub pieces: u32,
    /// What it costs.
    pub cost: Cost,
}

/// A location that was looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Candidate {
    /// Which location.
    pub location: LocationId,
    /// What the order costs from there, or the part of it that is there.
    pub cost: Cost,
    /// Why it does not ship all of it: `out_of_coverage`, `too_late`, `no_capacity`,
    /// `category_not_allowed`, `too_few`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_because: Vec<String>,
}

/// A cost part by part, minor units of the shop's currency.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Cost {
    /// The parcel by itself.
    pub parcel_minor: u64,
    /// By weight.
    pub freight_minor: u64,
    /// By distance.
    pub distance_minor: u64,
    /// By load.
    pub load_minor: u64,
    /// By lateness.
    pub lateness_minor: u64,
}

impl Cost {
    /// Their sum.
    pub const fn total_minor(&self) -> u64 {
        self.parcel_minor
            + self.freight_minor
            + self.distance_minor
            + self.load_minor
            + self.lateness_minor
    }

    const fn of(parts: CostParts) -> Self {
        Self {
            parcel_minor: parts.parcel,
            freight_minor: parts.freight,
            distance_minor: parts.distance,
            load_minor: parts.load,
            lateness_minor: parts.lateness,
        }
    }
}

/// Why the locations of an order were chosen, the newest decision first.
pub fn decisions(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<(Timestamp, Explanation)>, Error> {
    let kept = ordermill_storage::fulfillment::decisions(tx, order)?;
    let read = |(at, text): (Timestamp, String)| {
        let unreadable = |_| Error::Unreadable { what: "sourcing decision", text: text.clone() };
        Ok((at, serde_json::from_str(&text).map_err(unreadable)?))
    };
    kept.into_iter().map(read).collect()
}

impl Explanation {
    pub(super) fn of(chosen: &Chosen) -> Self {
        let reason = &chosen.reason;
        let (decision, verdicts, impossible) = match &reason.alone {
            Ok(decision) => (Some(decision), &decision.verdicts, None),
            Err(no_plan) => {
                let why = if reason.is_by_rules { "by_rules" } else { code(no_plan.reason) };
                (None, &no_plan.verdicts, Some(why.to_owned()))
            }
        };
        let second = decision.and_then(|decision| decision.second.as_ref());
        let candidates =
            reason.candidates.iter().zip(verdicts).map(|(location, verdict)| Candidate {
                location: *location,
                cost: Cost::of(verdict.cost),
                refused_because: verdict
                    .refusals
                    .iter()
                    .map(|it| because(*it).to_owned())
                    .collect(),
            });
        let mut sent_to: Vec<LocationId> =
            chosen.shares.iter().map(|share| share.location).collect();
        // Two shares of a location stand one behind the other.
        sent_to.dedup();
        Self {
            chosen: decision.map(|it| parcels(&it.chosen, reason)).unwrap_or_default(),
            second: second.map(|plan| parcels(plan, reason)).unwrap_or_default(),
            split_minor: decision.map_or(0, |it| it.chosen.split_cost),
            second_split_minor: second.map_or(0, |plan| plan.split_cost),
            candidates: candidates.collect(),
            sent_to,
            is_proven: decision.is_some_and(|it| it.is_proven),
            is_over_capacity: reason.is_over_capacity,
            kept_apart: chosen.apart.iter().cloned().collect(),
            wave: reason.wave,
            asked_again: reason.asked_again.clone(),
            ruled: reason.ruled.clone(),
            impossible,
        }
    }
}

fn parcels(plan: &Plan, reason: &Reason) -> Vec<Parcel> {
    let parcels = plan.shares.iter().filter_map(|share| {
        let location = *reason.candidates.get(share.location)?;
        Some(Parcel { location, pieces: share.quantities.iter().sum(), cost: Cost::of(share.cost) })
    });
    parcels.collect()
}

const fn code(impossible: Impossible) -> &'static str {
    match impossible {
        Impossible::TooFew { .. } => "too_few",
        Impossible::SplitNotAllowed => "split_not_allowed",
        Impossible::NotFound => "not_found",
        Impossible::TooLarge => "too_large",
        Impossible::Supplies { .. } | Impossible::Nothing => "defect",
    }
}

const fn because(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::OutOfCoverage => "out_of_coverage",
        Refusal::TooLate { .. } => "too_late",
        Refusal::NoCapacity => "no_capacity",
        Refusal::CategoryNotAllowed { .. } => "category_not_allowed",
        Refusal::TooFew { .. } => "too_few",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
