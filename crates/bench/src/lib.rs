//! `ordermill bench`: figures of the product, each beside the limit that it is measured against in
//! the same run.
//!
//! Start at [`BENCHES`] and [`run`]; [`all`] is the plan of the whole table. A bench gives
//! [`Figure`]s; what prints them is the caller.
//!
//! What goes through HTTP is measured on this very program as a child process, with the clients on
//! one thread beside it. The limits are written here with SQL of their own, on purpose: they are what
//! the bare engine can do with the same rows, so they must not pass through the crate that is being
//! measured.

mod all;
mod client;
mod direct;
mod figure;
mod fresh;
mod histogram;
mod history;
mod import;
mod lifecycle;
mod limit;
mod load;
mod machine;
mod nothing;
mod optimize;
mod orders;
mod pay;
mod place;
mod process;
mod quote;
mod rush;
mod server;
mod shop;
mod start;
mod tracking;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ordermill_base::Clock;

pub use all::all;
pub use figure::{Figure, markdown, table};
pub use fresh::Target;
pub use histogram::Histogram;
pub use machine::Machine;
pub use nothing::router as nothing;

use crate::history::History;
use crate::orders::Mix;

/// How a bench is run.
#[derive(Clone)]
pub struct Options {
    /// Where databases may be made.
    pub target: Target,
    /// How many clients at once; each bench has a number of its own if none is given.
    pub connections: Option<usize>,
    /// How long each measurement takes.
    pub time: Duration,
    /// Orders of the past, for benches that have one; each has a number of its own if none is given.
    pub orders: Option<u64>,
    /// The folder of public instances with known answers, for the bench that needs one.
    pub instances: Option<PathBuf>,
    /// This program, to be started as a server.
    pub program: PathBuf,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Hears what goes on: what, how much is done, of how much.
    pub progress: fn(&'static str, u64, u64),
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { target, connections, time, orders, instances, program, .. } = self;
        f.debug_struct("Options")
            .field("target", target)
            .field("connections", connections)
            .field("time", time)
            .field("orders", orders)
            .field("instances", instances)
            .field("program", program)
            .finish_non_exhaustive()
    }
}

impl Options {
    fn connections_or(&self, usual: usize) -> usize {
        self.connections.unwrap_or(usual)
    }

    fn orders_or(&self, usual: u64) -> u64 {
        self.orders.unwrap_or(usual)
    }
}

/// One bench: what it is called and what it measures.
#[derive(Debug, Clone, Copy)]
pub struct Bench {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it measures, for `--help`.
    pub about: &'static str,
    run: fn(&Self, &Options) -> anyhow::Result<Vec<Figure>>,
}

const MILLION: u64 = 1_000_000;

/// Every bench.
pub const BENCHES: &[Bench] = &[
    Bench {
        name: "place-order",
        about: "orders of 3 lines over 1,000 SKUs through HTTP, each durable before its answer [256]",
        run: |bench, options| place::place(bench, options, Mix::Uniform),
    },
    Bench {
        name: "place-order-hot",
        about: "the same, one of the lines always of the same SKU [256]",
        run: |bench, options| place::place(bench, options, Mix::Hot),
    },
    Bench {
        name: "place-order-direct",
        about: "the same orders without HTTP, beside the bare engine writing the same rows [256]",
        run: |bench, options| direct::place(bench, options, Mix::Uniform),
    },
    Bench {
        name: "place-order-direct-hot",
        about: "the same, one of the lines always of the same SKU [256]",
        run: |bench, options| direct::place(bench, options, Mix::Hot),
    },
    Bench {
        name: "rush",
        about: "10,000 requests for 100 pieces, every fifth repeated: exactly 100 orders [200]",
        run: rush::rush,
    },
    Bench {
        name: "pay",
        about: "orders placed, paid at the sandbox gateway and confirmed by its notice [64]",
        run: pay::pay,
    },
    Bench {
        name: "lifecycle",
        about: "orders carried from placed to completed by simulated desks, through HTTP [64]",
        run: lifecycle::lifecycle,
    },
    Bench {
        name: "tracking",
        about: "pushes of carriers about 3,000 parcels on the road, then pages of these parcels [64]",
        run: tracking::tracking,
    },
    Bench {
        name: "quote",
        about: "what 3 lines would cost and when they would arrive, through HTTP [64]",
        run: quote::quote,
    },
    Bench {
        name: "import",
        about: "lines of a file of 100,000 orders taken in, every hundredth wrong; twice, to no more",
        run: import::import,
    },
    Bench {
        name: "get",
        about: "one order after another by its id, among 1,000,000 [64]",
        run: |_, options| {
            let mut history = History::open(options)?;
            history.fill_to(options.orders_or(MILLION), options)?;
            Ok(vec![history.get(options)?])
        },
    },
    Bench {
        name: "list",
        about: "pages of 50 orders with filters, among 1,000,000 [8]",
        run: |_, options| {
            let mut history = History::open(options)?;
            history.fill_to(options.orders_or(MILLION), options)?;
            Ok(vec![history.list(options)?])
        },
    },
    Bench {
        name: "growth",
        about: "place-order in an empty shop and beside 1,000,000 and 5,000,000 orders [256]",
        run: |_, options| {
            let most = options.orders_or(5 * MILLION);
            let mut history = History::open(options)?;
            let mut figures = vec![history.place(options)?];
            for orders in [most / 5, most] {
                history.fill_to(orders, options)?;
                figures.push(history.place(options)?);
            }
            Ok(figures)
        },
    },
    Bench {
        name: "audit-verify",
        about: "entries of the audit chain verified, over 1,000,000 orders",
        run: |_, options| {
            let mut history = History::open(options)?;
            history.fill_to(options.orders_or(MILLION), options)?;
            Ok(vec![history.audit_verify(options)?])
        },
    },
    Bench {
        name: "check",
        about: "orders whose invariants are checked, over 1,000,000 orders",
        run: |_, options| {
            let mut history = History::open(options)?;
            history.fill_to(options.orders_or(MILLION), options)?;
            Ok(vec![history.check(options)?])
        },
    },
    Bench {
        name: "cold-start",
        about: "from the start of the process to its first answer",
        run: start::cold_start,
    },
    Bench {
        name: "optimize",
        about: "sourcing, pick routes, batches and cartons on public instances, beside the best known",
        run: |_, options| optimize::optimize(options),
    },
];

/// Runs the bench of this name once. It blocks and makes its own threads, so it is not called from
/// an asynchronous context.
///
/// # Errors
/// If no bench has the name, a database cannot be made, or an answer is not the expected one.
pub fn run(name: &str, options: &Options) -> anyhow::Result<Vec<Figure>> {
    let bench = BENCHES.iter().find(|bench| bench.name == name).ok_or_else(|| {
        let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        anyhow::anyhow!("no bench is called {name:?}; there are {}", names.join(", "))
    })?;
    (bench.run)(bench, options)
}
