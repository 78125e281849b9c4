//! The circuit breaker: stops calling a partner that does not answer, and tries again by itself.
//!
//! Closed while all is well. After some failures in a row it opens: calls are refused at once,
//! which protects us from waiting and the partner from being hammered. When the rest is over one
//! call is let through; if it succeeds the breaker closes, if not it rests again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ordermill_base::{Span, Timestamp};

/// The breaker of one partner.
#[derive(Debug)]
pub struct Breaker {
    failures_max: u32,
    rest: Span,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Timestamp,
    },
    /// One call is out; a new one is let through if it has not come back by then.
    Trying {
        until: Timestamp,
    },
}

impl Breaker {
    /// A closed breaker that opens after `failures_max` failures in a row and then rests.
    pub const fn new(failures_max: u32, rest: Span) -> Self {
        Self { failures_max, rest, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Whether a call may be made now. Who is allowed to call reports the result.
    pub fn allows(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => true,
            State::Open { until } | State::Trying { until } if now < until => false,
            State::Open { .. } | State::Trying { .. } => {
                *state = State::Trying { until: now + self.rest };
                true
            }
        }
    }

    /// The partner answered; a refusal is an answer, too.
    pub fn succeeded(&self) {
        *self.state() = State::Closed { failures: 0 };
    }

    /// The partner did not answer, or said that it cannot.
    pub fn failed(&self, now: Timestamp) {
        let mut state = self.state();
        *state = match *state {
            State::Closed { failures } if failures + 1 < self.failures_max => {
                State::Closed { failures: failures + 1 }
            }
            // Calls that were out when it opened do not prolong the rest.
            State::Open { until } => State::Open { until },
            State::Closed { .. } | State::Trying { .. } => State::Open { until: now + self.rest },
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const REST: Span = Span::seconds(10);

    fn opened() -> Breaker {
        let breaker = Breaker::new(3, REST);
        for _ in 0..3 {
            assert!(breaker.allows(NOON));
            breaker.failed(NOON);
        }
        breaker
    }

    #[test]
    fn a_partner_that_fails_in_a_row_is_left_alone() {
        let breaker = opened();
        assert!(!breaker.allows(NOON + Span::seconds(9)));
    }

    #[test]
    fn failures_between_successes_are_forgiven() {
        let breaker = Breaker::new(3, REST);
        for _ in 0..10 {
            breaker.failed(NOON);
            breaker.failed(NOON);
            breaker.succeeded();
        }
        assert!(breaker.allows(NOON));
    }

    #[test]
    fn after_the_rest_one_call_tries_and_decides() {
        let breaker = opened();
        let later = NOON + REST;
        assert!(breaker.allows(later));
        assert!(!breaker.allows(later), "the others wait for the one that tries");
        breaker.failed(later);
        assert!(!breaker.allows(later + Span::seconds(9)));
        assert!(breaker.allows(later + REST));
        breaker.succeeded();
        assert!(breaker.allows(later + REST));
    }

    #[test]
    fn a_trying_call_that_never_reports_does_not_keep_it_open_forever() {
        let breaker = opened();
        assert!(breaker.allows(NOON + REST));
        assert!(breaker.allows(NOON + REST + REST));
    }
}
