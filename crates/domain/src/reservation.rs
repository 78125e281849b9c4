//! Reservations: stock held for an order line, first for a while, then firmly.
//!
//! Start at [`Reservation`]; the life cycle is the one `match` in [`State::after`]. Each state says
//! with [`State::claims`] which bucket of the stock level it counts in, so that a level's reserved
//! and allocated pieces are the sums of its reservations.

use ordermill_base::{Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::{LocationId, OrderId, SkuId};
use crate::stock::Reserved;

/// Pieces of one SKU at one location for one order line. Known by order, line and location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    facts: Facts,
}

/// What is stored of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The order.
    pub order: OrderId,
    /// The line of the order.
    pub line_no: u16,
    /// What is held.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// How many pieces.
    pub quantity: Quantity,
    /// Where it stands.
    pub state: State,
    /// When a held one expires, if it does.
    pub expires_at: Option<Timestamp>,
}

coded! {
    /// Where a reservation stands.
    enum State {
        /// Held until it is paid, or until its time is over.
        Held = "held",
        /// Firmly claimed by the order.
        Allocated = "allocated",
        /// Left the building.
        Consumed = "consumed",
        /// Its time was over; the pieces are on sale again.
        Expired = "expired",
        /// Given up.
        Released = "released",
        /// Waits for stock; claims none yet.
        Backordered = "backordered",
    }
}

coded! {
    /// What moves a reservation on.
    enum Step {
        /// Claim the pieces firmly.
        Allocate = "allocate",
        /// They leave the building.
        Consume = "consume",
        /// The time is over (D2).
        Expire = "expire",
        /// Hold them again after a late payment.
        Rehold = "rehold",
        /// Give them up.
        Release = "release",
        /// Stock came in for a backorder.
        Arrive = "arrive",
        /// Wait for stock after a late payment, as there is none.
        Wait = "wait",
    }
}

coded! {
    /// Why a reservation was given up.
    enum ReleaseReason {
        /// Its order was canceled.
        OrderCanceled = "order_canceled",
        /// Its order was rejected.
        OrderRejected = "order_rejected",
        /// Another location ships the line.
        Resourced = "resourced",
        /// The pieces were not found.
        ShortPick = "short_pick",
        /// The order was changed.
        OrderChanged = "order_changed",
    }
}

coded! {
    /// A bucket of a stock level in which a reservation counts.
    enum Claim {
        /// Held for a while.
        Reserved = "reserved",
        /// Firmly claimed.
        Allocated = "allocated",
    }
}

/// A step that a reservation does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reservation that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the reservation stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

impl State {
    /// The whole life cycle. Released and consumed are the ends; an expired one is held again when
    /// its order is paid late, or waits where there is no stock and the buyer agreed to wait.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Held, Step::Allocate) => Ok(Self::Allocated),
            (Self::Allocated, Step::Consume) => Ok(Self::Consumed),
            (Self::Held, Step::Expire) => Ok(Self::Expired),
            (Self::Expired, Step::Rehold) | (Self::Backordered, Step::Arrive) => Ok(Self::Held),
            (Self::Expired, Step::Wait) => Ok(Self::Backordered),
            // A canceled order no longer waits for stock either.
            (Self::Held | Self::Allocated | Self::Backordered, Step::Release) => Ok(Self::Released),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// The bucket of the stock level in which its pieces count, if any.
    pub const fn claims(self) -> Option<Claim> {
        match self {
            Self::Held => Some(Claim::Reserved),
            Self::Allocated => Some(Claim::Allocated),
            Self::Consumed | Self::Expired | Self::Released | Self::Backordered => None,
        }
    }
}

/// One change of a reservation. It starts with its order: see [`crate::order::Placed::reserved`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// Firmly claimed.
    #[serde(rename = "reservation.allocated")]
    Allocated {
        /// Which reservation of the order.
        #[serde(flatten)]
        of: Which,
    },
    /// Left the building.
    #[serde(rename = "reservation.consumed")]
    Consumed {
        /// Which reservation of the order.
        #[serde(flatten)]
        of: Which,
    },
    /// Its time was over.
    #[serde(rename = "reservation.expired")]
    Expired {
        /// Which reservation of the order.
        #[serde(flatten)]
        of: Which,
    },
    /// Held again, after it expired or when stock arrived.
    #[serde(rename = "reservation.held")]
    Held {
        /// Which reservation of the order.
        #[serde(flatten)]
        of: Which,
        /// Where it stood.
        from: State,
        /// When it expires, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Given up.
    #[serde(rename = "reservation.released")]
    Released {
        /// Which reservation of the order.
        #[serde(flatten)]
        of: Which,
        /// Where it stood.
        from: State,
        /// Why.
        reason: ReleaseReason,
    },
}

/// Which reservation of an order, and how many pieces it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    /// The line of the order.
    pub line_no: u16,
    /// What is held.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// How many pieces.
    pub quantity: Quantity,
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Allocated { .. } => "reservation.allocated",
            Self::Consumed { .. } => "reservation.consumed",
            Self::Expired { .. } => "reservation.expired",
            Self::Held { .. } => "reservation.held",
            Self::Released { .. } => "reservation.released",
        }
    }
}

impl Reservation {
    /// The reservation that an order starts with: held, or waiting for stock.
    pub const fn of_placed(
        order: OrderId,
        reserved: &Reserved,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let Reserved { line_no, sku, location, quantity, backordered } = *reserved;
        let (state, expires_at) =
            if backordered { (State::Backordered, None) } else { (State::Held, expires_at) };
        Self { facts: Facts { order, line_no, sku, location, quantity, state, expires_at } }
    }

    /// A reservation as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// Claims the pieces firmly.
    pub fn allocate(&mut self) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Allocate)?;
        Ok(self.happened(Event::Allocated { of: self.which() }))
    }

    /// Notes that the pieces left the building.
    pub fn consume(&mut self) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Consume)?;
        Ok(self.happened(Event::Consumed { of: self.which() }))
    }

    /// Gives the pieces back because the time is over (D2).
    pub fn expire(&mut self) -> Result<Event, InvalidTransition> {
        self.facts.state.after(Step::Expire)?;
        Ok(self.happened(Event::Expired { of: self.which() }))
    }

    /// Holds the pieces again after a late payment; the caller has reserved them at the level.
    pub fn rehold(&mut self, expires_at: Option<Timestamp>) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Rehold)?;
        Ok(self.happened(Event::Held { of: self.which(), from, expires_at }))
    }

    /// Holds pieces that came in for a backorder; the caller has reserved them at the level.
    pub fn arrive(&mut self) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Arrive)?;
        Ok(self.happened(Event::Held { of: self.which(), from, expires_at: None }))
    }

    /// Waits for stock after a late payment. The order's confirmation says so; there is no event beside
    /// it.
    pub fn wait(&mut self) -> Result<(), InvalidTransition> {
        self.facts.state = self.facts.state.after(Step::Wait)?;
        self.facts.expires_at = None;
        Ok(())
    }

    /// Gives the pieces up.
    pub fn release(&mut self, reason: ReleaseReason) -> Result<Event, InvalidTransition> {
        let from = self.facts.state;
        from.after(Step::Release)?;
        Ok(self.happened(Event::Released { of: self.which(), from, reason }))
    }

    /// Folds one event of this reservation.
    pub const fn apply(&mut self, event: &Event) {
        let (state, expires_at) = match *event {
            Event::Allocated { .. } => (State::Allocated, None),
            Event::Consumed { .. } => (State::Consumed, None),
            Event::Expired { .. } => (State::Expired, None),
            Event::Held { expires_at, .. } => (State::Held, expires_at),
            Event::Released { .. } => (State::Released, None),
        };
        self.facts.state = state;
        self.facts.expires_at = expires_at;
    }

    const fn which(&self) -> Which {
        let Facts { line_no, sku, location, quantity, .. } = self.facts;
        Which { line_no, sku, location, quantity }
    }

    const fn happened(&mut self, event: Event) -> Event {
        self.apply(&event);
        event
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;
    use proptest::prelude::*;

    use super::*;
    use crate::code::life_cycle;
    use crate::stock::{BackorderPolicy, StockLevel};

    fn reservation(backordered: bool) -> Reservation {
        let reserved = Reserved {
            line_no: 1,
            sku: SkuId::from_raw(1),
            location: LocationId::from_raw(1),
            quantity: Quantity::new(3).unwrap(),
            backordered,
        };
        Reservation::of_placed(OrderId::from_raw(1), &reserved, Some(Timestamp::from_micros(9)))
    }

    #[test]
    fn the_life_cycle() {
        insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
        Held --Allocate--> Allocated
        Held --Expire--> Expired
        Held --Release--> Released
        Allocated --Consume--> Consumed
        Allocated --Release--> Released
        Expired --Rehold--> Held
        Expired --Wait--> Backordered
        Backordered --Release--> Released
        Backordered --Arrive--> Held
        ");
    }

    #[test]
    fn a_backorder_does_not_expire() {
        let waiting = reservation(true);
        assert_eq!((waiting.state(), waiting.facts().expires_at), (State::Backordered, None));
        assert_eq!(reservation(false).facts().expires_at, Some(Timestamp::from_micros(9)));
    }

    proptest! {
        /// Whatever happens to it, the buckets of the stock level are those that it claims.
        #[test]
        fn a_level_counts_what_its_reservations_claim(
            backordered in any::<bool>(),
            steps in proptest::collection::vec(0..6, 0..20),
        ) {
            let mut one = reservation(backordered);
            let mut folded = one;
            let mut level = StockLevel::new(one.facts().sku, one.facts().location, BackorderPolicy::Deny);
            level.on_hand = 10;
            let quantity = one.facts().quantity;
            level.change_claim(None, one.state().claims(), quantity).unwrap();
            for step in steps {
                let before = one.state();
                let event = match step {
                    0 => one.allocate(),
                    1 => one.consume(),
                    2 => one.expire(),
                    3 => one.rehold(None),
                    4 => one.arrive(),
                    _ => one.release(ReleaseReason::OrderCanceled),
                };
                let Ok(event) = event else {
                    prop_assert_eq!(one.state(), before);
                    continue;
                };
                folded.apply(&event);
                level.change_claim(before.claims(), one.state().claims(), quantity).unwrap();
            }
            prop_assert_eq!(folded, one);
            let (mut reserved, mut allocated) = (0, 0);
            match one.state().claims() {
                Some(Claim::Reserved) => reserved = 3,
                Some(Claim::Allocated) => allocated = 3,
                None => {}
            }
            prop_assert_eq!((level.reserved, level.allocated), (reserved, allocated));
        }
    }
}
