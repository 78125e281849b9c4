//! The planners of `optimize` on public instances: how far from the best known answers, and how quick.
//!
//! A figure is one collection. `gap_percent` is the mean over its instances of how much more the answer
//! is than the best that is known, `worst_gap_percent` the most; those of the simple rules beside it
//! have the rule's name. `mean_us` is the mean time of one answer, on one thread.

mod batches;
mod cartons;
mod gap;
mod routes;
mod sourcing;

use anyhow::{Context, Result};
use ordermill_instances::Read;

use crate::{Figure, Options};

/// The collections; each is read when its turn comes.
const COLLECTIONS: &[fn(Read<'_>) -> Result<Figure>] = &[
    routes::one_block,
    routes::two_blocks,
    routes::several_blocks,
    routes::scattered_one_block,
    routes::scattered_two_blocks,
    batches::bahceci_oncan,
    batches::foodmart,
    cartons::orders_of_boxpacker,
    cartons::orders_of_foodmart,
    cartons::containers,
    sourcing::orders_ample,
    sourcing::orders_tight,
    sourcing::waves_ample,
    sourcing::waves_tight,
    sourcing::large_wave_ample,
    sourcing::large_wave_tight,
];

/// Answers every instance of every collection.
pub(crate) fn optimize(options: &Options) -> Result<Vec<Figure>> {
    let folder = options.instances.as_deref();
    let folder = folder.context("the folder of public instances is missing: --instances DIR")?;
    let read = |path: &str| std::fs::read_to_string(folder.join(path));
    let count = COLLECTIONS.len() as u64;
    let mut figures = Vec::new();
    for (done, collection) in (1..).zip(COLLECTIONS) {
        figures.push(collection(&read)?);
        (options.progress)("collections", done, count);
    }
    Ok(figures)
}
