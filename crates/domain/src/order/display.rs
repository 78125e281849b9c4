//! The one status that people see, derived and never stored.

use super::{Order, PaymentTerms, Review, Status};
use crate::code::coded;
use crate::fulfillment;
use crate::payment::PaymentStatus;

coded! {
    /// What people see as *the* status, in the order in which the first match is taken.
    enum DisplayStatus {
        /// 已取消: canceled, or rejected by the review.
        Canceled = "canceled",
        /// 已拦截: stopped by risk control.
        Intercepted = "intercepted",
        /// 待付款: prepaid and not paid, or at the door and not looked at by the review.
        ToPay = "to_pay",
        /// 待审核: the review is not through.
        InReview = "in_review",
        /// 待处理: waits until it is picked and packed.
        ToProcess = "to_process",
        /// 待发货: picked and packed.
        ToShip = "to_ship",
        /// 待配送: waybill made, not handed over.
        ToHandOver = "to_hand_over",
        /// 部分发货: some of it is on its way.
        PartlyShipped = "partly_shipped",
        /// 已发货: all of it is on its way.
        Shipped = "shipped",
        /// 已签收: signed for.
        Delivered = "delivered",
        /// 售后中: an after-sale case is open.
        AfterSale = "after_sale",
        /// 已完成: the buyer has it.
        Completed = "completed",
        /// 已归档: closed for good.
        Archived = "archived",
    }
}

coded! {
    /// How far the work on an order is, rolled up from its fulfillments, shipments and cases.
    enum Progress {
        /// Nothing packed yet.
        NotPacked = "not_packed",
        /// Picked and packed.
        Packed = "packed",
        /// A waybill is made, nothing handed over.
        Labeled = "labeled",
        /// Some of it is with a carrier.
        PartlyShipped = "partly_shipped",
        /// All of it is with a carrier.
        Shipped = "shipped",
        /// All of it is signed for.
        Delivered = "delivered",
        /// An after-sale case is open.
        AfterSale = "after_sale",
    }
}

/// A location's share of an order, as far as the progress of the order is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareOfWork {
    /// Where its fulfillment stands.
    pub state: fulfillment::State,
    /// Whether each of its packages has a waybill.
    pub is_labeled: bool,
}

impl Progress {
    /// How far the work on an order is. Shares that were rejected or canceled do not count; pieces that
    /// wait for stock, or for a location, are not packed yet.
    pub fn of(shares: impl IntoIterator<Item = ShareOfWork>, has_pieces_left: bool) -> Self {
        use fulfillment::State as S;
        let counts = |share: &ShareOfWork| !matches!(share.state, S::Rejected | S::Canceled);
        let (mut all, mut left, mut packed, mut labeled, mut closed) = (0, 0, 0, 0, 0);
        for share in shares.into_iter().filter(counts) {
            all += 1;
            left += u32::from(matches!(share.state, S::HandedOver | S::Closed));
            closed += u32::from(share.state == S::Closed);
            packed += u32::from(share.state == S::Packed);
            labeled += u32::from(share.state == S::Packed && share.is_labeled);
        }
        let is_all = |count: u32| count == all && !has_pieces_left;
        match () {
            () if all == 0 => Self::NotPacked,
            () if is_all(closed) => Self::Delivered,
            () if is_all(left) => Self::Shipped,
            () if left > 0 => Self::PartlyShipped,
            () if is_all(labeled) => Self::Labeled,
            () if is_all(packed) => Self::Packed,
            () => Self::NotPacked,
        }
    }
}

impl Order {
    /// What people see, given how far the work is. Each status holds until the condition of the
    /// next one does: an order that is being picked still shows as to be processed.
    pub const fn display_status(&self, progress: Progress) -> DisplayStatus {
        let facts = self.facts();
        match facts.status {
            Status::Canceled | Status::Rejected => return DisplayStatus::Canceled,
            Status::Archived => return DisplayStatus::Archived,
            Status::Completed if matches!(progress, Progress::AfterSale) => {
                return DisplayStatus::AfterSale;
            }
            Status::Completed => return DisplayStatus::Completed,
            Status::Placed | Status::Confirmed if matches!(facts.review, Review::Intercepted) => {
                return DisplayStatus::Intercepted;
            }
            Status::Placed if self.waits_for_money() => return DisplayStatus::ToPay,
            // A confirmed order is held again when it was changed and the rules look anew.
            Status::Placed | Status::Confirmed if !facts.review.is_passed() => {
                return DisplayStatus::InReview;
            }
            Status::Placed | Status::Confirmed => {}
        }
        match progress {
            Progress::NotPacked => DisplayStatus::ToProcess,
            Progress::Packed => DisplayStatus::ToShip,
            Progress::Labeled => DisplayStatus::ToHandOver,
            Progress::PartlyShipped => DisplayStatus::PartlyShipped,
            Progress::Shipped => DisplayStatus::Shipped,
            Progress::Delivered => DisplayStatus::Delivered,
            Progress::AfterSale => DisplayStatus::AfterSale,
        }
    }

    const fn waits_for_money(&self) -> bool {
        match self.facts().terms {
            PaymentTerms::Prepaid => {
                matches!(
                    self.payment_status(),
                    PaymentStatus::Unpaid | PaymentStatus::PartiallyPaid
                )
            }
            PaymentTerms::CashOnDelivery => matches!(self.facts().review, Review::Pending),
        }
    }
}
