//! Where a fulfillment stands, and what moves it on.

use crate::code::coded;

coded! {
    /// Where a fulfillment stands.
    enum State {
        /// Its location is chosen; it waits for a wave.
        Planned = "planned",
        /// On the floor, and nothing picked yet.
        Released = "released",
        /// Someone is at it.
        Picking = "picking",
        /// All of it lies in totes.
        Picked = "picked",
        /// What was picked is what was ordered.
        Rechecked = "rechecked",
        /// In closed packages.
        Packed = "packed",
        /// With the carrier.
        HandedOver = "handed_over",
        /// Arrived, or dealt with otherwise.
        Closed = "closed",
        /// Given back by its location.
        Rejected = "rejected",
        /// Ended with its order before it left.
        Canceled = "canceled",
    }
}

coded! {
    /// What moves a fulfillment on.
    enum Step {
        /// Let it travel with others.
        Merge = "merge",
        /// Let it travel by itself again.
        TakeOut = "take_out",
        /// Give it to the floor.
        Release = "release",
        /// Take it back from the floor.
        Withdraw = "withdraw",
        /// Take pieces from their bins.
        Pick = "pick",
        /// Put pieces back into their bins.
        PutBack = "put_back",
        /// Give up pieces that cannot be found.
        Short = "short",
        /// All of it lies in totes.
        FinishPicking = "finish_picking",
        /// It was compared with the order.
        Recheck = "recheck",
        /// It was compared with the order, and is wrong.
        SendBack = "send_back",
        /// Close its packages.
        Pack = "pack",
        /// Open its packages again.
        Unpack = "unpack",
        /// The carrier takes it.
        HandOver = "hand_over",
        /// It has arrived.
        Close = "close",
        /// Its location gives it back.
        Reject = "reject",
        /// Its order ends.
        Cancel = "cancel",
    }
}

coded! {
    /// Why a location gives work back.
    enum RejectReason {
        /// The pieces are not there.
        NoStock = "no_stock",
        /// They are there and cannot be sold.
        Damaged = "damaged",
        /// It has more work than hands.
        NoCapacity = "no_capacity",
        /// The location is out of work: no power, flood, closed.
        LocationDown = "location_down",
        /// Somebody wants another location to ship it.
        ByHand = "by_hand",
        /// It was split, or put together with other work of the order.
        Regrouped = "regrouped",
    }
}

coded! {
    /// Why pieces could not be picked.
    enum ShortReason {
        /// Fewer are there than the books say.
        NotFound = "not_found",
        /// They are there and cannot be sold.
        Damaged = "damaged",
        /// Their last day of sale is over.
        Expired = "expired",
        /// Something else lies in the bin.
        WrongItem = "wrong_item",
    }
}

impl RejectReason {
    /// Whether a person decided about the plan, and nothing is wrong at the location.
    pub const fn is_decision(self) -> bool {
        matches!(self, Self::ByHand | Self::Regrouped)
    }
}

/// A step that a fulfillment does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fulfillment that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the fulfillment stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

impl State {
    /// The whole life cycle. A cancel is decided at once as long as the parcel is in the building: whoever
    /// hands over scans it, and a canceled one is refused there. Afterwards it is too late.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Planned, Step::Merge | Step::TakeOut) => Ok(Self::Planned),
            (Self::Planned, Step::Release) => Ok(Self::Released),
            (Self::Released, Step::Withdraw) => Ok(Self::Planned),
            (Self::Released | Self::Picking, Step::Pick) => Ok(Self::Picking),
            (Self::Picking | Self::Picked, Step::PutBack) => Ok(Self::Picking),
            (Self::Released | Self::Picking, Step::Short) => Ok(self),
            (Self::Picking, Step::FinishPicking) => Ok(Self::Picked),
            (Self::Picked, Step::Recheck) => Ok(Self::Rechecked),
            (Self::Picked, Step::SendBack) => Ok(Self::Picking),
            (Self::Rechecked, Step::Pack) => Ok(Self::Packed),
            (Self::Packed, Step::Unpack) => Ok(Self::Rechecked),
            (Self::Packed, Step::HandOver) => Ok(Self::HandedOver),
            (Self::HandedOver, Step::Close) => Ok(Self::Closed),
            (Self::Planned | Self::Released | Self::Picking, Step::Reject) => Ok(Self::Rejected),
            (
                Self::Planned
                | Self::Released
                | Self::Picking
                | Self::Picked
                | Self::Rechecked
                | Self::Packed,
                Step::Cancel,
            ) => Ok(Self::Canceled),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether the location still has to do something.
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Planned
                | Self::Released
                | Self::Picking
                | Self::Picked
                | Self::Rechecked
                | Self::Packed
        )
    }

    /// Whether its pieces are claimed from the location's stock.
    pub const fn claims_stock(self) -> bool {
        self.is_open()
    }
}
