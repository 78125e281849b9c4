//! What tables decide, how they explain it, and what keeps one from being saved.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod kit;

use kit::{of_a_guest, refusal, rule, table};
use ordermill_rules::order::OrderDocument;
use ordermill_rules::{
    Condition, Definition, Facts, HitPolicy, Outcome, Position, Reason, Table, TableError, limits,
};

fn outcomes(hit: HitPolicy, conditions: &[&str]) -> (Vec<&'static str>, Vec<Outcome>) {
    let names = ["one", "two", "three", "four"];
    let rules = conditions.iter().zip(names).map(|(when, name)| rule(name, when, name)).collect();
    let table = Table::compile::<OrderDocument>(table(hit, rules), 7).unwrap();
    let decision = table.decide(&of_a_guest().prepare());
    assert_eq!(decision.version, 7);
    (decision.actions, decision.considered.into_iter().map(|rule| rule.outcome).collect())
}

#[test]
fn the_first_matching_rule_decides_and_the_others_are_not_asked() {
    let (actions, considered) = outcomes(
        HitPolicy::First,
        &["order.total_minor > 100000", "order.channel == 'web'", "true"],
    );
    assert_eq!(actions, ["two"]);
    assert_eq!(considered, [Outcome::NotMatched, Outcome::Matched, Outcome::NotAsked]);
}

#[test]
fn all_matching_rules_count_in_their_order() {
    let (actions, _) = outcomes(
        HitPolicy::All,
        &["order.pieces >= 3", "order.pieces > 3", "lines.exists(it, it.is_high_value)"],
    );
    assert_eq!(actions, ["one", "three"]);
}

#[test]
fn the_table_says_what_is_done_when_no_rule_matches() {
    assert_eq!(outcomes(HitPolicy::All, &["false"]).0, ["pass"]);
    assert_eq!(outcomes(HitPolicy::First, &[]).0, ["pass"]);
}

#[test]
fn a_rule_that_needs_a_missing_field_does_not_match_and_names_it() {
    let (actions, considered) = outcomes(
        HitPolicy::All,
        &["buyer.orders < 1", "has(buyer.orders) && buyer.orders < 1", "!has(buyer.orders)"],
    );
    assert_eq!(actions, ["three"]);
    assert_eq!(
        considered,
        [Outcome::Missing("buyer.orders".to_owned()), Outcome::NotMatched, Outcome::Matched]
    );
}

#[test]
fn what_cannot_be_computed_is_a_failure_of_its_rule_alone() {
    let (actions, considered) = outcomes(
        HitPolicy::All,
        &[
            "order.total_minor / order.coupons > 1",
            "order.total_minor * 9000000000000000 > 1",
            "order.total_minor % order.coupons == 1",
            "true",
        ],
    );
    assert_eq!(actions, ["four"]);
    let failed = |reason: &str| Outcome::Failed(reason.to_owned());
    let by_zero = failed("division by zero");
    assert_eq!(considered[..3], [by_zero.clone(), failed("a number beyond 64 bits"), by_zero]);
}

#[test]
fn everything_a_condition_can_say_is_understood() {
    for holds in [
        "order.total_minor - order.freight_minor == order.goods_minor",
        "order.currency in ['CNY', 'EUR'] && !(order.currency in [])",
        "size(lines) == 2 && lines.size() == 2 && order.channel.size() == 3",
        "lines.all(it, it.pieces > 0) && lines.exists_one(it, it.category == 'tea')",
        "size(lines.filter(it, it.is_high_value || it.pieces > 1)) == 2",
        "'tea' in lines.map(it, it.category)",
        "lines.map(it, it.pieces > 1, it.sku) .exists(sku, sku.startsWith('TEA'))",
        "(order.is_promotion ? 10 : 20) > 15",
        "address.region.startsWith('CN-') && address.region.endsWith('31')",
        "order.terms.contains('paid') || order.total_minor / order.coupons > 1",
        "-order.total_minor < 0\n  && order.total_minor != 1",
    ] {
        let condition = Condition::compile(holds, OrderDocument::FIELDS);
        assert!(condition.is_ok(), "{holds}: {:?}", condition.err());
        let (_, considered) = outcomes(HitPolicy::All, &[holds]);
        assert_eq!(considered, [Outcome::Matched], "{holds}");
    }
}

#[test]
fn an_unknown_field_is_refused_where_it_stands() {
    let text = "order.total_minor > 100 &&\n  // 金额\n  '中文' != buyer.agee";
    let error = Condition::compile(text, OrderDocument::FIELDS).unwrap_err();
    assert_eq!(error.reason, Reason::UnknownField("buyer.agee".to_owned()));
    assert_eq!(text.chars().nth(error.at.offset), Some('.'));
    assert_eq!((error.at.line, error.at.column), (3, 16));
    assert_eq!(refusal("agee > 1"), Some(Reason::UnknownField("agee".to_owned())));
    assert_eq!(
        refusal("lines.exists(it, it.color == 'red')"),
        Some(Reason::UnknownField("lines[].color".to_owned()))
    );
    assert_eq!(refusal("has(buyer.agee)"), Some(Reason::UnknownField("buyer.agee".to_owned())));
}

#[test]
fn what_cannot_be_read_is_refused_where_it_stops_making_sense() {
    let error = Condition::compile("order.total_minor >", OrderDocument::FIELDS).unwrap_err();
    assert!(matches!(error.reason, Reason::Syntax(_)), "{error}");
    assert_eq!(error.at, Position { line: 1, column: 20, offset: 19 });
    let text = "'中文' == order.channel\n  && '金额' == )";
    let error = Condition::compile(text, OrderDocument::FIELDS).unwrap_err();
    assert_eq!(text.chars().nth(error.at.offset), Some(')'), "{error}");
    assert_eq!(refusal("  \n"), Some(Reason::Empty));
}

#[test]
fn wrong_types_are_refused_when_the_table_is_saved() {
    let refused = |condition: &str| refusal(condition).map(|reason| reason.to_string());
    let said = |text: &str| Some(text.to_owned());
    assert_eq!(
        refused("order.total_minor"),
        said("a condition needs yes or no, and this is a number")
    );
    assert_eq!(
        refused("order.total_minor > '100'"),
        said("a comparison of sizes needs a number, and this is a text")
    );
    assert_eq!(
        refused("order.channel == 1"),
        said("a comparison needs a text, and this is a number")
    );
    assert_eq!(
        refused("lines == lines"),
        said("a comparison needs a single value, and this is a list")
    );
    assert_eq!(
        refused("order.exists(it, true)"),
        said("a loop needs a list, and this is a group of fields")
    );
    assert_eq!(
        refused("'web' in order.channel"),
        said("in needs a list, and this is something else")
    );
    assert_eq!(
        refused("order.channel.total == 1"),
        said(".total needs a group of fields, and this is a text")
    );
    assert_eq!(
        refused("order.coupons && true"),
        said("a combination needs yes or no, and this is a number")
    );
    assert_eq!(
        refused("[1, 'a'].exists(it, true)"),
        said("a list needs a number, and this is a text")
    );
}

#[test]
fn what_conditions_do_without_is_refused() {
    for condition in [
        "order['total_minor'] > 1",
        "(order.is_promotion ? order : order).coupons > 1",
        "[order].exists(it, it.coupons > 1)",
        "lines.map(it, order).exists(it, it.coupons > 1)",
        "lines[0].pieces > 1",
        "order.total_minor > 1.5",
        "order.total_minor > 1u",
        "{'a': 1} == {'a': 1}",
        "order == null",
        "order.channel.matches('(a+)+b')",
        "int(order.channel) > 1",
        "double(1) > 1",
        "type(order) == map",
        "dyn(order).x == 1",
        "lines + lines == lines",
        "order.channel + 'x' == 'webx'",
        "lines.exists(order, true)",
        "optional.of(1).hasValue()",
        "now() > 1",
        "order.?total_minor == 1",
        "b'a' == b'a'",
        "google.protobuf.Duration{} == 1",
    ] {
        assert!(refusal(condition).is_some(), "{condition}");
    }
}

#[test]
fn too_long_too_deep_and_too_much_work_are_refused() {
    let deep = |level| format!("{}true{}", "(".repeat(level), ")".repeat(level));
    assert_eq!(refusal(&deep(8)), None);
    assert!(refusal(&deep(limits::OPENERS_MAX + 1)).is_some());
    let sum = |terms| format!("0{} < 1", " + 1".repeat(terms));
    assert_eq!(refusal(&sum(20)), None);
    assert_eq!(refusal(&sum(limits::DEPTH_MAX + 1)), Some(Reason::TooDeep));
    assert_eq!(refusal(&" ".repeat(2_001).replacen(' ', "1", 1)), Some(Reason::TooLong));
    let each = "lines.exists(a, lines.exists(b, a.pieces == b.pieces))";
    assert!(matches!(refusal(each), Some(Reason::TooMuchWork { .. })), "{:?}", refusal(each));
}

#[test]
fn a_table_tells_everything_that_is_wrong_with_it() {
    let rules = vec![
        rule("Big", "order.total_minor > 1", "hold"),
        rule("Big", "order.totl > 1", "hold"),
        rule("", "order.coupons >", "hold"),
    ];
    let errors = Table::compile::<OrderDocument>(table(HitPolicy::All, rules), 1).unwrap_err();
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(told[0], "rule 2 has the name of another");
    assert_eq!(told[1], "rule 2, Big: there is no field order.totl (line 1, column 6)");
    assert_eq!(told[2], "rule 3 needs a name of 1 to 60 characters in each language");
    assert!(told[3].starts_with("rule 3, : the condition cannot be read"), "{}", told[3]);
}

#[test]
fn many_or_heavy_rules_are_refused() {
    let many = (0..=limits::RULES_MAX).map(|no| rule(&no.to_string(), "true", "hold")).collect();
    let error = Table::compile::<OrderDocument>(table(HitPolicy::All, many), 1).unwrap_err();
    assert_eq!(error, [TableError::TooManyRules]);
    let heavy = "lines.exists(it, it.sku in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'])";
    let rules = (0..60).map(|no| rule(&no.to_string(), heavy, "hold")).collect();
    let error = Table::compile::<OrderDocument>(table(HitPolicy::All, rules), 1).unwrap_err();
    assert!(matches!(error[..], [TableError::TooMuchWork { .. }]), "{error:?}");
}

#[test]
fn a_table_knows_which_fields_it_reads() {
    let rules = vec![rule("Big", "has(buyer.orders) && lines.exists(it, it.is_fragile)", "hold")];
    let table = Table::compile::<OrderDocument>(table(HitPolicy::All, rules), 1).unwrap();
    assert!(["lines", "lines[].is_fragile", "buyer.orders"].iter().all(|path| table.reads(path)));
    assert!(!table.reads("buyer.orders_last_day"));
}

#[test]
fn a_table_reads_back_as_it_was_written() {
    let json = r#"{"hit":"first","rules":[{"name":{"zh":"大额","en":"Big"},"when":"true","then":"hold"}],"otherwise":"pass"}"#;
    let definition: Definition<String> = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&definition).unwrap(), json);
    let unknown = json.replace("\"hit\"", "\"hitt\"");
    assert!(serde_json::from_str::<Definition<String>>(&unknown).is_err());
}

#[test]
fn long_lists_and_texts_are_cut_when_they_are_prepared() {
    let mut order = of_a_guest();
    let line = order.lines[0].clone();
    order.lines = vec![line; limits::LIST_MAX + 5];
    order.order.channel = "中".repeat(400);
    let rules = vec![rule("Cut", "size(lines) == 200 && size(order.channel) < 170", "cut")];
    let table = Table::compile::<OrderDocument>(table(HitPolicy::All, rules), 1).unwrap();
    assert_eq!(table.decide(&order.prepare()).actions, ["cut"]);
}
