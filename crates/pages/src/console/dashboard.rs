//! The dashboard, `/console/dashboard`: how the day goes, and what waits where.
//!
//! `range` is `24h`, `7d` or `30d`. The block `figures` refreshes itself with every order.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{BarChart, Meters, Stat, Views, sparkline};

/// The dashboard.
#[derive(Debug, Clone, Template)]
#[template(path = "console/dashboard.html", blocks = ["figures"])]
pub struct DashboardPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The spans of time to choose from.
    pub ranges: Views,
    /// The address of this page with its range, for the refresh.
    pub href: String,
    /// As of when.
    pub as_of: Timestamp,
    /// Five key figures, each with the list behind it.
    pub stats: Vec<Stat>,
    /// Orders per 15 minutes against the same day last week.
    pub orders: BarChart,
    /// Orders by where they wait.
    pub stages: Meters,
    /// What the locations still have to do, by state.
    pub work: Meters,
    /// From cart to payment.
    pub conversion: Meters,
    /// Where orders come from.
    pub channels: Meters,
    /// SKUs below their reorder point, the worst first.
    pub stock: Vec<StockAlert>,
    /// Whether they may look at stock.
    pub can_see_stock: bool,
}

/// A SKU that runs low.
#[derive(Debug, Clone)]
pub struct StockAlert {
    /// Its code.
    pub sku: String,
    /// What it is.
    pub name: String,
    /// Where.
    pub location: String,
    /// What is left to sell.
    pub available: i64,
    /// Below which more should be ordered.
    pub reorder_point: i64,
    /// What was available on the last days, oldest first.
    pub course: Vec<f64>,
}

impl StockAlert {
    fn points(&self) -> String {
        sparkline(&self.course)
    }
}

crate::words! {
    dashboard_title = "运营看板", "Dashboard";
    dashboard_as_of(time) = "截至 {time}，随订单更新", "As of {time}, updates with every order";
    dashboard_figures = "关键指标", "Key figures";
    dashboard_range = "时间范围", "Range";
    dashboard_orders = "每 15 分钟订单", "Orders per 15 min";
    dashboard_orders_note = "柱为今日，虚线为上周同日", "bars today, dashed last week";
    dashboard_stages = "各环节在制", "Work in progress";
    dashboard_work = "仓库在制", "Work of the locations";
    dashboard_work_none = "没有在制作业。", "No open work.";
    dashboard_conversion = "从购物车到付款", "From cart to payment";
    dashboard_channels = "渠道", "Channels";
    dashboard_stock = "库存预警", "Stock alerts";
    dashboard_stock_all = "全部低库存", "All low stock";
    dashboard_stock_left(left, point) = "可售 {left}，补货点 {point}", "{left} left, reorder at {point}";
    dashboard_orders_today = "今日订单", "Orders today";
    dashboard_value_today = "今日金额", "Value today";
    dashboard_conversion_rate = "购物车到付款", "Cart to paid";
    dashboard_unpaid = "一小时内到期未付", "Unpaid, ending in 1 h";
    dashboard_low = "低于补货点", "Below reorder point";
    dashboard_against(percent) = "{percent} 较上周同时", "{percent} on last week by now";
    dashboard_no_week = "上周同时没有订单", "None last week by now";
    dashboard_average(amount) = "客单价 {amount}", "{amount} per order";
    dashboard_of_carts(count) = "24 小时内 {count} 个购物车", "Of {count} cart in 24 h" | "Of {count} carts in 24 h";
    dashboard_no_carts = "24 小时内没有购物车", "No cart in 24 h";
    dashboard_then_canceled = "到时自动取消", "Then canceled by themselves";
    dashboard_skus = "个 SKU", "SKUs";
    dashboard_carts = "购物车", "Carts";
    dashboard_placed = "下单", "Placed";
    dashboard_paid = "付款", "Paid";
    dashboard_chart(count) = "每 15 分钟订单柱图，今日共 {count} 单", "Bar chart of orders per 15 minutes: {count} today" | "Bar chart of orders per 15 minutes: {count} today";
    dashboard_stock_fine = "没有低于补货点的商品。", "Nothing is below its reorder point.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_figures_are_sound_whole_and_as_a_fragment() {
        for language in Language::ALL {
            let page = DashboardPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            let figures = page.as_figures().render().unwrap();
            assert_sound(&figures);
            assert!(figures.contains(r#"hx-trigger="orders from:#live throttle:3s""#), "{figures}");
        }
    }

    #[test]
    fn a_day_without_alerts_says_so() {
        let mut page = DashboardPage::sample(Language::En);
        assert!(page.render().unwrap().contains("3 left, reorder at 20"));
        page.stock.clear();
        assert!(page.render().unwrap().contains("Nothing is below its reorder point."));
    }
}
