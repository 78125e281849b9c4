//! What people must do, `/console/tasks`: one queue for every desk.
//!
//! `desk` is a role's code, `whose` is `mine`, `kind` a task's code. Posts below
//! `/console/tasks/{id}`: `claim`, `unclaim`, `finish` and `drop` with `outcome`.

use askama::Template;
use ordermill_base::Timestamp;

use ordermill_domain::task::{Step, TaskKind};

use crate::Words;
use crate::console::Frame;
use crate::console::form::{FormGroup, FormPage};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::states;
use crate::ui::{
    Action, Badge, Choice, Empty, Field, Filter, Filters, FormErrors, Pager, Remaining, Views,
};

/// The queue.
#[derive(Debug, Clone, Template)]
#[template(path = "console/tasks.html", blocks = ["list", "desks"])]
pub struct TasksPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// A view for each desk with its open tasks. The region is `list`.
    pub desks: Views,
    /// The address that refreshes the figures of the desks.
    pub desks_href: String,
    /// By kind and by person.
    pub filters: Filters,
    /// The most urgent first.
    pub rows: Vec<TaskRow>,
    /// Instead of rows: nothing to do.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
}

/// One task.
#[derive(Debug, Clone)]
pub struct TaskRow {
    /// `tsk_…`.
    pub id: String,
    /// What is asked.
    pub kind: String,
    /// What it is about: an order number, a SKU.
    pub subject: String,
    /// Where that is, and where the task is done, for those who may go there.
    pub href: Option<String>,
    /// What to know, without personal data.
    pub detail: String,
    /// Where it stands.
    pub state: Badge,
    /// Who has it; empty while nobody has.
    pub assignee: String,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// How long is left, if it has a deadline.
    pub remaining: Option<Remaining>,
    /// Claim, put back, finish: what they may do with it.
    pub actions: Vec<Action>,
}

/// The filters of the queue: by kind and by person. `desk` stays as it is.
pub fn filters(desk: &str, whose: &str, kind: &str, clear: Option<String>, t: Words) -> Filters {
    let kinds = TaskKind::ALL.map(|it| Choice::new(it.code(), states::task_kind(it, t)));
    let people = vec![Choice::new("mine", t.tasks_mine())];
    Filters {
        t,
        action: "/console/tasks".into(),
        region: "list",
        kept: if desk.is_empty() { Vec::new() } else { vec![("desk", desk.to_owned())] },
        filters: vec![
            Filter::select("kind", t.tasks_by_kind(), kind, kinds.into()),
            Filter::select("whose", t.tasks_by_person(), whose, people),
        ],
        clear,
    }
}

/// A queue without tasks, and why.
pub fn empty(is_filtered: bool, clear: &str, t: Words) -> Empty {
    let action = is_filtered.then(|| (clear.to_owned(), t.filter_clear().to_owned()));
    let (title, text) = if is_filtered {
        (t.tasks_no_match(), t.tasks_no_match_text())
    } else {
        (t.tasks_none(), t.tasks_none_text())
    };
    Empty { icon: Icon::CircleCheck, title: title.into(), text: text.into(), action }
}

/// What was done, for a toast.
pub fn stepped(step: Step, t: Words) -> &'static str {
    match step {
        Step::Claim => t.tasks_claimed(),
        Step::Unclaim => t.tasks_unclaimed(),
        Step::Finish => t.tasks_finished(),
        Step::Drop => t.tasks_dropped(),
    }
}

/// Asks how a task ended.
pub fn outcome_page(
    (shell, frame): (Shell, Frame),
    id: &str,
    step: Step,
    outcome: &str,
) -> FormPage {
    let t = shell.t;
    let verb = if step == Step::Finish { t.tasks_do_finish() } else { t.tasks_do_drop() };
    let field = Field::new("outcome", t.tasks_outcome()).max_length(200).value(outcome);
    FormPage {
        shell,
        frame,
        title: verb.into(),
        lead: t.tasks_outcome_lead().into(),
        back: ("/console/tasks".into(), t.tasks_back().into()),
        actions: Vec::new(),
        errors: FormErrors::default(),
        action: format!("/console/tasks/{id}/{step}"),
        values: Vec::new(),
        groups: vec![FormGroup::new(t.tasks_outcome(), vec![field])],
        button: verb.into(),
    }
}

crate::words! {
    task_low(available, coming, point, suggested) = "可售 {available} 件，在途 {coming} 件，补货点 {point} 件；建议补货 {suggested} 件", "{available} available, {coming} on the way, reorder point {point}; order {suggested}";
    task_refused(wanted) = "有订单需要 {wanted} 件而未能下单", "an order for {wanted} had to be refused";
    undo = "撤销", "Undo";
    tasks_all = "全部", "All";
    tasks_mine = "只看我的", "Mine only";
    tasks_by_kind = "全部事项", "All kinds";
    tasks_by_person = "所有人", "Everybody's";
    tasks_no_match = "没有符合条件的待办", "No task matches";
    tasks_no_match_text = "试试放宽筛选。", "Loosen the filters.";
    tasks_none = "没有待办", "Nothing to do";
    tasks_none_text = "需要人处理的事会出现在这里。", "What needs a person will appear here.";
    tasks_oldest_first = "最早的在前", "Oldest first";
    tasks_claimed = "已领取", "Claimed";
    tasks_unclaimed = "已退回", "Put back";
    tasks_finished = "已完成", "Finished";
    tasks_dropped = "已标记为不再需要", "Dropped";
    tasks_do_drop = "不再需要", "Drop";
    tasks_outcome = "结果", "Outcome";
    tasks_outcome_lead = "用一句话写明结果，会记入日志。不要写个人信息。", "One sentence on what came of it; it is kept. No personal data.";
    tasks_outcome_missing = "请写明结果，最多 200 字", "Say what came of it, in up to 200 characters";
    tasks_back = "返回待办", "Back to tasks";
    tasks_title = "待办", "Tasks";
    tasks_list = "待办列表", "List of tasks";
    tasks_kind = "事项", "Task";
    tasks_subject = "对象", "About";
    tasks_state = "状态", "Status";
    tasks_assignee = "处理人", "Assignee";
    tasks_since = "等待自", "Since";
    tasks_remaining = "剩余时间", "Time left";
    tasks_actions = "操作", "Actions";
    tasks_do_claim = "领取", "Claim";
    tasks_do_unclaim = "退回", "Put back";
    tasks_do_finish = "完成", "Finish";
}

impl TaskRow {
    /// The buttons of a task in this state, for someone who may do it.
    pub fn actions(
        id: &str,
        state: ordermill_domain::task::TaskState,
        is_mine: bool,
        can_end: bool,
        t: Words,
    ) -> Vec<Action> {
        use ordermill_domain::task::TaskState as S;

        use crate::ui::Effect;
        let href = |verb: &str| format!("/console/tasks/{id}/{verb}");
        let post = |verb: &str| Effect::Post(href(verb), Vec::new());
        match state {
            S::Open => vec![Action::new(Icon::User, t.tasks_do_claim(), post("claim"))],
            S::Claimed if is_mine => {
                let back = Action::new(Icon::ArrowBack, t.tasks_do_unclaim(), post("unclaim"));
                if !can_end {
                    return vec![back];
                }
                let open = |verb: &str| Effect::Open(href(verb));
                vec![
                    Action::new(Icon::Check, t.tasks_do_finish(), open("finish")),
                    back,
                    Action::new(Icon::Ban, t.tasks_do_drop(), open("drop")),
                ]
            }
            S::Claimed | S::Done | S::Dropped => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_domain::task::TaskState;

    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_queue_is_sound_whole_and_as_fragments() {
        for language in Language::ALL {
            for page in [TasksPage::sample(language), TasksPage::sample_empty(language)] {
                assert_sound_page(&page.render().unwrap());
                assert_sound(&page.as_list().render().unwrap());
                assert_sound(&page.as_desks().render().unwrap());
            }
        }
    }

    #[test]
    fn only_whoever_has_a_task_can_finish_it() {
        let labels = |state, is_mine| {
            let t = Words::new(Language::En);
            let actions = TaskRow::actions("tsk_1", state, is_mine, true, t);
            actions.into_iter().map(|action| action.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(TaskState::Open, false), ["Claim"]);
        assert_eq!(labels(TaskState::Claimed, true), ["Finish", "Put back", "Drop"]);
        assert_eq!(labels(TaskState::Claimed, false), [""; 0]);
        assert_eq!(labels(TaskState::Done, true), [""; 0]);
    }
}
