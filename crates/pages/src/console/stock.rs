//! Stock, `/console/stock` by SKU and location, and `/console/stock/{sku}` with its movements.
//!
//! The list takes `view` (`all`, `low`, `out`, `quarantine`), `q`, `location`, `cursor`. A movement
//! is posted to `/console/stock/{sku}/movements`: `location`, `kind` (`receive`, `adjust`,
//! `count`), `quantity`, `reason`, `key`.

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::stock::MovementKind;

use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::states;
use crate::ui::{Badge, Choice, Empty, Field, Filter, Filters, FormErrors, Pager, Tone, Views};
use crate::words::Words;

/// The levels of every SKU at every location.
#[derive(Debug, Clone, Template)]
#[template(path = "console/stock.html", blocks = ["list"])]
pub struct StockPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// All, low, sold out, in quarantine. The region is `list`.
    pub views: Views,
    /// SKU or name, location.
    pub filters: Filters,
    /// What is scarcest first.
    pub rows: Vec<StockRow>,
    /// Instead of rows.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
}

/// One SKU: its levels at each location and why they changed.
#[derive(Debug, Clone, Template)]
#[template(path = "console/stock_item.html", blocks = ["levels"])]
pub struct StockItemPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// `sku_…`; also the topic that says it changed.
    pub id: String,
    /// The SKU's code.
    pub sku: String,
    /// What it is.
    pub name: String,
    /// The page of the SKU itself, for whoever may see it.
    pub sku_href: Option<String>,
    /// Its level at each location.
    pub levels: Vec<StockRow>,
    /// In which bins and lots it lies, what expires first first.
    pub lots: Vec<LotRow>,
    /// Why they changed, newest first.
    pub movements: Vec<MovementRow>,
    /// The foot of the movements.
    pub pager: Pager,
    /// Books a movement, for whoever may.
    pub form: Option<MovementForm>,
}

/// The pieces of a SKU at a location, by bucket.
#[derive(Debug, Clone)]
pub struct StockRow {
    /// The SKU's code.
    pub sku: String,
    /// What it is.
    pub name: String,
    /// Where.
    pub location: String,
    /// Physically there.
    pub on_hand: i64,
    /// Firmly claimed.
    pub allocated: i64,
    /// Held for a while.
    pub reserved: i64,
    /// Before an inspection.
    pub quarantine: i64,
    /// Kept back from sale.
    pub safety: i64,
    /// Left to sell.
    pub available: i64,
    /// On its way here.
    pub incoming: i64,
    /// How that is.
    pub state: Badge,
}

/// How much is left at a location, in one badge; `everywhere` is what is left of the SKU at all.
pub fn level(available: i64, everywhere: i64, reorder_point: i64, t: Words) -> Badge {
    if available <= 0 {
        Badge::new(Tone::Red, Icon::Ban, t.stock_out())
    } else if reorder_point > 0 && everywhere <= reorder_point {
        Badge::new(Tone::Amber, Icon::Alert, t.stock_low())
    } else {
        Badge::new(Tone::Green, Icon::Check, t.stock_fine())
    }
}

/// Pieces in one bin, of one lot if it is kept in lots.
#[derive(Debug, Clone)]
pub struct LotRow {
    /// Where.
    pub location: String,
    /// In which bin.
    pub bin: String,
    /// Of which lot; empty for goods without lots.
    pub lot: String,
    /// The last day of sale; empty if it keeps.
    pub expires_on: String,
    /// Whether that day is over.
    pub is_expired: bool,
    /// Pieces.
    pub on_hand: i64,
}

/// One change of what is on hand.
#[derive(Debug, Clone)]
pub struct MovementRow {
    /// When.
    pub at: Timestamp,
    /// Which kind.
    pub kind: String,
    /// Where.
    pub location: String,
    /// How many more or fewer.
    pub delta: i64,
    /// On hand afterwards.
    pub on_hand: i64,
    /// Who.
    pub actor: String,
    /// Why, or for which order.
    pub reason: String,
}

/// The form that books a movement.
#[derive(Debug, Clone)]
pub struct MovementForm {
    /// What was refused.
    pub errors: FormErrors,
    /// Location, kind, quantity, reason.
    pub fields: Vec<Field>,
    /// The key of this form.
    pub key: String,
}

impl MovementForm {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(
        locations: Vec<Choice>,
        entered: &MovementEntered,
        errors: &[(&'static str, String)],
        key: String,
        t: Words,
    ) -> Self {
        let mut kinds: Vec<Choice> =
            [MovementKind::Receive, MovementKind::Adjust, MovementKind::Count]
                .map(|kind| Choice::new(kind.code(), states::movement(kind, t)))
                .into();
        kinds.push(Choice::new("transfer", t.stock_transfer()));
        let mut fields = vec![
            Field::select("location", t.stock_location(), locations.clone())
                .value(&entered.location),
            Field::select("kind", t.stock_kind(), kinds).value(&entered.kind),
            Field::select("to", t.stock_to(), locations)
                .optional()
                .hint(t.stock_to_hint())
                .value(&entered.to),
            Field::new("quantity", t.stock_quantity())
                .hint(t.stock_quantity_hint())
                .value(&entered.quantity)
                .max_length(9),
            Field::new("reason", t.stock_reason()).value(&entered.reason).max_length(200),
            Field::new("bin", t.stock_bin()).optional().value(&entered.bin).max_length(40),
            Field::new("lot", t.stock_lot())
                .optional()
                .hint(t.stock_lot_hint())
                .value(&entered.lot)
                .max_length(40),
            Field::new("expires_on", t.stock_expires())
                .kind("date")
                .optional()
                .value(&entered.expires_on),
        ];
        let errors = crate::console::form::refuse(&mut fields, errors, t);
        Self { errors, fields, key }
    }
}

/// What was entered for a movement.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct MovementEntered {
    /// A location's code.
    pub location: String,
    /// A movement's code.
    pub kind: String,
    /// Pieces; with a sign for an adjustment.
    pub quantity: String,
    /// Why.
    pub reason: String,
    /// The code of the location to which a transfer goes.
    pub to: String,
    /// The code of a bin; empty for somewhere.
    pub bin: String,
    /// A lot, for goods that are kept in lots.
    pub lot: String,
    /// The last day of sale of the lot.
    pub expires_on: String,
}

/// A view of the list by its name.
pub fn view_name(view: &str, t: Words) -> &'static str {
    match view {
        "low" => t.stock_low(),
        "out" => t.stock_out(),
        "quarantine" => t.stock_quarantine(),
        _ => t.view_all(),
    }
}

/// The filters of the list: SKU or name, location. `view` stays as it is.
pub fn filters(
    view: &str,
    q: &str,
    location: &str,
    locations: Vec<Choice>,
    clear: Option<String>,
    t: Words,
) -> Filters {
    Filters {
        t,
        action: "/console/stock".into(),
        region: "list",
        kept: vec![("view", view.to_owned())],
        filters: vec![
            Filter::search(t.stock_by_sku(), q),
            Filter::select("location", t.stock_by_location(), location, locations),
        ],
        clear,
    }
}

/// A list without levels, and why.
pub fn empty(is_filtered: bool, clear: &str, t: Words) -> Empty {
    let (title, text) = if is_filtered {
        (t.stock_no_match(), t.stock_no_match_text())
    } else {
        (t.stock_none(), t.stock_none_text())
    };
    let action = is_filtered.then(|| (clear.to_owned(), t.filter_clear().to_owned()));
    Empty { icon: Icon::Package, title: title.into(), text: text.into(), action }
}

crate::words! {
    stock_by_sku = "SKU、条码或名称", "SKU, barcode or name";
    stock_by_location = "全部仓库", "All locations";
    stock_no_match = "没有符合条件的库存", "No level matches";
    stock_no_match_text = "试试放宽筛选。", "Loosen the filters.";
    stock_none = "还没有库存", "No stock yet";
    stock_none_text = "导入商品并入库后会出现在这里。", "It appears once goods are imported and received.";
    stock_sku_count(count) = "共 {count} 个 SKU", "{count} SKU in all" | "{count} SKUs in all";
    stock_transfer = "调拨", "Transfer";
    stock_to = "调往", "To";
    stock_to_hint = "仅调拨时填写", "For a transfer only";
    stock_bin = "库位", "Bin";
    stock_lot = "批次", "Lot";
    stock_lot_hint = "有保质期的商品必填，并填库位", "Needed for goods that expire, with a bin";
    stock_expires = "保质期至", "Good until";
    stock_lots = "库位与批次", "Bins and lots";
    stock_expired = "已过期", "Expired";
    stock_choose_location = "请选择仓库", "Choose a location";
    stock_choose_other = "请选择另一个仓库", "Choose another location";
    stock_choose_kind = "请选择类型", "Choose a kind";
    stock_quantity_wrong = "请填整数；调整可带正负号，盘点不小于 0，其余大于 0", "A whole number; signed for an adjustment, 0 or more for a count, else more than 0";
    stock_day_wrong = "请填日期，如 2027-01-31", "A day such as 2027-01-31";
    stock_booked = "已记账", "Booked";
    stock_no_bin = "这个仓库没有这个库位", "There is no such bin at this location";
    stock_needs_lot = "有保质期的商品需要批次、保质期和库位", "Goods that expire need a lot, its last day and a bin";
    stock_short(has) = "这里只有 {has} 件", "Only {has} pieces are there";
    stock_lots_short = "未过期的批次不够", "Too few pieces are in lots that are still good";
    stock_refused = "会动到已被订单占用的库存，未记账", "It would take pieces that orders claim; nothing was booked";

    stock_title = "库存", "Stock";
    stock_levels = "库存水平", "Stock levels";
    stock_sku = "SKU", "SKU";
    stock_location = "仓库", "Location";
    stock_on_hand = "现有", "On hand";
    stock_allocated = "已分配", "Allocated";
    stock_reserved = "已预占", "Reserved";
    stock_quarantine = "待检", "Quarantine";
    stock_safety = "安全库存", "Safety";
    stock_available = "可售", "Available";
    stock_incoming = "在途", "Incoming";
    stock_state = "状态", "Status";
    stock_out = "售罄", "Sold out";
    stock_low = "低库存", "Low";
    stock_fine = "充足", "Fine";
    stock_back = "返回库存", "Back to stock";
    stock_movements = "库存流水", "Movements";
    stock_no_movement = "还没有流水。", "No movement yet.";
    stock_at = "时间", "When";
    stock_kind = "类型", "Kind";
    stock_delta = "变化", "Change";
    stock_actor = "操作人", "Who";
    stock_reason = "原因", "Reason";
    stock_book = "登记库存变化", "Book a movement";
    stock_book_button = "登记", "Book";
    stock_quantity = "数量", "Quantity";
    stock_quantity_hint = "调整可为负数，如 -2；盘点填实际件数。", "An adjustment may be negative, such as -2; a count is what is really there.";
    stock_see_sku = "商品信息", "About the SKU";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_pages_are_sound_whole_and_as_fragments() {
        for language in Language::ALL {
            let list = StockPage::sample(language);
            assert_sound_page(&list.render().unwrap());
            assert_sound(&list.as_list().render().unwrap());
            let item = StockItemPage::sample(language);
            assert_sound_page(&item.render().unwrap());
            assert_sound(&item.as_levels().render().unwrap());
        }
    }

    #[test]
    fn scarcity_is_told_in_words() {
        let word = |left| level(left, left, 20, Words::new(Language::En)).word;
        assert_eq!(
            [word(-1), word(0), word(20), word(21)],
            ["Sold out", "Sold out", "Low", "Fine"]
        );
    }

    #[test]
    fn a_refused_movement_keeps_what_was_entered() {
        let entered = MovementEntered { quantity: "-2x".into(), ..MovementEntered::default() };
        let errors = [("quantity", "A whole number, please".to_owned())];
        let t = Words::new(Language::En);
        let form = MovementForm::new(Vec::new(), &entered, &errors, "k".into(), t);
        let page = StockItemPage { form: Some(form), ..StockItemPage::sample(Language::En) };
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r#"value="-2x""#), "{html}");
        assert_eq!(html.matches("A whole number, please").count(), 2, "at the field and on top");
    }

    #[test]
    fn whoever_may_not_book_sees_no_form() {
        let page = StockItemPage { form: None, ..StockItemPage::sample(Language::En) };
        assert!(!page.render().unwrap().contains("/movements\""));
    }
}
