//! Work on several orders of one buyer that leaves in one parcel.

mod by_itself;

use std::num::NonZeroU32;
use std::sync::Arc;

use ordermill_app::catalog::Catalog;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::merge::by_hand::{MergeError, merge, take_out};
use ordermill_app::merge::{Candidate, candidates, others};
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::order::step::{self, Seen as SeenOrder};
use ordermill_app::pack::close::{PackedBox, close};
use ordermill_app::pack::proposal::propose;
use ordermill_app::pack::recheck::{Findings, RecheckError, recheck};
use ordermill_app::pack::{Seen as SeenWork, together};
use ordermill_app::privacy::Vault;
use ordermill_app::sourcing::by_hand::Seen;
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::{ReleaseError, Wish as WaveWish, release_in};
use ordermill_base::{Id, Quantity, id::first_at};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::fulfillment::{Fulfillment, State};
use ordermill_domain::ids::{FulfillmentId, OrderId, WaveId};
use ordermill_domain::merge::Obstacle;
use ordermill_domain::order::{Action, CancelReason, LineQuantity, Progress, Review, Status};
use ordermill_domain::risk::Marks;
use ordermill_storage::{
    BatchCommand as _, Connection, Tx, fulfillment, order, package, pick_list, risk,
};
use ordermill_testkit::stock::sku;
use ordermill_testkit::{TestDatabase, each_database};
use ordermill_vault::SeededEntropy;

use crate::kit::*;

/// A phone and an address, as their digests.
const HOME: (i64, i64) = (11, 22);

fn vault() -> Vault {
    Vault::in_memory(Arc::new(SeededEntropy::from_seed(1)), NOW)
}

/// A planned order of somebody at a place: (SKU, pieces) by line. Ids grow with time, as everywhere.
fn an_order_to(
    connection: &mut Connection,
    catalog: &Catalog,
    number: i64,
    (phone, address): (i64, i64),
    wanted: &[(i64, i64)],
) -> OrderId {
    let order = an_order(connection, catalog, first_at(NOW) + number, "CN-31", wanted);
    let marks = Marks { phone: Some(phone), address: Some(address), suspicions: 0 };
    connection.transact(|tx| risk::insert_marks(tx, order, &marks)).unwrap();
    source(connection, catalog, &[order]);
    order
}

/// Two orders of one buyer: two pieces of S1, and one each of S1 and S2.
fn two_orders(database: &TestDatabase) -> (Connection, Catalog, [OrderId; 2]) {
    let stock = [(1, *HANGZHOU, 9), (2, *HANGZHOU, 9)];
    let (mut connection, catalog) = a_shop(database, &stock);
    let first = an_order_to(&mut connection, &catalog, 1, HOME, &[(1, 2)]);
    let second = an_order_to(&mut connection, &catalog, 2, HOME, &[(1, 1), (2, 1)]);
    (connection, catalog, [first, second])
}

fn open_work(connection: &mut Connection, order: OrderId) -> Fulfillment {
    let work = work_on(connection, order);
    let is_over = |it: &Fulfillment| matches!(it.state(), State::Rejected | State::Canceled);
    work.into_iter().find(|it| !is_over(it)).unwrap()
}

fn seen(connection: &mut Connection, order: OrderId) -> Seen {
    let work = open_work(connection, order);
    Seen { id: work.id(), version: work.version() }
}

fn found(connection: &mut Connection, catalog: &Catalog, order: OrderId) -> Vec<Candidate> {
    let work = open_work(connection, order);
    connection.read(|tx| candidates(tx, catalog, &vault(), &work)).unwrap()
}

fn join(
    connection: &mut Connection,
    catalog: &Catalog,
    orders: &[OrderId],
) -> Result<(), MergeError> {
    let seen: Vec<Seen> = orders.iter().map(|order| seen(connection, *order)).collect();
    let (who, act) = somebody();
    let joined = connection.transact(|tx| merge(tx, catalog, &vault(), &who, &act, &seen));
    joined.map(drop)
}

fn obstacles(refused: Result<(), MergeError>) -> Vec<Obstacle> {
    match refused {
        Err(MergeError::Obstacles { because, .. }) => because,
        other => panic!("{other:?}"),
    }
}

fn are_together(connection: &mut Connection, orders: &[OrderId]) -> bool {
    let merges: Vec<_> =
        orders.iter().map(|order| open_work(connection, *order).facts().merge).collect();
    merges[0].is_some() && merges.iter().all(|merge| *merge == merges[0])
}

fn release(connection: &mut Connection) -> Result<i64, ReleaseError> {
    let (who, act) = somebody();
    let wish = WaveWish {
        ship_by: None,
        is_urgent: false,
        zone: String::new(),
        carrier: None,
        service: None,
        most: 1,
        cart: Cart { totes: 200, pieces_per_tote: NonZeroU32::new(9_999).unwrap() },
    };
    let wave = connection.transact(|tx| release_in(tx, &who, &act, *HANGZHOU, &wish));
    wave.map(|wave| wave.fulfillments)
}

/// Brings everything of an order to the bench, without lists and walks.
fn pick(connection: &mut Connection, order: OrderId) {
    let work = open_work(connection, order);
    let (_, act) = somebody();
    let pieces = work.facts().lines.iter().map(|line| LineQuantity {
        line_no: line.line_no,
        quantity: Quantity::new(line.quantity).unwrap(),
    });
    let pieces: Vec<LineQuantity> = pieces.collect();
    let picked = |tx: &mut Tx<'_>| {
        let mut file = FulfillmentFile::load(tx, work.id()).unwrap();
        file.step(&act, |work| work.release(WaveId::from_raw(1), NOW)).unwrap();
        file.step(&act, |work| work.pick(pieces.clone(), NOW)).unwrap();
        file.step(&act, |work| work.finish_picking(NOW)).unwrap();
        file.save(tx)
    };
    connection.transact(picked).unwrap();
}

fn now(id: FulfillmentId) -> SeenWork {
    SeenWork { id, version: None }
}

/// All three pieces of S1 and the one of S2, intact.
fn all_right() -> Findings {
    let scanned = vec![("S1".to_owned(), 3), ("S2".to_owned(), 1)];
    Findings { scanned, weight_grams: Some(1_600), is_intact: true, is_reinforced: false }
}

/// Both orders in one box, as it is proposed for the first.
fn packed(database: &TestDatabase) -> (Connection, Catalog, [OrderId; 2]) {
    let (mut connection, catalog, orders) = two_orders(database);
    join(&mut connection, &catalog, &orders).unwrap();
    orders.iter().for_each(|order| pick(&mut connection, *order));
    let id = open_work(&mut connection, orders[0]).id();
    let (who, act) = somebody();
    connection.transact(|tx| recheck(tx, &catalog, &who, &act, now(id), &all_right())).unwrap();
    let both = connection.read(|tx| together::read(tx, id)).unwrap().unwrap();
    let proposal = propose(&catalog, &catalog.materials, &both.work).unwrap();
    let boxes: Vec<PackedBox> = proposal
        .boxes
        .into_iter()
        .map(|it| PackedBox {
            material: it.material,
            contents: it.contents,
            gross_grams: Some(it.gross_grams),
        })
        .collect();
    let seen = SeenWork { id, version: Some(both.work.version()) };
    let closed = connection.transact(|tx| close(tx, &catalog, &who, &act, seen, &boxes)).unwrap();
    let boxes = closed.iter().filter(|package| package.inside.is_none()).count();
    assert_eq!(boxes, 1, "one box holds all of it");
    (connection, catalog, orders)
}

fn stands(connection: &mut Connection, order: OrderId) -> (Status, Progress, State) {
    let stored = connection.read(|tx| order::fetch(tx, order)).unwrap().unwrap();
    let work = work_on(connection, order);
    (stored.order.status(), stored.progress, work.last().unwrap().state())
}

/// A person decides about an order.
fn decide(connection: &mut Connection, id: OrderId, step: Action) {
    let (who, act) = somebody();
    let order = connection.read(|tx| order::fetch(tx, id)).unwrap().unwrap().order;
    let seen = SeenOrder { id, version: order.version() };
    connection.transact(|tx| step::take(tx, &who, &act, seen, step)).unwrap();
}

#[test]
fn two_orders_of_one_buyer_are_found_and_merged_and_each_stays_an_order() {
    for database in each_database() {
        let (mut connection, catalog, orders) = two_orders(&database);
        let candidates = found(&mut connection, &catalog, orders[0]);
        let names: Vec<_> =
            candidates.iter().map(|it| (it.work.facts().order, it.obstacles.clone())).collect();
        assert_eq!(names, [(orders[1], vec![])]);
        let first = connection.read(|tx| order::fetch(tx, orders[0])).unwrap().unwrap().order;
        let marks = connection.read(|tx| risk::marks_of(tx, orders[0])).unwrap();
        let known = connection.read(|tx| others(tx, &first, marks.as_ref())).unwrap();
        assert_eq!(known, [orders[1]]);
        join(&mut connection, &catalog, &orders).unwrap();
        assert!(are_together(&mut connection, &orders));
        assert_eq!(found(&mut connection, &catalog, orders[0]), [], "nothing is left to be merged");
        let again = obstacles_of_stale(&mut connection, &catalog, &orders);
        assert!(again, "whoever saw it before does not merge it");
        all_is_well(&mut connection);
    }
}

/// Whether a merge by somebody who has seen an older version is refused.
fn obstacles_of_stale(
    connection: &mut Connection,
    catalog: &Catalog,
    orders: &[OrderId; 2],
) -> bool {
    let (who, act) = somebody();
    let old = orders.map(|order| Seen { version: 1, ..seen(connection, order) });
    let refused = connection.transact(|tx| merge(tx, catalog, &vault(), &who, &act, &old));
    matches!(refused, Err(MergeError::Stale(_)))
}

#[test]
fn another_buyer_or_another_address_is_never_merged() {
    for database in each_database() {
        let (mut connection, catalog, [first, _]) = two_orders(&database);
        let neighbor = an_order_to(&mut connection, &catalog, 3, (99, HOME.1), &[(1, 1)]);
        let office = an_order_to(&mut connection, &catalog, 4, (HOME.0, 99), &[(1, 1)]);
        let refused = obstacles(join(&mut connection, &catalog, &[first, neighbor]));
        assert_eq!(refused, [Obstacle::OtherBuyer]);
        let refused = obstacles(join(&mut connection, &catalog, &[first, office]));
        assert_eq!(refused, [Obstacle::OtherAddress]);
        assert!(!are_together(&mut connection, &[first, neighbor]));
        assert_eq!(found(&mut connection, &catalog, neighbor), []);
        all_is_well(&mut connection);
    }
}

#[test]
fn orders_that_are_wished_by_different_services_are_never_merged() {
    for database in each_database() {
        let (mut connection, catalog, [first, second]) = two_orders(&database);
        let mut wished = a_request(&catalog, first_at(NOW) + 3, "CN-31", &[(1, 1)]);
        wished.placed.service_wish = Some(ServiceKind::PickupPoint);
        let placed = connection.transact(|tx| PlaceOrder::run(&[&wished], tx)).unwrap();
        let pickup = placed.into_iter().next().unwrap().unwrap().id();
        let marks = Marks { phone: Some(HOME.0), address: Some(HOME.1), suspicions: 0 };
        connection.transact(|tx| risk::insert_marks(tx, pickup, &marks)).unwrap();
        source(&mut connection, &catalog, &[pickup]);
        let offered = found(&mut connection, &catalog, first);
        let offered: Vec<OrderId> = offered.iter().map(|it| it.work.facts().order).collect();
        assert_eq!(offered, [second], "not the one to the pick-up point");
        let refused = obstacles(join(&mut connection, &catalog, &[first, pickup]));
        assert_eq!(refused, [Obstacle::OtherService]);
        assert!(!are_together(&mut connection, &[first, pickup]));
        all_is_well(&mut connection);
    }
}

#[test]
fn what_travels_together_leaves_in_one_box_and_each_order_has_its_share_of_it() {
    for database in each_database() {
        let (mut connection, _, orders) = packed(&database);
        let shares = orders
            .map(|order| connection.read(|tx| package::of_order(tx, order)).unwrap().remove(0));
        assert_eq!(shares[0].inside, None);
        assert_eq!(shares[1].inside, Some(shares[0].id));
        let pieces = |at: usize| -> Vec<(u16, i64)> {
            let contents = shares[at].contents.iter();
            contents.map(|content| (content.line_no, content.quantity.get())).collect()
        };
        assert_eq!((pieces(0), pieces(1)), (vec![(1, 2)], vec![(1, 1), (2, 1)]));
        assert!(shares[0].gross_grams > shares[1].gross_grams, "the box weighs all of it");
        for order in orders {
            let expected = (Status::Confirmed, Progress::Packed, State::Packed);
            assert_eq!(stands(&mut connection, order), expected);
        }
        all_is_well(&mut connection);
    }
}

#[test]
fn what_travels_together_is_released_and_picked_together_whatever_a_wave_may_have() {
    for database in each_database() {
        let (mut connection, catalog, orders) = two_orders(&database);
        join(&mut connection, &catalog, &orders).unwrap();
        assert_eq!(release(&mut connection).unwrap(), 2, "a wave of one has both");
        let lists: Vec<_> = orders
            .map(|order| open_work(&mut connection, order).id())
            .map(|id| connection.read(|tx| pick_list::of_fulfillment(tx, id)).unwrap())
            .into();
        assert_eq!((lists[0].len(), &lists[0]), (1, &lists[1]), "they are on one list");
        let list = connection.read(|tx| pick_list::fetch(tx, lists[0][0])).unwrap().unwrap();
        assert!(list.facts().lines.iter().all(|line| line.tote == 1), "and in one tote");
        all_is_well(&mut connection);
    }
}

#[test]
fn all_of_it_is_rechecked_together() {
    for database in each_database() {
        let (mut connection, catalog, orders) = two_orders(&database);
        join(&mut connection, &catalog, &orders).unwrap();
        pick(&mut connection, orders[0]);
        let id = open_work(&mut connection, orders[0]).id();
        let (who, act) = somebody();
        let check = |connection: &mut Connection, findings: &Findings| {
            connection.transact(|tx| recheck(tx, &catalog, &who, &act, now(id), findings))
        };
        let early = check(&mut connection, &all_right());
        assert!(matches!(early, Err(RecheckError::Bench(_))), "one is not picked: {early:?}");
        pick(&mut connection, orders[1]);
        let own = Findings { scanned: vec![("S1".to_owned(), 2)], ..all_right() };
        let missing = check(&mut connection, &own);
        assert!(matches!(missing, Err(RecheckError::Wrong(_))), "{missing:?}");
        check(&mut connection, &all_right()).unwrap();
        for order in orders {
            assert_eq!(stands(&mut connection, order).2, State::Rechecked);
        }
        all_is_well(&mut connection);
    }
}

#[test]
fn an_order_that_is_canceled_leaves_the_box_and_the_other_is_packed_anew() {
    // The one whose label the box has, and the one whose goods lie in it.
    for canceled in [0, 1] {
        for database in each_database() {
            let (mut connection, _, orders) = packed(&database);
            let (_, act) = somebody();
            let reason = CancelReason::Buyer;
            connection.transact(|tx| cancel_order(tx, &act, orders[canceled], reason)).unwrap();
            let gone = (Status::Canceled, Progress::NotPacked, State::Canceled);
            assert_eq!(stands(&mut connection, orders[canceled]), gone);
            let expected = (Status::Confirmed, Progress::NotPacked, State::Rechecked);
            assert_eq!(stands(&mut connection, orders[1 - canceled]), expected);
            let left = orders[1 - canceled];
            let boxes = connection.read(|tx| package::of_order(tx, left)).unwrap();
            assert_eq!(boxes, [], "its box is open");
            all_is_well(&mut connection);
        }
    }
}

#[test]
fn work_is_taken_out_of_its_merge_before_it_is_on_a_floor() {
    for database in each_database() {
        let (mut connection, catalog, orders) = two_orders(&database);
        let third = an_order_to(&mut connection, &catalog, 3, HOME, &[(2, 1)]);
        join(&mut connection, &catalog, &orders).unwrap();
        join(&mut connection, &catalog, &[orders[0], third]).unwrap();
        assert!(are_together(&mut connection, &[orders[0], orders[1], third]));
        let (who, act) = somebody();
        let out = |connection: &mut Connection, order| {
            let seen = seen(connection, order);
            connection.transact(|tx| take_out(tx, &catalog, &who, &act, seen))
        };
        out(&mut connection, third).unwrap();
        assert!(are_together(&mut connection, &orders));
        assert_eq!(open_work(&mut connection, third).facts().merge, None);
        out(&mut connection, orders[0]).unwrap();
        assert_eq!(open_work(&mut connection, orders[1]).facts().merge, None, "it is alone");
        let alone = out(&mut connection, orders[0]);
        assert!(matches!(alone, Err(MergeError::Alone(_))), "{alone:?}");
        all_is_well(&mut connection);
    }
}

#[test]
fn what_lies_elsewhere_is_brought_by_a_person_if_it_is_there() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 2), (2, *BEIJING, 9)]);
        let first = an_order_to(&mut connection, &catalog, 1, HOME, &[(1, 2)]);
        let second = an_order_to(&mut connection, &catalog, 2, HOME, &[(2, 1)]);
        let told = found(&mut connection, &catalog, first).remove(0).obstacles;
        assert_eq!(told, [Obstacle::OtherLocation]);
        let nowhere = join(&mut connection, &catalog, &[first, second]);
        assert!(matches!(nowhere, Err(MergeError::NotThere(_))), "{nowhere:?}");
        ordermill_testkit::stock::receive(&mut connection, sku(2), *HANGZHOU, 1, NOW);
        join(&mut connection, &catalog, &[first, second]).unwrap();
        assert!(are_together(&mut connection, &[first, second]));
        assert_eq!(written(&mut connection, second), "BJ rejected 1x1, HZ planned 1x1");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_merged_order_is_reviewed_again_and_what_is_held_keeps_the_others_back() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 1_000)]);
        let large = first_at(NOW) + 1;
        let large = an_order(&mut connection, &catalog, large, "CN-31", &[(1, 600)]);
        decide(&mut connection, large, Action::Approve);
        source(&mut connection, &catalog, &[large]);
        let marks = Marks { phone: Some(HOME.0), address: Some(HOME.1), suspicions: 0 };
        connection.transact(|tx| risk::insert_marks(tx, large, &marks)).unwrap();
        let small = an_order_to(&mut connection, &catalog, 2, HOME, &[(1, 1)]);
        join(&mut connection, &catalog, &[small, large]).unwrap();
        let review = |connection: &mut Connection, id| {
            connection.read(|tx| order::fetch(tx, id)).unwrap().unwrap().order.facts().review
        };
        assert_eq!(review(&mut connection, large), Review::ManualPending);
        assert_eq!(review(&mut connection, small), Review::AutoPassed);
        assert!(matches!(release(&mut connection), Err(ReleaseError::Nothing)));
        let third = an_order_to(&mut connection, &catalog, 3, HOME, &[(1, 1)]);
        let held = obstacles(join(&mut connection, &catalog, &[third, large]));
        assert_eq!(held, [Obstacle::Held]);
        decide(&mut connection, large, Action::Approve);
        assert_eq!(release(&mut connection).unwrap(), 2);
        all_is_well(&mut connection);
    }
}

#[test]
fn work_that_is_sent_elsewhere_travels_by_itself() {
    for database in each_database() {
        let (mut connection, catalog, orders) = two_orders(&database);
        ordermill_testkit::stock::receive(&mut connection, sku(1), *GUANGZHOU, 2, NOW);
        join(&mut connection, &catalog, &orders).unwrap();
        let (who, act) = somebody();
        let seen = seen(&mut connection, orders[0]);
        let elsewhere = |tx: &mut Tx<'_>| {
            ordermill_app::sourcing::by_hand::send_to(tx, &catalog, &who, &act, seen, *GUANGZHOU)
        };
        connection.transact(elsewhere).unwrap();
        assert_eq!(open_work(&mut connection, orders[0]).facts().merge, None);
        assert_eq!(release(&mut connection).unwrap(), 1, "the other waits for nobody");
        let merges = open_work(&mut connection, orders[1]).facts().merge;
        let members = connection.read(|tx| fulfillment::of_merges(tx, &[merges.unwrap()]));
        assert_eq!(members.unwrap().len(), 2, "what it was stays in the books");
        assert!(orders[0].raw() > 0);
        all_is_well(&mut connection);
    }
}
