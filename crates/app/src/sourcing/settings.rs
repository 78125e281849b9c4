//! How a shop wants its locations to be chosen.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_domain::apart::{Kind, Pair};
use ordermill_domain::pricing::RegionPattern;
use ordermill_domain::sku::HandlingFlag;
use ordermill_domain::sourcing::Weight;
use ordermill_optimize::sourcing::{Freight, Split, Weights};
use serde::{Deserialize, Serialize};

use crate::catalog::settings::Kept;

/// What makes one location better than another. Amounts are minor units of the shop's currency: how much
/// the shop would pay to avoid it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourcingSettings {
    /// Whether and how an order may be shipped from several locations.
    pub split: SplitRule,
    /// Parcels of a split order, at most.
    pub parcels_max: u32,
    /// For each parcel of an order beyond the first.
    pub split_minor: u32,
    /// For 100 kilometers.
    pub per_100_km_minor: u32,
    /// For a location that has as much open work as it packs on a day; less in proportion.
    pub full_load_minor: u32,
    /// For each day behind the promised one.
    pub late_day_minor: u32,
    /// What a parcel costs by weight, where no carrier's rates are known better.
    pub freight: ParcelRate,
    /// Days of work that a location takes on before others are asked, counted in what it packs on a day.
    pub backlog_days: u32,
    /// Goods that may not travel together: each kind has a fulfillment of its own.
    pub apart: Vec<Pair>,
    /// Whether and when work on several orders of a buyer leaves in one parcel.
    pub merge: MergeRule,
    /// What holds for single locations, by code.
    pub locations: BTreeMap<String, LocationRule>,
}

/// Whether and how an order may be shipped from several locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitRule {
    /// One parcel, or it waits for a person.
    Never,
    /// Each SKU from one location.
    Lines,
    /// Pieces of one SKU may come from several locations.
    Pieces,
}

/// Whether and when work on several orders of a buyer to one address leaves in one parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MergeRule {
    /// Who decides.
    pub mode: MergeMode,
    /// The rules merge orders that were placed within so many minutes of each other.
    pub window_minutes: u32,
    /// The rules merge what weighs so much together at most, in grams.
    pub max_grams: u32,
}

/// Who decides about merging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeMode {
    /// A person who thinks of it; nobody is told.
    Off,
    /// A person, who is told of what may travel together.
    Suggest,
    /// The rules, as work is planned; a person for the rest.
    Automatic,
}

impl Default for MergeRule {
    fn default() -> Self {
        Self { mode: MergeMode::Suggest, window_minutes: 120, max_grams: 20_000 }
    }
}

/// A rate by weight: the first step has a price, each further one that is begun has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelRate {
    /// Weight that the first price is for, in grams.
    pub first_grams: u32,
    /// The first price.
    pub first_minor: u32,
    /// Weight of a further step, in grams; 0 if no weight costs more than the first.
    pub step_grams: u32,
    /// The price of a further step.
    pub step_minor: u32,
}

/// What holds for one location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocationRule {
    /// Where it ships to; everywhere if empty.
    pub regions: Vec<RegionPattern>,
    /// Codes of categories that it does not ship.
    pub excluded_categories: BTreeSet<String>,
    /// What a parcel from here costs beside its weight.
    pub parcel_minor: u32,
}

impl Default for SourcingSettings {
    fn default() -> Self {
        Self {
            split: SplitRule::Pieces,
            parcels_max: 3,
            split_minor: 600,
            per_100_km_minor: 30,
            full_load_minor: 400,
            late_day_minor: 500,
            freight: ParcelRate {
                first_grams: 1_000,
                first_minor: 600,
                step_grams: 1_000,
                step_minor: 200,
            },
            backlog_days: 3,
            apart: vec![Pair {
                one: Kind::Flag(HandlingFlag::Hazardous),
                other: Kind::Flag(HandlingFlag::Perishable),
            }],
            merge: MergeRule::default(),
            locations: BTreeMap::new(),
        }
    }
}

impl Kept for SourcingSettings {
    const NAME: &'static str = "sourcing";

    fn standard() -> Self {
        Self::default()
    }
}

impl SourcingSettings {
    /// The weights, with those that rules have set otherwise for an order.
    pub(super) fn weights(&self, ruled: &BTreeMap<Weight, u32>) -> Weights {
        let of = |weight, usual| ruled.get(&weight).copied().unwrap_or(usual);
        Weights {
            split: of(Weight::Split, self.split_minor),
            per_100_km: of(Weight::Distance, self.per_100_km_minor),
            full_load: of(Weight::Load, self.full_load_minor),
            late_hour: of(Weight::Lateness, self.late_day_minor) / 24,
        }
    }

    pub(super) fn freight(&self) -> Freight {
        let ParcelRate { first_grams, first_minor, step_grams, step_minor } = self.freight;
        Freight { first_grams, first_cost: first_minor, step_grams, step_cost: step_minor }
    }

    pub(super) fn split(&self) -> Split {
        match self.split {
            SplitRule::Never => Split::Never,
            SplitRule::Lines => Split::Lines,
            SplitRule::Pieces => Split::Units,
        }
    }
}
