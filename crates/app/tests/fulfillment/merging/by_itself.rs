//! Orders that the shop merges by itself, by its rules.

use ordermill_app::catalog::{Catalog, settings};
use ordermill_app::merge::merge_planned;
use ordermill_app::sourcing::SourcingSettings;
use ordermill_app::sourcing::settings::{MergeMode, MergeRule};
use ordermill_base::id::first_at;
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_domain::merge::Obstacle;
use ordermill_domain::order::Action;
use ordermill_domain::risk::Marks;
use ordermill_storage::{Connection, risk};
use ordermill_testkit::{TestDatabase, each_database};

use super::{HOME, an_order_to, are_together, decide, found, open_work, vault};
use crate::kit::*;

/// A shop that merges by itself, with so much at Hangzhou.
fn automatic(database: &TestDatabase, max_grams: u32) -> (Connection, Catalog) {
    let stock: [(i64, LocationId, i64); 2] = [(1, *HANGZHOU, 1_000), (2, *HANGZHOU, 9)];
    let (mut connection, _) = a_shop(database, &stock);
    let merge = MergeRule { mode: MergeMode::Automatic, window_minutes: 60, max_grams };
    let wanted = SourcingSettings { merge, ..SourcingSettings::default() };
    let (_, act) = somebody();
    connection.transact(|tx| settings::save(tx, &act, &wanted, 0)).unwrap();
    let catalog = connection.read(Catalog::load).unwrap();
    (connection, catalog)
}

fn merge_by_itself(connection: &mut Connection, catalog: &Catalog, order: OrderId) {
    let id = open_work(connection, order).id();
    connection.transact(|tx| merge_planned(tx, catalog, &vault(), id, NOW)).unwrap();
}

#[test]
fn a_shop_that_wants_it_merges_by_itself_what_was_just_planned() {
    for database in each_database() {
        let (mut connection, catalog) = automatic(&database, 20_000);
        let first = an_order_to(&mut connection, &catalog, 1, HOME, &[(1, 2)]);
        merge_by_itself(&mut connection, &catalog, first);
        assert_eq!(open_work(&mut connection, first).facts().merge, None, "nobody to travel with");
        let stranger = an_order_to(&mut connection, &catalog, 2, (99, 98), &[(1, 2)]);
        let second = an_order_to(&mut connection, &catalog, 3, HOME, &[(2, 1)]);
        for order in [stranger, second, second] {
            merge_by_itself(&mut connection, &catalog, order);
        }
        assert!(are_together(&mut connection, &[first, second]));
        assert_eq!(open_work(&mut connection, stranger).facts().merge, None);
        let versions = [first, second].map(|order| open_work(&mut connection, order).version());
        assert_eq!(versions, [2, 2], "once");
        all_is_well(&mut connection);
    }
}

#[test]
fn the_rules_merge_no_more_than_they_may() {
    for database in each_database() {
        let (mut connection, catalog) = automatic(&database, 1_200);
        let first = an_order_to(&mut connection, &catalog, 1, HOME, &[(1, 2)]);
        let second = an_order_to(&mut connection, &catalog, 2, HOME, &[(1, 2)]);
        merge_by_itself(&mut connection, &catalog, second);
        assert_eq!(open_work(&mut connection, second).facts().merge, None, "1.6 kg");
        let told = found(&mut connection, &catalog, second).remove(0).obstacles;
        assert_eq!(told, [Obstacle::TooHeavy]);
        let light = an_order_to(&mut connection, &catalog, 3, HOME, &[(2, 1)]);
        merge_by_itself(&mut connection, &catalog, light);
        assert!(are_together(&mut connection, &[second, light]), "the newest that fits");
        assert_eq!(open_work(&mut connection, first).facts().merge, None);
        all_is_well(&mut connection);
    }
}

#[test]
fn what_a_person_has_let_pass_is_suggested_and_not_merged_by_itself() {
    for database in each_database() {
        let (mut connection, catalog) = automatic(&database, 900_000);
        let small = an_order_to(&mut connection, &catalog, 1, HOME, &[(2, 1)]);
        let large = first_at(NOW) + 2;
        let large = an_order(&mut connection, &catalog, large, "CN-31", &[(1, 600)]);
        decide(&mut connection, large, Action::Approve);
        source(&mut connection, &catalog, &[large]);
        let marks = Marks { phone: Some(HOME.0), address: Some(HOME.1), suspicions: 0 };
        connection.transact(|tx| risk::insert_marks(tx, large, &marks)).unwrap();
        merge_by_itself(&mut connection, &catalog, large);
        assert!(!are_together(&mut connection, &[large, small]));
        assert_eq!(found(&mut connection, &catalog, large).len(), 1, "it is suggested");
        all_is_well(&mut connection);
    }
}
