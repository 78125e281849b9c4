//! Everything of one order that a command changes together: head, lines, reservations, and the stock
//! behind them.

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_domain::order::{Cover, Event, LineQuantity, Order, OrderError, OrderLine, review};
use ordermill_domain::reservation::{
    self as hold, Facts, InvalidTransition, ReleaseReason, Reservation, State,
};
use ordermill_domain::stock::{ClaimError, Demand, Shortage, reserve_lines};
use ordermill_storage::stock::Levels;
use ordermill_storage::{Error, Tx, deadline, order, reservation, stock};

/// An order in the hands of one command: loaded and locked, changed in memory by the domain's rules,
/// written back once by [`OrderFile::save`].
#[derive(Debug)]
pub struct OrderFile {
    /// The head and what is stored beside it.
    pub stored: order::Stored,
    /// Its lines.
    pub lines: Vec<OrderLine>,
    reservations: Vec<reservation::Stored>,
    levels: Levels,
    version_before: i64,
    lines_before: Vec<OrderLine>,
    reservations_before: Vec<reservation::Stored>,
    /// Backorders that began with this command.
    waiting: Vec<Reservation>,
    happened: Vec<(Act, Event, i64)>,
}

/// Why an order could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No such order.
    #[error("order {0} not found")]
    NotFound(OrderId),
    /// The rules refuse.
    #[error(transparent)]
    Refused(#[from] OrderError),
    /// The stock levels do not match the reservations: a defect, found by `check` too.
    #[error(transparent)]
    Unbalanced(#[from] ClaimError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl OrderFile {
    /// Loads an order with all that may change with it, locked in the one global order: orders,
    /// then stock.
    pub fn load(tx: &mut Tx<'_>, id: OrderId) -> Result<Self, FileError> {
        let stored = order::fetch_for_update(tx, id)?.ok_or(FileError::NotFound(id))?;
        let lines = order::lines(tx, id)?;
        let reservations = reservation::of(tx, id)?;
        let levels = stock::lock(tx, lines.iter().map(|line| line.terms.sku))?;
        Ok(Self {
            version_before: stored.order.version(),
            lines_before: lines.clone(),
            reservations_before: reservations.clone(),
            stored,
            lines,
            reservations,
            levels,
            waiting: Vec::new(),
            happened: Vec::new(),
        })
    }

    /// The head.
    pub fn order(&self) -> &Order {
        &self.stored.order
    }

    /// Keeps an event for the journal.
    pub fn happened(&mut self, act: &Act, event: Event) {
        self.happened.push((act.clone(), event, self.stored.order.version()));
    }

    /// Records captured money or collected cash.
    pub fn record_paid(&mut self, act: &Act, amount_minor: i64) -> Result<(), FileError> {
        let event = self.stored.order.record_paid(amount_minor, act.at)?;
        self.happened(act, event);
        Ok(())
    }

    /// Records a refund that succeeded.
    pub fn record_refunded(&mut self, act: &Act, amount_minor: i64) -> Result<(), FileError> {
        let event = self.stored.order.record_refunded(amount_minor, act.at)?;
        self.happened(act, event);
        Ok(())
    }

    /// Moves the review on.
    pub fn review(&mut self, act: &Act, step: review::Step) -> Result<(), FileError> {
        let event = self.stored.order.record_review(step, act.at)?;
        self.happened(act, event);
        Ok(())
    }

    /// Confirms: held stock becomes allocated, and what is backordered waits.
    pub fn confirm(&mut self, act: &Act) -> Result<(), FileError> {
        let waiting: Vec<LineQuantity> = self
            .reservations
            .iter()
            .map(|stored| &stored.reservation)
            .chain(&self.waiting)
            .map(Reservation::facts)
            .filter(|facts| facts.state == State::Backordered)
            .map(|facts| LineQuantity { line_no: facts.line_no, quantity: facts.quantity })
            .collect();
        let cover =
            if waiting.is_empty() { Cover::Allocated } else { Cover::BackorderAccepted(waiting) };
        let event = self.stored.order.confirm(&mut self.lines, cover, act.at)?;
        self.happened(act, event);
        for index in 0..self.reservations.len() {
            if self.reservations[index].reservation.state() == State::Held {
                self.step(index, Reservation::allocate)?;
            }
        }
        Ok(())
    }

    /// Gives up all stock that the order holds or waits for.
    pub fn release(&mut self, reason: ReleaseReason) -> Result<(), FileError> {
        for index in 0..self.reservations.len() {
            self.step(index, |reservation| reservation.release(reason))?;
        }
        Ok(())
    }

    /// Lets the holds run out (D2). Gives whether there was one.
    pub fn expire_holds(&mut self) -> Result<bool, FileError> {
        let mut any = false;
        for index in 0..self.reservations.len() {
            if self.reservations[index].reservation.state() == State::Held {
                any = true;
                self.step(index, Reservation::expire)?;
            }
        }
        Ok(any)
    }

    /// Whether a hold has run out.
    pub fn has_expired_holds(&self) -> bool {
        self.reservations.iter().any(|stored| stored.reservation.state() == State::Expired)
    }

    /// Whether every hold that ran out can be taken again where it was.
    pub fn can_rehold(&self) -> Result<(), Vec<Shortage>> {
        let expired: Vec<_> = self
            .reservations
            .iter()
            .map(|stored| stored.reservation.facts())
            .filter(|facts| facts.state == State::Expired)
            .collect();
        let demand: Vec<Demand> = expired
            .iter()
            .map(|facts| Demand {
                line_no: facts.line_no,
                sku: facts.sku,
                quantity: facts.quantity,
            })
            .collect();
        let mut places: Vec<LocationId> = expired.iter().map(|facts| facts.location).collect();
        places.dedup();
        reserve_lines(&demand, self.levels.all(), &places).map(drop)
    }

    /// Takes stock again for holds that ran out where there still is some; the others wait for
    /// stock to come in, as the buyer agreed to.
    pub fn rehold_or_wait(&mut self) -> Result<(), FileError> {
        for index in 0..self.reservations.len() {
            let facts = *self.reservations[index].reservation.facts();
            if facts.state != State::Expired {
                continue;
            }
            if self.levels.at(facts.sku, facts.location)?.available() >= facts.quantity.get() {
                self.step(index, |reservation| reservation.rehold(None))?;
            } else {
                let facts = Facts { state: State::Backordered, ..facts };
                self.waiting.push(Reservation::from_facts(facts));
            }
        }
        Ok(())
    }

    /// Takes stock again for all holds that ran out, where they were.
    pub fn rehold(&mut self) -> Result<(), FileError> {
        for index in 0..self.reservations.len() {
            if self.reservations[index].reservation.state() == State::Expired {
                self.step(index, |reservation| reservation.rehold(None))?;
            }
        }
        Ok(())
    }

    /// Ends the order before anything left the building, and gives its stock back.
    pub fn cancel(
        &mut self,
        act: &Act,
        reason: ordermill_domain::order::CancelReason,
    ) -> Result<(), FileError> {
        let event = self.stored.order.cancel(&mut self.lines, reason, act.at)?;
        self.happened(act, event);
        self.release(ReleaseReason::OrderCanceled)
    }

    /// Moves one reservation on and lets its stock level follow.
    fn step(
        &mut self,
        index: usize,
        step: impl FnOnce(&mut Reservation) -> Result<hold::Event, InvalidTransition>,
    ) -> Result<(), FileError> {
        let reservation = &mut self.reservations[index].reservation;
        let before = reservation.state().claims();
        if step(reservation).is_err() {
            // It has no such step from where it stands: what is over stays over.
            return Ok(());
        }
        let facts = *reservation.facts();
        let after = facts.state.claims();
        if before != after {
            let level = self.levels.at(facts.sku, facts.location)?;
            level.change_claim(before, after, facts.quantity)?;
        }
        Ok(())
    }

    /// Writes everything that has changed, and the events in their order.
    pub fn save(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.levels.save_claims(tx)?;
        let moved = self.reservations.iter().zip(&self.reservations_before);
        let moved: Vec<&reservation::Stored> =
            moved.filter(|(now, before)| now != before).map(|(now, _)| now).collect();
        if !moved.is_empty() {
            reservation::update(tx, moved)?;
        }
        for reservation in &self.waiting {
            reservation::insert(tx, reservation)?;
        }
        let id = self.order().id();
        let changed = self.lines.iter().zip(&self.lines_before);
        let changed: Vec<_> =
            changed.filter(|(now, before)| now != before).map(|(now, _)| (id, now)).collect();
        if !changed.is_empty() {
            order::update_lines(tx, changed)?;
        }
        if self.happened.is_empty() {
            return Ok(());
        }
        order::update(tx, self.order(), self.version_before)?;
        for (act, event, sequence) in &self.happened {
            order::record(tx, act, id, *sequence, event)?;
        }
        Ok(())
    }

    /// Ends the deadlines that paying or ending the order meets.
    pub fn meet_payment_deadlines(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        use ordermill_domain::deadline::DeadlineKind;
        deadline::meet(tx, self.order().id(), DeadlineKind::Pay)?;
        if self.order().facts().promotion {
            deadline::meet(tx, self.order().id(), DeadlineKind::StockRelease)?;
        }
        Ok(())
    }

    /// When the order was placed.
    pub fn placed_at(&self) -> Timestamp {
        self.order().facts().milestones.placed_at
    }
}
