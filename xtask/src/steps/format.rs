//! Formatting.

use super::Step;
use crate::command::run;

pub(super) const STEP: Step = Step {
    name: "format",
    about: "cargo fmt changes nothing",
    needs: &[],
    run: |context| {
        run(context.cargo().args(["fmt", "--all", "--check"]))?;
        Ok(String::new())
    },
};
