//! Running an import: batch by batch, each with its place in the file.

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::Arc;

use ordermill_domain::actor::Act;
use ordermill_domain::ids::ImportId;
use ordermill_domain::sku::Invalid;
use ordermill_storage::import::{self as runs, Counts, Import, NewImport, Problem};
use ordermill_storage::{Database, Error, Tx};

use super::read::{Limits, Row, Upload};
use super::reason::Reason;
use super::write::plain;
use super::{Column, ImportError, Kind, catalog, stock};
use crate::catalog::edit::EditError;
use crate::stock::StockError;

/// Rows that share a transaction.
const BATCH: usize = 200;
/// Problems that are told at once; all of them are stored.
const PROBLEMS_MAX: i64 = 1_000;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its run, for the problems beyond the first.
    pub id: ImportId,
    /// Steps that an earlier, interrupted run had done already.
    pub resumed_behind: i64,
    /// What became of the lines, in all runs together.
    pub counts: Counts,
    /// The first 1,000 that could not be taken in.
    pub problems: Vec<Problem>,
}

/// Takes in a file. Handing in the same file again after an interruption goes on where it was.
///
/// # Errors
/// [`ImportError`] if the file as a whole is no good. A line that is no good is in the report.
pub fn import<R: Read + Seek>(
    database: &Database,
    act: &Act,
    kind: Kind,
    file_name: &str,
    input: R,
    limits: Limits,
) -> Result<Report, ImportError> {
    let mut upload = Upload::open(input, limits)?;
    let (digest, name, starter) = (upload.digest, file_name.to_owned(), act.clone());
    let run = database.write_blocking(move |tx| {
        let file =
            NewImport { kind: kind.code(), channel: None, digest: &digest, file_name: &name };
        runs::begin(tx, &starter, file)
    })?;
    let mut steps = Steps {
        database,
        act,
        id: run.id,
        kind,
        done: run.steps_done,
        step: 0,
        batch: Vec::with_capacity(BATCH),
    };
    let mut header = None;
    for pass in passes(kind) {
        let mut columns: Option<Arc<Header>> = None;
        upload.rows(|row| match &columns {
            None => {
                let found = Arc::new(Header::read(kind.columns(), &row)?);
                header = Some(Arc::clone(&found));
                columns = Some(found);
                Ok(())
            }
            Some(columns) => steps.take(*pass, columns, row),
        })?;
        let found = columns.ok_or(ImportError::Empty)?;
        steps.write(*pass, &found)?;
    }
    finish(database, act, &run)
}

/// Ends a run and tells what became of the file.
pub(super) fn finish(database: &Database, act: &Act, run: &Import) -> Result<Report, ImportError> {
    let (id, at) = (run.id, act.at);
    let (run_now, problems) = database.write_blocking(move |tx| {
        runs::finish(tx, id, at)?;
        let run = runs::fetch(tx, id)?.ok_or(Error::Stale("an import"))?;
        Ok::<_, Error>((run, runs::problems(tx, id, (0, ""), PROBLEMS_MAX)?))
    })?;
    Ok(Report { id, resumed_behind: run.steps_done, counts: run_now.counts, problems })
}

/// One reading of the file. SKUs name each other as substitutes, so those are looked at once all
/// of them are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Everything that stands for itself.
    Records,
    /// What names other records of the file.
    Links,
}

const fn passes(kind: Kind) -> &'static [Pass] {
    match kind {
        Kind::Catalog => &[Pass::Records, Pass::Links],
        Kind::Stock => &[Pass::Records],
    }
}

/// What a line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Changed,
    Unchanged,
}

/// Why a line was refused, or why nothing goes on.
pub(super) enum LineError {
    Refused(Vec<(String, Reason)>),
    Storage(Error),
}

impl LineError {
    pub(super) fn of(field: &str, reason: Reason) -> Self {
        Self::Refused(vec![(field.to_owned(), reason)])
    }
}

impl From<Error> for LineError {
    fn from(error: Error) -> Self {
        Self::Storage(error)
    }
}

impl From<EditError> for LineError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Storage(error) => Self::Storage(error),
            EditError::Invalid(wrong) => {
                let told = |it: &Invalid| (it.field.to_owned(), Reason::of_sku(it));
                Self::Refused(wrong.iter().map(told).collect())
            }
            EditError::Taken { field, .. } => Self::of(field, Reason::new("taken")),
            EditError::NotFound(_) | EditError::Changed { .. } => {
                Self::of("code", Reason::new("changed"))
            }
        }
    }
}

impl From<StockError> for LineError {
    fn from(error: StockError) -> Self {
        match error {
            StockError::Storage(error) => Self::Storage(error),
            StockError::NeedsLot => Self::of("lot", Reason::new("needs_lot")),
            StockError::BinElsewhere => Self::of("bin", Reason::new("bin_elsewhere")),
            _ => Self::of("quantity", Reason::new("stock_refused")),
        }
    }
}

/// The rows of all passes are counted through as steps, and each batch moves the run on.
struct Steps<'a> {
    database: &'a Database,
    act: &'a Act,
    id: ImportId,
    kind: Kind,
    /// Steps that are durable.
    done: i64,
    /// Steps that were seen.
    step: i64,
    batch: Vec<Row>,
}

impl Steps<'_> {
    fn take(&mut self, pass: Pass, header: &Arc<Header>, row: Row) -> Result<(), ImportError> {
        self.step += 1;
        if self.step > self.done {
            self.batch.push(row);
        }
        if self.batch.len() == BATCH { self.write(pass, header) } else { Ok(()) }
    }

    fn write(&mut self, pass: Pass, header: &Arc<Header>) -> Result<(), ImportError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.batch);
        let (header, act, id, kind) = (Arc::clone(header), self.act.clone(), self.id, self.kind);
        let (from, to) = (self.done, self.step);
        self.database.write_blocking(move |tx| {
            let mut counts = Counts::default();
            for row in &rows {
                let line = Line { header: &header, row };
                take_line(tx, &act, kind, pass, id, line, &mut counts)?;
            }
            runs::advance(tx, id, (from, to), counts, act.at)
        })?;
        self.done = to;
        Ok(())
    }
}

fn take_line(
    tx: &mut Tx<'_>,
    act: &Act,
    kind: Kind,
    pass: Pass,
    id: ImportId,
    line: Line<'_>,
    counts: &mut Counts,
) -> Result<(), Error> {
    let outcome = match kind {
        Kind::Catalog => catalog::take(tx, act, pass, line),
        Kind::Stock => stock::take(tx, act, line),
    };
    let is_counted = pass == Pass::Records;
    match outcome {
        Ok(Outcome::Created) => counts.created += i64::from(is_counted),
        Ok(Outcome::Changed) => {
            counts.changed += 1;
            // A line whose links alone change was counted as unchanged before.
            counts.unchanged -= i64::from(!is_counted);
        }
        Ok(Outcome::Unchanged) => counts.unchanged += i64::from(is_counted),
        Err(LineError::Storage(error)) => return Err(error),
        Err(LineError::Refused(reasons)) => {
            counts.refused += 1;
            for (field, reason) in reasons {
                let code = line.get("code").or(line.get("sku")).unwrap_or_default().to_owned();
                let problem = reason.into_problem(line.row.line_no, code, field);
                runs::insert_problem(tx, id, &problem)?;
            }
        }
    }
    Ok(())
}

/// Which column stands where.
#[derive(Debug)]
pub(super) struct Header(HashMap<&'static str, usize>);

impl Header {
    pub(super) fn read(columns: &[Column], row: &Row) -> Result<Self, ImportError> {
        let mut places = HashMap::new();
        let mut wrong = Vec::new();
        for (index, title) in row.cells.iter().enumerate() {
            let title = title.trim().trim_start_matches('\u{feff}');
            if title.is_empty() {
                continue;
            }
            let is_it = |name: &&Column| name.name.eq_ignore_ascii_case(title) || name.zh == title;
            match columns.iter().find(is_it) {
                None => wrong.push(format!("{title} is unknown")),
                Some(column) => {
                    if places.insert(column.name, index).is_some() {
                        wrong.push(format!("{} stands there twice", column.name));
                    }
                }
            }
        }
        let missing = columns.iter().filter(|it| it.is_needed && !places.contains_key(it.name));
        wrong.extend(missing.map(|column| format!("{} is missing", column.name)));
        if wrong.is_empty() { Ok(Self(places)) } else { Err(ImportError::Header(wrong)) }
    }
}

/// A row with the names of its columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) header: &'a Header,
    pub(super) row: &'a Row,
}

impl<'a> Line<'a> {
    /// What stands in a column; `None` if the file has no such column.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        let index = *self.header.0.get(column)?;
        Some(plain(self.row.cells.get(index).map_or("", |cell| cell.trim())))
    }
}
