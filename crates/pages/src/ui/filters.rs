use askama::Template;

use crate::ui::Choice;
use crate::words::Words;

/// The bar of filters above a list: a plain GET form, so that every filter stands in the address.
///
/// With `region` set, a change replaces the element of that id; without scripts its button does.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/filters.html")]
pub struct Filters {
    /// Words of the visitor's language.
    pub t: Words,
    /// The address of the list.
    pub action: String,
    /// The id of the region to replace.
    pub region: &'static str,
    /// What stays as it is, such as the view: names and values.
    pub kept: Vec<(&'static str, String)>,
    /// The filters.
    pub filters: Vec<Filter>,
    /// The address without any filter, if one is set.
    pub clear: Option<String>,
}

/// One filter. Its id is its name with `by-` before it.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The name it is sent under.
    pub name: &'static str,
    /// What it filters by; in a select also the words of its empty option.
    pub label: String,
    /// What is set.
    pub value: String,
    /// `search`, `date`, `amount` or `select`.
    pub kind: &'static str,
    /// The options of a select.
    pub choices: Vec<Choice>,
}

impl Filter {
    /// One of several.
    pub fn select(
        name: &'static str,
        label: impl Into<String>,
        value: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Self {
        Self { name, label: label.into(), value: value.into(), kind: "select", choices }
    }

    /// A text to be found.
    pub fn search(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: "search", ..Self::select("q", label, value, Vec::new()) }
    }

    /// An amount of money.
    pub fn amount(name: &'static str, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: "amount", ..Self::select(name, label, value, Vec::new()) }
    }

    /// A day.
    pub fn date(name: &'static str, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: "date", ..Self::select(name, label, value, Vec::new()) }
    }
}

crate::words! {
    filter_apply = "筛选", "Filter";
    filter_clear = "清除筛选", "Clear filters";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_set_is_shown_again_and_can_be_cleared() {
        let choices = vec![Choice::new("GZ-2", "广州二仓"), Choice::new("SH-1", "上海一仓")];
        let filters = Filters {
            t: Words::default(),
            action: "/console/orders".into(),
            region: "list",
            kept: vec![("view", "review".into())],
            filters: vec![
                Filter::search("订单号", "<26"),
                Filter::select("location", "全部仓库", "SH-1", choices),
            ],
            clear: Some("/console/orders?view=review".into()),
        };
        let html = filters.to_string();
        assert!(html.contains(r#"<option value="SH-1" selected>"#), "{html}");
        assert!(html.contains(r#"value="&#60;26""#), "{html}");
        assert!(html.contains(r#"<input type="hidden" name="view" value="review">"#), "{html}");
        assert!(html.contains(r#"href="/console/orders?view=review""#), "{html}");
    }
}
