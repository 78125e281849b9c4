//! The watchlist, `/console/admin/watchlist`: who is watched, why, until when.
//!
//! Posts: to the same address `order` (a number), `kind`, `days`, `reason` and `key`; below `{id}`
//! `appeal` with `text`, `uphold`, `lift`, each with `version`. `?order=` fills the number in.

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::risk::{SignalKind, SubjectKind, WatchState};

use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Choice, Field, FormErrors, Pager, Tone, Views};
use crate::words::Words;

/// The watchlist.
#[derive(Debug, Clone, Template)]
#[template(path = "console/watchlist.html")]
pub struct WatchlistPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// The newest first.
    pub rows: Vec<WatchRow>,
    /// The foot.
    pub pager: Pager,
    /// What was refused.
    pub errors: FormErrors,
    /// Whom to watch, for how long, why.
    pub fields: Vec<Field>,
    /// A key of the form.
    pub key: String,
}

/// An entry.
#[derive(Debug, Clone)]
pub struct WatchRow {
    /// `wat_…`.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// "Phone of".
    pub kind: &'static str,
    /// The order from which it was made.
    pub number: String,
    /// Why.
    pub reason: String,
    /// How it stands.
    pub state: Badge,
    /// Until when.
    pub expires_at: Timestamp,
    /// What was said against it; empty before an appeal.
    pub appeal: String,
    /// Whether an appeal can be noted, turned down, and whether the entry can be lifted.
    pub can: [bool; 3],
}

/// What was entered for somebody to be watched.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct WatchEntered {
    pub order: String,
    pub kind: String,
    pub days: String,
    pub reason: String,
    pub key: String,
}

/// The fields with what was entered.
pub fn fields(entered: &WatchEntered, t: Words) -> Vec<Field> {
    let kinds = SubjectKind::ALL.map(|it| Choice::new(it.code(), subject(it, t))).into();
    vec![
        Field::new("order", t.watch_order()).max_length(40).value(&entered.order),
        Field::select("kind", t.watch_kind(), kinds).value(&entered.kind),
        Field::new("days", t.watch_days()).digits(3).value(&entered.days),
        Field::new("reason", t.order_reason())
            .max_length(200)
            .hint(t.watch_reason_hint())
            .value(&entered.reason),
    ]
}

/// What kind of subject, in words.
pub fn subject(kind: SubjectKind, t: Words) -> &'static str {
    match kind {
        SubjectKind::Buyer => t.watch_buyer(),
        SubjectKind::Phone => t.watch_phone(),
        SubjectKind::Address => t.watch_address(),
    }
}

/// What speaks against somebody, in words.
pub fn signal(kind: SignalKind, t: Words) -> &'static str {
    match kind {
        SignalKind::Cancel => t.signal_cancel(),
        SignalKind::Refused => t.signal_refused(),
        SignalKind::FakeAddress => t.signal_fake_address(),
        SignalKind::ManyAccounts => t.signal_many_accounts(),
        SignalKind::Refund => t.signal_refund(),
        SignalKind::Chargeback => t.signal_chargeback(),
    }
}

/// How an entry stands, in words.
pub fn state(state: WatchState, is_over: bool, t: Words) -> Badge {
    match state {
        WatchState::Lifted => Badge::new(Tone::Grey, Icon::Check, t.watch_lifted()),
        _ if is_over => Badge::new(Tone::Grey, Icon::Clock, t.watch_over()),
        WatchState::Watched => Badge::new(Tone::Amber, Icon::Eye, t.watch_watched()),
        WatchState::Appealed => Badge::new(Tone::Violet, Icon::Message, t.watch_appealed()),
    }
}

crate::words! {
    watch_title = "关注名单", "Watchlist";
    watch_lead = "名单只作标记，是否拦截由审核规则决定。到期自动失效；对方可以申诉。", "The list only marks; whether an order is held is a rule's matter. Entries end by themselves, and may be appealed.";
    watch_add = "加入名单", "Watch somebody";
    watch_add_button = "加入", "Watch";
    watch_order = "订单号", "Order number";
    watch_kind = "关注对象", "Whom";
    watch_days = "天数（1 到 365）", "Days (1 to 365)";
    watch_reason_hint = "会记入日志。不要写个人信息。", "It is kept. No personal data.";
    watch_buyer = "买家账号", "The buyer's account";
    watch_phone = "收件电话", "The phone";
    watch_address = "收件地址", "The address";
    watch_none = "名单是空的。", "Nobody is watched.";
    watch_whom = "对象", "Whom";
    watch_state = "状态", "Status";
    watch_until = "到期", "Until";
    watch_actions = "操作", "Actions";
    watch_watched = "关注中", "Watched";
    watch_appealed = "申诉中", "Appealed";
    watch_lifted = "已解除", "Lifted";
    watch_over = "已到期", "Over";
    watch_of(kind, number) = "{kind} · 订单 {number}", "{kind} of order {number}";
    watch_appeal_text = "申诉内容", "What they say";
    watch_do_appeal = "登记申诉", "Note the appeal";
    watch_do_uphold = "驳回申诉", "Turn it down";
    watch_do_lift = "解除", "Lift";
    watch_done = "名单已更新", "The list is changed";
    watch_order_wrong = "没有这个订单", "There is no such order";
    watch_kind_wrong = "这个订单没有已知的该对象", "The order has none that is known";
    watch_days_wrong = "1 到 365 天", "1 to 365 days";
    watch_already = "已在名单中", "They are watched already";
    signal_cancel = "频繁取消", "Cancels";
    signal_refused = "曾被拒绝", "Refused before";
    signal_fake_address = "地址可疑", "Made-up recipient";
    signal_many_accounts = "一址多号", "Many accounts";
    signal_refund = "退款", "Refunds";
    signal_chargeback = "银行拒付", "Disputes by their bank";
    risk_score = "风险分", "Risk score";
    risk_watched = "在关注名单中", "On the watchlist";
    risk_watch = "加入关注名单", "Watch";
}

#[cfg(any(test, feature = "samples"))]
impl WatchlistPage {
    pub(crate) fn sample(language: crate::Language) -> Self {
        use crate::console::Section;
        use crate::console::admin::{Part, parts};
        use crate::samples;
        let shell = samples::shell(language);
        let t = shell.t;
        let row = |id: &str, of, appeal: &str, can| WatchRow {
            id: id.into(),
            version: 1,
            kind: subject(SubjectKind::Phone, t),
            number: samples::ORDER_NUMBER.into(),
            reason: t.pick("多次拒收", "Refused parcels again and again").into(),
            state: state(of, false, t),
            expires_at: samples::in_minutes(40_000),
            appeal: appeal.into(),
            can,
        };
        let said = t.pick("号码是新换的", "The number is new to me");
        Self {
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Watchlist, &Part::ALL, t),
            rows: vec![
                row("wat_2", WatchState::Appealed, said, [false, true, true]),
                row("wat_1", WatchState::Watched, "", [true, false, true]),
            ],
            pager: Pager {
                t,
                summary: t.rules_newest_first().into(),
                first: None,
                next: None,
                region: "",
            },
            errors: FormErrors::default(),
            fields: fields(&WatchEntered::default(), t),
            key: "01JD3M9Z".into(),
            shell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_list_is_sound_with_entries_and_without() {
        for language in Language::ALL {
            let mut page = WatchlistPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("/console/admin/watchlist/wat_2/uphold"), "{html}");
            page.rows.clear();
            assert_sound_page(&page.render().unwrap());
        }
    }
}
