//! Merging by hand, and taking work out of its merge again, before any of it is on a floor. Each changes
//! the orders, which are reviewed again in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Fulfillment, FulfillmentError, Planned, RejectReason, State};
use ordermill_domain::ids::{FulfillmentId, LocationId, MergeId, OrderId};
use ordermill_domain::merge::{MEMBERS_MAX, Obstacle, Side, obstacles};
use ordermill_domain::order::Review;
use ordermill_storage::{Error, Tx, channel, fulfillment as stored};

use super::side;
use crate::catalog::Catalog;
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::order::file::{FileError, OrderFile};
use crate::permission::{Forbidden, Principal};
use crate::privacy::Vault;
use crate::review;
use crate::risk::marks_now;
use crate::sourcing::by_hand::{ByHandError, Seen, check};
use crate::sourcing::split::{check_there, plan_each, planned_line};

/// Why nothing was merged or taken out; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// They may not, or not without a reason.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Someone else changed the fulfillment after they saw it.
    #[error("fulfillment {0} changed meanwhile")]
    Stale(FulfillmentId),
    /// Nothing to travel with, or more than travels together.
    #[error("{count} fulfillments do not make a merge: 2 to {MEMBERS_MAX} do")]
    Count {
        /// How many were named, with those that they travel with already.
        count: usize,
    },
    /// It does not travel with others.
    #[error("fulfillment {0} travels by itself")]
    Alone(FulfillmentId),
    /// This one does not travel with the others.
    #[error("fulfillment {work} does not travel with the others: {}", codes(.because))]
    Obstacles {
        /// Which one.
        work: FulfillmentId,
        /// Why.
        because: Vec<Obstacle>,
    },
    /// The location of the first one does not have the pieces of this one.
    #[error("the location does not have the pieces of fulfillment {0}")]
    NotThere(FulfillmentId),
    /// A fulfillment or its order refuses.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<Error> for MergeError {
    fn from(error: Error) -> Self {
        Self::Work(error.into())
    }
}

impl From<FileError> for MergeError {
    fn from(error: FileError) -> Self {
        Self::Work(error.into())
    }
}

impl From<FulfillmentError> for MergeError {
    fn from(error: FulfillmentError) -> Self {
        Self::Work(error.into())
    }
}

fn codes(obstacles: &[Obstacle]) -> String {
    obstacles.iter().map(|obstacle| obstacle.code()).collect::<Vec<_>>().join(", ")
}

/// Who decides that work travels together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A person, who may look over the distance in time, the weight and the place.
    Person,
    /// The rules.
    Rules,
}

/// Lets planned work travel together, in one parcel from the location of the first. What lies elsewhere is
/// brought there if that has the pieces. Work that travels with others already brings them along.
///
/// # Errors
/// If anything keeps them apart that a person may not decide otherwise about.
pub fn merge(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    seen: &[Seen],
) -> Result<MergeId, MergeError> {
    check(principal, act, None)?;
    join(tx, catalog, vault, act, seen, By::Person)
}

/// Takes planned work out of its merge: it travels by itself. What is left alone does so, too.
///
/// # Errors
/// If it does not travel with others, or is on a floor already.
pub fn take_out(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    principal: &Principal,
    act: &Act,
    seen: Seen,
) -> Result<(), MergeError> {
    check(principal, act, None)?;
    let found = stored::fetch(tx, seen.id)?.ok_or(WorkError::NotFound(seen.id))?;
    let merge = found.facts().merge.ok_or(MergeError::Alone(seen.id))?;
    let orders: BTreeSet<OrderId> =
        stored::of_merges(tx, &[merge])?.iter().map(|work| work.facts().order).collect();
    let mut works = FulfillmentFile::of_orders(tx, &orders.iter().copied().collect::<Vec<_>>())?;
    let mut files = OrderFile::load_each(tx, orders.iter().copied())?;
    let is_member = |work: &Fulfillment| {
        let facts = work.facts();
        facts.merge == Some(merge) && !matches!(facts.state, State::Rejected | State::Canceled)
    };
    let its = works.iter().find(|file| file.work.id() == seen.id && is_member(&file.work));
    let its = its.ok_or(MergeError::Alone(seen.id))?;
    if its.work.version() != seen.version {
        return Err(MergeError::Stale(seen.id));
    }
    let members = works.iter().filter(|file| is_member(&file.work)).count();
    let mut changed = BTreeSet::new();
    for file in works.iter_mut().filter(|file| is_member(&file.work)) {
        if file.work.id() == seen.id || members == 2 {
            file.step(act, |work| work.take_out(act.at))?;
            changed.insert(file.work.facts().order);
        }
    }
    review_again(tx, catalog, act, &mut files, &changed)?;
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    Ok(FulfillmentFile::save_each(tx, &works.iter().collect::<Vec<_>>())?)
}

/// As [`merge`], for whoever decides.
pub(super) fn join(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    vault: &Vault,
    act: &Act,
    seen: &[Seen],
    by: By,
) -> Result<MergeId, MergeError> {
    let orders = orders_of(tx, seen)?;
    let mut works = FulfillmentFile::of_orders(tx, &orders.iter().copied().collect::<Vec<_>>())?;
    let mut files = OrderFile::load_each(tx, orders.iter().copied())?;
    let members = members(&works, seen)?;
    if !(2..=MEMBERS_MAX).contains(&members.len()) {
        return Err(MergeError::Count { count: members.len() });
    }
    let changed: BTreeSet<OrderId> =
        members.iter().map(|&at| works[at].work.facts().order).collect();
    check_members(tx, catalog, vault, &works, &members, &files, by)?;
    let known = members.iter().filter_map(|&at| works[at].work.facts().merge).min();
    let merge = known.unwrap_or_else(|| tx.next_id(act.at));
    let to = works[members[0]].work.facts().location;
    let mut brought = Vec::new();
    for &at in &members {
        let file = &mut works[at];
        if file.work.facts().location != to {
            let of_it = files.iter_mut().find(|it| it.order().id() == file.work.facts().order);
            let of_it = of_it.ok_or(WorkError::NotFound(file.work.id()))?;
            brought.push(bring(tx, catalog, act, file, of_it, to)?);
        } else if file.work.facts().merge != Some(merge) {
            file.step(act, |work| work.merge(merge, act.at))?;
        }
    }
    for file in &mut brought {
        file.step(act, |work| work.merge(merge, act.at))?;
    }
    review_again(tx, catalog, act, &mut files, &changed)?;
    OrderFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    FulfillmentFile::save_each(tx, &works.iter().chain(&brought).collect::<Vec<_>>())?;
    Ok(merge)
}

/// The orders of this work, and of all that it travels with.
fn orders_of(tx: &mut Tx<'_>, seen: &[Seen]) -> Result<BTreeSet<OrderId>, MergeError> {
    let (mut orders, mut merges) = (BTreeSet::new(), Vec::new());
    for it in seen {
        let work = stored::fetch(tx, it.id)?.ok_or(WorkError::NotFound(it.id))?;
        orders.insert(work.facts().order);
        merges.extend(work.facts().merge);
    }
    orders.extend(stored::of_merges(tx, &merges)?.iter().map(|work| work.facts().order));
    Ok(orders)
}

/// Where the members stand among these works, in the order in which they were named; those that they travel
/// with already follow.
fn members(works: &[FulfillmentFile], seen: &[Seen]) -> Result<Vec<usize>, MergeError> {
    let mut members = Vec::new();
    for it in seen {
        let at = works.iter().position(|file| file.work.id() == it.id);
        let at = at.ok_or(WorkError::NotFound(it.id))?;
        if works[at].work.version() != it.version {
            return Err(MergeError::Stale(it.id));
        }
        if !members.contains(&at) {
            members.push(at);
        }
    }
    let merges: BTreeSet<MergeId> =
        members.iter().filter_map(|&at| works[at].work.facts().merge).collect();
    for (at, file) in works.iter().enumerate() {
        let facts = file.work.facts();
        let is_over = matches!(facts.state, State::Rejected | State::Canceled);
        let is_along = facts.merge.is_some_and(|merge| merges.contains(&merge)) && !is_over;
        if is_along && !members.contains(&at) {
            members.push(at);
        }
    }
    Ok(members)
}

/// Whether every one of them may travel with every other.
fn check_members(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    vault: &Vault,
    works: &[FulfillmentFile],
    members: &[usize],
    files: &[OrderFile],
    by: By,
) -> Result<(), MergeError> {
    let told = channel::told_of_parcels(tx)?;
    let mut sides: Vec<(FulfillmentId, Side<'_>)> = Vec::with_capacity(members.len());
    for &at in members {
        let work = &works[at].work;
        let order = files.iter().find(|file| file.order().id() == work.facts().order);
        let order = order.ok_or(WorkError::NotFound(work.id()))?.order();
        let marks = marks_now(tx, vault, order.id())?;
        let is_told = told.contains(&order.facts().channel);
        sides.push((work.id(), side(catalog, (order, is_told), marks, work.facts())));
    }
    let rule = &catalog.sourcing.merge;
    let mut found: BTreeMap<FulfillmentId, BTreeSet<Obstacle>> = BTreeMap::new();
    for (number, (_, one)) in sides.iter().enumerate() {
        for (id, other) in &sides[number + 1..] {
            let between = obstacles(one, other, rule.limits(), &catalog.sourcing.apart);
            let counts = |it: &Obstacle| by == By::Rules || !it.is_for_a_person();
            found.entry(*id).or_default().extend(between.into_iter().filter(counts));
        }
    }
    let grams: u64 = sides.iter().map(|(_, side)| side.grams).sum();
    if by == By::Rules && grams > rule.limits().max_grams {
        found.entry(sides[0].0).or_default().insert(Obstacle::TooHeavy);
    }
    match found.into_iter().find(|(_, because)| !because.is_empty()) {
        Some((work, because)) => {
            Err(MergeError::Obstacles { work, because: because.into_iter().collect() })
        }
        None => Ok(()),
    }
}

/// Plans work anew at a location that has its pieces.
fn bring(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    act: &Act,
    file: &mut FulfillmentFile,
    of_it: &mut OrderFile,
    to: LocationId,
) -> Result<FulfillmentFile, MergeError> {
    let (id, facts) = (file.work.id(), file.work.facts().clone());
    let lines: Vec<_> = facts.lines.iter().filter_map(planned_line).collect();
    match check_there(catalog, of_it, to, &lines) {
        Err(ByHandError::NotThere | ByHandError::NoLocation) => {
            return Err(MergeError::NotThere(id));
        }
        other => other.map_err(refused)?,
    }
    file.step(act, |work| work.reject(RejectReason::Regrouped, act.at))?;
    of_it.unassign(id);
    let plan = Planned {
        order: facts.order,
        location: to,
        is_urgent: facts.is_urgent,
        ship_by: facts.ship_by,
        not_before: facts.not_before,
        lines,
    };
    let planned = plan_each(tx, act, of_it, vec![plan]).map_err(refused)?;
    planned.into_iter().next().ok_or_else(|| FulfillmentError::Empty.into())
}

/// Planning refuses for reasons of the fulfillment or of its order.
fn refused(error: ByHandError) -> MergeError {
    match error {
        ByHandError::Work(error) => error.into(),
        other => Error::Defect(other.into()).into(),
    }
}

/// The orders were changed: the rules look at them again. One that was intercepted stays so, and keeps none of
/// the others.
fn review_again(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    act: &Act,
    files: &mut [OrderFile],
    changed: &BTreeSet<OrderId>,
) -> Result<(), MergeError> {
    for file in files.iter_mut().filter(|file| changed.contains(&file.order().id())) {
        if file.order().facts().review == Review::Intercepted {
            continue;
        }
        review::again(tx, act, file, &catalog.review_rules)?;
    }
    Ok(())
}
