//! A fresh database for each test, on each engine.

use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

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
    /// How many nodes were opened: each makes ids of its own.
    nodes: AtomicU16,
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
        migrate(&address);
        Self::new(address, "sqlite", Keeper::Directory(directory))
    }

    fn postgres(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{count}", std::process::id());
        let template = TEMPLATE.get_or_init(|| template(server));
        run(server, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let address = address_of(server, &name);
        let keeper = Keeper::Postgres { server: server.to_owned(), name };
        Self::new(address, "postgres", keeper)
    }

    fn new(address: Address, engine: &'static str, keeper: Keeper) -> Self {
        Self { address, engine, keeper, nodes: AtomicU16::new(0) }
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
        let ids = Arc::new(IdGenerator::new(Options::default().node + 1));
        Connection::open(&self.address, ids).expect("the database opens")
    }

    /// The database with its threads: on PostgreSQL another node with each call, as in a shop with
    /// many; SQLite has one.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub fn open(&self) -> Database {
        let first = Options::default();
        let node = match self.keeper {
            Keeper::Directory(_) => first.node,
            // The number behind the first one is that of connections.
            Keeper::Postgres { .. } => match self.nodes.fetch_add(1, Ordering::Relaxed) {
                0 => first.node,
                more => first.node + 1 + more,
            },
        };
        Database::open(&self.address, Options { node, ..first }).expect("the database opens")
    }
}

impl TestDatabase {
    /// Waits until a transaction waits for a lock that another one holds: on PostgreSQL, where they run side by
    /// side.
    ///
    /// # Panics
    /// On SQLite, or if that takes half a minute.
    pub fn until_somebody_waits(&self) {
        let Keeper::Postgres { server, name } = &self.keeper else {
            panic!("SQLite has one writer, who waits for nobody")
        };
        let mut client = connect(server);
        let waiting =
            "SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'";
        let patience = Instant::now() + Duration::from_secs(30);
        while client.query(waiting, &[name]).expect("the test server answers").is_empty() {
            assert!(Instant::now() < patience, "nobody waits");
            std::thread::sleep(Duration::from_millis(5));
        }
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

static TEMPLATE: OnceLock<String> = OnceLock::new();

/// The database with the schema of the day that those of tests are copied from; whichever test comes first makes
/// it, and the others wait.
fn template(server: &str) -> String {
    let name = format!("test_template_{:016x}", ordermill_storage::schema_fingerprint());
    let mut client = connect(server);
    // The key is any number that nothing else of ours locks.
    client.batch_execute("SELECT pg_advisory_lock(7240114)").expect("the test server obeys");
    let known = "SELECT 1 FROM pg_database WHERE datname = $1";
    if client.query(known, &[&name]).expect("the test server answers").is_empty() {
        let unfinished = format!("{name}_unfinished");
        run(server, &format!("DROP DATABASE IF EXISTS {unfinished}"));
        run(server, &format!("CREATE DATABASE {unfinished}"));
        migrate(&address_of(server, &unfinished));
        run(server, &format!("ALTER DATABASE {unfinished} RENAME TO {name}"));
    }
    name
}

fn address_of(server: &str, database: &str) -> Address {
    let base = server.rsplit_once('/').map_or(server, |(base, _)| base);
    format!("{base}/{database}").parse().expect("the server's address")
}

fn migrate(address: &Address) {
    let ids = Arc::new(IdGenerator::new(Options::default().node + 1));
    let mut connection = Connection::open(address, ids).expect("the database opens");
    connection.migrate().expect("migrations run");
}

fn connect(server: &str) -> postgres::Client {
    postgres::Client::connect(server, postgres::NoTls).expect("the test server answers")
}

fn run(server: &str, sql: &str) {
    connect(server).batch_execute(sql).expect("the test server obeys");
}
