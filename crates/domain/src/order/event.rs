//! What happens to an order.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::review::Ruling;
use super::{Amounts, CancelReason, LineQuantity, LineTerms, PaymentTerms, Review, Status};
use crate::carrier::ServiceKind;
use crate::ids::{ChannelId, CouponId, CustomerId};
use crate::stock::Reserved;

/// One change of an order. When and by whom stands beside it in the journal.
///
/// Holds no personal data: who the buyer is stands in rows that can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It came in, with everything that was agreed.
    #[serde(rename = "order.placed")]
    Placed(Box<Placed>),
    /// The rules, a person or the buyer moved the review on.
    #[serde(rename = "order.reviewed")]
    Reviewed {
        /// How far the review was.
        from: Review,
        /// How far it is now.
        to: Review,
        /// What the rules said, if it was they who moved it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ruling: Option<Ruling>,
    },
    /// Money came in that does not cover the total.
    #[serde(rename = "order.partly_paid")]
    PartlyPaid {
        /// What came in, minor units.
        amount_minor: i64,
        /// All that has come in.
        paid_minor: i64,
    },
    /// Money came in, and all that has come in covers the total.
    #[serde(rename = "order.paid")]
    Paid {
        /// What came in, minor units.
        amount_minor: i64,
        /// All that has come in.
        paid_minor: i64,
    },
    /// Money went back to the buyer.
    #[serde(rename = "order.refunded")]
    Refunded {
        /// What went back, minor units.
        amount_minor: i64,
        /// All that has gone back.
        refunded_minor: i64,
    },
    /// The buyer's bank took money back.
    #[serde(rename = "order.charged_back")]
    ChargedBack {
        /// What was taken, minor units.
        amount_minor: i64,
        /// All that has been taken.
        charged_back_minor: i64,
    },
    /// Reviewed, paid or to be paid at the door, and stocked: every open piece is allocated, except
    /// what is backordered.
    #[serde(rename = "order.confirmed")]
    Confirmed {
        /// What waits for stock with the buyer's consent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        backordered: Vec<LineQuantity>,
    },
    /// Stock came in for backordered pieces.
    #[serde(rename = "order.backorder_filled")]
    BackorderFilled {
        /// What is allocated now.
        lines: Vec<LineQuantity>,
        /// Whether pieces are still waiting.
        still_waiting: bool,
    },
    /// Allocated pieces could not be found anywhere: they wait for stock, or for the buyer's word.
    #[serde(rename = "order.shorted")]
    Shorted {
        /// What is missing.
        lines: Vec<LineQuantity>,
    },
    /// Pieces that wait for stock were given up; their share of the money goes back.
    #[serde(rename = "order.given_up")]
    GivenUp {
        /// What is not wanted any more.
        lines: Vec<LineQuantity>,
        /// Whether other pieces are still waiting.
        still_waiting: bool,
    },
    /// Pieces that wait for stock were replaced by others that are there.
    #[serde(rename = "order.substituted")]
    Substituted {
        /// Of which line.
        line_no: u16,
        /// What is sent in their place: a new line of as many pieces, which are allocated.
        line: LineTerms,
        /// What goes back because it costs less, minor units.
        refund_minor: i64,
        /// Whether other pieces are still waiting.
        still_waiting: bool,
    },
    /// Allocated pieces left the building.
    #[serde(rename = "order.shipped")]
    Shipped {
        /// What left.
        lines: Vec<LineQuantity>,
    },
    /// Pieces that had left are sent again: they are allocated anew, and count as shipped no more until
    /// they leave.
    #[serde(rename = "order.resent")]
    Resent {
        /// What is sent again.
        lines: Vec<LineQuantity>,
    },
    /// Ended before anything left the building.
    #[serde(rename = "order.canceled")]
    Canceled {
        /// Where it stood.
        from: Status,
        /// Why.
        reason: CancelReason,
    },
    /// Refused by the review.
    #[serde(rename = "order.rejected")]
    Rejected,
    /// The buyer has it.
    #[serde(rename = "order.completed")]
    Completed,
    /// Closed for good.
    #[serde(rename = "order.archived")]
    Archived,
}

/// What an order starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Where it came from.
    pub channel: ChannelId,
    /// The id that the channel gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_order_id: Option<String>,
    /// Who bought, unless a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// When the money comes.
    pub terms: PaymentTerms,
    /// Whether it was placed under a promotion, where stock is held for minutes only (D2).
    pub promotion: bool,
    /// What the rules found, or that they have not looked yet.
    pub review: Review,
    /// What it costs.
    pub amounts: Amounts,
    /// What was ordered, numbered from 1.
    pub lines: Vec<LineTerms>,
    /// Which stock is held for it: the start of its reservations, which have no event of their own
    /// for this.
    pub reserved: Vec<Reserved>,
    /// Which coupons it uses up: the start of their uses, which have no event of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<CouponId>,
    /// Points that its buyer earns when it is paid.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points_earned: i64,
    /// How the buyer wants it brought; none: as the shop sees fit, to the door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_wish: Option<ServiceKind>,
    /// The last day of delivery that the buyer was promised; none: nothing was promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_by_on: Option<Date>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Event {
    /// The stable name of the kind, as in the journal and in webhooks.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Placed(_) => "order.placed",
            Self::Reviewed { .. } => "order.reviewed",
            Self::PartlyPaid { .. } => "order.partly_paid",
            Self::Paid { .. } => "order.paid",
            Self::Refunded { .. } => "order.refunded",
            Self::ChargedBack { .. } => "order.charged_back",
            Self::Confirmed { .. } => "order.confirmed",
            Self::BackorderFilled { .. } => "order.backorder_filled",
            Self::Shorted { .. } => "order.shorted",
            Self::GivenUp { .. } => "order.given_up",
            Self::Substituted { .. } => "order.substituted",
            Self::Shipped { .. } => "order.shipped",
            Self::Resent { .. } => "order.resent",
            Self::Canceled { .. } => "order.canceled",
            Self::Rejected => "order.rejected",
            Self::Completed => "order.completed",
            Self::Archived => "order.archived",
        }
    }
}
