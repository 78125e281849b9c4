//! The pack bench: what was picked is compared, boxed and closed.

use std::sync::Arc;

use ordermill_app::catalog::Catalog;
use ordermill_app::fulfillment::{FulfillmentFile, WorkError};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::pack::close::{CloseError, Pack, PackedBox, close, open};
use ordermill_app::pack::proposal::propose;
use ordermill_app::pack::recheck::{
    Difference, Findings, Recheck, RecheckError, recheck, send_back,
};
use ordermill_app::pack::{BenchError, Seen};
use ordermill_app::sourcing::by_hand;
use ordermill_base::{Id, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::{RejectReason, State};
use ordermill_domain::ids::{FulfillmentId, OrderId, WaveId};
use ordermill_domain::order::{CancelReason, LineQuantity, Progress};
use ordermill_domain::package::{Content, ContentError};
use ordermill_storage::{BatchCommand as _, Connection, order, package};
use ordermill_testkit::stock::sku;
use ordermill_testkit::{TestDatabase, each_database};

use crate::kit::*;

/// An order of two pieces of S1 and one of S2, all of it in totes.
fn picked(database: &TestDatabase) -> (Connection, Catalog, OrderId, FulfillmentId) {
    let stock = [(1, *HANGZHOU, 5), (2, *HANGZHOU, 5)];
    let (mut connection, catalog) = a_shop(database, &stock);
    let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2), (2, 1)]);
    source(&mut connection, &catalog, &[order]);
    let id = work_on(&mut connection, order)[0].id();
    pick_all(&mut connection, id, vec![(1, 2), (2, 1)]);
    (connection, catalog, order, id)
}

fn pick_all(connection: &mut Connection, id: FulfillmentId, lines: Vec<(u16, i64)>) {
    let (_, act) = somebody();
    let line =
        |(line_no, pieces)| LineQuantity { line_no, quantity: Quantity::new(pieces).unwrap() };
    connection
        .transact(|tx| {
            let mut file = FulfillmentFile::load(tx, id).unwrap();
            file.step(&act, |work| work.release(WaveId::from_raw(1), NOW)).unwrap();
            file.step(&act, |work| work.pick(lines.into_iter().map(line).collect(), NOW)).unwrap();
            file.step(&act, |work| work.finish_picking(NOW)).unwrap();
            file.save(tx)
        })
        .unwrap();
}

fn all_right() -> Findings {
    let scanned = vec![("S1".to_owned(), 2), ("S2".to_owned(), 1)];
    // 400 grams each.
    Findings { scanned, weight_grams: Some(1_190), is_intact: true, is_reinforced: false }
}

fn now(id: FulfillmentId) -> Seen {
    Seen { id, version: None }
}

fn content(line_no: u16, pieces: i64) -> Content {
    Content {
        line_no,
        sku: sku(line_no.into()),
        quantity: Quantity::new(pieces).unwrap(),
        lot: None,
        serials: Vec::new(),
    }
}

fn one_box(contents: Vec<Content>) -> [PackedBox; 1] {
    [PackedBox { material: "BOX-M".to_owned(), contents, gross_grams: None }]
}

fn state_of(connection: &mut Connection, order: OrderId) -> (State, Progress) {
    let work = work_on(connection, order);
    let stored = connection.read(|tx| order::fetch(tx, order)).unwrap().unwrap();
    (work[0].state(), stored.progress)
}

fn rechecked(database: &TestDatabase) -> (Connection, Catalog, OrderId, FulfillmentId) {
    let (mut connection, catalog, order, id) = picked(database);
    let (who, act) = somebody();
    connection.transact(|tx| recheck(tx, &catalog, &who, &act, now(id), &all_right())).unwrap();
    (connection, catalog, order, id)
}

fn no_reason() -> Act {
    Act { reason: None, ..somebody().1 }
}

#[test]
fn what_is_right_goes_on_to_be_packed() {
    for database in each_database() {
        let (mut connection, _, order, _) = rechecked(&database);
        assert_eq!(state_of(&mut connection, order), (State::Rechecked, Progress::NotPacked));
        all_is_well(&mut connection);
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = picked(&database);
        let (who, act) = somebody();
        let wrong = Findings {
            scanned: vec![("S1".to_owned(), 1), ("S2".to_owned(), 1), ("S9".to_owned(), 1)],
            weight_grams: Some(800),
            is_intact: false,
            is_reinforced: false,
        };
        let told = connection
            .transact(|tx| recheck(tx, &catalog, &who, &act, now(id), &wrong))
            .unwrap_err();
        let RecheckError::Wrong(differences) = told else { panic!("{told:?}") };
        assert_eq!(
            differences,
            [
                Difference::UnknownCode { code: "S9".to_owned() },
                Difference::Pieces { sku: sku(1), scanned: 1, ordered: 2 },
                Difference::Weight { measured_grams: 800, computed_grams: 1_200 },
                Difference::NotIntact,
            ]
        );
        assert_eq!(state_of(&mut connection, order).0, State::Picked);
        connection.transact(|tx| send_back(tx, &who, &act, now(id))).unwrap();
        assert_eq!(state_of(&mut connection, order).0, State::Picking);
    }
}

#[test]
fn what_is_proposed_can_be_packed() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = rechecked(&database);
        let work = work_on(&mut connection, order).remove(0);
        let proposal = propose(&catalog, &catalog.materials, &work).unwrap();
        let boxes: Vec<PackedBox> = proposal
            .boxes
            .iter()
            .map(|proposed| PackedBox {
                material: proposed.material.clone(),
                contents: proposed.contents.clone(),
                gross_grams: Some(proposed.gross_grams),
            })
            .collect();
        let (who, _) = somebody();
        let act = no_reason();
        let packages =
            connection.transact(|tx| close(tx, &catalog, &who, &act, now(id), &boxes)).unwrap();
        assert_eq!(packages.len(), 1);
        assert_eq!(state_of(&mut connection, order), (State::Packed, Progress::Packed));
        let stored = connection.read(|tx| package::of_order(tx, order)).unwrap();
        assert_eq!(stored[0].contents, [content(1, 2), content(2, 1)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn boxes_that_do_not_hold_the_order_are_refused() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = rechecked(&database);
        let (who, act) = somebody();
        let too_few = one_box(vec![content(1, 2)]);
        let told = connection
            .transact(|tx| close(tx, &catalog, &who, &act, now(id), &too_few))
            .unwrap_err();
        let missing = ContentError::Pieces { line_no: 2, packed: 0, to_ship: 1 };
        assert!(matches!(told, CloseError::Contents(it) if it == missing), "{told:?}");
        assert_eq!(state_of(&mut connection, order).0, State::Rechecked);
    }
}

#[test]
fn a_box_of_another_weight_needs_somebody_who_has_looked() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = rechecked(&database);
        let (who, _) = somebody();
        let [packed] = one_box(vec![content(1, 2), content(2, 1)]);
        let heavy = [PackedBox { gross_grams: Some(3_000), ..packed }];
        let act = no_reason();
        let told =
            connection.transact(|tx| close(tx, &catalog, &who, &act, now(id), &heavy)).unwrap_err();
        assert!(matches!(told, CloseError::Weight { computed_grams: 1_380, .. }), "{told:?}");
        let (_, looked) = somebody();
        connection.transact(|tx| close(tx, &catalog, &who, &looked, now(id), &heavy)).unwrap();
        assert_eq!(state_of(&mut connection, order).0, State::Packed);
    }
}

#[test]
fn opened_boxes_are_packed_again() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = rechecked(&database);
        let (who, act) = somebody();
        let boxes = one_box(vec![content(1, 2), content(2, 1)]);
        connection.transact(|tx| close(tx, &catalog, &who, &act, now(id), &boxes)).unwrap();
        connection.transact(|tx| open(tx, &who, &act, now(id))).unwrap();
        assert_eq!(state_of(&mut connection, order), (State::Rechecked, Progress::NotPacked));
        assert!(connection.read(|tx| package::of_order(tx, order)).unwrap().is_empty());
        connection.transact(|tx| close(tx, &catalog, &who, &act, now(id), &boxes)).unwrap();
        all_is_well(&mut connection);
    }
}

#[test]
fn what_was_sent_back_and_put_right_goes_on_with_the_next_recheck() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = picked(&database);
        let (who, act) = somebody();
        connection.transact(|tx| send_back(tx, &who, &act, now(id))).unwrap();
        assert_eq!(state_of(&mut connection, order).0, State::Picking);
        let right = all_right();
        connection.transact(|tx| recheck(tx, &catalog, &who, &act, now(id), &right)).unwrap();
        assert_eq!(state_of(&mut connection, order).0, State::Rechecked);
        all_is_well(&mut connection);
    }
}

#[test]
fn an_order_that_is_canceled_when_it_is_packed_is_no_longer_packed() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = rechecked(&database);
        let (who, act) = somebody();
        let boxes = one_box(vec![content(1, 2), content(2, 1)]);
        connection.transact(|tx| close(tx, &catalog, &who, &act, now(id), &boxes)).unwrap();
        assert_eq!(state_of(&mut connection, order), (State::Packed, Progress::Packed));
        connection.transact(|tx| cancel_order(tx, &act, order, CancelReason::Buyer)).unwrap();
        assert_eq!(state_of(&mut connection, order), (State::Canceled, Progress::NotPacked));
        all_is_well(&mut connection);
    }
}

#[test]
fn an_order_is_not_packed_while_nobody_ships_a_part_of_it() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 2), (2, *BEIJING, 1)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2), (2, 1)]);
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x2, BJ planned 2x1");
        let (who, act) = somebody();
        let given_back = work_on(&mut connection, order)[1].clone();
        let seen = by_hand::Seen { id: given_back.id(), version: given_back.version() };
        let reason = RejectReason::Damaged;
        connection
            .transact(|tx| by_hand::give_back(tx, &catalog, &who, &act, seen, reason))
            .unwrap();
        let id = work_on(&mut connection, order)[0].id();
        pick_all(&mut connection, id, vec![(1, 2)]);
        let right = Findings { scanned: vec![("S1".to_owned(), 2)], ..all_right() };
        let right = Findings { weight_grams: None, ..right };
        connection.transact(|tx| recheck(tx, &catalog, &who, &act, now(id), &right)).unwrap();
        let boxes = one_box(vec![content(1, 2)]);
        connection.transact(|tx| close(tx, &catalog, &who, &act, now(id), &boxes)).unwrap();
        assert_eq!(state_of(&mut connection, order), (State::Packed, Progress::NotPacked));
        all_is_well(&mut connection);
    }
}

#[test]
fn a_bench_that_saw_an_older_version_is_refused() {
    for database in each_database() {
        let (mut connection, catalog, _, id) = picked(&database);
        let (who, act) = somebody();
        let seen = Seen { id, version: Some(1) };
        let told = connection
            .transact(|tx| recheck(tx, &catalog, &who, &act, seen, &all_right()))
            .unwrap_err();
        assert!(matches!(told, RecheckError::Bench(BenchError::Stale(_))), "{told:?}");
    }
}

#[test]
fn benches_that_scan_at_one_moment_are_answered_as_if_one_came_after_the_other() {
    for database in each_database() {
        let (mut connection, catalog, order, id) = picked(&database);
        let (principal, act) = somebody();
        let (catalog, seen) = (Arc::new(catalog), now(id));
        let right = Recheck {
            catalog: Arc::clone(&catalog),
            principal: principal.clone(),
            act: act.clone(),
            seen,
            findings: all_right(),
        };
        let broken =
            Recheck { findings: Findings { is_intact: false, ..all_right() }, ..right.clone() };
        let lost = Recheck { seen: now(FulfillmentId::from_raw(7)), ..right.clone() };
        let told =
            connection.transact(|tx| Recheck::run(&[&broken, &lost, &right, &right], tx)).unwrap();
        let nobody = |told: &RecheckError| {
            matches!(told, RecheckError::Bench(BenchError::Work(WorkError::NotFound(_))))
        };
        let twice = |told: &RecheckError| {
            matches!(told, RecheckError::Bench(BenchError::Work(WorkError::Refused(_))))
        };
        assert!(matches!(told[0], Err(RecheckError::Wrong(_))), "{:?}", told[0]);
        assert!(told[1].as_ref().is_err_and(nobody), "{:?}", told[1]);
        assert!(told[2].as_ref().is_ok_and(|work| work.state() == State::Rechecked));
        assert!(told[3].as_ref().is_err_and(twice), "{:?}", told[3]);

        let boxes = one_box(vec![content(1, 2), content(2, 1)]).to_vec();
        let packed = Pack { catalog, principal, act, seen, boxes };
        let empty = Pack { boxes: one_box(vec![content(1, 2)]).to_vec(), ..packed.clone() };
        let told = connection.transact(|tx| Pack::run(&[&empty, &packed, &packed], tx)).unwrap();
        assert!(matches!(told[0], Err(CloseError::Contents(_))), "{:?}", told[0]);
        assert!(told[1].as_ref().is_ok_and(|packages| packages.len() == 1), "{:?}", told[1]);
        assert!(matches!(told[2], Err(CloseError::Bench(_))), "{:?}", told[2]);
        assert_eq!(state_of(&mut connection, order), (State::Packed, Progress::Packed));
        let packages = connection.read(|tx| package::of_each(tx, &[id])).unwrap();
        assert_eq!(packages.len(), 1);
    }
}
