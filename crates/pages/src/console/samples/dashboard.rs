use crate::console::Section;
use crate::console::dashboard::{DashboardPage, StockAlert};
use crate::samples;
use crate::states;
use crate::ui::{Bar, BarChart, Meter, Meters, Stat, Tone, View, Views};
use crate::words::{Language, Words};
use ordermill_domain::fulfillment::State;

impl DashboardPage {
    /// A busy Sunday at 22:58.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let range = |key, name: (&str, &str)| {
            View::new(key, t.pick(name.0, name.1), format!("/console?range={key}"))
        };
        let ranges = vec![
            range("24h", ("24 小时", "24h")),
            range("7d", ("7 天", "7d")),
            range("30d", ("30 天", "30d")),
        ];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Dashboard),
            ranges: Views::of_list(t, "figures", "24h", ranges),
            href: "/console?range=24h".into(),
            as_of: samples::NOW,
            stats: stats(t),
            orders: orders(t),
            stages: stages(t),
            work: work(t),
            conversion: conversion(t),
            channels: channels(t),
            stock: stock(t),
            can_see_stock: true,
        }
    }
}

fn stats(t: Words) -> Vec<Stat> {
    let stat =
        |label: (&str, &str), value: &str, note: (&str, &str), tone, course, href: &str| Stat {
            label: t.pick(label.0, label.1).into(),
            value: value.into(),
            note: t.pick(note.0, note.1).into(),
            tone,
            course,
            href: href.into(),
        };
    vec![
        stat(
            ("24 小时订单", "Orders in 24 h"),
            "12,344",
            ("▲ 8.2% 较上周同日", "▲ 8.2% on last week"),
            Tone::Green,
            vec![6.0, 5.0, 8.0, 12.0, 18.0, 22.0, 24.0, 23.0, 20.0, 17.0, 12.0],
            "/console/orders",
        ),
        stat(
            ("已付金额", "Paid"),
            "¥10,004,117",
            ("客单价 ¥812", "¥812 per order"),
            Tone::Grey,
            vec![4.0, 8.0, 12.0, 15.0, 19.0, 22.0, 23.0, 20.0, 18.0, 14.0],
            "/console/orders?payment=paid",
        ),
        stat(
            ("购物车到付款", "Cart to paid"),
            "34.6%",
            ("目标 36%，低 1.4 个点", "1.4 points below 36%"),
            Tone::Amber,
            vec![36.0, 37.0, 35.0, 36.5, 34.0, 33.5, 35.0, 34.6],
            "/console/reports",
        ),
        stat(
            ("待付款，一小时内到期", "Unpaid, ending in 1 h"),
            "41",
            ("共 ¥33,120", "¥33,120 in all"),
            Tone::Amber,
            vec![20.0, 24.0, 22.0, 30.0, 28.0, 36.0, 41.0],
            "/console/orders?view=to_pay",
        ),
        stat(
            ("已超时", "Late"),
            "40",
            ("最久 14 分钟", "oldest 14 min"),
            Tone::Red,
            vec![12.0, 14.0, 14.0, 20.0, 26.0, 24.0, 31.0, 38.0, 40.0],
            "/console/orders?view=late",
        ),
    ]
}

/// A curve with its top in the evening, with a little noise that is the same every time.
fn orders(t: Words) -> BarChart {
    let bars: Vec<Bar> = (0..92_u32)
        .map(|quarter| {
            let hour = f64::from(quarter) / 4.0;
            let wave = |peak: f64, width: f64, height: f64| {
                height * (-((hour - peak) / width).powi(2)).exp()
            };
            let noise = f64::from(quarter * 7919 % 13) - 6.0;
            let today = 14.0 + wave(12.5, 3.5, 42.0) + wave(20.5, 2.2, 68.0) + noise;
            let before = 14.0 + wave(12.0, 3.5, 40.0) + wave(20.0, 2.4, 58.0);
            let value = today.max(2.0) as u64;
            let time = format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
            Bar { title: format!("{time} · {value}"), value, before: Some(before as u64) }
        })
        .collect();
    let sum: u64 = bars.iter().map(|bar| bar.value).sum();
    BarChart {
        label: t.pick(
            format!("每 15 分钟订单柱图，今日共 {sum} 单，20:30 前后最多"),
            format!("Bar chart of orders per 15 minutes: {sum} today, most around 20:30"),
        ),
        bars,
        ticks: ["00:00", "06:00", "12:00", "18:00", "23:00"].map(Into::into).into(),
    }
}

fn work(t: Words) -> Meters {
    let stage = |state, percent, count: u64, late: u64, oldest: &str| Meter {
        name: states::work(state, t).word,
        href: format!("/console/work?state={state}"),
        percent,
        tone: if late > 0 { Tone::Red } else { Tone::Blue },
        value: count.to_string(),
        warning: if late > 0 { t.work_late(late) } else { String::new() },
        note: t.work_oldest(oldest),
    };
    Meters {
        meters: vec![
            stage(State::Planned, 100, 214, 7, "3h 12m"),
            stage(State::Picking, 42, 90, 0, "41m"),
            stage(State::Packed, 20, 43, 0, "18m"),
        ],
    }
}

fn stages(t: Words) -> Meters {
    let stage = |name: (&str, &str), view: &str, tone, count: u64, late: u64, oldest: &str| Meter {
        name: t.pick(name.0, name.1).into(),
        href: format!("/console/orders?view={view}"),
        percent: u8::try_from(count * 100 / 522).unwrap_or(100),
        tone,
        value: count.to_string(),
        warning: match late {
            0 => String::new(),
            late => t.pick(format!("{late} 超时"), format!("{late} late")),
        },
        note: t.pick(format!("最久 {oldest}"), format!("oldest {oldest}")),
    };
    Meters {
        meters: vec![
            stage(("待付款", "To pay"), "to_pay", Tone::Grey, 341, 0, "23h 12m"),
            stage(("待审核", "In review"), "review", Tone::Violet, 186, 9, "3h 12m"),
            stage(("待处理", "To process"), "to_process", Tone::Amber, 522, 16, "58m"),
            stage(("待发货", "To ship"), "to_ship", Tone::Blue, 232, 9, "1h 05m"),
            stage(("异常", "Exceptions"), "late", Tone::Red, 8, 6, "24m"),
        ],
    }
}

fn conversion(t: Words) -> Meters {
    let step = |name: (&str, &str), percent, value: &str, note: (&str, &str)| Meter {
        name: t.pick(name.0, name.1).into(),
        href: "/console/reports".into(),
        percent,
        tone: Tone::Blue,
        value: value.into(),
        warning: String::new(),
        note: t.pick(note.0, note.1).into(),
    };
    Meters {
        meters: vec![
            step(("购物车", "Carts"), 100, "35,676", ("100%", "100%")),
            step(("结算", "Checkout"), 52, "18,551", ("52.0%", "52.0%")),
            step(("下单", "Placed"), 38, "13,521", ("37.9%", "37.9%")),
            step(("付款", "Paid"), 35, "12,344", ("34.6%", "34.6%")),
        ],
    }
}

fn channels(t: Words) -> Meters {
    let channel = |name: (&str, &str), key: &str, percent, value: &str| Meter {
        name: t.pick(name.0, name.1).into(),
        href: format!("/console/orders?channel={key}"),
        percent,
        tone: Tone::Grey,
        value: value.into(),
        warning: String::new(),
        note: format!("{percent}%"),
    };
    Meters {
        meters: vec![
            channel(("商城", "Shop"), "shop", 46, "5,678"),
            channel(("天猫", "Tmall"), "tmall", 31, "3,827"),
            channel(("抖音", "Douyin"), "douyin", 23, "2,839"),
        ],
    }
}

fn stock(t: Words) -> Vec<StockAlert> {
    let alert = |sku: &str, name: (&str, &str), location: &str, available, course| StockAlert {
        sku: sku.into(),
        name: t.pick(name.0, name.1).into(),
        location: location.into(),
        available,
        reorder_point: 20,
        course,
    };
    vec![
        alert(
            "TENT-2P",
            ("双人帐篷", "Two-person tent"),
            "SH-1",
            0,
            vec![14.0, 9.0, 8.0, 4.0, 1.0, 0.0],
        ),
        alert(
            "CUP-CEL-2",
            ("青瓷对杯", "Celadon cups"),
            "GZ-2",
            3,
            vec![28.0, 22.0, 19.0, 12.0, 6.0, 3.0],
        ),
        alert(
            "LAMP-RICE",
            ("和纸台灯", "Paper table lamp"),
            "SH-1",
            11,
            vec![18.0, 40.0, 33.0, 24.0, 15.0, 11.0],
        ),
    ]
}
