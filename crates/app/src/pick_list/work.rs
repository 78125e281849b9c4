//! One scan, one undo, one short pick.

use ordermill_base::Quantity;
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::ShortReason;
use ordermill_domain::ids::{PickListId, StaffId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::pick_list::{Event, Expected, Line, ListError, PickList, Refusal};
use ordermill_domain::scan::Scan;
use ordermill_storage::{Error, Tx, location, pick_list as stored, shelf, sku};
use serde::{Deserialize, Serialize};

use super::short::{self, Missing};
use super::{PickError, may_pick};
use crate::catalog::Catalog;
use crate::fulfillment::{FulfillmentFile, WorkError};
use crate::permission::Principal;

/// What was sent from a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The id of the scan, given by the device; none: it is not known again.
    pub key: Option<String>,
    /// The line that the device has at hand; none: whichever it is.
    pub line: Option<i64>,
    /// What was done.
    pub asked: Asked,
}

/// What was done on the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A barcode was scanned, or typed.
    Scan {
        /// As the scanner sent it.
        text: String,
        /// How many pieces are in the hand; one at a time is usual.
        pieces: i64,
    },
    /// The newest pick is undone.
    Undo,
    /// Pieces of the line at hand are missing.
    Short {
        /// How many; none: all that are left.
        pieces: Option<i64>,
        /// Why.
        reason: ShortReason,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// In one word.
    pub outcome: Outcome,
    /// What was expected, where it was something else.
    pub expected: String,
    /// Which line it was about.
    pub line: Option<i64>,
    /// Whether each line is complete now.
    pub is_done: bool,
}

/// What came of a scan, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The right bin.
    BinFound,
    /// The right item; its lot is asked for.
    ItemSeen,
    /// Counted.
    Picked,
    /// The newest piece goes back to its bin.
    PutBack,
    /// Noted as missing; some of it nobody fetches for this list.
    Short,
    /// Noted as missing; other bins are the next stops.
    OtherBin,
    /// Another bin.
    WrongBin,
    /// Another item.
    WrongItem,
    /// Another lot.
    WrongLot,
    /// No barcode that can be read.
    Unreadable,
    /// More pieces than are left.
    TooMany,
    /// The device has another line at hand.
    OtherLine,
    /// Its order was canceled.
    Canceled,
    /// A colleague has the list, or nobody.
    NotYours,
    /// Every line is complete.
    Done,
    /// There is nothing to undo.
    NothingToUndo,
}

impl Outcome {
    /// Whether something has changed.
    pub const fn is_taken(self) -> bool {
        matches!(
            self,
            Self::BinFound
                | Self::ItemSeen
                | Self::Picked
                | Self::PutBack
                | Self::Short
                | Self::OtherBin
        )
    }
}

/// Follows what was done at a list. Something that is sent again gets the answer that it got; what is
/// refused changes nothing and may be sent anew.
///
/// # Errors
/// If there is no such list or they may not pick there. What the list refuses is an [`Answer`].
pub fn work(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    (principal, by): (&Principal, StaffId),
    act: &Act,
    id: PickListId,
    sent: &Sent,
) -> Result<Answer, PickError> {
    let seen = stored::fetch(tx, id)?.ok_or(PickError::NotFound)?;
    may_pick(principal, seen.facts().location)?;
    if let Some(key) = &sent.key
        && let Some(answer) = stored::answer(tx, id, key)?
    {
        let unreadable = |_| Error::Unreadable { what: "answer to a scan", text: answer.clone() };
        return Ok(serde_json::from_str(&answer).map_err(unreadable)?);
    }
    if sent.line.is_some() && seen.at_hand().map(|line| line.no) != sent.line {
        return Ok(refused(Outcome::OtherLine, &seen, String::new()));
    }
    let answer = match &sent.asked {
        Asked::Scan { text, pieces } => scan(tx, act, &seen, by, text, *pieces)?,
        Asked::Undo => undo(tx, act, &seen, by)?,
        Asked::Short { pieces, reason } => {
            let left = seen.at_hand().map_or(0, Line::left);
            let missing = Missing { pieces: pieces.unwrap_or(left), reason: *reason };
            short::report(tx, catalog, act, &seen, by, missing)?
        }
    };
    if let Some(key) = sent.key.as_ref().filter(|_| answer.outcome.is_taken()) {
        let kept = serde_json::to_string(&answer).map_err(Error::defect)?;
        stored::keep_answer(tx, id, key, &kept, act.at)?;
    }
    Ok(answer)
}

fn scan(
    tx: &mut Tx<'_>,
    act: &Act,
    seen: &PickList,
    by: StaffId,
    text: &str,
    pieces: i64,
) -> Result<Answer, PickError> {
    let Ok(scan) = Scan::read(text) else {
        return Ok(refused(Outcome::Unreadable, seen, String::new()));
    };
    let Some(line) = seen.at_hand().cloned() else {
        return Ok(refused(Outcome::Done, seen, String::new()));
    };
    let expected = expected(tx, &line)?;
    let mut file = FulfillmentFile::load(tx, line.fulfillment)?;
    let mut list = lock(tx, seen)?;
    let event = match list.scan(by, &scan, pieces, &expected, act.at) {
        Ok(event) => event,
        Err(refusal) => return Ok(told(&refusal, seen)),
    };
    let outcome = match event {
        Event::BinFound { .. } => Outcome::BinFound,
        Event::ItemSeen { .. } => Outcome::ItemSeen,
        _ => Outcome::Picked,
    };
    if outcome == Outcome::Picked {
        let picked = vec![LineQuantity { line_no: line.line_no, quantity: quantity(pieces)? }];
        if file.step(act, |work| work.pick(picked, act.at)).is_err() {
            // What is not on the floor any more was canceled; the list learns it from the journal.
            return Ok(refused(Outcome::Canceled, seen, String::new()));
        }
        if let Some(bin) = line.bin {
            shelf::pick(tx, (line.sku, seen.facts().location, bin, &line.lot), pieces)?;
        }
        finish(act, &mut file)?;
        file.save(tx)?;
    }
    stored::update(tx, act, &list, &event)?;
    Ok(answer(outcome, &list, Some(line.no)))
}

fn undo(tx: &mut Tx<'_>, act: &Act, seen: &PickList, by: StaffId) -> Result<Answer, PickError> {
    // Which piece it is, and so which fulfillment is locked, is known from the list alone.
    let line = match seen.clone().undo(by, act.at) {
        Ok(Event::PutBack { line, .. }) => seen.line(line).cloned().ok_or(ListError::NoLine)?,
        Ok(_) => return Err(ListError::NoLine.into()),
        Err(error) => return Ok(told(&error.into(), seen)),
    };
    let mut file = FulfillmentFile::load(tx, line.fulfillment)?;
    let mut list = lock(tx, seen)?;
    let event = match list.undo(by, act.at) {
        Ok(event) => event,
        Err(error) => return Ok(told(&error.into(), seen)),
    };
    let back = vec![LineQuantity { line_no: line.line_no, quantity: Quantity::ONE }];
    if file.step(act, |work| work.put_back(back, act.at)).is_err() {
        // It was rechecked or canceled meanwhile: others have it in hand now.
        return Ok(refused(Outcome::NothingToUndo, seen, String::new()));
    }
    if let Some(bin) = line.bin {
        let spot = (line.sku, seen.facts().location, bin, line.lot.as_str());
        shelf::put(tx, spot, line.expires_on, 1, 1)?;
    }
    file.save(tx)?;
    stored::update(tx, act, &list, &event)?;
    Ok(answer(Outcome::PutBack, &list, Some(line.no)))
}

/// The list, locked. If another command was faster, this one runs again with what it finds then.
pub(super) fn lock(tx: &mut Tx<'_>, seen: &PickList) -> Result<PickList, PickError> {
    let list = stored::fetch_for_update(tx, seen.facts().id)?.ok_or(PickError::NotFound)?;
    if list.facts().version == seen.facts().version { Ok(list) } else { Err(tx.lost_race().into()) }
}

/// If all that is to be shipped lies in totes, it is picked.
pub(super) fn finish(act: &Act, file: &mut FulfillmentFile) -> Result<(), WorkError> {
    let is_picked = file.work.facts().lines.iter().all(|line| line.to_pick() == 0);
    if is_picked && !file.work.is_empty() && file.work.has_picked() {
        file.step(act, |work| work.finish_picking(act.at))?;
    }
    Ok(())
}

fn expected(tx: &mut Tx<'_>, line: &Line) -> Result<Expected, Error> {
    let bin = match line.bin {
        Some(bin) => location::fetch_bin(tx, bin)?.map(|bin| bin.code).unwrap_or_default(),
        None => String::new(),
    };
    let sku = sku::fetch(tx, line.sku)?;
    let (sku, gtin) = sku.map(|sku| (sku.code, sku.gtin)).unwrap_or_default();
    Ok(Expected { bin, sku, gtin })
}

pub(super) fn quantity(pieces: i64) -> Result<Quantity, PickError> {
    let too_many = |_| ListError::TooMany { has: 0, asked: pieces };
    Ok(Quantity::new(pieces).map_err(too_many)?)
}

pub(super) fn answer(outcome: Outcome, list: &PickList, line: Option<i64>) -> Answer {
    let is_done = list.at_hand().is_none();
    Answer { outcome, expected: String::new(), line, is_done }
}

fn refused(outcome: Outcome, list: &PickList, expected: String) -> Answer {
    let line = list.at_hand().map(|line| line.no);
    Answer { expected, ..answer(outcome, list, line) }
}

pub(super) fn told(refusal: &Refusal, list: &PickList) -> Answer {
    let (outcome, expected) = match refusal {
        Refusal::WrongBin(bin) => (Outcome::WrongBin, bin.clone()),
        Refusal::WrongItem(sku) => (Outcome::WrongItem, sku.clone()),
        Refusal::WrongLot(lot) => (Outcome::WrongLot, lot.clone()),
        Refusal::List(ListError::Taken | ListError::NotTaken) => (Outcome::NotYours, String::new()),
        Refusal::List(ListError::Done | ListError::NoLine) => (Outcome::Done, String::new()),
        Refusal::List(ListError::NothingToUndo) => (Outcome::NothingToUndo, String::new()),
        Refusal::List(ListError::TooMany { has, .. }) => (Outcome::TooMany, has.to_string()),
    };
    refused(outcome, list, expected)
}
