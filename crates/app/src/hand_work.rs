//! Receiving, putting away, counting and sending on with a scanner, scan by scan.
//!
//! What a person is gathering is kept between two scans ([`ordermill_domain::hand_work`]); the scan that
//! completes it books it by the same commands as the console, in one transaction. Each scan has an id of its
//! own: what is sent again gets the answer that it got, another scan with the same id is refused, and a refused
//! one changes nothing.

use ordermill_base::Quantity;
use ordermill_domain::actor::Act;
use ordermill_domain::hand_work::{
    HandWork, Kind, Lot as SeenLot, Movement, Outcome as Followed, Refusal, Seen, Step,
};
use ordermill_domain::ids::{BinId, LocationId, SkuId, StaffId};
use ordermill_domain::scan::Scan;
use ordermill_domain::sku::Sku;
use ordermill_storage::{Error, Tx, hand_work as stored, location, pick_list, stock};
use serde::{Deserialize, Serialize};

use crate::approval::Decision;
use crate::catalog::Catalog;
use crate::permission::Principal;
use crate::pick_list::{InVain, PickError, may_pick, put_away_each};
use crate::stock::{Lot, Spot, StockError};
use crate::stock_desk::{BookError, Booking, book};

/// Lines that wait to be put away and are looked at.
const WAITING_MAX: i64 = 1_000;

/// What was sent from a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The id of the scan, given by the device; none: it is not known again.
    pub key: Option<String>,
    /// What was done.
    pub asked: Asked,
}

/// What was done on the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Asked {
    /// A barcode was scanned, or typed.
    Scan(String),
    /// So many pieces were counted already.
    Pieces(i64),
    /// The lot was typed.
    Lot(SeenLot),
    /// The newest scan is taken back.
    Undo,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// In one word.
    pub outcome: Outcome,
    /// What is being gathered now.
    pub work: HandWork,
}

/// What came of a scan, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Right; more is asked for.
    Noted,
    /// One piece more.
    Counted,
    /// The newest scan was taken back.
    Undone,
    /// All was there, and it is booked.
    Booked,
    /// All was there, and a second person decides about it.
    AwaitsApproval,
    /// Another thing is asked for: see the step of the work.
    OtherAsked,
    /// No barcode that can be read, or none that is known here.
    Unknown,
    /// Another item is at hand.
    OtherItem,
    /// Another lot is at hand.
    OtherLot,
    /// Another bin is counted.
    OtherBin,
    /// There is no piece at hand.
    NoPieces,
    /// More than there may be, or more than wait.
    TooMany,
    /// Nothing of the item waits to be put away, or lies in the bin.
    NotThere,
    /// Such goods need a lot with its last day of sale.
    NeedsLot,
    /// The pieces are claimed by orders.
    Claimed,
    /// There is nothing to take back.
    NothingToUndo,
}

impl Outcome {
    /// Whether something has changed.
    pub const fn is_taken(self) -> bool {
        matches!(
            self,
            Self::Noted | Self::Counted | Self::Undone | Self::Booked | Self::AwaitsApproval
        )
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum HandError {
    /// They may not work there.
    #[error(transparent)]
    Forbidden(#[from] crate::permission::Forbidden),
    /// The id of the scan was given to another one.
    #[error("the id of the scan was given to another one")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Follows what was done at a location. Something that is sent again gets the answer that it got; what is
/// refused changes nothing and may be sent anew.
///
/// # Errors
/// If they may not work there, or if another scan had the same id. What the work refuses is an [`Answer`].
pub fn work(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    (principal, by): (&Principal, StaffId),
    act: &Act,
    (kind, at): (Kind, LocationId),
    sent: &Sent,
) -> Result<Answer, HandError> {
    may_pick(principal, at)?;
    let digest = digest(kind, at, &sent.asked)?;
    if let Some(key) = &sent.key
        && let Some(stored::Answered { answer, request_hash }) = stored::answer(tx, by, key)?
    {
        if request_hash.is_some_and(|known| known != digest) {
            return Err(HandError::KeyReused);
        }
        let unreadable = |_| Error::Unreadable { what: "answer to a scan", text: answer.clone() };
        return Ok(serde_json::from_str(&answer).map_err(unreadable)?);
    }
    let mut work = stored::fetch_for_update(tx, by, kind)?;
    let before = work.clone();
    let floor = Floor { catalog, principal, act, at };
    let outcome = match floor.follow(tx, &mut work, &sent.asked)? {
        Ok(outcome) => outcome,
        Err(outcome) => return Ok(Answer { outcome, work: before }),
    };
    stored::put(tx, by, &work, act.at)?;
    let answer = Answer { outcome, work };
    if let Some(key) = &sent.key {
        let kept = serde_json::to_string(&answer).map_err(Error::defect)?;
        stored::keep_answer(tx, by, (key, &digest), &kept, act.at)?;
    }
    Ok(answer)
}

/// A digest of all that the answer to a scan depends on, apart from what was scanned before.
fn digest(kind: Kind, at: LocationId, asked: &Asked) -> Result<Vec<u8>, Error> {
    let sent = serde_json::to_vec(&(kind.code(), at, asked)).map_err(Error::defect)?;
    Ok(ring::digest::digest(&ring::digest::SHA256, &sent).as_ref().to_vec())
}

/// Where and for whom one scan is followed.
struct Floor<'a> {
    catalog: &'a Catalog,
    principal: &'a Principal,
    act: &'a Act,
    at: LocationId,
}

/// What was taken, or why nothing was.
type Told = Result<Outcome, Outcome>;

impl Floor<'_> {
    fn follow(
        &self,
        tx: &mut Tx<'_>,
        work: &mut HandWork,
        asked: &Asked,
    ) -> Result<Told, HandError> {
        Ok(match asked {
            Asked::Undo => work.undo().map(|()| Outcome::Undone).map_err(of_refusal),
            Asked::Lot(lot) => {
                if lot.code.is_empty() || lot.expires_on.is_none() {
                    return Ok(Err(Outcome::NeedsLot));
                }
                work.state_lot(lot.clone()).map(|()| Outcome::Noted).map_err(of_refusal)
            }
            Asked::Pieces(pieces) => match self.allows(tx, work, *pieces)? {
                Ok(()) => work.state_pieces(*pieces).map(|()| Outcome::Counted).map_err(of_refusal),
                Err(outcome) => Err(outcome),
            },
            Asked::Scan(text) => self.scan(tx, work, text)?,
        })
    }

    fn scan(&self, tx: &mut Tx<'_>, work: &mut HandWork, text: &str) -> Result<Told, HandError> {
        let Some(seen) = self.seen(tx, work, text)? else { return Ok(Err(Outcome::Unknown)) };
        if let (Seen::Goods { sku, .. }, Step::Item) = (&seen, work.step())
            && !self.is_there(tx, work, *sku)?
        {
            return Ok(Err(Outcome::NotThere));
        }
        match work.scan(seen) {
            Ok(Followed::Noted) => Ok(Ok(Outcome::Noted)),
            Ok(Followed::Counted) => {
                let pieces = work.item.as_ref().map_or(0, |item| item.pieces);
                Ok(self.allows(tx, work, pieces)?.map(|()| Outcome::Counted))
            }
            Ok(Followed::Complete(movement)) => self.book(tx, work.kind, &movement),
            Err(refusal) => Ok(Err(of_refusal(refusal))),
        }
    }

    /// What a text means here: a bin of the location, an item, or another location.
    fn seen(&self, tx: &mut Tx<'_>, work: &HandWork, text: &str) -> Result<Option<Seen>, Error> {
        let Ok(scan) = Scan::read(text) else { return Ok(None) };
        Ok(match scan {
            Scan::Goods(goods) => {
                let found =
                    goods.gtin.spellings().find_map(|gtin| self.catalog.by_gtin(gtin)).cloned();
                let lot = goods.lot.map(|code| SeenLot { code, expires_on: goods.expires_on });
                found.map(|sku| self.goods(tx, work, &sku, lot)).transpose()?
            }
            Scan::Label(label) => {
                if let Some(bin) = location::find_bin(tx, self.at, &label)? {
                    Some(Seen::Bin(bin.id))
                } else if let Some(sku) = self.catalog.by_code(&label).cloned() {
                    Some(self.goods(tx, work, &sku, None)?)
                } else {
                    let place = self.catalog.location_by_code(&label);
                    place.filter(|place| place.id != self.at).map(|place| Seen::Place(place.id))
                }
            }
        })
    }

    fn goods(
        &self,
        tx: &mut Tx<'_>,
        work: &HandWork,
        sku: &Sku,
        lot: Option<SeenLot>,
    ) -> Result<Seen, Error> {
        let has_day = lot.as_ref().is_some_and(|lot| lot.expires_on.is_some());
        let needs_lot = sku.handling.is_perishable && work.kind != Kind::PutAway;
        let lot = match work.kind {
            // Goods that expire come in with their last day of sale.
            Kind::Receive => lot.filter(|_| has_day || !needs_lot),
            Kind::PutAway => None,
            Kind::Count | Kind::Transfer => match (lot, work.bin) {
                (None, Some(bin)) => self.only_lot(tx, sku.id, bin)?,
                (lot, _) => lot,
            },
        };
        Ok(Seen::Goods { sku: sku.id, lot, needs_lot })
    }

    /// The lot of a SKU in a bin, if there is one alone.
    fn only_lot(&self, tx: &mut Tx<'_>, sku: SkuId, bin: BinId) -> Result<Option<SeenLot>, Error> {
        let mut lots = stock::bins(tx, sku, self.at)?.into_iter();
        let mut here = lots.by_ref().filter(|it| it.bin == bin && it.on_hand > 0);
        Ok(match (here.next(), here.next()) {
            (Some(only), None) if !only.lot.is_empty() => {
                Some(SeenLot { code: only.lot, expires_on: only.expires_on })
            }
            _ => None,
        })
    }

    /// Whether anything of an item may be done at all.
    fn is_there(&self, tx: &mut Tx<'_>, work: &HandWork, sku: SkuId) -> Result<bool, Error> {
        Ok(match (work.kind, work.bin) {
            (Kind::PutAway, _) => self.waiting(tx, sku)? > 0,
            (Kind::Transfer, Some(bin)) => {
                let mut bins = stock::bins(tx, sku, self.at)?.into_iter();
                bins.any(|it| it.bin == bin && it.on_hand > 0)
            }
            (Kind::Receive | Kind::Count | Kind::Transfer, _) => true,
        })
    }

    /// Whether so many pieces may be at hand.
    fn allows(
        &self,
        tx: &mut Tx<'_>,
        work: &HandWork,
        pieces: i64,
    ) -> Result<Result<(), Outcome>, Error> {
        let Some(item) = &work.item else { return Ok(Err(Outcome::OtherAsked)) };
        let is_too_many = work.kind == Kind::PutAway && pieces > self.waiting(tx, item.sku)?;
        Ok(if is_too_many { Err(Outcome::TooMany) } else { Ok(()) })
    }

    /// How many pieces of an item wait to be put away.
    fn waiting(&self, tx: &mut Tx<'_>, sku: SkuId) -> Result<i64, Error> {
        Ok(self.in_vain(tx, sku)?.iter().map(|it| it.pieces).sum())
    }

    /// The pieces of an item that wait to be put away, by list.
    fn in_vain(&self, tx: &mut Tx<'_>, sku: SkuId) -> Result<Vec<InVain>, Error> {
        let lines = pick_list::to_put_away(tx, self.at, Some(sku), WAITING_MAX)?.into_iter();
        let in_vain = lines.map(|(list, line)| {
            let pieces = line.picked - line.returned;
            InVain { list, line: line.no, pieces }
        });
        Ok(in_vain.collect())
    }

    fn book(&self, tx: &mut Tx<'_>, kind: Kind, movement: &Movement) -> Result<Told, HandError> {
        let Movement { sku, bin, pieces, to, .. } = *movement;
        if kind == Kind::PutAway {
            return self.put_back(tx, sku, bin, pieces);
        }
        let booking = match (kind, Quantity::new(pieces), to) {
            (Kind::Count, ..) => Booking::Count(pieces),
            (Kind::Transfer, Ok(quantity), Some(to)) => Booking::Transfer(quantity, to, None),
            (_, Ok(quantity), _) => Booking::Receive(quantity),
            (_, Err(_), _) => return Ok(Err(Outcome::NoPieces)),
        };
        let lot = movement.lot.clone();
        let lot = lot.map(|SeenLot { code, expires_on }| Lot { code, expires_on });
        let spot = Spot { bin: Some(bin), lot };
        match book(tx, self.principal, self.act, (sku, self.at), &booking, &spot) {
            Ok(Decision::Done(_)) => Ok(Ok(Outcome::Booked)),
            Ok(Decision::AwaitsApproval(_)) => Ok(Ok(Outcome::AwaitsApproval)),
            Err(BookError::Forbidden(forbidden)) => Err(forbidden.into()),
            Err(BookError::Stock(StockError::Storage(error))) => Err(error.into()),
            Err(BookError::Stock(error)) => Ok(Err(of_stock(&error))),
        }
    }

    /// Puts pieces that were picked in vain into a bin.
    fn put_back(
        &self,
        tx: &mut Tx<'_>,
        sku: SkuId,
        bin: BinId,
        pieces: i64,
    ) -> Result<Told, HandError> {
        let mut left = pieces;
        let mut goods = self.in_vain(tx, sku)?;
        for it in &mut goods {
            it.pieces = it.pieces.min(left);
            left -= it.pieces;
        }
        if left > 0 {
            return Ok(Err(Outcome::TooMany));
        }
        goods.retain(|it| it.pieces > 0);
        match put_away_each(tx, self.principal, self.act, &goods, bin) {
            Ok(_) => Ok(Ok(Outcome::Booked)),
            Err(PickError::Storage(error)) => Err(error.into()),
            Err(PickError::Forbidden(forbidden)) => Err(forbidden.into()),
            Err(PickError::Work(error)) => Err(error.into_storage().into()),
            // A colleague was faster: this command runs again with what it finds then.
            Err(PickError::NotFound | PickError::KeyReused | PickError::List(_)) => {
                Err(tx.lost_race().into())
            }
        }
    }
}

const fn of_refusal(refusal: Refusal) -> Outcome {
    match refusal {
        Refusal::Asked(_) => Outcome::OtherAsked,
        Refusal::OtherItem => Outcome::OtherItem,
        Refusal::OtherLot => Outcome::OtherLot,
        Refusal::OtherBin => Outcome::OtherBin,
        Refusal::NoPieces => Outcome::NoPieces,
        Refusal::TooMany => Outcome::TooMany,
        Refusal::NothingToUndo => Outcome::NothingToUndo,
    }
}

const fn of_stock(error: &StockError) -> Outcome {
    match error {
        StockError::NeedsLot => Outcome::NeedsLot,
        StockError::Refused(_) => Outcome::Claimed,
        StockError::Short { .. } | StockError::LotsShort(_) => Outcome::NotThere,
        StockError::NotFound(_)
        | StockError::BinElsewhere
        | StockError::NeedsReason
        | StockError::OtherAnnouncement
        | StockError::SameLocation
        | StockError::Storage(_) => Outcome::Unknown,
    }
}
