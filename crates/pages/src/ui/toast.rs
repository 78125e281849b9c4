use askama::Template;

/// Something that just happened, told for a few seconds; with [`Undo`], for eight.
///
/// It is a `template` element anywhere in an answer, which `app.js` shows; without scripts, pages
/// show [`Toast::text`] as a notice by themselves.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "ui/toast.html")]
pub struct Toast {
    /// What happened, in the verb of the button: "Released 12 orders".
    pub text: String,
    /// How to take it back.
    pub undo: Option<Undo>,
}

/// A form that takes back what happened: a second command, journaled.
#[derive(Debug, Clone)]
pub struct Undo {
    /// Where it is posted.
    pub action: String,
    /// What is sent: names and values.
    pub values: Vec<(String, String)>,
    /// "Undo".
    pub label: String,
}

impl Toast {
    /// A toast without undo.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), undo: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_is_a_plain_form() {
        let undo = Undo {
            action: "/console/orders/bulk".into(),
            values: vec![("ids".into(), "1,2".into())],
            label: "Undo".into(),
        };
        let html = Toast { text: "Released 2 orders".into(), undo: Some(undo) }.to_string();
        assert!(html.contains(r#"<form method="post" action="/console/orders/bulk">"#), "{html}");
        assert!(html.contains(r#"<input type="hidden" name="ids" value="1,2">"#), "{html}");
    }
}
