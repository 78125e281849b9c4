//! Unit and integration tests of every crate but the browser journeys.

use super::Step;
use crate::command::{run, succeeds};
use crate::machine::Tool;

pub(super) const STEP: Step = Step {
    name: "tests",
    about: "unit and integration tests of the workspace, on SQLite and PostgreSQL",
    needs: &[Tool::Postgres, Tool::Strace],
    run: |context| {
        let mut tests = context.cargo();
        let has_nextest = succeeds(context.cargo().args(["nextest", "--version"]));
        if has_nextest {
            tests.args(["nextest", "run", "--no-fail-fast"]);
        } else {
            tests.args(["test", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        }
        run(tests.args(["--locked", "--workspace"]))?;
        Ok(if has_nextest { "by cargo nextest" } else { "by cargo test" }.into())
    },
};
