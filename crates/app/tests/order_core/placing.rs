//! An order comes in once, with the stock it takes.

use ordermill_app::order::place::{Key, PlaceOrder, PlaceOrderError, Placement};
use ordermill_base::Id as _;
use ordermill_domain::ids::{CartId, OrderId};
use ordermill_domain::order::Status;
use ordermill_storage::{Error, deadline};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{location, receive, sku};

use crate::kit::*;

#[test]
fn the_last_pieces_are_sold_once_in_a_batch() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 5, NOW);
        let orders: Vec<PlaceOrder> = (1..=8).map(|number| an_order(number, sku(1), 1)).collect();
        let placed = place(&mut connection, &orders);
        assert_eq!(placed.iter().filter(|result| result.is_ok()).count(), 5);
        assert!(
            matches!(&placed[7], Err(PlaceOrderError::OutOfStock(short)) if short[0].available == 0)
        );
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (5, 0), "{database:?}");
    }
}

#[test]
fn the_last_pieces_are_sold_once_in_a_rush() {
    for database in each_database() {
        receive(&mut database.connection(), sku(1), location(1), 20, NOW);
        let open = database.open();
        let sold = runtime().block_on(async {
            let mut placing = tokio::task::JoinSet::new();
            for number in 1..=200 {
                let (open, order) = (open.clone(), an_order(number, sku(1), 1));
                placing.spawn(async move { open.submit(order).await.unwrap().is_ok() });
            }
            placing.join_all().await.into_iter().filter(|is_sold| *is_sold).count()
        });
        open.close();
        assert_eq!(sold, 20, "{database:?}");
        assert_eq!(reserved_and_allocated(&mut database.connection(), sku(1)), (20, 0));
    }
}

#[test]
fn the_same_key_places_one_order_and_another_body_is_refused() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let key =
            |hash| Key { principal: "key".into(), key: "k1".into(), request_hash: [hash; 32] };
        let with =
            |number, hash| PlaceOrder { key: Some(key(hash)), ..an_order(number, sku(1), 1) };
        let placed = place(&mut connection, &[with(1, 7), with(2, 7), with(3, 8)]);
        let first = OrderId::from_raw(1);
        assert_eq!(placed[0], Ok(Placement::New(first)));
        assert_eq!(placed[1], Ok(Placement::Existing(first)));
        assert_eq!(placed[2], Err(PlaceOrderError::KeyReused));
        let again = place(&mut connection, &[with(4, 7), with(5, 8)]);
        assert_eq!(again, [Ok(Placement::Existing(first)), Err(PlaceOrderError::KeyReused)]);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (1, 0));
    }
}

#[test]
fn a_channels_order_comes_in_once() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let theirs = |number| {
            let mut order = an_order(number, sku(1), 1);
            order.placed.channel_order_id = Some("1001".to_owned());
            order
        };
        let placed = place(&mut connection, &[theirs(1), theirs(2)]);
        let again = place(&mut connection, &[theirs(3)]);
        let first = OrderId::from_raw(1);
        assert_eq!(placed, [Ok(Placement::New(first)), Ok(Placement::Existing(first))]);
        assert_eq!(again, [Ok(Placement::Existing(first))]);
    }
}

#[test]
fn a_cart_becomes_one_order_whatever_the_keys() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 9, NOW);
        let cart = CartId::from_raw(77);
        let from_tab = |number| PlaceOrder { cart: Some(cart), ..an_order(number, sku(1), 1) };
        let placed = place(&mut connection, &[from_tab(1), from_tab(2)]);
        let again = place(&mut connection, &[from_tab(3)]);
        let first = OrderId::from_raw(1);
        assert_eq!(placed, [Ok(Placement::New(first)), Ok(Placement::Existing(first))]);
        assert_eq!(again, [Ok(Placement::Existing(first))], "{database:?}");
    }
}

#[test]
fn a_command_that_fails_or_panics_after_writing_leaves_no_trace_and_spares_its_neighbors() {
    for database in each_database() {
        receive(&mut database.connection(), sku(1), location(1), 9, NOW);
        let open = database.open();
        let fails = open.write(|tx| {
            ordermill_storage::order::insert_contacts(tx, &[(1, OrderId::from_raw(1))])?;
            Err::<(), Error>(Error::Stale("a thing"))
        });
        let panics = open.write(|tx| {
            ordermill_storage::order::insert_contacts(tx, &[(2, OrderId::from_raw(1))])?;
            assert!(tx.next_id::<OrderId>(NOW).raw() < 0, "a defect of a command");
            Ok::<(), Error>(())
        });
        let order = open.submit(an_order(1, sku(1), 1));
        let (fails, panics, order) =
            runtime().block_on(async { tokio::join!(fails, panics, order) });
        assert!(matches!(fails, Err(Error::Stale(_))), "{fails:?}");
        assert!(matches!(panics, Err(Error::Panicked)), "{panics:?}");
        assert!(matches!(order, Ok(Ok(Placement::New(_)))), "{order:?}");
        let filter = |contact| ordermill_storage::order::Filter {
            contact: Some(contact),
            ..Default::default()
        };
        for contact in [1, 2] {
            let list =
                open.read(move |tx| ordermill_storage::order::list(tx, &filter(contact), None, 9));
            let list = runtime().block_on(list);
            assert_eq!(list.unwrap(), [], "{database:?}");
        }
        open.close();
    }
}

/// The simulation's find: a timer to pay was armed for what nobody owes.
#[test]
fn an_order_that_costs_nothing_is_confirmed_at_once_and_waits_for_no_money() {
    for database in each_database() {
        let mut connection = database.connection();
        receive(&mut connection, sku(1), location(1), 3, NOW);
        let mut free = an_order(1, sku(1), 2);
        free.placed.promotion = true;
        free.placed.lines[0].discount_minor = 2_000;
        free.placed.lines[0].total_minor = 0;
        (free.placed.amounts.discount_minor, free.placed.amounts.total_minor) = (2_000, 0);
        free.discounts = vec![(1, "coupon:1".to_owned(), 2_000)];
        place(&mut connection, &[free]).remove(0).unwrap();
        assert_eq!(status(&mut connection, 1), Status::Confirmed, "{database:?}");
        let order = OrderId::from_raw(1);
        assert_eq!(connection.read(|tx| deadline::of(tx, order)).unwrap(), []);
        assert_eq!(reserved_and_allocated(&mut connection, sku(1)), (0, 2));
    }
}
