//! The rules of reviews, `/console/admin/rules`: what is in force, and every version.
//!
//! Posts: `new` with `from` (the id of the version that is copied, empty for what is built in) and
//! `key`; `roll-back` with `from_number` and `remark`. One version is [`table`].

mod row;
pub mod table;

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::rule_table::{Purpose, State};

use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Field, FormErrors, Pager, Tone, Views};
use crate::words::Words;

pub use table::RulePage;

/// The versions of the rules of reviews.
#[derive(Debug, Clone, Template)]
#[template(path = "console/rules.html")]
pub struct RulesPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// What the rules decide about.
    pub purpose: Purpose,
    /// What is in force: "Version 4", "Built in".
    pub in_force: String,
    /// Since when; none for what is built in.
    pub since: Option<Timestamp>,
    /// What a new draft starts from: the id of what is in force, empty for what is built in.
    pub from: String,
    /// A key of the button that makes a draft.
    pub key: String,
    /// What waits for a second person: its words and its address.
    pub waiting: Option<(String, String)>,
    /// The way back, if there is one.
    pub way_back: Option<WayBack>,
    /// The newest first.
    pub rows: Vec<VersionRow>,
    /// The foot.
    pub pager: Pager,
}

impl RulesPage {
    const fn is_of_reviews(&self) -> bool {
        matches!(self.purpose, Purpose::Review)
    }

    fn title(&self) -> &'static str {
        title_of(self.purpose, self.shell.t)
    }

    fn lead(&self) -> &'static str {
        let t = self.shell.t;
        match self.purpose {
            Purpose::Review => t.rules_lead(),
            Purpose::Carrier => t.rules_carriers_lead(),
            Purpose::Sourcing => t.rules_sourcing_lead(),
        }
    }

    fn none(&self) -> &'static str {
        let t = self.shell.t;
        match self.purpose {
            Purpose::Review => t.rules_none(),
            Purpose::Carrier => t.rules_carriers_none(),
            Purpose::Sourcing => t.rules_sourcing_none(),
        }
    }

    /// The rules of other purposes: their address and title.
    fn others(&self) -> Vec<(String, &'static str)> {
        let others = Purpose::ALL.into_iter().filter(|it| *it != self.purpose);
        let link = |it: Purpose| {
            (format!("/console/admin/rules?purpose={it}"), title_of(it, self.shell.t))
        };
        others.map(link).collect()
    }
}

fn title_of(purpose: Purpose, t: Words) -> &'static str {
    match purpose {
        Purpose::Review => t.rules_title(),
        Purpose::Carrier => t.rules_carriers_title(),
        Purpose::Sourcing => t.rules_sourcing_title(),
    }
}

/// The way back to what was in force before.
#[derive(Debug, Clone)]
pub struct WayBack {
    /// The number of what is in force.
    pub from_number: i64,
    /// Where it leads: "Version 3", "Built in".
    pub to: String,
    /// Why.
    pub remark: Field,
    /// What was refused.
    pub errors: FormErrors,
}

impl WayBack {
    /// The form, with what was entered and whether it was refused.
    pub fn new(from_number: i64, to: String, remark: &str, is_refused: bool, t: Words) -> Self {
        let error = is_refused.then(|| t.order_remark_missing());
        let remark =
            Field::new("remark", t.order_reason()).max_length(200).value(remark).error(error);
        let errors = match is_refused {
            true => FormErrors::of(t.form_refused(1), [&remark]),
            false => FormErrors::default(),
        };
        Self { from_number, to, remark, errors }
    }
}

/// One version.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// Its address.
    pub href: String,
    /// Its number.
    pub number: i64,
    /// Where it stands.
    pub state: Badge,
    /// What is new in it.
    pub note: String,
    /// How many rules it has.
    pub rules: u64,
    /// When it was put in force last.
    pub live_at: Option<Timestamp>,
}

/// Where a version stands, in words.
pub fn state(state: State, t: Words) -> Badge {
    match state {
        State::Draft => Badge::new(Tone::Grey, Icon::Edit, t.rules_draft()),
        State::Shadow => Badge::new(Tone::Violet, Icon::Eye, t.rules_shadow()),
        State::Live => Badge::new(Tone::Green, Icon::Check, t.rules_live()),
        State::Retired => Badge::new(Tone::Grey, Icon::Ban, t.rules_retired()),
    }
}

/// What a version is called: "Version 4", "Built in".
pub fn name(number: i64, t: Words) -> String {
    match number {
        0 => t.rules_built_in().to_owned(),
        number => t.rules_version(number),
    }
}

crate::words! {
    rules_title = "审核规则", "Review rules";
    rules_carriers_title = "承运商规则", "Carrier rules";
    rules_carriers_lead = "规则可以指定或排除承运商。新版本先检验和试运行，再由第二人批准后生效。", "Rules force a carrier or rule one out. A new version is tried first, and put in force once a second person approves it; “What would it cost” shows what the ones in force say.";
    rules_carriers_none = "还没有自己的版本，目前按价格、时效和评分选择。", "No version of your own yet: price, time and score decide.";
    rules_sourcing_title = "分仓规则", "Sourcing rules";
    rules_sourcing_lead = "规则可以指定、排除或加价仓库，也可改权重、加急、要求整单发货。新版本先检验和试运行，再由第二人批准后生效。", "Rules name locations, rule them out or make them dearer, change weights, hurry orders or keep them whole. A new version is tried first, and put in force once a second person approves it.";
    rules_sourcing_none = "还没有自己的版本，目前按成本选择仓库。", "No version of your own yet: costs decide.";
    rules_lead = "规则决定哪些订单需要人工审核。新版本先试运行，再由第二人批准后生效。", "Rules decide which orders a person looks at. A new version is tried first, and put in force once a second person approves it.";
    rules_version(number) = "第 {number} 版", "Version {number}";
    rules_built_in = "内置规则", "Built in";
    rules_in_force = "生效中", "In force";
    rules_since(at) = "自 {at} 起生效", "in force since {at}";
    rules_draft = "草稿", "Draft";
    rules_shadow = "试运行", "On trial";
    rules_live = "生效", "In force";
    rules_retired = "停用", "Retired";
    rules_new = "新建版本", "New version";
    rules_versions = "版本", "Versions";
    rules_none = "还没有自己的版本，目前按内置规则审核。", "No version of your own yet: orders are reviewed by the built-in rules.";
    rules_number = "版本", "Version";
    rules_state = "状态", "Status";
    rules_note = "说明", "What is new";
    rules_count = "规则数", "Rules";
    rules_live_at = "最近生效", "Last in force since";
    rules_never = "从未", "never";
    rules_waits(number) = "第 {number} 版正在等待第二人批准", "Version {number} waits for a second person";
    rules_waits_see = "查看", "See it";
    rules_back_title = "回退", "Go back";
    rules_back_effect(to) = "立即回到“{to}”，无需第二人批准：它生效时已经批准过。会记录您是谁、什么时间、为什么。", "Goes back to “{to}” at once, without a second person: it was approved when it was put in force. Who, when and why is logged.";
    rules_back_button(to) = "回退到{to}", "Go back to {to}";
    rules_back_done(to) = "已回退，“{to}”重新生效", "Gone back: “{to}” is in force";
    rules_newest_first = "新的在前", "Newest first";
}

#[cfg(any(test, feature = "samples"))]
impl RulesPage {
    pub(crate) fn sample(language: crate::Language) -> Self {
        use crate::console::Section;
        use crate::console::admin::{Part, parts};
        use crate::samples;
        let shell = samples::shell(language);
        let t = shell.t;
        let row = |number, of, note: &str, live_at| VersionRow {
            href: format!("/console/admin/rules/rul_{number}"),
            number,
            state: state(of, t),
            note: note.into(),
            rules: 9,
            live_at,
        };
        Self {
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Rules, &Part::ALL, t),
            purpose: Purpose::Review,
            in_force: name(3, t),
            since: Some(samples::in_minutes(-3_000)),
            from: "rul_3".into(),
            key: "01JD3M9Z".into(),
            waiting: Some((t.rules_waits(5), "/console/approvals/tsk_1".into())),
            way_back: Some(WayBack::new(3, name(2, t), "", false, t)),
            rows: vec![
                row(5, State::Draft, t.pick("双十一门槛", "Limits for the sale"), None),
                row(4, State::Shadow, t.pick("频繁取消", "Frequent cancels"), None),
                row(3, State::Live, "", Some(samples::in_minutes(-3_000))),
                row(2, State::Retired, "", Some(samples::in_minutes(-90_000))),
            ],
            pager: Pager {
                t,
                summary: t.rules_newest_first().into(),
                first: None,
                next: None,
                region: "",
            },
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
    fn the_list_is_sound_with_and_without_a_way_back() {
        for language in Language::ALL {
            let mut page = RulesPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            page.way_back = Some(WayBack::new(3, "2".into(), "", true, page.shell.t));
            assert_sound_page(&page.render().unwrap());
            page.purpose = Purpose::Carrier;
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.rules_carriers_title()), "{html}");
            page.purpose = Purpose::Sourcing;
            assert_sound_page(&page.render().unwrap());
            (page.way_back, page.waiting, page.rows) = (None, None, Vec::new());
            assert_sound_page(&page.render().unwrap());
        }
    }
}
