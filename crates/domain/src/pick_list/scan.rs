//! What a scan means for the line at hand.

use ordermill_base::Timestamp;

use super::{Event, ListError, PickList, Step};
use crate::ids::StaffId;
use crate::scan::Scan;

/// What the line at hand is about, by the names that labels and barcodes have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The label of the bin; empty if there is none.
    pub bin: String,
    /// The code of the SKU.
    pub sku: String,
    /// Its GTIN.
    pub gtin: Option<String>,
}

/// Why a scan changes nothing, with what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another bin.
    #[error("this is not bin {0}")]
    WrongBin(String),
    /// Another item.
    #[error("this is not {0}")]
    WrongItem(String),
    /// Another lot.
    #[error("this is not lot {0}")]
    WrongLot(String),
    /// The list is not to be scanned on.
    #[error(transparent)]
    List(#[from] ListError),
}

impl PickList {
    /// Follows a scan at the line at hand: its bin, then its item, then its lot where it has one and the
    /// barcode did not tell. `pieces` are counted at once, where more than one is in the hand.
    ///
    /// # Errors
    /// [`Refusal`] with what was expected; nothing has changed then.
    pub fn scan(
        &mut self,
        by: StaffId,
        scan: &Scan,
        pieces: i64,
        expected: &Expected,
        at: Timestamp,
    ) -> Result<Event, Refusal> {
        self.must_be_of(by)?;
        let line = self.at_hand().ok_or(ListError::Done)?;
        let (no, has, lot) = (line.no, line.left(), line.lot.clone());
        let is_item = scan.is_of(expected.gtin.as_deref(), &expected.sku);
        let event = match line.step {
            Step::Bin if scan.is_label(&expected.bin) => Event::BinFound { line: no },
            Step::Bin => return Err(Refusal::WrongBin(expected.bin.clone())),
            // The lot, when it was asked for.
            Step::Lot if scan.is_label(&lot) => Event::Picked { line: no, pieces },
            Step::Item | Step::Lot if !is_item => {
                return Err(match line.step {
                    Step::Lot => Refusal::WrongLot(lot),
                    Step::Bin | Step::Item => Refusal::WrongItem(expected.sku.clone()),
                });
            }
            Step::Item | Step::Lot => match scan {
                Scan::Goods(goods) if goods.lot.as_ref().is_some_and(|it| *it != lot) => {
                    // Goods that are not kept in lots may well have one printed on them.
                    if lot.is_empty() {
                        Event::Picked { line: no, pieces }
                    } else {
                        return Err(Refusal::WrongLot(lot));
                    }
                }
                Scan::Goods(goods) if goods.lot.is_some() => Event::Picked { line: no, pieces },
                _ if lot.is_empty() || line.is_lot_seen => Event::Picked { line: no, pieces },
                _ => Event::ItemSeen { line: no },
            },
        };
        if matches!(event, Event::Picked { .. }) && !(1..=has).contains(&pieces) {
            return Err(ListError::TooMany { has, asked: pieces }.into());
        }
        Ok(self.happen(event, at))
    }
}
