//! Lines of JSON, each an order.

use super::record::{Found, OrderRecord, Wrong};
use crate::exchange::reason::Reason;

/// What a line says; `None` is a line that is too long.
pub(super) fn read(line_no: i64, line: Option<&str>) -> Found {
    let unreadable = |code: String, field: String, reason: Reason| Found {
        line_no,
        code,
        rows: Vec::new(),
        order: Err(vec![Wrong::new(line_no, field, reason)]),
    };
    let Some(line) = line else {
        return unreadable(String::new(), "order".to_owned(), Reason::new("line_too_long"));
    };
    let line = line.trim().trim_start_matches('\u{feff}');
    match parse(line) {
        Ok(order) => Found {
            line_no,
            code: order.channel_order_id.clone(),
            rows: Vec::new(),
            order: Ok(order),
        },
        Err((field, reason)) => unreadable(code_of(line), field, reason),
    }
}

fn parse(line: &str) -> Result<OrderRecord, (String, Reason)> {
    let mut json = serde_json::Deserializer::from_str(line);
    let order = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        if !error.inner().is_data() {
            return ("order".to_owned(), Reason::new("not_json"));
        }
        let message = error.inner().to_string();
        let mut path = error.path().to_string();
        if message.starts_with("unknown field") {
            // A name that nobody knows may be a value in the wrong place, so it is not repeated.
            let name = error.path().iter().next_back().map(ToString::to_string).unwrap_or_default();
            let within = path.strip_suffix(&name).unwrap_or_default().trim_end_matches('.');
            path.truncate(within.len());
        }
        field_and_reason(&path, &message)
    })?;
    json.end().map_err(|_| ("order".to_owned(), Reason::new("two_objects")))?;
    Ok(order)
}

/// The parser's words without the value that it met, which may be personal.
fn field_and_reason(path: &str, message: &str) -> (String, Reason) {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let path = if path == "." { "" } else { path };
    let within = |name: &str| {
        let dot = if path.is_empty() { "" } else { "." };
        format!("{path}{dot}{name}")
    };
    if let Some(name) = message.strip_prefix("missing field ") {
        return (within(name.trim_matches('`')), Reason::new("missing"));
    }
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    let field = if path.is_empty() { "order".to_owned() } else { path.to_owned() };
    match expected {
        Some(expected) if message.starts_with("unknown field") => {
            (field, Reason::new("no_such_field").with("expected", expected))
        }
        Some(expected) => (field, Reason::new("other_type").with("expected", expected)),
        None => (field, Reason::new("not_expected")),
    }
}

/// The order's id of a line that is otherwise wrong.
fn code_of(line: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        channel_order_id: String,
    }
    serde_json::from_str::<Named>(line).map(|it| it.channel_order_id).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: &str = r#"{"channel_order_id":"A-1","lines":[{"sku":"MUG","quantity":1}],
        "recipient":{"name":"林小满","phone":"13800138000","country":"CN","street":["x"]}}"#;

    fn wrong(line: &str) -> (String, String) {
        let (field, reason) = parse(line).unwrap_err();
        (field, reason.text().en)
    }

    #[test]
    fn an_order_needs_an_id_lines_and_a_recipient() {
        let order = parse(MIN).unwrap();
        assert_eq!((order.channel_order_id.as_str(), order.lines.len()), ("A-1", 1));
        assert_eq!(wrong("{}"), ("channel_order_id".to_owned(), "is missing".to_owned()));
        let nameless = MIN.replace(r#""name":"林小满","#, "");
        assert_eq!(wrong(&nameless), ("recipient.name".to_owned(), "is missing".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        let numeric = MIN.replace(r#""13800138000""#, "13800138000");
        assert_eq!(wrong(&numeric), ("recipient.phone".to_owned(), "expected a string".to_owned()));
        let swapped = MIN.replace(r#""quantity":1"#, r#""quantity":"13800138000""#);
        assert_eq!(wrong(&swapped), ("lines[0].quantity".to_owned(), "expected i64".to_owned()));
        let extra = MIN.replace(r#""sku":"MUG""#, r#""sku":"MUG","price":1"#);
        let (field, reason) = wrong(&extra);
        assert!(field == "lines[0]" && reason.contains("`quantity`"), "{field} {reason}");
        let misplaced =
            MIN.replace(r#"{"channel"#, r#"{"林小满, expected x at line 1":1,"channel"#);
        let (field, reason) = wrong(&misplaced);
        assert!(field == "order" && !reason.contains("林小满"), "{field} {reason}");
        assert!(!reason.contains(" x "), "{reason}");
        for line in ["", "[", "x", "{\"channel_order_id\": \"A"] {
            assert_eq!(wrong(line).1, "not a JSON object on one line", "{line}");
        }
        assert_eq!(wrong(&format!("{MIN}{MIN}")).1, "more than one object on a line");
    }

    #[test]
    fn a_wrong_line_is_still_known_by_its_id() {
        let found = read(7, Some(&MIN.replace("lines", "positions")));
        assert_eq!((found.line_no, found.code.as_str()), (7, "A-1"));
        assert!(found.order.is_err());
    }
}
