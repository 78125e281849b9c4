//! Decisions that take two people, from the form to the deed.

use axum::http::StatusCode;
use ordermill_app::catalog::{ShopSettings, settings};
use ordermill_base::Currency;
use ordermill_domain::ids::TaskId;
use ordermill_domain::role::Role;
use ordermill_storage::{coupon, journal, sku, stock};
use ordermill_testkit::stock as places;

use crate::kit::{Answer, Person, Shop, on_each_database};

async fn price(shop: &Shop) -> i64 {
    let find = |tx: &mut ordermill_storage::Tx<'_>| sku::fetch(tx, places::sku(1));
    shop.services.database().read(find).await.unwrap().unwrap().price.minor
}

async fn on_hand(shop: &Shop) -> i64 {
    let levels = |tx: &mut ordermill_storage::Tx<'_>| stock::levels(tx, [places::sku(1)]);
    let levels = shop.services.database().read(levels).await.unwrap();
    levels.iter().find(|it| it.location == places::location(1)).unwrap().on_hand
}

/// The kinds of the entries about a task, with who made them.
async fn history(shop: &Shop, page: &str) -> Vec<(String, String)> {
    let id: TaskId = page.rsplit('/').next().unwrap().parse().unwrap();
    let read = move |tx: &mut ordermill_storage::Tx<'_>| journal::of(tx, "task", id, 1, 9);
    let entries = shop.services.database().read(read).await.unwrap();
    entries.into_iter().map(|entry| (entry.kind, entry.actor.to_string())).collect()
}

async fn approve(shop: &Shop, person: &Person, page: &str) -> Answer {
    shop.post(person, &format!("{page}/approve"), &[]).await
}

const EDIT: &str = "/console/catalog/skus/BOWL/edit";

/// Asks for a price that leaps; gives the page of the request.
async fn ask_for_price(shop: &Shop, person: &Person, yuan: &str) -> String {
    let form = [("price", yuan), ("name_en", "Soup bowl"), ("reason", "End of season")];
    let sent = shop.fill_in(person, EDIT, &form).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert!(sent.told.contains("the price waits"), "{}", sent.told);
    let page = shop.get(person, &sent.location).await.body;
    let start = page.find("/console/approvals/").unwrap();
    page[start..].split('"').next().unwrap().to_owned()
}

#[test]
fn a_price_that_leaps_waits_for_somebody_else_and_the_rest_of_the_edit_does_not() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let lee = shop.hire("lee", &[Role::Operations]).await;
        let step = shop.fill_in(&kim, EDIT, &[("price", "45")]).await;
        assert!(step.told.contains("Saved"), "{}", step.told);
        assert_eq!(price(shop).await, 4_500, "a step within the limit is taken alone");

        let request = ask_for_price(shop, &kim, "20").await;
        assert_eq!(price(shop).await, 4_500);
        let sku = shop.get(&kim, "/console/catalog/skus/BOWL").await;
        assert!(sku.body.contains("Soup bowl"), "the rest is changed at once");
        let tasks = shop.get(&lee, "/console/tasks").await;
        assert!(tasks.body.contains(&request) && tasks.body.contains("Prices of BOWL"));
        let shown = shop.get(&lee, &request).await;
        for text in ["¥45.00", "¥20.00", "End of season", "kim", "Approve"] {
            assert!(shown.body.contains(text), "{text}: {}", shown.body);
        }

        let own = approve(shop, &kim, &request).await;
        assert_eq!((own.status, price(shop).await), (StatusCode::CONFLICT, 4_500));
        assert!(own.body.contains("somebody else decides it"), "{}", own.body);
        let sun = shop.hire("sun", &[Role::Service]).await;
        assert_eq!(approve(shop, &sun, &request).await.status, StatusCode::NOT_FOUND);

        let done = approve(shop, &lee, &request).await;
        assert!(done.told.contains("Approved and done"), "{}", done.told);
        assert_eq!(price(shop).await, 2_000);
        let twice = approve(shop, &lee, &request).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        assert!(twice.body.contains("decided already"), "{}", twice.body);
        let by = |person: &Person| format!("staff:{}", person.id);
        let expected =
            [("task.asked".to_owned(), by(&kim)), ("task.finished".to_owned(), by(&lee))];
        assert_eq!(history(shop, &request).await, expected);
    });
}

#[test]
fn a_price_that_has_changed_since_is_not_approved_only_rejected() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let lee = shop.hire("lee", &[Role::Operations]).await;
        let request = ask_for_price(shop, &kim, "20").await;
        let another = shop.fill_in(&kim, EDIT, &[("price", "10")]).await;
        assert_eq!(another.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(another.body.contains("decide that first"), "{}", another.body);
        shop.fill_in(&lee, EDIT, &[("price", "58")]).await;
        let stale = approve(shop, &lee, &request).await;
        assert_eq!((stale.status, price(shop).await), (StatusCode::CONFLICT, 5_800));
        assert!(stale.body.contains("It has changed since"), "{}", stale.body);
        let silent = shop.post(&lee, &format!("{request}/reject"), &[("reason", "")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let why = [("reason", "too late")];
        let rejected = shop.post(&lee, &format!("{request}/reject"), &why).await;
        assert!(rejected.told.contains("Rejected"), "{}", rejected.told);
        let shown = shop.get(&lee, &request).await;
        assert!(shown.body.contains("too late") && !shown.body.contains("/approve"));
        assert!(!shop.get(&lee, "/console/tasks").await.body.contains(&request));
    });
}

#[test]
fn a_coupon_above_the_limit_is_made_when_somebody_else_says_so() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let lee = shop.hire("lee", &[Role::Operations]).await;
        let stored = async || {
            let find = |tx: &mut ordermill_storage::Tx<'_>| coupon::find_by_code(tx, "HALF");
            shop.services.database().read(find).await.unwrap().map(|it| it.coupon)
        };
        let form = [
            ("code", "half"),
            ("name_en", "Half off"),
            ("benefit", "percent_off"),
            ("value", "50"),
            ("reason", "Opening day"),
        ];
        let new = "/console/promotions/new";
        let asked = shop.fill_in(&kim, new, &form).await;
        assert!(asked.told.contains("waits for a second person"), "{}", asked.told);
        assert_eq!(stored().await, None);
        let again = shop.fill_in(&kim, new, &[form.as_slice(), &[("key", "k")]].concat()).await;
        let once_more = shop.fill_in(&kim, new, &[form.as_slice(), &[("key", "k")]].concat()).await;
        assert_eq!(once_more.location, again.location, "sent again it leads to what waits");
        assert_eq!(shop.get(&kim, &once_more.location).await.status, StatusCode::OK);
        let shown = shop.get(&lee, &asked.location).await;
        for text in ["Coupon HALF", "50% off", "Opening day"] {
            assert!(shown.body.contains(text), "{text}: {}", shown.body);
        }
        approve(shop, &lee, &asked.location).await;
        let made = stored().await.unwrap();
        assert_eq!((made.version, made.is_active), (1, true));

        // Ending it is nobody else's business, taking it up again is.
        let here = format!("/console/promotions/coupons/{}", made.id());
        let ended = shop.post(&kim, &format!("{here}/end"), &[("version", "1")]).await;
        assert!(ended.told.contains("Ended"), "{}", ended.told);
        let resumed = shop.post(&kim, &format!("{here}/resume"), &[("version", "2")]).await;
        assert!(resumed.told.contains("waits"), "{}", resumed.told);
        assert!(!stored().await.unwrap().is_active);
        let withdrawn =
            shop.post(&kim, &format!("{}/reject", resumed.location), &[("reason", "no")]).await;
        assert!(withdrawn.told.contains("Withdrawn"), "{}", withdrawn.told);
        assert!(!stored().await.unwrap().is_active);
    });
}

#[test]
fn a_correction_of_more_than_fifty_pieces_is_booked_when_somebody_else_says_so() {
    on_each_database(async |shop: &Shop| {
        let wang = shop.hire("wang", &[Role::Warehouse]).await;
        let chen = shop.hire("chen", &[Role::Warehouse]).await;
        let book = async |person: &Person, kind: &str, quantity: &str, key: &str| {
            let form = [
                ("location", "HZ"),
                ("kind", kind),
                ("quantity", quantity),
                ("reason", "a shelf fell over"),
                ("key", key),
            ];
            shop.post(person, "/console/stock/BOWL/movements", &form).await
        };
        let alone = book(&wang, "adjust", "-50", "k1").await;
        assert!(alone.told.contains("Booked"), "{} {}", alone.told, alone.body);
        let asked = book(&wang, "adjust", "-51", "k2").await;
        assert!(asked.told.contains("waits"), "{} {}", asked.told, asked.body);
        assert_eq!(on_hand(shop).await, 950);
        // While a count waits, pieces come and go: what it found missing is what is booked.
        let counted = book(&wang, "count", "800", "k3").await;
        assert!(counted.told.contains("waits"), "{}", counted.told);
        let shown = shop.get(&chen, &counted.location).await;
        assert!(shown.body.contains("-150"), "{}", shown.body);
        approve(shop, &chen, &asked.location).await;
        assert_eq!(on_hand(shop).await, 899);
        approve(shop, &chen, &counted.location).await;
        assert_eq!(on_hand(shop).await, 749);

        // Operations may only with a second person, who may be of the warehouse.
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let asked = book(&kim, "receive", "3", "k4").await;
        assert!(asked.told.contains("waits"), "{}", asked.told);
        assert_eq!(approve(shop, &kim, &asked.location).await.status, StatusCode::CONFLICT);
        approve(shop, &wang, &asked.location).await;
        assert_eq!(on_hand(shop).await, 752);

        // More than is there is not booked, and the request can be turned down.
        let asked = book(&wang, "adjust", "-5000", "k5").await;
        let refused = approve(shop, &chen, &asked.location).await;
        assert!(refused.body.contains("the rules refuse"), "{}", refused.body);
        let why = [("reason", "a typing error")];
        shop.post(&chen, &format!("{}/reject", asked.location), &why).await;
        assert_eq!(on_hand(shop).await, 752);
    });
}

#[test]
fn the_limits_are_those_of_the_settings() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let shown = shop.get(&kim, "/console/admin").await;
        assert!(shown.body.contains("name=\"price_change_limit_percent\""), "{}", shown.body);
        let settings = |percent: &'static str| {
            [
                ("name_zh", "店"),
                ("name_en", "Shop"),
                ("currency", "CNY"),
                ("pay_within_hours", "24"),
                ("hold_for_minutes", "30"),
                ("late_policy", "refund"),
                ("refund_limit", "100"),
                ("coupon_limit", "20.50"),
                ("price_change_limit_percent", percent),
                ("stock_limit_pieces", "5"),
                ("points_limit", "100"),
                ("review_per_hour", "60"),
                ("review_stretch_percent", "400"),
                ("version", "0"),
            ]
        };
        let wrong = shop.post(&kim, "/console/admin", &settings("-1")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("id=\"e-price_change_limit_percent\""), "{}", wrong.body);
        let saved = shop.post(&kim, "/console/admin", &settings("5")).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        ask_for_price(shop, &kim, "55").await;
        assert_eq!(price(shop).await, 5_900);
    });
}

#[test]
fn a_limit_is_lowered_alone_and_raised_by_two() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let lee = shop.hire("lee", &[Role::Operations]).await;
        let limits = async || {
            let read = |tx: &mut ordermill_storage::Tx<'_>| settings::read::<ShopSettings>(tx);
            let (shop, version) = shop.services.database().read(read).await.unwrap();
            (shop.refund_limit_minor, shop.stock_limit_pieces, shop.currency, version)
        };
        let save = async |person: &Person, changed: &[(&str, &str)]| {
            let (.., version) = limits().await;
            let version = version.to_string();
            let mut form = vec![
                ("name_zh", "店"),
                ("name_en", "Shop"),
                ("currency", "CNY"),
                ("pay_within_hours", "24"),
                ("hold_for_minutes", "30"),
                ("late_policy", "refund"),
                ("refund_limit", "500"),
                ("coupon_limit", "500"),
                ("price_change_limit_percent", "30"),
                ("stock_limit_pieces", "50"),
                ("points_limit", "50000"),
                ("review_per_hour", "60"),
                ("review_stretch_percent", "400"),
                ("version", &version),
            ];
            form.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
            form.extend_from_slice(changed);
            shop.post(person, "/console/admin", &form).await
        };
        let more = [("refund_limit", "900"), ("stock_limit_pieces", "7"), ("reason", "the season")];
        let asked = save(&kim, &more).await;
        assert!(asked.told.contains("wait for a second person"), "{} {}", asked.told, asked.body);
        assert_eq!(limits().await, (50_000, 7, Currency::Cny, 1), "what is lower counts at once");
        let shown = shop.get(&lee, &asked.location).await;
        for text in ["More to be decided", "¥500.00", "¥900.00", "the season", "kim"] {
            assert!(shown.body.contains(text), "{text}: {}", shown.body);
        }
        assert!(!shown.body.contains(">7<"), "{}", shown.body);
        assert_eq!(approve(shop, &kim, &asked.location).await.status, StatusCode::CONFLICT);
        let other = save(&lee, &[("refund_limit", "901"), ("stock_limit_pieces", "7")]).await;
        assert!(other.body.contains("decide that first"), "{}", other.body);
        approve(shop, &lee, &asked.location).await;
        assert_eq!(limits().await, (90_000, 7, Currency::Cny, 2));

        // Another currency makes every amount another one.
        let same = [("refund_limit", "900"), ("stock_limit_pieces", "7"), ("currency", "USD")];
        let asked = save(&kim, &same).await;
        assert_eq!(limits().await.2, Currency::Cny, "{}", asked.told);
        // Limits that have changed since are not what was asked for.
        save(&lee, &[("refund_limit", "10"), ("stock_limit_pieces", "7")]).await;
        let stale = approve(shop, &lee, &asked.location).await;
        assert!(stale.body.contains("It has changed since"), "{}", stale.body);
        assert_eq!(limits().await.0, 1_000);
    });
}
