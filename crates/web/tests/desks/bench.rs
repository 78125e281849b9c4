//! What was picked, at the pack bench: rechecked, packed, labeled.

use axum::http::StatusCode;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_base::{Id, Quantity};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::fulfillment::State;
use ordermill_domain::ids::{FulfillmentId, WaveId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::role::Role;
use ordermill_storage::{Tx, fulfillment, order, package};

use crate::kit::{Person, Shop, on_each_database};

const BENCH: &str = "/console/wh/bench";

/// Two bowls in a tote.
async fn picked(shop: &Shop) -> FulfillmentId {
    shop.order_to_be_paid_at_the_door(2).await;
    let (catalog, now) = (shop.services.catalog(), shop.services.now());
    let act = Act::new(Actor::system("test"), now);
    let work = move |tx: &mut Tx<'_>| {
        let found = order::list(tx, &order::Filter::default(), None, 1)?;
        let id = found[0].order.id();
        source_each(tx, &catalog, &by_rules(now), &[id].into(), &Wish::default())?;
        let id = fulfillment::of(tx, id)?[0].id();
        let two = LineQuantity { line_no: 1, quantity: Quantity::new(2).unwrap() };
        let mut file = FulfillmentFile::load(tx, id).unwrap();
        file.step(&act, |work| work.release(WaveId::from_raw(1), now)).unwrap();
        file.step(&act, |work| work.pick(vec![two], now)).unwrap();
        file.step(&act, |work| work.finish_picking(now)).unwrap();
        file.save(tx)?;
        Ok::<_, ordermill_storage::Error>(id)
    };
    shop.services.database().write(work).await.unwrap()
}

async fn state(shop: &Shop, id: FulfillmentId) -> State {
    let work = shop.services.database().read(move |tx| fulfillment::fetch(tx, id)).await;
    work.unwrap().unwrap().state()
}

async fn version(shop: &Shop, id: FulfillmentId) -> String {
    let work = shop.services.database().read(move |tx| fulfillment::fetch(tx, id)).await;
    work.unwrap().unwrap().version().to_string()
}

async fn recheck(shop: &Shop, packer: &Person, id: FulfillmentId) {
    let version = version(shop, id).await;
    let form = [("version", &*version), ("pieces-1", "2"), ("weight", "810"), ("intact", "1")];
    let done = shop.post(packer, &format!("{BENCH}/{id}/recheck"), &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
}

#[test]
fn what_is_picked_waits_at_the_bench_and_is_found_by_its_order() {
    on_each_database(async |shop: &Shop| {
        let id = picked(shop).await;
        let packer = shop.hire("pat", &[Role::Warehouse]).await;
        let waiting = shop.get(&packer, BENCH).await;
        assert!(waiting.body.contains(&format!("{BENCH}/{id}")), "{}", waiting.body);
        let found = shop.post(&packer, BENCH, &[("code", &id.to_string())]).await;
        assert_eq!(found.location, format!("{BENCH}/{id}"));
        let unknown = shop.post(&packer, BENCH, &[("code", "6900000000000")]).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        assert!(unknown.body.contains("6900000000000"), "{}", unknown.body);
    });
}

#[test]
fn what_differs_is_told_and_what_was_counted_is_kept() {
    on_each_database(async |shop: &Shop| {
        let id = picked(shop).await;
        let packer = shop.hire("pat", &[Role::Warehouse]).await;
        let version = version(shop, id).await;
        let form = [("version", &*version), ("pieces-1", "1"), ("weight", "400")];
        let refused = shop.post(&packer, &format!("{BENCH}/{id}/recheck"), &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for text in ["BOWL: 1 counted, 2 ordered", "It weighs 400 g", "Damaged goods"] {
            assert!(refused.body.contains(text), "{text}: {}", refused.body);
        }
        assert!(refused.body.contains(r#"name="pieces-1" value="1""#), "{}", refused.body);
        assert_eq!(state(shop, id).await, State::Picked);
    });
}

#[test]
fn the_proposed_box_is_closed_and_its_label_is_printed_and_reprinted() {
    on_each_database(async |shop: &Shop| {
        let id = picked(shop).await;
        let packer = shop.hire("pat", &[Role::Warehouse]).await;
        recheck(shop, &packer, id).await;
        let page = shop.get(&packer, &format!("{BENCH}/{id}")).await;
        assert!(page.body.contains("box-drawing"), "{}", page.body);
        let version = version(shop, id).await;
        let form = [("version", &*version), ("box-1-material", "BOX-S"), ("box-1-line-1", "2")];
        let done = shop.post(&packer, &format!("{BENCH}/{id}/pack"), &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        assert_eq!(state(shop, id).await, State::Packed);
        let packages = shop.services.database().read(move |tx| package::of_each(tx, &[id])).await;
        let label = format!("/console/wh/packages/{}/label", packages.unwrap()[0].id);
        for _ in 0..2 {
            shop.post(&packer, &label, &[]).await;
        }
        let paper = shop.get(&packer, &label).await;
        assert!(paper.body.contains("Reprint 2"), "{}", paper.body);
        for plain in ["林小满", "13817260921", "201 室"] {
            assert!(!paper.body.contains(plain), "{plain} stands on the label: {}", paper.body);
        }
        let zpl = shop.get(&packer, &format!("{label}.zpl")).await;
        assert!(zpl.body.starts_with("^XA"), "{}", zpl.body);
    });
}

#[test]
fn a_label_that_nobody_has_made_is_asked_for_at_the_bench() {
    on_each_database(async |shop: &Shop| {
        let id = picked(shop).await;
        let packer = shop.hire("pat", &[Role::Warehouse]).await;
        recheck(shop, &packer, id).await;
        let version = version(shop, id).await;
        let form = [("version", &*version), ("box-1-material", "BOX-S"), ("box-1-line-1", "2")];
        shop.post(&packer, &format!("{BENCH}/{id}/pack"), &form).await;
        let packages = shop.services.database().read(move |tx| package::of_each(tx, &[id])).await;
        let ask = format!("/console/wh/packages/{}/label/ask", packages.unwrap()[0].id);
        let page = async || shop.get(&packer, &format!("{BENCH}/{id}")).await.body;
        assert!(!page().await.contains(&ask), "nothing has failed yet");
        // There is no carrier; that is a task from now on.
        let nobody = shop.post(&packer, &ask, &[]).await;
        assert_eq!(nobody.location, format!("{BENCH}/{id}"), "{}", nobody.body);
        assert!(page().await.contains(&ask));
        let operator = shop.hire("ops", &[Role::Operations]).await;
        let carrier = crate::carriers::a_form();
        let regions = ("regions.0", "CN");
        let carrier: Vec<_> =
            carrier.into_iter().map(|it| if it.0 == regions.0 { regions } else { it }).collect();
        let made = shop.post(&operator, "/console/logistics/carriers/new", &carrier).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        shop.post(&packer, &ask, &[]).await;
        assert!(!page().await.contains(&ask), "a carrier is asked");
    });
}

#[test]
fn papers_of_a_packed_order_name_no_person_and_say_when_they_are_reprints() {
    on_each_database(async |shop: &Shop| {
        let id = picked(shop).await;
        let packer = shop.hire("pat", &[Role::Warehouse]).await;
        recheck(shop, &packer, id).await;
        let note = format!("/console/wh/fulfillments/{id}/note");
        assert_eq!(shop.get(&packer, &note).await.status, StatusCode::NOT_FOUND, "not packed yet");
        let version = version(shop, id).await;
        let form = [("version", &*version), ("box-1-material", "BOX-S"), ("box-1-line-1", "2")];
        shop.post(&packer, &format!("{BENCH}/{id}/pack"), &form).await;
        let packages = shop.services.database().read(move |tx| package::of_each(tx, &[id])).await;
        let slip = format!("/console/wh/packages/{}/slip", packages.unwrap()[0].id);
        let bench = shop.get(&packer, &format!("{BENCH}/{id}")).await.body;
        assert!(bench.contains(&slip) && bench.contains(&note), "{bench}");
        // The buyer is in China, so the papers are in Chinese whoever looks at them.
        for (paper, has_price) in [(&slip, false), (&note, true)] {
            let first = shop.get(&packer, paper).await.body;
            assert!(first.contains("lang=\"zh-CN\"") && first.contains("BOWL"), "{first}");
            assert_eq!(first.contains("单价"), has_price, "{first}");
            assert!(!first.contains("补打"), "{first}");
            for _ in 0..2 {
                let printed = shop.post(&packer, paper, &[]).await;
                assert_eq!(printed.status, StatusCode::SEE_OTHER, "{}", printed.body);
            }
            let again = shop.get(&packer, paper).await.body;
            assert!(again.contains("补打 第 2 次"), "{again}");
            for plain in ["林小满", "13817260921", "201 室"] {
                assert!(!again.contains(plain), "{plain} stands on the paper: {again}");
            }
        }
        let service = shop.hire("sue", &[Role::Service]).await;
        assert_eq!(shop.get(&service, &note).await.status, StatusCode::OK);
        let finance = shop.hire("fin", &[Role::Finance]).await;
        assert_eq!(shop.get(&finance, &note).await.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn boxes_that_hold_too_little_are_refused_with_what_was_typed() {
    on_each_database(async |shop: &Shop| {
        let id = picked(shop).await;
        let packer = shop.hire("pat", &[Role::Warehouse]).await;
        recheck(shop, &packer, id).await;
        let version = version(shop, id).await;
        let form = [("version", &*version), ("box-1-material", "BOX-M"), ("box-1-line-1", "1")];
        let refused = shop.post(&packer, &format!("{BENCH}/{id}/pack"), &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("The pieces of line 1"), "{}", refused.body);
        assert!(refused.body.contains(r#"name="box-1-line-1" value="1""#), "{}", refused.body);
    });
}

#[test]
fn whoever_does_not_pack_does_not_enter_the_bench() {
    on_each_database(async |shop: &Shop| {
        let sue = shop.hire("sue", &[Role::Service]).await;
        assert_eq!(shop.get(&sue, BENCH).await.status, StatusCode::FORBIDDEN);
    });
}
