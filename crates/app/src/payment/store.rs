//! The row of a payment that is to be opened at its gateway. Buyers who press the button together are stored
//! together.

use std::collections::HashMap;

use ordermill_base::{Money, Timestamp};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::{Action, Order};
use ordermill_domain::payment::{NewPayment, Payment};
use ordermill_storage::payment::Opening;
use ordermill_storage::{BatchCommand, Error, Tx, deadline, order, payment};

use super::end::{Ending, end_payment};
use super::start::{StartPayment, StartPaymentError};

/// Stores a payment of what is still to be paid of an order, or finds the one that is open.
#[derive(Debug, Clone)]
pub(super) struct StorePayment {
    /// What the buyer wants.
    pub(super) request: StartPayment,
    /// Our name at the gateway.
    pub(super) merchant: String,
    /// When the gateway is asked about it if it does not answer.
    pub(super) ask_at: Timestamp,
}

/// A payment that stands, and what its gateway is told.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) payment: Payment,
    pub(super) opening: Opening,
    /// Where the buyer pays, if the gateway has answered before.
    pub(super) redirect_url: Option<String>,
}

impl BatchCommand for StorePayment {
    type Output = Result<Stored, StartPaymentError>;

    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Self::Output>, Error> {
        let mut desk = Desk::load(batch, tx)?;
        batch.iter().map(|command| desk.decide(command, tx)).collect()
    }
}

/// The orders that are to be paid, each with when it is to be paid and its open payments.
struct Desk {
    orders: HashMap<OrderId, (Order, Option<Timestamp>)>,
    open: HashMap<OrderId, Vec<Payment>>,
}

impl Desk {
    /// Locked in the one global order: orders, then payments.
    fn load(batch: &[&StorePayment], tx: &mut Tx<'_>) -> Result<Self, Error> {
        let mut ids: Vec<OrderId> = batch.iter().map(|command| command.request.order).collect();
        ids.sort_unstable();
        ids.dedup();
        let orders = order::ask_each_for_update(tx, &ids)?;
        let deadlines = deadline::ask_of_each(tx, &ids, DeadlineKind::Pay)?;
        let payments = payment::ask_of_each(tx, &ids)?.answer(tx)?;
        let mut due: HashMap<OrderId, Timestamp> = deadlines.answer(tx)?.into_iter().collect();
        let with_due = |stored: order::Stored| {
            let (id, due_at) = (stored.order.id(), due.remove(&stored.order.id()));
            (id, (stored.order, due_at))
        };
        let orders = orders.answer(tx)?.into_iter().map(with_due).collect();
        let open = payments.iter().map(Payment::facts).filter(|facts| facts.state.is_open());
        let mut open: Vec<PaymentId> = open.map(|facts| facts.id).collect();
        open.sort_unstable();
        let mut desk = Self { orders, open: HashMap::new() };
        if !open.is_empty() {
            // One may have ended before it was locked.
            let locked = payment::fetch_each_for_update(tx, &open)?;
            for payment in locked.into_iter().filter(|payment| payment.state().is_open()) {
                desk.open.entry(payment.facts().order).or_default().push(payment);
            }
        }
        Ok(desk)
    }

    fn decide(
        &mut self,
        command: &StorePayment,
        tx: &mut Tx<'_>,
    ) -> Result<<StorePayment as BatchCommand>::Output, Error> {
        let StorePayment { request, merchant, ask_at } = command;
        let StartPayment { act, order: id, .. } = request;
        let Some((order, due_at)) = self.orders.get(id) else {
            return Ok(Err(StartPaymentError::OrderNotFound(*id)));
        };
        let expires_at = due_at.unwrap_or(act.at + DeadlineKind::Pay.rule().span);
        if !order.allows(Action::Pay) || expires_at <= act.at {
            return Ok(Err(StartPaymentError::NotPayable(*id)));
        }
        let amount = still_to_pay(order);
        if let Some(open) = self.reuse_or_give_up(tx, request, amount)? {
            return Ok(Ok(open));
        }
        let new = NewPayment {
            order: *id,
            gateway: request.gateway.clone(),
            merchant: merchant.clone(),
            amount,
        };
        let opening = Opening {
            return_url: request.return_url.clone(),
            notify_url: request.notify_url.clone(),
            expires_at,
        };
        let (payment, event) = Payment::create(tx.next_id(act.at), new, act.at);
        payment::insert(tx, &payment, Some(&opening), Some(*ask_at))?;
        payment::record(tx, act, &payment, &event)?;
        self.open.entry(*id).or_default().push(payment.clone());
        Ok(Ok(Stored { payment, opening, redirect_url: None }))
    }

    /// The open payment of the same gateway and amount. Another amount is no longer asked for: that
    /// payment is given up, and the poller closes it at the gateway.
    fn reuse_or_give_up(
        &mut self,
        tx: &mut Tx<'_>,
        StartPayment { act, gateway, order, .. }: &StartPayment,
        amount: Money,
    ) -> Result<Option<Stored>, Error> {
        let mut reused = None;
        let open = self.open.remove(order).unwrap_or_default();
        for payment in open {
            let facts = payment.facts().clone();
            if facts.gateway == *gateway {
                match payment::opening(tx, facts.id)?.filter(|_| facts.amount == amount) {
                    Some(opening) => {
                        let redirect_url = payment::redirect_url(tx, facts.id)?;
                        let payment = payment.clone();
                        reused = Some(Stored { payment, opening, redirect_url });
                    }
                    None => {
                        end_payment(tx, act, facts.id, &Ending::Voided)?;
                        payment::set_ask_at(tx, facts.id, Some(act.at))?;
                        continue;
                    }
                }
            }
            self.open.entry(*order).or_default().push(payment);
        }
        Ok(reused)
    }
}

fn still_to_pay(order: &Order) -> Money {
    let facts = order.facts();
    let here = facts.money.paid_minor - facts.money.refunded_minor;
    Money::new(facts.amounts.total_minor - here, facts.amounts.currency)
}
