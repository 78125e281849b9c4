//! Policies, edits and zones.

use ordermill_app::catalog::Sku;
use ordermill_app::catalog::edit::{self, EditError};
use ordermill_app::stock::set_stock_policy;
use ordermill_base::{Currency, Id, Money};
use ordermill_domain::ids::SkuId;
use ordermill_domain::location::Zone;
use ordermill_domain::stock::BackorderPolicy;
use ordermill_domain::text::Text;
use ordermill_storage::{journal, location as places, sku as goods, stock};
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{catalog as sample, each_database};

use crate::kit::{a_shop, clerk, run};

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
