//! Receiving, counting and sending on with a scanner, scan by scan, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use ordermill_app::approval::{self, approve};
use ordermill_app::catalog::{Catalog, edit};
use ordermill_app::check::check;
use ordermill_app::hand_work::{Answer, Asked, HandError, Outcome, Sent, work};
use ordermill_app::layout;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::privacy::Vault;
use ordermill_app::stock::{Spot, receive_stock};
use ordermill_base::{Id, Quantity, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::hand_work::{Kind, Lot, Step};
use ordermill_domain::ids::{BinId, LocationId, StaffId};
use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
use ordermill_domain::location::Zone;
use ordermill_domain::role::Role;
use ordermill_domain::task::TaskKind;
use ordermill_domain::text::Text;
use ordermill_storage::{Connection, Error, Tx, location as places, stock, task};
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, TestDatabase, catalog, each_database};
use ordermill_vault::SeededEntropy;

const NOW: Timestamp = TestClock::START;
const MILK: &str = "06901234567892";

fn here() -> LocationId {
    location(1)
}

fn act() -> Act {
    Act { reason: Some("test".into()), ..Act::new(Actor::system("test"), NOW) }
}

/// Two warehouses, a bowl (`S1`), and milk (`S2`), which expires.
fn a_floor(database: &TestDatabase) -> (Connection, Catalog) {
    let mut connection = database.connection();
    let plan = Plan {
        zones: vec![ZonePlan { zone: "A".to_owned(), aisles: 1, bays: 4, levels: 1 }],
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
            ordermill_storage::sku::insert(tx, &act(), &catalog::sku(sku(1), "S1"))?;
            let mut milk = catalog::sku(sku(2), "S2");
            milk.gtin = Some("6901234567892".to_owned());
            milk.handling.is_perishable = true;
            milk.shelf_life_days = Some(30);
            ordermill_storage::sku::insert(tx, &act(), &milk)?;
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

fn send(floor: &mut (Connection, Catalog), kind: Kind, key: Option<&str>, asked: Asked) -> Answer {
    try_to_send(floor, kind, key, asked).unwrap()
}

fn try_to_send(
    (connection, known): &mut (Connection, Catalog),
    kind: Kind,
    key: Option<&str>,
    asked: Asked,
) -> Result<Answer, HandError> {
    let id = StaffId::from_raw(7);
    let member = StaffMember {
        id,
        name: "周强".to_owned(),
        roles: vec![Role::Warehouse],
        location: Some(here()),
    };
    let principal = Principal::Staff(std::sync::Arc::new(member));
    let sent = Sent { key: key.map(str::to_owned), asked };
    let act = Act { reason: Some("test".into()), ..Act::new(principal.actor(), NOW) };
    connection.transact(|tx| work(tx, known, (&principal, id), &act, (kind, here()), &sent))
}

fn scan(floor: &mut (Connection, Catalog), kind: Kind, text: &str) -> Outcome {
    send(floor, kind, None, Asked::Scan(text.to_owned())).outcome
}

fn on_shelves(floor: &mut (Connection, Catalog), number: i64) -> Vec<(String, i64)> {
    let bins = floor.0.read(|tx| stock::bins(tx, sku(number), here())).unwrap();
    bins.into_iter().map(|it| (it.lot, it.on_hand)).collect()
}

fn all_is_well(floor: &mut (Connection, Catalog)) {
    let report = check(&mut floor.0, NOW, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.violations, []);
}

#[test]
fn goods_come_in_piece_by_piece_and_are_booked_by_the_scan_of_their_bin_once() {
    for database in each_database() {
        let mut floor = a_floor(&database);
        let receive = |floor: &mut _, key: &str, text: &str| {
            send(floor, Kind::Receive, Some(key), Asked::Scan(text.to_owned())).outcome
        };
        assert_eq!(receive(&mut floor, "a", "A-01-01-1"), Outcome::OtherAsked);
        assert_eq!(receive(&mut floor, "b", "S1"), Outcome::Noted);
        // The answer was lost, and the device sends the scan again.
        assert_eq!(receive(&mut floor, "b", "S1"), Outcome::Noted);
        assert_eq!(receive(&mut floor, "c", "S1"), Outcome::Counted);
        assert_eq!(receive(&mut floor, "d", "S2"), Outcome::OtherItem);
        assert_eq!(receive(&mut floor, "e", "Z-99"), Outcome::Unknown);
        assert_eq!(on_shelves(&mut floor, 1), [], "nothing is booked before its bin");
        assert_eq!(receive(&mut floor, "f", "a-01-01-1"), Outcome::Booked);
        assert_eq!(receive(&mut floor, "f", "a-01-01-1"), Outcome::Booked);
        assert_eq!(on_shelves(&mut floor, 1), [(String::new(), 2)]);
        all_is_well(&mut floor);
    }
}

#[test]
fn goods_that_expire_come_in_with_the_lot_of_their_barcode_or_the_one_that_was_typed() {
    for database in each_database() {
        let mut floor = a_floor(&database);
        let gs1 = format!("(01){MILK}(17)270131(10)L7");
        assert_eq!(scan(&mut floor, Kind::Receive, &gs1), Outcome::Noted);
        assert_eq!(scan(&mut floor, Kind::Receive, &gs1), Outcome::Counted);
        let other = format!("(01){MILK}(17)270228(10)L8");
        assert_eq!(scan(&mut floor, Kind::Receive, &other), Outcome::OtherLot);
        assert_eq!(scan(&mut floor, Kind::Receive, "A-01-01-1"), Outcome::Booked);

        let plain = send(&mut floor, Kind::Receive, None, Asked::Scan("S2".into()));
        assert_eq!(plain.work.step(), Step::Lot);
        assert_eq!(scan(&mut floor, Kind::Receive, "A-01-01-1"), Outcome::OtherAsked);
        let without_day = Lot { code: "L9".into(), expires_on: None };
        let typed = send(&mut floor, Kind::Receive, None, Asked::Lot(without_day));
        assert_eq!(typed.outcome, Outcome::NeedsLot);
        let lot = Lot { code: "L9".into(), expires_on: Some("2027-03-31".parse().unwrap()) };
        assert_eq!(send(&mut floor, Kind::Receive, None, Asked::Lot(lot)).outcome, Outcome::Noted);
        assert_eq!(
            send(&mut floor, Kind::Receive, None, Asked::Pieces(12)).outcome,
            Outcome::Counted
        );
        assert_eq!(scan(&mut floor, Kind::Receive, "A-01-01-1"), Outcome::Booked);
        let mut lots = on_shelves(&mut floor, 2);
        lots.sort();
        assert_eq!(lots, [("L7".to_owned(), 2), ("L9".to_owned(), 12)]);
        all_is_well(&mut floor);
    }
}

fn a_count_is_asked_for(floor: &mut (Connection, Catalog), bin: BinId, number: i64) {
    let asked = serde_json::json!({ "matters": [{ "sku": sku(number), "lot": "" }] }).to_string();
    floor.0.transact(|tx| task::open(tx, TaskKind::CountBin, bin, &asked, None, NOW)).unwrap();
}

fn is_a_count_asked_for(floor: &mut (Connection, Catalog), bin: BinId) -> bool {
    let open = floor.0.read(|tx| task::find_open(tx, TaskKind::CountBin, bin.raw())).unwrap();
    open.is_some()
}

#[test]
fn a_count_that_takes_a_second_person_is_asked_for_until_it_is_approved() {
    for database in each_database() {
        let mut floor = a_floor(&database);
        let bin = floor.0.read(|tx| places::find_bin(tx, here(), "A-01-01-1")).unwrap().unwrap().id;
        let spot = Spot { bin: Some(bin), lot: None };
        let many = Quantity::new(9_000).unwrap();
        let receive =
            |tx: &mut Tx<'_>| receive_stock(tx, &act(), sku(1), here(), many, &spot, None);
        floor.0.transact(receive).unwrap();
        a_count_is_asked_for(&mut floor, bin, 1);
        for text in ["A-01-01-1", "S1"] {
            assert_eq!(scan(&mut floor, Kind::Count, text), Outcome::Noted, "{text}");
        }
        assert_eq!(scan(&mut floor, Kind::Count, "A-01-01-1"), Outcome::AwaitsApproval);
        assert_eq!(on_shelves(&mut floor, 1), [(String::new(), 9_000)], "nothing is booked");
        assert!(is_a_count_asked_for(&mut floor, bin), "the bin is as doubted as before");
        let member = StaffMember {
            id: StaffId::from_raw(8),
            name: "李静".to_owned(),
            roles: vec![Role::Operations],
            location: None,
        };
        let second = Principal::Staff(std::sync::Arc::new(member));
        let vault = Vault::in_memory(std::sync::Arc::new(SeededEntropy::from_seed(1)), NOW);
        let approved = floor.0.transact(|tx| {
            let (waiting, _) = approval::list(tx, None, 9)?.remove(0);
            approve(tx, &vault, &second, &Act::new(second.actor(), NOW), waiting.id)
        });
        approved.unwrap();
        assert_eq!(on_shelves(&mut floor, 1), [(String::new(), 1)]);
        assert!(!is_a_count_asked_for(&mut floor, bin));
        all_is_well(&mut floor);
    }
}

#[test]
fn the_id_of_a_scan_is_not_taken_for_another_scan() {
    for database in each_database() {
        let mut floor = a_floor(&database);
        let first = Asked::Scan("S1".to_owned());
        assert_eq!(send(&mut floor, Kind::Receive, Some("a"), first).outcome, Outcome::Noted);
        for (kind, asked) in [
            (Kind::Receive, Asked::Scan("A-01-01-1".to_owned())),
            (Kind::Receive, Asked::Pieces(7)),
            (Kind::Count, Asked::Scan("S1".to_owned())),
        ] {
            let refused = try_to_send(&mut floor, kind, Some("a"), asked);
            assert!(matches!(refused, Err(HandError::KeyReused)), "{refused:?}");
        }
        let again = Asked::Scan("S1".to_owned());
        let answer = send(&mut floor, Kind::Receive, Some("a"), again);
        assert_eq!(answer.work.item.unwrap().pieces, 1);
    }
}

#[test]
fn a_bin_is_counted_and_whoever_asked_for_it_has_the_count() {
    for database in each_database() {
        let mut floor = a_floor(&database);
        let bin = floor.0.read(|tx| places::find_bin(tx, here(), "A-01-01-1")).unwrap().unwrap().id;
        let spot = Spot { bin: Some(bin), lot: None };
        let three = Quantity::new(3).unwrap();
        let receive =
            |tx: &mut Tx<'_>| receive_stock(tx, &act(), sku(1), here(), three, &spot, None);
        floor.0.transact(receive).unwrap();
        a_count_is_asked_for(&mut floor, bin, 1);
        for (text, outcome) in [
            ("S1", Outcome::OtherAsked),
            ("A-01-01-1", Outcome::Noted),
            ("S1", Outcome::Noted),
            ("S1", Outcome::Counted),
            ("A-01-02-1", Outcome::OtherBin),
            ("A-01-01-1", Outcome::Booked),
        ] {
            assert_eq!(scan(&mut floor, Kind::Count, text), outcome, "{text}");
        }
        assert_eq!(on_shelves(&mut floor, 1), [(String::new(), 2)]);
        assert!(!is_a_count_asked_for(&mut floor, bin));
        all_is_well(&mut floor);
    }
}

#[test]
fn only_what_lies_in_a_bin_is_sent_on_and_an_undo_takes_back_one_scan() {
    for database in each_database() {
        let mut floor = a_floor(&database);
        for text in ["S1", "S1", "A-01-01-1"] {
            scan(&mut floor, Kind::Receive, text);
        }
        assert_eq!(scan(&mut floor, Kind::Transfer, "A-01-02-1"), Outcome::Noted);
        assert_eq!(scan(&mut floor, Kind::Transfer, "S1"), Outcome::NotThere);
        assert_eq!(send(&mut floor, Kind::Transfer, None, Asked::Undo).outcome, Outcome::Undone);
        for text in ["A-01-01-1", "S1", "S1", "S1"] {
            scan(&mut floor, Kind::Transfer, text);
        }
        // Three were counted and two are there: nothing is booked, and nothing is forgotten.
        assert_eq!(scan(&mut floor, Kind::Transfer, "BJ"), Outcome::NotThere);
        assert_eq!(send(&mut floor, Kind::Transfer, None, Asked::Undo).outcome, Outcome::Undone);
        assert_eq!(scan(&mut floor, Kind::Transfer, "HZ"), Outcome::Unknown, "they are there");
        assert_eq!(scan(&mut floor, Kind::Transfer, "BJ"), Outcome::Booked);
        assert_eq!(on_shelves(&mut floor, 1), []);
        let there = floor.0.read(|tx| stock::levels(tx, [sku(1)])).unwrap();
        assert_eq!(there.iter().find(|it| it.location == location(2)).unwrap().on_hand, 2);
        all_is_well(&mut floor);
    }
}

#[test]
fn nothing_is_put_away_that_was_not_picked_in_vain() {
    for database in each_database() {
        let mut floor = a_floor(&database);
        assert_eq!(scan(&mut floor, Kind::PutAway, "S1"), Outcome::NotThere);
        assert_eq!(
            send(&mut floor, Kind::PutAway, None, Asked::Undo).outcome,
            Outcome::NothingToUndo
        );
        all_is_well(&mut floor);
    }
}
