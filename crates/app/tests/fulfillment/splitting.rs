//! Goods that are kept apart, work that is split by hand, and the review that a changed order goes through
//! again.

use std::num::NonZeroU32;

use ordermill_app::catalog::{Catalog, settings};
use ordermill_app::order::step::{self, Seen as SeenOrder};
use ordermill_app::sourcing::SourcingSettings;
use ordermill_app::sourcing::by_hand::{ByHandError, Seen};
use ordermill_app::sourcing::explain::Explanation;
use ordermill_app::sourcing::split::{Part, PartError, put_together, split};
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::{ReleaseError, Wish as WaveWish, release_in};
use ordermill_base::{Quantity, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::apart::{Kind, Pair};
use ordermill_domain::fulfillment::State;
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_domain::order::{Action, DisplayStatus, LineQuantity, Order, Review, Status};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Connection, fulfillment, order, task};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{receive, sku};

use crate::kit::*;

fn release(connection: &mut Connection, at: Timestamp) -> Result<i64, ReleaseError> {
    let (who, act) = somebody();
    let wish = WaveWish {
        ship_by: None,
        is_urgent: false,
        zone: String::new(),
        carrier: None,
        service: None,
        most: 100,
        cart: Cart { totes: 200, pieces_per_tote: NonZeroU32::new(9_999).unwrap() },
    };
    let act = Act { at, ..act };
    let wave = connection.transact(|tx| release_in(tx, &who, &act, *HANGZHOU, &wish));
    wave.map(|wave| wave.fulfillments)
}

/// The planned work of an order at a location, as somebody sees it.
fn planned(connection: &mut Connection, order: OrderId, at: LocationId) -> Seen {
    let work = work_on(connection, order);
    let its = work.iter().find(|it| it.state() == State::Planned && it.facts().location == at);
    its.map(|it| Seen { id: it.id(), version: it.version() }).unwrap()
}

fn part(pieces: &[(u16, i64)]) -> Part {
    let piece = |&(line_no, pieces): &(u16, i64)| LineQuantity {
        line_no,
        quantity: Quantity::new(pieces).unwrap(),
    };
    Part { pieces: pieces.iter().map(piece).collect(), to: None, not_before: None }
}

fn cut(
    connection: &mut Connection,
    catalog: &Catalog,
    seen: Seen,
    part: &Part,
) -> Result<(), ByHandError> {
    let (who, act) = somebody();
    connection.transact(|tx| split(tx, catalog, &who, &act, seen, part))
}

fn order_now(connection: &mut Connection, id: OrderId) -> (Order, DisplayStatus) {
    let stored = connection.read(|tx| order::fetch(tx, id)).unwrap().unwrap();
    let display = stored.order.display_status(stored.progress);
    (stored.order, display)
}

fn decide(connection: &mut Connection, id: OrderId, step: Action) {
    let (who, act) = somebody();
    let seen = SeenOrder { id, version: order_now(connection, id).0.version() };
    connection.transact(|tx| step::take(tx, &who, &act, seen, step)).unwrap();
}

/// An order that a person has let pass: 600 pieces at the door.
fn a_large_order(connection: &mut Connection, catalog: &Catalog) -> OrderId {
    receive(connection, sku(1), *HANGZHOU, 1_000, NOW);
    let order = an_order(connection, catalog, 101, "CN-31", &[(1, 600)]);
    decide(connection, order, Action::Approve);
    source(connection, catalog, &[order]);
    assert_eq!(written(connection, order), "HZ planned 1x600");
    order
}

fn mind(
    connection: &mut Connection,
    number: i64,
    change: impl Fn(&mut ordermill_domain::sku::Sku),
) {
    let (_, act) = somebody();
    let change = |tx: &mut ordermill_storage::Tx<'_>| {
        let before = ordermill_storage::sku::fetch(tx, sku(number))?.unwrap();
        let mut after = before.clone();
        change(&mut after);
        ordermill_storage::sku::update(tx, &act, &before, &after)
    };
    connection.transact(change).unwrap();
}

#[test]
fn goods_that_may_not_travel_together_have_fulfillments_of_their_own_and_the_reason_is_told() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 5), (2, *HANGZHOU, 5), (3, *HANGZHOU, 5)];
        let (mut connection, _) = a_shop(&database, &stock);
        mind(&mut connection, 1, |sku| sku.handling.is_hazardous = true);
        mind(&mut connection, 2, |sku| sku.handling.is_perishable = true);
        let catalog = connection.read(Catalog::load).unwrap();
        let wanted = [(1, 2), (2, 1), (3, 1)];
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &wanted);
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x2 3x1, HZ planned 2x1");
        let decisions = connection.read(|tx| fulfillment::decisions(tx, order)).unwrap();
        let why: Explanation = serde_json::from_str(&decisions[0].1).unwrap();
        let pairs: Vec<String> = why.kept_apart.iter().map(ToString::to_string).collect();
        assert_eq!((why.sent_to.len(), pairs), (1, vec!["hazardous perishable".to_owned()]));
        all_is_well(&mut connection);
    }
}

#[test]
fn which_goods_are_kept_apart_is_a_setting() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 5), (2, *HANGZHOU, 5)];
        let (mut connection, _) = a_shop(&database, &stock);
        mind(&mut connection, 1, |sku| sku.handling.is_oversized = true);
        let mut set = |apart: Vec<Pair>, version| {
            let (_, act) = somebody();
            let wanted = SourcingSettings { apart, ..SourcingSettings::default() };
            connection.transact(|tx| settings::save(tx, &act, &wanted, version)).unwrap();
        };
        let kind = |text: &str| Kind::from(text.to_owned());
        set(vec![Pair { one: kind("oversized"), other: kind("*") }], 0);
        let catalog = connection.read(Catalog::load).unwrap();
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 1), (2, 1)]);
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x1, HZ planned 2x1");
        all_is_well(&mut connection);
    }
}

#[test]
fn some_pieces_leave_now_and_the_rest_later() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 9)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 5)]);
        source(&mut connection, &catalog, &[order]);
        let seen = planned(&mut connection, order, *HANGZHOU);
        let tomorrow = NOW + Span::days(1);
        let later = Part { not_before: Some(tomorrow), ..part(&[(1, 2)]) };
        cut(&mut connection, &catalog, seen, &later).unwrap();
        let now = written(&mut connection, order);
        assert_eq!(now, "HZ rejected 1x5, HZ planned 1x3, HZ planned 1x2");
        all_is_well(&mut connection);
        assert_eq!(release(&mut connection, NOW).unwrap(), 1);
        let now = written(&mut connection, order);
        assert_eq!(now, "HZ rejected 1x5, HZ released 1x3, HZ planned 1x2");
        assert!(matches!(release(&mut connection, NOW), Err(ReleaseError::Nothing)));
        assert_eq!(release(&mut connection, tomorrow).unwrap(), 1);
        all_is_well(&mut connection);
    }
}

#[test]
fn some_pieces_come_from_elsewhere_if_they_are_there() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 9), (1, *GUANGZHOU, 2)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 5)]);
        source(&mut connection, &catalog, &[order]);
        let seen = planned(&mut connection, order, *HANGZHOU);
        let elsewhere = |pieces| Part { to: Some(*GUANGZHOU), ..part(&[(1, pieces)]) };
        let too_many = cut(&mut connection, &catalog, seen, &elsewhere(3)).unwrap_err();
        assert!(matches!(too_many, ByHandError::NotThere), "{too_many:?}");
        assert_eq!(written(&mut connection, order), "HZ planned 1x5");
        cut(&mut connection, &catalog, seen, &elsewhere(2)).unwrap();
        let now = written(&mut connection, order);
        assert_eq!(now, "HZ rejected 1x5, HZ planned 1x3, GZ planned 1x2");
        let again = cut(&mut connection, &catalog, seen, &elsewhere(2)).unwrap_err();
        assert!(matches!(again, ByHandError::Stale(_)), "{again:?}");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_part_is_neither_nothing_nor_all_and_not_for_yesterday() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 9)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 5)]);
        source(&mut connection, &catalog, &[order]);
        let seen = planned(&mut connection, order, *HANGZHOU);
        let mut refused = |part: &Part| match cut(&mut connection, &catalog, seen, part) {
            Err(ByHandError::Part(error)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(&part(&[])), PartError::NoPart);
        assert_eq!(refused(&part(&[(1, 5)])), PartError::NoPart);
        let too_many = PartError::Pieces { line_no: 1, has: 5, asked: 6 };
        assert_eq!(refused(&part(&[(1, 6)])), too_many);
        let past = Part { not_before: Some(NOW), ..part(&[(1, 2)]) };
        assert_eq!(refused(&past), PartError::Past);
        assert_eq!(written(&mut connection, order), "HZ planned 1x5");
    }
}

#[test]
fn what_was_split_is_put_together_again() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 9), (1, *GUANGZHOU, 9)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 5)]);
        source(&mut connection, &catalog, &[order]);
        let seen = planned(&mut connection, order, *HANGZHOU);
        let elsewhere = Part { to: Some(*GUANGZHOU), ..part(&[(1, 2)]) };
        cut(&mut connection, &catalog, seen, &elsewhere).unwrap();
        let (who, act) = somebody();
        connection.transact(|tx| put_together(tx, &catalog, &who, &act, order)).unwrap();
        let now = written(&mut connection, order);
        assert!(now.ends_with("HZ rejected 1x3, GZ rejected 1x2, HZ planned 1x5"), "{now}");
        let again = connection.transact(|tx| put_together(tx, &catalog, &who, &act, order));
        assert!(matches!(again, Err(ByHandError::NothingPlanned(_))), "{again:?}");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_changed_order_is_reviewed_again_and_held_work_stays_off_the_floor() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[]);
        let order = a_large_order(&mut connection, &catalog);
        let seen = planned(&mut connection, order, *HANGZHOU);
        cut(&mut connection, &catalog, seen, &part(&[(1, 100)])).unwrap();
        // What a person found before counts no more: the order is as large as it was.
        let (now, display) = order_now(&mut connection, order);
        assert_eq!((now.status(), now.facts().review), (Status::Confirmed, Review::ManualPending));
        assert_eq!(display, DisplayStatus::InReview);
        all_is_well(&mut connection);
        assert!(matches!(release(&mut connection, NOW), Err(ReleaseError::Nothing)));
        let seen = planned(&mut connection, order, *HANGZHOU);
        let held = cut(&mut connection, &catalog, seen, &part(&[(1, 1)])).unwrap_err();
        assert!(matches!(held, ByHandError::Held(_)), "{held:?}");
        decide(&mut connection, order, Action::Approve);
        let (now, display) = order_now(&mut connection, order);
        assert_eq!((now.facts().review, display), (Review::Approved, DisplayStatus::ToProcess));
        assert_eq!(release(&mut connection, NOW).unwrap(), 2);
        all_is_well(&mut connection);
    }
}

#[test]
fn a_changed_order_that_is_refused_ends_its_work_and_gives_its_stock_back() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[]);
        let order = a_large_order(&mut connection, &catalog);
        let seen = planned(&mut connection, order, *HANGZHOU);
        cut(&mut connection, &catalog, seen, &part(&[(1, 100)])).unwrap();
        decide(&mut connection, order, Action::Refuse);
        assert_eq!(order_now(&mut connection, order).0.status(), Status::Rejected);
        let now = written(&mut connection, order);
        assert_eq!(now, "HZ rejected 1x600, HZ canceled 1x500, HZ canceled 1x100");
        let review = connection.read(|tx| task::find_open(tx, TaskKind::Review, 101)).unwrap();
        assert_eq!(review, None);
        let next = an_order(&mut connection, &catalog, 102, "CN-31", &[(1, 400)]);
        source(&mut connection, &catalog, &[next]);
        assert_eq!(written(&mut connection, next), "HZ planned 1x400");
        all_is_well(&mut connection);
    }
}
