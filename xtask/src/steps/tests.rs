//! Unit and integration tests of every crate but the browser journeys.

use super::Step;
use crate::machine::Tool;

pub(super) const STEP: Step = Step {
    name: "tests",
    about: "unit and integration tests of the workspace, on SQLite and PostgreSQL",
    needs: &[Tool::Postgres, Tool::Strace],
    run: |context| context.run_tests(&["--workspace", "--exclude", "ordermill-journeys"]),
};
