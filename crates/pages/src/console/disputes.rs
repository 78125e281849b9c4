//! Disputes, `/console/disputes`: what buyers' banks want back, the most pressing view first, and one of
//! them with the evidence.
//!
//! The list takes `view` (a state, or `all`) and `cursor`. A dispute is at `{id}` and posts `evidence` with
//! `text`, and `accept` with `reason`, each with `version` and `key`.

use askama::Template;
use ordermill_base::{Money, Timestamp};
use ordermill_domain::dispute::{EVIDENCE_CHARS_MAX, State};

use crate::Words;
use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Empty, Field, Pager, Remaining, Views};

/// The list.
#[derive(Debug, Clone, Template)]
#[template(path = "console/disputes.html", blocks = ["list"])]
pub struct DisputesPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// By state. The region is `list`.
    pub views: Views,
    /// Newest first.
    pub rows: Vec<DisputeRow>,
    /// Instead of rows.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
}

/// One dispute in a list.
#[derive(Debug, Clone)]
pub struct DisputeRow {
    /// `dsp_…`.
    pub id: String,
    /// The order's number.
    pub order: String,
    /// Why, in words.
    pub reason: &'static str,
    /// How much is taken back.
    pub amount: Money,
    /// Where it stands.
    pub state: Badge,
    /// Since when.
    pub opened_at: Timestamp,
    /// The last moment to answer.
    pub respond_by: Timestamp,
    /// How long that is, while an answer is awaited.
    pub remaining: Option<Remaining>,
}

/// One dispute.
#[derive(Debug, Clone, Template)]
#[template(path = "console/dispute.html")]
pub struct DisputePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The dispute.
    pub row: DisputeRow,
    /// What it is about: what and value.
    pub facts: Vec<(String, String)>,
    /// What is on its way to the gateway, or why it was not taken; empty if there is neither.
    pub note: String,
    /// The words of finance that were submitted; empty before that.
    pub text: String,
    /// What the order tells that speaks for us: what and value.
    pub evidence: Vec<(String, String)>,
    /// How it may be answered, if it may.
    pub form: Option<AnswerForm>,
}

/// How a dispute is answered.
#[derive(Debug, Clone)]
pub struct AnswerForm {
    /// The version that was seen.
    pub version: i64,
    /// A key of the form.
    pub key: String,
    /// The words of finance.
    pub text: Field,
    /// Why it is not contested.
    pub reason: Field,
}

/// What was entered, and what was wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Entered {
    /// The words of finance.
    pub text: String,
    /// Whether they are none or too many.
    pub text_is_wrong: bool,
    /// Why it is not contested.
    pub reason: String,
    /// Whether that is missing or too long.
    pub reason_is_wrong: bool,
}

impl AnswerForm {
    /// A form, empty or with what was refused.
    pub fn new(version: i64, key: String, entered: Entered, t: Words) -> Self {
        let wrong_text = entered.text_is_wrong.then(|| t.dispute_text_wrong());
        let wrong_reason = entered.reason_is_wrong.then(|| t.order_remark_missing());
        let text = Field::new("text", t.dispute_text())
            .kind("textarea")
            .max_length(EVIDENCE_CHARS_MAX)
            .hint(t.dispute_text_hint())
            .value(entered.text)
            .error(wrong_text);
        let reason = Field::new("reason", t.dispute_accept_reason())
            .max_length(200)
            .value(entered.reason)
            .error(wrong_reason);
        Self { version, key, text, reason }
    }
}

/// The address of a dispute.
pub fn href(id: &str) -> String {
    format!("/console/disputes/{id}")
}

/// A list without disputes, and why.
pub fn empty(t: Words) -> Empty {
    Empty {
        icon: Icon::Shield,
        title: t.disputes_none().into(),
        text: t.disputes_none_text().into(),
        action: None,
    }
}

/// What a view is called.
pub fn view_name(state: Option<State>, t: Words) -> String {
    match state {
        None => t.disputes_all().to_owned(),
        Some(state) => crate::states::dispute::state(state, t).word,
    }
}

crate::words! {
    disputes_title = "拒付与争议", "Disputes";
    disputes_list = "争议列表", "List of disputes";
    disputes_all = "全部", "All";
    disputes_newest_first = "最新在前", "Newest first";
    disputes_none = "这里没有争议", "No disputes here";
    disputes_none_text = "买家的银行要求退回款项时，会出现在这里。", "When a buyer's bank wants money back, it shows up here.";
    dispute_title(number) = "订单 {number} 的争议", "Dispute about order {number}";
    dispute_about = "争议内容", "What it is about";
    dispute_order = "订单", "Order";
    dispute_reason = "原因", "Reason";
    dispute_amount = "金额", "Amount";
    dispute_fee = "网关手续费", "The gateway's fee";
    dispute_state = "状态", "State";
    dispute_opened = "提出时间", "Opened";
    dispute_respond_by = "答复期限", "Answer by";
    dispute_left = "剩余时间", "Time left";
    dispute_closed = "结束时间", "Ended";
    dispute_gateway = "网关", "Gateway";
    dispute_reference = "网关编号", "The gateway's number";
    dispute_payment = "付款", "Payment";
    dispute_evidence = "证据", "Evidence";
    dispute_evidence_note = "订单里能证明的内容会自动附上；不含买家姓名、电话和地址。", "What the order proves is added by itself; no name, phone or address of the buyer is in it.";
    dispute_answer = "答复银行", "Answer the bank";
    dispute_text = "说明", "What speaks for us";
    dispute_text_hint = "写给银行看。订单、运单和签收信息会自动附上。", "For the bank to read. Order, waybills and proof of delivery are added.";
    dispute_text_wrong = "请写 1 到 5000 字", "1 to 5000 characters";
    dispute_submit = "提交证据", "Submit the evidence";
    dispute_submitted = "证据正在提交给网关", "The evidence is on its way to the gateway";
    dispute_accept = "接受争议", "Accept the dispute";
    dispute_accept_note = "不再抗辩，款项归买家。不能撤回。", "The money is the buyer's without a contest. It cannot be taken back.";
    dispute_accept_reason = "为什么不抗辩", "Why it is not contested";
    dispute_accepted_toast = "已接受，正在告知网关", "Accepted; the gateway is being told";
    dispute_on_its_way_evidence = "证据正在提交，网关尚未确认。", "The evidence is on its way; the gateway has not confirmed it.";
    dispute_on_its_way_accept = "接受决定正在提交，网关尚未确认。", "The acceptance is on its way; the gateway has not confirmed it.";
    dispute_not_taken(why) = "网关没有接受上次答复：{why}", "The gateway did not take the last answer: {why}";
    dispute_placed = "下单时间", "Ordered";
    dispute_paid = "付款时间", "Paid";
    dispute_total = "订单金额", "Order total";
    dispute_refunded = "已退款", "Refunded";
    dispute_shipped = "发货时间", "Shipped";
    dispute_confirmed = "买家确认收货", "Confirmed by the buyer";
    dispute_parcel(carrier, waybill) = "包裹 {carrier} {waybill}", "Parcel {carrier} {waybill}";
    dispute_parcel_delivered(handed_over, delivered) = "交接 {handed_over} · 签收 {delivered}", "handed over {handed_over} · delivered {delivered}";
    dispute_parcel_on_its_way(handed_over) = "交接 {handed_over} · 尚未签收", "handed over {handed_over} · not delivered yet";
    order_disputes = "拒付与争议", "Disputes";
    order_disputed = "争议中", "Under dispute";
}

#[cfg(any(test, feature = "samples"))]
mod samples;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn list_and_detail_are_sound_in_both_languages() {
        for language in Language::ALL {
            assert_sound_page(&DisputesPage::sample(language).render().unwrap());
            assert_sound(&DisputesPage::sample(language).as_list().render().unwrap());
            assert_sound_page(&DisputePage::sample(language).render().unwrap());
            assert_sound_page(&DisputePage::sample_submitted(language).render().unwrap());
        }
    }

    #[test]
    fn what_was_answered_offers_no_form_and_says_what_was_submitted() {
        let t = Words::new(Language::En);
        let open = DisputePage::sample(Language::En).render().unwrap();
        assert!(open.contains(t.dispute_submit()) && open.contains(t.dispute_accept()), "{open}");
        let submitted = DisputePage::sample_submitted(Language::En).render().unwrap();
        assert!(!submitted.contains(t.dispute_submit()), "{submitted}");
        assert!(submitted.contains("The neighbor signed"), "{submitted}");
    }
}
