//! Receivers of what happens, `/console/admin/webhooks`, and the deliveries of one,
//! `/console/admin/webhooks/{id}`.
//!
//! `new` posts the fields of [`EndpointEntered`] and `key`. Posts below `{id}`: `pause`, `resume`,
//! `rotate`, `delete`, and `deliveries/{delivery}/retry`. The deliveries take `view` (`all`,
//! `waiting`, `failed`) and `cursor`.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{
    Action, Badge, Check, Checks, Effect, Empty, Field, FormErrors, Pager, Tone, Views,
};
use crate::words::Words;

/// The list of receivers.
#[derive(Debug, Clone, Template)]
#[template(path = "console/webhooks.html")]
pub struct WebhooksPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// Newest first.
    pub rows: Vec<EndpointRow>,
    /// Instead of rows.
    pub empty: Empty,
}

/// One receiver with its deliveries.
#[derive(Debug, Clone, Template)]
#[template(path = "console/webhook.html", blocks = ["list"])]
pub struct WebhookPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The receiver.
    pub endpoint: EndpointRow,
    /// A secret that was just made, shown this once. The answer goes out with
    /// `Cache-Control: no-store`.
    pub fresh_secret: Option<String>,
    /// Pause, resume, rotate, delete.
    pub actions: Vec<Action>,
    /// All, waiting, failed. The region is `list`.
    pub views: Views,
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Instead of deliveries.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
}

/// One receiver.
#[derive(Debug, Clone)]
pub struct EndpointRow {
    /// `whk_…`.
    pub id: String,
    /// Where it listens; shown as text and never as a link.
    pub url: String,
    /// The kinds it wants: `order.*`.
    pub kinds: String,
    /// How it stands.
    pub state: EndpointState,
    /// The last delivery it took.
    pub delivered_at: Option<Timestamp>,
    /// Deliveries that wait for their next try.
    pub waiting: u64,
}

/// How a receiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// It takes what is sent.
    Healthy,
    /// Its last deliveries failed; they are tried again.
    Failing,
    /// Nothing is sent until somebody resumes it.
    Paused,
}

impl EndpointState {
    /// In words.
    pub fn badge(self, t: Words) -> Badge {
        match self {
            Self::Healthy => Badge::new(Tone::Green, Icon::Check, t.webhook_healthy()),
            Self::Failing => Badge::new(Tone::Red, Icon::Alert, t.webhook_failing()),
            Self::Paused => Badge::new(Tone::Grey, Icon::Pause, t.webhook_paused()),
        }
    }

    /// What can be done with a receiver that stands so.
    pub fn actions(self, id: &str, key: &str, t: Words) -> Vec<Action> {
        let post = |verb: &str| {
            let address = format!("/console/admin/webhooks/{id}/{verb}");
            Effect::Post(address, vec![("key", key.to_owned())])
        };
        let switch = match self {
            Self::Paused => Action::new(Icon::Refresh, t.webhook_resume(), post("resume")),
            Self::Healthy | Self::Failing => {
                Action::new(Icon::Pause, t.webhook_pause(), post("pause"))
            }
        };
        vec![switch, Action::new(Icon::Lock, t.webhook_rotate(), post("rotate"))]
    }
}

/// One delivery to a receiver.
#[derive(Debug, Clone)]
pub struct DeliveryRow {
    /// `dlv_…`, also the message's id at the receiver.
    pub id: String,
    /// `order.paid`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// When it happened.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// What the receiver said last: "200", "timed out"; empty before the first try.
    pub answer: String,
    /// How it stands.
    pub state: DeliveryState,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Taken.
    Delivered,
    /// To be tried, or tried again, then.
    Waiting(Timestamp),
    /// Given up; a person may try again.
    Failed,
}

impl DeliveryRow {
    fn badge(&self, t: &Words) -> Badge {
        match self.state {
            DeliveryState::Delivered => {
                Badge::new(Tone::Green, Icon::Check, t.delivery_delivered())
            }
            DeliveryState::Waiting(_) => Badge::new(Tone::Blue, Icon::Clock, t.delivery_waiting()),
            DeliveryState::Failed => Badge::new(Tone::Red, Icon::X, t.delivery_failed()),
        }
    }

    fn next_at(&self) -> Option<Timestamp> {
        match self.state {
            DeliveryState::Waiting(at) => Some(at),
            DeliveryState::Delivered | DeliveryState::Failed => None,
        }
    }

    fn may_retry(&self) -> bool {
        self.state != DeliveryState::Delivered
    }
}

/// What was entered for a receiver.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct EndpointEntered {
    /// Where it listens.
    pub url: String,
    /// Aggregates whose events it wants: `order`, `payment`.
    pub kinds: Vec<String>,
}

/// The form of a new receiver; `kinds` are the aggregates to choose from.
pub fn form(
    shell: Shell,
    frame: Frame,
    entered: &EndpointEntered,
    kinds: &[&str],
    key: &str,
) -> FormPage {
    let t = shell.t;
    let check = |kind: &&str| Check {
        value: (*kind).into(),
        label: format!("{kind}.*"),
        hint: String::new(),
        is_on: entered.kinds.iter().any(|of| of == kind),
    };
    let checks = Checks {
        name: "kinds",
        legend: t.webhook_kinds().into(),
        checks: kinds.iter().map(check).collect(),
        error: None,
    };
    let url = Field::new("url", t.webhook_url())
        .kind("url")
        .max_length(2_000)
        .hint(t.webhook_url_hint())
        .value(&entered.url);
    FormPage {
        title: t.webhook_new().into(),
        lead: t.webhook_lead().into(),
        back: ("/console/admin/webhooks".into(), t.webhooks_back().into()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: "/console/admin/webhooks/new".into(),
        values: vec![("key", key.into())],
        groups: vec![FormGroup::new(t.webhook_receiver(), vec![url]).checks(checks)],
        button: t.webhook_create().into(),
        shell,
        frame,
    }
}

/// No receiver yet, and what one is for.
pub fn empty(t: Words) -> Empty {
    Empty {
        icon: Icon::Send,
        title: t.webhooks_none().into(),
        text: t.webhook_lead().into(),
        action: Some(("/console/admin/webhooks/new".into(), t.webhook_new().into())),
    }
}

/// No delivery yet.
pub fn empty_deliveries(t: Words) -> Empty {
    Empty {
        icon: Icon::Send,
        title: t.deliveries_none().into(),
        text: t.deliveries_none_text().into(),
        action: None,
    }
}

/// What was done with a receiver, for a toast.
pub fn stepped(verb: &str, t: Words) -> &'static str {
    match verb {
        "pause" => t.webhook_paused(),
        "resume" => t.webhook_resumed(),
        _ => t.webhook_deleted(),
    }
}

crate::words! {
    webhooks_none = "还没有接收端", "No receiver yet";
    deliveries_none = "还没有投递", "No delivery yet";
    deliveries_none_text = "订阅的事件发生后会出现在这里。", "They appear once an event happens that it wants.";
    webhook_resumed = "已恢复", "Resumed";
    webhook_deleted = "接收端已删除", "The receiver is deleted";
    webhook_kinds_missing = "至少选择一类事件", "Choose at least one kind of event";
    webhook_too_many = "接收端已达上限", "There are as many receivers as there may be";
    delivery_again = "已安排重新投递", "It is delivered again";
    webhooks_list = "接收端列表", "List of receivers";
    webhooks_back = "返回 Webhook", "Back to webhooks";
    webhook_receiver = "接收端", "Receiver";
    webhook_new = "新建接收端", "New receiver";
    webhook_create = "创建接收端", "Create receiver";
    webhook_lead = "每条消息都带签名（Standard Webhooks）。签名密钥在创建后显示一次。", "Each message is signed (Standard Webhooks). The secret is shown once after creating.";
    webhook_url = "地址", "Address";
    webhook_url_hint = "https 开头，不能是内网地址", "https, and not inside a private network";
    webhook_kinds = "事件", "Events";
    webhook_state = "状态", "Status";
    webhook_last = "最近送达", "Last taken";
    webhook_never = "从未", "Never";
    webhook_waiting = "等待中", "Waiting";
    webhook_healthy = "正常", "Healthy";
    webhook_failing = "投递失败", "Failing";
    webhook_paused = "已暂停", "Paused";
    webhook_pause = "暂停", "Pause";
    webhook_resume = "恢复", "Resume";
    webhook_rotate = "更换密钥", "Rotate secret";
    webhook_secret = "签名密钥，只显示这一次", "The signing secret, shown this once";
    webhook_secret_hint = "旧密钥在 24 小时内仍然有效。", "The old one stays valid for 24 hours.";
    deliveries = "投递记录", "Deliveries";
    delivery_event = "事件", "Event";
    delivery_at = "时间", "When";
    delivery_attempts = "次数", "Tries";
    delivery_answer = "应答", "Answer";
    delivery_delivered = "已送达", "Delivered";
    delivery_waiting = "等待投递", "Waiting";
    delivery_failed = "已放弃", "Given up";
    delivery_next(at) = "{at} 再试", "next try {at}";
    delivery_retry = "重新投递", "Try again";
    delivery_actions = "操作", "Actions";
}

#[cfg(any(test, feature = "samples"))]
pub(crate) fn sample_form(language: crate::Language) -> FormPage {
    use crate::{console::Section, samples};
    let entered = EndpointEntered {
        url: "https://erp.example.com/hooks".into(),
        kinds: vec!["order".into()],
    };
    let frame = samples::console_frame(language, Section::Admin);
    let kinds = ["order", "payment", "refund", "stock"];
    form(samples::shell(language), frame, &entered, &kinds, "01JD3M9Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_pages_are_sound_and_a_foreign_address_is_never_a_link() {
        for language in Language::ALL {
            let list = WebhooksPage::sample(language).render().unwrap();
            assert_sound_page(&list);
            assert!(list.contains("https://erp.example.com/hooks"), "{list}");
            let page = WebhookPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            assert_sound(&page.as_list().render().unwrap());
            assert_sound_page(&sample_form(language).render().unwrap());
        }
    }

    #[test]
    fn what_was_taken_is_not_offered_again() {
        let mut page = WebhookPage::sample(Language::En);
        page.deliveries.retain(|delivery| delivery.state == DeliveryState::Delivered);
        assert!(!page.deliveries.is_empty() && !page.render().unwrap().contains("/retry"));
    }

    #[test]
    fn a_paused_receiver_can_be_resumed() {
        let labels = |state: EndpointState| {
            let actions = state.actions("whk_1", "k", Words::new(Language::En));
            actions.into_iter().map(|action| action.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(EndpointState::Paused), ["Resume", "Rotate secret"]);
        assert_eq!(labels(EndpointState::Failing), ["Pause", "Rotate secret"]);
    }
}
