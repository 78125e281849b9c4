//! Money: what was asked for, what came in, what is owed back, what went back.

use super::{Model, Status, Tender, Wrong};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayState {
    /// The buyer may pay.
    Open,
    /// The money is here.
    Captured,
    /// Over without money, under this name.
    Over(&'static str),
}

/// A payment as it should be.
#[derive(Debug, Clone, Copy)]
pub struct Pay {
    /// What it pays.
    pub order: i64,
    /// How much.
    pub amount: i64,
    /// Where it stands.
    pub state: PayState,
    /// How much of it was promised back.
    pub promised: i64,
    /// What pays, if it is not money.
    pub tender: Option<Tender>,
    /// What banks hold of it.
    pub held: i64,
    /// What banks took of it for good.
    pub taken: i64,
    /// Whether a dispute about it has ended.
    pub was_disputed: bool,
}

impl Pay {
    fn new(order: i64, amount: i64, state: PayState, tender: Option<Tender>) -> Self {
        let (promised, held, taken, was_disputed) = (0, 0, 0, false);
        Self { order, amount, state, promised, tender, held, taken, was_disputed }
    }
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// Promised or on its way.
    Open,
    /// The buyer has it.
    Sent,
    /// The bank was quicker.
    Withdrawn,
}

/// A refund as it should be.
#[derive(Debug, Clone, Copy)]
pub struct Refund {
    /// Out of which payment.
    pub payment: i64,
    /// How much.
    pub amount: i64,
    /// Where it stands.
    pub state: RefundState,
}

/// A refund that somebody asks for by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByHand {
    /// Out of which payment.
    pub payment: i64,
    /// How much.
    pub amount: i64,
}

/// Money that must be promised back now: payment and amount.
pub type Owed = (i64, i64);

impl Model {
    /// A payment was started.
    pub fn payment_created(
        &mut self,
        id: i64,
        order: i64,
        amount: i64,
        at: i64,
    ) -> Result<(), Wrong> {
        let head = self.order(order)?;
        let known = std::mem::take(&mut head.payments);
        if known.iter().any(|it| self.payments[it].state == PayState::Open) {
            return Err(format!("order {order} has two open payments"));
        }
        let head = self.order(order)?;
        head.payments = known;
        head.payments.push(id);
        let due = head.total - head.paid + head.refunded;
        if !head.is_payable(at) || amount != due {
            return Err(format!("payment {id} asks for {amount} of order {order}, due {due}"));
        }
        self.payments.insert(id, Pay::new(order, amount, PayState::Open, None));
        Ok(())
    }

    /// A payment by points or a gift card was written: it must be one that an order has just made.
    pub fn tender_written(
        &mut self,
        id: i64,
        order: i64,
        name: &str,
        amount: i64,
    ) -> Result<(), Wrong> {
        let is_it = |made: &(i64, Tender, i64)| {
            made.0 == order && made.1.name() == name && made.2 == amount
        };
        let Some(at) = self.tendered.iter().position(is_it) else {
            return Err(format!("nobody pays {amount} of order {order} by {name}"));
        };
        let tender = Some(self.tendered.swap_remove(at).1);
        self.payments.insert(id, Pay::new(order, amount, PayState::Captured, tender));
        self.order(order)?.payments.push(id);
        Ok(())
    }

    /// Whether it is a payment by points or a gift card.
    pub fn is_tender(&self, id: i64) -> bool {
        self.payments.get(&id).is_some_and(|pay| pay.tender.is_some())
    }

    /// What points and gift cards have paid of an order.
    pub fn tendered_of(&self, order: i64) -> i64 {
        let payments = self.orders.get(&order).map_or(&[][..], |order| &order.payments);
        let pays = payments.iter().map(|id| &self.payments[id]);
        pays.filter(|pay| pay.tender.is_some()).map(|pay| pay.amount).sum()
    }

    /// The payments of an order that have money left to be given back, and how much.
    pub fn with_money_left(&self, order: i64) -> Vec<Owed> {
        let payments = self.orders.get(&order).map_or(&[][..], |order| &order.payments);
        let pays = payments.iter().map(|id| (*id, self.payments[id]));
        let captured = pays.filter(|(_, pay)| pay.state == PayState::Captured);
        let left = captured.map(|(id, pay)| (id, pay.amount - pay.promised - pay.taken));
        left.filter(|(_, left)| *left > 0).collect()
    }

    /// As [`Self::with_money_left`], for somebody who decides by hand: what banks hold is not theirs to give.
    pub fn with_money_free(&self, order: i64) -> Vec<Owed> {
        let left = self.with_money_left(order).into_iter();
        let free = left.map(|(id, left)| (id, left - self.payments[&id].held));
        free.filter(|(_, free)| *free > 0).collect()
    }

    /// A payment ended without money.
    pub fn payment_over(&mut self, id: i64, how: &'static str, now: i64) -> Result<(), Wrong> {
        let pay = self.payment(id)?;
        if pay.state != PayState::Open {
            return Err(format!("payment {id} ends twice"));
        }
        pay.state = PayState::Over(how);
        let order = pay.order;
        if how == "voided" && self.order(order)?.is_payable(now) {
            return Err(format!("payment {id} is given up although its order stands"));
        }
        Ok(())
    }

    /// Money is learned of; what follows from it is decided here.
    pub fn captured(&mut self, id: i64) -> Result<(), Wrong> {
        let pay = self.payment(id)?;
        if pay.tender.is_some() {
            // It was captured when it was made.
            return Ok(());
        }
        if pay.state == PayState::Captured {
            return Err(format!("payment {id} counts twice"));
        }
        pay.state = PayState::Captured;
        let Pay { order: order_id, amount, .. } = *pay;
        let order = self.order(order_id)?;
        order.paid += amount;
        match order.status {
            Status::Canceled => self.owe(id, amount),
            Status::Placed => self.paid_in_time(order_id, id, amount)?,
            Status::Confirmed | Status::Completed => self.owe_excess(order_id, id, amount)?,
        }
        Ok(())
    }

    fn paid_in_time(&mut self, id: i64, payment: i64, amount: i64) -> Result<(), Wrong> {
        let order = self.order(id)?;
        let may_wait = order.accepts_backorder;
        let mut pieces = std::mem::take(&mut order.pieces);
        let is_gone = !self.can_hold_again(&pieces);
        if is_gone && !(may_wait && self.offers_backorder) {
            self.order(id)?.pieces = pieces;
            self.ended_for_stock.remove(&id);
            self.cancel(id)?;
            return Ok(());
        }
        self.hold_again(&mut pieces);
        if self.order(id)?.is_paid() {
            self.allocate(&mut pieces);
            let order = self.order(id)?;
            order.status = Status::Confirmed;
            (order.pay_by, order.held_until) = (None, None);
            self.earn(id)?;
        }
        self.order(id)?.pieces = pieces;
        self.owe_excess(id, payment, amount)
    }

    fn owe_excess(&mut self, order: i64, payment: i64, amount: i64) -> Result<(), Wrong> {
        let order = self.order(order)?;
        let excess = (order.paid - order.refunded - order.total).clamp(0, amount);
        self.owe(payment, excess);
        Ok(())
    }

    pub(super) fn owe(&mut self, payment: i64, amount: i64) {
        if amount > 0 {
            self.owed.push((payment, amount));
        }
    }

    /// All money of an ended order that was not promised back before.
    pub(super) fn owe_all_of(&mut self, order: i64) {
        let left = self.with_money_left(order);
        left.into_iter().for_each(|(payment, amount)| self.owe(payment, amount));
    }

    /// A refund was promised: it must be one that is owed, to the minor unit.
    pub fn refund_granted(&mut self, id: i64, payment: i64, amount: i64) -> Result<(), Wrong> {
        let asked = self.by_hand.take_if(|it| (it.payment, it.amount) == (payment, amount));
        match self.owed.iter().position(|owed| *owed == (payment, amount)) {
            Some(at) => drop(self.owed.swap_remove(at)),
            None if asked.is_some() => {
                let order = self.payment(payment)?.order;
                self.order(order)?.by_hand += amount;
            }
            None if self.is_left_after_dispute(payment, amount) => {}
            None => {
                return Err(format!("refund {id} gives {amount} of payment {payment}, undue"));
            }
        }
        self.payment(payment)?.promised += amount;
        self.refunds.insert(id, Refund { payment, amount, state: RefundState::Open });
        Ok(())
    }

    /// A refund is learned to have been sent.
    pub fn refund_sent(&mut self, id: i64) -> Result<(), Wrong> {
        let refund = self.refunds.get_mut(&id).ok_or_else(|| format!("no refund {id} was owed"))?;
        if refund.state == RefundState::Sent {
            return Err(format!("refund {id} counts twice"));
        }
        refund.state = RefundState::Sent;
        let (payment, amount) = (refund.payment, refund.amount);
        let pay = *self.payment(payment)?;
        self.order(pay.order)?.refunded += amount;
        if let Some(tender) = pay.tender {
            // What was promised before has gone home already: no gateway is asked.
            self.send_home(tender, pay.amount, pay.promised - amount, amount);
        }
        Ok(())
    }

    fn payment(&mut self, id: i64) -> Result<&mut Pay, Wrong> {
        self.payments.get_mut(&id).ok_or_else(|| format!("there should be no payment {id}"))
    }
}
