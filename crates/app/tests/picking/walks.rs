//! What is released, walked and picked as it should be.

use ordermill_app::pack::Seen;
use ordermill_app::pack::close::{PackedBox, close};
use ordermill_app::pack::recheck::{Findings, recheck};
use ordermill_app::pick_list::{Asked, Outcome, PickError, Sent, work};
use ordermill_app::wave::{ReleaseError, Wish};
use ordermill_base::Quantity;
use ordermill_domain::fulfillment::State;
use ordermill_domain::package::Content;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, package, stock, task};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::sku;

use crate::kit::*;

#[test]
fn released_work_is_claimed_in_its_bins_and_picked_piece_by_piece() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        put(&mut connection, 2, "A-02-08-1", 4, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 2), (2, 1)]);
        let wave = release(&mut connection, &wish()).unwrap();
        assert_eq!((wave.fulfillments, wave.pieces, wave.lists), (1, 3, 1));
        assert!(wave.walk_mm > 0);
        assert_eq!(shelves(&mut connection, 1), [(5, 2)]);
        assert_eq!(work_of(&mut connection, order).state(), State::Released);
        all_is_well(&mut connection);

        let list = take(&mut connection);
        // The walk ends at the first aisle, so it begins at the other one.
        assert_eq!(scan(&mut connection, &known, list, "A-01-01-1"), Outcome::WrongBin);
        for (text, outcome) in [
            ("a-02-08-1", Outcome::BinFound),
            ("S1", Outcome::WrongItem),
            ("S2", Outcome::Picked),
            ("A-01-01-1", Outcome::BinFound),
            ("S1", Outcome::Picked),
        ] {
            assert_eq!(scan(&mut connection, &known, list, text), outcome, "{text}");
            all_is_well(&mut connection);
        }
        assert_eq!(work_of(&mut connection, order).state(), State::Picking);
        assert_eq!(shelves(&mut connection, 1), [(4, 1)]);
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::Picked);
        assert_eq!(work_of(&mut connection, order).state(), State::Picked);
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::Done);
        let level = connection.read(|tx| stock::levels(tx, [sku(1)])).unwrap();
        assert_eq!(level[0].on_hand, 5, "what lies in a tote is in the building");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_scan_that_is_sent_again_is_counted_once() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 3)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        let sent = |key: &str, text: &str| Sent {
            key: Some(key.to_owned()),
            line: Some(1),
            asked: Asked::Scan { text: text.to_owned(), pieces: 1 },
        };
        send(&mut connection, &known, list, &sent("a", "A-01-01-1"));
        let first = send(&mut connection, &known, list, &sent("b", "S1"));
        let again = send(&mut connection, &known, list, &sent("b", "S1"));
        assert_eq!((first.outcome, &again), (Outcome::Picked, &first));
        assert_eq!(work_of(&mut connection, order).line(1).unwrap().picked, 1);
        // What was sent with its id is no other scan.
        let (principal, by) = picker();
        for other in [sent("b", "A-01-01-1"), Sent { line: Some(2), ..sent("b", "S1") }] {
            let refused =
                connection.transact(|tx| work(tx, &known, (&principal, by), &act(), list, &other));
            assert!(matches!(refused, Err(PickError::KeyReused)), "{refused:?}");
        }
        // What was refused may be right a moment later.
        assert_eq!(
            send(&mut connection, &known, list, &sent("c", "S2")).outcome,
            Outcome::WrongItem
        );
        assert_eq!(send(&mut connection, &known, list, &sent("c", "S1")).outcome, Outcome::Picked);
        all_is_well(&mut connection);
    }
}

#[test]
fn two_waves_never_claim_the_same_piece() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 3, None);
        put(&mut connection, 1, "A-02-01-1", 3, None);
        for number in [101, 102, 103] {
            an_order(&mut connection, &known, number, &[(1, 2)]);
            release(&mut connection, &wish()).unwrap();
        }
        assert!(matches!(release(&mut connection, &wish()), Err(ReleaseError::Nothing)));
        let mut claimed = shelves(&mut connection, 1);
        claimed.sort_unstable();
        assert_eq!(claimed, [(3, 3), (3, 3)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn hundreds_are_released_in_one_wave_and_batched_on_carts() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        for (number, code) in [(1, "A-01-01-1"), (2, "A-01-07-1"), (3, "A-02-08-1")] {
            put(&mut connection, number, code, 500, None);
        }
        for number in 0..120 {
            an_order(&mut connection, &known, 101 + number, &[(number % 3 + 1, 2)]);
        }
        let wave = release(&mut connection, &wish()).unwrap();
        assert_eq!((wave.fulfillments, wave.pieces, wave.lists), (120, 240, 21));
        assert!(wave.walk_mm * 4 < wave.walk_alone_mm, "{wave:?}");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_wave_of_one_zone_takes_what_lies_all_in_it() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        an_order(&mut connection, &known, 101, &[(1, 1)]);
        let elsewhere = Wish { zone: "F".to_owned(), ..wish() };
        assert!(matches!(release(&mut connection, &elsewhere), Err(ReleaseError::Nothing)));
        let there = Wish { zone: "A".to_owned(), ..wish() };
        assert_eq!(release(&mut connection, &there).unwrap().fulfillments, 1);
        let too_many = Wish { most: 0, ..wish() };
        assert!(matches!(release(&mut connection, &too_many), Err(ReleaseError::Impossible)));
    }
}

#[test]
fn a_lot_is_checked_and_the_newest_piece_is_put_back_by_undo() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, Some("L1"));
        let order = an_order(&mut connection, &known, 101, &[(1, 2)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        for (text, outcome) in [
            ("A-01-01-1", Outcome::BinFound),
            ("S1", Outcome::ItemSeen),
            ("L2", Outcome::WrongLot),
            ("L1", Outcome::Picked),
            ("S1", Outcome::Picked),
        ] {
            assert_eq!(scan(&mut connection, &known, list, text), outcome, "{text}");
        }
        assert_eq!(work_of(&mut connection, order).state(), State::Picked);
        assert_eq!(do_it(&mut connection, &known, list, Asked::Undo), Outcome::PutBack);
        assert_eq!(work_of(&mut connection, order).state(), State::Picking);
        assert_eq!(shelves(&mut connection, 1), [(4, 1)]);
        all_is_well(&mut connection);
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::Picked);
        assert_eq!(work_of(&mut connection, order).state(), State::Picked);
        all_is_well(&mut connection);
    }
}

#[test]
fn the_lot_that_was_scanned_at_the_shelf_is_kept_with_the_package() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, Some("L1"));
        let order = an_order(&mut connection, &known, 101, &[(1, 2)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        for text in ["A-01-01-1", "S1", "L1", "S1"] {
            scan(&mut connection, &known, list, text);
        }
        let work = work_of(&mut connection, order).id();
        let (who, _) = picker();
        let seen = Seen { id: work, version: None };
        let scanned = vec![("S1".to_owned(), 2)];
        let right = Findings { scanned, weight_grams: None, is_intact: true, is_reinforced: false };
        let quantity = Quantity::new(2).unwrap();
        let contents =
            vec![Content { line_no: 1, sku: sku(1), quantity, lot: None, serials: Vec::new() }];
        let boxes = [PackedBox { material: "BOX-M".to_owned(), contents, gross_grams: None }];
        connection
            .transact(|tx| {
                recheck(tx, &known, &who, &act(), seen, &right).unwrap();
                close(tx, &known, &who, &act(), seen, &boxes).unwrap();
                Ok::<_, Error>(())
            })
            .unwrap();
        let packages = connection.read(|tx| package::of_each(tx, &[work])).unwrap();
        assert_eq!(packages[0].contents[0].lot.as_deref(), Some("L1"));
        all_is_well(&mut connection);
    }
}

#[test]
fn a_wave_leaves_out_orders_whose_money_a_bank_wants_back() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        let stopped = an_order(&mut connection, &known, 101, &[(1, 1)]);
        let other = an_order(&mut connection, &known, 102, &[(1, 2)]);
        let about = (TaskKind::DisputedOrder, act().at);
        let open = |tx: &mut Tx<'_>| task::open(tx, about.0, stopped, "{}", None, about.1);
        connection.transact(open).unwrap();
        let wave = release(&mut connection, &wish()).unwrap();
        assert_eq!((wave.fulfillments, wave.pieces), (1, 2));
        assert_eq!(work_of(&mut connection, stopped).state(), State::Planned);
        assert_eq!(work_of(&mut connection, other).state(), State::Released);
        assert!(matches!(release(&mut connection, &wish()), Err(ReleaseError::Nothing)));

        let close = |tx: &mut Tx<'_>| task::close(tx, about.0, stopped, "ship it", about.1);
        connection.transact(close).unwrap();
        assert_eq!(release(&mut connection, &wish()).unwrap().fulfillments, 1);
        all_is_well(&mut connection);
    }
}
