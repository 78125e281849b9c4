//! Keeping gift rules at the console, and the gifts that buyers see.

use axum::http::StatusCode;
use ordermill_app::gift;
use ordermill_domain::pricing::gift::GiftRule;
use ordermill_domain::role::Role;

use crate::kit::{Shop, on_each_database};

const LIST: &str = "/console/promotions/gifts";
const NEW: &str = "/console/promotions/gifts/new";

/// A plate with every three bowls.
const PLATE: [(&str, &str); 9] = [
    ("name_zh", "买三只碗送一只盘"),
    ("name_en", "A plate with three bowls"),
    ("gift", "PLATE"),
    ("pieces", "1"),
    ("scope", "skus"),
    ("scope_codes", "BOWL"),
    ("currency", "CNY"),
    ("min_pieces", "3"),
    ("version", "0"),
];

async fn rules(shop: &Shop) -> Vec<GiftRule> {
    shop.services.database().read(gift::read).await.unwrap().0.0
}

#[test]
fn a_gift_rule_is_made_edited_ended_and_taken_up_again() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let sent = shop.fill_in(&kim, NEW, &PLATE).await;
        assert_eq!((sent.status, &*sent.location), (StatusCode::SEE_OTHER, LIST), "{}", sent.body);
        let made = rules(shop).await.remove(0);
        assert_eq!((made.number, made.is_active, made.channels.len()), (1, true, 0));
        let list = shop.get(&kim, LIST).await;
        for told in ["A plate with three bowls", "From 3 pieces", "1 SKU", "Active"] {
            assert!(list.body.contains(told), "{told}: {}", list.body);
        }

        let own = format!("{LIST}/1");
        let same = shop.fill_in(&kim, &own, &[]).await;
        assert_eq!(same.status, StatusCode::SEE_OTHER, "{}", same.body);
        assert_eq!(rules(shop).await, [made], "nothing is lost on the way through the form");
        shop.fill_in(&kim, &own, &[("pieces", "2"), ("channels", "shop")]).await;
        let changed = rules(shop).await.remove(0);
        assert_eq!((changed.pieces.get(), changed.channels.len()), (2, 1));

        shop.post(&kim, &format!("{own}/end"), &[("version", "2")]).await;
        assert!(!rules(shop).await[0].is_active);
        let list = shop.get(&kim, LIST).await;
        assert!(list.body.contains("Out of use"), "{}", list.body);
        shop.post(&kim, &format!("{own}/resume"), &[("version", "3")]).await;
        assert!(rules(shop).await[0].is_active);
    });
}

#[test]
fn what_is_wrong_with_a_gift_rule_is_told_at_its_field() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let mut form = PLATE;
        (form[2].1, form[3].1, form[7].1) = ("NOTHING", "0", "x");
        let refused = shop.fill_in(&kim, NEW, &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["gift", "pieces", "min_pieces"] {
            assert!(refused.body.contains(&format!("id=\"e-{field}\"")), "{}", refused.body);
        }
        (form[2].1, form[3].1, form[7].1) = ("PLATE", "100", "3");
        let refused = shop.fill_in(&kim, NEW, &form).await;
        assert!(refused.body.contains("which takes two people"), "{}", refused.body);
        assert!(rules(shop).await.is_empty());
    });
}

#[test]
fn two_people_who_change_gift_rules_at_once_do_not_undo_each_other() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        shop.post(&kim, NEW, &PLATE).await;
        let late = shop.post(&kim, NEW, &PLATE).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
        assert_eq!(rules(shop).await.len(), 1);
    });
}

#[test]
fn a_buyer_sees_in_the_cart_and_at_the_checkout_what_comes_along() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        shop.fill_in(&kim, NEW, &PLATE).await;
        for page in ["/cart", "/checkout"] {
            let shown = shop.with_in_cart("BOWL", 3, page).await;
            assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
            for told in ["A plate with three bowls", "<span class=\"tag\">Gift</span>"] {
                assert!(shown.body.contains(told), "{page}: {told}: {}", shown.body);
            }
            let fewer = shop.with_in_cart("BOWL", 2, page).await;
            assert!(!fewer.body.contains("A plate with three bowls"), "{page}");
        }
    });
}
