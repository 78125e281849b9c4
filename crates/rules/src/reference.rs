//! The fields of a document as a table for people to read.

use crate::document::{Field, Type};

/// A Markdown table of all fields, those of groups and of lists' elements with their path.
pub fn reference(fields: &'static [Field]) -> String {
    let mut text = String::from("| field | type | meaning |\n| --- | --- | --- |\n");
    rows(&mut text, "", fields);
    text
}

fn rows(text: &mut String, before: &str, fields: &'static [Field]) {
    for field in fields {
        let path = format!("{before}{}", field.name);
        let optional = if field.optional { ", may be missing" } else { "" };
        let about: Vec<&str> = field.about.iter().map(|line| line.trim()).collect();
        let about = about.join(" ");
        text.push_str(&format!("| `{path}` | {}{optional} | {about} |\n", name(field.kind)));
        match field.kind {
            Type::Record(fields) => rows(text, &format!("{path}."), fields),
            Type::List(Type::Record(fields)) => rows(text, &format!("{path}[]."), fields),
            _ => {}
        }
    }
}

const fn name(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "yes or no",
        Type::Int => "number",
        Type::Text => "text",
        Type::List(Type::Record(_)) => "list of groups",
        Type::List(_) => "list",
        Type::Record(_) => "group",
    }
}
