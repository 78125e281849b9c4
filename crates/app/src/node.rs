//! Node numbers: how several processes on one database make ids that never collide.
//!
//! Every id carries the number of the node that made it. On PostgreSQL a process leases the first
//! free number for a minute and renews it four times a minute, on a thread of its own; when it could
//! not, it has lost the number and must end, as another may have it by then. On SQLite there is one
//! process: it holds a lock on a file beside the database, which the system lets go with the process,
//! however that ends.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;

use ordermill_base::id::NODE_MAX;
use ordermill_base::{Clock, IdGenerator, Span, Timestamp};
use ordermill_storage::{Address, Connection, Error, lease};
use tokio::sync::watch;

/// How long a number is ours without renewal.
pub const HELD: Span = Span::seconds(60);
/// How often it is renewed.
pub const RENEWED_EVERY: Span = Span::seconds(15);

/// The number of this process among those that share its database. Dropping it gives it back.
#[derive(Debug)]
pub struct Node {
    number: u16,
    lost: watch::Sender<bool>,
    hold: Hold,
}

#[derive(Debug)]
enum Hold {
    /// The lock lasts as long as the open file.
    File {
        _locked: Option<File>,
    },
    Lease {
        stop: Option<mpsc::Sender<()>>,
        thread: Option<JoinHandle<()>>,
    },
}

/// Why a process cannot start as a node.
#[derive(Debug, thiserror::Error)]
pub enum TakeNodeError {
    /// Another process has this SQLite database open.
    #[error("another process is running on {0}")]
    InUse(PathBuf),
    /// The lock file cannot be made.
    #[error("lock file {path}")]
    LockFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Every number is held by a live process.
    #[error("all {} node numbers are in use", NODE_MAX + 1)]
    NoneFree,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Node {
    /// Takes a number for this process. `holder` names the process and is different for each, also
    /// after a restart. Brings the schema up to date, so it comes before opening the database.
    ///
    /// Blocks; call it from outside of an asynchronous runtime.
    pub fn take(
        address: &Address,
        holder: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TakeNodeError> {
        let lost = watch::Sender::new(false);
        if !address.is_postgres() {
            let hold = Hold::File { _locked: lock_file(address)? };
            return Ok(Self { number: 0, lost, hold });
        }
        let mut connection = Connection::open(address, Arc::new(IdGenerator::new(0)))?;
        connection.migrate()?;
        let now = clock.now();
        let number = take_first_free(&mut connection, holder, now)?;
        let keeper = Keeper {
            address: address.clone(),
            name: name_of(number),
            holder: holder.to_owned(),
            lost: lost.clone(),
            held_until: now + HELD,
        };
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("node".to_owned())
            .spawn(move || keeper.keep(connection, &*clock, &stopped))
            .map_err(|error| Error::Engine(error.into()))?;
        let hold = Hold::Lease { stop: Some(stop), thread: Some(thread) };
        Ok(Self { number, lost, hold })
    }

    /// For [`ordermill_storage::Options::node`].
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Becomes true when the number is not ours any more: the process must then end at once.
    pub fn is_lost(&self) -> watch::Receiver<bool> {
        self.lost.subscribe()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Hold::Lease { stop, thread } = &mut self.hold {
            drop(stop.take());
            // A keeper that panicked has nothing to give back.
            drop(thread.take().map(JoinHandle::join));
        }
    }
}

fn lock_file(address: &Address) -> Result<Option<File>, TakeNodeError> {
    // A database in memory belongs to its process anyway.
    let Some(database) = address.file() else { return Ok(None) };
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let failed = |source| TakeNodeError::LockFile { path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(TakeNodeError::InUse(database.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn name_of(number: u16) -> String {
    format!("node:{number}")
}

fn take_first_free(
    connection: &mut Connection,
    holder: &str,
    now: Timestamp,
) -> Result<u16, TakeNodeError> {
    for number in 0..=NODE_MAX {
        let name = name_of(number);
        let token = connection.transact(|tx| lease::acquire(tx, &name, holder, now, HELD))?;
        if token.is_some() {
            return Ok(number);
        }
    }
    Err(TakeNodeError::NoneFree)
}

/// The thread that renews.
struct Keeper {
    address: Address,
    name: String,
    holder: String,
    lost: watch::Sender<bool>,
    held_until: Timestamp,
}

impl Keeper {
    fn keep(mut self, connection: Connection, clock: &dyn Clock, stopped: &mpsc::Receiver<()>) {
        let mut connection = Some(connection);
        loop {
            match stopped.recv_timeout(RENEWED_EVERY.to_std()) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                    if let Some(connection) = &mut connection {
                        let release =
                            connection.transact(|tx| lease::release(tx, &self.name, &self.holder));
                        // Without it the number is free in a minute.
                        drop(release);
                    }
                    return;
                }
            }
            if !self.renew(&mut connection, clock.now()) {
                tracing::error!(lease = self.name, "the node number is lost");
                self.lost.send_replace(true);
                return;
            }
        }
    }

    /// Whether the number is still ours. A database that is away takes it from us only when our time
    /// is over.
    fn renew(&mut self, connection: &mut Option<Connection>, now: Timestamp) -> bool {
        if connection.is_none() {
            let ids = Arc::new(IdGenerator::new(0));
            *connection = Connection::open(&self.address, ids).ok();
        }
        let renewed = connection.as_mut().map(|connection| {
            connection.transact(|tx| lease::acquire(tx, &self.name, &self.holder, now, HELD))
        });
        match renewed {
            // Taken again after our time was over: another may have had it in between.
            Some(Ok(Some(_))) if now >= self.held_until => false,
            Some(Ok(Some(_))) => {
                self.held_until = now + HELD;
                true
            }
            Some(Ok(None)) => false,
            Some(Err(error)) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(lease = self.name, error, "the node number was not renewed");
                *connection = None;
                now < self.held_until
            }
            None => now < self.held_until,
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_testkit::{TestClock, each_database};

    use super::*;

    const NOW: Timestamp = TestClock::START;

    #[test]
    fn two_processes_never_write_one_data_directory() {
        let directory = tempfile::tempdir().unwrap();
        let address = Address::sqlite(directory.path().join("ordermill.db"));
        let clock: Arc<dyn Clock> = Arc::new(TestClock::default());
        let take = || Node::take(&address, "any", Arc::clone(&clock));
        let first = take().unwrap();
        assert_eq!(first.number(), 0);
        assert!(matches!(take(), Err(TakeNodeError::InUse(_))));
        drop(first);
        assert!(take().is_ok(), "the next process may have it");
    }

    #[test]
    fn processes_that_share_a_database_have_different_numbers() {
        for database in each_database().iter().filter(|it| it.engine() == "postgres") {
            let clock: Arc<dyn Clock> = Arc::new(TestClock::default());
            let take = |holder| Node::take(database.address(), holder, Arc::clone(&clock)).unwrap();
            let (one, two, three) = (take("one"), take("two"), take("three"));
            assert_eq!([one.number(), two.number(), three.number()], [0, 1, 2]);
            drop(two);
            assert_eq!(take("four").number(), 1, "a number that was given back is free");
        }
    }

    #[test]
    fn a_number_is_lost_when_another_took_it_or_its_time_went_by_unrenewed() {
        for database in each_database().iter().filter(|it| it.engine() == "postgres") {
            let mut keeper = Keeper {
                address: database.address().clone(),
                name: name_of(0),
                holder: "one".to_owned(),
                lost: watch::Sender::new(false),
                held_until: NOW + HELD,
            };
            let mut other = database.connection();
            let mut take = |holder, at| {
                other.transact(|tx| lease::acquire(tx, "node:0", holder, at, HELD)).unwrap()
            };
            assert!(take("one", NOW).is_some());
            let mut connection = Some(database.connection());
            assert!(keeper.renew(&mut connection, NOW + Span::seconds(15)));
            let paused_until = NOW + Span::seconds(90);
            assert!(!keeper.renew(&mut connection, paused_until), "its time went by");
            keeper.held_until = paused_until + HELD;
            assert!(take("two", paused_until + HELD).is_some());
            assert!(!keeper.renew(&mut connection, paused_until + Span::seconds(59)));
        }
    }
}
