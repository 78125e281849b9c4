//! What people must do, `/console/tasks`: one queue for every desk.
//!
//! `desk` is a role's code, `whose` is `mine`, `kind` a task's code. Posts below
//! `/console/tasks/{id}`: `claim`, `unclaim`, `finish` and `drop` with `outcome`.

use askama::Template;
use ordermill_base::Timestamp;

use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Action, Badge, Empty, Filters, Pager, Remaining, Views};

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
    /// Where that is, and where the task is done.
    pub href: String,
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

crate::words! {
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
        t: crate::Words,
    ) -> Vec<Action> {
        use ordermill_domain::task::TaskState as S;

        use crate::Icon;
        use crate::ui::Effect;
        let post = |verb: &str| Effect::Post(format!("/console/tasks/{id}/{verb}"), Vec::new());
        match state {
            S::Open => vec![Action::new(Icon::User, t.tasks_do_claim(), post("claim"))],
            S::Claimed if is_mine => vec![
                Action::new(Icon::Check, t.tasks_do_finish(), post("finish")),
                Action::new(Icon::ArrowBack, t.tasks_do_unclaim(), post("unclaim")),
            ],
            S::Claimed | S::Done | S::Dropped => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_domain::task::TaskState;

    use super::*;
    use crate::testing::{assert_sound, assert_sound_page};
    use crate::{Language, Words};

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
            let actions = TaskRow::actions("tsk_1", state, is_mine, Words::new(Language::En));
            actions.into_iter().map(|action| action.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(TaskState::Open, false), ["Claim"]);
        assert_eq!(labels(TaskState::Claimed, true), ["Finish", "Put back"]);
        assert_eq!(labels(TaskState::Claimed, false), [""; 0]);
        assert_eq!(labels(TaskState::Done, true), [""; 0]);
    }
}
