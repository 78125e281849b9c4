//! An order's life between placing and its money, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod kit;
mod paying;
mod placing;
