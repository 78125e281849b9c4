//! Tables of rules, and what they decide.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::compile::{Condition, ConditionError};
use crate::document::{Facts, Prepared, told};
use crate::limits::{NAME_CHARS_MAX, RULES_MAX, TABLE_STEPS_MAX};

/// What one rule is called, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// In Chinese.
    pub zh: Cow<'static, str>,
    /// In English.
    pub en: Cow<'static, str>,
}

/// A rule: when its condition holds, its action is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule<A> {
    /// What it is called.
    pub name: Name,
    /// Its condition.
    pub when: Cow<'static, str>,
    /// Its action.
    pub then: A,
}

/// How many of the matching rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitPolicy {
    /// The first one; those behind it are not asked.
    First,
    /// All of them, in their order.
    All,
}

/// A table as it is written and stored. `A` is the closed set of actions of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition<A> {
    /// How many of the matching rules count.
    pub hit: HitPolicy,
    /// The rules, in the order in which they are asked.
    pub rules: Vec<Rule<A>>,
    /// The action when no rule matches.
    pub otherwise: A,
}

/// Something that keeps a table from being saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It has too many rules.
    #[error("a table has at most {RULES_MAX} rules")]
    TooManyRules,
    /// A rule has no name in a language, or a long one.
    #[error("rule {rule_no} needs a name of 1 to {NAME_CHARS_MAX} characters in each language")]
    Name {
        /// Which rule, from 1.
        rule_no: usize,
    },
    /// Two rules have the same name.
    #[error("rule {rule_no} has the name of another")]
    SameName {
        /// The second of them, from 1.
        rule_no: usize,
    },
    /// A condition does not compile.
    #[error("rule {rule_no}, {}: {error}", name.en)]
    Condition {
        /// Which rule, from 1.
        rule_no: usize,
        /// What it is called.
        name: Name,
        /// Where and why.
        error: ConditionError,
    },
    /// All conditions together could take too long.
    #[error("the rules could take {steps} steps together, more than {TABLE_STEPS_MAX}")]
    TooMuchWork {
        /// Their steps at worst.
        steps: u64,
    },
}

/// What became of a rule in one decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "because")]
pub enum Outcome {
    /// Its condition holds.
    Matched,
    /// Its condition does not hold.
    NotMatched,
    /// A field that it needs is missing, so it does not match.
    Missing(String),
    /// It cannot be evaluated, so it does not match; the reason.
    Failed(String),
    /// An earlier rule decided.
    NotAsked,
}

/// A rule in one decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// What the rule is called.
    pub name: Name,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a table says of a document, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision<A> {
    /// The version of the table that decided.
    pub version: i64,
    /// The actions of the rules that count; that of no match if there is none. Never empty.
    pub actions: Vec<A>,
    /// Every rule of the table, in its order.
    pub considered: Vec<Considered>,
}

/// Why a rule spoke up: its condition, and what the document said at the fields that it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the rule is called.
    pub name: Name,
    /// Its condition.
    pub when: String,
    /// The fields with what they said, those that have a single value.
    pub values: Vec<(String, String)>,
}

/// A compiled table.
#[derive(Debug)]
pub struct Table<A> {
    version: i64,
    definition: Definition<A>,
    conditions: Vec<Condition>,
}

impl<A: Clone> Table<A> {
    /// Compiles a table over documents of the type `F`; or gives everything that is wrong with it.
    pub fn compile<F: Facts>(
        definition: Definition<A>,
        version: i64,
    ) -> Result<Self, Vec<TableError>> {
        let rules = &definition.rules;
        if rules.len() > RULES_MAX {
            return Err(vec![TableError::TooManyRules]);
        }
        let (mut errors, mut conditions) = (Vec::new(), Vec::with_capacity(rules.len()));
        for (rule, rule_no) in rules.iter().zip(1..) {
            if ![&rule.name.zh, &rule.name.en].into_iter().all(|name| is_name(name)) {
                errors.push(TableError::Name { rule_no });
            }
            let mut earlier = rules.iter().take(rule_no - 1);
            if earlier.any(|other| other.name.zh == rule.name.zh || other.name.en == rule.name.en) {
                errors.push(TableError::SameName { rule_no });
            }
            match Condition::compile(&rule.when, F::FIELDS) {
                Ok(condition) => conditions.push(condition),
                Err(error) => {
                    errors.push(TableError::Condition { rule_no, name: rule.name.clone(), error });
                }
            }
        }
        let steps = conditions.iter().map(Condition::steps).fold(0, u64::saturating_add);
        if steps > TABLE_STEPS_MAX {
            errors.push(TableError::TooMuchWork { steps });
        }
        if errors.is_empty() { Ok(Self { version, definition, conditions }) } else { Err(errors) }
    }

    /// Its version.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// As it was written.
    pub const fn definition(&self) -> &Definition<A> {
        &self.definition
    }

    /// Whether any rule reads this field, so that what nobody asks for need not be collected.
    pub fn reads(&self, path: &str) -> bool {
        self.conditions.iter().any(|condition| condition.reads(path))
    }

    /// Why each rule that matched in a decision about this document did so.
    pub fn evidence(&self, document: &impl Facts, decision: &Decision<A>) -> Vec<Evidence> {
        let rules = self.definition.rules.iter().zip(&self.conditions).zip(&decision.considered);
        let matched = rules.filter(|(_, considered)| considered.outcome == Outcome::Matched);
        let evidence = |((rule, condition), _): ((&Rule<A>, &Condition), _)| Evidence {
            name: rule.name.clone(),
            when: rule.when.clone().into_owned(),
            values: condition
                .paths()
                .filter_map(|path| Some((path.to_owned(), told(document, path)?)))
                .collect(),
        };
        matched.map(evidence).collect()
    }

    /// What it says of a document.
    pub fn decide(&self, document: &Prepared) -> Decision<A> {
        let Definition { hit, rules, otherwise } = &self.definition;
        let mut actions = Vec::new();
        let considered = rules
            .iter()
            .zip(&self.conditions)
            .map(|(rule, condition)| {
                let is_decided = *hit == HitPolicy::First && !actions.is_empty();
                let outcome =
                    if is_decided { Outcome::NotAsked } else { condition.evaluate(document) };
                if outcome == Outcome::Matched {
                    actions.push(rule.then.clone());
                }
                Considered { name: rule.name.clone(), outcome }
            })
            .collect();
        if actions.is_empty() {
            actions.push(otherwise.clone());
        }
        Decision { version: self.version, actions, considered }
    }
}

fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    name.trim() == name
        && (1..=NAME_CHARS_MAX).contains(&length)
        && !name.contains(char::is_control)
}
