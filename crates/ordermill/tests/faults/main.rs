//! The real program, harmed: killed under load, on a full or failing disk, without its database
//! server, by clients that are slow, huge or press twice. After each, `ordermill check` finds nothing
//! and whatever was acknowledged is there with equal content.
//!
//! `ORDERMILL_TEST_SCALE` multiplies rounds: 1 fits every test run, 10 is for nights.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod client;
mod disk;
mod double_submit;
mod huge;
mod killed;
mod load;
mod postgres;
mod shop;
mod slow;
mod stopping;
mod visitor;

use ordermill_testkit::scale;
