//! What was missed: bins are counted, service and buyers hear of lines that lack pieces.

use std::collections::BTreeSet;

use ordermill_app::choice::{self, ask};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::pick_list::Asked;
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::stock::{Lot, Spot, count_stock, receive_stock};
use ordermill_base::{Id as _, Quantity};
use ordermill_domain::actor::{Act, Actor, Name};
use ordermill_domain::choice::{Answer as Answered, State as Stand};
use ordermill_domain::fulfillment::ShortReason;
use ordermill_domain::ids::StaffId;
use ordermill_domain::order::CancelReason;
use ordermill_domain::role::Role;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Connection, Tx, task};
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestDatabase, each_database, journal};

use crate::kit::*;

fn detail_of(connection: &mut Connection, kind: TaskKind, subject: i64) -> serde_json::Value {
    let open = connection.read(|tx| task::find_open(tx, kind, subject)).unwrap().unwrap();
    serde_json::from_str(&open.detail).unwrap()
}

#[test]
fn all_that_was_missed_in_a_bin_is_asked_for_and_each_count_takes_its_own_goods_off() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        put(&mut connection, 2, "A-01-01-1", 5, Some("L1"));
        an_order(&mut connection, &known, 101, &[(1, 1), (2, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        short(&mut connection, &known, list);
        short(&mut connection, &known, list);
        let bin = bin(&mut connection, "A-01-01-1");
        let missed = |connection: &mut Connection| {
            let detail = detail_of(connection, TaskKind::CountBin, bin.raw());
            let mut missed: Vec<(String, String)> = detail["matters"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["sku"].as_str().unwrap().into(), it["lot"].as_str().unwrap().into()))
                .collect();
            missed.sort();
            missed
        };
        let [bowl, milk] = [1, 2].map(|number| sku(number).to_string());
        let both = [(bowl, String::new()), (milk.clone(), "L1".to_owned())];
        assert_eq!(missed(&mut connection), both);
        let count = |connection: &mut Connection, number: i64, lot: Option<&str>| {
            let expires_on = Some("2027-06-30".parse().unwrap());
            let lot = lot.map(|code| Lot { code: code.to_owned(), expires_on });
            let spot = Spot { bin: Some(bin), lot };
            connection
                .transact(|tx| count_stock(tx, &act(), sku(number), here(), 5, &spot))
                .unwrap();
        };
        // Another lot of it says nothing about the one that was missed.
        count(&mut connection, 2, Some("L2"));
        count(&mut connection, 1, None);
        assert_eq!(missed(&mut connection), [(milk, "L1".to_owned())]);
        count(&mut connection, 2, Some("L1"));
        assert!(!is_asked(&mut connection, TaskKind::CountBin, bin.raw()));
        all_is_well(&mut connection);
    }
}

#[test]
fn service_has_each_line_that_lacks_pieces_until_it_is_seen_to() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        put(&mut connection, 2, "A-01-02-1", 1, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 1), (2, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        short(&mut connection, &known, list);
        short(&mut connection, &known, list);
        let lines = |connection: &mut Connection| {
            let detail = detail_of(connection, TaskKind::ShortPick, order.raw());
            let matters = detail["matters"].as_array().unwrap().iter();
            matters.map(|it| it["line"].as_i64().unwrap()).collect::<BTreeSet<i64>>()
        };
        assert_eq!(lines(&mut connection), BTreeSet::from([1, 2]));
        let member = StaffMember {
            id: StaffId::from_raw(8),
            name: "林小满".to_owned(),
            roles: vec![Role::Service],
            location: None,
        };
        let service = Principal::Staff(std::sync::Arc::new(member));
        let ask_about = |connection: &mut Connection, line_no: u16| {
            connection.transact(|tx| ask(tx, &service, &act(), order, line_no)).unwrap();
        };
        ask_about(&mut connection, 1);
        assert_eq!(lines(&mut connection), BTreeSet::from([2]), "the buyer is asked about one");
        ask_about(&mut connection, 2);
        assert!(!is_asked(&mut connection, TaskKind::ShortPick, order.raw()));
        all_is_well(&mut connection);
    }
}

#[test]
fn a_question_of_whose_pieces_some_came_in_falls_to_service() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 2, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 2)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        let one = Asked::Short { pieces: Some(1), reason: ShortReason::NotFound };
        do_it(&mut connection, &known, list, one.clone());
        do_it(&mut connection, &known, list, one);
        let (by, act) = (Principal::System(Name::fixed("test")), act());
        let asked = connection.transact(|tx| ask(tx, &by, &act, order, 1)).unwrap();
        assert_eq!(asked.facts().question.pieces.get(), 2);
        assert!(!is_asked(&mut connection, TaskKind::ShortPick, order.raw()));

        let (elsewhere, nowhere) = (location(2), Spot::default());
        let receive = |tx: &mut Tx<'_>| {
            receive_stock(tx, &act, sku(1), elsewhere, Quantity::ONE, &nowhere, None)
        };
        connection.transact(receive).unwrap();
        backorders_are_filled(&database, &mut connection);
        let stands =
            connection.read(|tx| choice::load(tx, asked.facts().id, NOW)).unwrap().unwrap();
        assert_eq!(stands.choice.facts().state, Stand::Moot);
        let detail = detail_of(&mut connection, TaskKind::ShortPick, order.raw());
        let matter = &detail["matters"][0];
        assert_eq!((&matter["line"], &matter["waiting"]), (&1.into(), &1.into()), "{detail}");
        let buyer = Act::new(Actor::Buyer(None), NOW);
        let late = connection
            .transact(|tx| choice::answer(tx, &known, &buyer, asked.facts().id, Answered::Refund));
        assert_eq!(late.unwrap(), choice::Outcome::TooLate, "nobody agreed to one piece");
        all_is_well(&mut connection);
    }
}

#[test]
fn what_comes_in_after_all_and_what_is_canceled_is_no_work_for_service() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 2, None);
        let is_short = |connection: &mut Connection, number: i64| {
            let order = an_order(connection, &known, number, &[(1, 1)]);
            release(connection, &wish()).unwrap();
            let list = take(connection);
            short(connection, &known, list);
            assert!(is_asked(connection, TaskKind::ShortPick, order.raw()));
            order
        };
        let waits = is_short(&mut connection, 101);
        let bin = bin(&mut connection, "A-01-01-1");
        let (one, spot) = (Quantity::ONE, Spot { bin: Some(bin), lot: None });
        connection.transact(|tx| count_stock(tx, &act(), sku(1), here(), 1, &spot)).unwrap();
        let canceled = is_short(&mut connection, 102);
        let cancel = |tx: &mut Tx<'_>| cancel_order(tx, &act(), canceled, CancelReason::Buyer);
        connection.transact(cancel).unwrap();
        assert!(!is_asked(&mut connection, TaskKind::ShortPick, canceled.raw()));
        let nowhere = Spot::default();
        let receive =
            |tx: &mut Tx<'_>| receive_stock(tx, &act(), sku(1), location(2), one, &nowhere, None);
        connection.transact(receive).unwrap();
        backorders_are_filled(&database, &mut connection);
        assert!(!is_asked(&mut connection, TaskKind::ShortPick, waits.raw()));
        all_is_well(&mut connection);
    }
}

pub(crate) fn backorders_are_filled(database: &TestDatabase, connection: &mut Connection) {
    journal::settle(connection);
    let open = database.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut reading = Reading::new(Reader::backorders(), open.clone(), "test");
        while !matches!(reading.step(NOW).await.unwrap(), Step::Idle) {}
    });
    open.close();
}
