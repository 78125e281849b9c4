//! Walks through the pages in a real browser.

use super::{Step, Tests, processors};
use crate::machine::Tool;

pub(super) const STEP: Step = Step {
    name: "journeys",
    about: "walks through pages in a real browser, on phone and desktop, in Chinese and English",
    needs: &[Tool::Browser],
    run: |context| {
        // The journeys through the shop start the program itself.
        context.build()?;
        context.run_tests(Tests::Journeys, processors())
    },
};
