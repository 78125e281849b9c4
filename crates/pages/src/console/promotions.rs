//! The parts of `/console/promotions`.

use crate::ui::{View, Views};
use crate::words::Words;

/// A part of the promotions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `/console/promotions`: codes that buyers type.
    Coupons,
    /// `/console/promotions/gifts`: goods that come along for nothing.
    Gifts,
    /// `/console/promotions/gift-cards`: balances with a code.
    GiftCards,
    /// `/console/promotions/points`: what a buyer has earned.
    Points,
}

impl Part {
    /// Every part, in the order of the navigation.
    pub const ALL: [Self; 4] = [Self::Coupons, Self::Gifts, Self::GiftCards, Self::Points];

    fn view(self, t: Words) -> View {
        match self {
            Self::Coupons => View::new("coupons", t.promotions_coupons(), "/console/promotions"),
            Self::Gifts => View::new("gifts", t.gift_rules_title(), "/console/promotions/gifts"),
            Self::GiftCards => {
                View::new("gift-cards", t.gift_cards_title(), "/console/promotions/gift-cards")
            }
            Self::Points => View::new("points", t.points_title(), "/console/promotions/points"),
        }
    }
}

/// The navigation between the parts.
pub fn parts(current: Part, t: Words) -> Views {
    let views = Part::ALL
        .into_iter()
        .map(|part| View { is_current: part == current, ..part.view(t) })
        .collect();
    Views { label: t.promotions_parts().into(), views, region: "" }
}

crate::words! {
    promotions_parts = "促销分类", "Parts of the promotions";
    promotions_coupons = "优惠券", "Coupons";
}
