//! Examples in the documentation.

use super::Step;
use crate::command::run;
use crate::machine::Tool;

pub(super) const STEP: Step = Step {
    name: "doctests",
    about: "examples in the documentation compile and hold",
    needs: &[Tool::Postgres],
    run: |context| {
        run(context.cargo().args(["test", "--locked", "--workspace", "--doc"]))?;
        Ok(String::new())
    },
};
