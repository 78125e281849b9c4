//! What travels together and what never does, as settings of sourcing.

use ordermill_app::sourcing::settings::{MergeMode, MergeRule};
use ordermill_domain::apart::Pair;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Two kinds of goods that may not travel together: a handling flag (`fragile`, `high_value`, `perishable`,
/// `hazardous`, `oversized`), `category:` and the code of a category, or `*` for all goods that are not of
/// the other kind.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SourcingApart)]
pub struct ApartView {
    /// One kind.
    #[schema(max_length = 80, example = "hazardous")]
    pub one: String,
    /// The other.
    #[schema(max_length = 80, example = "perishable")]
    pub other: String,
}

/// Whether and when work on several orders of a buyer to one address leaves in one parcel.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SourcingMerge)]
pub struct MergeView {
    /// Who decides.
    pub mode: MergeModeView,
    /// The rules merge orders that were placed within so many minutes of each other.
    #[schema(minimum = 1, maximum = 10_080)]
    pub window_minutes: u32,
    /// The rules merge what weighs so much together at most, in grams.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max_grams: u32,
}

/// Who decides about merging.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SourcingMergeMode)]
pub enum MergeModeView {
    /// A person who thinks of it; nobody is told.
    Off,
    /// A person, who is told of what may travel together.
    Suggest,
    /// The rules, as work is planned; a person for the rest.
    Automatic,
}

impl From<MergeRule> for MergeView {
    fn from(rule: MergeRule) -> Self {
        let mode = match rule.mode {
            MergeMode::Off => MergeModeView::Off,
            MergeMode::Suggest => MergeModeView::Suggest,
            MergeMode::Automatic => MergeModeView::Automatic,
        };
        Self { mode, window_minutes: rule.window_minutes, max_grams: rule.max_grams }
    }
}

impl MergeView {
    pub(super) const fn rule(self) -> MergeRule {
        let mode = match self.mode {
            MergeModeView::Off => MergeMode::Off,
            MergeModeView::Suggest => MergeMode::Suggest,
            MergeModeView::Automatic => MergeMode::Automatic,
        };
        MergeRule { mode, window_minutes: self.window_minutes, max_grams: self.max_grams }
    }
}

impl ApartView {
    pub(super) fn of(pair: &Pair) -> Self {
        Self { one: pair.one.to_string(), other: pair.other.to_string() }
    }
}
