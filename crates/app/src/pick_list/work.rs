//! What devices send: scans, undone picks, short picks.

use std::collections::HashMap;

use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{ShortReason, State};
use ordermill_domain::ids::{PickListId, StaffId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::pick_list::{Event, Line, ListError, PickList, Refusal};
use ordermill_storage::{Error, Tx, pick_list as stored, shelf};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::short::{self, Missing};
use super::{PickError, may_pick, run};
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
/// If there is no such list, they may not pick there, or another scan had the same id. What the list refuses is an [`Answer`].
pub fn work(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    who: (&Principal, StaffId),
    act: &Act,
    id: PickListId,
    sent: &Sent,
) -> Result<Answer, PickError> {
    let mut answers = work_each(tx, catalog, who, act, id, std::slice::from_ref(sent))?;
    Ok(answers.pop().unwrap_or_else(|| unreachable!("one was sent")))
}

/// As [`work`], for what a device sends together, in its order: as after a time without a network.
pub fn work_each(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    (principal, by): (&Principal, StaffId),
    act: &Act,
    id: PickListId,
    sent: &[Sent],
) -> Result<Vec<Answer>, PickError> {
    let mut seen = stored::fetch(tx, id)?.ok_or(PickError::NotFound)?;
    may_pick(principal, seen.facts().location)?;
    let mut known = Known::load(tx, id, sent)?;
    let mut answers = Vec::with_capacity(sent.len());
    let mut rest = sent;
    while !rest.is_empty() {
        let scans = rest.iter().take_while(|it| matches!(it.asked, Asked::Scan { .. })).count();
        let (now, later) = rest.split_at(scans.max(1));
        match &now[0].asked {
            Asked::Scan { .. } => answers.extend(run::scan(tx, act, &seen, by, now, &mut known)?),
            _ => answers.push(one(tx, catalog, act, &seen, by, &now[0], &mut known)?),
        }
        rest = later;
        if !rest.is_empty() {
            seen = stored::fetch(tx, id)?.ok_or(PickError::NotFound)?;
        }
    }
    known.keep(tx, id, act.at)?;
    Ok(answers)
}

/// The answers that keys have got, before and in this command.
pub(super) struct Known {
    answers: HashMap<String, Answer>,
    /// What was sent with each key.
    digests: HashMap<String, Vec<u8>>,
    fresh: Vec<String>,
}

impl Known {
    /// # Errors
    /// [`PickError::KeyReused`] if something else was sent with one of the keys.
    fn load(tx: &mut Tx<'_>, id: PickListId, sent: &[Sent]) -> Result<Self, PickError> {
        let mut digests = HashMap::with_capacity(sent.len());
        for (key, it) in sent.iter().filter_map(|it| Some((it.key.as_deref()?, it))) {
            let digest = it.digest()?;
            if digests.insert(key.to_owned(), digest.clone()).is_some_and(|known| known != digest) {
                return Err(PickError::KeyReused);
            }
        }
        let keys: Vec<&str> = digests.keys().map(String::as_str).collect();
        let mut answers = HashMap::new();
        for it in stored::answers(tx, id, &keys)? {
            if it.request_hash.is_some_and(|known| digests.get(&it.key) != Some(&known)) {
                return Err(PickError::KeyReused);
            }
            let unreadable =
                |_| Error::Unreadable { what: "answer to a scan", text: it.answer.clone() };
            answers.insert(it.key, serde_json::from_str(&it.answer).map_err(unreadable)?);
        }
        Ok(Self { answers, digests, fresh: Vec::new() })
    }

    /// The answer that it got when it was sent before.
    pub(super) fn of(&self, sent: &Sent) -> Option<Answer> {
        self.answers.get(sent.key.as_ref()?).cloned()
    }

    /// Only what has changed something is kept.
    pub(super) fn note(&mut self, sent: &Sent, answer: &Answer) {
        if let Some(key) = sent.key.as_ref().filter(|_| answer.outcome.is_taken()) {
            self.fresh.push(key.clone());
            self.answers.insert(key.clone(), answer.clone());
        }
    }

    fn keep(&self, tx: &mut Tx<'_>, id: PickListId, now: Timestamp) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(self.fresh.len());
        for key in &self.fresh {
            if let Some(answer) = self.answers.get(key) {
                rows.push(stored::Answered {
                    key: key.clone(),
                    answer: serde_json::to_string(answer).map_err(Error::defect)?,
                    request_hash: self.digests.get(key).cloned(),
                });
            }
        }
        stored::keep_answers(tx, id, &rows, now)
    }
}

impl Sent {
    /// A digest of what was sent, without its key.
    fn digest(&self) -> Result<Vec<u8>, Error> {
        let sent = serde_json::to_vec(&(self.line, &self.asked)).map_err(Error::defect)?;
        Ok(digest(&SHA256, &sent).as_ref().to_vec())
    }
}

/// What is no scan: an undo, a short pick.
fn one(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    act: &Act,
    seen: &PickList,
    by: StaffId,
    sent: &Sent,
    known: &mut Known,
) -> Result<Answer, PickError> {
    if let Some(answer) = known.of(sent) {
        return Ok(answer);
    }
    if is_elsewhere(seen, sent) {
        return Ok(refused(Outcome::OtherLine, seen, String::new()));
    }
    let answer = match &sent.asked {
        Asked::Short { pieces, reason } => {
            let left = seen.at_hand().map_or(0, Line::left);
            let missing = Missing { pieces: pieces.unwrap_or(left), reason: *reason };
            short::report(tx, catalog, act, seen, by, missing)?
        }
        Asked::Undo | Asked::Scan { .. } => undo(tx, act, seen, by)?,
    };
    known.note(sent, &answer);
    Ok(answer)
}

/// Whether a device has another line at hand than the list.
pub(super) fn is_elsewhere(list: &PickList, sent: &Sent) -> bool {
    sent.line.is_some() && list.at_hand().map(|line| line.no) != sent.line
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
pub(crate) fn finish(act: &Act, file: &mut FulfillmentFile) -> Result<(), WorkError> {
    if file.work.state() != State::Picking {
        return Ok(());
    }
    let is_picked = file.work.facts().lines.iter().all(|line| line.to_pick() == 0);
    if is_picked && !file.work.is_empty() && file.work.has_picked() {
        file.step(act, |work| work.finish_picking(act.at))?;
    }
    Ok(())
}

pub(super) fn quantity(pieces: i64) -> Result<Quantity, PickError> {
    let too_many = |_| ListError::TooMany { has: 0, asked: pieces };
    Ok(Quantity::new(pieces).map_err(too_many)?)
}

pub(super) fn answer(outcome: Outcome, list: &PickList, line: Option<i64>) -> Answer {
    let is_done = list.at_hand().is_none();
    Answer { outcome, expected: String::new(), line, is_done }
}

pub(super) fn refused(outcome: Outcome, list: &PickList, expected: String) -> Answer {
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
