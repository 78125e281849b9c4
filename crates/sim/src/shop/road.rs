//! An order is followed from its placing to its end, whenever the process dies.

use ordermill_base::Span;

use super::Shop;
use super::buyer;
use super::ending::cancel;
use crate::model::{Claim, Stage, Status, Wrong};
use crate::road::{Traveled, Way};

/// Rounds after which everything must be at its end.
const ROUNDS: u32 = 40;
/// How often somebody tries again who got no answer.
const TRIES: u32 = 5;

impl Shop {
    pub(crate) fn travel(&mut self, way: Way, dies_at: Option<u64>) -> Result<Traveled, Wrong> {
        self.begin(1);
        self.world.set_calm(true);
        let wish = self.a_wish_that_can_be_met();
        let crashes = self.world.crashes;
        self.world.fate.dies_at(dies_at.unwrap_or(0));
        self.unanswered.push(wish);
        for _ in 0..TRIES {
            if self.model.orders.is_empty() {
                self.people_buy()?;
            }
        }
        let order = *self.model.orders.keys().next().ok_or("nobody gets an order")?;
        self.is_paid_for(order)?;
        match way {
            Way::Straight => {}
            Way::Canceled => self.is_canceled_on_the_floor(order)?,
            Way::Short => self.is_short_on_the_floor()?,
            Way::Opened => self.is_opened_with_labels()?,
        }
        self.comes_to_its_end()?;
        let moments = self.world.fate.passed();
        self.everything_is_told()?;
        self.compare_messages()?;
        self.compare_deliveries()?;
        self.compare()?;
        let status = self.model.orders[&order].status;
        let should = if way == Way::Canceled { Status::Canceled } else { Status::Completed };
        let waits = self.model.orders[&order].pieces.iter().any(|it| it.claim == Claim::Waiting);
        if status != should && !(way == Way::Short && waits) {
            return Err(format!("order {order} ends so: {:?}", self.model.orders[&order]));
        }
        Ok(Traveled {
            moments,
            has_died: self.world.crashes > crashes,
            is_completed: status == Status::Completed,
        })
    }

    /// The buyer pays at the gateway's page, and the shop learns of it.
    fn is_paid_for(&mut self, order: i64) -> Result<(), Wrong> {
        for _ in 0..ROUNDS {
            if self.model.orders[&order].status != Status::Placed {
                return Ok(());
            }
            if self.world.gateway.pages().is_empty() {
                self.open = vec![order];
                self.buyers_go_to_pay()?;
            }
            for page in self.world.gateway.pages() {
                self.world.gateway.buyer_pays(page, false);
            }
            self.notices_come_in()?;
            self.world.clock.move_by(Span::minutes(2));
            self.poll()?;
        }
        Err(format!("order {order} is not paid"))
    }

    /// Its work lies on the floor, and somebody has the first list.
    fn is_on_the_floor(&mut self) -> Result<Option<i64>, Wrong> {
        for _ in 0..TRIES {
            self.orders_are_sourced()?;
            for location in 1..=crate::ground::LOCATIONS {
                while self.a_wave(location, 50, false)? {}
            }
            for walk in self.open_walks() {
                if self.a_walk_is_taken(walk, 1)? {
                    return Ok(Some(walk));
                }
            }
        }
        Ok(None)
    }

    fn is_canceled_on_the_floor(&mut self, order: i64) -> Result<(), Wrong> {
        let walk = self.is_on_the_floor()?.ok_or("nothing is to be picked")?;
        for _ in 0..3 {
            if let Some(scanned) = self.right_barcode(walk) {
                self.scanned(walk, 1, scanned)?;
            }
        }
        for _ in 0..TRIES {
            let act = buyer(self.world.now());
            let canceled = cancel(self.world.database(), order, act, None);
            let canceled = self.world.run(canceled);
            self.listen()?;
            match canceled {
                Some(Ok(_)) => return Ok(()),
                Some(Err(error)) => return Err(format!("order {order} is not canceled: {error}")),
                None => {}
            }
        }
        Ok(())
    }

    fn is_short_on_the_floor(&mut self) -> Result<(), Wrong> {
        let walk = self.is_on_the_floor()?.ok_or("nothing is to be picked")?;
        self.pieces_are_missing(walk, 1)
    }

    fn is_opened_with_labels(&mut self) -> Result<(), Wrong> {
        for _ in 0..TRIES {
            self.is_on_the_floor()?;
            self.everything_is_picked()?;
            self.everything_is_packed()?;
            self.labels_are_made()?;
        }
        let packed = |id: &i64| self.model.works[id].stage == Stage::Packed;
        for work in super::all_of(&self.model.works, packed) {
            self.is_opened(work)?;
        }
        Ok(())
    }

    /// Everybody goes on until nothing is left to do.
    fn comes_to_its_end(&mut self) -> Result<(), Wrong> {
        for _ in 0..ROUNDS {
            let crashes = self.world.crashes;
            self.world.clock.move_by(Span::minutes(7));
            self.notices_come_in()?;
            self.poll()?;
            self.send_refunds()?;
            self.floor_goes_on()?;
            self.timers_run()?;
            // Who died in a round may have left something to the next.
            let has_died = self.world.crashes > crashes;
            if !has_died && self.is_floor_at_rest() && self.is_at_rest() {
                self.world.clock.move_by(Span::days(11));
                for _ in 0..TRIES {
                    self.timers_run()?;
                    self.world.clock.move_by(Span::minutes(7));
                    self.drivers_come()?;
                }
                self.all_is_at_its_end()?;
                return self.books_agree();
            }
            self.world.clock.move_by(Span::hours(7));
        }
        Err("it does not come to its end".to_owned())
    }
}
