//! A shop for the real program: goods, stock and an API key, made before it starts.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ordermill_app::stock::{Spot, StockError, receive_stock};
use ordermill_base::{Id, IdGenerator, Quantity};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_faults::{Program, Running, Strace};
use ordermill_storage::{Address, Connection, Error, location, sku};
use ordermill_testkit::{TestClock, catalog};

use crate::client::Client;

/// Goods: `S1` to `S9`.
pub(crate) const SKUS: i64 = 9;
const START: Duration = Duration::from_secs(30);

/// An installation in a folder.
pub(crate) struct Shop {
    data: PathBuf,
    database: Option<String>,
    key: String,
}

/// The running program.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    /// From its start until it said where it listens.
    pub(crate) started_within: Duration,
}

impl Shop {
    /// A shop with so many pieces of each of its goods, in a folder or on a PostgreSQL server.
    pub(crate) fn new(data: &Path, database: Option<&str>, pieces: i64) -> Self {
        let mut shop = Self {
            data: data.to_owned(),
            database: database.map(str::to_owned),
            key: String::new(),
        };
        let scopes = Scope::ALL.iter().flat_map(|scope| ["--scope", scope.code()]);
        let args = ["admin", "api-key", "--name", "test"].into_iter().chain(scopes);
        let mut made = shop.program().args(args).start().unwrap();
        assert!(made.wait(START).unwrap().success(), "{}", made.output());
        let is_key = |line: &&str| !line.is_empty() && !line.contains(char::is_whitespace);
        shop.key = made.output().lines().rev().find(is_key).unwrap().to_owned();
        shop.stock_up(pieces);
        shop
    }

    fn stock_up(&self, pieces: i64) {
        let address: Address = match &self.database {
            Some(url) => url.parse().unwrap(),
            None => Address::sqlite(self.data.join("ordermill.db")),
        };
        let ids = Arc::new(IdGenerator::new(1));
        let mut connection = Connection::open(&address, ids).unwrap();
        let act = Act::new(Actor::system("test"), TestClock::START);
        let home = LocationId::from_raw(1);
        let quantity = Quantity::new(pieces).unwrap();
        connection
            .transact(|tx| {
                let place = catalog::location(home, "L1", 30, 120);
                location::insert(tx, &act, &place)?;
                (1..=SKUS).try_for_each(|number| {
                    let id = SkuId::from_raw(number);
                    sku::insert(tx, &act, &catalog::sku(id, &format!("S{number}")))
                })
            })
            .map_err(|error: Error| error)
            .unwrap();
        for number in 1..=SKUS {
            let id = SkuId::from_raw(number);
            connection
                .transact(|tx| {
                    receive_stock(tx, &act, id, home, quantity, &Spot::default(), None)?;
                    Ok::<_, StockError>(())
                })
                .unwrap();
        }
    }

    /// The program with this installation's settings.
    pub(crate) fn program(&self) -> Program {
        let program = Program::new(env!("CARGO_BIN_EXE_ordermill"))
            .arg("--data")
            .arg(&self.data)
            .env("ORDERMILL_LISTEN", "127.0.0.1:0");
        match &self.database {
            Some(url) => program.args(["--database", url]),
            None => program,
        }
    }

    /// Starts the program and waits until it serves.
    pub(crate) fn serve(&self) -> Server {
        self.try_serve(None).unwrap()
    }

    /// Starts the program under a tracer; the error tells how it ended instead of serving.
    pub(crate) fn try_serve(&self, strace: Option<Strace>) -> Result<Server, String> {
        let mut program = self.program().arg("serve");
        if let Some(strace) = strace {
            program = program.under(strace);
        }
        let started = Instant::now();
        let mut running = program.start().unwrap();
        let line = running.wait_for_line("listening on http://", START);
        let line = line.map_err(|error| error.to_string())?;
        let address = line.split("http://").nth(1).unwrap().trim().parse().unwrap();
        Ok(Server { running, address, started_within: started.elapsed() })
    }

    /// The header line of the shop's key.
    pub(crate) fn authorization(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.key)
    }

    /// A client with the shop's key.
    pub(crate) fn client(&self, server: &Server) -> Client {
        self.client_at(server.address)
    }

    /// The same at an address.
    pub(crate) fn client_at(&self, address: SocketAddr) -> Client {
        Client::new(address, &self.key)
    }

    /// Every invariant holds.
    pub(crate) fn check(&self) {
        let mut check = self.program().arg("check").start().unwrap();
        let status = check.wait(Duration::from_secs(120)).unwrap();
        assert!(status.success(), "{}", check.output());
    }
}

impl Server {
    /// The sockets that the process has open.
    pub(crate) fn sockets(&self) -> usize {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.running.pid())).unwrap();
        let is_socket = |entry: &std::fs::DirEntry| {
            // One that is closed while we look has no target any more.
            let target = std::fs::read_link(entry.path()).unwrap_or_default();
            target.to_string_lossy().starts_with("socket:")
        };
        open.filter(|entry| entry.as_ref().is_ok_and(is_socket)).count()
    }

    /// The most memory that the process ever had, in kB.
    pub(crate) fn peak_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.pid()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
