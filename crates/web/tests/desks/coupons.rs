//! Keeping coupons at the console.

use axum::http::StatusCode;
use ordermill_base::Money;
use ordermill_domain::coupon::Coupon;
use ordermill_domain::pricing::coupon::{Benefit, Scope, Stacking};
use ordermill_domain::role::Role;
use ordermill_storage::coupon;

use crate::kit::{Shop, on_each_database};

const NEW: &str = "/console/promotions/new";

async fn stored(shop: &Shop, code: &str) -> Option<Coupon> {
    let code = code.to_owned();
    let find = move |tx: &mut ordermill_storage::Tx<'_>| coupon::find_by_code(tx, &code);
    shop.services.database().read(find).await.unwrap().map(|stored| stored.coupon)
}

#[test]
fn a_coupon_with_a_chinese_code_is_made_found_edited_and_ended() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let form = [
            ("code", "双十一"),
            ("name_zh", "双十一八折"),
            ("benefit", "percent_off"),
            ("value", "12.5"),
            ("cap", "50"),
            ("min_spend", "99"),
            ("scope", "skus"),
            ("scope_codes", "BOWL， PLATE"),
            ("valid_from", "2026-11-01T00:00"),
            ("valid_until", "2026-11-12T00:00"),
            ("uses_max", "5000"),
            ("uses_per_customer_max", "2"),
            ("first_order_only", "1"),
            ("stacking_group", "7"),
            ("key", "k-1"),
        ];
        let sent = shop.fill_in(&kim, NEW, &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        assert_eq!(shop.fill_in(&kim, NEW, &form).await.location, sent.location, "once");
        let made = stored(shop, "双十一").await.unwrap();
        let Benefit::PercentOff { share, cap } = made.rule.benefit else { panic!("{made:?}") };
        assert_eq!((share.get(), cap.map(|cap| cap.minor)), (1_250, Some(5_000)));
        assert!(matches!(&made.rule.scope, Scope::Skus(skus) if skus.len() == 2));
        assert_eq!(made.rule.stacking, Stacking::Group(7));
        assert!(made.rule.first_order_only);
        // Midnight of the shop's clock, which is eight hours ahead.
        let from = made.rule.valid_from.unwrap().to_jiff().to_string();
        assert_eq!(from, "2026-10-31T16:00:00Z");

        let list = shop.get(&kim, "/console/promotions?q=%E5%8F%8C").await;
        assert!(list.body.contains(&sent.location) && list.body.contains("双十一"));
        assert!(list.body.contains("12.5% off from ¥99.00, at most ¥50.00"), "{}", list.body);
        assert!(list.body.contains("0 of 5,000"), "{}", list.body);

        // Nothing is lost on the way through the form.
        let same = shop.fill_in(&kim, &sent.location, &[]).await;
        assert_eq!(same.status, StatusCode::SEE_OTHER, "{}", same.body);
        assert_eq!(stored(shop, "双十一").await.unwrap(), made);
        let edited = shop.fill_in(&kim, &sent.location, &[("min_spend", "")]).await;
        assert_eq!(edited.status, StatusCode::SEE_OTHER, "{}", edited.body);
        let now = stored(shop, "双十一").await.unwrap();
        assert_eq!((now.rule.min_spend, now.version), (None, 2));
        let stale = shop.fill_in(&kim, &sent.location, &[("version", "1"), ("cap", "1")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);

        let ended = shop.post(&kim, &format!("{}/end", sent.location), &[("version", "2")]).await;
        assert!(ended.told.contains("Ended 双十一"), "{}", ended.told);
        assert!(!stored(shop, "双十一").await.unwrap().is_active);
        let list = shop.get(&kim, "/console/promotions?view=ended").await;
        assert!(list.body.contains("Out of use"), "{}", list.body);
    });
}

#[test]
fn what_is_wrong_with_a_coupon_stands_at_its_field_and_nothing_is_kept() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let right = [
            ("code", "TEN"),
            ("name_en", "Ten off"),
            ("benefit", "amount_off"),
            ("value", "10"),
            ("scope", "all"),
        ];
        let wrong = [
            ("code", "has space"),
            ("benefit", ""),
            ("value", "0"),
            ("value", "1.001"),
            ("cap", "-1"),
            ("min_spend", "x"),
            ("valid_from", "tomorrow"),
            ("uses_max", "0"),
            ("uses_per_customer_max", "1.5"),
            ("stacking_group", "-1"),
        ];
        for (field, value) in wrong {
            let mut form = right.to_vec();
            form.retain(|(name, _)| *name != field);
            form.push((field, value));
            let sent = shop.fill_in(&kim, NEW, &form).await;
            assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
            assert!(sent.body.contains(&format!("id=\"e-{field}\"")), "{field}: {}", sent.body);
        }
        let mut form = right.to_vec();
        form.extend([("scope", "skus"), ("scope_codes", "NOBODY")]);
        form.retain(|pair| *pair != ("scope", "all"));
        let sent = shop.fill_in(&kim, NEW, &form).await;
        assert!(sent.body.contains("There is no NOBODY"), "{}", sent.body);
        form.retain(|(name, _)| *name != "scope_codes");
        let sent = shop.fill_in(&kim, NEW, &form).await;
        assert!(sent.body.contains("At least one code"), "{}", sent.body);
        let mut form = right.to_vec();
        form.extend([("valid_from", "2026-11-02T00:00"), ("valid_until", "2026-11-01T00:00")]);
        let sent = shop.fill_in(&kim, NEW, &form).await;
        assert!(sent.body.contains("id=\"e-valid_until\""), "{}", sent.body);
        assert_eq!(stored(shop, "TEN").await, None);

        assert_eq!(shop.fill_in(&kim, NEW, &right).await.status, StatusCode::SEE_OTHER);
        let twice = shop.fill_in(&kim, NEW, &right).await;
        assert!(twice.body.contains("Another coupon has this code"), "{}", twice.body);
        let made = stored(shop, "TEN").await.unwrap();
        assert_eq!(
            made.rule.benefit,
            Benefit::AmountOff(Money::new(1_000, ordermill_base::Currency::Cny))
        );
    });
}

#[test]
fn the_warehouse_has_no_say_in_promotions() {
    on_each_database(async |shop: &Shop| {
        let wang = shop.hire("wang", &[Role::Warehouse]).await;
        assert_eq!(shop.get(&wang, "/console/promotions").await.status, StatusCode::FORBIDDEN);
        let sent = shop.post(&wang, NEW, &[("code", "X")]).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
    });
}
