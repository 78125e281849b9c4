//! Work with a scanner in the hand: receiving, putting away, counting and sending on, scan by scan.
//!
//! Whoever works gathers one movement at a time: which item, of which lot, how many pieces, in which bin.
//! The scan that completes it books it, and the next one begins. Nothing is booked before, so an undo takes
//! back a scan and never a movement. Start at [`HandWork::scan`]; which scan is asked for next is the one
//! `match` in [`HandWork::step`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::{BinId, LocationId, SkuId};

coded! {
    /// What is done.
    enum Kind {
        /// Goods come in: item, pieces, then the bin that they go to.
        Receive = "receive",
        /// Pieces that were picked in vain go back: item, pieces, then the bin.
        PutAway = "put_away",
        /// A bin is counted: bin, item, pieces, then the bin again.
        Count = "count",
        /// Goods are sent to another location: bin, item, pieces, then where to.
        Transfer = "transfer",
    }
}

coded! {
    /// What is asked for next.
    enum Step {
        /// The label of a bin.
        Bin = "bin",
        /// The barcode of an item.
        Item = "item",
        /// The lot, with its last day of sale, of goods that expire.
        Lot = "lot",
        /// More pieces of the item, or what completes it: the bin.
        PiecesOrBin = "pieces_or_bin",
        /// More pieces of the item, or what completes it: the label of a location.
        PiecesOrPlace = "pieces_or_place",
    }
}

/// The most pieces of one movement.
pub const PIECES_MAX: i64 = 9_999_999;

/// A movement that is being gathered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandWork {
    /// What is done.
    pub kind: Kind,
    /// The bin that was scanned first, where that is what comes first.
    pub bin: Option<BinId>,
    /// The item at hand.
    pub item: Option<Item>,
}

/// An item at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What.
    pub sku: SkuId,
    /// From which lot; none for goods without lots, or not scanned yet.
    pub lot: Option<Lot>,
    /// Whether a lot with its last day of sale is needed.
    pub needs_lot: bool,
    /// How many pieces.
    pub pieces: i64,
}

/// A lot as a barcode or a person tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// As printed on the packing.
    pub code: String,
    /// The last day on which it may be sold.
    pub expires_on: Option<Date>,
}

/// What was scanned, as far as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The label of a bin here.
    Bin(BinId),
    /// An item.
    Goods {
        /// What.
        sku: SkuId,
        /// The lot that its barcode tells.
        lot: Option<Lot>,
        /// Whether such goods need a lot with its last day of sale.
        needs_lot: bool,
    },
    /// The label of another location.
    Place(LocationId),
}

/// What a scan has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Noted; more is asked for.
    Noted,
    /// One piece more.
    Counted,
    /// All is there: this is to be booked, and the next movement begins.
    Complete(Movement),
}

/// A movement that is to be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// What.
    pub sku: SkuId,
    /// From which lot.
    pub lot: Option<Lot>,
    /// How many pieces; 0 only for a count.
    pub pieces: i64,
    /// The bin that it is about.
    pub bin: BinId,
    /// Where it is sent.
    pub to: Option<LocationId>,
}

/// Why a scan changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something else is asked for.
    #[error("{0} is asked for")]
    Asked(Step),
    /// Another item is at hand.
    #[error("another item is at hand")]
    OtherItem,
    /// The same item of another lot is at hand.
    #[error("another lot is at hand")]
    OtherLot,
    /// A count ends with the bin that it began with.
    #[error("another bin is counted")]
    OtherBin,
    /// There is nothing to send, receive or put away.
    #[error("no piece is at hand")]
    NoPieces,
    /// More than one movement may have.
    #[error("a movement has at most {PIECES_MAX} pieces")]
    TooMany,
    /// Nothing was scanned that could be taken back.
    #[error("there is nothing to take back")]
    NothingToUndo,
}

impl HandWork {
    /// Nothing was scanned yet.
    pub const fn new(kind: Kind) -> Self {
        Self { kind, bin: None, item: None }
    }

    /// What is asked for next.
    pub const fn step(&self) -> Step {
        match (self.kind, &self.bin, &self.item) {
            (Kind::Count | Kind::Transfer, None, _) => Step::Bin,
            (_, _, None) => Step::Item,
            (_, _, Some(Item { needs_lot: true, lot: None, .. })) => Step::Lot,
            (Kind::Transfer, ..) => Step::PiecesOrPlace,
            (Kind::Receive | Kind::PutAway | Kind::Count, ..) => Step::PiecesOrBin,
        }
    }

    /// Follows one scan. What is refused changes nothing.
    pub fn scan(&mut self, seen: Seen) -> Result<Outcome, Refusal> {
        let step = self.step();
        match (step, seen) {
            (Step::Bin, Seen::Bin(bin)) => {
                self.bin = Some(bin);
                Ok(Outcome::Noted)
            }
            (Step::Item, Seen::Goods { sku, lot, needs_lot }) => {
                self.item = Some(Item { sku, lot, needs_lot, pieces: 1 });
                Ok(Outcome::Noted)
            }
            (Step::Lot, Seen::Goods { sku, lot, .. }) => self.note_lot(sku, lot),
            (Step::PiecesOrBin | Step::PiecesOrPlace, Seen::Goods { sku, lot, .. }) => {
                self.count_one(sku, lot)
            }
            (Step::PiecesOrBin, Seen::Bin(bin)) => {
                let is_count = self.kind == Kind::Count;
                if is_count && self.bin != Some(bin) {
                    return Err(Refusal::OtherBin);
                }
                self.complete(bin, None)
            }
            (Step::PiecesOrPlace, Seen::Place(to)) => {
                let bin = self.bin.ok_or(Refusal::Asked(Step::Bin))?;
                self.complete(bin, Some(to))
            }
            (step, _) => Err(Refusal::Asked(step)),
        }
    }

    fn note_lot(&mut self, sku: SkuId, lot: Option<Lot>) -> Result<Outcome, Refusal> {
        let item = self.item.as_mut().ok_or(Refusal::Asked(Step::Item))?;
        if item.sku != sku {
            return Err(Refusal::OtherItem);
        }
        if lot.is_none() {
            return Err(Refusal::Asked(Step::Lot));
        }
        item.lot = lot;
        Ok(Outcome::Noted)
    }

    fn count_one(&mut self, sku: SkuId, lot: Option<Lot>) -> Result<Outcome, Refusal> {
        let item = self.item.as_mut().ok_or(Refusal::Asked(Step::Item))?;
        if item.sku != sku {
            return Err(Refusal::OtherItem);
        }
        // A barcode without a lot says nothing against the one at hand.
        if lot.is_some() && lot != item.lot {
            return Err(Refusal::OtherLot);
        }
        if item.pieces >= PIECES_MAX {
            return Err(Refusal::TooMany);
        }
        item.pieces += 1;
        Ok(Outcome::Counted)
    }

    fn complete(&mut self, bin: BinId, to: Option<LocationId>) -> Result<Outcome, Refusal> {
        let least = i64::from(self.kind != Kind::Count);
        let Some(item) = self.item.take_if(|item| item.pieces >= least) else {
            return Err(Refusal::NoPieces);
        };
        // Sending on from one bin goes on there.
        if self.kind != Kind::Transfer {
            self.bin = None;
        }
        let Item { sku, lot, pieces, .. } = item;
        Ok(Outcome::Complete(Movement { sku, lot, pieces, bin, to }))
    }

    /// States the lot of the item at hand by hand.
    pub fn state_lot(&mut self, lot: Lot) -> Result<(), Refusal> {
        let item = self.item.as_mut().ok_or(Refusal::Asked(Step::Item))?;
        item.lot = Some(lot);
        Ok(())
    }

    /// States how many pieces there are, for who has counted them already.
    pub fn state_pieces(&mut self, pieces: i64) -> Result<(), Refusal> {
        let item = self.item.as_mut().ok_or(Refusal::Asked(Step::Item))?;
        if !(0..=PIECES_MAX).contains(&pieces) {
            return Err(Refusal::TooMany);
        }
        item.pieces = pieces;
        Ok(())
    }

    /// Takes the newest scan back: a piece, then the item, then the bin.
    pub fn undo(&mut self) -> Result<(), Refusal> {
        match (&mut self.item, self.bin) {
            // Of a count no piece at all is a finding.
            (Some(item), _) if item.pieces > i64::from(self.kind != Kind::Count) => {
                item.pieces -= 1;
            }
            (Some(_), _) => self.item = None,
            (None, Some(_)) => self.bin = None,
            (None, None) => return Err(Refusal::NothingToUndo),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn bin(number: i64) -> Seen {
        Seen::Bin(BinId::from_raw(number))
    }

    fn goods(number: i64) -> Seen {
        Seen::Goods { sku: SkuId::from_raw(number), lot: None, needs_lot: false }
    }

    fn milk(lot: Option<&str>) -> Seen {
        let expires_on = Some(Date::constant(2027, 1, 31));
        let lot = lot.map(|code| Lot { code: code.to_owned(), expires_on });
        Seen::Goods { sku: SkuId::from_raw(9), lot, needs_lot: true }
    }

    fn follow(kind: Kind, scans: Vec<Seen>) -> (HandWork, Result<Outcome, Refusal>) {
        let mut work = HandWork::new(kind);
        let mut last = Ok(Outcome::Noted);
        for seen in scans {
            last = work.scan(seen);
        }
        (work, last)
    }

    fn booked(kind: Kind, scans: Vec<Seen>) -> (i64, i64, i64) {
        match follow(kind, scans).1 {
            Ok(Outcome::Complete(it)) => (it.sku.raw(), it.pieces, it.bin.raw()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn goods_that_come_in_are_counted_up_and_booked_by_the_scan_of_their_bin() {
        assert_eq!(booked(Kind::Receive, vec![goods(1), goods(1), goods(1), bin(5)]), (1, 3, 5));
        let (work, last) = follow(Kind::Receive, vec![bin(5)]);
        assert_eq!((work.step(), last), (Step::Item, Err(Refusal::Asked(Step::Item))));
    }

    #[test]
    fn goods_that_expire_are_asked_for_their_lot() {
        let (work, _) = follow(Kind::Receive, vec![milk(None)]);
        assert_eq!(work.step(), Step::Lot);
        let (_, last) = follow(Kind::Receive, vec![milk(None), bin(5)]);
        assert_eq!(last, Err(Refusal::Asked(Step::Lot)));
        let (_, last) = follow(Kind::Receive, vec![milk(Some("A")), milk(Some("B"))]);
        assert_eq!(last, Err(Refusal::OtherLot));
        assert_eq!(booked(Kind::Receive, vec![milk(None), milk(Some("A")), bin(5)]), (9, 1, 5));
    }

    #[test]
    fn a_count_ends_with_its_own_bin_and_may_find_nothing() {
        assert_eq!(booked(Kind::Count, vec![bin(5), goods(1), goods(1), bin(5)]), (1, 2, 5));
        let (mut work, last) = follow(Kind::Count, vec![bin(5), goods(1), bin(6)]);
        assert_eq!(last, Err(Refusal::OtherBin));
        work.undo().unwrap();
        let Ok(Outcome::Complete(found)) = work.scan(bin(5)) else { panic!("{work:?}") };
        assert_eq!(found.pieces, 0);
    }

    #[test]
    fn goods_are_sent_on_from_a_bin_to_a_place_and_the_next_item_follows_from_the_same_bin() {
        let to = Seen::Place(LocationId::from_raw(2));
        let (work, last) = follow(Kind::Transfer, vec![bin(5), goods(1), to]);
        assert!(matches!(last, Ok(Outcome::Complete(it)) if it.to.is_some() && it.pieces == 1));
        assert_eq!(work.step(), Step::Item);
    }

    #[test]
    fn an_undo_takes_back_one_scan_after_the_other() {
        let (mut work, _) = follow(Kind::Transfer, vec![bin(5), goods(1), goods(1)]);
        for step in [Step::PiecesOrPlace, Step::Item, Step::Bin] {
            work.undo().unwrap();
            assert_eq!(work.step(), step);
        }
        assert_eq!(work.undo(), Err(Refusal::NothingToUndo));
    }

    proptest! {
        /// Whatever is scanned, what is refused changes nothing, and what is booked was counted.
        #[test]
        fn what_is_booked_was_scanned(kind in 0..4_usize, scans in vec((0..4_u8, 1..3_i64), 0..30)) {
            let kind = Kind::ALL[kind];
            let mut work = HandWork::new(kind);
            for (what, number) in scans {
                let before = work.clone();
                let at_hand = work.item.as_ref().map(|item| item.pieces);
                let seen = match what {
                    0 => bin(number),
                    1 => goods(number),
                    2 => milk(Some("A")),
                    _ => Seen::Place(LocationId::from_raw(number)),
                };
                match work.scan(seen) {
                    Err(_) => prop_assert_eq!(&work, &before),
                    Ok(Outcome::Complete(it)) => prop_assert_eq!(Some(it.pieces), at_hand),
                    Ok(_) => {}
                }
            }
        }
    }
}
