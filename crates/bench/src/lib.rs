//! `ordermill bench`: figures of the product, each beside the limit that it is measured against in
//! the same run.
//!
//! Start at [`run`] and [`BENCHES`]. A bench gives [`Figure`]s; what prints them is the caller.
//!
//! The limits are written here with SQL of their own, on purpose: they are what the bare engine can
//! do with the same rows, so they must not pass through the crate that is being measured.

mod direct;
mod figure;
mod fresh;
mod histogram;
mod limit;
mod orders;
mod process;

use std::time::Duration;

pub use figure::{Figure, table};
pub use fresh::Target;
pub use histogram::Histogram;

/// How a bench is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where databases may be made.
    pub target: Target,
    /// How many clients at once.
    pub connections: usize,
    /// How long each measurement takes.
    pub time: Duration,
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

/// Every bench.
pub const BENCHES: &[Bench] = &[
    Bench {
        name: "place-order-direct",
        about: "place orders of 3 lines over 1,000 SKUs without HTTP",
        run: |bench, options| direct::place(bench, options, orders::Mix::Uniform),
    },
    Bench {
        name: "place-order-direct-hot",
        about: "the same, one of the lines always of the same SKU",
        run: |bench, options| direct::place(bench, options, orders::Mix::Hot),
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
