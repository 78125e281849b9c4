//! One version of the rules, `/console/admin/rules/{id}`: its rules, what it would change, and what is
//! done with it.
//!
//! Posts `version`, `note`, `op` and for each rule `i` from 0 `zh.i`, `en.i`, `when.i`, `do.i`,
//! `reason.i`, `minor.i`. `op` is `save`, `add`, or `up.i`, `down.i`, `remove.i`, which only show the form anew. Posts
//! below the address: `start_shadow`, `stop_shadow`, `retire` with `version`; `go-live` with `version` and
//! `remark`. `?dry_run=1` tries it on recent orders.

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::order::review::{HoldReason, Step};

pub use super::row::RuleRow;
use crate::console::Frame;
use crate::shell::Shell;
use crate::states;
use crate::ui::{Action, Badge, Choice, Field, FormErrors};
use crate::words::Words;

/// One version of the rules.
#[derive(Debug, Clone, Template)]
#[template(path = "console/rule.html")]
pub struct RulePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// "Version 4", "Built in".
    pub title: String,
    /// Where it stands; none for what is built in.
    pub state: Option<Badge>,
    /// What it decides about.
    pub about: About,
    /// Its address.
    pub href: String,
    /// The version of its row that the page shows.
    pub version: i64,
    /// Whether its rules may be changed.
    pub is_editable: bool,
    /// What is new in it.
    pub note: Field,
    /// Its rules.
    pub rules: Vec<RuleRow>,
    /// What was refused: the id of the field, empty for the whole, and what is wrong.
    pub errors: Vec<(String, String)>,
    /// Try it, end the trial, give it up.
    pub actions: Vec<Action>,
    /// The form that asks for putting it in force.
    pub go_live: Option<GoLive>,
    /// What it did on trial.
    pub trial: Option<Trial>,
    /// What it would have done with recent orders.
    pub dry_run: Option<DryRunResult>,
}

/// What the rules of a page decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Which orders a person looks at.
    Review,
    /// Who carries a parcel: the carriers and services that there are, as `code` or `code/service`.
    Carriers(Vec<Choice>),
    /// Which location ships an order: the locations that there are, by their codes.
    Locations(Vec<Choice>),
}

/// The form that asks for putting a version in force.
#[derive(Debug, Clone)]
pub struct GoLive {
    /// Why.
    pub remark: Field,
    /// What was refused.
    pub errors: FormErrors,
}

impl GoLive {
    /// The form, with what was entered and whether it was refused.
    pub fn new(remark: &str, is_refused: bool, t: Words) -> Self {
        let error = is_refused.then(|| t.order_remark_missing());
        let remark =
            Field::new("remark", t.order_reason()).max_length(200).value(remark).error(error);
        let errors = match is_refused {
            true => FormErrors::of(t.form_refused(1), [&remark]),
            false => FormErrors::default(),
        };
        Self { remark, errors }
    }
}

/// What a version did on trial.
#[derive(Debug, Clone)]
pub struct Trial {
    /// "Looked at 1,204 orders; decides 7 of them otherwise."
    pub summary: String,
    /// The newest orders that it decides otherwise.
    pub rows: Vec<DifferenceRow>,
}

/// What a version would have done with recent orders.
#[derive(Debug, Clone)]
pub struct DryRunResult {
    /// "Looked at 200 orders; decides 7 of them otherwise."
    pub summary: String,
    /// "passes → a person looks" with how many.
    pub moves: Vec<(String, u64)>,
    /// Examples.
    pub rows: Vec<DifferenceRow>,
    /// What nobody could ship or carry under it.
    pub left: Vec<LeftRow>,
}

/// An order or a parcel of it that nobody could ship or carry.
#[derive(Debug, Clone)]
pub struct LeftRow {
    /// The order's number.
    pub number: String,
    /// Why nobody can.
    pub why: String,
    /// The rules that spoke up.
    pub rules: String,
}

/// An order about which two versions differ.
#[derive(Debug, Clone)]
pub struct DifferenceRow {
    /// The order's number.
    pub number: String,
    /// When it was decided, if it was on trial.
    pub at: Option<Timestamp>,
    /// What the version in force decides.
    pub live: String,
    /// What the other one decides.
    pub other: String,
    /// The rules of the other one that spoke up.
    pub rules: String,
}

impl RulePage {
    fn effects(&self) -> Vec<Choice> {
        let t = self.shell.t;
        match self.about {
            About::Review => vec![
                Choice::new("hold", t.rules_do_hold()),
                Choice::new("intercept", t.rules_do_intercept()),
                Choice::new("pass", t.rules_do_pass()),
            ],
            About::Carriers(_) => vec![
                Choice::new("forbid", t.rules_do_forbid()),
                Choice::new("force", t.rules_do_force()),
                Choice::new("compare", t.rules_do_pass()),
            ],
            About::Locations(_) => vec![
                Choice::new("never", t.rules_do_forbid()),
                Choice::new("only", t.rules_do_force()),
                Choice::new("dearer", t.rules_do_dearer()),
                Choice::new("urgent", t.rules_do_urgent()),
                Choice::new("whole", t.rules_do_whole()),
                Choice::new("weigh.split", t.rules_do_weigh_split()),
                Choice::new("weigh.per_100_km", t.rules_do_weigh_distance()),
                Choice::new("weigh.full_load", t.rules_do_weigh_load()),
                Choice::new("weigh.late_day", t.rules_do_weigh_lateness()),
                Choice::new("compare", t.rules_do_pass()),
            ],
        }
    }

    fn reasons(&self) -> Vec<Choice> {
        let t = self.shell.t;
        let reason = |it: HoldReason| Choice::new(it.code(), states::hold_reason(it, t));
        let of_review = || HoldReason::ALL.into_iter().filter(|it| *it != HoldReason::RuleFailed);
        match &self.about {
            About::Review => of_review().map(reason).collect(),
            About::Carriers(known) | About::Locations(known) => {
                // One that is named and no longer there stays as it was written.
                let named = self.rules.iter().map(|row| row.reason.as_str());
                let is_gone =
                    |it: &&str| !it.is_empty() && known.iter().all(|one| one.value != **it);
                let mut gone: Vec<&str> = named.filter(is_gone).collect();
                gone.sort_unstable();
                gone.dedup();
                let gone = gone.into_iter().map(|it| Choice::new(it, it));
                known.iter().cloned().chain(gone).collect()
            }
        }
    }

    /// What a rule does, in words, where it is not edited.
    fn says(&self, row: &RuleRow) -> String {
        let label = |choices: Vec<Choice>, value: &str| {
            choices.into_iter().find(|it| it.value == value).map(|it| it.label)
        };
        let does = label(self.effects(), &row.does).unwrap_or_default();
        let reason = label(self.reasons(), &row.reason).unwrap_or_default();
        let said = [does, reason, row.minor.clone()];
        said.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn list_title(&self) -> &'static str {
        match self.about {
            About::Review => self.shell.t.rules_title(),
            About::Carriers(_) => self.shell.t.rules_carriers_title(),
            About::Locations(_) => self.shell.t.rules_sourcing_title(),
        }
    }

    fn list_href(&self) -> &'static str {
        match self.about {
            About::Review => "/console/admin/rules",
            About::Carriers(_) => "/console/admin/rules?purpose=carrier",
            About::Locations(_) => "/console/admin/rules?purpose=sourcing",
        }
    }

    fn when_hint(&self) -> &'static str {
        match self.about {
            About::Review => self.shell.t.rules_when_hint(),
            About::Carriers(_) => self.shell.t.rules_carriers_when_hint(),
            About::Locations(_) => self.shell.t.rules_sourcing_when_hint(),
        }
    }

    fn all_count(&self) -> &'static str {
        match self.about {
            About::Review => self.shell.t.rules_all_count(),
            About::Carriers(_) => self.shell.t.rules_carriers_all_count(),
            About::Locations(_) => self.shell.t.rules_sourcing_all_count(),
        }
    }

    fn go_live_effect(&self) -> &'static str {
        match self.about {
            About::Review => self.shell.t.rules_go_live_effect(),
            About::Carriers(_) => self.shell.t.rules_carriers_go_live_effect(),
            About::Locations(_) => self.shell.t.rules_sourcing_go_live_effect(),
        }
    }

    fn no_rule(&self) -> &'static str {
        match self.about {
            About::Review => self.shell.t.rules_no_rule(),
            About::Carriers(_) => self.shell.t.rules_carriers_no_rule(),
            About::Locations(_) => self.shell.t.rules_sourcing_no_rule(),
        }
    }

    fn reason_label(&self) -> &'static str {
        match self.about {
            About::Review => self.shell.t.rules_reason(),
            About::Carriers(_) => self.shell.t.logistics_carrier(),
            About::Locations(_) => self.shell.t.rules_location(),
        }
    }

    const fn has_amounts(&self) -> bool {
        matches!(self.about, About::Locations(_))
    }
}

/// What a decision means, in words.
pub fn outcome(step: Step, holds: &[HoldReason], stops: &[HoldReason], t: Words) -> String {
    let word = match step {
        Step::AutoPass => t.rules_outcome_pass(),
        Step::Intercept => t.rules_outcome_stop(),
        _ => t.rules_outcome_hold(),
    };
    let reasons: Vec<&str> =
        stops.iter().chain(holds).map(|it| states::hold_reason(*it, t)).collect();
    match reasons.is_empty() {
        true => word.to_owned(),
        false => format!("{word}: {}", reasons.join(t.pick("、", ", "))),
    }
}

crate::words! {
    rules_back = "返回规则", "Back to rules";
    rules_read_only = "这一版已经有过决定，不能再改。新建版本会以它为起点。", "Something was decided by this version, so it stays as it is. A new version starts from it.";
    rules_built_in_lead = "没有自己的版本生效时，按这些规则审核。", "Orders are reviewed by these while no version of your own is in force.";
    rules_copy = "以此新建版本", "New version from this";
    rules_rule(number) = "第 {number} 条", "Rule {number}";
    rules_name_zh = "中文名称", "Name in Chinese";
    rules_name_en = "英文名称", "Name in English";
    rules_when = "条件", "Condition";
    rules_when_hint = "例如 order.total_minor > 500000。金额单位为分。", "For instance order.total_minor > 500000. Amounts are minor units.";
    rules_then = "结果", "Action";
    rules_reason = "原因", "Reason";
    rules_do_hold = "人工审核", "A person looks";
    rules_do_intercept = "拦截", "Stop it";
    rules_do_forbid = "不用", "Not this one";
    rules_do_force = "只用", "Only this one";
    rules_carriers_when_hint = "例如 parcel.weight_grams > 20000 或 to.region == 'CN-54'。", "For instance parcel.weight_grams > 20000, or to.region == 'CN-54'.";
    rules_carriers_all_count = "所有命中的规则都算数：第一条“只用”生效，“不用”优先；都没有命中时按价格、时效和评分选择。", "All rules that match count: the first “only” holds, a “not” is stronger; with none, price, time and score decide.";
    rules_carriers_go_live_effect = "需要第二人批准。批准后新的面单立即按这一版选择承运商，之后仍可回退。", "Takes a second person. Once approved, new labels go by this version at once; it can be taken back afterwards.";
    rules_carriers_no_rule = "还没有规则：按价格、时效和评分选择。", "No rule yet: price, time and score decide.";
    rules_do_pass = "不处理", "Nothing";
    rules_do_dearer = "加价比较", "As if it cost more";
    rules_do_urgent = "加急：就近发货", "Urgent: the nearest that has it";
    rules_do_whole = "整单发货", "In one piece";
    rules_do_weigh_split = "拆单权重", "Weight of a further parcel";
    rules_do_weigh_distance = "距离权重（每 100 公里）", "Weight of 100 km";
    rules_do_weigh_load = "负荷权重（满一天工作量）", "Weight of a full day of work";
    rules_do_weigh_lateness = "延误权重（每天）", "Weight of a day late";
    rules_location = "仓库", "Location";
    rules_minor = "金额（分）", "Minor units";
    rules_nobody = "无人可发", "nobody can";
    rules_nobody_because(reasons) = "无人可发：{reasons}", "nobody can: {reasons}";
    rules_left = "按此版本无人可发", "What nobody could take under it";
    rules_sourcing_when_hint = "例如 goods.is_perishable 或 to.region == 'CN-65'。金额单位为分。", "For instance goods.is_perishable, or to.region == 'CN-65'. Amounts are minor units.";
    rules_sourcing_all_count = "所有命中的规则都算数：“不用”优先于“只用”；加价相加；权重以第一条为准。", "All rules that match count: a “not” is stronger than an “only”; what makes a location dearer adds up; of weights the first holds.";
    rules_sourcing_go_live_effect = "需要第二人批准。批准后新的分仓立即按这一版进行，之后仍可回退。", "Takes a second person. Once approved, locations are chosen by this version at once; it can be taken back afterwards.";
    rules_sourcing_no_rule = "还没有规则：按成本选择仓库。", "No rule yet: costs decide.";
    rules_add = "添加规则", "Add a rule";
    rules_up = "上移", "Move up";
    rules_down = "下移", "Move down";
    rules_remove = "删除", "Remove";
    rules_save = "检查并保存", "Check and save";
    rules_saved = "已保存", "Saved";
    rules_made = "已新建草稿", "The draft is made";
    rules_wrong_name = "每种语言的名称需要 1 到 60 字，且不重复", "A name in each language, 1 to 60 characters, unlike the others";
    rules_wrong_action = "请选择结果，并为审核或拦截选择原因", "Choose an action, and a reason for holding or stopping";
    rules_carriers_wrong_action = "请选择结果和承运商", "Choose an action, and a carrier";
    rules_sourcing_wrong_action = "请选择结果；“只用”“不用”“加价”要选仓库，加价和权重要填 0 到 10000000 的整数", "Choose an action; “only”, “not” and “cost more” need a location, “cost more” and weights a whole number up to 10000000";
    rules_wrong_at(line, column, message) = "第 {line} 行第 {column} 列：{message}", "Line {line}, column {column}: {message}";
    rules_wrong_empty = "条件为空", "The condition is empty";
    rules_wrong_long = "条件太长或嵌套太深", "The condition is too long, or nested too deeply";
    rules_wrong_work = "条件可能要算太久：循环太多", "The condition could take too long: too many loops";
    rules_wrong_syntax(message) = "读不懂：{message}", "It cannot be read: {message}";
    rules_wrong_field(name) = "没有字段 {name}", "There is no field {name}";
    rules_wrong_function(name) = "没有函数 {name}", "There is no function {name}";
    rules_wrong_not_allowed(what) = "条件里不能用 {what}", "{what} cannot be used in a condition";
    rules_wrong_shadows(name) = "{name} 是字段名，不能作循环变量", "{name} is a field and cannot be the name in a loop";
    rules_wrong_type(what, needed, found) = "{what} 的类型不对：需要 {needed}，这里是 {found}", "{what} needs {needed}, and this is {found}";
    rules_all_count = "所有命中的规则都算数；都没有命中时，订单自动通过。", "All rules that match count; an order that none matches passes by itself.";
    rules_start_shadow = "开始试运行", "Start the trial";
    rules_stop_shadow = "结束试运行", "End the trial";
    rules_retire = "放弃", "Give up";
    rules_started = "试运行中：只记录，不影响订单", "On trial: it is recorded and touches no order";
    rules_stopped = "试运行已结束", "The trial has ended";
    rules_gave_up = "已放弃", "Given up";
    rules_other_on_trial(number) = "第 {number} 版正在试运行，先结束它", "Version {number} is on trial; end that first";
    rules_do_dry_run = "用最近的订单检验", "Try on recent orders";
    rules_dry_run = "用最近订单检验的结果", "On recent orders";
    rules_trial = "试运行结果", "On trial";
    rules_looked_at(orders, changed) = "看了 {orders} 单，其中 {changed} 单结果不同。", "Looked at {orders} orders; decides {changed} of them otherwise.";
    rules_outcome_pass = "自动通过", "passes";
    rules_outcome_hold = "人工审核", "a person looks";
    rules_outcome_stop = "拦截", "is stopped";
    rules_go_live = "生效", "Put in force";
    rules_go_live_effect = "需要第二人批准。批准后立即按这一版审核新订单，之后仍可回退。", "Takes a second person. Once approved, new orders are reviewed by this version at once; it can be taken back afterwards.";
    rules_go_live_button = "申请生效", "Ask to put in force";
    rules_is_live = "已生效", "It is in force";
    rules_no_rule = "还没有规则：所有订单都自动通过。", "No rule yet: every order passes by itself.";
}

#[cfg(any(test, feature = "samples"))]
impl RulePage {
    pub(crate) fn sample(language: crate::Language) -> Self {
        use ordermill_domain::order::review::Verdict;

        use crate::console::Section;
        use crate::icon::Icon;
        use crate::samples;
        use crate::ui::Effect;
        let shell = samples::shell(language);
        let t = shell.t;
        let hold = Verdict::Hold { reason: HoldReason::Amount };
        let mut wrong = RuleRow::of("频繁取消", "Frequent cancels", "buyer.cancels > 3", hold);
        let message = t.rules_wrong_at(1, 1, "there is no field buyer.cancels");
        wrong.wrong[1] = Some(message.clone());
        let row = DifferenceRow {
            number: samples::ORDER_NUMBER.into(),
            at: None,
            live: outcome(Step::AutoPass, &[], &[], t),
            other: outcome(Step::Queue, &[HoldReason::Amount], &[], t),
            rules: t.pick("大额订单", "Large order").into(),
        };
        Self {
            frame: samples::console_frame(language, Section::Admin),
            title: super::name(5, t),
            state: Some(super::state(ordermill_domain::rule_table::State::Draft, t)),
            about: About::Review,
            href: "/console/admin/rules/rul_5".into(),
            version: 2,
            is_editable: true,
            note: Field::new("note", t.rules_note()).optional().max_length(200),
            rules: vec![
                RuleRow::of("大额订单", "Large order", "order.total_minor > 5000000", hold),
                wrong,
            ],
            errors: vec![("when-1".into(), message)],
            actions: vec![Action::new(
                Icon::Eye,
                t.rules_start_shadow(),
                Effect::Post("/console/admin/rules/rul_5/start_shadow".into(), Vec::new()),
            )],
            go_live: Some(GoLive::new("", false, t)),
            trial: Some(Trial { summary: t.rules_looked_at(1_204, 1), rows: vec![row.clone()] }),
            dry_run: Some(DryRunResult {
                summary: t.rules_looked_at(200, 1),
                moves: vec![(
                    format!("{} → {}", t.rules_outcome_pass(), t.rules_outcome_hold()),
                    1,
                )],
                rows: vec![row],
                left: vec![LeftRow {
                    number: samples::ORDER_NUMBER.into(),
                    why: t.rules_nobody_because(t.pick("超重 (swift)", "too heavy (swift)")),
                    rules: String::new(),
                }],
            }),
            shell,
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_domain::carrier::ruling::CarrierRule;
    use ordermill_domain::sourcing::SourcingRule;

    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_editor_says_what_is_wrong_on_top_and_at_the_place() {
        for language in Language::ALL {
            let html = RulePage::sample(language).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r##"<a href="#f-when-1">"##), "{html}");
            assert!(html.contains(r#"aria-describedby="e-when-1 h-when-1""#), "{html}");
        }
    }

    #[test]
    fn rules_about_carriers_name_carriers_also_those_that_are_gone() {
        let mut page = RulePage::sample(Language::En);
        page.about = About::Carriers(vec![Choice::new("swift/next_day", "Swift · Next day")]);
        let forbid = CarrierRule::Forbid { carrier: "gone".into(), service: None };
        page.rules = vec![RuleRow::of_carrier("甲", "A", "true", &forbid)];
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"<option value="gone" selected>"#), "{html}");
        assert!(html.contains("Swift · Next day") && html.contains("Not this one"), "{html}");
    }

    #[test]
    fn rules_about_locations_have_an_amount_beside_the_location() {
        let mut page = RulePage::sample(Language::En);
        page.about = About::Locations(vec![Choice::new("JX", "JX · Jiaxing")]);
        let dearer = SourcingRule::Dearer { location: "JX".into(), minor: 500 };
        page.rules = vec![RuleRow::of_sourcing("甲", "A", "true", &dearer)];
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"name="minor.0" value="500""#), "{html}");
        page.is_editable = false;
        page.errors.clear();
        let html = page.render().unwrap();
        assert!(html.contains("As if it cost more · JX · Jiaxing · 500"), "{html}");
    }

    #[test]
    fn what_was_decided_by_is_shown_without_a_form() {
        let mut page = RulePage::sample(Language::En);
        page.is_editable = false;
        page.errors.clear();
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(!html.contains("<textarea") && html.contains("A person looks"), "{html}");
    }
}
