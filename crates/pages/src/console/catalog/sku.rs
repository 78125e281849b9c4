//! One SKU with all its facts, `/console/catalog/skus/{code}`.
//!
//! Posts below its address: `on` and `off` put it on sale and off, with `version`; `image` takes a
//! picture, `policy` says how a location sells it.

use askama::Template;
use ordermill_domain::stock::BackorderPolicy;

use crate::console::Frame;
use crate::console::form::refuse;
use crate::shell::Shell;
use crate::ui::{Action, Badge, Choice, Field, FormErrors};
use crate::words::Words;

/// One SKU.
#[derive(Debug, Clone, Template)]
#[template(path = "console/sku.html")]
pub struct SkuPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// Its code.
    pub sku: String,
    /// What it is.
    pub name: String,
    /// Its address.
    pub href: String,
    /// The address of its picture.
    pub art: String,
    /// On sale or not.
    pub state: Badge,
    /// What can be done with it.
    pub actions: Vec<Action>,
    /// Prices that wait for a second person: what is asked, and where it is decided.
    pub waiting: Option<(String, String)>,
    /// What it is: names and values.
    pub facts: Vec<(String, String)>,
    /// What buyers read.
    pub descriptions: Vec<(String, String)>,
    /// What it costs, in each currency.
    pub prices: Vec<(String, String)>,
    /// What can be offered in its place: names and addresses.
    pub substitutes: Vec<(String, String)>,
    /// Where it lies.
    pub stock: Vec<PlaceRow>,
    /// The address of its stock, for whoever may enter it.
    pub stock_href: Option<String>,
    /// How a location sells it, for whoever may change it.
    pub policy: Option<PolicyForm>,
    /// The form of its picture, with what was refused; for whoever may change it.
    pub picture: Option<FormErrors>,
    /// The version that is shown.
    pub version: u64,
}

/// What lies at a location.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    /// Where.
    pub location: String,
    /// Left to sell.
    pub available: i64,
    /// Physically there.
    pub on_hand: i64,
    /// On its way there.
    pub incoming: i64,
    /// Kept back from sale.
    pub safety: i64,
    /// What happens when there is none.
    pub backorder: String,
}

/// Says how a location sells a SKU.
#[derive(Debug, Clone)]
pub struct PolicyForm {
    /// What was refused.
    pub errors: FormErrors,
    /// Location, safety stock, what happens when there is none.
    pub fields: Vec<Field>,
}

/// What was entered for the way a location sells a SKU.
#[derive(Debug, Clone, Default)]
pub struct PolicyEntered {
    /// A location's code.
    pub location: String,
    /// Pieces.
    pub safety_stock: String,
    /// `deny` or `allow`.
    pub backorder: String,
}

/// What happens when there is none of a SKU at a location.
pub fn backorder(policy: BackorderPolicy, t: Words) -> &'static str {
    match policy {
        BackorderPolicy::Deny => t.sku_backorder_deny(),
        BackorderPolicy::Allow => t.sku_backorder_allow(),
    }
}

impl PolicyForm {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(
        locations: Vec<Choice>,
        entered: &PolicyEntered,
        errors: &[(&'static str, String)],
        t: Words,
    ) -> Self {
        let policies =
            BackorderPolicy::ALL.map(|policy| Choice::new(policy.code(), backorder(policy, t)));
        let mut fields = vec![
            Field::select("location", t.stock_location(), locations).value(&entered.location),
            Field::new("safety_stock", t.sku_safety_stock()).digits(7).value(&entered.safety_stock),
            Field::select("backorder", t.sku_backorder(), policies.into())
                .value(&entered.backorder),
        ];
        let errors = refuse(&mut fields, errors, t);
        Self { errors, fields }
    }
}

crate::words! {
    sku_edit_button = "编辑", "Edit";
    sku_stock_button = "库存", "Stock";
    sku_put_on = "上架", "Put on sale";
    sku_take_off = "下架", "Take off sale";
    sku_on_toast(code) = "{code} 已上架", "{code} is on sale";
    sku_off_toast(code) = "{code} 已下架", "{code} is off sale";
    sku_facts = "基本信息", "Facts";
    sku_descriptions = "说明", "Description";
    sku_no_description = "还没有说明。", "No description yet.";
    sku_prices = "价格", "Prices";
    sku_substitutes = "替代品", "Substitutes";
    sku_no_substitutes = "没有替代品。", "None.";
    sku_stock = "各仓库存", "Stock by location";
    sku_no_stock = "还没有入库。", "Nowhere yet.";
    sku_safety_stock = "安全库存（件）", "Safety stock (pieces)";
    sku_backorder = "无货时", "When there is none";
    sku_backorder_deny = "停止销售", "Sold out";
    sku_backorder_allow = "可预订，等货", "Buyers may wait";
    sku_policy = "各仓销售规则", "How a location sells it";
    sku_policy_button = "保存规则", "Save";
    sku_policy_saved = "销售规则已保存", "Saved";
    sku_safety_wrong = "请填 0 到 1,000,000 的整数", "A whole number from 0 to 1,000,000";
    sku_picture = "图片", "Picture";
    sku_picture_choose = "选择图片", "Choose a picture";
    sku_picture_hint = "PNG、JPEG 或 WebP 不超过 1 MB，SVG 不超过 128 KB", "PNG, JPEG or WebP of at most 1 MB, or SVG of at most 128 KB";
    sku_picture_button = "上传图片", "Upload";
    sku_picture_saved = "图片已更新", "The picture is new";
    sku_picture_missing = "请选择一个文件", "Choose a file";
    sku_picture_wrong = "不是可用的图片：可能损坏、过大，或包含脚本", "Not a picture that can be shown: damaged, too large, or with a script in it";
    sku_dimensions = "尺寸（长 × 宽 × 高）", "Length × width × height";
    sku_updated = "最近修改", "Last changed";
    sku_none = "无", "None";
    sku_waiting = "等待第二人审批", "Waits for a second person";
    sku_waiting_look = "查看申请", "See the request";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_page_is_sound_with_and_without_the_right_to_change() {
        for language in Language::ALL {
            let mut page = SkuPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("/image") && html.contains("/policy"), "{html}");
            (page.picture, page.policy, page.actions) = (None, None, Vec::new());
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(!html.contains("<form method=\"post\" enctype"), "{html}");
        }
    }

    #[test]
    fn a_refused_policy_says_why_at_its_field() {
        let t = Words::new(Language::En);
        let errors = [("safety_stock", t.sku_safety_wrong().to_owned())];
        let form = PolicyForm::new(Vec::new(), &PolicyEntered::default(), &errors, t);
        let page = SkuPage { policy: Some(form), ..SkuPage::sample(Language::En) };
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"id="e-safety_stock""#), "{html}");
    }
}
