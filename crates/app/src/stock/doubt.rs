//! Goods in bins that are not as the books say: somebody is to count them.
//!
//! One task is open for a bin at a time, with each SKU and lot that was missed in it. A count takes its goods
//! off the task once it is booked, by whatever way, and the last of them ends it.

use ordermill_base::Timestamp;
use ordermill_domain::fulfillment::ShortReason;
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx};
use serde_json::json;

use crate::task::matters;

/// What was missed in a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missed<'a> {
    /// What.
    pub sku: SkuId,
    /// Of which lot; empty for goods without lots.
    pub lot: &'a str,
    /// How many pieces.
    pub pieces: i64,
    /// Why.
    pub reason: ShortReason,
}

/// Asks for a count of goods in a bin.
pub(crate) fn ask(
    tx: &mut Tx<'_>,
    (location, bin): (LocationId, BinId),
    missed: Missed<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let Missed { sku, lot, pieces, reason } = missed;
    let matter = json!({
        "location": location, "bin": bin, "sku": sku, "lot": lot, "missing": pieces, "reason": reason,
    });
    matters::add(tx, TaskKind::CountBin, bin, (&matter, &["sku", "lot"]), now)
}

/// Goods in a bin were counted, and the count is booked.
pub(crate) fn counted(
    tx: &mut Tx<'_>,
    bin: BinId,
    sku: SkuId,
    lot: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let done = json!({ "sku": sku, "lot": lot });
    matters::settle(tx, TaskKind::CountBin, bin, &done, "counted", now)
}

/// Whether goods in a bin are to be counted.
pub(crate) fn is_asked(tx: &mut Tx<'_>, bin: BinId, sku: SkuId, lot: &str) -> Result<bool, Error> {
    matters::is_open(tx, TaskKind::CountBin, bin, &json!({ "sku": sku, "lot": lot }))
}
