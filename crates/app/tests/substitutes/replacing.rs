//! Service replaces missing pieces.

use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::give_up::give_up_by_hand;
use ordermill_app::order::substitute::{SubstituteError, substitute_by_hand};
use ordermill_domain::actor::Actor;
use ordermill_domain::order::{CancelReason, LineTerms, PaymentTerms, Status};
use ordermill_domain::refund::Cause;
use ordermill_domain::role::Role;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{Tx, order, stock};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{location, sku};

use crate::kit::*;

#[test]
fn what_is_cheaper_is_sent_and_the_difference_goes_back_at_once() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(TEA, 1, 1), (CHEAPER, 1, 5)]);
        let order = an_order(&mut connection, 3, PaymentTerms::Prepaid);
        let done = replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        // Two of three at 29.03 cost 19.35; two of the cheaper ones cost 16.00.
        assert_eq!((done.line_no, done.refunded.minor), (2, 335));
        assert_eq!(refunds(&mut connection, order), [(Cause::Substituted, 335)]);
        assert_eq!(pieces(&mut connection, order), [(2, 1, 0), (0, 2, 0)]);
        let LineTerms { sku: of, unit_price_minor, total_minor, stands_for, .. } =
            lines(&mut connection, order)[1].terms;
        assert_eq!((of, unit_price_minor), (sku(CHEAPER), 800));
        assert_eq!((total_minor, stands_for), (1_600, Some(1)));
        assert_eq!(available(&mut connection, sku(CHEAPER), 1), 3);
        all_is_well(&mut connection);
        // A second click finds nothing that waits.
        let again = replaced(&mut connection, &known, order, (1, CHEAPER));
        assert!(matches!(again, Err(SubstituteError::NothingMissing(1))), "{again:?}");
    }
}

#[test]
fn what_is_dearer_costs_the_buyer_no_more() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(DEARER, 1, 5)]);
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        let done = replaced(&mut connection, &known, order, (1, DEARER)).unwrap();
        assert_eq!(done.refunded.minor, 0);
        assert_eq!(refunds(&mut connection, order), []);
        assert_eq!(lines(&mut connection, order)[1].terms.total_minor, 1_902);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_is_collected_at_the_door_stays_as_it_is() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 5)]);
        let order = an_order(&mut connection, 2, PaymentTerms::CashOnDelivery);
        let done = replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        assert_eq!(done.refunded.minor, 0);
        assert_eq!(lines(&mut connection, order)[1].terms.total_minor, 1_902);
        let total = connection.read(|tx| order::fetch(tx, order)).unwrap().unwrap();
        assert_eq!(total.order.facts().amounts.total_minor, 2_402);
        all_is_well(&mut connection);
    }
}

#[test]
fn only_what_the_catalog_knows_as_a_substitute_and_sells_is_sent() {
    for database in each_database() {
        let stock = [(CHEAPER, 1, 5), (DEARER, 1, 5), (CUP, 1, 5)];
        let (mut connection, known) = a_shop_with(&database, &stock, |goods| {
            goods.is_active = goods.id != sku(CHEAPER);
        });
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        let cup = replaced(&mut connection, &known, order, (1, CUP));
        assert!(matches!(cup, Err(SubstituteError::NotASubstitute(it)) if it == sku(CUP)));
        let off_sale = replaced(&mut connection, &known, order, (1, CHEAPER));
        assert!(matches!(off_sale, Err(SubstituteError::NotSold(_))), "{off_sale:?}");
        let no_line = replaced(&mut connection, &known, order, (2, DEARER));
        assert!(matches!(no_line, Err(SubstituteError::NothingMissing(2))), "{no_line:?}");
        assert_eq!(pieces(&mut connection, order), [(0, 0, 2)], "nothing has changed");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_substitute_of_which_too_few_may_be_sold_is_no_help() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 3), (CHEAPER, 2, 1)]);
        let order = an_order(&mut connection, 3, PaymentTerms::Prepaid);
        // Two of the three are kept back as safety stock.
        let kept = StockLevel {
            safety_stock: 2,
            ..StockLevel::new(sku(CHEAPER), location(1), BackorderPolicy::Deny)
        };
        connection.transact(|tx| stock::set_policy(tx, &kept)).unwrap();
        let refused = replaced(&mut connection, &known, order, (1, CHEAPER));
        let Err(SubstituteError::NotEnough { available: 2, wanted: 3, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(pieces(&mut connection, order), [(0, 0, 3)]);
        assert_eq!(available(&mut connection, sku(CHEAPER), 2), 1);
        all_is_well(&mut connection);
    }
}

#[test]
fn pieces_come_from_several_warehouses_if_one_has_too_few() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 1), (CHEAPER, 2, 2)]);
        let order = an_order(&mut connection, 3, PaymentTerms::Prepaid);
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        assert_eq!(pieces(&mut connection, order), [(3, 0, 0), (0, 3, 0)]);
        assert_eq!(available(&mut connection, sku(CHEAPER), 1), 0);
        assert_eq!(available(&mut connection, sku(CHEAPER), 2), 0);
        all_is_well(&mut connection);
    }
}

#[test]
fn one_person_sends_back_no_more_than_they_may_and_not_everybody_replaces() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 500)]);
        let order = an_order(&mut connection, 300, PaymentTerms::Prepaid);
        let refused = replaced(&mut connection, &known, order, (1, CHEAPER));
        // 3,003.00 less 1.00, and 2,400.00 for the others.
        let Err(SubstituteError::AboveLimit { amount_minor: 60_200 }) = refused else {
            panic!("{refused:?}")
        };
        let picker = member(Role::Warehouse);
        let act = act_of(picker.actor());
        let wanted = (1, sku(CHEAPER));
        let refused =
            connection.transact(|tx| substitute_by_hand(tx, &known, &picker, &act, order, wanted));
        assert!(matches!(refused, Err(SubstituteError::Forbidden(_))), "{refused:?}");
        assert_eq!(refunds(&mut connection, order), []);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_was_sent_in_place_may_be_given_up_or_canceled_with_the_order() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(TEA, 1, 1), (CHEAPER, 1, 5)]);
        let order = an_order(&mut connection, 3, PaymentTerms::Prepaid);
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        let act = act_of(Actor::system("test"));
        let cancel = |tx: &mut Tx<'_>| cancel_order(tx, &act, order, CancelReason::Buyer);
        assert!(connection.transact(cancel).unwrap());
        let sent = refunds(&mut connection, order);
        assert_eq!(sent, [(Cause::Substituted, 335), (Cause::OrderCanceled, 3_068)]);
        assert_eq!(available(&mut connection, sku(CHEAPER), 1), 5);
        let stored = connection.read(|tx| order::fetch(tx, order)).unwrap().unwrap();
        assert_eq!(stored.order.status(), Status::Canceled);
        all_is_well(&mut connection);
        let gone = replaced(&mut connection, &known, order, (2, DEARER));
        assert!(matches!(gone, Err(SubstituteError::NothingMissing(2))), "{gone:?}");
        let service = member(Role::Service);
        let gone = connection.transact(|tx| give_up_by_hand(tx, &service, &act, order, 2));
        assert!(gone.is_err(), "the order is over");
    }
}
