//! Stock on the floor: receiving, adjusting, counting, moving between locations.
//!
//! Each command books domain movements on locked levels and records them with who, when and why.
//!
//! Invariant: what lies in the bins of a location is never more than what is on hand there; the
//! difference lies in totes of pickers, or somewhere without a label. Commands without a bin touch only the
//! latter.

pub(crate) mod doubt;

use jiff::civil::Date;
use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, IncomingId, LocationId, MovementId, SkuId};
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::{
    BackorderPolicy, Lot as ShelfLot, LotsShort, Movement, MovementError, fefo,
};
use ordermill_storage::incoming::{self, Incoming};
use ordermill_storage::stock::{self, BinStock, Levels, Place};
use ordermill_storage::{Error, Tx, location, pick_list, shelf, sku};

/// Where exactly pieces are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// The shelf position; none: somewhere at the location.
    pub bin: Option<BinId>,
    /// The lot, for goods that are kept in lots.
    pub lot: Option<Lot>,
}

/// Goods that were packed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// As printed on the packing.
    pub code: String,
    /// The last day on which it may be sold.
    pub expires_on: Option<Date>,
}

/// Pieces to take from one spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// From where.
    pub spot: Spot,
    /// How many.
    pub quantity: Quantity,
}

/// Why stock was not changed; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum StockError {
    /// No such SKU, location, bin or announcement.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The bin is at another location.
    #[error("the bin is at another location")]
    BinElsewhere,
    /// Goods that expire are kept in lots, and a lot lies in a bin.
    #[error("goods that expire need a lot with its last day of sale, in a bin")]
    NeedsLot,
    /// A correction says why.
    #[error("a correction needs a reason")]
    NeedsReason,
    /// The bin has fewer pieces than are taken from it, or so many are left without a bin.
    #[error("{has} pieces are there, not {asked}")]
    Short {
        /// How many pieces are there.
        has: i64,
        /// How many were to be taken.
        asked: i64,
    },
    /// The announcement is of other goods or for another location.
    #[error("the announcement is of other goods or for another location")]
    OtherAnnouncement,
    /// Both ends of a transfer are the same location.
    #[error("goods are moved between two locations")]
    SameLocation,
    /// The rules of stock refuse, such as when pieces are claimed by orders.
    #[error(transparent)]
    Refused(#[from] MovementError),
    /// Too few pieces are in lots that are still good.
    #[error(transparent)]
    LotsShort(#[from] LotsShort),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Takes in goods, as announced or unannounced. Gives the movement.
pub fn receive_stock(
    tx: &mut Tx<'_>,
    act: &Act,
    sku: SkuId,
    at: LocationId,
    quantity: Quantity,
    spot: &Spot,
    announced: Option<IncomingId>,
) -> Result<MovementId, StockError> {
    let announced = match announced {
        None => None,
        Some(id) => {
            let found = incoming::fetch(tx, id)?.ok_or(StockError::NotFound("announcement"))?;
            if (found.sku, found.location) != (sku, at) {
                return Err(StockError::OtherAnnouncement);
            }
            Some(found)
        }
    };
    let mut floor = Floor::open(tx, sku, at, spot)?;
    let goods = Move {
        movement: Movement::Receive(quantity),
        spot,
        reference_id: announced.as_ref().map(|it| raw(it.id)),
    };
    let id = floor.book(tx, act, at, goods)?;
    if let Some(before) = announced {
        let after = Incoming { received: before.received + quantity.get(), ..before.clone() };
        incoming::update(tx, act, &before, &after)?;
    }
    Ok(id)
}

/// Books a known difference such as damage or a find: this many more, or fewer. Says why.
pub fn adjust_stock(
    tx: &mut Tx<'_>,
    act: &Act,
    sku: SkuId,
    at: LocationId,
    delta: i64,
    spot: &Spot,
) -> Result<MovementId, StockError> {
    if act.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(StockError::NeedsReason);
    }
    let mut floor = Floor::open(tx, sku, at, spot)?;
    floor.must_have(tx, at, spot, -delta)?;
    floor.book(tx, act, at, Move { movement: Movement::Adjust(delta), spot, reference_id: None })
}

/// Books what a count has found: in a bin (and lot), or of all that lies at the location without a
/// bin. A count that finds what the books say is recorded too. Whoever asked for it has it then.
pub fn count_stock(
    tx: &mut Tx<'_>,
    act: &Act,
    sku: SkuId,
    at: LocationId,
    counted: i64,
    spot: &Spot,
) -> Result<MovementId, StockError> {
    let mut floor = Floor::open(tx, sku, at, spot)?;
    let Pieces { all: expected, claimed } = floor.pieces(tx, at, spot)?;
    if (0..claimed).contains(&counted) {
        // Whoever picks finds out that the pieces are not there, and says so.
        return Err(MovementError::Claimed { left: counted, claimed }.into());
    }
    let on_hand = floor.levels.at(sku, at)?.on_hand;
    if counted < 0 {
        return Err(MovementError::Impossible.into());
    }
    let total = on_hand.saturating_add(counted - expected);
    let goods = Move { movement: Movement::Count(total), spot, reference_id: None };
    let id = floor.book(tx, act, at, goods)?;
    if let Some(bin) = spot.bin {
        doubt::counted(tx, bin, sku, lot_of(spot), act.at)?;
    }
    Ok(id)
}

/// Moves pieces from one location to another: from the given spot, or from what expires first.
/// They lie at `to_spot` afterwards, in the lots in which they came. Gives what was taken.
pub fn transfer_stock(
    tx: &mut Tx<'_>,
    act: &Act,
    sku: SkuId,
    (from, from_spot): (LocationId, Option<&Spot>),
    (to, to_bin): (LocationId, Option<BinId>),
    quantity: Quantity,
) -> Result<Vec<Pick>, StockError> {
    if from == to {
        return Err(StockError::SameLocation);
    }
    let arriving = Spot { bin: to_bin, lot: from_spot.and_then(|spot| spot.lot.clone()) };
    stock::ensure(tx, sku, to)?;
    let mut floor = Floor::open(tx, sku, from, from_spot.unwrap_or(&Spot::default()))?;
    check_bin(tx, to, to_bin)?;
    let picks = match from_spot {
        Some(spot) => {
            floor.must_have(tx, from, spot, quantity.get())?;
            vec![Pick { spot: spot.clone(), quantity }]
        }
        None => floor.picks(tx, from, quantity, act.at)?,
    };
    for pick in &picks {
        let out = Movement::TransferOut(pick.quantity);
        let left = Move { movement: out, spot: &pick.spot, reference_id: Some(raw(to)) };
        floor.book(tx, act, from, left)?;
        let spot = Spot { bin: arriving.bin, lot: pick.spot.lot.clone() };
        let movement = Movement::TransferIn(pick.quantity);
        floor.book(tx, act, to, Move { movement, spot: &spot, reference_id: Some(raw(from)) })?;
    }
    Ok(picks)
}

/// The newest movement of a SKU: what the commands of this transaction have booked last.
pub fn newest_movement(tx: &mut Tx<'_>, sku: SkuId) -> Result<MovementId, StockError> {
    let newest = stock::movements(tx, sku, 1)?;
    newest.first().map(|movement| movement.id).ok_or(StockError::NotFound("SKU"))
}

/// Says how much of a SKU is kept back at a location, and whether it is sold while there is none.
pub fn set_stock_policy(
    tx: &mut Tx<'_>,
    act: &Act,
    sku: SkuId,
    at: LocationId,
    safety_stock: i64,
    backorder: BackorderPolicy,
) -> Result<(), StockError> {
    if safety_stock < 0 {
        return Err(MovementError::Impossible.into());
    }
    let mut floor = Floor::open(tx, sku, at, &Spot::default())?;
    let before = *floor.levels.at(sku, at)?;
    let after = ordermill_domain::stock::StockLevel { safety_stock, backorder, ..before };
    Ok(stock::edit_policy(tx, act, &before, &after)?)
}

/// From which spots pieces are best taken: what expires first and is still good at `at`, then what
/// does not expire, then what lies without a bin.
pub fn picks(
    tx: &mut Tx<'_>,
    sku: SkuId,
    from: LocationId,
    quantity: Quantity,
    at: Timestamp,
) -> Result<Vec<Pick>, StockError> {
    Floor::open(tx, sku, from, &Spot::default())?.picks(tx, from, quantity, at)
}

/// The levels of one SKU in the hands of one command.
struct Floor {
    sku: Sku,
    levels: Levels,
    location: ordermill_domain::location::Location,
}

/// What lies at a spot.
struct Pieces {
    all: i64,
    /// Those that pick lists will take.
    claimed: i64,
}

impl Pieces {
    /// Those that nobody will take.
    const fn free(&self) -> i64 {
        self.all - self.claimed
    }
}

/// A movement at a spot, and the raw id of what caused it.
struct Move<'a> {
    movement: Movement,
    spot: &'a Spot,
    reference_id: Option<i64>,
}

impl Floor {
    fn open(tx: &mut Tx<'_>, sku: SkuId, at: LocationId, spot: &Spot) -> Result<Self, StockError> {
        let sku = sku::fetch(tx, sku)?.ok_or(StockError::NotFound("SKU"))?;
        let location = location::fetch(tx, at)?.ok_or(StockError::NotFound("location"))?;
        check_bin(tx, at, spot.bin)?;
        stock::ensure(tx, sku.id, at)?;
        let levels = stock::lock(tx, [sku.id])?;
        Ok(Self { sku, levels, location })
    }

    fn book(
        &mut self,
        tx: &mut Tx<'_>,
        act: &Act,
        at: LocationId,
        Move { movement, spot, reference_id }: Move<'_>,
    ) -> Result<MovementId, StockError> {
        let has_day = spot.lot.as_ref().is_some_and(|lot| lot.expires_on.is_some());
        let is_lost = spot.lot.is_some() && spot.bin.is_none();
        let is_undated = self.sku.handling.is_perishable && !has_day;
        let is_wrong = match movement {
            Movement::Receive(_) => is_lost || is_undated,
            Movement::TransferIn(_) | Movement::Count(_) => is_lost,
            Movement::Adjust(_) | Movement::TransferOut(_) | Movement::Ship(_) => false,
        };
        if is_wrong {
            return Err(StockError::NeedsLot);
        }
        let level = self.levels.at(self.sku.id, at)?;
        let event = level.book(movement)?;
        let level = *level;
        let day = spot.lot.as_ref().and_then(|lot| lot.expires_on).map(|day| day.to_string());
        let lot = spot.lot.as_ref().map(|lot| (lot.code.as_str(), day.as_deref()));
        let place = Place { bin: spot.bin, lot, reference_id };
        Ok(stock::record(tx, act, &level, event, place)?)
    }

    /// What lies at a spot; without a bin, what lies in none and in no tote.
    fn pieces(
        &mut self,
        tx: &mut Tx<'_>,
        at: LocationId,
        spot: &Spot,
    ) -> Result<Pieces, StockError> {
        let bins = stock::bins(tx, self.sku.id, at)?;
        let Some(bin) = spot.bin else {
            let in_bins: i64 = bins.iter().map(|stock| stock.on_hand).sum();
            let mut all = self.levels.at(self.sku.id, at)?.on_hand - in_bins;
            if shelf::is_kept_in_bins(tx, self.sku.id, at)? {
                // What lies in totes and boxes is on its way to somebody, or back to a bin.
                all -= pick_list::beside_bins_of(tx, at, self.sku.id)?.in_totes;
            }
            return Ok(Pieces { all, claimed: 0 });
        };
        let lot = lot_of(spot);
        let is_there = |stock: &&BinStock| stock.bin == bin && stock.lot == lot;
        let found = bins.iter().find(is_there);
        let pieces = |stock: &BinStock| Pieces { all: stock.on_hand, claimed: stock.claimed };
        Ok(found.map_or(Pieces { all: 0, claimed: 0 }, pieces))
    }

    fn must_have(
        &mut self,
        tx: &mut Tx<'_>,
        at: LocationId,
        spot: &Spot,
        asked: i64,
    ) -> Result<(), StockError> {
        if asked <= 0 {
            return Ok(());
        }
        let has = self.pieces(tx, at, spot)?.free();
        if has < asked { Err(StockError::Short { has, asked }) } else { Ok(()) }
    }

    fn picks(
        &mut self,
        tx: &mut Tx<'_>,
        from: LocationId,
        quantity: Quantity,
        at: Timestamp,
    ) -> Result<Vec<Pick>, StockError> {
        let without_bin = self.pieces(tx, from, &Spot::default())?.all;
        let bins = stock::bins(tx, self.sku.id, from)?;
        let on_shelf = bins.iter().map(|stock| ShelfLot {
            expires_at: stock.expires_on.map(|day| self.end_of(day)),
            quantity: stock.on_hand - stock.claimed,
        });
        let nowhere = ShelfLot { expires_at: None, quantity: without_bin };
        let lots: Vec<ShelfLot> = on_shelf.chain([nowhere]).collect();
        let spot = |index: usize| bins.get(index).map_or_else(Spot::default, spot_of);
        let picks = fefo(&lots, quantity.get(), at)?.into_iter().map(|pick| {
            let quantity = Quantity::new(pick.quantity).map_err(|_| MovementError::Impossible)?;
            Ok(Pick { spot: spot(pick.lot), quantity })
        });
        picks.collect()
    }

    /// The moment after the last day of sale by the clock of the location.
    fn end_of(&self, day: Date) -> Timestamp {
        end_of(day, &self.location)
    }
}

/// The moment after a day by the clock of a location.
pub(crate) fn end_of(day: Date, at: &ordermill_domain::location::Location) -> Timestamp {
    let next = day.tomorrow().unwrap_or(Date::MAX);
    let midnight = next.to_zoned(at.time_zone.clone());
    midnight.map_or(Timestamp::from_micros(i64::MAX), |zoned| zoned.timestamp().into())
}

fn spot_of(stock: &BinStock) -> Spot {
    let lot = (!stock.lot.is_empty())
        .then(|| Lot { code: stock.lot.clone(), expires_on: stock.expires_on });
    Spot { bin: Some(stock.bin), lot }
}

/// The code of a spot's lot; empty for goods without lots.
fn lot_of(spot: &Spot) -> &str {
    spot.lot.as_ref().map_or("", |lot| lot.code.as_str())
}

fn check_bin(tx: &mut Tx<'_>, at: LocationId, bin: Option<BinId>) -> Result<(), StockError> {
    let Some(bin) = bin else { return Ok(()) };
    let found = location::fetch_bin(tx, bin)?.ok_or(StockError::NotFound("bin"))?;
    if found.location == at { Ok(()) } else { Err(StockError::BinElsewhere) }
}

fn raw(id: impl ordermill_base::Id) -> i64 {
    id.raw()
}
