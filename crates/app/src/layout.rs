//! The floor of a location: drawn from a plan, seen with what lies on it, walked by pickers.
//!
//! Bins are never doubled and never lost: a bin of a label that the plan draws keeps its key and gets
//! its place; one that the plan does not draw stays, with what lies in it, and stands nowhere.

mod walk;

use std::collections::HashMap;

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId};
use ordermill_domain::layout::{Drawing, Layout, Plan};
use ordermill_domain::location::{Bin, Location, Zone};
use ordermill_domain::sku::Invalid;
use ordermill_storage::layout as stored;
use ordermill_storage::{Error, Tx, location};

use crate::catalog::edit::EditError;

pub use walk::Walk;

/// Bins of one location that are read at once: more than any floor has.
pub const BINS_MAX: i64 = 50_000;

/// A location with its floor and what lies on it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The location.
    pub location: Location,
    /// Its zones by code.
    pub zones: Vec<Zone>,
    /// Its floor; none until it is drawn.
    pub layout: Option<Layout>,
    /// Its bins by label.
    pub bins: Vec<Bin>,
    /// Pieces and SKUs by bin; bins that are empty are not in it.
    pub contents: HashMap<BinId, (i64, i64)>,
}

/// What there is to see of a location; none if there is no such location.
pub fn see(tx: &mut Tx<'_>, at: LocationId) -> Result<Option<Seen>, Error> {
    let Some(location) = location::fetch(tx, at)? else { return Ok(None) };
    let contents = stored::contents(tx, at)?;
    Ok(Some(Seen {
        location,
        zones: location::zones(tx, at)?,
        layout: stored::fetch(tx, at)?,
        bins: location::bins(tx, at, "", BINS_MAX)?,
        contents: contents.into_iter().map(|it| (it.bin, (it.pieces, it.skus))).collect(),
    }))
}

/// Draws the floor of a location of which the author has seen this version. Gives the location's
/// version afterwards.
///
/// # Errors
/// Names what the plan cannot have; zones must have been set up.
pub fn draw(
    tx: &mut Tx<'_>,
    act: &Act,
    at: LocationId,
    version: i64,
    plan: &Plan,
) -> Result<i64, EditError> {
    let place = location::fetch(tx, at)?.ok_or(EditError::NotFound("location"))?;
    if place.version != version {
        let (what, found) = ("location", place.version);
        return Err(EditError::Changed { what, expected: version, found });
    }
    let zones = location::zones(tx, at)?;
    if !plan.zones.iter().all(|drawn| zones.iter().any(|zone| zone.code == drawn.zone)) {
        let (field, expected) = ("zones", "zones of the location");
        return Err(EditError::Invalid(vec![Invalid { field, expected }]));
    }
    let drawing = plan.draw(at)?;
    let known = location::bins(tx, at, "", BINS_MAX)?;
    let (placed, new) = place_bins(tx, act, &drawing, known);
    stored::put(tx, act, &place, &drawing.layout, &placed, &new)?;
    let now = location::fetch(tx, at)?.ok_or(EditError::NotFound("location"))?;
    Ok(now.version)
}

/// The bins that stand elsewhere than before, and those that are new.
fn place_bins(
    tx: &mut Tx<'_>,
    act: &Act,
    Drawing { layout, bins }: &Drawing,
    known: Vec<Bin>,
) -> (Vec<Bin>, Vec<Bin>) {
    let mut known: HashMap<String, Bin> =
        known.into_iter().map(|bin| (bin.code.clone(), bin)).collect();
    let (mut placed, mut new) = (Vec::new(), Vec::new());
    for ((zone, code, place), position) in bins.iter().zip(1..) {
        let drawn = |id| Bin {
            id,
            location: layout.location,
            zone: zone.clone(),
            code: code.clone(),
            position,
            place: Some(*place),
        };
        match known.remove(code) {
            None => new.push(drawn(tx.next_id(act.at))),
            Some(before) => {
                let after = drawn(before.id);
                if after != before {
                    placed.push(after);
                }
            }
        }
    }
    // What the plan no longer draws is found behind all that it does.
    let mut left: Vec<Bin> = known.into_values().filter(|bin| bin.place.is_some()).collect();
    left.sort_by(|a, b| a.code.cmp(&b.code));
    for (bin, position) in left.into_iter().zip(bins.len() as i64 + 1..) {
        placed.push(Bin { place: None, position, ..bin });
    }
    (placed, new)
}
