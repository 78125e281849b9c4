//! The page about rules lists every field that conditions can name.

use ordermill_rules::order::OrderDocument;
use ordermill_rules::{Facts, reference};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
const START: &str = "<!-- fields -->\n";
const END: &str = "<!-- end of fields -->\n";

/// `UPDATE_DOCS=1` writes the list anew.
#[test]
fn the_page_lists_the_fields_as_they_are_declared() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(START).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    let fields = reference(OrderDocument::FIELDS);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, [before, START, &fields, END, after].concat()).unwrap();
    } else {
        assert_eq!(listed, fields, "run this test with UPDATE_DOCS=1");
    }
}
