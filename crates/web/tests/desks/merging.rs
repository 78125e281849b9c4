//! Orders of one buyer that leave in one parcel: from the order's page to the bench.

use axum::http::StatusCode;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_base::{Id, Quantity, id::first_at};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::State;
use ordermill_domain::ids::{FulfillmentId, OrderId, WaveId};
use ordermill_domain::order::{LineQuantity, OrderNumber};
use ordermill_domain::risk::Marks;
use ordermill_domain::role::Role;
use ordermill_storage::{Tx, risk};

use crate::kit::{Shop, on_each_database};
use crate::sourcing::{a_planned_order, open, work_of};

/// Two planned orders of one buyer, for one bowl and for two: the raw ids and the page of the first.
async fn two_orders(shop: &Shop) -> ([i64; 2], String) {
    let first = first_at(shop.services.now());
    let ids = [first + 1, first + 2];
    let page = a_planned_order(shop, ids[0], 1).await;
    a_planned_order(shop, ids[1], 2).await;
    let mark = move |tx: &mut Tx<'_>| {
        let marks = Marks { phone: Some(1), address: Some(2), suspicions: 0 };
        ids.into_iter().try_for_each(|id| risk::insert_marks(tx, OrderId::from_raw(id), &marks))
    };
    shop.services.database().write(mark).await.unwrap();
    (ids, page)
}

async fn pick(shop: &Shop, id: FulfillmentId, pieces: i64) {
    let now = shop.services.now();
    let act = Act::new(Actor::system("test"), now);
    let pick = move |tx: &mut Tx<'_>| {
        let line = LineQuantity { line_no: 1, quantity: Quantity::new(pieces).unwrap() };
        let mut file = FulfillmentFile::load(tx, id).unwrap();
        file.step(&act, |work| work.release(WaveId::from_raw(1), now)).unwrap();
        file.step(&act, |work| work.pick(vec![line], now)).unwrap();
        file.step(&act, |work| work.finish_picking(now)).unwrap();
        file.save(tx)
    };
    shop.services.database().write(pick).await.unwrap();
}

#[test]
fn an_order_tells_of_others_of_its_buyer_and_they_are_merged_and_taken_out_with_a_reason() {
    on_each_database(async |shop: &Shop| {
        let (ids, page) = two_orders(shop).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let other = OrderNumber::from(OrderId::from_raw(ids[1])).to_string();
        let told = shop.get(&kim, &page).await;
        for text in ["1 more order of this buyer to this address", &other, "BOWL × 2"] {
            assert!(told.body.contains(text), "{text}: {}", told.body);
        }
        let works = [work_of(shop, ids[0]).await, work_of(shop, ids[1]).await];
        let (own, theirs) = (open(&works[0]).id(), open(&works[1]).id());
        let form = format!("/console/fulfillments/{own}/merge?with={theirs}");
        let silent = shop.fill_in(&kim, &form, &[("remark", "")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let merged = shop.fill_in(&kim, &form, &[("remark", "they asked")]).await;
        assert_eq!(merged.location, page, "{}", merged.body);
        let told = shop.get(&kim, &page).await;
        for text in [&*format!("travels with {other}"), "Travels with other orders of the buyer"] {
            assert!(told.body.contains(text), "{text}: {}", told.body);
        }
        assert!(!told.body.contains("1 more order of this buyer"), "{}", told.body);
        let out = format!("/console/fulfillments/{own}/take-out");
        let taken = shop.fill_in(&kim, &out, &[("remark", "they want two")]).await;
        assert_eq!(taken.location, page, "{}", taken.body);
        assert_eq!(open(&work_of(shop, ids[1]).await).facts().merge, None);
        let sam = shop.hire("sam", &[Role::Service]).await;
        let told = shop.get(&sam, &page).await;
        assert!(!told.body.contains(&other), "who may not decide is not told: {}", told.body);
    });
}

#[test]
fn merged_orders_are_one_page_at_the_bench_and_one_box() {
    on_each_database(async |shop: &Shop| {
        let (ids, _) = two_orders(shop).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let works = [work_of(shop, ids[0]).await, work_of(shop, ids[1]).await];
        let (own, theirs) = (open(&works[0]).id(), open(&works[1]).id());
        let form = format!("/console/fulfillments/{own}/merge?with={theirs}");
        shop.fill_in(&kim, &form, &[("remark", "they asked")]).await;
        pick(shop, own, 1).await;
        pick(shop, theirs, 2).await;
        let packer = shop.hire("pat", &[Role::Warehouse]).await;
        let list = shop.get(&packer, "/console/wh/bench").await;
        let rows = list.body.matches("/console/wh/bench/ful_").count();
        assert_eq!(rows, 1, "one row for both: {}", list.body);
        let bench = format!("/console/wh/bench/{own}");
        let page = shop.get(&packer, &bench).await;
        let numbers = ids.map(|id| OrderNumber::from(OrderId::from_raw(id)).to_string());
        assert!(page.body.contains(&numbers.join(" + ")), "{}", page.body);
        let version = hidden(&page.body, "version");
        let form = [
            ("version", &*version),
            ("pieces-1", "1"),
            ("pieces-1001", "2"),
            ("intact", "1"),
            ("reinforced", "1"),
        ];
        let done = shop.post(&packer, &format!("{bench}/recheck"), &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let page = shop.get(&packer, &bench).await;
        let version = hidden(&page.body, "version");
        let form = [
            ("version", &*version),
            ("box-1-material", "BOX-XL"),
            ("box-1-line-1", "1"),
            ("box-1-line-1001", "2"),
            ("reason", "they lie well"),
        ];
        let done = shop.post(&packer, &format!("{bench}/pack"), &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        for id in ids {
            let work = work_of(shop, id).await;
            assert_eq!(work.last().unwrap().state(), State::Packed);
        }
        let page = shop.get(&packer, &format!("/console/wh/bench/{theirs}")).await;
        assert_eq!(page.body.matches("/label\"").count(), 1, "one label: {}", page.body);
    });
}

/// The value of a hidden field.
fn hidden(html: &str, name: &str) -> String {
    let field = format!(r#"name="{name}" value=""#);
    let (_, rest) = html.split_once(&field).unwrap();
    rest.split('"').next().unwrap().to_owned()
}
