//! Rules about which location ships an order: in force, tried on recent orders, and on trial.

use std::sync::Arc;

use ordermill_app::catalog::{Catalog, CatalogHolder};
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::rule_table::compile::compile;
use ordermill_app::rule_table::tried::Difference;
use ordermill_app::rule_table::{InForce, RulesError, Table, Written, draft, step};
use ordermill_app::sourcing;
use ordermill_app::sourcing::dry_run::dry_run;
use ordermill_app::sourcing::explain::{self, Explanation};
use ordermill_base::Id;
use ordermill_domain::ids::OrderId;
use ordermill_domain::rule_table::{Purpose, RuleTable, Step as RuleStep};
use ordermill_domain::sourcing::SourcingRule;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Connection, rule_table, task};
use ordermill_testkit::stock::{receive, sku};
use ordermill_testkit::{TestDatabase, each_database, journal};
use serde_json::{Value, json};

use crate::kit::*;

fn definition(when: &str, then: &Value) -> Value {
    let rule = json!({ "name": { "zh": "规则", "en": "Rule" }, "when": when, "then": then });
    json!({ "hit": "all", "rules": [rule], "otherwise": { "do": "compare" } })
}

fn table(when: &str, then: &Value) -> Arc<Table<SourcingRule>> {
    Arc::new(compile::<SourcingRule>(&definition(when, then), 4).unwrap())
}

/// The shop as it is, with one rule in force.
fn under(catalog: &Catalog, when: &str, then: &Value) -> Catalog {
    by(catalog, InForce::only(table(when, then)))
}

/// The shop as it is, with these rules.
fn by(catalog: &Catalog, rules: InForce<SourcingRule>) -> Catalog {
    let mut catalog = catalog.clone();
    catalog.sourcing_rules = Arc::new(rules);
    catalog
}

fn why(connection: &mut Connection, order: OrderId) -> Explanation {
    connection.read(|tx| explain::decisions(tx, order)).unwrap().remove(0).1
}

#[test]
fn a_rule_names_locations_rules_them_out_or_makes_them_dearer() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 50), (1, *BEIJING, 50), (1, *GUANGZHOU, 50)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let to_shanghai = "to.region == 'CN-31'";
        for (number, (when, then, location)) in [
            (to_shanghai, json!({ "do": "compare" }), "HZ"),
            (to_shanghai, json!({ "do": "only", "location": "GZ" }), "GZ"),
            ("to.region == 'CN-11'", json!({ "do": "only", "location": "GZ" }), "HZ"),
            ("goods.pieces > 1", json!({ "do": "never", "location": "HZ" }), "BJ"),
            ("true", json!({ "do": "dearer", "location": "HZ", "minor": 100_000 }), "BJ"),
            (
                "order.terms == 'cash_on_delivery'",
                json!({ "do": "dearer", "location": "HZ", "minor": 1 }),
                "HZ",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let number = 101 + i64::try_from(number).unwrap();
            let order = an_order(&mut connection, &catalog, number, "CN-31", &[(1, 2)]);
            source(&mut connection, &under(&catalog, when, &then), &[order]);
            let planned = format!("{location} planned 1x2");
            assert_eq!(written(&mut connection, order), planned, "{when}: {then}");
            let ruled = why(&mut connection, order).ruled;
            assert_eq!(ruled.is_some(), !when.contains("CN-11"), "{when}");
            assert!(ruled.is_none_or(|it| (it.version, &*it.matched[0].en) == (4, "Rule")));
        }
        all_is_well(&mut connection);
    }
}

#[test]
fn an_order_that_rules_let_nobody_ship_waits_for_a_person() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 5)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        let nobody = json!({ "do": "only", "location": "gone" });
        source(&mut connection, &under(&catalog, "true", &nobody), &[order]);
        assert_eq!(written(&mut connection, order), "");
        assert_eq!(why(&mut connection, order).impossible.as_deref(), Some("by_rules"));
        let open = connection.read(|tx| task::find_open(tx, TaskKind::Sourcing, order.raw()));
        assert!(open.unwrap().is_some());
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x2", "without the rule");
        all_is_well(&mut connection);
    }
}

#[test]
fn it_is_said_when_rules_are_why_nobody_ships_an_order() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 1), (1, *BEIJING, 1), (2, *HANGZHOU, 1)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let split = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        source(&mut connection, &under(&catalog, "true", &json!({ "do": "whole" })), &[split]);
        assert_eq!(why(&mut connection, split).impossible.as_deref(), Some("by_rules"));
        let few = an_order(&mut connection, &catalog, 102, "CN-31", &[(2, 1)]);
        let only = json!({ "do": "only", "location": "BJ" });
        source(&mut connection, &under(&catalog, "true", &only), &[few]);
        assert_eq!(why(&mut connection, few).impossible.as_deref(), Some("by_rules"));
        all_is_well(&mut connection);
    }
}

#[test]
fn what_rules_kept_back_is_tried_again_when_they_are_mended() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 5)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        let nobody = json!({ "do": "only", "location": "gone" });
        source(&mut connection, &under(&catalog, "true", &nobody), &[order]);
        assert_eq!(written(&mut connection, order), "");
        // The shop's own rules name nobody; that one of them changes is reason enough to look.
        let holder = Arc::new(connection.read(CatalogHolder::load).unwrap());
        on_trial(&mut connection, "true", &json!({ "do": "urgent" }));
        read_on(&database, &mut connection, sourcing::reader(holder));
        assert_eq!(written(&mut connection, order), "HZ planned 1x2");
        all_is_well(&mut connection);
    }
}

/// Lets a reader of the journal read all of it.
fn read_on(database: &TestDatabase, connection: &mut Connection, reader: Reader) {
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
fn rules_change_weights_and_hurry_orders() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 9), (1, *BEIJING, 9)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let rules = |all: &[Value]| {
            let rule = |(at, then): (usize, &Value)| {
                let name = format!("{at}");
                json!({ "name": { "zh": name, "en": name }, "when": "true", "then": then })
            };
            let rules: Vec<Value> = all.iter().enumerate().map(rule).collect();
            let definition =
                json!({ "hit": "all", "rules": rules, "otherwise": { "do": "compare" } });
            let table = Arc::new(compile::<SourcingRule>(&definition, 4).unwrap());
            by(&catalog, InForce::only(table))
        };
        let mut order = |number, known: &Catalog| {
            let order = an_order(&mut connection, &catalog, number, "CN-31", &[(1, 1)]);
            source(&mut connection, known, &[order]);
            let is_urgent = work_on(&mut connection, order)[0].facts().is_urgent;
            (written(&mut connection, order), is_urgent)
        };
        // Where the way costs nothing, a cent decides.
        let way = json!({ "do": "weigh", "weight": "per_100_km", "minor": 0 });
        let cent = json!({ "do": "dearer", "location": "HZ", "minor": 1 });
        let far = ("BJ planned 1x1".to_owned(), false);
        assert_eq!(order(101, &rules(&[way.clone(), cent.clone()])), far);
        let urgent = json!({ "do": "urgent" });
        let near = ("HZ planned 1x1".to_owned(), true);
        assert_eq!(order(102, &rules(&[way, cent, urgent])), near);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_is_urgent_by_rule_has_what_is_scarce_before_older_orders() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *BEIJING, 9)]);
        let older = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 1)]);
        let urgent = an_order(&mut connection, &catalog, 102, "CN-33", &[(1, 1)]);
        receive(&mut connection, sku(1), *HANGZHOU, 1, NOW);
        let known = under(&catalog, "to.region == 'CN-33'", &json!({ "do": "urgent" }));
        source(&mut connection, &known, &[older, urgent]);
        assert_eq!(written(&mut connection, urgent), "HZ planned 1x1");
        assert_eq!(written(&mut connection, older), "BJ planned 1x1");
        all_is_well(&mut connection);
    }
}

#[test]
fn what_is_urgent_by_rule_takes_no_piece_that_another_order_has_claimed() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 1)]);
        let older = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 1)]);
        receive(&mut connection, sku(1), *BEIJING, 1, NOW);
        let urgent = an_order(&mut connection, &catalog, 102, "CN-33", &[(1, 1)]);
        let known = under(&catalog, "to.region == 'CN-33'", &json!({ "do": "urgent" }));
        source(&mut connection, &known, &[older, urgent]);
        assert_eq!(written(&mut connection, older), "HZ planned 1x1");
        assert_eq!(written(&mut connection, urgent), "BJ planned 1x1");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_version_shows_on_recent_orders_what_it_would_change() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 4), (1, *BEIJING, 50)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let near = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 4)]);
        let far = an_order(&mut connection, &catalog, 102, "CN-11", &[(1, 2)]);
        source(&mut connection, &catalog, &[near, far]);
        // Hangzhou has nothing left but what the first order has claimed there: that counts as there.
        let other = table("to.region == 'CN-31'", &json!({ "do": "never", "location": "HZ" }));
        let run = connection.snapshot(|tx| dry_run(tx, &catalog, other, 100, NOW)).unwrap();
        assert_eq!((run.looked_at, run.changed), (2, 1));
        let moved = [((vec!["HZ".to_owned()], vec!["BJ".to_owned()]), 1)];
        assert_eq!(run.moves, moved.into());
        let (order, Difference { live, other }) = &run.examples[0];
        assert_eq!((*order, live.number, other.number), (near, 0, 4));
        assert_eq!(&*other.rules[0].en, "Rule");
        assert_eq!(written(&mut connection, near), "HZ planned 1x4", "nothing was changed");
        all_is_well(&mut connection);
    }
}

/// A draft of rules about locations that was put on trial.
fn on_trial(connection: &mut Connection, when: &str, then: &Value) -> RuleTable {
    let (who, act) = somebody();
    let written = Written { note: String::new(), definition: definition(when, then) };
    connection
        .transact(|tx| {
            let made = draft(tx, &who, &act, Purpose::Sourcing, written)?;
            step(tx, &who, &act, (made.id, made.version), RuleStep::StartShadow)
        })
        .unwrap()
}

#[test]
fn a_version_on_trial_is_recorded_and_sends_nothing_anywhere() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 9), (1, *BEIJING, 9)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let never = json!({ "do": "never", "location": "HZ" });
        let stored = on_trial(&mut connection, "to.region == 'CN-31'", &never);
        let table = compile::<SourcingRule>(&stored.definition, stored.number).unwrap();
        let rules = catalog.sourcing_rules.with_trial(stored.id, Arc::new(table));
        let known = by(&catalog, rules);
        let near = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 1)]);
        let far = an_order(&mut connection, &catalog, 102, "CN-11", &[(1, 1)]);
        source(&mut connection, &known, &[near, far]);
        assert_eq!(written(&mut connection, near), "HZ planned 1x1");
        let id = stored.id;
        let counts = connection.read(|tx| rule_table::count_trials(tx, id, 100)).unwrap();
        assert_eq!(counts, (2, 1), "two were looked at, and one goes elsewhere");
        let found = connection.read(|tx| rule_table::trials_that_differ(tx, id, None, 9)).unwrap();
        let difference: Difference =
            serde_json::from_str(found[0].difference.as_deref().unwrap()).unwrap();
        assert_eq!(OrderId::from_raw(found[0].subject_id), near);
        assert_eq!((&*difference.live.goes[0], &*difference.other.goes[0]), ("HZ", "BJ"));
        all_is_well(&mut connection);
    }
}

#[test]
fn rules_about_locations_are_checked_when_they_are_written() {
    for database in each_database() {
        let (mut connection, _) = a_shop(&database, &[]);
        let (who, act) = somebody();
        for (when, then) in [
            ("buyer.orders > 1", json!({ "do": "urgent" })),
            ("true", json!({ "do": "hold", "reason": "amount" })),
            ("true", json!({ "do": "dearer", "location": "HZ" })),
            ("true", json!({ "do": "dearer", "location": "HZ", "minor": "much" })),
            ("goods.pieces", json!({ "do": "urgent" })),
        ] {
            let written = Written { note: String::new(), definition: definition(when, &then) };
            let made = connection.transact(|tx| draft(tx, &who, &act, Purpose::Sourcing, written));
            assert!(matches!(made, Err(RulesError::Flawed(_))), "{when} {then}: {made:?}");
        }
    }
}
