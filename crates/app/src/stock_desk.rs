//! Stock booked by hand at the console: who may, and how much alone.
//!
//! The commands themselves are those of [`crate::stock`]. Up to a limit the right to adjust stock is
//! enough; beyond it, and for whoever may only with a second person, the booking waits for one.

use jiff::civil::Date;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId, MovementId, SkuId};
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx, stock as stored};
use serde::{Deserialize, Serialize};

use crate::approval::{self, AskError, Decision, Wish};
use crate::catalog::{ShopSettings, settings};
use crate::permission::{About, Access, Forbidden, Principal, authorize};
use crate::stock::{self, Lot, Spot, StockError};

/// What is to be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The rules of stock say no.
    #[error(transparent)]
    Stock(#[from] StockError),
}

impl From<Error> for BookError {
    fn from(error: Error) -> Self {
        Self::Stock(error.into())
    }
}

/// A booking that waits for a second person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockWish {
    /// What tells this request from others about the same goods.
    pub movement: MovementId,
    /// Of what.
    pub sku: SkuId,
    /// Where.
    pub at: LocationId,
    /// What is to be booked. A count is kept as what it differs by: pieces that come and go until
    /// it is approved are not counted away.
    pub booking: Booking,
    /// Whether it was a count.
    pub is_count: bool,
    /// In which bin.
    pub bin: Option<BinId>,
    /// Of which lot.
    pub lot: Option<(String, Option<Date>)>,
}

/// Books a movement by hand, or asks a second person.
pub fn book(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (sku, at): (SkuId, LocationId),
    booking: &Booking,
    spot: &Spot,
) -> Result<Decision<MovementId>, BookError> {
    let about = About { location: Some(at), ..About::default() };
    let access = authorize(principal, Permission::AdjustStock, &about)?;
    let corrected = match booking {
        // What comes in or moves has papers; a correction has nothing but the person's word.
        Booking::Receive(_) | Booking::Transfer(..) => 0,
        Booking::Adjust(delta) => *delta,
        Booking::Count(counted) => counted - expected(tx, sku, at, spot)?,
    };
    if access == Access::Full && !is_over_limit(tx, corrected)? {
        return Ok(Decision::Done(run(tx, act, (sku, at), booking, spot)?));
    }
    if act.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(StockError::NeedsReason.into());
    }
    let is_count = matches!(booking, Booking::Count(_));
    let wish = StockWish {
        movement: tx.next_id(act.at),
        sku,
        at,
        booking: if is_count { Booking::Adjust(corrected) } else { booking.clone() },
        is_count,
        bin: spot.bin,
        lot: spot.lot.as_ref().map(|lot| (lot.code.clone(), lot.expires_on)),
    };
    match approval::ask(tx, act, Wish::Stock(wish)) {
        Ok(task) => Ok(Decision::AwaitsApproval(task)),
        // Each request has an id of its own.
        Err(AskError::AnotherWaits(_)) => Err(Error::Conflict.into()),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Whether a correction is more than one person may decide alone.
pub(crate) fn is_over_limit(tx: &mut Tx<'_>, corrected: i64) -> Result<bool, Error> {
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    Ok(corrected.saturating_abs() > shop.stock_limit_pieces)
}

/// Books what was approved.
pub(crate) fn carry_out(
    tx: &mut Tx<'_>,
    act: &Act,
    wish: &StockWish,
) -> Result<MovementId, StockError> {
    let lot = wish.lot.clone().map(|(code, expires_on)| Lot { code, expires_on });
    let spot = Spot { bin: wish.bin, lot };
    let place = (wish.sku, wish.at);
    match &wish.booking {
        Booking::Adjust(delta) if wish.is_count => {
            let counted = expected(tx, wish.sku, wish.at, &spot)?.saturating_add(*delta);
            run(tx, act, place, &Booking::Count(counted), &spot)
        }
        booking => run(tx, act, place, booking, &spot),
    }
}

fn run(
    tx: &mut Tx<'_>,
    act: &Act,
    (sku, at): (SkuId, LocationId),
    booking: &Booking,
    spot: &Spot,
) -> Result<MovementId, StockError> {
    match booking {
        Booking::Receive(quantity) => stock::receive_stock(tx, act, sku, at, *quantity, spot, None),
        Booking::Adjust(delta) => stock::adjust_stock(tx, act, sku, at, *delta, spot),
        Booking::Count(counted) => stock::count_stock(tx, act, sku, at, *counted, spot),
        Booking::Transfer(quantity, to, bin) => {
            let from = (at, spot.bin.is_some().then_some(spot));
            stock::transfer_stock(tx, act, sku, from, (*to, *bin), *quantity)?;
            stock::newest_movement(tx, sku)
        }
    }
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
