//! What is stored of an order's head.

use jiff::ToSpan as _;
use jiff::civil::Date;
use ordermill_base::{Span, Timestamp};

use super::{Amounts, CancelReason, PaymentTerms, Review, Status};
use crate::carrier::ServiceKind;
use crate::ids::{ChannelId, CustomerId, OrderId};
use crate::payment::PaymentSums;

/// What is stored of an order's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its key.
    pub id: OrderId,
    /// Where it came from.
    pub channel: ChannelId,
    /// The id that the channel gave it.
    pub channel_order_id: Option<String>,
    /// Who bought, unless a guest.
    pub customer: Option<CustomerId>,
    /// Where it stands.
    pub status: Status,
    /// The sequence of its last event; 1 when just placed.
    pub version: i64,
    /// When the money comes.
    pub terms: PaymentTerms,
    /// Whether it was placed under a promotion (D2).
    pub promotion: bool,
    /// How far the review is.
    pub review: Review,
    /// What it costs.
    pub amounts: Amounts,
    /// What came in and went back, as its payments and refunds reported.
    pub money: PaymentSums,
    /// How many coupons it uses up.
    pub coupons: u16,
    /// Points that its buyer earns when it is paid.
    pub points_earned: i64,
    /// How the buyer wants it brought; none: as the shop sees fit, to the door.
    pub service_wish: Option<ServiceKind>,
    /// The last day of delivery that the buyer was promised; none: nothing was promised.
    pub promised_by_on: Option<Date>,
    /// Whether pieces wait for stock.
    pub backordered: bool,
    /// Why it was canceled, if it was.
    pub cancel_reason: Option<CancelReason>,
    /// When what happened first.
    pub milestones: Milestones,
}

impl Facts {
    /// The last day of delivery that its buyer can expect: what was promised, later by as many whole days as
    /// the money was.
    pub fn expected_by_on(&self) -> Option<Date> {
        let Milestones { placed_at, paid_at, .. } = self.milestones;
        let late = paid_at.map_or(0, |paid_at| paid_at.as_micros() - placed_at.as_micros());
        let days = late.max(0) / Span::days(1).as_micros();
        self.promised_by_on?.checked_add(days.days()).ok()
    }
}

/// When what happened first to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestones {
    /// It came in.
    pub placed_at: Timestamp,
    /// The money covered the total.
    pub paid_at: Option<Timestamp>,
    /// It was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// The first piece left the building.
    pub shipped_at: Option<Timestamp>,
    /// The buyer had it.
    pub completed_at: Option<Timestamp>,
    /// It was canceled or rejected.
    pub ended_at: Option<Timestamp>,
    /// It was archived.
    pub archived_at: Option<Timestamp>,
}
