//! The catalog's list: found by what people type, filtered, and paged by code.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ordermill_base::Id;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::CategoryId;
use ordermill_domain::sku::{Handling, HandlingFlag, Sku};
use ordermill_domain::text::Text;
use ordermill_storage::sku::{self, Search, search};
use ordermill_storage::{Connection, Error};
use ordermill_testkit::stock::sku as id;
use ordermill_testkit::{TestClock, catalog, each_database};

fn goods() -> Vec<Sku> {
    let of = |number, code: &str, name: (&str, &str), category| Sku {
        name: Text::new(name.0, name.1),
        category: CategoryId::from_raw(category),
        ..catalog::sku(id(number), code)
    };
    let tea = of(1, "TEA-LJ-250", ("明前龙井 250 克", "Longjing Green Tea"), 1);
    let mug = of(2, "CER-MUG-MST", ("雾蓝马克杯", "Mug, Mist Blue"), 2);
    let old = of(3, "CER-MUG-OLD", ("旧马克杯", "Old Mug"), 2);
    let odd = of(4, "ODD_100%", ("百分百", "Odd_one"), 2);
    let fragile = Handling { is_fragile: true, ..Handling::default() };
    vec![
        Sku { gtin: Some("4006381333931".to_owned()), ..tea },
        Sku { handling: fragile, ..mug },
        Sku { is_active: false, handling: fragile, ..old },
        odd,
    ]
}

fn found(connection: &mut Connection, search_for: &Search, after: &str, limit: i64) -> Vec<String> {
    let found = connection.read(|tx| search(tx, search_for, after, limit)).unwrap();
    found.into_iter().map(|sku| sku.code).collect()
}

fn stocked(connection: &mut Connection) {
    let act = Act::new(Actor::system("test"), TestClock::START);
    let fill = |tx: &mut ordermill_storage::Tx<'_>| {
        goods().iter().try_for_each(|it| sku::insert(tx, &act, it))
    };
    connection.transact::<_, Error>(fill).unwrap();
}

#[test]
fn goods_are_found_by_parts_of_code_and_names_and_by_the_whole_barcode() {
    for database in each_database() {
        let mut connection = database.connection();
        stocked(&mut connection);
        let mut typed = |text: &str| {
            let search = Search { text: text.to_owned(), ..Search::default() };
            found(&mut connection, &search, "", 10)
        };
        assert_eq!(typed("mug"), ["CER-MUG-MST", "CER-MUG-OLD"]);
        assert_eq!(typed("马克杯"), ["CER-MUG-MST", "CER-MUG-OLD"]);
        assert_eq!(typed(" 雾蓝  MUG "), ["CER-MUG-MST"], "every word counts");
        assert_eq!(typed("LJ-250"), ["TEA-LJ-250"]);
        assert_eq!(typed("4006381333931"), ["TEA-LJ-250"]);
        assert_eq!(typed("400638133393"), [""; 0], "a part of a barcode is none");
        assert_eq!(typed("%"), ["ODD_100%"], "a sign is a sign");
        assert_eq!(typed("d_o"), ["ODD_100%"]);
        assert_eq!(typed("!"), [""; 0]);
        assert_eq!(typed("").len(), 4);
    }
}

#[test]
fn filters_are_used_together() {
    for database in each_database() {
        let mut connection = database.connection();
        stocked(&mut connection);
        let mugs = Search { category: Some(CategoryId::from_raw(2)), ..Search::default() };
        assert_eq!(found(&mut connection, &mugs, "", 9).len(), 3);
        let fragile = Search { flag: Some(HandlingFlag::Fragile), ..mugs.clone() };
        assert_eq!(found(&mut connection, &fragile, "", 9), ["CER-MUG-MST", "CER-MUG-OLD"]);
        let off = Search { is_active: Some(false), ..fragile };
        assert_eq!(found(&mut connection, &off, "", 9), ["CER-MUG-OLD"]);
        let other = Search { flag: Some(HandlingFlag::Hazardous), ..mugs };
        assert_eq!(found(&mut connection, &other, "", 9), [""; 0]);
    }
}

#[test]
fn pages_follow_each_other_by_code_and_none_is_left_out() {
    for database in each_database() {
        let mut connection = database.connection();
        stocked(&mut connection);
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = found(&mut connection, &Search::default(), &after, 1);
            let Some(last) = page.last() else { break };
            after.clone_from(last);
            seen.extend(page);
        }
        assert_eq!(seen, ["CER-MUG-MST", "CER-MUG-OLD", "ODD_100%", "TEA-LJ-250"]);
    }
}

/// The list of a large catalog walks along an index and sorts nothing.
#[test]
fn the_list_walks_along_an_index() {
    let database = ordermill_testkit::TestDatabase::sqlite();
    let mut connection = database.connection();
    stocked(&mut connection);
    let mut plan = |condition: &str| {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT name_zh FROM skus WHERE code > $1{condition}
              ORDER BY code LIMIT $2"
        );
        connection
            .read::<_, Error>(|tx| {
                tx.query(&sql, ordermill_storage::params!["", 9], |row| {
                    let _ = (row.int()?, row.int()?, row.int()?);
                    row.text()
                })
            })
            .unwrap()
            .join("\n")
    };
    let all = plan(" AND lower(name_zh) LIKE '%a%'");
    assert!(all.contains("USING INDEX sqlite_autoindex_skus_1 (code>?)"), "{all}");
    let of_category = plan(" AND category_id = 2 AND is_active = 1");
    assert!(
        of_category.contains("USING INDEX skus_by_category_and_code (category_id=? AND code>?)"),
        "{of_category}"
    );
    for plan in [all, of_category] {
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
