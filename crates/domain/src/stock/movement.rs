//! Stock movements: the append-only reasons of every change of what is on hand.

use ordermill_base::Quantity;
use serde::{Deserialize, Serialize};

use super::StockLevel;
use crate::code::coded;
use crate::ids::{LocationId, MovementId, SkuId};

/// A reason for what is on hand to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Came in from a supplier or a buyer.
    Receive(Quantity),
    /// Left for a buyer: takes pieces and their allocation together.
    Ship(Quantity),
    /// A known difference, such as damage or a find: this many more, or fewer.
    Adjust(i64),
    /// Left for another location.
    TransferOut(Quantity),
    /// Came in from another location.
    TransferIn(Quantity),
    /// A count found exactly so many.
    Count(i64),
}

coded! {
    /// The kind of a movement, as stored.
    enum MovementKind {
        /// Came in from a supplier or a buyer.
        Receive = "receive",
        /// Left for a buyer.
        Ship = "ship",
        /// A known difference.
        Adjust = "adjust",
        /// Left for another location.
        TransferOut = "transfer_out",
        /// Came in from another location.
        TransferIn = "transfer_in",
        /// What a count found.
        Count = "count",
    }
}

/// One change of what is on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// Pieces came or went.
    #[serde(rename = "stock.moved")]
    Moved {
        /// What.
        sku: SkuId,
        /// Where.
        location: LocationId,
        /// Why.
        movement: MovementKind,
        /// How many more, or fewer, are on hand.
        delta: i64,
        /// How many are on hand now.
        on_hand: i64,
        /// Its entry among the movements, once it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<MovementId>,
    },
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Moved { .. } => "stock.moved",
        }
    }
}

/// Why a movement was refused; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MovementError {
    /// Fewer would be left than are claimed or in quarantine; release claims first.
    #[error("{left} pieces would be left and {claimed} are claimed")]
    Claimed {
        /// What would be on hand.
        left: i64,
        /// What is claimed by orders or in quarantine.
        claimed: i64,
    },
    /// More than are allocated are to be shipped.
    #[error("{allocated} pieces are allocated, not {asked}")]
    NotAllocated {
        /// How many are.
        allocated: i64,
        /// How many were to ship.
        asked: i64,
    },
    /// A count or a sum that no shelf can have.
    #[error("that many pieces cannot be on hand")]
    Impossible,
}

impl Movement {
    /// Its kind, as stored.
    pub const fn kind(self) -> MovementKind {
        match self {
            Self::Receive(_) => MovementKind::Receive,
            Self::Ship(_) => MovementKind::Ship,
            Self::Adjust(_) => MovementKind::Adjust,
            Self::TransferOut(_) => MovementKind::TransferOut,
            Self::TransferIn(_) => MovementKind::TransferIn,
            Self::Count(_) => MovementKind::Count,
        }
    }
}

impl StockLevel {
    /// Books a movement: the only way in which what is on hand changes. A count that finds what is
    /// there is booked too, with a difference of 0.
    pub fn book(&mut self, movement: Movement) -> Result<Event, MovementError> {
        let delta = match movement {
            Movement::Receive(quantity) | Movement::TransferIn(quantity) => quantity.get(),
            Movement::Ship(quantity) | Movement::TransferOut(quantity) => -quantity.get(),
            Movement::Adjust(delta) => delta,
            Movement::Count(counted) => {
                counted.checked_sub(self.on_hand).ok_or(MovementError::Impossible)?
            }
        };
        let on_hand = self.on_hand.checked_add(delta).ok_or(MovementError::Impossible)?;
        if on_hand < 0 {
            return Err(MovementError::Impossible);
        }
        let mut allocated = self.allocated;
        if let Movement::Ship(quantity) = movement {
            let asked = quantity.get();
            if asked > allocated {
                return Err(MovementError::NotAllocated { allocated, asked });
            }
            allocated -= asked;
        }
        let claimed = self.reserved + allocated + self.quarantine;
        if on_hand < claimed && delta < 0 {
            return Err(MovementError::Claimed { left: on_hand, claimed });
        }
        (self.on_hand, self.allocated) = (on_hand, allocated);
        let (sku, location, movement) = (self.sku, self.location, movement.kind());
        Ok(Event::Moved { sku, location, movement, delta, on_hand, id: None })
    }

    /// Folds one event. A shipping takes its allocation along.
    pub fn apply(&mut self, event: &Event) {
        let Event::Moved { movement, delta, on_hand, .. } = *event;
        self.on_hand = on_hand;
        if movement == MovementKind::Ship {
            self.allocated += delta;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::level;
    use super::*;

    #[test]
    fn shipping_takes_pieces_and_their_allocation_together() {
        let mut stock = level(1, 1, 5);
        let two = Quantity::new(2).unwrap();
        assert_eq!(
            stock.book(Movement::Ship(two)),
            Err(MovementError::NotAllocated { allocated: 0, asked: 2 })
        );
        stock.allocated = 2;
        let mut folded = stock;
        let event = stock.book(Movement::Ship(two)).unwrap();
        assert_eq!((stock.on_hand, stock.allocated), (3, 0));
        folded.apply(&event);
        assert_eq!(folded, stock);
    }

    #[test]
    fn a_count_below_the_claims_is_refused_until_they_are_released() {
        let mut stock = level(1, 1, 5);
        stock.allocated = 4;
        let refused = stock.book(Movement::Count(3));
        assert_eq!(refused, Err(MovementError::Claimed { left: 3, claimed: 4 }));
        stock.allocated = 3;
        assert!(matches!(
            stock.book(Movement::Count(3)),
            Ok(Event::Moved { delta: -2, on_hand: 3, .. })
        ));
    }

    #[test]
    fn a_shelf_never_has_fewer_than_nothing() {
        assert_eq!(level(1, 1, 2).book(Movement::Adjust(-3)), Err(MovementError::Impossible));
        assert_eq!(level(1, 1, 2).book(Movement::Count(-1)), Err(MovementError::Impossible));
        assert_eq!(level(1, 1, 2).book(Movement::Adjust(i64::MAX)), Err(MovementError::Impossible));
    }
}
