//! Reading sheets row by row, within limits, whatever their encoding.

use std::io::{BufRead as _, BufReader, Read, Seek, SeekFrom};

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use encoding_rs::{CoderResult, Encoding, GB18030, UTF_8};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use ring::digest::{Context, SHA256};

use super::ImportError;

/// How much of a file is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of a workbook when it is unpacked.
    pub unpacked_bytes: u64,
    /// Rows, without the names of the columns.
    pub rows: u64,
    /// Columns.
    pub columns: u64,
    /// Bytes of one cell.
    pub cell_bytes: u64,
    /// Bytes of one line of JSON.
    pub line_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            unpacked_bytes: 512 << 20,
            rows: 1_000_000,
            columns: 100,
            cell_bytes: 20_000,
            line_bytes: 256 << 10,
        }
    }
}

/// A file that has been read through once: how large it is, what it is, and that it is whole.
pub(super) struct Upload<R> {
    input: R,
    form: Form,
    limits: Limits,
    /// SHA-256 of its bytes.
    pub(super) digest: [u8; 32],
}

enum Form {
    Text(&'static Encoding),
    Workbook,
}

/// One row and its line in the file, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line_no: i64,
    pub(super) cells: Vec<String>,
}

impl<R: Read + Seek> Upload<R> {
    pub(super) fn open(mut input: R, limits: Limits) -> Result<Self, ImportError> {
        input.seek(SeekFrom::Start(0))?;
        let (mut digest, mut size, mut is_workbook) = (Context::new(&SHA256), 0, false);
        let mut utf8 = UTF_8.new_decoder();
        let mut is_utf8 = true;
        let mut chunk = vec![0; 64 << 10];
        let mut text = String::with_capacity(3 * chunk.len() + 16);
        loop {
            let count = input.read(&mut chunk)?;
            let bytes = &chunk[..count];
            if size == 0 {
                is_workbook = bytes.starts_with(b"PK\x03\x04");
            }
            size += count as u64;
            if size > limits.bytes {
                return Err(ImportError::TooMuch { what: "bytes", limit: limits.bytes });
            }
            digest.update(bytes);
            if is_utf8 && !is_workbook {
                text.clear();
                let (_, _, has_errors) = utf8.decode_to_string(bytes, &mut text, count == 0);
                is_utf8 = !has_errors;
            }
            if count == 0 {
                break;
            }
        }
        let mut whole = [0; 32];
        whole.copy_from_slice(digest.finish().as_ref());
        let form = match (is_workbook, is_utf8) {
            (true, _) => Form::Workbook,
            (false, true) => Form::Text(UTF_8),
            (false, false) => Form::Text(GB18030),
        };
        let mut upload = Self { input, form, limits, digest: whole };
        if is_workbook {
            upload.check_unpacked_size()?;
        }
        Ok(upload)
    }

    /// Unpacks everything into nothing, so that a small file that unfolds to a huge one is refused
    /// before anything believes in it.
    fn check_unpacked_size(&mut self) -> Result<(), ImportError> {
        let limit = self.limits.unpacked_bytes;
        self.input.seek(SeekFrom::Start(0))?;
        let mut archive = zip::ZipArchive::new(BufReader::new(&mut self.input)).map_err(damaged)?;
        let mut left = limit;
        for index in 0..archive.len() {
            let file = archive.by_index(index).map_err(damaged)?;
            let size =
                std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(damaged)?;
            left = left
                .checked_sub(size)
                .ok_or(ImportError::TooMuch { what: "unpacked bytes", limit })?;
        }
        Ok(())
    }

    /// Hands over every row that is not empty, the names of the columns first.
    pub(super) fn rows(
        &mut self,
        mut each: impl FnMut(Row) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        self.input.seek(SeekFrom::Start(0))?;
        let limits = self.limits;
        let mut count = 0;
        let mut checked = |row: Row| {
            if row.cells.iter().all(|cell| cell.trim().is_empty()) {
                return Ok(());
            }
            count += 1;
            limits.check(&row, count)?;
            each(row)
        };
        match self.form {
            Form::Text(encoding) => text_rows(&mut self.input, encoding, limits, &mut checked),
            Form::Workbook => workbook_rows(&mut self.input, limits, &mut checked),
        }
    }
}

impl<R: Read + Seek> Upload<R> {
    /// Hands over every line that is not blank, with its number. A line that is longer than a row
    /// may be comes as `None`.
    pub(super) fn lines(
        &mut self,
        mut each: impl FnMut(i64, Option<&str>) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        self.input.seek(SeekFrom::Start(0))?;
        let Form::Text(encoding) = self.form else {
            return Err(ImportError::Unreadable("a workbook has no lines".to_owned()));
        };
        let limit = self.limits.line_bytes;
        let mut input = BufReader::new(Decoded::new(&mut self.input, encoding));
        let (mut line, mut line_no) = (Vec::new(), 0);
        loop {
            line.clear();
            line_no += 1;
            let count = (&mut input).take(limit).read_until(b'\n', &mut line)?;
            if count == 0 {
                return Ok(());
            }
            let is_whole = line.ends_with(b"\n") || (count as u64) < limit;
            if !is_whole {
                input.skip_until(b'\n')?;
                each(line_no, None)?;
                continue;
            }
            // Decoded text is UTF-8, whatever was in the file.
            let text = String::from_utf8_lossy(&line);
            if !text.trim().is_empty() {
                each(line_no, Some(&text))?;
            }
        }
    }
}

impl Limits {
    fn check(&self, row: &Row, count: u64) -> Result<(), ImportError> {
        let is_over = |size: usize, limit: u64| size as u64 > limit;
        if count > self.rows + 1 {
            return Err(ImportError::TooMuch { what: "rows", limit: self.rows });
        }
        if is_over(row.cells.len(), self.columns) {
            return Err(ImportError::TooMuch { what: "columns", limit: self.columns });
        }
        if row.cells.iter().any(|cell| is_over(cell.len(), self.cell_bytes)) {
            return Err(ImportError::TooMuch { what: "bytes in a cell", limit: self.cell_bytes });
        }
        Ok(())
    }
}

fn text_rows(
    input: impl Read,
    encoding: &'static Encoding,
    limits: Limits,
    each: &mut dyn FnMut(Row) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    // A quote that is never closed would make one cell of all that follows.
    let row_bytes = limits.columns.saturating_mul(limits.cell_bytes).min(limits.bytes);
    let decoded = Decoded::new(input, encoding);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(decoded);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(csv_error)? {
        if record.as_slice().len() as u64 > row_bytes {
            return Err(ImportError::TooMuch { what: "bytes in a row", limit: row_bytes });
        }
        let line = record.position().map_or(0, csv::Position::line);
        let line_no = i64::try_from(line).unwrap_or(i64::MAX);
        each(Row { line_no, cells: record.iter().map(str::to_owned).collect() })?;
    }
    Ok(())
}

fn workbook_rows(
    input: impl Read + Seek,
    limits: Limits,
    each: &mut dyn FnMut(Row) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(input)).map_err(workbook_error)?;
    let name = workbook.sheet_names().first().cloned().ok_or(ImportError::Empty)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(workbook_error)?;
    let mut row = Row { line_no: 0, cells: Vec::new() };
    while let Some(cell) = cells.next_cell().map_err(workbook_error)? {
        let (line, column) = cell.get_position();
        let line_no = i64::from(line) + 1;
        if line_no != row.line_no {
            let next = Row { line_no, cells: Vec::with_capacity(row.cells.len()) };
            each(std::mem::replace(&mut row, next))?;
        }
        if u64::from(column) >= limits.columns {
            return Err(ImportError::TooMuch { what: "columns", limit: limits.columns });
        }
        row.cells.resize(row.cells.len().max(column as usize + 1), String::new());
        row.cells[column as usize] = text_of(cell.get_value());
    }
    each(row)
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        // Rust writes the shortest text that is this number, so 59.9 is not 59.899999.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(moment) => day_of(moment.as_f64())
            .map_or_else(|| moment.as_f64().to_string(), |day| day.to_string()),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// Workbooks count days from the end of 1899.
#[expect(clippy::cast_possible_truncation, reason = "a number beyond the calendar gives no day")]
fn day_of(serial: f64) -> Option<Date> {
    date(1899, 12, 30)
        .checked_add((serial.floor() as i64).checked_abs()?.min(3_000_000).days())
        .ok()
}

fn csv_error(error: csv::Error) -> ImportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ImportError::Io(error),
        other => ImportError::Unreadable(format!("{other:?}")),
    }
}

fn workbook_error(error: XlsxError) -> ImportError {
    match error {
        XlsxError::Io(error) => ImportError::Io(error),
        other => damaged(other),
    }
}

fn damaged(error: impl std::error::Error) -> ImportError {
    ImportError::Unreadable(error.to_string())
}

/// Any encoding as UTF-8, without its byte order mark.
struct Decoded<R> {
    input: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    raw_used: usize,
    text: Vec<u8>,
    text_used: usize,
    is_over: bool,
}

impl<R: Read> Decoded<R> {
    fn new(input: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder();
        let (raw, text) = (Vec::new(), Vec::new());
        Self { input, decoder, raw, raw_used: 0, text, text_used: 0, is_over: false }
    }

    fn decode_more(&mut self) -> std::io::Result<()> {
        if self.raw_used == self.raw.len() {
            self.raw.resize(32 << 10, 0);
            let count = self.input.read(&mut self.raw)?;
            self.raw.truncate(count);
            self.raw_used = 0;
            self.is_over = count == 0;
        }
        self.text.resize(64 << 10, 0);
        let rest = &self.raw[self.raw_used..];
        let (result, read, written, _) =
            self.decoder.decode_to_utf8(rest, &mut self.text, self.is_over);
        self.raw_used += read;
        self.text.truncate(written);
        self.text_used = 0;
        if result == CoderResult::OutputFull {
            self.is_over = false;
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.text_used == self.text.len() && !self.is_over {
            self.decode_more()?;
        }
        let rest = &self.text[self.text_used..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.text_used += count;
        Ok(count)
    }
}
