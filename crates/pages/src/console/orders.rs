//! The list of orders, `/console/orders`.
//!
//! Everything that chooses rows stands in the address: `view`, `q`, `status`, `payment`, `channel`,
//! `from`, `to`, `min`, `max`, `cursor`. The bulk form posts to `/console/orders/bulk`: `action`
//! (`approve` or `cancel`), the `query` of the list, and `ids` once for each row as `id:version`, or
//! `all` for every order of the view; [`bulk`](crate::console::bulk) then asks for the reason.

use askama::Template;
use ordermill_base::{Money, Timestamp};

use ordermill_domain::order::DisplayStatus;
use ordermill_domain::payment::PaymentStatus;

use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::states;
use crate::ui::{Badge, Choice, Empty, Filter, Filters, Pager, Remaining, Tone, Views};
use crate::words::Words;

/// The list of orders.
#[derive(Debug, Clone, Template)]
#[template(path = "console/orders.html", blocks = ["list"])]
pub struct OrdersPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// All, to pay, in review, …, with their counts. The region is `list`.
    pub views: Views,
    /// Channel, location, payment, number.
    pub filters: Filters,
    /// The query of this page without `cursor`: `view=review&location=GZ-2`; empty for everything.
    pub query: String,
    /// Where new ones are asked for: `/console/orders/newer?after=…` and the query. The answer is
    /// a [`Newer`].
    pub newer_href: String,
    /// The orders, newest first.
    pub rows: Vec<OrderRow>,
    /// Instead of rows: none yet, or none that match.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
    /// Whether they may approve and cancel from here.
    pub can_change: bool,
    /// How many there are, if that is known, and whether there are more than that.
    pub total: Option<(u64, bool)>,
    /// What the last bulk skipped and why.
    pub skipped: Vec<Skipped>,
    /// A key of this page's bulk form.
    pub key: String,
}

/// One order in the list.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// `ord_…`.
    pub id: String,
    /// The version the row shows; a stale one is skipped.
    pub version: u64,
    /// `261122-0K3M-Z0Q4-7XC`.
    pub number: String,
    /// Short marks: "VIP", "Split".
    pub tags: Vec<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The masked name: `林**`.
    pub recipient: String,
    /// The city only.
    pub place: String,
    /// Where it stands.
    pub state: Badge,
    /// Its nearest deadline, if it has one.
    pub remaining: Option<Remaining>,
    /// Pieces.
    pub pieces: u64,
    /// What is to pay.
    pub total: Money,
    /// Where its money stands.
    pub payment: Badge,
    /// Where it is shipped from: "GZ-2", or empty while nobody knows.
    pub location: String,
    /// Where it came from.
    pub channel: String,
}

impl OrdersPage {
    /// Chooses every order of the view.
    fn whole_view(&self) -> String {
        match self.total {
            Some(total) => self.shell.t.orders_select_view(counted(total)),
            None => self.shell.t.orders_select_matching().to_owned(),
        }
    }

    fn export_href(&self) -> String {
        match self.query.as_str() {
            "" => "/console/orders/export.csv".to_owned(),
            query => format!("/console/orders/export.csv?{query}"),
        }
    }
}

impl OrderRow {
    fn href(&self) -> String {
        format!("/console/orders/{}", self.number)
    }

    /// What is paid is quiet, so that the rest is seen.
    fn payment_class(&self) -> String {
        match self.payment.tone {
            Tone::Green => "muted".into(),
            tone => format!("text-{tone}"),
        }
    }
}

/// An order that a bulk left as it was.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// Its number.
    pub number: String,
    /// Why: "changed meanwhile".
    pub reason: String,
}

/// The saved views of the list: short names, as in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a tab, with its words below")]
pub enum SavedView {
    All,
    ToPay,
    Review,
    ToProcess,
    ToShip,
    ToHandOver,
    Shipped,
    Due,
    Backordered,
    Canceled,
}

impl SavedView {
    /// From left to right.
    pub const ALL: [Self; 10] = [
        Self::All,
        Self::ToPay,
        Self::Review,
        Self::ToProcess,
        Self::ToShip,
        Self::ToHandOver,
        Self::Shipped,
        Self::Due,
        Self::Backordered,
        Self::Canceled,
    ];

    /// What stands in the address.
    pub const fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ToPay => "to_pay",
            Self::Review => "review",
            Self::ToProcess => "to_process",
            Self::ToShip => "to_ship",
            Self::ToHandOver => "to_hand_over",
            Self::Shipped => "shipped",
            Self::Due => "due",
            Self::Backordered => "backordered",
            Self::Canceled => "canceled",
        }
    }

    /// The view of this name; everything, if there is none.
    pub fn of(key: &str) -> Self {
        Self::ALL.into_iter().find(|view| view.key() == key).unwrap_or(Self::All)
    }

    /// Its name, and what its figure means.
    pub fn words(self, t: Words) -> (&'static str, Tone) {
        match self {
            Self::All => (t.view_all(), Tone::Grey),
            Self::ToPay => (t.view_to_pay(), Tone::Grey),
            Self::Review => (t.view_review(), Tone::Violet),
            Self::ToProcess => (t.view_to_process(), Tone::Amber),
            Self::ToShip => (t.order_to_ship(), Tone::Blue),
            Self::ToHandOver => (t.order_to_hand_over(), Tone::Blue),
            Self::Shipped => (t.order_shipped(), Tone::Grey),
            Self::Due => (t.view_due(), Tone::Red),
            Self::Backordered => (t.view_backordered(), Tone::Amber),
            Self::Canceled => (t.view_canceled(), Tone::Grey),
        }
    }
}

/// What is set in the filters, as it stands in the address; empty where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// A saved view.
    pub view: String,
    /// A number, a phone number or its last four digits, a mail address.
    pub q: String,
    /// A status.
    pub status: String,
    /// Where the money stands.
    pub payment: String,
    /// A channel's code.
    pub channel: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The least total.
    pub min: String,
    /// The greatest total.
    pub max: String,
}

/// The statuses that one can filter by: those that orders have today.
const STATUSES: [DisplayStatus; 7] = [
    DisplayStatus::ToPay,
    DisplayStatus::InReview,
    DisplayStatus::Intercepted,
    DisplayStatus::ToProcess,
    DisplayStatus::Completed,
    DisplayStatus::Canceled,
    DisplayStatus::Archived,
];

/// The bar of filters; `channels` are codes and names.
pub fn filters(
    chosen: &Chosen,
    channels: &[(String, String)],
    clear: Option<String>,
    t: Words,
) -> Filters {
    let statuses = STATUSES.map(|it| Choice::new(it.code(), states::order(it, t).word)).into();
    let money = PaymentStatus::ALL
        .map(|it| Choice::new(it.code(), states::payment_status(it, t).word))
        .into();
    let channels = channels.iter().map(|(code, name)| Choice::new(code, name)).collect();
    Filters {
        t,
        action: "/console/orders".into(),
        region: "list",
        kept: if chosen.view.is_empty() { vec![] } else { vec![("view", chosen.view.clone())] },
        filters: vec![
            Filter::search(t.by_number(), &chosen.q),
            Filter::select("status", t.by_status(), &chosen.status, statuses),
            Filter::select("payment", t.by_payment(), &chosen.payment, money),
            Filter::select("channel", t.by_channel(), &chosen.channel, channels),
            Filter::date("from", t.by_from(), &chosen.from),
            Filter::date("to", t.by_to(), &chosen.to),
            Filter::amount("min", t.by_min(), &chosen.min),
            Filter::amount("max", t.by_max(), &chosen.max),
        ],
        clear,
    }
}

/// A list without rows, and why.
pub fn empty(is_filtered: bool, clear: &str, t: Words) -> Empty {
    if is_filtered {
        Empty {
            icon: Icon::Search,
            title: t.orders_no_match().into(),
            text: t.orders_no_match_text().into(),
            action: Some((clear.to_owned(), t.filter_clear().into())),
        }
    } else {
        Empty {
            icon: Icon::List,
            title: t.orders_none().into(),
            text: t.orders_none_text().into(),
            action: None,
        }
    }
}

/// The foot of the list: how many there are, if that is known, and their order.
pub fn summary(count: Option<(u64, bool)>, t: Words) -> String {
    match count {
        Some(total) => t.orders_total_newest(counted(total)),
        None => t.orders_newest_first().into(),
    }
}

/// A figure that was counted up to a limit: `1,240`, `10,000+`.
pub fn counted((count, is_more): (u64, bool)) -> String {
    let sign = if is_more { "+" } else { "" };
    format!("{}{sign}", crate::format::grouped(count))
}

/// The answer to "is there anything new?": nothing, or a link that shows it.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r##"{% if count > 0 %}<a class="newer" id="newer-link" href="{{ href }}" hx-get="{{ href }}" hx-target="#list" hx-swap="outerHTML show:top">{{ t.orders_newer(count) }}</a>{% endif %}"##
)]
pub struct Newer {
    /// Words of the visitor's language.
    pub t: Words,
    /// How many came in after the first row.
    pub count: u64,
    /// The list from its start, with the same filters.
    pub href: String,
}

crate::words! {
    orders_title = "订单", "Orders";
    view_all = "全部", "All";
    view_to_pay = "待付款", "To pay";
    view_review = "待审核", "In review";
    view_to_process = "待处理", "To process";
    view_due = "一小时内到期", "Due in an hour";
    view_backordered = "缺货待发", "On backorder";
    view_canceled = "已取消", "Canceled";
    by_number = "订单号、手机号或尾号、邮箱", "Number, phone or its end, e-mail";
    by_status = "全部状态", "All statuses";
    by_payment = "全部付款", "All payments";
    by_channel = "全部渠道", "All channels";
    by_from = "从", "From";
    by_to = "到", "To";
    by_min = "金额不低于", "Total from";
    by_max = "金额不高于", "Total up to";
    orders_no_match = "没有符合条件的订单", "No orders match";
    orders_no_match_text = "试试放宽筛选，或清除全部条件。", "Loosen the filters or clear them all.";
    orders_none = "还没有订单", "No orders yet";
    orders_none_text = "第一单会出现在这里。", "The first one will appear here.";
    orders_total_newest(count) = "共 {count} 单 · 最新在前", "{count} orders · newest first";
    orders_newest_first = "最新在前", "Newest first";
    orders_list = "订单列表", "Order list";
    orders_number = "订单号", "Order";
    orders_placed = "下单时间", "Placed";
    orders_recipient = "收件人", "Recipient";
    orders_state = "状态", "Status";
    orders_remaining = "剩余时间", "Time left";
    orders_pieces = "件数", "Items";
    orders_total = "金额", "Total";
    orders_payment = "付款", "Payment";
    orders_location = "仓库", "Location";
    orders_channel = "渠道", "Channel";
    orders_currency = "币种", "Currency";
    orders_export = "导出 CSV", "Export CSV";
    orders_export_note = "按当前筛选，最多 100,000 条", "These filters, at most 100,000";
    orders_select_page = "选择本页", "Select this page";
    orders_select(number) = "选择 {number}", "Select {number}";
    orders_select_view(count) = "选择此视图全部 {count} 单", "All {count} in this view";
    orders_select_matching = "选择全部符合条件的订单", "All that match";
    orders_selected(sign) = "已选 {sign} 单", "{sign} selected";
    orders_approve = "审核通过", "Approve";
    orders_cancel = "取消订单", "Cancel orders";
    orders_select_none = "取消选择", "Clear";
    orders_newer(count) = "{count} 个新订单 – 显示", "{count} new order – show" | "{count} new orders – show";
    orders_skipped(count) = "{count} 单未处理", "{count} order was skipped" | "{count} orders were skipped";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_list_is_sound_whole_and_as_a_fragment() {
        for language in Language::ALL {
            for page in [
                OrdersPage::sample(language),
                OrdersPage::sample_no_match(language),
                OrdersPage::sample_skipped(language),
            ] {
                assert_sound_page(&page.render().unwrap());
                let list = page.as_list().render().unwrap();
                assert!(list.starts_with(r#"<section class="card list" id="list""#), "{list}");
                assert_sound(&list);
            }
        }
    }

    #[test]
    fn a_row_shows_a_masked_recipient_and_carries_its_version() {
        let page = OrdersPage::sample(Language::Zh);
        let html = page.render().unwrap();
        let row = &page.rows[0];
        assert!(html.contains(&row.recipient) && row.recipient.contains('*'), "{html}");
        let ids = format!(r#"name="ids" value="{}:{}" form="bulk""#, row.id, row.version);
        assert!(html.contains(&ids), "{html}");
    }

    #[test]
    fn nobody_is_offered_a_bulk_that_they_may_not_do() {
        let page = OrdersPage { can_change: false, ..OrdersPage::sample(Language::En) };
        let html = page.render().unwrap();
        assert!(
            !html.contains("/console/orders/bulk") && !html.contains(r#"name="ids""#),
            "{html}"
        );
    }

    #[test]
    fn an_empty_list_says_why_and_what_to_do() {
        let html = OrdersPage::sample_no_match(Language::En).render().unwrap();
        assert!(html.contains("No orders match") && html.contains("Clear filters"), "{html}");
        assert!(!html.contains("<table"), "{html}");
    }

    #[test]
    fn nothing_new_says_nothing() {
        let newer = |count| Newer { t: Words::new(Language::En), count, href: "/console".into() };
        assert_eq!(newer(0).to_string(), "");
        assert!(newer(3).to_string().contains("3 new orders – show"));
    }
}
