//! What surrounds goods: categories, locations, files, gift cards, points.

use axum::http::StatusCode;
use ordermill_base::{Currency, Money};
use ordermill_domain::role::Role;
use ordermill_storage::{category, customer, gift_card, location, sku, stock};
use ordermill_testkit::stock as places;

use crate::kit::{Person, Shop, on_each_database};

#[test]
fn a_category_is_opened_renamed_and_listed_with_its_goods() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let new = "/console/catalog/categories/new";
        // With its place: the one that the form proposes is another when the first is there.
        let form =
            [("code", "茶"), ("name_zh", "茶叶"), ("slug", "tea"), ("position", "3"), ("key", "k")];
        assert_eq!(shop.fill_in(&kim, new, &form).await.status, StatusCode::SEE_OTHER);
        assert_eq!(shop.fill_in(&kim, new, &form).await.status, StatusCode::SEE_OTHER, "once");
        let wrong = [("code", "x y"), ("name_zh", ""), ("slug", "Ä"), ("position", "-1")];
        let refused = shop.fill_in(&kim, new, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["slug", "position"] {
            assert!(refused.body.contains(&format!("id=\"e-{field}\"")), "{field}");
        }
        let taken = shop.fill_in(&kim, new, &[("code", "tableware"), ("name_en", "x")]).await;
        assert!(taken.body.contains("Another category has this code"), "{}", taken.body);

        let here = "/console/catalog/categories/of/%E8%8C%B6";
        let sent = shop.fill_in(&kim, here, &[("name_en", "Tea"), ("position", "7")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let stale = shop.fill_in(&kim, here, &[("name_en", "Other"), ("version", "1")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        let find = |tx: &mut ordermill_storage::Tx<'_>| category::find_by_code(tx, "茶");
        let stored = shop.services.database().read(find).await.unwrap().unwrap();
        assert_eq!((stored.name.en.as_str(), stored.position, stored.version), ("Tea", 7, 2));
        let list = shop.get(&kim, "/console/catalog/categories").await;
        assert!(list.body.contains(here) && list.body.contains(">2</a>"), "{}", list.body);
    });
}

#[test]
fn a_location_is_opened_moved_and_given_bins() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let new = "/console/catalog/locations/new";
        let form = [
            ("code", "GZ-2"),
            ("name_zh", "广州二仓"),
            ("address", "新港东路 8 号"),
            ("region", "cn-44"),
            ("latitude", "23.1"),
            ("longitude", "113.264385"),
            ("cut_off", "16:30"),
            ("key", "k"),
        ];
        let sent = shop.fill_in(&kim, new, &form).await;
        assert_eq!(sent.location, "/console/catalog/locations/of/GZ-2", "{}", sent.body);
        assert_eq!(shop.fill_in(&kim, new, &form).await.location, sent.location, "once");
        let wrong = [
            ("country", "XX"),
            ("region", "US-1"),
            ("address", ""),
            ("latitude", "91"),
            ("longitude", "east"),
            ("time_zone", "Nowhere/City"),
            ("cut_off", "25:00"),
            ("daily_capacity", "-1"),
            ("priority", "many"),
        ];
        let refused = shop.fill_in(&kim, &sent.location, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (field, _) in wrong {
            assert!(refused.body.contains(&format!("id=\"e-{field}\"")), "{field}");
        }
        let moved = shop.fill_in(&kim, &sent.location, &[("latitude", "-0.5")]).await;
        assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
        let find = |tx: &mut ordermill_storage::Tx<'_>| location::find_by_code(tx, "GZ-2");
        let stored = shop.services.database().read(find).await.unwrap().unwrap();
        assert_eq!((stored.latitude_micro, stored.longitude_micro), (-500_000, 113_264_385));
        assert_eq!((stored.region.as_str(), stored.version), ("CN-44", 2));
        assert_eq!(stored.cut_off.to_string(), "16:30:00");

        let zones = format!("{}/zones", sent.location);
        let zone = [
            ("zone_code", "A"),
            ("zone_name_zh", "货架"),
            ("zone_kind", "shelf"),
            ("zone_bins", "A-02 A-01\nA-03"),
        ];
        for _ in 0..2 {
            let set_up = shop.post(&kim, &zones, &zone).await;
            assert_eq!(set_up.status, StatusCode::SEE_OTHER, "{}", set_up.body);
        }
        let page = shop.get(&kim, &sent.location).await;
        assert!(page.body.contains("A-02 A-01 A-03"), "as they are walked: {}", page.body);
        let wrong = [("zone_code", "A B"), ("zone_kind", "")];
        let refused = shop.post(&kim, &zones, &wrong).await;
        for field in ["zone_code", "zone_name_zh", "zone_kind"] {
            assert!(refused.body.contains(&format!("id=\"e-{field}\"")), "{field}");
        }
        let wang = shop.hire("wang", &[Role::Warehouse]).await;
        let read = shop.get(&wang, &sent.location).await;
        assert!(read.status == StatusCode::OK && !read.body.contains("/zones\""));
    });
}

const FILES: &str = "/console/catalog/files";

async fn hand_in(shop: &Shop, person: &Person, kind: &str, text: &str) -> crate::kit::Answer {
    shop.upload(person, FILES, &[("kind", kind)], ("file", "a.csv", text.as_bytes())).await
}

#[test]
fn a_file_is_taken_in_with_a_report_by_line_and_taken_out_again() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        // A new one, a change, a leap that takes two, and nonsense.
        let text = "code,name_zh,category,price\nCUP,杯子,tableware,19.90\nBOWL,大碗,tableware,59.00\n\
                    PLATE,盘子,tableware,5.90\nPOT,壶,nowhere,abc\n";
        let sent = hand_in(shop, &kim, "catalog", text).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let report = shop.get(&kim, &sent.location).await;
        for text in ["takes a second person", "no category has the code nowhere", "POT", "a.csv"] {
            assert!(report.body.contains(text), "{text}: {}", report.body);
        }
        let list = shop.get(&kim, &format!("{}/problems.csv", sent.location)).await.body;
        assert!(list.contains("5,POT,category,no category has the code nowhere"), "{list}");
        let all = |tx: &mut ordermill_storage::Tx<'_>| sku::list(tx, None, None, 9);
        let all = shop.services.database().read(all).await.unwrap();
        let of = |code: &str| all.iter().find(|sku| sku.code == code);
        assert_eq!(of("CUP").unwrap().price.minor, 1_990);
        assert_eq!(of("BOWL").unwrap().name.zh, "大碗");
        assert_eq!(of("PLATE").unwrap().price.minor, 5_900, "a leap takes two");
        assert!(of("POT").is_none());
        assert!(shop.get(&kim, FILES).await.body.contains(&sent.location));

        let out = shop.get(&kim, &format!("{FILES}/export/catalog.csv")).await;
        assert!(out.body.contains("CUP") && out.body.contains("大碗"), "{}", out.body);
        let again = hand_in(shop, &kim, "catalog", &out.body).await;
        let report = shop.get(&kim, &again.location).await;
        assert!(report.body.contains("<dt>Unchanged</dt><dd>3</dd>"), "{}", report.body);

        for (text, told) in [("", "Choose a file"), ("what,ever\n1,2\n", "what is unknown")] {
            let refused = hand_in(shop, &kim, "catalog", text).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(told), "{told}: {}", refused.body);
        }
        let large = hand_in(shop, &kim, "catalog", &"x".repeat(17 << 20)).await;
        assert!(large.body.contains("more than 16 MB"), "{}", large.status);
    });
}

#[test]
fn counts_come_from_the_warehouse_and_large_corrections_do_not_come_by_file() {
    on_each_database(async |shop: &Shop| {
        let wang = shop.hire("wang", &[Role::Warehouse]).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let text = "sku,location,quantity\nBOWL,HZ,960\nBOWL,SH,900\n";
        assert_eq!(hand_in(shop, &kim, "stock", text).await.status, StatusCode::FORBIDDEN);
        assert_eq!(hand_in(shop, &wang, "catalog", text).await.status, StatusCode::FORBIDDEN);
        let sent = hand_in(shop, &wang, "stock", text).await;
        let report = shop.get(&wang, &sent.location).await;
        assert!(report.body.contains("takes a second person"), "{}", report.body);
        let levels = |tx: &mut ordermill_storage::Tx<'_>| stock::levels(tx, [places::sku(1)]);
        let levels = shop.services.database().read(levels).await.unwrap();
        let mut on_hand: Vec<i64> = levels.iter().map(|level| level.on_hand).collect();
        on_hand.sort_unstable();
        assert_eq!(on_hand, [960, 1_000]);
        let out = shop.get(&wang, &format!("{FILES}/export/stock.csv")).await;
        assert!(out.body.contains("BOWL,HZ,,,,960"), "{}", out.body);
        let cost = shop.get(&wang, &format!("{FILES}/export/catalog.xlsx")).await;
        assert_eq!(cost.status, StatusCode::FORBIDDEN, "what goods cost is in it");
        assert_eq!(shop.get(&wang, &format!("{FILES}/export/people.csv")).await.status, 404);
    });
}

#[test]
fn a_gift_card_shows_its_code_once_and_is_issued_once() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let here = "/console/promotions/gift-cards";
        let card = |amount: &'static str, key: &'static str| {
            [
                ("amount", amount),
                ("currency", "CNY"),
                ("origin", "granted"),
                ("reason", "an apology"),
                ("key", key),
            ]
        };
        let issued = shop.post(&kim, here, &card("200", "k1")).await;
        assert_eq!(issued.status, StatusCode::OK, "{}", issued.body);
        let start = issued.body.find("secret mono\">").unwrap() + 13;
        let code = issued.body[start..start + 19].to_owned();
        let all = async || {
            let list = |tx: &mut ordermill_storage::Tx<'_>| gift_card::list(tx, None, 9);
            shop.services.database().read(list).await.unwrap()
        };
        let cards = all().await;
        assert_eq!(cards[0].card.balance(), Money::new(20_000, Currency::Cny));
        let again = shop.post(&kim, here, &card("200", "k1")).await;
        assert!(!again.body.contains("secret mono"), "{}", again.body);
        assert_eq!(all().await.len(), 1);
        let list = shop.get(&kim, here).await;
        assert!(!list.body.contains(&code) && list.body.contains(&code[15..]), "{}", list.body);
        let refused = shop.post(&kim, here, &card("0", "k2")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("above zero"), "{}", refused.body);

        // Above the limit somebody else is asked; the code is for whoever asked.
        let asked = shop.post(&kim, here, &card("500.01", "k3")).await;
        assert!(asked.told.contains("waits for a second person"), "{}", asked.told);
        let again = shop.post(&kim, here, &card("500.01", "k3")).await;
        assert_eq!((again.location, all().await.len()), (asked.location.clone(), 1));
        let collect = format!("{}/collect", asked.location);
        assert_eq!(shop.post(&kim, &collect, &[]).await.status, StatusCode::CONFLICT);
        let lee = shop.hire("lee", &[Role::Operations]).await;
        let shown = shop.get(&lee, &asked.location).await;
        assert!(shown.body.contains("New gift card of ¥500.01"), "{}", shown.body);
        let approved = shop.post(&lee, &format!("{}/approve", asked.location), &[]).await;
        assert!(approved.told.contains("Approved and done"), "{}", approved.body);
        assert_eq!(all().await[0].card.balance(), Money::new(50_001, Currency::Cny));
        let stranger = shop.post(&lee, &collect, &[]).await;
        assert_eq!(stranger.status, StatusCode::CONFLICT);
        assert!(!stranger.body.contains("secret mono"), "{}", stranger.body);
        let handed = shop.post(&kim, &collect, &[]).await;
        assert!(handed.body.contains("secret mono"), "{}", handed.body);
        assert!(handed.body.contains("Code of the gift card of ¥500.01"));
    });
}

#[test]
fn the_points_of_a_buyer_are_found_by_the_whole_phone_number() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let vault = shop.services.vault().clone();
        let (blind, now) = (vault.contact_index("13817260921"), shop.services.now());
        let buyer = customer::Customer {
            id: ordermill_base::Id::from_raw(77),
            phone_blind: blind,
            email_blind: None,
            profile: Vec::new(),
            version: 1,
            created_at: now,
        };
        let id = buyer.id;
        let act = ordermill_app::permission::Principal::system("test").act(now);
        let fill = move |tx: &mut ordermill_storage::Tx<'_>| {
            customer::insert(tx, &buyer)?;
            ordermill_app::points::adjust_points(tx, &act, id, 1_280).map(drop)
        };
        let filled: Result<(), ordermill_app::points::AdjustPointsError> =
            shop.services.database().write(fill).await;
        filled.unwrap();
        let here = "/console/promotions/points";
        let found = shop.post(&kim, here, &[("q", "138 1726 0921")]).await;
        assert_eq!(found.location, format!("{here}/{id}"), "{}", found.body);
        let page = shop.get(&kim, &found.location).await;
        assert!(page.body.contains("1280") && page.body.contains("+1280"), "{}", page.body);
        assert!(!page.body.contains("13817260921"));

        let there = found.location.as_str();
        let form = |points: &'static str, key: &'static str| {
            [("points", points), ("reason", "a complaint"), ("key", key)]
        };
        for _ in 0..2 {
            let booked = shop.post(&kim, there, &form("-80", "k1")).await;
            assert!(booked.told.contains("The points are booked"), "{}", booked.body);
        }
        let page = shop.get(&kim, there).await.body;
        assert_eq!(page.matches("-80").count(), 1, "one form books once: {page}");
        for (points, told) in [
            ("-1201", "Only 1200 points are there"),
            ("0", "A whole number up to 1,000,000"),
            ("1000001", "A whole number up to 1,000,000"),
            ("x", "A whole number up to 1,000,000"),
        ] {
            let refused = shop.post(&kim, there, &form(points, "k2")).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(told), "{points}: {}", refused.body);
        }
        let silent = shop.post(&kim, there, &[("points", "5"), ("key", "k4")]).await;
        assert!(silent.body.contains("id=\"e-reason\""), "{}", silent.body);
        let asked = shop.post(&kim, there, &form("50001", "k5")).await;
        assert!(asked.told.contains("waits for a second person"), "{}", asked.told);
        let other = shop.post(&kim, there, &form("50002", "k6")).await;
        assert!(other.body.contains("decide that first"), "{}", other.body);
        let lee = shop.hire("lee", &[Role::Operations]).await;
        let shown = shop.get(&lee, &asked.location).await;
        assert!(shown.body.contains("Points of a buyer: +50001"), "{}", shown.body);
        shop.post(&lee, &format!("{}/approve", asked.location), &[]).await;
        assert!(shop.get(&kim, there).await.body.contains("51201"));
        for nobody in ["0921", "13900000000", "nobody@example.com", ""] {
            let none = shop.post(&kim, here, &[("q", nobody)]).await;
            assert_eq!(none.status, StatusCode::NOT_FOUND, "{nobody}");
            assert!(none.body.contains("There is no such buyer"));
        }
    });
}
