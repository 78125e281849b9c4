//! Scans in a row: the list and the fulfillments that they are for are loaded once, followed in memory, and
//! written back once.

use std::collections::{BTreeMap, HashMap};

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, FulfillmentId, SkuId, StaffId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::pick_list::{Event, Expected, Line, PickList};
use ordermill_domain::scan::Scan;
use ordermill_storage::{Error, Tx, location, pick_list as stored, shelf, sku};

use super::PickError;
use super::work::{
    Answer, Asked, Known, Outcome, Sent, answer, finish, is_elsewhere, lock, quantity, refused,
    told,
};
use crate::fulfillment::FulfillmentFile;

/// Follows scans in their order. Each is answered as if it had come alone.
pub(super) fn scan(
    tx: &mut Tx<'_>,
    act: &Act,
    seen: &PickList,
    by: StaffId,
    scans: &[Sent],
    known: &mut Known,
) -> Result<Vec<Answer>, PickError> {
    let mut run = Run::start(tx, act, seen, by, scans.len())?;
    let mut answers = Vec::with_capacity(scans.len());
    for sent in scans {
        if let Some(answer) = known.of(sent) {
            answers.push(answer);
            continue;
        }
        let answer = run.follow(tx, sent)?;
        known.note(sent, &answer);
        answers.push(answer);
    }
    run.save(tx)?;
    Ok(answers)
}

/// A list in somebody's hand while its scans are followed.
struct Run<'a> {
    act: &'a Act,
    by: StaffId,
    list: PickList,
    files: BTreeMap<FulfillmentId, FulfillmentFile>,
    expected: HashMap<i64, Expected>,
    happened: Vec<Event>,
    /// Pieces that have left bins: of which SKU and lot, from where, how many.
    taken: BTreeMap<(SkuId, BinId, String), i64>,
}

impl<'a> Run<'a> {
    /// Locks what so many scans can concern: each completes one line at most, so no more lines than that.
    fn start(
        tx: &mut Tx<'_>,
        act: &'a Act,
        seen: &PickList,
        by: StaffId,
        scans: usize,
    ) -> Result<Self, PickError> {
        let open = seen.facts().lines.iter().filter(|line| line.left() > 0).take(scans);
        let mut ids: Vec<FulfillmentId> = open.map(|line| line.fulfillment).collect();
        ids.sort_unstable();
        ids.dedup();
        let files = FulfillmentFile::load_each(tx, &ids)?;
        let files = files.into_iter().map(|file| (file.work.id(), file)).collect();
        let list = lock(tx, seen)?;
        let (expected, happened, taken) = (HashMap::new(), Vec::new(), BTreeMap::new());
        Ok(Self { act, by, list, files, expected, happened, taken })
    }

    fn follow(&mut self, tx: &mut Tx<'_>, sent: &Sent) -> Result<Answer, PickError> {
        if is_elsewhere(&self.list, sent) {
            return Ok(refused(Outcome::OtherLine, &self.list, String::new()));
        }
        let Asked::Scan { text, pieces } = &sent.asked else {
            return Err(Error::defect("only scans come in runs").into());
        };
        let Ok(scan) = Scan::read(text) else {
            return Ok(refused(Outcome::Unreadable, &self.list, String::new()));
        };
        let Some(line) = self.list.at_hand().cloned() else {
            return Ok(refused(Outcome::Done, &self.list, String::new()));
        };
        let expected = self.expected_at(tx, &line)?;
        let before = self.list.clone();
        let event = match self.list.scan(self.by, &scan, *pieces, &expected, self.act.at) {
            Ok(event) => event,
            Err(refusal) => return Ok(told(&refusal, &self.list)),
        };
        let outcome = match event {
            Event::BinFound { .. } => Outcome::BinFound,
            Event::ItemSeen { .. } => Outcome::ItemSeen,
            _ => Outcome::Picked,
        };
        if outcome == Outcome::Picked && !self.pick(&line, *pieces)? {
            self.list = before;
            return Ok(refused(Outcome::Canceled, &self.list, String::new()));
        }
        self.happened.push(event);
        Ok(answer(outcome, &self.list, Some(line.no)))
    }

    /// Notes pieces as picked for their fulfillment. `false` if that is not on the floor any more: it was
    /// canceled, and the list learns it from the journal.
    fn pick(&mut self, line: &Line, pieces: i64) -> Result<bool, PickError> {
        let picked = vec![LineQuantity { line_no: line.line_no, quantity: quantity(pieces)? }];
        let Some(file) = self.files.get_mut(&line.fulfillment) else { return Ok(false) };
        if file.step(self.act, |work| work.pick(picked, self.act.at)).is_err() {
            return Ok(false);
        }
        finish(self.act, file)?;
        if let Some(bin) = line.bin {
            *self.taken.entry((line.sku, bin, line.lot.clone())).or_default() += pieces;
        }
        Ok(true)
    }

    fn save(self, tx: &mut Tx<'_>) -> Result<(), PickError> {
        let at = self.list.facts().location;
        let taken = self.taken.iter();
        let taken =
            taken.map(|((sku, bin, lot), pieces)| ((*sku, at, *bin, lot.as_str()), *pieces));
        shelf::pick_each(tx, taken)?;
        FulfillmentFile::save_each(tx, &self.files.values().collect::<Vec<_>>())?;
        Ok(stored::update_each(tx, self.act, &self.list, &self.happened)?)
    }

    /// What the line at hand asks for.
    fn expected_at(&mut self, tx: &mut Tx<'_>, line: &Line) -> Result<Expected, Error> {
        if let Some(known) = self.expected.get(&line.no) {
            return Ok(known.clone());
        }
        let bin = match line.bin {
            Some(bin) => location::fetch_bin(tx, bin)?.map(|bin| bin.code).unwrap_or_default(),
            None => String::new(),
        };
        let sku = sku::fetch(tx, line.sku)?;
        let (sku, gtin) = sku.map(|sku| (sku.code, sku.gtin)).unwrap_or_default();
        let expected = Expected { bin, sku, gtin };
        self.expected.insert(line.no, expected.clone());
        Ok(expected)
    }
}
