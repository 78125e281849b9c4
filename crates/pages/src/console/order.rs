//! One order, `/console/orders/{number}`: what to do next, then everything about it.
//!
//! Posts, each with `version` and `key`, all below the order's address: `steps` with `step` and
//! `remark` (`approve`, `refuse`, `ask_buyer`, `resume_review`, `release_interception`, `confirm`,
//! `complete`, `archive`); `cancel` with `reason` and `remark`; `refunds` with `amount` and `cause`;
//! `notes` with `note`; `reveal` with `purpose`. Without scripts, `?ask=cancel` (`refund`,
//! `reveal`, a step) shows the page with that dialog open.
//!
//! The block `order` refreshes itself when the topic of the order fires. What someone types in is
//! marked `hx-morph-skip`, so that it stays.

mod dialogs;
mod missing;
mod next;
mod progress;

use askama::Template;
use ordermill_base::{Money, Timestamp};

use crate::console::Frame;
use crate::console::merge::MergeOffer;
use crate::console::sourcing::Why;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Action, Badge, Dialog, Field, Remaining, Steps, Timeline, Tone, Totals};
use crate::words::Words;

pub use dialogs::{
    OrderForm, PURPOSES, action, approve_dialog, cancel_dialog, purpose, refund_dialog,
    reveal_dialog, step_dialog, stepped,
};
pub use missing::{GiveUpForm, MissingRow, SubstituteForm};
pub use next::{Situation, next_step};
pub use progress::{progress, totals};

/// The page of one order.
#[derive(Debug, Clone, Template)]
#[template(path = "console/order.html", blocks = ["order", "recipient_card"])]
pub struct OrderPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// `ord_…`; also the topic that says it changed.
    pub id: String,
    /// `261122-0K3M-Z0Q4-7XC`.
    pub number: String,
    /// Where it stands.
    pub state: Badge,
    /// Where its money stands.
    pub payment: Badge,
    /// Short marks: "VIP", "Split".
    pub tags: Vec<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Where it came from.
    pub channel: String,
    /// What to do next.
    pub next: NextStep,
    /// What else can be done, in the head.
    pub actions: Vec<Action>,
    /// How far it is.
    pub steps: Steps,
    /// What was ordered.
    pub lines: Vec<LineRow>,
    /// Goods, discounts, freight, total.
    pub totals: Totals,
    /// The journal of the order, newest first.
    pub timeline: Timeline,
    /// Whether only what the buyer sees too is shown (`?show=public`).
    pub only_public: bool,
    /// Older entries, if there are more.
    pub older_href: Option<String>,
    /// What was written in the note form and why it was refused, if it was.
    pub note: Field,
    /// A key of the note form.
    pub note_key: String,
    /// Who gets it; none for those who see money only.
    pub recipient: Option<Recipient>,
    /// How it is to be brought and by when, as far as that was wished or promised: what and value.
    pub delivery: Vec<(String, String)>,
    /// Pieces that wait for stock, and what the buyer was asked about them.
    pub missing: Vec<MissingRow>,
    /// What each location ships or was to ship, newest first.
    pub work: Vec<WorkItem>,
    /// What can be done with all of that which is planned, for those who may.
    pub work_actions: Vec<Action>,
    /// Work of other orders that may travel with it.
    pub merges: Vec<MergeOffer>,
    /// Why the locations were chosen, the newest decision first.
    pub why: Vec<Why>,
    /// The stock that it holds or held.
    pub reservations: Vec<ReservationRow>,
    /// What must happen by when, the nearest first.
    pub deadlines: Vec<DeadlineRow>,
    /// Payments, newest first.
    pub payments: Vec<PaymentRow>,
    /// Refunds, newest first.
    pub refunds: Vec<RefundRow>,
    /// What buyers' banks want or wanted back, newest first.
    pub disputes: Vec<OrderDispute>,
    /// What may still be refunded.
    pub refundable: Money,
    /// Open work about this order: what, who and a link.
    pub tasks: Vec<LinkedTask>,
    /// The dialogs that its actions open.
    pub dialogs: Vec<Dialog>,
}

/// The callout on top: the one thing that moves this order on.
#[derive(Debug, Clone)]
pub struct NextStep {
    /// What it means.
    pub tone: Tone,
    /// Its picture.
    pub icon: Icon,
    /// What is so: "A person must decide; 42m left".
    pub title: String,
    /// Why, and what is suggested.
    pub text: String,
    /// At most one of them primary.
    pub actions: Vec<Action>,
}

/// What a location ships of an order.
#[derive(Debug, Clone)]
pub struct WorkItem {
    /// The location's code.
    pub place: String,
    /// What it ships, its wave, and why it was given back.
    pub notes: String,
    /// Whether it goes before others.
    pub is_urgent: bool,
    /// Where it stands.
    pub state: Badge,
    /// When it must have left, in words, and how long that is.
    pub ship_by: Option<(String, Remaining)>,
    /// What can be done with it.
    pub actions: Vec<Action>,
}

/// Stock that an order holds or held.
#[derive(Debug, Clone)]
pub struct ReservationRow {
    /// The SKU's code.
    pub sku: String,
    /// Where it lies.
    pub location: String,
    /// Pieces.
    pub quantity: u64,
    /// Where it stands.
    pub state: Badge,
    /// Until when it is held, if that ends by itself.
    pub until: Option<Remaining>,
}

/// One line of an order.
#[derive(Debug, Clone)]
pub struct LineRow {
    /// The SKU's code.
    pub sku: String,
    /// Where its picture is.
    pub picture: Option<String>,
    /// Where its stock is, for those who may look.
    pub href: Option<String>,
    /// What it is.
    pub name: String,
    /// "White / M".
    pub spec: String,
    /// What it is sent in place of, out of what that cost; empty if it was ordered.
    pub in_place_of: String,
    /// Where its pieces stand: "2 allocated", "1 on backorder".
    pub states: Vec<Badge>,
    /// Of one piece.
    pub price: Money,
    /// Pieces.
    pub quantity: u64,
    /// After its share of the discounts.
    pub amount: Money,
}

/// Who gets the order, masked unless revealed.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// `林**`, or in full once revealed.
    pub name: String,
    /// `138******21`, or in full.
    pub phone: String,
    /// Without unit and room, or in full.
    pub address: String,
    /// What the buyer asked for: "weekdays only".
    pub wish: String,
    /// Whether it is in full here. Such an answer is sent with `Cache-Control: no-store`, and
    /// without scripts with `Refresh: 30; url=…` back to the masked page.
    pub is_revealed: bool,
    /// Whether they may reveal it.
    pub can_reveal: bool,
}

/// A deadline of this order.
#[derive(Debug, Clone)]
pub struct DeadlineRow {
    /// What must happen.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// How long is left.
    pub remaining: Remaining,
}

/// A payment of this order.
#[derive(Debug, Clone)]
pub struct PaymentRow {
    /// "WeChat Pay".
    pub method: String,
    /// What the gateway calls it; empty before it has a name.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: Badge,
    /// Since when.
    pub at: Timestamp,
    /// What can be done about it: asking the gateway.
    pub action: Option<Action>,
}

/// A refund of this order.
#[derive(Debug, Clone)]
pub struct RefundRow {
    /// Why it is given.
    pub cause: String,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: Badge,
    /// Since when.
    pub at: Timestamp,
}

/// A dispute about this order.
#[derive(Debug, Clone)]
pub struct OrderDispute {
    /// Where it is.
    pub href: String,
    /// Why, in words.
    pub reason: &'static str,
    /// How much is taken back.
    pub amount: Money,
    /// Where it stands.
    pub state: Badge,
    /// By when to answer, while an answer is awaited.
    pub remaining: Option<Remaining>,
    /// Since when.
    pub at: Timestamp,
}

/// Work about this order.
#[derive(Debug, Clone)]
pub struct LinkedTask {
    /// What is asked.
    pub name: String,
    /// Where it is done, for those who may go there.
    pub href: Option<String>,
    /// Where it stands.
    pub state: Badge,
}

impl OrderPage {
    fn href(&self) -> String {
        href(&self.number)
    }

    fn pieces(&self) -> u64 {
        // What is sent in place of something was not ordered besides it.
        let ordered = self.lines.iter().filter(|line| line.in_place_of.is_empty());
        ordered.map(|line| line.quantity).sum()
    }
}

/// The address of an order.
pub fn href(number: &str) -> String {
    format!("/console/orders/{number}")
}

/// Where the pieces of a line stand, as badges.
pub fn pieces(line: &ordermill_domain::order::OrderLine, held: u64, t: Words) -> Vec<Badge> {
    let pieces = line.pieces();
    let open = line.open().unsigned_abs();
    let held = held.min(open);
    let of = |count: i64| count.unsigned_abs();
    let mut badges = Vec::new();
    let mut add = |count: u64, tone, icon, word: String| {
        if count > 0 {
            badges.push(Badge::new(tone, icon, word));
        }
    };
    add(u64::from(line.terms.is_gift()), Tone::Green, Icon::Discount, t.line_gift().to_owned());
    add(held, Tone::Blue, Icon::Lock, t.pieces_held(held));
    add(open - held, Tone::Grey, Icon::Clock, t.pieces_open(open - held));
    let count = of(pieces.allocated);
    add(count, Tone::Blue, Icon::Package, t.pieces_allocated(count));
    let count = of(pieces.backordered);
    add(count, Tone::Amber, Icon::Hourglass, t.pieces_backordered(count));
    let count = of(pieces.shipped);
    add(count, Tone::Green, Icon::Truck, t.pieces_shipped(count));
    let count = of(pieces.canceled);
    add(count, Tone::Grey, Icon::Ban, t.pieces_canceled(count));
    badges
}

crate::words! {
    order_back_to_list = "返回订单列表", "Back to orders";
    order_next = "下一步", "What to do next";
    order_progress = "进度", "Progress";
    order_lines = "商品", "Items";
    order_pieces(count) = "共 {count} 件", "{count} piece" | "{count} pieces";
    order_timeline = "时间线", "Timeline";
    order_timeline_filter = "筛选时间线", "Filter the timeline";
    order_timeline_all = "全部", "All";
    order_timeline_public = "买家可见", "Seen by the buyer";
    order_timeline_older = "更早的记录", "Older entries";
    order_note = "添加内部备注", "Add an internal note";
    order_note_button = "记录", "Post";
    order_recipient = "收件人", "Recipient";
    order_name = "姓名", "Name";
    order_phone = "电话", "Phone";
    order_address = "地址", "Address";
    order_wish = "要求", "Wish";
    order_delivery = "配送", "Delivery";
    order_service = "配送服务", "Service";
    order_promised_by = "承诺送达", "Promised by";
    order_hidden_soon = "30 秒后隐藏 · 已记录", "Hides in 30 s · logged";
    order_deadlines = "时限", "Deadlines";
    order_due(at, owner) = "{at} 前 · {owner}", "by {at} · {owner}";
    order_money = "付款与退款", "Payments and refunds";
    order_no_payment = "还没有付款。", "No payment yet.";
    order_refunds = "退款", "Refunds";
    order_refundable = "可退", "Refundable";
    order_tasks = "相关待办", "Open work";
    order_reason = "原因", "Reason";
    order_do_cancel = "取消订单", "Cancel order";
    order_do_approve = "审核通过", "Approve";
    order_do_refuse = "拒绝", "Refuse";
    order_do_ask_buyer = "询问买家", "Ask the buyer";
    order_do_resume = "继续审核", "Resume review";
    order_do_release = "解除拦截", "Lift interception";
    order_do_confirm = "确认订单", "Confirm order";
    order_do_complete = "确认收货", "Mark as received";
    order_do_archive = "归档", "Archive";
    order_do_refund = "退款", "Refund";
    order_cancel_title(number) = "取消订单 {number}？", "Cancel order {number}?";
    order_cancel_unpaid(total) = "订单金额 {total}，尚未付款，之后不能再付。", "The order of {total} is not paid and cannot be paid afterwards.";
    order_cancel_paid(total, paid) = "订单金额 {total}，已付的 {paid} 将自动原路退回。", "The order is {total}; the {paid} paid goes back the way it came, by itself.";
    order_cancel_stock = "为它保留的库存和优惠券会释放。此操作不能撤销。", "Stock and coupons held for it are released. This cannot be undone.";
    order_reason_missing = "请选择原因", "Choose a reason";
    order_remark_missing = "请写明原因，最多 200 字", "Say why, in up to 200 characters";
    order_step_title(verb, number) = "{verb}：订单 {number}？", "{verb}: order {number}?";
    order_step_effect = "会记录您是谁、什么时间、为什么。", "Who, when and why is logged.";
    order_stepped(verb, number) = "已{verb}：{number}", "{verb}: {number}";
    order_canceled_toast(number) = "已取消订单 {number}", "Canceled order {number}";
    order_note_kept = "备注已保存", "The note is kept";
    order_note_refused = "备注需要 1 到 500 字", "A note has 1 to 500 characters";
    order_channel_told = "渠道已收到运单号", "The channel knows the waybill";
    order_note_erased = "（内容已销毁）", "(erased)";
    order_note_by(at, who) = "{at} · {who} · 备注", "{at} · {who} · Note";
    order_revealed_by(at, who, why) = "{at} · {who} · {why}", "{at} · {who} · {why}";
    order_revealed = "查看了收件人信息", "Revealed the recipient";
    order_erased = "已按要求删除", "Erased on request";
    order_has_wish = "买家有留言，查看后可见", "The buyer left a note; reveal to read it";
    order_stock = "预占与分配", "Held stock";
    order_ask_gateway = "询问网关", "Ask the gateway";
    order_asked_gateway = "网关会被再次询问，几秒内更新", "The gateway is asked again; news within seconds";
    tag_backorder = "等货", "Backorder";
    tag_promotion = "大促", "Promotion";
    channel_shop = "商城", "Shop";
    channel_api = "接口", "API";
    pieces_open(count) = "待定 {count}", "{count} open" | "{count} open";
    pieces_held(count) = "已预占 {count}", "{count} held" | "{count} held";
    pieces_allocated(count) = "已分配 {count}", "{count} allocated" | "{count} allocated";
    pieces_backordered(count) = "等货 {count}", "{count} on backorder" | "{count} on backorder";
    pieces_shipped(count) = "已发 {count}", "{count} shipped" | "{count} shipped";
    pieces_canceled(count) = "已取消 {count}", "{count} canceled" | "{count} canceled";
    order_amount_wrong(most) = "金额需大于 0，且不超过可退的 {most}", "More than 0 and at most {most}";
    order_refunded_toast(amount) = "已批准退款 {amount}，正在原路退回", "Refund of {amount} granted; it is on its way";
    order_refund_waits = "超过限额，已请第二人审批", "Over the limit: a second person has been asked";
    order_approve_title(amount) = "批准退款 {amount}？", "Approve a refund of {amount}?";
    order_approve_why(why) = "原因：{why}", "Why: {why}";
    order_approve_effect = "同事提出，超过限额需第二人审批。批准后原路退回，不能撤回。", "A colleague asked for it; above the limit a second person decides. Once approved it cannot be taken back.";
    order_approve_button(amount) = "批准退款 {amount}", "Approve {amount}";
    order_approve_refund = "审批退款", "Approve refund";
    reveal_too_many = "一小时内最多查看 30 次，请稍后再试。", "30 looks within an hour are the limit. Try again later.";
    order_refund_title(number) = "给订单 {number} 退款？", "Refund order {number}?";
    order_refund_effect(most, method) = "最多可退 {most}，退回{method}。提交后不能撤回。", "At most {most}, back to {method}. It cannot be taken back.";
    order_refund_amount = "退款金额", "Amount";
    order_refund_cause = "退款原因", "Why";
    reveal_title = "查看收件人信息", "Reveal the recipient";
    reveal_effect = "会记录您是谁、什么时间、为什么；30 秒后自动隐藏。", "Who, when and why is logged. It hides again after 30 seconds.";
    reveal_delivery = "联系送达", "Delivery contact";
    reveal_address = "核实地址", "Address check";
    reveal_after_sale = "售后处理", "After-sale";
    reveal_complaint = "投诉处理", "Complaint";
    reveal_button = "查看并记录", "Reveal and log";
    reveal = "查看", "Reveal";
}

#[cfg(test)]
mod tests {
    use ordermill_domain::order::Action as Step;

    use super::*;
    use crate::Language;
    use crate::samples::yuan;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_page_is_sound_in_every_state_and_has_one_primary_button_outside_dialogs() {
        for language in Language::ALL {
            for page in [
                OrderPage::sample(language),
                OrderPage::sample_unpaid(language),
                OrderPage::sample_asking(language),
                OrderPage::sample_revealed(language),
            ] {
                let html = page.render().unwrap();
                assert_sound_page(&html);
                assert_sound(&page.as_order().render().unwrap());
                let (before_dialogs, _) = html.split_once(r#"<dialog id="cancel""#).unwrap();
                assert_eq!(before_dialogs.matches("button primary").count(), 1, "{html}");
            }
        }
    }

    #[test]
    fn the_recipient_is_masked_until_revealed_and_then_hides_itself() {
        let masked = OrderPage::sample(Language::Zh).render().unwrap();
        assert!(masked.contains("林**") && masked.contains("138******21"), "{masked}");
        assert!(!masked.contains("13817260921") && !masked.contains("502"), "{masked}");
        let revealed = OrderPage::sample_revealed(Language::Zh);
        let card = revealed.as_recipient_card().render().unwrap();
        assert_sound(&card);
        assert!(card.contains("13817260921") && card.contains("load delay:30s"), "{card}");
    }

    #[test]
    fn a_wished_service_and_a_promised_day_are_shown_and_nothing_where_there_are_none() {
        for language in Language::ALL {
            let mut page = OrderPage::sample(language);
            let t = page.shell.t;
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(t.service_pickup_point()), "{html}");
            assert!(html.contains(t.pick("11-24 周二", "Tue 11-24")), "{html}");
            page.delivery.clear();
            assert!(!page.render().unwrap().contains(r#"id="delivery""#));
        }
    }

    #[test]
    fn canceling_names_order_amount_and_effect() {
        let form = OrderForm {
            number: "261122-0K3M-Z0Q4-7XC".into(),
            version: 7,
            key: "k".into(),
            open: "cancel".into(),
            errors: vec![("reason", "Choose a reason".into())],
        };
        let t = Words::new(Language::En);
        let html = cancel_dialog(&form, yuan(64_600), yuan(64_600), t).to_string();
        for part in ["261122-0K3M-Z0Q4-7XC", "¥646.00", "goes back", "Cancel order</button>"] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(html.contains(r#"<input type="hidden" name="version" value="7">"#), "{html}");
        assert_eq!(html.matches("Choose a reason").count(), 2, "on top and at the field: {html}");
        let html = cancel_dialog(&form, yuan(64_600), yuan(0), t).to_string();
        assert!(html.contains("is not paid"), "{html}");
    }

    #[test]
    fn staff_are_offered_every_step_but_paying() {
        let t = Words::new(Language::En);
        for step in Step::ALL {
            let button = action(step, "1", t);
            assert_eq!(button.is_none(), step == Step::Pay, "{step}");
        }
    }
}
