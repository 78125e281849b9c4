//! How far an order is, and what its total is made of.

use ordermill_base::Money;
use ordermill_domain::order::{Facts, PaymentTerms, Review, Status};
use ordermill_domain::pricing::TaxMode;

use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Progress, Step, Steps, TotalLine, Totals};
use crate::words::Words;

/// The way of an order from placing to receipt.
pub fn progress(facts: &Facts, shell: &Shell) -> Steps {
    let t = shell.t;
    let at = &facts.milestones;
    let has_ended = at.ended_at.is_some();
    let is_cod = facts.terms == PaymentTerms::CashOnDelivery;
    let is_passed = facts.review.is_passed();
    let ahead = |reached: bool, current: Progress| match (reached, has_ended) {
        (true, _) => Progress::Done,
        (false, true) => Progress::Ahead,
        (false, false) => current,
    };
    let moment = |at: Option<_>| at.map(|at| shell.moment(&at)).unwrap_or_default();
    let step = |progress, icon, label: &str, note: String| Step {
        progress,
        icon,
        label: label.into(),
        note,
    };
    let paid = at.paid_at.is_some();
    let review_waits = matches!(facts.review, Review::ManualPending | Review::NeedsBuyer);
    let reviewing = if facts.review == Review::Rejected || facts.review == Review::Intercepted {
        Progress::Failed
    } else if review_waits {
        Progress::Warned
    } else {
        Progress::Ahead
    };
    let mut steps = vec![
        step(Progress::Done, Icon::Cart, t.way_placed(), shell.moment(&at.placed_at)),
        step(
            if is_cod && !paid { Progress::Ahead } else { ahead(paid, Progress::Now) },
            Icon::Card,
            if is_cod { t.way_cash() } else { t.way_paid() },
            moment(at.paid_at),
        ),
        step(
            if is_passed { Progress::Done } else { reviewing },
            Icon::Shield,
            t.way_reviewed(),
            String::new(),
        ),
        step(
            ahead(
                at.confirmed_at.is_some(),
                if paid && is_passed { Progress::Now } else { Progress::Ahead },
            ),
            Icon::CircleCheck,
            t.way_confirmed(),
            moment(at.confirmed_at),
        ),
    ];
    if has_ended {
        let label =
            if facts.status == Status::Rejected { t.way_refused() } else { t.way_canceled() };
        steps.push(step(Progress::Failed, Icon::Ban, label, moment(at.ended_at)));
        return Steps { t, steps };
    }
    let is_confirmed = at.confirmed_at.is_some();
    steps.push(step(
        ahead(at.shipped_at.is_some(), if is_confirmed { Progress::Now } else { Progress::Ahead }),
        Icon::Truck,
        t.way_shipped(),
        moment(at.shipped_at),
    ));
    steps.push(step(
        if at.completed_at.is_some() { Progress::Done } else { Progress::Ahead },
        Icon::Home,
        t.way_received(),
        moment(at.completed_at),
    ));
    Steps { t, steps }
}

/// Goods, each discount by its source, freight, tax on top, total. `discounts` are sources such as
/// `coupon:SPRING20` with what they took off.
pub fn totals(facts: &Facts, discounts: &[(String, i64)], t: Words) -> Totals {
    let amounts = &facts.amounts;
    let money = |minor| Money::new(minor, amounts.currency);
    let mut lines = vec![TotalLine::new(t.sum_goods(), money(amounts.goods_minor))];
    for (source, minor) in discounts {
        lines.push(TotalLine::new(discount(source, t), money(-minor)));
    }
    let named: i64 = discounts.iter().map(|(_, minor)| minor).sum();
    if amounts.discount_minor > named {
        lines.push(TotalLine::new(t.sum_discount(), money(named - amounts.discount_minor)));
    }
    lines.push(TotalLine {
        free: t.sum_free().into(),
        ..TotalLine::new(t.sum_freight(), money(amounts.freight_minor))
    });
    if amounts.tax_mode == TaxMode::Exclusive && amounts.tax_minor > 0 {
        lines.push(TotalLine::new(t.sum_tax(), money(amounts.tax_minor)));
    }
    let is_paid = facts.milestones.paid_at.is_some();
    let label = if is_paid { t.sum_total_paid() } else { t.sum_total_to_pay() };
    Totals { lines, label: label.into(), total: amounts.total() }
}

fn discount(source: &str, t: Words) -> String {
    match source.split_once(':') {
        Some(("coupon", code)) => t.sum_coupon(code),
        _ if source == "points" => t.sum_points().into(),
        _ => t.sum_discount().into(),
    }
}

crate::words! {
    way_placed = "下单", "Placed";
    way_paid = "付款", "Paid";
    way_cash = "货到付款", "Cash at the door";
    way_reviewed = "审核", "Reviewed";
    way_confirmed = "确认", "Confirmed";
    way_shipped = "发货", "Shipped";
    way_received = "签收", "Received";
    way_canceled = "已取消", "Canceled";
    way_refused = "已拒绝", "Refused";
    sum_goods = "商品小计", "Items";
    sum_discount = "优惠", "Discount";
    sum_coupon(code) = "优惠券 {code}", "Coupon {code}";
    sum_points = "积分抵扣", "Points";
    sum_freight = "运费", "Shipping";
    sum_free = "包邮", "Free";
    sum_tax = "税", "Tax";
    sum_total_paid = "实付", "Paid";
    sum_total_to_pay = "应付", "To pay";
}
