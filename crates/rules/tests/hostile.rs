//! Whatever is typed as a condition: an answer, never a panic, on the stack of an ordinary thread.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod kit;

use kit::{of_a_guest, refusal, rule, table};
use ordermill_rules::order::OrderDocument;
use ordermill_rules::{Condition, Facts, HitPolicy, Outcome, Table};
use proptest::prelude::*;

const SMALL_STACK_BYTES: usize = 1 << 20;

/// Runs something where only little stack is left.
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK_BYTES).spawn(run);
    thread.unwrap().join().expect("no panic and no overflow")
}

fn decide(condition: String) -> Option<Outcome> {
    on_a_small_stack(move || {
        let table = table(HitPolicy::All, vec![rule("Any", &condition, "hold")]);
        let table = Table::compile::<OrderDocument>(table, 1).ok()?;
        let decision = table.decide(&of_a_guest().prepare());
        decision.considered.into_iter().next().map(|rule| rule.outcome)
    })
}

#[test]
fn nothing_overflows_the_stack() {
    for part in [
        "(",
        "[",
        "{",
        "!",
        "-",
        "!(",
        "-(",
        "[(",
        "true?",
        "true?true:",
        "a.",
        "a.b(",
        "1+",
        "1-",
        "true&&",
        "true||",
        "true&&false||",
        "lines.exists(a,",
        "has(",
        "'a'+",
        "\"",
        "'''",
        "//",
        "a[",
        "1 in ",
        "order.",
        "\\",
        "r'",
        "b'",
        "`",
        "?",
        ":",
        ",",
        "a{",
        "{a:",
        "1<",
        "!true||",
    ] {
        for close in ["", "1", "true", ")", "]", "}", "a"] {
            let times = (2_000 - close.len()) / part.len();
            let text = format!("{}{close}", part.repeat(times));
            on_a_small_stack(move || drop(refusal(&text)));
            let text = format!("{}{close}", part.repeat(60.min(times)));
            on_a_small_stack(move || drop(refusal(&text)));
        }
    }
    let closed = |open: &str, close: &str, times| {
        format!("{}true{}", open.repeat(times), close.repeat(times))
    };
    for (open, close) in [("(", ")"), ("!(", ")"), ("[", "]"), ("!(-(", "))"), ("true?(", "):true")]
    {
        for times in [10, 30, 60] {
            let text = closed(open, close, times);
            on_a_small_stack(move || drop(refusal(&text)));
        }
    }
}

#[test]
fn the_deepest_allowed_condition_is_evaluated_on_a_small_stack() {
    let sum = format!("0{} < 100", " + 1".repeat(29));
    assert_eq!(decide(sum), Some(Outcome::Matched));
    let not = format!("{}true", "!".repeat(30));
    assert_eq!(decide(not), Some(Outcome::Matched));
    let any = vec!["order.pieces == 9"; 90].join(" || ");
    assert_eq!(decide(any), Some(Outcome::NotMatched));
    let choices = format!("{}true", "order.pieces == 9 ? false : ".repeat(29));
    assert_eq!(decide(choices), Some(Outcome::Matched));
}

/// Pieces of conditions, so that many of the texts compile.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "order.total_minor",
        "order.channel",
        "order.is_promotion",
        "lines",
        "buyer.orders",
        "it",
        "it.pieces",
        "lines.exists(it, ",
        "lines.all(it, ",
        "lines.map(it, ",
        "lines.filter(it, ",
        "size(",
        "has(",
        "(",
        ")",
        "[",
        "]",
        "true",
        "false",
        "null",
        "1",
        "0",
        "9223372036854775807",
        "-",
        "!",
        "+",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "?",
        ":",
        "in",
        "'a'",
        ",",
        ".",
        ".startsWith(",
        ".contains('e')",
        "@result",
        "__result__",
        "\n",
        "1.5",
        "b'x'",
        "{}",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..14)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_answered(text in ".{0,60}") {
        drop(refusal(&text));
        drop(decide(text));
    }

    #[test]
    fn pieces_of_conditions_are_answered_and_what_compiles_decides(text in pieces()) {
        drop(refusal(&text));
        drop(decide(text));
    }

    /// What the check lets through has the types that it says: nothing ends as "cannot be evaluated".
    #[test]
    fn what_compiles_can_be_evaluated(
        left in operand(), right in operand(), compare in proptest::sample::select(vec![
            "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in",
        ]),
    ) {
        let text = format!("{left} {compare} {right}");
        if Condition::compile(&text, OrderDocument::FIELDS).is_ok() {
            let outcome = decide(text.clone());
            prop_assert_ne!(outcome, Some(Outcome::Failed("it cannot be evaluated".to_owned())), "{}", text);
        }
    }
}

fn operand() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "1",
        "0",
        "'web'",
        "true",
        "order.total_minor",
        "order.channel",
        "order.is_promotion",
        "lines",
        "buyer.orders",
        "[1, 2]",
        "['web']",
        "[]",
        "lines.map(it, it.pieces)",
        "lines.map(it, it.sku)",
        "lines.filter(it, it.is_fragile)",
        "lines.map(it, lines)",
        "lines.map(it, [])",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} == {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} in {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            inner.clone().prop_map(|a| format!("size({a})")),
            inner.clone().prop_map(|a| format!("{a}.exists(it, it == 1)")),
            inner.prop_map(|a| format!("(!{a})")),
        ]
    })
}
