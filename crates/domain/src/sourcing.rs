//! What rules say about the locations that may ship an order (寻源).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::LocationId;

/// The most that a rule may make a location dearer, and the most that a weight may be, minor units.
pub const MINOR_MAX: u32 = 10_000_000;

/// What one rule says. Locations are named by their codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum SourcingRule {
    /// Nothing: costs decide.
    Compare,
    /// Only this location, or another that a rule says this of.
    Only {
        /// The location's code.
        #[serde(deserialize_with = "location")]
        location: String,
    },
    /// Not this location; it counts more than [`Only`](SourcingRule::Only).
    Never {
        /// The location's code.
        #[serde(deserialize_with = "location")]
        location: String,
    },
    /// As if a parcel from this location cost more.
    Dearer {
        /// The location's code.
        #[serde(deserialize_with = "location")]
        location: String,
        /// By how much, minor units of the shop's currency.
        #[serde(deserialize_with = "minor")]
        minor: u32,
    },
    /// Another weight than that of the settings. Of several rules that name it the first counts.
    Weigh {
        /// Which.
        weight: Weight,
        /// How much, minor units of the shop's currency.
        #[serde(deserialize_with = "minor")]
        minor: u32,
    },
    /// The nearest location that has it, before other orders.
    Urgent,
    /// In one piece, or a person looks.
    Whole,
}

coded! {
    /// What makes one location better than another.
    enum Weight {
        /// For each parcel beyond the first.
        Split = "split",
        /// For 100 kilometers.
        Distance = "per_100_km",
        /// For a location with a full day of open work.
        Load = "full_load",
        /// For each day behind the promised one.
        Lateness = "late_day",
    }
}

fn location<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let code = String::deserialize(from)?;
    if code.is_empty() { Err(serde::de::Error::custom("no location is named")) } else { Ok(code) }
}

fn minor<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let minor = u32::deserialize(from)?;
    if minor <= MINOR_MAX {
        return Ok(minor);
    }
    Err(serde::de::Error::custom(format!("at most {MINOR_MAX} minor units")))
}

/// What all rules that matched say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruling {
    /// Only these; all if none is named. Without any in it nobody may: the rules name locations that are
    /// not there.
    pub only: Option<BTreeSet<LocationId>>,
    /// None of these.
    pub never: BTreeSet<LocationId>,
    /// What a parcel from these costs more, minor units.
    pub dearer: BTreeMap<LocationId, u32>,
    /// Other weights, minor units.
    pub weights: BTreeMap<Weight, u32>,
    /// The nearest one that has it.
    pub is_urgent: bool,
    /// In one piece.
    pub is_whole: bool,
}

impl Ruling {
    /// Of rules in their order. What is said of a location that is not there says nothing, except that only it
    /// may.
    pub fn of<'r>(
        rules: impl IntoIterator<Item = &'r SourcingRule>,
        find: impl Fn(&str) -> Option<LocationId>,
    ) -> Self {
        let mut ruling = Self::default();
        for rule in rules {
            match rule {
                SourcingRule::Compare => {}
                SourcingRule::Only { location } => {
                    ruling.only.get_or_insert_default().extend(find(location));
                }
                SourcingRule::Never { location } => ruling.never.extend(find(location)),
                SourcingRule::Dearer { location, minor } => {
                    if let Some(location) = find(location) {
                        let sum = ruling.dearer.entry(location).or_default();
                        *sum = sum.saturating_add(*minor).min(MINOR_MAX);
                    }
                }
                SourcingRule::Weigh { weight, minor } => {
                    ruling.weights.entry(*weight).or_insert(*minor);
                }
                SourcingRule::Urgent => ruling.is_urgent = true,
                SourcingRule::Whole => ruling.is_whole = true,
            }
        }
        ruling
    }

    /// Whether a location may ship it.
    pub fn allows(&self, location: LocationId) -> bool {
        let is_named = self.only.as_ref().is_none_or(|only| only.contains(&location));
        is_named && !self.never.contains(&location)
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id as _;
    use serde_json::json;

    use super::*;

    fn ruling(rules: serde_json::Value) -> Ruling {
        let rules: Vec<SourcingRule> = serde_json::from_value(rules).unwrap();
        Ruling::of(&rules, |code| code.strip_prefix('W')?.parse().ok().map(LocationId::from_raw))
    }

    fn locations(numbers: &[i64]) -> BTreeSet<LocationId> {
        numbers.iter().map(|number| LocationId::from_raw(*number)).collect()
    }

    #[test]
    fn what_must_not_counts_more_than_what_may() {
        let said = ruling(json!([
            { "do": "only", "location": "W1" },
            { "do": "only", "location": "W2" },
            { "do": "never", "location": "W1" },
        ]));
        assert_eq!(said.only, Some(locations(&[1, 2])));
        let may: Vec<i64> =
            (1..4).filter(|number| said.allows(LocationId::from_raw(*number))).collect();
        assert_eq!(may, [2]);
    }

    #[test]
    fn a_location_that_is_not_there_is_nobody() {
        let said = ruling(json!([{ "do": "never", "location": "gone" }]));
        assert_eq!(said, Ruling::default());
        let said = ruling(json!([{ "do": "only", "location": "gone" }]));
        assert!(!said.allows(LocationId::from_raw(1)));
    }

    #[test]
    fn what_makes_a_location_dearer_adds_up_and_of_weights_the_first_counts() {
        let said = ruling(json!([
            { "do": "dearer", "location": "W1", "minor": 300 },
            { "do": "dearer", "location": "W1", "minor": 200 },
            { "do": "weigh", "weight": "late_day", "minor": 900 },
            { "do": "weigh", "weight": "late_day", "minor": 100 },
            { "do": "weigh", "weight": "split", "minor": 50 },
        ]));
        assert_eq!(said.dearer, [(LocationId::from_raw(1), 500)].into());
        assert_eq!(said.weights, [(Weight::Lateness, 900), (Weight::Split, 50)].into());
    }

    #[test]
    fn what_is_written_wrong_is_no_rule() {
        for wrong in [
            json!({ "do": "only" }),
            json!({ "do": "only", "location": "" }),
            json!({ "do": "dearer", "location": "W1", "minor": -1 }),
            json!({ "do": "dearer", "location": "W1", "minor": 10_000_001 }),
            json!({ "do": "weigh", "weight": "luck", "minor": 3 }),
            json!({ "do": "soon" }),
        ] {
            assert!(serde_json::from_value::<SourcingRule>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
