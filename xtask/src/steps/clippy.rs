//! Lints.

use super::Step;
use crate::command::run;

pub(super) const STEP: Step = Step {
    name: "clippy",
    about: "no warning anywhere, tests included",
    needs: &[],
    run: |context| {
        let mut clippy = context.cargo();
        clippy.args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]);
        run(&mut clippy)?;
        Ok(String::new())
    },
};
