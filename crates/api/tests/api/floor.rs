//! What a shop packs in, what a wave would take, and where vehicles are, through the API.

use ordermill_api::limits::Quotas;
use serde_json::json;

use crate::kit::{in_each_shop, request};

#[test]
fn packing_materials_are_read_and_changed_and_a_wrong_one_is_refused_at_its_field() {
    in_each_shop(Quotas::default(), async |shop| {
        let path = "/api/v1/packing-settings";
        let read = shop.get(&shop.key, path).await;
        assert_eq!(read.status, 200, "{read:?}");
        let etag = read.header("etag").to_owned();
        let mut wanted = read.body.clone();
        wanted["materials"][0]["outer_mm"][1] = json!(1);
        wanted["weight_tolerance_percent"] = json!(101);
        let wrong = shop.put_if(path, &etag, &wanted).await;
        assert_eq!(wrong.status, 422, "{wrong:?}");
        let fields: Vec<&str> = wrong.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, ["/materials/0/outer_mm/1", "/weight_tolerance_percent"]);
        let mut wanted = read.body.clone();
        wanted["materials"][0]["cost_minor"] = json!(31);
        let changed = shop.put_if(path, &etag, &wanted).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(shop.services.catalog().materials.materials[0].cost_minor, 31);
        let late = shop.put_if(path, &etag, &wanted).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
    });
}

#[test]
fn a_wave_is_counted_and_an_unknown_carrier_or_service_is_refused_at_its_field() {
    in_each_shop(Quotas::default(), async |shop| {
        let path = format!("/api/v1/locations/{}/waves/preview", shop.location);
        let wish = json!({ "fulfillments_max": 200, "totes": 12, "pieces_per_tote": 20 });
        let counted = shop.send(request("POST", &path, &shop.key, &[], Some(&wish))).await;
        assert_eq!(counted.status, 200, "{counted:?}");
        assert_eq!(counted.body["taken"]["fulfillments"], 0);
        assert_eq!(counted.body["by_service"], json!([]));
        let mut by_service = wish.clone();
        by_service["service"] = json!("next_day");
        let counted = shop.send(request("POST", &path, &shop.key, &[], Some(&by_service))).await;
        assert_eq!(counted.status, 200, "{counted:?}");
        by_service["service"] = json!("drone");
        let unknown = shop.send(request("POST", &path, &shop.key, &[], Some(&by_service))).await;
        assert_eq!(unknown.status, 422, "{unknown:?}");
        assert!(unknown.body.to_string().contains("/service"), "{unknown:?}");
        let mut by_carrier = wish;
        by_carrier["carrier"] = json!("nobody");
        let unknown = shop.send(request("POST", &path, &shop.key, &[], Some(&by_carrier))).await;
        assert_eq!(unknown.status, 422, "{unknown:?}");
    });
}

#[test]
fn positions_are_taken_each_on_its_own_and_what_is_no_place_is_refused_at_its_field() {
    in_each_shop(Quotas::default(), async |shop| {
        let path = "/api/v1/vehicle-positions";
        let now = shop.services.now().to_string();
        let of = |latitude: i64| {
            json!({ "positions": [{
                "carrier": "nobody", "vehicle": "V-1", "at": now,
                "latitude_micro": latitude, "longitude_micro": 120_150_000
            }] })
        };
        let taken = shop.send(request("POST", path, &shop.key, &[], Some(&of(30_000_000)))).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        assert_eq!(taken.body["results"][0]["outcome"], "unknown_carrier");
        let wrong = shop.send(request("POST", path, &shop.key, &[], Some(&of(90_000_001)))).await;
        assert_eq!(wrong.status, 422, "{wrong:?}");
        assert!(wrong.body.to_string().contains("/positions/0/latitude_micro"), "{wrong:?}");
        let parcel = json!({
            "waybill": "SF1", "latitude_micro": 30_000_000, "longitude_micro": 120_150_000
        });
        let loaded = |first: usize, second: usize| {
            let mut batch = of(30_000_000);
            let mut other = batch["positions"][0].clone();
            batch["positions"][0]["parcels"] = json!(vec![parcel.clone(); first]);
            other["parcels"] = json!(vec![parcel.clone(); second]);
            batch["positions"].as_array_mut().unwrap().push(other);
            batch
        };
        for (batch, status) in
            [(loaded(2_000, 0), 200), (loaded(2_001, 0), 422), (loaded(1_500, 501), 422)]
        {
            let answer = shop.send(request("POST", path, &shop.key, &[], Some(&batch))).await;
            assert_eq!(answer.status, status, "{answer:?}");
        }
        let none = json!({ "positions": [] });
        let none = shop.send(request("POST", path, &shop.key, &[], Some(&none))).await;
        assert_eq!(none.status, 422, "{none:?}");
    });
}
