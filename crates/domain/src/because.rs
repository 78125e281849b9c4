//! Reasons that mechanisms of Ordermill give for what they do.
//!
//! In the journal they are English sentences, as are the words of people beside them. What is read back with
//! [`Because::from_str`] can be told in the language of whoever reads it.

use std::fmt;
use std::str::FromStr;

use ordermill_base::Timestamp;

use crate::deadline::DeadlineKind;

/// Why a mechanism has done something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Rules looked at an order.
    Ruled {
        /// Which version of the shop's own; none: those that are built in.
        version: Option<i64>,
        /// Whether they found a reason for a person to look.
        has_found: bool,
    },
    /// A deadline was near, or over.
    Due {
        /// Which.
        deadline: DeadlineKind,
        /// When it was to be met.
        due_at: Timestamp,
    },
}

/// Nothing that a mechanism has said: the words of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no reason that a mechanism gives")]
pub struct NotBuiltIn;

const BUILT_IN: &str = "the built-in rules";
const FOUND: &str = " found a reason to look";
const FOUND_NOTHING: &str = " found nothing";

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Ruled { version, has_found } => {
                match version {
                    None => f.write_str(BUILT_IN)?,
                    Some(version) => write!(f, "version {version} of the rules")?,
                }
                f.write_str(if has_found { FOUND } else { FOUND_NOTHING })
            }
            Self::Due { deadline, due_at } => {
                write!(f, "D{} {deadline}, due {due_at}", deadline.number())
            }
        }
    }
}

impl FromStr for Because {
    type Err = NotBuiltIn;

    fn from_str(text: &str) -> Result<Self, NotBuiltIn> {
        ruled(text).or_else(|| due(text)).ok_or(NotBuiltIn)
    }
}

fn ruled(text: &str) -> Option<Because> {
    let (by, has_found) = match text.strip_suffix(FOUND_NOTHING) {
        Some(by) => (by, false),
        None => (text.strip_suffix(FOUND)?, true),
    };
    let version = match by {
        BUILT_IN => None,
        _ => Some(by.strip_prefix("version ")?.strip_suffix(" of the rules")?.parse().ok()?),
    };
    Some(Because::Ruled { version, has_found })
}

fn due(text: &str) -> Option<Because> {
    let (name, due_at) = text.split_once(", due ")?;
    let (number, code) = name.split_once(' ')?;
    let deadline = DeadlineKind::from_code(code).ok()?;
    let is_its_number = number == format!("D{}", deadline.number());
    Some(Because::Due { deadline, due_at: due_at.parse().ok()? }).filter(|_| is_its_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_one() -> Vec<Because> {
        let due_at = Timestamp::from_millis(1_795_000_000_000);
        let of_rules = [None, Some(3)].into_iter().flat_map(|version| {
            [true, false].map(|has_found| Because::Ruled { version, has_found })
        });
        let of_deadlines = DeadlineKind::ALL.map(|deadline| Because::Due { deadline, due_at });
        of_rules.chain(of_deadlines).collect()
    }

    #[test]
    fn what_a_mechanism_says_is_read_back() {
        for because in every_one() {
            assert_eq!(because.to_string().parse(), Ok(because));
        }
    }

    /// Journals are full of these sentences: they are never worded anew.
    #[test]
    fn the_sentences_of_journals() {
        let sentences: Vec<String> = every_one().iter().take(5).map(Because::to_string).collect();
        let expected = [
            "the built-in rules found a reason to look",
            "the built-in rules found nothing",
            "version 3 of the rules found a reason to look",
            "version 3 of the rules found nothing",
            "D1 pay, due 2026-11-18T11:06:40Z",
        ];
        assert_eq!(sentences, expected);
    }

    #[test]
    fn the_words_of_people_are_their_own() {
        for text in ["", "the buyer found nothing", "D2 pay, due 2026-11-18T11:06:40Z", "D1 pay"] {
            assert_eq!(text.parse::<Because>(), Err(NotBuiltIn), "{text}");
        }
    }
}
