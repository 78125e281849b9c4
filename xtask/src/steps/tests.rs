//! Unit and integration tests of every crate; those of the program itself walk through its pages, too.

use super::{Step, Tests, processors};
use crate::machine::Tool;

pub(super) const STEP: Step = Step {
    name: "tests",
    about: "unit and integration tests of the workspace, on SQLite and PostgreSQL, and of the real program",
    needs: &[Tool::Postgres, Tool::Strace, Tool::Browser],
    // One more at once than there are processors: see `.config/nextest.toml`.
    run: |context| context.run_tests(Tests::Others, processors() + 1),
};
