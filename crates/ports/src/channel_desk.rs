//! What a sales channel is told: that a parcel of its order has left, with its waybill.
//!
//! A parcel is known there by its waybill. [`ChannelDesk::tell`] asks for that before it tells, so that
//! a lost answer is resolved by sending the same again, and a parcel is one fulfillment there.

use std::fmt;
use std::sync::Arc;

use ordermill_base::Span;

use crate::Answer;

/// Our access to one account at a channel.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Access {
    /// Our account there: `tea.myshopify.com`.
    pub account: String,
    /// Where its API is, if not where the account says: `http://127.0.0.1:9000/shopify`.
    pub url: Option<String>,
    /// What our calls prove themselves with.
    pub token: String,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Nothing can be told with this access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the channel cannot be reached: {0}")]
pub struct Unreachable(pub String);

/// One account at a channel that is told of parcels.
pub trait ChannelDesk: Send + Sync {
    /// Tells that a parcel has left, unless the channel knows it by its waybill. One that is sent in the
    /// place of another is no parcel of its own there: what is on record gets its waybill, and the buyer
    /// hears of it. May be repeated, but not side by side for the same parcel.
    ///
    /// # Errors
    /// [`TellError`].
    fn tell<'a>(&'a self, parcel: &'a LeftParcel) -> Answer<'a, Result<Told, TellError>>;
}

/// What a kind of channel gives to be told with.
pub type Desk = Result<Arc<dyn ChannelDesk>, Unreachable>;

/// A parcel that has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftParcel {
    /// The channel's own id of the order.
    pub order: String,
    /// The carrier's number of the parcel.
    pub waybill: String,
    /// What buyers call the carrier.
    pub carrier: String,
    /// Where buyers see how far it is.
    pub tracking_url: String,
    /// What is in it.
    pub lines: Vec<LeftLine>,
    /// What the channel has on record and this parcel is sent in the place of; nothing for pieces that leave
    /// for the first time.
    pub in_place_of: Vec<Replaced>,
}

/// A parcel that the channel has on record and that is sent again: its pieces have left, for the channel,
/// and travel under other waybills now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The channel's own id of it.
    pub reference: String,
    /// The waybills of all that has left in its place, that of this parcel among them.
    pub waybills: Vec<String>,
}

/// Pieces in a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftLine {
    /// The channel's own id of the order's line.
    pub line: String,
    /// How many of it.
    pub quantity: u32,
}

/// What the channel has on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The channel's own id of the parcel.
    pub reference: String,
}

/// Why a channel was not told, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    /// The channel said no. Nothing happened, and a person has to look.
    #[error("the channel refused: {code}: {message}")]
    Refused {
        /// A stable code: the channel's, or ours.
        code: String,
        /// Words for staff, without personal data.
        message: String,
    },
    /// Nothing happened; it may be told later.
    #[error("the channel was not reached: {reason}")]
    NotSent {
        /// What stood in the way, without addresses or secrets.
        reason: String,
        /// How long the channel asks to be left alone, if it says so.
        retry_after: Option<Span>,
    },
    /// Nobody knows whether it happened; telling again finds out.
    #[error("the outcome at the channel is unknown: {reason}")]
    OutcomeUnknown {
        /// What was seen instead of an answer.
        reason: String,
    },
}
