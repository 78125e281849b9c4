//! What every page must have, checked on its HTML.

use std::collections::HashSet;
use std::path::Path;

/// The text of all templates and sources of this crate, and of the handlers that fill its pages.
pub(crate) fn sources() -> Vec<String> {
    fn read(folder: &Path, texts: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the folder of sources can be read") {
            let path = entry.expect("the folder of sources can be read").path();
            if path.is_dir() {
                read(&path, texts);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                texts.push(text);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    read(&root.join("templates"), &mut texts);
    read(&root.join("src"), &mut texts);
    read(&root.join("../web/src"), &mut texts);
    texts
}

/// Fails if a whole page breaks a rule that holds for all: balanced tags, one `h1`, a title, unique
/// ids, labels that name a field, no inline script, no style but variables, no foreign address.
pub(crate) fn assert_sound_page(html: &str) {
    assert!(html.starts_with("<!doctype html>"), "{html}");
    assert_sound(html);
    assert_eq!(html.matches("<h1").count(), 1, "one h1 per page");
    assert!(!html.contains("<title> ·"), "the page has no title");
    assert!(
        html.contains(r#"<main "#) && html.contains(r##"href="#main""##),
        "a way to the main part"
    );
}

/// The same for a fragment.
pub(crate) fn assert_sound(html: &str) {
    let mut open = Vec::new();
    let mut ids = HashSet::new();
    let mut references = Vec::new();
    for tag in html.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.split([' ', '\n', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        if tag.starts_with('!') {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "a tag is closed that is not open, before {tag}");
            continue;
        }
        if !is_void(name) && !tag.ends_with('/') {
            open.push(name);
        }
        if let Some(id) = attribute(tag, "id") {
            assert!(ids.insert(id), "two elements have the id {id}");
        }
        for key in ["for", "aria-labelledby", "aria-describedby", "aria-controls"] {
            references.extend(attribute(tag, key).into_iter().flat_map(str::split_whitespace));
        }
        if let Some(style) = attribute(tag, "style") {
            assert!(style.starts_with("--"), "a style beside a variable: {tag}");
        }
        assert!(!tag.contains(" on"), "no inline handler: {tag}");
        for key in ["src", "href", "action", "hx-get", "hx-post"] {
            let address = attribute(tag, key).unwrap_or("/");
            let is_ours = address.starts_with(['/', '#', '?']) && !address.starts_with("//");
            assert!(is_ours || address.starts_with("tel:"), "a foreign address: {tag}");
        }
        let needs_plain = attribute(tag, "hx-get").filter(|_| name == "a");
        assert!(
            needs_plain.is_none() || attribute(tag, "href") == needs_plain,
            "no plain way: {tag}"
        );
        assert!(name != "img" || attribute(tag, "alt").is_some(), "a picture without alt: {tag}");
        assert!(name != "script" || attribute(tag, "src").is_some(), "no inline script: {tag}");
    }
    assert_eq!(open, Vec::<&str>::new(), "tags are left open");
    for reference in references {
        assert!(ids.contains(reference), "no element has the id {reference}");
    }
}

fn is_void(name: &str) -> bool {
    matches!(name, "meta" | "link" | "img" | "input" | "br" | "hr" | "source" | "wbr")
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "two elements have the id a")]
    fn doubled_ids_are_found() {
        assert_sound(r#"<p id="a"></p><p id="a"></p>"#);
    }

    #[test]
    #[should_panic(expected = "tags are left open")]
    fn open_tags_are_found() {
        assert_sound("<div><p></p>");
    }

    #[test]
    #[should_panic(expected = "no element has the id x")]
    fn labels_of_nothing_are_found() {
        assert_sound(r#"<label for="x">X</label>"#);
    }
}
