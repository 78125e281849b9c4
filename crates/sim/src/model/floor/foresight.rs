//! What will be answered on the floor, and what lies where, as the model knows it.

use std::collections::BTreeMap;

use super::super::{Model, Place};
use super::{Asks, Barcode, Stage, Stop};

impl Model {
    /// What a scan at a walk is answered, in one word.
    pub fn would_scan(&self, id: i64, by: i64, scanned: &Barcode, pieces: i64) -> &'static str {
        let Some(walk) = self.floor.walks.get(&id) else { return "NotFound" };
        if *scanned == Barcode::Nothing {
            return "Unreadable";
        }
        let Some(stop) = walk.at_hand() else { return "Done" };
        if walk.picker != Some(by) {
            return "NotYours";
        }
        let is_item = *scanned == Barcode::Item(stop.sku);
        match stop.asks {
            Asks::Bin if stop.bin.map(Barcode::Bin).as_ref() == Some(scanned) => return "BinFound",
            Asks::Bin => return "WrongBin",
            Asks::Lot if *scanned == Barcode::Lot(stop.lot.clone()) => {}
            Asks::Lot if !is_item => return "WrongLot",
            Asks::Item if !is_item => return "WrongItem",
            Asks::Item | Asks::Lot if stop.lot.is_empty() || stop.is_lot_seen => {}
            Asks::Item | Asks::Lot => return "ItemSeen",
        }
        let is_wanted = self.works.get(&stop.work).is_some_and(|it| it.stage.is_on_floor());
        let is_there = || {
            let place = (stop.sku, walk.location);
            stop.bin.is_some() || !self.has_bins(place) || pieces <= self.lying_about(place)
        };
        match () {
            () if !(1..=stop.left()).contains(&pieces) => "TooMany",
            () if !is_wanted => "Canceled",
            () if !is_there() => "TooMany",
            () => "Picked",
        }
    }

    /// What a short pick of all that is left at hand is answered, in one word.
    pub fn would_short(&self, id: i64, by: i64) -> &'static str {
        let Some(walk) = self.floor.walks.get(&id) else { return "NotFound" };
        let Some(stop) = walk.at_hand() else { return "Done" };
        if walk.picker != Some(by) {
            return "NotYours";
        }
        if !self.works.get(&stop.work).is_some_and(|it| it.stage.is_on_floor()) {
            return "Canceled";
        }
        let place = (stop.sku, walk.location);
        let bins = self.floor.bins.range((place, i64::MIN, String::new())..);
        let bins = bins.take_while(|(spot, _)| spot.0 == place);
        let others = bins
            .filter(|(spot, _)| stop.bin != Some(spot.1) && !self.floor.doubted.contains(&spot.1));
        let free: i64 = others.map(|(_, bin)| bin.on_hand - bin.claimed).sum();
        if free >= stop.left() { "OtherBin" } else { "Short" }
    }

    /// What lies in bins at a place.
    pub fn in_bins(&self, place: Place) -> i64 {
        let first = (place, i64::MIN, String::new());
        let bins = self.floor.bins.range(first..);
        bins.take_while(|(spot, _)| spot.0 == place).map(|(_, bin)| bin.on_hand).sum()
    }

    /// Pieces at a place that lie in no bin and in no tote.
    pub fn lying_about(&self, place: Place) -> i64 {
        let on_hand = self.shelves.get(&place).map_or(0, |shelf| shelf.on_hand);
        if !self.has_bins(place) {
            return on_hand;
        }
        let mut in_totes = 0;
        for walk in self.floor.walks.values().filter(|walk| walk.location == place.1) {
            for stop in walk.stops.iter().filter(|stop| stop.sku == place.0) {
                if self.works.get(&stop.work).is_some_and(|work| !work.stage.has_left()) {
                    in_totes += stop.picked - stop.returned;
                }
            }
        }
        on_hand - self.in_bins(place) - in_totes
    }

    /// Whether a place keeps pieces in bins, or ever has.
    fn has_bins(&self, place: Place) -> bool {
        let first = self.floor.bins.range((place, i64::MIN, String::new())..).next();
        first.is_some_and(|(spot, _)| spot.0 == place)
    }

    /// Whether everything that waits at a location can be fetched without looking into bins that are to be
    /// counted, and no walk still claims pieces that nobody wants any more.
    pub fn can_fetch_all(&self, location: i64) -> bool {
        let walks = self.floor.walks.values().filter(|walk| walk.location == location);
        let is_wanted = |stop: &Stop| {
            let work = self.works.get(&stop.work);
            stop.left() == 0 || work.is_some_and(|work| work.stage.is_on_floor())
        };
        if !walks.flat_map(|walk| &walk.stops).all(is_wanted) {
            return false;
        }
        let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
        let waits = |work: &&super::super::Work| {
            work.location == location && (work.stage == Stage::Planned || work.stage.is_on_floor())
        };
        for share in self.works.values().filter(waits).flat_map(|work| &work.lines) {
            *wanted.entry(share.sku).or_default() += share.count - share.picked;
        }
        wanted.iter().all(|(sku, pieces)| {
            let place = (*sku, location);
            let bins = self.floor.bins.range((place, i64::MIN, String::new())..);
            let bins = bins.take_while(|(spot, _)| spot.0 == place);
            let good = bins.filter(|(spot, _)| !self.floor.doubted.contains(&spot.1));
            let there: i64 = good.map(|(_, bin)| bin.on_hand).sum();
            there + self.lying_about(place) >= *pieces
        })
    }

    /// Pieces that were fetched in vain and are on no shelf yet: walk, stop, location, pieces.
    pub fn to_put_away(&self) -> Vec<(i64, i64, i64, i64)> {
        let is_canceled = |stop: &&Stop| {
            self.works.get(&stop.work).is_some_and(|work| work.stage == Stage::Canceled)
        };
        let mut all = Vec::new();
        for (id, walk) in &self.floor.walks {
            for stop in walk.stops.iter().filter(is_canceled) {
                let pieces = stop.picked - stop.returned;
                if pieces > 0 {
                    all.push((*id, stop.no, walk.location, pieces));
                }
            }
        }
        all
    }
}
