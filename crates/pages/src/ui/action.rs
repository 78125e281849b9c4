use askama::Template;

use crate::icon::Icon;

/// Something one can do: a button that posts, opens a dialog, or leads on.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/action.html")]
pub struct Action {
    /// The verb, as later in toast and journal.
    pub label: String,
    /// Its picture.
    pub icon: Icon,
    /// Whether it is the one filled button of the screen.
    pub is_primary: bool,
    /// What it does.
    pub effect: Effect,
}

/// What an [`Action`] does.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Leads to a page.
    Open(String),
    /// Posts to an address with these names and values.
    Post(String, Vec<(&'static str, String)>),
    /// Opens the [`Dialog`](crate::ui::Dialog) of this id; without scripts, the address shows the
    /// page with the dialog open.
    Ask(&'static str, String),
}

impl Action {
    /// A plain button.
    pub fn new(icon: Icon, label: impl Into<String>, effect: Effect) -> Self {
        Self { label: label.into(), icon, is_primary: false, effect }
    }

    /// The filled one.
    pub fn primary(self) -> Self {
        Self { is_primary: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_works_without_scripts_whatever_it_does() {
        let open = Action::new(Icon::Eye, "Open", Effect::Open("/console/tasks".into()));
        assert!(open.to_string().contains(r#"<a class="button" href="/console/tasks">"#));
        let post = Effect::Post("/console/orders/1/approve".into(), vec![("version", "7".into())]);
        let html = Action::new(Icon::Check, "Approve", post).primary().to_string();
        assert!(
            html.contains(r#"<form method="post" action="/console/orders/1/approve">"#),
            "{html}"
        );
        assert!(html.contains(r#"<input type="hidden" name="version" value="7">"#), "{html}");
        assert!(html.contains("button primary"), "{html}");
        let ask = Effect::Ask("cancel", "/console/orders/1?ask=cancel".into());
        let html = Action::new(Icon::Ban, "Cancel", ask).to_string();
        assert!(
            html.contains(r#"href="/console/orders/1?ask=cancel" data-dialog="cancel""#),
            "{html}"
        );
    }
}
