//! The plain rule: first come, first served.

use super::state::State;

/// Serves the orders in their sequence, each with the best of what is left.
pub(super) fn fill(state: &mut State<'_>) {
    for order in 0..state.plans.len() {
        state.assign(order, None, 0);
    }
}
