//! Points accounts: what a buyer has earned, spent and got back.
//!
//! Points are a means of payment, as gift cards are. They are earned when an order is paid and can be
//! spent at once. If such an order ends before it is shipped, its points are taken back; what the
//! buyer has spent of them meanwhile is *owed*, and the next points pay it off first. So a balance is
//! never negative, and nobody keeps points of an order that was given back.
//!
//! Start at [`Account`]; every change is an [`Event`], so that folding the history gives what is
//! stored.

use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::{CustomerId, OrderId, PaymentId, RefundId};

/// The name by which points stand among the gateways of payments.
pub const GATEWAY: &str = "points";

/// The points of one buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    facts: Facts,
}

/// What is stored of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whose points.
    pub customer: CustomerId,
    /// What can be spent.
    pub balance: i64,
    /// What was taken back after it had been spent; the next points pay it off.
    pub owed: i64,
    /// The sequence of its last event; 0 while nothing has happened.
    pub version: i64,
}

coded! {
    /// Why points came or went.
    enum Movement {
        /// An order was paid.
        Earned = "earned",
        /// They paid for an order.
        Spent = "spent",
        /// What they paid came back.
        GivenBack = "given_back",
        /// The order that had earned them has ended.
        TakenBack = "taken_back",
        /// A person set the balance right.
        Adjusted = "adjusted",
    }
}

/// One change of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// An order was paid.
    #[serde(rename = "points.earned")]
    Earned {
        /// Which order.
        order: OrderId,
        /// How many points.
        points: i64,
    },
    /// They paid for an order.
    #[serde(rename = "points.spent")]
    Spent {
        /// Which order.
        order: OrderId,
        /// The payment that they are.
        payment: PaymentId,
        /// How many points.
        points: i64,
    },
    /// What they paid came back.
    #[serde(rename = "points.given_back")]
    GivenBack {
        /// Of which order.
        order: OrderId,
        /// By which refund.
        refund: RefundId,
        /// How many points.
        points: i64,
    },
    /// The order that had earned them has ended.
    #[serde(rename = "points.taken_back")]
    TakenBack {
        /// Which order.
        order: OrderId,
        /// How many points.
        points: i64,
    },
    /// A person set the balance right.
    #[serde(rename = "points.adjusted")]
    Adjusted {
        /// How many points came, or went.
        points: i64,
    },
}

/// Why an account does not do that; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointsError {
    /// There are fewer.
    #[error("{asked} points of a balance of {balance}")]
    NotEnough {
        /// What was asked.
        asked: i64,
        /// What there is.
        balance: i64,
    },
    /// None at all, or beyond every real account.
    #[error("{0} points cannot be booked")]
    Amount(i64),
}

/// The most points that are booked at once.
pub const POINTS_MAX: i64 = 1_000_000_000_000;

impl Account {
    /// The account of a buyer who has no points yet.
    pub const fn new(customer: CustomerId) -> Self {
        Self { facts: Facts { customer, balance: 0, owed: 0, version: 0 } }
    }

    /// An account as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What can be spent.
    pub const fn balance(&self) -> i64 {
        self.facts.balance
    }

    /// Books the points of an order that was paid.
    pub fn earn(&mut self, order: OrderId, points: i64) -> Result<Event, PointsError> {
        self.within(points)?;
        Ok(self.happened(Event::Earned { order, points }))
    }

    /// Pays for an order.
    pub fn spend(
        &mut self,
        order: OrderId,
        payment: PaymentId,
        points: i64,
    ) -> Result<Event, PointsError> {
        self.has(points)?;
        Ok(self.happened(Event::Spent { order, payment, points }))
    }

    /// Takes back what they paid.
    pub fn give_back(
        &mut self,
        order: OrderId,
        refund: RefundId,
        points: i64,
    ) -> Result<Event, PointsError> {
        self.within(points)?;
        Ok(self.happened(Event::GivenBack { order, refund, points }))
    }

    /// Takes points away again that an order had earned.
    pub fn take_back(&mut self, order: OrderId, points: i64) -> Result<Event, PointsError> {
        self.within(points)?;
        Ok(self.happened(Event::TakenBack { order, points }))
    }

    /// Sets the balance right. Takes away no more than there is.
    pub fn adjust(&mut self, points: i64) -> Result<Event, PointsError> {
        if points < 0 {
            self.has(points.checked_neg().ok_or(PointsError::Amount(points))?)?;
        } else {
            self.within(points)?;
        }
        Ok(self.happened(Event::Adjusted { points }))
    }

    /// What an event does to (balance, owed).
    pub fn effect(&self, event: &Event) -> (i64, i64) {
        let Facts { balance, owed, .. } = self.facts;
        match *event {
            Event::Earned { points, .. }
            | Event::GivenBack { points, .. }
            | Event::Adjusted { points: points @ 0.. } => {
                let paid_off = owed.min(points);
                (points - paid_off, -paid_off)
            }
            Event::Spent { points, .. } => (-points, 0),
            Event::Adjusted { points } => (points, 0),
            Event::TakenBack { points, .. } => {
                let taken = balance.min(points);
                (-taken, points - taken)
            }
        }
    }

    /// Folds one event.
    pub fn apply(&mut self, event: &Event) {
        let (balance, owed) = self.effect(event);
        self.facts.balance += balance;
        self.facts.owed += owed;
        self.facts.version += 1;
    }

    fn happened(&mut self, event: Event) -> Event {
        self.apply(&event);
        event
    }

    fn has(&self, points: i64) -> Result<(), PointsError> {
        let balance = self.facts.balance;
        if (1..=balance).contains(&points) {
            Ok(())
        } else if points < 1 {
            Err(PointsError::Amount(points))
        } else {
            Err(PointsError::NotEnough { asked: points, balance })
        }
    }

    fn within(&self, points: i64) -> Result<(), PointsError> {
        let Facts { balance, owed, .. } = self.facts;
        let room = i64::MAX / 2;
        if (1..=POINTS_MAX).contains(&points) && balance < room && owed < room {
            Ok(())
        } else {
            Err(PointsError::Amount(points))
        }
    }
}

impl Event {
    /// The movement that it is.
    pub const fn movement(&self) -> Movement {
        match self {
            Self::Earned { .. } => Movement::Earned,
            Self::Spent { .. } => Movement::Spent,
            Self::GivenBack { .. } => Movement::GivenBack,
            Self::TakenBack { .. } => Movement::TakenBack,
            Self::Adjusted { .. } => Movement::Adjusted,
        }
    }

    /// The order that it is about.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Earned { order, .. }
            | Self::Spent { order, .. }
            | Self::GivenBack { order, .. }
            | Self::TakenBack { order, .. } => Some(*order),
            Self::Adjusted { .. } => None,
        }
    }

    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Earned { .. } => "points.earned",
            Self::Spent { .. } => "points.spent",
            Self::GivenBack { .. } => "points.given_back",
            Self::TakenBack { .. } => "points.taken_back",
            Self::Adjusted { .. } => "points.adjusted",
        }
    }
}

/// How many of the `points` that paid `amount_minor` go back when `back_minor` of it goes back, after
/// `before_minor` have gone back already: in proportion, and to the last point in the end.
pub fn points_of_refund(points: i64, amount_minor: i64, before_minor: i64, back_minor: i64) -> i64 {
    let entitled = |minor: i64| {
        let share = i128::from(points) * i128::from(minor) / i128::from(amount_minor.max(1));
        i64::try_from(share).unwrap_or(points).clamp(0, points)
    };
    entitled(before_minor.saturating_add(back_minor)) - entitled(before_minor)
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;
    use proptest::prelude::*;

    use super::*;

    fn account() -> Account {
        Account::new(CustomerId::from_raw(1))
    }

    fn order(raw: i64) -> OrderId {
        OrderId::from_raw(raw)
    }

    fn standing(account: &Account) -> (i64, i64) {
        (account.facts().balance, account.facts().owed)
    }

    #[test]
    fn points_of_an_order_that_ended_are_owed_if_they_were_spent() {
        let mut account = account();
        account.earn(order(1), 100).unwrap();
        account.spend(order(2), PaymentId::from_raw(1), 70).unwrap();
        account.take_back(order(1), 100).unwrap();
        assert_eq!(standing(&account), (0, 70));
        account.earn(order(3), 50).unwrap();
        assert_eq!(standing(&account), (0, 20));
        account.give_back(order(2), RefundId::from_raw(1), 70).unwrap();
        assert_eq!(standing(&account), (50, 0), "50 of order 3 are left");
    }

    #[test]
    fn nobody_spends_points_that_they_do_not_have() {
        let mut account = account();
        account.adjust(10).unwrap();
        let refused = PointsError::NotEnough { asked: 11, balance: 10 };
        assert_eq!(account.spend(order(1), PaymentId::from_raw(1), 11), Err(refused));
        assert_eq!(account.adjust(-11), Err(refused));
        assert_eq!(account.adjust(0), Err(PointsError::Amount(0)));
        assert_eq!(account.earn(order(1), -1), Err(PointsError::Amount(-1)));
    }

    #[test]
    fn the_last_refund_brings_the_last_point() {
        let parts = [(0, 333), (333, 333), (666, 334)];
        let back: Vec<i64> = parts
            .iter()
            .map(|&(before, back)| points_of_refund(100, 1_000, before, back))
            .collect();
        assert_eq!(back, [33, 33, 34]);
    }

    proptest! {
        #[test]
        fn a_balance_is_never_negative_and_its_history_gives_it(
            steps in proptest::collection::vec((0..5, -20_i64..150), 0..60),
        ) {
            let (mut account, mut folded) = (account(), account());
            let mut sum = 0;
            for (step, points) in steps {
                let before = standing(&account);
                let event = match step {
                    0 => account.earn(order(1), points),
                    1 => account.spend(order(1), PaymentId::from_raw(1), points),
                    2 => account.give_back(order(1), RefundId::from_raw(1), points),
                    3 => account.take_back(order(1), points),
                    _ => account.adjust(points),
                };
                if let Ok(event) = event {
                    folded.apply(&event);
                    sum += match event {
                        Event::Spent { points, .. } | Event::TakenBack { points, .. } => -points,
                        Event::Earned { points, .. }
                        | Event::GivenBack { points, .. }
                        | Event::Adjusted { points } => points,
                    };
                } else {
                    prop_assert_eq!(before, standing(&account));
                }
                let (balance, owed) = standing(&account);
                prop_assert!(balance >= 0 && owed >= 0);
                prop_assert_eq!(balance - owed, sum, "nothing is lost between them");
            }
            prop_assert_eq!(folded, account);
        }
    }
}
