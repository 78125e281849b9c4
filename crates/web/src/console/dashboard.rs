//! The dashboard: how the day goes, and what waits where.

use axum::response::{IntoResponse, Response};
use ordermill_app::order::sight::Sight;
use ordermill_app::overview::{Overview, SLOT, SLOTS_OF_DAY};
use ordermill_base::{Money, Timestamp};
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::dashboard::{DashboardPage, StockAlert};
use ordermill_pages::console::orders::SavedView;
use ordermill_pages::format::grouped;
use ordermill_pages::ui::{Bar, BarChart, Meter, Meters, Stat, Tone, Views};
use ordermill_pages::{Page, Part};
use ordermill_storage::channel;

use super::desk::Desk;
use super::orders::{channel_called, of_view};
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const HERE: &str = "/console/dashboard";

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/dashboard", Needs::Right(Permission::ReadOrders), show)
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    let sight = Sight::of(&desk.member.principal)?;
    if matches!(sight, Sight::Site(_)) {
        // Figures of all sites are no concern of one.
        return Err(Trouble::Forbidden(Permission::ReadOrders));
    }
    let services = desk.site.services();
    let (database, catalog, t) = (services.database(), services.catalog(), desk.t());
    let overview =
        services.overviews().of(database, &catalog, day_began_at(&desk), desk.now()).await?;
    let channels = database.read(channel::list).await?;
    let all: u64 = overview.today.iter().sum();
    let channel_meters = overview.channels.iter().map(|(id, orders)| {
        let known = channels.iter().find(|channel| channel.id == *id);
        let code = known.map_or("", |channel| channel.code.as_str());
        Meter {
            name: channel_called(*id, &channels, t),
            href: format!("/console/orders?channel={code}"),
            percent: percent(*orders, all),
            tone: Tone::Grey,
            value: grouped(*orders),
            warning: String::new(),
            note: format!("{}%", percent(*orders, all)),
        }
    });
    let alerts = overview.alerts.iter().filter_map(|(id, left)| {
        let sku = catalog.sku(*id)?;
        Some(StockAlert {
            sku: sku.code.clone(),
            name: t.pick(&sku.name.zh, &sku.name.en).clone(),
            location: String::new(),
            available: *left,
            reorder_point: sku.reorder_point,
            course: Vec::new(),
        })
    });
    let page = DashboardPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Dashboard),
        ranges: Views { label: String::new(), views: Vec::new(), region: "" },
        href: HERE.to_owned(),
        as_of: overview.as_of,
        stats: stats(&desk, &overview),
        orders: chart(&desk, &overview),
        stages: stages(&desk, sight).await?,
        work: super::work::stages(&desk, &overview.work, None),
        conversion: conversion(&desk, &overview),
        channels: Meters { meters: channel_meters.collect() },
        stock: alerts.collect(),
        can_see_stock: desk.member.principal.may_enter(Permission::AdjustStock),
    };
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_figures()).into_response(),
    })
}

/// Midnight by the clock of the site.
fn day_began_at(desk: &Desk) -> Timestamp {
    let now = desk.now().to_jiff().to_zoned(desk.shell().site.zone.clone());
    now.start_of_day().map_or(desk.now(), |midnight| midnight.timestamp().into())
}

fn percent(part: u64, of: u64) -> u8 {
    u8::try_from((part * 100).checked_div(of).unwrap_or(0)).unwrap_or(100)
}

fn stats(desk: &Desk, overview: &Overview) -> Vec<Stat> {
    let t = desk.t();
    let today: u64 = overview.today.iter().sum();
    let by_now: u64 = overview.last_week.iter().take(overview.today.len()).sum();
    let (against, tone) = match (today * 100).checked_div(by_now) {
        None => (t.dashboard_no_week().to_owned(), Tone::Grey),
        Some(share) if share >= 100 => {
            (t.dashboard_against(format!("▲ {}%", share - 100)), Tone::Green)
        }
        Some(share) => (t.dashboard_against(format!("▼ {}%", 100 - share)), Tone::Amber),
    };
    let course: Vec<f64> = overview
        .today
        .chunks(4)
        .map(|hour| u32::try_from(hour.iter().sum::<u64>()).map_or(f64::MAX, f64::from))
        .collect();
    let average = overview.value.minor.checked_div(today.cast_signed()).unwrap_or(0);
    let carts = overview.carts;
    let rate = (carts.paid * 1_000).checked_div(carts.carts);
    let has_unpaid = overview.unpaid_ending > 0;
    let stat = |label: &str, value: String, note: String, tone, href: &str| Stat {
        label: label.to_owned(),
        value,
        note,
        tone,
        course: Vec::new(),
        href: href.to_owned(),
    };
    let amber_if = |is_so| if is_so { Tone::Amber } else { Tone::Grey };
    let stock_href = if desk.member.principal.may_enter(Permission::AdjustStock) {
        "/console/stock?view=low"
    } else {
        HERE
    };
    vec![
        Stat {
            course,
            ..stat(t.dashboard_orders_today(), grouped(today), against, tone, "/console/orders")
        },
        stat(
            t.dashboard_value_today(),
            overview.value.to_string(),
            t.dashboard_average(Money::new(average, overview.value.currency)),
            Tone::Grey,
            "/console/orders",
        ),
        stat(
            t.dashboard_conversion_rate(),
            rate.map_or("—".to_owned(), |rate| format!("{}.{}%", rate / 10, rate % 10)),
            if carts.carts > 0 {
                t.dashboard_of_carts(carts.carts.unsigned_abs())
            } else {
                t.dashboard_no_carts().to_owned()
            },
            Tone::Grey,
            "/console/orders",
        ),
        stat(
            t.dashboard_unpaid(),
            grouped(overview.unpaid_ending),
            t.dashboard_then_canceled().to_owned(),
            amber_if(has_unpaid),
            "/console/orders?view=due",
        ),
        stat(
            t.dashboard_low(),
            grouped(overview.low),
            t.dashboard_skus().to_owned(),
            amber_if(overview.low > 0),
            stock_href,
        ),
    ]
}

fn chart(desk: &Desk, overview: &Overview) -> BarChart {
    let (t, shell) = (desk.t(), desk.shell());
    let bar = |slot: usize| {
        let moments = i64::try_from(slot).unwrap_or(0) * SLOT.as_micros();
        let at = overview.day_began_at + ordermill_base::Span::micros(moments);
        let value = overview.today.get(slot).copied().unwrap_or(0);
        Bar {
            title: format!("{} · {value}", shell.time_of_day(&at)),
            value,
            before: overview.last_week.get(slot).copied(),
        }
    };
    let today: u64 = overview.today.iter().sum();
    BarChart {
        label: t.dashboard_chart(today),
        bars: (0..SLOTS_OF_DAY).map(bar).collect(),
        ticks: ["00:00", "06:00", "12:00", "18:00", "24:00"].map(Into::into).into(),
    }
}

/// What waits where; the figures are those of the saved views.
async fn stages(desk: &Desk, sight: Sight) -> Result<Meters, Trouble> {
    let (services, t) = (desk.site.services(), desk.t());
    let views = [
        SavedView::ToPay,
        SavedView::Review,
        SavedView::ToProcess,
        SavedView::Backordered,
        SavedView::Due,
    ];
    let mut counted = Vec::new();
    for view in views {
        let filter = sight.narrow(of_view(view, desk.now()));
        let figure = services.figures().orders(services.database(), &filter, desk.now()).await?;
        counted.push((view, figure));
    }
    let most = counted.iter().map(|(_, figure)| figure.count).max().unwrap_or(0);
    let meter = |(view, figure): &(SavedView, ordermill_app::figures::Figure)| {
        let (name, tone) = view.words(t);
        let sign = if figure.is_more { "+" } else { "" };
        Meter {
            name: name.to_owned(),
            href: format!("/console/orders?view={}", view.key()),
            percent: percent(figure.count, most),
            tone,
            value: format!("{}{sign}", grouped(figure.count)),
            warning: String::new(),
            note: String::new(),
        }
    };
    Ok(Meters { meters: counted.iter().map(meter).collect() })
}

fn conversion(desk: &Desk, overview: &Overview) -> Meters {
    let t = desk.t();
    let carts = overview.carts;
    let all = carts.carts.unsigned_abs();
    let step = |name: &str, count: i64| Meter {
        name: name.to_owned(),
        href: "/console/orders".to_owned(),
        percent: percent(count.unsigned_abs(), all),
        tone: Tone::Blue,
        value: grouped(count.unsigned_abs()),
        warning: String::new(),
        note: format!("{}%", percent(count.unsigned_abs(), all)),
    };
    Meters {
        meters: vec![
            step(t.dashboard_carts(), carts.carts),
            step(t.dashboard_placed(), carts.placed),
            step(t.dashboard_paid(), carts.paid),
        ],
    }
}
