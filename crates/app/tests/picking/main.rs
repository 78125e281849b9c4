//! From planned work to totes: waves, pick lists, scans, short picks, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod gifts;
mod kit;
mod missing;
mod shorts;
mod together;
mod walks;
