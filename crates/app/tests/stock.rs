//! Goods on the floor, what can be promised of them, and when more is ordered.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use jiff::civil::Date;
use ordermill_app::availability::{self, Supply};
use ordermill_app::catalog::edit::{self, EditError};
use ordermill_app::catalog::{Catalog, CatalogHolder, Location, Sku};
use ordermill_app::reader::{Reading, Step};
use ordermill_app::replenishment;
use ordermill_app::stock::{
    Lot, Spot, StockError, adjust_stock, count_stock, receive_stock, set_stock_policy,
    transfer_stock,
};
use ordermill_base::{Currency, Id, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::category::Category;
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::location::{Bin, Zone};
use ordermill_domain::stock::{BackorderPolicy, MovementError, Shortage};
use ordermill_domain::task::TaskState;
use ordermill_domain::text::Text;
use ordermill_storage::{
    Connection, Database, Error, Tx, category, incoming, journal, location as places, sku as goods,
    stock, task,
};
use ordermill_testkit::catalog as sample;
use ordermill_testkit::journal::settle;
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, TestDatabase, each_database};

const NOW: Timestamp = TestClock::START;

fn clerk() -> Act {
    Act { reason: Some("test".to_owned()), ..Act::new(Actor::system("test"), NOW) }
}

fn pieces(pieces: i64) -> Quantity {
    Quantity::new(pieces).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn bin(number: i64) -> BinId {
    BinId::from_raw(number)
}

fn in_bin(number: i64) -> Spot {
    Spot { bin: Some(bin(number)), lot: None }
}

fn lot_in(number: i64, code: &str, expires_on: &str) -> Spot {
    let lot = Lot { code: code.to_owned(), expires_on: Some(day(expires_on)) };
    Spot { bin: Some(bin(number)), lot: Some(lot) }
}

/// SKUs 1 (stands for 3) to 3, locations 1 and 2, bins 11 and 12 at location 1, 21 at location 2.
fn a_shop(connection: &mut Connection) {
    connection
        .transact(|tx| {
            let act = clerk();
            let group = Category {
                id: sample::category(1),
                code: "CER".to_owned(),
                slug: String::new(),
                name: Text::new("陶瓷", "Ceramics"),
                about: Text::default(),
                position: 1,
                version: 1,
            };
            category::insert(tx, &act, &group)?;
            for (number, code) in [(3, "C"), (2, "B")] {
                goods::insert(tx, &act, &sample::sku(sku(number), code))?;
            }
            let first = sample::sku(sku(1), "A");
            let substitutes = vec![sku(2), sku(3)];
            goods::insert(tx, &act, &Sku { substitutes, reorder_point: 10, ..first })?;
            places::insert(tx, &act, &sample::location(location(1), "JX", 31, 121))?;
            places::insert(tx, &act, &sample::location(location(2), "FS", 23, 113))?;
            for (number, at) in [(11, 1), (12, 1), (21, 2)] {
                let (id, location) = (bin(number), location(at));
                let (zone, code) = ("A".to_owned(), format!("A-{number}"));
                places::insert_bin(tx, &Bin { id, location, zone, code, position: number })?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
}

fn run<T, E: From<Error>>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    connection.transact(work)
}

fn receive(connection: &mut Connection, sku: SkuId, at: LocationId, count: i64, spot: &Spot) {
    run(connection, |tx| receive_stock(tx, &clerk(), sku, at, pieces(count), spot, None)).unwrap();
}

fn on_hand(connection: &mut Connection, sku: SkuId, at: LocationId) -> i64 {
    let levels = connection.read(|tx| stock::levels(tx, [sku])).unwrap();
    levels.iter().find(|level| level.location == at).map_or(0, |level| level.on_hand)
}

fn in_bins(connection: &mut Connection, sku: SkuId, at: LocationId) -> Vec<(i64, String, i64)> {
    let bins = connection.read(|tx| stock::bins(tx, sku, at)).unwrap();
    bins.into_iter().map(|bin| (bin.bin.raw(), bin.lot, bin.on_hand)).collect()
}

fn load(connection: &mut Connection) -> Catalog {
    connection.snapshot(Catalog::load).unwrap()
}

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

#[test]
fn a_policy_tells_the_journal_what_changed() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        for _ in 0..2 {
            run(&mut connection, |tx| {
                let allow = BackorderPolicy::Allow;
                set_stock_policy(tx, &clerk(), sku(1), location(1), 4, allow)
            })
            .unwrap();
        }
        let level = connection.read(|tx| stock::levels(tx, [sku(1)])).unwrap()[0];
        assert_eq!((level.safety_stock, level.backorder), (4, BackorderPolicy::Allow));
        let entries = connection.read(|tx| journal::of(tx, "stock_policy", sku(1), 1, 9)).unwrap();
        assert_eq!(entries.len(), 1, "the second time nothing changed");
        assert!(entries[0].body.contains(r#""safety_stock":{"before":0,"after":4}"#));
    }
}

#[test]
fn an_editor_is_told_everything_that_is_wrong() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let mut edit = |version, change: fn(&mut Sku)| {
            run(&mut connection, |tx| edit::edit_sku(tx, &clerk(), sku(2), version, change))
        };
        assert!(matches!(edit(7, |_| ()), Err(EditError::Changed { expected: 7, found: 1, .. })));
        assert!(matches!(
            edit(1, |sku| sku.code = "A".to_owned()),
            Err(EditError::Taken { field: "code", .. })
        ));
        let fields = |result: Result<Sku, EditError>| match result {
            Err(EditError::Invalid(wrong)) => wrong.iter().map(|it| it.field).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(fields(edit(1, |sku| sku.price.currency = Currency::Usd)), ["currency"]);
        assert_eq!(fields(edit(1, |sku| sku.category = sample::category(9))), ["category"]);
        assert_eq!(
            fields(edit(1, |sku| sku.substitutes = vec![SkuId::from_raw(99)])),
            ["substitutes"]
        );
        assert_eq!(edit(1, |_| ()).unwrap().version, 1, "nothing changed");
        let priced = run(&mut connection, |tx| {
            let price = Money::new(4_900, Currency::Cny);
            edit::set_price(tx, &clerk(), sku(2), 1, price, Some(5_900))
        })
        .unwrap();
        assert_eq!((priced.version, priced.price.minor), (2, 4_900));
        assert_eq!(connection.read(|tx| goods::fetch(tx, sku(2))).unwrap(), Some(priced));
    }
}

#[test]
fn a_zone_is_set_up_with_its_bins_in_walking_order() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let zone = Zone {
            location: location(2),
            code: "F".to_owned(),
            name: Text::new("食品阴凉区", "Cool Food Area"),
            kind: "food".to_owned(),
        };
        for _ in 0..2 {
            run(&mut connection, |tx| {
                let bins = ["F-01-01", "F-01-02"].map(str::to_owned);
                edit::set_up_zone(tx, &clerk(), &zone, bins)
            })
            .unwrap();
        }
        let bins = connection.read(|tx| places::bins(tx, location(2), "F", 9)).unwrap();
        let walk: Vec<_> = bins.iter().map(|bin| (bin.code.as_str(), bin.position)).collect();
        assert_eq!(walk, [("F-01-01", 1), ("F-01-02", 2)]);
    }
}

fn supply(connection: &mut Connection, number: i64) -> Supply {
    let catalog = load(connection);
    let answer = connection
        .read(|tx| availability::of(tx, &catalog, &[sku(number)], NOW + Span::hours(1)))
        .unwrap();
    answer[&sku(number)].supply()
}

#[test]
fn a_page_says_when_there_is_more() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        assert_eq!(supply(&mut connection, 1), Supply::SoldOut);
        let allow = BackorderPolicy::Allow;
        run(&mut connection, |tx| set_stock_policy(tx, &clerk(), sku(1), location(1), 0, allow))
            .unwrap();
        assert_eq!(supply(&mut connection, 1), Supply::Backorder);
        let mut announce = |on: &str, reference: &str| {
            run(&mut connection, |tx| {
                let (to, count) = (location(1), pieces(30));
                edit::announce_incoming(tx, &clerk(), sku(1), to, count, day(on), reference)
            })
            .unwrap()
        };
        let late = announce("2026-11-20", "PO-1");
        assert_eq!(supply(&mut connection, 1), Supply::Backorder, "its day has passed");
        run(&mut connection, |tx| {
            let on = day("2026-12-01");
            edit::edit_incoming(tx, &clerk(), late.id, 1, |it| it.expected_on = on)
        })
        .unwrap();
        // A day to take it in.
        assert_eq!(supply(&mut connection, 1), Supply::ExpectedOn(day("2026-12-02")));
        receive(&mut connection, sku(1), location(1), 1, &Spot::default());
        assert_eq!(supply(&mut connection, 1), Supply::InStock);
        run(&mut connection, |tx| {
            let close = |place: &mut Location| place.is_active = false;
            edit::edit_location(tx, &clerk(), location(1), 1, close)
        })
        .unwrap();
        assert_eq!(supply(&mut connection, 1), Supply::SoldOut, "the location is closed");
    }
}

#[test]
fn a_refused_buyer_hears_of_a_date_and_of_what_else_there_is() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        receive(&mut connection, sku(1), location(1), 2, &Spot::default());
        receive(&mut connection, sku(3), location(2), 8, &Spot::default());
        for (count, on) in [(4, "2026-12-01"), (9, "2026-12-10")] {
            run(&mut connection, |tx| {
                let to = location(2);
                edit::announce_incoming(tx, &clerk(), sku(1), to, pieces(count), day(on), on)
            })
            .unwrap();
        }
        let catalog = load(&mut connection);
        let short = Shortage { sku: sku(1), wanted: 7, available: 2 };
        let answers =
            connection.read(|tx| availability::of_shortages(tx, &catalog, &[short], NOW)).unwrap();
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].replenished_on, Some(day("2026-12-11")), "the first do not suffice");
        let substitutes: Vec<_> =
            answers[0].substitutes.iter().map(|it| (it.sku, it.available)).collect();
        assert_eq!(substitutes, [(sku(3), 8)], "SKU 2 is sold out too");
    }
}

/// The journal's reader of replenishment, at work on one database.
struct Noting<'d> {
    database: &'d TestDatabase,
    open: Database,
    reading: Reading,
    runtime: tokio::runtime::Runtime,
}

impl<'d> Noting<'d> {
    fn new(database: &'d TestDatabase) -> Self {
        let mut connection = database.connection();
        let holder = connection.read(CatalogHolder::load).unwrap();
        let open = database.open();
        let reader = replenishment::reader(Arc::new(holder));
        let reading = Reading::new(reader, open.clone(), "one");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { database, open, reading, runtime }
    }

    /// The tasks about SKU 1, newest first, once the journal is read.
    fn tasks(&mut self) -> Vec<(TaskState, serde_json::Value)> {
        let mut connection = self.database.connection();
        settle(&mut connection);
        while self.runtime.block_on(self.reading.step(NOW)).unwrap() != Step::Idle {}
        let tasks = connection.read(|tx| task::of(tx, sku(1))).unwrap();
        let detail = |task: &task::Task| serde_json::from_str(&task.detail).unwrap();
        tasks.iter().map(|task| (task.state, detail(task))).collect()
    }

    fn states(&mut self) -> Vec<TaskState> {
        self.tasks().into_iter().map(|(state, _)| state).collect()
    }
}

impl Drop for Noting<'_> {
    fn drop(&mut self) {
        self.open.close();
    }
}

fn adjust(connection: &mut Connection, by: i64) {
    run(connection, |tx| adjust_stock(tx, &clerk(), sku(1), location(1), by, &Spot::default()))
        .unwrap();
}

#[test]
fn a_sku_that_runs_low_is_ordered_once_until_more_is_there_or_on_its_way() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let mut noting = Noting::new(&database);
        receive(&mut connection, sku(1), location(1), 11, &Spot::default());
        assert_eq!(noting.states(), []);
        for left in [10, 9] {
            adjust(&mut connection, -1);
            let tasks = noting.tasks();
            assert_eq!(tasks.len(), 1, "at {left} pieces: one task");
            assert_eq!(tasks[0].0, TaskState::Open);
            let (available, suggested) =
                (&tasks[0].1["available"], &tasks[0].1["suggested_quantity"]);
            assert_eq!((available, suggested), (&left.into(), &(20 - left).into()));
        }
        run(&mut connection, |tx| {
            let (to, on) = (location(1), day("2026-12-01"));
            edit::announce_incoming(tx, &clerk(), sku(1), to, pieces(30), on, "PO-1")
        })
        .unwrap();
        assert_eq!(noting.states(), [TaskState::Done]);
    }
}

#[test]
fn a_reorder_point_that_is_raised_counts_at_once_and_a_closed_place_counts_no_more() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let mut noting = Noting::new(&database);
        receive(&mut connection, sku(1), location(1), 30, &Spot::default());
        assert_eq!(noting.states(), []);
        let set_point = |connection: &mut Connection, version, point| {
            run(connection, |tx| {
                edit::edit_sku(tx, &clerk(), sku(1), version, |sku| sku.reorder_point = point)
            })
            .unwrap();
        };
        // Nobody renews the catalog in memory here: the reader sees the edit in the journal.
        set_point(&mut connection, 1, 40);
        assert_eq!(noting.states(), [TaskState::Open]);
        set_point(&mut connection, 2, 20);
        assert_eq!(noting.states(), [TaskState::Done]);
        run(&mut connection, |tx| {
            let close = |place: &mut Location| place.is_active = false;
            edit::edit_location(tx, &clerk(), location(1), 1, close)
        })
        .unwrap();
        assert_eq!(noting.states(), [TaskState::Open, TaskState::Done]);
    }
}

#[test]
fn what_a_refused_order_wanted_is_remembered_until_there_is_enough_of_it() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        let mut noting = Noting::new(&database);
        receive(&mut connection, sku(1), location(1), 20, &Spot::default());
        let catalog = load(&mut connection);
        let short = Shortage { sku: sku(1), wanted: 50, available: 20 };
        run(&mut connection, |tx| replenishment::note_shortages(tx, &catalog, &[short], NOW))
            .unwrap();
        adjust(&mut connection, 1);
        let tasks = noting.tasks();
        assert_eq!(tasks.len(), 1);
        let (state, detail) = (tasks[0].0, &tasks[0].1);
        assert_eq!(state, TaskState::Open, "21 pieces are no 50");
        assert_eq!(detail["suggested_quantity"], 29);
        receive(&mut connection, sku(1), location(1), 29, &Spot::default());
        assert_eq!(noting.states(), [TaskState::Done]);
    }
}

#[test]
fn a_shortage_opens_a_task_that_says_how_much_is_missing() {
    for database in each_database() {
        let mut connection = database.connection();
        a_shop(&mut connection);
        receive(&mut connection, sku(2), location(1), 2, &Spot::default());
        let catalog = load(&mut connection);
        let short = Shortage { sku: sku(2), wanted: 9, available: 2 };
        for _ in 0..2 {
            run(&mut connection, |tx| replenishment::note_shortages(tx, &catalog, &[short], NOW))
                .unwrap();
        }
        let tasks = connection.read(|tx| task::of(tx, sku(2))).unwrap();
        assert_eq!(tasks.len(), 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(tasks[0].detail, @r#"{"sku":"B","available":2,"on_the_way":0,"wanted":9,"reorder_point":0,"suggested_quantity":7}"#);
        }
    }
}
