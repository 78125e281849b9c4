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
use crate::ui::{Badge, Choice, Empty, Field, Filters, FormErrors, Pager, Tone, Views};
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
    /// Its level at each location.
    pub levels: Vec<StockRow>,
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

/// How much is left, in one badge.
pub fn level(available: i64, reorder_point: i64, t: Words) -> Badge {
    if available <= 0 {
        Badge::new(Tone::Red, Icon::Ban, t.stock_out())
    } else if available < reorder_point {
        Badge::new(Tone::Amber, Icon::Alert, t.stock_low())
    } else {
        Badge::new(Tone::Green, Icon::Check, t.stock_fine())
    }
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
        let kinds = [MovementKind::Receive, MovementKind::Adjust, MovementKind::Count]
            .map(|kind| Choice::new(kind.code(), states::movement(kind, t)));
        let mut fields = vec![
            Field::select("location", t.stock_location(), locations).value(&entered.location),
            Field::select("kind", t.stock_kind(), kinds.into()).value(&entered.kind),
            Field::new("quantity", t.stock_quantity())
                .hint(t.stock_quantity_hint())
                .value(&entered.quantity)
                .max_length(9),
            Field::new("reason", t.stock_reason()).value(&entered.reason).max_length(200),
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
}

crate::words! {
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
    stock_edit_sku = "编辑商品", "Edit the SKU";
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
        let word = |available| level(available, 20, Words::new(Language::En)).word;
        assert_eq!(
            [word(-1), word(0), word(19), word(20)],
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
