//! The parts of `cargo xtask test`, one file each; a new one is its file and its line in [`ALL`].

mod api;
mod check;
mod clippy;
mod deny;
mod doctests;
mod format;
mod journeys;
mod tests;

use std::num::NonZeroUsize;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{cargo, run, succeeds};
use crate::machine::Tool;
use crate::postgres::URL_VARIABLE;

/// All parts in the order in which they run: the quick ones first.
pub(crate) const ALL: &[Step] = &[
    check::STEP,
    format::STEP,
    clippy::STEP,
    deny::STEP,
    tests::STEP,
    doctests::STEP,
    api::STEP,
    journeys::STEP,
];

/// One part of the test command.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) needs: &'static [Tool],
    /// Gives a note for the summary, empty when there is nothing to add.
    pub(crate) run: fn(&Context) -> Result<String>,
}

/// How many processors there are.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// What the parts share.
pub(crate) struct Context {
    /// The test server's address, when we started one.
    pub(crate) postgres: Option<String>,
}

/// The part of that name.
pub(crate) fn named(name: &str) -> Result<&'static Step> {
    ALL.iter()
        .find(|step| step.name == name)
        .with_context(|| format!("no part is called {name:?}; see cargo xtask test --list"))
}

impl Context {
    /// Cargo with what tests are told by environment.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = cargo();
        cargo.envs(self.postgres.iter().map(|url| (URL_VARIABLE, url)));
        cargo
    }

    /// Runs tests of these packages by nextest, so many at once, or by cargo's own runner where that is missing;
    /// gives the runner's name.
    pub(crate) fn run_tests(&self, at_once: usize, packages: &[&str]) -> Result<String> {
        let mut tests = self.cargo();
        let has_nextest = succeeds(self.cargo().args(["nextest", "--version"]));
        if has_nextest {
            tests.args(["nextest", "run", "--no-fail-fast", "--test-threads"]);
            tests.arg(at_once.to_string());
        } else {
            tests.args(["test", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        }
        run(tests.arg("--locked").args(packages))?;
        Ok(if has_nextest { "by cargo nextest" } else { "by cargo test" }.into())
    }
}
