//! The form of a version: rules in, rules out, and what is wrong at its place.

use ordermill_app::rule_table::{Flaw, Place, Reason};
use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::order::review::Verdict;
use ordermill_domain::rule_table::Purpose;
use ordermill_domain::sourcing::SourcingRule;
use ordermill_pages::Words;
use ordermill_pages::console::rules::table::RuleRow;
use serde_json::{Value, json};

use crate::console::pairs::Pairs;

/// Rules of a form at most; one more than a table may have, so that the check says so.
const RULES_MAX: usize = 101;

/// The rules that were entered.
pub(super) fn entered(pairs: &Pairs) -> Vec<RuleRow> {
    let names = |at: usize| {
        ["zh", "en", "when", "do", "reason", "minor"].map(|name| format!("{name}.{at}"))
    };
    let row = |at: usize| {
        let values = names(at).map(|name| pairs.one(&name).replace("\r\n", "\n"));
        let [zh, en, when, does, reason, minor] = values;
        RuleRow { zh, en, when, does, reason, minor, wrong: Default::default() }
    };
    (0..RULES_MAX).take_while(|at| pairs.has(&format!("when.{at}"))).map(row).collect()
}

/// What a button of the form does with the rules; whether it was one that only shows them anew.
pub(super) fn rearranged(rules: &mut Vec<RuleRow>, op: &str) -> bool {
    let (verb, at) = op.split_once('.').unwrap_or((op, ""));
    let at: usize = at.parse().unwrap_or(usize::MAX);
    match verb {
        "add" => {
            // What a new rule does is what the form offers first.
            rules.push(RuleRow::default());
        }
        "up" if at > 0 && at < rules.len() => rules.swap(at - 1, at),
        "down" if at.checked_add(1).is_some_and(|next| next < rules.len()) => {
            rules.swap(at, at + 1);
        }
        "remove" if at < rules.len() => drop(rules.remove(at)),
        _ => return false,
    }
    true
}

/// As a table is stored.
pub(super) fn definition(rules: &[RuleRow], purpose: Purpose) -> Value {
    let rule = |row: &RuleRow| json!({ "name": { "zh": row.zh, "en": row.en }, "when": row.when, "then": action(row) });
    let rules: Vec<Value> = rules.iter().map(rule).collect();
    let otherwise = match purpose {
        Purpose::Review => "pass",
        Purpose::Carrier | Purpose::Sourcing => "compare",
    };
    json!({ "hit": "all", "rules": rules, "otherwise": { "do": otherwise } })
}

/// The action of a rule; what cannot be one is left as it was chosen, for the check to say so.
fn action(row: &RuleRow) -> Value {
    match row.does.as_str() {
        does @ ("pass" | "compare" | "urgent" | "whole") => json!({ "do": does }),
        // No location is meant by nothing: the check says so.
        does @ ("only" | "never") => json!({ "do": does, "location": row.reason }),
        does @ "dearer" => json!({ "do": does, "location": row.reason, "minor": minor(row) }),
        does => match does.strip_prefix("weigh.") {
            Some(weight) => json!({ "do": "weigh", "weight": weight, "minor": minor(row) }),
            None => of_parcels_and_reviews(does, row),
        },
    }
}

/// An amount of minor units; what is none is left as it was entered, for the check to say so.
fn minor(row: &RuleRow) -> Value {
    let text = row.minor.trim();
    text.parse::<u32>().map_or_else(|_| json!(text), |minor| json!(minor))
}

fn of_parcels_and_reviews(does: &str, row: &RuleRow) -> Value {
    match does {
        does @ ("force" | "forbid") => match row.reason.split_once('/') {
            Some((carrier, service)) => {
                json!({ "do": does, "carrier": carrier, "service": service })
            }
            // Nobody is meant by nothing: the check says so.
            None if row.reason.is_empty() => json!({ "do": does }),
            None => json!({ "do": does, "carrier": row.reason }),
        },
        does => json!({ "do": does, "reason": row.reason }),
    }
}

/// The rules of a table as it is stored.
pub(super) fn rows(definition: &Value, purpose: Purpose) -> Vec<RuleRow> {
    let rules = definition.get("rules").and_then(Value::as_array).into_iter().flatten();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let row = |rule: &Value| {
        let then = rule.get("then").cloned().unwrap_or_default();
        let (zh, en) = (text(rule.pointer("/name/zh")), text(rule.pointer("/name/en")));
        let when = text(rule.get("when"));
        match purpose {
            Purpose::Review => {
                let verdict = serde_json::from_value::<Verdict>(then).unwrap_or(Verdict::Pass);
                RuleRow::of(&zh, &en, &when, verdict)
            }
            Purpose::Carrier => {
                let rule = serde_json::from_value::<CarrierRule>(then);
                RuleRow::of_carrier(&zh, &en, &when, &rule.unwrap_or(CarrierRule::Compare))
            }
            Purpose::Sourcing => {
                let rule = serde_json::from_value::<SourcingRule>(then);
                RuleRow::of_sourcing(&zh, &en, &when, &rule.unwrap_or(SourcingRule::Compare))
            }
        }
    };
    rules.map(row).collect()
}

/// Puts what is wrong at its place, and gives all of it for the top.
pub(super) fn refuse(
    rules: &mut [RuleRow],
    flaws: &[Flaw],
    purpose: Purpose,
    t: Words,
) -> Vec<(String, String)> {
    let action = match purpose {
        Purpose::Review => t.rules_wrong_action(),
        Purpose::Carrier => t.rules_carriers_wrong_action(),
        Purpose::Sourcing => t.rules_sourcing_wrong_action(),
    };
    let mut all = Vec::new();
    for flaw in flaws {
        let (text, field, part) = match flaw.place {
            Place::Whole => (flaw.message.clone(), None, None),
            Place::Name => (t.rules_wrong_name().to_owned(), Some("zh"), Some(0)),
            Place::When => (of_condition(flaw, t), Some("when"), Some(1)),
            Place::Then => (action.to_owned(), Some("do"), Some(2)),
        };
        let row = flaw.rule.and_then(|rule| rules.get_mut(rule));
        if let (Some(row), Some(part)) = (row, part) {
            row.wrong[part].get_or_insert_with(|| text.clone());
        }
        let anchor = flaw.rule.zip(field).map(|(rule, field)| format!("{field}-{rule}"));
        all.push((anchor.unwrap_or_default(), text));
    }
    all
}

fn of_condition(flaw: &Flaw, t: Words) -> String {
    let why = match &flaw.reason {
        Some(Reason::Empty) => t.rules_wrong_empty().to_owned(),
        Some(Reason::TooLong | Reason::TooDeep) => t.rules_wrong_long().to_owned(),
        Some(Reason::TooMuchWork { .. }) => t.rules_wrong_work().to_owned(),
        Some(Reason::Syntax(message)) => t.rules_wrong_syntax(message),
        Some(Reason::UnknownField(name)) => t.rules_wrong_field(name),
        Some(Reason::UnknownFunction(name)) => t.rules_wrong_function(name),
        Some(Reason::NotAllowed(what)) => t.rules_wrong_not_allowed(what),
        Some(Reason::Shadows(name)) => t.rules_wrong_shadows(name),
        Some(Reason::Type { what, needed, found }) => t.rules_wrong_type(what, needed, found),
        Some(Reason::Compiler) | None => flaw.message.clone(),
    };
    match flaw.position {
        Some(at) => t.rules_wrong_at(at.line, at.column, why),
        None => why,
    }
}

#[cfg(test)]
mod tests {
    use ordermill_pages::Language;

    use super::*;

    fn row(name: &str) -> RuleRow {
        RuleRow { en: name.to_owned(), does: "hold".to_owned(), ..RuleRow::default() }
    }

    fn names(rules: &[RuleRow]) -> String {
        rules.iter().map(|row| row.en.as_str()).collect()
    }

    #[test]
    fn rules_are_added_moved_and_removed_without_losing_any() {
        let mut rules = vec![row("a"), row("b"), row("c")];
        for (op, is_known, after) in [
            ("down.0", true, "bac"),
            ("up.2", true, "bca"),
            ("up.0", false, "bca"),
            ("down.2", false, "bca"),
            ("remove.1", true, "ba"),
            ("remove.9", false, "ba"),
            ("save", false, "ba"),
            ("add", true, "ba"),
        ] {
            assert_eq!(rearranged(&mut rules, op), is_known, "{op}");
            assert_eq!(names(&rules), after, "{op}");
        }
        assert_eq!(rules.len(), 3);
    }

    #[test]
    fn what_is_entered_comes_back_as_it_is_stored() {
        let written = vec![RuleRow {
            zh: "甲".to_owned(),
            en: "A".to_owned(),
            when: "true".to_owned(),
            does: "intercept".to_owned(),
            reason: "fraud".to_owned(),
            ..RuleRow::default()
        }];
        assert_eq!(rows(&definition(&written, Purpose::Review), Purpose::Review), written);
        let mut written = written;
        for who in ["swift", "swift/next_day"] {
            (written[0].does, written[0].reason) = ("forbid".to_owned(), who.to_owned());
            let stored = definition(&written, Purpose::Carrier);
            assert_eq!(rows(&stored, Purpose::Carrier), written);
        }
        for (does, location, minor) in [
            ("compare", "", ""),
            ("only", "JX", ""),
            ("never", "JX", ""),
            ("dearer", "JX", "500"),
            ("weigh.late_day", "", "900"),
            ("urgent", "", ""),
            ("whole", "", ""),
        ] {
            let words = [does, location, minor].map(str::to_owned);
            [written[0].does, written[0].reason, written[0].minor] = words;
            let stored = definition(&written, Purpose::Sourcing);
            assert_eq!(rows(&stored, Purpose::Sourcing), written);
        }
    }

    #[test]
    fn what_is_wrong_stands_at_its_rule_in_the_words_of_the_reader() {
        let mut rules = vec![row("a"), row("b")];
        let flaw = Flaw {
            rule: Some(1),
            place: Place::When,
            position: None,
            reason: Some(Reason::UnknownField("order.totl".to_owned())),
            message: String::new(),
        };
        let all = refuse(&mut rules, &[flaw], Purpose::Review, Words::new(Language::Zh));
        assert_eq!(all, [("when-1".to_owned(), "没有字段 order.totl".to_owned())]);
        assert_eq!(rules[1].wrong[1].as_deref(), Some("没有字段 order.totl"));
        assert_eq!(rules[0].wrong, [None, None, None]);
    }
}
