//! What the rules say of an order.

use serde::{Deserialize, Serialize};

use super::{HoldReason, Step};

/// What one rule wants: the actions that a table of review rules can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// Nothing stands in the way.
    Pass,
    /// A person looks at it.
    Hold {
        /// Why.
        reason: HoldReason,
    },
    /// It is stopped: a person must lift this before anything goes on.
    Intercept {
        /// Why.
        reason: HoldReason,
    },
}

/// What the rules say together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// The version of the table that decided; 0 for the one that is built in.
    pub version: i64,
    /// Why a person must look at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<HoldReason>,
    /// Why it is stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interceptions: Vec<HoldReason>,
}

impl Ruling {
    /// Takes together what the rules want. Each reason counts once, and holds beat passing; a rule
    /// that failed is a reason for a person to look, as nobody knows what it would have said.
    pub fn of(version: i64, verdicts: &[Verdict], has_failed: bool) -> Self {
        let mut ruling = Self { version, holds: Vec::new(), interceptions: Vec::new() };
        for verdict in verdicts {
            match *verdict {
                Verdict::Pass => {}
                Verdict::Hold { reason } => ruling.holds.push(reason),
                Verdict::Intercept { reason } => ruling.interceptions.push(reason),
            }
        }
        if has_failed {
            ruling.holds.push(HoldReason::RuleFailed);
        }
        for reasons in [&mut ruling.holds, &mut ruling.interceptions] {
            reasons.sort_unstable();
            reasons.dedup();
        }
        ruling
    }

    /// Where it moves the review: what stops beats what holds.
    pub const fn step(&self) -> Step {
        match (self.interceptions.is_empty(), self.holds.is_empty()) {
            (false, _) => Step::Intercept,
            (true, false) => Step::Queue,
            (true, true) => Step::AutoPass,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: Verdict = Verdict::Hold { reason: HoldReason::Amount };
    const FRAUD: Verdict = Verdict::Intercept { reason: HoldReason::Fraud };

    #[test]
    fn what_stops_beats_what_holds_and_what_holds_beats_passing() {
        let step = |verdicts: &[Verdict]| Ruling::of(1, verdicts, false).step();
        assert_eq!(step(&[]), Step::AutoPass);
        assert_eq!(step(&[Verdict::Pass]), Step::AutoPass);
        assert_eq!(step(&[Verdict::Pass, LARGE]), Step::Queue);
        assert_eq!(step(&[LARGE, FRAUD, Verdict::Pass]), Step::Intercept);
    }

    #[test]
    fn a_rule_that_failed_is_looked_at_by_a_person() {
        let ruling = Ruling::of(1, &[Verdict::Pass], true);
        assert_eq!((ruling.step(), ruling.holds), (Step::Queue, vec![HoldReason::RuleFailed]));
    }

    #[test]
    fn each_reason_counts_once() {
        assert_eq!(Ruling::of(1, &[LARGE, LARGE], false).holds, [HoldReason::Amount]);
    }

    #[test]
    fn verdicts_are_written_as_documented() {
        let written = r#"{"do":"hold","reason":"amount"}"#;
        assert_eq!(serde_json::to_string(&LARGE).unwrap(), written);
        assert_eq!(serde_json::from_str::<Verdict>(written).unwrap(), LARGE);
        let reject = r#"{"do":"reject","reason":"amount"}"#;
        assert!(serde_json::from_str::<Verdict>(reject).is_err(), "only a person refuses");
    }
}
