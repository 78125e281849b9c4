use ordermill_base::{Currency, Id};
use proptest::prelude::*;

use super::*;
use crate::code::life_cycle;

const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

pub(crate) fn terms() -> Terms {
    Terms {
        order: OrderId::from_raw(7),
        payment: PaymentId::from_raw(1),
        gateway: "sandbox".into(),
        gateway_ref: "dp_1".into(),
        reason: Reason::NotReceived,
        amount: Money::new(100, Currency::Cny),
        fee_minor: 0,
        opened_at: AT,
        respond_by: AT,
    }
}

fn open() -> (Dispute, Event) {
    Dispute::open(DisputeId::from_raw(3), terms())
}

#[test]
fn the_life_cycle() {
    insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
    NeedsResponse --Submit--> UnderReview
    NeedsResponse --Accept--> Accepted
    NeedsResponse --Win--> Won
    NeedsResponse --Lose--> Lost
    UnderReview --Accept--> Accepted
    UnderReview --Win--> Won
    UnderReview --Lose--> Lost
    ");
}

#[test]
fn a_dispute_is_answered_once_unless_the_gateway_does_not_take_the_answer() {
    let (mut dispute, _) = open();
    dispute.answer(Answer::Evidence, AT).unwrap();
    let again = dispute.answer(Answer::Accept, AT);
    assert_eq!(again, Err(AnswerError::OnItsWay(Answer::Evidence)));
    assert!(dispute.refuse_answer(AT).is_some());
    assert_eq!(dispute.refuse_answer(AT), None);
    dispute.answer(Answer::Evidence, AT).unwrap();
    assert_eq!(dispute.hear(State::UnderReview, AT), Ok(Some(Event::EvidenceSubmitted)));
    let late = dispute.answer(Answer::Accept, AT);
    assert_eq!(late, Err(AnswerError::NotAsked(State::UnderReview)));
}

#[test]
fn older_news_changes_nothing_and_an_end_that_contradicts_another_is_noticed() {
    let (mut dispute, _) = open();
    dispute.hear(State::UnderReview, AT).unwrap();
    assert_eq!(dispute.hear(State::NeedsResponse, AT), Ok(None));
    assert_eq!(dispute.hear(State::UnderReview, AT), Ok(None));
    dispute.hear(State::Lost, AT).unwrap();
    let ended = dispute.clone();
    for older in [State::NeedsResponse, State::UnderReview, State::Lost, State::Accepted] {
        assert_eq!(dispute.hear(older, AT), Ok(None));
    }
    let other = Contradiction { known: State::Lost, told: State::Won };
    assert_eq!(dispute.hear(State::Won, AT), Err(other));
    assert_eq!(dispute, ended);
}

proptest! {
    /// Whatever comes in whatever order: each step is legal, and the fold is what is stored.
    #[test]
    fn news_in_any_order_only_moves_a_dispute_forward(
        steps in proptest::collection::vec(0..8_usize, 0..20),
    ) {
        let (mut dispute, opened) = open();
        let mut folded = Dispute::opened(dispute.facts().id, &opened).unwrap();
        let mut ended = None;
        for step in steps {
            let event = match step {
                0 => dispute.answer(Answer::Evidence, AT).ok(),
                1 => dispute.answer(Answer::Accept, AT).ok(),
                2 => dispute.refuse_answer(AT),
                told => dispute.hear(State::ALL[told - 3], AT).ok().flatten(),
            };
            if let Some(event) = event {
                let json = serde_json::to_string(&event).unwrap();
                folded.apply(&serde_json::from_str(&json).unwrap(), AT);
            }
            prop_assert!(ended.is_none_or(|ended| ended == dispute.state()));
            ended = Some(dispute.state()).filter(|state| !state.is_open());
        }
        prop_assert_eq!(folded, dispute);
    }
}
