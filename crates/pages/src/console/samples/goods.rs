//! Stock, catalog and coupons.

use crate::console::Section;
use crate::console::catalog::sku::{PlaceRow, PolicyEntered, PolicyForm};
use crate::console::catalog::{self, CatalogPage, Part, SkuPage, SkuRow};
use crate::console::coupons::{self, CouponRow, CouponsPage, Gives, Standing};
use crate::console::promotions;
use crate::console::stock::{
    LotRow, MovementEntered, MovementForm, MovementRow, StockItemPage, StockPage, StockRow, level,
};
use crate::icon::Icon;
use crate::samples::{self, in_minutes, yuan};
use crate::states;
use crate::ui::{
    Action, Choice, Effect, Empty, Filter, Filters, FormErrors, Pager, Tone, View, Views,
};
use crate::words::{Language, Words};

const GOODS: [(&str, (&str, &str), i64, i64); 6] = [
    ("TENT-2P", ("双人帐篷", "Two-person tent"), 0, 69_900),
    ("CUP-CEL-2", ("青瓷对杯", "Celadon cups"), 3, 12_800),
    ("LAMP-RICE", ("和纸台灯", "Paper table lamp"), 11, 23_900),
    ("TEA-LJ-250", ("明前龙井", "Longjing green tea"), 84, 16_900),
    ("SHIRT-LIN-M", ("棉麻立领衬衫", "Linen band-collar shirt"), 132, 16_900),
    ("SOCK-3P", ("精梳棉袜", "Combed cotton socks"), 640, 9_900),
];

impl StockPage {
    /// The scarcest first.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let view = |key, name: (&str, &str), count, tone| {
            View::new(key, t.pick(name.0, name.1), format!("/console/stock?view={key}"))
                .count(count, tone)
        };
        let views = vec![
            view("all", ("全部", "All"), 1_050, Tone::Grey),
            view("low", ("低库存", "Low"), 23, Tone::Amber),
            view("out", ("售罄", "Sold out"), 4, Tone::Red),
            view("quarantine", ("待检", "Quarantine"), 7, Tone::Violet),
        ];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Stock),
            views: Views::of_list(t, "list", "all", views),
            filters: filters(
                t,
                "/console/stock",
                Filter::select(
                    "location",
                    t.pick("全部仓库", "All locations"),
                    "",
                    vec![Choice::new("SH-1", "SH-1"), Choice::new("GZ-2", "GZ-2")],
                ),
            ),
            rows: GOODS
                .iter()
                .map(|&(sku, name, left, _)| stock_row(sku, name, "SH-1", left, t))
                .collect(),
            empty: nothing(t),
            pager: pager(
                t,
                t.pick("共 1,050 条 · 最缺在前", "1,050 levels · scarcest first"),
                "/console/stock?cursor=c1",
            ),
        }
    }
}

impl StockItemPage {
    /// Cups that run low.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let name = GOODS[1].1;
        let moved =
            |ago: i64, kind, delta, on_hand, who: (&str, &str), why: (&str, &str)| MovementRow {
                at: in_minutes(-ago),
                kind: states::movement(kind, t).into(),
                location: "GZ-2".into(),
                delta,
                on_hand,
                actor: t.pick(who.0, who.1).into(),
                reason: t.pick(why.0, why.1).into(),
            };
        use ordermill_domain::stock::MovementKind as M;
        let locations = vec![Choice::new("SH-1", "SH-1"), Choice::new("GZ-2", "GZ-2")];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Stock),
            id: "sku_0K3M".into(),
            sku: "CUP-CEL-2".into(),
            name: t.pick(name.0, name.1).into(),
            levels: vec![
                stock_row("CUP-CEL-2", name, "GZ-2", 3, t),
                stock_row("CUP-CEL-2", name, "SH-1", 26, t),
                stock_row("CUP-CEL-2", name, "CD-1", 0, t),
            ],
            sku_href: Some("/console/catalog/skus/CUP-CEL-2".into()),
            lots: vec![LotRow {
                location: "SH-1".into(),
                bin: "A-01-02".into(),
                lot: "L2611".into(),
                expires_on: "2027-05-31".into(),
                is_expired: false,
                on_hand: 13,
            }],
            movements: vec![
                moved(
                    18,
                    M::Ship,
                    -2,
                    13,
                    ("系统", "System"),
                    ("订单 261122-0K3M-W6M9-2RA", "Order 261122-0K3M-W6M9-2RA"),
                ),
                moved(240, M::Adjust, -1, 15, ("周凯", "Zhou Kai"), ("破损", "Broken")),
                moved(1_510, M::Count, 1, 16, ("周凯", "Zhou Kai"), ("月度盘点", "Monthly count")),
                moved(
                    2_900,
                    M::Receive,
                    24,
                    15,
                    ("周凯", "Zhou Kai"),
                    ("采购单 PO-1182", "Purchase PO-1182"),
                ),
            ],
            pager: pager(
                t,
                t.pick("最新在前", "newest first"),
                "/console/stock/CUP-CEL-2?cursor=m1",
            ),
            form: Some(MovementForm::new(
                locations,
                &MovementEntered::default(),
                &[],
                "01JD3M9Z".into(),
                t,
            )),
        }
    }
}

fn stock_row(sku: &str, name: (&str, &str), location: &str, available: i64, t: Words) -> StockRow {
    StockRow {
        sku: sku.into(),
        name: t.pick(name.0, name.1).into(),
        location: location.into(),
        on_hand: available + 12,
        allocated: 6,
        reserved: 4,
        quarantine: 0,
        safety: 2,
        available,
        incoming: 24,
        state: level(available, available, 20, t),
    }
}

impl CatalogPage {
    /// Six SKUs.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let row = |&(sku, name, available, fen): &(&str, (&str, &str), i64, i64)| SkuRow {
            sku: sku.into(),
            href: format!("/console/catalog/skus/{sku}"),
            art: samples::art(sku),
            name: t.pick(name.0, name.1).into(),
            category: t.pick("家居", "Home").into(),
            flags: t.pick("易碎", "Fragile").into(),
            price: yuan(fen),
            available,
            state: catalog::list::sale(available > 0, t),
        };
        let view = |key, name: (&str, &str), count| {
            View::new(key, t.pick(name.0, name.1), format!("/console/catalog?view={key}"))
                .count(count, Tone::Grey)
        };
        let views = vec![
            view("all", ("全部", "All"), 350),
            view("active", ("在售", "On sale"), 341),
            view("inactive", ("已下架", "Off sale"), 9),
        ];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            parts: catalog::parts(Part::Skus, t),
            views: Views::of_list(t, "list", "all", views),
            filters: filters(
                t,
                "/console/catalog",
                Filter::select(
                    "category",
                    t.pick("全部分类", "All categories"),
                    "",
                    vec![Choice::new("tea", t.pick("茶叶", "Tea"))],
                ),
            ),
            rows: GOODS.iter().map(row).collect(),
            empty: nothing(t),
            pager: pager(
                t,
                t.pick("共 350 个 · 按编码", "350 SKUs · by code"),
                "/console/catalog?cursor=s1",
            ),
            can_change: true,
        }
    }
}

impl SkuPage {
    /// Celadon cups, as somebody sees them who may change them.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let href = "/console/catalog/skus/CUP-CEL-2";
        let place = |location: &str, available| PlaceRow {
            location: location.into(),
            available,
            on_hand: available + 12,
            incoming: 24,
            safety: 2,
            backorder: t.sku_backorder_deny().into(),
        };
        let version = || vec![("version", "4".to_owned())];
        let off = Effect::Post(format!("{href}/off"), version());
        let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let locations = vec![Choice::new("SH-1", "SH-1"), Choice::new("GZ-2", "GZ-2")];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            sku: "CUP-CEL-2".into(),
            name: t.pick("青瓷对杯", "Celadon cups").into(),
            href: href.into(),
            art: samples::art("CUP-CEL-2"),
            state: catalog::list::sale(true, t),
            actions: vec![
                Action::new(Icon::Pause, t.sku_take_off(), off),
                Action::new(Icon::Edit, t.sku_edit_button(), Effect::Open(format!("{href}/edit")))
                    .primary(),
            ],
            waiting: Some(("¥128.00 → ¥68.00".into(), "/console/approvals/tsk_1".into())),
            facts: vec![
                fact(t.sku_gtin(), "6901234567892"),
                fact(t.sku_category(), t.pick("厨房", "Kitchen")),
                fact(t.sku_weight(), "620"),
                fact(t.sku_flags(), t.sku_fragile()),
            ],
            descriptions: vec![fact(t.sku_description_zh(), "龙泉青瓷，手工拉坯。")],
            prices: vec![fact("CNY", "¥128.00"), fact("USD", "$19.90")],
            substitutes: vec![("CUP-CEL-4".into(), "/console/catalog/skus/CUP-CEL-4".into())],
            stock: vec![place("GZ-2", 3), place("SH-1", 26)],
            stock_href: Some("/console/stock/CUP-CEL-2".into()),
            policy: Some(PolicyForm::new(locations, &PolicyEntered::default(), &[], t)),
            picture: Some(FormErrors::default()),
            version: 4,
        }
    }
}

impl CouponsPage {
    /// One of each state.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let row = |code: &str, benefit: String, used: &str, standing: Standing| CouponRow {
            href: "/console/promotions/coupons/cpn_1".into(),
            code: code.into(),
            name: t.pick("秋季满减", "Autumn").into(),
            benefit,
            scope: t.coupon_scope_all().into(),
            valid: "11-01 00:00 – 11-30 24:00".into(),
            used: used.into(),
            state: coupons::standing(standing, t),
        };
        let view = |key| {
            let href = format!("/console/promotions?view={key}");
            View::new(key, coupons::view_name(key, t), href)
        };
        let amount = coupons::benefit(Gives::Amount(yuan(2_000)), Some(yuan(19_900)), t);
        let freight = coupons::benefit(Gives::Freight(Some(yuan(1_500))), None, t);
        let percent = coupons::benefit(Gives::Percent("10", Some(yuan(5_000))), None, t);
        let views = ["all", "active", "planned", "ended"].map(view);
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Promotions),
            parts: promotions::parts(promotions::Part::Coupons, t),
            views: Views::of_list(t, "list", "all", views.into()),
            filters: coupons::filters("all", "", None, t),
            rows: vec![
                row("AUTUMN20", amount, "1,204 / 5,000", Standing::Active),
                row("FREESHIP", freight, "0 / 10,000", Standing::Planned),
                row("双十一", percent, "8,000 / 8,000", Standing::UsedUp),
            ],
            empty: nothing(t),
            pager: Pager { next: None, ..pager(t, t.coupons_newest_first(), "") },
        }
    }
}

fn filters(t: Words, action: &str, more: Filter) -> Filters {
    Filters {
        t,
        action: action.into(),
        region: "list",
        kept: Vec::new(),
        filters: vec![Filter::search(t.pick("编码或名称", "Code or name"), ""), more],
        clear: None,
    }
}

fn nothing(t: Words) -> Empty {
    Empty {
        icon: Icon::Search,
        title: t.pick("没有符合条件的内容", "Nothing matches").into(),
        text: t.pick("试试放宽筛选。", "Loosen the filters.").into(),
        action: None,
    }
}

fn pager(t: Words, summary: &str, next: &str) -> Pager {
    Pager { t, summary: summary.into(), first: None, next: Some(next.into()), region: "list" }
}
