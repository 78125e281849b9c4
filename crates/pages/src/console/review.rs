//! The review desk, `/console/desk/review`: the queue beside one case, `/console/desk/review/{number}`.
//!
//! Posts: `next` with `left` (the number of the case that is left); below a case `claim`, `release`, and
//! `decide` with `version`, `step` and `remark`. `A` approves, `R` rejects, `W` asks the buyer (or goes on
//! when they have answered), `N` takes the next one; Enter in the reason means the last of them.
//!
//! The block `queue` refreshes itself.

use askama::Template;
use ordermill_base::{Money, Timestamp};
use ordermill_domain::order::Action as Step;

use crate::console::Frame;
use crate::console::order::{LineRow, Recipient};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Empty, Field, FormErrors, Remaining, Timeline};
use crate::words::Words;

/// The desk.
#[derive(Debug, Clone, Template)]
#[template(path = "console/review.html", blocks = ["queue"])]
pub struct ReviewPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The most urgent first; what waits for a buyer comes last.
    pub queue: Vec<CaseRow>,
    /// The address that refreshes the queue.
    pub queue_href: String,
    /// The case that is looked at.
    pub case: Option<Case>,
    /// Instead of a case.
    pub empty: Empty,
}

/// A case in the queue.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// Its order's number.
    pub number: String,
    /// What the order is worth.
    pub amount: Money,
    /// Why it is held.
    pub reasons: String,
    /// How long is left; none while the buyer is asked.
    pub remaining: Option<Remaining>,
    /// Who is at it; empty if nobody is.
    pub holder: String,
    /// Whether it is the one beside the queue.
    pub is_current: bool,
}

/// One case, with what it takes to decide it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its order's number.
    pub number: String,
    /// The order's version that the page shows.
    pub version: i64,
    /// How far the review is.
    pub state: Badge,
    /// Where the money stands.
    pub payment: Badge,
    /// What the order is worth.
    pub amount: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Where it came from.
    pub channel: String,
    /// How long is left; none while the buyer is asked.
    pub remaining: Option<Remaining>,
    /// Why it is held.
    pub reasons: Vec<String>,
    /// "Version 4", "Built in".
    pub rules: String,
    /// The rules that matched.
    pub evidence: Vec<EvidenceRow>,
    /// What is known of the buyer.
    pub buyer: Vec<(String, String)>,
    /// What was ordered.
    pub lines: Vec<LineRow>,
    /// Who gets it, masked.
    pub recipient: Option<Recipient>,
    /// Notes and history of the order, newest first.
    pub timeline: Timeline,
    /// Who is at it.
    pub holder: Holder,
    /// What can be decided; none while somebody else is at it.
    pub form: Option<DecisionForm>,
}

/// Who is at a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Nobody.
    Nobody,
    /// Whoever looks at the page, until then.
    Me(Option<Timestamp>),
    /// A colleague, until then.
    Colleague(String, Option<Timestamp>),
}

/// A rule that matched.
#[derive(Debug, Clone)]
pub struct EvidenceRow {
    /// What it is called.
    pub name: String,
    /// Its condition.
    pub when: String,
    /// What the order said at the fields that it reads.
    pub values: Vec<(String, String)>,
}

/// The form that decides.
#[derive(Debug, Clone)]
pub struct DecisionForm {
    /// Why.
    pub remark: Field,
    /// What was refused.
    pub errors: FormErrors,
    /// The steps that the review has now.
    pub steps: Vec<StepButton>,
}

/// A step of a review.
#[derive(Debug, Clone)]
pub struct StepButton {
    /// Its code.
    pub step: Step,
    /// The verb.
    pub label: &'static str,
    /// Its picture.
    pub icon: Icon,
    /// The key that presses it.
    pub key: char,
    /// Whether it is the filled one.
    pub is_primary: bool,
}

impl ReviewPage {
    fn href(&self, number: &str) -> String {
        href(number)
    }
}

impl DecisionForm {
    /// The form with what was entered and what was refused: the field and why.
    pub fn new(
        steps: &[Step],
        remark: &str,
        wrong: Option<(&'static str, &str)>,
        t: Words,
    ) -> Self {
        let error = wrong.filter(|(field, _)| *field == "remark").map(|(_, text)| text);
        let remark = Field::new("remark", t.order_reason())
            .max_length(200)
            .hint(t.review_remark_hint())
            .value(remark)
            .error(error);
        let errors = match wrong {
            Some((field, text)) => {
                FormErrors { title: t.form_refused(1), errors: vec![(field, text.to_owned())] }
            }
            None => FormErrors::default(),
        };
        let steps = steps.iter().filter_map(|step| StepButton::of(*step, t)).collect();
        Self { remark, errors, steps }
    }
}

impl StepButton {
    fn of(step: Step, t: Words) -> Option<Self> {
        let (label, icon, key) = match step {
            Step::Approve => (t.order_do_approve(), Icon::Check, 'a'),
            Step::ReleaseInterception => (t.order_do_release(), Icon::Check, 'a'),
            Step::Refuse => (t.order_do_refuse(), Icon::X, 'r'),
            Step::AskBuyer => (t.order_do_ask_buyer(), Icon::Message, 'w'),
            Step::ResumeReview => (t.order_do_resume(), Icon::Refresh, 'w'),
            _ => return None,
        };
        let is_primary = matches!(step, Step::Approve | Step::ReleaseInterception);
        Some(Self { step, label, icon, key, is_primary })
    }

    fn hint(&self, t: &Words) -> String {
        t.review_chosen(self.label)
    }
}

/// The address of a case.
pub fn href(number: &str) -> String {
    format!("/console/desk/review/{number}")
}

/// Nobody waits, or nothing is looked at.
pub fn empty(is_waiting: bool, t: Words) -> Empty {
    let (title, text) = match is_waiting {
        true => (t.review_take_one(), t.review_take_one_text()),
        false => (t.review_none(), t.review_none_text()),
    };
    Empty { icon: Icon::CircleCheck, title: title.into(), text: text.into(), action: None }
}

crate::words! {
    review_title = "审核台", "Review desk";
    review_queue = "队列", "Queue";
    review_next = "下一单", "Next";
    review_take_one = "按 N 领取最急的一单", "Press N to take the most urgent one";
    review_take_one_text = "领取后 10 分钟内只有您能决定。", "For 10 minutes nobody else decides it then.";
    review_none = "没有待审核的订单", "No order waits for a review";
    review_none_text = "规则拦下的订单会出现在这里。", "Orders that the rules hold appear here.";
    review_none_free = "没有其他待领取的订单", "No other order is free";
    review_with_buyer = "等买家回复", "The buyer is asked";
    review_held_by(name) = "{name} 处理中", "{name} is at it";
    review_held_until(name, at) = "{name} 正在处理，到 {at} 为止", "{name} is at it until {at}";
    review_mine_until(at) = "已由您领取，到 {at} 为止", "Yours until {at}";
    review_claim = "领取", "Take it";
    review_keep = "延长", "Keep it";
    review_release = "退回队列", "Put it back";
    review_claimed = "已领取", "Taken";
    review_put_back = "已退回队列", "Put back";
    review_taken = "同事正在处理这一单", "A colleague is at this one";
    review_reasons = "为什么被拦下", "Why it is held";
    review_rules(version) = "依据：{version}", "By {version}";
    review_evidence = "命中的规则", "Rules that matched";
    review_no_evidence = "没有规则命中的记录。", "No rule is on record.";
    review_buyer = "买家", "Buyer";
    review_buyer_guest = "游客，没有历史", "A guest: nothing is known";
    review_buyer_orders = "其他订单", "Other orders";
    review_buyer_completed = "已完成", "Completed";
    review_buyer_canceled = "已取消", "Canceled";
    review_buyer_rejected = "曾被拒绝", "Refused before";
    review_buyer_hour = "一小时内", "Within an hour";
    review_buyer_day = "一天内", "Within a day";
    review_notes = "备注与经过", "Notes and history";
    review_decide = "决定", "Decide";
    review_remark_hint = "会记入日志。不要写个人信息。", "It is kept. No personal data.";
    review_choose = "请选择一个决定", "Choose what to do";
    review_chosen(verb) = "写明原因，回车即{verb}", "Say why, then Enter: {verb}";
    review_open_order = "打开订单", "Open the order";
    review_remaining = "剩余时间", "Time left";
}

#[cfg(any(test, feature = "samples"))]
impl ReviewPage {
    pub(crate) fn sample(language: crate::Language) -> Self {
        use ordermill_base::Span;
        use ordermill_domain::order::Review;

        use crate::console::Section;
        use crate::console::order::OrderPage;
        use crate::states;
        use crate::{console::rules, samples};
        let order = OrderPage::sample(language);
        let t = order.shell.t;
        let left = |minutes| {
            let due = samples::in_minutes(minutes);
            Some(Remaining::new(due, samples::NOW, Span::hours(1), t))
        };
        let row = |number: &str, minutes, holder: &str, is_current| CaseRow {
            number: number.into(),
            amount: samples::yuan(5_880_000),
            reasons: t.pick("金额", "Large amount").into(),
            remaining: left(minutes),
            holder: holder.into(),
            is_current,
        };
        let number = order.number.clone();
        Self {
            frame: samples::console_frame(language, Section::Review),
            queue: vec![
                row(&number, 42, "", true),
                row("261122-0K5T-M2H8-3WR", 85, t.pick("周凯", "Zhou Kai"), false),
                CaseRow { remaining: None, ..row("261122-0K5V-A1B2-3CD", 0, "", false) },
            ],
            queue_href: format!("/console/desk/review/queue?current={number}"),
            case: Some(Case {
                version: 4,
                state: states::review(Review::ManualPending, t),
                payment: order.payment.clone(),
                amount: samples::yuan(5_880_000),
                placed_at: order.placed_at,
                channel: order.channel.clone(),
                remaining: left(42),
                reasons: vec![t.pick("金额", "Large amount").into()],
                rules: rules::name(3, t),
                evidence: vec![EvidenceRow {
                    name: t.pick("大额订单", "Large order").into(),
                    when: "order.currency == 'CNY' && order.total_minor > 5000000".into(),
                    values: vec![
                        ("order.currency".into(), "CNY".into()),
                        ("order.total_minor".into(), "5880000".into()),
                    ],
                }],
                buyer: vec![(t.review_buyer_orders().into(), "3".into())],
                lines: order.lines.clone(),
                recipient: order.recipient.clone(),
                timeline: order.timeline.clone(),
                holder: Holder::Me(Some(samples::in_minutes(9))),
                form: Some(DecisionForm::new(
                    &[Step::Approve, Step::Refuse, Step::AskBuyer],
                    "",
                    None,
                    t,
                )),
                number,
            }),
            empty: empty(true, t),
            shell: order.shell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_desk_is_sound_with_and_without_a_case() {
        for language in Language::ALL {
            let mut page = ReviewPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            for key in ["a", "r", "w", "n"] {
                assert!(html.contains(&format!("data-key=\"{key}\"")), "{key}: {html}");
            }
            assert_sound(&page.as_queue().render().unwrap());
            page.case = None;
            assert_sound_page(&page.render().unwrap());
        }
    }

    #[test]
    fn what_a_colleague_is_at_cannot_be_decided() {
        let mut page = ReviewPage::sample(Language::En);
        let case = page.case.as_mut().unwrap();
        (case.holder, case.form) = (Holder::Colleague("Zhou Kai".into(), None), None);
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains("Zhou Kai is at it") && !html.contains("/decide"), "{html}");
    }

    #[test]
    fn a_missing_reason_is_told_at_its_field_and_what_was_chosen_on_top() {
        let t = Words::new(Language::En);
        let wrong = Some(("remark", t.order_remark_missing()));
        let form = DecisionForm::new(&[Step::Approve], "", wrong, t);
        assert_eq!(form.remark.error.as_deref(), Some(t.order_remark_missing()));
        assert_eq!(form.errors.errors[0].0, "remark");
    }
}
