//! SKUs, `/console/catalog`, and the form of one: `/console/catalog/new`, `/console/catalog/{sku}`.
//!
//! The list takes `view` (`all`, `active`, `inactive`), `q`, `category`, `cursor`. The form posts
//! the fields of [`SkuEntered`] to its own address, with `key` or `version`.

use askama::Template;
use ordermill_base::Money;

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::shell::Shell;
use crate::ui::{Badge, Check, Checks, Choice, Empty, Field, Filters, FormErrors, Pager, Views};

/// The list of SKUs.
#[derive(Debug, Clone, Template)]
#[template(path = "console/catalog.html", blocks = ["list"])]
pub struct CatalogPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// All, on sale, off sale. The region is `list`.
    pub views: Views,
    /// Code or name, category.
    pub filters: Filters,
    /// By code.
    pub rows: Vec<SkuRow>,
    /// Instead of rows.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
    /// Whether they may add and change.
    pub can_change: bool,
}

/// One SKU.
#[derive(Debug, Clone)]
pub struct SkuRow {
    /// Its code.
    pub sku: String,
    /// What it is.
    pub name: String,
    /// Its category.
    pub category: String,
    /// What it costs.
    pub price: Money,
    /// Left to sell at all locations.
    pub available: i64,
    /// On sale or not.
    pub state: Badge,
}

/// What was entered for a SKU; as texts, so that a refused form shows it again.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct SkuEntered {
    pub code: String,
    pub gtin: String,
    pub name_zh: String,
    pub name_en: String,
    pub description_zh: String,
    pub description_en: String,
    /// A category's code.
    pub category: String,
    /// Major units with a decimal point: `169.00`.
    pub price: String,
    /// What it cost before; empty if it is not reduced.
    pub list_price: String,
    pub weight_grams: String,
    pub length_mm: String,
    pub width_mm: String,
    pub height_mm: String,
    pub reorder_point: String,
    /// Of `fragile`, `high_value`, `perishable`, `hazardous`, `oversized`.
    pub traits: Vec<String>,
    /// `1` if it is on sale.
    pub is_active: String,
}

/// The form of a new SKU, or of one that exists, in `version`.
pub fn form(
    shell: Shell,
    frame: Frame,
    entered: &SkuEntered,
    categories: Vec<Choice>,
    version: Option<u64>,
    key: &str,
) -> FormPage {
    let t = shell.t;
    let whole = |name, label: &str, value: &str| Field::new(name, label).digits(7).value(value);
    let code = Field::new("code", t.sku_code()).max_length(40).value(&entered.code);
    let is_on = |name: &str| entered.traits.iter().any(|of| of == name);
    let check = |value: &str, label: &str| Check {
        value: value.into(),
        label: label.into(),
        hint: String::new(),
        is_on: is_on(value),
    };
    let names = vec![
        code,
        Field::new("name_zh", t.sku_name_zh()).max_length(120).value(&entered.name_zh),
        Field::new("name_en", t.sku_name_en()).max_length(120).value(&entered.name_en),
        Field::new("gtin", t.sku_gtin()).optional().digits(14).value(&entered.gtin),
        Field::select("category", t.sku_category(), categories).value(&entered.category),
        Field::new("description_zh", t.sku_description_zh())
            .kind("textarea")
            .optional()
            .max_length(2_000)
            .value(&entered.description_zh),
        Field::new("description_en", t.sku_description_en())
            .kind("textarea")
            .optional()
            .max_length(2_000)
            .value(&entered.description_en),
    ];
    let prices = vec![
        Field::new("price", t.sku_price()).decimal().max_length(16).value(&entered.price),
        Field::new("list_price", t.sku_list_price())
            .optional()
            .decimal()
            .max_length(16)
            .hint(t.sku_list_price_hint())
            .value(&entered.list_price),
    ];
    let parcel = vec![
        whole("weight_grams", t.sku_weight(), &entered.weight_grams),
        whole("length_mm", t.sku_length(), &entered.length_mm),
        whole("width_mm", t.sku_width(), &entered.width_mm),
        whole("height_mm", t.sku_height(), &entered.height_mm),
    ];
    let traits = Checks {
        name: "traits",
        legend: t.sku_traits().into(),
        checks: vec![
            check("fragile", t.sku_fragile()),
            check("high_value", t.sku_high_value()),
            check("perishable", t.sku_perishable()),
            check("hazardous", t.sku_hazardous()),
            check("oversized", t.sku_oversized()),
        ],
        error: None,
    };
    let active = Checks {
        name: "is_active",
        legend: t.sku_sale().into(),
        checks: vec![Check {
            value: "1".into(),
            label: t.sku_is_active().into(),
            hint: t.sku_is_active_hint().into(),
            is_on: entered.is_active == "1",
        }],
        error: None,
    };
    let sale = vec![whole("reorder_point", t.sku_reorder_point(), &entered.reorder_point)];
    let (title, action, value) = match version {
        Some(version) => (
            t.sku_edit(&entered.code),
            format!("/console/catalog/{}", entered.code),
            ("version", version.to_string()),
        ),
        None => (t.sku_new().into(), "/console/catalog/new".into(), ("key", key.to_owned())),
    };
    FormPage {
        title,
        lead: String::new(),
        back: ("/console/catalog".into(), t.catalog_back().into()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action,
        values: vec![value],
        groups: vec![
            FormGroup::new(t.sku_group_names(), names),
            FormGroup::new(t.sku_group_prices(), prices),
            FormGroup::new(t.sku_group_sale(), sale).checks(active),
            FormGroup::new(t.sku_group_parcel(), parcel).checks(traits),
        ],
        button: t.sku_save().into(),
        shell,
        frame,
    }
}

crate::words! {
    catalog_title = "商品", "Catalog";
    catalog_list = "商品列表", "List of SKUs";
    catalog_back = "返回商品", "Back to the catalog";
    catalog_sku = "商品", "SKU";
    catalog_category = "分类", "Category";
    catalog_price = "价格", "Price";
    catalog_available = "可售", "Available";
    catalog_state = "状态", "Status";
    sku_new = "新建商品", "New SKU";
    sku_edit(code) = "编辑 {code}", "Edit {code}";
    sku_save = "保存", "Save";
    sku_group_names = "名称与分类", "Names and category";
    sku_group_prices = "价格", "Price";
    sku_group_sale = "销售", "Sale";
    sku_group_parcel = "包装", "Parcel";
    sku_code = "SKU 编码", "SKU code";
    sku_name_zh = "中文名称", "Name in Chinese";
    sku_name_en = "英文名称", "Name in English";
    sku_gtin = "条码", "Barcode (GTIN)";
    sku_category = "分类", "Category";
    sku_description_zh = "中文说明", "Description in Chinese";
    sku_description_en = "英文说明", "Description in English";
    sku_price = "售价", "Price";
    sku_list_price = "原价", "Price before";
    sku_list_price_hint = "填写后显示为划线价", "Shown struck through beside the price";
    sku_weight = "重量（克）", "Weight (g)";
    sku_length = "长（毫米）", "Length (mm)";
    sku_width = "宽（毫米）", "Width (mm)";
    sku_height = "高（毫米）", "Height (mm)";
    sku_traits = "特性", "Traits";
    sku_fragile = "易碎", "Fragile";
    sku_high_value = "贵重", "High value";
    sku_perishable = "易腐", "Perishable";
    sku_hazardous = "危险品", "Hazardous";
    sku_oversized = "超大件", "Oversized";
    sku_sale = "上架", "On sale";
    sku_is_active = "可以购买", "Can be bought";
    sku_is_active_hint = "下架后不再出现在商城，已有订单不受影响", "Off sale it leaves the shop; orders that have it stay";
    sku_reorder_point = "补货点（件）", "Reorder point (pieces)";
}

#[cfg(any(test, feature = "samples"))]
pub(crate) fn sample_form(language: crate::Language) -> FormPage {
    use crate::{console::Section, samples};
    let entered = SkuEntered {
        code: "CUP-CEL-2".into(),
        gtin: "6901234567892".into(),
        name_zh: "青瓷对杯".into(),
        name_en: "Celadon cups".into(),
        description_zh: "龙泉青瓷，手工拉坯。".into(),
        description_en: "Longquan celadon, thrown by hand.".into(),
        category: "kitchen".into(),
        price: "128.00".into(),
        list_price: "158.00".into(),
        weight_grams: "620".into(),
        length_mm: "220".into(),
        width_mm: "120".into(),
        height_mm: "110".into(),
        reorder_point: "20".into(),
        traits: vec!["fragile".into()],
        is_active: "1".into(),
    };
    let categories = vec![Choice::new("tea", "茶叶 Tea"), Choice::new("kitchen", "厨房 Kitchen")];
    let frame = samples::console_frame(language, Section::Catalog);
    form(samples::shell(language), frame, &entered, categories, Some(4), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_list_is_sound_and_offers_changes_only_to_those_who_may() {
        for language in Language::ALL {
            let mut page = CatalogPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("/console/catalog/new"), "{html}");
            assert_sound(&page.as_list().render().unwrap());
            page.can_change = false;
            assert!(!page.render().unwrap().contains("/console/catalog/new"));
        }
    }

    #[test]
    fn a_sku_is_edited_in_the_version_that_was_seen() {
        for language in Language::ALL {
            let html = sample_form(language).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"<input type="hidden" name="version" value="4">"#), "{html}");
            assert!(html.contains(r#"name="traits" value="fragile" checked>"#), "{html}");
        }
    }
}
