use std::fmt;

use askama::Template;

use crate::icon::Icon;
use crate::words::Words;

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Behind us.
    Done,
    /// Where we are.
    Now,
    /// Reached, but someone waits.
    Warned,
    /// Reached, and broken or late.
    Failed,
    /// Ahead.
    Ahead,
}

impl fmt::Display for Progress {
    /// The end of its style class: `is-done`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Ahead => "ahead",
        })
    }
}

impl Progress {
    /// Said to those who do not see the color.
    fn words(self, t: &Words) -> &'static str {
        match self {
            Self::Done => t.step_done(),
            Self::Now => t.step_now(),
            Self::Warned => t.step_warned(),
            Self::Failed => t.step_failed(),
            Self::Ahead => t.step_ahead(),
        }
    }
}

/// One step on the way of an order.
#[derive(Debug, Clone)]
pub struct Step {
    /// How far it has come.
    pub progress: Progress,
    /// Its picture.
    pub icon: Icon,
    /// What happens in it.
    pub label: String,
    /// When, or what is wrong; empty for a dash.
    pub note: String,
}

/// The way of an order from left to right.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/steps.html")]
pub struct Steps {
    /// Words of the visitor's language.
    pub t: Words,
    /// In order.
    pub steps: Vec<Step>,
}

crate::words! {
    step_done = "已完成", "done";
    step_now = "进行中", "current";
    step_warned = "需注意", "needs attention";
    step_failed = "有问题", "in trouble";
    step_ahead = "未开始", "to come";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn progress_is_told_in_words_too() {
        let step = |progress, label: &str| Step {
            progress,
            icon: Icon::Truck,
            label: label.into(),
            note: String::new(),
        };
        let steps = vec![step(Progress::Done, "Paid"), step(Progress::Now, "Shipped")];
        let html = Steps { t: Words::new(Language::En), steps }.to_string();
        assert!(html.contains(r#"<li class="is-now" aria-current="step">"#), "{html}");
        assert!(html.contains(r#"<span class="hidden">(done)</span>"#), "{html}");
    }
}
