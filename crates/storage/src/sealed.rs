//! Every column that holds ciphertext, for sealing old values anew under another key.
//!
//! A sealed value begins with a byte of version and four bytes of the number of its key.

use crate::columns::Kind;
use crate::tx::PerRow;
use crate::{Columns, Error, Tx, params};

/// A column of sealed values, each sealed for its table, its column and its row's `id`.
#[derive(Debug)]
pub struct SealedColumn {
    /// The table's name.
    pub table: &'static str,
    /// The column's name.
    pub column: &'static str,
    replace: PerRow<'static>,
}

/// `sealed!("orders", "recipient")`
macro_rules! sealed {
    ($table:literal, $column:literal) => {
        SealedColumn {
            table: $table,
            column: $column,
            replace: PerRow {
                sqlite: concat!(
                    "UPDATE ",
                    $table,
                    " SET ",
                    $column,
                    " = $3 WHERE id = $1 AND ",
                    $column,
                    " = $2"
                ),
                postgres: concat!(
                    "UPDATE ",
                    $table,
                    " t SET ",
                    $column,
                    " = n.fresh",
                    " FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS n (id, old, fresh)",
                    " WHERE t.id = n.id AND t.",
                    $column,
                    " = n.old"
                ),
            },
        }
    };
}

/// All of them. A new column with sealed values gets its line here.
pub static SEALED: &[SealedColumn] = &[
    sealed!("orders", "recipient"),
    sealed!("customers", "profile"),
    sealed!("staff", "totp"),
    sealed!("order_notes", "text"),
    sealed!("inbox", "body"),
    sealed!("webhook_endpoints", "secret"),
    sealed!("webhook_endpoints", "previous_secret"),
    sealed!("disputes", "evidence"),
    sealed!("gift_cards", "code"),
    sealed!("vehicle_parcels", "stop"),
    sealed!("channels", "secret"),
    sealed!("channels", "access_token"),
    sealed!("carriers", "secret"),
    sealed!("carrier_instructions", "address"),
    sealed!("trackers", "secret"),
    sealed!("tracking_events", "text"),
    sealed!("order_notes", "text"),
    sealed!("channel_orders", "original"),
    sealed!("channel_orders", "latest"),
];

/// A sealed value that is to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed {
    /// The row.
    pub id: i64,
    /// What stood there when it was read.
    pub old: Vec<u8>,
    /// The same, sealed anew.
    pub fresh: Vec<u8>,
}

/// Values behind row `after` that are sealed with another key than `key`, at most `limit`.
pub fn not_under(
    tx: &mut Tx<'_>,
    column: &SealedColumn,
    key: u32,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let SealedColumn { table, column, .. } = column;
    let sql = format!(
        "SELECT id, {column} FROM {table}
          WHERE id > $1 AND {column} IS NOT NULL AND substr({column}, 2, 4) <> $2
          ORDER BY id LIMIT $3"
    );
    let key = key.to_be_bytes();
    tx.query(&sql, params![after, key.as_slice(), limit], |row| Ok((row.int()?, row.bytes()?)))
}

/// How many sealed values there are, over all columns.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, Error> {
    SEALED.iter().try_fold(0, |sum, SealedColumn { table, column, .. }| {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} IS NOT NULL");
        Ok(sum + tx.query_one(&sql, &[], |row| row.int())?)
    })
}

/// How many values are sealed with this key, over all columns.
pub fn count_under(tx: &mut Tx<'_>, key: u32) -> Result<i64, Error> {
    let key = key.to_be_bytes();
    SEALED.iter().try_fold(0, |sum, SealedColumn { table, column, .. }| {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE substr({column}, 2, 4) = $1");
        Ok(sum + tx.query_one(&sql, params![key.as_slice()], |row| row.int())?)
    })
}

/// Replaces values, except those that changed since they were read; gives how many.
pub fn replace(tx: &mut Tx<'_>, column: &SealedColumn, values: &[Resealed]) -> Result<u64, Error> {
    let mut rows = Columns::new(&[Kind::Int, Kind::Blob, Kind::Blob]);
    values.iter().for_each(|value| rows.push(params![value.id, &value.old, &value.fresh]));
    tx.execute_each(&column.replace, &rows)
}
