//! Readers of the journal: everything that reacts to what happened.
//!
//! A [`Reader`] is a name, a durable cursor and a function over the next entries. The function looks
//! and computes beside the writer, and gives what is to be written; its cursor moves in the
//! transaction of that, under a lease, so that each entry has its effect once, whichever node reads
//! and whatever crashes. Readers wake with every commit of their own node and look by themselves
//! every second or two for those of others.
//!
//! If a batch fails, its entries are taken one by one. An entry that keeps failing is *poison*: most
//! readers skip it, leaving a task for a person; the audit chain may have no gaps and waits.

use std::fmt;
use std::sync::Arc;

use ordermill_base::{Clock, Id, Random, Span, Timestamp};
use ordermill_domain::task::TaskKind;
use ordermill_storage::journal::{Cursor, Entry};
use ordermill_storage::{Database, Error, Tx, audit, journal, lease, order, task};
use tokio::sync::watch;

use crate::privacy::{Vault, VaultError, contacts_of, lookup};

/// How long a reader's lease holds without being renewed by its next batch.
pub const LEASE_HELD: Span = Span::seconds(30);
/// A reader that nobody needs moves its cursor about every ten seconds: so far apart ids are then.
const PASSED_APART: i64 = 10_000 << 22;
/// A cursor is not stored more often for entries that concern nobody.
const MOVED_APART: Span = Span::seconds(1);
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

/// What a reader writes, inside the transaction that moves its cursor. It may run more than once.
pub type Write = Box<dyn FnMut(&mut Tx<'_>) -> Result<(), ReadError> + Send>;

/// What a reader makes of entries, in their order and beside the writer: it looks and computes, and
/// gives what is to be written. Nothing says that this will be: another node may have been faster.
pub type Prepare =
    dyn Fn(&mut Tx<'_>, Vec<Entry>, Timestamp) -> Result<Write, ReadError> + Send + Sync + 'static;

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
    /// Entries of other kinds pass unread; none: all concern it.
    pub kinds: Option<&'static [&'static str]>,
    /// Whether it changes what commands change, such as orders and stock. Then it writes as one of
    /// them, which lock in one order; else behind them ([`Database::write_behind`]).
    pub is_command: bool,
    /// What it does.
    pub prepare: Arc<Prepare>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the reader {}", self.name)
    }
}

impl Reader {
    /// A reader that does all its work in the transaction that moves its cursor. It takes 256 entries
    /// at a time and skips poison.
    pub fn new(
        name: &'static str,
        handle: impl Fn(&mut Tx<'_>, &[Entry], Timestamp) -> Result<(), ReadError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let handle = Arc::new(handle);
        Self::prepared(name, move |_, entries, now| {
            let handle = Arc::clone(&handle);
            Ok(Box::new(move |tx: &mut Tx<'_>| handle(tx, &entries, now)))
        })
    }

    /// As [`Reader::new`], for work that is worth being done beside the writer.
    pub fn prepared(
        name: &'static str,
        prepare: impl Fn(&mut Tx<'_>, Vec<Entry>, Timestamp) -> Result<Write, ReadError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            name,
            batch: 256,
            rest: Span::millis(20),
            on_poison: OnPoison::Skip,
            is_needed: None,
            kinds: None,
            is_command: false,
            prepare: Arc::new(prepare),
        }
    }

    /// Seals the journal into the audit chain, about a block a second when little happens.
    pub fn audit_sealer() -> Self {
        let seal = |tx: &mut Tx<'_>, entries: Vec<Entry>, now| {
            let blocks = audit::Blocks::behind_the_last(tx, &entries, now)?;
            let write: Write = Box::new(move |tx| Ok(blocks.insert(tx)?));
            Ok(write)
        };
        Self {
            batch: audit::BLOCK_MAX,
            rest: Span::seconds(1),
            on_poison: OnPoison::Wait,
            ..Self::prepared("audit", seal)
        }
    }

    /// Makes orders findable by phone and e-mail, about half a second after they were placed. Random
    /// keys are cheaper in large batches, where more of them meet on a page.
    pub fn contacts(vault: Vault) -> Self {
        let index = move |tx: &mut Tx<'_>, entries: Vec<Entry>, _now| {
            let contacts = contacts_of(tx, &vault, &entries).map_err(|error| match error {
                VaultError::Storage(error) => error.into(),
                error => ReadError::Entry(error.to_string()),
            })?;
            let write: Write = Box::new(move |tx| Ok(order::insert_contacts(tx, &contacts)?));
            Ok(write)
        };
        Self {
            batch: 2_048,
            rest: Span::millis(500),
            kinds: Some(&["order.placed"]),
            ..Self::prepared(lookup::READER, index)
        }
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
    /// Up to here nothing more concerns it, whatever the stored cursor says.
    passed: Cursor,
    /// When the cursor was stored.
    moved_at: Timestamp,
}

/// The entry that a reader is stuck at.
#[derive(Debug)]
struct Trouble {
    behind: Cursor,
    failures: u32,
    again_at: Timestamp,
}

/// What a reader has in front of it.
struct Next {
    /// The cursor in the database.
    stored: Cursor,
    /// Behind which it has looked.
    behind: Cursor,
    /// How far it is with these entries.
    last: Cursor,
    /// How many there are.
    count: usize,
    /// What is to be written.
    write: Result<Write, ReadError>,
}

impl Reader {
    fn look(
        &self,
        tx: &mut Tx<'_>,
        passed: Cursor,
        limit: usize,
        now: Timestamp,
    ) -> Result<Next, Error> {
        let stored = journal::ask_cursor(tx, self.name)?;
        let end = self.kinds.map(|_| journal::ask_end(tx)).transpose()?;
        let stored = stored.only(tx)?.unwrap_or_else(Cursor::start);
        let behind = stored.max(passed);
        let end = end.map_or(Ok(None), |asked| asked.only(tx))?.unwrap_or(behind).max(behind);
        let (entries, last) = match self.kinds {
            None => {
                let entries = journal::after(tx, behind, limit as i64)?;
                let last = entries.last().map_or(behind, |entry| entry.cursor);
                (entries, last)
            }
            Some(kinds) => {
                let entries = match end > behind {
                    true => journal::after_kinds(tx, kinds, behind, limit as i64)?,
                    false => Vec::new(),
                };
                let full = entries.last().filter(|_| entries.len() == limit);
                let last = full.map_or(end, |entry| entry.cursor);
                (entries, last)
            }
        };
        let count = entries.len();
        let write = match count {
            0 => Ok(Box::new(|_: &mut Tx<'_>| Ok(())) as Write),
            _ => (self.prepare)(tx, entries, now),
        };
        Ok(Next { stored, behind, last, count, write })
    }
}

impl Reading {
    /// Ready to read; `holder` names this process among all that share the database.
    pub fn new(reader: Reader, database: Database, holder: impl Into<String>) -> Self {
        Self {
            reader,
            database,
            holder: holder.into(),
            trouble: None,
            passed: Cursor::start(),
            moved_at: Timestamp::from_micros(0),
        }
    }

    /// Takes in the next entries, if there are any. An error is the database's: nothing has changed,
    /// and the same step may be tried again.
    pub async fn step(&mut self, now: Timestamp) -> Result<Step, Error> {
        let limit = if self.trouble.is_some() { 1 } else { self.reader.batch };
        if self.pass_by(now).await? {
            return Ok(Step::Idle);
        }
        let (reader, passed) = (self.reader.clone(), self.passed);
        let next = self.database.snapshot(move |tx| reader.look(tx, passed, limit, now)).await?;
        if next.count == 0 {
            self.trouble = None;
            self.passed = next.last;
            if next.last > next.stored && self.is_time_to_move(now) {
                self.moved_at = now;
                self.take_in(next.stored, next.last, Box::new(|_| Ok(())), now).await.map_err(
                    |error| match error {
                        ReadError::Storage(error) => error,
                        ReadError::Entry(error) => Error::defect(error),
                    },
                )?;
            }
            return Ok(Step::Idle);
        }
        if let Some(trouble) = &self.trouble
            && trouble.behind == next.behind
            && now < trouble.again_at
        {
            return Ok(Step::PutOff(trouble.again_at));
        }
        let Next { stored, behind, last, count, write } = next;
        let taken = match write {
            Ok(write) => self.take_in(stored, last, write, now).await,
            Err(error) => Err(error),
        };
        match taken {
            Ok(true) => {
                // The entry behind which it was stuck is through; go on in batches.
                self.trouble = None;
                self.moved_at = now;
                Ok(Step::Read(count))
            }
            Ok(false) => Ok(Step::Elsewhere),
            Err(ReadError::Storage(error)) if is_passing(&error) => Err(error),
            Err(error) => self.failed((stored, behind, last), count, &error, now).await,
        }
    }

    /// Whether the stored cursor is old enough to be moved over what concerns nobody.
    fn is_time_to_move(&self, now: Timestamp) -> bool {
        now >= self.moved_at + MOVED_APART || now < self.moved_at
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
            self.database.write_behind(pass).await?;
        }
        Ok(true)
    }

    /// Writes and moves the cursor, in one transaction. `false` if another node has the lease, or has
    /// moved the cursor.
    async fn take_in(
        &self,
        stored: Cursor,
        last: Cursor,
        mut write: Write,
        now: Timestamp,
    ) -> Result<bool, ReadError> {
        let (name, holder) = (self.reader.name, self.holder.clone());
        let work = move |tx: &mut Tx<'_>| {
            if !is_ours(tx, name, &holder, stored, now)? {
                return Ok(false);
            }
            write(tx)?;
            journal::move_cursor(tx, name, last, now)?;
            Ok(true)
        };
        match self.reader.is_command {
            true => self.database.write(work).await,
            false => self.database.write_behind(work).await,
        }
    }

    async fn failed(
        &mut self,
        (stored, behind, last): (Cursor, Cursor, Cursor),
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
                .write_behind(move |tx| skip(tx, (name, &holder), (stored, last), &error, now))
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
                changed = committed.changed(), if is_woken => {
                    if changed.is_err() { return }
                    // More will come with the next commits: a look for each would cost more.
                    tokio::time::sleep(self.reader.rest.to_std()).await;
                }
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
        let (name, holder) = (self.reader.name, self.holder);
        // Out of courtesy to the next one; without it the lease runs out by itself.
        let released =
            self.database.write_behind(move |tx| lease::release(tx, &lease_of(name), &holder));
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
    let lease = lease::ask(tx, &lease_of(name), holder, now, LEASE_HELD)?;
    let stored = journal::cursor(tx, name)?;
    Ok(lease.only(tx)?.is_some() && stored == behind)
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

/// Whether the database is to blame, and what it was asked is not.
pub(crate) fn is_passing(error: &Error) -> bool {
    matches!(
        error,
        Error::Conflict | Error::StorageFull | Error::Overloaded | Error::Unavailable(_)
    )
}
