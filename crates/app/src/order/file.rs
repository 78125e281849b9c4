//! Everything of one order that a command changes together: head, lines, reservations, and the stock
//! behind them.
//!
//! Commands that wait together load their orders together. Such files share the stock behind them,
//! as two orders may want the same piece.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{LocationId, OrderId, SkuId};
use ordermill_domain::order::review::Verdict;
use ordermill_domain::order::{
    Cover, Event, LineQuantity, LineTerms, Order, OrderError, OrderLine, Status, review,
};
use ordermill_domain::reservation::{
    self as hold, InvalidTransition, ReleaseReason, Reservation, State,
};
use ordermill_domain::stock::{ClaimError, MovementError};
use ordermill_storage::stock::Levels;
use ordermill_storage::{Error, Tx, deadline, order, reservation, stock};

use crate::review::{Found, MarksOf, Subject, by_rules, follow, rule};
use crate::rule_table::InForce;

/// An order in the hands of one command: loaded and locked, changed in memory by the domain's rules,
/// written back once by [`OrderFile::save`].
#[derive(Debug)]
pub struct OrderFile {
    /// The head and what is stored beside it.
    pub stored: order::Stored,
    /// Its lines.
    pub lines: Vec<OrderLine>,
    pub(super) reservations: Vec<reservation::Stored>,
    pub(super) levels: Rc<RefCell<Levels>>,
    version_before: i64,
    was_paid: bool,
    lines_before: Vec<OrderLine>,
    reservations_before: Vec<reservation::Stored>,
    happened: Vec<(Act, Event, i64)>,
    /// How the rules came to what they said, if they did with this command.
    found: Option<(i64, Timestamp, Found)>,
    /// What happened to reservations and no event of the order says.
    happened_to_holds: Vec<(Act, hold::Event)>,
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
    /// Stock, reservations and fulfillments do not match: a defect, found by `check` too.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// In which way stock, reservations and fulfillments do not match.
#[derive(Debug, thiserror::Error)]
pub enum Unbalanced {
    /// A claim that the level cannot carry or does not know.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A movement that the level does not allow.
    #[error(transparent)]
    Movement(#[from] MovementError),
    /// More pieces are to be shipped than the order was promised.
    #[error("{missing} pieces of the order are not promised")]
    NotPromised {
        /// How many pieces.
        missing: i64,
    },
}

impl From<ClaimError> for FileError {
    fn from(error: ClaimError) -> Self {
        Self::Unbalanced(error.into())
    }
}

impl From<MovementError> for FileError {
    fn from(error: MovementError) -> Self {
        Self::Unbalanced(error.into())
    }
}

impl FileError {
    /// For commands that wait together and whose refusals are decided before they touch a file:
    /// what is left is a defect.
    pub fn into_storage(self) -> Error {
        match self {
            Self::Storage(error) => error,
            defect => Error::Defect(defect.into()),
        }
    }
}

impl OrderFile {
    /// Loads an order with all that may change with it, locked in the one global order: orders,
    /// then stock.
    pub fn load(tx: &mut Tx<'_>, id: OrderId) -> Result<Self, FileError> {
        Self::load_each(tx, [id])?.pop().ok_or(FileError::NotFound(id))
    }

    /// As [`OrderFile::load`], with the stock of SKUs that are to come to the order: all of it is locked at
    /// once.
    pub(crate) fn load_with(
        tx: &mut Tx<'_>,
        id: OrderId,
        also: &[SkuId],
    ) -> Result<Self, FileError> {
        Self::load_each_with(tx, [id], also)?.pop().ok_or(FileError::NotFound(id))
    }

    /// Loads many orders, sorted by id; those that do not exist are left out.
    pub fn load_each(
        tx: &mut Tx<'_>,
        ids: impl IntoIterator<Item = OrderId>,
    ) -> Result<Vec<Self>, Error> {
        Self::load_each_with(tx, ids, &[])
    }

    /// As [`OrderFile::load_each`], for commands that leave the stock alone: it is not locked, and a step that
    /// needs it is refused as a defect.
    pub(crate) fn load_each_beside_stock(
        tx: &mut Tx<'_>,
        ids: impl IntoIterator<Item = OrderId>,
    ) -> Result<Vec<Self>, Error> {
        Self::load_all(tx, ids, |_, _| Ok(Levels::default()))
    }

    fn load_each_with(
        tx: &mut Tx<'_>,
        ids: impl IntoIterator<Item = OrderId>,
        also: &[SkuId],
    ) -> Result<Vec<Self>, Error> {
        Self::load_all(tx, ids, |tx, lines| {
            let skus = lines.iter().map(|(_, line)| line.terms.sku).chain(also.iter().copied());
            stock::lock(tx, skus)
        })
    }

    fn load_all(
        tx: &mut Tx<'_>,
        ids: impl IntoIterator<Item = OrderId>,
        levels_of: impl FnOnce(&mut Tx<'_>, &[(OrderId, OrderLine)]) -> Result<Levels, Error>,
    ) -> Result<Vec<Self>, Error> {
        let mut ids: Vec<OrderId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let orders = order::ask_each_for_update(tx, &ids)?;
        let lines = order::ask_lines_of_each(tx, &ids)?;
        let reservations = reservation::ask_of_each(tx, &ids)?.answer(tx)?;
        let (orders, lines) = (orders.answer(tx)?, lines.answer(tx)?);
        let levels = Rc::new(RefCell::new(levels_of(tx, &lines)?));
        let mut lines = by_order(lines);
        let mut reservations =
            by_order(reservations.into_iter().map(|it| (it.reservation.facts().order, it)));
        let file = |stored: order::Stored| {
            let id = stored.order.id();
            let lines = lines.remove(&id).unwrap_or_default();
            let reservations = reservations.remove(&id).unwrap_or_default();
            Self {
                version_before: stored.order.version(),
                was_paid: stored.order.facts().milestones.paid_at.is_some(),
                lines_before: lines.clone(),
                reservations_before: reservations.clone(),
                stored,
                lines,
                reservations,
                levels: Rc::clone(&levels),
                happened: Vec::new(),
                found: None,
                happened_to_holds: Vec::new(),
            }
        };
        Ok(orders.into_iter().map(file).collect())
    }

    /// The head.
    pub fn order(&self) -> &Order {
        &self.stored.order
    }

    /// Keeps an event for the journal.
    pub fn happened(&mut self, act: &Act, event: Event) {
        self.happened.push((act.clone(), event, self.stored.order.version()));
    }

    /// Whether anything has happened to the order with this command.
    pub(crate) fn has_happened(&self) -> bool {
        !self.happened.is_empty()
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

    /// What was paid beyond the total, minor units.
    pub fn overpaid_minor(&self) -> i64 {
        let facts = self.order().facts();
        let here = facts.money.paid_minor - facts.money.refunded_minor;
        (here - facts.amounts.total_minor).max(0)
    }

    /// Whether nobody waits for the order's money any longer.
    pub fn is_paid_or_over(&self) -> bool {
        let order = self.order();
        order.facts().milestones.paid_at.is_some() || order.facts().milestones.ended_at.is_some()
    }

    /// Whether the money has come with this command, and the order goes on.
    pub fn became_paid(&self) -> bool {
        let milestones = self.order().facts().milestones;
        !self.was_paid && milestones.paid_at.is_some() && milestones.ended_at.is_none()
    }

    /// Lets the rules look at the order, and moves the review on as they say.
    pub(crate) fn let_rules_decide(
        &mut self,
        tx: &mut Tx<'_>,
        act: &Act,
        rules: &InForce<Verdict>,
    ) -> Result<(), FileError> {
        let terms: Vec<LineTerms> = self.lines.iter().map(|line| line.terms).collect();
        let region = &self.stored.region;
        let (order, marks) = (&self.stored.order, MarksOf::Stored);
        let subject = Subject { order, lines: &terms, region, marks, at: act.at };
        let found = rule(tx, subject, rules)?;
        let act = by_rules(act, &found.ruling);
        let event = self.stored.order.record_ruling(found.ruling.clone(), act.at)?;
        self.found = Some((self.stored.order.version(), act.at, found));
        self.happened(&act, event);
        Ok(())
    }

    /// Moves the review on by a person's step.
    pub fn review(&mut self, act: &Act, step: review::Step) -> Result<(), FileError> {
        let event = self.stored.order.record_review(step, act.at)?;
        self.happened(act, event);
        Ok(())
    }

    /// Confirms: held stock becomes allocated, and what is backordered waits. A gift waits for nothing: it
    /// is given up.
    pub fn confirm(&mut self, act: &Act) -> Result<(), FileError> {
        let waiting: Vec<LineQuantity> = self
            .reservations
            .iter()
            .map(|stored| stored.reservation.facts())
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
        self.give_up_waiting_gifts(act)
    }

    /// Gives up all stock that the order holds or waits for.
    pub fn release(&mut self, reason: ReleaseReason) -> Result<(), FileError> {
        for index in 0..self.reservations.len() {
            self.step(index, |reservation| reservation.release(reason))?;
        }
        Ok(())
    }

    /// Lets the holds run out (D2). Gives whether there was one.
    pub fn expire_holds(&mut self, act: &Act) -> Result<bool, FileError> {
        let mut any = false;
        for index in 0..self.reservations.len() {
            let event = self.step(index, Reservation::expire)?;
            any |= event.is_some();
            self.happened_to_hold(act, event);
        }
        Ok(any)
    }

    fn happened_to_hold(&mut self, act: &Act, event: Option<hold::Event>) {
        self.happened_to_holds.extend(event.map(|event| (act.clone(), event)));
    }

    /// Whether a hold has run out.
    pub fn has_expired_holds(&self) -> bool {
        self.reservations.iter().any(|stored| stored.reservation.state() == State::Expired)
    }

    /// Whether every hold that ran out can be taken again where it was, but for gifts, which stop no
    /// order. Pieces at another location do not help: a hold stays where it is.
    pub fn can_rehold(&self) -> bool {
        let mut levels = self.levels.borrow().clone();
        let holds = self.reservations.iter().map(|stored| stored.reservation.facts());
        let ran_out = holds.filter(|facts| facts.state == State::Expired);
        ran_out.filter(|facts| !self.is_gift(facts.line_no)).all(|facts| {
            levels
                .at(facts.sku, facts.location)
                .is_ok_and(|level| level.reserve(facts.quantity).is_ok())
        })
    }

    /// Takes stock again for holds that ran out where there still is some; the others wait for
    /// stock to come in: gifts until the order is confirmed, what was bought as the buyer agreed to. What waits
    /// is the same row as what was held: of a line at a location there may be another one already that has
    /// waited from the beginning.
    pub fn rehold_or_wait(&mut self, act: &Act) -> Result<(), FileError> {
        for index in 0..self.reservations.len() {
            let facts = *self.reservations[index].reservation.facts();
            if facts.state != State::Expired {
                continue;
            }
            let available = self.levels.borrow_mut().at(facts.sku, facts.location)?.available();
            if available >= facts.quantity.get() {
                let event = self.step(index, |reservation| reservation.rehold(None))?;
                self.happened_to_hold(act, event);
            } else {
                let waits = self.reservations[index].reservation.wait();
                debug_assert!(waits.is_ok(), "a hold that has run out may wait");
            }
        }
        Ok(())
    }

    /// Claims pieces that came in for backorders of this SKU at this location, each whole or not yet. What
    /// was bought comes first: a gift takes nothing that others wait for.
    pub fn fill_backorders(
        &mut self,
        act: &Act,
        sku: SkuId,
        at: LocationId,
    ) -> Result<(), FileError> {
        let mut filled = Vec::new();
        for index in 0..self.reservations.len() {
            let facts = *self.reservations[index].reservation.facts();
            let is_waiting = facts.state == State::Backordered;
            let is_of_it = (facts.sku, facts.location) == (sku, at);
            if !is_waiting || !is_of_it || self.is_gift(facts.line_no) {
                continue;
            }
            let available = self.levels.borrow_mut().at(sku, at)?.available();
            if available < facts.quantity.get() {
                continue;
            }
            let event = self.step(index, Reservation::arrive)?;
            self.happened_to_hold(act, event);
            if self.order().status() == Status::Confirmed {
                self.step(index, Reservation::allocate)?;
                filled.push(LineQuantity { line_no: facts.line_no, quantity: facts.quantity });
            }
        }
        if !filled.is_empty() {
            let event =
                self.stored.order.record_backorder_filled(&mut self.lines, filled, act.at)?;
            self.happened(act, event);
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
    ) -> Result<Option<hold::Event>, FileError> {
        let reservation = &mut self.reservations[index].reservation;
        let before = reservation.state().claims();
        let Ok(event) = step(reservation) else {
            // It has no such step from where it stands: what is over stays over.
            return Ok(None);
        };
        let facts = *reservation.facts();
        let after = facts.state.claims();
        if before != after {
            let mut levels = self.levels.borrow_mut();
            let level = levels.at(facts.sku, facts.location)?;
            level.change_claim(before, after, facts.quantity)?;
        }
        Ok(Some(event))
    }

    /// Writes everything that has changed, and the events in their order.
    pub fn save(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        Self::save_each(tx, &[self])
    }

    /// As [`OrderFile::save`], for files that were loaded together.
    pub fn save_each(tx: &mut Tx<'_>, files: &[&Self]) -> Result<(), Error> {
        let Some(first) = files.first() else { return Ok(()) };
        debug_assert!(files.iter().all(|file| Rc::ptr_eq(&file.levels, &first.levels)));
        first.levels.borrow().save_claims(tx)?;
        reservation::update(tx, files.iter().flat_map(|file| file.moved_reservations()))?;
        reservation::insert_parts(tx, files.iter().flat_map(|file| file.new_reservations()))?;
        order::update_lines(tx, files.iter().flat_map(|file| file.changed_lines()))?;
        order::insert_lines(tx, files.iter().flat_map(|file| file.new_lines()))?;
        let changed = files.iter().filter(|file| !file.happened.is_empty());
        let changed: Vec<_> = changed.map(|file| (file.order(), file.version_before)).collect();
        order::update_each(tx, &changed)?;
        for file in files {
            for (act, event) in &file.happened_to_holds {
                reservation::record(tx, act, file.order().id(), event)?;
            }
            for (act, event, sequence) in &file.happened {
                order::record(tx, act, file.order().id(), *sequence, event)?;
                follow(tx, act, file.order(), *sequence, event)?;
            }
            if let Some((sequence, at, found)) = &file.found {
                found.store(tx, file.order().id(), *sequence, *at)?;
            }
        }
        Ok(())
    }

    fn moved_reservations(&self) -> impl Iterator<Item = &reservation::Stored> {
        let moved = self.reservations.iter().zip(&self.reservations_before);
        moved.filter(|(now, before)| now != before).map(|(now, _)| now)
    }

    /// Parts that began with this command; they stand behind the others.
    fn new_reservations(&self) -> &[reservation::Stored] {
        &self.reservations[self.reservations_before.len()..]
    }

    fn changed_lines(&self) -> impl Iterator<Item = (OrderId, &OrderLine)> {
        let changed = self.lines.iter().zip(&self.lines_before);
        changed.filter(|(now, before)| now != before).map(|(now, _)| (self.order().id(), now))
    }

    /// Lines that came with this command; they stand behind the others.
    fn new_lines(&self) -> impl Iterator<Item = (OrderId, &OrderLine)> {
        self.lines[self.lines_before.len()..].iter().map(|line| (self.order().id(), line))
    }

    /// Ends the deadlines that paying or ending the order meets.
    pub fn meet_payment_deadlines(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        Self::meet_payment_deadlines_of_each(tx, &[self])
    }

    /// As [`OrderFile::meet_payment_deadlines`], for many.
    pub fn meet_payment_deadlines_of_each(tx: &mut Tx<'_>, files: &[&Self]) -> Result<(), Error> {
        let met = files.iter().flat_map(|file| {
            let kinds = [
                Some(DeadlineKind::Pay),
                file.order().facts().promotion.then_some(DeadlineKind::StockRelease),
            ];
            kinds.into_iter().flatten().map(|kind| (file.order().id(), kind))
        });
        deadline::meet_each(tx, &met.collect::<Vec<_>>())
    }

    /// When the order was placed.
    pub fn placed_at(&self) -> Timestamp {
        self.order().facts().milestones.placed_at
    }
}

fn by_order<T>(rows: impl IntoIterator<Item = (OrderId, T)>) -> HashMap<OrderId, Vec<T>> {
    let mut by_order: HashMap<OrderId, Vec<T>> = HashMap::new();
    for (order, row) in rows {
        by_order.entry(order).or_default().push(row);
    }
    by_order
}
