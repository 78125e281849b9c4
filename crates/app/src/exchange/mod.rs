//! Files in and out: catalog and stock as CSV or XLSX, orders as CSV or lines of JSON.
//!
//! [`import`] takes a file in batch by batch, each in one transaction with its place in the file, so
//! that an interrupted import goes on where it was when the same file is handed in again. What a
//! line says is compared with what is stored before anything is written: a file that is taken in
//! twice changes nothing the second time, and neither does one that was just exported. A line that
//! is wrong is reported with its number, code, column and reason, and the others go on.
//!
//! CSV is read as UTF-8, or as GB18030 where it is not UTF-8; it is written as UTF-8 with a mark by
//! which Excel knows it. Everything here blocks: call it from a thread that may.

mod catalog;
pub mod orders;
mod read;
mod reason;
mod run;
mod stock;
mod write;

use ordermill_storage::Error;

pub use ordermill_storage::import::{Counts, Problem};
pub use read::Limits;
pub use reason::told;
pub use run::{Report, import};
pub use write::{Format, csv_record};

use crate::exchange::write::Sheet;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SKUs, one a line.
    Catalog,
    /// Counted pieces, one line for each SKU, location, bin and lot.
    Stock,
}

impl Kind {
    /// The stable text that is stored and served.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Stock => "stock",
        }
    }

    const fn columns(self) -> &'static [Column] {
        match self {
            Self::Catalog => &catalog::COLUMNS,
            Self::Stock => &stock::COLUMNS,
        }
    }
}

/// A column: its name, what Chinese sheets call it, and whether a file must have it.
#[derive(Debug)]
struct Column {
    name: &'static str,
    zh: &'static str,
    is_needed: bool,
}

const fn needed(name: &'static str, zh: &'static str) -> Column {
    Column { name, zh, is_needed: true }
}

const fn optional(name: &'static str, zh: &'static str) -> Column {
    Column { name, zh, is_needed: false }
}

/// Why a file was not taken in, or only in part: what was taken in before stays, and the same file
/// goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It has more than is taken.
    #[error("the file has more than {limit} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How much is taken.
        limit: u64,
    },
    /// There is no line of column names in it.
    #[error("the file is empty")]
    Empty,
    /// The line of column names has some that are unknown, twice, or lacks some.
    #[error("column names: {}", .0.join("; "))]
    Header(Vec<String>),
    /// It is damaged, or no CSV and no XLSX.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// Reading it was interrupted.
    #[error("reading the file was interrupted")]
    Io(#[from] std::io::Error),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Writing was interrupted.
    #[error("writing the file was interrupted")]
    Io(#[from] std::io::Error),
    /// More rows than a sheet has, or a cell that is too long.
    #[error("the sheet cannot be written: {0}")]
    Sheet(String),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Writes everything of a kind, as one view of a reader's transaction sees it.
pub fn export(
    tx: &mut ordermill_storage::Tx<'_>,
    kind: Kind,
    format: Format,
    out: impl std::io::Write + Send,
) -> Result<(), ExportError> {
    let mut sheet = Sheet::new(format, out)?;
    let names: Vec<String> = kind.columns().iter().map(|column| column.name.to_owned()).collect();
    sheet.row(&names)?;
    match kind {
        Kind::Catalog => catalog::export(tx, &mut sheet)?,
        Kind::Stock => stock::export(tx, &mut sheet)?,
    }
    sheet.finish()
}
