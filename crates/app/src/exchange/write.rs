//! Writing sheets row by row, in memory that does not grow with them.

use std::io::Write;

use rust_xlsxwriter::{Workbook, XlsxError};

use super::ExportError;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, UTF-8 with a byte order mark.
    Csv,
    /// A workbook with one sheet.
    Xlsx,
}

pub(super) enum Sheet<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Xlsx { workbook: Box<Workbook>, next_row: u32, out: W },
}

impl<W: Write + Send> Sheet<W> {
    pub(super) fn new(format: Format, mut out: W) -> Result<Self, ExportError> {
        match format {
            Format::Csv => {
                out.write_all("\u{feff}".as_bytes())?;
                Ok(Self::Csv(Box::new(csv::Writer::from_writer(out))))
            }
            Format::Xlsx => {
                let mut workbook = Box::new(Workbook::new());
                workbook.add_worksheet_with_constant_memory()?;
                Ok(Self::Xlsx { workbook, next_row: 0, out })
            }
        }
    }

    pub(super) fn row(&mut self, cells: &[String]) -> Result<(), ExportError> {
        match self {
            Self::Csv(writer) => {
                let cells = cells.iter().map(|cell| neutral(cell));
                writer.write_record(cells.map(std::borrow::Cow::into_owned)).map_err(csv_error)
            }
            Self::Xlsx { workbook, next_row, .. } => {
                let sheet = workbook.worksheet_from_index(0)?;
                for (cell, column) in cells.iter().zip(0..) {
                    // Always as text: a barcode is no number, and nothing is a formula.
                    sheet.write_string(*next_row, column, cell)?;
                }
                *next_row += 1;
                Ok(())
            }
        }
    }

    pub(super) fn finish(self) -> Result<(), ExportError> {
        match self {
            Self::Csv(mut writer) => Ok(writer.flush()?),
            Self::Xlsx { mut workbook, mut out, .. } => {
                workbook.save_to_writer(&mut out)?;
                Ok(out.flush()?)
            }
        }
    }
}

/// One record of a CSV file in which no cell is run as a formula.
pub fn csv_record<'c>(cells: impl IntoIterator<Item = &'c str>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let cells = cells.into_iter().map(|cell| neutral(cell).into_owned());
    writer.write_record(cells).expect("memory takes every record");
    writer.into_inner().expect("memory takes every record")
}

/// Spreadsheets run a cell that starts like a formula; an apostrophe before it makes it text.
/// [`plain`] takes it away again.
fn neutral(cell: &str) -> std::borrow::Cow<'_, str> {
    if is_like_a_formula(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// What a cell says without the apostrophe of [`neutral`].
pub(super) fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_like_a_formula(cell)).unwrap_or(cell)
}

/// Also behind apostrophes, so that those of the text itself survive.
fn is_like_a_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

fn csv_error(error: csv::Error) -> ExportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ExportError::Io(error),
        other => ExportError::Sheet(format!("{other:?}")),
    }
}

impl From<XlsxError> for ExportError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::IoError(error) => Self::Io(error),
            other => Self::Sheet(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_is_run_as_a_formula() {
        assert_eq!(neutral("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(neutral("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(neutral("a=b"), "a=b");
    }

    proptest! {
        #[test]
        fn what_was_made_harmless_reads_back(cell in "['=+@a-]{0,4}") {
            let written = neutral(&cell);
            prop_assert!(!written.starts_with(['=', '+', '-', '@']));
            prop_assert_eq!(plain(&written), cell.as_str());
        }
    }
}
