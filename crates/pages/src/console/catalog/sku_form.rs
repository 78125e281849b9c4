//! The form of a new SKU, `/console/catalog/new`, and of one that exists,
//! `/console/catalog/skus/{code}/edit`. It posts the fields of [`SkuEntered`] to its own address,
//! with `key` or `version`.

use ordermill_base::Currency;
use ordermill_domain::pricing::TaxClass;
use ordermill_domain::sku::HandlingFlag;

use super::list::flag;
use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::shell::Shell;
use crate::ui::{Check, Checks, Choice, Field, FormErrors};
use crate::words::Words;

/// What was entered for a SKU; as texts, so that a refused form shows it again.
#[derive(Debug, Clone, Default)]
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
    /// Variants of one product share it.
    pub family: String,
    pub variant_zh: String,
    pub variant_en: String,
    /// Major units with a decimal point: `169.00`.
    pub price: String,
    /// What it cost before; empty if it is not reduced.
    pub list_price: String,
    /// What it costs the shop.
    pub cost: String,
    /// The price in other currencies; each is sent as [`price_field`] says.
    pub prices: Vec<(Currency, String)>,
    /// `standard`, `reduced`, `low` or `exempt`.
    pub tax_class: String,
    pub weight_grams: String,
    pub length_mm: String,
    pub width_mm: String,
    pub height_mm: String,
    pub reorder_point: String,
    pub shelf_life_days: String,
    /// Codes with commas or blanks between, best first.
    pub substitutes: String,
    /// Of `fragile`, `high_value`, `perishable`, `hazardous`, `oversized`.
    pub flags: Vec<String>,
    /// `1` if it is on sale.
    pub is_active: String,
    /// Why, for the journal and for whoever approves a new price.
    pub reason: String,
}

/// Which SKU a form is about.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A new one, with the key of the form.
    New(&'a str),
    /// The one at this address, in the version that was seen.
    Known(&'a str, u64),
}

/// The name of the field for the price in a currency.
pub const fn price_field(currency: Currency) -> &'static str {
    match currency {
        Currency::Cny => "price_cny",
        Currency::Usd => "price_usd",
        Currency::Eur => "price_eur",
        Currency::Gbp => "price_gbp",
        Currency::Hkd => "price_hkd",
        Currency::Sgd => "price_sgd",
        Currency::Jpy => "price_jpy",
        Currency::Krw => "price_krw",
        Currency::Kwd => "price_kwd",
        Currency::Bhd => "price_bhd",
    }
}

/// A class of tax in words.
pub fn tax_class(class: TaxClass, t: Words) -> &'static str {
    match class {
        TaxClass::Standard => t.tax_standard(),
        TaxClass::Reduced => t.tax_reduced(),
        TaxClass::Low => t.tax_low(),
        TaxClass::Exempt => t.tax_exempt(),
    }
}

/// The form of a SKU; prices are in the currency of the shop.
pub fn form(
    shell: Shell,
    frame: Frame,
    entered: &SkuEntered,
    categories: Vec<Choice>,
    currency: Currency,
    subject: Subject<'_>,
) -> FormPage {
    let t = shell.t;
    let back = |href: &str| (href.to_owned(), t.catalog_back().to_owned());
    let (title, action, value, back) = match subject {
        Subject::New(key) => {
            let action = "/console/catalog/new".to_owned();
            (t.sku_new().to_owned(), action, ("key", key.to_owned()), back("/console/catalog"))
        }
        Subject::Known(href, version) => {
            let action = format!("{href}/edit");
            (t.sku_edit(&entered.code), action, ("version", version.to_string()), back(href))
        }
    };
    FormPage {
        title,
        lead: String::new(),
        back,
        actions: Vec::new(),
        errors: FormErrors::default(),
        action,
        values: vec![value],
        groups: groups(entered, categories, currency, t),
        button: t.sku_save().into(),
        shell,
        frame,
    }
}

fn groups(
    entered: &SkuEntered,
    categories: Vec<Choice>,
    currency: Currency,
    t: Words,
) -> Vec<FormGroup> {
    let line = |name, label: &str, value: &str| Field::new(name, label).value(value);
    let text = |name, label: &str, value: &str| {
        line(name, label, value).kind("textarea").optional().max_length(2_000)
    };
    let whole = |name, label: &str, value: &str| line(name, label, value).digits(8);
    let amount = |name, label: String, value: &str| {
        Field::new(name, label).decimal().max_length(20).value(value)
    };
    let names = vec![
        line("code", t.sku_code(), &entered.code).max_length(64),
        line("name_zh", t.sku_name_zh(), &entered.name_zh).optional().max_length(100),
        line("name_en", t.sku_name_en(), &entered.name_en).optional().max_length(300),
        line("gtin", t.sku_gtin(), &entered.gtin).optional().digits(14),
        Field::select("category", t.sku_category(), categories).value(&entered.category),
        text("description_zh", t.sku_description_zh(), &entered.description_zh),
        text("description_en", t.sku_description_en(), &entered.description_en),
    ];
    let variants = vec![
        line("family", t.sku_family(), &entered.family)
            .optional()
            .max_length(64)
            .hint(t.sku_family_hint()),
        line("variant_zh", t.sku_variant_zh(), &entered.variant_zh).optional().max_length(100),
        line("variant_en", t.sku_variant_en(), &entered.variant_en).optional().max_length(300),
    ];
    let classes = TaxClass::ALL.map(|class| Choice::new(class.code(), tax_class(class, t)));
    let code = currency.code();
    let mut prices = vec![
        amount("price", t.sku_price(code), &entered.price),
        amount("list_price", t.sku_list_price(code), &entered.list_price)
            .optional()
            .hint(t.sku_list_price_hint()),
        amount("cost", t.sku_cost(code), &entered.cost).optional(),
    ];
    prices.extend(entered.prices.iter().map(|(other, value)| {
        let label = t.sku_price(other.code());
        amount(price_field(*other), label, value).optional().hint(t.sku_other_price_hint())
    }));
    let tax = Field::select("tax_class", t.sku_tax_class(), classes.into());
    prices.push(tax.value(&entered.tax_class));
    let sale = vec![
        whole("reorder_point", t.sku_reorder_point(), &entered.reorder_point)
            .hint(t.sku_reorder_point_hint()),
        line("substitutes", t.sku_substitute_codes(), &entered.substitutes)
            .optional()
            .max_length(700)
            .hint(t.sku_substitutes_hint()),
    ];
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
    let parcel = vec![
        whole("weight_grams", t.sku_weight(), &entered.weight_grams),
        whole("length_mm", t.sku_length(), &entered.length_mm),
        whole("width_mm", t.sku_width(), &entered.width_mm),
        whole("height_mm", t.sku_height(), &entered.height_mm),
        whole("shelf_life_days", t.sku_shelf_life(), &entered.shelf_life_days)
            .optional()
            .hint(t.sku_shelf_life_hint()),
    ];
    let check = |it: HandlingFlag| Check {
        value: it.code().into(),
        label: flag(it, t).into(),
        hint: String::new(),
        is_on: entered.flags.iter().any(|of| of == it.code()),
    };
    let flags = Checks {
        name: "flags",
        legend: t.sku_flags().into(),
        checks: HandlingFlag::ALL.map(check).into(),
        error: None,
    };
    let why = line("reason", t.approval_why(), &entered.reason)
        .optional()
        .max_length(200)
        .hint(t.coupon_reason_hint());
    vec![
        FormGroup::new(t.sku_group_names(), names),
        FormGroup::new(t.sku_group_prices(), prices),
        FormGroup::new(t.sku_group_sale(), sale).checks(active),
        FormGroup::new(t.sku_group_parcel(), parcel).checks(flags),
        FormGroup::new(t.sku_group_variants(), variants),
        FormGroup::new(t.coupon_journal(), vec![why]),
    ]
}

crate::words! {
    catalog_back = "返回商品", "Back to the catalog";
    sku_new = "新建商品", "New SKU";
    sku_edit(code) = "编辑 {code}", "Edit {code}";
    sku_save = "保存", "Save";
    sku_group_names = "名称与分类", "Names and category";
    sku_group_prices = "价格与税", "Price and tax";
    sku_group_sale = "销售", "Sale";
    sku_group_parcel = "包装与存放", "Parcel and storage";
    sku_group_variants = "款式", "Variants";
    sku_code = "SKU 编码", "SKU code";
    sku_name_zh = "中文名称", "Name in Chinese";
    sku_name_en = "英文名称", "Name in English";
    sku_gtin = "条码", "Barcode (GTIN)";
    sku_category = "分类", "Category";
    sku_description_zh = "中文说明", "Description in Chinese";
    sku_description_en = "英文说明", "Description in English";
    sku_family = "款式编码", "Family";
    sku_family_hint = "同一款式的商品在一个页面上作为规格出现", "SKUs of one family are variants on one page";
    sku_variant_zh = "中文规格", "Variant in Chinese";
    sku_variant_en = "英文规格", "Variant in English";
    sku_price(currency) = "售价（{currency}）", "Price ({currency})";
    sku_list_price(currency) = "原价（{currency}）", "Price before ({currency})";
    sku_list_price_hint = "填写后显示为划线价", "Shown struck through beside the price";
    sku_cost(currency) = "成本（{currency}）", "Cost ({currency})";
    sku_other_price_hint = "不填则不以此币种销售", "Empty: not sold in it";
    sku_tax_class = "税类", "Tax class";
    tax_standard = "标准税率", "Standard";
    tax_reduced = "低税率", "Reduced";
    tax_low = "最低税率", "Low";
    tax_exempt = "免税", "Exempt";
    sku_weight = "重量（克）", "Weight (g)";
    sku_length = "长（毫米）", "Length (mm)";
    sku_width = "宽（毫米）", "Width (mm)";
    sku_height = "高（毫米）", "Height (mm)";
    sku_shelf_life = "保质期（天）", "Shelf life (days)";
    sku_shelf_life_hint = "仅用于按批次管理的商品", "Only for goods that are kept in lots";
    sku_flags = "特性", "Handling";
    sku_fragile = "易碎", "Fragile";
    sku_high_value = "贵重", "High value";
    sku_perishable = "易腐", "Perishable";
    sku_hazardous = "危险品", "Hazardous";
    sku_oversized = "超大件", "Oversized";
    sku_sale = "上架", "On sale";
    sku_is_active = "可以购买", "Can be bought";
    sku_is_active_hint = "下架后不再出现在商城，已有订单不受影响", "Off sale it leaves the shop; orders that have it stay";
    sku_reorder_point = "补货点（件）", "Reorder point (pieces)";
    sku_reorder_point_hint = "可售不高于此数时提醒补货；0 为不提醒", "At or below this many, order again; 0: never";
    sku_substitute_codes = "替代品编码", "Codes of substitutes";
    sku_substitutes_hint = "最多 10 个，用空格或逗号分隔，首选在前", "At most 10, with blanks or commas between, best first";
    sku_saved(code) = "{code} 已保存", "Saved {code}";
    sku_price_waits(code) = "{code} 已保存；价格等待第二人审批", "Saved {code}; the price waits for a second person";
    sku_created(code) = "已新建 {code}", "Made {code}";
    sku_code_wrong = "1 到 64 字节，不含空格", "1 to 64 bytes without spaces";
    sku_code_taken = "这个编码已被使用", "Another SKU has this code";
    sku_name_wrong = "中文或英文名称至少填一个，各不超过 300 字节", "A name in Chinese or English, each at most 300 bytes";
    sku_gtin_wrong = "8、12、13 或 14 位数字，最后一位须是正确的校验码", "8, 12, 13 or 14 digits with the right check digit";
    sku_gtin_taken = "这个条码已被使用", "Another SKU has this barcode";
    sku_category_wrong = "请选择分类", "Choose a category";
    sku_amount_wrong = "请填不小于 0 的金额，如 59.00", "An amount such as 59.00, not negative";
    sku_list_price_wrong = "不填，或不低于售价", "Empty, or not below the price";
    sku_whole_wrong(max) = "0 到 {max} 的整数", "A whole number from 0 to {max}";
    sku_shelf_life_wrong = "不填，或 1 到 36,500 天", "Empty, or 1 to 36,500 days";
    sku_tax_class_wrong = "请选择税类", "Choose a tax class";
    sku_substitutes_wrong = "最多 10 个其他商品，不可重复", "At most 10 other SKUs, each once";
    sku_substitute_unknown(code) = "没有编码为 {code} 的商品", "No SKU has the code {code}";
    sku_text_wrong = "太长", "Too long";
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
        cost: "41.50".into(),
        prices: vec![(Currency::Usd, "19.90".into())],
        tax_class: "standard".into(),
        weight_grams: "620".into(),
        length_mm: "220".into(),
        width_mm: "120".into(),
        height_mm: "110".into(),
        reorder_point: "20".into(),
        flags: vec!["fragile".into()],
        is_active: "1".into(),
        ..SkuEntered::default()
    };
    let categories = vec![Choice::new("tea", "茶叶 Tea"), Choice::new("kitchen", "厨房 Kitchen")];
    let frame = samples::console_frame(language, Section::Catalog);
    let subject = Subject::Known("/console/catalog/skus/CUP-CEL-2", 4);
    form(samples::shell(language), frame, &entered, categories, Currency::Cny, subject)
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_sku_is_edited_in_the_version_that_was_seen() {
        for language in Language::ALL {
            let html = sample_form(language).render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"<input type="hidden" name="version" value="4">"#), "{html}");
            assert!(html.contains(r#"name="flags" value="fragile" checked>"#), "{html}");
            assert!(html.contains(r#"name="price_usd" type="text" value="19.90""#), "{html}");
        }
    }
}
