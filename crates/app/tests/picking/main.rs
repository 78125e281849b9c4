//! From planned work to totes: waves, pick lists, scans, short picks, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod gifts;
mod missing;
mod together;

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::catalog::{Catalog, edit};
use ordermill_app::check::check;
use ordermill_app::choice::{self, ask};
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::hand_work::{self, Asked as By, Outcome as ByHand};
use ordermill_app::layout;
use ordermill_app::order::cancel::cancel_order;
use ordermill_app::order::give_up::give_up_by_hand;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::pack::Seen;
use ordermill_app::pack::close::{PackedBox, close};
use ordermill_app::pack::recheck::{Findings, recheck};
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::pick_list::{
    Answer, Asked, Outcome, PickError, Sent, drop_fulfillment, put_away, take_next, work,
};
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::sourcing::{Wish as SourcingWish, by_rules, source_each};
use ordermill_app::stock::{
    Lot, Spot, StockError, adjust_stock, count_stock, receive_stock, transfer_stock,
};
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::{ReleaseError, Wish, release_in};
use ordermill_base::{Currency, Id, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor, Name};
use ordermill_domain::choice::{Answer as Answered, State as Stand};
use ordermill_domain::fulfillment::{Fulfillment, ShortReason, State};
use ordermill_domain::hand_work::Kind;
use ordermill_domain::ids::{BinId, ChannelId, LocationId, OrderId, PickListId, StaffId};
use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
use ordermill_domain::location::Zone;
use ordermill_domain::order::{Amounts, CancelReason, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::package::Content;
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_domain::task::TaskKind;
use ordermill_domain::text::Text;
use ordermill_storage::wave::Wave;
use ordermill_storage::{
    BatchCommand, Connection, Error, Tx, fulfillment, location as places, package, pick_list,
    stock, task,
};
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, TestDatabase, catalog, each_database, journal};

const NOW: Timestamp = TestClock::START;

fn here() -> LocationId {
    location(1)
}

fn act() -> Act {
    Act { reason: Some("test".into()), ..Act::new(Actor::system("test"), NOW) }
}

fn picker() -> (Principal, StaffId) {
    let id = StaffId::from_raw(7);
    let member = StaffMember {
        id,
        name: "周强".to_owned(),
        roles: vec![Role::Warehouse],
        location: Some(here()),
    };
    (Principal::Staff(std::sync::Arc::new(member)), id)
}

/// A warehouse with a floor of two aisles, and one elsewhere; SKUs 1 to 3 called `S1` to `S3`.
fn a_floor(database: &TestDatabase) -> (Connection, Catalog) {
    let mut connection = database.connection();
    let plan = Plan {
        zones: vec![ZonePlan { zone: "A".to_owned(), aisles: 2, bays: 8, levels: 1 }],
        blocks: 1,
        bay_width_mm: 1_000,
        aisle_pitch_mm: 3_000,
        cross_aisle_width_mm: 2_000,
        level_height_mm: 500,
        numbering: Numbering::Street,
        start_aisle: 1,
        end_aisle: 1,
    };
    connection
        .transact(|tx| {
            for (number, code, north, east) in [(1, "HZ", 30, 120), (2, "BJ", 40, 116)] {
                let place = catalog::location(location(number), code, north, east);
                edit::create_location(tx, &act(), &place).unwrap();
            }
            for number in 1..=3 {
                let goods = catalog::sku(sku(number), &format!("S{number}"));
                ordermill_storage::sku::insert(tx, &act(), &goods)?;
            }
            let (name, kind) = (Text::new("区", "Area"), "shelf".to_owned());
            let zone = Zone { location: here(), code: "A".to_owned(), name, kind };
            edit::set_up_zone(tx, &act(), &zone, Vec::new()).unwrap();
            let version = places::fetch(tx, here())?.unwrap().version;
            layout::draw(tx, &act(), here(), version, &plan).unwrap();
            Ok::<_, Error>(())
        })
        .unwrap();
    let known = connection.read(Catalog::load).unwrap();
    (connection, known)
}

fn bin(connection: &mut Connection, code: &str) -> BinId {
    connection.read(|tx| places::find_bin(tx, here(), code)).unwrap().unwrap().id
}

fn put(connection: &mut Connection, number: i64, code: &str, pieces: i64, lot: Option<&str>) {
    let bin = Some(bin(connection, code));
    let expires_on = Some("2027-06-30".parse().unwrap());
    let lot = lot.map(|code| Lot { code: code.to_owned(), expires_on });
    let quantity = Quantity::new(pieces).unwrap();
    let spot = Spot { bin, lot };
    connection
        .transact(|tx| receive_stock(tx, &act(), sku(number), here(), quantity, &spot, None))
        .unwrap();
}

fn an_order(
    connection: &mut Connection,
    known: &Catalog,
    number: i64,
    wanted: &[(i64, i64)],
) -> OrderId {
    an_order_with_gifts(connection, known, number, wanted, &[])
}

fn an_order_with_gifts(
    connection: &mut Connection,
    known: &Catalog,
    number: i64,
    wanted: &[(i64, i64)],
    gifts: &[(i64, i64)],
) -> OrderId {
    let line = |(at, &(number, pieces)): (usize, &(i64, i64))| {
        let is_gift = at >= wanted.len();
        let unit_price_minor = if is_gift { 0 } else { 1_000 };
        LineTerms {
            line_no: u16::try_from(at + 1).unwrap(),
            sku: sku(number),
            quantity: Quantity::new(pieces).unwrap(),
            unit_price_minor,
            discount_minor: 0,
            tax_minor: 0,
            total_minor: unit_price_minor * pieces,
            gift: is_gift.then_some(1),
        }
    };
    let lines: Vec<LineTerms> = wanted.iter().chain(gifts).enumerate().map(line).collect();
    let total = lines.iter().map(|line| line.total_minor).sum();
    let id = OrderId::from_raw(number);
    let command = PlaceOrder {
        id,
        act: Act::new(Actor::Buyer(None), NOW),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::CashOnDelivery,
            promotion: false,
            review: Review::Pending,
            amounts: Amounts {
                currency: Currency::Cny,
                tax_mode: TaxMode::Inclusive,
                goods_minor: total,
                discount_minor: 0,
                freight_minor: 0,
                tax_minor: 0,
                total_minor: total,
            },
            lines,
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
        },
        region: "CN-33".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: known.preference("CN-33"),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
        marks: None,
        rules: std::sync::Arc::default(),
    };
    let placed = connection.transact(|tx| PlaceOrder::run(&[&command], tx)).unwrap();
    placed.into_iter().next().unwrap().unwrap();
    let orders = BTreeSet::from([id]);
    let wish = SourcingWish::default();
    connection.transact(|tx| source_each(tx, known, &by_rules(NOW), &orders, &wish)).unwrap();
    id
}

fn wish() -> Wish {
    let pieces_per_tote = NonZeroU32::new(20).unwrap();
    let cart = Cart { totes: 6, pieces_per_tote };
    Wish { ship_by: None, is_urgent: false, zone: String::new(), carrier: None, most: 500, cart }
}

fn release(connection: &mut Connection, wish: &Wish) -> Result<Wave, ReleaseError> {
    let (principal, _) = picker();
    connection.transact(|tx| release_in(tx, &principal, &act(), here(), wish))
}

fn take(connection: &mut Connection) -> PickListId {
    let (principal, id) = picker();
    let list = connection.transact(|tx| take_next(tx, &principal, &act(), here(), id));
    list.unwrap().unwrap().facts().id
}

fn send(connection: &mut Connection, known: &Catalog, list: PickListId, sent: &Sent) -> Answer {
    let (principal, id) = picker();
    connection.transact(|tx| work(tx, known, (&principal, id), &act(), list, sent)).unwrap()
}

fn do_it(connection: &mut Connection, known: &Catalog, list: PickListId, asked: Asked) -> Outcome {
    send(connection, known, list, &Sent { key: None, line: None, asked }).outcome
}

fn scan(connection: &mut Connection, known: &Catalog, list: PickListId, text: &str) -> Outcome {
    do_it(connection, known, list, Asked::Scan { text: text.to_owned(), pieces: 1 })
}

fn short(connection: &mut Connection, known: &Catalog, list: PickListId) -> Outcome {
    let asked = Asked::Short { pieces: None, reason: ShortReason::NotFound };
    do_it(connection, known, list, asked)
}

/// Bin by bin: pieces, of them claimed.
fn shelves(connection: &mut Connection, number: i64) -> Vec<(i64, i64)> {
    let bins = connection.read(|tx| stock::bins(tx, sku(number), here())).unwrap();
    bins.into_iter().map(|bin| (bin.on_hand, bin.claimed)).collect()
}

fn work_of(connection: &mut Connection, order: OrderId) -> Fulfillment {
    connection.read(|tx| fulfillment::of(tx, order)).unwrap().into_iter().next().unwrap()
}

fn is_asked(connection: &mut Connection, kind: TaskKind, subject: i64) -> bool {
    connection.read(|tx| task::find_open(tx, kind, subject)).unwrap().is_some()
}

fn all_is_well(connection: &mut Connection) {
    let report = check(connection, NOW, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}

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
