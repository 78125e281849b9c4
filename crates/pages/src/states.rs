//! The states and kinds of the domain, as people read them: tone, icon and word.
//!
//! Each is an exhaustive `match`, so a new state of the domain does not compile before it has its
//! word here. What happened, entry by entry, is in [`history`].

pub mod access;
mod actor;
mod because;
pub mod dispute;
pub mod history;
pub mod shipment;

pub use actor::actor;
pub use because::{CANCEL_REASONS, because, cancel_reason_of};

use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::fulfillment;
use ordermill_domain::order::review::HoldReason;
use ordermill_domain::order::{CancelReason, DisplayStatus, Review};
use ordermill_domain::payment::{self, PaymentStatus};
use ordermill_domain::refund;
use ordermill_domain::reservation;
use ordermill_domain::stock::MovementKind;
use ordermill_domain::task::{TaskKind, TaskState};

use crate::icon::Icon;
use crate::ui::{Badge, Tone};
use crate::words::Words;

/// The one status of an order.
pub fn order(status: DisplayStatus, t: Words) -> Badge {
    use DisplayStatus as S;
    let (tone, icon, word) = match status {
        S::Canceled => (Tone::Grey, Icon::Ban, t.order_canceled()),
        S::Intercepted => (Tone::Red, Icon::Shield, t.order_intercepted()),
        S::ToPay => (Tone::Amber, Icon::Card, t.order_to_pay()),
        S::InReview => (Tone::Violet, Icon::Eye, t.order_in_review()),
        S::ToProcess => (Tone::Amber, Icon::Clock, t.order_to_process()),
        S::ToShip => (Tone::Blue, Icon::Package, t.order_to_ship()),
        S::ToHandOver => (Tone::Blue, Icon::Barcode, t.order_to_hand_over()),
        S::PartlyShipped => (Tone::Blue, Icon::Split, t.order_partly_shipped()),
        S::Shipped => (Tone::Blue, Icon::Truck, t.order_shipped()),
        S::Delivered => (Tone::Green, Icon::Home, t.order_delivered()),
        S::AfterSale => (Tone::Violet, Icon::Return, t.order_after_sale()),
        S::Completed => (Tone::Green, Icon::CircleCheck, t.order_completed()),
        S::Archived => (Tone::Grey, Icon::Lock, t.order_archived()),
    };
    Badge::new(tone, icon, word)
}

/// Where the money of an order stands.
pub fn payment_status(status: PaymentStatus, t: Words) -> Badge {
    use PaymentStatus as S;
    let (tone, icon, word) = match status {
        S::Unpaid => (Tone::Amber, Icon::Card, t.money_unpaid()),
        S::PartiallyPaid => (Tone::Amber, Icon::Card, t.money_partially_paid()),
        S::Paid => (Tone::Green, Icon::CircleCheck, t.money_paid()),
        S::PartiallyRefunded => (Tone::Grey, Icon::ArrowBack, t.money_partially_refunded()),
        S::Refunded => (Tone::Grey, Icon::ArrowBack, t.money_refunded()),
        S::CodDue => (Tone::Blue, Icon::Wallet, t.money_cod_due()),
        S::Overpaid => (Tone::Red, Icon::Coins, t.money_overpaid()),
        S::ChargedBack => (Tone::Red, Icon::Alert, t.money_charged_back()),
    };
    Badge::new(tone, icon, word)
}

/// How far the review is.
pub fn review(review: Review, t: Words) -> Badge {
    use Review as R;
    let (tone, icon, word) = match review {
        R::Pending => (Tone::Blue, Icon::Hourglass, t.review_pending()),
        R::AutoPassed => (Tone::Green, Icon::Check, t.review_auto_passed()),
        R::ManualPending => (Tone::Violet, Icon::Eye, t.review_manual_pending()),
        R::Intercepted => (Tone::Red, Icon::Shield, t.review_intercepted()),
        R::Approved => (Tone::Green, Icon::Check, t.review_approved()),
        R::Rejected => (Tone::Grey, Icon::Ban, t.review_rejected()),
        R::NeedsBuyer => (Tone::Amber, Icon::Message, t.review_needs_buyer()),
        R::Released => (Tone::Green, Icon::Check, t.review_released()),
    };
    Badge::new(tone, icon, word)
}

/// Where one payment stands.
pub fn payment(state: payment::State, t: Words) -> Badge {
    use payment::State as S;
    let (tone, icon, word) = match state {
        S::Created => (Tone::Grey, Icon::Clock, t.payment_created()),
        S::Pending => (Tone::Blue, Icon::Hourglass, t.payment_pending()),
        S::Authorized => (Tone::Blue, Icon::Shield, t.payment_authorized()),
        S::Captured => (Tone::Green, Icon::CircleCheck, t.payment_captured()),
        S::Failed => (Tone::Red, Icon::X, t.payment_failed()),
        S::Expired => (Tone::Grey, Icon::Clock, t.payment_expired()),
        S::Voided => (Tone::Grey, Icon::Ban, t.payment_voided()),
    };
    Badge::new(tone, icon, word)
}

/// Where one refund stands.
pub fn refund(state: refund::State, t: Words) -> Badge {
    use refund::State as S;
    let (tone, icon, word) = match state {
        S::Granted => (Tone::Amber, Icon::Clock, t.refund_granted()),
        S::Requested => (Tone::Blue, Icon::Send, t.refund_requested()),
        S::Succeeded => (Tone::Green, Icon::CircleCheck, t.refund_succeeded()),
        S::Failed => (Tone::Red, Icon::Alert, t.refund_failed()),
        S::Withdrawn => (Tone::Grey, Icon::Ban, t.refund_withdrawn()),
    };
    Badge::new(tone, icon, word)
}

/// Where stock that an order holds stands.
pub fn reservation(state: reservation::State, t: Words) -> Badge {
    use reservation::State as S;
    let (tone, icon, word) = match state {
        S::Held => (Tone::Blue, Icon::Lock, t.reserved_held()),
        S::Allocated => (Tone::Green, Icon::Package, t.reserved_allocated()),
        S::Consumed => (Tone::Green, Icon::Truck, t.reserved_consumed()),
        S::Expired => (Tone::Amber, Icon::Clock, t.reserved_expired()),
        S::Released => (Tone::Grey, Icon::ArrowBack, t.reserved_released()),
        S::Backordered => (Tone::Amber, Icon::Hourglass, t.reserved_backordered()),
    };
    Badge::new(tone, icon, word)
}

/// Where a fulfillment stands.
pub fn work(state: fulfillment::State, t: Words) -> Badge {
    use fulfillment::State as S;
    let (tone, icon, word) = match state {
        S::Planned => (Tone::Amber, Icon::Clock, t.work_planned()),
        S::Released => (Tone::Blue, Icon::List, t.work_released()),
        S::Picking => (Tone::Blue, Icon::Barcode, t.work_picking()),
        S::Picked => (Tone::Blue, Icon::Check, t.work_picked()),
        S::Rechecked => (Tone::Blue, Icon::Checks, t.work_rechecked()),
        S::Packed => (Tone::Blue, Icon::Package, t.work_packed()),
        S::HandedOver => (Tone::Green, Icon::Truck, t.work_handed_over()),
        S::Closed => (Tone::Green, Icon::CircleCheck, t.work_closed()),
        S::Rejected => (Tone::Grey, Icon::ArrowBack, t.work_rejected()),
        S::Canceled => (Tone::Grey, Icon::Ban, t.work_canceled()),
    };
    Badge::new(tone, icon, word)
}

/// Why money goes back.
pub fn refund_cause(cause: refund::Cause, t: Words) -> &'static str {
    use refund::Cause as C;
    match cause {
        C::OrderCanceled => t.refund_order_canceled(),
        C::OrderRejected => t.refund_order_rejected(),
        C::LateCapture => t.refund_late_capture(),
        C::Overpaid => t.refund_overpaid(),
        C::OutOfStock => t.refund_out_of_stock(),
        C::Substituted => t.refund_substituted(),
        C::AfterSale => t.refund_after_sale(),
        C::DisputeClosed => t.refund_dispute_closed(),
        C::Channel => t.refund_by_channel(),
        C::ByHand => t.refund_by_hand(),
    }
}

/// Where a task stands.
pub fn task(state: TaskState, t: Words) -> Badge {
    let (tone, icon, word) = match state {
        TaskState::Open => (Tone::Amber, Icon::Clock, t.task_open()),
        TaskState::Claimed => (Tone::Blue, Icon::User, t.task_claimed()),
        TaskState::Done => (Tone::Green, Icon::CircleCheck, t.task_done()),
        TaskState::Dropped => (Tone::Grey, Icon::Ban, t.task_dropped()),
    };
    Badge::new(tone, icon, word)
}

/// What a task asks for.
pub fn task_kind(kind: TaskKind, t: Words) -> &'static str {
    match kind {
        TaskKind::Review => t.task_review(),
        TaskKind::Sourcing => t.task_sourcing(),
        TaskKind::PutBack => t.task_put_back(),
        TaskKind::CountBin => t.task_count_bin(),
        TaskKind::ShortPick => t.task_short_pick(),
        TaskKind::Shortage => t.task_shortage(),
        TaskKind::Replenishment => t.task_replenishment(),
        TaskKind::IncompleteChannelOrder => t.task_incomplete_channel_order(),
        TaskKind::UnknownSku => t.task_unknown_sku(),
        TaskKind::PaymentMismatch => t.task_payment_mismatch(),
        TaskKind::RefundFailed => t.task_refund_failed(),
        TaskKind::Dispute => t.task_dispute(),
        TaskKind::DisputedOrder => t.task_disputed_order(),
        TaskKind::WebhookQuarantine => t.task_webhook_quarantine(),
        TaskKind::DeliveryDeadLetter => t.task_delivery_dead_letter(),
        TaskKind::StockDiscrepancy => t.task_stock_discrepancy(),
        TaskKind::LabelFailed => t.task_label_failed(),
        TaskKind::DeliveryException => t.task_delivery_exception(),
        TaskKind::NotReceived => t.task_not_received(),
        TaskKind::SecondApproval => t.task_second_approval(),
        TaskKind::Deadline => t.task_deadline(),
        TaskKind::FailingDeadline => t.task_failing_deadline(),
        TaskKind::SkippedEntry => t.task_skipped_entry(),
    }
}

/// What keeps an order from being released.
pub fn hold_reason(reason: HoldReason, t: Words) -> &'static str {
    match reason {
        HoldReason::Amount => t.hold_amount(),
        HoldReason::Quantity => t.hold_quantity(),
        HoldReason::Frequency => t.hold_frequency(),
        HoldReason::Buyer => t.hold_buyer(),
        HoldReason::Address => t.hold_address(),
        HoldReason::Payment => t.hold_payment(),
        HoldReason::Goods => t.hold_goods(),
        HoldReason::Fraud => t.hold_fraud(),
        HoldReason::Reseller => t.hold_reseller(),
        HoldReason::RuleFailed => t.hold_rule_failed(),
        HoldReason::Other => t.hold_other(),
    }
}

/// What must happen by then.
pub fn deadline(kind: DeadlineKind, t: Words) -> &'static str {
    use DeadlineKind as D;
    match kind {
        D::Pay => t.due_pay(),
        D::StockRelease => t.due_stock_release(),
        D::Review => t.due_review(),
        D::DeliveryException => t.due_delivery_exception(),
        D::SignOffDispute => t.due_sign_off_dispute(),
        D::AfterSale => t.due_after_sale(),
        D::Complaint => t.due_complaint(),
        D::MajorComplaint => t.due_major_complaint(),
        D::MajorComplaintPlan => t.due_major_complaint_plan(),
        D::StatusSync => t.due_status_sync(),
        D::MistakeReport => t.due_mistake_report(),
        D::PermissionReview => t.due_permission_review(),
        D::CrossDepartmentPlan => t.due_cross_department_plan(),
        D::DailyDigest => t.due_daily_digest(),
        D::NoReasonReturn => t.due_no_reason_return(),
        D::ConfirmReceipt => t.due_confirm_receipt(),
        D::BuyerChoice => t.due_buyer_choice(),
        D::DisputeResponse => t.due_dispute_response(),
    }
}

/// Why stock changed.
pub fn movement(kind: MovementKind, t: Words) -> &'static str {
    match kind {
        MovementKind::Receive => t.moved_receive(),
        MovementKind::Ship => t.moved_ship(),
        MovementKind::Adjust => t.moved_adjust(),
        MovementKind::TransferOut => t.moved_transfer_out(),
        MovementKind::TransferIn => t.moved_transfer_in(),
        MovementKind::Count => t.moved_count(),
    }
}

/// Why an order was canceled.
pub fn cancel_reason(reason: CancelReason, t: Words) -> &'static str {
    use CancelReason as R;
    match reason {
        R::Buyer => t.because_buyer(),
        R::Unpaid => t.because_unpaid(),
        R::Operator => t.because_operator(),
        R::Channel => t.because_channel(),
        R::OutOfStock => t.because_out_of_stock(),
        R::Fraud => t.because_fraud(),
        R::Duplicate => t.because_duplicate(),
        R::Undeliverable => t.because_undeliverable(),
    }
}

crate::words! {
    order_canceled = "已取消", "Canceled";
    order_intercepted = "已拦截", "Intercepted";
    order_to_pay = "待付款", "To pay";
    order_in_review = "待审核", "In review";
    order_to_process = "待处理", "To process";
    order_to_ship = "待发货", "To ship";
    order_to_hand_over = "待配送", "To hand over";
    order_partly_shipped = "部分发货", "Partly shipped";
    order_shipped = "已发货", "Shipped";
    order_delivered = "已签收", "Delivered";
    order_after_sale = "售后中", "After-sale";
    order_completed = "已完成", "Completed";
    order_archived = "已归档", "Archived";

    money_unpaid = "未付款", "Unpaid";
    money_partially_paid = "部分付款", "Partly paid";
    money_paid = "已付款", "Paid";
    money_partially_refunded = "部分退款", "Partly refunded";
    money_refunded = "已退款", "Refunded";
    money_cod_due = "货到付款", "Cash on delivery";
    money_overpaid = "多付", "Overpaid";
    money_charged_back = "拒付", "Charged back";

    review_pending = "自动审核中", "Rules are checking";
    review_auto_passed = "自动通过", "Passed by rules";
    review_manual_pending = "待人工审核", "Needs a decision";
    review_intercepted = "风控拦截", "Stopped by risk";
    review_approved = "审核通过", "Approved";
    review_rejected = "审核拒绝", "Refused";
    review_needs_buyer = "等买家答复", "Waits for the buyer";
    review_released = "拦截已解除", "Interception lifted";

    payment_created = "已创建", "Created";
    payment_pending = "支付中", "In progress";
    payment_authorized = "已授权", "Authorized";
    payment_captured = "已入账", "Captured";
    payment_failed = "失败", "Failed";
    payment_expired = "已过期", "Expired";
    payment_voided = "已作废", "Voided";

    refund_granted = "待退款", "Granted";
    refund_requested = "退款中", "Requested";
    refund_succeeded = "已退回", "Returned";
    refund_failed = "退款失败", "Failed";
    refund_withdrawn = "银行已退", "Taken by the bank";

    reserved_held = "已预占", "Held";
    reserved_allocated = "已分配", "Allocated";
    reserved_consumed = "已出库", "Left";
    reserved_expired = "已过期", "Expired";
    reserved_released = "已释放", "Released";
    reserved_backordered = "等货", "On backorder";

    refund_order_canceled = "订单取消", "Order canceled";
    refund_order_rejected = "审核未通过", "Order refused";
    refund_late_capture = "付款晚于取消", "Paid after the end";
    refund_overpaid = "多付", "Overpaid";
    refund_out_of_stock = "缺货", "Out of stock";
    refund_substituted = "换货差价", "Something cheaper was sent";
    refund_dispute_closed = "争议结束后的余款", "Left after a dispute";
    refund_after_sale = "售后", "After-sale";
    refund_by_channel = "由渠道退款", "Sent back by the channel";
    refund_by_hand = "人工退款", "By hand";

    task_open = "待领取", "Open";
    task_claimed = "处理中", "Claimed";
    task_done = "已完成", "Done";
    task_dropped = "不再需要", "Dropped";
    task_review = "审核订单", "Review an order";
    hold_amount = "金额较大", "Large amount";
    hold_quantity = "数量异常", "Unusual quantity";
    hold_frequency = "下单频繁", "Many orders in a short time";
    hold_buyer = "买家需要核实", "Buyer to be looked at";
    hold_address = "地址存疑", "Doubtful address";
    hold_payment = "付款不符", "Payment does not match";
    hold_goods = "商品需要核实", "Goods to be looked at";
    hold_fraud = "疑似欺诈", "Possible fraud";
    hold_reseller = "疑似黄牛", "Possible reseller";
    hold_rule_failed = "规则出错", "A rule failed";
    hold_other = "其他原因", "Another reason";
    task_sourcing = "人工寻源", "Find a location";
    task_put_back = "放回货架", "Put back on the shelf";
    task_count_bin = "盘点库位", "Count a bin";
    task_short_pick = "缺货联系买家", "Ask the buyer about missing goods";
    task_shortage = "拣货缺货", "Goods missing at picking";
    task_replenishment = "补货", "Order more";
    task_incomplete_channel_order = "补全渠道单", "Complete a channel order";
    task_unknown_sku = "匹配 SKU", "Match a SKU";
    task_payment_mismatch = "核对付款", "Check a payment";
    task_refund_failed = "处理退款失败", "Handle a failed refund";
    task_dispute = "答复银行拒付", "Answer a dispute";
    task_disputed_order = "拒付订单是否发货", "Ship a disputed order or not";
    task_webhook_quarantine = "处理隔离消息", "Handle a quarantined message";
    task_delivery_dead_letter = "处理推送失败", "Handle failed deliveries";
    task_stock_discrepancy = "查找差异库存", "Find missing stock";
    task_label_failed = "处理无法出面单的包裹", "Find a carrier for a parcel";
    task_delivery_exception = "处理物流异常", "Handle a delivery exception";
    task_not_received = "处理未收到包裹", "Find a parcel that has not come";
    task_second_approval = "第二人审批", "Approve as second person";

    task_deadline = "处理超时", "Handle a missed deadline";
    task_failing_deadline = "处理执行失败的时限", "Handle a failing deadline";
    task_skipped_entry = "查看跳过的记录", "Look at a skipped entry";

    due_pay = "付款", "Pay";
    due_stock_release = "释放预占", "Release held stock";
    due_review = "人工审核", "Review decision";
    due_delivery_exception = "处理物流异常", "Delivery exception";
    due_sign_off_dispute = "处理签收争议", "Sign-off dispute";
    due_after_sale = "退款或换货", "Refund or exchange";
    due_complaint = "首次答复投诉", "Reply to complaint";
    due_major_complaint = "首次答复重大投诉", "Reply to major complaint";
    due_major_complaint_plan = "重大投诉方案", "Plan for major complaint";
    due_status_sync = "同步状态到渠道", "Status on the channel";
    due_mistake_report = "上报差错", "Report the mistake";
    due_permission_review = "核查权限", "Permission review";
    due_cross_department_plan = "跨部门方案", "Cross-department plan";
    due_daily_digest = "日报", "Daily digest";
    due_no_reason_return = "七天无理由退货", "No-reason return";
    due_confirm_receipt = "自动确认收货", "Automatic receipt";
    due_buyer_choice = "买家选择缺货处理", "The buyer chooses about missing pieces";
    due_dispute_response = "答复银行拒付", "Answer the dispute";

    moved_receive = "入库", "Received";
    moved_ship = "发货出库", "Shipped";
    moved_adjust = "调整", "Adjusted";
    moved_transfer_out = "调拨出库", "Transferred out";
    moved_transfer_in = "调拨入库", "Transferred in";
    moved_count = "盘点", "Counted";

    because_buyer = "买家不想要了", "Buyer changed their mind";
    because_unpaid = "超时未付款", "Not paid in time";
    because_operator = "人工决定", "Staff decision";
    because_channel = "渠道取消", "Canceled by the channel";
    because_out_of_stock = "缺货", "Out of stock";
    because_fraud = "风险订单", "Fraud risk";
    because_duplicate = "重复下单", "Placed twice";
    because_undeliverable = "地址无法配送", "Cannot be delivered";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    /// Two states that look alike would be one to the people at the desk.
    #[test]
    fn no_two_states_of_a_kind_share_a_word() {
        for language in Language::ALL {
            let t = Words::new(language);
            let kinds: [Vec<String>; 7] = [
                DisplayStatus::ALL.map(|status| order(status, t).word).into(),
                PaymentStatus::ALL.map(|status| payment_status(status, t).word).into(),
                Review::ALL.map(|standing| review(standing, t).word).into(),
                payment::State::ALL.map(|state| payment(state, t).word).into(),
                refund::State::ALL.map(|state| refund(state, t).word).into(),
                TaskKind::ALL.map(|kind| task_kind(kind, t).to_owned()).into(),
                DeadlineKind::ALL.map(|kind| deadline(kind, t).to_owned()).into(),
            ];
            for words in kinds {
                let distinct: std::collections::HashSet<&String> = words.iter().collect();
                assert_eq!(distinct.len(), words.len(), "{words:?}");
            }
        }
    }
}
