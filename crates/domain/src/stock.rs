//! Stock: how many pieces of a SKU a location has, and who claims them.
//!
//! Start at [`StockLevel`]. On hand changes only through a [`Movement`]; reserved and allocated
//! change only with reservations. Whole orders are reserved by [`reserve_lines`], lots are chosen
//! by [`fefo`], shelves to pick from by [`claim_shelves`], what may be promised by when is [`atp`].
//!
//! Invariant: what is claimed or in quarantine is on hand. A movement that would break this is
//! refused, so that claims are released first.

mod atp;
mod claim;
mod lots;
mod movement;
mod reserve;
mod with_gifts;

use ordermill_base::Quantity;

pub use atp::{Incoming, atp, earliest};
pub use claim::{Shelf, claim_shelves};
pub use lots::{Lot, LotPick, LotsShort, fefo};
pub use movement::{Event, Movement, MovementError, MovementKind};
pub use reserve::{Demand, Reserved, reserve_lines};
pub use with_gifts::reserve_with_gifts;

use crate::code::coded;
use crate::ids::{LocationId, SkuId};
use crate::reservation::Claim;

/// By how many pieces one person alone may correct a level; more needs a second one.
pub const ADJUSTED_ALONE_STANDARD: i64 = 50;

/// The pieces of one SKU at one location, by bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockLevel {
    /// What is counted.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Physically there: the sum of all movements.
    pub on_hand: i64,
    /// Held for orders that wait: the sum of held reservations.
    pub reserved: i64,
    /// Firmly claimed by orders: the sum of allocated reservations.
    pub allocated: i64,
    /// On its way here from suppliers and other locations; not on hand.
    pub incoming: i64,
    /// Kept back from sale.
    pub safety_stock: i64,
    /// On hand, and not to be sold before an inspection.
    pub quarantine: i64,
    /// Whether it is sold while there is none.
    pub backorder: BackorderPolicy,
}

coded! {
    /// Whether a SKU is sold while there is none.
    enum BackorderPolicy {
        /// It is sold out.
        Deny = "deny",
        /// The buyer waits.
        Allow = "allow",
    }
}

/// Less stock than wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{available} of {wanted} pieces of {sku} are available")]
pub struct Shortage {
    /// What is short.
    pub sku: SkuId,
    /// How many pieces are wanted in all.
    pub wanted: i64,
    /// How many there are for them.
    pub available: i64,
}

/// A bucket with fewer pieces than were taken from it: the level does not match its reservations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{sku} at {location} has {has} {claim} pieces, not {asked}")]
pub struct Unbalanced {
    /// Which level.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// Which bucket.
    pub claim: Claim,
    /// What is in it.
    pub has: i64,
    /// What was to be taken from it.
    pub asked: i64,
}

/// Why a claim could not be changed; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// A new claim on more than is available.
    #[error(transparent)]
    Shortage(#[from] Shortage),
    /// A claim that the level does not know.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
}

impl StockLevel {
    /// An empty level.
    pub const fn new(sku: SkuId, location: LocationId, backorder: BackorderPolicy) -> Self {
        Self {
            sku,
            location,
            on_hand: 0,
            reserved: 0,
            allocated: 0,
            incoming: 0,
            safety_stock: 0,
            quarantine: 0,
            backorder,
        }
    }

    /// On hand, and neither claimed nor in quarantine; never negative.
    pub const fn unclaimed(&self) -> i64 {
        self.on_hand - self.reserved - self.allocated - self.quarantine
    }

    /// What is left to sell: unclaimed without the safety stock. Zero while the safety stock is
    /// not complete.
    pub const fn available(&self) -> i64 {
        let left = self.unclaimed() - self.safety_stock;
        if left > 0 { left } else { 0 }
    }

    /// Holds pieces, or fails without changing anything.
    pub fn reserve(&mut self, quantity: Quantity) -> Result<(), Shortage> {
        let wanted = quantity.get();
        let available = self.available();
        if wanted > available {
            return Err(Shortage { sku: self.sku, wanted, available });
        }
        self.reserved += wanted;
        Ok(())
    }

    /// Follows a reservation from one state to another, given what it claimed and claims. The
    /// pieces of a reservation that was consumed are still on hand until [`Movement::Ship`] takes
    /// claim and pieces together; so pass that step through the movement alone.
    pub fn change_claim(
        &mut self,
        from: Option<Claim>,
        to: Option<Claim>,
        quantity: Quantity,
    ) -> Result<(), ClaimError> {
        let asked = quantity.get();
        if from.is_none() && to.is_some() && asked > self.available() {
            let (sku, available) = (self.sku, self.available());
            return Err(Shortage { sku, wanted: asked, available }.into());
        }
        if let Some(claim) = from {
            let (sku, location) = (self.sku, self.location);
            let bucket = self.bucket(claim);
            if *bucket < asked {
                return Err(Unbalanced { sku, location, claim, has: *bucket, asked }.into());
            }
            *bucket -= asked;
        }
        if let Some(claim) = to {
            *self.bucket(claim) += asked;
        }
        Ok(())
    }

    const fn bucket(&mut self, claim: Claim) -> &mut i64 {
        match claim {
            Claim::Reserved => &mut self.reserved,
            Claim::Allocated => &mut self.allocated,
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;
    use proptest::prelude::*;

    use super::*;

    pub(super) fn level(sku: i64, location: i64, on_hand: i64) -> StockLevel {
        let (sku, location) = (SkuId::from_raw(sku), LocationId::from_raw(location));
        StockLevel { on_hand, ..StockLevel::new(sku, location, BackorderPolicy::Deny) }
    }

    #[test]
    fn claims_quarantine_and_safety_stock_are_not_for_sale() {
        let mut stock = level(1, 1, 20);
        (stock.reserved, stock.allocated, stock.quarantine, stock.safety_stock) = (3, 4, 5, 6);
        assert_eq!((stock.unclaimed(), stock.available()), (8, 2));
        stock.safety_stock = 9;
        assert_eq!(stock.available(), 0);
    }

    #[test]
    fn the_last_piece_is_reserved_once() {
        let mut stock = level(1, 1, 1);
        assert_eq!(stock.reserve(Quantity::ONE), Ok(()));
        let shortage = Shortage { sku: stock.sku, wanted: 1, available: 0 };
        assert_eq!(stock.reserve(Quantity::ONE), Err(shortage));
        assert_eq!(stock.reserved, 1);
    }

    #[test]
    fn a_claim_that_the_level_does_not_know_is_not_taken_back() {
        let mut stock = level(1, 1, 5);
        let before = stock;
        let result = stock.change_claim(Some(Claim::Allocated), None, Quantity::ONE);
        assert!(matches!(result, Err(ClaimError::Unbalanced(Unbalanced { has: 0, asked: 1, .. }))));
        assert_eq!(stock, before);
    }

    proptest! {
        /// Whatever buyers and the floor do in whatever order, nothing is sold twice.
        #[test]
        fn claims_never_exceed_what_is_on_hand(
            steps in proptest::collection::vec((0..9, 1_i64..30), 0..60),
        ) {
            let mut stock = level(1, 1, 20);
            let mut moved = 20;
            for (step, pieces) in steps {
                let quantity = Quantity::new(pieces).unwrap();
                let before = stock;
                let movement = match step {
                    0 => Movement::Receive(quantity),
                    1 => Movement::Ship(quantity),
                    2 => Movement::Adjust(15 - pieces),
                    3 => Movement::TransferOut(quantity),
                    4 => Movement::Count(pieces),
                    5 => {
                        let _ = stock.reserve(quantity);
                        continue;
                    }
                    6 => {
                        let _ = stock.change_claim(Some(Claim::Reserved), Some(Claim::Allocated), quantity);
                        continue;
                    }
                    7 => {
                        let _ = stock.change_claim(Some(Claim::Allocated), None, quantity);
                        continue;
                    }
                    _ => Movement::TransferIn(quantity),
                };
                match stock.book(movement) {
                    Ok(Event::Moved { delta, on_hand, .. }) => {
                        moved += delta;
                        prop_assert_eq!(on_hand, stock.on_hand);
                    }
                    Err(_) => prop_assert_eq!(stock, before),
                }
                prop_assert!(stock.on_hand >= 0 && stock.reserved >= 0 && stock.allocated >= 0);
                prop_assert!(stock.unclaimed() >= 0);
                prop_assert_eq!(stock.on_hand, moved);
            }
        }
    }
}
