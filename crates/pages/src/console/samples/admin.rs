//! Staff, roles, keys, webhooks, the audit log and settings.

use ordermill_domain::role::Role;

use crate::console::Section;
use crate::console::admin::{Part, parts};
use crate::console::api_keys::{ApiKeyEntered, ApiKeyRow, ApiKeysPage, NewKeyForm, revoke_dialog};
use crate::console::audit::{self, AuditPage, AuditRow, Verification};
use crate::console::settings::{SettingsEntered, SettingsPage, groups};
use crate::console::staff::{RolesPage, StaffPage, StaffRow};
use crate::console::webhooks::{
    DeliveryRow, DeliveryState, EndpointRow, EndpointState, WebhookPage, WebhooksPage,
};
use crate::icon::Icon;
use crate::samples::{self, in_minutes};
use crate::ui::{Choice, Empty, Pager, Tone, View, Views};
use crate::words::{Language, Words};

impl StaffPage {
    /// Four colleagues.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let row = |id: &str,
                   name: (&str, &str),
                   login: &str,
                   roles: &[Role],
                   location: &str,
                   ago: i64| StaffRow {
            id: id.into(),
            name: t.pick(name.0, name.1).into(),
            login: login.into(),
            roles: roles.to_vec(),
            location: location.into(),
            is_active: true,
            has_totp: true,
            signed_in_at: Some(in_minutes(-ago)),
        };
        let mut rows = vec![
            row("stf_1", ("陈思雨", "Chen Siyu"), "siyu", &[Role::Service], "", 84),
            row(
                "stf_2",
                ("周凯", "Zhou Kai"),
                "zhou.kai",
                &[Role::Warehouse, Role::Logistics],
                "SH-1",
                320,
            ),
            row("stf_3", ("李文静", "Li Wenjing"), "wenjing", &[Role::Finance], "", 4_000),
            row("stf_4", ("管理员", "Admin"), "admin", &[Role::Admin], "", 12),
        ];
        rows[1].has_totp = false;
        rows[2].is_active = false;
        rows[2].signed_in_at = None;
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Staff, &Part::ALL, t),
            rows,
            fresh_password: None,
        }
    }
}

impl RolesPage {
    /// The matrix.
    pub fn sample(language: Language) -> Self {
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Roles, &Part::ALL, Words::new(language)),
        }
    }
}

impl ApiKeysPage {
    /// Three keys and the form of a new one.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let row =
            |id: &str, name: &str, hint: &str, scopes: &str, channel: &str, used: Option<i64>| {
                ApiKeyRow {
                    id: id.into(),
                    name: name.into(),
                    hint: hint.into(),
                    scopes: scopes.into(),
                    channel: channel.into(),
                    created_at: in_minutes(-90_000),
                    last_used_at: used.map(|ago| in_minutes(-ago)),
                    is_active: true,
                }
            };
        let mut rows = vec![
            row(
                "key_1",
                "Tmall",
                "omk_4f…9Qz",
                "orders:write stock:read",
                t.pick("天猫", "Tmall"),
                Some(1),
            ),
            row("key_2", "ERP", "omk_a1…k2P", "orders:read catalog:write", "", Some(34)),
            row("key_3", "BI", "omk_77…0Xd", "orders:read", "", None),
        ];
        rows[2].is_active = false;
        let scopes = [
            "orders:write",
            "orders:read",
            "contacts:read",
            "catalog:read",
            "stock:read",
            "stock:write",
            "webhooks:manage",
        ];
        let channels = vec![Choice::new("chn_1", t.pick("天猫", "Tmall"))];
        let entered = ApiKeyEntered::default();
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::ApiKeys, &Part::ALL, t),
            rows,
            fresh: None,
            form: NewKeyForm::new(&entered, &scopes, channels, &[], "01JD3M9Z".into(), t),
            revoke: None,
        }
    }

    /// Right after one was created.
    pub fn sample_fresh(language: Language) -> Self {
        let text = "omk_4fT0b2Wm9nX1pLq7Rz3Vc6Ys8Hd5Kj0Gf2Ea4Ub1Qz".to_owned();
        Self { fresh: Some(("Tmall".into(), text)), ..Self::sample(language) }
    }

    /// Asking whether to revoke one.
    pub fn sample_revoking(language: Language) -> Self {
        let page = Self::sample(language);
        let dialog = revoke_dialog(&page.rows[0], Words::new(language));
        Self { revoke: Some(dialog), ..page }
    }
}

impl AuditPage {
    /// The last entries, on a chain that holds.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let row = |position: &str,
                   ago: i64,
                   who: (&str, &str),
                   kind: &str,
                   words: (&str, &str),
                   subject: &str,
                   why: (&str, &str)| AuditRow {
            position: position.into(),
            at: in_minutes(-ago),
            actor: t.pick(who.0, who.1).into(),
            kind: kind.into(),
            words: t.pick(words.0, words.1).into(),
            subject: subject.into(),
            href: subject.starts_with("2611").then(|| format!("/console/orders/{subject}")),
            reason: t.pick(why.0, why.1).into(),
            request_id: "req_01JD3M9Z".into(),
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Audit, &Part::ALL, t),
            verification: Verification::Sound {
                at: in_minutes(-30),
                entries: 1_204_318,
                head: "1176:9f3c2a77".into(),
            },
            can_verify: true,
            filters: audit::filters(
                &audit::Entered { from: "2026-11-22".into(), ..Default::default() },
                vec![Choice::new("staff:stf_1", t.pick("陈思雨", "Chen Siyu"))],
                Some("/console/admin/audit".into()),
                t,
            ),
            rows: vec![
                row(
                    "evt_9",
                    1,
                    ("陈思雨", "Chen Siyu"),
                    "order.reviewed",
                    ("审核通过", "Review: Approved"),
                    "261122-0K3M-T4K7-1GH",
                    ("电话核实", "Checked by phone"),
                ),
                row(
                    "evt_8",
                    3,
                    ("陈思雨", "Chen Siyu"),
                    "contact.revealed",
                    ("查看了收件人信息", "Revealed the recipient"),
                    "261122-0K3M-Z0Q4-7XC",
                    ("联系送达", "Delivery contact"),
                ),
                row(
                    "evt_7",
                    4,
                    ("买家", "Buyer"),
                    "order.placed",
                    ("下单，共 3 行", "Placed with 3 lines"),
                    "261122-0K3M-Z0Q4-7XC",
                    ("", ""),
                ),
                row(
                    "evt_6",
                    9,
                    ("规则 deadline", "Rule deadline"),
                    "order.canceled",
                    ("已取消：超时未付款", "Canceled: Not paid in time"),
                    "261121-9T2M-K1Q0-5AB",
                    ("", ""),
                ),
                row(
                    "evt_5",
                    22,
                    ("周凯", "Zhou Kai"),
                    "stock.moved",
                    ("调整 -1", "Adjusted -1"),
                    "CUP-CEL-2",
                    ("破损", "Broken"),
                ),
            ],
            empty: nothing(t),
            pager: Pager {
                t,
                summary: t.pick("最新在前", "newest first").into(),
                first: None,
                next: Some("/console/admin/audit?cursor=e5&from=2026-11-22".into()),
                region: "list",
            },
        }
    }
}

impl WebhooksPage {
    /// One of each state.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Webhooks, &Part::ALL, t),
            rows: vec![
                endpoint("whk_1", "https://erp.example.com/hooks", EndpointState::Failing),
                endpoint("whk_2", "https://bi.example.com/in/ordermill", EndpointState::Healthy),
                endpoint("whk_3", "https://old.example.com/", EndpointState::Paused),
            ],
            empty: nothing(t),
        }
    }
}

impl WebhookPage {
    /// A receiver that fails.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let delivery =
            |id: &str, kind: &str, ago: i64, attempts, answer: &str, state| DeliveryRow {
                id: id.into(),
                kind: kind.into(),
                subject: "261122-0K3M-Z0Q4-7XC".into(),
                at: in_minutes(-ago),
                attempts,
                answer: answer.into(),
                state,
            };
        let view = |key, name: (&str, &str), count, tone| {
            let href = format!("/console/admin/webhooks/whk_1?view={key}");
            View::new(key, t.pick(name.0, name.1), href).count(count, tone)
        };
        let views = vec![
            view("all", ("全部", "All"), 9_204, Tone::Grey),
            view("waiting", ("等待中", "Waiting"), 12, Tone::Blue),
            view("failed", ("已放弃", "Given up"), 3, Tone::Red),
        ];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Admin),
            endpoint: endpoint("whk_1", "https://erp.example.com/hooks", EndpointState::Failing),
            fresh_secret: None,
            actions: EndpointState::Failing.actions("whk_1", "01JD3M9Z", t),
            views: Views::of_list(t, "list", "all", views),
            deliveries: vec![
                delivery("dlv_3", "order.paid", 4, 3, "503", DeliveryState::Waiting(in_minutes(6))),
                delivery(
                    "dlv_2",
                    "order.placed",
                    9,
                    12,
                    t.pick("超时", "timed out"),
                    DeliveryState::Failed,
                ),
                delivery("dlv_1", "order.placed", 51, 1, "204", DeliveryState::Delivered),
            ],
            empty: nothing(t),
            pager: Pager {
                t,
                summary: t.pick("最新在前", "newest first").into(),
                first: None,
                next: None,
                region: "list",
            },
        }
    }
}

impl SettingsPage {
    /// The settings of the demo shop.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let entered = SettingsEntered {
            name_zh: "磨坊商店".into(),
            name_en: "Ordermill".into(),
            currency: "CNY".into(),
            pay_within_hours: "24".into(),
            hold_for_minutes: "30".into(),
            late_policy: "offer_backorder".into(),
            is_promotion: String::new(),
            refund_limit: "500.00".into(),
            coupon_limit: "500.00".into(),
            price_change_limit_percent: "30".into(),
            stock_limit_pieces: "50".into(),
            points_limit: "50000".into(),
            review_per_hour: "60".into(),
            review_stretch_percent: "400".into(),
            reason: String::new(),
        };
        let policies = vec![
            Choice::new(
                "offer_backorder",
                t.pick("有货则继续，无货等货", "Go on, on backorder if need be"),
            ),
            Choice::new("refund", t.pick("自动全额退款", "Refund all of it")),
        ];
        let (groups, errors) = groups(&entered, vec![Choice::new("CNY", "CNY")], policies, &[], t);
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Settings, &Part::ALL, t),
            errors,
            groups,
            version: 3,
            can_change: true,
            system: vec![
                (t.pick("程序", "Program").into(), "Ordermill 0.1.0".into()),
                (t.pick("数据库", "Database").into(), "SQLite".into()),
                (t.pick("数据结构", "Schema").into(), "6".into()),
            ],
        }
    }
}

fn endpoint(id: &str, url: &str, state: EndpointState) -> EndpointRow {
    EndpointRow {
        id: id.into(),
        url: url.into(),
        kinds: "order.* payment.*".into(),
        state,
        delivered_at: Some(in_minutes(-51)),
        waiting: 12,
    }
}

fn nothing(t: Words) -> Empty {
    Empty {
        icon: Icon::Search,
        title: t.pick("没有内容", "Nothing here").into(),
        text: String::new(),
        action: None,
    }
}
