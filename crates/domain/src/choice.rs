//! Choices of buyers: what should become of pieces that were paid for and that nobody has.
//!
//! A choice is asked once about pieces of one line that wait for stock. The buyer takes the money back,
//! waits, takes something else in place of the pieces, or wants to be called; their first answer counts.
//! Silence falls to service, and a choice whose pieces came in or were given up meanwhile is moot.
//!
//! Start at [`Choice`]; its whole life is the one `match` in [`State::after`].

use jiff::civil::Date;
use ordermill_base::{Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::{ChoiceId, OrderId, SkuId};

coded! {
    /// Where a choice stands.
    enum State {
        /// The buyer is asked.
        Asked = "asked",
        /// They have answered.
        Answered = "answered",
        /// They have not, in time; service talks to them.
        Lapsed = "lapsed",
        /// There is nothing to choose any more.
        Moot = "moot",
    }
}

coded! {
    /// What moves a choice on.
    enum Step {
        /// The buyer answers.
        Answer = "answer",
        /// The time is over.
        Lapse = "lapse",
        /// The pieces came in, or were given up otherwise.
        Overtake = "overtake",
    }
}

coded! {
    /// What a buyer may choose, without what exactly.
    enum AnswerKind {
        /// The money for the pieces back.
        Refund = "refund",
        /// To wait until they are there.
        Wait = "wait",
        /// To be called by service, for example about another item.
        Call = "call",
        /// Something else in place of the pieces.
        Substitute = "substitute",
    }
}

/// What a buyer may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// The money for the pieces back.
    Refund,
    /// To wait until they are there.
    Wait,
    /// To be called by service, for example about another item.
    Call,
    /// As many pieces of something else in their place.
    Substitute {
        /// What.
        sku: SkuId,
    },
}

impl Answer {
    /// An answer of this kind; `sku` is what is taken in place of the pieces, and only then. `None` if the
    /// two do not go together.
    pub const fn of(kind: AnswerKind, sku: Option<SkuId>) -> Option<Self> {
        match (kind, sku) {
            (AnswerKind::Refund, None) => Some(Self::Refund),
            (AnswerKind::Wait, None) => Some(Self::Wait),
            (AnswerKind::Call, None) => Some(Self::Call),
            (AnswerKind::Substitute, Some(sku)) => Some(Self::Substitute { sku }),
            (AnswerKind::Substitute, None) | (_, Some(_)) => None,
        }
    }

    /// What was chosen, without what exactly.
    pub const fn kind(self) -> AnswerKind {
        match self {
            Self::Refund => AnswerKind::Refund,
            Self::Wait => AnswerKind::Wait,
            Self::Call => AnswerKind::Call,
            Self::Substitute { .. } => AnswerKind::Substitute,
        }
    }

    /// What is taken in place of the pieces.
    pub const fn substitute(self) -> Option<SkuId> {
        match self {
            Self::Substitute { sku } => Some(sku),
            Self::Refund | Self::Wait | Self::Call => None,
        }
    }
}

/// A step that a choice does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a choice that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the choice stands.
    pub from: State,
    /// What was asked.
    pub step: Step,
}

impl State {
    /// The whole life cycle.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Asked, Step::Answer) => Ok(Self::Answered),
            (Self::Asked, Step::Lapse) => Ok(Self::Lapsed),
            (Self::Asked, Step::Overtake) => Ok(Self::Moot),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }
}

/// One change of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// The buyer is asked.
    #[serde(rename = "choice.asked")]
    Asked(Question),
    /// The buyer has answered.
    #[serde(rename = "choice.answered")]
    Answered(Answer),
    /// They have not answered in time.
    #[serde(rename = "choice.lapsed")]
    Lapsed,
    /// There is nothing to choose any more.
    #[serde(rename = "choice.overtaken")]
    Overtaken,
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Asked(_) => "choice.asked",
            Self::Answered(_) => "choice.answered",
            Self::Lapsed => "choice.lapsed",
            Self::Overtaken => "choice.overtaken",
        }
    }
}

/// What a buyer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Whose buyer.
    pub order: OrderId,
    /// Which line of the order.
    pub line_no: u16,
    /// What is missing.
    pub sku: SkuId,
    /// How many pieces.
    pub pieces: Quantity,
    /// The day on which more is expected; none: nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_on: Option<Date>,
    /// Until when an answer counts.
    pub answer_by: Timestamp,
}

/// A question to a buyer and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    facts: Facts,
}

/// What is stored of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its key.
    pub id: ChoiceId,
    /// What is asked.
    pub question: Question,
    /// Where it stands.
    pub state: State,
    /// What the buyer chose, if they did.
    pub answer: Option<Answer>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it was over.
    pub closed_at: Option<Timestamp>,
    /// The sequence of its last event.
    pub version: i64,
}

impl Choice {
    /// Asks a buyer.
    pub fn ask(id: ChoiceId, question: Question, at: Timestamp) -> (Self, Event) {
        let event = Event::Asked(question);
        let choice = Self::begin(id, &event, at).expect("a choice begins with its question");
        (choice, event)
    }

    /// The choice after the first event of its history; none if that is no question.
    pub const fn begin(id: ChoiceId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Asked(question) = *event else { return None };
        let facts = Facts {
            id,
            question,
            state: State::Asked,
            answer: None,
            asked_at: at,
            closed_at: None,
            version: 1,
        };
        Some(Self { facts })
    }

    /// A choice as it was stored.
    pub const fn from_facts(facts: Facts) -> Self {
        Self { facts }
    }

    /// What is to be stored.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether an answer still counts.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.facts.state == State::Asked && now < self.facts.question.answer_by
    }

    /// The buyer answers. Only the first answer counts.
    pub fn answer(&mut self, answer: Answer, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.step(Step::Answer, Event::Answered(answer), at)
    }

    /// The time for an answer is over.
    pub fn lapse(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.step(Step::Lapse, Event::Lapsed, at)
    }

    /// There is nothing to choose any more.
    pub fn overtake(&mut self, at: Timestamp) -> Result<Event, InvalidTransition> {
        self.step(Step::Overtake, Event::Overtaken, at)
    }

    fn step(
        &mut self,
        step: Step,
        event: Event,
        at: Timestamp,
    ) -> Result<Event, InvalidTransition> {
        self.facts.state.after(step)?;
        self.apply(&event, at);
        Ok(event)
    }

    /// Folds one event that was recorded at `at`.
    pub const fn apply(&mut self, event: &Event, at: Timestamp) {
        let facts = &mut self.facts;
        facts.version += 1;
        let state = match *event {
            Event::Asked(_) => return,
            Event::Answered(answer) => {
                facts.answer = Some(answer);
                State::Answered
            }
            Event::Lapsed => State::Lapsed,
            Event::Overtaken => State::Moot,
        };
        facts.state = state;
        facts.closed_at = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Id, Span};

    use super::*;
    use crate::code::life_cycle;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn asked() -> Choice {
        let question = Question {
            order: OrderId::from_raw(1),
            line_no: 1,
            sku: SkuId::from_raw(2),
            pieces: Quantity::ONE,
            expected_on: None,
            answer_by: NOW + Span::hours(24),
        };
        Choice::ask(ChoiceId::from_raw(3), question, NOW).0
    }

    #[test]
    fn the_life_cycle() {
        insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
        Asked --Answer--> Answered
        Asked --Lapse--> Lapsed
        Asked --Overtake--> Moot
        ");
    }

    #[test]
    fn the_first_answer_counts() {
        let mut choice = asked();
        choice.answer(Answer::Wait, NOW).unwrap();
        assert!(choice.answer(Answer::Refund, NOW).is_err());
        assert_eq!(choice.facts().answer, Some(Answer::Wait));
    }

    /// What was journaled before buyers could take something else is read as it was meant.
    #[test]
    fn an_answer_stands_in_the_journal_with_what_was_taken() {
        let taken = Answer::Substitute { sku: SkuId::from_raw(4) };
        let event = serde_json::to_string(&Event::Answered(taken)).unwrap();
        insta::assert_snapshot!(event, @r#"{"kind":"choice.answered","answer":"substitute","sku":"sku_0000000000004"}"#);
        assert_eq!(serde_json::from_str::<Event>(&event).unwrap(), Event::Answered(taken));
        let before = r#"{"kind":"choice.answered","answer":"refund"}"#;
        let read: Event = serde_json::from_str(before).unwrap();
        assert_eq!(read, Event::Answered(Answer::Refund));
        assert_eq!(serde_json::to_string(&read).unwrap(), before);
    }

    #[test]
    fn what_is_taken_is_named_and_only_then() {
        let sku = SkuId::from_raw(4);
        for kind in AnswerKind::ALL {
            let answers = [Answer::of(kind, None), Answer::of(kind, Some(sku))];
            let answer: Vec<Answer> = answers.into_iter().flatten().collect();
            assert_eq!(answer.len(), 1, "{kind}");
            assert_eq!(
                (answer[0].kind(), Answer::of(kind, answer[0].substitute())),
                (kind, Some(answer[0]))
            );
        }
    }

    #[test]
    fn an_answer_counts_until_its_time_is_over() {
        let choice = asked();
        assert!(choice.is_open(NOW + Span::hours(23)));
        assert!(!choice.is_open(NOW + Span::hours(24)));
    }
}
