//! My orders, `/orders`: newest first, each with its state and what can be done.

use askama::Template;
use ordermill_base::{Money, Timestamp};

use crate::icon::Icon;
use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::{Badge, Empty, Pager, Remaining};

/// The orders of who is signed in.
#[derive(Debug, Template)]
#[template(path = "shop/orders.html")]
pub struct OrdersPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// Newest first.
    pub orders: Vec<OrderCard>,
    /// Where the list goes on, if it does.
    pub next: Option<String>,
}

/// An order in the list.
#[derive(Debug, Clone)]
pub struct OrderCard {
    /// What people read out on the phone; also in its address.
    pub number: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Its state.
    pub badge: Badge,
    /// Where the pictures of its first goods are.
    pub arts: Vec<String>,
    /// How many pieces in all.
    pub item_count: u64,
    /// What it costs.
    pub total: Money,
    /// "Arrives Tue 11-24".
    pub note: String,
    /// How long it waits for payment, if it does.
    pub pay_within: Option<Remaining>,
}

impl OrdersPage {
    fn empty(&self) -> Empty {
        let t = self.shell.t;
        Empty {
            icon: Icon::Receipt,
            title: t.no_orders().into(),
            text: t.no_orders_hint().into(),
            action: Some(("/orders/find".into(), t.find_order().into())),
        }
    }

    fn pager(&self) -> Pager {
        let next = self.next.clone();
        Pager { t: self.shell.t, summary: String::new(), first: None, next, region: "" }
    }
}

crate::words! {
    no_orders = "还没有订单", "No orders yet";
    no_orders_hint = "没登录时下的单，可以用订单号查询。", "An order placed as a guest is found by its number.";
    item_count(count) = "{count} 件商品", "{count} item" | "{count} items";
    pay_now = "付款", "Pay";
}

#[cfg(any(test, feature = "samples"))]
impl OrdersPage {
    /// One to pay, one under way, one canceled.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        use crate::ui::Tone;
        let shell = samples::shell(language);
        let t = shell.t;
        let card =
            |number: &str, hours_ago: i64, badge, skus: &[&str], fen, note: &str| OrderCard {
                number: number.into(),
                placed_at: samples::in_minutes(-60 * hours_ago),
                badge,
                arts: skus.iter().map(|&sku| samples::art(sku)).collect(),
                item_count: skus.len() as u64,
                total: samples::yuan(fen),
                note: note.into(),
                pay_within: None,
            };
        let mut orders = vec![
            card(
                "SO2611220012470",
                1,
                Badge::new(Tone::Amber, Icon::Clock, t.pick("待付款", "To pay")),
                &["TEA-LJ-250", "CUP-CEL-2", "SHIRT-LIN-M"],
                43_400,
                "",
            ),
            card(
                "SO2611200009311",
                50,
                Badge::new(Tone::Blue, Icon::Truck, t.pick("已发货", "Shipped")),
                &["LAMP-RICE"],
                23_900,
                &t.arrives_on(t.pick("11-24 周二", "Tue 11-24")),
            ),
            card(
                "SO2610020004102",
                1_200,
                Badge::new(Tone::Grey, Icon::Ban, t.pick("已取消", "Canceled")),
                &["NOTE-A5", "SOCK-3P"],
                14_400,
                "",
            ),
        ];
        let (due, warning) = (samples::in_minutes(52), ordermill_base::Span::hours(1));
        orders[0].pay_within = Some(Remaining::new(due, samples::NOW, warning, t));
        let next = Some("/orders?cursor=c".into());
        Self { frame: samples::shop_frame(language), orders, next, shell }
    }

    /// None yet.
    pub fn sample_empty(language: crate::Language) -> Self {
        Self { orders: Vec::new(), next: None, ..Self::sample(language) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn an_unpaid_order_says_how_long_it_waits_and_can_be_paid_from_the_list() {
        for language in Language::ALL {
            let html = OrdersPage::sample(language).render().unwrap();
            assert_sound_page(&html);
            assert_eq!(html.matches(r#"/pay" method="post""#).count(), 1, "{html}");
            assert!(html.contains("text-amber") && html.contains("SO2611200009311"), "{html}");
        }
    }

    #[test]
    fn without_orders_a_guest_order_can_be_looked_up() {
        let html = OrdersPage::sample_empty(Language::En).render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains("No orders yet"), "{html}");
    }
}
