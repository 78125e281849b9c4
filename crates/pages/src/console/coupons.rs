//! Coupons, `/console/promotions`, and the form of a new one, `/console/promotions/new`.
//!
//! The list takes `view` (`all`, `active`, `planned`, `ended`), `q`, `cursor`. The form posts the
//! fields of [`CouponEntered`] and `key` to its own address. A coupon is ended by a post to
//! `/console/promotions/{code}/end`.

use askama::Template;

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::shell::Shell;
use crate::ui::{Action, Badge, Choice, Empty, Field, Filters, FormErrors, Pager, Views};

/// The list of coupons.
#[derive(Debug, Clone, Template)]
#[template(path = "console/coupons.html", blocks = ["list"])]
pub struct CouponsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// All, active, planned, ended. The region is `list`.
    pub views: Views,
    /// By code.
    pub filters: Filters,
    /// Newest first.
    pub rows: Vec<CouponRow>,
    /// Instead of rows.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
    /// Whether they may create and end.
    pub can_change: bool,
}

/// One coupon.
#[derive(Debug, Clone)]
pub struct CouponRow {
    /// What buyers type in.
    pub code: String,
    /// What it gives: "¥20.00 off from ¥199.00".
    pub benefit: String,
    /// On what: "Everything", "2 categories".
    pub scope: String,
    /// When: "11-01 00:00 – 11-30 24:00".
    pub valid: String,
    /// How often: "1,204 of 5,000".
    pub used: String,
    /// Active, planned, ended, used up.
    pub state: Badge,
    /// What can be done with it.
    pub actions: Vec<Action>,
}

/// What was entered for a coupon; as texts, so that a refused form shows it again.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct CouponEntered {
    pub code: String,
    /// `percent_off`, `amount_off` or `free_freight`.
    pub benefit: String,
    /// Percent with up to two decimals, or an amount; nothing for freight.
    pub value: String,
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
    /// Empty for a coupon that is used alone.
    pub stacking_group: String,
}

/// The form of a new coupon.
pub fn form(shell: Shell, frame: Frame, entered: &CouponEntered, key: &str) -> FormPage {
    let t = shell.t;
    let count =
        |name, label: &str, value: &str| Field::new(name, label).optional().digits(9).value(value);
    let amount = |name, label: &str, value: &str| {
        Field::new(name, label).optional().decimal().max_length(16).value(value)
    };
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
    let moment = |name, label: &str, value: &str| {
        Field::new(name, label).kind("datetime-local").optional().value(value)
    };
    let gives = vec![
        Field::new("code", t.coupon_code())
            .max_length(40)
            .hint(t.coupon_code_hint())
            .value(&entered.code),
        Field::select("benefit", t.coupon_benefit(), benefits).value(&entered.benefit),
        amount("value", t.coupon_value(), &entered.value).hint(t.coupon_value_hint()),
        amount("cap", t.coupon_cap(), &entered.cap),
        amount("min_spend", t.coupon_min_spend(), &entered.min_spend),
    ];
    let goods = vec![
        Field::select("scope", t.coupon_scope(), scopes).value(&entered.scope),
        Field::new("scope_codes", t.coupon_scope_codes())
            .kind("textarea")
            .optional()
            .max_length(4_000)
            .value(&entered.scope_codes),
    ];
    let limits = vec![
        moment("valid_from", t.coupon_valid_from(), &entered.valid_from),
        moment("valid_until", t.coupon_valid_until(), &entered.valid_until),
        count("uses_max", t.coupon_uses_max(), &entered.uses_max),
        count(
            "uses_per_customer_max",
            t.coupon_uses_per_customer_max(),
            &entered.uses_per_customer_max,
        ),
        count("stacking_group", t.coupon_stacking_group(), &entered.stacking_group)
            .hint(t.coupon_stacking_hint()),
    ];
    FormPage {
        title: t.coupon_new().into(),
        lead: t.coupon_lead().into(),
        back: ("/console/promotions".into(), t.coupons_back().into()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: "/console/promotions/new".into(),
        values: vec![("key", key.into())],
        groups: vec![
            FormGroup::new(t.coupon_benefit(), gives),
            FormGroup::new(t.coupon_scope(), goods),
            FormGroup::new(t.coupon_limits(), limits),
        ],
        button: t.coupon_create().into(),
        shell,
        frame,
    }
}

crate::words! {
    coupons_title = "促销", "Promotions";
    coupons_list = "优惠券列表", "List of coupons";
    coupons_back = "返回促销", "Back to promotions";
    coupons_valid = "有效期", "Valid";
    coupons_used = "已用", "Used";
    coupons_state = "状态", "Status";
    coupons_actions = "操作", "Actions";
    coupon_new = "新建优惠券", "New coupon";
    coupon_create = "创建优惠券", "Create coupon";
    coupon_lead = "创建后内容不能修改，只能结束。超过限额的优惠需要第二人审批。", "Once created it is not changed, only ended. One above the limit needs a second person.";
    coupon_code = "优惠码", "Code";
    coupon_code_hint = "买家输入的内容，不分大小写", "What buyers type in; case does not matter";
    coupon_benefit = "优惠", "Benefit";
    coupon_percent_off = "打折（百分比）", "Percent off";
    coupon_amount_off = "立减（金额）", "Amount off";
    coupon_free_freight = "免运费", "Free shipping";
    coupon_value = "优惠数值", "Value";
    coupon_value_hint = "百分比或金额；免运费不用填", "Percent or amount; nothing for free shipping";
    coupon_cap = "最多优惠", "At most";
    coupon_min_spend = "最低消费", "Least spending";
    coupon_scope = "适用范围", "Goods";
    coupon_scope_all = "全部商品", "Everything";
    coupon_scope_categories = "指定分类", "Categories";
    coupon_scope_skus = "指定 SKU", "SKUs";
    coupon_scope_codes = "分类或 SKU 编码", "Codes of the categories or SKUs";
    coupon_limits = "时间与次数", "When and how often";
    coupon_valid_from = "开始", "From";
    coupon_valid_until = "结束", "Until";
    coupon_uses_max = "总次数上限", "Uses in all";
    coupon_uses_per_customer_max = "每人次数上限", "Uses per customer";
    coupon_stacking_group = "叠加组", "Combination group";
    coupon_stacking_hint = "同组可叠加；不填则单独使用", "Used together with its group; empty: used alone";
    coupon_end = "结束", "End";
}

#[cfg(any(test, feature = "samples"))]
pub(crate) fn sample_form(language: crate::Language) -> FormPage {
    use crate::{console::Section, samples};
    let entered = CouponEntered {
        code: "AUTUMN120".into(),
        benefit: "percent_off".into(),
        value: "120".into(),
        scope: "all".into(),
        valid_from: "2026-11-23T00:00".into(),
        uses_max: "5000".into(),
        ..CouponEntered::default()
    };
    let frame = samples::console_frame(language, Section::Promotions);
    form(samples::shell(language), frame, &entered, "01JD3M9Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_list_is_sound_whole_and_as_a_fragment() {
        for language in Language::ALL {
            let page = CouponsPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            assert_sound(&page.as_list().render().unwrap());
        }
    }

    #[test]
    fn a_refused_coupon_keeps_all_that_was_entered() {
        let page = sample_form(Language::En);
        let html = page.refused(&[("value", "More than 100 %".into())]).render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"value="AUTUMN120""#) && html.contains(r#"value="120""#), "{html}");
        assert!(html.contains(r#"<option value="percent_off" selected>"#), "{html}");
    }
}
