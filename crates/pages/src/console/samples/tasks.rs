use ordermill_base::Span;
use ordermill_domain::role::Role;
use ordermill_domain::task::{TaskKind, TaskState};

use crate::console::Section;
use crate::console::tasks::{TaskRow, TasksPage};
use crate::icon::Icon;
use crate::samples::{self, in_minutes};
use crate::states::{self, access};
use crate::ui::{Choice, Empty, Filter, Filters, Pager, Remaining, Tone, View, Views};
use crate::words::{Language, Words};

impl TasksPage {
    /// The tasks of all desks.
    pub fn sample(language: Language) -> Self {
        use TaskKind as K;
        use TaskState as S;
        let t = Words::new(language);
        let me = t.pick("陈思雨", "Chen Siyu");
        let row = |id: &str,
                   kind,
                   subject: &str,
                   detail: (&str, &str),
                   state,
                   who: &str,
                   left: Option<i64>| {
            TaskRow {
                id: id.into(),
                kind: states::task_kind(kind, t).into(),
                subject: subject.into(),
                href: Some(format!("/console/tasks/{id}")),
                detail: t.pick(detail.0, detail.1).into(),
                state: states::task(state, t),
                assignee: who.into(),
                created_at: in_minutes(-70),
                remaining: left
                    .map(|left| Remaining::new(in_minutes(left), samples::NOW, Span::hours(1), t)),
                actions: TaskRow::actions(id, state, who == me, true, t),
            }
        };
        let desk = |role: Role, count| {
            let href = format!("/console/tasks?desk={role}");
            View::new(role.code(), access::role(role, t), href).count(count, Tone::Amber)
        };
        let desks = vec![
            View::new("all", t.pick("全部", "All"), "/console/tasks").count(41, Tone::Grey),
            desk(Role::Operations, 28),
            desk(Role::Service, 6),
            desk(Role::Finance, 4),
            View { count: None, ..desk(Role::Warehouse, 0) },
        ];
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Tasks),
            desks: Views::of_list(t, "list", "all", desks),
            desks_href: "/console/tasks/desks".into(),
            filters: Filters {
                t,
                action: "/console/tasks".into(),
                region: "list",
                kept: Vec::new(),
                filters: vec![
                    Filter::select(
                        "kind",
                        t.pick("全部事项", "All tasks"),
                        "",
                        K::ALL
                            .map(|kind| Choice::new(kind.code(), states::task_kind(kind, t)))
                            .into(),
                    ),
                    Filter::select(
                        "whose",
                        t.pick("所有人", "Everyone"),
                        "",
                        vec![Choice::new("mine", t.pick("我的", "Mine"))],
                    ),
                ],
                clear: None,
            },
            rows: vec![
                row(
                    "tsk_1",
                    K::Review,
                    "261122-0K3M-V5L8-8SF",
                    ("金额异常", "Unusual amount"),
                    S::Open,
                    "",
                    Some(-11),
                ),
                row(
                    "tsk_2",
                    K::Review,
                    "261122-0K3M-Z0Q4-7XC",
                    ("金额异常", "Unusual amount"),
                    S::Claimed,
                    me,
                    Some(42),
                ),
                row(
                    "tsk_3",
                    K::PaymentMismatch,
                    "pay_0K3MQ1",
                    ("到账 ¥581.00，应收 ¥581.58", "Got ¥581.00, owed ¥581.58"),
                    S::Open,
                    "",
                    Some(192),
                ),
                row(
                    "tsk_4",
                    K::UnknownSku,
                    "Tmall 77120-B",
                    ("渠道编码没有对应 SKU", "No SKU has this code of the channel"),
                    S::Claimed,
                    t.pick("周凯", "Zhou Kai"),
                    Some(600),
                ),
                row(
                    "tsk_5",
                    K::Replenishment,
                    "CUP-CEL-2",
                    ("可售 3，补货点 20", "3 left, reorder at 20"),
                    S::Open,
                    "",
                    None,
                ),
            ],
            empty: Empty {
                icon: Icon::CircleCheck,
                title: t.pick("没有待办", "Nothing to do").into(),
                text: t.pick("有新的事项会出现在这里。", "What comes up will appear here.").into(),
                action: None,
            },
            pager: Pager {
                t,
                summary: t.pick("共 41 项 · 最急在前", "41 tasks · most urgent first").into(),
                first: None,
                next: Some("/console/tasks?cursor=q1".into()),
                region: "list",
            },
        }
    }

    /// A desk without work.
    pub fn sample_empty(language: Language) -> Self {
        let mut page = Self::sample(language);
        page.rows.clear();
        for view in &mut page.desks.views {
            view.is_current = view.key == Role::Warehouse.code();
        }
        page
    }
}
