//! What a carrier is told to do with a parcel that it has.

use crate::code::coded;

coded! {
    /// What it is to do.
    enum Errand {
        /// Bring it back to us.
        Return = "return",
        /// Take it to another place.
        Forward = "forward",
    }
}

coded! {
    /// Where an instruction stands.
    enum State {
        /// The carrier is to be told.
        Waiting = "waiting",
        /// The carrier does it.
        Done = "done",
        /// The carrier says no, or something else was decided meanwhile.
        Failed = "failed",
    }
}
