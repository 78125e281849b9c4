//! The database as the rest of the program sees it: write, read, wait for news, close.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use ordermill_base::IdGenerator;
use tokio::sync::{oneshot, watch};

use crate::job::{BatchCommand, Hot, Job, Single};
use crate::stepper::Stepper;
use crate::writer::{BATCH_MAX, Outcome, run_batch};
use crate::{Address, Connection, Error, Tx};

/// A handle; clones share the threads.
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

/// How many threads, and how much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Threads that read.
    pub readers: usize,
    /// Writers of hot kinds on PostgreSQL: one decides while another's rows are on their way to the
    /// disk; SQLite has one writer for everything, whatever stands here.
    pub writers: usize,
    /// Writers of ordinary commands on PostgreSQL. A command waits for the server with most of its
    /// statements, so several are on their way at once, each in a transaction of its own.
    pub ordinary_writers: usize,
    /// Commands that may wait for the writer; one more is refused with [`Error::Overloaded`].
    pub queue: usize,
    /// The number of this node, different for each that runs on one database.
    pub node: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 4, writers: 2, ordinary_writers: 12, queue: 8_192, node: 0 }
    }
}

/// Figures of the writer since the start, for `/metrics`.
#[derive(Debug, Default)]
pub struct Stats {
    /// Transactions.
    pub batches: AtomicU64,
    /// Commands in them.
    pub commands: AtomicU64,
    /// Commands turned away because the queue was full.
    pub refused: AtomicU64,
}

impl Stats {
    fn count(&self, commands: usize) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.commands.fetch_add(commands as u64, Ordering::Relaxed);
    }
}

pub(crate) type ReadJob = Box<dyn FnOnce(&mut Connection) + Send>;

#[derive(Debug)]
struct Inner {
    address: Address,
    ids: Arc<IdGenerator>,
    /// Commands of hot kinds.
    hot: Sender<Box<dyn Job>>,
    /// All other commands; on SQLite the same queue.
    commands: Sender<Box<dyn Job>>,
    /// What comes behind the commands: see [`Database::write_behind`].
    behind: Sender<Box<dyn Job>>,
    reads: Sender<ReadJob>,
    committed: watch::Sender<u64>,
    is_lost: watch::Sender<bool>,
    stats: Stats,
    threads: std::sync::Mutex<Vec<JoinHandle<()>>>,
    is_closed: AtomicBool,
}

impl std::fmt::Debug for dyn Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a command")
    }
}

/// The ends of the queues that the threads take from.
struct Queues {
    /// Commands of hot kinds, and on SQLite all that is written.
    hot: Receiver<Box<dyn Job>>,
    apart: Option<Apart>,
    reads: Receiver<ReadJob>,
}

/// What has connections of its own where several can write.
struct Apart {
    commands: Receiver<Box<dyn Job>>,
    behind: Receiver<Box<dyn Job>>,
}

impl Database {
    /// Opens the database, brings its schema up to date and starts the threads.
    pub fn open(address: &Address, options: Options) -> Result<Self, Error> {
        let ids = Arc::new(IdGenerator::new(options.node));
        let mut connection = Connection::open(address, Arc::clone(&ids))?;
        connection.migrate()?;
        let (database, queues) = Self::over(address, ids, options.queue, address.is_postgres());
        // It ends with the writer's connection, so it is joined behind it.
        let checkpointer = connection.copy_beside(address)?;
        let mut threads =
            vec![database.spawn("writer", connection, &queues.hot, Inner::write_on)?];
        threads.extend(checkpointer);
        if let Some(apart) = &queues.apart {
            let open = || Connection::open(address, Arc::clone(&database.0.ids));
            for _ in 1..options.writers {
                threads.push(database.spawn("writer", open()?, &queues.hot, Inner::write_on)?);
            }
            for _ in 0..options.ordinary_writers.max(1) {
                let run = Inner::write_one_by_one_on;
                threads.push(database.spawn("ordinary-writer", open()?, &apart.commands, run)?);
            }
            threads.push(database.spawn("follower", open()?, &apart.behind, Inner::follow_on)?);
        }
        for _ in 0..options.readers.max(1) {
            let connection = Connection::open_reader(address, Arc::clone(&database.0.ids))?;
            threads.push(database.spawn("reader", connection, &queues.reads, Inner::read_on)?);
        }
        database.0.lock_threads().extend(threads);
        Ok(database)
    }

    /// A database without threads: its writer runs when it is told to. Asking it from a thread that
    /// blocks waits forever.
    pub fn stepped(
        address: &Address,
        mut connection: Connection,
        queue: usize,
    ) -> Result<(Self, Stepper), Error> {
        connection.migrate()?;
        let (database, queues) = Self::over(address, connection.ids(), queue, false);
        Ok((database, Stepper::new(connection, queues.hot, queues.reads)))
    }

    fn over(
        address: &Address,
        ids: Arc<IdGenerator>,
        queue: usize,
        is_apart: bool,
    ) -> (Self, Queues) {
        let (hot, hot_waiting) = crossbeam_channel::bounded(queue);
        let (reads, questions) = crossbeam_channel::bounded(queue);
        let (commands, behind, apart) = if is_apart {
            let (commands, waiting) = crossbeam_channel::bounded(queue);
            let (behind, follows) = crossbeam_channel::bounded(queue);
            (commands, behind, Some(Apart { commands: waiting, behind: follows }))
        } else {
            (hot.clone(), hot.clone(), None)
        };
        let database = Self(Arc::new(Inner {
            address: address.clone(),
            ids,
            hot,
            commands,
            behind,
            reads,
            committed: watch::Sender::new(0),
            is_lost: watch::Sender::new(false),
            stats: Stats::default(),
            threads: std::sync::Mutex::new(Vec::new()),
            is_closed: AtomicBool::new(false),
        }));
        (database, Queues { hot: hot_waiting, apart, reads: questions })
    }

    fn spawn<T: Send + 'static>(
        &self,
        name: &str,
        connection: Connection,
        queue: &Receiver<T>,
        run: fn(&std::sync::Weak<Inner>, Connection, &Receiver<T>),
    ) -> Result<JoinHandle<()>, Error> {
        let (inner, queue) = (Arc::downgrade(&self.0), queue.clone());
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(&inner, connection, &queue))
            .map_err(|error| Error::Engine(error.into()))
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// Makes the ids of this node.
    pub fn ids(&self) -> &IdGenerator {
        &self.0.ids
    }

    /// Figures of the writer.
    pub fn stats(&self) -> &Stats {
        &self.0.stats
    }

    /// Changes with every commit of this process: what readers of the journal wait for.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.0.committed.subscribe()
    }

    /// Becomes true when the disk failed so that nothing more can be trusted to be written. The
    /// process then ends and starts again from what is durable.
    pub fn is_lost(&self) -> watch::Receiver<bool> {
        self.0.is_lost.subscribe()
    }

    /// Runs a command in a transaction shared with others and answers when it is durable. An `Err`
    /// leaves no trace. `work` may run more than once, so it changes nothing but the transaction.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        self.enqueue(&self.0.commands, Box::new(Single { work, result: None, sender }))?;
        answer.await.unwrap_or_else(|_| Err(Error::Unavailable(None).into()))
    }

    /// As [`Database::write`], for readers of the journal, which write nothing that a command locks:
    /// on PostgreSQL they have a connection of their own, so that no command waits for them.
    pub async fn write_behind<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        self.enqueue(&self.0.behind, Box::new(Single { work, result: None, sender }))?;
        answer.await.unwrap_or_else(|_| Err(Error::Unavailable(None).into()))
    }

    /// As [`Database::write`], from a thread that may block.
    pub fn write_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        self.enqueue(&self.0.commands, Box::new(Single { work, result: None, sender }))?;
        answer.blocking_recv().unwrap_or_else(|_| Err(Error::Unavailable(None).into()))
    }

    /// Runs a command of a hot kind together with those of its kind that wait, and answers when it
    /// is durable.
    pub async fn submit<C: BatchCommand + Sync>(&self, command: C) -> Result<C::Output, Error> {
        let (sender, answer) = oneshot::channel();
        self.enqueue(&self.0.hot, Box::new(Hot { command, output: None, sender }))?;
        answer.await.unwrap_or_else(|_| Err(Error::Unavailable(None)))
    }

    /// As [`Database::submit`] for many at once, from a thread that may block; answers in order.
    pub fn submit_all_blocking<C: BatchCommand + Sync>(
        &self,
        commands: Vec<C>,
    ) -> Result<Vec<C::Output>, Error> {
        let mut answers = Vec::with_capacity(commands.len());
        for command in commands {
            let (sender, answer) = oneshot::channel();
            let job: Box<dyn Job> = Box::new(Hot { command, output: None, sender });
            self.0.hot.send(job).map_err(|_| Error::Unavailable(None))?;
            answers.push(answer);
        }
        answers
            .into_iter()
            .map(|answer| answer.blocking_recv().unwrap_or_else(|_| Err(Error::Unavailable(None))))
            .collect()
    }

    /// Asks something on a reader's thread. Each statement sees what is newest; for several that
    /// must agree, use [`Database::snapshot`].
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.ask(|connection| connection.read(work)).await
    }

    /// Asks several things over one unchanging view.
    pub async fn snapshot<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.ask(|connection| connection.snapshot(work)).await
    }

    async fn ask<T, E>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        let job: ReadJob = Box::new(move |connection| drop(sender.send(work(connection))));
        match self.0.reads.try_send(job) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(Error::Unavailable(None).into())),
            Err(TrySendError::Full(_)) => Err(Error::Overloaded.into()),
            Err(TrySendError::Disconnected(_)) => Err(Error::Unavailable(None).into()),
        }
    }

    fn enqueue(&self, queue: &Sender<Box<dyn Job>>, job: Box<dyn Job>) -> Result<(), Error> {
        if self.0.is_closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable(None));
        }
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => {
                self.0.stats.refused.fetch_add(1, Ordering::Relaxed);
                Error::Overloaded
            }
            TrySendError::Disconnected(_) => Error::Unavailable(None),
        })
    }

    /// Takes nothing more, finishes what was accepted and ends the threads.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        let threads = std::mem::take(&mut *self.0.lock_threads());
        for thread in threads {
            drop(thread.join());
        }
    }
}

impl Inner {
    fn lock_threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A writer's life: ends when the database is closed and its queue is empty.
    fn write_on(
        weak: &std::sync::Weak<Self>,
        connection: Connection,
        queue: &Receiver<Box<dyn Job>>,
    ) {
        Self::run_on(weak, connection, queue, |inner, first, kept| {
            let batch = gather(first, queue, inner.address.is_postgres(), kept);
            inner.stats.count(batch.len());
            batch
        });
    }

    /// As [`Inner::write_on`], with a transaction for each command: it locks its rows once, in the
    /// one global order. A second command in the same transaction would lock again, and two writers
    /// could wait for each other in a circle.
    fn write_one_by_one_on(
        weak: &std::sync::Weak<Self>,
        connection: Connection,
        queue: &Receiver<Box<dyn Job>>,
    ) {
        Self::run_on(weak, connection, queue, |inner, first, _| {
            inner.stats.count(1);
            vec![first]
        });
    }

    /// As [`Inner::write_on`], for readers of the journal, whose work is not counted as commands.
    fn follow_on(
        weak: &std::sync::Weak<Self>,
        connection: Connection,
        queue: &Receiver<Box<dyn Job>>,
    ) {
        Self::run_on(weak, connection, queue, |_, first, kept| gather(first, queue, true, kept));
    }

    fn run_on(
        weak: &std::sync::Weak<Self>,
        mut connection: Connection,
        queue: &Receiver<Box<dyn Job>>,
        batch_of: impl Fn(&Self, Box<dyn Job>, &mut Kept) -> Vec<Box<dyn Job>>,
    ) {
        let mut kept = Kept::new();
        while let Some(first) = kept.pop_front().or_else(|| next(weak, queue)) {
            let Some(inner) = weak.upgrade() else { return };
            let batch = batch_of(&inner, first, &mut kept);
            let outcome = run_batch(&mut connection, batch);
            inner.committed.send_modify(|count| *count += 1);
            if matches!(outcome, Outcome::Lost) {
                if !inner.address.is_postgres() {
                    // After a failed flush the system may have dropped what it could not write:
                    // only a fresh start tells what is really there.
                    inner.is_lost.send_replace(true);
                    return;
                }
                match reopen(&inner, queue, &mut kept) {
                    Some(fresh) => connection = fresh,
                    None => return,
                }
            }
        }
    }

    fn read_on(
        weak: &std::sync::Weak<Self>,
        mut connection: Connection,
        queue: &Receiver<ReadJob>,
    ) {
        while let Some(question) = next(weak, queue) {
            if connection.is_closed() {
                let Some(inner) = weak.upgrade() else { return };
                // Without a connection the question is dropped, which its asker sees at once.
                let Ok(fresh) = Connection::open_reader(&inner.address, Arc::clone(&inner.ids))
                else {
                    continue;
                };
                connection = fresh;
            }
            question(&mut connection);
        }
    }
}

/// Commands that a writer has taken from its queue, for the batches to come.
type Kept = VecDeque<Box<dyn Job>>;

/// What waits with `first`, to be run with it. On PostgreSQL a batch has commands of one kind, and those of
/// other kinds are kept for the next: only commands of one kind lock their rows together, in the one global
/// order. On SQLite nothing runs beside it anyway, and a shared flush is what counts.
fn gather(
    first: Box<dyn Job>,
    queue: &Receiver<Box<dyn Job>>,
    is_postgres: bool,
    kept: &mut Kept,
) -> Vec<Box<dyn Job>> {
    let room = BATCH_MAX - 1;
    kept.extend(queue.try_iter().take(room.saturating_sub(kept.len())));
    let kind = first.kind();
    let waiting = std::mem::take(kept).into_iter();
    let (later, now): (Kept, Kept) = waiting.partition(|job| is_postgres && job.kind() != kind);
    *kept = later;
    std::iter::once(first).chain(now).collect()
}

/// The next item; `None` once the database is closed (or forgotten) and nothing waits.
fn next<T>(weak: &std::sync::Weak<Inner>, queue: &Receiver<T>) -> Option<T> {
    loop {
        match queue.recv_timeout(Duration::from_millis(100)) {
            Ok(item) => return Some(item),
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return None,
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {
                let is_over =
                    weak.upgrade().is_none_or(|inner| inner.is_closed.load(Ordering::Acquire));
                if is_over && queue.is_empty() {
                    return None;
                }
            }
        }
    }
}

/// Connects again, answering what comes meanwhile at once instead of letting it wait.
fn reopen(inner: &Inner, queue: &Receiver<Box<dyn Job>>, kept: &mut Kept) -> Option<Connection> {
    loop {
        match Connection::open(&inner.address, Arc::clone(&inner.ids)) {
            Ok(connection) => return Some(connection),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the database is away");
                let waiting = kept.drain(..).chain(queue.try_iter());
                waiting.for_each(|job| job.fail(Error::Unavailable(None)));
                if inner.is_closed.load(Ordering::Acquire) {
                    return None;
                }
                let deadline = std::time::Instant::now() + Duration::from_millis(250);
                while let Ok(job) = queue.recv_deadline(deadline) {
                    job.fail(Error::Unavailable(None));
                }
            }
        }
    }
}
