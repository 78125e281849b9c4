//! Changing the boxes that a shop packs in. What is proposed at the bench from then on goes by them; what is
//! closed stays.

use ordermill_domain::actor::Act;
use ordermill_domain::package::Material;
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx};

use super::Materials;
use crate::catalog::{Catalog, settings};
use crate::permission::{About, Forbidden, Principal, authorize};

/// Boxes and bags of a shop at most.
pub const MATERIALS_MAX: usize = 100;
/// Letters of a code at most.
pub const CODE_CHARS_MAX: usize = 24;
/// Letters of a name at most.
pub const NAME_CHARS_MAX: usize = 60;
/// The longest edge, in millimeters.
pub const EDGE_MM_MAX: u32 = 10_000;
/// The heaviest that a box may be, in grams.
pub const GRAMS_MAX: u32 = 2_000_000;
/// What a box may cost, minor units.
pub const COST_MINOR_MAX: u32 = 10_000_000;
/// Pairs of categories that are kept apart, at most.
pub const APART_MAX: usize = 200;

/// A field that cannot be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The place of the material that it is about, from 0; none for what holds for all.
    pub material: Option<usize>,
    /// The field's name in [`Materials`] or [`Material`].
    pub field: &'static str,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The number lies outside of these bounds.
    OutOfRange(u32, u32),
    /// The text is empty, too long, or has signs that a code has not.
    Text,
    /// Another material has it.
    Taken,
    /// An outer edge is shorter than the inner one.
    InnerLarger,
    /// It may weigh no more than it does empty.
    TareHeavier,
    /// There is no such category.
    Unknown,
    /// A list has more entries than this.
    TooMany(usize),
    /// A shop packs in something.
    None,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// These fields cannot be so.
    #[error("{} fields of the packing materials are wrong", .0.len())]
    Invalid(Vec<Wrong>),
    /// The database; stale if somebody else has changed them.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What cannot be so, in the order of the fields; empty if all is well.
pub fn check(materials: &Materials, catalog: &Catalog) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, material, field, flaw| {
        if !holds {
            wrong.push(Wrong { material, field, flaw });
        }
    };
    let all = &materials.materials;
    must(!all.is_empty(), None, "materials", Flaw::None);
    must(all.len() <= MATERIALS_MAX, None, "materials", Flaw::TooMany(MATERIALS_MAX));
    for (at, material) in all.iter().enumerate() {
        let is_taken = all[..at].iter().any(|it| it.code == material.code);
        must(!is_taken, Some(at), "code", Flaw::Taken);
        for (field, flaw) in wrong_of(material) {
            must(false, Some(at), field, flaw);
        }
    }
    for (field, value, most) in [
        ("parcel_minor", materials.parcel_minor, COST_MINOR_MAX),
        ("not_recyclable_minor", materials.not_recyclable_minor, COST_MINOR_MAX),
        ("weight_tolerance_percent", materials.weight_tolerance_percent, 100),
        ("weight_tolerance_grams", materials.weight_tolerance_grams, GRAMS_MAX),
    ] {
        must(value <= most, None, field, Flaw::OutOfRange(0, most));
    }
    must(materials.apart.len() <= APART_MAX, None, "apart", Flaw::TooMany(APART_MAX));
    let is_known = |code: &String| catalog.categories().iter().any(|it| it.code == *code);
    let are_known = materials.apart.iter().all(|(a, b)| is_known(a) && is_known(b));
    must(are_known, None, "apart", Flaw::Unknown);
    wrong
}

/// What of one material cannot be so.
fn wrong_of(material: &Material) -> Vec<(&'static str, Flaw)> {
    const INNER: [&str; 3] = ["inner_length", "inner_width", "inner_height"];
    const OUTER: [&str; 3] = ["outer_length", "outer_width", "outer_height"];
    let mut wrong = Vec::new();
    let mut must = |holds: bool, field, flaw| {
        if !holds {
            wrong.push((field, flaw));
        }
    };
    let code = &material.code;
    let is_code = (1..=CODE_CHARS_MAX).contains(&code.len())
        && code.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'-');
    must(is_code, "code", Flaw::Text);
    for (field, name) in [("name_zh", &material.name.zh), ("name_en", &material.name.en)] {
        let is_name = (1..=NAME_CHARS_MAX).contains(&name.trim().chars().count());
        must(is_name, field, Flaw::Text);
    }
    for at in 0..3 {
        let (inner, outer) = (material.inner_mm[at], material.outer_mm[at]);
        let flaw = Flaw::OutOfRange(1, EDGE_MM_MAX);
        must((1..=EDGE_MM_MAX).contains(&inner), INNER[at], flaw);
        must((1..=EDGE_MM_MAX).contains(&outer), OUTER[at], flaw);
        must(outer >= inner, OUTER[at], Flaw::InnerLarger);
    }
    must(material.tare_grams <= GRAMS_MAX, "tare_grams", Flaw::OutOfRange(0, GRAMS_MAX));
    let most = Flaw::OutOfRange(1, GRAMS_MAX);
    must((1..=GRAMS_MAX).contains(&material.max_gross_grams), "max_gross_grams", most);
    let is_lighter = material.max_gross_grams > material.tare_grams;
    must(is_lighter, "max_gross_grams", Flaw::TareHeavier);
    must(material.cost_minor <= COST_MINOR_MAX, "cost_minor", Flaw::OutOfRange(0, COST_MINOR_MAX));
    wrong
}

/// Changes the materials of which the author has seen this version; 0 if nobody has changed them yet. Gives
/// the new version.
///
/// # Errors
/// [`EditError`]; nothing has changed then.
pub fn edit(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    wanted: &Materials,
    version: i64,
) -> Result<i64, EditError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let wrong = check(wanted, catalog);
    if !wrong.is_empty() {
        return Err(EditError::Invalid(wrong));
    }
    Ok(settings::save(tx, act, wanted, version)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(change: impl FnOnce(&mut Materials)) -> Vec<(Option<usize>, &'static str, Flaw)> {
        let mut materials = Materials::default();
        change(&mut materials);
        let wrong = check(&materials, &Catalog::default());
        wrong.into_iter().map(|it| (it.material, it.field, it.flaw)).collect()
    }

    #[test]
    fn what_holds_without_anybody_setting_it_is_right() {
        assert_eq!(flaws(|_| ()), []);
    }

    #[test]
    fn a_box_that_cannot_be_is_refused_at_its_field() {
        let of = |change: fn(&mut Material)| flaws(|it| change(&mut it.materials[0]));
        assert_eq!(of(|it| it.code = "a b".into()), [(Some(0), "code", Flaw::Text)]);
        assert_eq!(of(|it| it.name.en.clear()), [(Some(0), "name_en", Flaw::Text)]);
        assert_eq!(of(|it| it.outer_mm[1] = 1), [(Some(0), "outer_width", Flaw::InnerLarger)]);
        assert_eq!(
            of(|it| it.inner_mm[2] = 0),
            [(Some(0), "inner_height", Flaw::OutOfRange(1, EDGE_MM_MAX))]
        );
        assert_eq!(
            of(|it| it.max_gross_grams = it.tare_grams),
            [(Some(0), "max_gross_grams", Flaw::TareHeavier)]
        );
    }

    #[test]
    fn codes_are_unique_and_something_is_left() {
        let twice = flaws(|it| it.materials[1].code = it.materials[0].code.clone());
        assert_eq!(twice, [(Some(1), "code", Flaw::Taken)]);
        assert_eq!(flaws(|it| it.materials.clear()), [(None, "materials", Flaw::None)]);
        let apart = flaws(|it| it.apart.push(("tea".into(), "soap".into())));
        assert_eq!(apart, [(None, "apart", Flaw::Unknown)]);
    }
}
