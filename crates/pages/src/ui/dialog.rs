use askama::Template;

use crate::ui::{Field, FormErrors};
use crate::words::Words;

/// Asks before what cannot be taken back: names object, amount and effect, and its button repeats
/// the verb.
///
/// An [`Action`](crate::ui::Action) with the same id opens it. Without scripts, and after a refused
/// form, the page comes with the dialog open.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "ui/dialog.html")]
pub struct Dialog {
    /// Words of the visitor's language.
    pub t: Words,
    /// Its id on the page.
    pub id: &'static str,
    /// The question: "Cancel order 261122-…?".
    pub title: String,
    /// Object, amount and effect, a sentence each.
    pub text: Vec<String>,
    /// Where the answer is posted.
    pub action: String,
    /// What is sent with it: names and values.
    pub values: Vec<(&'static str, String)>,
    /// What is asked.
    pub fields: Vec<Field>,
    /// What was refused.
    pub errors: FormErrors,
    /// The verb and its object: "Refund ¥338.00".
    pub button: String,
    /// The page behind it, for leaving without scripts.
    pub back: String,
    /// The id of the region that its answer replaces; empty for a whole page.
    pub region: &'static str,
    /// Whether the page comes with it open.
    pub is_open: bool,
}

crate::words! {
    dialog_back = "返回", "Back";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_sound;
    use crate::words::Language;

    #[test]
    fn a_dialog_can_be_left_and_names_what_happens() {
        let dialog = Dialog {
            t: Words::new(Language::En),
            id: "refund",
            title: "Refund order 1?".into(),
            text: vec!["¥338.00 goes back to the card.".into()],
            action: "/console/orders/1/refunds".into(),
            values: vec![("version", "7".into())],
            fields: vec![Field::new("amount", "Amount")],
            button: "Refund ¥338.00".into(),
            back: "/console/orders/1".into(),
            is_open: true,
            ..Dialog::default()
        };
        let html = dialog.to_string();
        assert_sound(&html);
        assert!(html.contains(r#"<dialog id="refund" aria-labelledby="refund-title" open>"#));
        assert!(html.contains(r#"href="/console/orders/1" data-close"#), "{html}");
        assert!(html.contains("Refund ¥338.00</button>"), "{html}");
    }
}
