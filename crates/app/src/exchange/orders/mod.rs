//! Orders as files: how a channel that has no other way hands over many at once.
//!
//! An order comes in exactly once by its channel and the channel's own id, so a file that is taken
//! in twice changes nothing the second time, and neither does the part of it that was in before an
//! interruption. Each order goes the way of every other: the same intake checks, prices and seals
//! it, and the same batches place it. One that cannot be taken in is told by line, field and reason,
//! never with what stands in the field, and the others go on.
//!
//! One thread reads and prepares ([`run`]) while another places what was prepared before ([`place`]).

mod place;
mod record;
mod run;
mod sheet;
mod text;

use std::path::Path;

use ordermill_domain::ids::ChannelId;

use super::{Column, Limits};

pub use run::{Taken, import_orders};

/// What [`super::Report`] and the stored runs call files of orders.
pub const KIND: &str = "orders";

/// How orders are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One row for each line of an order, with the names of the columns in the first row.
    Csv,
    /// One JSON object a line: the body of the API's creating call.
    JsonLines,
}

impl Format {
    /// What the end of a file's name says.
    pub fn of_name(name: &str) -> Option<Self> {
        let end = Path::new(name).extension()?.to_str()?.to_lowercase();
        match end.as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// A file of orders that is handed in.
#[derive(Debug)]
pub struct OrderFile<R> {
    /// Whose orders these are.
    pub channel: ChannelId,
    /// How they are written down.
    pub format: Format,
    /// What the file is called, for people.
    pub name: String,
    /// Its bytes; read twice.
    pub input: R,
    /// How much is taken.
    pub limits: Limits,
}

/// The columns of a sheet: name, what Chinese sheets call it, and whether it must be there.
pub fn columns() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    sheet::COLUMNS.iter().map(|Column { name, zh, is_needed }| (*name, *zh, *is_needed))
}
