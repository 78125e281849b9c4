//! Labels: one for each parcel, whatever happens on the way.

use ordermill_app::carrier::choose::ReadyParcel;
use ordermill_app::shipment::label::{Explained, Wanted, withdraw};
use ordermill_app::shipment::made::StoreLabel;
use ordermill_base::{Currency, Id, Money, Span};
use ordermill_domain::carrier::choice::{Refusal, Verdict};
use ordermill_domain::carrier::{Carrier, ServiceKind};
use ordermill_domain::ids::{OrderId, PackageId};
use ordermill_domain::shipment::State;
use ordermill_domain::task::TaskKind;
use ordermill_ports::carrier::Label;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::label_request::{self, State as RequestState};
use ordermill_storage::{BatchCommand as _, Error, Tx, carrier};

use crate::kit::{Shop, harbor, on_each_database, parcel, swift};

#[test]
fn the_cheaper_carrier_makes_the_label() {
    on_each_database(async |shop| {
        let stored = shop.labeled(1).await;
        let facts = stored.shipment.facts();
        assert_eq!(facts.terms.carrier.raw(), 2, "harbor");
        assert!(facts.terms.waybill.starts_with("HB"), "{}", facts.terms.waybill);
        assert!(!stored.routing.is_empty());
        assert_eq!(facts.state, State::LabelCreated);
        assert_eq!(shop.history(facts.id).await, ["shipment.created"]);
    });
}

#[test]
fn wanting_a_label_twice_makes_one() {
    on_each_database(async |shop| {
        let Wanted::Asked(first) = shop.want(1).await else { panic!("asked") };
        let again = shop.want_again(OrderId::from_raw(1), 1, parcel()).await;
        assert_eq!(again, Wanted::Known(first));
        assert_eq!(shop.carriers.make_labels().await.unwrap(), 1);
        assert_eq!(shop.carriers.make_labels().await.unwrap(), 0);
        assert_eq!(shop.sandbox().parcels().len(), 1);
    });
}

#[test]
fn answers_that_come_in_twice_at_one_moment_make_one_parcel_of_each() {
    on_each_database(async |shop| {
        let mut answers = Vec::new();
        for number in 1..=2 {
            let Wanted::Asked(id) = shop.want(number).await else { panic!("asked") };
            let request = shop.database.read(move |tx| label_request::fetch(tx, id)).await;
            let label = Label {
                waybill: format!("W{number}"),
                routing: String::new(),
                price: Money::new(800, Currency::Cny),
                expected_by: shop.act().at,
                is_void: false,
            };
            let request = request.unwrap().unwrap();
            answers.push(StoreLabel { act: shop.act(), request, label });
        }
        let write = move |tx: &mut Tx<'_>| {
            let [first, second] = &answers[..] else { panic!("two") };
            StoreLabel::run(&[first, first, second], tx)
        };
        assert_eq!(shop.database.write(write).await.unwrap(), [true; 3]);
        for number in 1..=2 {
            assert_eq!(shop.parcels(OrderId::from_raw(number)).await.len(), 1);
        }
    });
}

#[test]
fn a_lost_answer_never_makes_a_second_label() {
    on_each_database(async |shop| {
        for (number, fault) in [Fault::LoseAnswer, Fault::FailAfterSuccess, Fault::HangAfterSuccess]
            .into_iter()
            .enumerate()
        {
            // The adapter tries three times by itself.
            shop.break_next(Call::Label, fault, 3);
            let number = number as i64 + 1;
            let Wanted::Asked(id) = shop.want(number).await else { panic!("asked") };
            shop.carriers.make_labels().await.unwrap();
            assert_eq!(shop.shipment(id).await, None, "nobody knows");
            shop.clock.advance(Span::minutes(1));
            shop.carriers.make_labels().await.unwrap();
            assert!(shop.shipment(id).await.is_some());
            assert_eq!(shop.sandbox().parcels().len(), number as usize);
        }
    });
}

#[test]
fn what_one_carrier_refuses_the_next_one_takes() {
    on_each_database(async |shop| {
        shop.break_next(Call::Label, Fault::Decline, 1);
        let Wanted::Asked(refused) = shop.want(1).await else { panic!("asked") };
        shop.carriers.make_labels().await.unwrap();
        shop.carriers.make_labels().await.unwrap();
        assert_eq!(shop.shipment(refused).await, None);
        let [parcel] = &shop.sandbox().parcels()[..] else { panic!("one label") };
        assert_eq!(parcel.carrier, "swift");
    });
}

/// Takes our account at a carrier away, or gives one that another protocol is spoken with.
pub(crate) async fn account_at(shop: &Shop, carrier: Carrier, protocol: &'static str) {
    let write = move |tx: &mut Tx<'_>| {
        let before = carrier::fetch(tx, carrier.id)?.unwrap().account;
        let account = carrier::Account { protocol: protocol.into(), ..before };
        carrier::set_account(tx, carrier.id, &account)
    };
    shop.database.write(write).await.unwrap();
}

#[test]
fn a_carrier_without_an_account_is_left_out_of_the_choice_and_says_why() {
    on_each_database(async |shop| {
        account_at(shop, harbor(), "").await;
        let Wanted::Asked(id) = shop.want(1).await else { panic!("swift takes it") };
        let asked = shop.database.read(move |tx| label_request::fetch(tx, id)).await.unwrap();
        let asked = asked.unwrap();
        assert_eq!(asked.carrier, swift().id, "harbor is cheaper");
        let explained: Explained = serde_json::from_str(&asked.choice).unwrap();
        let [Verdict::Refused { because, .. }] = explained.choice.others[..] else {
            panic!("{explained:?}")
        };
        assert_eq!(because, Refusal::NoAccount);
        account_at(shop, swift(), "").await;
        assert!(matches!(shop.want(2).await, Wanted::NobodyTakesIt(_)));
        assert_eq!(shop.open_tasks().await, [TaskKind::LabelFailed]);
    });
}

#[test]
fn an_account_that_turns_out_not_to_work_is_a_refusal_and_the_next_carrier_is_asked() {
    on_each_database(async |shop| {
        account_at(shop, harbor(), "unheard of").await;
        let Wanted::Asked(first) = shop.want(1).await else { panic!("harbor is chosen") };
        shop.carriers.make_labels().await.unwrap();
        let asked = shop.database.read(move |tx| label_request::fetch(tx, first)).await.unwrap();
        assert_eq!(asked.unwrap().state, RequestState::Refused);
        shop.carriers.make_labels().await.unwrap();
        let [parcel] = &shop.sandbox().parcels()[..] else { panic!("one label") };
        assert_eq!(parcel.carrier, "swift");
    });
}

/// What a carrier may have made is not made by another one as well.
#[test]
fn an_account_that_stops_working_after_it_was_asked_is_waited_for() {
    on_each_database(async |shop| {
        shop.break_next(Call::Label, Fault::LoseAnswer, 3);
        let Wanted::Asked(id) = shop.want(1).await else { panic!("harbor is asked") };
        shop.carriers.make_labels().await.unwrap();
        account_at(shop, harbor(), "unheard of").await;
        shop.clock.advance(Span::minutes(1));
        shop.carriers.make_labels().await.unwrap();
        let asked = shop.database.read(move |tx| label_request::fetch(tx, id)).await.unwrap();
        assert_eq!(asked.unwrap().state, RequestState::Wanted);
        account_at(shop, harbor(), "sandbox").await;
        shop.clock.advance(Span::hours(1));
        shop.carriers.make_labels().await.unwrap();
        assert!(shop.shipment(id).await.is_some());
        assert_eq!(shop.sandbox().parcels().len(), 1);
    });
}

#[test]
fn a_parcel_that_nobody_takes_is_a_task_until_somebody_does() {
    on_each_database(async |shop| {
        let heavy = ReadyParcel { weight_grams: 60_000, ..parcel() };
        assert!(matches!(shop.want_as(1, heavy).await, Wanted::NobodyTakesIt(_)));
        let timed = ReadyParcel { wish: Some(ServiceKind::Timed), ..parcel() };
        assert!(matches!(shop.want_as(2, timed).await, Wanted::NobodyTakesIt(_)));
        assert_eq!(shop.open_tasks().await, [TaskKind::LabelFailed; 2]);
        shop.want_again(OrderId::from_raw(1), 1, parcel()).await;
        assert_eq!(shop.open_tasks().await, [TaskKind::LabelFailed]);
    });
}

#[test]
fn a_label_that_nobody_wants_any_more_is_taken_back_by_the_carrier() {
    on_each_database(async |shop| {
        let stored = shop.labeled(1).await;
        let (act, id) = (shop.act(), stored.shipment.facts().id);
        let give_up = move |tx: &mut Tx<'_>| {
            withdraw(tx, &act, PackageId::from_raw(1)).map_err(Error::defect)
        };
        assert_eq!(shop.database.write(give_up).await.unwrap(), Some(id));
        shop.carriers.make_labels().await.unwrap();
        assert!(shop.sandbox().parcels()[0].is_void);
        let voided = shop.shipment(id).await.unwrap();
        assert_eq!(voided.shipment.state(), State::Voided);
        // The parcel may have another one.
        shop.want_again(OrderId::from_raw(1), 1, parcel()).await;
        shop.carriers.make_labels().await.unwrap();
        assert_eq!(shop.sandbox().parcels().len(), 2);
    });
}

#[test]
fn a_list_hands_over_its_parcels_together_and_calls_one_driver() {
    on_each_database(async |shop| {
        let mut waybills = Vec::new();
        for number in 1..=3 {
            waybills.push(shop.labeled(number).await.shipment.facts().terms.waybill.clone());
        }
        let first = shop.scan_out(&waybills[0]).await;
        let again = shop.scan_out(&waybills[0]).await;
        assert!(again.was_on_it && again.parcels == 1);
        let second = shop.scan_out(&waybills[1]).await;
        assert_eq!((second.manifest, second.parcels), (first.manifest, 2));
        let handed = shop.close(first.manifest).await;
        assert!(handed.iter().all(|it| it.shipment.state() == State::HandedOver));
        assert_eq!(handed.len(), 2);
        shop.break_next(Call::Pickup, Fault::LoseAnswer, 3);
        shop.carriers.call_drivers().await.unwrap();
        shop.clock.advance(Span::minutes(1));
        shop.carriers.call_drivers().await.unwrap();
        let collected = shop.sandbox().parcels();
        assert_eq!(collected.iter().filter(|parcel| parcel.is_collected()).count(), 2);
        // The next parcel begins the next list.
        assert_ne!(shop.scan_out(&waybills[2]).await.manifest, first.manifest);
    });
}
