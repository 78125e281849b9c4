//! Scans in a row: the list and the fulfillments that they are for are loaded once, followed in memory, and
//! written back once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::Step;
use ordermill_domain::ids::{BinId, FulfillmentId, LocationId, SkuId, StaffId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::pick_list::{Event, Expected, Line, PickList};
use ordermill_domain::scan::Scan;
use ordermill_storage::{Error, Tx, pick_list as stored, shelf, sku, stock};

use super::PickError;
use super::view::labels_of;
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
    /// What lay about in no bin when the scans came, as far as they have asked; see [`lying_about`].
    about: BTreeMap<SkuId, Option<i64>>,
    /// Pieces that were taken from no bin.
    found: BTreeMap<SkuId, i64>,
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
        let open: Vec<&Line> = open.collect();
        let expected = expected_at(tx, &open)?;
        let mut ids: Vec<FulfillmentId> = open.iter().map(|line| line.fulfillment).collect();
        ids.sort_unstable();
        ids.dedup();
        let files = FulfillmentFile::load_each(tx, &ids)?;
        let files = files.into_iter().map(|file| (file.work.id(), file)).collect();
        let list = lock(tx, seen)?;
        let (happened, taken) = (Vec::new(), BTreeMap::new());
        let (about, found) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { act, by, list, files, expected, happened, taken, about, found })
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
        let expected = self.expected(tx, &line)?;
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
        if outcome == Outcome::Picked
            && let Some((refusal, expected)) = self.pick(tx, &line, *pieces)?
        {
            self.list = before;
            return Ok(refused(refusal, &self.list, expected));
        }
        self.happened.push(event);
        Ok(answer(outcome, &self.list, Some(line.no)))
    }

    /// Notes pieces as picked for their fulfillment, or says why not: it is not on the floor any more, since
    /// it was canceled and the list learns it from the journal; or by the books there are not so many that
    /// lie in no bin.
    fn pick(
        &mut self,
        tx: &mut Tx<'_>,
        line: &Line,
        pieces: i64,
    ) -> Result<Option<(Outcome, String)>, PickError> {
        let canceled = Ok(Some((Outcome::Canceled, String::new())));
        let at = self.list.facts().location;
        let Some(file) = self.files.get_mut(&line.fulfillment) else { return canceled };
        if file.work.state().after(Step::Pick).is_err() {
            return canceled;
        }
        if line.bin.is_none()
            && let Some(about) = about_of(tx, &mut self.about, line.sku, at)?
        {
            let left = about - self.found.get(&line.sku).copied().unwrap_or_default();
            if left < pieces {
                return Ok(Some((Outcome::TooMany, left.to_string())));
            }
        }
        let picked = vec![LineQuantity { line_no: line.line_no, quantity: quantity(pieces)? }];
        if file.step(self.act, |work| work.pick(picked, self.act.at)).is_err() {
            return canceled;
        }
        finish(self.act, file)?;
        match line.bin {
            Some(bin) => {
                *self.taken.entry((line.sku, bin, line.lot.clone())).or_default() += pieces;
            }
            None => *self.found.entry(line.sku).or_default() += pieces,
        }
        Ok(None)
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

    /// What a line asks for.
    fn expected(&mut self, tx: &mut Tx<'_>, line: &Line) -> Result<Expected, Error> {
        if !self.expected.contains_key(&line.no) {
            self.expected.extend(expected_at(tx, &[line])?);
        }
        Ok(self.expected.get(&line.no).cloned().unwrap_or_default())
    }
}

/// What lines ask for, by their numbers.
fn expected_at(tx: &mut Tx<'_>, lines: &[&Line]) -> Result<HashMap<i64, Expected>, Error> {
    let labels = labels_of(tx, lines.iter().copied())?;
    let skus: BTreeSet<SkuId> = lines.iter().map(|line| line.sku).collect();
    let skus = sku::fetch_all(tx, skus)?;
    let expected = |line: &&Line| {
        let bin = line.bin.and_then(|bin| labels.get(&bin)).cloned().unwrap_or_default();
        let sku = skus.iter().find(|sku| sku.id == line.sku);
        let (sku, gtin) = sku.map(|sku| (sku.code.clone(), sku.gtin.clone())).unwrap_or_default();
        (line.no, Expected { bin, sku, gtin })
    };
    Ok(lines.iter().map(expected).collect())
}

/// How many pieces lie at a location without a bin and in no tote, by the books; none where the SKU is not
/// kept in bins. A piece that is not among them was taken from a bin that still counts it: then the stop is
/// short, and another bin the next.
fn lying_about(tx: &mut Tx<'_>, sku: SkuId, at: LocationId) -> Result<Option<i64>, Error> {
    if !shelf::is_kept_in_bins(tx, sku, at)? {
        return Ok(None);
    }
    let levels = stock::lock(tx, [sku])?;
    let in_bins: i64 = stock::bins(tx, sku, at)?.iter().map(|bin| bin.on_hand).sum();
    let on_hand = levels.find(sku, at).map_or(0, |level| level.on_hand);
    let in_totes = stored::beside_bins_of(tx, at, sku)?.in_totes;
    Ok(Some(on_hand - in_bins - in_totes))
}

/// As [`lying_about`], asked once for a SKU: its level is locked from then on, and what the scans take
/// themselves is counted beside it.
fn about_of(
    tx: &mut Tx<'_>,
    known: &mut BTreeMap<SkuId, Option<i64>>,
    sku: SkuId,
    at: LocationId,
) -> Result<Option<i64>, Error> {
    Ok(match known.entry(sku) {
        Entry::Occupied(known) => *known.get(),
        Entry::Vacant(place) => *place.insert(lying_about(tx, sku, at)?),
    })
}
