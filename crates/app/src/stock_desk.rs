//! Stock booked by hand at the console: who may, and how much alone.
//!
//! The commands themselves are those of [`crate::stock`]. Up to a limit the right to adjust stock is
//! enough; beyond it, and for whoever may only with a second person, nothing is booked.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::role::Permission;
use ordermill_domain::stock::ADJUSTED_ALONE_MAX;
use ordermill_storage::{Error, Tx, stock as stored};

use crate::permission::{About, Access, Forbidden, Principal, authorize};
use crate::stock::{self, Spot, StockError};

/// What is to be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booking {
    /// Goods came in.
    Receive(ordermill_base::Quantity),
    /// This many more, or fewer.
    Adjust(i64),
    /// This many were counted.
    Count(i64),
    /// Goods go to another location, into a bin of it if one is named.
    Transfer(ordermill_base::Quantity, LocationId, Option<BinId>),
}

/// Why nothing was booked.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// A second person must approve it.
    #[error("a correction by {pieces} pieces needs a second person")]
    NeedsSecond {
        /// By how many pieces the books would change.
        pieces: i64,
    },
    /// The rules of stock say no.
    #[error(transparent)]
    Stock(#[from] StockError),
}

impl From<Error> for BookError {
    fn from(error: Error) -> Self {
        Self::Stock(error.into())
    }
}

/// Books a movement by hand.
pub fn book(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (sku, at): (SkuId, LocationId),
    booking: &Booking,
    spot: &Spot,
) -> Result<(), BookError> {
    let about = About { location: Some(at), ..About::default() };
    let access = authorize(principal, Permission::AdjustStock, &about)?;
    let corrected = match booking {
        // What comes in or moves has papers; a correction has nothing but the person's word.
        Booking::Receive(_) | Booking::Transfer(..) => 0,
        Booking::Adjust(delta) => delta.saturating_abs(),
        Booking::Count(counted) => (counted - expected(tx, sku, at, spot)?).saturating_abs(),
    };
    if access < Access::Full || corrected > ADJUSTED_ALONE_MAX {
        return Err(BookError::NeedsSecond { pieces: corrected });
    }
    match booking {
        Booking::Receive(quantity) => {
            stock::receive_stock(tx, act, sku, at, *quantity, spot, None)?;
        }
        Booking::Adjust(delta) => {
            stock::adjust_stock(tx, act, sku, at, *delta, spot)?;
        }
        Booking::Count(counted) => {
            stock::count_stock(tx, act, sku, at, *counted, spot)?;
        }
        Booking::Transfer(quantity, to, bin) => {
            let from = (at, spot.bin.is_some().then_some(spot));
            stock::transfer_stock(tx, act, sku, from, (*to, *bin), *quantity)?;
        }
    }
    Ok(())
}

/// What the books say lies at a spot; without a bin, what lies in none.
fn expected(tx: &mut Tx<'_>, sku: SkuId, at: LocationId, spot: &Spot) -> Result<i64, Error> {
    let bins = stored::bins(tx, sku, at)?;
    let lot = spot.lot.as_ref().map_or("", |lot| lot.code.as_str());
    if let Some(bin) = spot.bin {
        let found = bins.iter().find(|stock| stock.bin == bin && stock.lot == lot);
        return Ok(found.map_or(0, |stock| stock.on_hand));
    }
    let levels = stored::levels(tx, [sku])?;
    let on_hand = levels.iter().find(|level| level.location == at).map_or(0, |it| it.on_hand);
    Ok(on_hand - bins.iter().map(|stock| stock.on_hand).sum::<i64>())
}
