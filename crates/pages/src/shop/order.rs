//! One order, `/orders/{number}`: where it is, what is in it, what can be done.

use askama::Template;
use ordermill_base::{Money, Timestamp};

use crate::shell::Shell;
use crate::shop::Frame;
use crate::states;
use crate::ui::{Badge, Choice, Field, Remaining, Steps, Timeline, Totals};

/// The page of an order. Its block `live` refreshes itself while something can still happen.
#[derive(Debug, Template)]
#[template(path = "shop/order.html", blocks = ["live"])]
pub struct OrderPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// What people read out on the phone; also in its address.
    pub number: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The version shown; a command on an older one is refused.
    pub version: u64,
    /// What matters now, in large type: "Arrives Tue 11-24", "Waiting for payment".
    pub headline: String,
    /// A sentence about it.
    pub headline_note: String,
    /// State of the order and of its payment.
    pub badges: Vec<Badge>,
    /// The way from order to door; `None` once it is canceled.
    pub steps: Option<Steps>,
    /// How long it waits for payment, if it does.
    pub pay_within: Option<Remaining>,
    /// What the buyer may do now, as the use cases allow it.
    pub allowed: Allowed,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// The sums.
    pub totals: Totals,
    /// The boxes on their way.
    pub parcels: Vec<Parcel>,
    /// Name, phone and address, masked, then how it is brought and by when: what and value.
    pub recipient: Vec<(String, String)>,
    /// What happened, newest first.
    pub timeline: Timeline,
    /// Whether something can still happen by itself.
    pub is_live: bool,
    /// Whether this answers the page's own question for news, and there are some: then all that may
    /// have changed is brought along.
    pub has_news: bool,
}

/// What the buyer may do with the order now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// Take it back before it leaves.
    pub cancel: bool,
    /// Send it elsewhere.
    pub change_address: bool,
    /// Send it back.
    pub request_return: bool,
    /// Say that it has come.
    pub confirm_receipt: bool,
}

/// A line of the order.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "as in the cart")]
pub struct OrderLine {
    pub sku: String,
    pub art: String,
    pub name: String,
    pub spec: String,
    pub price: Money,
    pub quantity: u64,
    pub total: Money,
    /// Whether it came along as a gift.
    pub is_gift: bool,
    /// What it is sent in place of, out of what that cost; empty if it was ordered.
    pub in_place_of: String,
    /// Only where it differs from the order: canceled, returned, later.
    pub badge: Option<Badge>,
}

/// A box on its way.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Who carries it.
    pub carrier: String,
    /// Its waybill number.
    pub tracking_number: String,
    /// Its state.
    pub badge: Badge,
    /// Its tracking page, `/t/{token}`.
    pub href: String,
}

impl OrderPage {
    fn reason(&self) -> Field {
        let t = self.shell.t;
        let reasons = states::CANCEL_REASONS.into_iter().filter_map(|code| {
            let label = states::cancel_reason_of(code, t)?;
            Some(Choice::new(code, label))
        });
        Field::select("reason", t.cancel_reason(), reasons.collect())
    }
}

crate::words! {
    live_by_hand = "这是打开页面时的状态。", "As of when this page was opened.";
    reload = "刷新", "Reload";
    state_and_progress = "状态与进度", "State and progress";
    headline_to_pay = "等待付款", "Waiting for payment";
    headline_to_pay_note = "商品已为您留好。", "The goods are held for you.";
    headline_in_review = "正在审核", "We are checking the order";
    headline_confirmed(day) = "预计 {day} 送达", "Arrives {day}";
    headline_confirmed_open = "正在备货", "Being prepared";
    headline_cash_note = "收货时付款。", "You pay at the door.";
    headline_backordered_note = "有商品到货后才能发出。", "Some of it leaves as soon as it arrives.";
    headline_shipped = "已发出", "On its way";
    headline_delivered = "已送达", "Delivered";
    headline_canceled = "订单已取消", "The order is canceled";
    canceled_unpaid_note = "没有扣款。", "Nothing was charged.";
    canceled_refund_note(amount) = "{amount} 会原路退回。", "{amount} goes back the way it came.";
    canceled_refunded_note(amount) = "{amount} 已原路退回。", "{amount} went back the way it came.";
    step_ordered = "已下单", "Ordered";
    step_paid = "付款", "Paid";
    step_prepared = "备货", "Prepared";
    step_shipped = "发货", "Shipped";
    step_delivered = "签收", "Delivered";
    discount_sum = "优惠", "Discounts";
    total_paid = "实付", "Paid";
    total_due_at_door = "收货时付", "Due at the door";
    order_total = "合计", "Total";
    line_canceled = "已取消", "Canceled";
    line_waits = "等待到货", "Waits for stock";
    line_replaced = "已换货", "Replaced";
    cannot_cancel = "订单已经出库或已经结束，不能取消。", "The order has left the warehouse or has ended, and cannot be canceled.";
    order_moved_on = "订单刚刚有变化，请看过再操作。", "The order has just changed. Please look at it first.";
    goods = "商品", "Items";
    parcels = "包裹", "Parcels";
    follow = "查看物流", "Follow";
    address = "地址", "Address";
    promised_by = "最晚送达", "Arrives at the latest";
    recipient_title = "收件信息", "Recipient";
    history = "订单记录", "History";
    cancel_order = "取消订单", "Cancel order";
    cancel_what(number) = "取消订单 {number}", "Cancel order {number}";
    cancel_effect = "库存、优惠码和积分会退回；已付的钱原路退还。取消后不能恢复。", "Goods, coupon and points are released, and what you paid goes back the way it came. It cannot be undone.";
    cancel_reason = "原因", "Reason";
    reason_changed_mind = "不想要了", "I changed my mind";
    reason_wrong_item = "选错了商品", "I chose the wrong item";
    reason_wrong_address = "地址填错了", "The address is wrong";
    reason_too_slow = "送达太慢", "It takes too long";
    change_address = "修改地址", "Change address";
    request_return = "申请退换", "Return or exchange";
    confirm_receipt = "确认收货", "Confirm receipt";
}

#[cfg(any(test, feature = "samples"))]
impl OrderPage {
    /// Shipped in two boxes.
    pub fn sample(language: crate::Language) -> Self {
        use crate::Icon;
        use crate::samples;
        use crate::ui::{Moment, Progress, Step, Tone, TotalLine};
        let shell = samples::shell(language);
        let t = shell.t;
        let step = |progress, icon, names: (&str, &str), note: &str| Step {
            progress,
            icon,
            label: t.pick(names.0, names.1).into(),
            note: note.into(),
        };
        let moment = |tone, icon, names: (&str, &str), note: &str| Moment {
            tone,
            icon,
            text: t.pick(names.0, names.1).into(),
            note: note.into(),
            is_public: true,
        };
        let parcel = |number: &str| Parcel {
            carrier: t.pick("顺丰速运", "SF Express").into(),
            tracking_number: number.into(),
            badge: Badge::new(Tone::Blue, Icon::Truck, t.pick("运输中", "In transit")),
            href: "/t/k3v9".into(),
        };
        let lines = samples::products(language).into_iter().take(3).map(|product| OrderLine {
            sku: product.sku,
            art: product.art,
            name: product.name,
            spec: product.spec,
            price: product.price,
            quantity: 1,
            total: product.price,
            is_gift: false,
            in_place_of: String::new(),
            badge: None,
        });
        Self {
            number: samples::ORDER_NUMBER.into(),
            placed_at: samples::in_minutes(-1_470),
            version: 7,
            headline: t.arrives_on(t.pick("11-24 周二", "Tue 11-24")),
            headline_note: t.pick("两个包裹都在路上。", "Both parcels are on their way.").into(),
            badges: vec![
                Badge::new(Tone::Blue, Icon::Truck, t.pick("已发货", "Shipped")),
                Badge::new(Tone::Green, Icon::CircleCheck, t.pick("已付款", "Paid")),
            ],
            steps: Some(Steps {
                t,
                steps: vec![
                    step(Progress::Done, Icon::Cart, ("已下单", "Ordered"), "11-21 22:28"),
                    step(Progress::Done, Icon::Package, ("已打包", "Packed"), "11-22 09:10"),
                    step(Progress::Now, Icon::Truck, ("运输中", "On its way"), "11-22 16:40"),
                    step(Progress::Ahead, Icon::CircleCheck, ("签收", "Delivered"), ""),
                ],
            }),
            pay_within: None,
            allowed: Allowed { request_return: false, confirm_receipt: true, ..Allowed::default() },
            lines: lines.collect(),
            totals: Totals {
                lines: vec![
                    TotalLine::new(t.pick("商品小计", "Items"), samples::yuan(46_600)),
                    TotalLine::new(
                        t.pick("优惠码 AUTUMN20", "Coupon AUTUMN20"),
                        samples::yuan(-2_000),
                    ),
                    TotalLine::new(t.pick("积分", "Points"), samples::yuan(-1_200)),
                    TotalLine {
                        free: t.free().into(),
                        ..TotalLine::new(t.pick("运费", "Delivery"), samples::yuan(0))
                    },
                ],
                label: t.pick("实付", "Paid").into(),
                total: samples::yuan(43_400),
            },
            parcels: vec![parcel("SF1390 2284 770"), parcel("SF1390 2284 771")],
            recipient: vec![
                (t.pick("姓名", "Name").into(), "林**".into()),
                (t.pick("手机", "Phone").into(), "138******21".into()),
                (
                    t.pick("地址", "Address").into(),
                    t.pick("上海市浦东新区 ••••••", "Pudong, Shanghai ••••••").into(),
                ),
            ],
            timeline: Timeline {
                moments: vec![
                    moment(
                        Tone::Blue,
                        Icon::Truck,
                        ("包裹已交给顺丰", "Handed to SF Express"),
                        "11-22 16:40",
                    ),
                    moment(Tone::Green, Icon::Package, ("已打包", "Packed"), "11-22 09:10"),
                    moment(
                        Tone::Green,
                        Icon::Card,
                        ("已付款 ¥434.00", "Paid ¥434.00"),
                        "11-21 22:29",
                    ),
                    moment(Tone::Grey, Icon::Cart, ("已下单", "Ordered"), "11-21 22:28"),
                ],
            },
            is_live: true,
            has_news: false,
            frame: samples::shop_frame(language),
            shell,
        }
    }

    /// Not yet paid.
    pub fn sample_unpaid(language: crate::Language) -> Self {
        use crate::samples;
        use crate::ui::{Progress, Tone};
        let mut page = Self::sample(language);
        let t = page.shell.t;
        page.headline = t.pick("等待付款", "Waiting for payment").into();
        page.headline_note = t.pick("商品已为您留好。", "The goods are held for you.").into();
        page.badges = vec![Badge::new(Tone::Amber, crate::Icon::Clock, t.pick("待付款", "To pay"))];
        if let Some(steps) = &mut page.steps {
            for (index, step) in steps.steps.iter_mut().enumerate() {
                step.progress = if index == 0 { Progress::Now } else { Progress::Ahead };
                if index > 0 {
                    step.note.clear();
                }
            }
        }
        let (due, warning) = (samples::in_minutes(52), ordermill_base::Span::hours(1));
        page.pay_within = Some(Remaining::new(due, samples::NOW, warning, t));
        page.allowed = Allowed { cancel: true, change_address: true, ..Allowed::default() };
        page.parcels.clear();
        page.timeline.moments.drain(..3);
        page.totals.label = t.pick("应付", "To pay").into();
        page
    }

    /// Canceled by the buyer.
    pub fn sample_canceled(language: crate::Language) -> Self {
        use crate::ui::Tone;
        let mut page = Self::sample_unpaid(language);
        let t = page.shell.t;
        page.headline = t.pick("订单已取消", "The order is canceled").into();
        page.headline_note = t.pick("没有扣款。", "Nothing was charged.").into();
        page.badges = vec![Badge::new(Tone::Grey, crate::Icon::Ban, t.pick("已取消", "Canceled"))];
        (page.steps, page.pay_within, page.is_live) = (None, None, false);
        page.allowed = Allowed::default();
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn an_order_under_way_shows_its_parcels_and_refreshes_itself() {
        for language in Language::ALL {
            let page = OrderPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            let live = page.as_live().render().unwrap();
            assert_sound(&live);
            assert!(live.contains(r#"hx-trigger="order from:#live, every 60s""#), "{live}");
            let source = r#"data-src="/orders/SO2611220012470/live?seen=7""#;
            assert!(html.contains(source) && html.contains("live.js"), "{html}");
            assert!(
                html.contains(page.shell.t.reload()),
                "without scripts it is asked for: {html}"
            );
            assert!(
                html.contains("SF1390 2284 770") && html.contains(r#"href="/t/k3v9""#),
                "{html}"
            );
            assert!(
                !html.contains(page.shell.t.cancel_effect()),
                "it has left the building: {html}"
            );
        }
    }

    #[test]
    fn news_bring_along_all_that_may_have_changed() {
        let mut page = OrderPage::sample(Language::En);
        assert!(!page.render().unwrap().contains("hx-partial"));
        page.has_news = true;
        let html = page.as_live().render().unwrap();
        assert_sound(&html);
        for id in ["#order-goods", "#order-history", "#order-totals", "#order-actions"] {
            assert!(html.contains(&format!(r#"hx-target="{id}""#)), "{html}");
        }
    }

    #[test]
    fn an_unpaid_order_asks_for_payment_first_and_may_be_canceled() {
        for language in Language::ALL {
            let page = OrderPage::sample_unpaid(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"action="/orders/SO2611220012470/pay""#), "{html}");
            assert!(html.contains(r#"action="/orders/SO2611220012470/cancel""#), "{html}");
            assert!(html.contains(r#"name="version" value="7""#), "{html}");
        }
    }

    #[test]
    fn a_closed_order_offers_nothing_and_asks_for_nothing() {
        for language in Language::ALL {
            let html = OrderPage::sample_canceled(language).render().unwrap();
            assert_sound_page(&html);
            assert!(!html.contains("from:#live") && !html.contains("live.js"), "{html}");
            assert!(!html.contains("<form method=\"post\" action=\"/orders/"), "{html}");
        }
    }
}
