//! The house rules.

use super::Step;

pub(super) const STEP: Step = Step {
    name: "check",
    about: "house rules: see CONTRIBUTING.md",
    needs: &[],
    run: |_| crate::check::check(),
};
