//! What buyers say when it should be there: received, or not.
//!
//! The last parcel at the door starts D16. A buyer who confirms completes the order; so does time. One
//! who says that it has not come stops D16 and opens a case with D5, for which the carrier is asked to
//! prove the delivery.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{OrderId, ShipmentId};
use ordermill_domain::order::{Action, OrderLine};
use ordermill_domain::shipment::{Event, State};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{BatchCommand, Error, Tx, deadline, shipment, task};

use super::ShipmentError;
use crate::order::file::{FileError, OrderFile};

/// Starts D16, once, for orders whose parcels are all at their end: at least one has arrived, and about each
/// that has not somebody has decided.
pub(crate) fn arm_confirm_receipt(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
    now: Timestamp,
) -> Result<(), Error> {
    if orders.is_empty() {
        return Ok(());
    }
    // By order: whether something has arrived, and whether something is still to be waited for.
    let mut seen: BTreeMap<OrderId, (bool, bool)> = BTreeMap::new();
    for stand in shipment::stands_of_each(tx, orders)? {
        let (has_arrived, waits) = seen.entry(stand.order).or_default();
        match stand.state {
            State::Delivered => *has_arrived = true,
            State::LabelCreated | State::HandedOver => *waits = true,
            State::ReturnedToSender | State::Lost => *waits |= !stand.is_planned_for,
            State::Voided => {}
        }
    }
    let complete = seen.into_iter().filter(|(_, (has_arrived, waits))| *has_arrived && !waits);
    let complete: Vec<OrderId> = complete.map(|(order, _)| order).collect();
    let kind = DeadlineKind::ConfirmReceipt;
    let mut asked = Vec::with_capacity(complete.len());
    for order in complete {
        asked.push((order, deadline::ask_of(tx, order)?));
    }
    for (order, open) in asked {
        let open = open.answer(tx)?;
        let is_disputed = |known: &DeadlineKind| *known == DeadlineKind::SignOffDispute;
        if !open.iter().any(|(known, ..)| *known == kind || is_disputed(known)) {
            deadline::arm(tx, order, kind, now + kind.rule().span, None)?;
        }
    }
    Ok(())
}

/// As [`arm_confirm_receipt`], for every order of which goods are in these parcels.
pub(super) fn arm_for_parcels(
    tx: &mut Tx<'_>,
    parcels: &[ShipmentId],
    now: Timestamp,
) -> Result<(), Error> {
    if parcels.is_empty() {
        return Ok(());
    }
    let orders: BTreeSet<OrderId> =
        shipment::orders_in(tx, parcels)?.into_iter().map(|(_, order)| order).collect();
    arm_confirm_receipt(tx, &orders.into_iter().collect::<Vec<_>>(), now)
}

/// What confirming has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// The order is complete.
    Completed,
    /// It is not: there is more to come, or it was over before.
    Nothing,
}

/// The buyer has everything: the order is complete.
#[derive(Debug, Clone)]
pub struct ConfirmReceipt {
    /// Who says so, and when.
    pub act: Act,
    /// Of which order.
    pub order: OrderId,
}

impl BatchCommand for ConfirmReceipt {
    /// `None` if there is no such order.
    type Output = Option<Confirmed>;

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Self::Output>, Error> {
        let orders: Vec<(&Act, OrderId)> = batch.iter().map(|it| (&it.act, it.order)).collect();
        confirm_each(tx, &orders).map_err(FileError::into_storage)
    }
}

/// The buyer has everything, or D16 says so: the order is complete.
///
/// # Errors
/// If there is no such order.
pub fn confirm(tx: &mut Tx<'_>, act: &Act, order: OrderId) -> Result<Confirmed, FileError> {
    let confirmed = confirm_each(tx, &[(act, order)])?.pop().flatten();
    confirmed.ok_or(FileError::NotFound(order))
}

fn confirm_each(
    tx: &mut Tx<'_>,
    orders: &[(&Act, OrderId)],
) -> Result<Vec<Option<Confirmed>>, FileError> {
    let ids: Vec<OrderId> = orders.iter().map(|(_, order)| *order).collect();
    let files = OrderFile::load_each_beside_stock(tx, ids.iter().copied())?;
    let mut files: BTreeMap<OrderId, OrderFile> =
        files.into_iter().map(|file| (file.order().id(), file)).collect();
    let known: Vec<OrderId> = files.keys().copied().collect();
    let mut waiting: BTreeSet<OrderId> = BTreeSet::new();
    for stand in shipment::stands_of_each(tx, &known)? {
        if matches!(stand.state, State::LabelCreated | State::HandedOver) {
            waiting.insert(stand.order);
        }
    }
    let mut answers = Vec::with_capacity(orders.len());
    let mut completed = Vec::with_capacity(orders.len());
    for (act, order) in orders {
        let Some(file) = files.get_mut(order) else {
            answers.push(None);
            continue;
        };
        let is_to_come = |line: &OrderLine| {
            let pieces = line.pieces();
            pieces.shipped + pieces.canceled < line.terms.quantity.get()
        };
        let waits = waiting.contains(order) || file.lines.iter().any(is_to_come);
        if waits || !file.order().allows(Action::Complete) {
            answers.push(Some(Confirmed::Nothing));
            continue;
        }
        file.complete(act)?;
        answers.push(Some(Confirmed::Completed));
        completed.push((*order, act.at));
    }
    let Some(&(_, now)) = completed.first() else { return Ok(answers) };
    let completed: Vec<OrderId> = completed.into_iter().map(|(order, _)| order).collect();
    let changed: Vec<&OrderFile> = completed.iter().filter_map(|order| files.get(order)).collect();
    OrderFile::save_each(tx, &changed)?;
    let ended = [DeadlineKind::ConfirmReceipt, DeadlineKind::SignOffDispute];
    let met = completed.iter().flat_map(|order| ended.map(|kind| (*order, kind)));
    deadline::meet_each(tx, &met.collect::<Vec<_>>())?;
    task::close_each(tx, TaskKind::NotReceived, &completed, "the buyer has it", now)?;
    Ok(answers)
}

/// What reporting has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// A case is open, with D5.
    Opened,
    /// It was open already.
    Known,
    /// No parcel of the order was signed for: nothing can be missing yet.
    NothingDelivered,
}

/// The buyer says that a parcel that was signed for has not come.
pub fn report_not_received(
    tx: &mut Tx<'_>,
    act: &Act,
    order: OrderId,
) -> Result<Reported, ShipmentError> {
    // Orders are locked first, so that confirming and reporting are one after the other.
    let file = OrderFile::load(tx, order)?;
    drop(file);
    let stored = shipment::of(tx, order)?;
    let ids: Vec<ShipmentId> = stored
        .iter()
        .map(|stored| stored.shipment.facts())
        .filter(|facts| facts.state == State::Delivered)
        .map(|facts| facts.id)
        .collect();
    if ids.is_empty() {
        return Ok(Reported::NothingDelivered);
    }
    let kind = DeadlineKind::SignOffDispute;
    if deadline::of(tx, order)?.iter().any(|(known, ..)| *known == kind) {
        return Ok(Reported::Known);
    }
    let mut disputed = shipment::fetch_each_for_update(tx, &ids)?;
    let mut events: Vec<(ShipmentId, i64, Event)> = Vec::new();
    let mut changed = Vec::new();
    for stored in &mut disputed {
        let before = stored.shipment.facts().version;
        if let Some(event) = stored.shipment.dispute(act.at) {
            stored.had_exception = true;
            let facts = stored.shipment.facts();
            events.push((facts.id, facts.version, event));
            changed.push((&*stored, before));
        }
    }
    shipment::update_each(tx, &changed)?;
    shipment::record_each(
        tx,
        act,
        events.iter().map(|(id, version, event)| (*id, *version, event)),
    )?;
    deadline::meet(tx, order, DeadlineKind::ConfirmReceipt)?;
    let rule = kind.rule();
    let due_at = act.at + rule.span;
    deadline::arm(tx, order, kind, due_at, rule.warn_after.map(|warn| act.at + warn))?;
    let waybills: Vec<&str> =
        stored.iter().map(|it| it.shipment.facts().terms.waybill.as_str()).collect();
    let detail = serde_json::json!({
        "order": order, "waybills": waybills, "next": "ask_carrier_for_proof",
    });
    let (detail, due_at) = (detail.to_string(), Some(due_at));
    task::open(tx, TaskKind::NotReceived, order, &detail, due_at, act.at)?;
    Ok(Reported::Opened)
}

/// The raw id of an order, for the scheduler.
pub(crate) fn confirm_by_time(
    tx: &mut Tx<'_>,
    act: &Act,
    subject_id: i64,
) -> Result<Confirmed, FileError> {
    confirm(tx, act, OrderId::from_raw(subject_id))
}
