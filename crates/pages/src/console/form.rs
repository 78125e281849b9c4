//! A page that is one form: to create something or to change it.
//!
//! Its maker gives it fields with what was entered; [`FormPage::refused`] shows what was wrong at
//! its field and on top. It posts to the address in `action` with the hidden `values`.

use askama::Template;

use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Action, Checks, Field, FormErrors};
use crate::words::Words;

/// A form as a page of the console.
#[derive(Debug, Clone, Template)]
#[template(path = "console/form.html")]
pub struct FormPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The heading.
    pub title: String,
    /// What is good to know before filling it in; may be empty.
    pub lead: String,
    /// Where one comes from: the address and its words.
    pub back: (String, String),
    /// What else can be done with the thing: disable, reset.
    pub actions: Vec<Action>,
    /// What was refused.
    pub errors: FormErrors,
    /// Where it is posted.
    pub action: String,
    /// What is sent with it: `key` when creating, `version` when changing.
    pub values: Vec<(&'static str, String)>,
    /// What is asked, by subject.
    pub groups: Vec<FormGroup>,
    /// The verb.
    pub button: String,
}

/// Fields of one subject.
#[derive(Debug, Clone, Default)]
pub struct FormGroup {
    /// The subject.
    pub title: String,
    /// One per line.
    pub fields: Vec<Field>,
    /// Several of several, below the fields.
    pub checks: Vec<Checks>,
}

impl FormGroup {
    /// Fields without checkboxes.
    pub fn new(title: impl Into<String>, fields: Vec<Field>) -> Self {
        Self { title: title.into(), fields, checks: Vec::new() }
    }

    /// With a group of checkboxes.
    pub fn checks(mut self, checks: Checks) -> Self {
        self.checks.push(checks);
        self
    }
}

impl FormPage {
    /// The same with what was refused: names of fields and what is wrong; an empty name is the
    /// form as a whole. Goes out with 422.
    pub fn refused(mut self, errors: &[(&'static str, String)]) -> Self {
        let t = self.shell.t;
        for group in &mut self.groups {
            for checks in &mut group.checks {
                let error = errors.iter().find(|(name, _)| *name == checks.name);
                checks.error = error.map(|(_, text)| text.clone());
            }
            refuse(&mut group.fields, errors, t);
        }
        self.errors = summary(errors, t);
        self
    }
}

/// Puts each error at its field and gives the summary for the top.
pub fn refuse(fields: &mut [Field], errors: &[(&'static str, String)], t: Words) -> FormErrors {
    for field in fields {
        let error = errors.iter().find(|(name, _)| *name == field.name);
        field.error = error.map(|(_, text)| text.clone());
    }
    summary(errors, t)
}

/// The summary of what was refused; nothing for nothing.
pub fn summary(errors: &[(&'static str, String)], t: Words) -> FormErrors {
    FormErrors { title: t.form_refused(errors.len() as u64), errors: errors.to_vec() }
}

crate::words! {
    form_refused(count) = "请检查 {count} 处", "Please check {count} place" | "Please check {count} places";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::console::Section;
    use crate::samples;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_refused_form_says_so_on_top_and_at_the_field() {
        let page = FormPage {
            shell: samples::shell(Language::En),
            frame: samples::console_frame(Language::En, Section::Admin),
            title: "New".into(),
            lead: String::new(),
            back: ("/console".into(), "Back".into()),
            actions: Vec::new(),
            errors: FormErrors::default(),
            action: "/console/things".into(),
            values: vec![("key", "k".into())],
            groups: vec![FormGroup::new("Thing", vec![Field::new("name", "Name").value("x")])],
            button: "Create".into(),
        };
        assert_sound_page(&page.render().unwrap());
        let html = page.refused(&[("name", "Too short".into())]).render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains(r##"<a href="#f-name">Too short</a>"##), "{html}");
        assert!(html.contains(r#"id="e-name""#) && html.contains(r#"value="x""#), "{html}");
    }
}
