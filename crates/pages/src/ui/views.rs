use askama::Template;

use crate::ui::Tone;
use crate::words::Words;

/// The saved views of a list, or the parts of an area: a row of links with their counts.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "ui/views.html")]
pub struct Views {
    /// What they are views of, for those who do not see them: "Views".
    pub label: String,
    /// From left to right.
    pub views: Vec<View>,
    /// The id of the region to replace; empty for whole pages.
    pub region: &'static str,
}

/// One view.
#[derive(Debug, Clone)]
pub struct View {
    /// Its short stable name, also in its id, so that focus stays on it.
    pub key: &'static str,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub href: String,
    /// How many there are in it: a cached figure. `None` shows no figure.
    pub count: Option<u64>,
    /// Whether there are more than that.
    pub is_more: bool,
    /// What the figure means.
    pub tone: Tone,
    /// Whether we look at it.
    pub is_current: bool,
}

impl View {
    /// A view without a figure.
    pub fn new(key: &'static str, name: impl Into<String>, href: impl Into<String>) -> Self {
        let (name, href) = (name.into(), href.into());
        Self { key, name, href, count: None, is_more: false, tone: Tone::Grey, is_current: false }
    }

    /// With how many there are in it.
    pub fn count(self, count: u64, tone: Tone) -> Self {
        Self { count: Some(count), tone, ..self }
    }

    /// Says that there are more than were counted.
    pub fn or_more(self, is_more: bool) -> Self {
        Self { is_more, ..self }
    }
}

impl Views {
    /// Views of a list that replace the element `region`; the one called `current` is shown.
    pub fn of_list(t: Words, region: &'static str, current: &str, views: Vec<View>) -> Self {
        let views = views
            .into_iter()
            .map(|view| View { is_current: view.key == current, ..view })
            .collect();
        Self { label: t.views_of_list().into(), views, region }
    }
}

crate::words! {
    views_of_list = "视图", "Views";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_view_is_marked_and_counts_are_grouped() {
        let views = vec![
            View::new("all", "全部", "/console/orders").count(12_487, Tone::Grey),
            View::new("review", "待审核", "/console/orders?view=review"),
        ];
        let html = Views::of_list(Words::default(), "list", "all", views).to_string();
        assert!(html.contains(r#"id="view-all" href="/console/orders""#), "{html}");
        assert_eq!(html.matches(r#"aria-current="true""#).count(), 1, "{html}");
        assert!(html.contains("12,487"), "{html}");
        assert_eq!(html.matches("class=\"count").count(), 1, "no figure where none is known");
    }
}
