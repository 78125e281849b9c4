use askama::Template;

use crate::words::Words;

/// The foot of a list paged by cursor: how many there are, where we stand, and the way on.
///
/// With `region` set, htmx replaces the element of that id; without scripts the links do the same.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/pager.html")]
pub struct Pager {
    /// Words of the visitor's language.
    pub t: Words,
    /// "12,487 orders · newest first": a cached figure, not a count per request.
    pub summary: String,
    /// Back to the newest, if this is not the first page.
    pub first: Option<String>,
    /// Further back, if there is more.
    pub next: Option<String>,
    /// The id of the region to replace; empty for whole pages.
    pub region: &'static str,
}

crate::words! {
    pages = "翻页", "Pages";
    to_newest = "回到最新", "Newest";
    next_page = "下一页", "Next";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_leads_on_with_and_without_scripts() {
        let pager = Pager {
            t: Words::default(),
            summary: "共 12,487 条".into(),
            first: None,
            next: Some("/orders?cursor=a&view=all".into()),
            region: "list",
        };
        let html = pager.to_string();
        assert!(html.contains(r##"href="/orders?cursor=a&#38;view=all" hx-get="/orders?cursor=a&#38;view=all" hx-target="#list""##), "{html}");
        assert!(!html.contains("回到最新"), "{html}");
    }
}
