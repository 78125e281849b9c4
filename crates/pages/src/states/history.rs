//! Entries of the journal in words, for the timeline of an order.

use ordermill_base::{Currency, Money};
use ordermill_domain::event::Event;
use ordermill_domain::{deadline, fulfillment, order, payment, refund, reservation};

use crate::icon::Icon;
use crate::states;
use crate::ui::{Moment, Tone};
use crate::words::Words;

/// What happened, with `note` for when and by whom. Amounts are in the currency of the order.
pub fn moment(event: &Event, currency: Currency, note: impl Into<String>, t: Words) -> Moment {
    let (tone, icon, text) = match event {
        Event::Order(event) => of_order(event, currency, t),
        Event::Payment(event) => of_payment(event, currency, t),
        Event::Refund(event) => of_refund(event, currency, t),
        Event::Dispute(event) => states::dispute::happened(event, t),
        Event::Reservation(event) => of_reservation(event, t),
        Event::Fulfillment(event) => of_fulfillment(event, t),
        Event::Deadline(event) => of_deadline(event, t),
        // What is about other things does not stand in an order's timeline; its kind will do.
        other => (Tone::Grey, Icon::Info, other.kind().to_owned()),
    };
    Moment { tone, icon, text, note: note.into(), is_public: is_public(event) }
}

/// Whether the buyer sees it too: the milestones, not the work behind them.
fn is_public(event: &Event) -> bool {
    use order::Event as O;
    match event {
        Event::Order(event) => matches!(
            event,
            O::Placed(_)
                | O::PartlyPaid { .. }
                | O::Paid { .. }
                | O::Refunded { .. }
                | O::Confirmed { .. }
                | O::Shipped { .. }
                | O::Canceled { .. }
                | O::Rejected
                | O::Completed
        ),
        _ => false,
    }
}

fn of_order(event: &order::Event, currency: Currency, t: Words) -> (Tone, Icon, String) {
    use order::Event as E;
    let money = |minor: i64| Money::new(minor, currency);
    match event {
        E::Placed(placed) => (Tone::Blue, Icon::Cart, t.happened_placed(placed.lines.len() as u64)),
        E::Reviewed { to, .. } => {
            let badge = states::review(*to, t);
            (badge.tone, badge.icon, t.happened_reviewed(badge.word))
        }
        E::PartlyPaid { amount_minor, .. } => {
            (Tone::Amber, Icon::Card, t.happened_partly_paid(money(*amount_minor)))
        }
        E::Paid { amount_minor, .. } => {
            (Tone::Green, Icon::Card, t.happened_paid(money(*amount_minor)))
        }
        E::Refunded { amount_minor, .. } => {
            (Tone::Grey, Icon::ArrowBack, t.happened_refunded(money(*amount_minor)))
        }
        E::ChargedBack { amount_minor, .. } => {
            (Tone::Red, Icon::Alert, t.happened_charged_back(money(*amount_minor)))
        }
        E::Confirmed { backordered } if backordered.is_empty() => {
            (Tone::Green, Icon::CircleCheck, t.happened_confirmed().into())
        }
        E::Confirmed { .. } => {
            (Tone::Amber, Icon::Hourglass, t.happened_confirmed_backordered().into())
        }
        E::BackorderFilled { still_waiting: true, .. } => {
            (Tone::Amber, Icon::Package, t.happened_backorder_partly_filled().into())
        }
        E::BackorderFilled { still_waiting: false, .. } => {
            (Tone::Green, Icon::Package, t.happened_backorder_filled().into())
        }
        E::Shorted { lines } => (Tone::Amber, Icon::Alert, t.happened_shorted(lines.len() as u64)),
        E::Resent { lines } => (Tone::Amber, Icon::Return, t.happened_resent(lines.len() as u64)),
        E::GivenUp { lines, .. } => {
            (Tone::Grey, Icon::Ban, t.happened_given_up(lines.len() as u64))
        }
        E::Substituted { line, .. } => {
            let pieces = line.quantity.get().unsigned_abs();
            (Tone::Blue, Icon::Return, t.happened_substituted(pieces))
        }
        E::Shipped { lines } => (Tone::Blue, Icon::Truck, t.happened_shipped(lines.len() as u64)),
        E::Canceled { reason, .. } => {
            let reason = states::cancel_reason(*reason, t);
            (Tone::Grey, Icon::Ban, t.happened_canceled(reason))
        }
        E::Rejected => (Tone::Grey, Icon::Ban, t.happened_rejected().into()),
        E::Completed => (Tone::Green, Icon::Home, t.happened_completed().into()),
        E::Archived => (Tone::Grey, Icon::Lock, t.happened_archived().into()),
    }
}

fn of_payment(event: &payment::Event, currency: Currency, t: Words) -> (Tone, Icon, String) {
    use payment::Event as E;
    match event {
        E::Created { gateway, amount_minor, currency, .. } => {
            let amount = Money::new(*amount_minor, *currency);
            (Tone::Blue, Icon::Card, t.happened_payment_created(amount, gateway))
        }
        E::Submitted { .. } => (Tone::Blue, Icon::Send, t.happened_payment_submitted().into()),
        E::Authorized => (Tone::Blue, Icon::Shield, t.happened_payment_authorized().into()),
        E::Captured { amount_minor, .. } => {
            let amount = Money::new(*amount_minor, currency);
            (Tone::Green, Icon::Card, t.happened_payment_captured(amount))
        }
        E::Failed { .. } => (Tone::Red, Icon::X, t.happened_payment_failed().into()),
        E::Expired { .. } => (Tone::Grey, Icon::Clock, t.happened_payment_expired().into()),
        E::Voided { .. } => (Tone::Grey, Icon::Ban, t.happened_payment_voided().into()),
    }
}

fn of_refund(event: &refund::Event, currency: Currency, t: Words) -> (Tone, Icon, String) {
    use refund::Event as E;
    match event {
        E::Granted { amount_minor, .. } => {
            let amount = Money::new(*amount_minor, currency);
            (Tone::Amber, Icon::ArrowBack, t.happened_refund_granted(amount))
        }
        E::Requested { .. } => (Tone::Blue, Icon::Send, t.happened_refund_requested().into()),
        E::Succeeded => (Tone::Green, Icon::CircleCheck, t.happened_refund_succeeded().into()),
        E::Failed => (Tone::Red, Icon::Alert, t.happened_refund_failed().into()),
        E::Withdrawn { .. } => (Tone::Grey, Icon::Ban, t.happened_refund_withdrawn().into()),
    }
}

fn of_reservation(event: &reservation::Event, t: Words) -> (Tone, Icon, String) {
    use reservation::Event as E;
    match event {
        E::Allocated { .. } => (Tone::Blue, Icon::Package, t.happened_allocated().into()),
        E::Consumed { .. } => (Tone::Blue, Icon::Package, t.happened_consumed().into()),
        E::Expired { .. } => (Tone::Amber, Icon::Clock, t.happened_hold_expired().into()),
        E::Held { .. } => (Tone::Blue, Icon::Lock, t.happened_held().into()),
        E::Released { .. } => (Tone::Grey, Icon::ArrowBack, t.happened_released().into()),
    }
}

fn of_fulfillment(event: &fulfillment::Event, t: Words) -> (Tone, Icon, String) {
    use fulfillment::Event as E;
    match event {
        E::Planned(planned) => {
            (Tone::Blue, Icon::MapPin, t.happened_work_planned(planned.lines.len() as u64))
        }
        E::Merged { .. } => (Tone::Blue, Icon::Package, t.happened_work_merged().into()),
        E::TakenOut => (Tone::Grey, Icon::Split, t.happened_work_taken_out().into()),
        E::Released { .. } => (Tone::Blue, Icon::Send, t.happened_work_released().into()),
        E::Withdrawn => (Tone::Grey, Icon::ArrowBack, t.happened_work_withdrawn().into()),
        E::LinesPicked { lines } => {
            let pieces: i64 = lines.iter().map(|line| line.quantity.get()).sum();
            (Tone::Blue, Icon::Barcode, t.happened_pieces_picked(pieces.unsigned_abs()))
        }
        E::LinesPutBack { lines } => {
            let pieces: i64 = lines.iter().map(|line| line.quantity.get()).sum();
            (Tone::Grey, Icon::ArrowBack, t.happened_pieces_put_back(pieces.unsigned_abs()))
        }
        E::Shorted { missing, .. } => {
            let pieces = missing.get().unsigned_abs();
            (Tone::Amber, Icon::Alert, t.happened_pieces_missing(pieces))
        }
        E::Picked => (Tone::Green, Icon::Checks, t.happened_work_picked().into()),
        E::Rechecked => (Tone::Green, Icon::Clipboard, t.happened_work_rechecked().into()),
        E::SentBack => (Tone::Amber, Icon::ArrowBack, t.happened_work_sent_back().into()),
        E::Packed { packages } => {
            (Tone::Green, Icon::Package, t.happened_work_packed(packages.len() as u64))
        }
        E::Unpacked => (Tone::Grey, Icon::Box, t.happened_work_unpacked().into()),
        E::HandedOver => (Tone::Blue, Icon::Truck, t.happened_work_handed_over().into()),
        E::Closed => (Tone::Green, Icon::CircleCheck, t.happened_work_closed().into()),
        E::Rejected { .. } => (Tone::Amber, Icon::ArrowBack, t.happened_work_rejected().into()),
        E::Canceled { .. } => (Tone::Grey, Icon::Ban, t.happened_work_canceled().into()),
    }
}

fn of_deadline(event: &deadline::Event, t: Words) -> (Tone, Icon, String) {
    use deadline::Event as E;
    match event {
        E::Warned { deadline, .. } => {
            let name = states::deadline(*deadline, t);
            (Tone::Amber, Icon::Clock, t.happened_deadline_near(name))
        }
        E::Breached { deadline, .. } => {
            let name = states::deadline(*deadline, t);
            (Tone::Red, Icon::Alert, t.happened_deadline_breached(name))
        }
    }
}

crate::words! {
    happened_deadline_near(name) = "快到时限：{name}", "Deadline is near: {name}";
    happened_deadline_breached(name) = "已超时：{name}", "Deadline was missed: {name}";
    happened_placed(count) = "下单，共 {count} 行", "Placed with {count} line" | "Placed with {count} lines";
    happened_reviewed(result) = "审核：{result}", "Review: {result}";
    happened_partly_paid(amount) = "收到 {amount}，未付清", "Got {amount}, not all yet";
    happened_paid(amount) = "收到 {amount}，已付清", "Got {amount}, fully paid";
    happened_refunded(amount) = "已退 {amount}", "Refunded {amount}";
    happened_charged_back(amount) = "银行拒付 {amount}", "The bank took back {amount}";
    happened_confirmed = "订单确认，库存已分配", "Confirmed, stock allocated";
    happened_confirmed_backordered = "订单确认，部分等货", "Confirmed, part of it on backorder";
    happened_backorder_partly_filled = "到货，部分已分配", "Stock came in for part of it";
    happened_backorder_filled = "到货，已全部分配", "Stock came in for all of it";
    happened_resent(count) = "{count} 行重新发货", "{count} line is sent again" | "{count} lines are sent again";
    happened_shorted(count) = "{count} 行缺货，等待处理", "{count} line is short" | "{count} lines are short";
    happened_substituted(count) = "{count} 件缺货商品已换成其他商品", "{count} missing piece was replaced by something else" | "{count} missing pieces were replaced by something else";
    happened_given_up(count) = "{count} 行的缺货商品不再发货", "Missing pieces of {count} line were given up" | "Missing pieces of {count} lines were given up";
    happened_work_planned(count) = "已分仓，共 {count} 行", "A location ships {count} line" | "A location ships {count} lines";
    happened_work_merged = "与同一买家的其他订单合单发货", "Travels with other orders of the buyer";
    happened_work_taken_out = "取消合单", "Travels by itself again";
    happened_work_released = "已下发仓库", "Released to the floor";
    happened_work_withdrawn = "已从仓库撤回", "Taken back from the floor";
    happened_pieces_picked(count) = "拣货 {count} 件", "Picked {count} piece" | "Picked {count} pieces";
    happened_pieces_put_back(count) = "放回 {count} 件", "Put {count} piece back" | "Put {count} pieces back";
    happened_pieces_missing(count) = "缺 {count} 件", "{count} piece is missing" | "{count} pieces are missing";
    happened_work_picked = "拣货完成", "All picked";
    happened_work_rechecked = "复核通过", "Rechecked";
    happened_work_sent_back = "复核不符，退回拣货", "Sent back to the pickers";
    happened_work_packed(count) = "已打包，共 {count} 个包裹", "Packed into {count} package" | "Packed into {count} packages";
    happened_work_unpacked = "包裹已拆开", "Packages opened again";
    happened_work_handed_over = "已交给承运商", "Handed over to the carrier";
    happened_work_closed = "包裹已全部送达", "All packages arrived";
    happened_work_rejected = "仓库退回，重新分仓", "Given back by its location";
    happened_work_canceled = "出库已取消", "Work ended with its order";
    happened_shipped(count) = "{count} 行已发货", "Shipped {count} line" | "Shipped {count} lines";
    happened_canceled(reason) = "已取消：{reason}", "Canceled: {reason}";
    happened_rejected = "审核未通过，订单关闭", "Refused by the review";
    happened_completed = "买家已收货", "The buyer has it";
    happened_archived = "已归档", "Archived";
    happened_payment_created(amount, gateway) = "发起支付 {amount}（{gateway}）", "Payment of {amount} started ({gateway})";
    happened_payment_submitted = "支付已提交网关", "Payment handed to the gateway";
    happened_payment_authorized = "支付已授权", "Payment authorized";
    happened_payment_captured(amount) = "支付已入账 {amount}", "Captured {amount}";
    happened_payment_failed = "支付失败", "Payment failed";
    happened_payment_expired = "支付已过期", "Payment expired";
    happened_payment_voided = "支付已作废", "Payment voided";
    happened_refund_granted(amount) = "批准退款 {amount}", "Refund of {amount} granted";
    happened_refund_requested = "退款已提交网关", "Refund handed to the gateway";
    happened_refund_succeeded = "退款已到账", "Refund arrived";
    happened_refund_failed = "退款失败，将重试", "Refund failed and will be retried";
    happened_refund_withdrawn = "银行已退回这笔钱，不再退款", "The bank took this money; it is owed no more";
    happened_allocated = "库存已分配", "Stock allocated";
    happened_consumed = "库存已出库", "Stock left the building";
    happened_hold_expired = "预占已过期", "Hold of stock expired";
    happened_held = "库存已预占", "Stock held";
    happened_released = "库存已释放", "Stock released";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn money_and_reasons_are_told_in_words() {
        let text = |event: order::Event, language| {
            moment(&event.into(), Currency::Cny, "", Words::new(language)).text
        };
        let paid = order::Event::Paid { amount_minor: 64_600, paid_minor: 64_600 };
        assert_eq!(text(paid.clone(), Language::Zh), "收到 ¥646.00，已付清");
        assert_eq!(text(paid, Language::En), "Got ¥646.00, fully paid");
        let canceled = order::Event::Canceled {
            from: order::Status::Placed,
            reason: order::CancelReason::Unpaid,
        };
        assert_eq!(text(canceled, Language::En), "Canceled: Not paid in time");
    }

    #[test]
    fn the_buyer_sees_milestones_and_not_the_work_behind_them() {
        let is_public =
            |event: Event| moment(&event, Currency::Cny, "", Words::new(Language::En)).is_public;
        assert!(is_public(order::Event::Completed.into()));
        assert!(!is_public(order::Event::Archived.into()));
        assert!(!is_public(payment::Event::Authorized.into()));
    }
}
