//! The tracking axis: what the carrier last said of a parcel.
//!
//! Every word of every carrier becomes one of [`TrackingStatus`]; what nobody knows is `unknown` and
//! never an error. Which of two words counts is a matter of the carrier's clock and not of when it
//! reached us ([`Track::is_moved_by`]), so pushes may be late, doubled and reordered.

use ordermill_base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::code::coded;

coded! {
    /// Where a parcel is, or what is wrong with it. A word further down wins over one further up that
    /// was said at the same moment.
    enum TrackingStatus {
        /// The carrier said something that none of the others says.
        Unknown = "unknown",
        /// Announced to the carrier.
        PreTransit = "pre_transit",
        /// On its way.
        InTransit = "in_transit",
        /// With the courier.
        OutForDelivery = "out_for_delivery",
        /// Waiting for the buyer at a pick-up point.
        AtPickupPoint = "at_pickup_point",
        /// 滞留: it does not move, or could not be handed out.
        Stalled = "stalled",
        /// 地址异常: the address is wrong or incomplete.
        Address = "address",
        /// 超区: nobody delivers there.
        OutOfZone = "out_of_zone",
        /// The parcel is damaged.
        Damaged = "damaged",
        /// 拒收: nobody takes it; it goes back.
        Refused = "refused",
        /// Signed for.
        Delivered = "delivered",
        /// 签收异常: signed for, and somebody says it is not so.
        SignOffDisputed = "sign_off_disputed",
    }
}

impl TrackingStatus {
    /// Whether a person has to look: a delivery exception.
    pub const fn is_exception(self) -> bool {
        match self {
            Self::Stalled
            | Self::Address
            | Self::OutOfZone
            | Self::Damaged
            | Self::Refused
            | Self::SignOffDisputed => true,
            Self::Unknown
            | Self::PreTransit
            | Self::InTransit
            | Self::OutForDelivery
            | Self::AtPickupPoint
            | Self::Delivered => false,
        }
    }

    /// Whether the parcel has left us.
    pub const fn is_with_carrier(self) -> bool {
        !matches!(self, Self::Unknown | Self::PreTransit)
    }

    /// Whether it has been signed for; a truck's scan that is typed in later does not undo that.
    const fn is_signed_for(self) -> bool {
        matches!(self, Self::Delivered | Self::SignOffDisputed)
    }
}

coded! {
    /// How a carrier ends a parcel's way.
    enum Outcome {
        /// The buyer has it.
        Delivered = "delivered",
        /// We have it back.
        Returned = "returned",
        /// Nobody has it.
        Lost = "lost",
    }
}

/// One thing that a carrier reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// What it means.
    pub status: TrackingStatus,
    /// Whether the way ends with it.
    pub outcome: Option<Outcome>,
    /// When, by the carrier's clock.
    pub at: Timestamp,
    /// Where, as far as the carrier says: a city or a hub, empty if it does not.
    pub place: String,
    /// The carrier's words.
    pub text: String,
}

impl Scan {
    /// A scan without place and words; signed for means delivered.
    pub fn new(status: TrackingStatus, at: Timestamp) -> Self {
        let outcome = (status == TrackingStatus::Delivered).then_some(Outcome::Delivered);
        Self { status, outcome, at, place: String::new(), text: String::new() }
    }
}

/// What counts of all that a carrier has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track {
    /// Where the parcel is.
    pub status: TrackingStatus,
    /// Since when, by the carrier's clock; `None` before the first word.
    pub scanned_at: Option<Timestamp>,
}

impl Default for Track {
    fn default() -> Self {
        Self { status: TrackingStatus::Unknown, scanned_at: None }
    }
}

impl Track {
    /// Whether this word of the carrier counts more than the one that is known.
    ///
    /// The order is total, so any set of words ends at the same one whatever order they come in:
    /// signed for stands above everything else, then the carrier's later clock, then the word.
    /// `unknown` tells nothing and never counts.
    pub fn is_moved_by(&self, status: TrackingStatus, at: Timestamp) -> bool {
        let weight = |status: TrackingStatus, at: Timestamp| (status.is_signed_for(), at, status);
        status != TrackingStatus::Unknown
            && self.scanned_at.is_none_or(|since| weight(self.status, since) < weight(status, at))
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Span;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn a_trucks_scan_typed_in_after_the_signature_does_not_undo_it() {
        let track = Track { status: TrackingStatus::Delivered, scanned_at: Some(AT) };
        assert!(!track.is_moved_by(TrackingStatus::InTransit, AT + Span::hours(1)));
        assert!(track.is_moved_by(TrackingStatus::SignOffDisputed, AT + Span::hours(1)));
    }

    #[test]
    fn what_nobody_understands_moves_nothing() {
        assert!(!Track::default().is_moved_by(TrackingStatus::Unknown, AT));
    }
}
