//! What was picked is looked at, put into boxes, and opened again.

use ordermill_app::pack::close::{CloseError, Pack, PackedBox, open};
use ordermill_app::pack::proposal::propose;
use ordermill_app::pack::recheck::{Findings, Recheck, RecheckError, send_back};
use ordermill_app::pack::{BenchError, Seen};
use ordermill_app::permission::Principal;
use ordermill_base::{Id, Quantity};
use ordermill_domain::ids::{FulfillmentId, SkuId};
use ordermill_domain::package::Content;
use ordermill_storage::{Tx, fulfillment};

use super::Shop;
use crate::model::{Share, Stage, Wrong};

/// Of so many works, one is opened again after it was packed.
const OPENED_PERCENT: u64 = 8;

impl Shop {
    /// Somebody works at the pack bench for a while.
    pub(super) fn people_pack(&mut self) -> Result<(), Wrong> {
        for _ in 0..self.random.between(1, 15) {
            let works = self.at_bench();
            if works.is_empty() {
                return Ok(());
            }
            let id = *self.random.pick(&works);
            match self.model.works[&id].stage {
                Stage::Rechecked if self.random.percent(10) => self.is_packed(id, true)?,
                Stage::Rechecked => self.is_packed(id, false)?,
                Stage::Packed if self.random.percent(OPENED_PERCENT) => self.is_opened(id)?,
                Stage::Packed => {}
                _ if self.random.percent(12) => self.is_rechecked(id, true)?,
                Stage::Picked if self.random.percent(8) => self.is_sent_back(id)?,
                _ => self.is_rechecked(id, false)?,
            }
        }
        Ok(())
    }

    /// Work that lies at a bench: picked, looked at, or packed and still here; also what was sent back and
    /// is complete all the same.
    pub(super) fn at_bench(&self) -> Vec<i64> {
        let is_there = |id: &i64| {
            let work = &self.model.works[id];
            let is_here = || {
                let parcels = self.model.parcels_of_work(*id);
                !parcels.iter().any(|it| self.world.carriers.has(&it.waybill) || it.at.has_left())
            };
            match work.stage {
                Stage::Picked | Stage::Rechecked => true,
                Stage::Picking => is_whole(&work.lines),
                Stage::Packed => is_here(),
                _ => false,
            }
        };
        self.model.works.keys().copied().filter(is_there).collect()
    }

    /// What was picked is compared with the order; what is wrong stays where it is.
    pub(super) fn is_rechecked(&mut self, id: i64, is_wrong: bool) -> Result<(), Wrong> {
        let lines = self.model.works[&id].lines.clone();
        let mut scanned: Vec<(String, i64)> = lines
            .iter()
            .filter(|share| share.count > 0)
            .map(|share| (format!("S{}", share.sku), share.count))
            .collect();
        let mut findings = Findings {
            weight_grams: None,
            is_intact: true,
            is_reinforced: true,
            ..Findings::default()
        };
        match self.random.below(4) {
            _ if !is_wrong => {}
            0 => scanned[0].1 += 1,
            1 => scanned.push(("NOTHING".to_owned(), 1)),
            2 => findings.is_intact = false,
            _ => findings.weight_grams = Some(1),
        }
        findings.scanned = scanned;
        let act = self.decided();
        let (database, catalog) = (self.world.database(), self.world.services().catalog());
        let before = self.heard;
        let done = self.world.run(async move {
            let (principal, seen) = (Principal::system("sim"), seen(id));
            database.submit(Recheck { catalog, principal, act, seen, findings }).await
        });
        self.listen()?;
        match done {
            None => Ok(()),
            Some(Ok(Ok(_))) if !is_wrong => Ok(()),
            Some(Ok(Err(RecheckError::Wrong(_)))) if is_wrong && self.heard == before => Ok(()),
            Some(done) => Err(format!("work {id} is rechecked, wrong {is_wrong}: {done:?}")),
        }
    }

    fn is_sent_back(&mut self, id: i64) -> Result<(), Wrong> {
        let (act, database) = (self.decided(), self.world.database());
        let done = self.world.run(async move {
            let principal = Principal::system("sim");
            database.write(move |tx: &mut Tx<'_>| send_back(tx, &principal, &act, seen(id))).await
        });
        self.listen()?;
        match done {
            Some(Err(error)) => Err(format!("work {id} is not sent back: {error}")),
            _ => Ok(()),
        }
    }

    /// Boxes are closed; those that hold something else than what is to be shipped are not.
    pub(super) fn is_packed(&mut self, id: i64, is_wrong: bool) -> Result<(), Wrong> {
        let as_proposed = !is_wrong && self.random.percent(10);
        let mut boxes = if as_proposed { self.proposed(id)? } else { self.some_boxes(id) };
        if is_wrong && let Some(content) = boxes[0].contents.first_mut() {
            content.quantity = Quantity::new(content.quantity.get() + 1).expect("one more");
        }
        let mut act = self.decided();
        if as_proposed {
            act.reason = None;
        }
        let (database, catalog) = (self.world.database(), self.world.services().catalog());
        let before = self.heard;
        let done = self.world.run(async move {
            let (principal, seen) = (Principal::system("sim"), seen(id));
            database.submit(Pack { catalog, principal, act, seen, boxes }).await
        });
        self.listen()?;
        match done {
            None => Ok(()),
            Some(Ok(Ok(packages))) if !is_wrong => {
                let boxes = packages.into_iter().filter(|package| package.inside.is_none());
                let raw: Vec<i64> = boxes.map(|package| package.id.raw()).collect();
                let is = &self.model.works[&id].packages;
                if *is == raw {
                    Ok(())
                } else {
                    Err(format!("work {id} is in {is:?}, not {raw:?}"))
                }
            }
            Some(Ok(Err(CloseError::Contents(_)))) if is_wrong && self.heard == before => Ok(()),
            Some(done) => Err(format!("work {id} is packed, wrong {is_wrong}: {done:?}")),
        }
    }

    fn proposed(&mut self, id: i64) -> Result<Vec<PackedBox>, Wrong> {
        let catalog = self.world.services().catalog();
        let work = self.world.look(|tx| fulfillment::fetch(tx, FulfillmentId::from_raw(id)));
        let work = work.ok_or("work is gone")?;
        let proposal = propose(&catalog, &catalog.materials, &work);
        let proposal = proposal.map_err(|error| format!("work {id} is not packed: {error}"))?;
        let boxes = proposal.boxes.into_iter().map(|it| PackedBox {
            material: it.material,
            contents: it.contents,
            gross_grams: Some(it.gross_grams),
        });
        Ok(boxes.collect())
    }

    /// One to three boxes, as somebody fills them.
    fn some_boxes(&mut self, id: i64) -> Vec<PackedBox> {
        let lines = self.model.works[&id].lines.clone();
        let count = self.random.between(1, 3) as usize;
        let mut contents: Vec<Vec<Content>> = vec![Vec::new(); count];
        for share in lines {
            let mut left = share.count;
            while left > 0 {
                let pieces = self.random.between(1, left);
                left -= pieces;
                let into = self.random.below(count as u64) as usize;
                contents[into].push(Content {
                    line_no: u16::try_from(share.line).unwrap_or(u16::MAX),
                    sku: SkuId::from_raw(share.sku),
                    quantity: Quantity::new(pieces).expect("some pieces"),
                    lot: None,
                    serials: Vec::new(),
                });
            }
        }
        contents.retain(|it| !it.is_empty());
        let material = || "BOX-L".to_owned();
        let boxed = |contents| PackedBox { material: material(), contents, gross_grams: None };
        contents.into_iter().map(boxed).collect()
    }

    /// Closed boxes are opened again.
    pub(super) fn is_opened(&mut self, id: i64) -> Result<(), Wrong> {
        let (act, database) = (self.decided(), self.world.database());
        let done = self.world.run(async move {
            let principal = Principal::system("sim");
            database.write(move |tx: &mut Tx<'_>| open(tx, &principal, &act, seen(id))).await
        });
        self.listen()?;
        match done {
            Some(Err(error)) => {
                let error: BenchError = error;
                Err(format!("work {id} is not opened: {error}"))
            }
            _ => Ok(()),
        }
    }
}

fn is_whole(lines: &[Share]) -> bool {
    lines.iter().all(|it| it.picked == it.count) && lines.iter().any(|it| it.picked > 0)
}

fn seen(id: i64) -> Seen {
    Seen { id: FulfillmentId::from_raw(id), version: None }
}
