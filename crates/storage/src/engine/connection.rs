//! One connection of either engine, and the transactions on it.

use std::str::FromStr;
use std::sync::Arc;

use ordermill_base::IdGenerator;

use super::postgres::PostgresSession;
use super::sqlite::{SqliteFile, SqliteSession};
use crate::Error;
use crate::tx::{Engine, Tx};

/// Where a database is: `sqlite:FILE`, `sqlite::memory:NAME` or `postgres://…`.
#[derive(Debug, Clone)]
pub struct Address(Target);

#[derive(Debug, Clone)]
enum Target {
    Sqlite(SqliteFile),
    Postgres(Box<tokio_postgres::Config>),
}

impl Address {
    /// The SQLite file at `path`.
    pub fn sqlite(path: impl Into<std::path::PathBuf>) -> Self {
        Self(Target::Sqlite(SqliteFile::Path(path.into())))
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Target::Postgres(_))
    }

    /// The file of a SQLite database that has one.
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.0 {
            Target::Sqlite(SqliteFile::Path(path)) => Some(path),
            Target::Sqlite(SqliteFile::Memory(_)) | Target::Postgres(_) => None,
        }
    }

    /// `sqlite` or `postgres`, for logs and benchmarks.
    pub fn engine(&self) -> &'static str {
        if self.is_postgres() { "postgres" } else { "sqlite" }
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(name) = text.strip_prefix("sqlite::memory:") {
            return Ok(Self(Target::Sqlite(SqliteFile::Memory(name.to_owned()))));
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Ok(Self::sqlite(path));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let mut config: tokio_postgres::Config = text
                .parse()
                .map_err(|_| Error::Address("the PostgreSQL address cannot be read".to_owned()))?;
            config.application_name("ordermill");
            config.connect_timeout(std::time::Duration::from_secs(5));
            return Ok(Self(Target::Postgres(Box::new(config))));
        }
        Err(Error::Address(
            "a database is given as sqlite:FILE or postgres://USER@HOST/NAME".to_owned(),
        ))
    }
}

/// A connection that runs transactions in the calling thread. The writer's and the readers' threads
/// own one each; the simulation and tests may use one directly.
#[derive(Debug)]
pub struct Connection {
    session: Session,
    ids: Arc<IdGenerator>,
}

#[derive(Debug)]
enum Session {
    Sqlite(Box<SqliteSession>),
    Postgres(Box<PostgresSession>),
}

impl Connection {
    /// Opens for writing.
    pub fn open(address: &Address, ids: Arc<IdGenerator>) -> Result<Self, Error> {
        Self::open_as(address, ids, true)
    }

    /// Opens for reading only.
    pub fn open_reader(address: &Address, ids: Arc<IdGenerator>) -> Result<Self, Error> {
        Self::open_as(address, ids, false)
    }

    fn open_as(address: &Address, ids: Arc<IdGenerator>, is_writer: bool) -> Result<Self, Error> {
        let session = match &address.0 {
            Target::Sqlite(file) => {
                Session::Sqlite(Box::new(SqliteSession::open(file, is_writer)?))
            }
            Target::Postgres(config) => {
                Session::Postgres(Box::new(PostgresSession::open(config, is_writer)?))
            }
        };
        Ok(Self { session, ids })
    }

    /// Brings the schema to its newest step and makes sure that new ids lie above all stored ones,
    /// also when the clock was set back in between.
    pub fn migrate(&mut self) -> Result<(), Error> {
        crate::migrate::migrate(self)?;
        // Nearly everything has an entry in the journal whose id is above its own; these have none.
        let newest = self.read(|tx| {
            let tables = [
                "inbox",
                "tasks",
                "login_codes",
                "imports",
                "customers",
                "messages",
                "webhook_deliveries",
                "channel_orders",
                "channels",
                "carts",
            ];
            let keys = tables.map(|table| (table, "id"));
            let mut newest = 0;
            let others = [("ledger_entries", "posting_id"), ("journal", "position")];
            for (table, id) in keys.into_iter().chain(others) {
                let sql = format!("SELECT {id} FROM {table} ORDER BY {id} DESC LIMIT 1");
                let found = tx.query_opt(&sql, &[], |row| row.int())?;
                newest = newest.max(found.unwrap_or(0));
            }
            Ok::<_, Error>(newest)
        })?;
        self.ids.continue_after(newest);
        Ok(())
    }

    /// Has a thread copy SQLite's log back beside this connection, if there is one; see
    /// [`SqliteSession::copy_beside`].
    pub(crate) fn copy_beside(
        &mut self,
        address: &Address,
    ) -> Result<Option<std::thread::JoinHandle<()>>, Error> {
        match (&mut self.session, address.file()) {
            (Session::Sqlite(session), Some(file)) => {
                session.copy_beside(file.to_owned()).map(Some)
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn ids(&self) -> Arc<IdGenerator> {
        Arc::clone(&self.ids)
    }

    /// The same connection with another generator of ids, as after a restart.
    pub(crate) fn with_ids(self, ids: Arc<IdGenerator>) -> Self {
        Self { ids, ..self }
    }

    /// Whether the server has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        match &self.session {
            Session::Sqlite(_) => false,
            Session::Postgres(session) => session.is_closed(),
        }
    }

    pub(crate) fn tx(&mut self) -> Tx<'_> {
        let engine = match &mut self.session {
            Session::Sqlite(session) => Engine::Sqlite(session),
            Session::Postgres(session) => Engine::Postgres(session),
        };
        Tx::new(engine, &self.ids)
    }

    /// Runs `work` in a transaction of its own: kept if it gives `Ok`, without a trace otherwise.
    pub fn transact<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tx = self.tx();
        tx.run("BEGIN")?;
        // What was sent ahead may be refused only when all is to be committed.
        let done = work(&mut tx).and_then(|done| Ok(tx.run("COMMIT").map(|()| done)?));
        if done.is_err() {
            tx.discard_pending();
            // A transaction that the engine has ended itself has nothing to roll back.
            drop(tx.run("ROLLBACK"));
        }
        done
    }

    /// Runs `work` over one unchanging view of the whole database.
    pub fn snapshot<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin_reading();
        let mut tx = self.tx();
        tx.run("BEGIN READ")?;
        let result = work(&mut tx);
        tx.run("ROLLBACK")?;
        result
    }

    /// Runs `work` without a transaction around it: each statement sees what is newest. The cheap
    /// way for one or two statements.
    pub fn read<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin_reading();
        work(&mut self.tx())
    }

    fn begin_reading(&mut self) {
        if let Session::Postgres(session) = &mut self.session {
            session.begin_reading();
        }
    }

    /// Copies a SQLite database into a new file while it is in use.
    pub fn backup(
        &self,
        to: &std::path::Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Error> {
        match &self.session {
            Session::Sqlite(session) => session.backup(to, progress),
            Session::Postgres(_) => Err(Error::Address(
                "PostgreSQL is backed up with its own tools; see the operator's guide".to_owned(),
            )),
        }
    }
}
