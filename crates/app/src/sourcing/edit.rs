//! Changing how locations are chosen. New orders, and work that is planned anew, go by it at once; what
//! is planned stays.

use ordermill_domain::actor::Act;
use ordermill_domain::apart::Kind;
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx};

use super::settings::{LocationRule, ParcelRate, SourcingSettings};
use crate::catalog::{Catalog, settings};
use crate::permission::{About, Forbidden, Principal, authorize};

/// Parcels of one order, at most.
pub const PARCELS_MAX: u32 = 10;
/// What one weight may say a thing is worth, minor units.
pub const WEIGHT_MINOR_MAX: u32 = 10_000_000;
/// Grams of a step of a rate, at most.
pub const GRAMS_MAX: u32 = 1_000_000;
/// Minutes between orders that the rules merge, at most: a week.
pub const WINDOW_MINUTES_MAX: u32 = 7 * 24 * 60;
/// Days of work that may wait at a location, at most.
pub const BACKLOG_DAYS_MAX: u32 = 60;
/// Pairs of goods that are kept apart, at most.
pub const APART_MAX: usize = 50;
/// Regions or categories of one location, at most.
pub const OF_LOCATION_MAX: usize = 200;

/// A field that cannot be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The code of the location that it is about; none for what holds for all.
    pub location: Option<String>,
    /// The field's name in [`SourcingSettings`]; of the rate and of merging, `freight.` or `merge.` and its
    /// field's name.
    pub field: &'static str,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The number lies outside of these bounds.
    OutOfRange(u32, u32),
    /// There is no such location or category.
    Unknown,
    /// A list has more entries than this.
    TooMany(usize),
    /// A pair is not of two different kinds.
    NoPair,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// These fields cannot be so.
    #[error("{} fields of the sourcing settings are wrong", .0.len())]
    Invalid(Vec<Wrong>),
    /// The database; stale if somebody else has changed them.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What cannot be so, in the order of the fields; empty if all is well.
pub fn check(settings: &SourcingSettings, catalog: &Catalog) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let ParcelRate { first_grams, first_minor, step_grams, step_minor } = settings.freight;
    for (field, value, least, most) in [
        ("parcels_max", settings.parcels_max, 1, PARCELS_MAX),
        ("split_minor", settings.split_minor, 0, WEIGHT_MINOR_MAX),
        ("per_100_km_minor", settings.per_100_km_minor, 0, WEIGHT_MINOR_MAX),
        ("full_load_minor", settings.full_load_minor, 0, WEIGHT_MINOR_MAX),
        ("late_day_minor", settings.late_day_minor, 0, WEIGHT_MINOR_MAX),
        ("freight.first_grams", first_grams, 1, GRAMS_MAX),
        ("freight.first_minor", first_minor, 0, WEIGHT_MINOR_MAX),
        ("freight.step_grams", step_grams, 0, GRAMS_MAX),
        ("freight.step_minor", step_minor, 0, WEIGHT_MINOR_MAX),
        ("backlog_days", settings.backlog_days, 1, BACKLOG_DAYS_MAX),
        ("merge.window_minutes", settings.merge.window_minutes, 1, WINDOW_MINUTES_MAX),
        ("merge.max_grams", settings.merge.max_grams, 1, GRAMS_MAX),
    ] {
        if !(least..=most).contains(&value) {
            let flaw = Flaw::OutOfRange(least, most);
            wrong.push(Wrong { location: None, field, flaw });
        }
    }
    wrong.extend(check_apart(settings, catalog).map(|flaw| Wrong {
        location: None,
        field: "apart",
        flaw,
    }));
    for (code, rule) in &settings.locations {
        let mut must = |holds: bool, field, flaw| {
            if !holds {
                wrong.push(Wrong { location: Some(code.clone()), field, flaw });
            }
        };
        must(catalog.locations().iter().any(|it| it.code == *code), "location", Flaw::Unknown);
        let most = OF_LOCATION_MAX;
        must(rule.regions.len() <= most, "regions", Flaw::TooMany(most));
        let excluded = &rule.excluded_categories;
        must(excluded.len() <= most, "excluded_categories", Flaw::TooMany(most));
        let is_known = |code: &String| catalog.categories().iter().any(|it| it.code == *code);
        must(excluded.iter().all(is_known), "excluded_categories", Flaw::Unknown);
        let flaw = Flaw::OutOfRange(0, WEIGHT_MINOR_MAX);
        must(rule.parcel_minor <= WEIGHT_MINOR_MAX, "parcel_minor", flaw);
    }
    wrong
}

/// What is wrong with the pairs of goods that are kept apart.
fn check_apart(settings: &SourcingSettings, catalog: &Catalog) -> Option<Flaw> {
    if settings.apart.len() > APART_MAX {
        return Some(Flaw::TooMany(APART_MAX));
    }
    let is_known = |kind: &Kind| match kind {
        Kind::Category(code) => catalog.categories().iter().any(|it| it.code == *code),
        Kind::Flag(_) | Kind::Others => true,
    };
    let mut kinds = settings.apart.iter().flat_map(|pair| [&pair.one, &pair.other]);
    if !kinds.all(is_known) {
        return Some(Flaw::Unknown);
    }
    settings.apart.iter().any(|pair| pair.one == pair.other).then_some(Flaw::NoPair)
}

/// Changes the settings of which the author has seen this version; 0 if nobody has changed them yet.
/// Gives the new version. A location without a rule of its own is not kept.
///
/// # Errors
/// [`EditError`]; nothing has changed then.
pub fn edit(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    mut wanted: SourcingSettings,
    version: i64,
) -> Result<i64, EditError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    wanted.locations.retain(|_, rule| *rule != LocationRule::default());
    let wrong = check(&wanted, catalog);
    if !wrong.is_empty() {
        return Err(EditError::Invalid(wrong));
    }
    Ok(settings::save(tx, act, &wanted, version)?)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use ordermill_domain::apart::Pair;

    use super::*;

    #[test]
    fn what_holds_without_anybody_setting_it_is_right() {
        assert_eq!(check(&SourcingSettings::default(), &Catalog::default()), []);
    }

    #[test]
    fn each_wrong_field_is_named_with_its_location() {
        let rule = LocationRule {
            excluded_categories: BTreeSet::from(["hats".to_owned()]),
            ..LocationRule::default()
        };
        let settings = SourcingSettings {
            parcels_max: 0,
            backlog_days: 0,
            apart: vec![Pair { one: Kind::Category("hats".to_owned()), other: Kind::Others }],
            locations: BTreeMap::from([("NOWHERE".to_owned(), rule)]),
            ..SourcingSettings::default()
        };
        let wrong = check(&settings, &Catalog::default());
        let named: Vec<String> = wrong
            .iter()
            .map(|it| format!("{} {}", it.location.as_deref().unwrap_or("-"), it.field))
            .collect();
        let expected = [
            "- parcels_max",
            "- backlog_days",
            "- apart",
            "NOWHERE location",
            "NOWHERE excluded_categories",
        ];
        assert_eq!(named, expected);
    }
}
