//! Orders of channels: what has become of a copy as received.

use crate::code::coded;

coded! {
    /// Where a channel's order stands with us.
    enum State {
        /// Something is missing before it can be placed; a person knows.
        Waiting = "waiting",
        /// It became an order of ours.
        Placed = "placed",
        /// The channel has canceled it.
        Canceled = "canceled",
        /// A trial of the channel, not to be fulfilled.
        Test = "test",
    }
}
