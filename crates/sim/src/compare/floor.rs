//! What lies in bins, how far work is, and where parcels are.

use std::collections::BTreeMap;

use ordermill_base::Id;
use ordermill_domain::fulfillment::State;
use ordermill_storage::check::{self, Range};

use super::{ALL, same};
use crate::Trade;
use crate::model::{Share, Stage, Wrong};
use crate::shop::Shop;

impl Shop {
    /// What lies in which bin, and how much of it somebody will fetch.
    pub(crate) fn compare_bins(&mut self) -> Result<(), Wrong> {
        if self.trade != Trade::Floor {
            return Ok(());
        }
        let sql = "SELECT sku_id, location_id, bin_id, lot, on_hand, claimed FROM stock_bins
            WHERE on_hand > 0 OR claimed > 0";
        let is = self.world.look(|tx| {
            tx.query(sql, &[], |row| {
                let spot = ((row.int()?, row.int()?), row.int()?, row.text()?);
                Ok((spot, (row.int()?, row.int()?)))
            })
        });
        let is: BTreeMap<_, _> = is.into_iter().collect();
        let bins = self.model.floor.bins.iter();
        let bins = bins.filter(|(_, bin)| (bin.on_hand, bin.claimed) != (0, 0));
        let should: BTreeMap<_, _> =
            bins.map(|(spot, bin)| (spot.clone(), (bin.on_hand, bin.claimed))).collect();
        if is == should {
            return Ok(());
        }
        let differs = |(spot, bin): &(&_, &_)| should.get(*spot) != Some(*bin);
        let first = is.iter().find(differs).map(|(spot, bin)| (spot, bin, should.get(spot)));
        Err(format!("bins are not as they should be, the first: {first:?}"))
    }

    /// How far all work is.
    pub(crate) fn compare_works(&mut self) -> Result<(), Wrong> {
        let stored = self.world.look(|tx| check::fulfillments(tx, ALL));
        same("works", "in all", &stored.len(), &self.model.works.len())?;
        for work in stored {
            let facts = work.facts();
            let id = facts.id.raw();
            let should = self.model.works.get(&id).ok_or_else(|| format!("work {id} is new"))?;
            let lines = facts.lines.iter().map(|line| Share {
                line: line.line_no.into(),
                sku: line.sku.raw(),
                count: line.quantity,
                picked: line.picked,
            });
            let is = (stage_of(facts.state), lines.collect::<Vec<_>>());
            same("work", id, &is, &(should.stage, should.lines.clone()))?;
        }
        Ok(())
    }

    /// Where parcels are, and which word of their carriers counts: all of them, or those of an order.
    pub(crate) fn compare_parcels(&mut self, order: Option<i64>) -> Result<(), Wrong> {
        if self.trade != Trade::Floor {
            return Ok(());
        }
        let ids: Vec<i64> = match order {
            Some(order) => self.model.orders[&order].parcels.clone(),
            None => self.model.parcels.all.keys().copied().collect(),
        };
        let mut count = 0;
        for id in ids {
            let range = Range { after: id - 1, upto: id };
            let stored = self.world.look(|tx| check::shipments(tx, range));
            let stored = stored.first().ok_or_else(|| format!("parcel {id} is gone"))?;
            let (facts, parcel) = (stored.shipment.facts(), &self.model.parcels.all[&id]);
            let word = facts.track.scanned_at.map(|at| (at.as_micros(), facts.track.status.code()));
            let is = (facts.state.code(), word, facts.terms.waybill.as_str());
            let should = (parcel.at.name(), parcel.last, parcel.waybill.as_str());
            same("parcel", id, &is, &should)?;
            let service = self.model.orders[&parcel.order].service.unwrap_or("standard");
            same("the service of parcel", id, &facts.terms.service.code(), &service)?;
            count += 1;
        }
        if order.is_none() {
            let all = self.world.look(|tx| check::shipments(tx, ALL));
            same("parcels", "in all", &all.len(), &count)?;
        }
        Ok(())
    }
}

const fn stage_of(state: State) -> Stage {
    match state {
        State::Planned => Stage::Planned,
        State::Released => Stage::Released,
        State::Picking => Stage::Picking,
        State::Picked => Stage::Picked,
        State::Rechecked => Stage::Rechecked,
        State::Packed => Stage::Packed,
        State::HandedOver => Stage::HandedOver,
        State::Closed => Stage::Closed,
        State::Rejected => Stage::Rejected,
        State::Canceled => Stage::Canceled,
    }
}
