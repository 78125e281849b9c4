//! A whole view at once, from the tick to the last order.

use axum::http::StatusCode;
use ordermill_app::bulk::walk::{Round, Walker};
use ordermill_domain::role::Role;

use crate::kit::{Shop, on_each_database};

const HERE: &str = "/console/orders/bulk";

async fn walk(shop: &Shop) {
    let walker = Walker::new(shop.services.database().clone(), "test");
    while let Round::Walked(_) = walker.step(shop.services.now()).await.unwrap() {}
}

#[test]
fn a_view_is_canceled_in_the_background_once_for_each_form_and_says_what_stayed() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        for _ in 0..3 {
            shop.order(1).await;
        }
        let list = shop.get(&kim, "/console/orders").await;
        assert!(list.body.contains("All 3 in this view"), "{}", list.body);

        let ticked = [("action", "cancel"), ("all", "1"), ("query", "view=to_pay")];
        let asked = shop.post(&kim, HERE, &ticked).await;
        assert!(asked.body.contains("Cancel all 3 orders of this view?"), "{}", asked.body);
        let form = [("reason", "operator"), ("remark", "No longer made")];
        let form: Vec<(&str, &str)> =
            [ticked.as_slice(), &form, &[("confirmed", "1"), ("key", "k1")]].concat();
        let silent: Vec<_> = form.iter().copied().filter(|(name, _)| *name != "remark").collect();
        let refused = shop.post(&kim, HERE, &silent).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Cancel all 3 orders"), "{}", refused.body);

        let started = shop.post(&kim, HERE, &form).await;
        assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
        let again = shop.post(&kim, HERE, &form).await;
        assert_eq!(again.location, started.location, "the same form is the same work");
        let page = shop.get(&kim, &started.location).await.body;
        for text in [r#"data-test="left">3<"#, "Under way", "No longer made", "/stop"] {
            assert!(page.contains(text), "{text}: {page}");
        }

        shop.order(1).await;
        walk(shop).await;
        let page = shop.get(&kim, &started.location).await.body;
        for text in [r#"data-test="done">3<"#, r#"data-test="refused">0<"#, "Done"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        let list = shop.get(&kim, "/console/orders?view=to_pay").await.body;
        assert_eq!(list.matches("data-id=").count(), 1, "what came later stays: {list}");
        let stop = shop.post(&kim, &format!("{}/stop", started.location), &[]).await;
        assert!(stop.told.contains("over already"), "{}", stop.told);

        // Everything that was canceled is in this view, and has no such step.
        let ticked = [("action", "approve"), ("all", "1"), ("query", "view=canceled")];
        let form = [("confirmed", "1"), ("key", "k2"), ("remark", "By mistake")];
        let started = shop.post(&kim, HERE, &[ticked, form].concat()).await;
        walk(shop).await;
        let page = shop.get(&kim, &started.location).await.body;
        assert_eq!(page.matches("its state has no such step").count(), 3, "{page}");
        assert!(page.contains("Done, some refused"), "{page}");
        let all = shop.get(&kim, HERE).await.body;
        assert_eq!(all.matches(&format!("{HERE}/blk_")).count(), 2, "{all}");
    });
}

#[test]
fn a_view_is_left_alone_by_whoever_may_not_change_orders() {
    on_each_database(async |shop: &Shop| {
        let sun = shop.hire("sun", &[Role::Service]).await;
        shop.order(1).await;
        let list = shop.get(&sun, "/console/orders").await;
        assert!(!list.body.contains(HERE), "{}", list.body);
        let form = [("action", "cancel"), ("all", "1"), ("confirmed", "1"), ("remark", "x")];
        assert_eq!(shop.post(&sun, HERE, &form).await.status, StatusCode::FORBIDDEN);
        assert_eq!(shop.get(&sun, HERE).await.status, StatusCode::FORBIDDEN);
    });
}
