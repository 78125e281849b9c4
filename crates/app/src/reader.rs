//! Readers of the journal: everything that reacts to what happened.
//!
//! A [`Reader`] is a name, a durable cursor and a function over the next entries. Its cursor moves
//! in the transaction of what the function did, under a lease, so that each entry has its effect
//! once, whichever node reads and whatever crashes. Readers wake with every commit of their own node
//! and look by themselves every second or two for those of others.
//!
//! If a batch fails, its entries are taken one by one. An entry that keeps failing is *poison*: most
//! readers skip it, leaving a task for a person; the audit chain may have no gaps and waits.

use std::fmt;
use std::sync::Arc;

use ordermill_base::{Clock, Id, Random, Span, Timestamp};
use ordermill_domain::task::TaskKind;
use ordermill_storage::journal::{Cursor, Entry};
use ordermill_storage::{Database, Error, Tx, audit, journal, lease, task};
use tokio::sync::watch;

use crate::privacy::{Vault, VaultError, index_contacts, lookup};

/// How long a reader's lease holds without being renewed by its next batch.
pub const LEASE_HELD: Span = Span::seconds(30);
/// A reader that nobody needs moves its cursor about every ten seconds: so far apart ids are then.
const PASSED_APART: i64 = 10_000 << 22;
/// An entry that failed so often is poison.
pub const TRIES: u32 = 5;

/// Why a reader could not take entries in.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// These entries cannot be taken in, and will not be when tried again.
    #[error("{0}")]
    Entry(String),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What becomes of an entry that keeps failing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPoison {
    /// It is skipped, with a task for a person.
    Skip,
    /// The reader waits in front of it, and goes on trying.
    Wait,
}

/// What a reader does with entries: in their order, inside the transaction that moves the cursor.
pub type Handle =
    dyn Fn(&mut Tx<'_>, &[Entry], Timestamp) -> Result<(), ReadError> + Send + Sync + 'static;

/// Whether anybody needs what a reader does just now.
pub type IsNeeded = dyn Fn(&mut Tx<'_>) -> Result<bool, Error> + Send + Sync + 'static;

/// One that reads the journal.
#[derive(Clone)]
pub struct Reader {
    /// Names its cursor and its lease; never changes once released.
    pub name: &'static str,
    /// Entries that it takes at a time, at most.
    pub batch: usize,
    /// Rests so long after a batch that was not full, so that entries come in larger ones.
    pub rest: Span,
    /// What becomes of an entry that keeps failing.
    pub on_poison: OnPoison,
    /// While this says no, entries pass unread; none: it is always needed.
    pub is_needed: Option<Arc<IsNeeded>>,
    /// What it does.
    pub handle: Arc<Handle>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the reader {}", self.name)
    }
}

impl Reader {
    /// A reader that takes 256 entries at a time, without rest, and skips poison.
    pub fn new(
        name: &'static str,
        handle: impl Fn(&mut Tx<'_>, &[Entry], Timestamp) -> Result<(), ReadError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let (handle, on_poison) = (Arc::new(handle), OnPoison::Skip);
        Self { name, batch: 256, rest: Span::ZERO, on_poison, is_needed: None, handle }
    }

    /// Seals the journal into the audit chain, about a block a second when little happens.
    pub fn audit_sealer() -> Self {
        let seal = |tx: &mut Tx<'_>, entries: &[Entry], now| {
            audit::seal(tx, entries, now)?;
            Ok(())
        };
        Self {
            batch: audit::BLOCK_MAX,
            rest: Span::seconds(1),
            on_poison: OnPoison::Wait,
            ..Self::new("audit", seal)
        }
    }

    /// Makes orders findable by phone and e-mail, some tenths of a second after they were placed.
    pub fn contacts(vault: Vault) -> Self {
        let index = move |tx: &mut Tx<'_>, entries: &[Entry], _now| {
            index_contacts(tx, &vault, entries).map_err(|error| match error {
                VaultError::Storage(error) => error.into(),
                error => ReadError::Entry(error.to_string()),
            })
        };
        Self { batch: 512, rest: Span::millis(200), ..Self::new(lookup::READER, index) }
    }
}

/// What one step of a reader did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It took in so many entries; more may wait.
    Read(usize),
    /// Nothing new.
    Idle,
    /// Another node reads.
    Elsewhere,
    /// An entry failed; it is tried again at this moment.
    PutOff(Timestamp),
    /// An entry was poison and was skipped.
    Skipped(Cursor),
}

/// A reader at work on one node.
#[derive(Debug)]
pub struct Reading {
    reader: Reader,
    database: Database,
    /// Who reads, different for each process.
    holder: String,
    trouble: Option<Trouble>,
}

/// The entry that a reader is stuck at.
#[derive(Debug)]
struct Trouble {
    behind: Cursor,
    failures: u32,
    again_at: Timestamp,
}

impl Reading {
    /// Ready to read; `holder` names this process among all that share the database.
    pub fn new(reader: Reader, database: Database, holder: impl Into<String>) -> Self {
        Self { reader, database, holder: holder.into(), trouble: None }
    }

    /// Takes in the next entries, if there are any. An error is the database's: nothing has changed,
    /// and the same step may be tried again.
    pub async fn step(&mut self, now: Timestamp) -> Result<Step, Error> {
        let (name, batch) = (self.reader.name, self.reader.batch);
        let is_in_trouble = self.trouble.is_some();
        let limit = if is_in_trouble { 1 } else { batch } as i64;
        if self.pass_by(now).await? {
            return Ok(Step::Idle);
        }
        let (behind, entries) = self
            .database
            .read(move |tx| {
                let cursor = journal::cursor(tx, name)?;
                Ok::<_, Error>((cursor, journal::after(tx, cursor, limit)?))
            })
            .await?;
        let Some(last) = entries.last().map(|entry| entry.cursor) else {
            self.trouble = None;
            return Ok(Step::Idle);
        };
        if let Some(trouble) = &self.trouble
            && trouble.behind == behind
            && now < trouble.again_at
        {
            return Ok(Step::PutOff(trouble.again_at));
        }
        let count = entries.len();
        match self.take_in(behind, entries, now).await {
            Ok(true) => {
                // The entry behind which it was stuck is through; go on in batches.
                self.trouble = None;
                Ok(Step::Read(count))
            }
            Ok(false) => Ok(Step::Elsewhere),
            Err(ReadError::Storage(error)) if is_passing(&error) => Err(error),
            Err(error) => self.failed(behind, last, count, &error, now).await,
        }
    }

    /// While nobody needs what it does, moves to the end of the journal without reading. Gives whether
    /// that is so.
    async fn pass_by(&self, now: Timestamp) -> Result<bool, Error> {
        let Some(is_needed) = self.reader.is_needed.clone() else { return Ok(false) };
        let name = self.reader.name;
        let passed = self
            .database
            .read(move |tx| {
                // The end first: whoever comes to need it afterwards needs what is behind it.
                let (behind, end) = (journal::cursor(tx, name)?, journal::end(tx)?);
                Ok::<_, Error>((!is_needed(tx)?).then_some((behind, end)))
            })
            .await?;
        let Some((behind, end)) = passed else { return Ok(false) };
        if end > behind && end.position.raw() - behind.position.raw() >= PASSED_APART {
            let holder = self.holder.clone();
            let pass = move |tx: &mut Tx<'_>| {
                if is_ours(tx, name, &holder, behind, now)? {
                    journal::move_cursor(tx, name, end, now)?;
                }
                Ok::<_, Error>(())
            };
            self.database.write(pass).await?;
        }
        Ok(true)
    }

    /// Runs the function and moves the cursor, in one transaction. `false` if another node has the
    /// lease, or has moved the cursor.
    async fn take_in(
        &self,
        behind: Cursor,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<bool, ReadError> {
        let (reader, holder) = (self.reader.clone(), self.holder.clone());
        self.database
            .write(move |tx| {
                if !is_ours(tx, reader.name, &holder, behind, now)? {
                    return Ok(false);
                }
                (reader.handle)(tx, &entries, now)?;
                let last = entries.last().map_or(behind, |entry| entry.cursor);
                journal::move_cursor(tx, reader.name, last, now)?;
                Ok(true)
            })
            .await
    }

    async fn failed(
        &mut self,
        behind: Cursor,
        last: Cursor,
        count: usize,
        error: &ReadError,
        now: Timestamp,
    ) -> Result<Step, Error> {
        let before = self.trouble.take().filter(|trouble| trouble.behind == behind);
        let failures = before.map_or(0, |trouble| trouble.failures) + u32::from(count == 1);
        let name = self.reader.name;
        log_failure(name, failures, error);
        if failures >= TRIES && self.reader.on_poison == OnPoison::Skip {
            let (holder, error) = (self.holder.clone(), error.to_string());
            let skipped = self
                .database
                .write(move |tx| skip(tx, (name, &holder), (behind, last), &error, now))
                .await?;
            return Ok(if skipped { Step::Skipped(last) } else { Step::Elsewhere });
        }
        // At once when a batch is taken apart, then 1, 2, 4 … seconds, a minute at most.
        let pause = match failures {
            0 => Span::ZERO,
            _ => Span::seconds((1 << (failures - 1).min(6)).min(60)),
        };
        let again_at = now + pause;
        self.trouble = Some(Trouble { behind, failures, again_at });
        Ok(Step::PutOff(again_at))
    }

    /// Reads until `stop` becomes true, or its sender is gone.
    pub async fn run(
        mut self,
        clock: Arc<dyn Clock>,
        mut random: Random,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut committed = self.database.committed();
        while !*stop.borrow_and_update() {
            committed.borrow_and_update();
            let step = self.step(clock.now()).await;
            let poll = Span::millis(random.between(1_000, 2_000));
            let (pause, is_woken) = match step {
                Ok(Step::Read(count)) if count < self.reader.batch => (self.reader.rest, false),
                Ok(Step::Read(_) | Step::Skipped(_)) => (Span::ZERO, false),
                Ok(Step::Idle) => (poll, true),
                Ok(Step::PutOff(again_at)) => (again_at.since(clock.now()), false),
                Ok(Step::Elsewhere) => (poll, false),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(reader.name = self.reader.name, error, "the reader waits");
                    (poll, false)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause.to_std()) => {}
                changed = committed.changed(), if is_woken => if changed.is_err() { return },
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
        let (name, holder) = (self.reader.name, self.holder);
        // Out of courtesy to the next one; without it the lease runs out by itself.
        let released = self.database.write(move |tx| lease::release(tx, &lease_of(name), &holder));
        drop(released.await);
    }
}

fn lease_of(reader: &str) -> String {
    format!("reader:{reader}")
}

/// Takes or renews the lease, and makes sure that nobody has read on meanwhile.
fn is_ours(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    behind: Cursor,
    now: Timestamp,
) -> Result<bool, Error> {
    let lease = lease::acquire(tx, &lease_of(name), holder, now, LEASE_HELD)?;
    Ok(lease.is_some() && journal::cursor(tx, name)? == behind)
}

/// Leaves an entry out, and tells a person.
fn skip(
    tx: &mut Tx<'_>,
    (name, holder): (&str, &str),
    (behind, entry): (Cursor, Cursor),
    error: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    if !is_ours(tx, name, holder, behind, now)? {
        return Ok(false);
    }
    let detail = serde_json::json!({ "reader": name, "error": error }).to_string();
    task::open(tx, TaskKind::SkippedEntry, entry.position, &detail, None, now)?;
    journal::move_cursor(tx, name, entry, now)?;
    Ok(true)
}

fn log_failure(name: &str, failures: u32, error: &ReadError) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(reader.name = name, failures, error, "entries could not be read");
}

/// Whether the database is to blame, and the entries are not.
fn is_passing(error: &Error) -> bool {
    matches!(
        error,
        Error::Conflict | Error::StorageFull | Error::Overloaded | Error::Unavailable(_)
    )
}
