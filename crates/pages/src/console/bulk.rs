//! Bulk work on orders: the question before it, `/console/orders/bulk` with what was done lately, and
//! how far one is, `/console/orders/bulk/{id}`, which is stopped at `…/stop`.
//!
//! Both forms post to `/console/orders/bulk`, confirmed with `confirmed=1`, a `reason` to cancel and a
//! `remark`. Rows that were ticked come as `ids` and are done at once; a whole view comes as `all=1` with
//! its `query` and a `key`, and is done in the background.

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::bulk::{Action, Refusal, State, StopCause};
use ordermill_domain::order::CancelReason;

use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::console::orders::counted;
use crate::format::grouped;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::states;
use crate::ui::{Badge, Choice, Field, FormErrors, Tone};
use crate::words::Words;

/// Where forms are posted, and what was done lately.
pub const HERE: &str = "/console/orders/bulk";

/// The address of one.
pub fn href(id: &str) -> String {
    format!("{HERE}/{id}")
}

/// How far bulk work is.
#[derive(Debug, Clone, Template)]
#[template(path = "console/bulk.html", blocks = ["progress"])]
pub struct BulkPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// `blk_…`, which is also its topic of the live stream.
    pub id: String,
    /// What it is and how far.
    pub row: BulkRow,
    /// Why, in the words of whoever started it.
    pub reason: String,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How many orders are still to be looked at, and whether there are more than that.
    pub left: (u64, bool),
    /// Whether it is under way, so that it moves and can be stopped.
    pub is_running: bool,
    /// Orders that stayed as they were.
    pub refusals: Vec<RefusalRow>,
    /// More of them, behind these.
    pub next: Option<String>,
}

/// What was done lately.
#[derive(Debug, Clone, Template)]
#[template(path = "console/bulks.html")]
pub struct BulksPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// Newest first.
    pub rows: Vec<BulkRow>,
}

/// Bulk work in a line.
#[derive(Debug, Clone)]
pub struct BulkRow {
    /// The address of its page.
    pub href: String,
    /// What is done with each order.
    pub what: String,
    /// Where it stands.
    pub state: Badge,
    /// Orders that took the step.
    pub done: u64,
    /// Orders that stayed as they were.
    pub refused: u64,
    /// When it was started.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// An order that stayed as it was.
#[derive(Debug, Clone)]
pub struct RefusalRow {
    /// Its number.
    pub number: String,
    /// Why: "changed by someone else".
    pub reason: &'static str,
}

impl BulkRow {
    fn done_text(&self) -> String {
        grouped(self.done)
    }

    fn refused_text(&self) -> String {
        grouped(self.refused)
    }
}

impl BulkPage {
    fn left(&self) -> String {
        counted(self.left)
    }

    /// How much of the view was looked at.
    fn percent(&self) -> u64 {
        let looked_at = self.row.done + self.row.refused;
        match looked_at + self.left.0 {
            0 => 100,
            all => looked_at * 100 / all,
        }
    }
}

/// What is done with each order, in words; for which reason, where there is one.
pub fn what(action: Action, reason: Option<CancelReason>, t: Words) -> String {
    match (action, reason) {
        (Action::Approve, _) => t.orders_approve().to_owned(),
        (Action::Cancel, None) => t.orders_cancel().to_owned(),
        (Action::Cancel, Some(reason)) => {
            format!("{} · {}", t.orders_cancel(), states::cancel_reason(reason, t))
        }
    }
}

/// Where bulk work stands.
pub fn state(state: State, cause: Option<StopCause>, has_refused: bool, t: Words) -> Badge {
    match (state, cause) {
        (State::Running, _) => Badge::new(Tone::Blue, Icon::Clock, t.bulk_running()),
        (State::Stopped, Some(StopCause::RightLost)) => {
            Badge::new(Tone::Red, Icon::Lock, t.bulk_right_lost())
        }
        (State::Stopped, _) => Badge::new(Tone::Grey, Icon::Ban, t.bulk_stopped()),
        (State::Done, _) if has_refused => {
            Badge::new(Tone::Amber, Icon::Alert, t.bulk_done_partly())
        }
        (State::Done, _) => Badge::new(Tone::Green, Icon::Check, t.bulk_done()),
    }
}

/// Why an order stays as it is.
pub fn refusal(refusal: Refusal, t: Words) -> &'static str {
    match refusal {
        Refusal::Stale => t.skipped_stale(),
        Refusal::State => t.skipped_state(),
        Refusal::Missing => t.skipped_missing(),
        Refusal::Failed => t.skipped_failed(),
    }
}

/// What has happened to so many orders, for a toast.
pub fn done(action: Action, count: u64, t: Words) -> String {
    match action {
        Action::Approve => t.orders_approved(count),
        Action::Cancel => t.orders_canceled(count),
    }
}

/// The orders that a bulk is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// Rows that were ticked, as `id:version`, and what they cost together.
    Rows(&'a [String], &'a str),
    /// Every order of a view.
    View {
        /// The query of its list.
        query: &'a str,
        /// How many there are, and whether there are more than that.
        count: (u64, bool),
        /// The key of this form.
        key: &'a str,
    },
}

/// Asks for the reason before a bulk: names how many orders and what happens.
pub fn ask_page(
    (shell, frame): (Shell, Frame),
    action: Action,
    of: Of<'_>,
    remark: &str,
) -> FormPage {
    let t = shell.t;
    let mut fields = Vec::new();
    if action == Action::Cancel {
        let reasons = CancelReason::ALL
            .into_iter()
            .filter(|reason| !matches!(reason, CancelReason::Unpaid | CancelReason::Channel))
            .map(|reason| Choice::new(reason.code(), states::cancel_reason(reason, t)));
        fields.push(Field::select("reason", t.order_reason(), reasons.collect()));
    }
    fields.push(Field::new("remark", t.orders_remark()).max_length(200).value(remark));
    let mut values = vec![("action", action.code().to_owned()), ("confirmed", "1".to_owned())];
    let (title, lead) = match (of, action) {
        (Of::Rows(ids, total), Action::Approve) => {
            (t.orders_approve_ask(ids.len() as u64), t.orders_approve_effect(total))
        }
        (Of::Rows(ids, total), Action::Cancel) => {
            (t.orders_cancel_ask(ids.len() as u64), t.orders_cancel_effect(total))
        }
        (Of::View { count, .. }, Action::Approve) => {
            (t.bulk_approve_ask(counted(count)), t.bulk_approve_effect().to_owned())
        }
        (Of::View { count, .. }, Action::Cancel) => {
            (t.bulk_cancel_ask(counted(count)), t.bulk_cancel_effect().to_owned())
        }
    };
    match of {
        Of::Rows(ids, _) => values.extend(ids.iter().map(|id| ("ids", id.clone()))),
        Of::View { query, key, .. } => values.extend([
            ("all", "1".to_owned()),
            ("query", query.to_owned()),
            ("key", key.to_owned()),
        ]),
    }
    FormPage {
        shell,
        frame,
        title,
        lead,
        back: ("/console/orders".into(), t.order_back_to_list().into()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: HERE.into(),
        values,
        groups: vec![FormGroup::new(t.order_reason(), fields)],
        button: what(action, None, t),
    }
}

crate::words! {
    bulk_title = "批量任务", "Bulk work";
    bulk_none = "还没有批量任务。在订单列表中选择视图的全部订单即可开始。", "Nothing yet. Choose all orders of a view in the list of orders to begin.";
    bulk_back = "返回批量任务", "Back to bulk work";
    bulk_what = "操作", "What";
    bulk_at = "开始", "Started";
    bulk_ended = "结束", "Ended";
    bulk_by = "操作人", "By";
    bulk_state = "状态", "Status";
    bulk_why = "原因", "Why";
    bulk_orders_done = "已处理", "Done";
    bulk_orders_refused = "未处理", "Refused";
    bulk_orders_left = "剩余", "Left";
    bulk_progress = "进度", "Progress";
    bulk_refusals = "未处理的订单", "Orders that stayed as they were";
    bulk_no_refusals = "没有。", "None.";
    bulk_reason = "原因", "Reason";
    bulk_stop = "停止", "Stop";
    bulk_refresh = "刷新", "Refresh";
    bulk_running = "进行中", "Under way";
    bulk_done = "完成", "Done";
    bulk_done_partly = "完成，有未处理", "Done, some refused";
    bulk_stopped = "已停止", "Stopped";
    bulk_right_lost = "已停止：发起人不再有权限", "Stopped: its starter lost the right";
    bulk_started = "已开始，在后台逐单处理", "Started; orders are handled one by one in the background";
    bulk_was_stopped = "已停止，处理过的订单不会改回", "Stopped; what was handled stays so";
    bulk_was_over = "任务已经结束", "It was over already";
    bulk_too_many = "进行中的批量任务太多，请等其中一些完成", "Too much bulk work is under way; wait until some of it has ended";
    bulk_form_used = "这个表单已用于另一个任务，请从列表重新开始", "This form was used for something else; begin again from the list";
    bulk_approve_ask(count) = "审核通过此视图的全部 {count} 单？", "Approve all {count} orders of this view?";
    bulk_cancel_ask(count) = "取消此视图的全部 {count} 单？", "Cancel all {count} orders of this view?";
    bulk_approve_effect = "后台逐单处理，以处理到时仍符合条件的订单为准，此后新下的订单不在内。已付款且有库存的订单会立即确认。", "Done in the background, order by order: those that still match when it is their turn, and none that is placed from now on. Those that are paid and in stock are confirmed at once.";
    bulk_cancel_effect = "后台逐单处理，以处理到时仍符合条件的订单为准，此后新下的订单不在内。已付的钱自动原路退回，库存和优惠券会释放。可以中途停止，但已取消的不能恢复。", "Done in the background, order by order: those that still match when it is their turn, and none that is placed from now on. What was paid goes back the way it came; stock and coupons are released. It can be stopped, but what was canceled stays so.";
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
    skipped_failed = "处理失败，请联系技术人员", "handling it failed; tell whoever runs the system";
    orders_bulk_none = "没有选中任何订单", "No order was selected";
}

#[cfg(any(test, feature = "samples"))]
fn sample_row(t: Words) -> BulkRow {
    BulkRow {
        href: href("blk_1"),
        what: what(Action::Cancel, Some(CancelReason::Operator), t),
        state: state(State::Running, None, true, t),
        done: 812,
        refused: 2,
        at: crate::samples::in_minutes(-2),
        by: t.pick("周凯", "Zhou Kai").into(),
    }
}

#[cfg(any(test, feature = "samples"))]
impl BulkPage {
    /// One that is two thirds through.
    pub fn sample(language: crate::Language) -> Self {
        use crate::{console::Section, samples};
        let t = Words::new(language);
        let row = |number: &str, why| RefusalRow { number: number.into(), reason: refusal(why, t) };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Orders),
            id: "blk_1".into(),
            row: sample_row(t),
            reason: t.pick("供应商停产", "The supplier has stopped making it").into(),
            ended_at: None,
            left: (426, false),
            is_running: true,
            refusals: vec![
                row("261122-0K3M-V5L8-8SF", Refusal::Stale),
                row("261122-0K3M-Q1G4-6ZK", Refusal::State),
            ],
            next: None,
        }
    }

    /// One that somebody stopped.
    pub fn sample_stopped(language: crate::Language) -> Self {
        let t = Words::new(language);
        let stopped = state(State::Stopped, Some(StopCause::Asked), true, t);
        let sample = Self::sample(language);
        Self {
            row: BulkRow { state: stopped, ..sample.row },
            ended_at: Some(crate::samples::NOW),
            left: (0, false),
            is_running: false,
            ..sample
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl BulksPage {
    /// One under way, one that is over.
    pub fn sample(language: crate::Language) -> Self {
        use crate::{console::Section, samples};
        let t = Words::new(language);
        let done = BulkRow {
            href: href("blk_0"),
            what: what(Action::Approve, None, t),
            state: state(State::Done, None, false, t),
            done: 96,
            refused: 0,
            at: samples::in_minutes(-90),
            ..sample_row(t)
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Orders),
            rows: vec![sample_row(t), done],
        }
    }
}

/// The question before every order of a view is canceled.
#[cfg(any(test, feature = "samples"))]
pub(crate) fn sample_ask(language: crate::Language) -> FormPage {
    use crate::{console::Section, samples};
    let around = (samples::shell(language), samples::console_frame(language, Section::Orders));
    let of = Of::View { query: "view=to_pay", count: (1_240, false), key: "01JD3M9Z" };
    ask_page(around, Action::Cancel, of, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_pages_are_sound_and_only_what_is_under_way_moves_and_can_be_stopped() {
        for language in Language::ALL {
            assert_sound_page(&sample_ask(language).render().unwrap());
            let mut list = BulksPage::sample(language);
            assert_sound_page(&list.render().unwrap());
            list.rows.clear();
            assert_sound_page(&list.render().unwrap());
            let running = BulkPage::sample(language);
            assert_sound_page(&running.render().unwrap());
            let progress = running.as_progress().render().unwrap();
            assert_sound(&progress);
            assert!(progress.contains(r#"hx-trigger="blk_1 from:#live"#), "{progress}");
            assert!(progress.contains("/console/orders/bulk/blk_1/stop"), "{progress}");
            assert!(progress.contains("--p:65%"), "{progress}");
            let stopped = BulkPage::sample_stopped(language).render().unwrap();
            assert_sound_page(&stopped);
            assert!(!stopped.contains("from:#live") && !stopped.contains("/stop"), "{stopped}");
        }
    }

    #[test]
    fn the_question_about_a_view_names_how_many_and_carries_the_view_and_a_key() {
        let html = sample_ask(Language::En).render().unwrap();
        for part in [
            "Cancel all 1,240 orders of this view?",
            r#"name="all" value="1""#,
            r#"name="query" value="view=to_pay""#,
            r#"name="key" value="01JD3M9Z""#,
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
