use ordermill_base::Span;
use ordermill_domain::order::DisplayStatus as S;
use ordermill_domain::payment::PaymentStatus as P;

use crate::console::Section;
use crate::console::orders::{self, Chosen, OrderRow, OrdersPage, SavedView, Skipped};
use crate::samples::{self, in_minutes, yuan};
use crate::states;
use crate::ui::{Filters, Pager, Remaining, View, Views};
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
        let counts = [12_487, 341, 186, 522, 218, 12, 355];
        let views = SavedView::ALL.into_iter().zip(counts).map(|(view, count)| {
            let href = format!("/console/orders?view={}", view.key());
            let (name, tone) = view.words(t);
            View::new(view.key(), name, href).count(count, tone)
        });
        let views = views.collect();
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Orders),
            views: Views::of_list(t, "list", "all", views),
            filters: filters(t, "", None),
            query: String::new(),
            newer_href: "/console/orders/newer?after=ord_261122".into(),
            rows,
            empty: orders::empty(false, "", t),
            pager: Pager {
                t,
                summary: orders::summary(Some((12_487, false)), t),
                first: None,
                next: Some("/console/orders?cursor=b7Q".into()),
                region: "list",
            },
            can_change: true,
            total: Some((12_487, false)),
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
            total: None,
            rows: Vec::new(),
            empty: orders::empty(true, "/console/orders", t),
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
    let channels = [("shop", t.pick("商城", "Shop")), ("tmall", t.pick("天猫", "Tmall"))];
    let channels = channels.map(|(code, name)| (code.to_owned(), name.to_owned()));
    let chosen = Chosen { q: q.into(), ..Chosen::default() };
    orders::filters(&chosen, &channels, clear, t)
}
