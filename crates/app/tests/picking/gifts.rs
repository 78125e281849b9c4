//! Gifts on the floor: they stop no order, and leave with its goods or not at all.

use std::collections::BTreeSet;

use ordermill_app::order::give_up::give_up_by_hand;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::pick_list::{Outcome, drop_fulfillment};
use ordermill_app::sourcing::by_hand::{Seen, send_to};
use ordermill_app::sourcing::{Wish as SourcingWish, by_rules, source_each};
use ordermill_base::Id as _;
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::State;
use ordermill_domain::ids::{OrderId, StaffId};
use ordermill_domain::order::{OrderLine, Pieces, Status};
use ordermill_domain::role::Role;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Connection, Tx, fulfillment, order, stock};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{location, receive, sku};

use crate::kit::*;
use crate::missing::backorders_are_filled;

fn lines(connection: &mut Connection, order: OrderId) -> Vec<Pieces> {
    let lines = connection.read(|tx| order::lines(tx, order)).unwrap();
    lines.iter().map(OrderLine::pieces).collect()
}

fn has_work(connection: &mut Connection, order: OrderId) -> bool {
    !connection.read(|tx| fulfillment::of_each(tx, &[order])).unwrap().is_empty()
}

fn service() -> Principal {
    Principal::Staff(std::sync::Arc::new(StaffMember {
        id: StaffId::from_raw(8),
        name: "林小满".to_owned(),
        roles: vec![Role::Service],
        location: None,
    }))
}

#[test]
fn a_gift_that_is_not_where_it_should_be_is_given_up_and_nobody_is_asked() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        put(&mut connection, 2, "A-01-02-1", 1, None);
        let order = an_order_with_gifts(&mut connection, &known, 101, &[(1, 1)], &[(2, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        scan(&mut connection, &known, list, "A-01-01-1");
        scan(&mut connection, &known, list, "S1");
        assert_eq!(short(&mut connection, &known, list), Outcome::Short);
        let pieces = lines(&mut connection, order);
        assert_eq!((pieces[0].allocated, pieces[1].canceled), (1, 1));
        assert_eq!(work_of(&mut connection, order).state(), State::Picked, "it goes on");
        let stored = connection.read(|tx| order::fetch(tx, order)).unwrap().unwrap();
        assert!(!stored.order.facts().backordered);
        assert!(!is_asked(&mut connection, TaskKind::ShortPick, order.raw()));
        assert!(is_asked(&mut connection, TaskKind::Shortage, sku(2).raw()), "operations know");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_gift_is_not_sent_alone_when_all_goods_are_given_up() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        put(&mut connection, 2, "A-01-02-1", 1, None);
        let order = an_order_with_gifts(&mut connection, &known, 101, &[(1, 1)], &[(2, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        assert_eq!(short(&mut connection, &known, list), Outcome::Short);
        let act = Act { reason: Some("test".into()), ..service().act(NOW) };
        let give_up = |tx: &mut Tx<'_>| give_up_by_hand(tx, &service(), &act, order, 1);
        assert!(connection.transact(give_up).unwrap().is_canceled);
        let stored = connection.read(|tx| order::fetch(tx, order)).unwrap().unwrap();
        assert_eq!(stored.order.status(), Status::Canceled);
        assert!(lines(&mut connection, order).iter().all(|pieces| pieces.canceled == 1));
        all_is_well(&mut connection);
    }
}

#[test]
fn a_gift_waits_for_the_goods_that_it_comes_with() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 2, "A-01-02-1", 1, None);
        let to_come = StockLevel::new(sku(1), here(), BackorderPolicy::Allow);
        connection.transact(|tx| stock::set_policy(tx, &to_come)).unwrap();
        let order = an_order_with_gifts(&mut connection, &known, 101, &[(1, 1)], &[(2, 1)]);
        assert_eq!(lines(&mut connection, order)[1].allocated, 1, "it is kept for the order");
        assert!(!has_work(&mut connection, order));
        receive(&mut connection, sku(1), here(), 1, NOW);
        backorders_are_filled(&database, &mut connection);
        let (orders, wish) = (BTreeSet::from([order]), SourcingWish::default());
        connection.transact(|tx| source_each(tx, &known, &by_rules(NOW), &orders, &wish)).unwrap();
        let work = work_of(&mut connection, order);
        assert_eq!((work.line(1).unwrap().quantity, work.line(2).unwrap().quantity), (1, 1));
        all_is_well(&mut connection);
    }
}

/// The goods go wherever they are found; the gift follows them.
#[test]
fn a_gift_whose_goods_are_missed_waits_for_them_and_leaves_with_them() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        put(&mut connection, 2, "A-01-02-1", 1, None);
        let order = an_order_with_gifts(&mut connection, &known, 101, &[(1, 1)], &[(2, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        let work = work_of(&mut connection, order).id();
        assert_eq!(short(&mut connection, &known, list), Outcome::Short);
        assert_eq!(work_of(&mut connection, order).state(), State::Rejected, "no gift goes alone");
        connection.transact(|tx| drop_fulfillment(tx, work, NOW)).unwrap();
        assert_eq!(lines(&mut connection, order)[1].allocated, 1, "it is kept for the order");
        all_is_well(&mut connection);
        receive(&mut connection, sku(1), location(2), 1, NOW);
        receive(&mut connection, sku(2), location(2), 1, NOW);
        backorders_are_filled(&database, &mut connection);
        let (orders, wish) = (BTreeSet::from([order]), SourcingWish::default());
        connection.transact(|tx| source_each(tx, &known, &by_rules(NOW), &orders, &wish)).unwrap();
        let works = connection.read(|tx| fulfillment::of_each(tx, &[order])).unwrap();
        let planned = works.iter().find(|work| work.state() == State::Planned).unwrap();
        assert_eq!(planned.facts().location, location(2));
        assert_eq!((planned.line(1).unwrap().quantity, planned.line(2).unwrap().quantity), (1, 1));
        all_is_well(&mut connection);
    }
}

#[test]
fn goods_that_are_sent_from_elsewhere_go_without_a_gift_that_is_not_there() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        put(&mut connection, 2, "A-01-02-1", 1, None);
        receive(&mut connection, sku(1), location(2), 1, NOW);
        let order = an_order_with_gifts(&mut connection, &known, 101, &[(1, 1)], &[(2, 1)]);
        let work = work_of(&mut connection, order);
        let seen = Seen { id: work.id(), version: work.version() };
        let who = Principal::system("test");
        let send = |tx: &mut Tx<'_>| send_to(tx, &known, &who, &act(), seen, location(2));
        connection.transact(send).unwrap();
        let works = connection.read(|tx| fulfillment::of_each(tx, &[order])).unwrap();
        let planned = works.iter().find(|work| work.state() == State::Planned).unwrap();
        assert_eq!(planned.facts().location, location(2));
        assert_eq!(planned.facts().lines.len(), 1, "the goods alone");
        let pieces = lines(&mut connection, order);
        assert_eq!((pieces[0].allocated, pieces[1].canceled), (1, 1));
        all_is_well(&mut connection);
    }
}

#[test]
fn a_gift_that_a_picker_misses_is_not_sent_from_elsewhere_alone() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        put(&mut connection, 2, "A-01-02-1", 1, None);
        receive(&mut connection, sku(2), location(2), 1, NOW);
        let order = an_order_with_gifts(&mut connection, &known, 101, &[(1, 1)], &[(2, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        scan(&mut connection, &known, list, "A-01-01-1");
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::Picked);
        assert_eq!(short(&mut connection, &known, list), Outcome::Short, "the gift is missing");
        let (orders, wish) = (BTreeSet::from([order]), SourcingWish::default());
        connection.transact(|tx| source_each(tx, &known, &by_rules(NOW), &orders, &wish)).unwrap();
        let works = connection.read(|tx| fulfillment::of_each(tx, &[order])).unwrap();
        assert_eq!(works.len(), 1, "the goods have a parcel, and the gift has none");
        let pieces = lines(&mut connection, order);
        assert_eq!((pieces[0].allocated, pieces[1].canceled), (1, 1));
        all_is_well(&mut connection);
    }
}

#[test]
fn a_gift_in_the_tote_is_put_back_when_the_goods_are_not_found() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 2, "A-01-01-1", 1, None);
        // What lies in no bin is fetched last.
        receive(&mut connection, sku(1), here(), 1, NOW);
        let order = an_order_with_gifts(&mut connection, &known, 101, &[(1, 1)], &[(2, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        scan(&mut connection, &known, list, "A-01-01-1");
        assert_eq!(scan(&mut connection, &known, list, "S2"), Outcome::Picked);
        let work = work_of(&mut connection, order).id();
        assert_eq!(short(&mut connection, &known, list), Outcome::Short);
        assert_eq!(work_of(&mut connection, order).state(), State::Canceled, "no gift goes alone");
        assert!(is_asked(&mut connection, TaskKind::PutBack, work.raw()));
        connection.transact(|tx| drop_fulfillment(tx, work, NOW)).unwrap();
        all_is_well(&mut connection);
        let act = Act { reason: Some("test".into()), ..service().act(NOW) };
        let give_up = |tx: &mut Tx<'_>| give_up_by_hand(tx, &service(), &act, order, 1);
        assert!(connection.transact(give_up).unwrap().is_canceled);
        all_is_well(&mut connection);
    }
}
