//! Disputes: what banks hold of payments, and what they took for good.

use super::{Model, RefundState, Wrong};

/// A dispute as it should be.
#[derive(Debug, Clone, Copy)]
pub struct Dispute {
    /// About which payment.
    pub payment: i64,
    /// How much.
    pub amount: i64,
    /// Not decided yet.
    pub is_open: bool,
}

impl Model {
    /// A dispute is learned of.
    pub fn dispute_opened(&mut self, id: i64, payment: i64, amount: i64) -> Result<(), Wrong> {
        let pay = self.payments.get_mut(&payment);
        let pay = pay.ok_or_else(|| format!("dispute {id} is about no payment"))?;
        pay.held += amount;
        if pay.held + pay.taken > pay.amount {
            return Err(format!("more of payment {payment} is disputed than came in"));
        }
        let dispute = Dispute { payment, amount, is_open: true };
        if self.disputes.insert(id, dispute).is_some() {
            return Err(format!("dispute {id} is opened twice"));
        }
        Ok(())
    }

    /// It is learned how a dispute has ended.
    pub fn dispute_ended(&mut self, id: i64, is_won: bool) -> Result<(), Wrong> {
        let dispute = self.disputes.get_mut(&id).filter(|it| it.is_open);
        let dispute = dispute.ok_or_else(|| format!("dispute {id} ends twice"))?;
        dispute.is_open = false;
        let Dispute { payment, amount, .. } = *dispute;
        let pay = self.payments.get_mut(&payment).ok_or("no payment")?;
        pay.held -= amount;
        pay.was_disputed = true;
        let order = pay.order;
        if !is_won {
            pay.taken += amount;
            self.order(order)?.charged_back += amount;
        }
        Ok(())
    }

    /// A refund is owed no more: the bank must have taken so much that it does not fit any longer.
    pub fn refund_withdrawn(&mut self, id: i64) -> Result<(), Wrong> {
        let refund = self.refunds.get_mut(&id).ok_or_else(|| format!("no refund {id}"))?;
        if refund.state != RefundState::Open {
            return Err(format!("refund {id} is withdrawn at its end"));
        }
        refund.state = RefundState::Withdrawn;
        let (payment, amount) = (refund.payment, refund.amount);
        let others: i64 = self
            .refunds
            .iter()
            .filter(|(other, it)| **other != id && it.payment == payment)
            .filter(|(_, it)| it.state != RefundState::Withdrawn)
            .map(|(_, it)| it.amount)
            .sum();
        let pay = self.payments.get_mut(&payment).ok_or("no payment")?;
        if pay.taken == 0 || amount + others + pay.taken <= pay.amount {
            return Err(format!("refund {id} of {amount} is withdrawn although it fits"));
        }
        pay.promised -= amount;
        Ok(())
    }

    /// What of a payment banks neither hold nor have.
    pub fn can_be_promised(&self, payment: i64) -> i64 {
        self.payments.get(&payment).map_or(0, |pay| pay.amount - pay.held - pay.taken)
    }

    /// Whether a refund is what was left of a payment of an ended order when its dispute ended.
    pub(super) fn is_left_after_dispute(&self, payment: i64, amount: i64) -> bool {
        self.payments.get(&payment).is_some_and(|pay| {
            let has_ended = self.orders.get(&pay.order).is_some_and(|it| it.status.is_canceled());
            pay.was_disputed && has_ended && amount == pay.amount - pay.promised - pay.taken
        })
    }
}
