//! The books: double-entry postings, append-only.

use ordermill_base::{Currency, Id, Timestamp};
use ordermill_domain::ids::{OrderId, PostingId};
use ordermill_domain::ledger::Posting;

use crate::columns::insert;
use crate::{Error, Insert, Row, Tx, params};

static INSERT: Insert = insert!("ledger_entries" {
    posting_id: Int, entry_no: Int, order_id: Int, account: Text, currency: Text,
    amount_minor: Int, at: Int,
});

/// Books a posting, balanced by construction, for an order.
pub fn post(
    tx: &mut Tx<'_>,
    order: OrderId,
    posting: &Posting,
    at: Timestamp,
) -> Result<PostingId, Error> {
    book(tx, order.raw(), posting, at)
}

/// Books a posting that belongs to no order, such as the issue of a gift card.
pub fn post_apart(tx: &mut Tx<'_>, posting: &Posting, at: Timestamp) -> Result<PostingId, Error> {
    book(tx, OF_NO_ORDER, posting, at)
}

/// What stands in place of an order's id where a posting belongs to none.
pub const OF_NO_ORDER: i64 = 0;

fn book(tx: &mut Tx<'_>, order: i64, posting: &Posting, at: Timestamp) -> Result<PostingId, Error> {
    let id: PostingId = tx.next_id(at);
    for (entry, entry_no) in posting.entries().iter().zip(1_i64..) {
        tx.append(
            &INSERT,
            params![
                id.raw(),
                entry_no,
                order,
                entry.account.code(),
                entry.currency.code(),
                entry.amount_minor,
                at,
            ],
        )?;
    }
    Ok(id)
}

/// One entry of the books of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The posting that it belongs to.
    pub posting: PostingId,
    /// The account's code.
    pub account: String,
    /// In which currency.
    pub currency: Currency,
    /// Debit positive, credit negative, in minor units.
    pub amount_minor: i64,
    /// When it was booked.
    pub at: Timestamp,
}

/// All entries of an order, in the order of booking.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Entry>, Error> {
    tx.query(
        "SELECT posting_id, account, currency, amount_minor, at FROM ledger_entries
          WHERE order_id = $1 ORDER BY posting_id, entry_no",
        params![order.raw()],
        read,
    )
}

pub(crate) fn read(row: &mut Row<'_>) -> Result<Entry, Error> {
    Ok(Entry {
        posting: row.id()?,
        account: row.text()?,
        currency: row.parsed()?,
        amount_minor: row.int()?,
        at: row.at()?,
    })
}
