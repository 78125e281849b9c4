//! Pieces of an order that wait for stock: asking the buyer, sending something else, or giving them up.

use ordermill_base::Money;

use crate::format;
use crate::ui::Action;
use crate::words::Words;

/// A line with pieces that wait.
#[derive(Debug, Clone)]
pub struct MissingRow {
    /// What it is.
    pub name: String,
    /// How many wait, in words.
    pub pieces: String,
    /// What the buyer was asked last and what came of it; empty if nothing was asked.
    pub asked: String,
    /// Asks the buyer, for those who may and if nothing is asked.
    pub ask: Option<Action>,
    /// Sends something else in their place, for those who may and if there is anything.
    pub substitute: Option<SubstituteForm>,
    /// Gives the pieces up, for those who may.
    pub give_up: Option<GiveUpForm>,
}

/// The form that sends something else in place of the pieces.
#[derive(Debug, Clone)]
pub struct SubstituteForm {
    /// Its id on the page.
    pub id: String,
    /// Where it is sent.
    pub action: String,
    /// What can be sent: the code, and in words with what is there and what goes back.
    pub choices: Vec<(String, String)>,
    /// What is wrong with the reason that was entered, if anything.
    pub wrong: Option<String>,
}

/// The form that gives pieces up.
#[derive(Debug, Clone)]
pub struct GiveUpForm {
    /// Its id on the page.
    pub id: String,
    /// Where it is sent.
    pub action: String,
    /// The verb and the amount.
    pub summary: String,
    /// What it leads to.
    pub effect: String,
    /// What is wrong with the reason that was entered, if anything.
    pub wrong: Option<String>,
}

impl MissingRow {
    /// The form that gives pieces of a line up, of which `share` goes back.
    pub fn give_up_form(
        order_href: &str,
        line_no: u16,
        share: Money,
        wrong: Option<String>,
        t: Words,
    ) -> GiveUpForm {
        GiveUpForm {
            id: format!("give-up-{line_no}"),
            action: format!("{order_href}/missing/{line_no}/give-up"),
            summary: t.order_give_up(share),
            effect: t.order_give_up_effect().into(),
            wrong,
        }
    }
}

impl SubstituteForm {
    /// The form for a line, of what can be sent in its place: code, name, pieces that are there, and what goes
    /// back; none if there is nothing.
    pub fn of(
        order_href: &str,
        line_no: u16,
        offers: impl IntoIterator<Item = (String, String, u64, Money)>,
        wrong: Option<String>,
        t: Words,
    ) -> Option<Self> {
        let choices = offers.into_iter().map(|(code, name, there, refund)| {
            let there = format::grouped(there);
            let words = match refund.minor {
                0 => t.order_substitute_alike(name, there),
                _ => t.order_substitute_less(name, there, refund),
            };
            (code, words)
        });
        let choices: Vec<(String, String)> = choices.collect();
        let (id, action) =
            (format!("substitute-{line_no}"), format!("{order_href}/missing/{line_no}/substitute"));
        // What has just sold out is told where it was chosen.
        (!choices.is_empty() || wrong.is_some()).then_some(Self { id, action, choices, wrong })
    }
}

crate::words! {
    order_substitute = "换发其他商品", "Send something else";
    order_substitute_effect = "缺货的件数取消，所选商品马上占用库存并照常发货；差价原路退回，不另收费。", "The missing pieces are canceled; the other item is allocated at once and sent as usual. What it costs less goes back, and it never costs more.";
    order_substitute_what = "换成", "In its place";
    order_substitute_alike(name, there) = "{name} · 可用 {there} 件 · 不退款", "{name} · {there} available · nothing goes back";
    order_substitute_less(name, there, refund) = "{name} · 可用 {there} 件 · 退 {refund}", "{name} · {there} available · {refund} goes back";
    order_substituted(refund) = "已换货，{refund} 将原路退回", "Replaced; {refund} goes back";
    order_substitute_gone = "所选商品刚刚不够了，请另选", "There is not enough of it any more; please choose another";
    order_asked_substitute(name) = "买家选择换成 {name}", "The buyer took {name}";
    order_missing = "等货的商品", "Waiting for stock";
    order_missing_pieces(count) = "{count} 件等货", "{count} piece waits" | "{count} pieces wait";
    order_ask_missing = "请买家选择", "Ask the buyer";
    order_asked_until(by) = "已询问买家，等待答复至 {by}", "The buyer is asked, until {by}";
    order_asked_refund = "买家选择退款", "The buyer took the money";
    order_asked_wait = "买家愿意等", "The buyer waits";
    order_asked_call = "买家希望联系", "The buyer wants to be called";
    order_asked_lapsed = "买家没有答复", "The buyer has not answered";
    order_asked_told = "已请买家选择，消息马上发出", "The buyer is asked; the message goes out at once";
    order_asked_already = "已经问过，等买家答复", "The buyer is asked already";
    order_asked_not_ours = "该渠道自己联系买家，请在渠道后台处理", "The channel of this order talks to its buyers itself";
    order_give_up(amount) = "放弃并退款 {amount}", "Give up and refund {amount}";
    order_give_up_effect = "缺货的件数不再发货，款项原路退回，其余照常发货。", "The missing pieces are not sent and their money goes back; everything else goes on.";
    order_given_up(amount) = "已放弃，{amount} 将原路退回", "Given up; {amount} goes back";
    order_give_up_limit(amount) = "{amount} 超过一人可退的上限，请让买家自己选择", "{amount} is more than one person may send back alone; ask the buyer instead";
    ask_settings_title = "缺货处理", "Missing pieces";
    ask_settings_lead = "拣货发现缺货、其他仓库也没有时，是否马上请买家选择：退款、等待或请客服联系。", "When a pick comes up short and no other location has the goods: whether the buyer is asked at once to take the money, wait, or be called.";
    ask_settings_automatic = "由谁联系买家", "Who turns to the buyer";
    ask_settings_by_service = "客服决定", "Service decides";
    ask_settings_at_once = "系统马上询问", "The system asks at once";
    ask_settings_hours = "答复时间（小时）", "Hours for an answer";
    ask_settings_hours_hint = "逾期转客服", "After that it falls to service";
    order_give_up_door = "货到付款订单的代收金额不能减少", "What is collected at the door cannot be less";
}

#[cfg(any(test, feature = "samples"))]
impl MissingRow {
    /// A line that the buyer was not asked about.
    pub fn sample(t: Words) -> Self {
        use crate::icon::Icon;
        use crate::ui::Effect;
        let href = super::href(crate::samples::ORDER_NUMBER);
        let post = Effect::Post(format!("{href}/missing/1/ask"), Vec::new());
        let share = Money::new(33_800, ordermill_base::Currency::Cny);
        Self {
            name: t.pick("龙井茶", "Green tea").into(),
            pieces: t.order_missing_pieces(2),
            asked: t.order_asked_lapsed().into(),
            ask: Some(Action::new(Icon::Message, t.order_ask_missing(), post)),
            substitute: SubstituteForm::of(
                &href,
                1,
                [
                    ("TEA-2".into(), t.pick("碧螺春", "White tea").into(), 12, share),
                    (
                        "TEA-3".into(),
                        t.pick("铁观音", "Black tea").into(),
                        3,
                        Money::new(0, share.currency),
                    ),
                ],
                None,
                t,
            ),
            give_up: Some(Self::give_up_form(&href, 1, share, None, t)),
        }
    }
}
