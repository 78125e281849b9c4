//! The form of a coupon: a new one at `/console/promotions/new`, a known one at
//! `/console/promotions/coupons/{id}`. It posts the fields of [`CouponEntered`] with `key` or
//! `version` to its own address; `…/end` and `…/resume` take it out of use and into it.

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Action, Check, Checks, Choice, Effect, Field, FormErrors};
use crate::words::Words;

/// What was entered for a coupon; as texts, so that a refused form shows it again.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct CouponEntered {
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    /// `percent_off`, `amount_off` or `free_freight`.
    pub benefit: String,
    /// Percent with up to two decimals, or an amount; nothing for freight.
    pub value: String,
    /// The currency of its amounts.
    pub currency: String,
    /// The most it takes off.
    pub cap: String,
    pub min_spend: String,
    /// `all`, `categories` or `skus`.
    pub scope: String,
    /// Codes with commas or blanks between, unless it is for everything.
    pub scope_codes: String,
    /// A local moment, `2026-11-01T00:00`.
    pub valid_from: String,
    pub valid_until: String,
    pub uses_max: String,
    pub uses_per_customer_max: String,
    /// `1` if only a first order may use it.
    pub first_order_only: String,
    /// Empty for a coupon that is used alone.
    pub stacking_group: String,
    /// Why, for the journal and for whoever approves it.
    pub reason: String,
}

/// Which coupon a form is about.
#[derive(Debug, Clone)]
pub enum Subject<'a> {
    /// A new one, with the key of the form.
    New(&'a str),
    /// One that is there.
    Known {
        /// Its address.
        href: &'a str,
        /// The version that was seen.
        version: u64,
        /// Whether it can be used.
        is_active: bool,
        /// How often it was used: "3 of 500".
        used: String,
    },
}

/// The form of a coupon.
pub fn form(
    shell: Shell,
    frame: Frame,
    entered: &CouponEntered,
    currencies: Vec<Choice>,
    subject: Subject<'_>,
) -> FormPage {
    let t = shell.t;
    let (title, lead, action, value, actions) = match subject {
        Subject::New(key) => {
            let action = "/console/promotions/new".to_owned();
            (
                t.coupon_new().to_owned(),
                t.coupon_lead().to_owned(),
                action,
                ("key", key.to_owned()),
                Vec::new(),
            )
        }
        Subject::Known { href, version, is_active, used } => {
            let post = |verb| {
                Effect::Post(format!("{href}/{verb}"), vec![("version", version.to_string())])
            };
            let action = if is_active {
                Action::new(Icon::Ban, t.coupon_end(), post("end"))
            } else {
                Action::new(Icon::Check, t.coupon_resume(), post("resume"))
            };
            let lead = format!("{} {}", t.coupon_used_times(used), t.coupon_lead());
            (
                entered.code.clone(),
                lead,
                href.to_owned(),
                ("version", version.to_string()),
                vec![action],
            )
        }
    };
    let button = if actions.is_empty() { t.coupon_create() } else { t.coupon_save() };
    FormPage {
        title,
        lead,
        back: ("/console/promotions".into(), t.coupons_back().into()),
        actions,
        errors: FormErrors::default(),
        action,
        values: vec![value],
        groups: groups(entered, currencies, t),
        button: button.into(),
        shell,
        frame,
    }
}

fn groups(entered: &CouponEntered, currencies: Vec<Choice>, t: Words) -> Vec<FormGroup> {
    let line = |name, label: &str, value: &str| Field::new(name, label).value(value);
    let count = |name, label: &str, value: &str| line(name, label, value).optional().digits(10);
    let amount = |name, label: &str, value: &str| {
        line(name, label, value).optional().decimal().max_length(20)
    };
    let moment =
        |name, label: &str, value: &str| line(name, label, value).kind("datetime-local").optional();
    let benefits = vec![
        Choice::new("percent_off", t.coupon_percent_off()),
        Choice::new("amount_off", t.coupon_amount_off()),
        Choice::new("free_freight", t.coupon_free_freight()),
    ];
    let scopes = vec![
        Choice::new("all", t.coupon_scope_all()),
        Choice::new("categories", t.coupon_scope_categories()),
        Choice::new("skus", t.coupon_scope_skus()),
    ];
    let names = vec![
        line("code", t.coupon_code(), &entered.code).max_length(40).hint(t.coupon_code_hint()),
        line("name_zh", t.sku_name_zh(), &entered.name_zh).optional().max_length(100),
        line("name_en", t.sku_name_en(), &entered.name_en).optional().max_length(300),
    ];
    let gives = vec![
        Field::select("benefit", t.coupon_benefit(), benefits).value(&entered.benefit),
        amount("value", t.coupon_value(), &entered.value).hint(t.coupon_value_hint()),
        Field::select("currency", t.settings_currency(), currencies).value(&entered.currency),
        amount("cap", t.coupon_cap(), &entered.cap).hint(t.coupon_cap_hint()),
        amount("min_spend", t.coupon_min_spend(), &entered.min_spend),
    ];
    let goods = vec![
        Field::select("scope", t.coupon_scope(), scopes).value(&entered.scope),
        line("scope_codes", t.coupon_scope_codes(), &entered.scope_codes)
            .kind("textarea")
            .optional()
            .max_length(4_000)
            .hint(t.coupon_scope_codes_hint()),
    ];
    let limits = vec![
        moment("valid_from", t.coupon_valid_from(), &entered.valid_from),
        moment("valid_until", t.coupon_valid_until(), &entered.valid_until),
        count("uses_max", t.coupon_uses_max(), &entered.uses_max).hint(t.coupon_uses_hint()),
        count(
            "uses_per_customer_max",
            t.coupon_uses_per_customer_max(),
            &entered.uses_per_customer_max,
        )
        .hint(t.coupon_uses_hint()),
        count("stacking_group", t.coupon_stacking_group(), &entered.stacking_group)
            .hint(t.coupon_stacking_hint()),
    ];
    let first = Checks {
        name: "first_order_only",
        legend: t.coupon_who().into(),
        checks: vec![Check {
            value: "1".into(),
            label: t.coupon_first_order_only().into(),
            hint: String::new(),
            is_on: entered.first_order_only == "1",
        }],
        error: None,
    };
    let why = line("reason", t.approval_why(), &entered.reason)
        .optional()
        .max_length(200)
        .hint(t.coupon_reason_hint());
    vec![
        FormGroup::new(t.coupon_names(), names),
        FormGroup::new(t.coupon_benefit(), gives),
        FormGroup::new(t.coupon_scope(), goods),
        FormGroup::new(t.coupon_limits(), limits).checks(first),
        FormGroup::new(t.coupon_journal(), vec![why]),
    ]
}

crate::words! {
    coupons_back = "返回促销", "Back to promotions";
    coupon_new = "新建优惠券", "New coupon";
    coupon_create = "创建优惠券", "Create coupon";
    coupon_save = "保存优惠券", "Save coupon";
    coupon_lead = "一次使用可能超过限额的优惠，须由第二人审批后生效。", "What can take off more than the limit at once waits for a second person.";
    coupon_used_times(used) = "已用 {used} 次。", "Used: {used}.";
    coupon_names = "名称", "Names";
    coupon_code = "优惠码", "Code";
    coupon_code_hint = "买家输入的内容，不分大小写；可用中文、字母、数字和 - _ .", "What buyers type in; letters of any language, digits, - _ and .; case does not matter";
    coupon_benefit = "优惠", "Benefit";
    coupon_percent_off = "打折（百分比）", "Percent off";
    coupon_amount_off = "立减（金额）", "Amount off";
    coupon_free_freight = "免运费", "Free shipping";
    coupon_value = "优惠数值", "Value";
    coupon_value_hint = "百分比或金额；免运费不用填", "Percent or amount; nothing for free shipping";
    coupon_cap = "最多优惠", "At most";
    coupon_cap_hint = "打折和免运费可设上限", "For a percentage and for shipping";
    coupon_min_spend = "最低消费", "Least spending";
    coupon_scope = "适用范围", "Goods";
    coupon_scope_all = "全部商品", "Everything";
    coupon_scope_categories = "指定分类", "Categories";
    coupon_scope_skus = "指定 SKU", "SKUs";
    coupon_scope_codes = "分类或 SKU 编码", "Codes of the categories or SKUs";
    coupon_scope_codes_hint = "用空格、逗号或换行分隔；适用全部商品时不用填", "With blanks, commas or lines between; nothing for everything";
    coupon_limits = "时间与次数", "When and how often";
    coupon_valid_from = "开始", "From";
    coupon_valid_until = "结束", "Until";
    coupon_uses_max = "总次数上限", "Uses in all";
    coupon_uses_per_customer_max = "每人次数上限", "Uses per customer";
    coupon_uses_hint = "不填则不限", "Empty: without limit";
    coupon_stacking_group = "叠加组", "Combination group";
    coupon_stacking_hint = "同组可叠加；不填则单独使用", "Used together with its group; empty: used alone";
    coupon_who = "适用顾客", "Who";
    coupon_first_order_only = "仅限首单", "First orders only";
    coupon_journal = "备注", "For the journal";
    coupon_reason_hint = "写给审批人和日志，不含个人信息", "For whoever approves it and the journal; no personal data";
    coupon_end = "结束", "End";
    coupon_resume = "重新启用", "Take into use";
    coupon_ended_toast(code) = "已结束 {code}", "Ended {code}";
    coupon_resumed_toast(code) = "已启用 {code}", "{code} is in use";
    coupon_created(code) = "已创建 {code}", "Created {code}";
    coupon_saved(code) = "{code} 已保存", "Saved {code}";
    coupon_code_wrong = "1 到 40 个字母、数字、汉字或 - _ .", "1 to 40 letters, digits, -, _ or .";
    coupon_code_taken = "这个优惠码已被使用", "Another coupon has this code";
    coupon_percent_wrong = "大于 0、不超过 100，最多两位小数", "More than 0 and at most 100, with at most two decimals";
    coupon_value_wrong = "请填大于 0 的金额，如 20.00", "An amount above zero, such as 20.00";
    coupon_amount_wrong = "不填，或不小于 0 的金额", "Empty, or an amount that is not negative";
    coupon_scope_wrong = "请至少填一个编码", "At least one code";
    coupon_code_unknown(code) = "没有编码 {code}", "There is no {code}";
    coupon_moment_wrong = "请填日期和时间，如 2026-11-01T00:00", "A day and time such as 2026-11-01T00:00";
    coupon_until_wrong = "须晚于开始时间", "After its beginning";
    coupon_count_wrong = "不填，或 1 到 1,000,000,000 的整数", "Empty, or a whole number from 1 to 1,000,000,000";
    coupon_uses_below = "不能少于已经用掉的次数", "Not less than it was used already";
    coupon_group_wrong = "不填，或 0 到 4,294,967,295 的整数", "Empty, or a whole number from 0 to 4,294,967,295";
}

#[cfg(any(test, feature = "samples"))]
pub(crate) fn sample_form(language: crate::Language, subject: Subject<'_>) -> FormPage {
    use crate::{console::Section, samples};
    let entered = CouponEntered {
        code: "双十一".into(),
        name_zh: "双十一八折".into(),
        benefit: "percent_off".into(),
        value: "120".into(),
        currency: "CNY".into(),
        scope: "all".into(),
        valid_from: "2026-11-23T00:00".into(),
        uses_max: "5000".into(),
        ..CouponEntered::default()
    };
    let frame = samples::console_frame(language, Section::Promotions);
    let currencies = vec![Choice::new("CNY", "CNY"), Choice::new("USD", "USD")];
    form(samples::shell(language), frame, &entered, currencies, subject)
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_refused_coupon_keeps_all_that_was_entered() {
        let page = sample_form(Language::En, Subject::New("k"));
        let html = page.refused(&[("value", "More than 100 %".into())]).render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"value="双十一""#) && html.contains(r#"value="120""#), "{html}");
        assert!(html.contains(r#"<option value="percent_off" selected>"#), "{html}");
        assert!(html.contains(r#"id="e-value""#), "{html}");
    }

    #[test]
    fn a_coupon_in_use_is_ended_and_one_out_of_use_is_taken_up_again() {
        for language in Language::ALL {
            let html = |is_active| {
                let href = "/console/promotions/coupons/cpn_1";
                let subject =
                    Subject::Known { href, version: 3, is_active, used: "4 / 500".into() };
                sample_form(language, subject).render().unwrap()
            };
            let (active, ended) = (html(true), html(false));
            assert_sound_page(&active);
            assert!(active.contains("cpn_1/end") && !active.contains("cpn_1/resume"));
            assert!(ended.contains("cpn_1/resume") && !ended.contains("cpn_1/end"));
            assert!(active.contains("4 / 500"), "{active}");
        }
    }
}
