//! The list of SKUs, `/console/catalog`. It takes `view` (`all`, `active`, `inactive`), `q`,
//! `category`, `flag` and `cursor`.

use askama::Template;
use ordermill_base::Money;
use ordermill_domain::sku::HandlingFlag;

use super::HERE;
use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Choice, Empty, Filter, Filters, Pager, Tone, Views};
use crate::words::Words;

/// The list of SKUs.
#[derive(Debug, Clone, Template)]
#[template(path = "console/catalog.html", blocks = ["list"])]
pub struct CatalogPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the catalog.
    pub parts: Views,
    /// All, on sale, off sale. The region is `list`.
    pub views: Views,
    /// Code, barcode or name; category; what must be minded.
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
    /// The address of its page.
    pub href: String,
    /// The address of its picture.
    pub art: String,
    /// What it is.
    pub name: String,
    /// Its category.
    pub category: String,
    /// What must be minded, in words.
    pub flags: String,
    /// What it costs.
    pub price: Money,
    /// Left to sell at all locations.
    pub available: i64,
    /// On sale or not.
    pub state: Badge,
}

/// Whether a SKU is on sale, in one badge.
pub fn sale(is_active: bool, t: Words) -> Badge {
    if is_active {
        Badge::new(Tone::Green, Icon::Check, t.catalog_on_sale())
    } else {
        Badge::new(Tone::Grey, Icon::Pause, t.catalog_off_sale())
    }
}

/// What must be minded about a SKU, in a word.
pub fn flag(flag: HandlingFlag, t: Words) -> &'static str {
    match flag {
        HandlingFlag::Fragile => t.sku_fragile(),
        HandlingFlag::HighValue => t.sku_high_value(),
        HandlingFlag::Perishable => t.sku_perishable(),
        HandlingFlag::Hazardous => t.sku_hazardous(),
        HandlingFlag::Oversized => t.sku_oversized(),
    }
}

/// A view of the list by its name.
pub fn view_name(view: &str, t: Words) -> &'static str {
    match view {
        "active" => t.catalog_on_sale(),
        "inactive" => t.catalog_off_sale(),
        _ => t.view_all(),
    }
}

/// The filters of the list; `view` stays as it is.
pub fn filters(
    view: &str,
    q: &str,
    (category, categories): (&str, Vec<Choice>),
    flag_code: &str,
    clear: Option<String>,
    t: Words,
) -> Filters {
    let flags = HandlingFlag::ALL.map(|it| Choice::new(it.code(), flag(it, t)));
    Filters {
        t,
        action: HERE.into(),
        region: "list",
        kept: vec![("view", view.to_owned())],
        filters: vec![
            Filter::search(t.stock_by_sku(), q),
            Filter::select("category", t.catalog_by_category(), category, categories),
            Filter::select("flag", t.catalog_by_flag(), flag_code, flags.into()),
        ],
        clear,
    }
}

/// A list without SKUs, and why.
pub fn empty(is_filtered: bool, clear: &str, t: Words) -> Empty {
    let (title, text) = if is_filtered {
        (t.catalog_no_match(), t.stock_no_match_text())
    } else {
        (t.catalog_none(), t.catalog_none_text())
    };
    let action = is_filtered.then(|| (clear.to_owned(), t.filter_clear().to_owned()));
    Empty { icon: Icon::Tag, title: title.into(), text: text.into(), action }
}

crate::words! {
    catalog_title = "商品", "Catalog";
    catalog_list = "商品列表", "List of SKUs";
    catalog_sku = "商品", "SKU";
    catalog_category = "分类", "Category";
    catalog_price = "价格", "Price";
    catalog_available = "可售", "Available";
    catalog_state = "状态", "Status";
    catalog_flags = "特性", "Handling";
    catalog_on_sale = "在售", "On sale";
    catalog_off_sale = "已下架", "Off sale";
    catalog_by_category = "全部分类", "All categories";
    catalog_by_flag = "全部特性", "Any handling";
    catalog_no_match = "没有符合条件的商品", "No SKU matches";
    catalog_none = "还没有商品", "No SKU yet";
    catalog_none_text = "新建一个，或导入文件。", "Make one, or import a file.";
    catalog_count(count) = "共 {count} 个商品 · 按编码排列", "{count} SKU · by code" | "{count} SKUs · by code";
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
}
