//! Points and gift cards: what buyers have, and what it pays.

use super::{Model, Wrong};

/// The points of one buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// What can be spent.
    pub balance: i64,
    /// What was taken back after it had been spent.
    pub owed: i64,
}

impl Account {
    /// Points come; what is owed is paid off first.
    pub fn come(&mut self, points: i64) {
        let paid_off = self.owed.min(points);
        self.owed -= paid_off;
        self.balance += points - paid_off;
    }

    /// Points are taken back; what is not there any more is owed.
    fn go_back(&mut self, points: i64) {
        let there = self.balance.min(points);
        self.balance -= there;
        self.owed += points - there;
    }
}

/// What pays a part of an order beside money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tender {
    /// So many points of this buyer.
    Points(i64, i64),
    /// This gift card.
    Card(i64),
}

impl Tender {
    /// What it is called where gateways have their names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Points(..) => "points",
            Self::Card(_) => "gift_card",
        }
    }
}

impl Model {
    pub(super) fn has_tenders(&self, tenders: &[(Tender, i64)]) -> bool {
        tenders.iter().all(|(tender, amount)| match *tender {
            Tender::Points(buyer, points) => {
                self.accounts.get(&buyer).is_some_and(|account| account.balance >= points)
            }
            Tender::Card(id) => self.cards.get(&id).is_some_and(|balance| balance >= amount),
        })
    }

    pub(super) fn spend_tenders(&mut self, tenders: &[(Tender, i64)]) {
        for (tender, amount) in tenders {
            match *tender {
                Tender::Points(buyer, points) => {
                    self.accounts.entry(buyer).or_default().balance -= points;
                }
                Tender::Card(id) => *self.cards.entry(id).or_default() -= amount,
            }
        }
    }

    /// An order is paid: its buyer has the points for it.
    pub(super) fn earn(&mut self, id: i64) -> Result<(), Wrong> {
        let order = self.order(id)?;
        let Some(buyer) = order.customer.filter(|_| order.earns > 0) else { return Ok(()) };
        order.has_earned = true;
        let points = order.earns;
        self.accounts.entry(buyer).or_default().come(points);
        Ok(())
    }

    /// It has ended after that.
    pub(super) fn take_back_points(&mut self, id: i64) -> Result<(), Wrong> {
        let order = self.order(id)?;
        let Some(buyer) = order.customer.filter(|_| order.has_earned) else { return Ok(()) };
        let points = order.earns;
        self.accounts.entry(buyer).or_default().go_back(points);
        Ok(())
    }

    /// A part of what a tender has paid goes home: to the last point in the end.
    pub(super) fn send_home(&mut self, tender: Tender, paid: i64, before: i64, back: i64) {
        match tender {
            Tender::Points(buyer, points) => {
                let due = |minor: i64| points * minor / paid;
                let points = due(before + back) - due(before);
                self.accounts.entry(buyer).or_default().come(points);
            }
            Tender::Card(id) => *self.cards.entry(id).or_default() += back,
        }
    }
}
