use askama::Template;
use ordermill_base::{Span, Timestamp};

use crate::format;
use crate::words::Words;

/// How long is left until a deadline: plain, amber inside the warning time, red and "late" after.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<span class="remaining{% if !tone.is_empty() %} text-{{ tone }}{% endif %}">{{ words }}</span>"#
)]
pub struct Remaining {
    tone: &'static str,
    words: String,
}

impl Remaining {
    /// In words: "3h 12m", "late 5m".
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The words of a deadline as of `now`; it turns amber when less than `warning` is left.
    pub fn new(due_at: Timestamp, now: Timestamp, warning: Span, t: Words) -> Self {
        let left = due_at.since(now);
        let words = format::span(left, t);
        if left <= Span::seconds(0) {
            Self { tone: "red", words: t.late_by(words) }
        } else if left < warning {
            Self { tone: "amber", words }
        } else {
            Self { tone: "", words }
        }
    }
}

crate::words! {
    late_by(span) = "超时 {span}", "late {span}";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn a_deadline_turns_amber_and_then_red() {
        let now = Timestamp::from_millis(1_795_359_480_000);
        let html = |minutes| {
            let t = Words::new(Language::En);
            Remaining::new(now + Span::minutes(minutes), now, Span::hours(1), t).to_string()
        };
        assert_eq!(html(192), r#"<span class="remaining">3h 12m</span>"#);
        assert_eq!(html(42), r#"<span class="remaining text-amber">42m</span>"#);
        assert_eq!(html(-11), r#"<span class="remaining text-red">late 11m</span>"#);
    }
}
