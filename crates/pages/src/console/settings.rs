//! Settings of the site, `/console/admin`: posts the fields of [`SettingsEntered`] and `version` to
//! the same address.

use askama::Template;
use ordermill_domain::payment::LatePolicy;

use crate::console::Frame;
use crate::console::form::FormGroup;
use crate::shell::Shell;
use crate::ui::{Check, Checks, Choice, Field, FormErrors, Views};

/// The settings.
#[derive(Debug, Clone, Template)]
#[template(path = "console/settings.html")]
pub struct SettingsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// What was refused.
    pub errors: FormErrors,
    /// What can be set, by subject: [`groups`].
    pub groups: Vec<FormGroup>,
    /// The version that was seen.
    pub version: u64,
    /// Whether they may change them.
    pub can_change: bool,
    /// What runs here: version of the program, of the schema, the kind of database.
    pub system: Vec<(String, String)>,
}

/// What was entered; as texts, so that a refused form shows it again.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct SettingsEntered {
    pub name_zh: String,
    pub name_en: String,
    /// An ISO 4217 code.
    pub currency: String,
    pub pay_within_hours: String,
    pub hold_for_minutes: String,
    /// A code of what happens with money that comes too late.
    pub late_policy: String,
    /// `1` in promotion mode.
    pub is_promotion: String,
    /// What one person may decide alone: amounts, percent, pieces.
    pub refund_limit: String,
    pub coupon_limit: String,
    pub price_change_limit_percent: String,
    pub stock_limit_pieces: String,
    pub points_limit: String,
    /// Reviews that the desk decides in an hour, and the longest time as percent of the usual one.
    pub review_per_hour: String,
    pub review_stretch_percent: String,
    /// Why, for whoever is asked to approve a limit that is raised.
    pub reason: String,
}

/// What can become of money that comes too late.
pub fn late_policies(t: crate::Words) -> Vec<Choice> {
    LatePolicy::ALL
        .map(|policy| {
            let words = match policy {
                LatePolicy::OfferBackorder => t.late_offer_backorder(),
                LatePolicy::Refund => t.late_refund(),
            };
            Choice::new(policy.code(), words)
        })
        .into()
}

/// The fields with what was entered and what was refused, and the summary of the refusals.
pub fn groups(
    entered: &SettingsEntered,
    currencies: Vec<Choice>,
    late_policies: Vec<Choice>,
    errors: &[(&'static str, String)],
    t: crate::Words,
) -> (Vec<FormGroup>, FormErrors) {
    let shop = vec![
        Field::new("name_zh", t.settings_name_zh()).max_length(60).value(&entered.name_zh),
        Field::new("name_en", t.settings_name_en()).max_length(60).value(&entered.name_en),
        Field::select("currency", t.settings_currency(), currencies).value(&entered.currency),
    ];
    let orders = vec![
        Field::new("pay_within_hours", t.settings_pay_within())
            .digits(3)
            .hint(t.settings_pay_within_hint())
            .value(&entered.pay_within_hours),
        Field::new("hold_for_minutes", t.settings_hold_for())
            .digits(4)
            .hint(t.settings_hold_for_hint())
            .value(&entered.hold_for_minutes),
        Field::select("late_policy", t.settings_late_policy(), late_policies)
            .value(&entered.late_policy),
    ];
    let promotion = Checks {
        name: "is_promotion",
        legend: t.settings_promotion().into(),
        checks: vec![Check {
            value: "1".into(),
            label: t.settings_is_promotion().into(),
            hint: t.settings_is_promotion_hint().into(),
            is_on: entered.is_promotion == "1",
        }],
        error: None,
    };
    let amount = |name, label: &str, value: &str| {
        Field::new(name, label).decimal().max_length(20).value(value)
    };
    let limits = vec![
        amount("refund_limit", t.settings_refund_limit(), &entered.refund_limit)
            .hint(t.settings_refund_limit_hint()),
        amount("coupon_limit", t.settings_coupon_limit(), &entered.coupon_limit)
            .hint(t.settings_coupon_limit_hint()),
        Field::new("price_change_limit_percent", t.settings_price_limit())
            .digits(4)
            .value(&entered.price_change_limit_percent),
        Field::new("stock_limit_pieces", t.settings_stock_limit())
            .digits(7)
            .value(&entered.stock_limit_pieces),
        Field::new("points_limit", t.settings_points_limit())
            .digits(7)
            .value(&entered.points_limit),
        Field::new("reason", t.settings_limit_reason())
            .optional()
            .max_length(200)
            .hint(t.settings_limit_reason_hint())
            .value(&entered.reason),
    ];
    let review = vec![
        Field::new("review_per_hour", t.settings_review_per_hour())
            .digits(6)
            .hint(t.settings_review_per_hour_hint())
            .value(&entered.review_per_hour),
        Field::new("review_stretch_percent", t.settings_review_stretch())
            .digits(4)
            .hint(t.settings_review_stretch_hint())
            .value(&entered.review_stretch_percent),
    ];
    let mut groups = vec![
        FormGroup::new(t.settings_shop(), shop),
        FormGroup::new(t.settings_orders(), orders).checks(promotion),
        FormGroup::new(t.settings_review(), review),
        FormGroup::new(t.settings_limits(), limits),
    ];
    let mut summary = FormErrors::default();
    for group in &mut groups {
        summary = crate::console::form::refuse(&mut group.fields, errors, t);
    }
    (groups, summary)
}

crate::words! {
    settings_shop = "商城", "Shop";
    settings_name_zh = "中文名称", "Name in Chinese";
    settings_name_en = "英文名称", "Name in English";
    settings_currency = "币种", "Currency";
    settings_orders = "订单", "Orders";
    settings_pay_within = "付款时限（小时）", "Time to pay (hours)";
    settings_pay_within_hint = "到时未付款自动取消并释放库存", "Unpaid by then, an order is canceled and its stock released";
    settings_hold_for = "促销时库存保留（分钟）", "Stock held in a promotion (minutes)";
    settings_hold_for_hint = "到时释放库存，订单仍可付款", "Then the stock is released; the order can still be paid";
    settings_late_policy = "付款晚于释放时", "Money that comes too late";
    settings_promotion = "大促模式", "Promotion mode";
    settings_is_promotion = "开启", "On";
    settings_is_promotion_hint = "库存只保留上面的分钟数，不等到付款时限", "Stock is held for the minutes above and not until payment is due";
    settings_limits = "一个人可以决定的上限（超出须第二人审批）", "What one person decides alone (more takes a second one)";
    settings_refund_limit = "退款金额", "Refund";
    settings_refund_limit_hint = "店铺币种；其他币种一律须第二人审批", "In the currency of the shop; any other takes a second person";
    settings_coupon_limit = "一次使用优惠券的优惠金额", "What one use of a coupon takes off";
    settings_coupon_limit_hint = "没有上限的百分比优惠一律须第二人审批", "A percentage without a limit takes a second person";
    settings_price_limit = "改价幅度（%）", "Change of a price (%)";
    settings_stock_limit = "库存更正（件）", "Correction of stock (pieces)";
    settings_points_limit = "给顾客增减积分", "Points given to a buyer or taken away";
    settings_limit_reason = "调高上限的理由", "Why a limit is raised";
    settings_limit_reason_hint = "调低立即生效；调高或更换币种须由另一人审批", "Lowering counts at once; raising one, or another currency, waits for somebody else";
    settings_review = "人工审核", "Review desk";
    settings_review_per_hour = "每小时能审核的订单", "Orders that the desk decides in an hour";
    settings_review_per_hour_hint = "排队超出两小时能审完的数量时，审核时限按排队长度延长", "Once more wait than are decided in two hours, the time for a review grows with the queue";
    settings_review_stretch = "审核时限最多延长到（%）", "The longest time for a review (%)";
    settings_review_stretch_hint = "100 表示不延长；400 表示最多四倍", "100 never stretches it; 400 is four times as long at most";
    settings_stretch_wrong = "100 到 1000 的整数", "A whole number from 100 to 1000";
    settings_saved_but_limits = "设置已保存；调高的上限等待第二人审批", "Settings saved; the limits that are raised wait for a second person";
    settings_limit_wrong = "请填不小于 0 的金额，如 500.00", "An amount such as 500.00, not negative";
    settings_limit_number_wrong(max) = "0 到 {max} 的整数", "A whole number from 0 to {max}";
    settings_saved = "设置已保存", "Settings saved";
    settings_name_wrong = "1 到 60 个字", "1 to 60 characters";
    settings_number_wrong(max) = "1 到 {max} 的整数", "A whole number from 1 to {max}";
    settings_choose = "请选择", "Choose one";
    settings_program = "程序版本", "Program";
    settings_database = "数据库", "Database";
    settings_address = "访问地址", "Address";
    late_offer_backorder = "买家同意则等货，否则退款", "Wait for stock if the buyer agreed to, else refund";
    late_refund = "直接退款", "Refund at once";
    settings_save = "保存设置", "Save settings";
    settings_system = "系统", "System";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_sound_page;
    use crate::{Language, Words};

    #[test]
    fn the_settings_are_sound_and_a_refusal_stands_at_its_field() {
        for language in Language::ALL {
            let mut page = SettingsPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            let entered = SettingsEntered::default();
            let errors = [("pay_within_hours", "1 – 720".to_owned())];
            let t = Words::new(language);
            (page.groups, page.errors) = groups(&entered, Vec::new(), Vec::new(), &errors, t);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r##"href="#f-pay_within_hours""##), "{html}");
            assert!(html.contains(r#"id="e-pay_within_hours""#), "{html}");
        }
    }
}
