//! Orders: what a buyer asked for, from placing to the archive.
//!
//! Start at [`Order`]; the life cycle is the one `match` in [`Status::after`], the review beside it
//! is [`Review::after`]. Whether an order is paid, or partly shipped, is computed from sums and
//! from what became of its lines' pieces.
//!
//! Invariants: a canceled order has shipped nothing; what was paid, refunded and charged back only
//! grows, and refunds stay within what was paid; the version is the number of its events.

mod action;
mod amounts;
mod display;
mod error;
mod event;
mod facts;
mod line;
mod number;
mod quoted;
pub mod review;
mod status;
mod substitute;

use ordermill_base::Timestamp;

pub use action::Action;
pub use amounts::{Amounts, AmountsError};
pub use display::{DisplayStatus, Progress, ShareOfWork};
pub use error::{NotReady, OrderError};
pub use event::{Event, Placed};
pub use facts::{Facts, Milestones};
pub(crate) use line::of_line;
pub use line::{InvalidPieces, LineQuantity, LineTerms, OrderLine, Pieces};
pub use number::{OrderNumber, ParseOrderNumberError};
pub use quoted::terms_of;
pub use review::Review;
pub use status::{CancelReason, InvalidTransition, PaymentTerms, Status, Step};
pub use substitute::{InPlace, Replacement, check_substitutes, fold_lines, line_placed, replaced};

use crate::ids::OrderId;
use crate::payment::{PaymentStatus, PaymentSums};

/// The head of an order. Its lines are [`OrderLine`]s beside it, which fold the same events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    // Private: only events change it, so that folding the journal gives what is stored.
    facts: Facts,
}

/// Where the stock of an order comes from when it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover {
    /// Every piece is allocated.
    Allocated,
    /// These pieces wait for stock with the buyer's consent; all others are allocated.
    BackorderAccepted(Vec<LineQuantity>),
}

impl Order {
    /// Accepts an order: checks that it adds up.
    pub fn place(id: OrderId, placed: Placed, at: Timestamp) -> Result<(Self, Event), OrderError> {
        placed.amounts.check(&placed.lines)?;
        if !placed.review.is_initial() {
            return Err(OrderError::InitialReview(placed.review));
        }
        let order = Self::placed(id, &placed, at);
        Ok((order, Event::Placed(Box::new(placed))))
    }

    /// The order right after it was placed: where a fold of its journal starts.
    pub fn placed(id: OrderId, placed: &Placed, at: Timestamp) -> Self {
        let covered = placed.amounts.total_minor == 0;
        let facts = Facts {
            id,
            channel: placed.channel,
            channel_order_id: placed.channel_order_id.clone(),
            customer: placed.customer,
            status: Status::Placed,
            version: 1,
            terms: placed.terms,
            promotion: placed.promotion,
            review: placed.review,
            amounts: placed.amounts,
            money: PaymentSums::default(),
            coupons: u16::try_from(placed.coupons.len()).unwrap_or(u16::MAX),
            points_earned: placed.points_earned,
            service_wish: placed.service_wish,
            promised_by_on: placed.promised_by_on,
            backordered: placed.reserved.iter().any(|reserved| reserved.backordered),
            cancel_reason: None,
            milestones: Milestones {
                placed_at: at,
                // What costs nothing is paid at once.
                paid_at: covered.then_some(at),
                confirmed_at: None,
                shipped_at: None,
                completed_at: None,
                ended_at: None,
                archived_at: None,
            },
        };
        Self { facts }
    }

    /// An order as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Its key.
    pub const fn id(&self) -> OrderId {
        self.facts.id
    }

    /// Where it stands.
    pub const fn status(&self) -> Status {
        self.facts.status
    }

    /// The sequence of its last event.
    pub const fn version(&self) -> i64 {
        self.facts.version
    }

    /// Where its money stands; see [`PaymentStatus::of`].
    pub const fn payment_status(&self) -> PaymentStatus {
        let Facts { terms, amounts, money, .. } = &self.facts;
        PaymentStatus::of(*terms, amounts.total_minor, *money)
    }

    /// Whether a review can still keep it from leaving: it waits, or it is confirmed and all of it is in
    /// the building. What is held is decided in any case, as the rest of it waits for that.
    pub const fn is_reviewable(&self) -> bool {
        match self.facts.status {
            Status::Placed => true,
            Status::Confirmed => {
                self.facts.milestones.shipped_at.is_none() || self.facts.review.is_held()
            }
            Status::Completed | Status::Archived | Status::Canceled | Status::Rejected => false,
        }
    }

    /// Moves the review on as the rules say.
    pub fn record_ruling(
        &mut self,
        ruling: review::Ruling,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        self.move_review(ruling.step(), Some(ruling), at)
    }

    /// Moves the review on by a person's step. A review that ends with a refusal is followed by [`Self::reject`].
    pub fn record_review(
        &mut self,
        step: review::Step,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        self.move_review(step, None, at)
    }

    fn move_review(
        &mut self,
        step: review::Step,
        ruling: Option<review::Ruling>,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        if !self.is_reviewable() {
            return Err(OrderError::NotReviewable(self.facts.status));
        }
        let from = self.facts.review;
        Ok(self.happened(Event::Reviewed { from, to: from.after(step)?, ruling }, at))
    }

    /// Notes that a payment was captured or cash collected: a fact in any status, as money may
    /// also come after a cancel.
    pub fn record_paid(&mut self, amount_minor: i64, at: Timestamp) -> Result<Event, OrderError> {
        let paid_minor = grow(self.facts.money.paid_minor, amount_minor, i64::MAX)?;
        let event =
            if paid_minor - self.facts.money.refunded_minor >= self.facts.amounts.total_minor {
                Event::Paid { amount_minor, paid_minor }
            } else {
                Event::PartlyPaid { amount_minor, paid_minor }
            };
        Ok(self.happened(event, at))
    }

    /// Notes that a refund succeeded; never more than was paid.
    pub fn record_refunded(
        &mut self,
        amount_minor: i64,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        let PaymentSums { paid_minor, refunded_minor, .. } = self.facts.money;
        let refunded_minor = grow(refunded_minor, amount_minor, paid_minor)?;
        Ok(self.happened(Event::Refunded { amount_minor, refunded_minor }, at))
    }

    /// Notes that the buyer's bank took money back; never more than was paid.
    pub fn record_charged_back(
        &mut self,
        amount_minor: i64,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        let PaymentSums { paid_minor, charged_back_minor, .. } = self.facts.money;
        let charged_back_minor = grow(charged_back_minor, amount_minor, paid_minor)?;
        Ok(self.happened(Event::ChargedBack { amount_minor, charged_back_minor }, at))
    }

    /// Whether review and money allow confirming. The third condition, stock, is the [`Cover`] that
    /// [`Self::confirm`] asks for.
    pub const fn ready_to_confirm(&self) -> Result<(), NotReady> {
        if !self.facts.review.is_passed() {
            return Err(NotReady::Review(self.facts.review));
        }
        match (self.facts.terms, self.payment_status()) {
            (PaymentTerms::CashOnDelivery, _)
            | (PaymentTerms::Prepaid, PaymentStatus::Paid | PaymentStatus::Overpaid) => Ok(()),
            (PaymentTerms::Prepaid, _) => Err(NotReady::Unpaid),
        }
    }

    /// Confirms: review passed, and paid or to be paid at the door, and allocated or backorder
    /// accepted.
    pub fn confirm(
        &mut self,
        lines: &mut [OrderLine],
        cover: Cover,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        self.facts.status.after(Step::Confirm)?;
        self.ready_to_confirm()?;
        let backordered = match cover {
            Cover::Allocated => Vec::new(),
            Cover::BackorderAccepted(pieces) => pieces,
        };
        enough(lines, &backordered, OrderLine::open)?;
        Ok(self.happened_to_lines(lines, Event::Confirmed { backordered }, at))
    }

    /// Allocates backordered pieces for which stock came in.
    pub fn record_backorder_filled(
        &mut self,
        lines: &mut [OrderLine],
        filled: Vec<LineQuantity>,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        enough(lines, &filled, |line| line.pieces().backordered)?;
        let waiting: i64 = lines.iter().map(|line| line.pieces().backordered).sum();
        let arrived: i64 = filled.iter().map(|line| line.quantity.get()).sum();
        let event = Event::BackorderFilled { lines: filled, still_waiting: arrived < waiting };
        Ok(self.happened_to_lines(lines, event, at))
    }

    /// Notes that allocated pieces are nowhere to be found: they wait for stock, or for the buyer's word.
    pub fn record_short(
        &mut self,
        lines: &mut [OrderLine],
        missing: Vec<LineQuantity>,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        enough(lines, &missing, |line| line.pieces().allocated)?;
        Ok(self.happened_to_lines(lines, Event::Shorted { lines: missing }, at))
    }

    /// Gives up pieces of a confirmed order that wait for stock. What is left of it goes on.
    pub fn give_up(
        &mut self,
        lines: &mut [OrderLine],
        pieces: Vec<LineQuantity>,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        if self.facts.status != Status::Confirmed {
            let (from, step) = (self.facts.status, Step::Cancel);
            return Err(InvalidTransition { from, step }.into());
        }
        enough(lines, &pieces, |line| line.pieces().backordered)?;
        let waiting: i64 = lines.iter().map(|line| line.pieces().backordered).sum();
        let given_up: i64 = pieces.iter().map(|line| line.quantity.get()).sum();
        let event = Event::GivenUp { lines: pieces, still_waiting: given_up < waiting };
        Ok(self.happened_to_lines(lines, event, at))
    }

    /// Notes that allocated pieces left the building.
    pub fn record_shipped(
        &mut self,
        lines: &mut [OrderLine],
        shipped: Vec<LineQuantity>,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        enough(lines, &shipped, |line| line.pieces().allocated)?;
        Ok(self.happened_to_lines(lines, Event::Shipped { lines: shipped }, at))
    }

    /// Notes that pieces that had left are sent again: they are allocated anew.
    pub fn record_resent(
        &mut self,
        lines: &mut [OrderLine],
        again: Vec<LineQuantity>,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        // What is over is a case after the sale.
        self.facts.status.after(Step::Complete)?;
        enough(lines, &again, |line| line.pieces().shipped)?;
        Ok(self.happened_to_lines(lines, Event::Resent { lines: again }, at))
    }

    /// Ends the order before anything leaves the building. Its stock, coupon, points and money go
    /// back, each by its own record.
    pub fn cancel(
        &mut self,
        lines: &mut [OrderLine],
        reason: CancelReason,
        at: Timestamp,
    ) -> Result<Event, OrderError> {
        let from = self.facts.status;
        from.after(Step::Cancel)?;
        if self.facts.milestones.shipped_at.is_some() {
            return Err(OrderError::AlreadyShipped);
        }
        Ok(self.happened_to_lines(lines, Event::Canceled { from, reason }, at))
    }

    /// Ends an order whose review refused it.
    pub fn reject(&mut self, lines: &mut [OrderLine], at: Timestamp) -> Result<Event, OrderError> {
        self.facts.status.after(Step::Reject)?;
        if self.facts.review != Review::Rejected {
            return Err(OrderError::NotRefused(self.facts.review));
        }
        if self.facts.milestones.shipped_at.is_some() {
            return Err(OrderError::AlreadyShipped);
        }
        Ok(self.happened_to_lines(lines, Event::Rejected, at))
    }

    /// Notes that the buyer has everything, by their word or by D16.
    pub fn complete(&mut self, at: Timestamp) -> Result<Event, OrderError> {
        self.facts.status.after(Step::Complete)?;
        if self.facts.milestones.shipped_at.is_none() {
            return Err(OrderError::NotShipped);
        }
        Ok(self.happened(Event::Completed, at))
    }

    /// Closes a completed order for good.
    pub fn archive(&mut self, at: Timestamp) -> Result<Event, OrderError> {
        self.facts.status.after(Step::Archive)?;
        Ok(self.happened(Event::Archived, at))
    }

    /// Folds one event that was recorded at `at`. Says nothing about legality: what is in the
    /// journal has happened.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        facts.version += 1;
        match *event {
            Event::Placed(ref placed) => *self = Self::placed(facts.id, placed, at),
            Event::Reviewed { to, .. } => facts.review = to,
            Event::PartlyPaid { paid_minor, .. } => facts.money.paid_minor = paid_minor,
            Event::Paid { paid_minor, .. } => {
                facts.money.paid_minor = paid_minor;
                facts.milestones.paid_at.get_or_insert(at);
            }
            Event::Refunded { refunded_minor, .. } => facts.money.refunded_minor = refunded_minor,
            Event::ChargedBack { charged_back_minor, .. } => {
                facts.money.charged_back_minor = charged_back_minor;
            }
            Event::Confirmed { ref backordered } => {
                facts.status = Status::Confirmed;
                facts.backordered = !backordered.is_empty();
                facts.milestones.confirmed_at = Some(at);
            }
            Event::BackorderFilled { still_waiting, .. }
            | Event::GivenUp { still_waiting, .. }
            | Event::Substituted { still_waiting, .. } => {
                facts.backordered = still_waiting;
            }
            Event::Resent { .. } => {}
            Event::Shorted { .. } => facts.backordered = true,
            Event::Shipped { .. } => {
                facts.milestones.shipped_at.get_or_insert(at);
            }
            Event::Canceled { reason, .. } => {
                facts.status = Status::Canceled;
                facts.cancel_reason = Some(reason);
                facts.milestones.ended_at = Some(at);
                facts.backordered = false;
            }
            Event::Rejected => {
                facts.status = Status::Rejected;
                facts.milestones.ended_at = Some(at);
                facts.backordered = false;
            }
            Event::Completed => {
                facts.status = Status::Completed;
                facts.milestones.completed_at = Some(at);
            }
            Event::Archived => {
                facts.status = Status::Archived;
                facts.milestones.archived_at = Some(at);
            }
        }
    }

    fn happened(&mut self, event: Event, at: Timestamp) -> Event {
        self.apply(&event, at);
        event
    }

    fn happened_to_lines(&mut self, lines: &mut [OrderLine], event: Event, at: Timestamp) -> Event {
        lines.iter_mut().for_each(|line| line.apply(&event));
        self.happened(event, at)
    }
}

/// A sum that only grows, by a positive amount and up to a limit.
fn grow(sum: i64, amount_minor: i64, limit: i64) -> Result<i64, OrderError> {
    Some(amount_minor)
        .filter(|amount| *amount > 0)
        .and_then(|amount| sum.checked_add(amount))
        .filter(|sum| *sum <= limit)
        .ok_or(OrderError::Sum { amount_minor })
}

/// Checks that the lines have the named pieces, equal lines taken together.
fn enough(
    lines: &[OrderLine],
    named: &[LineQuantity],
    has: impl Fn(&OrderLine) -> i64,
) -> Result<(), OrderError> {
    for &LineQuantity { line_no, .. } in named {
        let asked = of_line(named, line_no);
        let available = lines.iter().find(|line| line.terms.line_no == line_no).map_or(0, &has);
        if asked > available {
            return Err(OrderError::Pieces { line_no, available, asked });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
