//! What is sent in place of something goes the way of all goods, and its buyer is told.

use std::collections::BTreeSet;

use ordermill_app::catalog::Catalog;
use ordermill_app::message::news;
use ordermill_app::order::file::OrderFile;
use ordermill_app::order::fill;
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_domain::fulfillment::PlannedLine;
use ordermill_domain::ids::OrderId;
use ordermill_domain::message::Cause as Told;
use ordermill_domain::order::{LineQuantity, PaymentTerms};
use ordermill_domain::refund::Cause;
use ordermill_storage::{Connection, fulfillment, message};
use ordermill_testkit::stock::{location, receive, sku};
use ordermill_testkit::{TestDatabase, each_database, journal};

use crate::kit::*;

fn sourced(connection: &mut Connection, known: &Catalog, order: OrderId) -> Vec<PlannedLine> {
    let source = |tx: &mut ordermill_storage::Tx<'_>| {
        source_each(tx, known, &by_rules(NOW), &BTreeSet::from([order]), &Wish::default())
    };
    connection.transact(source).unwrap();
    let work = connection.read(|tx| fulfillment::of(tx, order)).unwrap();
    let lines = work.iter().flat_map(|work| &work.facts().lines);
    let planned = lines.map(|line| PlannedLine {
        line_no: line.line_no,
        sku: line.sku,
        quantity: ordermill_base::Quantity::new(line.quantity).unwrap(),
    });
    planned.collect()
}

fn readers_catch_up(database: &TestDatabase, connection: &mut Connection, reader: Reader) {
    journal::settle(connection);
    let open = database.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut reading = Reading::new(reader, open.clone(), "test");
        while !matches!(reading.step(NOW).await.unwrap(), Step::Idle) {}
    });
    open.close();
}

#[test]
fn a_location_ships_what_is_sent_in_place() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 2, 5)]);
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        assert_eq!(sourced(&mut connection, &known, order), [], "nothing is there");
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        let planned = sourced(&mut connection, &known, order);
        assert_eq!(planned.len(), 1);
        let PlannedLine { line_no, sku: of, quantity } = planned[0];
        assert_eq!((line_no, of, quantity.get()), (2, sku(CHEAPER), 2));
        all_is_well(&mut connection);
    }
}

/// Pieces that were promised cannot be found anywhere after all.
fn come_up_short(connection: &mut Connection, order: OrderId, line_no: u16, by: i64) {
    let work = connection.read(|tx| fulfillment::of(tx, order)).unwrap();
    let planned = work.iter().find(|work| work.line(line_no).is_some()).unwrap().id();
    let short = |tx: &mut ordermill_storage::Tx<'_>| {
        let mut file = OrderFile::load(tx, order).unwrap();
        let quantity = file.lines[usize::from(line_no) - 1].terms.quantity;
        let pieces = LineQuantity { line_no, quantity };
        file.lose(planned, pieces).unwrap();
        let act = act_of(ordermill_domain::actor::Actor::system("test"));
        file.promise_again(&act, pieces, sku(by), &[location(1)]).unwrap();
        file.save(tx)
    };
    connection.transact(short).unwrap();
}

#[test]
fn a_substitute_that_is_itself_short_is_replaced_again() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 2, 2), (DEARER, 1, 9)]);
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        sourced(&mut connection, &known, order);
        receive(&mut connection, sku(CHEAPER), location(1), 1, NOW);
        come_up_short(&mut connection, order, 2, CHEAPER);
        assert_eq!(pieces(&mut connection, order), [(2, 0, 0), (0, 1, 1)]);
        let done = replaced(&mut connection, &known, order, (2, DEARER)).unwrap();
        assert_eq!((done.line_no, done.refunded.minor), (3, 0));
        assert_eq!(pieces(&mut connection, order), [(2, 0, 0), (1, 1, 0), (0, 1, 0)]);
        let lines = lines(&mut connection, order);
        assert_eq!((lines[2].terms.stands_for, lines[2].terms.total_minor), (Some(2), 800));
        assert_eq!(refunds(&mut connection, order), [(Cause::Substituted, 302)]);
    }
}

#[test]
fn goods_that_come_in_later_do_not_come_to_what_was_replaced() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 2)]);
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        receive(&mut connection, sku(TEA), location(1), 5, NOW);
        readers_catch_up(&database, &mut connection, Reader::backorders());
        assert_eq!(fill::READER, "backorders");
        assert_eq!(pieces(&mut connection, order), [(2, 0, 0), (0, 2, 0)]);
        assert_eq!(available(&mut connection, sku(TEA), 1), 5);
        all_is_well(&mut connection);
    }
}

#[test]
fn the_buyer_is_told_once_what_is_sent_in_place() {
    for database in each_database() {
        let (mut connection, known) = a_shop(&database, &[(CHEAPER, 1, 2)]);
        let order = an_order(&mut connection, 2, PaymentTerms::Prepaid);
        replaced(&mut connection, &known, order, (1, CHEAPER)).unwrap();
        readers_catch_up(&database, &mut connection, news::reader());
        let sent = connection.read(|tx| message::of(tx, order)).unwrap();
        let about = sent.iter().filter(|it| it.cause == Told::Substituted).map(|it| it.subject);
        assert_eq!(about.collect::<Vec<_>>(), [2], "about its line");
        all_is_well(&mut connection);
    }
}
