//! Bulk work handles every order of a view once, whatever happens meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use ordermill_app::bulk::walk::{LEASE_HELD, PAGE, Round, Walker};
use ordermill_app::bulk::{RUNNING_MAX, StartBulkError, left, start, stop};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::place::Key;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::id::first_at;
use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::bulk::{Refusal, State, StopCause, Work};
use ordermill_domain::ids::{BulkId, OrderId, StaffId};
use ordermill_domain::order::{CancelReason, DisplayStatus, Status};
use ordermill_domain::role::Role;
use ordermill_storage::bulk::{self, Bulk, Turn};
use ordermill_storage::order::Filter;
use ordermill_storage::{Connection, Database, Tx, journal};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestDatabase, each_database};

use crate::kit::{NOW, an_order, buyer, place, runtime, status};

const CANCEL: Work = Work::Cancel(CancelReason::Operator);

struct Shop {
    connection: Connection,
    kim: Principal,
}

fn hire(connection: &mut Connection, login: &str, role: Role) -> Principal {
    let new = NewStaff {
        login: login.parse().unwrap(),
        name: login.to_owned(),
        roles: vec![role],
        location: None,
        password: "nobody signs in with it".to_owned(),
    };
    let cli = Principal::system("test");
    let id = connection.transact(|tx| staff::create(tx, &cli, &cli.act(NOW), &new)).unwrap();
    let (name, roles) = (login.to_owned(), vec![role]);
    Principal::Staff(Arc::new(StaffMember { id, name, roles, location: None }))
}

/// So many orders of one piece each, numbered from 1.
fn a_shop(database: &TestDatabase, orders: i64) -> Shop {
    let mut connection = database.connection();
    receive(&mut connection, sku(1), location(1), 500, NOW);
    for number in 1..=orders {
        place(&mut connection, an_order(number, 1));
    }
    let kim = hire(&mut connection, "kim", Role::Operations);
    Shop { connection, kim }
}

impl Shop {
    fn try_start(&mut self, work: Work, key: Option<&Key>) -> Result<BulkId, StartBulkError> {
        let act = Act { reason: Some("no longer made".to_owned()), ..self.kim.act(NOW) };
        let (kim, filter) = (self.kim.clone(), Filter::default());
        self.connection.transact(|tx| start(tx, &kim, &act, key, work, &filter))
    }

    fn start(&mut self, work: Work) -> BulkId {
        self.try_start(work, None).unwrap()
    }

    fn bulk(&mut self, id: BulkId) -> Bulk {
        self.connection.read(|tx| bulk::fetch(tx, id)).unwrap().unwrap()
    }

    fn refusals(&mut self, id: BulkId) -> Vec<(i64, Refusal)> {
        let found = self.connection.read(|tx| bulk::refusals(tx, id, None, 100)).unwrap();
        found.into_iter().map(|(order, why)| (Id::raw(order), why)).collect()
    }

    fn canceled(&mut self, orders: impl Iterator<Item = i64>) -> usize {
        let ids = orders.map(Id::from_raw);
        ids.filter(|id| status(&mut self.connection, *id) == Status::Canceled).count()
    }

    /// Kinds of what happened to the work.
    fn history(&mut self, id: BulkId) -> Vec<String> {
        let entries = self.connection.read(|tx| journal::of(tx, "bulk", id, 1, 9)).unwrap();
        entries.into_iter().map(|entry| entry.kind).collect()
    }

    fn is_healthy(&mut self) {
        let report = ordermill_app::check::check(&mut self.connection, NOW, None, &mut |_, _| ());
        assert_eq!(report.unwrap().violations, []);
    }
}

fn step(database: &Database, holder: &str, at: Timestamp) -> Round {
    runtime().block_on(Walker::new(database.clone(), holder).step(at)).unwrap()
}

/// Walks to the end.
fn walk(database: &Database, at: Timestamp) {
    while let Round::Walked(_) = step(database, "one", at) {}
}

#[test]
fn every_order_of_the_view_takes_the_step_or_says_why_not() {
    for database in each_database() {
        let orders = 2 * PAGE as i64 + 7;
        let mut shop = a_shop(&database, orders);
        let gone = Id::from_raw(3);
        shop.connection
            .transact(|tx| cancel_order(tx, &buyer(NOW), gone, CancelReason::Buyer))
            .unwrap();
        let id = shop.start(CANCEL);
        let open = database.open();
        walk(&open, NOW);
        open.close();
        let bulk = shop.bulk(id);
        assert_eq!((bulk.state, bulk.done, bulk.refused), (State::Done, orders - 1, 1));
        assert_eq!(shop.refusals(id), [(3, Refusal::State)]);
        assert_eq!(shop.canceled(1..=orders), usize::try_from(orders).unwrap());
        assert_eq!(shop.history(id), ["bulk.started", "bulk.finished"]);
        shop.is_healthy();
    }
}

#[test]
fn what_is_done_stands_in_the_history_of_each_order_with_who_why_and_in_which_work() {
    for database in each_database() {
        let mut shop = a_shop(&database, 1);
        let id = shop.start(CANCEL);
        let open = database.open();
        walk(&open, NOW);
        open.close();
        let order: OrderId = Id::from_raw(1);
        let entries = shop.connection.read(|tx| journal::of(tx, "order", order, 1, 9)).unwrap();
        let last = entries.last().unwrap();
        assert_eq!(last.kind, "order.canceled");
        assert_eq!(last.actor, shop.kim.actor());
        assert_eq!(last.reason.as_deref(), Some("no longer made"));
        assert_eq!(last.request_id, Some(id.to_string()));
    }
}

#[test]
fn an_order_that_is_placed_later_is_not_of_the_view() {
    for database in each_database() {
        let mut shop = a_shop(&database, 2);
        let id = shop.start(CANCEL);
        let later = first_at(NOW + Span::minutes(1));
        place(&mut shop.connection, an_order(later, 1));
        let open = database.open();
        walk(&open, NOW + Span::minutes(2));
        open.close();
        assert_eq!((shop.bulk(id).done, shop.canceled(later..=later)), (2, 0));
    }
}

#[test]
fn an_order_that_no_longer_matches_when_the_walk_comes_by_is_left_alone() {
    for database in each_database() {
        let mut shop = a_shop(&database, 3);
        let act = Act { reason: Some("seen".to_owned()), ..shop.kim.act(NOW) };
        let to_pay = Filter { display: Some(DisplayStatus::ToPay), ..Filter::default() };
        let kim = shop.kim.clone();
        let begin = |tx: &mut Tx<'_>| start(tx, &kim, &act, None, CANCEL, &to_pay);
        let id = shop.connection.transact(begin).unwrap();
        crate::kit::pay(&mut shop.connection, 20, Id::from_raw(2), 1_000, NOW);
        let open = database.open();
        walk(&open, NOW);
        open.close();
        let bulk = shop.bulk(id);
        assert_eq!((bulk.state, bulk.done, bulk.refused), (State::Done, 2, 0));
        assert_eq!(shop.canceled(2..=2), 0);
    }
}

#[test]
fn one_form_is_one_piece_of_work() {
    for database in each_database() {
        let mut shop = a_shop(&database, 1);
        let staff = shop.kim.staff().unwrap().id;
        let key = |content: &str| Key::of_form(staff, "bulk", "k1", content.as_bytes()).unwrap();
        let first = shop.try_start(CANCEL, Some(&key("a"))).unwrap();
        assert_eq!(shop.try_start(CANCEL, Some(&key("a"))).unwrap(), first);
        let other = shop.try_start(CANCEL, Some(&key("b")));
        assert!(matches!(other, Err(StartBulkError::KeyReused)), "{other:?}");
    }
}

#[test]
fn what_is_stopped_goes_no_further_and_what_was_done_stays() {
    for database in each_database() {
        let orders = 2 * PAGE as i64;
        let mut shop = a_shop(&database, orders);
        let id = shop.start(CANCEL);
        let open = database.open();
        assert_eq!(step(&open, "one", NOW), Round::Walked(PAGE));
        let bulk = shop.bulk(id);
        assert_eq!(shop.connection.read(|tx| left(tx, &bulk)).unwrap().count, PAGE as u64);
        let (kim, act) = (shop.kim.clone(), shop.kim.act(NOW));
        assert!(shop.connection.transact(|tx| stop(tx, &kim, &act, id)).unwrap());
        assert!(!shop.connection.transact(|tx| stop(tx, &kim, &act, id)).unwrap(), "it is over");
        assert_eq!(step(&open, "one", NOW), Round::Idle);
        open.close();
        let bulk = shop.bulk(id);
        assert_eq!((bulk.state, bulk.stop_cause), (State::Stopped, Some(StopCause::Asked)));
        assert_eq!((bulk.done, shop.canceled(1..=orders)), (PAGE as i64, PAGE));
        assert_eq!(shop.history(id), ["bulk.started", "bulk.stopped"]);
    }
}

#[test]
fn another_process_goes_on_where_the_first_one_died() {
    for database in each_database() {
        let orders = 2 * PAGE as i64 + 1;
        let mut shop = a_shop(&database, orders);
        let id = shop.start(CANCEL);
        let first = database.open();
        assert_eq!(step(&first, "one", NOW), Round::Walked(PAGE));
        first.close();
        let second = database.open();
        assert_eq!(step(&second, "two", NOW), Round::Elsewhere, "the lease still holds");
        let later = NOW + LEASE_HELD;
        while let Round::Walked(_) = step(&second, "two", later) {}
        second.close();
        assert_eq!((shop.bulk(id).state, shop.bulk(id).done), (State::Done, orders));
        let mut canceled: BTreeMap<i64, usize> = BTreeMap::new();
        let sql = "SELECT aggregate_id FROM journal WHERE kind = 'order.canceled'";
        let entries = shop.connection.read(|tx| tx.query(sql, &[], |row| row.int())).unwrap();
        for order in entries {
            *canceled.entry(order).or_default() += 1;
        }
        assert_eq!(canceled, (1..=orders).map(|order| (order, 1)).collect());
        shop.is_healthy();
    }
}

#[test]
fn a_node_that_slept_through_its_turn_changes_nothing() {
    for database in each_database() {
        let mut shop = a_shop(&database, 2);
        let id = shop.start(CANCEL);
        let order = Id::from_raw(1);
        let mut connection = database.connection();
        let mut note = |token, refusal| {
            let turn = Turn { bulk: id, token };
            connection.transact(|tx| bulk::note_handled(tx, turn, order, refusal)).unwrap()
        };
        assert!(!note(1, None), "nobody has this turn yet");
        shop.connection.transact(|tx| bulk::take_turns(tx, 2)).unwrap();
        assert!(!note(1, None), "its token is outgrown");
        assert!(note(2, None));
        assert!(!note(2, Some(Refusal::Stale)), "an order is handled once");
        let old = Turn { bulk: id, token: 1 };
        assert!(!shop.connection.transact(|tx| bulk::walk(tx, old, order)).unwrap());
        assert_eq!((shop.bulk(id).done, shop.bulk(id).refused), (1, 0));
    }
}

#[test]
fn work_ends_with_the_right_of_whoever_started_it() {
    for database in each_database() {
        let mut shop = a_shop(&database, PAGE as i64 + 1);
        let id = shop.start(CANCEL);
        let open = database.open();
        assert_eq!(step(&open, "one", NOW), Round::Walked(PAGE));
        let kim: StaffId = shop.kim.staff().unwrap().id;
        let cli = Principal::system("test");
        shop.connection.transact(|tx| staff::disable(tx, &cli, &cli.act(NOW), kim)).unwrap();
        walk(&open, NOW);
        open.close();
        let bulk = shop.bulk(id);
        assert_eq!((bulk.state, bulk.stop_cause), (State::Stopped, Some(StopCause::RightLost)));
        assert_eq!(bulk.done, PAGE as i64);
    }
}

#[test]
fn only_whoever_may_change_orders_starts_work_and_only_so_much_of_it() {
    for database in each_database() {
        let mut shop = a_shop(&database, 1);
        let operations = shop.kim.clone();
        for role in [Role::Service, Role::Warehouse, Role::Finance, Role::Admin] {
            shop.kim = hire(&mut shop.connection, role.code(), role);
            let refused = shop.try_start(CANCEL, None);
            assert!(matches!(refused, Err(StartBulkError::Forbidden(_))), "{role}: {refused:?}");
        }
        shop.kim = operations;
        for _ in 0..RUNNING_MAX {
            shop.start(Work::Approve);
        }
        let refused = shop.try_start(Work::Approve, None);
        assert!(matches!(refused, Err(StartBulkError::TooMany)), "{refused:?}");
    }
}
