//! Orders on their way through the warehouse, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod kit;
mod merging;
mod packing;
mod restocked;
mod ruled;
mod sourcing;
mod splitting;
mod storm;
