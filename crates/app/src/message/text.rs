//! What buyers read, in Chinese and in English. Every text bears being read twice.

use jiff::tz::TimeZone;
use ordermill_base::{Id, Money, Quantity, Timestamp};
use ordermill_domain::choice::Question;
use ordermill_domain::message::Cause;
use ordermill_domain::order::{CancelReason, Order, OrderNumber};
use ordermill_domain::refund::Refund;
use ordermill_domain::text::Text;

use super::parcel::{self, Parcel};

/// What a text is made of.
pub(super) struct Facts<'a> {
    pub(super) cause: Cause,
    /// As in the message's row: a payment, a refund, or a parcel.
    pub(super) subject: i64,
    pub(super) order: &'a Order,
    pub(super) refunds: &'a [Refund],
    /// When the order ends if nobody pays.
    pub(super) due_at: Option<Timestamp>,
    /// The parcel, if it is about one.
    pub(super) parcel: Option<Parcel>,
    /// What the buyer is asked, if they are.
    pub(super) asked: Option<Question>,
    /// What the goods are called that it is about.
    pub(super) goods: Text,
    /// What is sent in place of them, if it is.
    pub(super) in_place: Option<InPlace>,
    /// Opens the order's page, that of its parcels, or that of the question.
    pub(super) link: String,
    pub(super) shop: &'a Text,
}

/// What is sent in place of missing goods.
pub(super) struct InPlace {
    pub(super) name: Text,
    pub(super) pieces: Quantity,
    /// What goes back for it.
    pub(super) refund: Money,
}

/// Subject and text.
pub(super) fn text_of(facts: &Facts<'_>, is_chinese: bool) -> (String, String) {
    let number = OrderNumber::from(facts.order.id());
    let (subject, body) = if is_chinese { chinese(facts) } else { english(facts) };
    let Text { zh, en } = facts.shop;
    let link = &facts.link;
    let (open_zh, open_en) = match (&facts.asked, &facts.parcel) {
        (Some(_), _) => ("打开选择", "Choose here"),
        (None, Some(_)) => ("查看物流", "Track it"),
        (None, None) => ("查看订单", "See your order"),
    };
    match is_chinese {
        true => {
            (format!("{subject} {number}"), format!("【{zh}】订单 {number}:{body}{open_zh}:{link}"))
        }
        false => (
            format!("{subject} {number}"),
            format!("{en}, order {number}: {body} {open_en}: {link}"),
        ),
    }
}

fn chinese(facts: &Facts<'_>) -> (&'static str, String) {
    match facts.cause {
        Cause::PaymentFailed => {
            ("付款未成功", "付款没有成功,没有扣款。打开订单即可重新付款。".to_owned())
        }
        Cause::Paid => ("已付款", format!("已收到 {},我们正在备货。", total(facts))),
        Cause::Canceled => {
            let why = match facts.order.facts().cancel_reason {
                Some(CancelReason::Unpaid) => "因超时未付款,订单已取消。",
                _ => "订单已取消。",
            };
            let money = if is_owed(facts) { "已付款项将原路退回。" } else { "" };
            ("订单已取消", format!("{why}{money}"))
        }
        Cause::Refunded => ("退款已退回", format!("{} 已原路退回。", refunded(facts))),
        Cause::MissingPieces => ("请您选择", missing_chinese(facts)),
        Cause::Substituted => ("换发商品", substituted_chinese(facts)),
        Cause::PaymentDue => (
            "等待付款",
            format!("尚未付款{},逾期订单将自动取消。", due(facts, ",请在 ", " 前付款")),
        ),
        Cause::Completed => ("订单已完成", "感谢您的购买。如有问题请联系我们。".to_owned()),
        Cause::Shipped
        | Cause::OutForDelivery
        | Cause::AtPickupPoint
        | Cause::Delivered
        | Cause::AddressProblem => parcel::chinese(facts),
    }
}

fn english(facts: &Facts<'_>) -> (&'static str, String) {
    match facts.cause {
        Cause::PaymentFailed => (
            "Payment did not go through:",
            "the payment did not go through and nothing was charged. Open the order to pay again."
                .to_owned(),
        ),
        Cause::Paid => (
            "Payment received:",
            format!("we have your {} and are getting it ready.", total(facts)),
        ),
        Cause::Canceled => {
            let why = match facts.order.facts().cancel_reason {
                Some(CancelReason::Unpaid) => "it was not paid in time and is canceled.",
                _ => "it is canceled.",
            };
            let money =
                if is_owed(facts) { " What you paid goes back the way it came." } else { "" };
            ("Order canceled:", format!("{why}{money}"))
        }
        Cause::Refunded => {
            ("Refund sent:", format!("{} went back the way it came.", refunded(facts)))
        }
        Cause::MissingPieces => ("Your choice:", missing_english(facts)),
        Cause::Substituted => ("Something else is sent:", substituted_english(facts)),
        Cause::PaymentDue => (
            "Waiting for your payment:",
            format!(
                "it is not paid yet and will be canceled{}.",
                due(facts, " if it is not paid by ", "")
            ),
        ),
        Cause::Completed => (
            "Order complete:",
            "thank you for buying from us. If anything is not right, tell us.".to_owned(),
        ),
        Cause::Shipped
        | Cause::OutForDelivery
        | Cause::AtPickupPoint
        | Cause::Delivered
        | Cause::AddressProblem => parcel::english(facts),
    }
}

fn missing_chinese(facts: &Facts<'_>) -> String {
    let Some(asked) = facts.asked else { return String::new() };
    let (goods, pieces, by) = (&facts.goods.zh, asked.pieces, moment(asked.answer_by));
    format!("很抱歉,{goods} 缺 {pieces} 件。请在 {by} 前选择退款、换货或等待,逾期客服会联系您。")
}

fn missing_english(facts: &Facts<'_>) -> String {
    let Some(asked) = facts.asked else { return String::new() };
    let (goods, pieces, by) = (&facts.goods.en, asked.pieces, moment(asked.answer_by));
    format!(
        "we are sorry, {pieces} of {goods} cannot be found. Please take your money back, something else \
         or wait, by {by}; after that we call you."
    )
}

fn substituted_chinese(facts: &Facts<'_>) -> String {
    let Some(InPlace { name, pieces, refund }) = &facts.in_place else { return String::new() };
    let (goods, name) = (&facts.goods.zh, &name.zh);
    let money = match refund.minor {
        0 => "不另收费。".to_owned(),
        _ => format!("差价 {} 将原路退回。", written(*refund)),
    };
    format!("{goods} 缺货,改发 {name} {pieces} 件,{money}")
}

fn substituted_english(facts: &Facts<'_>) -> String {
    let Some(InPlace { name, pieces, refund }) = &facts.in_place else { return String::new() };
    let (goods, name) = (&facts.goods.en, &name.en);
    let money = match refund.minor {
        0 => "It costs you nothing more.".to_owned(),
        _ => format!("{} goes back, as it costs less.", written(*refund)),
    };
    format!("{pieces} of {name} are sent in place of {goods}, which cannot be found. {money}")
}

fn total(facts: &Facts<'_>) -> String {
    written(facts.order.facts().amounts.total())
}

fn refunded(facts: &Facts<'_>) -> String {
    let refund = facts.refunds.iter().find(|it| it.facts().id.raw() == facts.subject);
    refund.map_or_else(|| total(facts), |refund| written(refund.facts().amount))
}

/// Money came in that has not gone back yet.
fn is_owed(facts: &Facts<'_>) -> bool {
    let money = facts.order.facts().money;
    money.paid_minor > money.refunded_minor
}

/// The moment in the shop's time zone, which is named: buyers may be anywhere.
fn due(facts: &Facts<'_>, before: &str, after: &str) -> String {
    let Some(due_at) = facts.due_at else { return String::new() };
    format!("{before}{}{after}", moment(due_at))
}

fn moment(at: Timestamp) -> String {
    let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
    at.to_jiff().to_zoned(zone).strftime("%Y-%m-%d %H:%M (UTC%:z)").to_string()
}

fn written(money: Money) -> String {
    format!("{} {}", money.currency.code(), money.to_decimal())
}
