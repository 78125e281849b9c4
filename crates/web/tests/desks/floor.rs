//! The floor: what a wave would take, work with a scanner in the hand, and what is packed in.

use axum::http::StatusCode;
use ordermill_domain::role::Role;
use ordermill_storage::{location as places, stock};
use ordermill_testkit::stock::{location, sku};

use crate::kit::{Person, Shop, on_each_database};

/// A bin at the place where they work.
async fn a_bin(shop: &Shop) {
    use ordermill_app::catalog::edit;
    use ordermill_domain::actor::{Act, Actor};
    use ordermill_domain::location::Zone;
    use ordermill_domain::text::Text;
    let now = shop.services.now();
    let draw = move |tx: &mut ordermill_storage::Tx<'_>| {
        let act = Act::new(Actor::system("test"), now);
        let (name, kind) = (Text::new("区", "Area"), "shelf".to_owned());
        let zone = Zone { location: location(1), code: "A".to_owned(), name, kind };
        edit::set_up_zone(tx, &act, &zone, vec!["A-01".to_owned()])
    };
    shop.services.database().write(draw).await.unwrap();
    shop.services.catalog_changed().await;
}

async fn scan(shop: &Shop, person: &Person, page: &str, text: &str) -> StatusCode {
    shop.post(person, page, &[("do", "scan"), ("scan", text)]).await.status
}

#[test]
fn goods_come_in_by_scans_without_a_script_and_a_wrong_scan_says_what_is_asked_for() {
    on_each_database(async |shop: &Shop| {
        a_bin(shop).await;
        let picker = shop.hire("pat", &[Role::Warehouse]).await;
        let page = shop.get(&picker, "/pda/receive").await;
        assert!(page.body.contains("Scan the item"), "{}", page.body);
        let early = shop.post(&picker, "/pda/receive", &[("do", "scan"), ("scan", "A-01")]).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(early.body.contains("Not now: Scan the item"), "{}", early.body);
        for text in ["BOWL", "BOWL", "A-01"] {
            assert_eq!(scan(shop, &picker, "/pda/receive", text).await, StatusCode::SEE_OTHER);
        }
        let there = move |tx: &mut ordermill_storage::Tx<'_>| {
            let bin = places::find_bin(tx, location(1), "A-01")?.unwrap();
            let bins = stock::bins(tx, sku(1), location(1))?;
            Ok::<_, ordermill_storage::Error>(
                bins.iter().find(|it| it.bin == bin.id).map(|it| it.on_hand),
            )
        };
        assert_eq!(shop.services.database().read(there).await.unwrap(), Some(2));
    });
}

#[test]
fn a_wave_is_counted_before_it_is_released() {
    on_each_database(async |shop: &Shop| {
        crate::sourcing::a_planned_order(shop, 101, 1).await;
        let picker = shop.hire("pat", &[Role::Warehouse]).await;
        let asked = "count=1&urgent=all&most=200&totes=12&pieces_per_tote=20";
        let counted = shop.get(&picker, &format!("/console/wh?{asked}")).await;
        assert_eq!(counted.status, StatusCode::OK, "{}", counted.body);
        let told = counted.body.split_once("id=\"counted\"").unwrap().1;
        assert!(told.contains("<strong>1</strong>") && told.contains("1 piece"), "{told}");
        assert!(told.contains("No carrier takes it"), "the shop has none: {told}");
        for limit in ["zone=Z", "service=next_day"] {
            let none = shop.get(&picker, &format!("/console/wh?{asked}&{limit}")).await;
            let told = none.body.split_once("id=\"counted\"").unwrap().1;
            assert!(told.contains("<strong>0</strong>"), "{limit}: {told}");
        }
        let unknown = shop.get(&picker, &format!("/console/wh?{asked}&service=drone")).await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unknown.body.contains("id=\"e-service\""), "{}", unknown.body);
    });
}

#[test]
fn a_box_is_made_changed_and_taken_away_and_one_that_cannot_be_is_refused_at_its_field() {
    on_each_database(async |shop: &Shop| {
        let operations = shop.hire("operations", &[Role::Operations]).await;
        let new = "/console/admin/packing/new";
        let form = [
            ("code", "TUBE"),
            ("name_zh", "纸筒"),
            ("name_en", "Tube"),
            ("cost", "1.20"),
            ("recyclable", "1"),
            ("inner_length", "600"),
            ("inner_width", "80"),
            ("inner_height", "80"),
            ("outer_length", "604"),
            ("outer_width", "70"),
            ("outer_height", "84"),
            ("tare_grams", "120"),
            ("max_gross_grams", "2000"),
        ];
        let wrong = shop.fill_in(&operations, new, &form).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("id=\"e-outer_width\""), "{}", wrong.body);
        let mut right = form;
        right[9] = ("outer_width", "84");
        let made = shop.fill_in(&operations, new, &right).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        assert!(shop.services.catalog().materials.by_code("TUBE").is_some(), "proposals use it");
        let twice = shop.fill_in(&operations, new, &right).await;
        assert!(twice.body.contains("There is one with this code"), "{}", twice.body);
        let page = "/console/admin/packing/TUBE";
        let changed = shop.fill_in(&operations, page, &[("cost", "0.90")]).await;
        assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
        let tube = shop.services.catalog().materials.by_code("TUBE").cloned();
        assert_eq!(tube.unwrap().cost_minor, 90);
        let version = "2";
        let gone = shop.post(&operations, &format!("{page}/remove"), &[("version", version)]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
        assert!(shop.services.catalog().materials.by_code("TUBE").is_none());
        let stale = shop.post(&operations, &format!("{new}/remove"), &[("version", "1")]).await;
        assert_eq!(stale.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn what_matters_beside_the_boxes_is_changed_on_their_page() {
    on_each_database(async |shop: &Shop| {
        let operations = shop.hire("operations", &[Role::Operations]).await;
        let page = "/console/admin/packing";
        let wrong = shop.fill_in(&operations, page, &[("percent", "101")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
        assert!(wrong.body.contains("0 to 100"), "{}", wrong.body);
        let saved = shop.fill_in(&operations, page, &[("percent", "7"), ("parcel", "2.00")]).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let materials = shop.services.catalog().materials.clone();
        assert_eq!((materials.weight_tolerance_percent, materials.parcel_minor), (7, 200));
    });
}
