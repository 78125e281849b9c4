//! Keeping the catalog at the console.

use axum::http::StatusCode;
use ordermill_base::Id;
use ordermill_domain::ids::SkuId;
use ordermill_domain::role::Role;
use ordermill_domain::sku::Sku;
use ordermill_storage::{journal, sku, stock};
use ordermill_testkit::stock as places;

use crate::kit::{Shop, on_each_database};

async fn stored(shop: &Shop, code: &str) -> Sku {
    let code = code.to_owned();
    let find = move |tx: &mut ordermill_storage::Tx<'_>| sku::find_by_code(tx, &code);
    shop.services.database().read(find).await.unwrap().unwrap()
}

#[test]
fn a_new_sku_is_made_once_and_found_in_the_list() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let form = [
            ("code", "茶/1 "),
            ("name_zh", "明前龙井"),
            ("name_en", "Longjing tea"),
            ("gtin", "4006381333931"),
            ("category", "tableware"),
            ("price", "169.00"),
            ("list_price", "199"),
            ("cost", "80.5"),
            ("tax_class", "reduced"),
            ("weight_grams", "250"),
            ("shelf_life_days", "540"),
            ("flags", "perishable"),
            ("flags", "fragile"),
            ("substitutes", "BOWL，PLATE"),
            ("key", "k-1"),
        ];
        let sent = shop.fill_in(&kim, "/console/catalog/new", &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        assert_eq!(sent.location, "/console/catalog/skus/%E8%8C%B6%2F1");
        assert!(sent.told.contains("Made 茶/1"), "{}", sent.told);
        let again = shop.fill_in(&kim, "/console/catalog/new", &form).await;
        assert_eq!(again.location, sent.location, "sent twice is sent once");

        let made = stored(shop, "茶/1").await;
        assert_eq!((made.price.minor, made.list_price_minor), (16_900, Some(19_900)));
        assert_eq!((made.cost_minor, made.shelf_life_days), (Some(8_050), Some(540)));
        assert!(made.handling.is_perishable && made.handling.is_fragile);
        assert!(!made.handling.is_oversized && made.is_active);
        assert_eq!(made.substitutes, [places::sku(1), places::sku(2)]);

        let page = shop.get(&kim, &sent.location).await;
        for text in ["Longjing tea", "4006381333931", "¥169.00", "¥80.50", "Perishable", "540"] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        for path in ["?q=longjing", "?q=4006381333931", "?flag=perishable", "?q=%E8%8C%B6%2F1"] {
            let list = shop.get(&kim, &format!("/console/catalog{path}")).await;
            assert!(list.body.contains(&sent.location), "{path}: {}", list.body);
            assert!(!list.body.contains("/console/catalog/skus/BOWL"), "{path}");
        }
    });
}

#[test]
fn what_is_wrong_with_a_sku_stands_at_its_field_and_nothing_is_kept() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let wrong = |field, value| {
            let shop = &shop;
            let kim = &kim;
            async move {
                let form = [
                    ("code", "NEW"),
                    ("name_en", "New"),
                    ("category", "tableware"),
                    ("price", "1"),
                ];
                let mut form = form.to_vec();
                form.retain(|(name, _)| *name != field);
                form.push((field, value));
                let sent = shop.fill_in(kim, "/console/catalog/new", &form).await;
                assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
                let (at, shown) = (format!("id=\"e-{field}\""), format!("value=\"{value}\""));
                assert!(sent.body.contains(&at), "{field}: {}", sent.body);
                assert!(value.is_empty() || sent.body.contains(&shown), "{field}: {}", sent.body);
            }
        };
        wrong("code", "has space").await;
        wrong("code", "BOWL").await;
        wrong("gtin", "4006381333932").await;
        wrong("category", "").await;
        wrong("price", "-1").await;
        wrong("price", "1.005").await;
        wrong("list_price", "0.5").await;
        wrong("weight_grams", "12.5").await;
        wrong("shelf_life_days", "0").await;
        wrong("substitutes", "NOBODY").await;
        let count = |tx: &mut ordermill_storage::Tx<'_>| sku::list(tx, None, None, 9);
        assert_eq!(shop.services.database().read(count).await.unwrap().len(), 2);
    });
}

#[test]
fn an_edit_is_kept_in_the_version_that_was_seen_and_the_second_editor_is_told() {
    on_each_database(async |shop: &Shop| {
        let (kim, lee) = (
            shop.hire("kim", &[Role::Operations]).await,
            shop.hire("lee", &[Role::Operations]).await,
        );
        let page = "/console/catalog/skus/BOWL/edit";
        let sent =
            shop.fill_in(&kim, page, &[("name_en", "Soup bowl"), ("reorder_point", "12")]).await;
        assert_eq!(sent.location, "/console/catalog/skus/BOWL", "{}", sent.body);
        let bowl = stored(shop, "BOWL").await;
        assert_eq!((bowl.name.en.as_str(), bowl.reorder_point, bowl.version), ("Soup bowl", 12, 2));
        assert_eq!(bowl.price.minor, 5_900, "what nobody touched stays");

        let late = shop.fill_in(&lee, page, &[("name_en", "Mine"), ("version", "1")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert_eq!(stored(shop, "BOWL").await.name.en, "Soup bowl");
        let entries =
            move |tx: &mut ordermill_storage::Tx<'_>| journal::of(tx, "sku", places::sku(1), 1, 9);
        let entries = shop.services.database().read(entries).await.unwrap();
        assert_eq!(entries.last().unwrap().actor.to_string(), format!("staff:{}", kim.id));
    });
}

#[test]
fn goods_are_taken_off_sale_and_that_is_taken_back() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let off = shop.post(&kim, "/console/catalog/skus/BOWL/off", &[("version", "1")]).await;
        assert!(off.told.contains("BOWL is off sale") && off.told.contains("/on"), "{}", off.told);
        assert!(!stored(shop, "BOWL").await.is_active);
        let list = shop.get(&kim, "/console/catalog?view=inactive").await;
        assert!(list.body.contains("skus/BOWL") && !list.body.contains("skus/PLATE"));
        shop.post(&kim, "/console/catalog/skus/BOWL/on", &[]).await;
        assert!(stored(shop, "BOWL").await.is_active);
    });
}

#[test]
fn a_picture_is_shown_once_it_may_be() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let to = "/console/catalog/skus/BOWL/image";
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>"#;
        let version = [("version", "1")];
        let sent = shop.upload(&kim, to, &version, ("picture", "a.svg", svg)).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let art = stored(shop, "BOWL").await.art.unwrap();
        let shown = shop.get(&kim, &format!("/art/{art}")).await;
        assert_eq!(shown.body.as_bytes(), svg);

        let script = br"<svg><script>alert(1)</script></svg>";
        let refused =
            shop.upload(&kim, to, &[("version", "2")], ("picture", "b.svg", script)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Not a picture that can be shown"), "{}", refused.body);
        let large = vec![0_u8; 2 << 20];
        let refused =
            shop.upload(&kim, to, &[("version", "2")], ("picture", "c.png", &large)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let none = shop.upload(&kim, to, &[("version", "2")], ("picture", "", b"")).await;
        assert!(none.body.contains("Choose a file"), "{}", none.body);
        assert_eq!(stored(shop, "BOWL").await.art, Some(art));
    });
}

#[test]
fn a_location_sells_as_it_is_told() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let to = "/console/catalog/skus/BOWL/policy";
        let form = [("location", "HZ"), ("safety_stock", "40"), ("backorder", "allow")];
        let sent = shop.post(&kim, to, &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let levels = |tx: &mut ordermill_storage::Tx<'_>| stock::levels(tx, [SkuId::from_raw(1)]);
        let levels = shop.services.database().read(levels).await.unwrap();
        let at = |number| levels.iter().find(|it| it.location == places::location(number)).unwrap();
        assert_eq!((at(1).safety_stock, at(1).backorder.code()), (40, "allow"));
        assert_eq!((at(2).safety_stock, at(2).backorder.code()), (0, "deny"));
        let page = shop.get(&kim, "/console/catalog/skus/BOWL").await;
        assert!(
            page.body.contains("960") && page.body.contains("Buyers may wait"),
            "{}",
            page.body
        );
        let wrong = [("location", "XX"), ("safety_stock", "-1"), ("backorder", "")];
        let refused = shop.post(&kim, to, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["location", "safety_stock", "backorder"] {
            assert!(refused.body.contains(&format!("id=\"e-{field}\"")), "{field}");
        }
    });
}

#[test]
fn the_warehouse_reads_the_catalog_and_changes_nothing() {
    on_each_database(async |shop: &Shop| {
        let wang = shop.hire("wang", &[Role::Warehouse]).await;
        let page = shop.get(&wang, "/console/catalog/skus/BOWL").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("/edit\"") && !page.body.contains("/policy\""));
        assert!(!page.body.contains("Cost"), "what it costs the shop is not theirs");
        let refused = shop.post(&wang, "/console/catalog/skus/BOWL/off", &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let service = shop.hire("sun", &[Role::Service]).await;
        assert_eq!(shop.get(&service, "/console/catalog").await.status, StatusCode::FORBIDDEN);
    });
}
