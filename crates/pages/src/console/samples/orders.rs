use ordermill_base::Span;
use ordermill_domain::order::DisplayStatus as S;
use ordermill_domain::payment::PaymentStatus as P;

use crate::console::Section;
use crate::console::orders::{OrderRow, OrdersPage, Skipped};
use crate::icon::Icon;
use crate::samples::{self, in_minutes, yuan};
use crate::states;
use crate::ui::{Choice, Empty, Filter, Filters, Pager, Remaining, Tone, View, Views};
use crate::words::{Language, Words};

/// Number, tag, minutes ago, recipient, city in both languages, status, money, minutes left,
/// pieces, fen, location, channel in both languages.
type Row = (
    &'static str,
    Option<(&'static str, &'static str)>,
    i64,
    (&'static str, &'static str, &'static str),
    (S, P),
    Option<i64>,
    (u64, i64),
    &'static str,
    (&'static str, &'static str),
);

const SHOP: (&str, &str) = ("商城", "Shop");
const MARKET: (&str, &str) = ("天猫", "Tmall");
const VIDEO: (&str, &str) = ("抖音", "Douyin");

const ROWS: [Row; 12] = [
    (
        "261122-0K3M-Z0Q4-7XC",
        Some(("VIP", "VIP")),
        4,
        ("林**", "上海", "Shanghai"),
        (S::InReview, P::Paid),
        Some(42),
        (4, 64_600),
        "SH-1",
        SHOP,
    ),
    (
        "261122-0K3M-Y8P1-4TD",
        None,
        5,
        ("黄*", "西安", "Xi'an"),
        (S::ToPay, P::Unpaid),
        Some(1_435),
        (1, 16_900),
        "",
        SHOP,
    ),
    (
        "261122-0K3M-X7N0-9QB",
        None,
        7,
        ("陈**", "广州", "Guangzhou"),
        (S::ToProcess, P::Paid),
        Some(240),
        (4, 9_206),
        "GZ-2",
        MARKET,
    ),
    (
        "261122-0K3M-W6M9-2RA",
        Some(("拆单", "Split")),
        9,
        ("孙*", "西安", "Xi'an"),
        (S::PartlyShipped, P::Paid),
        None,
        (4, 121_694),
        "GZ-2",
        MARKET,
    ),
    (
        "261122-0K3M-V5L8-8SF",
        None,
        12,
        ("赵*", "杭州", "Hangzhou"),
        (S::InReview, P::Paid),
        Some(-11),
        (5, 97_861),
        "SH-1",
        VIDEO,
    ),
    (
        "261122-0K3M-T4K7-1GH",
        None,
        14,
        ("周**", "上海", "Shanghai"),
        (S::ToShip, P::Paid),
        Some(205),
        (6, 52_594),
        "SH-1",
        SHOP,
    ),
    (
        "261122-0K3M-S3J6-5VE",
        None,
        18,
        ("吴**", "广州", "Guangzhou"),
        (S::ToHandOver, P::CodDue),
        Some(98),
        (4, 27_427),
        "GZ-2",
        SHOP,
    ),
    (
        "261122-0K3M-R2H5-0WN",
        None,
        25,
        ("李*", "深圳", "Shenzhen"),
        (S::Shipped, P::Paid),
        None,
        (4, 113_631),
        "GZ-2",
        MARKET,
    ),
    (
        "261122-0K3M-Q1G4-6ZK",
        None,
        31,
        ("刘*", "武汉", "Wuhan"),
        (S::Intercepted, P::Paid),
        Some(57),
        (3, 58_158),
        "",
        VIDEO,
    ),
    (
        "261122-0K3M-P0F3-3YJ",
        None,
        44,
        ("徐**", "长沙", "Changsha"),
        (S::AfterSale, P::PartiallyRefunded),
        Some(5_800),
        (2, 125_784),
        "CD-1",
        SHOP,
    ),
    (
        "261122-0K3M-N9E2-7XM",
        None,
        52,
        ("张**", "南京", "Nanjing"),
        (S::Canceled, P::Refunded),
        None,
        (5, 53_253),
        "",
        SHOP,
    ),
    (
        "261122-0K3M-M8D1-4TP",
        None,
        58,
        ("何*", "成都", "Chengdu"),
        (S::Completed, P::Paid),
        None,
        (1, 4_500),
        "CD-1",
        SHOP,
    ),
];

impl OrdersPage {
    /// The newest orders of a busy evening.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let rows: Vec<OrderRow> = ROWS.iter().map(|row| sample_row(row, t)).collect();
        let view = |key, name: (&str, &str), count, tone| {
            let href = match key {
                "all" => "/console/orders".to_owned(),
                key => format!("/console/orders?view={key}"),
            };
            View::new(key, t.pick(name.0, name.1), href).count(count, tone)
        };
        let views = vec![
            view("all", ("全部", "All"), 12_487, Tone::Grey),
            view("to_pay", ("待付款", "To pay"), 341, Tone::Grey),
            view("review", ("待审核", "In review"), 186, Tone::Violet),
            view("to_process", ("待处理", "To process"), 522, Tone::Amber),
            view("late", ("有超时风险", "At risk"), 218, Tone::Red),
            view("shipped", ("运输中", "On the way"), 3_124, Tone::Grey),
            view("after_sale", ("售后中", "After-sale"), 355, Tone::Grey),
        ];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Orders),
            views: Views::of_list(t, "list", "all", views),
            filters: filters(t, "", None),
            query: String::new(),
            newer_href: "/console/orders/newer?after=ord_261122".into(),
            rows,
            empty: Empty {
                icon: Icon::List,
                title: t.pick("还没有订单", "No orders yet").into(),
                text: t.pick("第一单会出现在这里。", "The first one will appear here.").into(),
                action: None,
            },
            pager: Pager {
                t,
                summary: t.pick("共 12,487 单 · 最新在前", "12,487 orders · newest first").into(),
                first: None,
                next: Some("/console/orders?cursor=b7Q".into()),
                region: "list",
            },
            total: 12_487,
            can_change: true,
            skipped: Vec::new(),
            key: "01JD3M9Z".into(),
        }
    }

    /// A search that finds nothing.
    pub fn sample_no_match(language: Language) -> Self {
        let t = Words::new(language);
        Self {
            filters: filters(t, "nothing", Some("/console/orders".into())),
            query: "q=nothing".into(),
            rows: Vec::new(),
            empty: Empty {
                icon: Icon::Search,
                title: t.pick("没有符合条件的订单", "No orders match").into(),
                text: t
                    .pick("试试放宽筛选，或清除全部条件。", "Loosen the filters or clear them all.")
                    .into(),
                action: Some((
                    "/console/orders".into(),
                    t.pick("清除筛选", "Clear filters").into(),
                )),
            },
            total: 0,
            ..Self::sample(language)
        }
    }

    /// After a bulk that skipped two.
    pub fn sample_skipped(language: Language) -> Self {
        let t = Words::new(language);
        let skipped = |number: &str, reason: (&str, &str)| Skipped {
            number: number.into(),
            reason: t.pick(reason.0, reason.1).into(),
        };
        Self {
            skipped: vec![
                skipped("261122-0K3M-V5L8-8SF", ("刚刚被别人改过", "changed by someone else")),
                skipped("261122-0K3M-Q1G4-6ZK", ("风控拦截中", "stopped by risk")),
            ],
            ..Self::sample(language)
        }
    }
}

fn sample_row(row: &Row, t: Words) -> OrderRow {
    let &(number, tag, ago, recipient, state, left, figures, location, channel) = row;
    OrderRow {
        id: format!("ord_{}", number.replace('-', "")),
        version: 3,
        number: number.into(),
        tags: tag.iter().map(|tag| t.pick(tag.0, tag.1).to_owned()).collect(),
        placed_at: in_minutes(-ago),
        recipient: recipient.0.into(),
        place: t.pick(recipient.1, recipient.2).into(),
        state: states::order(state.0, t),
        remaining: left
            .map(|left| Remaining::new(in_minutes(left), samples::NOW, Span::hours(1), t)),
        pieces: figures.0,
        total: yuan(figures.1),
        payment: states::payment_status(state.1, t),
        location: location.into(),
        channel: t.pick(channel.0, channel.1).into(),
    }
}

fn filters(t: Words, q: &str, clear: Option<String>) -> Filters {
    let choices = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(value, label)| Choice::new(*value, *label)).collect::<Vec<_>>()
    };
    let money =
        P::ALL.map(|status| Choice::new(status.code(), states::payment_status(status, t).word));
    Filters {
        t,
        action: "/console/orders".into(),
        region: "list",
        kept: vec![("view", String::new())],
        filters: vec![
            Filter::search(t.pick("订单号", "Order number"), q),
            Filter::select(
                "location",
                t.pick("全部仓库", "All locations"),
                "",
                choices(&[("SH-1", "SH-1"), ("GZ-2", "GZ-2"), ("CD-1", "CD-1")]),
            ),
            Filter::select(
                "channel",
                t.pick("全部渠道", "All channels"),
                "",
                vec![
                    Choice::new("shop", t.pick("商城", "Shop")),
                    Choice::new("tmall", t.pick("天猫", "Tmall")),
                ],
            ),
            Filter::select("payment", t.pick("全部付款", "All payments"), "", money.into()),
        ],
        clear,
    }
}
