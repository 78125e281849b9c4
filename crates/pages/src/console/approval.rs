//! A decision that takes two people, `/console/approvals/{task}`: what is asked, by whom and why.
//!
//! Posts below its address: `approve`, `reject` with `reason`, and `collect` for the code of a gift card.

use askama::Template;
use ordermill_base::{Money, Timestamp};

use crate::console::Frame;
use crate::console::form::refuse;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Field, FormErrors, Tone};
use crate::words::Words;

/// One request.
#[derive(Debug, Clone, Template)]
#[template(path = "console/approval.html")]
pub struct ApprovalPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// `tsk_…`.
    pub id: String,
    /// What is asked: "Coupon SAVE30".
    pub title: String,
    /// Where it stands.
    pub state: Badge,
    /// The thing it is about, if it has a page that they may see.
    pub subject: Option<(String, String)>,
    /// What would be: names and values.
    pub facts: Vec<(String, String)>,
    /// What would change: names, values now, values then.
    pub changes: Vec<(String, String, String)>,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Why.
    pub reason: String,
    /// How it ended, once it is decided.
    pub outcome: String,
    /// Why it cannot be approved, if that was tried.
    pub trouble: Option<String>,
    /// The form with which it is turned down, or taken back by whoever asked.
    pub rejection: Option<Rejection>,
    /// Whether they may approve it.
    pub can_approve: bool,
    /// Whether a gift card was made of which they may see the code.
    pub can_collect: bool,
    /// The code of that card, and what is on it. The answer goes out with `Cache-Control: no-store`.
    pub fresh: Option<(String, Money)>,
}

/// Turns a request down.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// What was refused.
    pub errors: FormErrors,
    /// Why.
    pub field: Field,
    /// The verb.
    pub button: String,
}

impl Rejection {
    /// The form; `is_own` for whoever asked.
    pub fn new(entered: &str, is_wrong: bool, is_own: bool, t: Words) -> Self {
        let field = Field::new("reason", t.approval_why()).max_length(200).value(entered);
        let mut fields = vec![field];
        let errors = match is_wrong {
            true => refuse(&mut fields, &[("reason", t.order_remark_missing().to_owned())], t),
            false => FormErrors::default(),
        };
        let button = if is_own { t.approval_withdraw() } else { t.approval_reject() };
        Self { errors, field: fields.remove(0), button: button.into() }
    }
}

/// The address of a request.
pub fn href(task: &str) -> String {
    format!("/console/approvals/{task}")
}

/// Where a request is approved.
pub fn approve_href(task: &str) -> String {
    format!("{}/approve", href(task))
}

/// Where a request stands, in one badge.
pub fn state(is_open: bool, is_approved: bool, t: Words) -> Badge {
    match (is_open, is_approved) {
        (true, _) => Badge::new(Tone::Violet, Icon::Users, t.approval_waits()),
        (false, true) => Badge::new(Tone::Green, Icon::Check, t.approval_approved()),
        (false, false) => Badge::new(Tone::Grey, Icon::Ban, t.approval_rejected()),
    }
}

crate::words! {
    approval_waits = "待第二人审批", "Waits for a second person";
    approval_approved = "已批准", "Approved";
    approval_rejected = "已驳回", "Rejected";
    approval_back = "返回待办", "Back to tasks";
    approval_asked = "申请", "Request";
    approval_requested_by = "申请人", "Asked by";
    approval_asked_at = "申请时间", "Asked at";
    approval_reason = "理由", "Reason";
    approval_no_reason = "未填写", "None given";
    approval_outcome = "结果", "Outcome";
    approval_changes = "变更内容", "What would change";
    approval_field = "项目", "Field";
    approval_now = "现在", "Now";
    approval_then = "批准后", "Then";
    approval_decide = "审批", "Decide";
    approval_own = "这是你自己的申请，须由另一人审批。", "You asked for this; somebody else decides it.";
    approval_approve = "批准", "Approve";
    approval_why = "理由", "Why";
    approval_reject = "驳回", "Reject";
    approval_withdraw = "撤回申请", "Withdraw";
    approval_effect = "批准后立即生效，并以你的名义记入日志。", "Approved, it is done at once and stands in the journal under your name.";
    approval_approved_toast = "已批准并执行", "Approved and done";
    approval_rejected_toast = "已驳回", "Rejected";
    approval_withdrawn_toast = "已撤回", "Withdrawn";
    approval_waiting_toast = "已提交，等待第二人审批", "It waits for a second person";
    approval_changed = "申请之后内容已变，只能驳回后重新申请。", "It has changed since; reject it and ask anew.";
    approval_impossible = "现在无法执行：不符合规则。可以驳回。", "It cannot be done now: the rules refuse. You may reject it.";
    approval_decided = "这个申请已经有了结果。", "It is decided already.";
    approval_another = "这项内容已有一个申请在等待审批，请先处理。", "Another request about the same waits; decide that first.";
    approval_of_refund(order) = "退款：订单 {order}", "Refund of order {order}";
    approval_of_coupon(code) = "优惠券 {code}", "Coupon {code}";
    approval_of_price(sku) = "改价：{sku}", "Prices of {sku}";
    approval_of_stock(sku) = "库存登记：{sku}", "Stock of {sku}";
    approval_of_new_card(amount) = "新礼品卡 {amount}", "New gift card of {amount}";
    approval_of_card(amount) = "礼品卡余额调整 {amount}", "Balance of a gift card: {amount}";
    approval_of_points(points) = "顾客积分 {points}", "Points of a buyer: {points}";
    approval_of_carrier_rules(number) = "生效承运商规则第 {number} 版", "Version {number} of the rules about carriers";
    approval_of_sourcing_rules(number) = "生效分仓规则第 {number} 版", "Version {number} of the sourcing rules";
    approval_of_rules(number) = "生效审核规则第 {number} 版", "Version {number} of the review rules";
    approval_of_limits = "调高一个人可以决定的上限", "More to be decided by one person alone";
    approval_collect = "查看卡号", "Show the code";
    approval_collect_effect = "礼品卡已发行。只有申请人能看到卡号，每次查看都会记入日志。", "The card is issued. Only whoever asked for it sees its code; each look stands in the journal.";
    approval_fresh(amount) = "礼品卡 {amount} 的卡号", "Code of the gift card of {amount}";
    approval_amount = "金额", "Amount";
    approval_none = "无", "None";
    approval_yes = "是", "Yes";
    approval_no = "否", "No";
}

#[cfg(any(test, feature = "samples"))]
impl ApprovalPage {
    /// A price that leaps.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::Section;
        use crate::samples;
        let t = Words::new(language);
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Tasks),
            id: "tsk_1".into(),
            title: t.approval_of_price("CUP-CEL-2"),
            state: state(true, false, t),
            subject: Some(("CUP-CEL-2".into(), "/console/catalog/skus/CUP-CEL-2".into())),
            facts: Vec::new(),
            changes: vec![(t.sku_price("CNY"), "¥128.00".into(), "¥68.00".into())],
            requested_by: t.pick("周凯", "Zhou Kai").into(),
            asked_at: samples::in_minutes(-30),
            reason: t.pick("季末清仓", "End of season").into(),
            outcome: String::new(),
            trouble: None,
            rejection: Some(Rejection::new("", false, false, t)),
            can_approve: true,
            can_collect: false,
            fresh: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn whoever_asked_may_withdraw_and_not_approve() {
        for language in Language::ALL {
            let t = Words::new(language);
            let mut page = ApprovalPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("/console/approvals/tsk_1/approve"), "{html}");
            page.can_approve = false;
            page.rejection = Some(Rejection::new("", true, true, t));
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(!html.contains("tsk_1/approve") && html.contains(t.approval_withdraw()));
            assert!(html.contains(r#"id="e-reason""#), "{html}");
        }
    }

    #[test]
    fn whoever_asked_for_a_card_collects_its_code() {
        for language in Language::ALL {
            let mut page = ApprovalPage::sample(language);
            (page.can_approve, page.rejection, page.can_collect) = (false, None, true);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("/console/approvals/tsk_1/collect"), "{html}");
            page.fresh = Some(("ACDE-4679-FGHJ-KLMN".into(), crate::samples::yuan(80_000)));
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("ACDE-4679-FGHJ-KLMN"), "{html}");
        }
    }

    #[test]
    fn what_is_decided_is_not_decided_again() {
        let t = Words::new(Language::En);
        let mut page = ApprovalPage::sample(Language::En);
        (page.can_approve, page.rejection) = (false, None);
        (page.state, page.outcome) = (state(false, true, t), "approved".into());
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(!html.contains("<form method=\"post\" action=\"/console/approvals"), "{html}");
    }
}
