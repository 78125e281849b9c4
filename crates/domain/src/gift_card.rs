//! Gift cards: balances that are known by a code.
//!
//! A gift card is a means of payment: it pays a part of an order's total and changes neither prices
//! nor taxes. Start at [`GiftCard`]; every change of its balance is an [`Event`], so that folding its
//! history gives what is stored. The code is no part of this: it is sealed, and found by a blind
//! index.
//!
//! Invariant: the balance is the sum of all changes, and never negative.

use ordermill_base::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::{GiftCardId, OrderId, PaymentId, RefundId};

/// The name by which gift cards stand among the gateways of payments.
pub const GATEWAY: &str = "gift_card";

/// A gift card and what is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiftCard {
    facts: Facts,
}

/// What is stored of a gift card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its key.
    pub id: GiftCardId,
    /// What can be spent.
    pub balance: Money,
    /// The sequence of its last event; 1 when just issued.
    pub version: i64,
    /// When it was issued.
    pub issued_at: Timestamp,
}

coded! {
    /// Where the money on a new card comes from.
    enum Origin {
        /// A buyer has paid for it.
        Sold = "sold",
        /// The shop gives it away.
        Granted = "granted",
    }
}

coded! {
    /// Why a balance changed.
    enum Movement {
        /// The card is new.
        Issued = "issued",
        /// It paid for an order.
        Spent = "spent",
        /// What it paid came back.
        GivenBack = "given_back",
        /// A person set it right.
        Adjusted = "adjusted",
    }
}

/// One change of a gift card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It is new.
    #[serde(rename = "gift_card.issued")]
    Issued {
        /// What is on it, minor units.
        amount_minor: i64,
        /// Of which currency.
        currency: Currency,
        /// Where the money comes from.
        origin: Origin,
    },
    /// It paid for an order.
    #[serde(rename = "gift_card.spent")]
    Spent {
        /// Which order.
        order: OrderId,
        /// The payment that it is.
        payment: PaymentId,
        /// How much, minor units.
        amount_minor: i64,
    },
    /// What it paid came back.
    #[serde(rename = "gift_card.given_back")]
    GivenBack {
        /// Of which order.
        order: OrderId,
        /// By which refund.
        refund: RefundId,
        /// How much, minor units.
        amount_minor: i64,
    },
    /// A person set it right.
    #[serde(rename = "gift_card.adjusted")]
    Adjusted {
        /// By how much, minor units; may be negative.
        delta_minor: i64,
    },
}

/// Why a gift card does not do that; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GiftCardError {
    /// Less is on it.
    #[error("{asked_minor} minor units of a gift card with {balance_minor}")]
    NotEnough {
        /// What was asked.
        asked_minor: i64,
        /// What there is.
        balance_minor: i64,
    },
    /// Nothing, or beyond every real card.
    #[error("{0} minor units cannot be put on a gift card")]
    Amount(i64),
}

/// The most that a card may hold, minor units.
pub const BALANCE_MAX: i64 = 100_000_000_000;

impl GiftCard {
    /// Issues a card.
    pub fn issue(
        id: GiftCardId,
        amount: Money,
        origin: Origin,
        at: Timestamp,
    ) -> Result<(Self, Event), GiftCardError> {
        if !(1..=BALANCE_MAX).contains(&amount.minor) {
            return Err(GiftCardError::Amount(amount.minor));
        }
        let (amount_minor, currency) = (amount.minor, amount.currency);
        let facts = Facts { id, balance: amount, version: 1, issued_at: at };
        Ok((Self { facts }, Event::Issued { amount_minor, currency, origin }))
    }

    /// The card right after it was issued, where a fold of its history starts; `None` for any other
    /// event.
    pub const fn issued(id: GiftCardId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Issued { amount_minor, currency, .. } = *event else { return None };
        let balance = Money::new(amount_minor, currency);
        Some(Self { facts: Facts { id, balance, version: 1, issued_at: at } })
    }

    /// A card as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What can be spent.
    pub const fn balance(&self) -> Money {
        self.facts.balance
    }

    /// Pays for an order.
    pub fn spend(
        &mut self,
        order: OrderId,
        payment: PaymentId,
        amount_minor: i64,
    ) -> Result<Event, GiftCardError> {
        let balance_minor = self.facts.balance.minor;
        if !(1..=balance_minor).contains(&amount_minor) {
            return Err(GiftCardError::NotEnough { asked_minor: amount_minor, balance_minor });
        }
        Ok(self.happened(Event::Spent { order, payment, amount_minor }))
    }

    /// Takes back what it paid.
    pub fn give_back(
        &mut self,
        order: OrderId,
        refund: RefundId,
        amount_minor: i64,
    ) -> Result<Event, GiftCardError> {
        let fits = |sum: i64| sum <= i64::MAX / 2;
        if amount_minor <= 0
            || !self.facts.balance.minor.checked_add(amount_minor).is_some_and(fits)
        {
            return Err(GiftCardError::Amount(amount_minor));
        }
        Ok(self.happened(Event::GivenBack { order, refund, amount_minor }))
    }

    /// Sets the balance right.
    pub fn adjust(&mut self, delta_minor: i64) -> Result<Event, GiftCardError> {
        let balance_minor = self.facts.balance.minor;
        let after = balance_minor.checked_add(delta_minor);
        match after {
            Some(..0) => Err(GiftCardError::NotEnough { asked_minor: -delta_minor, balance_minor }),
            Some(after) if delta_minor != 0 && (delta_minor < 0 || after <= BALANCE_MAX) => {
                Ok(self.happened(Event::Adjusted { delta_minor }))
            }
            _ => Err(GiftCardError::Amount(delta_minor)),
        }
    }

    /// Folds one event.
    pub fn apply(&mut self, event: &Event) {
        self.facts.version += 1;
        self.facts.balance.minor += event.delta_minor();
    }

    fn happened(&mut self, event: Event) -> Event {
        self.apply(&event);
        event
    }
}

impl Event {
    /// What it does to the balance, minor units.
    pub const fn delta_minor(&self) -> i64 {
        match *self {
            Self::Issued { amount_minor, .. } | Self::GivenBack { amount_minor, .. } => {
                amount_minor
            }
            Self::Spent { amount_minor, .. } => -amount_minor,
            Self::Adjusted { delta_minor } => delta_minor,
        }
    }

    /// The movement that it is.
    pub const fn movement(&self) -> Movement {
        match self {
            Self::Issued { .. } => Movement::Issued,
            Self::Spent { .. } => Movement::Spent,
            Self::GivenBack { .. } => Movement::GivenBack,
            Self::Adjusted { .. } => Movement::Adjusted,
        }
    }

    /// The order that it is about.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Spent { order, .. } | Self::GivenBack { order, .. } => Some(*order),
            Self::Issued { .. } | Self::Adjusted { .. } => None,
        }
    }

    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Issued { .. } => "gift_card.issued",
            Self::Spent { .. } => "gift_card.spent",
            Self::GivenBack { .. } => "gift_card.given_back",
            Self::Adjusted { .. } => "gift_card.adjusted",
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;
    use proptest::prelude::*;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn card(minor: i64) -> (GiftCard, Event) {
        let amount = Money::new(minor, Currency::Cny);
        GiftCard::issue(GiftCardId::from_raw(1), amount, Origin::Granted, AT).unwrap()
    }

    #[test]
    fn a_card_pays_no_more_than_is_on_it() {
        let (mut card, _) = card(300);
        let (order, payment) = (OrderId::from_raw(1), PaymentId::from_raw(2));
        assert!(card.spend(order, payment, 200).is_ok());
        let refused = GiftCardError::NotEnough { asked_minor: 101, balance_minor: 100 };
        assert_eq!(card.spend(order, payment, 101), Err(refused));
        assert_eq!(card.adjust(-101), Err(refused));
        assert_eq!(card.balance(), Money::new(100, Currency::Cny));
    }

    #[test]
    fn a_card_is_worth_something_and_not_absurdly_much() {
        for minor in [0, -1, BALANCE_MAX + 1] {
            let amount = Money::new(minor, Currency::Cny);
            let refused = GiftCard::issue(GiftCardId::from_raw(1), amount, Origin::Sold, AT);
            assert_eq!(refused, Err(GiftCardError::Amount(minor)));
        }
        assert_eq!(card(1).0.adjust(0), Err(GiftCardError::Amount(0)));
        assert_eq!(card(1).0.adjust(BALANCE_MAX), Err(GiftCardError::Amount(BALANCE_MAX)));
    }

    proptest! {
        #[test]
        fn folding_the_events_gives_the_stored_card(
            steps in proptest::collection::vec((0..3, -50_i64..200), 0..40),
        ) {
            let (mut card, issued) = card(500);
            let mut folded = GiftCard::issued(card.facts().id, &issued, AT).unwrap();
            for (step, minor) in steps {
                let event = match step {
                    0 => card.spend(OrderId::from_raw(1), PaymentId::from_raw(1), minor),
                    1 => card.give_back(OrderId::from_raw(1), RefundId::from_raw(1), minor),
                    _ => card.adjust(minor),
                };
                event.iter().for_each(|event| folded.apply(event));
                prop_assert!(card.balance().minor >= 0);
            }
            prop_assert_eq!(folded, card);
        }
    }
}
