//! The page about rules lists every field that conditions can name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ordermill_rules::order::OrderDocument;
use ordermill_rules::parcel::ParcelDocument;
use ordermill_rules::sourcing::SourcingDocument;
use ordermill_rules::{Facts, Field, reference};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");

/// `UPDATE_DOCS=1` writes the lists anew.
#[test]
fn the_page_lists_the_fields_as_they_are_declared() {
    assert_listed("fields", OrderDocument::FIELDS);
    assert_listed("fields of parcels", ParcelDocument::FIELDS);
    assert_listed("fields of goods", SourcingDocument::FIELDS);
}

/// The list that stands between the marks of this name.
fn assert_listed(name: &str, fields: &'static [Field]) {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(&start).unwrap();
    let (listed, after) = rest.split_once(&end).unwrap();
    let fields = reference(fields);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, [before, &start, &fields, &end, after].concat()).unwrap();
    } else {
        assert_eq!(listed, fields, "run this test with UPDATE_DOCS=1");
    }
}
