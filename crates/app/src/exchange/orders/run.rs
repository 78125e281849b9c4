//! Taking a file of orders in: read and prepared on one thread, placed on another ([`super::place`]).

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::mpsc::{SyncSender, sync_channel};

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{ChannelId, ImportId};
use ordermill_storage::Error;
use ordermill_storage::import::{self as runs, Counts, NewImport};

use super::place::{About, Chunk, place_chunks};
use super::record::{Found, Wrong};
use super::sheet::Grouping;
use super::{Format, KIND, OrderFile, text};
use crate::Services;
use crate::catalog::Catalog;
use crate::exchange::read::Upload;
use crate::exchange::reason::Reason;
use crate::exchange::run::finish;
use crate::exchange::{ImportError, Report};
use crate::order::intake::{Benefits, FieldIssue, Intake, IntakeError};
use crate::order::place::PlaceOrder;

/// Orders that are noted together: about one batch of the writer, so that others wait no longer
/// for their turn than behind any other batch.
const CHUNK: usize = 512;
/// Chunks that are prepared ahead.
const AHEAD: usize = 2;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The run, by which it can be asked about.
    pub import: ImportId,
    /// Orders of the file that are done with, those of an earlier run included.
    pub orders: i64,
    /// What became of those of this run.
    pub counts: Counts,
}

/// Takes in a file of orders. Handing in the same file again after an interruption goes on where it
/// was; `progress` hears of every step that is durable.
///
/// Blocks; the orders are counted as created, as unchanged when the channel's order is known, and as
/// refused.
///
/// # Errors
/// [`ImportError`] if the file as a whole is no good. An order that is no good is in the report.
pub fn import_orders<R: Read + Seek + Send>(
    services: &Services,
    act: &Act,
    file: OrderFile<R>,
    progress: &mut dyn FnMut(Taken),
) -> Result<Report, ImportError> {
    let OrderFile { channel, format, name, input, limits } = file;
    let mut upload = Upload::open(input, limits)?;
    let (digest, starter) = (upload.digest, act.clone());
    let run = services.database().write_blocking(move |tx| {
        let file =
            NewImport { kind: KIND, channel: Some(channel), digest: &digest, file_name: &name };
        runs::begin(tx, &starter, file)
    })?;
    let (chunks, ready) = sync_channel(AHEAD);
    let reader = Preparer {
        services,
        act,
        channel,
        catalog: services.catalog(),
        seen: HashMap::new(),
        step: 0,
        done: run.steps_done,
        chunk: Chunk::default(),
        chunks,
    };
    let rows_max = limits.rows;
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || reader.read(&mut upload, format, rows_max));
        let placed = place_chunks(services, act, (&run, channel), &ready, progress);
        // Whoever still prepares finds nobody to hand it to, and ends.
        drop(ready);
        let read = reading.join().unwrap_or(Err(ImportError::Storage(Error::Panicked)));
        placed?;
        read
    })?;
    finish(services.database(), act, &run)
}

/// Reads orders and makes them ready to be placed, on a thread beside the one that places.
struct Preparer<'s> {
    services: &'s Services,
    act: &'s Act,
    channel: ChannelId,
    catalog: std::sync::Arc<Catalog>,
    /// Where each id stood first: one order cannot stand in two places of a file.
    seen: HashMap<String, i64>,
    /// Orders that were read.
    step: i64,
    /// Orders that an earlier run is done with.
    done: i64,
    chunk: Chunk,
    chunks: SyncSender<Chunk>,
}

impl Preparer<'_> {
    fn read<R: Read + Seek>(
        mut self,
        upload: &mut Upload<R>,
        format: Format,
        rows_max: u64,
    ) -> Result<(), ImportError> {
        match format {
            Format::Csv => {
                let mut grouping = Grouping::new();
                upload.rows(|row| match grouping.take(row)? {
                    Some(found) => self.take(found),
                    None => Ok(()),
                })?;
                if !grouping.has_header() {
                    return Err(ImportError::Empty);
                }
                if let Some(found) = grouping.finish() {
                    self.take(found)?;
                }
            }
            Format::JsonLines => {
                let mut count = 0;
                upload.lines(|line_no, line| {
                    count += 1;
                    if count > rows_max {
                        return Err(ImportError::TooMuch { what: "rows", limit: rows_max });
                    }
                    self.take(text::read(line_no, line))
                })?;
                if count == 0 {
                    return Err(ImportError::Empty);
                }
            }
        }
        self.hand_over()
    }

    fn take(&mut self, found: Found) -> Result<(), ImportError> {
        self.step += 1;
        let Found { line_no, code, rows, order } = found;
        let stood_in = self.seen.get(&code).copied().filter(|_| !code.is_empty());
        if stood_in.is_none() {
            self.seen.insert(code.clone(), line_no);
        }
        if self.step <= self.done {
            return Ok(());
        }
        let about = About { line_no, code, rows };
        match (stood_in, order) {
            (Some(line), _) => {
                let reason = Reason::new("stands_twice").with("line", line);
                self.chunk.refuse(&about, vec![Wrong::new(line_no, "channel_order_id", reason)]);
            }
            (None, Err(wrong)) => self.chunk.refuse(&about, wrong),
            (None, Ok(order)) => match self.prepare(order, &about) {
                Ok(order) => self.chunk.orders.push((order, about)),
                Err(wrong) => self.chunk.unfit.push((about, wrong)),
            },
        }
        self.chunk.upto = self.step;
        if self.chunk.len() >= CHUNK { self.hand_over() } else { Ok(()) }
    }

    fn prepare(
        &self,
        order: super::record::OrderRecord,
        about: &About,
    ) -> Result<PlaceOrder, Vec<Wrong>> {
        let currency = self.catalog.shop.currency;
        let new = order
            .into_new_order(self.channel, currency)
            .map_err(|(field, reason)| vec![Wrong::new(about.line_no, field, reason)])?;
        let now = self.services.now();
        let act = Act { at: now, ..self.act.clone() };
        let id = self.services.database().ids().next(now);
        let intake = Intake { catalog: &self.catalog, vault: self.services.vault() };
        match intake.prepare(id, act, new, Benefits::default()) {
            Ok((order, _)) => Ok(order),
            Err(IntakeError::Fields(issues)) => {
                let wrong = |issue: &FieldIssue| about.wrong(&issue.field, Reason::of_order(issue));
                Err(issues.iter().map(wrong).collect())
            }
            Err(problem @ (IntakeError::Price(_) | IntakeError::PriceChanged { .. })) => {
                let reason = Reason::new("refused").with("detail", problem);
                Err(vec![Wrong::new(about.line_no, "order", reason)])
            }
        }
    }

    fn hand_over(&mut self) -> Result<(), ImportError> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.upto == 0 {
            return Ok(());
        }
        // Nobody takes it: placing has failed, and says why.
        self.chunks.send(chunk).map_err(|_| ImportError::Storage(Error::Unavailable(None)))
    }
}
