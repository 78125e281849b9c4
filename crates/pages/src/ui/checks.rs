use askama::Template;

/// Several of several: a group of checkboxes, each sent under the same name.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "ui/checks.html")]
pub struct Checks {
    /// The name each is sent under.
    pub name: &'static str,
    /// What is asked.
    pub legend: String,
    /// What can be chosen.
    pub checks: Vec<Check>,
    /// What is wrong with the choice.
    pub error: Option<String>,
}

/// One checkbox.
#[derive(Debug, Clone)]
pub struct Check {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// What it means.
    pub hint: String,
    /// Whether it is chosen.
    pub is_on: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chosen_value_is_sent_under_one_name() {
        let check = |value: &str, is_on| Check {
            value: value.into(),
            label: value.into(),
            hint: String::new(),
            is_on,
        };
        let checks = Checks {
            name: "roles",
            legend: "Roles".into(),
            checks: vec![check("service", true), check("admin", false)],
            error: None,
        };
        let html = checks.to_string();
        assert!(html.contains(r#"name="roles" value="service" checked>"#), "{html}");
        assert!(html.contains(r#"name="roles" value="admin">"#), "{html}");
    }
}
