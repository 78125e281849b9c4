//! A fresh database for each test, on each engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ordermill_base::IdGenerator;
use ordermill_storage::{Address, Connection, Database, Options};

/// The environment variable that names a PostgreSQL server where databases may be made.
pub const POSTGRES: &str = "ORDERMILL_TEST_POSTGRES";

/// A database that goes away with this value.
#[derive(Debug)]
pub struct TestDatabase {
    address: Address,
    engine: &'static str,
    keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    Directory(tempfile::TempDir),
    Postgres { server: String, name: String },
}

/// One fresh, migrated database of each engine: SQLite always, PostgreSQL when a server is named.
///
/// # Panics
/// If a database cannot be made.
pub fn each_database() -> Vec<TestDatabase> {
    let mut databases = vec![TestDatabase::sqlite()];
    if let Ok(server) = std::env::var(POSTGRES) {
        databases.push(TestDatabase::postgres(&server));
    }
    databases
}

impl TestDatabase {
    /// A SQLite file in a temporary directory.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let address = Address::sqlite(directory.path().join("ordermill.db"));
        Self { address, engine: "sqlite", keeper: Keeper::Directory(directory) }.migrated()
    }

    fn postgres(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{count}", std::process::id());
        run(server, &format!("CREATE DATABASE {name}"));
        let base = server.rsplit_once('/').map_or(server, |(base, _)| base);
        let address = format!("{base}/{name}").parse().expect("the server's address");
        let keeper = Keeper::Postgres { server: server.to_owned(), name };
        Self { address, engine: "postgres", keeper }.migrated()
    }

    fn migrated(self) -> Self {
        self.connection().migrate().expect("migrations run");
        self
    }

    /// `sqlite` or `postgres`, for messages.
    pub fn engine(&self) -> &'static str {
        self.engine
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The folder of the database's files; none for PostgreSQL, whose files are the server's.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.keeper {
            Keeper::Directory(directory) => Some(directory.path()),
            Keeper::Postgres { .. } => None,
        }
    }

    /// A connection for transactions in the test's own thread.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub fn connection(&self) -> Connection {
        let ids = Arc::new(IdGenerator::new(1));
        Connection::open(&self.address, ids).expect("the database opens")
    }

    /// The database with its threads.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub fn open(&self) -> Database {
        Database::open(&self.address, Options::default()).expect("the database opens")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.keeper {
            // The directory removes itself.
            Keeper::Directory(_) => {}
            Keeper::Postgres { server, name } => {
                run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            }
        }
    }
}

fn run(server: &str, sql: &str) {
    let mut client =
        postgres::Client::connect(server, postgres::NoTls).expect("the test server answers");
    client.batch_execute(sql).expect("the test server obeys");
}
