//! People on the floor who are at the same goods: nobody waits in a circle, and no piece counts twice.

use std::collections::BTreeSet;

use ordermill_app::catalog::Catalog;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::hand_work::{self, Asked as By, Outcome as ByHand};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::give_up::give_up_by_hand;
use ordermill_app::permission::Principal;
use ordermill_app::pick_list::Outcome;
use ordermill_base::Id as _;
use ordermill_domain::actor::Name;
use ordermill_domain::hand_work::Kind;
use ordermill_domain::ids::{PickListId, StaffId};
use ordermill_domain::order::CancelReason;
use ordermill_storage::{Connection, Error, Tx, pick_list, stock};
use ordermill_testkit::stock::sku;
use ordermill_testkit::{TestDatabase, each_database};

use crate::kit::*;

/// Somebody holds one thing, and wants another once `meanwhile` waits for them. Both must come through.
fn held(
    database: &TestDatabase,
    hold: impl FnOnce(&mut Tx<'_>) -> Result<(), Error> + Send,
    want: impl FnOnce(&mut Tx<'_>) -> Result<(), Error> + Send,
    meanwhile: impl FnOnce(),
) {
    let (holds, is_held) = std::sync::mpsc::channel();
    std::thread::scope(|threads| {
        let other = threads.spawn(move || {
            database.connection().transact(|tx| {
                hold(tx)?;
                holds.send(()).unwrap();
                database.until_somebody_waits();
                want(tx)
            })
        });
        is_held.recv().unwrap();
        meanwhile();
        other.join().unwrap().expect("whoever holds the work gets the stock");
    });
}

fn wants_stock(tx: &mut Tx<'_>) -> Result<(), Error> {
    stock::lock(tx, [sku(1)]).map(drop)
}

#[test]
fn giving_up_an_order_never_waits_in_a_circle_with_whoever_works_on_it() {
    for database in each_database().into_iter().filter(|it| it.engine() == "postgres") {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 1, None);
        let order = an_order(&mut connection, &known, 101, &[(1, 1)]);
        release(&mut connection, &wish()).unwrap();
        let list = take(&mut connection);
        short(&mut connection, &known, list);
        let work = work_of(&mut connection, order).id();
        let hold = move |tx: &mut Tx<'_>| FulfillmentFile::load_each(tx, &[work]).map(drop);
        let service = Principal::System(Name::fixed("test"));
        held(&database, hold, wants_stock, || {
            let given_up =
                connection.transact(|tx| give_up_by_hand(tx, &service, &act(), order, 1));
            assert!(given_up.unwrap().is_canceled);
        });
        all_is_well(&mut connection);
    }
}

/// An order for so many pieces that were picked in vain, and its list.
fn picked_in_vain(
    connection: &mut Connection,
    known: &Catalog,
    number: i64,
    pieces: i64,
) -> PickListId {
    let order = an_order(connection, known, number, &[(1, pieces)]);
    release(connection, &wish()).unwrap();
    let list = take(connection);
    scan(connection, known, list, "A-01-01-1");
    for _ in 0..pieces {
        assert_eq!(scan(connection, known, list, "S1"), Outcome::Picked);
    }
    connection.transact(|tx| cancel_order(tx, &act(), order, CancelReason::Buyer)).unwrap();
    list
}

/// Gathers pieces of the first SKU in a hand, to be put back.
fn gather(connection: &mut Connection, known: &Catalog, by: i64, pieces: i64) {
    for asked in [By::Scan("S1".to_owned()), By::Pieces(pieces)] {
        assert!(by_hand(connection, known, by, asked).is_taken());
    }
}

fn by_hand(connection: &mut Connection, known: &Catalog, by: i64, asked: By) -> ByHand {
    let (principal, _) = picker();
    let (who, what) = ((&principal, StaffId::from_raw(by)), (Kind::PutAway, here()));
    let sent = hand_work::Sent { key: None, asked };
    connection.transact(|tx| hand_work::work(tx, known, who, &act(), what, &sent)).unwrap().outcome
}

#[test]
fn pieces_of_several_lists_are_put_back_together_and_never_wait_in_a_circle_with_their_pickers() {
    for database in each_database().into_iter().filter(|it| it.engine() == "postgres") {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 5, None);
        picked_in_vain(&mut connection, &known, 101, 1);
        let second = picked_in_vain(&mut connection, &known, 102, 2);
        gather(&mut connection, &known, 7, 3);
        let hold = move |tx: &mut Tx<'_>| pick_list::fetch_for_update(tx, second).map(drop);
        held(&database, hold, wants_stock, || {
            let put = by_hand(&mut connection, &known, 7, By::Scan("A-02-01-1".to_owned()));
            assert_eq!(put, ByHand::Booked);
        });
        let mut there = shelves(&mut connection, 1);
        there.sort_unstable();
        assert_eq!(there, [(2, 0), (3, 0)]);
        all_is_well(&mut connection);
    }
}

#[test]
fn of_two_who_put_the_same_pieces_back_one_is_told_that_they_are_not_there() {
    for database in each_database() {
        let (mut connection, known) = a_floor(&database);
        put(&mut connection, 1, "A-01-01-1", 30, None);
        let open = database.open();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        let runtime = runtime.unwrap();
        let known = std::sync::Arc::new(known);
        for round in 0..8 {
            picked_in_vain(&mut connection, &known, 101 + round, 3);
            let before: i64 = shelves(&mut connection, 1).iter().map(|(pieces, _)| pieces).sum();
            for by in [7, 8] {
                gather(&mut connection, &known, by, 2);
            }
            let put = |by: i64| {
                let (open, known) = (open.clone(), known.clone());
                let write = move |tx: &mut Tx<'_>| {
                    let (principal, _) = picker();
                    let asked = By::Scan("A-01-01-1".to_owned());
                    let sent = hand_work::Sent { key: None, asked };
                    let (who, what) =
                        ((&principal, StaffId::from_raw(by)), (Kind::PutAway, here()));
                    hand_work::work(tx, &known, who, &act(), what, &sent)
                };
                async move { open.write(write).await.unwrap().outcome }
            };
            let (one, two) = runtime.block_on(async {
                let (one, two) = (tokio::spawn(put(7)), tokio::spawn(put(8)));
                (one.await.unwrap(), two.await.unwrap())
            });
            let told = BTreeSet::from([format!("{one:?}"), format!("{two:?}")]);
            assert_eq!(told, BTreeSet::from(["Booked".to_owned(), "TooMany".to_owned()]));
            let after: i64 = shelves(&mut connection, 1).iter().map(|(pieces, _)| pieces).sum();
            assert_eq!(after - before, 2, "each piece is put back once");
            // Both begin anew; the piece that is left goes to the shelf.
            for by in [7, 8] {
                while by_hand(&mut connection, &known, by, By::Undo) == ByHand::Undone {}
            }
            gather(&mut connection, &known, 7, 1);
            by_hand(&mut connection, &known, 7, By::Scan("A-01-01-1".to_owned()));
            all_is_well(&mut connection);
        }
        open.close();
    }
}
