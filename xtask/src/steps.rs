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

    /// Builds the program, and everything that tests it. All parts build the same: what is left out of a build
    /// changes the features of what is in it, and half of it would be built again.
    pub(crate) fn build(&self) -> Result<()> {
        run(self.cargo().args(["build", "--locked", "--workspace", "--bins", "--tests"]))
    }

    /// Runs tests by nextest, so many at once, or by cargo's own runner where that is missing; gives the runner's
    /// name.
    pub(crate) fn run_tests(&self, which: Tests, at_once: usize) -> Result<String> {
        let has_nextest = succeeds(self.cargo().args(["nextest", "--version"]));
        let mut tests = self.cargo();
        if has_nextest {
            let filter = match which {
                Tests::Journeys => format!("package({JOURNEYS})"),
                Tests::Others => format!("not package({JOURNEYS})"),
            };
            tests.args(["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]);
            tests.args(["--test-threads", &at_once.to_string(), "--filterset", &filter]);
        } else {
            tests.args(["test", "--locked", "--lib", "--bins", "--tests", "--no-fail-fast"]);
            match which {
                Tests::Journeys => tests.args(["--package", JOURNEYS]),
                Tests::Others => tests.args(["--workspace", "--exclude", JOURNEYS]),
            };
        }
        run(&mut tests)?;
        Ok(if has_nextest { "by cargo nextest" } else { "by cargo test" }.into())
    }
}

/// The package of the journeys, which are a part of their own.
const JOURNEYS: &str = "ordermill-journeys";

/// Which tests are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    /// Walks through pages in a browser.
    Journeys,
    /// All others.
    Others,
}
