//! Copies of channels' orders against the orders that they became.

use ordermill_domain::channel_order::State;
use ordermill_storage::Error;
use ordermill_storage::check::{self, Walk};

use super::Examination;

/// I4, I7: a placed copy is one order of ours, and one that waits has said why.
pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("channel orders", Walk::ChannelOrders, |examination, range| {
        for (copy, order) in check::channel_orders(examination.tx, range)? {
            let is_placed = copy.state == State::Placed;
            if is_placed && (copy.order.is_none() || copy.order != order) {
                examination.found("I4", copy.id, "placed, and its order is another or none");
            }
            if copy.state == State::Test && order.is_some() {
                examination.found("I4", copy.id, "a trial of the channel became an order");
            }
            if copy.state != State::Waiting && copy.problem.is_some() {
                let what = format!("it is {} and still has a problem", copy.state);
                examination.found("I7", copy.id, what);
            }
        }
        Ok(())
    })
}
