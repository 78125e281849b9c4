//! Outgoing webhooks: who is told of what happens, and when a delivery is tried again.
//!
//! An [`Endpoint`] wants the events that its [`Filter`] names. Each of them is one delivery, with the
//! event's id as its identity; [`plan`] says when it is tried again. Where an endpoint may be is the
//! matter of [`outgoing`](crate::outgoing).

pub mod plan;

use std::fmt;

use ordermill_base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::EndpointId;

coded! {
    /// How an endpoint stands.
    enum State {
        /// It is told.
        Active = "active",
        /// A person has stopped it; what happens meanwhile waits.
        Paused = "paused",
        /// It was given up; what happens meanwhile is not kept for it, and can be replayed.
        Disabled = "disabled",
        /// It is gone.
        Deleted = "deleted",
    }
}

coded! {
    /// What changes how an endpoint stands.
    enum Step {
        /// A person stops it for a while.
        Pause = "pause",
        /// A person has it told again.
        Resume = "resume",
        /// It says that it is gone, or has failed for days.
        Disable = "disable",
        /// A person takes it away.
        Delete = "delete",
    }
}

coded! {
    /// Why an endpoint was disabled.
    enum DisableReason {
        /// It answered 410: it wants no more.
        Gone = "gone",
        /// It took nothing for five days.
        Failing = "failing",
    }
}

coded! {
    /// Where a delivery stands.
    enum DeliveryState {
        /// To be tried, or tried again.
        Waiting = "waiting",
        /// Taken.
        Delivered = "delivered",
        /// Given up after the last try of the plan; a person may replay it.
        Failed = "failed",
        /// Its endpoint is gone.
        Dropped = "dropped",
    }
}

/// A step that an endpoint does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// How it stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

impl State {
    /// The whole life cycle.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Active | Self::Disabled, Step::Pause) => Ok(Self::Paused),
            (Self::Paused | Self::Disabled, Step::Resume) => Ok(Self::Active),
            // A test of a paused endpoint may find out that it is gone.
            (Self::Active | Self::Paused, Step::Disable) => Ok(Self::Disabled),
            (Self::Active | Self::Paused | Self::Disabled, Step::Delete) => Ok(Self::Deleted),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }
}

/// A receiver of webhooks, beside its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its key.
    pub id: EndpointId,
    /// Where it listens.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Which events it wants.
    pub filter: Filter,
    /// How it stands.
    pub state: State,
    /// Why it was disabled.
    pub disabled_because: Option<DisableReason>,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// The last delivery that it took, a minute coarse.
    pub delivered_at: Option<Timestamp>,
    /// Until when the secret before the last rotation signs too.
    pub previous_until: Option<Timestamp>,
    /// Grows with every change that people make.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
}

/// Which events an endpoint wants: `*`, all of an aggregate (`order.*`), or one kind
/// (`order.placed`). What is [confidential](is_confidential) is wanted by those alone that name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filter(Vec<String>);

/// Why patterns make no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// None, or too many.
    #[error("1 to {} patterns", Filter::PATTERNS_MAX)]
    Count,
    /// Not a pattern.
    #[error("{0:?} is not *, order.* or order.placed")]
    Pattern(String),
}

impl Filter {
    /// How many patterns one filter has at most.
    pub const PATTERNS_MAX: usize = 50;
    const PATTERN_BYTES_MAX: usize = 64;

    /// Checks patterns; doubled ones count once.
    ///
    /// # Errors
    /// If there are none or too many, or one is no pattern.
    pub fn new(patterns: impl IntoIterator<Item = String>) -> Result<Self, FilterError> {
        let mut kept: Vec<String> = Vec::new();
        for pattern in patterns.into_iter().take(Self::PATTERNS_MAX + 1) {
            if !Self::is_pattern(&pattern) {
                let shown = pattern.chars().take(Self::PATTERN_BYTES_MAX).collect();
                return Err(FilterError::Pattern(shown));
            }
            kept.push(pattern);
        }
        if kept.is_empty() || kept.len() > Self::PATTERNS_MAX {
            return Err(FilterError::Count);
        }
        kept.sort_unstable();
        kept.dedup();
        Ok(Self(kept))
    }

    fn is_pattern(text: &str) -> bool {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        text.len() <= Self::PATTERN_BYTES_MAX
            && (text == "*"
                || text
                    .split_once('.')
                    .is_some_and(|(of, kind)| is_word(of) && (kind == "*" || is_word(kind))))
    }

    /// The patterns, sorted.
    pub fn patterns(&self) -> &[String] {
        &self.0
    }

    /// The filter of whoever names nothing: `*`.
    pub fn everything() -> Self {
        Self(vec!["*".to_owned()])
    }

    /// Whether an event of this kind is wanted.
    pub fn wants(&self, kind: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some("") => !is_confidential(kind),
            Some(start) => kind.starts_with(start),
            None => kind == pattern,
        })
    }

    /// Whether it names what not everybody may hear of.
    pub fn names_confidential(&self) -> bool {
        self.0.iter().any(|pattern| is_confidential(pattern))
    }
}

/// Whether events of this kind tell what not everybody who hears of orders may know: what carriers charge
/// us. Only who may read carriers hears of them.
pub fn is_confidential(kind: &str) -> bool {
    kind.starts_with("carrier.")
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// One change of an endpoint. Its deliveries are no events: telling of them would never end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// It is new.
    #[serde(rename = "webhook.created")]
    Created {
        /// Where it listens.
        url: String,
        /// Which events it wants.
        events: Filter,
    },
    /// It listens elsewhere, or wants other events.
    #[serde(rename = "webhook.edited")]
    Edited {
        /// Where it listens.
        url: String,
        /// Which events it wants.
        events: Filter,
    },
    /// It stands otherwise.
    #[serde(rename = "webhook.moved")]
    Moved {
        /// How it stood.
        from: State,
        /// How it stands.
        to: State,
        /// Why it was disabled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<DisableReason>,
    },
    /// It has another secret; the one before signs for another day.
    #[serde(rename = "webhook.secret_rotated")]
    SecretRotated,
    /// A person sends this to see whether it arrives.
    #[serde(rename = "webhook.tested")]
    Tested,
}

impl Event {
    /// What the journal calls endpoints.
    pub const AGGREGATE: &'static str = "webhook";
    /// The kind of a test, which only the endpoint in question is told of.
    pub const TESTED: &'static str = "webhook.tested";

    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "webhook.created",
            Self::Edited { .. } => "webhook.edited",
            Self::Moved { .. } => "webhook.moved",
            Self::SecretRotated => "webhook.secret_rotated",
            Self::Tested => Self::TESTED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::life_cycle;

    #[test]
    fn the_life_cycle_of_an_endpoint() {
        insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
        Active --Pause--> Paused
        Active --Disable--> Disabled
        Active --Delete--> Deleted
        Paused --Resume--> Active
        Paused --Disable--> Disabled
        Paused --Delete--> Deleted
        Disabled --Pause--> Paused
        Disabled --Resume--> Active
        Disabled --Delete--> Deleted
        ");
    }

    fn filter(patterns: &[&str]) -> Result<Filter, FilterError> {
        Filter::new(patterns.iter().map(|&pattern| pattern.to_owned()))
    }

    #[test]
    fn a_filter_names_everything_an_aggregate_or_a_kind() {
        assert!(filter(&["*"]).unwrap().wants("stock.moved"));
        let some = filter(&["order.*", "payment.captured"]).unwrap();
        let wanted = ["order.placed", "order.paid", "payment.captured"];
        assert!(wanted.iter().all(|kind| some.wants(kind)));
        let unwanted = ["payment.failed", "orders.placed", "order", "refund.granted"];
        assert!(!unwanted.iter().any(|kind| some.wants(kind)));
    }

    #[test]
    fn what_carriers_charge_is_told_to_those_alone_who_name_it() {
        let all = filter(&["*", "order.*"]).unwrap();
        assert!(!all.wants("carrier.edited") && !all.names_confidential());
        for named in ["carrier.*", "carrier.edited"] {
            let some = filter(&["*", named]).unwrap();
            assert!(some.wants("carrier.edited") && some.names_confidential(), "{named}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in ["", "order", "order.", ".placed", "Order.*", "order.*.*", "o*", "**", "a.b.c"]
        {
            assert_eq!(filter(&[wrong]), Err(FilterError::Pattern(wrong.to_owned())), "{wrong}");
        }
        assert_eq!(filter(&[]), Err(FilterError::Count));
        assert_eq!(filter(&["*"; 51]), Err(FilterError::Count));
    }
}
