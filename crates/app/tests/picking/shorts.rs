//! What is not where the books say, not wanted any more, or in doubt.

use ordermill_app::order::cancel::cancel_order;
use ordermill_app::pick_list::{Outcome, drop_fulfillment, put_away};
use ordermill_app::stock::{
    Spot, StockError, adjust_stock, count_stock, receive_stock, transfer_stock,
};
use ordermill_app::wave::ReleaseError;
use ordermill_base::{Id as _, Quantity};
use ordermill_domain::fulfillment::State;
use ordermill_domain::order::CancelReason;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Tx, pick_list, stock};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{location, sku};

use crate::kit::*;

#[test]
fn what_is_missing_is_fetched_from_another_bin_and_the_bin_is_counted() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 2, None);
        put(&mut connection, 1, "A-02-01-1", 9, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 2)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        scan(&mut connection, &known, list, "A-01-01-1");
        scan(&mut connection, &known, list, "S1");
        assert_eq!(short(&mut connection, &known, list), Outcome::OtherBin);
        let doubted = bin(&mut connection, "A-01-01-1");
        assert!(is_asked(&mut connection, TaskKind::CountBin, doubted.raw()));
        assert!(!is_asked(&mut connection, TaskKind::Shortage, sku(1).raw()));
        all_is_well(&mut connection);
        assert_eq!(scan(&mut connection, &known, list, "A-02-01-1"), Outcome::BinFound);
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::Picked);
        assert_eq!(work_of(&mut connection, order).state(), State::Picked);
        // Nothing is claimed in a bin that is to be counted.
        an_order(&mut connection, &known, 102, &[(1, 1)]);
        release(&mut connection, &wish()).unwrap();
        let mut claimed = shelves(&mut connection, 1);
        claimed.sort_unstable();
        assert_eq!(claimed, [(1, 0), (8, 1)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_no_bin_has_is_given_up_and_service_and_operations_hear_of_it() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 3, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 3)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        scan(&mut connection, &known, list, "A-01-01-1");
        scan(&mut connection, &known, list, "S1");
        assert_eq!(short(&mut connection, &known, list), Outcome::Short);
        let work = work_of(&mut connection, order);
        assert_eq!((work.state(), work.line(1).unwrap().quantity), (State::Picked, 1));
        assert!(is_asked(&mut connection, TaskKind::Shortage, sku(1).raw()));
        assert!(is_asked(&mut connection, TaskKind::ShortPick, order.raw()));
        all_is_well(&mut connection);
    }
}

#[test]
fn a_canceled_order_leaves_its_list_and_what_was_picked_goes_back_to_a_shelf() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 3)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        scan(&mut connection, &known, list, "A-01-01-1");
        scan(&mut connection, &known, list, "S1");
        connection.transact(|tx| cancel_order(tx, &act(), order, CancelReason::Buyer)).unwrap();
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::Canceled);
        let work = work_of(&mut connection, order);
        connection.transact(|tx| drop_fulfillment(tx, work.id(), NOW)).unwrap();
        connection.transact(|tx| drop_fulfillment(tx, work.id(), NOW)).unwrap();
        assert_eq!(shelves(&mut connection, 1), [(4, 0)]);
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::Done);
        all_is_well(&mut connection);
        let (principal, _) = picker();
        let shelf = bin(&mut connection, "A-02-01-1");
        let put = |tx: &mut Tx<'_>| put_away(tx, &principal, &act(), (list, 1), shelf, 1);
        assert_eq!(connection.transact(put).unwrap(), 0);
        assert!(connection.transact(put).is_err(), "nothing is left to put away");
        assert!(!is_asked(&mut connection, TaskKind::PutBack, work.id().raw()));
        let back = connection.read(|tx| pick_list::to_put_away(tx, here(), None, 9)).unwrap();
        assert_eq!(back, []);
        all_is_well(&mut connection);
    }
}

#[test]
fn a_short_pick_for_a_canceled_order_changes_nothing() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 3)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        connection.transact(|tx| cancel_order(tx, &act(), order, CancelReason::Buyer)).unwrap();
        assert_eq!(short(&mut connection, &known, list), Outcome::Canceled);
        assert_eq!(shelves(&mut connection, 1), [(5, 3)], "until the list has learned of it");
        all_is_well(&mut connection);
    }
}

#[test]
fn what_lies_in_totes_is_not_taken_for_something_that_lies_about() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        an_order(&mut connection, &known, 101, &[(1, 2)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        for text in ["A-01-01-1", "S1", "S1"] {
            scan(&mut connection, &known, list, text);
        }
        let nowhere = Spot::default();
        let moved = connection.transact(|tx| {
            transfer_stock(
                tx,
                &act(),
                sku(1),
                (here(), Some(&nowhere)),
                (location(2), None),
                Quantity::ONE,
            )
        });
        assert!(matches!(moved, Err(StockError::Short { has: 0, asked: 1 })), "{moved:?}");
        connection.transact(|tx| count_stock(tx, &act(), sku(1), here(), 0, &nowhere)).unwrap();
        let level = connection.read(|tx| stock::levels(tx, [sku(1)])).unwrap();
        assert_eq!(level[0].on_hand, 5, "who counts what lies about does not count totes");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_piece_that_a_bin_still_counts_is_not_picked_from_nowhere() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        let nowhere = Spot::default();
        let one = Quantity::ONE;
        connection
            .transact(|tx| receive_stock(tx, &act(), sku(1), here(), one, &nowhere, None))
            .unwrap();
        an_order(&mut connection, &known, 101, &[(1, 2)]);
        release(&mut connection, &wish()).unwrap();
        // What lay about is gone before somebody comes for it, and a shelf is filled.
        put(&mut connection, 1, "A-02-01-1", 4, None);
        connection.transact(|tx| adjust_stock(tx, &act(), sku(1), here(), -1, &nowhere)).unwrap();
        let list = take(&mut connection);
        for text in ["A-01-01-1", "S1"] {
            scan(&mut connection, &known, list, text);
        }
        assert_eq!(scan(&mut connection, &known, list, "S1"), Outcome::TooMany);
        assert_eq!(short(&mut connection, &known, list), Outcome::OtherBin);
        for text in ["A-02-01-1", "S1"] {
            scan(&mut connection, &known, list, text);
        }
        assert_eq!(shelves(&mut connection, 1), [(3, 0)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn work_whose_pieces_lie_in_a_doubted_bin_waits_for_the_count() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        an_order(&mut connection, &known, 101, &[(1, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        scan(&mut connection, &known, list, "A-01-01-1");
        short(&mut connection, &known, list);
        let waiting = an_order(&mut connection, &known, 102, &[(1, 2)]);
        assert!(matches!(release(&mut connection, &wish()), Err(ReleaseError::Nothing)));
        let bin = bin(&mut connection, "A-01-01-1");
        let spot = Spot { bin: Some(bin), lot: None };
        connection.transact(|tx| count_stock(tx, &act(), sku(1), here(), 4, &spot)).unwrap();
        release(&mut connection, &wish()).unwrap();
        assert_eq!(work_of(&mut connection, waiting).state(), State::Released);
        all_is_well(&mut connection);
    }
}

#[test]
fn claimed_pieces_are_not_taken_by_others() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        an_order(&mut connection, &known, 101, &[(1, 3)]);
        release(&mut connection, &wish()).unwrap();
        let spot = Spot { bin: Some(bin(&mut connection, "A-01-01-1")), lot: None };
        let counted = connection.transact(|tx| count_stock(tx, &act(), sku(1), here(), 2, &spot));
        assert!(matches!(counted, Err(StockError::Refused(_))), "{counted:?}");
        let moved = connection.transact(|tx| {
            let three = Quantity::new(3).unwrap();
            let (from, to) = ((here(), Some(&spot)), (location(2), None));
            transfer_stock(tx, &act(), sku(1), from, to, three)
        });
        assert!(matches!(moved, Err(StockError::Short { has: 2, asked: 3 })), "{moved:?}");
    }
}
