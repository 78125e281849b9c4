//! Nobody fails any more: whatever is on the floor or with carriers comes to its end.

use ordermill_base::Span;

use super::{Shop, all_of};
use crate::ground;
use crate::model::{Claim, Order, Stage, Status, Where, Wrong};

/// Rounds of some hours after which everything must be at its end.
const ROUNDS: u32 = 60;
/// Whoever walks then.
const PICKER: i64 = 70;

impl Shop {
    /// Everything that can be shipped is shipped, and arrives.
    pub(super) fn floor_comes_to_rest(&mut self) -> Result<(), Wrong> {
        self.world.set_calm(true);
        for _ in 0..ROUNDS {
            self.floor_goes_on()?;
            if self.is_floor_at_rest() {
                // Who says nothing has received it (D16).
                self.world.clock.move_by(Span::days(11));
                self.timers_run()?;
                self.world.set_calm(false);
                return self.all_is_at_its_end();
            }
            self.world.clock.move_by(Span::hours(7));
            self.timers_run()?;
        }
        let open = self.model.works.iter().find(|(_, work)| work.is_open());
        Err(format!("the floor does not come to rest: {open:?}"))
    }

    /// One round: everybody does what there is to do.
    pub(super) fn floor_goes_on(&mut self) -> Result<(), Wrong> {
        self.backorders_are_filled()?;
        self.orders_are_sourced()?;
        self.lists_are_shortened()?;
        while !self.model.floor.doubted.is_empty() {
            self.bins_are_counted()?;
        }
        for location in 1..=ground::LOCATIONS {
            while self.a_wave(location, 50, false)? {}
        }
        self.everything_is_picked()?;
        while !self.model.to_put_away().is_empty() {
            self.pieces_are_put_away()?;
        }
        self.everything_is_packed()?;
        self.labels_are_made()?;
        self.boxes_without_labels_are_seen_to()?;
        for location in 1..=ground::LOCATIONS {
            self.everything_is_handed_over(location)?;
        }
        self.drivers_come()?;
        self.pushes_come_in()?;
        self.silence_is_asked_about()
    }

    pub(super) fn everything_is_picked(&mut self) -> Result<(), Wrong> {
        for id in self.open_walks() {
            let by = self.model.floor.walks[&id].picker.unwrap_or(PICKER);
            if !self.a_walk_is_taken(id, by)? {
                continue;
            }
            // What is no longer wanted is taken off by the next round.
            while let Some(scanned) = self.right_barcode(id) {
                match self.model.would_scan(id, by, &scanned, 1) {
                    "Canceled" => break,
                    "TooMany" => self.pieces_are_missing(id, by)?,
                    _ => self.scanned(id, by, scanned)?,
                }
            }
        }
        Ok(())
    }

    pub(super) fn everything_is_packed(&mut self) -> Result<(), Wrong> {
        for id in self.at_bench() {
            if matches!(self.model.works[&id].stage, Stage::Picked | Stage::Picking) {
                self.is_rechecked(id, false)?;
            }
            if self.model.works[&id].stage == Stage::Rechecked {
                self.is_packed(id, false)?;
            }
        }
        Ok(())
    }

    /// What no carrier took while they refused is packed anew, or its label is asked for again.
    fn boxes_without_labels_are_seen_to(&mut self) -> Result<(), Wrong> {
        let at_bench = self.at_bench();
        let packed = all_of(&self.model.works, |id| self.model.works[id].stage == Stage::Packed);
        for id in packed {
            let packages = self.model.works[&id].packages.clone();
            let stuck = packages.into_iter().find(|package| !self.has_request(*package));
            match stuck {
                None => {}
                Some(_) if at_bench.contains(&id) && self.random.percent(50) => {
                    self.is_opened(id)?;
                }
                Some(package) => self.label_is_asked_for_again(package)?,
            }
        }
        Ok(())
    }

    fn everything_is_handed_over(&mut self, location: i64) -> Result<(), Wrong> {
        let is_here = |id: &i64| {
            let parcel = &self.model.parcels.all[id];
            (parcel.location, parcel.at) == (location, Where::Here)
                && !self.world.carriers.has(&parcel.waybill)
        };
        for id in all_of(&self.model.parcels.all, is_here) {
            self.is_scanned_out(location, id)?;
        }
        for list in self.open_lists(location) {
            self.is_closed(list)?;
        }
        Ok(())
    }

    pub(super) fn is_floor_at_rest(&self) -> bool {
        let is_done =
            |work: &crate::model::Work| !work.is_open() && work.stage != Stage::HandedOver;
        self.model.works.values().all(is_done)
            && self.model.to_put_away().is_empty()
            && self.open_walks().is_empty()
    }

    /// Every confirmed order is complete, or there is a reason why not; carriers were asked for each thing
    /// once.
    pub(super) fn all_is_at_its_end(&mut self) -> Result<(), Wrong> {
        for (id, order) in &self.model.orders {
            let is_open = order.status == Status::Confirmed;
            if is_open && !self.model.has_lost_parcels(*id) && !waits_for_somebody(order) {
                return Err(format!("order {id} does not come to its end: {order:?}"));
            }
        }
        self.carriers_agree()
    }

    /// The carriers' own books say what ours say.
    fn carriers_agree(&mut self) -> Result<(), Wrong> {
        let closed = "SELECT COUNT(*) FROM manifests WHERE state = 'closed'";
        let closed = self.world.look(|tx| tx.query_one(closed, &[], |row| row.int()));
        let books = self.world.carriers.books();
        for (id, made) in &books.labels {
            let ours = self.model.parcels.all.get(id).map(|parcel| parcel.at);
            let is_gone = books.roads.contains_key(&made.waybill);
            let is_used = ours.is_some_and(|at| at != Where::Void);
            let is_paid_for_nothing = !made.is_void && !is_used && !is_gone;
            if (made.is_void && is_used) || is_paid_for_nothing {
                return Err(format!(
                    "of label {id} {} has {made:?}, for us it is {ours:?}",
                    made.carrier
                ));
            }
        }
        if let Some(id) = self.model.parcels.all.keys().find(|id| !books.labels.contains_key(id)) {
            return Err(format!("no carrier knows of parcel {id}"));
        }
        let drivers = i64::try_from(books.drivers.len()).unwrap_or(i64::MAX);
        if drivers != closed {
            return Err(format!("{drivers} drivers were sent for {closed} lists"));
        }
        Ok(())
    }
}

/// Whether an order that is not complete waits for stock, for a location, or for what its buyer misses.
fn waits_for_somebody(order: &Order) -> bool {
    let waits = order.pieces.iter().any(|it| match it.claim {
        Claim::Waiting => true,
        Claim::Allocated => it.work.is_none(),
        _ => false,
    });
    waits || order.disputed_at.is_some() || order.received_by.is_none()
}
