//! What is sold, where it lies and by which rules, kept on both databases and in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use ordermill_app::catalog::settings::{self, ShopSettings};
use ordermill_app::catalog::{Catalog, CatalogHolder, Location, Sku, edit};
use ordermill_base::{Currency, Id, Money, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CategoryId, IncomingId, SkuId};
use ordermill_domain::location::{Bin, Zone};
use ordermill_domain::pricing::FreightTable;
use ordermill_domain::text::Text;
use ordermill_storage::incoming::Incoming;
use ordermill_storage::{Connection, Error, category, incoming, journal, setting, stock};
use ordermill_storage::{location as places, sku as goods};
use ordermill_testkit::catalog as sample;
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, each_database};

const NOW: Timestamp = TestClock::START;

fn clerk() -> Act {
    Act::new(Actor::system("test"), NOW)
}

fn insert_sku(connection: &mut Connection, sku: &Sku) {
    connection.transact(|tx| goods::insert(tx, &clerk(), sku)).unwrap();
}

fn insert_location(connection: &mut Connection, location: &Location) {
    connection.transact(|tx| places::insert(tx, &clerk(), location)).unwrap();
}

fn load(connection: &mut Connection) -> Catalog {
    connection.snapshot(Catalog::load).unwrap()
}

/// Every field differs from what it is by default.
fn a_full_sku() -> Sku {
    Sku {
        gtin: Some("4006381333931".to_owned()),
        description: Text::new("手工拉坯", "Thrown by hand"),
        category: CategoryId::from_raw(7),
        family: "CER-MUG".to_owned(),
        variant: Text::new("雪白", "Snow"),
        list_price_minor: Some(7_900),
        cost_minor: Some(2_300),
        tax_class: ordermill_domain::pricing::TaxClass::Reduced,
        dimensions_mm: [130, 95, 100],
        handling: ordermill_domain::sku::Handling {
            is_fragile: true,
            is_high_value: false,
            is_perishable: true,
            is_hazardous: false,
            is_oversized: true,
        },
        shelf_life_days: Some(180),
        is_active: false,
        reorder_point: 12,
        substitutes: vec![sku(2), sku(3)],
        art: Some("mug".to_owned()),
        updated_at: NOW,
        ..sample::sku(sku(1), "CER-MUG-1")
    }
}

#[test]
fn a_sku_is_read_back_as_it_was_stored() {
    for database in each_database() {
        let mut connection = database.connection();
        let stored = a_full_sku();
        insert_sku(&mut connection, &stored);
        connection
            .read(|tx| {
                assert_eq!(goods::fetch(tx, sku(1))?, Some(stored.clone()));
                assert_eq!(goods::find_by_code(tx, "CER-MUG-1")?, Some(stored.clone()));
                assert_eq!(goods::find_by_gtin(tx, "4006381333931")?, Some(stored.clone()));
                assert_eq!(
                    goods::list(tx, Some(stored.category), None, 9)?,
                    std::slice::from_ref(&stored)
                );
                assert_eq!(goods::list(tx, None, Some(sku(1)), 9)?, []);
                assert_eq!(goods::find_by_codes(tx, ["X", "CER-MUG-1"])?, [stored]);
                Ok::<_, Error>(())
            })
            .unwrap();
    }
}

#[test]
fn a_code_belongs_to_one_sku() {
    for database in each_database() {
        let mut connection = database.connection();
        insert_sku(&mut connection, &sample::sku(sku(1), "A"));
        let twice =
            connection.transact(|tx| goods::insert(tx, &clerk(), &sample::sku(sku(2), "A")));
        assert!(matches!(twice, Err(Error::UniqueViolation { .. })), "{twice:?}");
    }
}

#[test]
fn an_edit_tells_the_journal_what_changed_and_the_second_editor_is_told() {
    for database in each_database() {
        let mut connection = database.connection();
        let before = sample::sku(sku(1), "A");
        insert_sku(&mut connection, &before);
        let after = Sku { price: Money::new(6_500, Currency::Cny), ..before.clone() };
        let mut update =
            |after: &Sku| connection.transact(|tx| goods::update(tx, &clerk(), &before, after));
        assert_eq!(update(&after).unwrap(), 2);
        assert!(matches!(update(&after), Err(Error::Stale(_))));
        assert_eq!(update(&before).unwrap(), 1, "nothing to write");
        let entries = connection.read(|tx| journal::of(tx, "sku", sku(1), 1, 9)).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[1].sequence, entries[1].kind.as_str()), (2, "sku.edited"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(entries[1].body, @r#"{"kind":"sku.edited","fields":{"price":{"before":{"currency":"CNY","minor":5900},"after":{"currency":"CNY","minor":6500}}}}"#);
        }
    }
}

#[test]
fn a_location_keeps_its_place_its_hours_and_its_bins() {
    for database in each_database() {
        let mut connection = database.connection();
        let before = sample::location(location(1), "JX", 30, 120);
        insert_location(&mut connection, &before);
        let bin = Bin {
            id: Id::from_raw(1),
            location: before.id,
            zone: "A".to_owned(),
            code: "A-01-01-1".to_owned(),
            position: 4,
            place: None,
        };
        connection
            .transact(|tx| {
                places::insert_bin(tx, &bin)?;
                places::insert_bin(tx, &Bin { id: Id::from_raw(2), ..bin.clone() })?;
                assert_eq!(places::find_by_code(tx, "JX")?.as_ref(), Some(&before));
                assert_eq!(places::bins(tx, before.id, "", 9)?, std::slice::from_ref(&bin));
                assert_eq!(places::find_bin(tx, before.id, "A-01-01-1")?, Some(bin.clone()));
                let after =
                    Location { latitude_micro: 30_747_701, is_active: false, ..before.clone() };
                assert_eq!(places::update(tx, &clerk(), &before, &after)?, 2);
                let stored = places::fetch(tx, before.id)?;
                assert_eq!(stored, Some(Location { version: 2, ..after }));
                Ok::<_, Error>(())
            })
            .unwrap();
    }
}

#[test]
fn a_zone_and_its_new_bins_stand_in_the_history_of_the_location() {
    for database in each_database() {
        let mut connection = database.connection();
        let place = sample::location(location(1), "JX", 30, 120);
        let zone = |name: &str| Zone {
            location: place.id,
            code: "A".to_owned(),
            name: Text::new("拣选区", name),
            kind: "shelf".to_owned(),
        };
        let mut set_up = |name: &str, bins: &[&str]| {
            let (zone, bins) = (zone(name), bins.iter().map(|bin| (*bin).to_owned()));
            connection.transact(|tx| edit::set_up_zone(tx, &clerk(), &zone, bins.clone()))
        };
        assert!(set_up("Picking", &[]).is_err(), "there is no such location");
        let mut other = database.connection();
        other.transact(|tx| places::insert(tx, &clerk(), &place)).unwrap();
        set_up("Picking", &["A-1", "A-2", "A-1"]).unwrap();
        set_up("Picking", &["A-2"]).unwrap();
        set_up("Shelves", &["A-3"]).unwrap();
        let (zones, bins, entries, stored) = other
            .read(|tx| {
                Ok::<_, Error>((
                    places::zones(tx, place.id)?,
                    places::bins(tx, place.id, "", 9)?,
                    journal::of(tx, "location", place.id, 2, 9)?,
                    places::fetch(tx, place.id)?,
                ))
            })
            .unwrap();
        assert_eq!(zones, [zone("Shelves")]);
        let labels: Vec<&str> = bins.iter().map(|bin| bin.code.as_str()).collect();
        assert_eq!(labels, ["A-1", "A-2", "A-3"]);
        assert_eq!(stored.unwrap().version, 3, "what is the same again is nothing new");
        assert!(entries.iter().all(|entry| entry.kind == "location.edited"));
        let told = [r#""new_bins":{"before":[],"after":["A-1","A-2"]}"#, r#""en":"Shelves""#];
        for (entry, part) in entries.iter().zip(told) {
            assert!(entry.body.contains(part), "{part}: {}", entry.body);
        }
        assert_eq!(entries.len(), 2);
    }
}

#[test]
fn what_is_on_its_way_is_the_open_sum_of_its_announcements() {
    for database in each_database() {
        let mut connection = database.connection();
        let of = |id, quantity| Incoming {
            id: IncomingId::from_raw(id),
            sku: sku(1),
            location: location(1),
            quantity,
            received: 0,
            expected_on: "2026-12-01".parse().unwrap(),
            reference: format!("PO-{id}"),
            is_closed: false,
            version: 1,
        };
        let mut level_after =
            |change: &dyn Fn(&mut ordermill_storage::Tx<'_>) -> Result<(), Error>| {
                connection.transact(|tx| change(tx)).unwrap();
                connection.read(|tx| stock::levels(tx, [sku(1)])).unwrap()[0].incoming
            };
        let put = |tx: &mut ordermill_storage::Tx<'_>, after: Incoming| {
            let before = incoming::fetch(tx, after.id)?.unwrap();
            incoming::update(tx, &clerk(), &before, &after).map(drop)
        };
        assert_eq!(level_after(&|tx| incoming::insert(tx, &clerk(), &of(1, 30))), 30);
        assert_eq!(level_after(&|tx| incoming::insert(tx, &clerk(), &of(2, 5))), 35);
        assert_eq!(level_after(&|tx| put(tx, Incoming { received: 20, ..of(1, 30) })), 15);
        assert_eq!(level_after(&|tx| put(tx, Incoming { received: 33, ..of(1, 30) })), 5);
        assert_eq!(level_after(&|tx| put(tx, Incoming { is_closed: true, ..of(2, 5) })), 0);
        assert_eq!(connection.read(|tx| incoming::open_of(tx, [sku(1)])).unwrap(), []);
    }
}

#[test]
fn a_setting_has_a_standard_until_somebody_sets_it() {
    for database in each_database() {
        let mut connection = database.connection();
        connection
            .transact(|tx| {
                let (shop, version) = settings::read::<ShopSettings>(tx)?;
                assert_eq!((shop.pay_within, version), (Span::hours(24), 0));
                let shop = ShopSettings { is_promotion: true, ..shop };
                assert_eq!(settings::save(tx, &clerk(), &shop, 0)?, 1);
                assert_eq!(settings::save(tx, &clerk(), &shop, 1)?, 1, "nothing to write");
                assert!(matches!(settings::save(tx, &clerk(), &shop, 0), Err(Error::Stale(_))));
                assert_eq!(settings::read::<ShopSettings>(tx)?, (shop, 1));
                let entries = journal::of(tx, "setting", setting::id("shop"), 1, 9)?;
                assert_eq!(entries.len(), 1);
                assert!(entries[0].body.contains(r#""shop.is_promotion":{"after":true}"#));
                Ok::<_, Error>(())
            })
            .unwrap();
    }
}

#[test]
fn an_empty_shop_has_rates_that_work() {
    for database in each_database() {
        let catalog = load(&mut database.connection());
        assert_eq!(catalog.freight.rates.len(), 1);
        assert!(catalog.taxes.of_country(ordermill_domain::address::Country::CHINA).is_ok());
        assert_eq!(catalog.preference("CN-31").len(), 0);
    }
}

#[test]
fn goods_are_found_by_id_code_and_barcode() {
    for database in each_database() {
        let mut connection = database.connection();
        insert_sku(&mut connection, &a_full_sku());
        insert_sku(&mut connection, &sample::sku(sku(2), "B"));
        let group = ordermill_domain::category::Category {
            id: CategoryId::from_raw(7),
            code: "CER".to_owned(),
            slug: "ceramics".to_owned(),
            name: Text::new("陶瓷", "Ceramics"),
            about: Text::default(),
            position: 1,
            version: 1,
        };
        connection.transact(|tx| category::insert(tx, &clerk(), &group)).unwrap();
        let catalog = load(&mut connection);
        assert_eq!(catalog.sku(sku(1)), Some(&a_full_sku()));
        assert_eq!(catalog.by_code("B").map(|found| found.id), Some(sku(2)));
        assert_eq!(catalog.by_gtin("4006381333931").map(|found| found.id), Some(sku(1)));
        assert_eq!(catalog.by_code("C"), None);
        assert_eq!(catalog.category_by_code("ceramics"), Some(&group));
    }
}

#[test]
fn the_nearest_active_location_is_asked_first() {
    for database in each_database() {
        let mut connection = database.connection();
        let places = [
            sample::location(location(1), "JX", 31, 121),
            sample::location(location(2), "FS", 23, 113),
            sample::location(location(3), "CD", 31, 104),
            Location { is_active: false, ..sample::location(location(4), "SH", 31, 121) },
            Location { priority: 9, ..sample::location(location(5), "STORE", 31, 121) },
        ];
        places.iter().for_each(|place| insert_location(&mut connection, place));
        let catalog = load(&mut connection);
        let order = |region: &str| {
            let codes = catalog
                .preference(region)
                .iter()
                .map(|&id| catalog.location(id).unwrap().code.clone())
                .collect::<Vec<_>>();
            codes.join(" ")
        };
        assert_eq!(order("CN-31"), "JX FS CD STORE", "Shanghai");
        assert_eq!(order("CN-440000"), "FS JX CD STORE", "Guangdong");
        assert_eq!(order("CN-54"), "CD FS JX STORE", "Tibet");
        assert_eq!(order("HK"), "FS JX CD STORE");
        assert_eq!(order("US-CA"), "CD FS JX STORE", "by code where no distance is known");
    }
}

#[test]
fn an_edit_reaches_the_catalog_of_every_node() {
    for database in each_database() {
        // SQLite has one node; its journal is ordered by the ids of one generator.
        let editing = database.open();
        let is_shared = database.address().is_postgres();
        let selling = if is_shared { database.open() } else { editing.clone() };
        let first = sample::sku(sku(1), "A");
        editing.write_blocking(move |tx| goods::insert(tx, &clerk(), &first)).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let holder = Arc::new(selling.snapshot(CatalogHolder::load).await.unwrap());
            let following = tokio::spawn(Arc::clone(&holder).follow(selling.clone()));
            editing
                .write(|tx| {
                    goods::insert(tx, &clerk(), &sample::sku(sku(2), "B"))?;
                    let before = goods::fetch(tx, sku(1))?.unwrap();
                    let after = Sku { is_active: false, ..before.clone() };
                    goods::update(tx, &clerk(), &before, &after)?;
                    settings::save(tx, &clerk(), &FreightTable::default(), 0)
                })
                .await
                .unwrap();
            let is_seen = |catalog: &Catalog| {
                catalog.by_code("B").is_some()
                    && catalog.by_code("A").is_some_and(|sku| !sku.is_active)
                    && catalog.freight.rates.is_empty()
            };
            for _ in 0..100 {
                if is_seen(&holder.current()) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            assert!(is_seen(&holder.current()), "{database:?}");
            following.abort();
        });
        editing.close();
        selling.close();
    }
}

#[test]
fn an_edit_is_seen_at_once_by_its_author_while_an_older_transaction_is_open() {
    for database in each_database() {
        let node = database.open();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let holder = Arc::new(runtime.block_on(node.snapshot(CatalogHolder::load)).unwrap());
        let edit_and_look = || {
            node.write_blocking(|tx| goods::insert(tx, &clerk(), &sample::sku(sku(1), "NEW")))?;
            runtime.block_on(Arc::clone(&holder).catch_up_now(&node, NOW))
        };
        if database.address().is_postgres() {
            // Its number is the lower one, and what it writes comes into the journal later.
            let mut older = database.connection();
            let older_work = |tx: &mut ordermill_storage::Tx<'_>| {
                goods::insert(tx, &clerk(), &sample::sku(sku(2), "OLDER"))?;
                // Reading sends what was collected, and so takes the number.
                journal::end(tx)?;
                edit_and_look()
            };
            older.transact(older_work).unwrap();
        } else {
            edit_and_look().unwrap();
        }
        assert!(holder.current().by_code("NEW").is_some(), "{database:?}");
        assert!(holder.current().by_code("OLDER").is_none(), "{database:?}");
        node.close();
    }
}

#[test]
fn an_edited_sku_takes_its_place_in_every_index() {
    let of = |number, code: &str| sample::sku(SkuId::from_raw(number), code);
    let catalog = Catalog::default().with_skus([of(3, "C"), of(1, "A")]);
    let renamed = Sku { gtin: Some("73513537".to_owned()), ..of(3, "C2") };
    let catalog = catalog.with_skus([of(2, "B"), renamed]);
    assert_eq!(catalog.by_code("C"), None);
    for (code, number) in [("A", 1), ("B", 2), ("C2", 3)] {
        assert_eq!(catalog.by_code(code).map(|found| found.id), Some(SkuId::from_raw(number)));
        assert!(catalog.sku(SkuId::from_raw(number)).is_some());
    }
    assert_eq!(catalog.by_gtin("73513537").map(|found| found.id), Some(SkuId::from_raw(3)));
}
