//! Which location ships what.

use ordermill_app::order::cancel::cancel_order;
use ordermill_app::sourcing::by_hand::{self, ByHandError, Seen};
use ordermill_app::sourcing::explain::Explanation;
use ordermill_base::Id;
use ordermill_domain::fulfillment::{RejectReason, State};
use ordermill_domain::order::CancelReason;
use ordermill_domain::task::TaskKind;
use ordermill_storage::{fulfillment, task};
use ordermill_testkit::each_database;
use ordermill_testkit::stock::{receive, sku};

use crate::kit::*;

#[test]
fn an_order_is_shipped_whole_by_the_nearest_location_that_has_it() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 5), (2, *HANGZHOU, 5), (1, *GUANGZHOU, 5), (2, *GUANGZHOU, 5)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2), (2, 1)]);
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x2 2x1");
        all_is_well(&mut connection);
    }
}

#[test]
fn an_order_to_a_country_without_times_of_transit_is_shipped_all_the_same() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 5)]);
        let order = an_order(&mut connection, &catalog, 101, "AU-NSW", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x2");
    }
}

#[test]
fn an_order_is_split_only_where_it_must_be() {
    for database in each_database() {
        let stock = [(1, *HANGZHOU, 5), (2, *BEIJING, 5)];
        let (mut connection, catalog) = a_shop(&database, &stock);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2), (2, 1)]);
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x2, BJ planned 2x1");
        all_is_well(&mut connection);
    }
}

#[test]
fn planning_twice_plans_once() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 5)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        source(&mut connection, &catalog, &[order]);
        assert_eq!(written(&mut connection, order), "HZ planned 1x2");
    }
}

#[test]
fn the_decision_says_what_it_cost_and_what_was_second_best() {
    for database in each_database() {
        let (mut connection, catalog) =
            a_shop(&database, &[(1, *HANGZHOU, 5), (1, *BEIJING, 5), (2, *GUANGZHOU, 5)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        let decisions = connection.read(|tx| fulfillment::decisions(tx, order)).unwrap();
        let why: Explanation = serde_json::from_str(&decisions[0].1).unwrap();
        assert_eq!(why.sent_to, [*HANGZHOU]);
        assert_eq!(why.second.iter().map(|it| it.location).collect::<Vec<_>>(), [*BEIJING]);
        assert!(why.second[0].cost.total_minor() > why.chosen[0].cost.total_minor());
        let guangzhou = why.candidates.iter().find(|it| it.location == *GUANGZHOU).unwrap();
        assert_eq!(guangzhou.refused_because, ["too_few"]);
    }
}

#[test]
fn what_is_scarce_goes_where_it_saves_the_most() {
    for database in each_database() {
        // Each buyer has the piece that is far away, by the hour of their orders.
        let (mut connection, catalog) = a_shop(&database, &[(1, *BEIJING, 1)]);
        let near_hangzhou = an_order(&mut connection, &catalog, 101, "CN-33", &[(1, 1)]);
        receive(&mut connection, sku(1), *HANGZHOU, 1, NOW);
        let near_beijing = an_order(&mut connection, &catalog, 102, "CN-11", &[(1, 1)]);
        source(&mut connection, &catalog, &[near_hangzhou, near_beijing]);
        assert_eq!(written(&mut connection, near_hangzhou), "HZ planned 1x1");
        assert_eq!(written(&mut connection, near_beijing), "BJ planned 1x1");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_location_without_power_gives_all_of_its_planned_work_to_others() {
    for database in each_database() {
        let (mut connection, catalog) =
            a_shop(&database, &[(1, *HANGZHOU, 9), (1, *BEIJING, 9), (2, *HANGZHOU, 1)]);
        let first = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        let second = an_order(&mut connection, &catalog, 102, "CN-31", &[(1, 1), (2, 1)]);
        source(&mut connection, &catalog, &[first, second]);
        let (who, act) = somebody();
        let pooled =
            connection.transact(|tx| by_hand::pool(tx, &catalog, &who, &act, *HANGZHOU)).unwrap();
        assert_eq!(pooled, 2);
        assert_eq!(written(&mut connection, first), "HZ rejected 1x2, BJ planned 1x2");
        // Nobody else has the second SKU: a person decides.
        assert_eq!(written(&mut connection, second), "HZ rejected 1x1 2x1");
        let open = connection.read(|tx| task::find_open(tx, TaskKind::Sourcing, second.raw()));
        assert!(open.unwrap().is_some());
        all_is_well(&mut connection);
    }
}

#[test]
fn a_person_sends_work_to_another_location() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 9), (1, *GUANGZHOU, 9)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        let work = work_on(&mut connection, order).remove(0);
        let seen = Seen { id: work.id(), version: work.version() };
        let (who, act) = somebody();
        let nowhere = connection
            .transact(|tx| by_hand::send_to(tx, &catalog, &who, &act, seen, *BEIJING))
            .unwrap_err();
        assert!(matches!(nowhere, ByHandError::NotThere), "{nowhere:?}");
        assert_eq!(written(&mut connection, order), "HZ planned 1x2");
        connection
            .transact(|tx| by_hand::send_to(tx, &catalog, &who, &act, seen, *GUANGZHOU))
            .unwrap();
        assert_eq!(written(&mut connection, order), "HZ rejected 1x2, GZ planned 1x2");
        let again = connection
            .transact(|tx| by_hand::send_to(tx, &catalog, &who, &act, seen, *GUANGZHOU))
            .unwrap_err();
        assert!(matches!(again, ByHandError::Stale(_)), "{again:?}");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_location_that_gives_work_back_is_not_asked_again() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 9), (1, *GUANGZHOU, 9)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        let work = work_on(&mut connection, order).remove(0);
        let seen = Seen { id: work.id(), version: work.version() };
        let (who, act) = somebody();
        let reason = RejectReason::Damaged;
        connection
            .transact(|tx| by_hand::give_back(tx, &catalog, &who, &act, seen, reason))
            .unwrap();
        assert_eq!(written(&mut connection, order), "HZ rejected 1x2, GZ planned 1x2");
        all_is_well(&mut connection);
    }
}

#[test]
fn urgent_work_goes_to_the_nearest_location_before_others() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 9), (1, *GUANGZHOU, 9)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-44", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        let (who, act) = somebody();
        connection.transact(|tx| by_hand::hurry(tx, &catalog, &who, &act, order)).unwrap();
        let planned = work_on(&mut connection, order);
        let urgent = planned.iter().find(|work| work.state() == State::Planned).unwrap();
        assert!(urgent.facts().is_urgent);
        let near = written(&mut connection, order);
        assert_eq!(near, "GZ rejected 1x2, GZ planned 1x2", "the nearest is not ruled out");
        connection.transact(|tx| by_hand::hurry(tx, &catalog, &who, &act, order)).unwrap();
        assert_eq!(written(&mut connection, order), near, "it is urgent once");
        all_is_well(&mut connection);
    }
}

#[test]
fn what_nobody_could_ship_is_tried_again_when_somebody_hurries_it() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 2)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        let (who, act) = somebody();
        connection.transact(|tx| by_hand::pool(tx, &catalog, &who, &act, *HANGZHOU)).unwrap();
        let nobody =
            connection.transact(|tx| by_hand::hurry(tx, &catalog, &who, &act, order)).unwrap_err();
        assert!(matches!(nobody, ByHandError::NothingPlanned(_)), "{nobody:?}");
        receive(&mut connection, sku(1), *BEIJING, 2, NOW);
        connection.transact(|tx| by_hand::hurry(tx, &catalog, &who, &act, order)).unwrap();
        assert_eq!(written(&mut connection, order), "HZ rejected 1x2, BJ planned 1x2");
        all_is_well(&mut connection);
    }
}

#[test]
fn a_canceled_order_ends_its_work_and_gives_its_stock_back() {
    for database in each_database() {
        let (mut connection, catalog) = a_shop(&database, &[(1, *HANGZHOU, 2)]);
        let order = an_order(&mut connection, &catalog, 101, "CN-31", &[(1, 2)]);
        source(&mut connection, &catalog, &[order]);
        let (_, act) = somebody();
        connection.transact(|tx| cancel_order(tx, &act, order, CancelReason::Buyer)).unwrap();
        assert_eq!(written(&mut connection, order), "HZ canceled 1x2");
        let next = an_order(&mut connection, &catalog, 102, "CN-31", &[(1, 2)]);
        source(&mut connection, &catalog, &[next]);
        assert_eq!(written(&mut connection, next), "HZ planned 1x2");
        all_is_well(&mut connection);
    }
}
