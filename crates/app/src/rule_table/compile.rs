//! What a table of a purpose may say, and everything that is wrong with one, by rule and place.

use std::fmt;
use std::sync::Arc;

use ordermill_domain::carrier::ruling::CarrierRule;
use ordermill_domain::order::review::Verdict;
use ordermill_domain::rule_table::Purpose;
use ordermill_domain::sourcing::SourcingRule;
use ordermill_rules::{Definition, Facts, Position, Reason, Rule, Table, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What the rules of one purpose decide, and about what.
pub trait Decides:
    Clone + PartialEq + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Which purpose.
    const PURPOSE: Purpose;
    /// What conditions can ask about.
    type Document: Facts;
    /// The rules as long as nobody has put others in force; their version is 0.
    fn built_in() -> Arc<Table<Self>>;
}

/// Something that is wrong with a table, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Which rule, from 0; none if it is the table as a whole.
    pub rule: Option<usize>,
    /// Which part of it.
    pub place: Place,
    /// Where in the condition, if it is one.
    pub position: Option<Position>,
    /// What is wrong with the condition, if it is one, for whoever says it in another language.
    pub reason: Option<Reason>,
    /// What is wrong, in English.
    pub message: String,
}

/// A part of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// All of it.
    Whole,
    /// Its names.
    Name,
    /// Its condition.
    When,
    /// Its action.
    Then,
}

impl Place {
    /// As the fields of a definition are called; empty for the whole.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Name => "name",
            Self::When => "when",
            Self::Then => "then",
        }
    }
}

/// Everything that is wrong with a table of a purpose; nothing if it can be put in force.
pub fn check(purpose: Purpose, definition: &Value) -> Result<(), Vec<Flaw>> {
    match purpose {
        Purpose::Review => compile::<Verdict>(definition, 0).map(drop),
        Purpose::Carrier => compile::<CarrierRule>(definition, 0).map(drop),
        Purpose::Sourcing => compile::<SourcingRule>(definition, 0).map(drop),
    }
}

/// Compiles a table as it was written; its version is `number`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn compile<A: Decides>(definition: &Value, number: i64) -> Result<Table<A>, Vec<Flaw>> {
    let definition = read::<A>(definition)?;
    Table::compile::<A::Document>(definition, number)
        .map_err(|errors| errors.into_iter().map(Flaw::from).collect())
}

fn read<A: Decides>(definition: &Value) -> Result<Definition<A>, Vec<Flaw>> {
    let flaw = |rule, place, message| Flaw { rule, place, position: None, reason: None, message };
    let error = match serde_json::from_value::<Definition<A>>(definition.clone()) {
        Ok(definition) => return Ok(definition),
        Err(error) => error,
    };
    let rules = definition.get("rules").and_then(Value::as_array);
    let flaws = rules.into_iter().flatten().enumerate().filter_map(|(rule, written)| {
        let error = serde_json::from_value::<Rule<A>>(written.clone()).err()?;
        let is_action = written.get("then").is_none_or(|then| A::deserialize(then).is_err());
        let place = if is_action { Place::Then } else { Place::Whole };
        Some(flaw(Some(rule), place, error.to_string()))
    });
    let flaws: Vec<Flaw> = flaws.collect();
    Err(if flaws.is_empty() { vec![flaw(None, Place::Whole, error.to_string())] } else { flaws })
}

impl From<TableError> for Flaw {
    fn from(error: TableError) -> Self {
        let message = error.to_string();
        let flaw = |rule: Option<usize>, place| Self {
            rule,
            place,
            position: None,
            reason: None,
            message,
        };
        match error {
            TableError::TooManyRules | TableError::TooMuchWork { .. } => flaw(None, Place::Whole),
            TableError::Name { rule_no } | TableError::SameName { rule_no } => {
                flaw(Some(rule_no - 1), Place::Name)
            }
            TableError::Condition { rule_no, error, .. } => Self {
                rule: Some(rule_no - 1),
                place: Place::When,
                position: Some(error.at),
                message: error.reason.to_string(),
                reason: Some(error.reason),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(when: &str, then: Value) -> Value {
        json!({ "name": { "zh": format!("规则{when}"), "en": format!("Rule {when}") },
                "when": when, "then": then })
    }

    fn flaws(rules: &[Value]) -> Vec<(Option<usize>, &'static str)> {
        let definition = json!({ "hit": "all", "rules": rules, "otherwise": { "do": "pass" } });
        let found = check(Purpose::Review, &definition).err().unwrap_or_default();
        found.iter().map(|flaw| (flaw.rule, flaw.place.code())).collect()
    }

    #[test]
    fn what_is_wrong_is_named_by_rule_and_place() {
        let hold = || json!({ "do": "hold", "reason": "amount" });
        assert_eq!(flaws(&[rule("order.total_minor > 1", hold())]), []);
        assert_eq!(
            flaws(&[rule("true", hold()), rule("order.totl > 1", hold())]),
            [(Some(1), "when")]
        );
        assert_eq!(flaws(&[rule("true", json!({ "do": "reject" }))]), [(Some(0), "then")]);
        assert_eq!(flaws(&[rule("true", hold()), rule("true", hold())]), [(Some(1), "name")]);
        let unknown = json!({ "hit": "some", "rules": [], "otherwise": { "do": "pass" } });
        assert_eq!(check(Purpose::Review, &unknown).unwrap_err()[0].rule, None);
    }

    #[test]
    fn the_place_in_a_condition_is_told() {
        let mut wrong = rule("true", json!({ "do": "pass" }));
        wrong["when"] = json!("true &&\n order.nothing");
        let definition = json!({ "hit": "all", "otherwise": { "do": "pass" }, "rules": [wrong] });
        let flaw = check(Purpose::Review, &definition).unwrap_err().remove(0);
        assert_eq!(flaw.position.map(|at| (at.line, at.column)), Some((2, 7)), "{flaw:?}");
    }
}
