//! Buyers who are asked take something else.

use std::sync::Arc;

use ordermill_app::catalog::Catalog;
use ordermill_app::choice::{self, AnswerError, Outcome, answer};
use ordermill_app::order::substitute::SubstituteError;
use ordermill_app::rule_table::InForce;
use ordermill_app::rule_table::compile::compile;
use ordermill_base::Id as _;
use ordermill_domain::actor::Actor;
use ordermill_domain::choice::{Answer, State};
use ordermill_domain::ids::ChoiceId;
use ordermill_domain::order::PaymentTerms;
use ordermill_domain::order::review::Verdict;
use ordermill_domain::refund::Cause;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Connection, task};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::sku;
use serde_json::json;

use crate::kit::*;

/// What the page offers: (SKU, what goes back).
fn shown(connection: &mut Connection, known: &Catalog, choice: ChoiceId) -> Vec<(i64, i64)> {
    let read = |tx: &mut ordermill_storage::Tx<'_>| {
        let asked = choice::load(tx, choice, NOW)?.unwrap();
        choice::substitutes(tx, known, &asked, NOW)
    };
    let offers = connection.read(read).unwrap();
    offers.iter().map(|offer| (offer.line.sku.raw(), offer.refund.minor)).collect()
}

fn state(connection: &mut Connection, choice: ChoiceId) -> State {
    connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap().choice.facts().state
}

#[test]
fn a_buyer_takes_something_else_once() {
    for database in each_database() {
        let (mut connection, known) =
            a_shop(&database, &[(TEA, 1, 1), (CHEAPER, 2, 5), (DEARER, 1, 2)]);
        let order = an_order(&mut connection, 3, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order, 1);
        assert_eq!(shown(&mut connection, &known, choice), [(CHEAPER, 335), (DEARER, 0)]);
        let outcome = taken(&mut connection, &known, choice, CHEAPER).unwrap();
        assert!(matches!(outcome, Outcome::Substituted(it) if it.refunded.minor == 335));
        assert_eq!(refunds(&mut connection, order), [(Cause::Substituted, 335)]);
        assert_eq!(pieces(&mut connection, order), [(2, 1, 0), (0, 2, 0)]);
        let stored = connection.read(|tx| choice::load(tx, choice, NOW)).unwrap().unwrap();
        let answer = stored.choice.facts().answer;
        assert_eq!(answer, Some(Answer::Substitute { sku: sku(CHEAPER) }));
        assert_eq!(shown(&mut connection, &known, choice), [], "there is nothing to choose");
        all_is_well(&mut connection);
        // The button again, or another one, changes nothing.
        for by in [CHEAPER, DEARER] {
            let again = taken(&mut connection, &known, choice, by).unwrap();
            assert_eq!(again, Outcome::TooLate);
        }
        assert_eq!(refunds(&mut connection, order).len(), 1);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_sold_out_meanwhile_cannot_be_taken_and_the_buyer_chooses_anew() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 1), (DEARER, 1, 2)]);
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order, 1);
        assert_eq!(shown(&mut connection, &known, choice), [(DEARER, 0)]);
        let gone = taken(&mut connection, &known, choice, CHEAPER);
        let Err(AnswerError::Substitute(SubstituteError::NotEnough { .. })) = gone else {
            panic!("{gone:?}")
        };
        assert_eq!(state(&mut connection, choice), State::Asked);
        assert_eq!(pieces(&mut connection, order), [(0, 0, 2)]);
        all_is_well(&mut connection);
        let act = act_of(Actor::Buyer(None));
        let waits = connection.transact(|tx| answer(tx, &known, &act, choice, Answer::Wait));
        assert_eq!(waits.unwrap(), Outcome::Done(None));
        all_is_well(&mut connection);
    }
}

#[test]
fn what_the_rules_would_hold_is_offered_by_service_alone() {
    for database in each_database() {
        let (mut connection, mut known) = a_shop(&database, &[(CHEAPER, 1, 5), (DEARER, 1, 5)]);
        let rules = json!({
            "hit": "all",
            "rules": [{
                "name": { "zh": "限售", "en": "Restricted" },
                "when": "lines.exists(it, it.sku == \"S2\")",
                "then": { "do": "hold", "reason": "goods" },
            }],
            "otherwise": { "do": "pass" },
        });
        let compiled = compile::<Verdict>(&rules, 1).unwrap();
        known.review_rules = Arc::new(InForce::only(Arc::new(compiled)));
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order, 1);
        assert_eq!(shown(&mut connection, &known, choice), [(DEARER, 0)]);
        let held = taken(&mut connection, &known, choice, CHEAPER);
        let Err(AnswerError::Substitute(SubstituteError::ToBeReviewed(_))) = held else {
            panic!("{held:?}")
        };
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        assert_eq!(state(&mut connection, choice), State::Moot);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_carriers_do_not_take_everywhere_is_not_offered_for_what_they_do() {
    for database in each_database() {
        let stock = [(CHEAPER, 1, 5), (DEARER, 1, 5)];
        let (mut connection, known) = a_shop_with(&database, &stock, |goods| {
            goods.handling.is_hazardous = goods.id == sku(CHEAPER);
        });
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order, 1);
        assert_eq!(shown(&mut connection, &known, choice), [(DEARER, 0)]);
    }
}

#[test]
fn who_pays_at_the_door_may_take_something_else_for_the_same_money() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 5)]);
        let order = an_order(&mut connection, 2, PaymentTerms::CashOnDelivery);
        let choice = asked(&mut connection, order, 1);
        assert_eq!(shown(&mut connection, &known, choice), [(CHEAPER, 0)]);
        taken(&mut connection, &known, choice, CHEAPER).unwrap();
        assert_eq!(refunds(&mut connection, order), []);
        all_is_well(&mut connection);
    }
}

#[test]
fn service_that_replaces_what_a_buyer_is_asked_about_ends_the_question() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 5)]);
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        let choice = asked(&mut connection, order, 1);
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        assert_eq!(state(&mut connection, choice), State::Moot);
        let late = taken(&mut connection, &known, choice, CHEAPER).unwrap();
        assert_eq!(late, Outcome::TooLate);
        let open = connection.read(|tx| task::find_open(tx, TaskKind::ShortPick, order.raw()));
        assert!(open.unwrap().is_none());
        all_is_well(&mut connection);
    }
}
