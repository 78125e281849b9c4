use askama::Template;

/// One field of a form: label above, hint and error below, input kept.
///
/// Its id is its name with `f-` before it, so that a summary of errors can link to it; of a field that
/// stands in several rows, the number of the row follows.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "ui/field.html")]
pub struct Field {
    /// The name it is sent under.
    pub name: &'static str,
    /// What is asked.
    pub label: String,
    /// What was entered before.
    pub value: String,
    /// What is wrong with it, and how it would be right.
    pub error: Option<String>,
    /// Help below the field.
    pub hint: String,
    /// `text`, `tel`, `email`, `search`, `password`, or `textarea` and `select`.
    pub kind: &'static str,
    /// The keyboard a phone shows: `numeric`, `tel`, `email`.
    pub inputmode: &'static str,
    /// What a browser may fill in: `address-line1`, `one-time-code`.
    pub autocomplete: &'static str,
    /// The longest text taken; 0 is no limit.
    pub max_length: usize,
    /// Whether an empty one is refused.
    pub is_required: bool,
    /// The options, if it is a `select`.
    pub choices: Vec<Choice>,
    /// The row that it stands in, from 1; 0 if its name comes once.
    pub row: usize,
}

/// One option of a `select` or one radio button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

impl Choice {
    /// An option.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

impl Field {
    /// A line of text that must be filled in.
    pub fn new(name: &'static str, label: impl Into<String>) -> Self {
        Self { name, label: label.into(), kind: "text", is_required: true, ..Self::default() }
    }

    /// One of several, chosen from a list. The empty first option asks for a choice.
    pub fn select(name: &'static str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { kind: "select", choices, ..Self::new(name, label) }
    }

    /// Another kind of input, with the keyboard that fits it.
    pub fn kind(self, kind: &'static str) -> Self {
        let inputmode = if matches!(kind, "tel" | "email") { kind } else { "" };
        Self { kind, inputmode, ..self }
    }

    /// What the browser may fill in.
    pub fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    /// Help below the field.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// May be left empty.
    pub fn optional(self) -> Self {
        Self { is_required: false, ..self }
    }

    /// The longest text taken.
    pub fn max_length(self, max_length: usize) -> Self {
        Self { max_length, ..self }
    }

    /// A code of digits.
    pub fn digits(self, count: usize) -> Self {
        Self { inputmode: "numeric", max_length: count, ..self }
    }

    /// An amount of money, written with a decimal point.
    pub fn decimal(self) -> Self {
        Self { inputmode: "decimal", ..self }
    }

    /// What was entered, shown again.
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// One of several of this name, in this row, from 1.
    pub fn row(self, row: usize) -> Self {
        Self { row, ..self }
    }

    /// What its id ends with.
    fn key(&self) -> String {
        if self.row == 0 { self.name.to_owned() } else { format!("{}-{}", self.name, self.row) }
    }

    /// What is wrong, if anything.
    pub fn error(self, error: Option<impl Into<String>>) -> Self {
        Self { error: error.map(Into::into), ..self }
    }

    /// The ids of hint and error, for `aria-describedby`.
    fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("h-{}", self.key()));
        let error = self.error.as_ref().map(|_| format!("e-{}", self.key()));
        [error, hint].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The summary of a refused form, on top; it takes focus and links to each field.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "ui/form_errors.html")]
pub struct FormErrors {
    /// "Please check 2 fields".
    pub title: String,
    /// The field's name and what is wrong with it. An empty name belongs to the whole form.
    pub errors: Vec<(&'static str, String)>,
}

impl FormErrors {
    /// Collects the errors of these fields.
    pub fn of<'a>(title: impl Into<String>, fields: impl IntoIterator<Item = &'a Field>) -> Self {
        let errors = fields.into_iter().filter_map(|f| Some((f.name, f.error.clone()?))).collect();
        Self { title: title.into(), errors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_keeps_its_input_and_says_why() {
        let field = Field::new("phone", "Phone").kind("tel").hint("For the courier").value("12<3");
        let html = field.error(Some("11 digits, please")).to_string();
        assert!(html.contains(r#"id="f-phone" name="phone" type="tel""#), "{html}");
        assert!(html.contains(r#"value="12&#60;3""#), "{html}");
        assert!(
            html.contains(r#"aria-invalid="true" aria-describedby="e-phone h-phone""#),
            "{html}"
        );
        assert!(html.contains("11 digits, please"), "{html}");
    }

    #[test]
    fn a_select_marks_what_was_chosen() {
        let choices = vec![Choice::new("310000", "Shanghai"), Choice::new("440000", "Guangdong")];
        let html = Field::select("province", "Province", choices).value("440000").to_string();
        assert!(html.contains(r#"<option value="440000" selected>Guangdong</option>"#), "{html}");
        assert!(html.contains(r#"<option value="310000">Shanghai</option>"#), "{html}");
    }

    #[test]
    fn the_summary_links_to_each_wrong_field_and_is_absent_without_one() {
        let fields = [Field::new("a", "A").error(Some("missing")), Field::new("b", "B")];
        let html = FormErrors::of("Check 1 field", &fields).to_string();
        assert!(html.contains(r##"<a href="#f-a">missing</a>"##), "{html}");
        assert!(!html.contains("f-b"), "{html}");
        assert_eq!(FormErrors::default().to_string().trim(), "");
    }
}
