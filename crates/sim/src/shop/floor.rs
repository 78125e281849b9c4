//! People fetch what was ordered: waves are released, walks are walked scan by scan, some of it wrong, and
//! what was fetched in vain is put away.

use std::num::NonZeroU32;

use ordermill_app::permission::Principal;
use ordermill_app::pick_list::{
    self, Answer, Asked, PickError, Sent, hand_back, put_away, take, work,
};
use ordermill_app::stock::{Lot, Spot, count_stock};
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::{ReleaseError, Wish, release_in};
use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::ShortReason;
use ordermill_domain::ids::{BinId, LocationId, PickListId, SkuId, StaffId};
use ordermill_domain::pick_list::ListError;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Tx, task};

use super::{Shop, operator, told};
use crate::bug::Bug;
use crate::ground;
use crate::model::{Asks, Barcode, Stage, Wrong};

/// People who walk.
const PICKERS: [i64; 3] = [71, 72, 73];

impl Shop {
    /// Planned work of a warehouse is given to its floor.
    pub(super) fn waves_are_released(&mut self) -> Result<(), Wrong> {
        let waits = self.model.works.values().filter(|it| it.stage == Stage::Planned);
        let mut there: Vec<i64> = waits.map(|work| work.location).collect();
        // Some ask for work where there is none.
        there.push(self.random.between(1, ground::LOCATIONS));
        let location = *self.random.pick(&there);
        let (most, is_urgent) = (self.random.between(1, 20), self.random.percent(10));
        self.a_wave(location, most, is_urgent).map(drop)
    }

    /// Releases a wave. Gives whether there was any work.
    pub(super) fn a_wave(
        &mut self,
        location: i64,
        most: i64,
        is_urgent: bool,
    ) -> Result<bool, Wrong> {
        let waits = self.model.works.values().filter(|it| {
            (it.location, it.stage) == (location, Stage::Planned) && (it.is_urgent || !is_urgent)
        });
        let waits = i64::try_from(waits.count()).unwrap_or(i64::MAX);
        let is_all_there = self.model.can_fetch_all(location);
        let totes = self.random.between(1, 8).unsigned_abs() as u32;
        let pieces_per_tote = NonZeroU32::new(10).expect("a tote holds something");
        let cart = Cart { totes, pieces_per_tote };
        let (zone, ship_by) = (String::new(), None);
        let wish = Wish { ship_by, is_urgent, zone, carrier: None, service: None, most, cart };
        let (act, database) = (operator(self.world.now()), self.world.database());
        let at = LocationId::from_raw(location);
        let released = self.world.run(async move {
            let principal = Principal::system("sim");
            database.write(move |tx: &mut Tx<'_>| release_in(tx, &principal, &act, at, &wish)).await
        });
        self.listen()?;
        match released {
            None => Ok(true),
            Some(Ok(wave)) if wave.fulfillments == waits.min(most) && waits > 0 => Ok(true),
            Some(Err(ReleaseError::Nothing)) if waits == 0 || !is_all_there => Ok(false),
            // What lies in a bin that is to be counted waits for the count.
            Some(Ok(wave))
                if (1..=waits.min(most)).contains(&wave.fulfillments) && !is_all_there =>
            {
                Ok(true)
            }
            Some(released) => Err(format!("of {waits} works {most} are released: {released:?}")),
        }
    }

    /// Lists learn what is no longer wanted.
    pub(super) fn lists_are_shortened(&mut self) -> Result<(), Wrong> {
        self.read_on("pick_lists", pick_list::reader())
    }

    /// Somebody walks for a while.
    pub(super) fn people_pick(&mut self) -> Result<(), Wrong> {
        let walks = self.open_walks();
        if walks.is_empty() {
            return Ok(());
        }
        let id = *self.random.pick(&walks);
        let by = *self.random.pick(&PICKERS);
        let is_theirs = self.a_walk_is_taken(id, by)?;
        if !is_theirs && self.random.percent(70) {
            return Ok(());
        }
        for _ in 0..self.random.between(1, 60) {
            match self.random.below(100) {
                0..2 => {
                    self.sent(id, by, Asked::Undo)?;
                }
                2..5 => self.pieces_are_missing(id, by)?,
                5..6 => return self.a_walk_is_handed_back(id, by),
                6..13 => {
                    let scanned = self.some_barcode();
                    self.scanned(id, by, scanned)?;
                }
                _ => {
                    let Some(scanned) = self.right_barcode(id) else { return Ok(()) };
                    self.scanned(id, by, scanned)?;
                }
            }
        }
        Ok(())
    }

    /// The walks on which something is left to be fetched.
    pub(super) fn open_walks(&self) -> Vec<i64> {
        let walks = self.model.floor.walks.iter();
        walks.filter(|(_, walk)| walk.at_hand().is_some()).map(|(id, _)| *id).collect()
    }

    /// Somebody takes a walk. Gives whether they have it.
    pub(super) fn a_walk_is_taken(&mut self, id: i64, by: i64) -> Result<bool, Wrong> {
        let has = self.model.floor.walks[&id].picker;
        let (act, database) = (operator(self.world.now()), self.world.database());
        let (list, staff) = (PickListId::from_raw(id), StaffId::from_raw(by));
        let taken = self.world.run(async move {
            let principal = Principal::system("sim");
            let work = move |tx: &mut Tx<'_>| take(tx, &principal, &act, list, staff).map(drop);
            database.write(work).await
        });
        self.listen()?;
        let is_free = has.is_none_or(|has| has == by);
        match taken {
            None => Ok(self.model.floor.walks[&id].picker == Some(by)),
            Some(Ok(())) if is_free => Ok(true),
            Some(Err(PickError::List(ListError::Taken))) if !is_free => Ok(false),
            Some(taken) => Err(format!("walk {id} of {has:?} is taken by {by}: {taken:?}")),
        }
    }

    fn a_walk_is_handed_back(&mut self, id: i64, by: i64) -> Result<(), Wrong> {
        let walk = &self.model.floor.walks[&id];
        let is_theirs = walk.picker == Some(by) && walk.at_hand().is_some();
        let (act, database) = (operator(self.world.now()), self.world.database());
        let (list, staff) = (PickListId::from_raw(id), StaffId::from_raw(by));
        let back = self.world.run(async move {
            let principal = Principal::system("sim");
            let work = move |tx: &mut Tx<'_>| hand_back(tx, &principal, &act, list, staff);
            database.write(work).await
        });
        self.listen()?;
        match back {
            Some(back) if back.is_ok() != is_theirs => {
                Err(format!("walk {id} is handed back by {by}: {back:?}"))
            }
            _ => Ok(()),
        }
    }

    /// What the stop at hand asks for.
    pub(super) fn right_barcode(&self, id: i64) -> Option<Barcode> {
        let stop = self.model.floor.walks.get(&id)?.at_hand()?;
        Some(match (stop.asks, stop.bin) {
            (Asks::Bin, Some(bin)) => Barcode::Bin(bin),
            (Asks::Lot, _) => Barcode::Lot(stop.lot.clone()),
            _ => Barcode::Item(stop.sku),
        })
    }

    fn some_barcode(&mut self) -> Barcode {
        let bins: Vec<i64> = self.floor.bins.keys().copied().collect();
        let random = &mut self.random;
        match random.below(6) {
            0 | 1 => Barcode::Bin(*random.pick(&bins)),
            2 | 3 => Barcode::Item(random.between(1, ground::SKUS)),
            4 => Barcode::Lot(format!("LOT{}", random.between(1, 3))),
            _ => Barcode::Nothing,
        }
    }

    /// A scan is sent, some of them twice under one id, and answered as it should be. A wrong one changes
    /// nothing.
    pub(super) fn scanned(&mut self, id: i64, by: i64, scanned: Barcode) -> Result<(), Wrong> {
        let left = self.model.floor.walks[&id].at_hand().map_or(1, |stop| stop.left());
        let pieces = match self.random.below(10) {
            0 => left + 1,
            1..4 => left.min(self.random.between(1, 3)),
            _ => 1,
        };
        let should = self.model.would_scan(id, by, &scanned, pieces);
        let said = Bug::in_scan(self.bug, &scanned, self.right_barcode(id));
        let text = match &said {
            Barcode::Bin(bin) => self.floor.bins[bin].1.to_lowercase(),
            Barcode::Item(sku) => format!("S{sku}\r\n"),
            Barcode::Lot(lot) => lot.clone(),
            Barcode::Nothing => " \t".to_owned(),
        };
        let before = self.heard;
        let is = self.sent(id, by, Asked::Scan { text, pieces })?;
        let Some(is) = is else { return Ok(()) };
        if is != should {
            return Err(format!(
                "{pieces} of {scanned:?} at walk {id} are {is}, should be {should}"
            ));
        }
        let changes = matches!(should, "BinFound" | "ItemSeen" | "Picked");
        if !changes && self.heard != before {
            return Err(format!("a scan that is {is} has changed something at walk {id}"));
        }
        Ok(())
    }

    /// Pieces of the stop at hand are not in their bin.
    pub(super) fn pieces_are_missing(&mut self, id: i64, by: i64) -> Result<(), Wrong> {
        let should = self.model.would_short(id, by);
        let reason = ShortReason::NotFound;
        let is = self.sent(id, by, Asked::Short { pieces: None, reason })?;
        Bug::after_short(self.bug, &mut self.world);
        match is {
            Some(is) if is != should => {
                Err(format!("what is missing at walk {id} is {is}, should be {should}"))
            }
            _ => Ok(()),
        }
    }

    /// Something is sent from a device, and perhaps again. Gives the answer in one word, if there was one.
    fn sent(&mut self, id: i64, by: i64, asked: Asked) -> Result<Option<String>, Wrong> {
        self.requests += 1;
        let key = self.random.percent(80).then(|| format!("s{}", self.requests));
        let times = if key.is_some() && self.random.percent(15) { 2 } else { 1 };
        let mut first: Option<Answer> = None;
        for _ in 0..times {
            let sent = Sent { key: key.clone(), line: None, asked: asked.clone() };
            let (act, database) = (operator(self.world.now()), self.world.database());
            let catalog = self.world.services().catalog();
            let (list, staff) = (PickListId::from_raw(id), StaffId::from_raw(by));
            let answer = self.world.run(async move {
                let principal = Principal::system("sim");
                let work = move |tx: &mut Tx<'_>| {
                    work(tx, &catalog, (&principal, staff), &act, list, &sent)
                };
                database.write(work).await
            });
            self.listen()?;
            match (answer, &first) {
                (None, _) => return Ok(None),
                (Some(Err(error)), _) => {
                    return Err(format!("{asked:?} at walk {id} fails: {}", told(&error)));
                }
                (Some(Ok(again)), Some(before)) if before.outcome.is_taken() => {
                    if again != *before {
                        return Err(format!("{asked:?} is {before:?}, and again {again:?}"));
                    }
                }
                (Some(Ok(answer)), _) => first = Some(answer),
            }
        }
        Ok(first.map(|answer| format!("{:?}", answer.outcome)))
    }

    /// What was fetched for orders that have ended goes back to a shelf.
    pub(super) fn pieces_are_put_away(&mut self) -> Result<(), Wrong> {
        let all = self.model.to_put_away();
        if all.is_empty() {
            return Ok(());
        }
        let (walk, stop, location, pieces) = *self.random.pick(&all);
        let here = self.floor.bins.iter().filter(|(_, (at, _))| *at == location);
        let here: Vec<i64> = here.map(|(id, _)| *id).collect();
        let bin = *self.random.pick(&here);
        let pieces = if self.random.percent(80) { pieces } else { self.random.between(1, pieces) };
        self.model.floor.puts_into = Some(bin);
        Bug::before_put_away(self.bug, &mut self.world);
        let (act, database) = (operator(self.world.now()), self.world.database());
        let (list, bin) = (PickListId::from_raw(walk), BinId::from_raw(bin));
        let put = self.world.run(async move {
            let principal = Principal::system("sim");
            let work = move |tx: &mut Tx<'_>| {
                put_away(tx, &principal, &act, (list, stop), bin, pieces).map(drop)
            };
            database.write(work).await
        });
        self.listen()?;
        self.model.floor.puts_into = None;
        match put {
            Some(Err(error)) => {
                Err(format!("{pieces} pieces of walk {walk} are not put away: {error}"))
            }
            _ => Ok(()),
        }
    }

    /// Somebody counts a bin of which something was not there: mostly it says less than the books.
    pub(super) fn bins_are_counted(&mut self) -> Result<(), Wrong> {
        let doubted: Vec<i64> = self.model.floor.doubted.iter().copied().collect();
        if doubted.is_empty() {
            return Ok(());
        }
        let bin = *self.random.pick(&doubted);
        let there: Vec<_> =
            self.model.floor.bins.iter().filter(|(spot, _)| spot.1 == bin).collect();
        let there: Vec<_> = there.into_iter().map(|(spot, bin)| (spot.clone(), *bin)).collect();
        let ((place, _, lot), was) = self.random.pick(&there).clone();
        let counted = (was.on_hand - self.random.between(0, 2)).max(0);
        let shelves = self.model.shelves_after(&[(place, counted - was.on_hand)]);
        let should = counted >= was.claimed && shelves.is_ok();
        let (act, database) = (operator(self.world.now()), self.world.database());
        let (sku, at) = (SkuId::from_raw(place.0), LocationId::from_raw(place.1));
        let id = BinId::from_raw(bin);
        let code = lot.clone();
        let answer = self.world.run(async move {
            let lot = (!code.is_empty())
                .then(|| Lot { code, expires_on: Some(jiff::civil::date(2030, 6, 30)) });
            let spot = Spot { bin: Some(id), lot };
            let work = move |tx: &mut Tx<'_>| {
                count_stock(tx, &act, sku, at, counted, &spot)?;
                Ok::<_, ordermill_app::stock::StockError>(
                    task::close(tx, TaskKind::CountBin, id, "counted", act.at).map(drop)?,
                )
            };
            database.write(work).await
        });
        let is_done = match &answer {
            Some(answer) => answer.is_ok(),
            None => self.world.committed() > 0 && should,
        };
        if answer.is_some() && is_done != should {
            return Err(format!("{counted} of {was:?} in bin {bin} are counted: {answer:?}"));
        }
        if let (true, Ok(shelves)) = (is_done, shelves) {
            self.model.shelves = shelves;
            self.model.floor.doubted.remove(&bin);
            self.model.floor.bins.entry((place, bin, lot)).or_default().on_hand = counted;
        }
        self.listen()
    }

    /// An act with a reason, as whoever decides something by hand states one.
    pub(super) fn decided(&mut self) -> Act {
        Act { reason: Some("so be it".to_owned()), ..operator(self.world.now()) }
    }
}
