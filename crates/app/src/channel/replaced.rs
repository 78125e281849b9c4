//! Which parcels on a channel's record another parcel is sent in the place of.
//!
//! For a channel, pieces leave once: it has no way to be told that they leave again. What is sent again is
//! therefore told as another waybill of what is on record. Pieces of a line beyond what was ordered have left
//! before, in the parcels that were sent again; which of several is which does not matter, as pieces of a line
//! are alike, so the oldest is taken first.
//!
//! What is sent in place of missing pieces is on no line of the channel: it is told as pieces of the line that
//! it stands in for.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_domain::channel_report::State;
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{OrderLine, line_placed};
use ordermill_ports::channel_desk::Replaced;
use ordermill_storage::channel_report::{self, ChannelReport};
use ordermill_storage::{Error, Tx, package, shipment};

use super::report::gifts_among;

/// What a parcel is told as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Pieces that leave for the first time, by line.
    pub(super) first: BTreeMap<u16, i64>,
    /// What is on record and gets its waybill.
    pub(super) in_place_of: Vec<Replaced>,
}

/// What it is sent in the place of is to be told first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotYet;

/// What a parcel that has left is told as, as things are now.
pub(super) fn told_as(
    tx: &mut Tx<'_>,
    report: &ChannelReport,
    lines: &[OrderLine],
) -> Result<Result<Told, NotYet>, Error> {
    let parcels = load(tx, report.order, lines)?;
    let ordered = lines.iter().map(|it| (it.terms.line_no, it.terms.quantity.get())).collect();
    Ok(decide(&parcels, &ordered, report))
}

/// A parcel of which the channel was told, or is to be.
struct Parcel {
    report: ChannelReport,
    waybill: String,
    /// Another was sent in its place.
    is_sent_again: bool,
    pieces: BTreeMap<u16, i64>,
}

/// All of an order, in the order in which they left, by the lines that channels know.
fn load(tx: &mut Tx<'_>, order: OrderId, lines: &[OrderLine]) -> Result<Vec<Parcel>, Error> {
    let unknown: BTreeSet<u16> = gifts_among(lines);
    let mut parcels = Vec::new();
    for report in channel_report::of(tx, order)? {
        let Some(stored) = shipment::fetch(tx, report.id)? else { continue };
        let facts = stored.shipment.facts();
        let mut pieces = BTreeMap::new();
        let package = package::fetch(tx, facts.terms.package)?;
        let contents = package.iter().flat_map(|package| &package.contents);
        for content in contents.filter(|content| !unknown.contains(&content.line_no)) {
            *pieces.entry(line_placed(lines, content.line_no)).or_default() +=
                content.quantity.get();
        }
        parcels.push(Parcel {
            report,
            waybill: facts.terms.waybill.clone(),
            is_sent_again: facts.reshipped_at.is_some(),
            pieces,
        });
    }
    parcels.sort_by_key(|parcel| (parcel.report.left_at, parcel.report.id));
    Ok(parcels)
}

/// Pieces of a line that left in one parcel before and leave in another again.
struct Again {
    from: usize,
    line: u16,
    pieces: i64,
}

/// For each parcel, what of it was in which earlier one.
fn again(parcels: &[Parcel], ordered: &BTreeMap<u16, i64>) -> Vec<Vec<Again>> {
    let mut left: BTreeMap<u16, i64> = BTreeMap::new();
    let mut unreplaced: Vec<BTreeMap<u16, i64>> = Vec::new();
    let mut all = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        let mut its = Vec::new();
        for (&line, &pieces) in &parcel.pieces {
            let before = left.entry(line).or_default();
            *before += pieces;
            let wanted = ordered.get(&line).copied().unwrap_or(0);
            let mut beyond = (*before - wanted).clamp(0, pieces);
            for (from, open) in unreplaced.iter_mut().enumerate() {
                let Some(open) = open.get_mut(&line) else { continue };
                let taken = beyond.min(*open);
                (*open, beyond, *before) = (*open - taken, beyond - taken, *before - taken);
                if taken > 0 {
                    its.push(Again { from, line, pieces: taken });
                }
            }
        }
        unreplaced.push(if parcel.is_sent_again { parcel.pieces.clone() } else { BTreeMap::new() });
        all.push(its);
    }
    all
}

fn decide(
    parcels: &[Parcel],
    ordered: &BTreeMap<u16, i64>,
    report: &ChannelReport,
) -> Result<Told, NotYet> {
    let Some(at) = parcels.iter().position(|parcel| parcel.report.id == report.id) else {
        return Ok(Told { first: BTreeMap::new(), in_place_of: Vec::new() });
    };
    let again = again(parcels, ordered);
    let mut first = parcels[at].pieces.clone();
    let mut references = BTreeSet::new();
    for Again { from, line, pieces } in &again[at] {
        let replaced = &parcels[*from].report;
        match (replaced.state, &replaced.reference) {
            (State::Told, Some(_)) => {
                references.extend(on_record(parcels, &again, *from));
                *first.entry(*line).or_default() -= pieces;
            }
            (State::Waiting, _) => return Err(NotYet),
            // The channel never knew of it: for the channel they leave now.
            (State::Told | State::Failed, _) => {}
        }
    }
    first.retain(|_, pieces| *pieces > 0);
    let waybills = |reference: &str| {
        let here = parcels.iter().enumerate().filter(|(index, parcel)| {
            let stands = || on_record(parcels, &again, *index).contains(reference);
            *index == at || (!parcel.is_sent_again && stands())
        });
        here.map(|(_, parcel)| parcel.waybill.clone()).collect()
    };
    let replaced = references.into_iter().map(|reference| {
        let waybills = waybills(&reference);
        Replaced { reference, waybills }
    });
    Ok(Told { first, in_place_of: replaced.collect() })
}

/// What a channel has on record of a parcel: its own entry, and those of all that it was sent in the place of.
fn on_record(parcels: &[Parcel], again: &[Vec<Again>], index: usize) -> BTreeSet<String> {
    let mut references = BTreeSet::from_iter(parcels[index].report.reference.clone());
    // What replaces left later than what it replaces, so this ends.
    for replaced in &again[index] {
        references.extend(on_record(parcels, again, replaced.from));
    }
    references
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Id as _, Timestamp};
    use ordermill_domain::ids::{ChannelId, ShipmentId};

    use super::*;

    /// The parcel `number`, with so many pieces of line 1; told under a reference, or waiting to be.
    fn parcel(number: i64, pieces: i64, reference: Option<&str>, is_sent_again: bool) -> Parcel {
        let left_at = Timestamp::from_millis(number);
        let is_told = reference.is_some();
        let report = ChannelReport {
            id: ShipmentId::from_raw(number),
            order: OrderId::from_raw(1),
            channel: ChannelId::from_raw(1),
            state: if is_told { State::Told } else { State::Waiting },
            left_at,
            told_at: is_told.then_some(left_at),
            reference: reference.map(str::to_owned),
            attempts: 1,
            next_at: (!is_told).then_some(left_at),
            last_error: None,
        };
        let (waybill, pieces) = (format!("W{number}"), [(1, pieces)].into());
        Parcel { report, waybill, is_sent_again, pieces }
    }

    /// What the last of these parcels is told as, where `ordered` pieces were: pieces that are new, and
    /// waybills by reference.
    fn told(ordered: i64, parcels: &[Parcel]) -> Result<(i64, Vec<String>), NotYet> {
        let last = &parcels.last().unwrap().report;
        let told = decide(parcels, &[(1, ordered)].into(), last)?;
        let replaced = told.in_place_of.iter();
        let replaced = replaced.map(|it| format!("{}: {}", it.reference, it.waybills.join(" ")));
        Ok((told.first.values().sum(), replaced.collect()))
    }

    #[test]
    fn pieces_leave_for_the_first_time_until_all_that_was_ordered_has_left() {
        assert_eq!(told(2, &[parcel(1, 2, None, false)]), Ok((2, vec![])));
        let second = [parcel(1, 1, Some("F1"), true), parcel(2, 1, None, false)];
        assert_eq!(told(2, &second), Ok((1, vec![])));
    }

    #[test]
    fn what_is_sent_again_is_another_waybill_of_what_is_on_record() {
        let once = [parcel(1, 2, Some("F1"), true), parcel(2, 2, None, false)];
        assert_eq!(told(2, &once), Ok((0, vec!["F1: W2".into()])));
        let twice = [
            parcel(1, 2, Some("F1"), true),
            parcel(2, 2, Some("F1"), true),
            parcel(3, 2, None, false),
        ];
        assert_eq!(told(2, &twice), Ok((0, vec!["F1: W3".into()])));
    }

    #[test]
    fn a_parcel_that_is_sent_again_in_two_boxes_has_two_waybills() {
        let boxes = [
            parcel(1, 2, Some("F1"), true),
            parcel(2, 1, Some("F1"), false),
            parcel(3, 1, None, false),
        ];
        assert_eq!(told(2, &boxes), Ok((0, vec!["F1: W2 W3".into()])));
    }

    #[test]
    fn one_box_may_replace_two_and_hold_new_pieces_beside_them() {
        let lost = [
            parcel(1, 1, Some("F1"), true),
            parcel(2, 1, Some("F2"), true),
            parcel(3, 3, None, false),
        ];
        assert_eq!(told(3, &lost), Ok((1, vec!["F1: W3".into(), "F2: W3".into()])));
    }

    #[test]
    fn what_replaces_a_box_that_replaced_two_is_a_waybill_of_both() {
        let lost = [
            parcel(1, 1, Some("F1"), true),
            parcel(2, 1, Some("F2"), true),
            // A channel gives one reference, although the box stands in two places.
            parcel(3, 2, Some("F1"), true),
            parcel(4, 2, None, false),
        ];
        assert_eq!(told(2, &lost), Ok((0, vec!["F1: W4".into(), "F2: W4".into()])));
    }

    #[test]
    fn what_is_replaced_is_told_first_and_counts_as_new_if_it_never_is() {
        let mut parcels = [parcel(1, 1, None, true), parcel(2, 1, None, false)];
        assert_eq!(told(1, &parcels), Err(NotYet));
        (parcels[0].report.state, parcels[0].report.next_at) = (State::Failed, None);
        assert_eq!(told(1, &parcels), Ok((1, vec![])));
    }
}
