//! What a channel is told of a parcel that has left.

use crate::code::coded;

coded! {
    /// Where a report stands.
    enum State {
        /// The channel is to be told, for the first time or again.
        Waiting = "waiting",
        /// The channel has it on record.
        Told = "told",
        /// The channel says no, or does not answer for too long; a person knows.
        Failed = "failed",
    }
}
