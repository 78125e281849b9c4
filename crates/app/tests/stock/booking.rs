//! Receipts, corrections, counts and transfers.

use ordermill_app::catalog::edit;
use ordermill_app::stock::{
    Spot, StockError, adjust_stock, count_stock, receive_stock, transfer_stock,
};
use ordermill_domain::actor::Act;
use ordermill_domain::stock::MovementError;
use ordermill_storage::{incoming, stock};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{location, sku};

use crate::kit::{a_shop, bin, clerk, day, in_bin, in_bins, lot_in, on_hand, pieces, receive, run};

#[test]
fn announced_goods_come_in_and_are_no_longer_on_their_way() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let announced = run(&mut connection, |tx| {
            let on = day("2026-12-01");
            edit::announce_incoming(tx, &clerk(), sku(1), location(1), pieces(30), on, "PO-1")
        })
        .unwrap();
        let id = Some(announced.id);
        run(&mut connection, |tx| {
            receive_stock(tx, &clerk(), sku(1), location(1), pieces(20), &in_bin(11), id)
        })
        .unwrap();
        let level = connection.read(|tx| stock::levels(tx, [sku(1)])).unwrap()[0];
        assert_eq!((level.on_hand, level.incoming), (20, 10));
        let elsewhere = run(&mut connection, |tx| {
            receive_stock(tx, &clerk(), sku(2), location(1), pieces(1), &in_bin(11), id)
        });
        assert!(matches!(elsewhere, Err(StockError::OtherAnnouncement)));
        let stored = connection.read(|tx| incoming::fetch(tx, announced.id)).unwrap().unwrap();
        assert_eq!((stored.received, stored.open(), stored.version), (20, 10, 2));
    }
}

#[test]
fn a_bin_never_gives_more_than_lies_in_it() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        receive(&mut connection, sku(1), location(1), 5, &in_bin(11));
        receive(&mut connection, sku(1), location(1), 5, &in_bin(12));
        let mut adjust = |delta, spot: &Spot| {
            run(&mut connection, |tx| adjust_stock(tx, &clerk(), sku(1), location(1), delta, spot))
        };
        let refused = adjust(-6, &in_bin(11));
        assert!(matches!(refused, Err(StockError::Short { has: 5, asked: 6 })), "{refused:?}");
        let refused = adjust(-1, &Spot::default());
        assert!(matches!(refused, Err(StockError::Short { has: 0, asked: 1 })), "{refused:?}");
        adjust(-2, &in_bin(11)).unwrap();
        assert_eq!(on_hand(&mut connection, sku(1), location(1)), 8);
        let bins = in_bins(&mut connection, sku(1), location(1));
        assert_eq!(bins, [(11, String::new(), 3), (12, String::new(), 5)]);
    }
}

#[test]
fn a_correction_says_why() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let act = Act { reason: Some(" ".to_owned()), ..clerk() };
        let result = run(&mut connection, |tx| {
            adjust_stock(tx, &act, sku(1), location(1), 1, &Spot::default())
        });
        assert!(matches!(result, Err(StockError::NeedsReason)));
    }
}

#[test]
fn a_count_of_a_bin_leaves_the_other_bins_alone() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        receive(&mut connection, sku(1), location(1), 5, &in_bin(11));
        receive(&mut connection, sku(1), location(1), 5, &in_bin(12));
        receive(&mut connection, sku(1), location(1), 4, &Spot::default());
        let mut count = |counted, spot: &Spot| {
            run(&mut connection, |tx| {
                count_stock(tx, &clerk(), sku(1), location(1), counted, spot)
            })
            .unwrap();
        };
        count(3, &in_bin(11));
        count(5, &in_bin(12));
        count(1, &Spot::default());
        assert_eq!(on_hand(&mut connection, sku(1), location(1)), 9);
        let bins = in_bins(&mut connection, sku(1), location(1));
        assert_eq!(bins, [(11, String::new(), 3), (12, String::new(), 5)]);
    }
}

#[test]
fn what_is_claimed_is_not_written_off() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        receive(&mut connection, sku(1), location(1), 5, &Spot::default());
        run(&mut connection, |tx| {
            let mut levels = stock::lock(tx, [sku(1)])?;
            levels.at(sku(1), location(1))?.reserve(pieces(3)).unwrap();
            levels.save_claims(tx)
        })
        .unwrap();
        let refused = run(&mut connection, |tx| {
            count_stock(tx, &clerk(), sku(1), location(1), 2, &Spot::default())
        });
        let claimed = StockError::Refused(MovementError::Claimed { left: 2, claimed: 3 });
        assert_eq!(refused.unwrap_err().to_string(), claimed.to_string());
        assert_eq!(on_hand(&mut connection, sku(1), location(1)), 5);
    }
}

#[test]
fn what_expires_first_is_moved_first_and_keeps_its_lot() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        receive(&mut connection, sku(1), location(1), 4, &Spot::default());
        receive(&mut connection, sku(1), location(1), 5, &lot_in(11, "OLD", "2026-11-21"));
        receive(&mut connection, sku(1), location(1), 5, &lot_in(11, "LATE", "2027-03-01"));
        receive(&mut connection, sku(1), location(1), 5, &lot_in(12, "SOON", "2026-12-24"));
        let (from, to) = ((location(1), None), (location(2), Some(bin(21))));
        let picks =
            run(&mut connection, |tx| transfer_stock(tx, &clerk(), sku(1), from, to, pieces(12)))
                .unwrap();
        let lots: Vec<_> = picks
            .iter()
            .map(|pick| (pick.spot.lot.as_ref().map(|lot| lot.code.as_str()), pick.quantity.get()))
            .collect();
        assert_eq!(lots, [(Some("SOON"), 5), (Some("LATE"), 5), (None, 2)]);
        assert_eq!(
            in_bins(&mut connection, sku(1), location(2)),
            [(21, "SOON".to_owned(), 5), (21, "LATE".to_owned(), 5), (21, String::new(), 2)]
        );
        assert_eq!(on_hand(&mut connection, sku(1), location(1)), 7);
        let expired =
            run(&mut connection, |tx| transfer_stock(tx, &clerk(), sku(1), from, to, pieces(3)));
        assert!(matches!(expired, Err(StockError::LotsShort(_))), "only 2 good pieces are left");
    }
}

#[test]
fn goods_that_expire_come_in_with_their_last_day() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let tea = run(&mut connection, |tx| {
            edit::edit_sku(tx, &clerk(), sku(2), 1, |sku| sku.handling.is_perishable = true)
        })
        .unwrap();
        let mut receive = |spot: &Spot| {
            run(&mut connection, |tx| {
                receive_stock(tx, &clerk(), tea.id, location(1), pieces(1), spot, None)
            })
        };
        assert!(matches!(receive(&in_bin(11)), Err(StockError::NeedsLot)));
        assert!(receive(&lot_in(11, "L1", "2027-01-01")).is_ok());
        assert!(matches!(receive(&lot_in(21, "L1", "2027-01-01")), Err(StockError::BinElsewhere)));
    }
}
