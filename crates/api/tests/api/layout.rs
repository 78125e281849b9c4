//! The floor of a location, drawn and read.

use ordermill_api::limits::Quotas;
use ordermill_app::catalog::edit;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::location::Zone;
use ordermill_domain::text::Text;
use ordermill_storage::Tx;
use serde_json::json;

use crate::kit::{in_each_shop, request};

#[test]
fn a_floor_is_drawn_with_the_version_that_was_read_and_its_bins_are_listed() {
    in_each_shop(Quotas::default(), async |shop| {
        let place = format!("/api/v1/locations/{}", shop.location);
        let layout = format!("{place}/layout");
        let missing = shop.get(&shop.key, &layout).await;
        assert_eq!((missing.status.as_u16(), missing.code()), (404, "not_found"));
        let read = shop.get(&shop.key, &place).await;
        let etag = read.header("etag").to_owned();
        let plan = |zone: &str| {
            json!({
                "zones": [{ "zone": zone, "aisles": 2, "bays": 4, "levels": 1 }],
                "blocks": 1, "bay_width_mm": 1000, "aisle_pitch_mm": 3000,
                "cross_aisle_width_mm": 2000, "level_height_mm": 500, "numbering": "street",
                "start_aisle": 1, "end_aisle": 2
            })
        };
        let draw = async |etag: &str, zone: &str| {
            let headers = [("if-match", etag)];
            shop.send(request("PUT", &layout, &shop.key, &headers, Some(&plan(zone)))).await
        };
        let unknown = draw(&etag, "Z").await;
        assert_eq!(unknown.status, 422, "{unknown:?}");
        assert!(unknown.body.to_string().contains("/zones"), "{unknown:?}");

        let (at, name) = (shop.location, Text::new("区", "Area"));
        let zone = Zone { location: at, code: "A".to_owned(), name, kind: "shelf".to_owned() };
        let act = Act::new(Actor::system("test"), shop.services.now());
        let set_up = move |tx: &mut Tx<'_>| edit::set_up_zone(tx, &act, &zone, Vec::new());
        shop.services.database().write(set_up).await.unwrap();
        let late = draw(&etag, "A").await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        let etag = shop.get(&shop.key, &place).await.header("etag").to_owned();
        let drawn = draw(&etag, "A").await;
        assert_eq!(drawn.status, 200, "{drawn:?}");
        assert_eq!(drawn.body["aisles"][1]["x_mm"], 3_000);
        assert_eq!((&drawn.body["bins"], &drawn.body["bins_in_use"]), (&json!(8), &json!(0)));
        let read = shop.get(&shop.key, &layout).await;
        assert_eq!((&read.body, read.header("etag")), (&drawn.body, drawn.header("etag")));

        let bins = shop.get(&shop.key, &format!("{place}/bins?limit=3")).await;
        assert_eq!(bins.body["items"][2]["code"], "A-01-03-1", "{bins:?}");
        assert_eq!(bins.body["items"][2]["place"]["side"], "left");
        let next = bins.body["next"].as_str().unwrap();
        let bins = shop.get(&shop.key, &format!("{place}/bins?cursor={next}")).await;
        assert_eq!(bins.body["items"].as_array().unwrap().len(), 5, "{bins:?}");
    });
}
