//! Tasks for whoever orders goods, and what buyers are told when there is none.

use std::sync::Arc;

use ordermill_app::availability::{self, Supply};
use ordermill_app::catalog::edit;
use ordermill_app::catalog::{CatalogHolder, Location};
use ordermill_app::reader::{Reading, Step};
use ordermill_app::replenishment;
use ordermill_app::stock::{Spot, adjust_stock, set_stock_policy};
use ordermill_base::Span;
use ordermill_domain::stock::{BackorderPolicy, Shortage};
use ordermill_domain::task::TaskState;
use ordermill_storage::{Connection, Database, task};
use ordermill_testkit::journal::settle;
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestDatabase, each_database};

use crate::kit::{NOW, a_shop, clerk, day, load, pieces, receive, run};

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
