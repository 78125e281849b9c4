//! Walks through the pages in a real browser.

use super::{Step, processors};
use crate::command::run;
use crate::machine::Tool;

pub(super) const STEP: Step = Step {
    name: "journeys",
    about: "walks through pages in a real browser, on phone and desktop, in Chinese and English",
    needs: &[Tool::Browser],
    run: |context| {
        // The journeys through the shop start the program itself.
        run(context.cargo().args(["build", "--locked", "--workspace", "--bin", "ordermill"]))?;
        context.run_tests(processors(), &["--package", "ordermill-journeys"])
    },
};
