//! What to do next with an order: the callout on top of its page.

use ordermill_domain::order::{Action as Step, CancelReason, DisplayStatus, Review, Status};

use super::{NextStep, action};
use crate::icon::Icon;
use crate::states;
use crate::ui::{Action, Tone};
use crate::words::Words;

/// What decides the next step.
#[derive(Debug, Clone)]
pub struct Situation {
    /// The order's number.
    pub number: String,
    /// Where it stands.
    pub status: Status,
    /// As what it is shown.
    pub shown: DisplayStatus,
    /// How far its review is.
    pub review: Review,
    /// Why it was canceled, if it was.
    pub cancel_reason: Option<CancelReason>,
    /// Pieces of it wait for stock.
    pub is_backordered: bool,
    /// Money of it is still on its way back.
    pub is_refunding: bool,
    /// The nearest deadline: what is left, `42m`, or how late it is.
    pub left: Option<String>,
    /// What they may do with it now.
    pub steps: Vec<Step>,
}

/// The one thing that moves the order on.
pub fn next_step(at: &Situation, t: Words) -> NextStep {
    let left = at.left.as_deref();
    let with_left = |title: &str| match left {
        Some(left) => t.next_with_left(title, left),
        None => title.to_owned(),
    };
    let say = |tone, icon, title: String, text: &str, actions| NextStep {
        tone,
        icon,
        title,
        text: text.to_owned(),
        actions,
    };
    let none = Vec::new;
    match at.shown {
        DisplayStatus::Canceled => {
            let title = match (at.status, at.cancel_reason) {
                (Status::Canceled, Some(reason)) => {
                    t.next_canceled(states::cancel_reason(reason, t))
                }
                _ => t.next_rejected().to_owned(),
            };
            let text = if at.is_refunding { t.next_refunding() } else { t.next_nothing() };
            say(Tone::Grey, Icon::Ban, title, text, none())
        }
        DisplayStatus::Intercepted => say(
            Tone::Red,
            Icon::Shield,
            with_left(t.next_intercepted()),
            t.next_intercepted_text(),
            buttons(at, &[Step::ReleaseInterception, Step::Refuse], t),
        ),
        DisplayStatus::ToPay if at.review == Review::Pending && left.is_none() => say(
            Tone::Blue,
            Icon::Wallet,
            t.next_at_the_door().to_owned(),
            t.next_rules_text(),
            none(),
        ),
        DisplayStatus::ToPay => {
            say(Tone::Amber, Icon::Card, with_left(t.next_pay()), t.next_pay_text(), none())
        }
        DisplayStatus::InReview => match at.review {
            Review::NeedsBuyer => say(
                Tone::Amber,
                Icon::Message,
                t.next_buyer().to_owned(),
                t.next_buyer_text(),
                buttons(at, &[Step::ResumeReview], t),
            ),
            Review::ManualPending => say(
                Tone::Violet,
                Icon::Eye,
                with_left(t.next_review()),
                t.next_review_text(),
                buttons(at, &[Step::Approve, Step::AskBuyer, Step::Refuse], t),
            ),
            _ => say(
                Tone::Blue,
                Icon::Hourglass,
                t.next_rules().to_owned(),
                t.next_rules_text(),
                none(),
            ),
        },
        DisplayStatus::ToProcess if at.status == Status::Placed => say(
            Tone::Amber,
            Icon::Package,
            t.next_confirm().to_owned(),
            t.next_confirm_text(),
            buttons(at, &[Step::Confirm], t),
        ),
        DisplayStatus::ToProcess if at.is_backordered => say(
            Tone::Amber,
            Icon::Hourglass,
            t.next_backorder().to_owned(),
            t.next_backorder_text(),
            none(),
        ),
        DisplayStatus::ToProcess => say(
            Tone::Blue,
            Icon::Warehouse,
            t.next_process().to_owned(),
            t.next_process_text(),
            none(),
        ),
        DisplayStatus::Completed => say(
            Tone::Green,
            Icon::CircleCheck,
            t.next_completed().to_owned(),
            t.next_nothing(),
            buttons(at, &[Step::Archive], t),
        ),
        DisplayStatus::Archived => {
            say(Tone::Grey, Icon::Lock, t.next_archived().to_owned(), t.next_nothing(), none())
        }
        DisplayStatus::ToShip
        | DisplayStatus::ToHandOver
        | DisplayStatus::PartlyShipped
        | DisplayStatus::Shipped
        | DisplayStatus::Delivered
        | DisplayStatus::AfterSale => {
            let badge = states::order(at.shown, t);
            say(badge.tone, badge.icon, badge.word, "", buttons(at, &[Step::Complete], t))
        }
    }
}

/// The buttons of those steps that they may take; the first one is the primary.
fn buttons(at: &Situation, steps: &[Step], t: Words) -> Vec<Action> {
    let steps = steps.iter().filter(|step| at.steps.contains(step));
    let actions = steps.filter_map(|step| action(*step, &at.number, t));
    let primary = |(index, action): (usize, Action)| {
        if index == 0 { action.primary() } else { action }
    };
    actions.enumerate().map(primary).collect()
}

crate::words! {
    next_with_left(title, left) = "{title}，剩余 {left}", "{title}; {left} left";
    next_canceled(reason) = "订单已取消：{reason}", "Canceled: {reason}";
    next_rejected = "审核未通过，订单已关闭", "Refused by the review and closed";
    next_refunding = "已付的钱正在原路退回，不需要操作。", "What was paid is on its way back. Nothing is to be done.";
    next_nothing = "不需要操作。", "Nothing is to be done.";
    next_intercepted = "被风控拦截，需要决定", "Stopped by risk control; a person must decide";
    next_intercepted_text = "核实后解除拦截，或拒绝并退款。", "Lift the interception once it is checked, or refuse it and send the money back.";
    next_at_the_door = "货到付款，规则正在检查", "Cash on delivery; the rules are checking";
    next_pay = "等买家付款", "Waits for the buyer to pay";
    next_pay_text = "到时未付会自动取消，并释放库存、优惠券和积分。", "Unpaid in time it is canceled by itself; stock, coupon and points are released.";
    next_buyer = "等买家答复", "Waits for the buyer's answer";
    next_buyer_text = "审核计时已暂停。得到答复后继续审核。", "The clock of the review is paused. Resume it once the answer is here.";
    next_review = "需要人工审核", "A person must decide";
    next_review_text = "看过时间线和付款后，通过、询问买家或拒绝。", "Look at timeline and payment, then approve, ask the buyer, or refuse.";
    next_rules = "规则正在检查", "The rules are checking";
    next_rules_text = "通常几秒内完成，不需要操作。", "It takes seconds. Nothing is to be done.";
    next_confirm = "可以确认了", "Ready to be confirmed";
    next_confirm_text = "审核已通过、钱已到账。确认后库存会正式分配。", "The review has passed and the money is here. Confirming allocates its stock.";
    next_backorder = "等货到仓", "Waits for stock to come in";
    next_backorder_text = "买家同意等待。到货后会自动分配。", "The buyer agreed to wait. What comes in is allocated by itself.";
    next_process = "可以拣货发货了", "Ready to be picked and shipped";
    next_process_text = "已付款、已审核、库存已分配，等仓库作业。", "Paid, reviewed, and its stock allocated: the warehouse is next.";
    next_completed = "已完成", "Completed";
    next_archived = "已归档", "Archived";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    fn situation(shown: DisplayStatus, review: Review, steps: &[Step]) -> Situation {
        Situation {
            number: "261122-0K3M-Z0Q4-7XC".into(),
            status: Status::Placed,
            shown,
            review,
            cancel_reason: None,
            is_backordered: false,
            is_refunding: false,
            left: Some("42m".into()),
            steps: steps.to_vec(),
        }
    }

    #[test]
    fn every_status_says_what_to_do_and_offers_at_most_one_primary_button() {
        for language in Language::ALL {
            let t = Words::new(language);
            for shown in DisplayStatus::ALL {
                for review in Review::ALL {
                    let next = next_step(&situation(shown, review, &Step::ALL), t);
                    assert!(!next.title.is_empty(), "{shown} {review}");
                    let primary = next.actions.iter().filter(|action| action.is_primary).count();
                    assert!(primary <= 1, "{shown} {review}");
                }
            }
        }
    }

    #[test]
    fn nobody_is_offered_a_step_that_they_may_not_take() {
        let t = Words::new(Language::En);
        let at = situation(DisplayStatus::InReview, Review::ManualPending, &[]);
        let next = next_step(&at, t);
        assert_eq!(next.title, "A person must decide; 42m left");
        assert!(next.actions.is_empty());
    }
}
