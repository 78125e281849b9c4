//! Promotions: coupons, gifts, gift cards, points.

mod coupon_form;
mod coupons;
mod gift_cards;
mod gift_rules;
mod points;

use ordermill_domain::role::Permission;

use super::route::{Needs, Routes};

pub(super) use self::coupons::{benefit, scope};

/// What the promotions ask for.
pub(super) const CHANGE: Needs = Needs::Right(Permission::ChangeRules);

/// The address of the list.
const HERE: &str = "/console/promotions";

pub(super) fn routes() -> Routes {
    Routes::default()
        .merge(coupons::routes())
        .merge(coupon_form::routes())
        .merge(gift_rules::routes())
        .merge(gift_cards::routes())
        .merge(points::routes())
}

/// The address of the points of a buyer.
pub(super) fn points_of(id: ordermill_domain::ids::CustomerId) -> String {
    format!("{HERE}/points/{id}")
}

/// The address of a coupon's form.
pub(super) fn href_of(id: ordermill_domain::ids::CouponId) -> String {
    format!("{HERE}/coupons/{id}")
}
