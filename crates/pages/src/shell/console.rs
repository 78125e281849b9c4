//! The frame of the console: navigation, search, who works here.

use crate::icon::Icon;
use crate::words::Words;

/// A place of the console in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a line of the navigation, with its words below")]
pub enum Section {
    Dashboard,
    Tasks,
    Orders,
    Review,
    Exceptions,
    AfterSale,
    Complaints,
    Warehouse,
    Logistics,
    Stock,
    Finance,
    Disputes,
    Customers,
    Catalog,
    Promotions,
    Reports,
    Admin,
    Account,
}

impl Section {
    /// Where it is, its icon and its name.
    pub fn link(self, t: &Words) -> (&'static str, Icon, &'static str) {
        match self {
            Self::Dashboard => ("/console/dashboard", Icon::Dashboard, t.section_dashboard()),
            Self::Tasks => ("/console/tasks", Icon::Checks, t.section_tasks()),
            Self::Orders => ("/console/orders", Icon::List, t.section_orders()),
            Self::Review => ("/console/desk/review", Icon::Clipboard, t.section_review()),
            Self::Exceptions => ("/console/desk/exceptions", Icon::Alert, t.section_exceptions()),
            Self::AfterSale => {
                ("/console/desk/after-sale", Icon::ArrowBack, t.section_after_sale())
            }
            Self::Complaints => ("/console/desk/complaints", Icon::Message, t.section_complaints()),
            Self::Warehouse => ("/console/wh", Icon::Warehouse, t.section_warehouse()),
            Self::Logistics => ("/console/logistics", Icon::Truck, t.section_logistics()),
            Self::Stock => ("/console/stock", Icon::Package, t.section_stock()),
            Self::Finance => ("/console/finance", Icon::Receipt, t.section_finance()),
            Self::Disputes => ("/console/disputes", Icon::Shield, t.section_disputes()),
            Self::Customers => ("/console/customers", Icon::Users, t.section_customers()),
            Self::Catalog => ("/console/catalog", Icon::Tag, t.section_catalog()),
            Self::Promotions => ("/console/promotions", Icon::Discount, t.section_promotions()),
            Self::Reports => ("/console/reports", Icon::Chart, t.section_reports()),
            Self::Admin => ("/console/admin", Icon::Settings, t.section_admin()),
            Self::Account => ("/console/account", Icon::User, t.section_account()),
        }
    }
}

/// What the sidebar and the header of the console show.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Where this page belongs.
    pub section: Section,
    /// The sections this member of staff may enter; the others are not shown.
    pub allowed: Vec<Section>,
    /// Work that waits, beside its section; a section without a figure has nothing urgent.
    pub waiting: Vec<(Section, u64)>,
    /// What was searched for, shown again in the field.
    pub search: String,
    /// The name of who is signed in.
    pub user_name: String,
    /// Their role in words: `客服`, `Support`.
    pub user_role: String,
    /// The position in the journal that the page knows at least, so that its stream leaves out nothing that happens
    /// before it is open; empty if nobody knows.
    pub knows: String,
}

impl Frame {
    /// The navigation: groups with a title (the first has none) and the links this user may follow.
    pub fn groups(&self, t: &Words) -> Vec<Group> {
        use Section as S;
        let groups: [(&str, &[Section]); 4] = [
            ("", &[S::Dashboard, S::Tasks]),
            (t.group_orders(), &[S::Orders, S::Review, S::Exceptions, S::AfterSale, S::Complaints]),
            (t.group_fulfillment(), &[S::Warehouse, S::Logistics, S::Stock]),
            (
                t.group_business(),
                &[
                    S::Finance,
                    S::Disputes,
                    S::Customers,
                    S::Catalog,
                    S::Promotions,
                    S::Reports,
                    S::Admin,
                ],
            ),
        ];
        let link = |&section: &Section| {
            let (href, icon, name) = section.link(t);
            let waiting = self.waiting.iter().find(|(of, _)| *of == section);
            let waiting = waiting.map_or(0, |(_, count)| *count);
            Link { href, icon, name, waiting, is_current: section == self.section }
        };
        groups
            .into_iter()
            .map(|(title, sections)| Group {
                title,
                links: sections.iter().filter(|s| self.allowed.contains(s)).map(link).collect(),
            })
            .filter(|group| !group.links.is_empty())
            .collect()
    }

    /// The first letter of the name, for the round badge in the header.
    pub fn initial(&self) -> String {
        self.user_name.chars().take(1).collect()
    }
}

/// A titled part of the navigation.
#[derive(Debug)]
pub struct Group {
    /// Empty for the first one.
    pub title: &'static str,
    /// Its sections.
    pub links: Vec<Link>,
}

/// One line of the navigation.
#[derive(Debug)]
pub struct Link {
    /// Its address.
    pub href: &'static str,
    /// Its picture.
    pub icon: Icon,
    /// Its name.
    pub name: &'static str,
    /// How much urgent work waits there.
    pub waiting: u64,
    /// Whether we are there.
    pub is_current: bool,
}

crate::words! {
    console_nav = "主导航", "Main";
    console_search = "全局搜索", "Search everything";
    console_search_hint = "扫码或输入订单号、运单号、手机尾号", "Scan or type order, tracking or phone no.";
    live_connecting = "连接中", "Connecting";
    live_on = "实时", "Live";
    live_off = "重新连接…", "Reconnecting…";
    shortcuts = "快捷键", "Keyboard shortcuts";
    shortcut_rows = "下一行 / 上一行", "Next / previous row";
    shortcut_select = "选中（Shift 连选）", "Select (Shift for a range)";
    shortcut_open = "打开", "Open";
    shortcut_clear = "清除选择", "Clear selection";
    shortcut_go = "前往：看板 订单 审核 待办", "Go to dashboard, orders, reviews, tasks";
    shortcut_list = "本列表", "This list";
    got_it = "知道了", "Got it";
    leave_console = "退出控制台", "Leave the console";
    group_orders = "订单", "Orders";
    group_fulfillment = "履约", "Fulfillment";
    group_business = "经营", "Business";
    section_dashboard = "看板", "Dashboard";
    section_tasks = "待办", "Tasks";
    section_orders = "订单", "Orders";
    section_review = "审核队列", "Review queue";
    section_exceptions = "异常处理", "Exceptions";
    section_after_sale = "退换货", "After-sale";
    section_complaints = "投诉", "Complaints";
    section_warehouse = "仓库作业", "Warehouse";
    section_logistics = "物流", "Logistics";
    section_stock = "库存", "Stock";
    section_finance = "财务对账", "Finance";
    section_disputes = "拒付争议", "Disputes";
    section_customers = "顾客", "Customers";
    section_catalog = "商品", "Catalog";
    section_promotions = "促销", "Promotions";
    section_reports = "报表", "Reports";
    section_admin = "设置", "Settings";
    section_account = "我的账号", "My account";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn the_navigation_shows_only_what_one_may_enter() {
        let frame = Frame {
            section: Section::Orders,
            allowed: vec![Section::Orders, Section::Exceptions],
            waiting: vec![(Section::Exceptions, 8), (Section::Finance, 3)],
            search: String::new(),
            user_name: "陈思雨".into(),
            user_role: "客服".into(),
            knows: String::new(),
        };
        let groups = frame.groups(&Words::new(Language::En));
        let [group] = groups.as_slice() else { panic!("one group is left: {groups:?}") };
        let links: Vec<_> = group.links.iter().map(|l| (l.name, l.waiting, l.is_current)).collect();
        assert_eq!(links, [("Orders", 0, true), ("Exceptions", 8, false)]);
        assert_eq!(frame.initial(), "陈");
    }
}
