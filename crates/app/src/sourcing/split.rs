//! Splitting work by hand before it is on a floor (拆单): some pieces leave now, the rest later or from
//! elsewhere; and putting the work on an order together again.
//!
//! Each changes the order, which is reviewed again ([`crate::review`]) in the same transaction. What is
//! kept apart by the rules stays so, whatever a person wants.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{
    Facts, Fulfillment, Line, Planned, PlannedLine, RejectReason, State, Step,
};
use ordermill_domain::ids::{FulfillmentId, LocationId, OrderId, SkuId};
use ordermill_domain::order::LineQuantity;
use ordermill_storage::{Tx, fulfillment as stored};

use super::by_hand::{ByHandError, Seen, check, give_up_each};
use super::place::Places;
use super::{Wish, source_each};
use crate::catalog::Catalog;
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::order::claims::Assignment;
use crate::order::file::OrderFile;
use crate::permission::Principal;
use crate::review;

/// What is taken out of a fulfillment, to be one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which pieces: some of them, and not all.
    pub pieces: Vec<LineQuantity>,
    /// Where they are shipped from; from where they were if none.
    pub to: Option<LocationId>,
    /// They are not given to the floor before; at once if none.
    pub not_before: Option<Timestamp>,
}

/// Why pieces cannot be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// Nothing, or all of it: nothing would be split.
    #[error("a part is some of the pieces, and not all of them")]
    NoPart,
    /// The fulfillment does not ship so many of the line.
    #[error("line {line_no} has {has} pieces, not {asked}")]
    Pieces {
        /// Which line of the order.
        line_no: u16,
        /// How many pieces the fulfillment ships of it.
        has: i64,
        /// How many were asked for.
        asked: i64,
    },
    /// The moment has passed.
    #[error("work is not kept until a moment that has passed")]
    Past,
}

/// Splits planned work: the part becomes a fulfillment of its own, there or elsewhere, now or later.
///
/// # Errors
/// If it is on the floor already, its order is held by a review, or the other location does not have the
/// pieces; nothing has changed then.
pub fn split(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    seen: Seen,
    part: &Part,
) -> Result<(), ByHandError> {
    check(principal, act, None)?;
    if part.not_before.is_some_and(|at| at <= act.at) {
        return Err(PartError::Past.into());
    }
    let found = stored::fetch(tx, seen.id)?.ok_or(WorkError::NotFound(seen.id))?;
    let order = found.facts().order;
    let mut work = FulfillmentFile::of_orders(tx, &[order])?;
    let mut file = OrderFile::load(tx, order)?;
    let its = work.iter_mut().find(|it| it.work.id() == seen.id);
    let its = its.ok_or(WorkError::NotFound(seen.id))?;
    if its.work.version() != seen.version {
        return Err(ByHandError::Stale(seen.id));
    }
    check_planned(&its.work)?;
    check_passed(&file)?;
    let facts = its.work.facts().clone();
    let (taken, rest) = cut(&facts.lines, &part.pieces)?;
    let to = part.to.unwrap_or(facts.location);
    if to != facts.location {
        check_there(catalog, &file, to, &taken)?;
    }
    its.step(act, |work| work.reject(RejectReason::Regrouped, act.at)).map_err(WorkError::from)?;
    file.unassign(seen.id);
    let ship_by = if to == facts.location && part.not_before.is_none() {
        facts.ship_by
    } else {
        let ready_at = part.not_before.or_else(|| file.ready_at()).unwrap_or(act.at);
        Places::new(catalog, HashMap::new()).ship_by_from(to, &file.stored.region, ready_at)
    };
    let same = |lines| Planned {
        order,
        location: facts.location,
        is_urgent: facts.is_urgent,
        ship_by: facts.ship_by,
        not_before: facts.not_before,
        lines,
    };
    let part = Planned { location: to, ship_by, not_before: part.not_before, ..same(taken) };
    let planned = plan_each(tx, act, &mut file, vec![same(rest), part])?;
    review::again(tx, act, &mut file, &catalog.review_rules)?;
    file.save(tx)?;
    FulfillmentFile::save_each(tx, &work.iter().chain(&planned).collect::<Vec<_>>())?;
    Ok(())
}

/// Puts the planned work on an order together again: it is given back and planned anew by the rules, as
/// one where they can.
///
/// # Errors
/// [`ByHandError::NothingPlanned`] if there are not two pieces of planned work.
pub fn put_together(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    order: OrderId,
) -> Result<(), ByHandError> {
    check(principal, act, None)?;
    let work = FulfillmentFile::of_orders(tx, &[order])?;
    check_passed(&OrderFile::load(tx, order)?)?;
    let planned: Vec<&Facts> = work
        .iter()
        .map(|file| file.work.facts())
        .filter(|facts| facts.state == State::Planned)
        .collect();
    if planned.len() < 2 {
        return Err(ByHandError::NothingPlanned(order));
    }
    let ids: Vec<FulfillmentId> = planned.iter().map(|facts| facts.id).collect();
    let is_urgent = planned.iter().any(|facts| facts.is_urgent);
    let orders = BTreeSet::from([order]);
    give_up_each(tx, act, &orders, &ids, RejectReason::Regrouped)?;
    source_each(tx, catalog, act, &orders, &Wish { is_urgent, ..Wish::default() })?;
    let mut file = OrderFile::load(tx, order)?;
    review::again(tx, act, &mut file, &catalog.review_rules)?;
    Ok(file.save(tx)?)
}

/// Only what is not on a floor is regrouped.
fn check_planned(work: &Fulfillment) -> Result<(), ByHandError> {
    // The life cycle would let a released one be given back, too, until something is picked.
    match work.state() {
        State::Planned => Ok(()),
        from => Err(WorkError::from(ordermill_domain::fulfillment::FulfillmentError::from(
            ordermill_domain::fulfillment::InvalidTransition { from, step: Step::Release },
        ))
        .into()),
    }
}

/// An order that is held is decided first.
fn check_passed(file: &OrderFile) -> Result<(), ByHandError> {
    let order = file.order();
    match order.facts().review {
        review if review.is_passed() => Ok(()),
        _ => Err(ByHandError::Held(order.id())),
    }
}

/// Whether a location has these pieces for sale, whatever the rules say.
pub(crate) fn check_there(
    catalog: &Catalog,
    file: &OrderFile,
    to: LocationId,
    lines: &[PlannedLine],
) -> Result<(), ByHandError> {
    if !catalog.location(to).is_some_and(|location| location.is_active) {
        return Err(ByHandError::NoLocation);
    }
    let mut wanted: BTreeMap<SkuId, i64> = BTreeMap::new();
    for line in lines {
        *wanted.entry(line.sku).or_default() += line.quantity.get();
    }
    let is_there = |(sku, pieces): (&SkuId, &i64)| file.available_at(*sku, to) >= *pieces;
    if wanted.iter().all(is_there) { Ok(()) } else { Err(ByHandError::NotThere) }
}

/// Plans fulfillments of an order and gives them their pieces.
pub(crate) fn plan_each(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &mut OrderFile,
    plans: Vec<Planned>,
) -> Result<Vec<FulfillmentFile>, ByHandError> {
    let (mut planned, mut assignments) = (Vec::new(), Vec::new());
    for plan in plans {
        let id: FulfillmentId = tx.next_id(act.at);
        let (location, lines) = (plan.location, plan.lines.clone());
        assignments.push(Assignment { fulfillment: id, location, lines });
        planned.push(FulfillmentFile::plan(id, act, plan).map_err(WorkError::from)?);
    }
    let moves = file.loosen(&assignments)?;
    file.settle(moves)?;
    Ok(planned)
}

/// What is to be shipped of a line, for another plan; none if that is nothing.
pub(crate) fn planned_line(line: &Line) -> Option<PlannedLine> {
    let quantity = Quantity::new(line.quantity).ok()?;
    Some(PlannedLine { line_no: line.line_no, sku: line.sku, quantity })
}

/// The named pieces, and what is left of the lines.
fn cut(
    lines: &[Line],
    pieces: &[LineQuantity],
) -> Result<(Vec<PlannedLine>, Vec<PlannedLine>), PartError> {
    let mut asked: BTreeMap<u16, i64> = BTreeMap::new();
    for piece in pieces {
        *asked.entry(piece.line_no).or_default() += piece.quantity.get();
    }
    for (&line_no, &asked) in &asked {
        let has = lines.iter().find(|line| line.line_no == line_no).map_or(0, |it| it.quantity);
        if asked > has {
            return Err(PartError::Pieces { line_no, has, asked });
        }
    }
    let of = |pieces: &dyn Fn(&Line) -> i64| -> Vec<PlannedLine> {
        let of_each = |line: &Line| planned_line(&Line { quantity: pieces(line), ..*line });
        lines.iter().filter_map(of_each).collect()
    };
    let taken_of = |line: &Line| asked.get(&line.line_no).copied().unwrap_or_default();
    let (taken, rest) = (of(&taken_of), of(&|line: &Line| line.quantity - taken_of(line)));
    if taken.is_empty() || rest.is_empty() { Err(PartError::NoPart) } else { Ok((taken, rest)) }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    fn line(line_no: u16, quantity: i64) -> Line {
        Line { line_no, sku: SkuId::from_raw(line_no.into()), quantity, picked: 0 }
    }

    fn pieces(line_no: u16, pieces: i64) -> LineQuantity {
        LineQuantity { line_no, quantity: Quantity::new(pieces).unwrap() }
    }

    fn written(lines: &[PlannedLine]) -> String {
        let lines = lines.iter().map(|line| format!("{}x{}", line.line_no, line.quantity.get()));
        lines.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_part_is_some_of_the_pieces_and_the_rest_is_the_others() {
        let (taken, rest) = cut(&[line(1, 3), line(2, 1)], &[pieces(1, 1), pieces(1, 1)]).unwrap();
        assert_eq!((written(&taken), written(&rest)), ("1x2".into(), "1x1 2x1".into()));
    }

    #[test]
    fn nothing_and_everything_are_no_part() {
        let lines = [line(1, 2)];
        assert_eq!(cut(&lines, &[]), Err(PartError::NoPart));
        assert_eq!(cut(&lines, &[pieces(1, 2)]), Err(PartError::NoPart));
        let too_many = PartError::Pieces { line_no: 1, has: 2, asked: 3 };
        assert_eq!(cut(&lines, &[pieces(1, 3)]), Err(too_many));
        let foreign = PartError::Pieces { line_no: 9, has: 0, asked: 1 };
        assert_eq!(cut(&lines, &[pieces(9, 1)]), Err(foreign));
    }
}
