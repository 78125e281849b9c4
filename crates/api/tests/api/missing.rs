//! Missing pieces through the API: something else is sent for them.

use ordermill_api::limits::Quotas;
use ordermill_app::catalog::edit;
use ordermill_app::permission::Principal;
use ordermill_base::{Currency, Money};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::SkuId;
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{Tx, stock};
use ordermill_testkit::catalog;
use serde_json::{Value, json};

use crate::kit::{Shop, in_each_shop};

/// An order for two vases at 59.00, of which there are none, to be paid at the door. Bowls may be sent for
/// them. Gives its id.
async fn an_order_for_what_nobody_has(shop: &Shop) -> String {
    let now = shop.services.now();
    let (bowl, at, act) = (shop.sku, shop.location, Principal::system("test").act(now));
    let vase: SkuId = shop.services.database().ids().next(now);
    let add = move |tx: &mut Tx<'_>| {
        let price = Money::new(6_900, Currency::Cny);
        let goods = Sku { price, substitutes: vec![bowl], ..catalog::sku(vase, "VASE") };
        edit::create_sku(tx, &act, &goods)?;
        stock::set_policy(tx, &StockLevel::new(vase, at, BackorderPolicy::Allow))?;
        Ok::<_, edit::EditError>(())
    };
    shop.services.database().write(add).await.unwrap();
    shop.services.catalog_changed().await;
    let mut order = shop.an_order();
    order["lines"] = json!([{ "sku": "VASE", "quantity": 2 }]);
    order["terms"] = json!("cash_on_delivery");
    order["accepts_backorder"] = json!(true);
    let placed = shop.post(&shop.key, "/api/v1/orders", "missing", &order).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    placed.body["id"].as_str().unwrap().to_owned()
}

fn wish(sku: &str) -> Value {
    json!({ "sku_id": sku, "reason": "agreed by phone" })
}

#[test]
fn what_can_be_sent_instead_is_listed_and_sent_once() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = an_order_for_what_nobody_has(shop).await;
        let line = format!("/api/v1/orders/{order}/lines/1");
        let list = shop.get(&shop.key, &format!("{line}/substitutes")).await;
        assert_eq!(list.status, 200, "{list:?}");
        let bowl = shop.sku.to_string();
        let offer = &list.body["substitutes"][0];
        assert_eq!((&offer["sku_id"], &offer["quantity"]), (&json!(bowl), &json!(2)));
        assert_eq!(offer["available"], json!(100_000));
        assert_eq!(
            offer["refund"]["amount"],
            json!("0.00"),
            "the door collects as before: {offer}"
        );

        let address = format!("{line}/substitute");
        let reader = shop.key(&[Scope::ReadOrders], None);
        let refused = shop.post(&reader, &address, "a", &wish(&bowl)).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        let silent = json!({ "sku_id": bowl, "reason": " " });
        let silent = shop.post(&shop.key, &address, "b", &silent).await;
        assert_eq!((silent.status.as_u16(), silent.code()), (422, "invalid_fields"));
        for (key, sku) in [("c", "sku_0000000000009"), ("d", "BOWL")] {
            let other = shop.post(&shop.key, &address, key, &wish(sku)).await;
            assert_eq!(other.status, 422, "{other:?}");
            assert_eq!(other.body["errors"][0]["field"], json!("/sku_id"));
        }
        let done = shop.post(&shop.key, &address, "e", &wish(&bowl)).await;
        assert_eq!((done.status.as_u16(), &done.body["line_no"]), (200, &json!(2)), "{done:?}");
        let again = shop.post(&shop.key, &address, "f", &wish(&bowl)).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "nothing_missing"));

        let read = shop.get(&shop.key, &format!("/api/v1/orders/{order}")).await;
        let lines = read.body["lines"].as_array().unwrap();
        assert_eq!((lines.len(), &lines[0]["canceled"]), (2, &json!(2)), "{read:?}");
        assert_eq!((&lines[1]["stands_for"], &lines[1]["allocated"]), (&json!(1), &json!(2)));
        let list = shop.get(&shop.key, &format!("{line}/substitutes")).await;
        assert_eq!(list.body["substitutes"], json!([]), "nothing waits any more");
    });
}
