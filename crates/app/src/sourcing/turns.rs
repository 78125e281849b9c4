//! In which turns the orders of a batch choose: what is urgent before the others.

use std::collections::HashMap;

use ordermill_domain::ids::{LocationId, SkuId};

use super::place::Places;
use super::plan::{Chosen, Share, Want, choose_together};
use super::settings::SourcingSettings;

/// A SKU at a location.
type Place = (LocationId, SkuId);

/// Chooses for each order; one that nobody can ship comes back without shares. `available` says what may
/// be sold of a SKU at a location beside what is claimed. What is urgent goes first, and the others have
/// what it leaves. It takes no claim of theirs: whoever finds nothing else keeps it.
pub(super) fn choose(
    places: &Places<'_>,
    settings: &SourcingSettings,
    wants: &[Want],
    available: &dyn Fn(LocationId, SkuId) -> i64,
) -> Vec<Chosen> {
    let (first, then): (Vec<usize>, Vec<usize>) =
        (0..wants.len()).partition(|at| wants[*at].is_urgent);
    if first.is_empty() || then.is_empty() {
        return choose_together(places, settings, wants, available);
    }
    let of = |turn: &[usize]| turn.iter().map(|at| wants[*at].clone()).collect::<Vec<Want>>();
    let (urgent, others) = (of(&first), of(&then));
    let chosen = choose_together(places, settings, &urgent, available);
    let mut taken: HashMap<Place, i64> = HashMap::new();
    for (want, chosen) in urgent.iter().zip(&chosen) {
        for (place, pieces) in pieces_of(&chosen.shares) {
            *taken.entry(place).or_default() += beyond(want, place, pieces);
        }
    }
    let for_others = |location, sku| {
        available(location, sku) - taken.get(&(location, sku)).copied().unwrap_or_default()
    };
    let rest = choose_together(places, settings, &others, &for_others);
    let mut all: Vec<(usize, Chosen)> =
        first.into_iter().zip(chosen).chain(then.into_iter().zip(rest)).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, chosen)| chosen).collect()
}

/// What orders claim now, by place.
pub(super) fn claimed_by(wants: &[Want]) -> HashMap<Place, i64> {
    let mut claimed: HashMap<Place, i64> = HashMap::new();
    for (place, pieces) in wants.iter().flat_map(|want| &want.claimed) {
        *claimed.entry(*place).or_default() += pieces;
    }
    claimed
}

/// Pieces of each SKU at each location.
pub(super) fn pieces_of(shares: &[Share]) -> HashMap<Place, i64> {
    let mut pieces: HashMap<Place, i64> = HashMap::new();
    for share in shares {
        for line in &share.lines {
            *pieces.entry((share.location, line.sku)).or_default() += line.quantity.get();
        }
    }
    pieces
}

/// How many of an order's pieces at a location are beyond its own claim there.
pub(super) fn beyond(want: &Want, place: Place, pieces: i64) -> i64 {
    (pieces - want.claimed.get(&place).copied().unwrap_or_default()).max(0)
}
