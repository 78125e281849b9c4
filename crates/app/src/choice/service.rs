//! What service has to talk to buyers about: one task for an order, with each line that lacks pieces.

use ordermill_base::Timestamp;
use ordermill_domain::choice::{Choice, Question};
use ordermill_domain::ids::{OrderId, SkuId};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx};
use serde::Serialize;

use crate::task::matters;

/// Pieces of a line that nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lack {
    /// Of which order.
    pub order: OrderId,
    /// Of which line.
    pub line_no: u16,
    /// What.
    pub sku: SkuId,
    /// How many.
    pub pieces: i64,
}

impl Lack {
    pub(super) fn of(choice: &Choice, pieces: i64) -> Self {
        let Question { order, line_no, sku, .. } = choice.facts().question;
        Self { order, line_no, sku, pieces }
    }
}

/// Why service talks to a buyer about missing pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// They are missing, and the buyer is not asked.
    Missing,
    /// The buyer wants to be called.
    Call,
    /// The buyer has not answered.
    Silence,
    /// The buyer was asked about more, of which some came in.
    SomeCameIn,
}

/// Service talks to the buyer about missing pieces of a line. Of an order one task is open, with each line
/// that lacks some.
pub(crate) fn to_service(
    tx: &mut Tx<'_>,
    lack: Lack,
    why: Why,
    now: Timestamp,
) -> Result<(), Error> {
    let Lack { order, line_no, sku, pieces } = lack;
    let matter = serde_json::json!({
        "order": order, "sku": sku, "line": line_no, "waiting": pieces, "why": why,
    });
    matters::add(tx, TaskKind::ShortPick, order, (&matter, &["line"]), now)
}

/// Service has nothing to do about a line any more.
pub(crate) fn service_is_done(
    tx: &mut Tx<'_>,
    order: OrderId,
    line_no: u16,
    outcome: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let done = serde_json::json!({ "line": line_no });
    matters::settle(tx, TaskKind::ShortPick, order, &done, outcome, now)
}
