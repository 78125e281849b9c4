//! Pieces that are not where they should be.
//!
//! First other bins of the location are tried: they become the next stops. What no bin has is given up by
//! the fulfillment and promised anew from another location, or waits for stock; then service talks to the
//! buyer, and operations hear of the shortage. A gift that no location has is given up instead. The bin is counted
//! in any case, and nothing more is claimed in it until then.

use ordermill_base::{Id, Quantity};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::{RejectReason, ShortReason, Step};
use ordermill_domain::ids::{LocationId, StaffId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::pick_list::{Line, ListError, PickList};
use ordermill_domain::stock::{self as rules, claim_shelves};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Tx, fulfillment, location, pick_list as stored, shelf, task};

use super::PickError;
use super::work::{Answer, Outcome, answer, finish, lock, refused, told};
use crate::catalog::Catalog;
use crate::choice::{self, Lack, Why};
use crate::fulfillment::cancel::end;
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::order::file::OrderFile;
use crate::order::give_up::go_on;
use crate::stock::doubt::{self, Missed};
use crate::stock::end_of;

/// Bins that are to be counted, looked at before others are claimed.
const DOUBTED_MAX: i64 = 10_000;

/// What is missing at the line at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    /// How many pieces.
    pub pieces: i64,
    /// Why.
    pub reason: ShortReason,
}

/// Notes pieces of the line at hand as missing, and fetches them from elsewhere.
pub(super) fn report(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    act: &Act,
    seen: &PickList,
    by: StaffId,
    missing: Missing,
) -> Result<Answer, PickError> {
    let Some(line) = seen.at_hand().cloned() else {
        return Ok(told(&ListError::Done.into(), seen));
    };
    let of_line = fulfillment::fetch(tx, line.fulfillment)?;
    let order = of_line.ok_or(WorkError::NotFound(line.fulfillment))?.facts().order;
    let mut files = FulfillmentFile::of_orders(tx, &[order])?;
    let mut list = lock(tx, seen)?;
    let event = match list.report_short(by, missing.pieces, missing.reason, act.at) {
        Ok(event) => event,
        Err(error) => return Ok(told(&error.into(), seen)),
    };
    let file = files.iter().find(|file| file.work.id() == line.fulfillment);
    if file.is_none_or(|file| file.work.state().after(Step::Short).is_err()) {
        // Nobody wants the pieces any more; the list learns it from the journal.
        return Ok(refused(Outcome::Canceled, seen, String::new()));
    }
    // Locks the levels of everything in the order, and so the claims in bins below.
    let mut of_order = OrderFile::load(tx, order).map_err(WorkError::from)?;
    stored::update(tx, act, &list, &event)?;
    let at = seen.facts().location;
    if let Some(bin) = line.bin {
        let spot = (line.sku, at, bin, line.lot.as_str());
        shelf::claim_each(tx, [(spot, -missing.pieces)])?;
        let (sku, lot, reason) = (line.sku, line.lot.as_str(), missing.reason);
        let missed = Missed { sku, lot, pieces: missing.pieces, reason };
        doubt::ask(tx, (at, bin), missed, act.at)?;
    }
    let left = other_stops(tx, act, &mut list, &line, missing.pieces)?;
    let Ok(lost) = Quantity::new(left) else {
        return Ok(answer(Outcome::OtherBin, &list, Some(line.no)));
    };
    let file = files.iter_mut().find(|file| file.work.id() == line.fulfillment);
    let file = file.ok_or(WorkError::NotFound(line.fulfillment))?;
    let given_up = LineQuantity { line_no: line.line_no, quantity: lost };
    file.step(act, |work| work.record_short(line.line_no, lost, missing.reason, act.at))
        .map_err(WorkError::from)?;
    of_order.lose(line.fulfillment, given_up).map_err(WorkError::from)?;
    let elsewhere = elsewhere(catalog, &of_order.stored.region, at);
    let mut waits =
        of_order.promise_again(act, given_up, line.sku, &elsewhere).map_err(WorkError::from)?;
    // A gift that nobody has is not waited for, and nobody is asked about it.
    let is_gift = of_order.is_gift(line.line_no);
    if let Some(missing) = waits.take_if(|_| is_gift) {
        of_order.give_up(act, missing).map_err(WorkError::from)?;
    }
    let mut wanted = file.work.facts().lines.iter().filter(|line| line.quantity > 0);
    let are_gifts = wanted.all(|line| of_order.is_gift(line.line_no));
    // Gifts do not go alone: they wait for the goods, wherever these come from.
    if file.work.is_empty() || are_gifts && of_order.has_goods_to_come() {
        if file.work.has_picked() {
            end(tx, act, file)?;
        } else {
            file.reject(act, RejectReason::NoStock).map_err(WorkError::from)?;
        }
        of_order.unassign(line.fulfillment);
    } else {
        finish(act, file)?;
    }
    OrderFile::save_each(tx, &[&of_order])?;
    file.save(tx)?;
    if is_gift {
        go_on(tx, act, &of_order)?;
    }
    tell(tx, act, &line, (&of_order, at), left, waits.is_some())?;
    Ok(answer(Outcome::Short, &list, Some(line.no)))
}

/// Claims what other bins have, each a stop more. Gives what is still missing.
fn other_stops(
    tx: &mut Tx<'_>,
    act: &Act,
    list: &mut PickList,
    line: &Line,
    missing: i64,
) -> Result<i64, PickError> {
    let at = list.facts().location;
    let Some(place) = location::fetch(tx, at)? else { return Ok(missing) };
    let doubted: Vec<i64> = task::subjects_open(tx, TaskKind::CountBin, DOUBTED_MAX)?.collect();
    let others: Vec<shelf::Shelf> = shelf::of_skus(tx, at, &[line.sku])?
        .into_iter()
        .filter(|it| !doubted.contains(&it.bin.raw()) && it.kind != "quarantine")
        .collect();
    let seen: Vec<rules::Shelf> = others
        .iter()
        .map(|it| rules::Shelf {
            expires_at: it.expires_on.map(|day| end_of(day, &place)),
            free: it.on_hand - it.claimed,
            is_reserve: it.kind == "reserve",
            position: it.position,
        })
        .collect();
    let mut left = missing;
    for pick in claim_shelves(&seen, missing, act.at) {
        let from = &others[pick.lot];
        let spot = (from.sku, at, from.bin, from.lot.as_str());
        shelf::claim_each(tx, [(spot, pick.quantity)])?;
        let stop = Line {
            bin: Some(from.bin),
            lot: from.lot.clone(),
            expires_on: from.expires_on,
            quantity: pick.quantity,
            picked: 0,
            short: 0,
            dropped: 0,
            returned: 0,
            step: Line::first_step(Some(from.bin)),
            is_lot_seen: false,
            ..line.clone()
        };
        let event = list.add_stop(stop, act.at);
        stored::update(tx, act, list, &event)?;
        left -= pick.quantity;
    }
    Ok(left)
}

/// Where else the pieces may be promised from, the nearest first. A shop with one place has no other.
fn elsewhere(catalog: &Catalog, region: &str, here: LocationId) -> Vec<LocationId> {
    let nearest = catalog.preference(region);
    let others: Vec<LocationId> = nearest.iter().copied().filter(|it| *it != here).collect();
    if others.is_empty() { vec![here] } else { others }
}

/// The buyer is asked about what nobody has, or service talks to them; operations hear of every shortage.
fn tell(
    tx: &mut Tx<'_>,
    act: &Act,
    line: &Line,
    (file, at): (&OrderFile, LocationId),
    missing: i64,
    waits: bool,
) -> Result<(), PickError> {
    let order = file.order().id();
    // All that waits of the line, also what was missed before.
    let of_line = file.lines.iter().find(|of| of.terms.line_no == line.line_no);
    let waiting = of_line.map_or(0, |of| of.pieces().backordered);
    let detail = serde_json::json!({
        "order": order, "location": at, "sku": line.sku, "line": line.line_no,
        "missing": missing, "waiting": waiting,
    });
    task::open(tx, TaskKind::Shortage, line.sku, &detail.to_string(), None, act.at)?;
    let by_rule = Act { actor: Actor::system("missing_pieces"), ..act.clone() };
    let asks = |tx: &mut Tx<'_>| choice::ask_at_once(tx, &by_rule, file, line.line_no);
    if waits && asks(tx).map_err(WorkError::from)?.is_none() {
        let lack = Lack { order, line_no: line.line_no, sku: line.sku, pieces: waiting };
        choice::to_service(tx, lack, Why::Missing, act.at)?;
    }
    Ok(())
}
