use ordermill_base::{Currency, Span};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::dispute::{self, Reason};
use ordermill_domain::fulfillment::State;
use ordermill_domain::order::{self as orders, Action as Step, DisplayStatus, Review};
use ordermill_domain::payment::{self, PaymentStatus};
use ordermill_domain::refund;
use ordermill_domain::task::{TaskKind, TaskState};

use crate::console::Section;
use crate::console::merge::MergeOffer;
use crate::console::order::{
    DeadlineRow, LineRow, LinkedTask, NextStep, OrderDispute, OrderForm, OrderPage, PaymentRow,
    Recipient, RefundRow, ReservationRow, WorkItem, action, cancel_dialog, refund_dialog,
    reveal_dialog,
};
use crate::console::sourcing::Why;
use crate::icon::Icon;
use crate::samples::{self, in_minutes, yuan};
use crate::states;
use crate::states::history::moment;
use crate::ui::{
    Action, Badge, Effect, Field, Moment, Progress, Remaining, Step as Stage, Steps, Timeline,
    Tone, TotalLine, Totals,
};
use crate::words::{Language, Words};

const NUMBER: &str = "261122-0K3M-Z0Q4-7XC";
const KEY: &str = "01JD3M9Z";

impl OrderPage {
    /// A paid order that waits for a person's decision.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let form = form("", Vec::new());
        let button = |step| action(step, NUMBER, t);
        let refund = Effect::Ask("refund", format!("/console/orders/{NUMBER}?ask=refund"));
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Orders),
            id: "ord_0K3MZ0Q4".into(),
            number: NUMBER.into(),
            state: states::order(DisplayStatus::InReview, t),
            payment: states::payment_status(PaymentStatus::Paid, t),
            tags: vec!["VIP".into()],
            placed_at: in_minutes(-84),
            channel: t.pick("商城", "Shop").into(),
            next: NextStep {
                tone: Tone::Violet,
                icon: Icon::Eye,
                title: t.pick("需要人工审核，剩余 42 分钟", "A person must decide; 42 minutes left").into(),
                text: t
                    .pick(
                        "金额高于该顾客以往订单的三倍。地址与历史一致，付款已到账。",
                        "The amount is over three times this buyer's usual. Address as before, money is here.",
                    )
                    .into(),
                actions: button(Step::Approve)
                    .map(Action::primary)
                    .into_iter()
                    .chain(button(Step::AskBuyer))
                    .chain(button(Step::Refuse))
                    .collect(),
            },
            actions: vec![Action::new(Icon::ArrowBack, t.order_do_refund(), refund)]
                .into_iter()
                .chain(button(Step::Cancel))
                .collect(),
            steps: steps(t),
            lines: lines(t),
            totals: Totals {
                lines: vec![
                    TotalLine::new(t.pick("商品小计", "Items"), yuan(66_600)),
                    TotalLine::new(t.pick("优惠券 AUTUMN20", "Coupon AUTUMN20"), yuan(-2_000)),
                    TotalLine {
                        free: t.pick("包邮", "Free").into(),
                        ..TotalLine::new(t.pick("运费", "Shipping"), yuan(0))
                    },
                ],
                label: t.pick("实付", "Paid").into(),
                total: yuan(64_600),
            },
            timeline: timeline(t),
            only_public: false,
            older_href: None,
            note: Field::new("note", t.order_note()).max_length(500),
            note_key: KEY.into(),
            recipient: Some(Recipient {
                name: "林**".into(),
                phone: "138******21".into(),
                address: t.pick("上海市浦东新区 ••••••", "Pudong, Shanghai ••••••").into(),
                wish: t.pick("工作日送达", "Weekdays only").into(),
                is_revealed: false,
                can_reveal: true,
            }),
            delivery: vec![
                (t.order_service().into(), t.service_pickup_point().into()),
                (t.order_promised_by().into(), t.pick("11-24 周二", "Tue 11-24").into()),
            ],
            work: vec![WorkItem {
                place: "SH-1".into(),
                notes: "SHIRT-LIN-M × 1".into(),
                is_urgent: true,
                state: states::work(State::Planned, t),
                ship_by: Some((
                    t.order_work_ship_by("12:00"),
                    Remaining::new(in_minutes(142), samples::NOW, Span::hours(2), t),
                )),
                actions: vec![Action::new(
                    Icon::Split,
                    t.sourcing_send_to(),
                    Effect::Open("/console/fulfillments/ful_1/send-to".into()),
                )],
            }],
            missing: vec![crate::console::order::MissingRow::sample(t)],
            work_actions: Vec::new(),
            merges: vec![MergeOffer {
                order: ("261122-0K3M-Z0Q4-8QA".into(), "/console/orders/261122-0K3M-Z0Q4-8QA".into()),
                notes: "SH-1 · BOWL-02 × 1".into(),
                action: Action::new(
                    Icon::Package,
                    t.merge_do(),
                    Effect::Open("/console/fulfillments/ful_1/merge?with=ful_2".into()),
                ),
            }],
            why: vec![Why {
                at: in_minutes(-40),
                title: t.why_sent("SH-1", yuan(609)),
                text: vec![t.why_second("HZ-1", yuan(120))],
                candidates: vec![
                    ("SH-1".into(), yuan(609).to_string(), String::new()),
                    ("GZ-1".into(), yuan(940).to_string(), t.sourcing_too_few().into()),
                ],
            }],
            reservations: vec![ReservationRow {
                sku: "SHIRT-LIN-M".into(),
                location: "SH-1".into(),
                quantity: 1,
                state: states::reservation(ordermill_domain::reservation::State::Held, t),
                until: Some(Remaining::new(in_minutes(42), samples::NOW, Span::minutes(5), t)),
            }],
            deadlines: vec![DeadlineRow {
                name: states::deadline(DeadlineKind::Review, t).into(),
                owner: t.role_operations().into(),
                due_at: in_minutes(42),
                remaining: Remaining::new(in_minutes(42), samples::NOW, Span::hours(1), t),
            }],
            payments: vec![PaymentRow {
                method: t.pick("微信支付", "WeChat Pay").into(),
                reference: "4200002611229917".into(),
                amount: yuan(64_600),
                state: states::payment(payment::State::Captured, t),
                at: in_minutes(-83),
                action: None,
            }],
            refunds: Vec::new(),
            disputes: vec![OrderDispute {
                href: "/console/disputes/dsp_1".into(),
                reason: states::dispute::reason(Reason::NotReceived, t),
                amount: yuan(12_800),
                state: states::dispute::state(dispute::State::NeedsResponse, t),
                remaining: Some(Remaining::new(
                    in_minutes(3 * 24 * 60),
                    samples::NOW,
                    Span::days(2),
                    t,
                )),
                at: in_minutes(-60),
            }],
            refundable: yuan(64_600),
            tasks: vec![LinkedTask {
                name: states::task_kind(TaskKind::Review, t).into(),
                href: Some("/console/tasks/tsk_1".into()),
                state: states::task(TaskState::Claimed, t),
            }],
            dialogs: vec![
                cancel_dialog(&form, yuan(64_600), yuan(64_600), t),
                refund_dialog(&form, yuan(64_600), t.pick("微信支付", "WeChat Pay"), t),
                reveal_dialog(&form, t),
            ],
        }
    }

    /// The same with the cancel dialog open and refused for lack of a reason.
    pub fn sample_asking(language: Language) -> Self {
        let t = Words::new(language);
        let error = ("reason", t.pick("请选择原因", "Choose a reason").to_owned());
        let form = form("cancel", vec![error]);
        let mut page = Self::sample(language);
        page.dialogs[0] = cancel_dialog(&form, yuan(64_600), yuan(64_600), t);
        page
    }

    /// The same with the recipient in full, for thirty seconds.
    pub fn sample_revealed(language: Language) -> Self {
        let t = Words::new(language);
        let mut page = Self::sample(language);
        page.recipient = page.recipient.map(|masked| Recipient {
            name: "林小满".into(),
            phone: "13817260921".into(),
            address: t
                .pick(
                    "上海市浦东新区张江路 88 弄 3 号 502",
                    "502, No. 3, Lane 88, Zhangjiang Rd, Pudong, Shanghai",
                )
                .into(),
            is_revealed: true,
            ..masked
        });
        page.timeline.moments.insert(
            0,
            Moment {
                tone: Tone::Violet,
                icon: Icon::Eye,
                text: t.pick("查看了收件人信息", "Revealed the recipient").into(),
                note: t
                    .pick(
                        "11-22 22:58 · 陈思雨 · 联系送达",
                        "11-22 22:58 · Chen Siyu · Delivery contact",
                    )
                    .into(),
                is_public: false,
            },
        );
        page
    }

    /// An order that the buyer has not paid, with a refund of an earlier try.
    pub fn sample_unpaid(language: Language) -> Self {
        let t = Words::new(language);
        let form = OrderForm { number: "261122-0K5T-M2H8-3WR".into(), ..form("", Vec::new()) };
        let remind = Effect::Post(
            format!("/console/orders/{}/remind", form.number),
            vec![("key", KEY.into())],
        );
        Self {
            number: form.number.clone(),
            state: states::order(DisplayStatus::ToPay, t),
            payment: states::payment_status(PaymentStatus::Unpaid, t),
            tags: Vec::new(),
            next: NextStep {
                tone: Tone::Amber,
                icon: Icon::Card,
                title: t.pick("等买家付款，剩余 31 分钟", "Waits for the buyer to pay; 31 minutes left").into(),
                text: t
                    .pick("到时自动取消并释放库存。可以提醒买家一次。", "Then it is canceled and its stock released. The buyer can be reminded once.")
                    .into(),
                actions: vec![Action::new(Icon::Bell, t.pick("提醒买家", "Remind the buyer"), remind).primary()],
            },
            actions: action(Step::Cancel, &form.number, t).into_iter().collect(),
            refunds: vec![RefundRow {
                cause: t.pick("付款晚于取消", "Paid after the end").into(),
                amount: yuan(16_900),
                state: states::refund(refund::State::Requested, t),
                at: in_minutes(-12),
            }],
            payments: vec![PaymentRow {
                method: t.pick("支付宝", "Alipay").into(),
                reference: String::new(),
                amount: yuan(16_900),
                state: states::payment(payment::State::Pending, t),
                at: in_minutes(-20),
                action: None,
            }],
            disputes: Vec::new(),
            refundable: yuan(0),
            tasks: Vec::new(),
            only_public: true,
            dialogs: vec![cancel_dialog(&form, yuan(16_900), yuan(0), t), reveal_dialog(&form, t)],
            ..Self::sample(language)
        }
    }
}

fn form(open: &str, errors: Vec<(&'static str, String)>) -> OrderForm {
    OrderForm { number: NUMBER.into(), version: 7, key: KEY.into(), open: open.into(), errors }
}

fn steps(t: Words) -> Steps {
    let stage = |progress, icon, label: (&str, &str), note: &str| Stage {
        progress,
        icon,
        label: t.pick(label.0, label.1).into(),
        note: note.into(),
    };
    Steps {
        t,
        steps: vec![
            stage(Progress::Done, Icon::Cart, ("下单", "Placed"), "11-22 21:34"),
            stage(Progress::Done, Icon::Card, ("付款", "Paid"), "11-22 21:35"),
            stage(
                Progress::Warned,
                Icon::Shield,
                ("审核", "Reviewed"),
                t.pick("剩余 42 分钟", "42m left"),
            ),
            stage(Progress::Ahead, Icon::Barcode, ("拣货", "Picked"), ""),
            stage(Progress::Ahead, Icon::Package, ("打包", "Packed"), ""),
            stage(Progress::Ahead, Icon::Truck, ("发货", "Shipped"), ""),
            stage(Progress::Ahead, Icon::CircleCheck, ("签收", "Delivered"), ""),
        ],
    }
}

fn lines(t: Words) -> Vec<LineRow> {
    let held = |count: u64| {
        Badge::new(
            Tone::Blue,
            Icon::Lock,
            t.pick(format!("已预占 {count}"), format!("{count} held")),
        )
    };
    let waits = || Badge::new(Tone::Amber, Icon::Hourglass, t.pick("等货 1", "1 on backorder"));
    let line =
        |sku: &str, name: (&str, &str), spec: (&str, &str), states, fen, quantity, amount| {
            LineRow {
                sku: sku.into(),
                picture: Some(format!("/art/{sku}.svg")),
                href: Some(format!("/console/stock/{sku}")),
                name: t.pick(name.0, name.1).into(),
                spec: t.pick(spec.0, spec.1).into(),
                in_place_of: String::new(),
                states,
                price: yuan(fen),
                quantity,
                amount: yuan(amount),
            }
        };
    vec![
        line(
            "SHIRT-LIN-M",
            ("棉麻立领衬衫", "Linen band-collar shirt"),
            ("白色 / M", "White / M"),
            vec![held(1), waits()],
            16_900,
            2,
            32_785,
        ),
        line(
            "TROUSER-CHI-30",
            ("直筒卡其裤", "Straight chinos"),
            ("卡其 / 30", "Khaki / 30"),
            vec![held(1)],
            22_900,
            1,
            22_213,
        ),
        line(
            "SOCK-3P",
            ("精梳棉袜", "Combed cotton socks"),
            ("深灰 / 3 双", "Dark grey / 3 pairs"),
            vec![held(1)],
            9_900,
            1,
            9_602,
        ),
    ]
}

fn timeline(t: Words) -> Timeline {
    let at = |event: orders::Event, note: &str| moment(&event.into(), Currency::Cny, note, t);
    let rules = t.pick("11-22 21:36 · 规则", "11-22 21:36 · Rules");
    let buyer = t.pick("11-22 21:35 · 买家", "11-22 21:35 · Buyer");
    let captured = payment::Event::Captured {
        from: payment::State::Pending,
        amount_minor: 64_600,
        gateway_ref: "4200002611229917".into(),
    };
    Timeline {
        moments: vec![
            Moment {
                tone: Tone::Grey,
                icon: Icon::Message,
                text: t
                    .pick(
                        "已电话确认是本人下单，等主管意见。",
                        "Called: it is the buyer's own order. Waiting for the lead.",
                    )
                    .into(),
                note: t
                    .pick("11-22 22:41 · 陈思雨 · 备注", "11-22 22:41 · Chen Siyu · Note")
                    .into(),
                is_public: false,
            },
            at(
                orders::Event::Reviewed {
                    from: Review::Pending,
                    to: Review::ManualPending,
                    ruling: None,
                },
                rules,
            ),
            at(orders::Event::Paid { amount_minor: 64_600, paid_minor: 64_600 }, buyer),
            moment(&captured.into(), Currency::Cny, buyer, t),
            Moment {
                tone: Tone::Blue,
                icon: Icon::Cart,
                text: t.happened_placed(3),
                note: t.pick("11-22 21:34 · 买家", "11-22 21:34 · Buyer").into(),
                is_public: true,
            },
        ],
    }
}
