//! A piece with a serial number is one piece: it cannot be with two buyers.

use ordermill_base::Span;
use ordermill_sandbox::carriers::Word;

use crate::kit::{Shop, on_each_database, on_each_database_unchecked};

const LEFT_TWICE: &str =
    "a piece has left twice, by its serial number, and had not come back in between";

/// What the checker says of the orders that are named.
fn found(shop: &Shop) -> Vec<(String, String)> {
    let found = shop.violations().into_iter();
    found.map(|it| (it.subject, it.what)).collect()
}

#[test]
fn a_serial_number_that_leaves_a_second_time_is_found() {
    on_each_database_unchecked(async |shop| {
        shop.serial = Some("SN-1");
        shop.on_its_way(1).await;
        let (_, _, second) = shop.labeled_work(2).await;
        assert_eq!(found(shop), [], "it is in the house");
        shop.clock.advance(Span::minutes(1));
        shop.leaves(&second).await;
        assert_eq!(found(shop), [("2".to_owned(), LEFT_TWICE.to_owned())]);
    });
}

#[test]
fn a_piece_that_a_carrier_has_brought_back_may_leave_again() {
    on_each_database(async |shop| {
        shop.serial = Some("SN-1");
        let (_, refused) = shop.on_its_way(1).await;
        for word in [Word::Refused, Word::ReturnedToSender] {
            shop.clock.advance(Span::minutes(1));
            shop.reports(&refused, word).await;
        }
        shop.clock.advance(Span::minutes(1));
        shop.on_its_way(2).await;
        shop.serial = Some("SN-2");
        shop.on_its_way(3).await;
        assert_eq!(found(shop), []);
    });
}
