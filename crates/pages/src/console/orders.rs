//! The list of orders, `/console/orders`.
//!
//! Everything that chooses rows stands in the address: `view`, `q`, `status`, `payment`, `channel`,
//! `location`, `cursor`. The bulk form posts to `/console/orders/bulk`: `action` (`approve` or
//! `cancel`), `ids` once for each row as `id:version`, and, for all of the view, `all=1` with the
//! `query` of the page.

use askama::Template;
use ordermill_base::{Money, Timestamp};

use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Badge, Empty, Filters, Pager, Remaining, Tone, Views};
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
    /// How many are in the view, for a bulk over all of them; a cached figure.
    pub total: u64,
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
    orders_export = "导出", "Export";
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
    orders_select_page = "选择本页", "Select this page";
    orders_select(number) = "选择 {number}", "Select {number}";
    orders_selected(sign) = "已选 {sign} 单", "{sign} selected";
    orders_all_in_view(count) = "视图内全部 {count} 单", "All {count} in this view";
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
