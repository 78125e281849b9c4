//! The list of orders, `/console/orders`.
//!
//! Everything that chooses rows stands in the address: `view`, `q`, `status`, `payment`, `channel`,
//! `from`, `to`, `min`, `max`, `cursor`. The bulk form posts to `/console/orders/bulk`: `action`
//! (`approve` or `cancel`) and `ids` once for each row as `id:version`; [`bulk_page`] then asks for
//! the reason.

use askama::Template;
use ordermill_base::{Money, Timestamp};

use ordermill_domain::order::{CancelReason, DisplayStatus};
use ordermill_domain::payment::PaymentStatus;

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::states;
use crate::ui::{
    Badge, Choice, Empty, Field, Filter, Filters, FormErrors, Pager, Remaining, Tone, Views,
};
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

/// Why a bulk leaves an order as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// Changed after the list was shown.
    Stale,
    /// Its state has no such step.
    State,
    /// Not there, or not theirs to know of.
    Missing,
}

impl SkipReason {
    /// In words.
    pub fn words(self, t: Words) -> &'static str {
        match self {
            Self::Stale => t.skipped_stale(),
            Self::State => t.skipped_state(),
            Self::Missing => t.skipped_missing(),
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
    Due,
    Backordered,
    Canceled,
}

impl SavedView {
    /// From left to right.
    pub const ALL: [Self; 7] = [
        Self::All,
        Self::ToPay,
        Self::Review,
        Self::ToProcess,
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
        Some((count, is_more)) => {
            let sign = if is_more { "+" } else { "" };
            t.orders_total_newest(format!("{}{sign}", crate::format::grouped(count)))
        }
        None => t.orders_newest_first().into(),
    }
}

/// What a bulk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bulk {
    /// Lets the review pass.
    Approve,
    /// Cancels.
    Cancel,
}

impl Bulk {
    /// What is sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Cancel => "cancel",
        }
    }

    /// What was sent.
    pub fn of(code: &str) -> Option<Self> {
        [Self::Approve, Self::Cancel].into_iter().find(|bulk| bulk.code() == code)
    }

    /// What has happened to so many orders, for a toast.
    pub fn done(self, count: u64, t: Words) -> String {
        match self {
            Self::Approve => t.orders_approved(count),
            Self::Cancel => t.orders_canceled(count),
        }
    }
}

/// Asks for the reason before a bulk: names how many orders, their amount and what happens.
pub fn bulk_page(
    (shell, frame): (Shell, Frame),
    bulk: Bulk,
    ids: &[String],
    total: &str,
    remark: &str,
) -> FormPage {
    let (t, count) = (shell.t, ids.len() as u64);
    let reasons = CancelReason::ALL
        .into_iter()
        .filter(|reason| !matches!(reason, CancelReason::Unpaid | CancelReason::Channel))
        .map(|reason| Choice::new(reason.code(), states::cancel_reason(reason, t)));
    let mut fields = Vec::new();
    if bulk == Bulk::Cancel {
        fields.push(Field::select("reason", t.order_reason(), reasons.collect()));
    }
    fields.push(Field::new("remark", t.orders_remark()).max_length(200).value(remark));
    let (title, lead, button) = match bulk {
        Bulk::Approve => {
            (t.orders_approve_ask(count), t.orders_approve_effect(total), t.orders_approve())
        }
        Bulk::Cancel => {
            (t.orders_cancel_ask(count), t.orders_cancel_effect(total), t.orders_cancel())
        }
    };
    let mut values = vec![("action", bulk.code().to_owned()), ("confirmed", "1".to_owned())];
    values.extend(ids.iter().map(|id| ("ids", id.clone())));
    FormPage {
        shell,
        frame,
        title,
        lead,
        back: ("/console/orders".into(), t.order_back_to_list().into()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: "/console/orders/bulk".into(),
        values,
        groups: vec![FormGroup::new(t.order_reason(), fields)],
        button: button.into(),
    }
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
    orders_approved(count) = "已通过 {count} 单", "Approved {count} order" | "Approved {count} orders";
    orders_canceled(count) = "已取消 {count} 单", "Canceled {count} order" | "Canceled {count} orders";
    orders_remark = "原因（会记入日志，不要写个人信息）", "Why (goes into the journal; no personal data)";
    orders_approve_ask(count) = "审核通过 {count} 单？", "Approve {count} order?" | "Approve {count} orders?";
    orders_cancel_ask(count) = "取消 {count} 单？", "Cancel {count} order?" | "Cancel {count} orders?";
    orders_approve_effect(total) = "合计 {total}。已付款且有库存的订单会立即确认。", "{total} in all. Those that are paid and in stock are confirmed at once.";
    orders_cancel_effect(total) = "合计 {total}。已付的钱自动原路退回，库存和优惠券会释放。此操作不能撤销。", "{total} in all. What was paid goes back the way it came; stock and coupons are released. This cannot be undone.";
    skipped_stale = "刚刚被别人改过", "changed by someone else";
    skipped_state = "这一步不适用于它的状态", "its state has no such step";
    skipped_missing = "找不到", "not found";
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
    orders_selected(sign) = "已选 {sign} 单", "{sign} selected";
    orders_bulk_none = "没有选中任何订单", "No order was selected";
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
