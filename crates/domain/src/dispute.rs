//! Disputes: a buyer's bank wants captured money back, and we answer or not.
//!
//! Start at [`Dispute`]; the life cycle is the one `match` in [`State::after`], which is that of the card
//! schemes as gateways tell it: answered in time it is reviewed by the bank and won or lost, accepted or not
//! answered it is lost. While it is open the gateway keeps the money from us; lost, it is gone
//! ([`State::is_charged_back`]).
//!
//! A dispute is known by its gateway and the gateway's id of it, so that the same notice again is no second
//! dispute. News only moves it forward: what is older than what is known changes nothing.

mod event;
mod evidence;
mod state;

use ordermill_base::{Money, Timestamp};

pub use event::Event;
pub use evidence::{Evidence, Parcel};
pub use state::{Answer, InvalidTransition, Reason, State, Step};

use crate::ids::{DisputeId, OrderId, PaymentId};

/// Letters of what finance writes as evidence at most.
pub const EVIDENCE_CHARS_MAX: usize = 5_000;

/// Captured money that a buyer's bank wants back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    facts: Facts,
}

/// What is stored of a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its key.
    pub id: DisputeId,
    /// The sequence of its last event; 1 when just opened.
    pub version: i64,
    /// Where it stands.
    pub state: State,
    /// What it began with.
    pub terms: Terms,
    /// What finance has decided and the gateway has not taken yet.
    pub answer: Option<Answer>,
    /// When it ended, as we learned it.
    pub closed_at: Option<Timestamp>,
}

/// What a dispute begins with; none of it ever changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The order whose money it is.
    pub order: OrderId,
    /// The payment that is taken back.
    pub payment: PaymentId,
    /// The gateway's adapter.
    pub gateway: String,
    /// The gateway's own id of the dispute.
    pub gateway_ref: String,
    /// Why, as the bank says.
    pub reason: Reason,
    /// How much is taken back; more than nothing, and perhaps less than was paid.
    pub amount: Money,
    /// What the gateway takes for its trouble, minor units of the amount's currency; 0 if it says nothing.
    pub fee_minor: i64,
    /// When it was opened, by the gateway's clock.
    pub opened_at: Timestamp,
    /// The last moment to answer, by the gateway's clock.
    pub respond_by: Timestamp,
}

/// A gateway says of a dispute that has ended that it has ended otherwise: a person must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a dispute that was {known} is said to be {told}")]
pub struct Contradiction {
    /// How it ended, as far as we know.
    pub known: State,
    /// How it is said to have ended.
    pub told: State,
}

/// Why a dispute is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It has been answered, or has ended.
    #[error("a dispute that is {0} is not answered")]
    NotAsked(State),
    /// An answer is on its way to the gateway.
    #[error("the answer {0} is on its way")]
    OnItsWay(Answer),
}

impl Dispute {
    /// Notes that a buyer's bank wants money back.
    ///
    /// # Panics
    /// If the amount is not positive: nothing is not disputed.
    pub fn open(id: DisputeId, terms: Terms) -> (Self, Event) {
        assert!(terms.amount.minor > 0, "a dispute is about more than nothing");
        let event = Event::Opened(Box::new(terms.clone().into()));
        (Self::begun(id, terms), event)
    }

    /// The dispute right after it was opened, where a fold of its journal starts; `None` for any other
    /// event.
    pub fn opened(id: DisputeId, event: &Event) -> Option<Self> {
        let Event::Opened(opened) = event else { return None };
        Some(Self::begun(id, (**opened).clone().into()))
    }

    fn begun(id: DisputeId, terms: Terms) -> Self {
        let facts = Facts {
            id,
            version: 1,
            state: State::NeedsResponse,
            terms,
            answer: None,
            closed_at: None,
        };
        Self { facts }
    }

    /// A dispute as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.facts.state
    }

    /// Notes what finance has decided, before the gateway is told of it.
    ///
    /// # Errors
    /// If it was answered before, or has ended.
    pub fn answer(&mut self, answer: Answer, at: Timestamp) -> Result<Event, AnswerError> {
        if let Some(answer) = self.facts.answer {
            return Err(AnswerError::OnItsWay(answer));
        }
        if self.facts.state != State::NeedsResponse {
            return Err(AnswerError::NotAsked(self.facts.state));
        }
        Ok(self.happened(Event::Answered { answer }, at))
    }

    /// Notes that the gateway did not take the answer, so that another may be given; `None` if none was on
    /// its way.
    pub fn refuse_answer(&mut self, at: Timestamp) -> Option<Event> {
        let answer = self.facts.answer?;
        Some(self.happened(Event::AnswerRefused { answer }, at))
    }

    /// Takes in where the gateway says that it stands. What is known already, or older than that, gives
    /// `None` and changes nothing.
    ///
    /// # Errors
    /// If it has ended, and is said to have ended otherwise.
    pub fn hear(&mut self, told: State, at: Timestamp) -> Result<Option<Event>, Contradiction> {
        let from = self.facts.state;
        if !from.is_open() {
            let is_other = !told.is_open() && told.is_charged_back() != from.is_charged_back();
            return if is_other { Err(Contradiction { known: from, told }) } else { Ok(None) };
        }
        let event = match told {
            State::NeedsResponse => return Ok(None),
            State::UnderReview if from == State::UnderReview => return Ok(None),
            State::UnderReview => Event::EvidenceSubmitted,
            State::Accepted => Event::Accepted { from },
            State::Won => Event::Won { from },
            State::Lost => Event::Lost { from },
        };
        Ok(Some(self.happened(event, at)))
    }

    /// Folds one event that was recorded at `at`.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        facts.version += 1;
        match event {
            Event::Opened(_) => facts.version = 1,
            Event::Answered { answer } => facts.answer = Some(*answer),
            Event::AnswerRefused { .. } => facts.answer = None,
            Event::EvidenceSubmitted => {
                (facts.state, facts.answer) = (State::UnderReview, None);
            }
            Event::Accepted { .. } => self.end(State::Accepted, at),
            Event::Won { .. } => self.end(State::Won, at),
            Event::Lost { .. } => self.end(State::Lost, at),
        }
    }

    fn end(&mut self, state: State, at: Timestamp) {
        self.facts.state = state;
        self.facts.answer = None;
        self.facts.closed_at = Some(at);
    }

    fn happened(&mut self, event: Event, at: Timestamp) -> Event {
        self.apply(&event, at);
        event
    }
}

#[cfg(test)]
pub(crate) mod tests;
