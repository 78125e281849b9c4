//! The page on which a buyer says what should become of missing pieces, `/c/{token}`.
//!
//! For a phone, without a login, and without anything about people: the goods, and a button for each thing that
//! may be chosen. It posts `answer` (`substitute` with `sku`, `refund`, `wait`, `call`) to its own address. The
//! same page tells what came of it.

use askama::Template;
use ordermill_base::Money;

use crate::shell::Shell;
use crate::words::Words;

/// The page of one choice, open or over.
#[derive(Debug, Template)]
#[template(path = "choice.html")]
pub struct ChoicePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// What stands in its address.
    pub token: String,
    /// The order's number; empty if the link opens nothing.
    pub number: String,
    /// What matters now, in large type.
    pub headline: String,
    /// A sentence about it.
    pub note: String,
    /// What is missing: name and pieces.
    pub goods: Option<(String, u64)>,
    /// What may be chosen; none when it is over.
    pub options: Vec<ChoiceOption>,
    /// The number of the shop's service; empty if it has none.
    pub service_phone: String,
}

/// One thing that may be chosen.
#[derive(Debug, Clone)]
pub struct ChoiceOption {
    /// Tells it from the others on the page.
    pub key: String,
    /// The answer that its button sends.
    pub answer: &'static str,
    /// The code of what is taken in place of the goods; empty for any other answer.
    pub sku: String,
    /// Where the picture of that is.
    pub picture: Option<String>,
    /// What it is.
    pub title: String,
    /// What it means.
    pub text: String,
    /// The verb.
    pub button: String,
}

impl ChoiceOption {
    /// An answer that needs nothing more.
    pub fn plain(answer: &'static str, title: &str, text: String, button: String) -> Self {
        let (title, key) = (title.to_owned(), answer.to_owned());
        Self { key, answer, sku: String::new(), picture: None, title, text, button }
    }

    /// To take something else, of which so much goes back.
    pub fn substitute(sku: &str, name: String, picture: String, refund: Money, t: Words) -> Self {
        Self {
            key: format!("substitute-{sku}"),
            answer: "substitute",
            sku: sku.to_owned(),
            picture: Some(picture),
            title: t.choice_substitute_title(name),
            text: match refund.minor {
                0 => t.choice_substitute_alike().to_owned(),
                _ => t.choice_substitute_less(refund),
            },
            button: t.choice_substitute_button().to_owned(),
        }
    }
}

crate::words! {
    choice_substitute_title(name) = "换成 {name}", "Instead: {name}";
    choice_substitute_less(refund) = "有现货，马上寄出，差价 {refund} 原路退回。", "It is here and sent at once. {refund} goes back the way it came, as it costs less.";
    choice_substitute_alike = "有现货，马上寄出，不另收费。", "It is here and sent at once. It costs you nothing more.";
    choice_substitute_button = "换成这款", "Send this instead";
    choice_sold_out = "这款刚刚售完，请另选", "It has just sold out: please choose again";
    choice_done_substitute(name) = "将为您寄出 {name}", "We send you {name}";
    choice_done_substitute_note = "如有差价，会原路退回。", "If it costs less, the difference goes back the way it came.";
    choice_headline = "有商品缺货，请您选择", "Something is missing: your choice";
    choice_note(by) = "很抱歉。请在 {by} 前选择，逾期客服会联系您。", "We are sorry. Please choose by {by}; after that we call you.";
    choice_missing_goods = "缺货的商品", "What is missing";
    choice_refund_title = "退款", "Money back";
    choice_refund_text(amount) = "这些商品不再发货，{amount} 原路退回；其余商品照常发货。", "These pieces are not sent and {amount} goes back the way it came. Everything else is sent as planned.";
    choice_refund_button(amount) = "退款 {amount}", "Refund {amount}";
    choice_cancel_text(amount) = "订单里只有这些商品：订单会取消，{amount} 原路退回。", "There is nothing else in the order: it is canceled, and {amount} goes back the way it came.";
    choice_cancel_button = "取消订单并退款", "Cancel and refund";
    choice_end_text(amount) = "补发的商品也没有了：订单结束，{amount} 原路退回。", "What was to be sent again is not to be had either: the order ends, and {amount} goes back the way it came.";
    choice_end_unpaid_text = "没有别的商品要寄了：订单结束，您不需要付款。", "Nothing else is to come: the order ends, and you pay nothing.";
    choice_end_unpaid_button = "结束订单", "End the order";
    choice_wait_title = "等待", "Wait";
    choice_wait_until(day) = "预计 {day} 到货，到货后马上寄出，不另收运费。", "More is expected on {day}. It is sent at once when it is here, without further freight.";
    choice_wait_unknown = "到货时间还不确定。到货后马上寄出，不另收运费。", "Nobody knows yet when more comes. It is sent at once when it is here, without further freight.";
    choice_wait_button = "我愿意等", "I will wait";
    choice_call_title = "请客服联系我", "Call me";
    choice_call_text = "有别的想法？客服会联系您。", "You would rather have something else? We call you.";
    choice_call_button = "请联系我", "Call me";
    choice_fine_print = "只能选择一次。此页不显示姓名和地址。", "You can choose once. Names and addresses are not shown.";
    choice_done_refund = "已为您退款", "Your money is on its way";
    choice_done_refund_note = "款项将原路退回，到账时间以支付方式为准。", "It goes back the way it came; how long that takes depends on how you paid.";
    choice_done_wait = "谢谢您愿意等", "Thank you for waiting";
    choice_done_wait_note = "到货后我们马上寄出。", "We send it as soon as it is here.";
    choice_done_call = "客服会联系您", "We will call you";
    choice_done_call_note = "请留意来电。", "Please expect our call.";
    choice_late = "选择时间已过", "The time to choose is over";
    choice_late_note = "客服会联系您。", "Our service will contact you.";
    choice_overtaken = "不需要再选择了", "There is nothing to choose any more";
    choice_overtaken_note = "情况已有变化，请查看订单。", "Things have changed meanwhile. Please look at your order.";
    choice_refused = "现在不能这样选择", "This cannot be chosen at the moment";
    choice_unknown = "没有找到这个页面", "There is no such page";
    choice_unknown_note = "链接可能不完整，或者已经过期。", "The link may be incomplete, or its time is over.";
}

#[cfg(any(test, feature = "samples"))]
impl ChoicePage {
    /// Two pieces are missing, and nothing is chosen yet.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let t = shell.t;
        let option = ChoiceOption::plain;
        let instead = |sku: &str, name: String, minor: i64| {
            let refund = Money::new(minor, ordermill_base::Currency::Cny);
            ChoiceOption::substitute(sku, name, format!("/art/tile/{sku}"), refund, t)
        };
        Self {
            token: "01k2ey4xh0000.AQAAAAM".into(),
            number: samples::ORDER_NUMBER.into(),
            headline: t.choice_headline().into(),
            note: t.choice_note(shell.moment(&samples::in_minutes(1_440))),
            goods: Some((t.pick("龙井茶", "Green <tea>").into(), 2)),
            options: vec![
                instead("1", t.pick("碧螺春", "White <tea>").into(), 3_800),
                instead("2", t.pick("铁观音", "Black tea").into(), 0),
                option(
                    "refund",
                    t.choice_refund_title(),
                    t.choice_refund_text("¥338.00"),
                    t.choice_refund_button("¥338.00"),
                ),
                option(
                    "wait",
                    t.choice_wait_title(),
                    t.choice_wait_until(shell.day(&samples::in_minutes(9_000))),
                    t.choice_wait_button().into(),
                ),
                option(
                    "call",
                    t.choice_call_title(),
                    t.choice_call_text().into(),
                    t.choice_call_button().into(),
                ),
            ],
            service_phone: "+864000000000".into(),
            shell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn what_may_be_chosen_is_offered_in_both_languages() {
        for language in Language::ALL {
            let html = ChoicePage::sample(language).render().unwrap();
            assert_sound_page(&html);
            assert_eq!(html.matches("<form").count(), 5, "{html}");
            assert_eq!(html.matches("value=\"substitute\"").count(), 2, "{html}");
        }
    }
}
