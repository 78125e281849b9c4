//! The form of a gift rule: a new one at `/console/promotions/gifts/new`, a known one at
//! `/console/promotions/gifts/{number}`. It posts the fields of [`GiftRuleEntered`] with `version`, that
//! of all rules, to its own address; `…/end` and `…/resume` take it out of use and into it.

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Action, Check, Checks, Choice, Effect, Field, FormErrors};
use crate::words::Words;

/// What was entered for a gift rule; as texts, so that a refused form shows it again.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct GiftRuleEntered {
    pub name_zh: String,
    pub name_en: String,
    /// The code of a SKU.
    pub gift: String,
    pub pieces: String,
    /// `all`, `categories` or `skus`.
    pub scope: String,
    /// Codes with commas or blanks between, unless it is for everything.
    pub scope_codes: String,
    pub min_spend: String,
    /// The currency of that amount.
    pub currency: String,
    pub min_pieces: String,
    /// A local moment, `2026-11-01T00:00`.
    pub valid_from: String,
    pub valid_until: String,
    /// Codes of channels; none: all.
    pub channels: Vec<String>,
}

/// Which rule a form is about.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A new one.
    New,
    /// One that is there.
    Known {
        /// Its address.
        href: &'a str,
        /// Whether it is in use.
        is_active: bool,
    },
}

/// What can be chosen in a form.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// The currencies that the shop sells in.
    pub currencies: Vec<Choice>,
    /// Its channels: code and name.
    pub channels: Vec<(String, String)>,
}

/// The form of a gift rule. `version` is that of all rules as they were read.
pub fn form(
    (shell, frame): (Shell, Frame),
    entered: &GiftRuleEntered,
    choices: Choices,
    subject: Subject<'_>,
    version: i64,
) -> FormPage {
    let t = shell.t;
    let (title, action, actions, button) = match subject {
        Subject::New => {
            let action = "/console/promotions/gifts/new".to_owned();
            (t.gift_rule_new().to_owned(), action, Vec::new(), t.gift_rule_create())
        }
        Subject::Known { href, is_active } => {
            let post = |verb| {
                Effect::Post(format!("{href}/{verb}"), vec![("version", version.to_string())])
            };
            let action = if is_active {
                Action::new(Icon::Ban, t.coupon_end(), post("end"))
            } else {
                Action::new(Icon::Check, t.coupon_resume(), post("resume"))
            };
            let name = t.pick(&entered.name_zh, &entered.name_en);
            let title = if name.is_empty() { t.gift_rules_title() } else { name };
            (title.to_owned(), href.to_owned(), vec![action], t.gift_rule_save())
        }
    };
    FormPage {
        title,
        lead: t.gift_rules_lead().to_owned(),
        back: ("/console/promotions/gifts".into(), t.gift_rules_back().into()),
        actions,
        errors: FormErrors::default(),
        action,
        values: vec![("version", version.to_string())],
        groups: groups(entered, choices, t),
        button: button.into(),
        shell,
        frame,
    }
}

fn groups(entered: &GiftRuleEntered, choices: Choices, t: Words) -> Vec<FormGroup> {
    let line = |name, label: &str, value: &str| Field::new(name, label).value(value);
    let moment =
        |name, label: &str, value: &str| line(name, label, value).kind("datetime-local").optional();
    let scopes = vec![
        Choice::new("all", t.coupon_scope_all()),
        Choice::new("categories", t.coupon_scope_categories()),
        Choice::new("skus", t.coupon_scope_skus()),
    ];
    let names = vec![
        line("name_zh", t.sku_name_zh(), &entered.name_zh).optional().max_length(100),
        line("name_en", t.sku_name_en(), &entered.name_en).optional().max_length(300),
    ];
    let gives = vec![
        line("gift", t.gift_rule_gift(), &entered.gift)
            .max_length(64)
            .hint(t.gift_rule_gift_hint()),
        line("pieces", t.gift_rule_pieces_each(), &entered.pieces).digits(3),
    ];
    let goods = vec![
        Field::select("scope", t.gift_rule_scope(), scopes).value(&entered.scope),
        line("scope_codes", t.coupon_scope_codes(), &entered.scope_codes)
            .kind("textarea")
            .optional()
            .max_length(4_000)
            .hint(t.coupon_scope_codes_hint()),
        line("min_spend", t.gift_rule_min_spend(), &entered.min_spend)
            .optional()
            .decimal()
            .max_length(20)
            .hint(t.gift_rule_min_spend_hint()),
        Field::select("currency", t.settings_currency(), choices.currencies)
            .value(&entered.currency),
        line("min_pieces", t.gift_rule_min_pieces(), &entered.min_pieces).optional().digits(10),
    ];
    let times = vec![
        moment("valid_from", t.coupon_valid_from(), &entered.valid_from),
        moment("valid_until", t.coupon_valid_until(), &entered.valid_until),
    ];
    let check = |(code, name): (String, String)| Check {
        is_on: entered.channels.contains(&code),
        label: name,
        hint: String::new(),
        value: code,
    };
    let channels = Checks {
        name: "channels",
        legend: t.gift_rule_channels().into(),
        checks: choices.channels.into_iter().map(check).collect(),
        error: None,
    };
    vec![
        FormGroup::new(t.coupon_names(), names),
        FormGroup::new(t.gift_rules_title(), gives),
        FormGroup::new(t.gift_rule_condition(), goods),
        FormGroup::new(t.gift_rule_when(), times).checks(channels),
    ]
}

crate::words! {
    gift_rules_back = "返回赠品", "Back to gifts";
    gift_rule_new = "新建赠品规则", "New gift rule";
    gift_rule_create = "创建赠品规则", "Create gift rule";
    gift_rule_save = "保存赠品规则", "Save gift rule";
    gift_rule_gift = "赠品的 SKU 编码", "Code of the SKU that is given";
    gift_rule_gift_hint = "在售的商品；赠品占用库存，价格为 0", "Goods on sale; the gift takes stock and costs nothing";
    gift_rule_pieces_each = "每单赠送件数", "Pieces for each order";
    gift_rule_scope = "计入条件的商品", "Goods that count";
    gift_rule_min_spend = "最低金额", "Least amount";
    gift_rule_min_spend_hint = "优惠后的商品金额；不填则不限", "Of the goods after discounts; empty: any";
    gift_rule_min_pieces = "最少件数", "Least pieces";
    gift_rule_when = "时间与渠道", "When and where";
    gift_rule_channels = "适用渠道；不选则为全部", "Channels; none chosen: all";
    gift_rule_created(name) = "已创建 {name}", "Created {name}";
    gift_rule_saved(name) = "{name} 已保存", "Saved {name}";
    gift_rule_gift_wrong = "没有在售的 SKU 用这个编码", "No SKU on sale has this code";
    gift_rule_gift_above = "赠品价值超过单张优惠券限额，须先在设置中提高限额（两人审批）", "Worth more than one use of a coupon may take off; raise that limit in the settings first, which takes two people";
    gift_rule_pieces_wrong = "1 到 100 的整数", "A whole number from 1 to 100";
    gift_rule_amount_wrong = "不填，或大于 0 的金额", "Empty, or an amount above zero";
    gift_rule_min_pieces_wrong = "不填，或从 1 起的整数", "Empty, or a whole number from 1";
    gift_rule_too_many = "最多 50 条规则，可改用一条已停用的", "At most 50 rules; change one that has ended instead";
}

#[cfg(any(test, feature = "samples"))]
pub(crate) fn sample_form(language: crate::Language, subject: Subject<'_>) -> FormPage {
    use crate::{console::Section, samples};
    let entered = GiftRuleEntered {
        name_zh: "满199赠帆布袋".into(),
        gift: "TOTE-CANVAS".into(),
        pieces: "1".into(),
        scope: "all".into(),
        min_spend: "199".into(),
        currency: "CNY".into(),
        channels: vec!["shop".into()],
        ..GiftRuleEntered::default()
    };
    let frame = samples::console_frame(language, Section::Promotions);
    let channel = |code: &str| (code.to_owned(), code.to_owned());
    let choices = Choices {
        currencies: vec![Choice::new("CNY", "CNY")],
        channels: ["shop", "shopify-eu"].map(channel).into(),
    };
    form((samples::shell(language), frame), &entered, choices, subject, 3)
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_refused_rule_keeps_all_that_was_entered() {
        let page = sample_form(Language::En, Subject::New);
        let html = page.refused(&[("gift", "No SKU".into())]).render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"value="TOTE-CANVAS""#) && html.contains(r#"id="e-gift""#));
        assert!(html.contains(r#"name="version" value="3""#), "{html}");
    }

    #[test]
    fn a_rule_in_use_is_ended_and_one_out_of_use_is_taken_up_again() {
        for language in Language::ALL {
            let html = |is_active| {
                let href = "/console/promotions/gifts/1";
                sample_form(language, Subject::Known { href, is_active }).render().unwrap()
            };
            let (active, ended) = (html(true), html(false));
            assert_sound_page(&active);
            assert!(active.contains("gifts/1/end") && !active.contains("gifts/1/resume"));
            assert!(ended.contains("gifts/1/resume") && !ended.contains("gifts/1/end"));
        }
    }
}
