//! Fulfillments that end with their order before anything left the building.

use std::collections::{BTreeSet, HashSet};

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{Facts, State};
use ordermill_domain::ids::{FulfillmentId, MergeId, OrderId};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, fulfillment, package, task};

use super::file::{FulfillmentFile, WorkError};
use super::progress::roll_up;

/// The work on an order with all that travels with it, locked behind the orders and before the stock.
pub fn load(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<FulfillmentFile>, Error> {
    let orders = fulfillment::with_merged(tx, &[order])?;
    FulfillmentFile::of_orders(tx, &orders)
}

/// The packed work whose boxes are opened when the work on an order ends: its own, and what travels with it.
pub(crate) fn opened_with(order: OrderId, files: &[FulfillmentFile]) -> Vec<FulfillmentId> {
    let is_packed = |facts: &&Facts| facts.state == State::Packed;
    let packed: Vec<&Facts> =
        files.iter().map(|file| file.work.facts()).filter(is_packed).collect();
    let own = packed.iter().filter(|facts| facts.order == order);
    let merges: HashSet<MergeId> = own.filter_map(|facts| facts.merge).collect();
    let is_opened = |facts: &&&Facts| {
        facts.order == order || facts.merge.is_some_and(|merge| merges.contains(&merge))
    };
    packed.iter().filter(is_opened).map(|facts| facts.id).collect()
}

/// Ends a fulfillment. What was picked already is put back by somebody: a task tells the location.
///
/// # Errors
/// If a carrier has it: it is too late.
pub(crate) fn end(tx: &mut Tx<'_>, act: &Act, file: &mut FulfillmentFile) -> Result<(), WorkError> {
    file.step(act, |work| work.cancel(act.at))?;
    if file.work.has_picked() {
        let facts = file.work.facts();
        let detail = serde_json::json!({ "order": facts.order, "location": facts.location });
        task::open(tx, TaskKind::PutBack, facts.id, &detail.to_string(), None, act.at)?;
    }
    Ok(())
}

/// Ends the open fulfillments of an order, as [`load`] gave them. What was picked already is put back by
/// somebody: a task tells the location. Boxes in which goods of other orders lie, too, are opened again for
/// these.
///
/// # Errors
/// If a carrier has one of them: it is too late.
pub fn cancel_each(
    tx: &mut Tx<'_>,
    act: &Act,
    order: OrderId,
    mut files: Vec<FulfillmentFile>,
) -> Result<(), WorkError> {
    files.retain(|file| file.work.facts().milestones.ended_at.is_none());
    let packed = opened_with(order, &files);
    // Whose work is not packed any more.
    let mut opened = BTreeSet::new();
    for file in &mut files {
        let (id, facts) = (file.work.id(), file.work.facts().clone());
        if facts.order == order {
            if facts.state == State::Packed {
                opened.insert(order);
            }
            end(tx, act, file)?;
        } else if packed.contains(&id) {
            file.step(act, |work| work.unpack(act.at))?;
            package::open_all(tx, id, act.at)?;
            opened.insert(facts.order);
        }
    }
    FulfillmentFile::save_each(tx, &files.iter().collect::<Vec<_>>())?;
    if !opened.is_empty() {
        roll_up(tx, &opened.into_iter().collect::<Vec<_>>(), &HashSet::new())?;
    }
    Ok(())
}
